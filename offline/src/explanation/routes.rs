//! Which routes were looked at, and why each takes the request or does not.
//!
//! Promises: the reasons are those of [`tollgate::policy::route::mismatch`], in order of precedence for the host that
//! was asked. Of a large policy only the routes nearest to the request are told, and how many were not.

use std::cmp::{Ordering, Reverse};

use serde::Serialize;
use tollgate::{
    host::Host,
    policy::{
        route::{Asked, Mismatch, mismatch},
        site::{Site, route::Route},
        template::Part,
    },
    request::{Ambiguity, CanonicalRequest},
};

use crate::entrance::Entrance;

/// The most routes that are told.
const TOLD_MAX: usize = 20;

/// The routes that were looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Routes {
    /// In order of precedence.
    pub looked: Vec<Looked>,
    /// How many more there are that are further from the request.
    pub left_out: usize,
}

/// One route, and why it takes the request or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// The route, by its name in the log.
    pub route: String,
    /// Whether it is the one that was found.
    pub found: bool,
    /// Why.
    pub why: String,
}

/// The routes of the site, as this request meets them.
pub(super) fn routes(
    site: &Site,
    entrance: &Entrance<'_>,
    request: &CanonicalRequest,
    found: Option<&Route>,
) -> Routes {
    let headers = |name: &str| entrance.host.header_values(&entrance.message, name);
    let asked = Asked {
        request,
        headers: &headers,
    };
    let mut near: Vec<&Route> = site.parts().routes.iter().collect();
    let all = near.len();
    if all > TOLD_MAX {
        near.sort_by_cached_key(|route| Reverse((found == Some(*route), nearness(route, request))));
        near.truncate(TOLD_MAX);
    }
    near.sort_by(|one, next| precedence(one, next, request.host()));
    let looked = near.iter().map(|route| Looked {
        route: route.name(),
        found: found == Some(*route),
        why: why(mismatch(route, &asked), found == Some(*route), request),
    });
    Routes {
        looked: looked.collect(),
        left_out: all.saturating_sub(near.len()),
    }
}

/// The order in which routes are asked at this host. Those of other hosts come last.
fn precedence(one: &Route, next: &Route, host: &str) -> Ordering {
    let rank = |route: &Route| route.rank(host);
    let (one_rank, next_rank) = (rank(one), rank(next));
    let ranks = one_rank
        .is_none()
        .cmp(&next_rank.is_none())
        .then(one_rank.cmp(&next_rank));
    ranks.then_with(|| one.precedence_at_host(next))
}

/// How near a route is: whether it takes the path, how many segments it shares from the left, whether it takes the host.
fn nearness(route: &Route, request: &CanonicalRequest) -> (bool, bool, usize) {
    let takes_host = route.rank(request.host()).is_some();
    let parts = route.path.parts().iter().zip(request.path().segments());
    let shared = parts.take_while(|(part, segment)| match part {
        Part::Literal(literal) => literal == *segment,
        Part::One | Part::Rest => true,
    });
    let shared = shared.count();
    (takes_host && route.path.takes(request.path()), takes_host, shared)
}

fn why(mismatch: Result<Option<Mismatch>, Ambiguity>, found: bool, request: &CanonicalRequest) -> String {
    match mismatch {
        Ok(None) if found => "takes it".to_owned(),
        Ok(None) => "would take it too, and goes after the one that was found".to_owned(),
        Ok(Some(Mismatch::Host)) => "is of another host".to_owned(),
        Ok(Some(Mismatch::Path)) => "has another path".to_owned(),
        Ok(Some(Mismatch::Method)) => format!("does not take {}", request.method()),
        Ok(Some(Mismatch::Header(name))) => format!("asks for the header {name}, which is missing or does not fit"),
        Ok(Some(Mismatch::Query(name))) => {
            format!("asks for the query parameter {name}, which is missing or does not fit")
        }
        Err(ambiguity) => format!("can't be asked: {}", ambiguity.word()),
    }
}
