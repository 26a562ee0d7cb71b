//! Which revision of a service a request goes to, and the regions where it may be had, in order.
//!
//! Promises: the same caller always gets the same revision while shares stay, and the share of a service's only (or, by
//! name, first) revision keeps whom it had when it grows.
//! What a client asks for by header goes before what a claim says, and that before the shares. There is always one place
//! to go to, and never the drained region beside another.

use std::net::IpAddr;

use twox_hash::XxHash64;

use crate::{
    identity::{claims::Claims, presented::only_cookie},
    policy::{
        route::{Asked, has_header},
        site::service::{Region, Revision, RevisionAt, Service},
        tuning::Knobs,
        wanted::Captures,
    },
    request::Ambiguity,
    secret::Secret,
    upstream::send::{Destination, Endpoint},
};

/// Where a request may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// The policy's name of the service.
    pub service: String,
    /// The revision, if it is not the service's own traffic.
    pub revision: Option<String>,
    /// The preferred place.
    pub first: Reached,
    /// The other regions, in order.
    pub others: Vec<Reached>,
}

/// Where a service is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The region, if the policy names any.
    pub region: Option<String>,
    /// Where that is.
    pub destination: Destination,
}

impl Picked {
    /// In one word, as in `orders` or `orders@next`.
    #[must_use]
    pub fn word(&self) -> String {
        match &self.revision {
            Some(revision) => format!("{}@{revision}", self.service),
            None => self.service.clone(),
        }
    }

    /// All places, the preferred first.
    pub fn places(&self) -> impl Iterator<Item = &Reached> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// Who is to get a revision.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    /// The caller's verified claims, if the route asks for a caller.
    pub claims: Option<&'a Claims>,
    /// The client's address.
    pub address: Option<IpAddr>,
}

/// Picks the revision, and the regions.
///
/// # Errors
/// As [`has_header`], for a header that a revision asks for.
pub fn pick(
    (name, service): (&str, &Service),
    knobs: &Knobs,
    asked: &Asked<'_>,
    client: Client<'_>,
) -> Result<Picked, Ambiguity> {
    let revision = revision((name, service), knobs, asked, client)?;
    let at = revision.map(|revision| &revision.at);
    let reached = |region: &Region| {
        let endpoint = match at {
            None => region.endpoint.clone(),
            Some(RevisionAt::Tag(tag)) => region.endpoint.tagged(tag),
            Some(RevisionAt::Endpoint(endpoint)) => endpoint.clone(),
        };
        Reached {
            region: Some(region.name.clone()).filter(|name| !name.is_empty()),
            destination: service.destination(name, endpoint),
        }
    };
    let drained = |region: &&Region| knobs.drain_region.as_deref() == Some(region.name.as_str());
    let mut regions = service.regions.iter().filter(|region| !drained(region));
    let first = reached(regions.next().unwrap_or(&service.regions.first));
    // A revision with a URL of its own is at one place, whatever the regions.
    let others = match at {
        Some(RevisionAt::Endpoint(_)) => Vec::new(),
        None | Some(RevisionAt::Tag(_)) => regions.map(reached).collect(),
    };
    Ok(Picked {
        service: name.to_owned(),
        revision: revision.map(|revision| revision.name.clone()),
        first,
        others,
    })
}

fn revision<'s>(
    (name, service): (&str, &'s Service),
    knobs: &Knobs,
    asked: &Asked<'_>,
    client: Client<'_>,
) -> Result<Option<&'s Revision>, Ambiguity> {
    for revision in &service.revisions {
        if let Some((header, value)) = &revision.header
            && has_header(header, |text| text == value, asked)?
        {
            return Ok(Some(revision));
        }
    }
    let by_claim = |revision: &&Revision| {
        !revision.claims.is_empty() && client.claims.is_some_and(|claims| fits(revision, claims))
    };
    if let Some(revision) = service.revisions.iter().find(by_claim) {
        return Ok(Some(revision));
    }
    let position = match service.revisions.is_empty() {
        true => None,
        false => position((name, service), asked, client),
    };
    let Some(position) = position else {
        return Ok(None);
    };
    let mut up_to = 0_u64;
    Ok(service.revisions.iter().find(|revision| {
        let percent = knobs.canary_percent.get(&revision.name).unwrap_or(&revision.percent);
        up_to = up_to.saturating_add(u64::from(*percent) * PER_PERCENT);
        position < up_to
    }))
}

fn fits(revision: &Revision, claims: &Claims) -> bool {
    revision.claims.iter().all(|test| {
        let values = claims.asked(&test.name);
        values.is_some_and(|values| test.wanted.fits(values, &Captures::default()))
    })
}

/// How finely callers are spread.
const PER_PERCENT: u64 = 1_000;

/// Where a caller stands among all, from 0 to a hundred percent: by subject, else by the service's cookie, else by address.
fn position((name, service): (&str, &Service), asked: &Asked<'_>, client: Client<'_>) -> Option<u64> {
    let subject = client
        .claims
        .and_then(|claims| Some((&claims.issuer, claims.subject.as_ref()?)));
    let key = match subject {
        Some((issuer, subject)) => Secret::new(format!("{name}\0{issuer}\0{subject}")),
        None => {
            let cookie = service
                .sticky_cookie
                .as_deref()
                .and_then(|cookie| only_cookie(cookie, asked));
            match (cookie, client.address) {
                (Some(cookie), _) => Secret::new(format!("{name}\0\0cookie\0{}", cookie.expose())),
                (None, Some(address)) => Secret::new(format!("{name}\0{address}")),
                (None, None) => return None,
            }
        }
    };
    Some(XxHash64::oneshot(2, key.expose().as_bytes()) % (100 * PER_PERCENT))
}

impl Endpoint {
    /// The URL that a traffic tag has beside this one (Cloud Run: `https://TAG---HOST`). Always TLS.
    #[must_use]
    pub fn tagged(&self, tag: &str) -> Self {
        self.tls_at(format!("{tag}---{}", self.host()))
    }
}

#[cfg(test)]
mod tests;
