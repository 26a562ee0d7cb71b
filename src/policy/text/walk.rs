//! The walk through the tree of a text, beside the forms that the schema allows.
//!
//! Promises: every key that is unknown or missing and every value of a wrong kind is one problem, at its own place. What
//! comes back holds nothing faulty: a faulty member is left out and named in `unread`, and what cannot do without it
//! too. The fault of one value is never the fault of its neighbour.

use std::{collections::BTreeSet, ops::Range};

use serde_json::{Map, Number, Value};
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use crate::policy::{
    problem::Problem,
    schema::form::{Form, Key, Table},
    text::{
        place::{Place, shown},
        wording,
    },
};

/// What the walk meets on its way.
pub(super) struct Walk<'text> {
    /// The text.
    pub(super) text: &'text str,
    /// What is wrong.
    pub(super) problems: Vec<Problem>,
    /// What was left out, by place.
    pub(super) unread: BTreeSet<String>,
}

/// A value, and how it is spoken of.
pub(super) struct Asked<'walk> {
    /// Where it is.
    pub(super) place: Place<'walk>,
    /// What to underline.
    pub(super) span: Range<usize>,
    /// A value as one may write it.
    pub(super) example: Option<&'walk Value>,
}

impl Walk<'_> {
    /// The value without what is wrong in it; none where nothing is left that fits.
    pub(super) fn value(&mut self, asked: &Asked<'_>, form: &Form, value: &DeValue<'_>) -> Option<Value> {
        let clean = match (form, value) {
            (Form::OneOf(forms), _) => match forms.iter().find(|form| is_of_kind(form, value)) {
                Some(form) => return self.value(asked, form, value),
                None => self.wrong_kind(asked, form, value),
            },
            (Form::Any, _) => self.any(asked, value),
            (Form::Text, DeValue::String(text)) => Some(Value::String(text.to_string())),
            (Form::Duration(unit), DeValue::String(text)) => match unit.check(text) {
                Ok(()) => Some(Value::String(text.to_string())),
                Err(why) => {
                    // What `humantime` knows of units is longer than what the reference promises.
                    let (what, mend) = match why.split_once("; ") {
                        Some((_, mend)) => (format!("`{text}` is no duration"), mend.to_owned()),
                        None => (format!("`{text}` does not fit here"), why),
                    };
                    self.report(asked, what, mend)
                }
            },
            (Form::Number(least, most), DeValue::Integer(number)) => self.number(asked, *least, *most, number),
            (Form::Flag, DeValue::Boolean(flag)) => Some(Value::Bool(*flag)),
            (Form::List(form), DeValue::Array(items)) => self.list(asked, form, items),
            (Form::Table(table), DeValue::Table(members)) => self.table(asked, table, members),
            _ => self.wrong_kind(asked, form, value),
        };
        if clean.is_none() {
            self.unread.insert(asked.place.to_string());
        }
        clean
    }

    fn report(&mut self, asked: &Asked<'_>, what: String, mend: String) -> Option<Value> {
        self.problems.push(Problem {
            place: asked.place.to_string(),
            what,
            mend,
            span: Some(asked.span.clone()),
        });
        None
    }

    fn wrong_kind(&mut self, asked: &Asked<'_>, form: &Form, value: &DeValue<'_>) -> Option<Value> {
        let (place, name) = (asked.place.to_string(), asked.place.name());
        let mend = match (form, value, asked.place) {
            (Form::List(items), DeValue::Table(_), _) if matches!(**items, Form::Table(_)) => {
                format!("a list of tables is written `[[{place}]]`")
            }
            (Form::Table(_), DeValue::Array(_), _) => format!("a table is written `[{place}]`, in single brackets"),
            (Form::Table(_), _, Place::Key(Place::Key(Place::Root, table), _)) => {
                format!("a name of your choice comes first: `[{table}.NAME]`")
            }
            _ => format!("write it as in {}", wording::example(name, form, asked.example)),
        };
        let wanted = wording::wanted(form);
        self.report(
            asked,
            format!("this is {}; wanted is {wanted}", wording::found(value)),
            mend,
        )
    }

    fn number(
        &mut self,
        asked: &Asked<'_>,
        least: Option<i64>,
        most: Option<i64>,
        number: &DeInteger<'_>,
    ) -> Option<Value> {
        let value = i64::from_str_radix(number.as_str(), number.radix()).ok();
        let fits = |value: &i64| least.is_none_or(|least| least <= *value) && most.is_none_or(|most| *value <= most);
        match value.filter(fits) {
            Some(value) => Some(value.into()),
            None => {
                let wanted = wording::wanted(&Form::Number(least, most));
                let name = asked.place.name();
                let mend = format!(
                    "give {wanted}, as in {}",
                    wording::example(name, &Form::Number(least, most), asked.example)
                );
                self.report(asked, format!("{number} is out of bounds"), mend)
            }
        }
    }

    fn list(&mut self, asked: &Asked<'_>, form: &Form, items: &[Spanned<DeValue<'_>>]) -> Option<Value> {
        let mut clean = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let item_asked = Asked {
                place: Place::Item(&asked.place, at),
                span: shown(self.text, asked.span.clone(), item.span()),
                example: asked.example,
            };
            clean.extend(self.value(&item_asked, form, item.get_ref()));
        }
        // A list with a gap would number its items anew.
        (clean.len() == items.len()).then_some(Value::Array(clean))
    }

    fn table(&mut self, asked: &Asked<'_>, table: &Table, members: &DeTable<'_>) -> Option<Value> {
        let mut clean = Map::new();
        let mut meant = BTreeSet::new();
        let mut whole = true;
        for (name, value) in members {
            let place = Place::Key(&asked.place, name.get_ref());
            let key = table.keys.get(name.get_ref().as_ref());
            let Some(form) = key.map(|key| &key.form).or(table.names.as_deref()) else {
                meant.extend(self.unknown_key(&place, name.span(), table, members));
                continue;
            };
            let member = Asked {
                place,
                span: shown(self.text, name.span(), value.span()),
                example: key.and_then(|key| key.example.as_ref()),
            };
            match self.value(&member, form, value.get_ref()) {
                Some(value) => drop(clean.insert(name.get_ref().to_string(), value)),
                None => whole &= key.is_none_or(|key| !key.required),
            }
        }
        for (name, key) in table
            .keys
            .iter()
            .filter(|(name, key)| key.required && !members.contains_key(name.as_str()))
        {
            whole = false;
            let place = Place::Key(&asked.place, name);
            if !meant.contains(name.as_str()) && !self.unread.contains(&place.to_string()) {
                self.missing(asked, &place, key);
            }
        }
        whole.then_some(Value::Object(clean))
    }

    fn missing(&mut self, asked: &Asked<'_>, place: &Place<'_>, key: &Key) {
        let name = place.name();
        let example = wording::example(name, &key.form, key.example.as_ref());
        let meaning = key.meaning.split_inclusive(['.', ';']).next().unwrap_or_default();
        self.problems.push(Problem {
            place: place.to_string(),
            what: format!("`{name}` is missing"),
            mend: format!("add it, as in {example}. {}.", meaning.trim_end_matches(['.', ';'])),
            span: Some(asked.span.clone()),
        });
    }

    /// Reports a key that has no meaning, and says which key was meant, if that is plain.
    pub(super) fn unknown_key(
        &mut self,
        place: &Place<'_>,
        span: Range<usize>,
        table: &Table,
        members: &DeTable<'_>,
    ) -> Option<String> {
        let name = place.name();
        let distance = |key: &str| strsim::damerau_levenshtein(name, key);
        let absent = table.keys.keys().filter(|key| !members.contains_key(key.as_str()));
        let meant = absent
            .min_by_key(|key| distance(key))
            .filter(|key| distance(key) <= 1 + name.len() / 4)
            .cloned();
        let keys = wording::keys(table);
        let mend = match &meant {
            Some(meant) => format!("did you mean `{meant}`? What can stand here: {keys}"),
            None => format!("what can stand here: {keys}"),
        };
        self.problems.push(Problem {
            place: place.to_string(),
            what: format!("there is no key `{name}` here"),
            mend,
            span: Some(span),
        });
        self.unread.insert(place.to_string());
        if let (Some(meant), Place::Key(table, _)) = (&meant, place) {
            self.unread.insert(Place::Key(table, meant).to_string());
        }
        meant
    }

    /// Any value but a date, which JSON and tokens do not have.
    fn any(&mut self, asked: &Asked<'_>, value: &DeValue<'_>) -> Option<Value> {
        match value {
            DeValue::String(text) => Some(Value::String(text.to_string())),
            DeValue::Integer(number) => self.number(asked, None, None, number),
            DeValue::Boolean(flag) => Some(Value::Bool(*flag)),
            DeValue::Array(items) => self.list(asked, &Form::Any, items),
            DeValue::Table(members) => {
                let names = Some(Box::new(Form::Any));
                self.table(
                    asked,
                    &Table {
                        names,
                        ..Table::default()
                    },
                    members,
                )
            }
            DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64) {
                Some(number) => Some(Value::Number(number)),
                None => self.report(
                    asked,
                    format!("no token can say `{number}`"),
                    "give a finite number".to_owned(),
                ),
            },
            DeValue::Datetime(_) => self.report(
                asked,
                format!("this is {}", wording::found(value)),
                "put it in quotes, which makes it a text".to_owned(),
            ),
        }
    }
}

fn is_of_kind(form: &Form, value: &DeValue<'_>) -> bool {
    matches!(
        (form, value),
        (Form::Any, _)
            | (Form::Text | Form::Duration(_), DeValue::String(_))
            | (Form::Number(..), DeValue::Integer(_))
            | (Form::Flag, DeValue::Boolean(_))
            | (Form::List(_), DeValue::Array(_))
            | (Form::Table(_), DeValue::Table(_))
    )
}
