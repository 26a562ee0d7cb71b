//! The caller, as a log may know them, and the bound of texts that a caller chose.
//!
//! Promises: a token stands here by its digest alone.

use serde::Serialize;

use crate::identity::claims::Claims;

/// About how long a text that a caller chose may be in an entry, in bytes.
const TEXT_BYTES_MAX: usize = 1_024;

/// The caller, as far as a log may know.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedCaller {
    /// The policy's name of the issuer.
    pub issuer: String,
    /// `sub`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The client that asked for the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The `kid` of the key that signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The beginning of the token's SHA-256.
    pub token: String,
}

impl From<&Claims> for LoggedCaller {
    fn from(claims: &Claims) -> Self {
        Self {
            issuer: claims.issuer_name.clone(),
            subject: claims.subject.clone().map(bounded),
            client: claims.client.clone().map(bounded),
            key: claims.kid.clone(),
            token: claims.token_digest.chars().take(16).collect(),
        }
    }
}

/// A text that a caller chose, cut where it would make the entry too long for a log.
#[must_use]
pub fn bounded(mut text: String) -> String {
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= TEXT_BYTES_MAX);
    if let Some(end) = end {
        text.truncate(end);
        text.push('…');
    }
    text
}
