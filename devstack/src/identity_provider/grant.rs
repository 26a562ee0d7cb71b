//! The client credentials grant (RFC 6749 section 4.4).

use axum::http::StatusCode;
use headers::Authorization;
use headers::authorization::Basic;
use serde::{Deserialize, Serialize};

use super::{CLIENT_ID, CLIENT_SECRET};
use crate::oauth::Refusal;
use crate::signing::Algorithm;
use crate::tokens::{Issuer, TokenBuilder};

/// RFC 6749 section 4.4.2. `audience` and the last three are extensions for development.
#[derive(Debug, Deserialize)]
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
    audience: Option<String>,
    subject: Option<String>,
    algorithm: Option<String>,
    expires_in: Option<i64>,
}

/// RFC 6749 section 5.1.
#[derive(Debug, Serialize)]
pub(super) struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// A token for a client that shows who it is, in HTTP Basic or in the request. `proven` gives the thumbprint of the key
/// that the token is to be bound to (RFC 9449 section 5).
pub(super) fn grant(
    issuer: &Issuer,
    basic: Option<&Authorization<Basic>>,
    request: TokenRequest,
    proven: impl FnOnce() -> Result<Option<String>, Refusal>,
) -> Result<TokenAnswer, Refusal> {
    authenticate(basic, &request)?;
    match request.grant_type.as_deref() {
        Some("client_credentials") => {}
        Some(_) => {
            return Err(refusal(
                "unsupported_grant_type",
                "grant_type is not client_credentials",
            ));
        }
        None => return Err(refusal("invalid_request", "grant_type is missing")),
    }
    let expires_in = request.expires_in.unwrap_or(300);
    let token = token(issuer, &request)?.expires_in(expires_in);
    let (token, token_type) = match proven()? {
        Some(jkt) => (token.bound_to(&jkt), "DPoP"),
        None => (token, "Bearer"),
    };
    let access_token = token.build().map_err(|error| Refusal {
        status: StatusCode::INTERNAL_SERVER_ERROR,
        error: "server_error",
        description: error.to_string(),
    })?;
    Ok(TokenAnswer {
        access_token,
        token_type,
        expires_in,
        scope: request.scope,
    })
}

/// RFC 6749 section 2.3.1: by HTTP Basic or in the body, never both.
fn authenticate(basic: Option<&Authorization<Basic>>, request: &TokenRequest) -> Result<(), Refusal> {
    let (id, secret) = match basic {
        Some(_) if request.client_secret.is_some() => {
            return Err(refusal("invalid_request", "the client authenticates in two ways"));
        }
        Some(Authorization(basic)) => (Some(basic.username()), Some(basic.password())),
        None => (request.client_id.as_deref(), request.client_secret.as_deref()),
    };
    if (id, secret) == (Some(CLIENT_ID), Some(CLIENT_SECRET)) {
        return Ok(());
    }
    let description = format!("the client is {CLIENT_ID} with secret {CLIENT_SECRET}");
    Err(Refusal {
        status: StatusCode::UNAUTHORIZED,
        error: "invalid_client",
        description,
    })
}

/// The claims follow RFC 9068 section 2.2.
fn token<'a>(issuer: &'a Issuer, request: &TokenRequest) -> Result<TokenBuilder<'a>, Refusal> {
    let algorithm = match request.algorithm.as_deref() {
        Some(name) => Some(Algorithm::named(name).ok_or_else(|| no_key(name))?),
        None => issuer.algorithm(),
    };
    let token = match algorithm {
        Some(algorithm) => {
            let key = issuer
                .newest_key(algorithm)
                .ok_or_else(|| no_key(algorithm.jws_name()))?;
            issuer.token().by(&key)
        }
        None => issuer.token(),
    };
    let subject = request.subject.as_deref().unwrap_or(CLIENT_ID);
    let mut token = token.subject(subject).claim("client_id", CLIENT_ID);
    if let Some(audience) = &request.audience {
        token = token.audience(audience.as_str());
    }
    if let Some(scope) = &request.scope {
        token = token.scope(scope);
    }
    Ok(token)
}

fn no_key(algorithm: &str) -> Refusal {
    refusal("invalid_request", &format!("the issuer has no key for {algorithm}"))
}

fn refusal(error: &'static str, description: &str) -> Refusal {
    Refusal::bad_request(error, description)
}
