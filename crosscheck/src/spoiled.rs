//! Tokens with one thing spoiled, each with the gateway's verdict and the peers that are laxer.
//!
//! Promises: but for the times, which the peers compare with their own clock, a row is the same in every run. A row that
//! is not spoiled at all stands for what strictness must not cost.

mod claims;
mod form;
mod header;
mod signature;

use std::collections::BTreeSet;

use anyhow::ensure;
use serde_json::{Value, json};
use tollgate::{rejection::TokenRefusal, time::UnixSeconds};

use crate::{
    forge::{AUDIENCE, By, Forge, ISSUER, KID},
    peers::PEERS,
    question::Question,
};

/// One token.
#[derive(Debug)]
pub struct Row {
    /// What is spoiled.
    pub name: &'static str,
    /// The token, and how to judge it.
    pub question: Question,
    /// What the gateway must say.
    pub ours: Result<(), TokenRefusal>,
    /// The peers that take what the gateway refuses.
    pub laxer: &'static [&'static str],
}

/// All rows, with times around `now`.
///
/// # Errors
/// If a token can't be signed, or two rows have one name.
pub fn rows(forge: &Forge, now: UnixSeconds) -> anyhow::Result<Vec<Row>> {
    let mut table = Table {
        forge,
        now: now.0,
        rows: Vec::new(),
    };
    signature::add(&mut table)?;
    form::add(&mut table)?;
    header::add(&mut table)?;
    claims::add(&mut table)?;
    let names: BTreeSet<&str> = table.rows.iter().map(|row| row.name).collect();
    ensure!(names.len() == table.rows.len(), "two rows have one name");
    Ok(table.rows)
}

/// No peer is laxer.
const NOBODY: &[&str] = &[];
/// All of them are.
const ALL: &[&str] = &PEERS;

/// A verdict of ours, and who is laxer.
type Expected = (Result<(), TokenRefusal>, &'static [&'static str]);

struct Table<'f> {
    forge: &'f Forge,
    now: u64,
    rows: Vec<Row>,
}

impl Table<'_> {
    /// The header that `by` would write.
    fn header(by: By) -> Value {
        json!({ "alg": by.alg(), "kid": KID, "typ": "JWT" })
    }

    /// Claims that are good for ten minutes.
    fn claims(&self) -> Value {
        let now = self.now;
        json!({ "iss": ISSUER, "aud": AUDIENCE, "sub": "user-1", "iat": now, "exp": now + 600 })
    }

    /// A good token.
    fn good(&self, by: By) -> anyhow::Result<String> {
        let (header, claims) = (Self::header(by).to_string(), self.claims().to_string());
        self.forge.token(by, header.as_bytes(), claims.as_bytes())
    }

    /// A token of these texts, signed with P-256.
    fn of_texts(&self, header: &[u8], payload: &[u8]) -> anyhow::Result<String> {
        self.forge.token(By::Es256, header, payload)
    }

    /// Adds a row whose issuer has the key of `by`.
    fn add(&mut self, name: &'static str, by: By, token: String, expected: Expected) {
        let question = self.forge.question(by, token);
        self.add_question(name, question, expected);
    }

    fn add_question(&mut self, name: &'static str, question: Question, (ours, laxer): Expected) {
        self.rows.push(Row {
            name,
            question,
            ours,
            laxer,
        });
    }
}

/// An object with the members of another put in, or in the place of its own.
fn with(mut object: Value, members: &Value) -> Value {
    if let (Some(object), Some(members)) = (object.as_object_mut(), members.as_object()) {
        object.extend(members.clone());
    }
    object
}

/// An object without one of its members.
fn without(mut object: Value, name: &str) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.remove(name);
    }
    object
}

/// An object's text with more members written at its end, whatever they are.
fn followed_by(object: &Value, members: &str) -> String {
    let text = object.to_string();
    format!("{},{members}}}", text.trim_end_matches('}'))
}
