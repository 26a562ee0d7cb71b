//! Header edits, carried out on the SDK's messages.

use fastly::http::{HeaderName, HeaderValue};
use tollgate::upstream::send::HeaderEdits;

/// Goes through the edits: removals first, with no value, then settings.
pub(super) fn edit(edits: &HeaderEdits, mut apply: impl FnMut(&HeaderName, Option<HeaderValue>)) {
    for name in &edits.remove {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            apply(&name, None);
        }
    }
    for (name, value) in &edits.set {
        if let Ok(value) = HeaderValue::from_str(value.expose()) {
            apply(&HeaderName::from_static(name), Some(value));
        }
    }
}
