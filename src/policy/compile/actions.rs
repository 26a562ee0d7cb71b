//! What a route does: `to`, `respond`, `redirect`, and what goes with them.

use crate::{
    policy::{
        compile::known::{Known, nearest},
        problem::Problems,
        site::route::{Action, Forward, Headers, Redirect, Respond},
        source::{
            route::{self, Route as Written},
            service::Service,
        },
        target::TargetTemplate,
        template::PathTemplate,
    },
    request::spelling::fold,
    upstream::{headers::may_be_edited, send::Endpoint},
};

/// The longest body of a fixed answer, in bytes. It is on the page of its route.
const BODY_BYTES_MAX: usize = 2_048;

/// The most header changes of a route, and conditions.
const ITEMS_MAX: usize = 32;

pub(super) fn action(
    place: &str,
    written: &Written,
    path: Option<&PathTemplate>,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<Action> {
    let given = [
        written.to.is_some(),
        written.respond.is_some(),
        written.redirect.is_some(),
    ];
    match given.into_iter().filter(|given| *given).count() {
        1 => {}
        0 => {
            problems.add(
                place,
                "the route says nothing to do",
                "add `to = \"<service>\"`, `respond = { status = 200 }` or `redirect = { to = \"…\" }`",
            );
            return None;
        }
        _ => {
            problems.add(
                place,
                "the route says more than one thing to do",
                "keep the one of `to`, `respond` and `redirect` that is meant",
            );
            return None;
        }
    }
    only_with_to(place, written, problems);
    if let Some(respond) = &written.respond {
        return Some(Action::Respond(fixed(&format!("{place}.respond"), respond, problems)));
    }
    if let Some(written) = &written.redirect {
        return redirect(&format!("{place}.redirect"), written, path, problems).map(Action::Redirect);
    }
    let service = written.to.clone()?;
    if !known.has_service(&service) {
        let services = known.source.services.keys().map(String::as_str);
        problems.add(
            format!("{place}.to"),
            format!("there is no `[services.{service}]`"),
            nearest(&service, services),
        );
    }
    if written.rewrite.is_some() && !written.relax.is_empty() {
        problems.add(
            format!("{place}.rewrite"),
            "a path that is relaxed can't be put into another one, where the service may read it otherwise",
            "remove `rewrite` or `relax`",
        );
    }
    let rewrite = written
        .rewrite
        .as_ref()
        .and_then(|text| target(&format!("{place}.rewrite"), text, path, problems));
    report_told_twice(place, written, known.source.services.get(&service), problems);
    Some(Action::Forward(Forward {
        service,
        authorization: written.forward_authorization,
        rewrite,
        request_headers: headers(&format!("{place}.request_headers"), &written.request_headers, problems),
        pass_errors: written.pass_errors,
        websocket: written.websocket,
    }))
}

/// Headers of a route that are to tell the service a claim: in one spelling or another, servers would see both.
fn report_told_twice(place: &str, written: &Written, service: Option<&Service>, problems: &mut Problems) {
    let told = service.into_iter().flat_map(|service| service.claim_headers.keys());
    let told: Vec<_> = told.map(|name| fold(name)).collect();
    let set = written.request_headers.set.keys();
    for name in set.chain(&written.request_headers.remove) {
        if told.contains(&fold(name)) {
            problems.add(
                format!("{place}.request_headers"),
                format!("`{name}` tells the service a claim"),
                "choose another name here or in the service's `claim_headers`",
            );
        }
    }
}

fn only_with_to(place: &str, written: &Written, problems: &mut Problems) {
    let changes = &written.request_headers;
    for (key, given) in [
        ("rewrite", written.rewrite.is_some()),
        ("forward_authorization", written.forward_authorization),
        ("pass_errors", written.pass_errors),
        ("websocket", written.websocket),
        ("request_headers", !changes.set.is_empty() || !changes.remove.is_empty()),
    ] {
        if given && written.to.is_none() {
            problems.add(
                format!("{place}.{key}"),
                "nothing goes to a service from this route",
                format!("remove `{key}`, or add `to`"),
            );
        }
    }
}

fn fixed(place: &str, written: &route::Respond, problems: &mut Problems) -> Respond {
    let content_type = written
        .content_type
        .clone()
        .unwrap_or_else(|| "text/plain; charset=utf-8".to_owned());
    if !(200..=599).contains(&written.status) {
        problems.add(
            format!("{place}.status"),
            format!("{} is no status of an answer", written.status),
            "give one from 200 to 599",
        );
    }
    if matches!(written.status, 204 | 205 | 304) && !written.body.is_empty() {
        problems.add(
            format!("{place}.body"),
            format!("an answer of status {} has no body", written.status),
            "remove it, or give another status",
        );
    }
    if written.body.len() > BODY_BYTES_MAX {
        problems.add(
            format!("{place}.body"),
            format!(
                "{} bytes, and fixed answers have {BODY_BYTES_MAX} at most",
                written.body.len()
            ),
            "let a service answer",
        );
    }
    if !is_header_value(&content_type) || content_type.is_empty() {
        problems.add(
            format!("{place}.content_type"),
            format!("`{content_type}` is no media type"),
            "write it as in `text/plain`",
        );
    }
    Respond {
        status: written.status,
        content_type,
        body: written.body.clone(),
    }
}

fn redirect(
    place: &str,
    written: &route::Redirect,
    path: Option<&PathTemplate>,
    problems: &mut Problems,
) -> Option<Redirect> {
    let status = written.status.unwrap_or(308);
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        problems.add(
            format!("{place}.status"),
            format!("{status} is no redirect"),
            "give 301, 302, 303, 307 or 308",
        );
    }
    let place = format!("{place}.to");
    // The path begins at the first slash after the host; up to there it is an origin.
    let (origin, target_text) = match written.to.split_once("://") {
        None => (None, written.to.as_str()),
        Some((_, rest)) => {
            let path_bytes = rest.find('/').map_or(0, |slash| rest.len() - slash);
            let (origin, path) = written.to.split_at_checked(written.to.len() - path_bytes)?;
            (Some(origin), if path.is_empty() { "/" } else { path })
        }
    };
    let origin = match origin.map(Endpoint::parse) {
        None => None,
        Some(Ok(endpoint)) => Some(endpoint.origin()),
        Some(Err(what)) => {
            problems.add(place, what, "give a path, or an https origin with a path");
            return None;
        }
    };
    Some(Redirect {
        status,
        origin,
        path: target(&place, target_text, path, problems)?,
        keep_query: written.keep_query.unwrap_or(true),
    })
}

