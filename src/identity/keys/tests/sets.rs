//! Key sets: what is taken of them, and what is left out.

use super::*;
use crate::time::UnixSeconds;

const ISSUER: &str = "https://i.example";

fn renamed(mut jwk: Value, kid: &str) -> Value {
    jwk["kid"] = json!(kid);
    jwk
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

#[test]
fn a_key_set_becomes_entries_of_public_members_only() {
    let mut certified = p256_jwk();
    certified["x5c"] = json!(["certificate"]);
    certified["issuer"] = json!("https://i.example/{tenantid}");
    let mut encrypting = renamed(p256_jwk(), "k2");
    encrypting["use"] = json!("enc");
    let stored = entries(
        ISSUER,
        &set(&[certified.clone(), encrypting]),
        7,
        Some("https://i.example/jwks"),
    )
    .unwrap();
    certified.as_object_mut().unwrap().remove("x5c");
    let entry = json!({ "fetched_at": 7, "jwks_uri": "https://i.example/jwks", "jwk": certified });
    assert_eq!(stored.entries.len(), 2);
    assert_eq!(stored.entries[0].0, key_entry(ISSUER, "k1"));
    assert_eq!(serde_json::from_str::<Value>(&stored.entries[0].1).unwrap(), entry);
    let key = StoredKey::new("k1", stored.entries[0].1.clone());
    assert_eq!(
        *key.fetched(),
        Fetched {
            at: UnixSeconds(7),
            jwks_uri: Some("https://i.example/jwks".to_owned())
        }
    );
    assert!(key.key().is_ok());
    let later = entries(ISSUER, &set(&[certified]), 8, None).unwrap();
    let later = StoredKey::new("k1", later.entries[0].1.clone());
    assert_eq!(later.text(), key.text(), "the key is the same, whenever it was fetched");
    assert_eq!(
        stored.entries[1],
        (
            index_entry(ISSUER),
            r#"{"fetched_at":7,"jwks_uri":"https://i.example/jwks","kids":["k1"]}"#.to_owned()
        )
    );
    assert_eq!(stored.left_out, ["key `k2`: the key's `use` is not `sig`"]);
    let brought = entries(ISSUER, &set(&[p256_jwk()]), 7, None).unwrap();
    assert_eq!(brought.entries[1].1, r#"{"fetched_at":7,"kids":["k1"]}"#);
    let index: KeyIndex = serde_json::from_str(&brought.entries[1].1).unwrap();
    assert_eq!(index.jwks_uri, None);
}

#[test]
fn one_bad_key_spoils_no_other() {
    let good = p256_jwk().to_string();
    let (secret, kidless) = (with(renamed(rsa_jwk(), "k2"), "d", json!("c2VjcmV0")), {
        let mut jwk = p256_jwk();
        jwk.as_object_mut().unwrap().remove("kid");
        jwk.to_string()
    });
    let twice = renamed(p256_jwk(), "k3")
        .to_string()
        .replacen('{', r#"{"x5t":"a","x5t":"b","#, 1);
    let long = renamed(p256_jwk(), &"k".repeat(257)).to_string();
    for (name, bad, problem) in [
        (
            "private",
            secret.as_str(),
            "key `k2`: the key has the private part `d`; only public keys belong here",
        ),
        (
            "symmetric",
            r#"{"kty":"oct","kid":"s","k":"AA"}"#,
            "key `s`: the key has the private part `k`; only public keys belong here",
        ),
        ("no name", kidless.as_str(), "key 1 of the set: the key has no `kid`"),
        (
            "long name",
            long.as_str(),
            "key 1 of the set: the key's `kid` is empty, or longer than 256 bytes",
        ),
        (
            "member twice",
            twice.as_str(),
            "key `k3`: the key is no JWK (line 1, column ",
        ),
        ("number", "7", "key 1 of the set: the key is no JSON object"),
        ("null", "null", "key 1 of the set: the key is no JSON object"),
        ("list", "[1]", "key 1 of the set: the key is no JSON object"),
        (
            "other type",
            r#"{"kty":"LMS","kid":"l"}"#,
            "key `l`: the key's type or curve is not supported: RSA, P-256, P-384 and Ed25519 are",
        ),
    ] {
        let set = format!("{{\"keys\":[{bad},{good}]}}");
        let stored = entries(ISSUER, &set, 0, None).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(stored.entries.len(), 2, "{name}");
        let [left_out] = stored.left_out.as_slice() else {
            panic!("{name}")
        };
        assert!(left_out.starts_with(problem), "{name}: {left_out}");
        assert!(!left_out.contains("c2VjcmV0"), "{name}");
        let alone = entries(ISSUER, &format!("{{\"keys\":[{bad}]}}"), 0, None).unwrap_err();
        assert!(alone.contains(problem), "{name}: {alone}");
    }
}

#[test]
fn what_is_no_set_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"keys":[]}"#,
        r#"{"keys":{}}"#,
        "[[]]",
        r#"{"keys":[{}],"keys":[{}]}"#,
        "{\"keys\":[1}",
    ] {
        assert!(entries(ISSUER, text, 7, None).is_err(), "{text}");
        assert!(usable(text).is_err(), "{text}");
    }
}

#[test]
fn the_first_key_of_a_name_counts_and_only_so_many_do() {
    let same = set(&[p256_jwk(), p256_jwk()]);
    let stored = entries(ISSUER, &same, 0, None).unwrap();
    assert_eq!(stored.left_out, ["key `k1`: the set has another key of this `kid`"]);
    let many: Vec<_> = (0..=KEYS_PER_ISSUER_MAX)
        .map(|at| renamed(p256_jwk(), &format!("k{at}")))
        .collect();
    let found = usable(&set(&many)).unwrap();
    assert_eq!(found.keys.len(), KEYS_PER_ISSUER_MAX);
    assert_eq!(found.left_out, ["1 keys after the first 64"]);
    assert_eq!(found.keys.last().map(|(kid, _)| kid.as_str()), Some("k63"));
}

#[test]
fn usable_keys_are_found_in_a_set() {
    let mut certified = renamed(p256_jwk(), "k2");
    certified["x5c"] = json!(["certificate"]);
    let unusable = renamed(json!({ "kty": "EC", "crv": "P-256" }), "k2");
    let found = usable(&set(&[ed25519_jwk(), unusable, certified])).unwrap();
    assert_eq!(found.left_out.len(), 1);
    let expected = [("k1", Algorithm::EdDsa), ("k2", Algorithm::Es256)];
    assert_eq!(found.keys.len(), expected.len());
    for ((kid, jwk), (name, algorithm)) in found.keys.into_iter().zip(expected) {
        assert!(!jwk.contains("x5c") && !jwk.contains("tollgate"), "{jwk}");
        let stored = StoredKey::new(&kid, jwk);
        assert_eq!((kid.as_str(), stored.key().unwrap().algorithm()), (name, algorithm));
        assert_eq!(*stored.fetched(), Fetched::default());
    }
}
