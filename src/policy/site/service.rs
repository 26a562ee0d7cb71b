//! A Cloud Run service as the edge runs it: where it is reached, by which identity, and in which revisions and regions.

use serde::{Deserialize, Serialize};

use crate::{
    policy::wanted::Test,
    upstream::send::{Destination, Endpoint, Timeouts},
};

/// A Cloud Run service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The regions, the preferred first. There is always one, which has no name if the policy names none.
    pub regions: Regions,
    /// The audience that its IAM check asks for: its URL, or a custom audience.
    pub audience: String,
    /// The e-mail of the service account that IAM lets in.
    pub invoker: String,
    /// The secret that holds this account's key.
    pub invoker_key: String,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// Revisions that some callers get, in order of name.
    pub revisions: Vec<Revision>,
}

/// The regions of a service: one at least.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regions {
    /// The preferred one.
    pub first: Region,
    /// The others.
    pub others: Vec<Region>,
}

/// Where a service is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// The region's name; empty if the service has but one and the policy does not name it.
    pub name: String,
    /// Where it is reached.
    pub endpoint: Endpoint,
}

/// A revision of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The policy's name.
    pub name: String,
    /// Where it is reached.
    pub at: RevisionAt,
    /// How many of a hundred callers get it.
    pub percent: u8,
    /// The header that asks for it, lower-case, and its value.
    pub header: Option<(String, String)>,
    /// The claims that lead to it, all of them; none if there are none.
    pub claims: Vec<Test>,
}

/// Where a revision is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RevisionAt {
    /// At its traffic tag's own URL in each region (Cloud Run, "Tags for accessible revisions").
    Tag(String),
    /// At one place.
    Endpoint(Endpoint),
}

impl Regions {
    /// All regions, the preferred first.
    pub fn iter(&self) -> impl Iterator<Item = &Region> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// The secret that holds an invoker's key unless the policy says otherwise: its e-mail with `.` for `@`.
#[must_use]
pub fn key_of_invoker(invoker: &str) -> String {
    invoker.replace('@', ".")
}

impl Service {
    /// The revision of that name.
    #[must_use]
    pub fn revision(&self, name: &str) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.name == name)
    }

    /// Where an endpoint of the service is reached, under a name for logs and platforms.
    #[must_use]
    pub fn destination(&self, name: &str, endpoint: Endpoint) -> Destination {
        Destination {
            name: name.to_owned(),
            endpoint,
            timeouts: self.timeouts,
        }
    }
}
