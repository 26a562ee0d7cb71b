//! From the text that people write to the site that the edge runs.
//!
//! Promises: all problems of a text that can be parsed are reported at once, each with its place and the mend. What
//! compiles is safe by default: a route says who may reach it, and two routes never compete for a request.

use std::{collections::BTreeMap, fmt};

use crate::{
    policy::{
        site::{Action, Allow, Issuer, Parts, Route, Rule, Service, Site},
        source,
        template::PathTemplate,
    },
    request::authority::Authority,
    upstream::send::{Endpoint, Timeouts},
};

/// How long claims are remembered unless the policy says otherwise, in seconds.
pub const REMEMBER_S_DEFAULT: u64 = 300;

/// How far clocks may differ unless the policy says otherwise, in seconds.
pub const LEEWAY_S_DEFAULT: u64 = 60;

/// The largest leeway. A larger one would keep expired tokens alive.
const LEEWAY_S_MAX: u64 = 300;

/// Something in a policy that must be mended before it compiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key it is about, as in `routes[2].allow`; empty when the text is not TOML.
    pub place: String,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            self.text.fmt(formatter)
        } else {
            write!(formatter, "{}: {}", self.place, self.text)
        }
    }
}

/// Compiles a policy's text.
///
/// # Errors
/// Every problem that was found.
pub fn compile_text(text: &str) -> Result<Site, Vec<Problem>> {
    compile(&parse(text)?)
}

/// Reads a policy's text.
///
/// # Errors
/// The one place where the text is not TOML or not a policy, with line and column.
pub fn parse(text: &str) -> Result<source::Source, Vec<Problem>> {
    toml::from_str(text).map_err(|why| {
        vec![Problem {
            place: String::new(),
            text: why.to_string().trim().to_owned(),
        }]
    })
}

/// Compiles a policy that was read, and perhaps changed, as `tollgate serve` does to reach services on this machine.
///
/// # Errors
/// Every problem that was found.
pub fn compile(source: &source::Source) -> Result<Site, Vec<Problem>> {
    let mut problems = Problems::default();
    let parts = Parts {
        hosts: hosts(source, &mut problems),
        project: source.gateway.project.clone(),
        remember_s: source
            .gateway
            .remember
            .map_or(REMEMBER_S_DEFAULT, |remember| remember.0),
        issuers: issuers(source, &mut problems),
        services: services(source, &mut problems),
        routes: routes(source, &mut problems),
    };
    if !problems.0.is_empty() {
        return Err(problems.0);
    }
    let site = Site::try_from(parts).map_err(|text| {
        vec![Problem {
            place: String::new(),
            text,
        }]
    })?;
    site.to_page().map_err(|text| {
        vec![Problem {
            place: String::new(),
            text,
        }]
    })?;
    Ok(site)
}

/// The problems found so far.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(Problem {
            place: place.into(),
            text: text.into(),
        });
    }

    /// The good value, or `None` and a problem.
    fn take<T>(&mut self, place: impl Into<String>, result: Result<T, String>) -> Option<T> {
        result.map_err(|text| self.add(place, text)).ok()
    }
}

fn hosts(source: &source::Source, problems: &mut Problems) -> Vec<String> {
    if source.gateway.hosts.is_empty() {
        problems.add(
            "gateway.hosts",
            "name at least one host, as in `hosts = [\"api.example.com\"]`",
        );
    }
    let mut hosts = Vec::new();
    for (at, text) in source.gateway.hosts.iter().enumerate() {
        match Authority::parse(text) {
            Ok(authority) if authority.text() == authority.host() => hosts.push(authority.host().to_owned()),
            _ => problems.add(
                format!("gateway.hosts[{at}]"),
                format!("`{text}` is not a host name; give it without port or path"),
            ),
        }
    }
    hosts
}

fn issuers(source: &source::Source, problems: &mut Problems) -> BTreeMap<String, Issuer> {
    let mut issuers = BTreeMap::<String, Issuer>::new();
    for (name, written) in &source.issuers {
        let place = format!("issuers.{name}");
        if written.issuer.is_empty() {
            problems.add(format!("{place}.issuer"), "give the `iss` that its tokens have");
        }
        if written.audience.is_empty() || written.audience.iter().any(String::is_empty) {
            problems.add(
                format!("{place}.audience"),
                "name the audience that its tokens are for; without one, tokens for other services would pass",
            );
        }
        if let Some((other, _)) = issuers.iter().find(|(_, other)| other.issuer == written.issuer) {
            problems.add(
                format!("{place}.issuer"),
                format!("the issuer `{other}` has the same `iss`; put both audiences into one"),
            );
        }
        let leeway_s = written.leeway.map_or(LEEWAY_S_DEFAULT, |leeway| leeway.0);
        if leeway_s > LEEWAY_S_MAX {
            problems.add(
                format!("{place}.leeway"),
                format!("at most {LEEWAY_S_MAX} seconds: a longer leeway keeps expired tokens alive"),
            );
        }
        issuers.insert(
            name.clone(),
            Issuer {
                issuer: written.issuer.clone(),
                audience: written.audience.clone(),
                leeway_s,
            },
        );
    }
    issuers
}

fn services(source: &source::Source, problems: &mut Problems) -> BTreeMap<String, Service> {
    let mut services = BTreeMap::new();
    for (name, written) in &source.services {
        let place = format!("services.{name}");
        let endpoint = problems.take(format!("{place}.url"), Endpoint::parse(&written.url));
        let invoker_fits = written.invoker.split_once('@').is_some_and(|(user, domain)| {
            !user.is_empty() && domain.contains('.') && written.invoker.bytes().all(|byte| byte.is_ascii_graphic())
        });
        if !invoker_fits {
            problems.add(
                format!("{place}.invoker"),
                "give a service account's e-mail, as in `edge@my-project.iam.gserviceaccount.com`",
            );
        }
        let invoker_key = written
            .invoker_key
            .clone()
            .unwrap_or_else(|| written.invoker.replace('@', "."));
        let key_fits = !invoker_key.is_empty()
            && invoker_key.len() <= 255
            && invoker_key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
        if !key_fits {
            problems.add(
                format!("{place}.invoker_key"),
                "a secret's name has letters, digits, `.`, `_` and `-` only",
            );
        }
        let default = Timeouts::default();
        let timeouts = Timeouts {
            connect_ms: written.timeouts.connect.map_or(default.connect_ms, |time| time.0),
            first_byte_ms: written.timeouts.first_byte.map_or(default.first_byte_ms, |time| time.0),
            between_bytes_ms: written
                .timeouts
                .between_bytes
                .map_or(default.between_bytes_ms, |time| time.0),
        };
        if let Some(endpoint) = endpoint {
            let audience = written.audience.clone().unwrap_or_else(|| endpoint.origin());
            services.insert(
                name.clone(),
                Service {
                    endpoint,
                    audience,
                    invoker: written.invoker.clone(),
                    invoker_key,
                    timeouts,
                },
            );
        }
    }
    services
}

fn routes(source: &source::Source, problems: &mut Problems) -> Vec<Route> {
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

#[cfg(test)]
mod tests;
