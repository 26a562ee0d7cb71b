//! Who may come in (Google's "Authenticating service-to-service" and "Custom audiences").

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::authorization::Bearer;
use headers::{Authorization, Header as _};
use jsonwebtoken::Validation;
use jsonwebtoken::jwk::JwkSet;
use serde_json::Value;

use crate::signing::verify;

/// Where a caller who needs `Authorization` for the application puts Google's token.
pub(super) const X_SERVERLESS_AUTHORIZATION: HeaderName = HeaderName::from_static("x-serverless-authorization");

/// What stands in the place of a signature that was checked.
const SIGNATURE_REMOVED: &str = "SIGNATURE_REMOVED_BY_GOOGLE";

/// IAM's view of one service.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) audiences: Vec<String>,
    pub(super) invokers: Vec<String>,
    pub(super) keys: JwkSet,
}

/// A request that may pass, with the field that its token came in.
#[derive(Debug)]
pub(super) struct Admission {
    field: HeaderName,
    unsigned: HeaderValue,
}

/// Why a request may not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no token.
    NoToken,
    /// There is one, and it does not hold.
    BadToken,
    /// It holds, but its account may not invoke the service.
    NotInvoker,
}

impl Door {
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<Admission, Refusal> {
        let (field, token) = credential(headers)?;
        let claims = verify(token.token(), &self.keys, &self.validation()).map_err(|_| Refusal::BadToken)?;
        if claims.get("email_verified") != Some(&Value::Bool(true)) {
            return Err(Refusal::BadToken);
        }
        let email = claims.get("email").and_then(Value::as_str).ok_or(Refusal::BadToken)?;
        if !self.invokers.iter().any(|invoker| invoker == email) {
            return Err(Refusal::NotInvoker);
        }
        Ok(Admission {
            field,
            unsigned: without_signature(token.token())?,
        })
    }

    fn validation(&self) -> Validation {
        let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&["https://accounts.google.com", "accounts.google.com"]);
        validation.set_audience(&self.audiences);
        validation.leeway = 0;
        validation
    }
}

impl Admission {
    /// The container sees the claims and cannot hand the token on.
    pub(super) fn mark(self, headers: &mut HeaderMap) {
        headers.insert(self.field, self.unsigned);
    }
}

impl Refusal {
    /// The page that the real front end answers with.
    pub(super) fn answer(self, path: &str) -> Response {
        let path = path
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        match self {
            Self::NoToken | Self::NotInvoker => page(
                StatusCode::FORBIDDEN,
                "Forbidden",
                &format!("Your client does not have permission to get URL <code>{path}</code> from this server."),
            ),
            Self::BadToken => {
                let challenge =
                    r#"Bearer error="invalid_token" error_description="The access token could not be verified""#;
                let sentence =
                    format!("Your client does not have permission to the requested URL <code>{path}</code>.");
                let page = page(StatusCode::UNAUTHORIZED, "Unauthorized", &sentence);
                ([(WWW_AUTHENTICATE, challenge)], page).into_response()
            }
        }
    }
}

/// `X-Serverless-Authorization` alone counts where it is present. Two of one kind say nothing clear.
fn credential(headers: &HeaderMap) -> Result<(HeaderName, Bearer), Refusal> {
    let present = |field: &HeaderName| headers.contains_key(field);
    let field = [X_SERVERLESS_AUTHORIZATION, AUTHORIZATION]
        .into_iter()
        .find(present)
        .ok_or(Refusal::NoToken)?;
    let mut values = headers.get_all(&field).iter();
    let Authorization(bearer) = Authorization::<Bearer>::decode(&mut values).map_err(|_| Refusal::NoToken)?;
    if values.next().is_some() {
        return Err(Refusal::BadToken);
    }
    Ok((field, bearer))
}

fn without_signature(token: &str) -> Result<HeaderValue, Refusal> {
    let (signed, _) = token.rsplit_once('.').ok_or(Refusal::BadToken)?;
    HeaderValue::try_from(format!("Bearer {signed}.{SIGNATURE_REMOVED}")).map_err(|_| Refusal::BadToken)
}

fn page(status: StatusCode, title: &str, sentence: &str) -> Response {
    let html = format!(
        "\n<html><head>\n<meta http-equiv=\"content-type\" content=\"text/html;charset=utf-8\">\n\
         <title>{} {title}</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: {title}</h1>\n\
         <h2>{sentence}</h2>\n<h2></h2>\n</body></html>\n",
        status.as_u16()
    );
    (status, [(CONTENT_TYPE, "text/html; charset=UTF-8")], html).into_response()
}
