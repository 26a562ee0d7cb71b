//! What may be read of a token before its signature is verified: which key would verify it, and nothing else.
//!
//! Promises: [`Unverified`] has no member that says anything about the caller. It names the issuer and the key to look
//! up; both are proven or disproven by the signature that follows.
//!
//! Refuses: everything that is not a compact JWS with one of the asymmetric algorithms (RFC 7515, RFC 8725 sections
//! 3.1 and 3.2), base64url that is not canonical, and header members that change how a token is read. Members that carry or
//! point to keys are never used: `jku`, `x5c` and `x5u` must at least be well formed and come once, and a token that
//! brings a key in `jwk` is malformed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{identity::credential::Token, rejection::TokenRefusal};

/// The longest decoded header that is read, in bytes.
const HEADER_BYTES_MAX: usize = 2_048;

/// The longest `kid` that is looked up, in bytes.
const KID_BYTES_MAX: usize = 256;

/// An algorithm that tokens may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 section 3.3).
    Rs256,
    /// ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4).
    Es256,
    /// Ed25519 (RFC 8037 section 3.1).
    EdDsa,
}

/// Which key would verify a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// The algorithm that the header names.
    pub algorithm: Algorithm,
    /// The key that the header names.
    pub unverified_kid: String,
    /// The issuer that the payload names.
    pub unverified_issuer: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
    jwk: Option<IgnoredAny>,
    // Never used, but none may come twice or be of another type than RFC 7515 section 4.1 says.
    #[serde(rename = "cty")]
    _cty: Option<String>,
    #[serde(rename = "jku")]
    _jku: Option<String>,
    #[serde(rename = "x5u")]
    _x5u: Option<String>,
    #[serde(rename = "x5c")]
    _x5c: Option<Vec<String>>,
    #[serde(rename = "x5t")]
    _x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    _x5t_s256: Option<String>,
}

/// The payload as far as it is read before verification.
#[derive(Deserialize)]
struct Payload {
    iss: Option<String>,
}

impl Unverified {
    /// Reads the header, and of the payload only `iss`.
    ///
    /// # Errors
    /// Why no key may be looked up for this token.
    pub fn read(token: &Token) -> Result<Self, TokenRefusal> {
        let mut parts = token.expose().split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenRefusal::Malformed);
        };
        let header: Header = json(header, HEADER_BYTES_MAX)?;
        let algorithm = match header.alg.as_str() {
            "RS256" => Algorithm::Rs256,
            "ES256" => Algorithm::Es256,
            "EdDSA" => Algorithm::EdDsa,
            _ => return Err(TokenRefusal::AlgorithmNotAllowed),
        };
        if signature.is_empty() || header.jwk.is_some() {
            return Err(TokenRefusal::Malformed);
        }
        if header.crit.is_some() || header.b64.is_some() {
            return Err(TokenRefusal::ExtensionNotSupported);
        }
        if !header.typ.as_deref().is_none_or(is_accepted_type) {
            return Err(TokenRefusal::TypeNotAllowed);
        }
        let unverified_kid = header.kid.ok_or(TokenRefusal::KeyUnknown)?;
        if unverified_kid.is_empty() || unverified_kid.len() > KID_BYTES_MAX {
            return Err(TokenRefusal::KeyUnknown);
        }
        let payload: Payload = json(payload, usize::MAX)?;
        let unverified_issuer = payload.iss.ok_or(TokenRefusal::IssuerUnknown)?;
        Ok(Self {
            algorithm,
            unverified_kid,
            unverified_issuer,
        })
    }
}

/// RFC 8725 section 3.11 and RFC 9068 section 2.1; media types are compared without case (RFC 7515 section 4.1.9).
fn is_accepted_type(typ: &str) -> bool {
    ["JWT", "at+jwt", "application/at+jwt"]
        .iter()
        .any(|accepted| typ.eq_ignore_ascii_case(accepted))
}

