//! The ways to the outside that this sandbox has used: for each destination its backend and its origin.
//!
//! Promises: a way is found by the whole destination, address and timeouts included, so a policy that changes while the
//! sandbox lives never sends by an old way. The oldest are forgotten.

use std::cell::RefCell;

use fastly::{backend::Backend, http::Url};
use tollgate::{host::SendFault, upstream::send::Destination};

use crate::edge::backend::backend;

/// The most ways that are kept.
const WAYS_MAX: usize = 64;

/// How a destination is reached.
#[derive(Clone)]
pub(super) struct Way {
    /// The platform's backend.
    pub(super) backend: Backend,
    /// The origin, to which a target is added.
    origin: Url,
}

/// All that are known.
#[derive(Default)]
pub(super) struct Ways(RefCell<Vec<(Destination, Way)>>);

impl Ways {
    /// The way to a destination, made if it is new.
    pub(super) fn to(&self, destination: &Destination) -> Result<Way, SendFault> {
        let mut ways = self.0.borrow_mut();
        if let Some((_, way)) = ways.iter().find(|(known, _)| known == destination) {
            return Ok(way.clone());
        }
        let origin = Url::parse(&destination.endpoint.origin());
        let way = Way {
            backend: backend(destination)?,
            origin: origin.map_err(|why| SendFault::NotSent(format!("origin: {why}")))?,
        };
        if ways.len() == WAYS_MAX {
            ways.remove(0);
        }
        ways.push((destination.clone(), way.clone()));
        Ok(way)
    }

    /// Forgets a way that led nowhere, so that the next request has its backend made anew.
    pub(super) fn forget(&self, destination: &Destination) {
        self.0.borrow_mut().retain(|(known, _)| known != destination);
    }
}

impl Way {
    /// The URL of a target there. The SDK's parser takes the target in once more; that must change nothing.
    pub(super) fn url(&self, target: &str) -> Result<Url, SendFault> {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let mut url = self.origin.clone();
        url.set_path(path);
        url.set_query(query);
        if url.path() == path && url.query() == query {
            Ok(url)
        } else {
            Err(SendFault::NotSent("the target is not in canonical form".to_owned()))
        }
    }
}
