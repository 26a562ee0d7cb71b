//! A compiled policy as config-store entries: an index, and pages of routes.
//!
//! Promises: whatever the number of routes, three look-ups find the one that a request takes (the pointer, the index,
//! one page), and what is read of a page does not grow with the policy: a page is searched where it lies, and only the
//! route that is found is parsed. All entries of a policy have its version in their names, and the version is made from
//! the content, so entries are written once and never changed; a pointer is moved when all are there.
//!
//! ```text
//! active ─► <version>.index ─► <version>.p3
//!           hosts, issuers,    routes, and what they share: rules, actions, services
//!           which page
//! ```
//!
//! Refuses: an entry whose text is not what was written for this version, name and place is an error, not a guess.
//! The check is a keyed checksum (XXH64 with the version as its seed), which finds what was cut off, mixed up or edited
//! by hand. It is no signature: who may write the store may write the pointer.

mod index;
mod key;
mod page;
mod record;
mod tree;
#[cfg(not(target_arch = "wasm32"))]
mod write;

use twox_hash::XxHash64;

#[cfg(not(target_arch = "wasm32"))]
pub use crate::policy::pages::write::{Compiled, ENTRIES_MAX, compiled, compiled_within, read_back};
pub use crate::policy::pages::{
    index::Index,
    page::{Page, Search},
};

use crate::policy::site::{route::Route, service::Service};

/// The most characters that one config-store value may have (Fastly, config store limits).
pub const PAGE_CHARACTERS_MAX: usize = 8_000;

/// How many characters a version has.
pub const VERSION_CHARACTERS: usize = 16;

/// The first word of every entry: which program can read it.
const FORMAT: &str = "tollgate3";

/// A route as it was found, with what it needs of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The route.
    pub route: Route,
    /// The service that it goes to.
    pub service: Option<Service>,
}

impl AsRef<Self> for Found {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Whether a text could be a version.
#[must_use]
pub fn is_version(text: &str) -> bool {
    text.len() == VERSION_CHARACTERS
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The name of the entry that holds the index of a version.
#[must_use]
pub fn index_entry(version: &str) -> String {
    format!("{version}.index")
}

/// The name of the entry that holds a page of a version.
#[must_use]
pub fn page_entry(version: &str, number: u32) -> String {
    format!("{version}.p{number}")
}

/// The checksum of a text under a version, at a place within it.
fn sum(version: &str, place: u64, text: &str) -> u64 {
    let seed = XxHash64::oneshot(place, version.as_bytes());
    XxHash64::oneshot(seed, text.as_bytes())
}

/// The rest of an entry's text, if it says that it was written for this version and place.
fn opened<'t>(text: &'t str, version: &str, place: &str) -> Result<&'t str, String> {
    let fault = |what: &str| format!("the policy's entry {version}.{place} {what}");
    let rest = text
        .strip_prefix(FORMAT)
        .and_then(|rest| rest.strip_prefix(' '))
        .ok_or_else(|| fault("is not one that this program can read"))?;
    let rest = rest
        .strip_prefix(version)
        .and_then(|rest| rest.strip_prefix(' '))
        .ok_or_else(|| fault("is of another version than its name says"))?;
    rest.strip_prefix(place)
        .and_then(|rest| rest.strip_prefix(' '))
        .ok_or_else(|| fault("is another entry than its name says"))
}

#[cfg(test)]
mod tests;
