//! What may be read of a token before its signature is verified: which key would verify it, and nothing else.
//!
//! Promises: [`Unverified`] has no member that says anything about the caller. It names the issuer and the key to look
//! up, and the token's type; all are proven or disproven by the signature that follows.
//!
//! Refuses: everything that is not a compact JWS with a known algorithm (RFC 7515, RFC 8725 sections 3.1 and 3.2), base64url
//! that is not canonical, headers with members that come twice at any depth, and header members that change how a token
//! is read. Members that carry or point to keys are never used: `jku`, `x5u`, `x5c` and `x5t` must at least be well
//! formed, and a token that brings a key in `jwk` is malformed.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use crate::{
    identity::{algorithm::Algorithm, credential::Token},
    json::{Bounds, Json},
    policy::issuer::{Issuer, Types, Vouching},
    rejection::TokenRefusal,
};

/// The longest decoded header that is read, in bytes.
const HEADER_BYTES_MAX: usize = 2_048;

/// The longest `kid` that is looked up, in bytes.
pub(in crate::identity) const KID_BYTES_MAX: usize = 256;

/// What a token's header says that it is (RFC 7515 section 4.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `JWT`.
    Jwt,
    /// `at+jwt` or `application/at+jwt` (RFC 9068 section 2.1).
    AtJwt,
}

/// Which key would verify a token, and under which rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// The algorithm that the header names.
    pub algorithm: Algorithm,
    /// The key that the header names; there is one where the algorithm is asymmetric.
    pub unverified_kid: Option<String>,
    /// The type that the header names.
    pub unverified_type: Option<Type>,
    /// The issuer that the payload names.
    pub unverified_issuer: String,
    /// The tenant that the payload names: `tid`, if it is text.
    pub unverified_tenant: Option<String>,
}

impl Unverified {
    /// Reads the header, and of the payload only `iss` and `tid`.
    ///
    /// # Errors
    /// Why no key may be looked up for this token.
    pub fn read(token: &Token) -> Result<Self, TokenRefusal> {
        let (header, payload, signature) = parts(token.expose())?;
        let header = decoded(header, HEADER_BYTES_MAX)?;
        let header = Json::read(&header, Bounds::HEADER).map_err(|_| TokenRefusal::Malformed)?;
        if header.member("enc").is_some() {
            return Err(TokenRefusal::Encrypted);
        }
        let algorithm = text(&header, "alg")?.ok_or(TokenRefusal::Malformed)?;
        let algorithm = Algorithm::named(algorithm).ok_or(TokenRefusal::AlgorithmNotAllowed)?;
        check_keys_brought(&header)?;
        if signature.is_empty() {
            return Err(TokenRefusal::Malformed);
        }
        // Whatever their value: who does not know `crit` must not guess what it would have been about.
        if ["crit", "b64", "zip"].iter().any(|name| header.member(name).is_some()) {
            return Err(TokenRefusal::ExtensionNotSupported);
        }
        let unverified_type = text(&header, "typ")?.map(Type::read).transpose()?;
        text(&header, "cty")?;
        let unverified_kid = text(&header, "kid")?.map(str::to_owned);
        match &unverified_kid {
            Some(kid) if kid.is_empty() || kid.len() > KID_BYTES_MAX => return Err(TokenRefusal::KeyUnknown),
            None if !algorithm.is_symmetric() => return Err(TokenRefusal::KeyUnknown),
            _ => {}
        }
        let (unverified_issuer, unverified_tenant) = issuer_and_tenant(payload)?;
        Ok(Self {
            algorithm,
            unverified_kid,
            unverified_type,
            unverified_issuer,
            unverified_tenant,
        })
    }

    /// The key to look for: none for a secret, of which an issuer has one.
    ///
    /// # Errors
    /// [`TokenRefusal::KeyUnknown`] for a token that must name a key and does not.
    pub fn key_of(&self, issuer: &Issuer) -> Result<&str, TokenRefusal> {
        match &issuer.vouching {
            Vouching::Secret(_) => Ok(""),
            _ => self.unverified_kid.as_deref().ok_or(TokenRefusal::KeyUnknown),
        }
    }

    /// Whether an issuer's tokens may be of this type.
    ///
    /// # Errors
    /// [`TokenRefusal::TypeNotAllowed`].
    pub fn check_type(&self, types: Types) -> Result<(), TokenRefusal> {
        let may = match self.unverified_type {
            None => types.absent,
            Some(Type::Jwt) => types.jwt,
            Some(Type::AtJwt) => types.at_jwt,
        };
        match may {
            true => Ok(()),
            false => Err(TokenRefusal::TypeNotAllowed),
        }
    }
}

