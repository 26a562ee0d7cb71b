//! Google's token endpoint, as far as the gateway can tell it from the real one without checking signatures. What it has
//! besides for workload identity federation is in [`super::federation`].

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::send::{Call, Reply},
};

use super::{
    federation::{GENERATE_URL, STS_URL},
    outside::{posted, url},
};

/// Where it is.
pub(crate) const TOKEN_URL: &str = "https://oauth2.googleapis.com/token";

/// The last part of every token that it gives.
pub(crate) const SIGNATURE: &str = "R09PR0xFLVRPS0VOLU1BUktFUg";

/// What Google does next, and what it was asked.
#[derive(Debug)]
pub(crate) struct Google {
    /// What it answers.
    pub(crate) mood: Mood,
    /// How long it takes to answer, in milliseconds.
    pub(crate) takes_ms: u64,
    /// How long its tokens live, in seconds.
    pub(crate) life_s: u64,
    /// The tokens that it gave.
    pub(crate) given: Vec<String>,
    /// The claims of the last assertion that it got.
    pub(crate) asserted: Option<Value>,
    /// The access tokens of a pool's member that it gave.
    pub(crate) federated: Vec<String>,
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
            takes_ms: 0,
            life_s: 3_600,
            given: Vec::new(),
            asserted: None,
            federated: Vec::new(),
        }
    }
}

impl Google {
    /// The answer to a call; none if Google is not there.
    pub(super) fn answer(&mut self, call: &Call, now_s: u64) -> Option<Result<Reply, SendFault>> {
        let (status, body) = match url(call).as_str() {
            TOKEN_URL => match self.trade(call, now_s) {
                Ok(answer) => answer,
                Err(fault) => return Some(Err(fault)),
            },
            STS_URL => self.exchange(call, now_s),
            GENERATE_URL => self.generate(call, now_s),
            _ => return None,
        };
        Some(Ok(Reply {
            status,
            body: Secret::new(body.into_bytes()),
        }))
    }

    /// An ID token for the assertion of a service account's key.
    fn trade(&mut self, call: &Call, now_s: u64) -> Result<(u16, String), SendFault> {
        let asserted = payload(call);
        let audience = asserted["target_audience"].as_str().unwrap_or_default().to_owned();
        let email = asserted["iss"].as_str().unwrap_or_default().to_owned();
        self.asserted = Some(asserted);
        let mood = self.mood.clone();
        let mut give = |audience: &str| json!({ "id_token": self.id_token(audience, &email, now_s) }).to_string();
        match mood {
            Mood::Gives => Ok((200, give(&audience))),
            Mood::GivesFor(audience) => Ok((200, give(audience))),
            Mood::Answers(status, body) => Ok((status, body.to_owned())),
            Mood::Fails(fault) => Err(fault),
        }
    }

    /// A new ID token.
    pub(super) fn id_token(&mut self, audience: &str, email: &str, now_s: u64) -> String {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let (header, claims) = (
            json!({ "alg": "RS256", "kid": "google", "typ": "JWT" }),
            json!({
                "aud": audience, "iss": "https://accounts.google.com", "email": email, "iat": now_s,
                "exp": now_s + self.life_s,
            }),
        );
        let token = format!("{}.{}.{SIGNATURE}", part(header), part(claims));
        self.given.push(token.clone());
        token
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
