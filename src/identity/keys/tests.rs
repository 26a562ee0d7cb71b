//! Which keys are read, and which are refused.

use serde_json::{Value, json};
use tollgate_devstack::signing::{Algorithm as SigningAlgorithm, SigningKey};

use super::*;

fn p256_jwk() -> Value {
    SigningKey::generate(SigningAlgorithm::Es256, "k1")
        .unwrap()
        .public_jwk()
}

fn ed25519_jwk() -> Value {
    let key = SigningKey::generate(SigningAlgorithm::EdDsa, "k1").unwrap();
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": key.public_jwk()["x"] })
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
        ("even modulus", with(rsa_jwk(), "n", json!(even_modulus()))),
        ("no exponent", with(rsa_jwk(), "e", Value::Null)),
        ("exponent zero", with(rsa_jwk(), "e", json!("AA"))),
        ("exponent one", with(rsa_jwk(), "e", json!("AQ"))),
        ("even exponent", with(rsa_jwk(), "e", json!("Ag"))),
        ("small exponent", with(rsa_jwk(), "e", json!("Aw"))),
        ("huge exponent", with(rsa_jwk(), "e", rsa_jwk()["n"].clone())),
        ("no modulus", with(rsa_jwk(), "n", Value::Null)),
        ("padded base64", with(ed25519_jwk(), "x", json!("AA=="))),
        ("spare bits in base64", with(rsa_jwk(), "e", json!("AQABAR"))),
        (
            "other base64",
            with(ed25519_jwk(), "x", json!(format!("{}+/A", "A".repeat(40)))),
        ),
        (
            "short Ed25519",
            with(ed25519_jwk(), "x", json!(URL_SAFE_NO_PAD.encode([7; 31]))),
        ),
        (
            "long Ed25519",
            with(ed25519_jwk(), "x", json!(URL_SAFE_NO_PAD.encode([7; 33]))),
        ),
    ] {
        assert!(VerifyingKey::from_jwk(&text, "k1").is_err(), "{name}");
    }
}

fn even_modulus() -> String {
    let mut modulus = URL_SAFE_NO_PAD.decode(rsa_jwk()["n"].as_str().unwrap()).unwrap();
    *modulus.last_mut().unwrap() ^= 1;
    URL_SAFE_NO_PAD.encode(modulus)
}

/// RFC 7518 section 6.3.1.1 forbids them, and says that some libraries write one.
#[test]
fn zeros_before_an_rsa_number_change_nothing() {
    let mut modulus = URL_SAFE_NO_PAD.decode(rsa_jwk()["n"].as_str().unwrap()).unwrap();
    modulus.insert(0, 0);
    let mut jwk = rsa_jwk();
    jwk["n"] = json!(URL_SAFE_NO_PAD.encode(&modulus));
    jwk["e"] = json!("AAEAAQ");
    assert!(VerifyingKey::from_jwk(&jwk.to_string(), "k1").is_ok());
    let short = [vec![0; 200], vec![0xff; 128]].concat();
    assert!(VerifyingKey::from_jwk(&with(jwk, "n", json!(URL_SAFE_NO_PAD.encode(short))), "k1").is_err());
}

/// With such a key one signature fits many messages. All points of small order, with either sign, and all encodings that
/// are not canonical: Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", table 2.
#[test]
fn ed25519_keys_of_small_order_and_second_encodings_are_refused() {
    let of_order_8: [[u64; 4]; 2] = [
        [
            0xc717_6a70_3d4d_d84f,
            0xba3c_0b76_0d10_670f,
            0x2a20_53fa_2c39_ccc6,
            0x4ec7_fd77_92ac_037a,
        ],
        [
            0x26e8_958f_c2b2_27b0,
            0x45c3_f489_f2ef_98f0,
            0xd5df_ac05_d3c6_3339,
            0xb138_0288_6d53_fc05,
        ],
    ];
    let bytes = |words: [u64; 4]| words.map(u64::to_be_bytes).concat();
    let begin = |first: u8, rest: u8, last: u8| [vec![first], vec![rest; 30], vec![last]].concat();
    let mut refused: Vec<Vec<u8>> = of_order_8.into_iter().map(bytes).collect();
    refused.extend([begin(0, 0, 0), begin(1, 0, 0)]);
    // One less than the field's size is of order 2; from the field's size on, a smaller number says the same.
    refused.extend((0xec..=0xff).map(|first| begin(first, 0xff, 0x7f)));
    // Not on the curve.
    refused.push(begin(2, 0, 0));
    for mut x in refused {
        assert!(ed25519(&x).is_err(), "{x:x?}");
        x[31] |= 0x80;
        assert!(ed25519(&x).is_err(), "{x:x?}");
    }
}

fn ed25519(x: &[u8]) -> Result<VerifyingKey, String> {
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": URL_SAFE_NO_PAD.encode(x) });
    VerifyingKey::from_jwk(&jwk.to_string(), "k1")
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
