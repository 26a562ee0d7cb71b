//! The routes of a policy: who may, what happens, and which of two goes first.

use crate::policy::{
    compile::problems::Problems,
    site::{Action, Allow, Route, Rule},
    source,
    template::PathTemplate,
};

pub(super) fn routes(source: &source::Source, problems: &mut Problems) -> Vec<Route> {
    if source.routes.is_empty() {
        problems.add(
            "routes",
            "there is no route, so nothing could be reached; add `[[routes]]`",
        );
    }
    let mut routes: Vec<(usize, Route)> = Vec::new();
    for (at, written) in source.routes.iter().enumerate() {
        let path = problems.take(format!("routes[{at}].path"), PathTemplate::parse(&written.path));
        let methods = methods(at, written, problems);
        let allow = allow(at, written, source, problems);
        let action = action(at, written, source, problems);
        if let (Some(path), Some(allow), Some(action)) = (path, allow, action) {
            routes.push((
                at,
                Route {
                    path,
                    methods,
                    allow,
                    action,
                },
            ));
        }
    }
    routes.sort_by(|(_, one), (_, next)| one.path.precedence(&next.path));
    report_ties(&routes, problems);
    routes.into_iter().map(|(_, route)| route).collect()
}

/// Two routes with the same paths must not share a method: which one wins would be chance.
fn report_ties(routes: &[(usize, Route)], problems: &mut Problems) {
    for group in routes.chunk_by(|(_, one), (_, next)| one.path.precedence(&next.path).is_eq()) {
        for (index, (at, route)) in group.iter().enumerate() {
            let tied = group.iter().take(index).find(|(_, other)| {
                let either_takes_all = route.methods.is_empty() || other.methods.is_empty();
                either_takes_all
                    || route.methods.iter().any(|method| other.takes_method(method))
                    || other.methods.iter().any(|method| route.takes_method(method))
            });
            if let Some((other_at, other)) = tied {
                problems.add(
                    format!("routes[{at}]"),
                    format!(
                        "`{}` takes the same requests as routes[{other_at}] `{}`; give them different methods or paths",
                        route.name(),
                        other.name()
                    ),
                );
            }
        }
    }
}

fn methods(at: usize, written: &source::Route, problems: &mut Problems) -> Vec<String> {
    let methods = written.methods.clone().unwrap_or_default();
    if written.methods.as_ref().is_some_and(Vec::is_empty) {
        problems.add(
            format!("routes[{at}].methods"),
            "an empty list would take no request; leave `methods` out to take all",
        );
    }
    for method in &methods {
        let well_formed =
            !method.is_empty() && method.len() <= 32 && method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !well_formed || method == "CONNECT" || method == "TRACE" {
            problems.add(
                format!("routes[{at}].methods"),
                format!("`{method}` is no method that is let through; write it as in `GET`"),
            );
        }
    }
    methods
}

fn allow(at: usize, written: &source::Route, source: &source::Source, problems: &mut Problems) -> Option<Allow> {
    let place = format!("routes[{at}].allow");
    match &written.allow {
        None => {
            problems.add(
                place,
                "say who may: `allow = [{ issuer = \"…\" }]`, or `allow = \"anyone\"` to make it public",
            );
            None
        }
        Some(source::Allow::Word(word)) if word == "anyone" => Some(Allow::Anyone),
        Some(source::Allow::Word(word)) => {
            problems.add(
                place,
                format!("`{word}` has no meaning here; write `\"anyone\"` or a list of rules"),
            );
            None
        }
        Some(source::Allow::Rules(rules)) if rules.is_empty() => {
            problems.add(
                place,
                "an empty list would admit nobody; list who may, or remove the route",
            );
            None
        }
        Some(source::Allow::Rules(rules)) => {
            for (index, rule) in rules.iter().enumerate() {
                if !source.issuers.contains_key(&rule.issuer) {
                    problems.add(
                        format!("{place}[{index}].issuer"),
                        format!("there is no `[issuers.{}]`", rule.issuer),
                    );
                }
                if rule
                    .scopes
                    .iter()
                    .any(|scope| scope.is_empty() || !scope.bytes().all(is_scope_byte))
                {
                    problems.add(
                        format!("{place}[{index}].scopes"),
                        "a scope is visible text without spaces, quotes or backslashes (RFC 6749 section 3.3)",
                    );
                }
            }
            Some(Allow::OneOf(
                rules
                    .iter()
                    .map(|rule| Rule {
                        issuer: rule.issuer.clone(),
                        scopes: rule.scopes.clone(),
                    })
                    .collect(),
            ))
        }
    }
}

/// RFC 6749 section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
fn is_scope_byte(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

fn action(at: usize, written: &source::Route, source: &source::Source, problems: &mut Problems) -> Option<Action> {
    let place = format!("routes[{at}]");
    match (&written.to, &written.respond) {
        (Some(_), Some(_)) => {
            problems.add(place, "has both `to` and `respond`; keep the one that is meant");
            None
        }
        (None, None) => {
            problems.add(
                place,
                "says nothing to do; add `to = \"<service>\"` or `respond = { status = 200 }`",
            );
            None
        }
        (Some(service), None) => {
            if !source.services.contains_key(service) {
                problems.add(format!("{place}.to"), format!("there is no `[services.{service}]`"));
            }
            Some(Action::Forward {
                service: service.clone(),
                authorization: written.forward_authorization,
            })
        }
        (None, Some(respond)) => {
            let content_type = respond
                .content_type
                .clone()
                .unwrap_or_else(|| "text/plain; charset=utf-8".to_owned());
            if !(200..=599).contains(&respond.status) {
                problems.add(format!("{place}.respond.status"), "give a status from 200 to 599");
            }
            if matches!(respond.status, 204 | 205 | 304) && !respond.body.is_empty() {
                problems.add(
                    format!("{place}.respond.body"),
                    format!("an answer of status {} has no body", respond.status),
                );
            }
            if !content_type.bytes().all(|byte| matches!(byte, 0x20..=0x7e)) {
                problems.add(
                    format!("{place}.respond.content_type"),
                    "give a media type, as in `text/plain`",
                );
            }
            Some(Action::Respond {
                status: respond.status,
                content_type,
                body: respond.body.clone(),
            })
        }
    }
}
