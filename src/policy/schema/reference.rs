//! The key tables of `docs/policy.md`.
//!
//! Promises: they are made from the same schema as the check and the editors' completion, so that no key, type, default
//! or example in the reference can be other than what is read.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::policy::{
    schema::{
        form::{Form, Key, Table, forms, written},
        order::keys,
    },
    source::{Assertions, Gateway, WorkloadIdentity, example, issuer, route, rule, service},
};

/// The key tables, in markdown: one for each table of the language.
#[must_use]
pub fn reference() -> String {
    let mut text = String::new();
    section::<Gateway>(&mut text, "`[gateway]`");
    section::<Assertions>(&mut text, "`[gateway.assertions]`");
    section::<WorkloadIdentity>(&mut text, "`[gateway.workload_identity]`");
    section::<issuer::Issuer>(&mut text, "`[issuers.NAME]`");
    section::<issuer::Keys>(&mut text, "`keys` of an issuer");
    section::<issuer::SharedSecret>(&mut text, "`secret` of an issuer");
    section::<issuer::Introspection>(&mut text, "`introspection` of an issuer");
    section::<service::Service>(&mut text, "`[services.NAME]`");
    section::<service::Timeouts>(&mut text, "`timeouts` of a service");
    section::<service::Retries>(&mut text, "`retries` of a service");
    section::<service::Breaker>(&mut text, "`breaker` of a service");
    section::<service::Assertion>(&mut text, "`assertion` of a service");
    section::<service::Region>(&mut text, "`[[services.NAME.regions]]`");
    section::<service::Revision>(&mut text, "`[services.NAME.revisions.NAME]`");
    section::<route::Route>(&mut text, "`[[routes]]`");
    section::<route::When>(&mut text, "`when` of a route");
    section::<route::NamedPlace>(&mut text, "A place in `credential` of a route");
    section::<rule::Rule>(&mut text, "A rule of `allow`");
    section::<rule::Hours>(&mut text, "`hours` of a rule");
    section::<rule::Test>(&mut text, "Tests of values, in `claims` and `when`");
    section::<route::Headers>(&mut text, "`request_headers` and `response_headers` of a route");
    section::<route::Respond>(&mut text, "`respond` of a route");
    section::<route::Redirect>(&mut text, "`redirect` of a route");
    section::<example::Example>(&mut text, "`[[examples]]`");
    section::<example::Caller>(&mut text, "`caller` of an example");
    text
}

fn section<T: DeserializeOwned + JsonSchema>(text: &mut String, heading: &str) {
    let Some(table) = forms().tables.get(T::schema_name().as_ref()) else {
        return;
    };
    let meaning = &table.meaning;
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        "### {heading}\n\n{meaning}\n\n| key | type | default | meaning | example |\n| --- | --- | --- | --- | --- |\n"
    );
    for name in keys::<T>() {
        if let Some(key) = table.keys.get(*name) {
            let _ = writeln!(text, "{}", row(name, key));
        }
    }
    text.push('\n');
}

fn row(name: &str, key: &Key) -> String {
    let default = match &key.default {
        _ if key.required => "required".to_owned(),
        Some(value) if !matches!(written(value).as_str(), "[]" | "{}") => format!("`{}`", written(value)),
        _ => "none".to_owned(),
    };
    let example = match &key.example {
        Some(value) => format!("`{}`", written(value)),
        None => String::new(),
    };
    let cells = [
        format!("`{name}`"),
        kind(&key.form),
        default,
        key.meaning.clone(),
        example,
    ];
    format!("| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "))
}

/// What a form is called in the column `type`.
fn kind(form: &Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Duration(_) => "duration".to_owned(),
        Form::Number(Some(least), Some(most)) if *most <= 100 => format!("whole number, {least} to {most}"),
        Form::Number(..) => "whole number".to_owned(),
        Form::Flag => "`true` or `false`".to_owned(),
        Form::Any => "any value".to_owned(),
        Form::Table(Table { names: Some(names), .. }) => format!("table, under each name: {}", kind(names)),
        Form::Table(_) => "table".to_owned(),
        Form::List(items) => format!("list of {}", several(items)),
        Form::OneOf(forms) => either(forms, kind),
    }
}

fn several(form: &Form) -> String {
    match form {
        Form::Text => "texts".to_owned(),
        Form::Table(_) => "tables".to_owned(),
        Form::Number(..) => "whole numbers".to_owned(),
        Form::OneOf(forms) => either(forms, several),
        other => kind(other),
    }
}

fn either(forms: &[Form], name: impl Fn(&Form) -> String) -> String {
    let names: Vec<String> = forms
        .iter()
        .flat_map(|form| match form {
            Form::Flag => vec!["`true`".to_owned(), "`false`".to_owned()],
            form => vec![name(form)],
        })
        .collect();
    match names.as_slice() {
        [several @ .., last] if !several.is_empty() => format!("{} or {last}", several.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_meaning_and_an_example_and_every_table_is_listed() {
        for (name, table) in &forms().tables {
            for (key, told) in &table.keys {
                assert!(told.meaning.ends_with('.'), "{name}.{key}");
                assert!(told.example.is_some(), "{name}.{key}");
            }
            assert_eq!(
                reference().matches(&format!("\n\n{}\n", table.meaning)).count() > 0,
                !table.keys.is_empty(),
                "{name}"
            );
        }
    }
}
