//! Which keys are read, and which are refused.

use jwt_simple::algorithms::{ECDSAP256PublicKeyLike as _, ES256KeyPair, Ed25519KeyPair};
use serde_json::{Value, json};

use super::*;

fn p256_jwk() -> Value {
    let point = ES256KeyPair::generate()
        .public_key()
        .public_key()
        .to_bytes_uncompressed();
    json!({
        "kty": "EC", "crv": "P-256", "kid": "k1", "use": "sig", "alg": "ES256",
        "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
    })
}

fn ed25519_jwk() -> Value {
    let x = URL_SAFE_NO_PAD.encode(Ed25519KeyPair::generate().public_key().to_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": x })
}

/// The modulus of RFC 7515 appendix A.2.1.
fn rsa_jwk() -> Value {
    json!({
        "kty": "RSA", "kid": "k1", "e": "AQAB",
        "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-\
              SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-\
              UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et\
              hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    })
}

fn with(mut jwk: Value, name: &str, value: Value) -> String {
    jwk[name] = value;
    jwk.to_string()
}

#[test]
fn keys_pin_their_algorithm() {
    for (name, jwk, algorithm) in [
        ("RSA", rsa_jwk(), Algorithm::Rs256),
        ("P-256", p256_jwk(), Algorithm::Es256),
        ("Ed25519", ed25519_jwk(), Algorithm::EdDsa),
    ] {
        let key = VerifyingKey::from_jwk(&jwk.to_string(), "k1").unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(key.algorithm(), algorithm, "{name}");
    }
}

#[test]
fn unfit_keys_are_refused() {
    for (name, text) in [
        ("no JSON", "{".to_owned()),
        ("other kid", with(p256_jwk(), "kid", json!("k2"))),
        ("private part", with(p256_jwk(), "d", json!("AA"))),
        ("symmetric", json!({ "kty": "oct", "kid": "k1", "k": "AA" }).to_string()),
        ("for encryption", with(p256_jwk(), "use", json!("enc"))),
        ("for signing only", with(p256_jwk(), "key_ops", json!(["sign"]))),
        ("other curve", with(p256_jwk(), "crv", json!("P-384"))),
        (
            "off the curve",
            with(p256_jwk(), "x", json!(URL_SAFE_NO_PAD.encode([7; 32]))),
        ),
        ("short coordinate", with(p256_jwk(), "x", json!("AA"))),
        ("other algorithm", with(rsa_jwk(), "alg", json!("PS256"))),
        ("algorithm of another type", with(rsa_jwk(), "alg", json!("ES256"))),
        (
            "short RSA",
            with(rsa_jwk(), "n", json!(URL_SAFE_NO_PAD.encode([0xff; 128]))),
        ),
        (
            "long RSA",
            with(rsa_jwk(), "n", json!(URL_SAFE_NO_PAD.encode([0xff; 513]))),
        ),
        ("even exponent", with(rsa_jwk(), "e", json!("Ag"))),
        ("no modulus", with(rsa_jwk(), "n", Value::Null)),
        ("padded base64", with(ed25519_jwk(), "x", json!("AA=="))),
    ] {
        assert!(VerifyingKey::from_jwk(&text, "k1").is_err(), "{name}");
    }
}

#[test]
fn a_key_set_becomes_entries_of_public_members_only() {
    let mut certified = p256_jwk();
    certified["x5c"] = json!(["certificate"]);
    let mut encrypting = p256_jwk();
    encrypting["use"] = json!("enc");
    encrypting["kid"] = json!("k2");
    let set = json!({ "keys": [certified, encrypting] }).to_string();
    let StoredKeys { entries, left_out } = entries("https://i.example", &set, 7).unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].0, key_entry("https://i.example", "k1"));
    assert!(!entries[0].1.contains("x5c"));
    assert!(VerifyingKey::from_jwk(&entries[0].1, "k1").is_ok());
    assert_eq!(
        entries[1],
        (
            index_entry("https://i.example"),
            r#"{"fetched_at":7,"kids":["k1"]}"#.to_owned()
        )
    );
    assert_eq!(left_out.len(), 1);
    assert!(super::entries("https://i.example", r#"{"keys":[]}"#, 7).is_err());
    assert!(super::entries("https://i.example", "[]", 7).is_err());
}
