//! A request with a proof gets a token bound to the proof's key, and a bad proof gets nothing.

use super::*;
use crate::dpop::{Client as Prover, ProofBuilder};
use crate::signing::SigningKey;

fn asking(provider: &IdentityProvider) -> RequestBuilder {
    let form = [("grant_type", "client_credentials")];
    Client::new()
        .post(provider.token_url("okta"))
        .basic_auth("demo", Some("demo-secret"))
        .form(&form)
}

#[tokio::test]
async fn the_token_is_bound_to_the_key_of_the_proof() {
    let provider = provider().await;
    let okta = provider.issuer("okta").expect("okta");
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa, Algorithm::Ps256, Algorithm::Es384] {
        let prover = Prover::new(algorithm).expect("a client");
        let proof = prover
            .proof("POST", &provider.token_url("okta"), None, None)
            .expect("a proof");
        let answer = asking(&provider).header("DPoP", &proof).send().await.expect("post");
        let answer: Value = answer.json().await.expect("json");
        assert_eq!(answer["token_type"], "DPoP", "{answer}");
        let claims = verified(okta, Algorithm::Rs256, &answer);
        assert_eq!(claims["cnf"], json!({ "jkt": prover.jkt() }));
        let again = asking(&provider).header("DPoP", &proof);
        assert_refused("used before", again, 400, "invalid_dpop_proof").await;
    }
    let plain: Value = asking(&provider)
        .send()
        .await
        .expect("post")
        .json()
        .await
        .expect("json");
    assert_eq!((&plain["token_type"], plain.get("cnf")), (&json!("Bearer"), None));
}

#[tokio::test]
async fn a_proof_that_is_wrong_in_one_point_gets_nothing() {
    let provider = provider().await;
    let url = provider.token_url("okta");
    let prover = Prover::new(Algorithm::Es256).expect("a client");
    let stranger = SigningKey::generate(Algorithm::Es256, "x").expect("a key");
    let good = || prover.proving("POST", &url);
    let table: [(&str, ProofBuilder); 11] = [
        ("type", good().header("typ", "JWT")),
        ("no type", good().without_header("typ")),
        ("symmetric", good().header("alg", "HS256")),
        ("no key", good().without_header("jwk")),
        ("another's signature", good().signed_by(&stranger)),
        ("method", prover.proving("GET", &url)),
        ("url", prover.proving("POST", &provider.token_url("partner"))),
        ("old", good().issued_in(-120)),
        ("from the future", good().issued_in(120)),
        ("no time", good().without("iat")),
        ("no jti", good().without("jti")),
    ];
    for (name, proof) in table {
        let request = asking(&provider).header("DPoP", proof.build().expect(name));
        assert_refused(name, request, 400, "invalid_dpop_proof").await;
    }
    let proof = || good().build().expect("a proof");
    let two = asking(&provider).header("DPoP", proof()).header("DPoP", proof());
    assert_refused("two", two, 400, "invalid_dpop_proof").await;
    assert_refused("none", asking(&provider).header("DPoP", "x"), 400, "invalid_dpop_proof").await;
}
