//! Key sets: [`usable`] and [`entries`], and what is stored of them.
//!
//! What holds: nothing panics; what is stored is bounded, holds public members alone, and can be read back as the key that
//! it was; and the stored keys as a set give themselves again.

use std::collections::BTreeSet;

use serde_json::Value;
use tollgate::identity::keys::{
    KEYS_PER_ISSUER_MAX, KeyIndex, StoredKey, UsableKeys, VerifyingKey, entries, index_entry, key_entry, usable,
};

use super::{Found, keys, way};

/// Whose keys they are.
const ISSUER: &str = "https://issuer.example";

/// Where they came from.
const JWKS_URI: &str = "https://issuer.example/keys";

/// When they were fetched, in Unix seconds.
const FETCHED_AT: u64 = 1_000_000;

/// All that a stored key may have. None of it is private (RFC 7518 section 6).
const MEMBERS: [&str; 12] = [
    "kty",
    "kid",
    "alg",
    "use",
    "crv",
    "n",
    "e",
    "x",
    "y",
    "issuer",
    "tollgate_fetched_at",
    "tollgate_jwks_uri",
];

/// The longest reason why one key is left out, in bytes, with a `kid` of which every byte is escaped.
const REASON_BYTES_MAX: usize = 4_096;

/// Checks what holds of the key set that the input is, or that is made of it:
///
/// - `0`: the set, as it comes
/// - `1`: lines, each the text of one key of the set
/// - `2`: lines, each the text of more members for one good key after the other
/// - `3`: lines, each the text of members that come before a good key's own
pub fn check(input: &[u8]) -> Found {
    let Some((way, Ok(text))) = way(input).map(|(way, rest)| (way, std::str::from_utf8(rest))) else {
        return Found::Refused;
    };
    let set = match way {
        0 => text.to_owned(),
        1 => set_of(text.lines().map(str::to_owned)),
        _ => set_of(text.lines().enumerate().map(|(at, more)| mixed(at, more, way == 2))),
    };
    let found = usable(&set);
    assert_eq!(found, usable(&set), "the same set is read alike");
    let stored = entries(ISSUER, &set, FETCHED_AT, Some(JWKS_URI));
    assert_eq!(found.is_ok(), stored.is_ok(), "both read the same keys");
    let (Ok(found), Ok(stored)) = (found, stored) else {
        return Found::Refused;
    };
    check_usable(&set, &found);
    assert_eq!(found.left_out, stored.left_out);
    let kids: Vec<String> = found.keys.iter().map(|(kid, _)| kid.clone()).collect();
    let (index, of_keys) = stored.entries.split_last().expect("an index");
    assert_eq!(of_keys.len(), kids.len());
    for ((name, text), kid) in of_keys.iter().zip(&kids) {
        assert_eq!(*name, key_entry(ISSUER, kid));
        check_stored(kid, StoredKey::new(kid, text.clone()).text());
        let fetched = StoredKey::new(kid, text.clone()).fetched().clone();
        assert_eq!(
            (fetched.at.0, fetched.jwks_uri.as_deref()),
            (FETCHED_AT, Some(JWKS_URI))
        );
    }
    assert_eq!(index.0, index_entry(ISSUER));
    let index: KeyIndex = serde_json::from_str(&index.1).expect("an index");
    let expected = KeyIndex {
        fetched_at: FETCHED_AT,
        jwks_uri: Some(JWKS_URI.to_owned()),
        kids,
    };
    assert_eq!(index, expected);
    Found::Accepted
}

fn set_of(keys: impl Iterator<Item = String>) -> String {
    let keys: Vec<String> = keys.collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// The text of a good key, with more members after or before its own.
fn mixed(at: usize, more: &str, after: bool) -> String {
    let mut jwk = match at % 4 {
        0 => keys::ed25519_jwk(),
        1 => keys::p256_jwk(),
        2 => keys::p384_jwk(),
        _ => keys::rsa_jwk("PS256"),
    };
    jwk["kid"] = Value::from(format!("k{at}"));
    let text = jwk.to_string();
    let own = text.trim_start_matches('{').trim_end_matches('}');
    match (more.is_empty(), after) {
        (true, _) => text,
        (false, true) => format!("{{{own},{more}}}"),
        (false, false) => format!("{{{more},{own}}}"),
    }
}

fn check_usable(set: &str, found: &UsableKeys) {
    assert!(
        (1..=KEYS_PER_ISSUER_MAX).contains(&found.keys.len()),
        "a bounded number of keys"
    );
    assert!(
        found.left_out.len() <= KEYS_PER_ISSUER_MAX + 1,
        "a bounded number of reasons"
    );
    assert!(
        found.left_out.iter().all(|why| why.len() <= REASON_BYTES_MAX),
        "bounded reasons"
    );
    let bytes: usize = found.keys.iter().map(|(_, text)| text.len()).sum();
    assert!(bytes <= set.len(), "nothing is added");
    let kids: BTreeSet<&String> = found.keys.iter().map(|(kid, _)| kid).collect();
    assert_eq!(kids.len(), found.keys.len(), "each `kid` once");
    for (kid, text) in &found.keys {
        check_stored(kid, text);
    }
    let again = usable(&set_of(found.keys.iter().map(|(_, text)| text.clone())));
    let expected = UsableKeys {
        keys: found.keys.clone(),
        left_out: Vec::new(),
    };
    assert_eq!(again, Ok(expected), "what is stored gives itself again");
}

/// A stored key is the key that it was, and nothing private.
fn check_stored(kid: &str, text: &str) {
    let members: Value = serde_json::from_str(text).expect("JSON");
    let members = members.as_object().expect("an object");
    assert!(members.keys().all(|name| MEMBERS.contains(&name.as_str())), "{text}");
    assert_eq!(members.get("kid").and_then(Value::as_str), Some(kid));
    let read = VerifyingKey::from_jwk(text, kid).expect("a key that can be used");
    if let Some(alg) = members.get("alg").and_then(Value::as_str) {
        // RFC 9864 gave EdDSA with Ed25519 a second name.
        let alg = if alg == "Ed25519" { "EdDSA" } else { alg };
        assert_eq!(read.algorithm().name(), alg);
    }
    let stored = StoredKey::new(kid, text.to_owned());
    assert_eq!(stored.key().map(VerifyingKey::algorithm), Ok(read.algorithm()));
    assert!(StoredKey::new("another", text.to_owned()).key().is_err() || kid == "another");
    assert!(!read.verifies(b"message", &[0; 64]), "a signature of nothing");
}