/// A part of a token that is a JSON object, decoded: base64url without padding or spare bits, then UTF-8.
pub(in crate::identity) fn json<T: DeserializeOwned>(part: &str, bytes_max: usize) -> Result<T, TokenRefusal> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::Malformed)?;
    if bytes.len() > bytes_max {
        return Err(TokenRefusal::Malformed);
    }
    let text = String::from_utf8(bytes).map_err(|_| TokenRefusal::Malformed)?;
    // The parser would take a list for the members in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(TokenRefusal::Malformed);
    }
    serde_json::from_str(&text).map_err(|_| TokenRefusal::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn token(header: &str, payload: &str, signature: &str) -> Token {
        Secret::new(format!(
            "{}.{}.{signature}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        ))
    }

    #[test]
    fn headers_are_judged_before_any_key() {
        let payload = r#"{"iss":"https://i.example","sub":"u1"}"#;
        let good = Unverified {
            algorithm: Algorithm::Es256,
            unverified_kid: "k1".to_owned(),
            unverified_issuer: "https://i.example".to_owned(),
        };
        for (name, header, expected) in [
            ("plain", r#"{"alg":"ES256","kid":"k1"}"#, Ok(good.clone())),
            ("typ JWT", r#"{"alg":"ES256","kid":"k1","typ":"jwt"}"#, Ok(good.clone())),
            (
                "typ at+jwt",
                r#"{"alg":"ES256","kid":"k1","typ":"at+JWT"}"#,
                Ok(good.clone()),
            ),
            (
                "where keys are is not looked at",
                r#"{"alg":"ES256","kid":"k1","jku":"https://e.example","x5c":["AA"]}"#,
                Ok(good),
            ),
            (
                "embedded key itself",
                r#"{"alg":"ES256","kid":"k1","jwk":{"kty":"EC"}}"#,
                Err(TokenRefusal::Malformed),
            ),
            (
                "jku is no text",
                r#"{"alg":"ES256","kid":"k1","jku":{}}"#,
                Err(TokenRefusal::Malformed),
            ),
            (
                "x5u twice",
                r#"{"alg":"ES256","kid":"k1","x5u":"a","x5u":"b"}"#,
                Err(TokenRefusal::Malformed),
            ),
            (
                "none",
                r#"{"alg":"none","kid":"k1"}"#,
                Err(TokenRefusal::AlgorithmNotAllowed),
            ),
            (
                "None",
                r#"{"alg":"None","kid":"k1"}"#,
                Err(TokenRefusal::AlgorithmNotAllowed),
            ),
            (
                "HS256",
                r#"{"alg":"HS256","kid":"k1"}"#,
                Err(TokenRefusal::AlgorithmNotAllowed),
            ),
            (
                "case of alg",
                r#"{"alg":"es256","kid":"k1"}"#,
                Err(TokenRefusal::AlgorithmNotAllowed),
            ),
            (
                "typ",
                r#"{"alg":"ES256","kid":"k1","typ":"secevent+jwt"}"#,
                Err(TokenRefusal::TypeNotAllowed),
            ),
            (
                "crit",
                r#"{"alg":"ES256","kid":"k1","crit":["exp"]}"#,
                Err(TokenRefusal::ExtensionNotSupported),
            ),
            (
                "b64",
                r#"{"alg":"ES256","kid":"k1","b64":false}"#,
                Err(TokenRefusal::ExtensionNotSupported),
            ),
            ("no kid", r#"{"alg":"ES256"}"#, Err(TokenRefusal::KeyUnknown)),
            (
                "empty kid",
                r#"{"alg":"ES256","kid":""}"#,
                Err(TokenRefusal::KeyUnknown),
            ),
            ("no alg", r#"{"kid":"k1"}"#, Err(TokenRefusal::Malformed)),
            (
                "alg twice",
                r#"{"alg":"ES256","alg":"none","kid":"k1"}"#,
                Err(TokenRefusal::Malformed),
            ),
            ("array", r#"["ES256"]"#, Err(TokenRefusal::Malformed)),
            (
                "array of all members in order",
                r#"["ES256","k1",null,null,null,null,null,null,null,null,null,null]"#,
                Err(TokenRefusal::Malformed),
            ),
            ("no JSON", "{", Err(TokenRefusal::Malformed)),
        ] {
            assert_eq!(Unverified::read(&token(header, payload, "c2ln")), expected, "{name}");
        }
    }

    #[test]
    fn other_shapes_are_malformed() {
        let header = r#"{"alg":"ES256","kid":"k1"}"#;
        for (name, token) in [
            ("one part", Secret::new("abc".to_owned())),
            ("two parts", Secret::new("a.b".to_owned())),
            ("four parts", Secret::new("a.b.c.d".to_owned())),
            ("five parts, a JWE", Secret::new("a.b.c.d.e".to_owned())),
            ("empty signature", token(header, r#"{"iss":"i"}"#, "")),
            ("payload is no JSON", token(header, "x", "c2ln")),
            ("iss is no string", token(header, r#"{"iss":1}"#, "c2ln")),
            (
                "spare bits",
                Secret::new(format!("{}.e30.c2ln", "eyJhbGciOiJFUzI1NiJ9".replace("J9", "J-"))),
            ),
            (
                "long header",
                token(
                    &format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(HEADER_BYTES_MAX)),
                    "{}",
                    "c2ln",
                ),
            ),
        ] {
            assert_eq!(Unverified::read(&token), Err(TokenRefusal::Malformed), "{name}");
        }
        assert_eq!(
            Unverified::read(&token(header, "{}", "c2ln")),
            Err(TokenRefusal::IssuerUnknown)
        );
    }
}
