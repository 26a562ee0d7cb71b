//! From the text that people write to the site that the edge runs.
//!
//! Promises: all problems of a text are reported at once, each with its place and the mend. What compiles is safe by
//! default: a route says who may reach it, and two routes never compete for a request.

mod actions;
mod alike;
mod allow;
mod attempts;
mod credential;
mod endpoints;
mod examples;
mod gateway;
mod issuers;
mod known;
pub mod presets;
mod routes;
mod signed;
mod tenants;
mod ties;
mod values;
mod vouching;

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::{
    compile::{
        endpoints::services, examples::examples, gateway::settings, known::Known, routes::routes,
        vouching::report_shared_secrets,
    },
    issuer::Asked,
    problem::{Problem, Problems},
    site::{
        Parts, Site,
        route::{Allow, Place, Route},
        service::Service,
    },
    source::Source,
    text,
};

pub use crate::policy::compile::{gateway::REMEMBER_S_DEFAULT, issuers::LEEWAY_S_DEFAULT, known::Unread};

/// Compiles a policy's text.
///
/// # Errors
/// Every problem that was found, in the order of the text.
pub fn compile_text(text: &str) -> Result<Site, Vec<Problem>> {
    let read = text::read(text);
    let compiled = compile(&read.source, &read.unread);
    match (compiled, read.problems.is_empty()) {
        (Ok(site), true) => Ok(site),
        (compiled, _) => {
            let mut problems = read.problems.clone();
            problems.extend(compiled.err().unwrap_or_default());
            Err(read.locate(problems))
        }
    }
}

/// Compiles a policy that was read, and perhaps changed, as `tollgate serve` does to reach services on this machine.
///
/// # Errors
/// Every problem that was found.
pub fn compile(source: &Source, unread: &Unread) -> Result<Site, Vec<Problem>> {
    let mut problems = Problems::default();
    let mut settings = settings(source, unread, &mut problems);
    let services = services(source, &mut problems);
    report_shared_secrets(source, &mut problems);
    let known = Known {
        source,
        unread,
        hosts: settings.hosts.clone(),
    };
    let routes = routes(&known, &services, &mut problems);
    examples(&known, &mut problems);
    for (issuer, asked) in asked_of_issuers(source, &routes, &services) {
        if let Some(issuer) = settings.issuers.get_mut(&issuer) {
            issuer.asked = asked;
        }
    }
    settings.credentials = credentials(&routes);
    // What was left out may be what another part needs; it is reported as such.
    if !problems.is_empty() || !unread.is_empty() {
        return Err(problems.into_vec());
    }
    Site::try_from(Parts {
        settings,
        services,
        routes,
    })
    .map_err(|what| {
        problems.add("", what, "");
        problems.into_vec()
    })
}

/// Where any of the routes takes a credential, besides `Authorization`; each place once.
fn credentials(routes: &[Route]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for place in routes.iter().flat_map(|route| &route.credentials) {
        if *place != Place::Authorization && !places.contains(place) {
            places.push(place.clone());
        }
    }
    places
}

/// What the rules ask of each issuer's tokens. What revisions ask and what services are told is asked of all of them.
fn asked_of_issuers(
    source: &Source,
    routes: &[Route],
    services: &BTreeMap<String, Service>,
) -> BTreeMap<String, BTreeSet<Asked>> {
    let revisions = services.values().flat_map(|service| &service.revisions);
    let of_revisions = revisions.flat_map(|revision| &revision.claims).map(|test| &test.name);
    let told = services.values().map(|service| &service.told);
    let told = told.flat_map(|told| {
        let asserted = told.assertion.iter().flat_map(|assertion| &assertion.claims);
        asserted.chain(told.claim_headers.iter().map(|(_, claim)| claim))
    });
    let of_all: BTreeSet<Asked> = of_revisions.chain(told).cloned().map(Asked::Claim).collect();
    let mut asked: BTreeMap<String, BTreeSet<Asked>> = source
        .issuers
        .keys()
        .map(|name| (name.clone(), of_all.clone()))
        .collect();
    for route in routes {
        let Allow::OneOf(rules) = &route.allow else {
            continue;
        };
        for rule in rules {
            for issuer in &rule.issuers {
                rule.asked(asked.entry(issuer.clone()).or_default());
            }
        }
    }
    asked
}

#[cfg(test)]
mod tests;
