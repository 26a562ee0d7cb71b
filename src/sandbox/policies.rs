//! Policies that the sandbox has read: the one in force, the last that was good, a candidate, and their knobs.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use crate::{
    policy::{
        pages::{Found, Index, Page},
        tuning::{Candidate, Knobs},
    },
    sandbox::bounded::{Bounded, held},
    time::UnixSeconds,
};

/// The most pages of one policy that are kept.
pub const PAGES_MAX: usize = 32;

/// The most routes of one policy that are kept parsed.
pub const ROUTES_MAX: usize = 128;

/// The most services whose knobs are kept.
pub const KNOBS_MAX: usize = 64;

/// How long knobs and the candidate's pointer are used before they are looked up again, in seconds.
pub const TUNING_AGE_S_MAX: u64 = 10;

/// The most problems that are remembered as reported.
const REPORTED_MAX: usize = 64;

/// A policy of a version, as far as it was read.
#[derive(Debug)]
pub struct Versioned {
    /// The version.
    pub version: String,
    /// The index.
    pub index: Index,
    pages: Mutex<Bounded<(u32, Arc<Page>)>>,
    routes: Mutex<Bounded<(RouteAt, Arc<Found>)>>,
}

/// Where a route is: the number of its page, and its own on that page.
type RouteAt = (u32, u16);

/// The policies of a sandbox.
#[derive(Debug)]
pub(super) struct Policies {
    read: Bounded<Arc<Versioned>>,
    good: Option<Arc<Versioned>>,
    good_is_told: bool,
    candidate: Option<(Option<Candidate>, UnixSeconds)>,
    knobs: Bounded<(String, Arc<Knobs>, UnixSeconds)>,
    reported: BTreeSet<String>,
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            // The one in force, the one before, and a candidate.
            read: Bounded::new(3),
            good: None,
            good_is_told: false,
            candidate: None,
            knobs: Bounded::new(KNOBS_MAX),
            reported: BTreeSet::new(),
        }
    }
}

impl Versioned {
    /// A policy of which the index was read.
    #[must_use]
    pub fn new(version: String, index: Index) -> Self {
        Self {
            version,
            index,
            pages: Mutex::new(Bounded::new(PAGES_MAX)),
            routes: Mutex::new(Bounded::new(ROUTES_MAX)),
        }
    }

    /// The page of that number, if it was read.
    #[must_use]
    pub fn page(&self, number: u32) -> Option<Arc<Page>> {
        let pages = held(&self.pages);
        pages
            .find(|(kept, _)| *kept == number)
            .map(|(_, page)| Arc::clone(page))
    }

    /// Keeps a page.
    pub fn keep_page(&self, number: u32, page: Page) -> Arc<Page> {
        let page = Arc::new(page);
        held(&self.pages).replace(|(kept, _)| *kept == number, (number, Arc::clone(&page)));
        page
    }

    /// The route of that number on a page: kept, or parsed now.
    ///
    /// # Errors
    /// What is wrong with its record.
    pub fn route(&self, on_page: u32, page: &Page, number: u16) -> Result<Arc<Found>, String> {
        let place = (on_page, number);
        if let Some((_, found)) = held(&self.routes).find(|(kept, _)| *kept == place) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(page.route(number)?);
        held(&self.routes).replace(|(kept, _)| *kept == place, (place, Arc::clone(&found)));
        Ok(found)
    }
}

impl Policies {
    pub(super) fn of(&self, version: &str) -> Option<Arc<Versioned>> {
        self.read.find(|kept| kept.version == version).map(Arc::clone)
    }

    pub(super) fn keep(&mut self, versioned: Versioned) -> Arc<Versioned> {
        let versioned = Arc::new(versioned);
        self.read
            .replace(|kept| kept.version == versioned.version, Arc::clone(&versioned));
        versioned
    }

    pub(super) fn good(&self) -> Option<Arc<Versioned>> {
        self.good.clone()
    }

    pub(super) fn good_to_remember(&mut self) -> Option<Arc<Versioned>> {
        let good = self.good.clone().filter(|_| !self.good_is_told)?;
        self.good_is_told = true;
        Some(good)
    }

    pub(super) fn found_good(&mut self, versioned: &Arc<Versioned>) {
        let known = self.good.as_ref().is_some_and(|good| Arc::ptr_eq(good, versioned));
        if !known {
            self.good = Some(Arc::clone(versioned));
            self.good_is_told = false;
        }
    }

    pub(super) fn candidate(&self, now: UnixSeconds) -> Option<Option<Candidate>> {
        let (candidate, read_at) = self.candidate.as_ref()?;
        is_fresh(*read_at, now).then(|| candidate.clone())
    }

    pub(super) fn keep_candidate(&mut self, candidate: Option<Candidate>, now: UnixSeconds) {
        self.candidate = Some((candidate, now));
    }

    pub(super) fn knobs(&self, service: &str) -> Option<(Arc<Knobs>, UnixSeconds)> {
        let kept = self.knobs.find(|(kept, _, _)| kept == service);
        kept.map(|(_, knobs, read_at)| (Arc::clone(knobs), *read_at))
    }

    pub(super) fn keep_knobs(&mut self, service: &str, knobs: &Arc<Knobs>, now: UnixSeconds) {
        let kept = (service.to_owned(), Arc::clone(knobs), now);
        self.knobs.replace(|(kept, _, _)| kept == service, kept);
    }

    pub(super) fn is_news(&mut self, problem: &str) -> bool {
        self.reported.len() < REPORTED_MAX && self.reported.insert(problem.to_owned())
    }
}

/// Whether what was read then is fresh now.
#[must_use]
pub fn is_fresh(read_at: UnixSeconds, now: UnixSeconds) -> bool {
    now >= read_at && read_at.until_s(now) < TUNING_AGE_S_MAX
}
