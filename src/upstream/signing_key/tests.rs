//! Published keys and signatures, keys that are none, and what is published of a key.

use super::*;
use crate::identity::keys::VerifyingKey;

/// RFC 8037 appendix A.1.
const ED25519_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// RFC 7515 appendix A.3.
const P256_D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";
const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": "e1", "d": ED25519_D, "x": ED25519_X })
}

fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256", "kid": "p1", "d": P256_D, "x": P256_X, "y": P256_Y })
}

fn read(jwk: &Value) -> Result<SigningKey, String> {
    SigningKey::from_secret(&Secret::new(jwk.to_string().into_bytes()))
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(byte).collect()
}

#[test]
fn signatures_are_the_published_ones() {
    // RFC 8037 appendix A.4.
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature = read(&ed25519()).unwrap().private.signature(message.as_bytes());
    assert_eq!(
        URL_SAFE_NO_PAD.encode(signature),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
    // RFC 6979 appendix A.2.5, SHA-256, "sample".
    let d = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
    let key = SigningKey::from_private("k", Curve::P256, d.try_into().unwrap()).unwrap();
    let r = hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716");
    let s = hex("F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
    assert_eq!(key.private.signature(b"sample").to_vec(), [r, s].concat());
}

#[test]
fn what_is_signed_verifies_with_what_is_published() {
    let claims = json!({ "iss": "https://api.example.com", "sub": "u1" });
    for (name, jwk, algorithm) in [("P-256", p256(), "ES256"), ("Ed25519", ed25519(), "EdDSA")] {
        let key = read(&jwk).unwrap();
        let kid = jwk["kid"].as_str().unwrap();
        assert_eq!((key.kid(), key.algorithm()), (kid, algorithm), "{name}");
        let token = key.sign(&claims);
        let parts: Vec<&str> = token.expose().split('.').collect();
        let part = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
        let json = |at: usize| serde_json::from_slice::<Value>(&part(at)).unwrap();
        assert_eq!(parts.len(), 3, "{name}");
        assert_eq!(json(0), json!({ "alg": algorithm, "typ": "JWT", "kid": kid }), "{name}");
        assert_eq!(json(1), claims, "{name}");
        let public = VerifyingKey::from_jwk(&key.public_jwk().to_string(), kid).unwrap();
        let message = format!("{}.{}", parts[0], parts[1]);
        assert!(public.verifies(message.as_bytes(), &part(2)), "{name}");
        assert!(!public.verifies(b"something else", &part(2)), "{name}");
    }
}

#[test]
fn the_public_half_is_the_public_half() {
    let public = json!({
        "kty": "EC", "crv": "P-256", "kid": "p1", "x": P256_X, "y": P256_Y, "use": "sig", "alg": "ES256",
    });
    assert_eq!(read(&p256()).unwrap().public_jwk(), public);
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "e1", "x": ED25519_X, "use": "sig", "alg": "EdDSA" });
    assert_eq!(read(&ed25519()).unwrap().public_jwk(), public);
    assert_eq!(
        format!("{:?}", read(&ed25519()).unwrap()),
        "SigningKey { kid: \"e1\", .. }"
    );
}

#[test]
fn a_key_is_written_as_it_is_read() {
    for jwk in [p256(), ed25519()] {
        let key = read(&jwk).unwrap();
        let written: Value = serde_json::from_str(key.private_jwk().expose()).unwrap();
        let mut expected = key.public_jwk();
        expected["d"] = jwk["d"].clone();
        assert_eq!(written, expected);
        assert_eq!(read(&written).unwrap().public_jwk(), key.public_jwk());
    }
}

