//! What every side is asked: would you take this token, for this issuer and audience, under these keys?

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One token, and all that it may be judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The token.
    pub token: String,
    /// The `iss` that it must have.
    pub issuer: String,
    /// The audience that it must be for.
    pub audience: String,
    /// The one algorithm that the issuer signs with.
    pub algorithm: String,
    /// The `typ` that the token must have: `JWT` or `at+jwt`.
    pub typ: String,
    /// The issuer's key set; none where there is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// The secret that is shared with the issuer, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A good token that a peer made, and what verifies it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Who made it.
    pub peer: String,
    /// The token, and how to judge it.
    #[serde(flatten)]
    pub question: Question,
}
