//! Claims and header members: what a signed token may say.

use serde_json::{Value, json};

use super::*;

#[test]
fn times() {
    judge_all(&[
        ("exp in the leeway", |t| t.claim("exp", NOW - 59), Ok(())),
        (
            "exp past the leeway",
            |t| t.claim("exp", NOW - 60),
            Err(TokenRefusal::Expired),
        ),
        ("exp is zero", |t| t.claim("exp", 0), Err(TokenRefusal::Expired)),
        ("exp missing", |t| t.without("exp"), Err(TokenRefusal::ExpiryMissing)),
        (
            "exp is null",
            |t| t.claim("exp", Value::Null),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is text",
            |t| t.claim("exp", (NOW + 300).to_string()),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is a list",
            |t| t.claim("exp", json!([NOW + 300])),
            Err(TokenRefusal::Malformed),
        ),
        ("exp is true", |t| t.claim("exp", true), Err(TokenRefusal::Malformed)),
        ("exp is negative", |t| t.claim("exp", -1), Err(TokenRefusal::Malformed)),
        (
            "exp is a negative fraction",
            |t| t.claim("exp", -1.5),
            Err(TokenRefusal::Malformed),
        ),
        ("exp has a fraction", |t| t.claim("exp", 1_000_000.5), Ok(())),
        (
            "exp past with a fraction",
            |t| t.claim("exp", 999_939.5),
            Err(TokenRefusal::Expired),
        ),
        ("exp is 2^32 - 1", |t| t.claim("exp", u32::MAX), Ok(())),
        ("exp is 2^32", |t| t.claim("exp", 1_u64 << 32), Ok(())),
        ("exp has an exponent", |t| t.claim("exp", 1e7), Ok(())),
        (
            "exp is the last second of 9999",
            |t| t.claim("exp", 253_402_300_799_u64),
            Ok(()),
        ),
        ("exp is in that second", |t| t.claim("exp", 253_402_300_799.5), Ok(())),
        (
            "exp is a second later",
            |t| t.claim("exp", 253_402_300_800_u64),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is a fraction later",
            |t| t.claim("exp", 253_402_300_800.5),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is 2^53",
            |t| t.claim("exp", 1_u64 << 53),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is the largest number",
            |t| t.claim("exp", u64::MAX),
            Err(TokenRefusal::Malformed),
        ),
        (
            "exp is a huge fraction",
            |t| t.claim("exp", 1e300),
            Err(TokenRefusal::Malformed),
        ),
        ("nbf missing", |t| t.without("nbf"), Ok(())),
        ("nbf in the leeway", |t| t.claim("nbf", NOW + 60), Ok(())),
        (
            "nbf past the leeway",
            |t| t.claim("nbf", NOW + 61),
            Err(TokenRefusal::NotYetValid),
        ),
        (
            "nbf is 2^32",
            |t| t.claim("nbf", 1_u64 << 32),
            Err(TokenRefusal::NotYetValid),
        ),
        (
            "nbf is 2^32 and a bit",
            |t| t.claim("nbf", (1_u64 << 32) + 1),
            Err(TokenRefusal::NotYetValid),
        ),
        (
            "nbf is in the year 9999",
            |t| t.claim("nbf", 253_402_300_799_u64),
            Err(TokenRefusal::NotYetValid),
        ),
        (
            "nbf is 2^40",
            |t| t.claim("nbf", 1_u64 << 40),
            Err(TokenRefusal::Malformed),
        ),
        (
            "nbf is null",
            |t| t.claim("nbf", Value::Null),
            Err(TokenRefusal::Malformed),
        ),
        ("nbf is text", |t| t.claim("nbf", "0"), Err(TokenRefusal::Malformed)),
        ("iat missing", |t| t.without("iat"), Ok(())),
        ("iat in the leeway", |t| t.claim("iat", NOW + 60), Ok(())),
        (
            "iat past the leeway",
            |t| t.claim("iat", NOW + 61),
            Err(TokenRefusal::NotYetValid),
        ),
        (
            "iat is 2^53",
            |t| t.claim("iat", 1_u64 << 53),
            Err(TokenRefusal::Malformed),
        ),
        ("iat is text", |t| t.claim("iat", "0"), Err(TokenRefusal::Malformed)),
    ]);
}

