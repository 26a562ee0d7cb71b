//! Signatures are confirmed by the right key only, and private keys do not show.

use jsonwebtoken::jwk::JwkSet;
use serde_json::json;
use tollgate::secret::Secret;

use super::*;

fn set_of(keys: &[Value]) -> JwkSet {
    serde_json::from_value(json!({ "keys": keys })).expect("a key set")
}

#[test]
fn each_algorithm_signs_what_its_public_key_confirms() {
    for algorithm in Algorithm::EVERY {
        let name = algorithm.jws_name();
        let key = SigningKey::generate(algorithm, "k1").expect(name);
        let (header, claims) = (json!({ "alg": name, "kid": "k1", "odd": [1] }), json!({ "sub": "u1" }));
        let token = key.sign(&header, &claims).expect(name);
        let keys = set_of(&[key.public_jwk()]);
        assert_eq!(verify(&token, &keys, &signature_only(algorithm)).expect(name), claims);
        let shown = URL_SAFE_NO_PAD
            .decode(token.split('.').next().expect("a header"))
            .expect("base64url");
        assert_eq!(serde_json::from_slice::<Value>(&shown).expect("json"), header, "{name}");

        let stranger = SigningKey::generate(algorithm, "k1").expect(name);
        let forged = stranger.sign(&header, &claims).expect(name);
        verify(&forged, &keys, &signature_only(algorithm)).expect_err(name);
        let unknown = key.sign(&json!({ "alg": name, "kid": "k2" }), &claims).expect(name);
        verify(&unknown, &keys, &signature_only(algorithm)).expect_err(name);
        let nameless = key.sign(&json!({ "alg": name }), &claims).expect(name);
        verify(&nameless, &keys, &signature_only(algorithm)).expect_err(name);
    }
}

#[test]
fn public_keys_have_these_members_and_no_private_ones() {
    let table = [
        (
            Algorithm::Rs256,
            vec!["alg", "e", "kid", "kty", "n", "use"],
            ("RSA", None),
        ),
        (
            Algorithm::Es256,
            vec!["alg", "crv", "kid", "kty", "use", "x", "y"],
            ("EC", Some("P-256")),
        ),
        (
            Algorithm::Ps512,
            vec!["alg", "e", "kid", "kty", "n", "use"],
            ("RSA", None),
        ),
        (
            Algorithm::Es384,
            vec!["alg", "crv", "kid", "kty", "use", "x", "y"],
            ("EC", Some("P-384")),
        ),
        (
            Algorithm::EdDsa,
            vec!["alg", "crv", "kid", "kty", "use", "x"],
            ("OKP", Some("Ed25519")),
        ),
    ];
    for (algorithm, members, (kind, curve)) in table {
        let jwk = SigningKey::generate(algorithm, "k1").expect("a key").public_jwk();
        let mut found: Vec<_> = jwk.as_object().expect("an object").keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, members, "{algorithm:?}");
        assert_eq!((jwk["kty"].as_str(), jwk["crv"].as_str()), (Some(kind), curve));
        assert_eq!(
            (&jwk["alg"], &jwk["use"], &jwk["kid"]),
            (&json!(algorithm.jws_name()), &json!("sig"), &json!("k1"))
        );
    }
}

#[test]
fn the_private_key_shows_only_where_it_is_asked_for() {
    for algorithm in Algorithm::EVERY {
        let key = SigningKey::generate(algorithm, "k1").expect("a key");
        assert!(
            key.private_pem().starts_with("-----BEGIN PRIVATE KEY-----\n"),
            "{algorithm:?}"
        );
        assert!(
            key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"),
            "{algorithm:?}"
        );
        assert_eq!(
            format!("{key:?}"),
            format!("SigningKey {{ kid: \"k1\", algorithm: {algorithm:?}, .. }}")
        );
    }
}

#[test]
fn a_key_serves_for_several_algorithms_of_its_kind() {
    let key = SigningKey::generate(Algorithm::Rs256, "k1").expect("a key");
    let also = key.also(Algorithm::Ps384, "k2").expect("the same key");
    assert_eq!((also.kid(), also.algorithm()), ("k2", Algorithm::Ps384));
    assert_eq!(also.public_jwk()["n"], key.public_jwk()["n"]);
    let token = also
        .sign(&json!({ "alg": "PS384", "kid": "k2" }), &json!({}))
        .expect("a token");
    let keys = set_of(&[key.public_jwk(), also.public_jwk()]);
    verify(&token, &keys, &signature_only(Algorithm::Ps384)).expect("it verifies");
    verify(&token, &keys, &signature_only(Algorithm::Rs384)).expect_err("another algorithm");
    key.also(Algorithm::Es256, "k3").expect_err("another kind");
}

#[test]
fn names_are_found_in_one_spelling() {
    for algorithm in Algorithm::EVERY {
        assert_eq!(Algorithm::named(algorithm.jws_name()), Some(algorithm));
    }
    for unknown in ["rs256", "HS256", "ES512", "none", ""] {
        assert_eq!(Algorithm::named(unknown), None, "{unknown}");
    }
}

/// The key of RFC 9449 section 4.1, its thumbprint in section 6.1; the key of RFC 8037 appendix A.3.
#[test]
fn thumbprints_are_those_of_the_rfcs() {
    for (jwk, expected) in [
        (
            json!({
                "kty": "EC", "crv": "P-256",
                "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            }),
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        ),
        (
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ),
    ] {
        assert_eq!(thumbprint(&jwk).expect("a thumbprint"), expected);
    }
}

#[test]
fn the_gateway_signs_with_a_private_key_that_is_written_here() {
    for algorithm in Algorithm::EVERY {
        let key = SigningKey::generate(algorithm, "k1").expect("a key");
        if !matches!(algorithm, Algorithm::Es256 | Algorithm::EdDsa) {
            key.private_jwk().expect_err("no JWK of this kind");
            continue;
        }
        let jwk = key.private_jwk().expect("a JWK").to_string();
        let theirs = tollgate::upstream::signing_key::SigningKey::from_secret(&Secret::new(jwk.into_bytes()));
        let theirs = theirs.expect("a key");
        assert_eq!(theirs.public_jwk(), key.public_jwk());
        let token = theirs.sign(&json!({ "sub": "u1" }));
        let keys = set_of(&[key.public_jwk()]);
        verify(token.expose(), &keys, &signature_only(algorithm)).expect("it verifies");
    }
}
