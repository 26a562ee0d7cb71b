//! Names: those that a policy has, and what may be one.

use std::collections::BTreeSet;

use crate::policy::{host_pattern::HostPattern, problem::Problems, source::Source};

/// What of a text could not be read, by place, as in `services.orders`: it is reported as such, and references to it are
/// not reported once more.
pub type Unread = BTreeSet<String>;

/// What names may be used.
pub(super) struct Known<'s> {
    pub(super) source: &'s Source,
    pub(super) unread: &'s Unread,
    pub(super) hosts: Vec<HostPattern>,
}

impl Known<'_> {
    pub(super) fn has_issuer(&self, name: &str) -> bool {
        self.source.issuers.contains_key(name) || self.unread.contains(&format!("issuers.{name}"))
    }

    pub(super) fn has_service(&self, name: &str) -> bool {
        self.source.services.contains_key(name) || self.unread.contains(&format!("services.{name}"))
    }
}

/// What to write in place of a name that is not known.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let known: Vec<&str> = known.collect();
    let distance = |other: &&&str| strsim::osa_distance(name, other);
    match known.iter().min_by_key(distance) {
        Some(near) if strsim::osa_distance(name, near) <= 2 => format!("write `{near}`"),
        Some(_) => format!("add it, or use one of: {}", known.join(", ")),
        None => "add it".to_owned(),
    }
}

/// Reports a host that stands in a list already.
pub(super) fn twice(place: &str, host: &str, known: bool, problems: &mut Problems) {
    if known {
        problems.add(place, format!("the host `{host}` stands twice"), "give it once");
    }
}

/// Reports a list that is too long.
pub(super) fn bounded_list(place: &str, items: usize, items_max: usize, problems: &mut Problems) {
    if items > items_max {
        problems.add(place, format!("{items} items"), format!("use {items_max} at most"));
    }
}

/// Reports a name that can't stand in a store's entry or a log line.
pub(super) fn check_name(place: &str, name: &str, problems: &mut Problems) {
    if !is_name(name) {
        problems.add(
            place,
            format!("`{name}` can't be a name"),
            "use up to 64 letters, digits, `-` and `_`",
        );
    }
}

/// A name of an issuer, service, revision or region: entries of stores and log lines hold it.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !name.is_empty() && name.len() <= 64 && name.bytes().all(allowed)
}
