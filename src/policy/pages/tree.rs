//! Which page holds all routes that could take a request.
//!
//! Promises: one page, found by a few hashes of the request's host and segments, whatever the number of pages. A route
//! that takes any text at a place which tells pages apart stands on all of them.

use serde::{Deserialize, Serialize};

use crate::{policy::pages::key, request::CanonicalRequest};

/// The most steps from the root to a page.
pub(super) const DEPTH_MAX: usize = 16;

/// The places where routes part, the first of all first. Without any, all routes are on page 0. A list, and not one in the
/// other, so that reading it takes no more depth than writing it did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tree(pub(super) Vec<Parted>);

/// A place where routes part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parted {
    /// Which: 0 is the host, 1 the first segment, and so on.
    pub(super) place: u8,
    /// Into how many buckets its hash parts them.
    pub(super) buckets: u32,
    /// The page of the first bucket; the others follow.
    pub(super) first: u32,
    /// The buckets that part once more, by number, and where in the tree.
    pub(super) deeper: Vec<(u32, u32)>,
}

impl Tree {
    /// The page for a request.
    #[must_use]
    pub(super) fn page(&self, request: &CanonicalRequest) -> u32 {
        let Some(mut parted) = self.0.first() else {
            return 0;
        };
        for _ in 0..DEPTH_MAX {
            let bucket = key::bucket(text_at(request, parted.place), parted.buckets);
            let deeper = parted.deeper.iter().find(|(of, _)| *of == bucket);
            let Some((_, at)) = deeper else {
                return parted.first.saturating_add(bucket);
            };
            let next = usize::try_from(*at).ok().and_then(|at| self.0.get(at));
            match next {
                Some(next) => parted = next,
                None => break,
            }
        }
        // No tree that was compiled is so deep or leads out of itself, and no policy has such a page.
        u32::MAX
    }
}

/// The text at a place of a request; `None` past the end of its path.
fn text_at(request: &CanonicalRequest, place: u8) -> Option<&str> {
    match usize::from(place).checked_sub(1) {
        None => Some(request.host()),
        Some(segment) => request.path().segments().get(segment).map(String::as_str),
    }
}
