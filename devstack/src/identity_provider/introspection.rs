//! Token introspection (RFC 7662): a client asks what an opaque token stands for.
//!
//! Promises that only the client which the issuer knows is told anything, authenticated by HTTP Basic (RFC 6749
//! section 2.3.1), and that every token that is not good gets the same answer.

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use headers::authorization::Basic;
use headers::{Authorization, HeaderMapExt as _};
use serde::Deserialize;
use url::form_urlencoded;

use super::Provider;
use crate::oauth::{NOT_STORED, Refusal};
use crate::tokens::{Issuer, now};

/// RFC 7662 section 2.1. The hint changes nothing here.
#[derive(Debug, Deserialize)]
pub(super) struct Question {
    token: Option<String>,
}

/// Answers one question.
pub(super) async fn introspect(
    State(provider): State<Provider>,
    Path(name): Path<String>,
    headers: HeaderMap,
    form: Result<Form<Question>, FormRejection>,
) -> Response {
    let Some(issuer) = provider.issuer(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !is_authenticated(issuer, headers.typed_get::<Authorization<Basic>>()) {
        let refusal = Refusal {
            status: StatusCode::UNAUTHORIZED,
            error: "invalid_client",
            description: "this client may not ask".to_owned(),
        };
        return ([(WWW_AUTHENTICATE, r#"Basic realm="introspection""#)], refusal).into_response();
    }
    match form.map(|Form(question)| question.token) {
        Ok(Some(token)) => (NOT_STORED, Json(issuer.told_about(&token, now()))).into_response(),
        Ok(None) => Refusal::bad_request("invalid_request", "token is missing").into_response(),
        Err(rejection) => Refusal::bad_request("invalid_request", rejection.body_text()).into_response(),
    }
}

fn is_authenticated(issuer: &Issuer, basic: Option<Authorization<Basic>>) -> bool {
    basic.is_some_and(|Authorization(basic)| {
        let parts = (form_decoded(basic.username()), form_decoded(basic.password()));
        matches!(parts, (Some(client), Some(secret)) if issuer.is_told(&client, &secret))
    })
}

/// Name and password are each encoded as a form's values are before they are joined (RFC 6749 section 2.3.1).
fn form_decoded(text: &str) -> Option<String> {
    // A text with `&` or `=` was not encoded.
    if text.contains(['&', '=']) {
        return None;
    }
    let pairs = format!("value={text}");
    let mut pairs = form_urlencoded::parse(pairs.as_bytes());
    pairs.next().map(|(_, value)| value.into_owned())
}
