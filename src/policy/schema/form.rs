//! The schema, read once: what a value may be.
//!
//! Promises: references are followed and every part is of one kind, so that whoever walks a text or writes the
//! reference meets a closed set of forms. What the schema says and these forms cannot is [`Form::Any`], which refuses
//! nothing; serde has the last word.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use schemars::JsonSchema as _;
use serde::{Deserialize as _, de::IntoDeserializer as _, de::value::Error};
use serde_json::{Map, Value};

use crate::policy::{
    schema::json::json_schema,
    source::duration::{Age, Milliseconds, Seconds},
};

/// What a value may be.
#[derive(Debug, Clone)]
pub enum Form {
    /// A table.
    Table(Table),
    /// A list of such values.
    List(Box<Form>),
    /// One of several; they differ in kind.
    OneOf(Vec<Form>),
    /// A text.
    Text,
    /// A text that is a duration.
    Duration(Unit),
    /// A whole number, with the least and the greatest.
    Number(Option<i64>, Option<i64>),
    /// `true` or `false`.
    Flag,
    /// Whatever there is.
    Any,
}

/// The table that a value may be.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What it is.
    pub meaning: String,
    /// The keys that have a meaning.
    pub keys: BTreeMap<String, Key>,
    /// What is under keys of the writer's own choice, where they may be.
    pub names: Option<Box<Form>>,
}

/// A key of a table.
#[derive(Debug, Clone)]
pub struct Key {
    /// What its value may be.
    pub form: Form,
    /// Whether it must be there.
    pub required: bool,
    /// What holds where it is left out.
    pub default: Option<Value>,
    /// What it means.
    pub meaning: String,
    /// A value as one may write it.
    pub example: Option<Value>,
}

/// What a duration is counted in.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    /// Whole seconds.
    Seconds,
    /// Whole seconds, up to more than a day.
    Age,
    /// Milliseconds.
    Milliseconds,
}

impl Unit {
    /// Whether a text is such a duration.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(self, text: &str) -> Result<(), String> {
        let text: serde::de::value::StrDeserializer<'_, Error> = text.into_deserializer();
        match self {
            Self::Seconds => Seconds::deserialize(text).map(drop),
            Self::Age => Age::deserialize(text).map(drop),
            Self::Milliseconds => Milliseconds::deserialize(text).map(drop),
        }
        .map_err(|why| why.to_string())
    }
}

/// All forms of a policy.
#[derive(Debug)]
pub struct Forms {
    /// The whole text.
    pub policy: Table,
    /// The tables by the names of their types.
    pub tables: BTreeMap<String, Table>,
}

/// The forms of a policy. Read from the schema the first time.
#[must_use]
pub fn forms() -> &'static Forms {
    static FORMS: LazyLock<Forms> = LazyLock::new(|| {
        let schema = json_schema();
        let none = Map::new();
        let types = schema.get("$defs").and_then(Value::as_object).unwrap_or(&none);
        let tables = types.iter().map(|(name, schema)| (name.clone(), table(schema, types)));
        Forms {
            policy: table(&schema, types),
            tables: tables.collect(),
        }
    });
    &FORMS
}

fn form(schema: &Value, types: &Map<String, Value>) -> Form {
    if let Some(name) = text(schema, "$ref").and_then(|path| path.strip_prefix("#/$defs/")) {
        let unit = |of: Cow<'_, str>| of == name;
        return match types.get(name) {
            _ if unit(Seconds::schema_name()) => Form::Duration(Unit::Seconds),
            _ if unit(Age::schema_name()) => Form::Duration(Unit::Age),
            _ if unit(Milliseconds::schema_name()) => Form::Duration(Unit::Milliseconds),
            Some(schema) => form(schema, types),
            None => Form::Any,
        };
    }
    if let Some(branches) = schema
        .get("anyOf")
        .or_else(|| schema.get("oneOf"))
        .and_then(Value::as_array)
    {
        let branches = branches.iter().flat_map(|branch| match form(branch, types) {
            Form::OneOf(branches) => branches,
            branch => vec![branch],
        });
        return Form::OneOf(branches.collect());
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    match text(schema, "type") {
        Some("object") => Form::Table(table(schema, types)),
        Some("array") => Form::List(Box::new(
            schema.get("items").map_or(Form::Any, |items| form(items, types)),
        )),
        Some("string") => Form::Text,
        Some("integer") => Form::Number(bound("minimum"), bound("maximum")),
        Some("boolean") => Form::Flag,
        _ => Form::Any,
    }
}

fn table(schema: &Value, types: &Map<String, Value>) -> Table {
    let required = schema.get("required").and_then(Value::as_array);
    let required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let keys = properties.into_iter().flatten().map(|(name, property)| {
        let key = Key {
            form: form(property, types),
            required: required(name),
            default: property.get("default").cloned(),
            meaning: text(property, "description").unwrap_or_default().to_owned(),
            example: property
                .get("examples")
                .and_then(Value::as_array)
                .and_then(|examples| examples.first())
                .cloned(),
        };
        (name.clone(), key)
    });
    Table {
        meaning: text(schema, "description").unwrap_or_default().to_owned(),
        keys: keys.collect(),
        names: schema
            .get("additionalProperties")
            .filter(|names| **names != Value::Bool(false))
            .map(|names| Box::new(form(names, types))),
    }
}

fn text<'schema>(schema: &'schema Value, name: &str) -> Option<&'schema str> {
    schema.get(name).and_then(Value::as_str)
}

/// A value as TOML writes it, in one line.
#[must_use]
pub fn written(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let bare = name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
                let name = if bare { name.clone() } else { format!("{name:?}") };
                format!("{name} = {}", written(value))
            });
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
