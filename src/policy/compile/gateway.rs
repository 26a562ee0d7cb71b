//! `[gateway]`, with the issuers beside it.

use crate::policy::{
    compile::{
        issuers::issuers,
        known::{Unread, twice},
        signed::{assertions, origin, workload_identity},
    },
    host_pattern::HostPattern,
    problem::Problems,
    site::Settings,
    source::Source,
};

/// How long claims are remembered unless the policy says otherwise, in seconds.
pub const REMEMBER_S_DEFAULT: u64 = 300;

pub(super) fn settings(source: &Source, unread: &Unread, problems: &mut Problems) -> Settings {
    let origin = origin(source, problems);
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
        assertions: assertions(source, origin.as_deref(), problems),
        workload_identity: workload_identity(source, origin.as_deref(), problems),
        origin,
        accept_request_id: source.gateway.accept_request_id.unwrap_or(true),
        credentials: Vec::new(),
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
