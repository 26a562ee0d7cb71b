//! Signatures: only the key that the header names, only its algorithm, only the bytes that came.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use tollgate_devstack::{
    signing::SigningKey,
    tokens::{hmac_with_public_key, tampered_claims, tampered_signature, unsigned},
};

use super::*;

/// The token with another signature, made from its bytes.
fn with_signature(token: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> String {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(change(bytes)))
}

/// An ECDSA signature as ASN.1 instead of `r` and `s` side by side (RFC 7518 section 3.4 wants the latter).
fn in_der(signature: Vec<u8>) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let mut content = bytes.to_vec();
        if content[0] & 0x80 != 0 {
            content.insert(0, 0);
        }
        [vec![2, content.len() as u8], content].concat()
    };
    let (r, s) = signature.split_at(32);
    let integers = [integer(r), integer(s)].concat();
    [vec![0x30, integers.len() as u8], integers].concat()
}

#[test]
fn spoiled_signatures_of_each_algorithm() {
    type Spoil = fn(Vec<u8>) -> Vec<u8>;
    let table: [(&str, Spoil); 10] = [
        ("first bit", |mut bytes| {
            bytes[0] ^= 0x80;
            bytes
        }),
        ("last bit", |mut bytes| {
            *bytes.last_mut().unwrap() ^= 1;
            bytes
        }),
        ("one byte less", |mut bytes| {
            bytes.pop();
            bytes
        }),
        ("one byte more", |mut bytes| {
            bytes.push(0);
            bytes
        }),
        ("a zero byte before", |bytes| [vec![0], bytes].concat()),
        ("twice", |bytes| [bytes.clone(), bytes].concat()),
        ("half", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("one byte", |_| vec![7]),
        ("zeros", |bytes| vec![0; bytes.len()]),
        ("ones", |bytes| vec![0xff; bytes.len()]),
    ];
    for algorithm in SigningAlgorithm::ALL {
        let token = good(algorithm).build().unwrap();
        for (name, spoil) in table {
            let spoiled = with_signature(&token, spoil);
            assert_eq!(
                judge(&spoiled),
                Err(TokenRefusal::SignatureInvalid),
                "{algorithm:?}: {name}"
            );
        }
    }
}

#[test]
fn spoiled_texts_of_each_algorithm() {
    type Spoil = fn(&str) -> String;
    let table: [(&str, Spoil, TokenRefusal); 11] = [
        (
            "other subject",
            |token| tampered_claims(token, "sub", "u2").unwrap(),
            TokenRefusal::SignatureInvalid,
        ),
        (
            "later expiry",
            |token| tampered_claims(token, "exp", u32::MAX).unwrap(),
            TokenRefusal::SignatureInvalid,
        ),
        (
            "one bit of the signature",
            |token| tampered_signature(token).unwrap(),
            TokenRefusal::SignatureInvalid,
        ),
        (
            "unsigned",
            |token| unsigned(token).unwrap(),
            TokenRefusal::AlgorithmNotAllowed,
        ),
        (
            "signature left out",
            |token| format!("{}.", token.rsplit_once('.').unwrap().0),
            TokenRefusal::Malformed,
        ),
        ("padded", |token| format!("{token}="), TokenRefusal::Malformed),
        (
            "a line end after it",
            |token| format!("{token}\n"),
            TokenRefusal::Malformed,
        ),
        ("a part more", |token| format!("{token}.e30"), TokenRefusal::Malformed),
        ("a dot before", |token| format!(".{token}"), TokenRefusal::Malformed),
        (
            "claims without members",
            |token| {
                let parts: Vec<_> = token.split('.').collect();
                format!("{}.e30.{}", parts[0], parts[2])
            },
            TokenRefusal::IssuerUnknown,
        ),
        (
            "empty claims",
            |token| {
                let parts: Vec<_> = token.split('.').collect();
                format!("{}..{}", parts[0], parts[2])
            },
            TokenRefusal::Malformed,
        ),
    ];
    for algorithm in SigningAlgorithm::ALL {
        let token = good(algorithm).build().unwrap();
        for (name, spoil, expected) in table {
            assert_eq!(judge(&spoil(&token)), Err(expected), "{algorithm:?}: {name}");
        }
    }
}

#[test]
fn the_key_pins_its_algorithm() {
    for header in SigningAlgorithm::ALL {
        for key in SigningAlgorithm::ALL {
            let kid = signer().key(key).kid();
            let expected = if header == key {
                Ok(())
            } else {
                Err(TokenRefusal::AlgorithmNotAllowed)
            };
            // Signed by the key that the header's algorithm fits, and by the key that the header names.
            let token = good(header).kid(kid);
            let by_own = token.clone().build().unwrap();
            let by_named = token.signed_by(signer().key(key)).build().unwrap();
            assert_eq!(judge(&by_own).map(drop), expected, "{header:?} with the kid of {key:?}");
            assert_eq!(judge(&by_named).map(drop), expected, "{header:?} signed by {key:?}");
        }
    }
}

#[test]
fn forgeries() {
    for algorithm in SigningAlgorithm::ALL {
        let stranger = SigningKey::generate(algorithm, signer().key(algorithm).kid()).unwrap();
        let by_stranger = good(algorithm).signed_by(&stranger).build().unwrap();
        assert_eq!(
            judge(&by_stranger),
            Err(TokenRefusal::SignatureInvalid),
            "{algorithm:?}: another key, same kid"
        );

        let by_hmac = hmac_with_public_key(good(algorithm)).unwrap();
        assert_eq!(
            judge(&by_hmac),
            Err(TokenRefusal::AlgorithmNotAllowed),
            "{algorithm:?}: HMAC with the public key"
        );

        // A key that comes with the token verifies nothing, whatever the answer is called.
        let with_own_key = good(algorithm)
            .header("jwk", stranger.public_jwk())
            .signed_by(&stranger);
        assert!(
            judge(&with_own_key.build().unwrap()).is_err(),
            "{algorithm:?}: the key comes with the token"
        );
    }
    let token = good(SigningAlgorithm::Es256).build().unwrap();
    assert_eq!(
        judge(&with_signature(&token, in_der)),
        Err(TokenRefusal::SignatureInvalid),
        "ECDSA in DER"
    );
    for algorithm in [
        "none", "HS256", "RS384", "RS512", "PS256", "ES384", "ES512", "ES256K", "Ed25519", "es256", "ES256 ", "",
    ] {
        let token = good(SigningAlgorithm::Es256).header("alg", algorithm).build().unwrap();
        assert_eq!(
            judge(&token),
            Err(TokenRefusal::AlgorithmNotAllowed),
            "alg {algorithm:?}"
        );
    }
    let token = good(SigningAlgorithm::Es256)
        .header("alg", json!(["ES256"]))
        .build()
        .unwrap();
    assert_eq!(judge(&token), Err(TokenRefusal::Malformed), "alg is a list");
}

#[test]
fn a_token_at_the_bound_is_read_and_one_above_is_not() {
    let filled = |fill: usize| {
        good(SigningAlgorithm::EdDsa)
            .claim("fill", "f".repeat(fill))
            .build()
            .unwrap()
    };
    let bare = filled(0).len();
    // Three bytes of a claim are four of the token.
    let fill = (TOKEN_BYTES_MAX - bare) / 4 * 3;
    let (longest, longer) = (filled(fill), filled(fill + 4));
    assert!(longest.len() <= TOKEN_BYTES_MAX && TOKEN_BYTES_MAX < longer.len());
    assert_eq!(judge(&longest).map(drop), Ok(()));
    assert_eq!(judge(&longer), Err(TokenRefusal::TooLong));
}

#[test]
fn refusals_do_not_depend_on_claims_that_nobody_signed() {
    // Expired, for another audience and not signed by the key: the signature is what is told.
    let token = good(SigningAlgorithm::Es256)
        .claim("exp", 1)
        .audience("x")
        .build()
        .unwrap();
    assert_eq!(
        judge(&tampered_signature(&token).unwrap()),
        Err(TokenRefusal::SignatureInvalid)
    );
}
