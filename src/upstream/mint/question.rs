//! A question to one of Google's endpoints.
//!
//! Promises: what Google answers is bounded in size and time; every way to fail has words for the log that name who was
//! asked, and hold nothing that was sent or answered but Google's own word for the error.

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    host::Host,
    rejection::Rejection,
    secret::Secret,
    upstream::send::{Ask, Call, Destination, Endpoint, Timeouts},
};

/// The longest answer of Google that is read, in bytes.
const REPLY_BYTES_MAX: usize = 16_384;

/// How long Google may take.
const TIMEOUTS: Timeouts = Timeouts {
    connect_ms: 1_000,
    first_byte_ms: 3_000,
    between_bytes_ms: 1_000,
};

/// What is asked, and of whom.
pub(super) struct Question<'q> {
    /// Who is asked, for the log.
    pub(super) whom: &'static str,
    /// The name of the destination.
    pub(super) destination: &'static str,
    pub(super) endpoint: &'q Endpoint,
    pub(super) target: String,
    pub(super) ask: Ask,
    pub(super) authorization: Option<Secret<String>>,
}

impl Question<'_> {
    /// Asks, and reads the answer. `lacks` says what is wrong with one that is not of the expected form.
    ///
    /// # Errors
    /// [`Rejection::UpstreamIdentityUnavailable`] if there is no such answer with status 200.
    pub(super) async fn answer<H: Host, T: DeserializeOwned>(self, host: &H, lacks: &str) -> Result<T, Rejection> {
        let whom = self.whom;
        let call = Call {
            destination: Destination {
                name: self.destination.to_owned(),
                endpoint: self.endpoint.clone(),
                timeouts: TIMEOUTS,
            },
            target: self.target,
            ask: self.ask,
            authorization: self.authorization,
            body_bytes_max: REPLY_BYTES_MAX,
        };
        let reply = host
            .call(&call)
            .await
            .map_err(|fault| Rejection::UpstreamIdentityUnavailable(fault.of(whom)))?;
        let body = reply.body.expose();
        if reply.status != 200 {
            let why = format!("{whom} answered {}{}", reply.status, error_word(body));
            return Err(Rejection::UpstreamIdentityUnavailable(why));
        }
        serde_json::from_slice(body).map_err(|_| unusable(whom, lacks))
    }
}

/// That an answer can't be used.
pub(super) fn unusable(whom: &str, why: &str) -> Rejection {
    Rejection::UpstreamIdentityUnavailable(format!("{whom}'s answer can't be used: {why}"))
}

/// Google's word for an error, for the log: `error` of an OAuth error answer (RFC 6749 section 5.2), or `error.status` of
/// Google's APIs. Only letters and `_`, of which all of these are made.
fn error_word(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Answer {
        error: Word,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Oauth(String),
        Api { status: String },
    }
    let word = match serde_json::from_slice(body) {
        Ok(Answer {
            error: Word::Oauth(word) | Word::Api { status: word },
        }) => word,
        Err(_) => return String::new(),
    };
    match word.len() <= 40 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_') {
        true => format!(" {word}"),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_googles_word_and_no_other() {
        for (name, body, word) in [
            (
                "OAuth",
                r#"{"error":"invalid_grant","error_description":"x"}"#,
                " invalid_grant",
            ),
            (
                "API",
                r#"{"error":{"code":403,"message":"x","status":"PERMISSION_DENIED"}}"#,
                " PERMISSION_DENIED",
            ),
            ("odd", r#"{"error":"10.0.0.7 <script>"}"#, ""),
            ("odd status", r#"{"error":{"status":"a b"}}"#, ""),
            ("long", &format!(r#"{{"error":"{}"}}"#, "a".repeat(41)), ""),
            ("a number", r#"{"error":7}"#, ""),
            ("no JSON", "<html>", ""),
            ("nothing", "", ""),
        ] {
            assert_eq!(error_word(body.as_bytes()), word, "{name}");
        }
    }
}
