//! The keys under which a route is found on its page.

use crate::policy::{
    host_pattern::HostPattern,
    pages::key::{hash, letter},
    site::route::Route,
    template::Part,
};

/// The shapes and hashes under which a route is found: one for each host pattern.
pub(in crate::policy::pages) fn of_route(route: &Route) -> Vec<(String, u32)> {
    let hosts: Vec<(char, &str)> = match route.hosts.as_slice() {
        [] => vec![('2', "")],
        hosts => hosts
            .iter()
            .map(|host| match host {
                HostPattern::Exact(name) => ('0', name.as_str()),
                HostPattern::OneLabelBefore(suffix) => ('1', suffix.as_str()),
            })
            .collect(),
    };
    let parts = route.path.parts();
    let letters: String = parts.iter().map(letter).collect();
    let texts = || {
        parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::One | Part::Rest => None,
        })
    };
    hosts
        .into_iter()
        .map(|(rank, host)| {
            let shape = format!("{rank}{letters}");
            let hash = hash(&shape, host, texts());
            (shape, hash)
        })
        .collect()
}
