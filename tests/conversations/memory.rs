//! Claims that are remembered: by the sandbox, by the POP, and not for longer than they hold.

use tollgate::{host::ConfigStore, identity::keys::key_entry};
use tollgate_devstack::signing::Algorithm;

use super::book::Book;
use crate::world::{
    Part, World,
    message::Request,
    sample::{self, NOW, POLICY, text, token},
};

/// A request for which only the caller matters.
fn whoami(token: &str) -> Request {
    Request::new("GET", "/v1/whoami").bearer(token)
}

/// Where the claims came from when the same token comes again.
fn source(world: &World, token: &str) -> String {
    let exchange = world.exchange(&whoami(token));
    let what = &exchange.log["tollgate"];
    what["claims"]
        .as_str()
        .or(what["code"].as_str())
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn claims_are_verified_once() {
    let world = sample::world();
    let mut book = Book::open("memory");
    let request = whoami(&text(token()));
    book.row("fresh", "200 respond", &world, &request);
    book.row("from the sandbox", "200 respond", &world, &request);
    world.new_sandbox();
    book.row("from the POP", "200 respond", &world, &request);
    world.pass_s(360);
    book.row("expired while it was remembered", "401 token-expired", &world, &request);
    world.new_sandbox();
    book.row("expired, in a new sandbox", "401 token-expired", &world, &request);
    book.close();
}

#[test]
fn claims_are_forgotten_at_the_policys_cap() {
    let world = sample::world();
    let long = text(token().claim("exp", NOW + 86_400));
    assert_eq!(source(&world, &long), "verified");
    world.pass_s(299);
    assert_eq!(source(&world, &long), "sandbox", "in the last second before the cap");
    world.new_sandbox();
    assert_eq!(
        source(&world, &long),
        "pop",
        "in the last second before the cap, at the POP"
    );
    world.pass_s(1);
    world.new_sandbox();
    assert_eq!(source(&world, &long), "verified", "at the cap");
}

/// What a sandbox takes over from the POP must not begin a new life there.
#[test]
fn claims_do_not_outlive_the_cap_by_changing_places() {
    let world = sample::world();
    let long = text(token().claim("exp", NOW + 86_400));
    assert_eq!(source(&world, &long), "verified");
    world.new_sandbox();
    world.pass_s(299);
    assert_eq!(source(&world, &long), "pop");
    world.pass_s(1);
    assert_eq!(source(&world, &long), "verified", "300 seconds after it was verified");
}

/// Claims stand and fall with the key that verified them, wherever they are remembered.
#[test]
fn claims_are_forgotten_when_their_key_is_withdrawn_or_replaced() {
    let kid = sample::okta().key(Algorithm::Es256).kid();
    let entry = key_entry(&sample::okta().issuer, kid);
    let world = sample::world();
    let long = text(token().claim("exp", NOW + 86_400));
    assert_eq!(source(&world, &long), "verified");
    let stored = world.get(ConfigStore::Keys, &entry);
    world.take(ConfigStore::Keys, &entry);
    world.pass_s(59);
    assert_eq!(source(&world, &long), "sandbox", "a key is read anew every 60 seconds");
    world.pass_s(1);
    assert_eq!(source(&world, &long), "key-unknown");
    world.new_sandbox();
    assert_eq!(
        source(&world, &long),
        "key-unknown",
        "nor do claims in the POP's cache pass"
    );
    world.put(ConfigStore::Keys, &entry, stored.replace(',', ", "));
    assert_eq!(
        source(&world, &long),
        "verified",
        "another text of a key is another key"
    );
    world.put(ConfigStore::Keys, &entry, stored);
    world.pass_s(60);
    assert_eq!(
        source(&world, &long),
        "pop",
        "the first key again, and what it verified"
    );
}

#[test]
fn claims_are_forgotten_when_the_token_expires() {
    let world = sample::world();
    let short = text(token().claim("exp", NOW + 10));
    assert_eq!(source(&world, &short), "verified");
    world.pass_s(9);
    assert_eq!(source(&world, &short), "sandbox");
    // Within the leeway the token is good still, but its claims are remembered no longer.
    world.pass_s(1);
    assert_eq!(source(&world, &short), "verified");
    assert_eq!(source(&world, &short), "verified");
    world.pass_s(60);
    assert_eq!(source(&world, &short), "token-expired");
}

/// The times are looked at whenever claims are used, also where a memory would still give them out.
#[test]
fn a_clock_that_goes_back_brings_no_claims_forward() {
    let world = sample::world();
    let good = text(token());
    assert_eq!(source(&world, &good), "verified");
    world.set_clock_s(NOW - 61);
    assert_eq!(source(&world, &good), "token-not-yet-valid", "in the sandbox");
    world.new_sandbox();
    assert_eq!(source(&world, &good), "token-not-yet-valid", "at the POP");
    world.set_clock_s(NOW - 60);
    assert_eq!(source(&world, &good), "pop", "in the leeway");
}

#[test]
fn claims_are_not_carried_from_one_policy_to_the_next() {
    let world = sample::world();
    let good = text(token());
    assert_eq!(source(&world, &good), "verified");
    sample::enforce(
        &world,
        &POLICY.replace("project = \"my-project\"", "remember = \"30s\""),
    );
    assert_eq!(source(&world, &good), "verified", "another version, the same sandbox");
    world.new_sandbox();
    assert_eq!(source(&world, &good), "pop", "the same version");
    sample::enforce(
        &world,
        &POLICY.replace("audience = [\"api://orders\"]", "audience = [\"api://else\"]"),
    );
    assert_eq!(
        source(&world, &good),
        "audience-wrong",
        "the new policy has another audience"
    );
    sample::enforce(
        &world,
        &POLICY.replace("https://okta.example", "https://elsewhere.example"),
    );
    assert_eq!(
        source(&world, &good),
        "issuer-unknown",
        "the new policy has another issuer"
    );
    sample::enforce(&world, POLICY);
    assert_eq!(source(&world, &good), "pop", "back at the first");
}

#[test]
fn one_token_is_not_another() {
    let world = sample::world();
    let (one, next) = (text(token().subject("u1")), text(token().subject("u2")));
    assert_eq!(source(&world, &one), "verified");
    assert_eq!(source(&world, &next), "verified");
    // A good token's claims under another signature, while the good one is remembered.
    let (head, _) = one.rsplit_once('.').unwrap();
    let (_, tail) = next.rsplit_once('.').unwrap();
    assert_eq!(source(&world, &format!("{head}.{tail}")), "signature-invalid");
    assert_eq!(source(&world, &one), "sandbox");
}

#[test]
fn a_withdrawn_key_is_trusted_for_a_minute_at_most() {
    let world = sample::world();
    let fresh = || text(token());
    assert_eq!(source(&world, &fresh()), "verified");
    world.take(ConfigStore::Keys, &key_entry("https://okta.example", "okta-es256-1"));
    world.pass_s(59);
    assert_eq!(source(&world, &fresh()), "verified", "the sandbox still knows the key");
    world.pass_s(1);
    assert_eq!(source(&world, &fresh()), "key-unknown");
}

#[test]
fn a_cache_that_fails_is_a_miss() {
    let mut book = Book::open("cache_faults");
    let request = whoami(&text(token()));

    let world = sample::world();
    world.break_part(Part::Remember);
    book.row("claims can't be written", "200 respond", &world, &request);
    world.new_sandbox();
    book.row("claims were not written", "200 respond", &world, &request);

    let world = sample::world();
    world.exchange(&request);
    world.new_sandbox();
    world.break_part(Part::Recall);
    book.row("claims can't be read", "200 respond", &world, &request);

    let world = sample::world();
    world.exchange(&request);
    world.new_sandbox();
    world.cache.borrow_mut().overwrite(b"{garbage");
    book.row("claims are garbage", "200 respond", &world, &request);
    book.close();
}