#[test]
fn audiences_and_issuers() {
    judge_all(&[
        ("aud is the other of ours", |t| t.audience("api://other"), Ok(())),
        (
            "aud is a list with ours",
            |t| t.audience(vec!["x", "api://orders"]),
            Ok(()),
        ),
        (
            "aud is a list without ours",
            |t| t.audience(vec!["x", "y"]),
            Err(TokenRefusal::AudienceWrong),
        ),
        (
            "aud is an empty list",
            |t| t.audience(json!([])),
            Err(TokenRefusal::AudienceWrong),
        ),
        ("aud missing", |t| t.without("aud"), Err(TokenRefusal::AudienceWrong)),
        (
            "aud of another service",
            |t| t.audience("api://else"),
            Err(TokenRefusal::AudienceWrong),
        ),
        (
            "aud in another case",
            |t| t.audience("API://orders"),
            Err(TokenRefusal::AudienceWrong),
        ),
        (
            "aud begins like ours",
            |t| t.audience("api://orders2"),
            Err(TokenRefusal::AudienceWrong),
        ),
        (
            "aud is ours and more in one text",
            |t| t.audience("api://orders x"),
            Err(TokenRefusal::AudienceWrong),
        ),
        ("aud is a number", |t| t.audience(7), Err(TokenRefusal::Malformed)),
        (
            "aud is a list of numbers",
            |t| t.audience(json!([7])),
            Err(TokenRefusal::Malformed),
        ),
        (
            "aud is an object",
            |t| t.audience(json!({"api://orders": 1})),
            Err(TokenRefusal::Malformed),
        ),
        (
            "aud is a list that is too long",
            |t| t.audience((0..300).map(|item| item.to_string()).collect::<Vec<_>>()),
            Err(TokenRefusal::Malformed),
        ),
        (
            "iss with a slash more",
            |t| t.issuer(format!("{ISSUER}/")),
            Err(TokenRefusal::IssuerUnknown),
        ),
        (
            "iss in another case",
            |t| t.issuer(ISSUER.to_uppercase()),
            Err(TokenRefusal::IssuerUnknown),
        ),
        ("iss is empty", |t| t.issuer(""), Err(TokenRefusal::IssuerUnknown)),
        ("iss missing", |t| t.without("iss"), Err(TokenRefusal::IssuerUnknown)),
        (
            "iss is a list",
            |t| t.claim("iss", json!([ISSUER])),
            Err(TokenRefusal::Malformed),
        ),
        ("sub missing", |t| t.without("sub"), Ok(())),
        (
            "sub is null",
            |t| t.claim("sub", Value::Null),
            Err(TokenRefusal::Malformed),
        ),
        ("sub is a number", |t| t.claim("sub", 7), Err(TokenRefusal::Malformed)),
        ("jti is a number", |t| t.claim("jti", 7), Err(TokenRefusal::Malformed)),
        ("unknown claims", |t| t.claim("groups", json!({"a": [1, null]})), Ok(())),
    ]);
}

#[test]
fn header_members() {
    judge_all(&[
        ("typ jwt", |t| t.header("typ", "jwt"), Ok(())),
        ("typ at+jwt", |t| t.header("typ", "AT+JWT"), Ok(())),
        (
            "typ application/at+jwt",
            |t| t.header("typ", "application/at+jwt"),
            Ok(()),
        ),
        ("typ missing", |t| t.without_header("typ"), Ok(())),
        (
            "typ is null",
            |t| t.header("typ", Value::Null),
            Err(TokenRefusal::Malformed),
        ),
        (
            "typ of a logout token",
            |t| t.header("typ", "logout+jwt"),
            Err(TokenRefusal::TypeNotAllowed),
        ),
        (
            "typ of a proof",
            |t| t.header("typ", "dpop+jwt"),
            Err(TokenRefusal::TypeNotAllowed),
        ),
        (
            "typ is empty",
            |t| t.header("typ", ""),
            Err(TokenRefusal::TypeNotAllowed),
        ),
        ("typ is a number", |t| t.header("typ", 1), Err(TokenRefusal::Malformed)),
        ("kid missing", |t| t.without_kid(), Err(TokenRefusal::KeyUnknown)),
        ("kid is empty", |t| t.kid(""), Err(TokenRefusal::KeyUnknown)),
        (
            "kid of nobody",
            |t| t.kid("okta-es256-2"),
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "kid in another case",
            |t| t.kid("OKTA-ES256-1"),
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "kid with a NUL",
            |t| t.kid("okta-es256-1\0"),
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "kid is a path",
            |t| t.kid("../../dev/null"),
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "kid is too long",
            |t| t.kid("k".repeat(257)),
            Err(TokenRefusal::KeyUnknown),
        ),
        ("kid is a number", |t| t.header("kid", 1), Err(TokenRefusal::Malformed)),
        (
            "crit",
            |t| t.header("crit", json!(["exp"])),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "crit is empty",
            |t| t.header("crit", json!([])),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "crit is null",
            |t| t.header("crit", Value::Null),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "b64",
            |t| t.header("b64", true),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "b64 is false",
            |t| t.header("b64", false),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "zip",
            |t| t.header("zip", "DEF"),
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        ("enc", |t| t.header("enc", "A128GCM"), Err(TokenRefusal::Encrypted)),
        (
            "jku of an attacker is not looked at",
            |t| t.header("jku", "https://evil.example/jwks"),
            Ok(()),
        ),
        (
            // It would never be used; but nobody sends one by accident.
            "jwk that comes with the token",
            |t| t.header("jwk", json!({ "kty": "oct", "k": "AA" })),
            Err(TokenRefusal::Malformed),
        ),
        (
            "x5c of an attacker is not looked at",
            |t| t.header("x5c", json!(["MIIB"])),
            Ok(()),
        ),
    ]);
}
