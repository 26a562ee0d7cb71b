//! The pieces of a policy: the gateway, each issuer, service, route and example.
//!
//! Promises: each is read by itself, so that one that cannot be read takes nothing along. A route or example keeps its
//! place in the text, also after one that was left out.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::policy::{
    problem::Problem,
    schema::form::{Form, Key, Table, forms},
    source::{Source, example::Example, route::Route},
    text::{
        place::{Place, shown},
        walk::{Asked, Walk},
    },
};

/// Reads all pieces.
pub(super) fn source(walk: &mut Walk<'_>, tree: &DeTable<'_>) -> Source {
    let mut source = Source::default();
    let policy = &forms().policy;
    for (name, value) in tree {
        let place = Place::Key(&Place::Root, name.get_ref());
        let Some(key) = policy.keys.get(name.get_ref().as_ref()) else {
            walk.unknown_key(&place, name.span(), policy, tree);
            continue;
        };
        let span = shown(walk.text, name.span(), value.span());
        let mut pieces = Pieces { walk, place, key, span };
        match name.get_ref().as_ref() {
            "gateway" => source.gateway = pieces.piece(&place, &key.form, value).unwrap_or_default(),
            "issuers" => source.issuers = pieces.named(value).collect(),
            "services" => source.services = pieces.named(value).collect(),
            "routes" => {
                let routes = pieces.listed::<Route>(value);
                source.routes = routes.map(|(at, route)| Route { at, ..route }).collect();
            }
            "examples" => {
                let examples = pieces.listed::<Example>(value);
                source.examples = examples.map(|(at, example)| Example { at, ..example }).collect();
            }
            _ => {}
        }
    }
    source
}

/// A key of the whole policy, whose pieces are read one by one.
struct Pieces<'walk, 'text> {
    walk: &'walk mut Walk<'text>,
    place: Place<'walk>,
    key: &'walk Key,
    span: Range<usize>,
}

impl Pieces<'_, '_> {
    fn piece<T: DeserializeOwned>(
        &mut self,
        place: &Place<'_>,
        form: &Form,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<T> {
        let asked = Asked {
            place: *place,
            span: shown(self.walk.text, self.span.clone(), value.span()),
            example: self.key.example.as_ref(),
        };
        let clean = self.walk.value(&asked, form, value.get_ref())?;
        match serde_json::from_value(clean) {
            Ok(piece) => Some(piece),
            Err(why) => {
                self.walk.unread.insert(place.to_string());
                self.walk.problems.push(Problem {
                    place: place.to_string(),
                    what: format!("this cannot be read: {why}"),
                    mend: "docs/policy.md says what can stand here".to_owned(),
                    span: Some(asked.span),
                });
                None
            }
        }
    }

    fn named<T: DeserializeOwned>(&mut self, value: &Spanned<DeValue<'_>>) -> std::vec::IntoIter<(String, T)> {
        let mut pieces = Vec::new();
        match (&self.key.form, value.get_ref()) {
            (Form::Table(Table { names: Some(form), .. }), DeValue::Table(members)) => {
                for (name, value) in members {
                    let above = self.place;
                    let place = Place::Key(&above, name.get_ref());
                    self.span = name.span();
                    pieces.extend(
                        self.piece(&place, form, value)
                            .map(|piece| (name.get_ref().to_string(), piece)),
                    );
                }
            }
            _ => self.whole(value),
        }
        pieces.into_iter()
    }

    fn listed<T: DeserializeOwned>(&mut self, value: &Spanned<DeValue<'_>>) -> std::vec::IntoIter<(usize, T)> {
        let mut pieces = Vec::new();
        match (&self.key.form, value.get_ref()) {
            (Form::List(form), DeValue::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    let above = self.place;
                    pieces.extend(
                        self.piece(&Place::Item(&above, at), form, item)
                            .map(|piece| (at, piece)),
                    );
                }
            }
            _ => self.whole(value),
        }
        pieces.into_iter()
    }

    /// A value of a wrong kind, all of it.
    fn whole(&mut self, value: &Spanned<DeValue<'_>>) {
        let place = self.place;
        let _: Option<Value> = self.piece(&place, &self.key.form, value);
    }
}
