//! The one credential of a request.
//!
//! Promises: exactly one place is looked at, `Authorization: Bearer` (RFC 6750 section 2.1). Two credentials were
//! refused when the request was read. Tokens in queries or bodies are never taken.

use crate::{
    rejection::{Rejection, TokenRefusal},
    request::CanonicalRequest,
    secret::Secret,
};

/// The longest token that is read, in bytes.
pub const TOKEN_BYTES_MAX: usize = 8_192;

/// A bearer token, not verified and without text form.
pub type Token = Secret<String>;

/// The token of a request.
///
/// # Errors
/// [`Rejection::CredentialMissing`], [`Rejection::CredentialUnsupported`] for another scheme, and
/// [`TokenRefusal::TooLong`].
pub fn bearer(request: &CanonicalRequest) -> Result<Token, Rejection> {
    let value = request.authorization().ok_or(Rejection::CredentialMissing)?.expose();
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::CredentialUnsupported);
    }
    let token = rest.trim_start_matches(' ');
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenRefusal::TooLong.into());
    }
    Ok(Secret::new(token.to_owned()))
}

/// Checks that what was sent can be a token at all. Not needed for one that is the same as a token which was verified.
///
/// # Errors
/// [`TokenRefusal::Malformed`].
pub fn check_form(token: &Token) -> Result<(), TokenRefusal> {
    let token = token.expose();
    let well_formed = !token.is_empty() && token.bytes().all(is_compact_byte);
    if well_formed {
        Ok(())
    } else {
        Err(TokenRefusal::Malformed)
    }
}

/// base64url and the dot between the parts (RFC 7515 section 3.1).
fn is_compact_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Head;

    #[test]
    fn one_bearer_token_or_a_refusal() {
        let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MAX + 1));
        for (name, authorization, expected) in [
            ("token", Some("Bearer a.b-c.d_e"), Ok("a.b-c.d_e")),
            ("scheme in another case", Some("bEaReR a"), Ok("a")),
            ("more spaces", Some("Bearer   a"), Ok("a")),
            ("none", None, Err(Rejection::CredentialMissing)),
            (
                "other scheme",
                Some("Basic dTpw"),
                Err(Rejection::CredentialUnsupported),
            ),
            ("no scheme", Some("a.b.c"), Err(Rejection::CredentialUnsupported)),
            ("empty value", Some(""), Err(Rejection::CredentialUnsupported)),
            ("scheme alone", Some("Bearer"), Err(TokenRefusal::Malformed.into())),
            ("scheme and space", Some("Bearer "), Err(TokenRefusal::Malformed.into())),
            (
                "two tokens",
                Some("Bearer a, Bearer b"),
                Err(TokenRefusal::Malformed.into()),
            ),
            ("padding", Some("Bearer a=="), Err(TokenRefusal::Malformed.into())),
            ("too long", Some(long.as_str()), Err(TokenRefusal::TooLong.into())),
        ] {
            let mut values = vec![("host", Secret::new(b"a.example".to_vec()))];
            values.extend(authorization.map(|value| ("authorization", Secret::new(value.as_bytes().to_vec()))));
            let head = Head {
                method: "GET".to_owned(),
                target: "/".to_owned(),
                values,
                ..Head::default()
            };
            let found = bearer(&CanonicalRequest::new(&head).unwrap()).and_then(|token| {
                check_form(&token)?;
                Ok(token)
            });
            assert_eq!(
                found.as_ref().map(|token| token.expose().as_str()),
                expected.as_ref().copied(),
                "{name}"
            );
        }
    }
}
