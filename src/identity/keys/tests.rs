//! Which keys are read, and which are refused.

mod sets;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate_devstack::signing::{Algorithm as SigningAlgorithm, SigningKey};

use super::*;
use crate::{identity::algorithm::Algorithm, policy::issuer::HmacAlgorithm};

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

/// The base point of P-384 (FIPS 186-4 section D.1.2.4).
fn p384_jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-384", "kid": "k1",
        "x": "qofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3",
        "y": "NhfeSpYmLG9dnpi_kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f",
    })
}

fn with_alg(mut jwk: Value, alg: &str) -> Value {
    jwk["alg"] = json!(alg);
    jwk
}

#[test]
fn keys_pin_their_algorithm() {
    for (name, jwk, algorithm) in [
        ("RSA without `alg`", rsa_jwk(), Algorithm::Rs256),
        ("RS256", with_alg(rsa_jwk(), "RS256"), Algorithm::Rs256),
        ("RS384", with_alg(rsa_jwk(), "RS384"), Algorithm::Rs384),
        ("RS512", with_alg(rsa_jwk(), "RS512"), Algorithm::Rs512),
        ("PS256", with_alg(rsa_jwk(), "PS256"), Algorithm::Ps256),
        ("PS384", with_alg(rsa_jwk(), "PS384"), Algorithm::Ps384),
        ("PS512", with_alg(rsa_jwk(), "PS512"), Algorithm::Ps512),
        ("P-384", p384_jwk(), Algorithm::Es384),
        ("ES384", with_alg(p384_jwk(), "ES384"), Algorithm::Es384),
        ("EdDSA", with_alg(ed25519_jwk(), "EdDSA"), Algorithm::EdDsa),
        ("Ed25519 by name", with_alg(ed25519_jwk(), "Ed25519"), Algorithm::EdDsa),
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
        ("P-521", with(p256_jwk(), "crv", json!("P-521"))),
        ("secp256k1", with(p256_jwk(), "crv", json!("secp256k1"))),
        ("Ed448", with(ed25519_jwk(), "crv", json!("Ed448"))),
        ("X25519", with(ed25519_jwk(), "crv", json!("X25519"))),
        ("curve of another type", with(ed25519_jwk(), "crv", json!("P-256"))),
        ("algorithm of another type", with(rsa_jwk(), "alg", json!("ES256"))),
        ("algorithm of another curve", with(p256_jwk(), "alg", json!("ES384"))),
        ("algorithm of the other curve", with(p384_jwk(), "alg", json!("ES256"))),
        ("symmetric algorithm", with(rsa_jwk(), "alg", json!("HS256"))),
        ("encrypting algorithm", with(rsa_jwk(), "alg", json!("RSA-OAEP"))),
        ("alg is no text", with(rsa_jwk(), "alg", json!(["RS256"]))),
        ("use is no text", with(rsa_jwk(), "use", json!(1))),
        ("key_ops is no list", with(rsa_jwk(), "key_ops", json!("verify"))),
        ("key_ops is empty", with(rsa_jwk(), "key_ops", json!([]))),
        ("issuer is no text", with(rsa_jwk(), "issuer", json!(1))),
        ("private part that is null", with(rsa_jwk(), "d", Value::Null)),
        ("other primes", with(rsa_jwk(), "oth", json!([]))),
        ("P-384 off the curve", with(p384_jwk(), "y", p384_jwk()["x"].clone())),
        (
            "member twice",
            p256_jwk().to_string().replacen('{', r#"{"x5c":[],"x5c":[],"#, 1),
        ),
        (
            "short RSA",
            with(rsa_jwk(), "n", json!(URL_SAFE_NO_PAD.encode([0xff; 128]))),
        ),
        (
            "long RSA",
            with(rsa_jwk(), "n", json!(URL_SAFE_NO_PAD.encode([0xff; 1_025]))),
        ),
        ("even modulus", with(rsa_jwk(), "n", json!(even_modulus()))),
        ("no exponent", with(rsa_jwk(), "e", Value::Null)),
        ("exponent zero", with(rsa_jwk(), "e", json!("AA"))),
        ("exponent one", with(rsa_jwk(), "e", json!("AQ"))),
        ("even exponent", with(rsa_jwk(), "e", json!("Ag"))),
        (
            "exponent above 2^32",
            with(rsa_jwk(), "e", json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 1]))),
        ),
        (
            "even exponent 2^32",
            with(rsa_jwk(), "e", json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0]))),
        ),
        (
            "exponent of nine bytes whose last are good",
            with(
                rsa_jwk(),
                "e",
                json!(URL_SAFE_NO_PAD.encode([1, 0, 0, 0, 0, 0, 1, 0, 1])),
            ),
        ),
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

#[test]
fn rsa_numbers_are_taken_to_their_bounds() {
    for (name, member, bytes) in [
        ("the least exponent", "e", vec![3]),
        ("the greatest exponent", "e", vec![0xff; 4]),
        ("8,192 bits", "n", vec![0xff; 1_024]),
    ] {
        let jwk = with(rsa_jwk(), member, json!(URL_SAFE_NO_PAD.encode(bytes)));
        assert!(VerifyingKey::from_jwk(&jwk, "k1").is_ok(), "{name}");
    }
    let bits_2_047 = [vec![0x7f], vec![0xff; 255]].concat();
    let jwk = with(rsa_jwk(), "n", json!(URL_SAFE_NO_PAD.encode(bits_2_047)));
    let why = VerifyingKey::from_jwk(&jwk, "k1").unwrap_err();
    assert_eq!(why, "the RSA key has 2047 bits; 2,048 to 8,192 are taken");
}

#[test]
fn a_secret_is_as_long_as_its_hash() {
    for (algorithm, bytes) in [
        (HmacAlgorithm::Hs256, 32),
        (HmacAlgorithm::Hs384, 48),
        (HmacAlgorithm::Hs512, 64),
    ] {
        let key = VerifyingKey::shared(&vec![7; bytes], algorithm).unwrap();
        assert_eq!(key.algorithm(), Algorithm::from(algorithm));
        assert_eq!(format!("{key:?}"), format!("VerifyingKey({})", key.algorithm().name()));
        assert!(
            VerifyingKey::shared(&vec![7; bytes - 1], algorithm).is_err(),
            "{algorithm:?}"
        );
    }
    assert!(VerifyingKey::shared(b"", HmacAlgorithm::Hs256).is_err());
}

#[test]
fn a_proof_brings_a_public_key_without_name() {
    let mut jwk = p256_jwk();
    jwk.as_object_mut().unwrap().remove("kid");
    let (key, thumbprint) = VerifyingKey::from_proof_jwk(&jwk.to_string(), Algorithm::Es256).unwrap();
    assert_eq!(key.algorithm(), Algorithm::Es256);
    assert_eq!(thumbprint.len(), 43);
    let named = VerifyingKey::from_proof_jwk(&with(jwk.clone(), "kid", json!("k9")), Algorithm::Es256).unwrap();
    assert_eq!(named.1, thumbprint, "only what makes the key is in its thumbprint");
    for (name, text) in [
        ("private", with(jwk.clone(), "d", json!("AA"))),
        ("symmetric", json!({ "kty": "oct", "k": "AA" }).to_string()),
        ("no object", "[]".to_owned()),
        ("twice", jwk.to_string().replacen('{', r#"{"kty":"EC","#, 1)),
    ] {
        assert!(VerifyingKey::from_proof_jwk(&text, Algorithm::Es256).is_err(), "{name}");
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
