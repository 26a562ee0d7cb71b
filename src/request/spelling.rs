//! Spellings of header names: servers that hand headers on as variables take several for one.

use std::borrow::Cow;

/// A name in the one spelling that is compared: lower case, and `-` for all that is neither letter nor digit.
#[must_use]
pub fn fold(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    {
        return Cow::Borrowed(name);
    }
    let folded = name.chars().map(|character| {
        if character.is_ascii_alphanumeric() {
            character.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    Cow::Owned(folded.collect())
}
