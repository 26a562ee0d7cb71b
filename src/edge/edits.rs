//! Header edits, carried out on the SDK's messages.

use std::{borrow::Cow, cell::RefCell};

use fastly::http::{HeaderName, HeaderValue};
use tollgate::{secret::Secret, upstream::send::HeaderEdits};

/// The header whose values are remembered: Google's token.
const REMEMBERED: &str = "x-serverless-authorization";

/// The most values that are remembered.
const VALUES_MAX: usize = 8;

/// Google's tokens that were set before. To check one byte by byte costs more than to send it, and the same one is sent
/// with every request for most of an hour. An assertion is another each time, and would push them out.
#[derive(Default)]
pub(super) struct Values(RefCell<Vec<(Secret<String>, HeaderValue)>>);

impl Values {
    /// The text as a value of the header; `None` if it can't be one.
    pub(super) fn value(&self, name: &str, secret: &Secret<String>) -> Option<HeaderValue> {
        let text = secret.expose();
        if name != REMEMBERED {
            return HeaderValue::from_str(text).ok();
        }
        let mut values = self.0.borrow_mut();
        if let Some((_, value)) = values.iter().find(|(known, _)| known.same_bytes(secret)) {
            return Some(value.clone());
        }
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        if values.len() == VALUES_MAX {
            values.remove(0);
        }
        values.push((secret.clone(), value.clone()));
        Some(value)
    }
}

/// Goes through the edits: removals first, with no value, then settings.
pub(super) fn edit(edits: &HeaderEdits, values: &Values, mut apply: impl FnMut(&HeaderName, Option<HeaderValue>)) {
    for name in &edits.remove {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            apply(&name, None);
        }
    }
    for (name, value) in &edits.set {
        if let (Some(name), Some(value)) = (header_name(name), values.value(name, value)) {
            apply(&name, Some(value));
        }
    }
}

/// A name of ours, or of a policy.
#[expect(
    clippy::ptr_arg,
    reason = "a name of ours is known to live for ever, and is not checked again"
)]
pub(super) fn header_name(name: &Cow<'static, str>) -> Option<HeaderName> {
    match name {
        Cow::Borrowed(name) => Some(HeaderName::from_static(name)),
        Cow::Owned(name) => HeaderName::from_bytes(name.as_bytes()).ok(),
    }
}
