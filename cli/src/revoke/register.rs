//! All that is revoked: read from the stores, added to, and written back.
//!
//! Promises: pure. A revocation is never weakened by another: of two times the later one holds; it is only taken back whole. The knob always says
//! whether the KV store has anything to be asked for.

use serde::{Serialize, de::DeserializeOwned};
use tollgate::{
    identity::revocation::{Knob, REVOKED_ENTRY, SubjectRecord, TokenRecord, read_record, subject_entry, token_entry},
    time::UnixSeconds,
};

use crate::{moment, stores::Entries};

const TOKENS: &str = "revoked.token.";
const SUBJECTS: &str = "revoked.subject.";

/// What is to be revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Revocation {
    /// One token, by its `jti`, until it has expired anyway.
    Token { jti: String, until: UnixSeconds },
    /// The tokens of a subject that were issued before this time, until they have expired anyway.
    Subject {
        sub: String,
        since: UnixSeconds,
        until: UnixSeconds,
    },
    /// All tokens of the issuer that were issued before this time.
    All { since: UnixSeconds },
}

impl Revocation {
    /// Tokens that were issued before are revoked; none if it is one token.
    pub(super) fn since(&self) -> Option<UnixSeconds> {
        match self {
            Self::Token { .. } => None,
            Self::Subject { since, .. } | Self::All { since } => Some(*since),
        }
    }
}

/// Whose revocation is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// That of one token, by its `jti`.
    Token(&'t str),
    /// That of a subject.
    Subject(&'t str),
    /// That of all tokens of the issuer.
    All,
}

/// Records, each with the name of its entry.
pub(super) type Named<T> = Vec<(String, T)>;

/// All that is revoked.
#[derive(Debug)]
pub(super) struct Register {
    pub(super) knob: Knob,
    /// The KV store, whatever else is in it.
    pub(super) state: Entries,
}

impl Register {
    /// Reads what the stores hold.
    ///
    /// # Errors
    /// If the knob can't be read.
    pub(super) fn read(knobs: &Entries, state: Entries) -> anyhow::Result<Self> {
        let knob = match knobs.get(REVOKED_ENTRY) {
            Some(text) => Knob::read(text).map_err(anyhow::Error::msg)?,
            None => Knob::default(),
        };
        Ok(Self { knob, state })
    }

    /// Adds one revocation of the issuer with that `iss`.
    ///
    /// # Errors
    /// If an entry that is there can't be read.
    pub(super) fn add(&mut self, iss: &str, revocation: &Revocation) -> anyhow::Result<()> {
        match revocation {
            Revocation::Token { jti, until } => {
                let name = token_entry(iss, jti);
                let before: Option<TokenRecord> = self.entry(&name)?;
                let until = before.map_or(*until, |before| before.until.max(*until));
                self.put(name, &TokenRecord { until })
            }
            Revocation::Subject { sub, since, until } => {
                let name = subject_entry(iss, sub);
                let before: Option<SubjectRecord> = self.entry(&name)?;
                let latest = SubjectRecord {
                    since: before.map_or(*since, |before| before.since.max(*since)),
                    until: before.map_or(*until, |before| before.until.max(*until)),
                };
                self.put(name, &latest)
            }
            Revocation::All { since } => {
                let epoch = self.knob.issuers.entry(iss.to_owned()).or_default();
                *epoch = (*epoch).max(*since);
                Ok(())
            }
        }
    }

    /// Takes a revocation of the issuer with that `iss` back, and gives what was removed; none if there was none.
    pub(super) fn remove(&mut self, iss: &str, target: &Target<'_>) -> Option<String> {
        let name = match target {
            Target::Token(jti) => token_entry(iss, jti),
            Target::Subject(sub) => subject_entry(iss, sub),
            Target::All => {
                let since = self.knob.issuers.remove(iss)?;
                return Some(format!("the time {} of {iss}", moment::shown(since.0)));
            }
        };
        self.state.remove(&name).map(|_| format!("the entry {name}"))
    }

    /// Drops what has expired, sets the knob by what is left, and gives how many entries were dropped.
    ///
    /// # Errors
    /// If an entry can't be read.
    pub(super) fn settle(&mut self, now: UnixSeconds) -> anyhow::Result<usize> {
        let mut over = Vec::new();
        for (name, text) in &self.state {
            let until = match kind(name) {
                Some(Kind::Token) => record::<TokenRecord>(name, text)?.until,
                Some(Kind::Subject) => record::<SubjectRecord>(name, text)?.until,
                None => continue,
            };
            if until <= now {
                over.push(name.clone());
            }
        }
        self.state.retain(|name, _| !over.contains(name));
        self.knob.tokens = self.state.keys().any(|name| name.starts_with(TOKENS));
        self.knob.subjects = self.state.keys().any(|name| name.starts_with(SUBJECTS));
        Ok(over.len())
    }

    /// The revoked tokens and subjects.
    ///
    /// # Errors
    /// If an entry can't be read.
    pub(super) fn records(&self) -> anyhow::Result<(Named<TokenRecord>, Named<SubjectRecord>)> {
        let (mut tokens, mut subjects) = (Vec::new(), Vec::new());
        for (name, text) in &self.state {
            match kind(name) {
                Some(Kind::Token) => tokens.push((name.clone(), record(name, text)?)),
                Some(Kind::Subject) => subjects.push((name.clone(), record(name, text)?)),
                None => {}
            }
        }
        Ok((tokens, subjects))
    }

    fn entry<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Option<T>> {
        self.state.get(name).map(|text| record(name, text)).transpose()
    }

    fn put(&mut self, name: String, record: &impl Serialize) -> anyhow::Result<()> {
        self.state.insert(name, serde_json::to_string(record)?);
        Ok(())
    }
}

enum Kind {
    Token,
    Subject,
}

fn kind(name: &str) -> Option<Kind> {
    match (name.starts_with(TOKENS), name.starts_with(SUBJECTS)) {
        (true, _) => Some(Kind::Token),
        (_, true) => Some(Kind::Subject),
        _ => None,
    }
}

fn record<T: DeserializeOwned>(name: &str, text: &str) -> anyhow::Result<T> {
    let read = read_record(text.as_bytes());
    read.map_err(|why| anyhow::anyhow!("the entry {name} can't be used: {why}; mend it or take it out"))
}

#[cfg(test)]
mod tests;
