//! What is tuned without a new policy: knobs of a service, and a candidate that is watched before it is in force.
//!
//! Promises: an entry is taken whole or not at all. A knob that names a revision or region that the service does not
//! have, a percentage above a hundred, or a key that is not known makes the whole entry malformed.
//!
//! ```text
//! tune.orders = {"canary_percent": {"next": 25}, "drain_region": "europe-west1",
//!                "maintenance": {"retry_after_s": 120}, "revoked_before": 1795248000}
//! candidate   = <version> <percent>
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use twox_hash::XxHash64;

use crate::{
    json::{Bounds, Json},
    policy::{pages::is_version, site::service::Service},
    time::UnixSeconds,
};

/// The longest `tune.*` entry that is read, in bytes.
const KNOBS_BYTES_MAX: usize = 4_096;

/// The longest time that clients are asked to stay away, in seconds.
const RETRY_AFTER_S_MAX: u32 = 86_400;

/// The share of requests that a candidate sees if its entry names none, in percent.
pub const CANDIDATE_PERCENT_DEFAULT: u8 = 10;

/// The entry that names a candidate.
pub const CANDIDATE_ENTRY: &str = "candidate";

/// What is tuned of one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Knobs {
    /// How many of a hundred callers get a revision, by its name, in place of what the policy says.
    pub canary_percent: BTreeMap<String, u8>,
    /// The region that gets no requests.
    pub drain_region: Option<String>,
    /// The service gets no requests at all.
    pub maintenance: Option<Maintenance>,
    /// Tokens that were issued before this are refused.
    pub revoked_before: Option<UnixSeconds>,
}

/// A service is being worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// When clients may try again, in seconds.
    pub retry_after_s: u32,
}

/// A policy that is not in force, and is evaluated beside the one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its version.
    pub version: String,
    /// On how many of a hundred requests.
    pub percent: u8,
}

/// The name of the entry with a service's knobs.
#[must_use]
pub fn knobs_entry(service: &str) -> String {
    format!("tune.{service}")
}

impl Knobs {
    /// Reads the entry of a service.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(name: &str, service: &Service, text: &str) -> Result<Self, String> {
        let fault = |what: &str| format!("the knobs `{}` {what}", knobs_entry(name));
        if text.len() > KNOBS_BYTES_MAX || !text.trim_start().starts_with('{') {
            return Err(fault(&format!("are no JSON object of at most {KNOBS_BYTES_MAX} bytes")));
        }
        let malformed = |why: serde_json::Error| fault(&format!("are malformed: {why}"));
        // The strict reading first, in which nothing may come twice.
        Json::read(text, Bounds::CLAIMS).map_err(malformed)?;
        let knobs: Self = serde_json::from_str(text).map_err(malformed)?;
        let mut percent = 0_u32;
        for (revision, of_hundred) in &knobs.canary_percent {
            if service.revision(revision).is_none() {
                return Err(fault(&format!(
                    "name the revision `{revision}`, which the service does not have"
                )));
            }
            percent = percent.saturating_add(u32::from(*of_hundred));
        }
        let others = service.revisions.iter();
        let others = others.filter(|revision| !knobs.canary_percent.contains_key(&revision.name));
        percent = percent.saturating_add(others.map(|revision| u32::from(revision.percent)).sum());
        if percent > 100 {
            return Err(fault(&format!("leave the revisions {percent} percent together")));
        }
        if let Some(region) = &knobs.drain_region
            && !service.regions.iter().any(|known| known.name == *region)
        {
            return Err(fault(&format!(
                "name the region `{region}`, which the service does not have"
            )));
        }
        match knobs.maintenance {
            Some(maintenance) if maintenance.retry_after_s > RETRY_AFTER_S_MAX => {
                Err(fault("keep clients away for more than a day"))
            }
            _ => Ok(knobs),
        }
    }
}

impl Knobs {
    /// Whether a service has all that the knobs name.
    #[must_use]
    pub fn fit(&self, service: &Service) -> bool {
        let has_region = |name: &String| service.regions.iter().any(|region| region.name == *name);
        self.canary_percent.keys().all(|name| service.revision(name).is_some())
            && self.drain_region.as_ref().is_none_or(has_region)
    }
}

impl Candidate {
    /// Reads the entry `candidate`: a version, and perhaps a percentage.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let fault = || "the entry `candidate` is no version with a percentage, as in `<version> 10`".to_owned();
        let mut words = text.split_ascii_whitespace();
        let version = words.next().filter(|version| is_version(version)).ok_or_else(fault)?;
        let percent = match words.next() {
            None => CANDIDATE_PERCENT_DEFAULT,
            Some(percent) => percent.parse().map_err(|_| fault())?,
        };
        if percent > 100 || words.next().is_some() {
            return Err(fault());
        }
        Ok(Self {
            version: version.to_owned(),
            percent,
        })
    }

    /// Whether the candidate sees the request of this identifier.
    #[must_use]
    pub fn sees(&self, request_id: &str) -> bool {
        XxHash64::oneshot(3, request_id.as_bytes()) % 100 < u64::from(self.percent)
    }
}

#[cfg(test)]
mod tests;
