//! Each algorithm with its own key, and with every other.

use serde_json::{Value, json};
use tollgate::{
    identity::{
        algorithm::Algorithm,
        keys::VerifyingKey,
        token::Unverified,
        verify::{token_digest, verify},
    },
    policy::issuer::{Issuer, KeySource, SharedSecret, Vouching},
    rejection::TokenRefusal,
    secret::Secret,
    time::UnixSeconds,
};

use crate::world::signers::{self, KID, shared, verifying};

const NOW: u64 = 1_000_000;
const ISSUER: &str = "https://issuer.example";

fn header(algorithm: Algorithm) -> Value {
    json!({ "alg": algorithm.name(), "kid": KID, "typ": "JWT" })
}

fn payload() -> Value {
    json!({ "iss": ISSUER, "sub": "u1", "aud": "api", "exp": NOW + 300 })
}

/// The issuer that vouches with such an algorithm.
fn issuer(algorithm: Algorithm) -> Issuer {
    let vouching = match shared(algorithm) {
        Some(algorithm) => Vouching::Secret(SharedSecret {
            name: "s".to_owned(),
            algorithm,
        }),
        None => Vouching::Keys(KeySource::default()),
    };
    Issuer {
        vouching,
        ..Issuer::plain(ISSUER, &["api"])
    }
}

fn judge(token: &str, key: &VerifyingKey, issuer: &Issuer) -> Result<Option<String>, TokenRefusal> {
    let token = Secret::new(token.to_owned());
    let unverified = Unverified::read(&token)?;
    let digest = token_digest(&token);
    let verified = verify((&token, &digest), &unverified, key, &[("i", issuer)], UnixSeconds(NOW))?;
    Ok(verified.get().subject.clone())
}

#[test]
fn each_key_verifies_its_own_algorithm_alone() {
    for signed in Algorithm::ALL {
        let token = signers::token(signed, &header(signed), &payload());
        for of_key in Algorithm::ALL {
            let expected = match signed == of_key {
                true => Ok(Some("u1".to_owned())),
                false => Err(TokenRefusal::AlgorithmNotAllowed),
            };
            for of_issuer in [signed, of_key] {
                let judged = judge(&token, &verifying(of_key), &issuer(of_issuer));
                assert_eq!(judged, expected, "{signed:?} {of_key:?} {of_issuer:?}");
            }
        }
    }
}

/// The header says what the key is for, and the signature is another algorithm's of the same key.
#[test]
fn a_signature_of_another_algorithm_is_none() {
    for said in Algorithm::ALL {
        for signed in Algorithm::ALL.into_iter().filter(|signed| *signed != said) {
            let token = signers::token(signed, &header(said), &payload());
            assert_eq!(
                judge(&token, &verifying(said), &issuer(said)),
                Err(TokenRefusal::SignatureInvalid),
                "{said:?} signed as {signed:?}"
            );
        }
    }
}

#[test]
fn secrets_and_published_keys_are_kept_apart() {
    let (secret, published) = (Algorithm::Hs256, Algorithm::Es256);
    for (name, signed, of_issuer) in [
        ("HMAC where keys are published", secret, published),
        ("a published key where a secret is shared", published, secret),
        ("a longer hash than the policy says", Algorithm::Hs512, secret),
    ] {
        let token = signers::token(signed, &header(signed), &payload());
        assert_eq!(
            judge(&token, &verifying(signed), &issuer(of_issuer)),
            Err(TokenRefusal::AlgorithmNotAllowed),
            "{name}"
        );
    }
    let of_api_keys = Issuer {
        vouching: Vouching::ApiKeys,
        ..issuer(published)
    };
    let token = signers::token(published, &header(published), &payload());
    let judged = judge(&token, &verifying(published), &of_api_keys);
    assert_eq!(
        judged,
        Err(TokenRefusal::AlgorithmNotAllowed),
        "a token where API keys are taken"
    );
}

/// `Ed25519` is another name of the same algorithm (RFC 9864), and a secret needs no `kid`.
#[test]
fn headers_may_say_it_otherwise() {
    let header = json!({ "alg": "Ed25519", "kid": KID });
    let token = signers::token(Algorithm::EdDsa, &header, &payload());
    let judged = judge(&token, &verifying(Algorithm::EdDsa), &issuer(Algorithm::EdDsa));
    assert_eq!(judged, Ok(Some("u1".to_owned())));
    let token = signers::token(Algorithm::Hs384, &json!({ "alg": "HS384" }), &payload());
    let judged = judge(&token, &verifying(Algorithm::Hs384), &issuer(Algorithm::Hs384));
    assert_eq!(judged, Ok(Some("u1".to_owned())));
}

/// A truncated or extended tag is not the tag.
#[test]
fn a_tag_is_taken_whole() {
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_symmetric()) {
        let (key, tag) = (verifying(algorithm), signers::signature(algorithm, b"m"));
        assert!(key.verifies(b"m", &tag));
        assert!(!key.verifies(b"n", &tag));
        for length in 0..tag.len() {
            assert!(!key.verifies(b"m", &tag[..length]), "{algorithm:?}: {length} bytes");
        }
        assert!(!key.verifies(b"m", &[tag.as_slice(), &[0]].concat()));
    }
}
