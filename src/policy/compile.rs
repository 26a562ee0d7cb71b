//! From the text that people write to the site that the edge runs.
//!
//! Promises: all problems of a text that can be parsed are reported at once, each with its place and the mend. What
//! compiles is safe by default: a route says who may reach it, and two routes never compete for a request.

mod problems;
mod routes;

use std::collections::BTreeMap;

use crate::{
    policy::{
        compile::{problems::Problems, routes::routes},
        site::{Issuer, LEEWAY_S_MAX, Parts, Service, Site},
        source,
    },
    request::authority::Authority,
    upstream::send::{Endpoint, Timeouts},
};

pub use crate::policy::compile::problems::Problem;

/// How long claims are remembered unless the policy says otherwise, in seconds.
pub const REMEMBER_S_DEFAULT: u64 = 300;

/// How far clocks may differ unless the policy says otherwise, in seconds.
pub const LEEWAY_S_DEFAULT: u64 = 60;

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

#[cfg(test)]
mod tests;
