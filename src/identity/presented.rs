//! The one credential of a request.
//!
//! Promises: only the places are looked at that the route names, by default `Authorization` (RFC 6750 section 2.1, RFC
//! 9449 section 7.1). Exactly one may have a credential. Tokens in queries or bodies are never taken.
//!
//! Refuses: two credentials, in one place or in two; an `Authorization` beside a credential elsewhere, also on routes that
//! do not look there, since the service might.

use cookie::Cookie;

use crate::{
    identity::credential::{TOKEN_BYTES_MAX, Token},
    policy::{
        route::{Asked, header},
        site::route::Place,
    },
    rejection::{Rejection, TokenRefusal},
    request::CanonicalRequest,
    secret::Secret,
};

/// The most cookies that are looked through.
const COOKIES_MAX: usize = 128;

/// How a credential was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// As whoever has it may: with `Bearer`, or by itself in a header or cookie.
    Bearer,
    /// With `DPoP` (RFC 9449 section 7.1).
    Dpop,
}

/// The credential of a request.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The token.
    pub token: Token,
    /// How it was sent.
    pub scheme: Scheme,
}

/// The credential of a request, at one of `places`; none means `Authorization` alone.
///
/// # Errors
/// [`Rejection::CredentialMissing`], [`Rejection::CredentialsSeveral`], [`Rejection::CredentialUnsupported`] for another
/// scheme, [`TokenRefusal::TooLong`], and an ambiguity for a header that comes twice.
pub fn presented(asked: &Asked<'_>, places: &[Place]) -> Result<Presented, Rejection> {
    let default = [Place::Authorization];
    let places = if places.is_empty() { &default } else { places };
    let mut found = None;
    for place in places {
        let here = match place {
            Place::Authorization => authorization(asked.request)?,
            Place::Header(name) => header(name, asked)?.map(bare),
            Place::Cookie(name) => cookie(name, asked)?.map(bare),
        };
        if let Some(here) = here
            && found.replace(here).is_some()
        {
            return Err(Rejection::CredentialsSeveral);
        }
    }
    let found = found.ok_or(Rejection::CredentialMissing)?;
    if !places.contains(&Place::Authorization) && asked.request.authorization().is_some() {
        return Err(Rejection::CredentialsSeveral);
    }
    match found.token.expose().len() > TOKEN_BYTES_MAX {
        true => Err(TokenRefusal::TooLong.into()),
        false => Ok(found),
    }
}

fn authorization(request: &CanonicalRequest) -> Result<Option<Presented>, Rejection> {
    let Some(value) = request.authorization() else {
        return Ok(None);
    };
    let (scheme, rest) = value.expose().split_once(' ').unwrap_or((value.expose(), ""));
    let scheme = if scheme.eq_ignore_ascii_case("bearer") {
        Scheme::Bearer
    } else if scheme.eq_ignore_ascii_case("dpop") {
        Scheme::Dpop
    } else {
        return Err(Rejection::CredentialUnsupported);
    };
    let token = Secret::new(rest.trim_start_matches(' ').to_owned());
    Ok(Some(Presented { token, scheme }))
}

fn bare(token: Token) -> Presented {
    Presented {
        token,
        scheme: Scheme::Bearer,
    }
}

/// The value of a cookie (RFC 6265 section 5.4). HTTP/2 may send cookies in several headers (RFC 9113 section 8.2.3).
fn cookie(name: &str, asked: &Asked<'_>) -> Result<Option<Token>, Rejection> {
    if !asked.request.header_names().iter().any(|sent| sent == "cookie") {
        return Ok(None);
    }
    let mut found = None;
    let mut left = COOKIES_MAX;
    for value in (asked.headers)("cookie") {
        let text = std::str::from_utf8(value.expose()).map_err(|_| TokenRefusal::Malformed)?;
        for cookie in cookies(text) {
            left = left.checked_sub(1).ok_or(TokenRefusal::Malformed)?;
            if cookie.name() == name && found.replace(Secret::new(cookie.value().to_owned())).is_some() {
                return Err(Rejection::CredentialsSeveral);
            }
        }
    }
    Ok(found)
}

/// The value of a cookie that the client sent exactly once, and not empty; whatever else is wrong with its cookies.
#[must_use]
pub fn only_cookie(name: &str, asked: &Asked<'_>) -> Option<Token> {
    let found = cookie(name, asked).ok().flatten();
    found.filter(|value| !value.expose().is_empty())
}

/// The cookies of a header's value. Those that are not all visible ASCII are passed over: what the library cuts off a name
/// would be no end of it for a browser, and so go around the rules for names that begin with `__Host-`.
fn cookies(text: &str) -> impl Iterator<Item = Cookie<'_>> {
    let is_plain = |part: &&str| part.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    text.split(';')
        .filter(is_plain)
        .filter_map(|part| Cookie::parse(part).ok())
}

/// What is left of the client's cookies when those go that hold credentials; the service gets them so, in one header.
#[must_use]
pub fn other_cookies(values: &[Secret<Vec<u8>>], places: &[Place]) -> Secret<String> {
    let is_credential = |cookie: &Cookie<'_>| {
        let names = |place: &Place| matches!(place, Place::Cookie(name) if name == cookie.name());
        places.iter().any(names)
    };
    let texts = values
        .iter()
        .filter_map(|value| std::str::from_utf8(value.expose()).ok());
    let kept: Vec<String> = texts
        .flat_map(cookies)
        .filter(|cookie| !is_credential(cookie))
        .map(|cookie| cookie.to_string())
        .collect();
    Secret::new(kept.join("; "))
}

#[cfg(test)]
mod tests;
