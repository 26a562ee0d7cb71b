//! A proof is valid, or wrong in exactly one point.

use serde_json::json;

use super::*;

fn parsed(proof: &str) -> (Value, Value) {
    let mut parts = proof.split('.');
    let mut json = || {
        let part = URL_SAFE_NO_PAD
            .decode(parts.next().expect("a part"))
            .expect("base64url");
        serde_json::from_slice(&part).expect("json")
    };
    (json(), json())
}

#[test]
fn a_proof_shows_its_key_and_what_it_is_for() {
    for (algorithm, members) in [
        (Algorithm::Es256, vec!["crv", "kty", "x", "y"]),
        (Algorithm::Es384, vec!["crv", "kty", "x", "y"]),
        (Algorithm::EdDsa, vec!["crv", "kty", "x"]),
        (Algorithm::Ps256, vec!["e", "kty", "n"]),
    ] {
        let client = Client::new(algorithm).expect("a client");
        let url = "https://api.example.com/v1/orders?page=2#top";
        let proof = client.proof("GET", url, Some("token"), Some("n1")).expect("a proof");
        let (header, claims) = parsed(&proof);
        assert_eq!(
            (&header["typ"], &header["alg"]),
            (&json!("dpop+jwt"), &json!(algorithm.jws_name()))
        );
        let mut found: Vec<_> = header["jwk"].as_object().expect("a key").keys().cloned().collect();
        found.sort_unstable();
        assert_eq!(found, members, "{algorithm:?}");
        assert_eq!(client.jkt(), client.key().thumbprint().expect("a thumbprint"));
        assert_eq!(
            (&claims["htm"], &claims["htu"]),
            (&json!("GET"), &json!("https://api.example.com/v1/orders"))
        );
        assert_eq!((now() - claims["iat"].as_i64().expect("iat")) / 5, 0);
        assert_eq!(claims["nonce"], "n1");
        // SHA-256 of `token`, by `openssl dgst`.
        assert_eq!(claims["ath"], "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A");
        let again = client.proof("GET", url, None, None).expect("a proof");
        let (_, bare) = parsed(&again);
        assert_ne!(bare["jti"], claims["jti"]);
        assert_eq!((bare.get("ath"), bare.get("nonce")), (None, None));
    }
}

#[test]
fn each_method_changes_one_thing() {
    let client = Client::new(Algorithm::Es256).expect("a client");
    let other = SigningKey::generate(Algorithm::Es256, "other").expect("a key");
    type Change = fn(ProofBuilder) -> ProofBuilder;
    let table: [(&str, Change, &str, Option<Value>); 7] = [
        ("nonce", |p| p.nonce("n"), "/1/nonce", Some(json!("n"))),
        ("time", |p| p.issued_in(-100), "/1/iat", Some(json!(now() - 100))),
        ("claim", |p| p.claim("htm", 7), "/1/htm", Some(json!(7))),
        ("without", |p| p.without("jti"), "/1/jti", None),
        ("header", |p| p.header("alg", "none"), "/0/alg", Some(json!("none"))),
        ("without header", |p| p.without_header("jwk"), "/0/jwk", None),
        (
            "token",
            |p| p.token(""),
            "/1/ath",
            Some(json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")),
        ),
    ];
    let whole = |proof: ProofBuilder| {
        let (header, claims) = parsed(&proof.build().expect("a proof"));
        json!([header, claims])
    };
    let begun = client.proving("GET", "https://api.example.com/");
    let before = whole(begun.clone());
    for (name, change, pointer, expected) in table {
        let mut after = whole(change(begun.clone()));
        match (after.pointer(pointer), &expected) {
            (Some(found), Some(expected)) if pointer == "/1/iat" => {
                let (found, expected) = (found.as_i64(), expected.as_i64());
                assert!(found.expect("a time").abs_diff(expected.expect("a time")) < 5, "{name}");
            }
            (found, expected) => assert_eq!(found, expected.as_ref(), "{name}"),
        }
        // But for that one, all is as it was.
        let mut before = before.clone();
        for side in [&mut before, &mut after] {
            let (part, member) = pointer
                .trim_start_matches('/')
                .split_once('/')
                .expect("a part and a member");
            let part = &mut side[part.parse::<usize>().expect("a number")];
            part.as_object_mut().expect("an object").remove(member);
        }
        assert_eq!(after, before, "{name}");
    }
    let (one, two) = (begun.clone(), begun.signed_by(&other));
    assert_eq!(whole(one), whole(two));
}
