//! Which routes go onto which page.
//!
//! Routes that do not fit one page are parted by the text that they have at one place: the host, or a segment. A route
//! that takes any text there goes into every part.

use std::collections::BTreeMap;

use crate::policy::{
    host_pattern::HostPattern,
    pages::{
        key,
        tree::{DEPTH_MAX, Parted, Tree},
        write::parts::Written,
    },
    site::{Site, route::Route},
    template::Part,
};

/// How far into a path routes are parted.
const PLACES_MAX: u8 = 32;

/// How many pages are laid out before a policy is given up.
const PAGES_TRIED_MAX: usize = 20_000;

/// The most buckets at one place.
const BUCKETS_MAX: u32 = 4_096;

/// The routes of each page, in order of precedence, and how a request finds its page. Some numbers have no page.
pub(super) struct Layout {
    pub(super) tree: Tree,
    pub(super) pages: Vec<Option<Vec<usize>>>,
}

impl Layout {
    fn count(&self) -> usize {
        self.pages.iter().flatten().count()
    }
}

/// Lays out the routes of a site on pages of at most so many characters.
pub(super) fn lay_out(site: &Site, written: &Written, characters_max: usize) -> Result<Layout, String> {
    let all: Vec<usize> = (0..site.parts().routes.len()).collect();
    if written.characters(site, &all) <= characters_max {
        return Ok(Layout {
            tree: Tree::default(),
            pages: vec![Some(all)],
        });
    }
    let grown = |choice: Choice| {
        let mut growing = Growing {
            site,
            written,
            characters_max,
            choice,
            tree: Tree::default(),
            pages: Vec::new(),
        };
        growing.part(&all, 0)?;
        Ok(Layout {
            tree: growing.tree,
            pages: growing.pages,
        })
    };
    match (grown(Choice::SmallestParts), grown(Choice::FirstPlace)) {
        (Ok(one), Ok(other)) if other.count() < one.count() => Ok(other),
        (Err(_), Ok(other)) => Ok(other),
        (one, _) => one,
    }
}

/// By which place routes are parted. The one that gives fewer pages is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// Where the largest part comes out smallest: few steps.
    SmallestParts,
    /// The first where they differ: what begins alike, and so shares rules and services, stays together.
    FirstPlace,
}

struct Growing<'a> {
    site: &'a Site,
    written: &'a Written,
    characters_max: usize,
    choice: Choice,
    tree: Tree,
    pages: Vec<Option<Vec<usize>>>,
}

/// The routes at one place.
struct Parting {
    place: u8,
    /// By the text that they have there; `None` for those that end before.
    by_text: BTreeMap<Option<String>, Vec<usize>>,
    /// Those that take any text.
    any: Vec<usize>,
}

