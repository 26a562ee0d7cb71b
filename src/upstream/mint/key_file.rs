//! The way by a service account's key: an assertion signed with it, traded at Google for an ID token.

use serde::Deserialize;

use crate::{
    host::Host,
    rejection::Rejection,
    secret::Secret,
    time::UnixSeconds,
    upstream::{
        mint::{
            id_token::Good,
            question::{Question, unusable},
        },
        send::Ask,
        service_account::ServiceAccount,
    },
};

/// Trades the assertion for an ID token for `audience`, which the assertion asks for.
///
/// # Errors
/// [`Rejection::UpstreamIdentityUnavailable`] when Google gives no good token.
pub(super) async fn exchange<H: Host>(
    host: &H,
    account: &ServiceAccount,
    assertion: Secret<String>,
    audience: &str,
    now: UnixSeconds,
) -> Result<Good, Rejection> {
    #[derive(Deserialize)]
    struct Answer {
        id_token: String,
    }
    const WHOM: &str = "Google";
    let (endpoint, target) = account.token_endpoint();
    let question = Question {
        whom: WHOM,
        destination: "google_oauth2",
        endpoint,
        target: target.to_owned(),
        ask: Ask::Form(vec![
            (
                "grant_type",
                Secret::new("urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
            ),
            ("assertion", assertion),
        ]),
        authorization: None,
    };
    let answer: Answer = question.answer(host, "it holds no ID token").await?;
    Good::read(answer.id_token, audience, now).map_err(|why| unusable(WHOM, &why))
}
