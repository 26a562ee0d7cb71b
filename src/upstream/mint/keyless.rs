//! The way without a key of Google's: workload identity federation.
//!
//! ```text
//! assertion, signed with a key of our own ─► Security Token Service ─► access token of a pool's member
//!                                                generateIdToken ◄───────┘ ─► ID token of the invoker
//! ```
//!
//! Promises: the access token lives in memory only, and is used for the one call that it was got for.
//!
//! Refuses: keys of Ed25519, since Google takes ES256 and RS256 alone, and an access token that is no bearer token.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use crate::{
    host::Host,
    policy::site::{WorkloadIdentity, service::Service},
    rejection::Rejection,
    secret::Secret,
    time::UnixSeconds,
    upstream::{
        mint::{
            id_token::Good,
            question::{Question, unusable},
        },
        send::Ask,
        signing_key::SigningKey,
    },
};

/// How long an assertion is valid, in seconds. Google takes up to a day; it is used at once.
const ASSERTION_LIFE_S: u64 = 300;

/// The scope that both endpoints' references name.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The type of the token that is asked for (RFC 8693 section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// What is percent-encoded of an e-mail in a path: all but what RFC 3986 calls unreserved, and `@`.
const NOT_IN_EMAIL: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// Who the gateway is for Google, signed. The audience is the one that providers take unless they were told others.
///
/// # Errors
/// Why the secret's key can't be used, without any of its text.
pub(super) fn assertion(
    secret: &Secret<Vec<u8>>,
    identity: &WorkloadIdentity,
    now: UnixSeconds,
) -> Result<Secret<String>, String> {
    let key = SigningKey::from_secret(secret)?;
    if key.algorithm() != "ES256" {
        return Err(format!(
            "Google takes no {} signatures; make an ES256 key",
            key.algorithm()
        ));
    }
    Ok(key.sign(&json!({
        "iss": identity.issuer,
        "sub": identity.subject,
        "aud": format!("https://iam.googleapis.com/{}", identity.provider),
        "iat": now.0,
        "exp": now.plus_s(ASSERTION_LIFE_S).0,
    })))
}

/// Trades the assertion for an ID token of the service's invoker.
///
/// # Errors
/// [`Rejection::UpstreamIdentityUnavailable`] when Google gives no good token.
pub(super) async fn exchange<H: Host>(
    host: &H,
    identity: &WorkloadIdentity,
    assertion: Secret<String>,
    service: &Service,
    now: UnixSeconds,
) -> Result<Good, Rejection> {
    let authorization = bearer(host, identity, assertion).await?;
    id_token(host, identity, authorization, service, now).await
}

/// The token exchange (RFC 8693; "Method: token" of Google's Security Token Service). Gives the value of
/// `Authorization`.
async fn bearer<H: Host>(
    host: &H,
    identity: &WorkloadIdentity,
    assertion: Secret<String>,
) -> Result<Secret<String>, Rejection> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        token_type: String,
    }
    const WHOM: &str = "Google's STS";
    let text = |text: &str| Secret::new(text.to_owned());
    let question = Question {
        whom: WHOM,
        destination: "google_sts",
        endpoint: &identity.sts,
        target: "/v1/token".to_owned(),
        ask: Ask::Form(vec![
            ("grant_type", text("urn:ietf:params:oauth:grant-type:token-exchange")),
            ("audience", text(&format!("//iam.googleapis.com/{}", identity.provider))),
            ("scope", text(SCOPE)),
            ("requested_token_type", text(ACCESS_TOKEN)),
            ("subject_token_type", text("urn:ietf:params:oauth:token-type:jwt")),
            ("subject_token", assertion),
        ]),
        authorization: None,
    };
    let answer: Answer = question.answer(host, "it holds no access token").await?;
    let token = answer.access_token;
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(unusable(WHOM, "the access token is no bearer token"));
    }
    match !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(Secret::new(format!("Bearer {token}"))),
        false => Err(unusable(WHOM, "the access token can't stand in a header")),
    }
}

/// "Method: projects.serviceAccounts.generateIdToken" of Google's Service Account Credentials API.
async fn id_token<H: Host>(
    host: &H,
    identity: &WorkloadIdentity,
    authorization: Secret<String>,
    service: &Service,
    now: UnixSeconds,
) -> Result<Good, Rejection> {
    #[derive(Deserialize)]
    struct Answer {
        token: String,
    }
    const WHOM: &str = "Google's generateIdToken";
    let invoker = utf8_percent_encode(&service.invoker, &NOT_IN_EMAIL);
    let question = Question {
        whom: WHOM,
        destination: "google_iam_credentials",
        endpoint: &identity.iam_credentials,
        target: format!("/v1/projects/-/serviceAccounts/{invoker}:generateIdToken"),
        ask: Ask::Json(json!({ "audience": service.audience, "includeEmail": true }).to_string()),
        authorization: Some(authorization),
    };
    let answer: Answer = question.answer(host, "it holds no ID token").await?;
    Good::read(answer.token, &service.audience, now).map_err(|why| unusable(WHOM, &why))
}
