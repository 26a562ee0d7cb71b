//! What an issuer is asked about an opaque token, and what its answer means (RFC 7662).
//!
//! Promises: the question is one `POST` with the token in its form and the gateway's own client credentials in
//! `Authorization`, bounded in time and size. Only a whole answer with status 200 counts, a JSON object in which nothing
//! comes twice; `active` is `true` or the token is refused. Whatever else comes says nothing about the token: it is
//! [`Rejection::IntrospectionUnavailable`], never a token that is not active.
//!
//! The steps for an answer, in order:
//!
//! 1. Status 200, a JSON object, `active: true` (section 2.2).
//! 2. `iss`, if it is there, is the issuer's. `aud` names one of the issuer's audiences; an answer without `aud` is
//!    refused, since the token could be for anybody.
//! 3. `exp`, `nbf`, `iat`, as far as they are there, by the rules for tokens. Without `exp` the answer itself has a life:
//!    the issuer's `remember_s`.
//! 4. The claims that the issuer's policy asks of all its tokens.
//!
//! Left out: answers that are signed (RFC 9701), and other client authentication than `client_secret_basic`.

mod answer;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    identity::{
        claims::Claims,
        credential::Token,
        introspection::answer::{Unfit, check_issuer_claims, claims_of},
    },
    json::{Bounds, Json},
    policy::issuer::{Introspection, Issuer},
    rejection::Rejection,
    secret::Secret,
    time::UnixSeconds,
    upstream::send::{Ask, Call, Destination, Reply, Timeouts},
};

/// The longest answer that is read, in bytes.
pub const REPLY_BYTES_MAX: usize = 65_536;

/// How long an issuer may take.
pub const TIMEOUTS: Timeouts = Timeouts {
    connect_ms: 1_000,
    first_byte_ms: 3_000,
    between_bytes_ms: 1_000,
};

/// What a token is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The policy's name of the issuer that is asked.
    pub issuer_name: &'a str,
    /// The issuer.
    pub issuer: &'a Issuer,
    /// Where and how it is asked.
    pub introspection: &'a Introspection,
    /// The token's digest.
    pub token_digest: &'a str,
}

/// What an issuer said of a token that is good.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered {
    /// The claims.
    pub claims: Claims,
    /// How long the answer may be remembered, in seconds; 0 is not at all.
    pub life_s: u64,
}

/// The request to the issuer (RFC 7662 section 2.1). `secret` is as it is stored; one line end after it is not part of it.
///
/// # Errors
/// [`Rejection::Misconfigured`] if the secret is empty.
pub fn call(question: Question<'_>, token: &Token, secret: &Secret<Vec<u8>>) -> Result<Call, Rejection> {
    let asked = question.introspection;
    let secret = without_line_end(secret.expose());
    if secret.is_empty() {
        let why = format!("the secret `{}` is empty", asked.secret);
        return Err(Rejection::Misconfigured(why));
    }
    Ok(Call {
        destination: Destination {
            name: format!("{}_introspection", question.issuer_name),
            endpoint: asked.endpoint.clone(),
            timeouts: TIMEOUTS,
        },
        target: asked.target.clone(),
        ask: Ask::Form(vec![
            ("token", token.clone()),
            ("token_type_hint", Secret::new("access_token".to_owned())),
        ]),
        authorization: Some(basic(&asked.client, secret)),
        body_bytes_max: REPLY_BYTES_MAX,
    })
}

/// `client_secret_basic`: both parts are form-encoded before they are put together (RFC 6749 section 2.3.1).
fn basic(client: &str, secret: &[u8]) -> Secret<String> {
    let encoded = |part: &[u8]| url::form_urlencoded::byte_serialize(part).collect::<String>();
    let both = format!("{}:{}", encoded(client.as_bytes()), encoded(secret));
    Secret::new(format!("Basic {}", STANDARD.encode(both)))
}

fn without_line_end(secret: &[u8]) -> &[u8] {
    let secret = secret.strip_suffix(b"\n").unwrap_or(secret);
    secret.strip_suffix(b"\r").unwrap_or(secret)
}

/// What the answer says of the token.
///
/// # Errors
/// The token's refusal, or [`Rejection::IntrospectionUnavailable`] for what is no answer.
pub fn finish(reply: &Reply, question: Question<'_>, now: UnixSeconds) -> Result<Answered, Rejection> {
    let name = question.issuer_name;
    match reply.status {
        200 => {}
        401 => {
            let secret = &question.introspection.secret;
            return Err(unavailable(format!(
                "{name} does not take the gateway for its client (401): check `client` and the secret `{secret}`"
            )));
        }
        other => return Err(unavailable(format!("{name} answered {other}"))),
    }
    let malformed = |what: &str| unavailable(format!("the answer of {name} can't be used: {what}"));
    // The parser's own message could quote the answer.
    let text = std::str::from_utf8(reply.body.expose()).map_err(|_| malformed("it is no text"))?;
    let answer = Json::read(text, Bounds::CLAIMS).map_err(|_| malformed("it is no JSON, or has a member twice"))?;
    let unfit = |unfit| match unfit {
        Unfit::Refused(refusal) => refusal.into(),
        Unfit::Malformed(what) => malformed(&what),
    };
    let claims = claims_of(&answer, question, now).map_err(unfit)?;
    claims.check_audience(question.issuer)?;
    claims.check_times(now, question.issuer.leeway_s)?;
    check_issuer_claims(&answer, question.issuer).map_err(unfit)?;
    let life_s = match u64::from(question.introspection.remember_s) {
        0 => 0,
        // In the leeway after its end a token is still good, though there is no time left.
        cap => now.until_s(claims.expires_at).clamp(1, cap),
    };
    Ok(Answered { claims, life_s })
}

pub(super) fn unavailable(why: String) -> Rejection {
    Rejection::IntrospectionUnavailable(why)
}

#[cfg(test)]
pub(super) mod tests;
