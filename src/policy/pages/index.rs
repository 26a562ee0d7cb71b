//! The index: what holds for all routes, and which page a request's routes are on.

use serde::{Deserialize, Serialize};

use crate::{
    policy::{
        pages::{opened, record, sum, tree::Tree},
        site::Settings,
    },
    request::CanonicalRequest,
};

/// The place in an index's own text.
pub(super) const PLACE: &str = "index";

/// The place of its checksum: no page has this number.
pub(super) const SUM_PLACE: u64 = u64::MAX;

/// The index of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    settings: Settings,
    tree: Tree,
}

/// What the entry holds.
#[derive(Serialize, Deserialize)]
pub(super) struct IndexRecord {
    pub(super) settings: Settings,
    pub(super) tree: Tree,
}

impl Index {
    /// Reads the entry of a version.
    ///
    /// # Errors
    /// What is wrong with it. The text may quote it; a policy holds no secret.
    pub fn read(version: &str, text: &str) -> Result<Self, String> {
        let fault = |what: &str| format!("the policy's index {version} {what}");
        let rest = opened(text, version, PLACE)?;
        let (written, record) = rest.split_once(' ').ok_or_else(|| fault("is cut off"))?;
        if u64::from_str_radix(written, 16).ok() != Some(sum(version, SUM_PLACE, record)) {
            return Err(fault("was changed or cut off after it was compiled"));
        }
        let IndexRecord { settings, tree } =
            record::read(record).map_err(|why| fault(&format!("is malformed: {why}")))?;
        settings.check().map_err(|why| fault(&format!("is malformed: {why}")))?;
        Ok(Self { settings, tree })
    }

    /// What holds for all routes.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The page that holds every route which could take the request.
    #[must_use]
    pub fn page(&self, request: &CanonicalRequest) -> u32 {
        self.tree.page(request)
    }
}
