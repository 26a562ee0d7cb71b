//! How values and forms are called in what is said about a policy.

use serde_json::Value;
use toml::de::DeValue;

use crate::policy::schema::form::{Form, Table, written};

/// What a value of the text is.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What a form takes.
pub(super) fn wanted(form: &Form) -> String {
    match form {
        Form::Text => "a text".to_owned(),
        Form::Duration(_) => "a duration in quotes".to_owned(),
        Form::Number(Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
        Form::Number(..) => "a whole number".to_owned(),
        Form::Flag => "true or false".to_owned(),
        Form::List(items) => format!("a list of {}", several(items)),
        Form::Table(_) => "a table".to_owned(),
        Form::OneOf(forms) => any(forms.iter().map(wanted).collect()),
        Form::Any => "a value".to_owned(),
    }
}

fn several(form: &Form) -> String {
    match form {
        Form::Text => "texts".to_owned(),
        Form::Table(_) => "tables".to_owned(),
        Form::OneOf(forms) => any(forms.iter().map(several).collect()),
        Form::Number(..) => "whole numbers".to_owned(),
        other => wanted(other),
    }
}

/// The keys that a table may have.
pub(super) fn keys(table: &Table) -> String {
    any(table.keys.keys().map(|key| format!("`{key}`")).collect())
}

fn any(mut names: Vec<String>) -> String {
    match (names.pop(), names.is_empty()) {
        (None, _) => String::new(),
        (Some(last), true) => last,
        (Some(last), false) => format!("{} or {last}", names.join(", ")),
    }
}

/// How a key is written, by its example or else by its form.
pub(super) fn example(name: &str, form: &Form, example: Option<&Value>) -> String {
    let value = match (example, form) {
        (Some(example), _) => written(example),
        (None, Form::Text) => "\"…\"".to_owned(),
        (None, Form::Duration(_)) => "\"15s\"".to_owned(),
        (None, Form::Number(..)) => "1".to_owned(),
        (None, Form::Flag) => "true".to_owned(),
        (None, Form::List(_)) => "[…]".to_owned(),
        (None, Form::Table(_)) => "{ … }".to_owned(),
        (None, Form::OneOf(forms)) => {
            return forms
                .first()
                .map_or_else(String::new, |form| self::example(name, form, None));
        }
        (None, Form::Any) => "…".to_owned(),
    };
    format!("`{name} = {value}`")
}