fn target(place: &str, text: &str, path: Option<&PathTemplate>, problems: &mut Problems) -> Option<TargetTemplate> {
    let target = problems.take(
        place,
        TargetTemplate::parse(text),
        "write it as in `/internal/orders/{id}`",
    )?;
    // Where the path itself could not be read, its names are not known.
    let path = path?;
    for name in target.names() {
        if !path.names().any(|known| known == name) {
            problems.add(
                place,
                format!("the path has no `{{{name}}}`"),
                nearest(name, path.names()).replace("add it", "name a segment of `path` so"),
            );
        }
    }
    if let Some(rest) = path.rest_name()
        && target.names().any(|name| name == rest)
        && !target.ends_with(rest)
    {
        problems.add(
            place,
            format!("`{{{rest}}}` may take several segments or none, so it can only stand last, and once"),
            "put it at the end",
        );
    }
    Some(target)
}

pub(super) fn headers(place: &str, written: &route::Headers, problems: &mut Problems) -> Headers {
    let mut check = |place: String, name: &str| {
        let lower = name.to_ascii_lowercase();
        if !is_header_name(&lower) {
            problems.add(
                place,
                format!("`{name}` can't be a header's name"),
                "write it as in `x-env`",
            );
        } else if !may_be_edited(&lower) {
            problems.add(
                place,
                format!("`{name}` is the gateway's or the connection's own"),
                "leave it alone; see \"What a service is told\" in docs/policy.md",
            );
        }
        lower
    };
    let remove: Vec<String> = written
        .remove
        .iter()
        .enumerate()
        .map(|(at, name)| check(format!("{place}.remove[{at}]"), name))
        .collect();
    let set: Vec<(String, String)> = written
        .set
        .iter()
        .map(|(name, value)| (check(format!("{place}.set.{name}"), name), value.clone()))
        .collect();
    for (name, value) in &set {
        if !is_header_value(value) {
            problems.add(
                format!("{place}.set.{name}"),
                format!("`{value}` can't be a header's value"),
                "use visible ASCII with spaces within, at most 1,024 bytes",
            );
        }
    }
    too_many(place, remove.len() + set.len(), problems);
    Headers { remove, set }
}

pub(super) fn too_many(place: &str, items: usize, problems: &mut Problems) {
    if items > ITEMS_MAX {
        problems.add(place, format!("{items} items"), format!("use {ITEMS_MAX} at most"));
    }
}

/// RFC 9110 section 5.1, in lower case.
pub(super) fn is_header_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.len() <= 128 && name.bytes().all(allowed)
}

/// RFC 9110 section 5.5, without what only old texts hold.
pub(super) fn is_header_value(value: &str) -> bool {
    value.len() <= 1_024 && value == value.trim() && value.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}