/// Whether a token is, or was once, a JWS or JWE in compact form: it has a dot, and what stands before it begins as a JSON
/// object does in base64url. Another token is opaque. A spoiled JWT is not: it may be another issuer's, and good there.
#[must_use]
pub fn is_signed(token: &Token) -> bool {
    let Some((header, _)) = token.expose().split_once('.') else {
        return false;
    };
    // Three bytes tell the first characters of the object, whatever follows.
    let beginning = header
        .get(..4)
        .and_then(|beginning| URL_SAFE_NO_PAD.decode(beginning).ok());
    beginning.is_some_and(|bytes| bytes.trim_ascii_start().first().is_none_or(|byte| *byte == b'{'))
}

impl Type {
    /// RFC 8725 section 3.11; media types are compared without case (RFC 7515 section 4.1.9).
    fn read(typ: &str) -> Result<Self, TokenRefusal> {
        let is = |name: &str| typ.eq_ignore_ascii_case(name);
        if is("JWT") {
            Ok(Self::Jwt)
        } else if is("at+jwt") || is("application/at+jwt") {
            Ok(Self::AtJwt)
        } else {
            Err(TokenRefusal::TypeNotAllowed)
        }
    }
}

/// Header, payload and signature as they came (RFC 7515 section 7.1).
pub(in crate::identity) fn parts(token: &str) -> Result<(&str, &str, &str), TokenRefusal> {
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(TokenRefusal::Malformed);
    };
    // One more than a JWE's is enough to tell (RFC 7516 section 7.1).
    match parts.take(3).count() {
        0 => Ok((header, payload, signature)),
        2 => Err(TokenRefusal::Encrypted),
        _ => Err(TokenRefusal::Malformed),
    }
}

/// A part of a token that is a JSON object, decoded: base64url without padding or spare bits, then UTF-8.
pub(in crate::identity) fn decoded(part: &str, bytes_max: usize) -> Result<String, TokenRefusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::Malformed)?;
    if bytes.len() > bytes_max {
        return Err(TokenRefusal::Malformed);
    }
    let text = String::from_utf8(bytes).map_err(|_| TokenRefusal::Malformed)?;
    // The parser would take a list for the members in their order.
    match text.trim_ascii_start().starts_with('{') {
        true => Ok(text),
        false => Err(TokenRefusal::Malformed),
    }
}

/// Never used, but they must be what RFC 7515 section 4.1 says. A key that comes with the token is a key of whoever sent
/// it, and nobody sends one by accident.
fn check_keys_brought(header: &Json<'_>) -> Result<(), TokenRefusal> {
    if header.member("jwk").is_some() {
        return Err(TokenRefusal::Malformed);
    }
    for name in ["jku", "x5u", "x5t", "x5t#S256"] {
        text(header, name)?;
    }
    match header.member("x5c") {
        None => Ok(()),
        Some(Json::List(chain)) if chain.iter().all(|one| one.text().is_some()) => Ok(()),
        Some(_) => Err(TokenRefusal::Malformed),
    }
}

/// A member that must be text if it is there.
fn text<'j>(header: &'j Json<'_>, name: &str) -> Result<Option<&'j str>, TokenRefusal> {
    match header.member(name) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(TokenRefusal::Malformed),
    }
}

/// `iss` and `tid` of a payload that nobody vouches for yet. All else is skipped, and read after the signature.
fn issuer_and_tenant(payload: &str) -> Result<(String, Option<String>), TokenRefusal> {
    #[derive(Deserialize)]
    struct Payload<'t> {
        iss: Option<String>,
        #[serde(borrow)]
        tid: Option<Tenant<'t>>,
    }
    /// Only where the policy has tenants must it be text.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Tenant<'t> {
        #[serde(borrow)]
        Text(Cow<'t, str>),
        Other(serde::de::IgnoredAny),
    }
    let payload = decoded(payload, usize::MAX)?;
    let read: Payload<'_> = serde_json::from_str(&payload).map_err(|_| TokenRefusal::Malformed)?;
    let tenant = match read.tid {
        Some(Tenant::Text(tenant)) => Some(tenant.into_owned()),
        Some(Tenant::Other(_)) | None => None,
    };
    Ok((read.iss.ok_or(TokenRefusal::IssuerUnknown)?, tenant))
}

#[cfg(test)]
mod tests;
