//! Who the caller is and what they may: scopes, clients, tenants, and what a token is bound to.

use serde_json::json;

use super::*;

#[test]
fn scopes_are_read_in_each_of_their_forms() {
    type Scopes = Result<&'static [&'static str], TokenRefusal>;
    let table: [(&str, Change, Scopes); 12] = [
        ("scope", |t| t.scope("b a"), Ok(&["a", "b"])),
        ("scope with more spaces", |t| t.scope("  a   b "), Ok(&["a", "b"])),
        ("scope with a tab is one scope", |t| t.scope("a\tb"), Ok(&["a\tb"])),
        ("scope is empty", |t| t.scope(""), Ok(&[])),
        ("no scope", |t| t.without("scope"), Ok(&[])),
        (
            "scp as a list",
            |t| t.without("scope").claim("scp", json!(["b", "a"])),
            Ok(&["a", "b"]),
        ),
        (
            "scp as text",
            |t| t.without("scope").claim("scp", "a b"),
            Ok(&["a", "b"]),
        ),
        (
            "scope counts before scp",
            |t| t.scope("a").claim("scp", json!(["admin"])),
            Ok(&["a"]),
        ),
        (
            "an item of scp is not split",
            |t| t.without("scope").claim("scp", json!(["a b"])),
            Ok(&["a b"]),
        ),
        (
            "scope as a list",
            |t| t.claim("scope", json!(["a"])),
            Err(TokenRefusal::Malformed),
        ),
        (
            "scp as a number",
            |t| t.without("scope").claim("scp", 1),
            Err(TokenRefusal::Malformed),
        ),
        ("too many", |t| t.scope("a ".repeat(257)), Err(TokenRefusal::Malformed)),
    ];
    for (name, change, expected) in table {
        let token = change(good(SigningAlgorithm::EdDsa)).build().unwrap();
        let found = judge(&token).map(|claims| claims.scopes);
        assert_eq!(
            found,
            expected.map(|scopes| scopes.iter().map(|&scope| scope.to_owned()).collect()),
            "{name}"
        );
    }
}

#[test]
fn the_client_is_named_by_the_first_of_three_claims() {
    let table: [(&str, Change, Option<&str>); 4] = [
        ("none", |t| t, None),
        ("cid", |t| t.claim("cid", "c"), Some("c")),
        ("azp before cid", |t| t.claim("cid", "c").claim("azp", "a"), Some("a")),
        (
            "client_id before azp",
            |t| t.claim("azp", "a").claim("client_id", "i"),
            Some("i"),
        ),
    ];
    for (name, change, expected) in table {
        let token = change(good(SigningAlgorithm::EdDsa)).build().unwrap();
        assert_eq!(judge(&token).unwrap().client.as_deref(), expected, "{name}");
    }
}

#[test]
fn a_token_says_what_it_is_bound_to() {
    type Bound = Result<(Option<&'static str>, Option<&'static str>), TokenRefusal>;
    let table: [(&str, Change, Bound); 11] = [
        ("nothing", |t| t, Ok((None, None))),
        (
            "a key",
            |t| t.claim("cnf", json!({ "jkt": "k" })),
            Ok((Some("k"), None)),
        ),
        (
            "a certificate",
            |t| t.claim("cnf", json!({ "x5t#S256": "c" })),
            Ok((None, Some("c"))),
        ),
        (
            "both, and more",
            |t| t.claim("cnf", json!({ "jkt": "k", "x5t#S256": "c", "kid": "x" })),
            Ok((Some("k"), Some("c"))),
        ),
        (
            "a key that we would have to keep",
            |t| t.claim("cnf", json!({ "jwk": { "kty": "EC" } })),
            Err(TokenRefusal::NotBound),
        ),
        (
            "a name of a key",
            |t| t.claim("cnf", json!({ "kid": "x" })),
            Err(TokenRefusal::NotBound),
        ),
        (
            "nobody knows what",
            |t| t.claim("cnf", json!({})),
            Err(TokenRefusal::NotBound),
        ),
        (
            "jkt is no text",
            |t| t.claim("cnf", json!({ "jkt": 1 })),
            Err(TokenRefusal::Malformed),
        ),
        (
            "x5t#S256 is null",
            |t| t.claim("cnf", json!({ "jkt": "k", "x5t#S256": null })),
            Err(TokenRefusal::Malformed),
        ),
        ("cnf is text", |t| t.claim("cnf", "k"), Err(TokenRefusal::Malformed)),
        (
            "cnf is null",
            |t| t.claim("cnf", json!(null)),
            Err(TokenRefusal::Malformed),
        ),
    ];
    for (name, change, expected) in table {
        let token = change(good(SigningAlgorithm::EdDsa)).build().unwrap();
        let found = judge(&token).map(|claims| claims.confirmation);
        let expected = expected.map(|(jkt, x5t_s256)| Confirmation {
            jkt: jkt.map(str::to_owned),
            x5t_s256: x5t_s256.map(str::to_owned),
        });
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_token_has_its_own_name() {
    let token = good(SigningAlgorithm::EdDsa).claim("jti", "t1").build().unwrap();
    assert_eq!(judge(&token).unwrap().token_id.as_deref(), Some("t1"));
}
