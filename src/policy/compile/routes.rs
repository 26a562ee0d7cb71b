//! `[[routes]]`: which requests, for whom, and what happens.

use std::collections::BTreeMap;

use crate::{
    policy::{
        compile::{
            actions::{action, headers, is_header_name, too_many},
            allow::allow,
            credential::{places, report_proofs},
            known::{Known, nearest, twice},
            signed::keys_route,
            ties::{report_ties, report_ways_around},
            values::text_tests,
        },
        host_pattern::HostPattern,
        problem::Problems,
        site::{
            route::{Route, When},
            service::Service,
        },
        source::route::{self, Route as Written},
        template::PathTemplate,
    },
    request::relaxation::Relaxation,
};

const PATH_MEND: &str = "write it as in `/v1/orders/{id}` or `/files/{rest...}`";

pub(super) fn routes(known: &Known<'_>, services: &BTreeMap<String, Service>, problems: &mut Problems) -> Vec<Route> {
    let source = known.source;
    if source.routes.is_empty() && !known.unread.iter().any(|place| place.starts_with("routes")) {
        problems.add(
            "routes",
            "there is no route, so nothing could be reached",
            "add `[[routes]]`",
        );
    }
    let mut routes: Vec<(usize, Route)> = Vec::new();
    for written in &source.routes {
        routes.extend(one(written, known, problems).map(|route| (written.at, route)));
    }
    report_ties(&routes, problems);
    report_ways_around(&routes, services, problems);
    let mut routes: Vec<Route> = routes.into_iter().map(|(_, route)| route).collect();
    if let Some(own) = keys_route(known, problems) {
        if let Some(theirs) = routes.iter().find(|route| route.path.text() == own.path.text()) {
            problems.add(
                "gateway.assertions.path",
                format!("the route `{}` has the same path", theirs.name()),
                "give the keys a path of their own",
            );
        }
        routes.push(own);
    }
    routes.sort_by(Route::listed_before);
    routes
}

fn one(written: &Written, known: &Known<'_>, problems: &mut Problems) -> Option<Route> {
    let place = format!("routes[{}]", written.at);
    let path = problems.take(format!("{place}.path"), PathTemplate::parse(&written.path), PATH_MEND);
    let hosts = hosts(&place, written, known, problems);
    let methods = methods(&place, written, problems);
    let when = when(&place, &written.when, problems);
    let relax = relax(&place, written, problems);
    let allow = allow(
        &format!("{place}.allow"),
        written.allow.as_ref(),
        path.as_ref(),
        known,
        problems,
    );
    let credentials = places(&place, written, problems);
    report_proofs(&place, written, &credentials, known, problems);
    let action = action(&place, written, path.as_ref(), known, problems);
    let response_headers = headers(
        &format!("{place}.response_headers"),
        &written.response_headers,
        problems,
    );
    Some(Route {
        path: path?,
        hosts,
        methods,
        when,
        relax,
        allow: allow?,
        credentials,
        action: action?,
        response_headers,
    })
}

fn hosts(place: &str, written: &Written, known: &Known<'_>, problems: &mut Problems) -> Vec<HostPattern> {
    let mut hosts = Vec::new();
    if written.hosts.as_ref().is_some_and(Vec::is_empty) {
        problems.add(
            format!("{place}.hosts"),
            "an empty list would take no request",
            "leave `hosts` out for all hosts of the gateway",
        );
    }
    for (at, text) in written.hosts.iter().flatten().enumerate() {
        let place = format!("{place}.hosts[{at}]");
        let pattern = problems.take(&place, HostPattern::parse(text), "give a name as in `gateway.hosts`");
        let Some(pattern) = pattern else {
            continue;
        };
        if !known.hosts.is_empty() && !known.hosts.iter().any(|own| own.covers(&pattern)) {
            let own: Vec<String> = known.hosts.iter().map(HostPattern::text).collect();
            problems.add(
                place.as_str(),
                format!("the gateway does not answer for `{text}`"),
                format!("add it to `gateway.hosts`, or use one of: {}", own.join(", ")),
            );
        }
        twice(&place, text, hosts.contains(&pattern), problems);
        hosts.push(pattern);
    }
    hosts
}

fn methods(place: &str, written: &Written, problems: &mut Problems) -> Vec<String> {
    let methods = written.methods.clone().unwrap_or_default();
    if written.methods.as_ref().is_some_and(Vec::is_empty) {
        problems.add(
            format!("{place}.methods"),
            "an empty list would take no request",
            "leave `methods` out to take all",
        );
    }
    for (at, method) in methods.iter().enumerate() {
        let well_formed =
            !method.is_empty() && method.len() <= 32 && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !well_formed || method == "CONNECT" || method == "TRACE" {
            problems.add(
                format!("{place}.methods[{at}]"),
                format!("`{method}` is no method that is let through"),
                format!(
                    "write it as in `{}`",
                    if well_formed {
                        "GET".to_owned()
                    } else {
                        method.to_ascii_uppercase()
                    }
                ),
            );
        }
    }
    methods
}

fn when(place: &str, written: &route::When, problems: &mut Problems) -> When {
    for name in written.headers.keys() {
        if !is_header_name(&name.to_ascii_lowercase()) {
            problems.add(
                format!("{place}.when.headers.{name}"),
                format!("`{name}` can't be a header's name"),
                "write it as in `x-api-version`",
            );
        }
    }
    let mut when = When {
        headers: text_tests(&format!("{place}.when.headers"), &written.headers, problems),
        query: text_tests(&format!("{place}.when.query"), &written.query, problems),
    };
    for test in &mut when.headers {
        test.name.make_ascii_lowercase();
    }
    too_many(&format!("{place}.when"), when.count(), problems);
    when
}

fn relax(place: &str, written: &Written, problems: &mut Problems) -> Vec<Relaxation> {
    let mut relax = Vec::new();
    for (at, word) in written.relax.iter().enumerate() {
        match Relaxation::from_word(word) {
            Some(relaxation) => relax.push(relaxation),
            None => problems.add(
                format!("{place}.relax[{at}]"),
                format!("`{word}` is nothing that a route may relax"),
                nearest(word, Relaxation::ALL.iter().map(|relaxation| relaxation.word()))
                    .replace("add it, or use", "use"),
            ),
        }
    }
    relax.sort_unstable();
    relax.dedup();
    relax
}