impl Growing<'_> {
    fn fits(&self, routes: &[usize]) -> bool {
        self.written.characters(self.site, routes) <= self.characters_max
    }

    /// Parts routes, and gives the place in the tree where they part.
    fn part(&mut self, routes: &[usize], depth: usize) -> Result<u32, String> {
        let longest = routes.iter().filter_map(|route| self.site.parts().routes.get(*route));
        let longest = longest.map(|route| route.path.parts().len()).max().unwrap_or_default();
        let places = u8::try_from(longest)
            .unwrap_or(PLACES_MAX)
            .saturating_add(2)
            .min(PLACES_MAX);
        let mut partings = (0..places)
            .map(|place| self.parting(routes, place))
            .filter(|parting| parting.largest() < routes.len());
        let parting = match self.choice {
            Choice::SmallestParts => partings.min_by_key(Parting::largest),
            Choice::FirstPlace => partings.next(),
        };
        let parting = match parting {
            Some(parting) if depth < DEPTH_MAX - 1 => parting,
            _ => return Err(self.inseparable(routes)),
        };
        let buckets = self.buckets(&parting, routes.len());
        let bucketed = parting.bucketed(buckets);
        if bucketed.iter().any(|bucket| bucket.len() == routes.len()) {
            return Err(self.inseparable(routes));
        }
        let at = self.tree.0.len();
        self.tree.0.push(Parted::default());
        let first = self.pages.len();
        self.pages.resize(first + bucketed.len(), None);
        let mut deeper = Vec::new();
        for (bucket, routes) in (0..).zip(bucketed) {
            if !self.fits(&routes) {
                // It has no page of its own.
                deeper.push((bucket, self.part(&routes, depth + 1)?));
            } else if let Some(page) = self.pages.get_mut(first + usize::try_from(bucket).unwrap_or_default()) {
                *page = Some(routes);
            }
        }
        let parted = Parted {
            place: parting.place,
            buckets,
            first: Self::number(first)?,
            deeper,
        };
        if let Some(place) = self.tree.0.get_mut(at) {
            *place = parted;
        }
        Self::number(at)
    }

    fn number(page: usize) -> Result<u32, String> {
        if page > PAGES_TRIED_MAX {
            return Err("the routes need too many pages".to_owned());
        }
        u32::try_from(page).map_err(|_| "there are too many pages".to_owned())
    }

    fn parting(&self, routes: &[usize], place: u8) -> Parting {
        let mut parting = Parting {
            place,
            by_text: BTreeMap::new(),
            any: Vec::new(),
        };
        for number in routes {
            let Some(route) = self.site.parts().routes.get(*number) else {
                continue;
            };
            match texts_at(route, place) {
                Some(texts) => {
                    for text in texts {
                        parting.by_text.entry(text).or_default().push(*number);
                    }
                }
                None => parting.any.push(*number),
            }
        }
        parting
    }

    /// As few buckets as will do: what has texts that fit a page fits one in each bucket, and no bucket has everything.
    /// Texts whose routes do not fit a page part once more, whatever the number.
    fn buckets(&self, parting: &Parting, all: usize) -> u32 {
        let fitting = parting.only(|routes| {
            let mut routes = routes.clone();
            routes.extend(&parting.any);
            self.fits(&routes)
        });
        let routes: Vec<usize> = fitting.by_text.values().flatten().copied().collect();
        let at_least = self.written.characters(self.site, &routes) / self.characters_max;
        let mut buckets = u32::try_from(at_least).unwrap_or(BUCKETS_MAX).max(2);
        // More than this, and most would be empty.
        let texts = u32::try_from(parting.by_text.len()).unwrap_or(BUCKETS_MAX);
        let buckets_max = texts.saturating_mul(4).clamp(64, BUCKETS_MAX);
        while buckets < buckets_max {
            let fit = fitting.by_text.is_empty() || fitting.bucketed(buckets).iter().all(|bucket| self.fits(bucket));
            if fit && parting.bucketed(buckets).iter().all(|bucket| bucket.len() < all) {
                break;
            }
            buckets += 1 + buckets / 64;
        }
        buckets
    }

    fn inseparable(&self, routes: &[usize]) -> String {
        let example = routes.first().and_then(|route| self.site.parts().routes.get(*route));
        format!(
            "{} routes such as `{}` can't be told apart by host or path, and do not fit one page of {} characters \
             together; use fewer routes that differ in conditions only, or shorter rules",
            routes.len(),
            example.map(Route::name).unwrap_or_default(),
            self.characters_max
        )
    }
}

impl Parting {
    /// The routes of the largest part.
    fn largest(&self) -> usize {
        let largest = self.by_text.values().map(Vec::len).max().unwrap_or_default();
        largest + self.any.len()
    }

    fn bucketed(&self, buckets: u32) -> Vec<Vec<usize>> {
        let mut bucketed: Vec<Vec<usize>> = (0..buckets).map(|_| self.any.clone()).collect();
        for (text, routes) in &self.by_text {
            let bucket = usize::try_from(key::bucket(text.as_deref(), buckets)).unwrap_or_default();
            if let Some(bucket) = bucketed.get_mut(bucket) {
                bucket.extend(routes);
            }
        }
        for bucket in &mut bucketed {
            bucket.sort_unstable();
            bucket.dedup();
        }
        bucketed
    }

    /// The same with some of the texts only.
    fn only(&self, mut keep: impl FnMut(&Vec<usize>) -> bool) -> Self {
        let kept = self.by_text.iter().filter(|(_, routes)| keep(routes));
        Self {
            place: self.place,
            by_text: kept.map(|(text, routes)| (text.clone(), routes.clone())).collect(),
            any: self.any.clone(),
        }
    }
}

/// The texts that a route has at a place, `None` in the list for "past the end"; `None` if it takes any text there.
fn texts_at(route: &Route, place: u8) -> Option<Vec<Option<String>>> {
    let Some(segment) = usize::from(place).checked_sub(1) else {
        let exact = |pattern: &HostPattern| match pattern {
            HostPattern::Exact(host) => Some(Some(host.clone())),
            HostPattern::OneLabelBefore(_) => None,
        };
        let hosts: Option<Vec<_>> = route.hosts.iter().map(exact).collect();
        return hosts.filter(|hosts| !hosts.is_empty());
    };
    let parts = route.path.parts();
    match parts.get(segment) {
        Some(Part::Literal(text)) => Some(vec![Some(text.clone())]),
        Some(Part::One | Part::Rest) => None,
        None if parts.last() == Some(&Part::Rest) => None,
        None => Some(vec![None]),
    }
}
