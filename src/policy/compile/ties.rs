//! Two routes that could take the same request with the same right: which one wins would be chance.

use std::collections::{BTreeMap, HashMap};

use crate::policy::{
    host_pattern::HostPattern,
    problem::Problems,
    site::{
        route::{Action, Allow, HostRank, Route, rank_of},
        service::{RevisionAt, Service},
    },
    template::Part,
};

/// A route, and where it stands in the text.
type Numbered = (usize, Route);

pub(super) fn report_ties(routes: &[Numbered], problems: &mut Problems) {
    // Only routes of the same host and path, as far as those tell routes apart, can tie.
    let mut alike: HashMap<(String, &[Part]), Vec<&Numbered>> = HashMap::new();
    for entry in routes {
        for host in hosts(&entry.1) {
            alike.entry((host, entry.1.path.parts())).or_default().push(entry);
        }
    }
    let mut reported: Vec<(usize, usize)> = Vec::new();
    for group in alike.values() {
        for (index, (at, route)) in group.iter().enumerate() {
            let tied = group
                .iter()
                .take(index)
                .find(|(other_at, other)| other_at != at && tie(route, other));
            if let Some((other_at, _)) = tied {
                reported.push((*at, *other_at));
            }
        }
    }
    reported.sort_unstable();
    reported.dedup_by_key(|(at, _)| *at);
    for (at, other_at) in reported {
        let name = |at: usize| routes.iter().find(|(own, _)| *own == at).map(|(_, route)| route.name());
        problems.add(
            format!("routes[{at}]"),
            format!(
                "`{}` takes the same requests as routes[{other_at}] `{}`, and neither goes first",
                name(at).unwrap_or_default(),
                name(other_at).unwrap_or_default()
            ),
            "give them different hosts, paths or methods, or one of them more conditions",
        );
    }
}

/// A route that relaxes how paths are read takes requests that a service may read as others: `/files/private%2Fa` comes
/// to `/files/{rest...}`, and a service that decodes it serves `/files/private/a`. So no route with a rule of its own may
/// lie under one that relaxes and goes to the same service.
pub(super) fn report_ways_around(routes: &[Numbered], services: &BTreeMap<String, Service>, problems: &mut Problems) {
    for (at, relaxed) in routes.iter().filter(|(_, route)| !route.relax.is_empty()) {
        let Action::Forward(forward) = &relaxed.action else {
            continue;
        };
        let around = routes.iter().find(|(other_at, other)| {
            other_at != at
                && !is_behind(other, relaxed)
                && restricts(other, &relaxed.allow, (&forward.service, services))
                && hosts_meet(other, relaxed)
                && lies_under(other.path.parts(), relaxed.path.parts())
        });
        if let Some((other_at, other)) = around {
            problems.add(
                format!("routes[{at}].relax"),
                format!(
                    "requests could go around routes[{other_at}] `{}`, by a path that the service reads otherwise",
                    other.name()
                ),
                "give both routes the same `allow` and the same service, or let the relaxed route go to a service of its own",
            );
        }
    }
}

/// Whether a route keeps something from the service that the relaxed one lets through: by another rule, or by an answer
/// of its own.
fn restricts(other: &Route, allow: &Allow, (service, services): (&str, &BTreeMap<String, Service>)) -> bool {
    let own = origins(services.get(service));
    match &other.action {
        Action::Forward(forward) => {
            let theirs = origins(services.get(&forward.service));
            other.allow != *allow && own.iter().any(|origin| theirs.contains(origin))
        }
        Action::Respond(respond) => other.allow != *allow || respond.status >= 400,
        Action::Redirect(_) | Action::AssertionKeys => other.allow != *allow,
    }
}

/// Everywhere that a service may be reached.
fn origins(service: Option<&Service>) -> Vec<String> {
    let Some(service) = service else {
        return Vec::new();
    };
    let regions = || service.regions.iter().map(|region| &region.endpoint);
    let revisions = service.revisions.iter().flat_map(|revision| match &revision.at {
        RevisionAt::Endpoint(endpoint) => vec![endpoint.origin()],
        RevisionAt::Tag(tag) => regions().map(|endpoint| endpoint.tagged(tag).origin()).collect(),
    });
    regions().map(|endpoint| endpoint.origin()).chain(revisions).collect()
}

/// Whether every path that a service could read out of the relaxed route's is the relaxed route's own: it takes all that
/// begins as its texts do, and goes before the other.
fn is_behind(other: &Route, relaxed: &Route) -> bool {
    let takes_all_below = match relaxed.path.parts().split_last() {
        Some((Part::Rest, before)) => before.iter().all(|part| matches!(part, Part::Literal(_))),
        _ => false,
    };
    // Hosts are named more or less closely one by one, so the other's closest is held against the relaxed one's least close.
    let closest = other.hosts.iter().map(rank_of).min().unwrap_or(HostRank::Any);
    let least_close = relaxed.hosts.iter().map(rank_of).max().unwrap_or(HostRank::Any);
    takes_all_below && relaxed.path.precedence(&other.path).is_lt() && closest >= least_close
}

fn hosts_meet(one: &Route, other: &Route) -> bool {
    let meet = |own: &HostPattern| {
        other
            .hosts
            .iter()
            .any(|theirs| own.covers(theirs) || theirs.covers(own))
    };
    one.hosts.is_empty() || other.hosts.is_empty() || one.hosts.iter().any(meet)
}

/// Whether paths of `other` could be read out of those that `relaxed` takes: up to its first name that takes what is
/// relaxed, both say the same or `other` takes anything, and `other` goes on.
fn lies_under(other: &[Part], relaxed: &[Part]) -> bool {
    let fixed = relaxed
        .iter()
        .take_while(|part| matches!(part, Part::Literal(_)))
        .count();
    let goes_on = other.len() > fixed || other.last() == Some(&Part::Rest);
    let begins_so = |(own, other): (&Part, &Part)| own == other || matches!(other, Part::One | Part::Rest);
    fixed < relaxed.len() && goes_on && relaxed.iter().take(fixed).zip(other).all(begins_so) && other != relaxed
}

fn hosts(route: &Route) -> Vec<String> {
    match route.hosts.is_empty() {
        true => vec![String::new()],
        false => route.hosts.iter().map(|host| host.text()).collect(),
    }
}

fn tie(route: &Route, other: &Route) -> bool {
    // One that names methods goes before one that takes all.
    route.methods.is_empty() == other.methods.is_empty()
        && methods_meet(route, other)
        && route.when.count() == other.when.count()
        && !route.when.excludes(&other.when)
}

fn methods_meet(one: &Route, other: &Route) -> bool {
    one.methods.is_empty()
        || other.methods.is_empty()
        || one.methods.iter().any(|method| other.takes_method(method))
        || other.methods.iter().any(|method| one.takes_method(method))
}
