//! What the service tells about a request.
//!
//! Promises that no token in it can be used again.

use serde_json::{Value, json};

use super::Received;

const SHOWN_CHARACTERS: usize = 12;

/// The account of one request: an extension of the request, and the body of most answers.
#[derive(Debug, Clone)]
pub(super) struct Account(pub(super) Value);

/// `assertion` is what the service makes of the assertion that came along.
pub(super) fn of(service: &str, received: &Received, assertion: Value) -> Account {
    let headers: Vec<_> = received
        .headers
        .iter()
        .map(|(name, value)| [name.clone(), shown(name, value)])
        .collect();
    Account(json!({
        "service": service,
        "method": received.method,
        "target": received.target,
        "headers": headers,
        "invoker": invoker(received),
        "caller": {
            "issuer": received.header("x-tollgate-issuer"),
            "subject": received.header("x-tollgate-subject"),
        },
        "assertion": assertion,
        "body_bytes": received.body.len(),
    }))
}

/// Who IAM let in. Cloud Run has checked the token and taken its signature away, so there is nothing to verify here.
fn invoker(received: &Received) -> Option<String> {
    let token = received.header("x-serverless-authorization")?.split_once(' ')?.1;
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
    Some(claims.get("email")?.as_str()?.to_owned())
}

fn shown(name: &str, value: &str) -> String {
    let (before, token) = match name {
        "authorization" | "proxy-authorization" | "x-serverless-authorization" => value
            .split_once(' ')
            .map_or(("", value), |(scheme, token)| (scheme, token)),
        // A token by itself, such as a signed assertion of who the caller is.
        _ if jsonwebtoken::decode_header(value).is_ok() => ("", value),
        _ => return value.to_owned(),
    };
    let space = if before.is_empty() { "" } else { " " };
    format!("{before}{space}{}", beginning(token))
}

fn beginning(token: &str) -> String {
    let mut characters = token.chars();
    let mut shown: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
