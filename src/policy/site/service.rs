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
    /// The secret that holds this account's key; `None` where the gateway becomes it by workload identity federation.
    pub invoker_key: Option<String>,
    /// How long to wait for it.
    pub timeouts: Timeouts,
    /// Revisions that some callers get, in order of name.
    pub revisions: Vec<Revision>,
    /// How often and how long it is tried.
    pub attempts: Attempts,
    /// The longest body of a request that it takes, in bytes.
    pub request_bytes_max: u64,
    /// What it hears of the caller.
    pub told: ToldOfCaller,
    /// The cookie by which callers without a subject always get the same revision; else their address.
    pub sticky_cookie: Option<String>,
}

/// The longest body of a request that Cloud Run takes by HTTP/1, in bytes: 32 MiB (Cloud Run, "Quotas and limits").
pub const REQUEST_BYTES_MAX_DEFAULT: u64 = 32 << 20;

/// The most regions of a service. Each may be looked at for one request.
pub const REGIONS_MAX: usize = 4;

/// How often and how long a service is tried for one request, and when it is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempts {
    /// All attempts together, until the answer begins, in milliseconds.
    pub deadline_ms: u32,
    /// The most times that a request is sent, all regions together; 1 for no retries.
    pub attempts_max: u8,
    /// The most retries for the service in ten seconds at one POP.
    pub retries_max: u32,
    /// After so many failures in a row one endpoint is left alone; 0 for never.
    pub failures_max: u32,
    /// How long it is left alone, in milliseconds.
    pub open_ms: u32,
}

impl Default for Attempts {
    fn default() -> Self {
        Self {
            deadline_ms: 30_000,
            attempts_max: 2,
            retries_max: 100,
            failures_max: 10,
            open_ms: 10_000,
        }
    }
}

/// What a service hears of the caller, besides the headers that every service gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOfCaller {
    /// The signed assertion; `None` where the gateway makes none for it.
    pub assertion: Option<AssertionTo>,
    /// Headers, lower-case, and the claim whose value each gets.
    pub claim_headers: Vec<(String, String)>,
}

/// For whom an assertion is, and what it says of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionTo {
    /// Its `aud`.
    pub audience: String,
    /// The claims of the caller's token that it repeats, by their paths.
    pub claims: Vec<String>,
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
    /// A service at one place, with all else as it is unless a policy says otherwise.
    #[must_use]
    pub fn at(endpoint: Endpoint, invoker: &str) -> Self {
        Self {
            audience: endpoint.origin(),
            regions: Regions {
                first: Region {
                    name: String::new(),
                    endpoint,
                },
                others: Vec::new(),
            },
            invoker: invoker.to_owned(),
            invoker_key: Some(key_of_invoker(invoker)),
            timeouts: Timeouts::default(),
            revisions: Vec::new(),
            attempts: Attempts::default(),
            request_bytes_max: REQUEST_BYTES_MAX_DEFAULT,
            told: ToldOfCaller::default(),
            sticky_cookie: None,
        }
    }

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
