//! Writes the seeds: inputs that pass, and ones that differ from them in what parsers get wrong.
//!
//! The same files in every run. `cargo run --manifest-path fuzz/Cargo.toml --example seeds`

use std::{fs, path::Path};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tollgate_fuzz::{
    dpop::{self, TOKEN, good_nonce},
    keys,
    token::{ISSUER, NOW_S},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

fn main() -> std::io::Result<()> {
    for (target, seeds) in [("token", tokens()), ("key_set", key_sets()), ("dpop", proofs())] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        for (name, seed) in seeds {
            fs::write(folder.join(name), seed)?;
        }
    }
    Ok(())
}

type Seeds = Vec<(&'static str, String)>;

fn encoded(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn tokens() -> Seeds {
    let plain = json!({ "iss": ISSUER, "sub": "u1", "aud": "api://orders", "exp": NOW_S + 300, "iat": NOW_S });
    let full = json!({
        "iss": "https://login.example/t-1/v2.0", "tid": "t-1", "sub": "u1", "aud": ["x", "api://bills"], "exp": NOW_S + 300,
        "nbf": NOW_S, "iat": NOW_S as f64 + 0.5, "azp": "c1", "scope": "a b", "scp": ["a", "b"], "jti": "j1",
        "cnf": { "jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }, "roles": [{ "deep": [null, true, -1.5e3] }],
    });
    let (header, message) = (r#"{"alg":"HS256","typ":"at+jwt"}"#, |header: &str, payload: &Value| {
        format!("{}.{}", encoded(header), encoded(payload.to_string()))
    });
    let eddsa = keys::sign_eddsa(&message(r#"{"alg":"EdDSA","kid":"k1"}"#, &plain));
    let es256 = keys::sign_es256(&message(r#"{"alg":"ES256","kid":"k1","typ":"JWT"}"#, &plain));
    let of = |alg: &str, signature: usize| {
        let header = json!({ "alg": alg, "kid": "k1" }).to_string();
        format!("0{}.{}", message(&header, &plain), encoded(vec![1; signature]))
    };
    vec![
        ("raw-eddsa", format!("0{eddsa}")),
        ("raw-es256", format!("0{es256}")),
        ("raw-hs256", format!("0{}", keys::sign_hs256(&message(header, &plain)))),
        ("raw-es384-spoiled", of("ES384", 96)),
        ("raw-hs512-spoiled", of("HS512", 64)),
        ("raw-ps256-spoiled", of("PS256", 256)),
        ("raw-rs256-spoiled", of("RS256", 256)),
        (
            "raw-encrypted",
            "0eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA".to_owned(),
        ),
        ("raw-parts", "0a.b.c.d".to_owned()),
        ("header", format!("1{header}\n{plain}")),
        (
            "header-full",
            format!(
                "1{}\n{full}",
                json!({
                    "alg": "HS256", "kid": "k1", "typ": "JWT", "cty": "", "jku": "https://x.example", "x5u": "", "x5t": "", "x5c": ["AA"],
                })
            ),
        ),
        (
            "header-crit",
            format!("1{}\n{plain}", r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
        ),
        (
            "header-twice",
            format!("1{}\n{plain}", r#"{"alg":"HS256","\u0061lg":"none"}"#),
        ),
        (
            "header-key",
            format!("1{}\n{plain}", r#"{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}"#),
        ),
        ("payload", format!("2{plain}")),
        ("payload-full", format!("2{full}")),
        (
            "payload-expired",
            format!("2{}", with(plain.clone(), "exp", json!(NOW_S - 61))),
        ),
        (
            "payload-millis",
            format!("2{}", with(plain.clone(), "exp", json!(1_800_000_000_000_u64))),
        ),
        (
            "payload-twice",
            format!(
                "2{}",
                r#"{"iss":"https://issuer.example","iss":"x","aud":"api://orders","exp":1000300}"#
            ),
        ),
        (
            "payload-list",
            "2[\"https://issuer.example\",\"api://orders\",1000300]".to_owned(),
        ),
        ("payload-eddsa", format!("3{plain}")),
        ("payload-eddsa-full", format!("3{full}")),
    ]
}

fn key_sets() -> Seeds {
    let (ed25519, p256, p384) = (keys::ed25519_jwk(), keys::p256_jwk(), keys::p384_jwk());
    let rsa = keys::rsa_jwk("PS256");
    let named = |jwk: &Value, kid: &str| with(jwk.clone(), "kid", json!(kid));
    let all = [
        named(&ed25519, "a"),
        named(&p256, "b"),
        named(&p384, "c"),
        named(&rsa, "d"),
    ];
    let set = |keys: &[Value]| json!({ "keys": keys }).to_string();
    let zero = with(
        with(p256.clone(), "x", json!(encoded([0; 32]))),
        "y",
        json!(encoded([0; 32])),
    );
    vec![
        ("set-of-each", format!("0{}", set(&all))),
        ("set-of-one", format!("0{}", set(std::slice::from_ref(&ed25519)))),
        (
            "set-of-two-alike",
            format!("0{}", set(&[ed25519.clone(), p256.clone()])),
        ),
        ("set-empty", "0{\"keys\":[]}".to_owned()),
        ("set-list", "0[[]]".to_owned()),
        (
            "set-spoiled-keys",
            format!(
                "0{}",
                json!({ "keys": [1, null, "x", [], {}, ed25519], "more": { "a": [1] } })
            ),
        ),
        (
            "lines",
            format!("1{ed25519}\n{}\n{}", named(&rsa, "d"), named(&p384, "c")),
        ),
        ("lines-off-the-curve", format!("1{zero}\n{}", named(&ed25519, "a"))),
        (
            "lines-weak",
            format!(
                "1{}\n{}",
                with(ed25519.clone(), "x", json!(encoded([0; 32]))),
                named(&p256, "b")
            ),
        ),
        (
            "lines-small",
            format!("1{}\n{}", with(rsa.clone(), "n", json!("AQAB")), named(&p256, "b")),
        ),
        (
            "lines-exponent",
            format!("1{}\n{}", with(rsa, "e", json!("AQAAAAA")), named(&p256, "b")),
        ),
        (
            "more-private",
            "2\"d\":\"AA\"\n\"k\":\"AA\"\n\"use\":\"sig\"\n\"oth\":[]".to_owned(),
        ),
        (
            "more-usage",
            "2\"use\":\"enc\"\n\"key_ops\":[\"verify\"]\n\"key_ops\":[\"sign\"]\n\"key_ops\":1".to_owned(),
        ),
        (
            "more-alg",
            "2\"alg\":\"EdDSA\"\n\"alg\":\"ES256\"\n\"alg\":\"ES256\"\n\"x5c\":[\"AA\"]".to_owned(),
        ),
        (
            "more-issuer",
            "2\"issuer\":\"https://login.example/{tenantid}/v2.0\"\n\"x5t\":\"\\u0000\"".to_owned(),
        ),
        (
            "before-twice",
            "3\"kty\":\"RSA\"\n\"\\u006bid\":\"x\"\n\"extra\":{\"a\":{\"a\":1}}".to_owned(),
        ),
    ]
}

fn proofs() -> Seeds {
    let ath = encoded(Sha256::digest(TOKEN));
    let plain = json!({
        "jti": "id-1", "htm": "GET", "htu": "https://api.example.com/v1/orders", "iat": dpop::NOW_S, "ath": ath,
    });
    let changed = |name: &str, value: Value| with(plain.clone(), name, value);
    let raw = |alg: &str, jwk: &Value, sign: fn(&str) -> String| {
        let header = json!({ "typ": "dpop+jwt", "alg": alg, "jwk": jwk }).to_string();
        sign(&format!("{}.{}", encoded(header), encoded(plain.to_string())))
    };
    let rsa = |message: &str| format!("{message}.{}", encoded([1; 256]));
    vec![
        (
            "raw-eddsa",
            format!("0{}", raw("EdDSA", &keys::ed25519_jwk(), keys::sign_eddsa)),
        ),
        (
            "raw-es256",
            format!("0{}", raw("ES256", &keys::p256_jwk(), keys::sign_es256)),
        ),
        (
            "raw-rs256-spoiled",
            format!("0{}", raw("RS256", &keys::rsa_jwk("RS256"), rsa)),
        ),
        (
            "raw-private",
            format!(
                "0{}",
                raw("EdDSA", &with(keys::ed25519_jwk(), "d", json!("AA")), keys::sign_eddsa)
            ),
        ),
        ("claims", format!("1{plain}")),
        ("claims-nonce", format!("1{}", changed("nonce", json!(good_nonce())))),
        (
            "claims-spelling",
            format!(
                "1{}",
                changed("htu", json!("HTTPS://api.example.com:443/v1/../v1/%6frders?x#y"))
            ),
        ),
        (
            "claims-user",
            format!(
                "1{}",
                changed("htu", json!("https://api.example.com@evil.example/v1/orders"))
            ),
        ),
        (
            "claims-encoded-host",
            format!("1{}", changed("htu", json!("https://api%2eexample.com/v1/orders"))),
        ),
        ("claims-old", format!("1{}", changed("iat", json!(dpop::NOW_S - 61)))),
        (
            "claims-fraction",
            format!("1{}", changed("iat", json!(dpop::NOW_S as f64 + 10.9))),
        ),
        (
            "claims-twice",
            r#"1{"jti":"a","jti":"b","htm":"GET","htu":"https://api.example.com/v1/orders","iat":1000000}"#.to_owned(),
        ),
        ("header-more", format!("2\"kid\":\"k\",\"other\":[1,null]\n{plain}")),
        ("header-crit", format!("2\"crit\":null\n{plain}")),
        ("header-alg", format!("2\"alg\":\"none\"\n{plain}")),
        ("key", format!("3\n{plain}")),
        ("key-private", format!("3\"d\":\"AA\"\n{plain}")),
        (
            "key-more",
            format!("3\"use\":\"sig\",\"alg\":\"ES256\",\"key_ops\":[\"verify\"]\n{plain}"),
        ),
    ]
}
