//! Payloads that no JSON library would write: members that come twice, of which two parsers may each take another
//! (RFC 7519 section 4), and what is no object of UTF-8 text.

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::*;

/// What the gateway makes of these bytes as a payload, well signed.
pub(super) fn judge_payload(payload: &[u8]) -> Result<(), TokenRefusal> {
    let pair = SigningKey::from_bytes(&[7; 32]);
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA","kid":"raw"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()).to_bytes());
    let x = URL_SAFE_NO_PAD.encode(pair.verifying_key().to_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "raw", "x": x }).to_string();
    let public = VerifyingKey::from_jwk(&jwk, "raw").unwrap();
    judge_with(&format!("{message}.{signature}"), |_| Some(public.clone())).map(drop)
}

/// Good claims, and one more.
fn members(more: Option<(&str, Value)>) -> String {
    let once = [
        ("iss", json!(ISSUER)),
        ("sub", json!("u1")),
        ("aud", json!("api://orders")),
        ("exp", json!(NOW + 300)),
        ("nbf", json!(NOW)),
        ("iat", json!(NOW)),
        ("scope", json!("orders:read")),
        ("scp", json!("orders:read")),
        ("client_id", json!("app")),
        ("azp", json!("app")),
        ("cid", json!("app")),
        ("jti", json!("1")),
        ("nonce", json!("1")),
    ];
    let members = once.into_iter().chain(more);
    let members: Vec<_> = members.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    members.join(",")
}

#[test]
fn a_member_that_comes_twice_is_refused() {
    let judged = |twice| judge_payload(format!("{{{}}}", members(twice)).as_bytes());
    assert_eq!(judged(None), Ok(()));
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("sub", json!("admin")),
        ("aud", json!("api://else")),
        ("exp", json!(u32::MAX)),
        ("nbf", json!(0)),
        ("iat", json!(0)),
        ("scope", json!("admin")),
        ("scp", json!("admin")),
        ("client_id", json!("admin")),
        ("azp", json!("admin")),
        ("cid", json!("admin")),
        ("jti", json!("2")),
        ("nonce", json!("2")),
    ] {
        assert_eq!(judged(Some((name, value))), Err(TokenRefusal::Malformed), "{name}");
    }
    for (name, more) in [
        ("in a claim that nobody reads", r#""other":{"a":1,"a":1}"#),
        ("deep in it", r#""other":[{"b":{"a":1,"\u0061":1}}]"#),
        ("a claim that nobody reads", r#""other":1,"other":1"#),
    ] {
        let payload = format!("{{{},{more}}}", members(None));
        assert_eq!(
            judge_payload(payload.as_bytes()),
            Err(TokenRefusal::Malformed),
            "{name}"
        );
    }
}

#[test]
fn a_payload_is_one_object_of_utf_8() {
    let good = members(None);
    assert_eq!(judge_payload(format!(" \r\n\t{{{good}}}\n ").as_bytes()), Ok(()));
    let values: Vec<_> = serde_json::from_str::<serde_json::Map<_, Value>>(&format!("{{{good}}}"))
        .unwrap()
        .into_iter()
        .map(|(_, value)| value.to_string())
        .collect();
    let mut broken = format!("{{{good},\"other\":\"?\"}}").into_bytes();
    let mark = broken.iter().rposition(|byte| *byte == b'?').unwrap();
    broken[mark] = 0xff;
    for (name, payload) in [
        ("a list", format!("[{}]", values.join(",")).into_bytes()),
        ("text", format!("\"{ISSUER}\"").into_bytes()),
        ("null", b"null".to_vec()),
        ("more after it", format!("{{{good}}} {{}}").into_bytes()),
        ("cut off", format!("{{{good}").into_bytes()),
        ("a byte order mark", format!("\u{feff}{{{good}}}").into_bytes()),
        ("not UTF-8 in a claim that nobody reads", broken),
        (
            "jti is a number",
            format!("{{{},\"jti\":1}}", good.replace("\"jti\":\"1\",", "")).into_bytes(),
        ),
    ] {
        assert_eq!(judge_payload(&payload), Err(TokenRefusal::Malformed), "{name}");
    }
}
