//! An ID token that Google gave, checked before it is used.
//!
//! Promises: it can stand in a header, is for the service's audience, and does not expire while it is on the way. Its
//! signature is Cloud Run's to check; that it came over a certificate-checked connection is enough here.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{secret::Secret, time::UnixSeconds};

/// A token is not used in its last seconds, which it may spend on the way.
pub const UNUSED_S: u64 = 30;

/// A token that can be used now.
#[derive(Debug)]
pub struct Good {
    /// The token.
    pub token: Secret<String>,
    /// When it expires.
    pub expires_at: UnixSeconds,
}

impl Good {
    /// Reads what an ID token says of itself.
    ///
    /// # Errors
    /// Why it can't be used, without any of it.
    pub fn read(token: String, audience: &str, now: UnixSeconds) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Payload {
            aud: String,
            exp: UnixSeconds,
        }
        let payload = token.split('.').nth(1).ok_or("the ID token has no payload")?;
        let payload = URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| "the ID token's payload is not base64url")?;
        let payload: Payload =
            serde_json::from_slice(&payload).map_err(|_| "the ID token says no audience or expiry")?;
        let header_safe = token.bytes().all(|byte| byte.is_ascii_graphic());
        if payload.aud != audience || !header_safe {
            return Err("the ID token is for another audience".to_owned());
        }
        if payload.exp <= now.plus_s(UNUSED_S) {
            return Err("the ID token has expired".to_owned());
        }
        Ok(Self {
            token: Secret::new(token),
            expires_at: payload.exp,
        })
    }
}
