//! `[[examples]]`: what can be said of them without running them.

use crate::policy::{
    compile::known::{Known, nearest},
    problem::Problems,
};

pub(super) fn examples(known: &Known<'_>, problems: &mut Problems) {
    for example in &known.source.examples {
        let place = format!("examples[{}]", example.at);
        if let Some(caller) = &example.caller
            && !known.has_issuer(&caller.issuer)
        {
            let issuers = known.source.issuers.keys().map(String::as_str);
            problems.add(
                format!("{place}.caller.issuer"),
                format!("there is no `[issuers.{}]`", caller.issuer),
                nearest(&caller.issuer, issuers),
            );
        }
        if let Some(from) = &example.from
            && from.parse::<std::net::IpAddr>().is_err()
        {
            problems.add(
                format!("{place}.from"),
                format!("`{from}` is no address"),
                "write it as in `203.0.113.9`",
            );
        }
        if let Some(time) = &example.at_time
            && humantime::parse_rfc3339_weak(time).is_err()
        {
            problems.add(
                format!("{place}.at_time"),
                format!("`{time}` is no time"),
                "write it as in `2026-11-21T08:00:00Z`",
            );
        }
        check_expectation(&format!("{place}.expect"), &example.expect, known, problems);
    }
}

/// What an example expects must be something that could come of a request.
fn check_expectation(place: &str, expect: &str, known: &Known<'_>, problems: &mut Problems) {
    let words: Vec<&str> = expect.split_whitespace().collect();
    match words.as_slice() {
        ["forward", target] => check_target(place, target, known, problems),
        ["respond", status] if (200..=599).contains(&status.parse::<u16>().unwrap_or_default()) => {}
        ["redirect" | "refuse", _] => {}
        _ => problems.add(
            place,
            format!("`{expect}` is nothing that could come of a request"),
            "write `forward SERVICE`, `respond STATUS`, `redirect LOCATION` or `refuse CODE`",
        ),
    }
}

fn check_target(place: &str, target: &str, known: &Known<'_>, problems: &mut Problems) {
    let (service, revision) = match target.split_once('@') {
        Some((service, revision)) => (service, Some(revision)),
        None => (target, None),
    };
    if !known.has_service(service) {
        let services = known.source.services.keys().map(String::as_str);
        problems.add(
            place,
            format!("there is no `[services.{service}]`"),
            nearest(service, services),
        );
        return;
    }
    let (Some(revision), Some(written)) = (revision, known.source.services.get(service)) else {
        return;
    };
    if !written.revisions.contains_key(revision) {
        let revisions = written.revisions.keys().map(String::as_str);
        problems.add(
            place,
            format!("there is no `[services.{service}.revisions.{revision}]`"),
            nearest(revision, revisions),
        );
    }
}
