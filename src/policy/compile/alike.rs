//! Issuers of one policy whose tokens have the same `iss`.
//!
//! Promises: whose a token is follows from what the policy asks of it. Two issuers with one `iss` are verified in one
//! way, and what one asks of its tokens is not what the other does. A token whose `aud`, or whose claim, is a list may have
//! what both ask for; it is then of the first by name that takes it whole (`identity::verify`).

use std::collections::BTreeMap;

use crate::policy::{
    issuer::{ANY_TENANT, Issuer, TENANT, Vouching, is_tenant},
    problem::Problems,
    source::{Source, issuer::Issuer as Written},
};

/// Reports issuers that a token could not choose between.
pub(super) fn report_alike(source: &Source, issuers: &BTreeMap<String, Issuer>, problems: &mut Problems) {
    for (at, (name, issuer)) in issuers.iter().enumerate() {
        let before = issuers.iter().take(at);
        let found = before
            .filter_map(|(other, before)| Some((other, fault(before, issuer)?)))
            .next();
        if let Some((other, fault)) = found {
            let key = key(source.issuers.get(name));
            let (what, mend) = fault.told(other);
            problems.add(format!("issuers.{name}.{key}"), what, mend);
        }
    }
    let mut asked = issuers
        .iter()
        .filter(|(_, issuer)| matches!(issuer.vouching, Vouching::Introspection(_)));
    if let Some((first, _)) = asked.next() {
        for (name, _) in asked {
            problems.add(
                format!("issuers.{name}.introspection"),
                format!("`[issuers.{first}]` is asked about opaque tokens already, and such a token does not say whose it is"),
                "keep one of them",
            );
        }
    }
}

/// The key that says the `iss`.
fn key(written: Option<&Written>) -> &'static str {
    match written {
        Some(written) if written.preset.is_some() => "preset",
        _ => "issuer",
    }
}

/// Why a token could be of two issuers.
enum Fault {
    /// They are verified in different ways.
    Vouching,
    /// A template takes what another issuer names.
    Template,
    /// Nothing tells their tokens apart.
    Same,
}

impl Fault {
    fn told(&self, other: &str) -> (String, &'static str) {
        match self {
            Self::Vouching => (
                format!("`[issuers.{other}]` has the same `iss`, and is verified in another way"),
                "give both the same `keys`, or the same `secret`",
            ),
            Self::Template => (
                format!("`[issuers.{other}]` takes tokens of the same `iss`"),
                "name `tenants` of which none is meant by both, or put both into one issuer",
            ),
            Self::Same => (
                format!("`[issuers.{other}]` has the same `iss`, and a token could be of both"),
                "put both audiences into one issuer; or let each ask for what the other does not take: an `audience` of \
                 its own, or a claim in `claims` that can't be both",
            ),
        }
    }
}

fn fault(one: &Issuer, other: &Issuer) -> Option<Fault> {
    // What has no name is reported as such.
    let named = !one.issuer.is_empty() && !other.issuer.is_empty();
    if !named || (one.issuer != other.issuer && !meet(one, other)) {
        return None;
    }
    if one.issuer != other.issuer {
        return Some(Fault::Template);
    }
    // Keys are found by `iss`, so one `iss` has one set of them, also where no token could be of both.
    if one.vouching != other.vouching {
        return Some(Fault::Vouching);
    }
    (meet(one, other) && !are_apart(one, other)).then_some(Fault::Same)
}

/// Whether what one asks of its tokens is not what the other does; of tokens with one audience, and one value of each claim,
/// none is of both.
fn are_apart(one: &Issuer, other: &Issuer) -> bool {
    let given = !one.audience.is_empty() && !other.audience.is_empty();
    let audiences = given && !one.audience.iter().any(|audience| other.audience.contains(audience));
    let claims = one.claims.iter().any(|test| {
        let same = other.claims.iter().filter(|other| other.name == test.name);
        same.into_iter().any(|other| test.wanted.excludes(&other.wanted))
    });
    audiences || claims
}

/// The `iss`s of an issuer.
enum Names<'i> {
    /// These.
    These(Vec<String>),
    /// All that begin and end so, with a tenant between.
    Between(&'i str, &'i str),
}

fn names(issuer: &Issuer) -> Names<'_> {
    match issuer.issuer.split_once(TENANT) {
        Some((begin, end)) if issuer.tenants.iter().any(|tenant| tenant == ANY_TENANT) => Names::Between(begin, end),
        _ if issuer.tenants.is_empty() => Names::These(vec![issuer.issuer.clone()]),
        _ => {
            let tenants = issuer.tenants.iter();
            Names::These(tenants.map(|tenant| issuer.issuer.replace(TENANT, tenant)).collect())
        }
    }
}

/// Whether some `iss` could be of both.
fn meet(one: &Issuer, other: &Issuer) -> bool {
    match (names(one), names(other)) {
        (Names::These(one), Names::These(other)) => one.iter().any(|iss| other.contains(iss)),
        (Names::These(these), Names::Between(begin, end)) | (Names::Between(begin, end), Names::These(these)) => {
            let tenant = |iss: &String| {
                let tenant = iss.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
                tenant.is_some_and(is_tenant)
            };
            these.iter().any(tenant)
        }
        (Names::Between(one_begin, one_end), Names::Between(begin, end)) => {
            (one_begin.starts_with(begin) || begin.starts_with(one_begin))
                && (one_end.ends_with(end) || end.ends_with(one_end))
        }
    }
}