#[test]
fn what_a_key_says_of_itself_is_heeded() {
    let with = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        read(&jwk).err()
    };
    for (name, jwk, member, value, why) in [
        ("its own use", p256(), "use", json!("sig"), None),
        (
            "encryption",
            p256(),
            "use",
            json!("enc"),
            Some("its `use` is not `sig`"),
        ),
        ("its own algorithm", p256(), "alg", json!("ES256"), None),
        ("EdDSA", ed25519(), "alg", json!("EdDSA"), None),
        ("EdDSA by its curve", ed25519(), "alg", json!("Ed25519"), None),
        (
            "of the other curve",
            p256(),
            "alg",
            json!("EdDSA"),
            Some("its `alg` is not that of its curve"),
        ),
        (
            "likewise",
            ed25519(),
            "alg",
            json!("ES256"),
            Some("its `alg` is not that of its curve"),
        ),
        ("to sign", p256(), "key_ops", json!(["verify", "sign"]), None),
        (
            "to verify",
            p256(),
            "key_ops",
            json!(["verify"]),
            Some("its `key_ops` have no `sign`"),
        ),
        ("another member", p256(), "x5t", json!("x"), None),
    ] {
        assert_eq!(with(jwk, member, value).as_deref(), why, "{name}");
    }
}

#[test]
fn unfit_keys_are_refused_without_a_word_of_them() {
    let with = |mut jwk: Value, name: &str, value: Value| {
        jwk[name] = value;
        jwk.to_string()
    };
    let without = |mut jwk: Value, name: &str| {
        jwk.as_object_mut().unwrap().remove(name);
        jwk.to_string()
    };
    let encoded = |bytes: &[u8]| json!(URL_SAFE_NO_PAD.encode(bytes));
    let mut twice = p256().to_string();
    twice.insert_str(1, "\"kid\":\"secret\",");
    for (name, text) in [
        ("no JSON", "secret".to_owned()),
        ("empty", String::new()),
        ("a list", "[\"secret\"]".to_owned()),
        ("a member of another type", with(p256(), "x", json!(["secret"]))),
        ("a member twice", twice),
        ("no kid", without(p256(), "kid")),
        ("an empty kid", with(p256(), "kid", json!(""))),
        ("a kid with a space", with(p256(), "kid", json!("the secret"))),
        ("a long kid", with(p256(), "kid", json!("secret".repeat(22)))),
        ("no d", without(p256(), "d")),
        ("no x", without(ed25519(), "x")),
        ("no y", without(p256(), "y")),
        ("d of other text", with(p256(), "d", json!("!secret!"))),
        ("d with padding", with(p256(), "d", json!(format!("{P256_D}=")))),
        ("d of 31 bytes", with(p256(), "d", encoded(&[1; 31]))),
        ("d of 33 bytes", with(p256(), "d", encoded(&[1; 33]))),
        ("short Ed25519", with(ed25519(), "d", encoded(&[1; 31]))),
        ("zero", with(p256(), "d", encoded(&[0; 32]))),
        ("above the order", with(p256(), "d", encoded(&[0xff; 32]))),
        ("another x", with(p256(), "x", json!(P256_Y))),
        ("another y", with(p256(), "y", json!(P256_X))),
        ("y of other text", with(p256(), "y", json!("!secret!"))),
        ("another d", with(p256(), "d", encoded(&[1; 32]))),
        ("another Ed25519 x", with(ed25519(), "x", json!(P256_X))),
        ("Ed25519 with a y", with(ed25519(), "y", json!("!secret!"))),
        ("P-384", with(p256(), "crv", json!("P-384"))),
        ("Ed448", with(ed25519(), "crv", json!("Ed448"))),
        ("X25519", with(ed25519(), "crv", json!("X25519"))),
        ("type and curve of two", with(ed25519(), "kty", json!("EC"))),
        (
            "RSA",
            r#"{"kty":"RSA","kid":"k","n":"secret","e":"AQAB","d":"secret"}"#.to_owned(),
        ),
        ("a shared secret", r#"{"kty":"oct","kid":"k","k":"secret"}"#.to_owned()),
    ] {
        let why = SigningKey::from_secret(&Secret::new(text.into_bytes())).err();
        let why = why.unwrap_or_else(|| panic!("{name} is taken"));
        for secret in ["secret", P256_D, ED25519_D] {
            assert!(!why.contains(secret), "{name}: {why}");
        }
    }
}
