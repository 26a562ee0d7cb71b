//! Tokens: one character more or less makes them worthless, and fewer scopes never give more.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;
use tollgate::{
    identity::{
        self,
        token::Unverified,
        verify::{token_digest, verify},
    },
    policy::issuer::{Issuer, SharedSecret, Vouching},
    secret::Secret,
    time::UnixSeconds,
};
use tollgate_devstack::signing::Algorithm;

use crate::{
    cases,
    world::{
        World,
        message::Request,
        sample::{self, text, token},
        signers,
    },
};

const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn status(world: &World, target: &str, token: &str) -> u16 {
    world
        .exchange(&Request::new("GET", target).bearer(token))
        .delivered
        .status
}

/// At every third position another character, while the good token is remembered.
#[test]
fn one_character_spoils_a_token() {
    let world = sample::world();
    for algorithm in Algorithm::ALL {
        let good = text(token().algorithm(algorithm));
        assert_eq!(status(&world, "/v1/whoami", &good), 200);
        for at in (0..good.len()).step_by(3).chain([good.len() - 1]) {
            let mut bytes = good.clone().into_bytes();
            let place = BASE64URL.iter().position(|byte| *byte == bytes[at]);
            // The neighbour differs in the last bit: the least that can change.
            bytes[at] = place.map_or(b'A', |place| BASE64URL[place ^ 1]);
            let spoiled = String::from_utf8(bytes).unwrap();
            assert_eq!(
                status(&world, "/v1/whoami", &spoiled),
                401,
                "{algorithm:?}: position {at}"
            );
        }
        assert_eq!(
            status(&world, "/v1/whoami", &good),
            200,
            "{algorithm:?}: and the good one is good still"
        );
    }
}

/// Every bit of a token of every algorithm, given to the verification itself.
#[test]
fn one_bit_spoils_a_token() {
    for algorithm in identity::algorithm::Algorithm::ALL {
        let (key, mut issuer) = (
            signers::verifying(algorithm),
            Issuer::plain("https://i.example", &["a"]),
        );
        if let Some(algorithm) = signers::shared(algorithm) {
            let name = "s".to_owned();
            issuer.vouching = Vouching::Secret(SharedSecret { name, algorithm });
        }
        let judged = |text: String| {
            let token = Secret::new(text);
            let unverified = Unverified::read(&token).ok()?;
            let issuers = [("i", &issuer)];
            verify(
                (&token, &token_digest(&token)),
                &unverified,
                &key,
                &issuers,
                UnixSeconds(1),
            )
            .ok()
        };
        let good = signers::token(
            algorithm,
            &json!({ "alg": algorithm.name(), "kid": signers::KID }),
            &json!({ "iss": "https://i.example", "aud": "a", "exp": 9 }),
        );
        assert!(judged(good.clone()).is_some(), "{algorithm:?}");
        for at in 0..good.len() {
            // The highest bit would make it no text.
            for bit in 0..7 {
                let mut bytes = good.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let spoiled = judged(String::from_utf8(bytes).unwrap());
                assert!(spoiled.is_none(), "{algorithm:?}: bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn a_token_that_is_longer_or_shorter_is_spoiled() {
    let world = sample::world();
    for algorithm in Algorithm::ALL {
        let good = text(token().algorithm(algorithm));
        assert_eq!(status(&world, "/v1/whoami", &good), 200);
        for length in (0..good.len()).step_by(7).chain([good.len() - 1]) {
            assert_eq!(
                status(&world, "/v1/whoami", good.get(..length).unwrap()),
                401,
                "{algorithm:?}: {length} bytes"
            );
        }
        for more in ["A", "=", ".", "AA", "..", " x"] {
            assert_eq!(
                status(&world, "/v1/whoami", &format!("{good}{more}")),
                401,
                "{algorithm:?}: and `{more}`"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn fewer_scopes_never_give_more(
        rules in vec(vec(select(&["a", "b", "c", "d"][..]), 0..4), 1..3),
        scopes in vec(select(&["a", "b", "c", "d", "e", "A", "ab"][..]), 0..6),
        removed in any::<prop::sample::Index>(),
    ) {
        let world = sample::world();
        let rules: Vec<String> = rules.iter().map(|scopes| match scopes.is_empty() {
            true => "{ issuer = \"okta\" }".to_owned(),
            false => format!("{{ issuer = \"okta\", scopes = {scopes:?} }}"),
        }).collect();
        sample::enforce(&world, &format!(
            "{}\n[[routes]]\npath = \"/tried\"\nallow = [{}]\nrespond = {{ status = 200 }}\n",
            sample::POLICY,
            rules.join(", ")
        ));
        let answered = |scopes: &[&str]| {
            status(&world, "/tried", &text(token().algorithm(Algorithm::EdDsa).scope(scopes.join(" "))))
        };
        let before = answered(&scopes);
        prop_assert!(before == 200 || before == 403);
        if !scopes.is_empty() {
            let mut fewer = scopes.clone();
            fewer.remove(removed.index(scopes.len()));
            let after = answered(&fewer);
            prop_assert!(before == 200 || after == 403, "{:?} was refused, {:?} is not", scopes, fewer);
        }
    }
}
