//! A policy that questions are put to.
//!
//! Promises: what is asked is the policy as its entries would be published, with the keys and knobs that were brought.
//! Each question meets a sandbox that has seen no other.

use std::collections::BTreeMap;

use tollgate::{
    entry::Entry,
    gateway::{Outcome, handle},
    identity::keys,
    policy::{
        active::ACTIVE_ENTRY,
        pages::{Compiled, compiled},
        site::Site,
        source::Source,
        tuning::{Knobs, knobs_entry},
    },
    request::CanonicalRequest,
    time::{UnixSeconds, WallClock},
    upstream::send::Outbound,
};

use crate::{drive::driven, entrance::Entrance, examples::Table, explanation::Explanation, question::Question};

/// A policy, ready to be asked.
pub struct Rehearsal {
    site: Site,
    policy: BTreeMap<String, String>,
    /// Key sets, by `iss`.
    keys: BTreeMap<String, String>,
    state: BTreeMap<String, String>,
}

/// What came of a question.
#[derive(Debug)]
pub struct Course {
    /// What the client gets.
    pub outcome: Outcome<()>,
    /// What the log tells.
    pub entry: Entry,
    /// What went to a service, if anything did.
    pub sent: Option<Outbound>,
    /// What is to be said of the credential.
    pub note: Option<String>,
}

impl Course {
    /// What came of it, in the words of an example's `expect`.
    #[must_use]
    pub fn words(&self) -> String {
        let told = &self.entry.tollgate;
        match (told.decision, &self.outcome) {
            ("forward", _) => {
                let service = told.service.as_deref().unwrap_or_default();
                match &told.revision {
                    Some(revision) => format!("forward {service}@{revision}"),
                    None => format!("forward {service}"),
                }
            }
            ("redirect", Outcome::Answered(answer)) => {
                format!("redirect {}", answer.header("location").unwrap_or_default())
            }
            ("refuse", _) => format!("refuse {}", told.code.unwrap_or_default()),
            (decision, outcome) => format!("{decision} {}", outcome.status()),
        }
    }
}

impl Rehearsal {
    /// A policy as it would be published.
    ///
    /// # Errors
    /// Why it can't be laid out as entries.
    pub fn new(site: Site) -> Result<Self, String> {
        let compiled = compiled(&site)?;
        Ok(Self::of(site, compiled))
    }

    /// A policy with its entries.
    #[must_use]
    pub fn of(site: Site, compiled: Compiled) -> Self {
        let pointer = (ACTIVE_ENTRY.to_owned(), compiled.version);
        Self {
            site,
            policy: compiled.entries.into_iter().chain([pointer]).collect(),
            keys: BTreeMap::new(),
            state: BTreeMap::new(),
        }
    }

    /// Adds an issuer's keys, by the policy's name of it, so that the signatures of its tokens are checked; and says why
    /// some keys were left out.
    ///
    /// # Errors
    /// If there is no such issuer, or no key of the set can be used.
    pub fn add_keys(&mut self, issuer: &str, jwks: &str) -> Result<Vec<String>, String> {
        let known = self.site.settings().issuers.get(issuer);
        let iss = known
            .ok_or_else(|| format!("the policy has no [issuers.{issuer}]"))?
            .issuer
            .clone();
        let stored =
            keys::entries(&iss, jwks, 0, None).map_err(|why| format!("the keys of {issuer} can't be used: {why}"))?;
        self.keys.insert(iss, jwks.to_owned());
        Ok(stored.left_out)
    }

    /// Adds entries of the KV store: revocations and API keys.
    pub fn add_state(&mut self, entries: BTreeMap<String, String>) {
        self.state.extend(entries);
    }

    /// Sets the knobs of a service, as the entry `tune.SERVICE` would.
    ///
    /// # Errors
    /// If there is no such service, or what is wrong with the entry.
    pub fn tune(&mut self, service: &str, entry: &str) -> Result<(), String> {
        let known = self.site.parts().services.get(service);
        let known = known.ok_or_else(|| format!("the policy has no [services.{service}]"))?;
        Knobs::read(service, known, entry)?;
        self.policy.insert(knobs_entry(service), entry.to_owned());
        Ok(())
    }

    /// Puts a question, and gives what came of it.
    ///
    /// # Errors
    /// What is wrong with the question. A refusal by the gateway is no error.
    pub fn ask(&self, question: &Question) -> Result<Course, String> {
        Ok(self.course(&mut Entrance::new(self, question)?))
    }

    /// Puts a question, and gives what came of it and why.
    ///
    /// # Errors
    /// As [`Rehearsal::ask`].
    pub fn explain(&self, question: &Question) -> Result<Explanation, String> {
        let mut entrance = Entrance::new(self, question)?;
        let course = self.course(&mut entrance);
        Ok(Explanation::of(self, question, &entrance, &course))
    }

    /// Puts the policy's own examples; `now` stands for the time of those that name none.
    #[must_use]
    pub fn examples(&self, source: &Source, now: WallClock) -> Table {
        Table::of(self, source, now)
    }

    fn course(&self, entrance: &mut Entrance<'_>) -> Course {
        if let Ok(request) = CanonicalRequest::new(&entrance.head) {
            entrance.remember_google_token(&request);
        }
        let original = entrance.message.clone();
        let (outcome, mut entry) = driven(handle(&entrance.host, &entrance.sandbox, &entrance.head, original));
        entry.finish(outcome.status(), 0);
        Course {
            outcome,
            entry,
            sent: entrance.host.sent.take(),
            note: entrance.note.take(),
        }
    }

    /// The policy.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.site
    }

    pub(crate) fn policy(&self) -> &BTreeMap<String, String> {
        &self.policy
    }

    /// The entries of the keys that were brought, as if they had just been fetched: how old a file is says nothing of how
    /// old the edge's keys are.
    pub(crate) fn keys(&self, now: UnixSeconds) -> BTreeMap<String, String> {
        let sets = self.keys.iter();
        let stored = sets.filter_map(|(iss, jwks)| keys::entries(iss, jwks, now.0, None).ok());
        stored.flat_map(|stored| stored.entries).collect()
    }

    pub(crate) fn state(&self) -> &BTreeMap<String, String> {
        &self.state
    }

    pub(crate) fn has_keys(&self, iss: &str) -> bool {
        self.keys.contains_key(iss)
    }
}
