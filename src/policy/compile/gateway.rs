//! `[gateway]` and `[issuers.*]`.

use std::collections::BTreeMap;

use crate::policy::{
    claim_path,
    compile::known::{Unread, check_name, twice},
    host_pattern::HostPattern,
    issuer::{Issuer, LEEWAY_S_MAX},
    problem::Problems,
    site::Settings,
    source::Source,
};

/// How long claims are remembered unless the policy says otherwise, in seconds.
pub const REMEMBER_S_DEFAULT: u64 = 300;

/// How far clocks may differ unless the policy says otherwise, in seconds.
pub const LEEWAY_S_DEFAULT: u64 = 60;

pub(super) fn settings(source: &Source, unread: &Unread, problems: &mut Problems) -> Settings {
    Settings {
        hosts: if unread.contains("gateway") {
            Vec::new()
        } else {
            hosts(source, problems)
        },
        project: source.gateway.project.clone(),
        remember_s: source
            .gateway
            .remember
            .map_or(REMEMBER_S_DEFAULT, |remember| remember.0),
        issuers: issuers(source, problems),
    }
}

fn hosts(source: &Source, problems: &mut Problems) -> Vec<HostPattern> {
    if source.gateway.hosts.is_empty() {
        problems.add(
            "gateway.hosts",
            "no host is named, so nothing could be reached",
            "name at least one, as in `hosts = [\"api.example.com\"]`",
        );
    }
    let mut hosts = Vec::new();
    for (at, text) in source.gateway.hosts.iter().enumerate() {
        let place = format!("gateway.hosts[{at}]");
        let mend = "give a name without port or path, as in `api.example.com` or `*.example.com`";
        if let Some(host) = problems.take(place.as_str(), HostPattern::parse(text), mend) {
            twice(&place, text, hosts.contains(&host), problems);
            hosts.push(host);
        }
    }
    hosts
}

fn issuers(source: &Source, problems: &mut Problems) -> BTreeMap<String, Issuer> {
    let mut issuers = BTreeMap::<String, Issuer>::new();
    for (name, written) in &source.issuers {
        let place = format!("issuers.{name}");
        check_name(&place, name, problems);
        if written.issuer.is_empty() {
            problems.add(
                format!("{place}.issuer"),
                "the issuer has no name",
                "give the `iss` that its tokens have",
            );
        }
        if written.audience.is_empty() || written.audience.iter().any(String::is_empty) {
            problems.add(
                format!("{place}.audience"),
                "no audience is named; tokens that were made for other services would pass",
                "name the `aud` that tokens for this gateway have",
            );
        }
        if let Some((other, _)) = issuers.iter().find(|(_, other)| other.issuer == written.issuer) {
            problems.add(
                format!("{place}.issuer"),
                format!("`[issuers.{other}]` has the same `iss`"),
                "put both audiences into one issuer",
            );
        }
        let leeway_s = written.leeway.map_or(LEEWAY_S_DEFAULT, |leeway| leeway.0);
        if leeway_s > LEEWAY_S_MAX {
            problems.add(
                format!("{place}.leeway"),
                "a long leeway keeps expired tokens alive",
                format!("give at most {LEEWAY_S_MAX} seconds"),
            );
        }
        let mut claim = |key: &str, written: Option<&String>| {
            let path = written.map_or(key, String::as_str);
            let checked = claim_path::check(path);
            problems.take(format!("{place}.{key}"), checked, "name the claim as tokens have it");
            path.to_owned()
        };
        let issuer = Issuer {
            issuer: written.issuer.clone(),
            audience: written.audience.clone(),
            leeway_s,
            roles: claim("roles", written.roles.as_ref()),
            groups: claim("groups", written.groups.as_ref()),
            asked: Default::default(),
        };
        issuers.insert(name.clone(), issuer);
    }
    issuers
}
