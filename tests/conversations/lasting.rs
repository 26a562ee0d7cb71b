//! How long what is known of a token lasts: revocations, refusals that are remembered, what is purged; and what a candidate
//! may not ask.

use serde_json::{Value, json};
use tollgate::{
    host::ConfigStore,
    identity::{
        remembered::{issuer_key, subject_key},
        revocation::{REVOKED_ENTRY, subject_entry, token_entry},
    },
};

use super::callers::{POLICY, asks, get, outcome, world};
use crate::world::{
    Exchange, Part,
    outside::Answer,
    record::{Event, calls},
    sample::{self, NOW, text, token},
};

#[test]
fn what_is_revoked_is_refused_soon() {
    let world = world();
    let revoked = |knob: Value| world.put(ConfigStore::Policy, REVOKED_ENTRY, knob.to_string());
    let jwt = get("/default").bearer(&text(token().claim("jti", "t1").claim("exp", NOW + 3_600)));
    let other = get("/default").bearer(&text(
        token().claim("jti", "t2").subject("u2").claim("exp", NOW + 3_600),
    ));
    assert_eq!(asks(&world, &jwt), "200 verified");
    assert_eq!(asks(&world, &other), "200 verified");

    world.put_state(
        &token_entry("https://okta.example", "t1"),
        json!({ "until": NOW + 7_200 }).to_string(),
    );
    revoked(json!({ "tokens": true }));
    assert_eq!(asks(&world, &jwt), "200 sandbox", "the knob is read every ten seconds");
    world.pass_s(10);
    assert_eq!(asks(&world, &jwt), "401 token-revoked", "by its id");
    assert_eq!(asks(&world, &other), "200 sandbox", "the others go on");

    let subject = json!({ "since": NOW + 1, "until": NOW + 7_200 });
    world.put_state(&subject_entry("https://okta.example", "u2"), subject.to_string());
    revoked(json!({ "subjects": true }));
    world.pass_s(30);
    assert_eq!(asks(&world, &other), "401 token-revoked", "with all of its subject");
    assert_eq!(asks(&world, &jwt), "200 sandbox", "no longer by its id");

    revoked(json!({ "issuers": { "https://okta.example": NOW + 1 } }));
    world.pass_s(10);
    assert_eq!(asks(&world, &jwt), "401 token-revoked", "with all of its issuer");
    let later = NOW + 60;
    let new = text(
        token()
            .claim("iat", later)
            .claim("nbf", later)
            .claim("exp", later + 300),
    );
    assert_eq!(
        asks(&world, &get("/default").bearer(&new)),
        "200 verified",
        "issued since"
    );

    revoked(json!({ "tokens": true }));
    world.break_part(Part::StateStore);
    world.pass_s(10);
    world.new_sandbox();
    let third = get("/default").bearer(&text(token().claim("jti", "t3").claim("exp", NOW + 3_600)));
    assert_eq!(asks(&world, &third), "503 revocation-unavailable", "nobody knows");
}

#[test]
fn refusals_that_cannot_change_are_remembered() {
    let world = world();
    let good = text(token());
    let (message, _) = good.rsplit_once('.').expect("a signature");
    let (_, other) = text(token().subject("u2"))
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("one");
    let forged = get("/default").bearer(&format!("{message}.{other}"));
    // What is remembered of tokens has surrogate keys; the policy that was good has none.
    let is_of_token = |event: &Event| matches!(event, Event::Remember(_, _, purged_by) if !purged_by.is_empty());
    let remembered = |exchange: &Exchange| exchange.events.iter().any(is_of_token);
    let first = world.exchange(&forged);
    assert_eq!(
        (outcome(&first), remembered(&first)),
        ("401 signature-invalid".to_owned(), true)
    );
    let second = world.exchange(&forged);
    assert_eq!(
        (outcome(&second), remembered(&second)),
        ("401 signature-invalid".to_owned(), false)
    );
    world.new_sandbox();
    let third = world.exchange(&forged);
    assert_eq!(
        (outcome(&third), remembered(&third)),
        ("401 signature-invalid".to_owned(), false)
    );
    let unknown = world.exchange(&get("/default").bearer(&text(token().kid("stranger"))));
    assert_eq!(
        (outcome(&unknown), remembered(&unknown)),
        ("401 key-unknown".to_owned(), false)
    );
    let early = world.exchange(&get("/default").bearer(&text(token().claim("nbf", NOW + 100))));
    assert_eq!(
        (outcome(&early), remembered(&early)),
        ("401 token-not-yet-valid".to_owned(), false)
    );
    assert_eq!(asks(&world, &get("/default").bearer(&good)), "200 verified");
}

#[test]
fn what_is_remembered_can_be_purged_by_issuer_and_subject() {
    for (name, key) in [("issuer", issuer_key("okta")), ("subject", subject_key("okta", "u1"))] {
        let world = world();
        let request = get("/default").bearer(&text(token()));
        assert_eq!(asks(&world, &request), "200 verified", "{name}");
        world.new_sandbox();
        assert_eq!(asks(&world, &request), "200 pop", "{name}");
        world.cache.borrow_mut().purge(&subject_key("okta", "u2").0);
        world.new_sandbox();
        assert_eq!(asks(&world, &request), "200 pop", "{name}: another's");
        world.cache.borrow_mut().purge(&key.0);
        world.new_sandbox();
        assert_eq!(asks(&world, &request), "200 verified", "{name}");
    }
}

/// For a candidate nobody is asked and no proof is used up; what is not known so is no difference.
#[test]
fn a_candidate_asks_nobody() {
    let world = world();
    let candidate = sample::add(&world, &POLICY.replace("/places", "/moved"));
    world.put(ConfigStore::Policy, "candidate", format!("{candidate} 100"));
    let answer = json!({ "active": true, "aud": "api://orders", "sub": "u1", "exp": NOW + 600 });
    world.answer("https://opaque.example/introspect", Answer::json(&answer));
    let exchange = world.exchange(&get("/default").bearer("opaque-token"));
    assert_eq!(outcome(&exchange), "200 introspected");
    assert_eq!(exchange.log["tollgate"]["shadow"], Value::Null, "{}", exchange.line);
    assert_eq!(calls(&exchange.events).count(), 1);
    let exchange = world.exchange(&get("/places").bearer(&text(token())));
    assert_eq!(
        exchange.log["tollgate"]["shadow"]["code"], "route-unknown",
        "{}",
        exchange.line
    );
}
