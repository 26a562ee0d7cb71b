//! Google's token endpoint, as far as the gateway can tell it from the real one without checking signatures.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::send::{Call, Reply},
};

use super::outside::posted;

/// Where it is.
pub(crate) const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// The last part of every token that it gives.
pub(crate) const SIGNATURE: &str = "R09PR0xFLVRPS0VOLU1BUktFUg";

/// What Google does next, and what it was asked.
#[derive(Debug)]
pub(crate) struct Google {
    /// What it answers.
    pub(crate) mood: Mood,
    /// How long its tokens live, in seconds.
    pub(crate) life_s: u64,
    /// The tokens that it gave.
    pub(crate) given: Vec<String>,
    /// The claims of the last assertion that it got.
    pub(crate) asserted: Option<Value>,
}

/// What Google answers.
#[derive(Debug, Clone)]
pub(crate) enum Mood {
    /// A token for the audience that was asked.
    Gives,
    /// A token for this audience, whatever was asked.
    GivesFor(&'static str),
    /// This status and body.
    Answers(u16, &'static str),
    /// Nothing: the send fails.
    Fails(SendFault),
}

impl Default for Google {
    fn default() -> Self {
        Self {
            mood: Mood::Gives,
            life_s: 3_600,
            given: Vec::new(),
            asserted: None,
        }
    }
}

impl Google {
    pub(super) fn answer(&mut self, call: &Call, now_s: u64) -> Result<Reply, SendFault> {
        let asserted = payload(call);
        let audience = asserted["target_audience"].as_str().unwrap_or_default().to_owned();
        self.asserted = Some(asserted);
        let (status, body) = match self.mood.clone() {
            Mood::Gives => (200, self.give(&audience, now_s)),
            Mood::GivesFor(audience) => (200, self.give(audience, now_s)),
            Mood::Answers(status, body) => (status, body.to_owned()),
            Mood::Fails(fault) => return Err(fault),
        };
        Ok(Reply {
            status,
            body: Secret::new(body.into_bytes()),
        })
    }

    fn give(&mut self, audience: &str, now_s: u64) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let (header, claims) = (
            json!({ "alg": "RS256", "kid": "google", "typ": "JWT" }),
            json!({ "aud": audience, "iss": "https://accounts.google.com", "iat": now_s, "exp": now_s + self.life_s }),
        );
        let token = format!("{}.{}.{SIGNATURE}", part(header), part(claims));
        self.given.push(token.clone());
        json!({ "id_token": token }).to_string()
    }
}

/// The claims of the assertion in a call.
fn payload(call: &Call) -> Value {
    let part = posted(call, "assertion").and_then(|assertion| assertion.split('.').nth(1));
    let bytes = part.and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}
