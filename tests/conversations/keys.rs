//! Issuers' keys at the edge: fetched when they must be, seldom, and trusted no longer than is said.

use serde_json::{Value, json};
use tollgate::{
    host::{ConfigStore, Host},
    identity::keys::{entries, index_entry, key_entry},
};
use tollgate_devstack::signing::{Algorithm, SigningKey};

use crate::world::{
    Part, World,
    message::Request,
    outside::Answer,
    record::{Event, count},
    sample::{self, NOW, okta, text, token},
};

const KEYS_URL: &str = "https://okta.example/keys";

/// The sample policy, whose first issuer's keys may be fetched, with these settings.
fn policy(keys: &str) -> String {
    let issuer = "issuer = \"https://okta.example\"\n";
    assert!(sample::POLICY.contains(issuer), "{}", sample::POLICY);
    sample::POLICY.replacen(issuer, &format!("{issuer}    keys = {keys}\n"), 1)
}

/// A world in which the issuer answers with all of its keys, and the store has those of `stored`, fetched `s_ago`.
fn world(stored: &[&str], s_ago: u64) -> World {
    let world = sample::world();
    let settings = format!("{{ url = \"{KEYS_URL}\", refresh = \"5m\", unknown = \"1m\", max_age = \"1h\" }}");
    sample::enforce(&world, &policy(&settings));
    store(&world, stored, s_ago);
    world.answer(KEYS_URL, Answer::json(&okta().jwks()));
    world
}

/// Puts these keys of the issuer into the store, and takes all others out.
fn store(world: &World, kids: &[&str], s_ago: u64) {
    for key in okta().keys() {
        world.take(ConfigStore::Keys, &key_entry(&okta().issuer, key.kid()));
    }
    world.take(ConfigStore::Keys, &index_entry(&okta().issuer));
    if !kids.is_empty() {
        let set = without(|kid| !kids.contains(&kid)).to_string();
        let now = world.now().seconds().0;
        for (entry, value) in entries(&okta().issuer, &set, now - s_ago, None).expect("keys").entries {
            world.put(ConfigStore::Keys, entry, value);
        }
    }
}

/// The issuer's key set without some keys.
fn without(left_out: impl Fn(&str) -> bool) -> Value {
    let keys = okta().keys().iter().filter(|key| !left_out(key.kid()));
    json!({ "keys": keys.map(SigningKey::public_jwk).collect::<Vec<_>>() })
}

fn kid(algorithm: Algorithm) -> &'static str {
    okta().key(algorithm).kid()
}

fn es256() -> &'static str {
    kid(Algorithm::Es256)
}

/// What comes of a token (a status or a code) and how many fetches it took.
fn asks(world: &World, token: &str) -> (String, usize) {
    let exchange = world.exchange(&Request::new("GET", "/v1/whoami").bearer(token));
    let fetches = exchange
        .events
        .iter()
        .filter(|event| matches!(event, Event::Call(_)))
        .count();
    let code = exchange.log["tollgate"]["code"].as_str().map(str::to_owned);
    (code.unwrap_or_else(|| exchange.delivered.status.to_string()), fetches)
}

fn good() -> String {
    text(token().claim("exp", NOW + 86_400))
}

fn passes(fetches: usize) -> (String, usize) {
    ("200".to_owned(), fetches)
}

fn refused(code: &str, fetches: usize) -> (String, usize) {
    (code.to_owned(), fetches)
}

#[test]
fn a_new_key_is_fetched_once() {
    let world = world(&[kid(Algorithm::EdDsa)], 10);
    assert_eq!(asks(&world, &good()), passes(1), "the store does not have it");
    assert_eq!(asks(&world, &good()), passes(0));
    world.new_sandbox();
    assert_eq!(asks(&world, &good()), passes(0), "another sandbox asks the POP's cache");
}

#[test]
fn keys_that_were_never_stored_are_fetched() {
    let world = world(&[], 0);
    assert_eq!(asks(&world, &good()), passes(1));
}

#[test]
fn unknown_keys_cause_one_fetch_in_a_while() {
    let world = world(&[es256()], 10);
    let unknown = |number: usize| text(token().kid(format!("stranger-{number}")));
    assert_eq!(asks(&world, &unknown(0)), refused("key-unknown", 1));
    for number in 1..200 {
        if number % 20 == 0 {
            world.new_sandbox();
        }
        assert_eq!(asks(&world, &unknown(number)), refused("key-unknown", 0), "{number}");
    }
    world.pass_s(59);
    assert_eq!(
        asks(&world, &unknown(200)),
        refused("key-unknown", 0),
        "in the last second"
    );
    world.pass_s(1);
    assert_eq!(
        asks(&world, &unknown(201)),
        refused("key-unknown", 1),
        "after the minute"
    );
    assert_eq!(asks(&world, &good()), passes(0), "nobody else is kept waiting");
}

#[test]
fn known_keys_go_on_while_the_issuer_fails() {
    for (name, answer) in [
        ("refuses", Answer::Refuses),
        ("is late", Answer::IsLate),
        ("breaks off", Answer::BreaksOff),
        ("fails", Answer::status(500)),
        ("has moved", Answer::status(302)),
        ("gives garbage", Answer::GivesGarbage),
        ("gives too much", Answer::GivesTooMuch),
        ("gives an empty set", Answer::json(&json!({ "keys": [] }))),
        ("gives no set", Answer::json(&json!([]))),
    ] {
        let world = world(&[es256()], 400);
        world.answer(KEYS_URL, answer);
        assert_eq!(asks(&world, &good()), passes(1), "{name}");
        world.pass_s(60);
        world.new_sandbox();
        assert_eq!(asks(&world, &good()), passes(1), "{name}: tried again after a minute");
        world.pass_s(59);
        world.new_sandbox();
        assert_eq!(asks(&world, &good()), passes(0), "{name}: not before");
        world.set_clock_s(NOW - 400 + 3_599);
        world.new_sandbox();
        assert_eq!(asks(&world, &good()).0, "200", "{name}: in the last second of the hour");
        world.set_clock_s(NOW - 400 + 3_600);
        world.new_sandbox();
        assert_eq!(asks(&world, &good()).0, "issuer-keys-unavailable", "{name}: too old");
    }
}

#[test]
fn fetched_keys_go_on_likewise() {
    let world = world(&[], 0);
    assert_eq!(asks(&world, &good()), passes(1));
    world.answer(KEYS_URL, Answer::Refuses);
    world.pass_s(3_599);
    assert_eq!(asks(&world, &good()), passes(1));
    world.pass_s(61);
    assert_eq!(asks(&world, &good()).0, "issuer-keys-unavailable");
    world.answer(KEYS_URL, Answer::json(&okta().jwks()));
    world.pass_s(60);
    assert_eq!(asks(&world, &good()), passes(1), "the issuer is back");
}

#[test]
fn a_withdrawn_key_is_not_trusted_for_long() {
    for (name, stored) in [("only fetched", &[][..]), ("stored too", &[es256()][..])] {
        let world = world(stored, 400);
        assert_eq!(asks(&world, &good()), passes(1), "{name}");
        world.answer(KEYS_URL, Answer::json(&without(|kid| kid == es256())));
        world.pass_s(299);
        assert_eq!(asks(&world, &good()), passes(0), "{name}: five minutes are not over");
        // The sandbox has read the key in the last second, and keeps it for a minute.
        world.pass_s(60);
        assert_eq!(
            asks(&world, &good()),
            refused("key-unknown", 1),
            "{name}: refresh and a minute"
        );
        world.new_sandbox();
        assert_eq!(
            asks(&world, &good()),
            refused("key-unknown", 0),
            "{name}: in a new sandbox too"
        );
    }
}

#[test]
fn what_is_stored_later_counts_more() {
    let world = world(&[es256()], 400);
    world.answer(KEYS_URL, Answer::json(&without(|kid| kid == es256())));
    assert_eq!(asks(&world, &good()), refused("key-unknown", 1), "withdrawn");
    world.pass_s(10);
    store(&world, &[es256()], 0);
    assert_eq!(asks(&world, &good()), passes(0), "stored again since");
}

#[test]
fn an_issuer_may_forbid_it() {
    let world = world(&[kid(Algorithm::EdDsa)], 400);
    let settings = format!("{{ url = \"{KEYS_URL}\", fetch = false }}");
    sample::enforce(&world, &policy(&settings));
    assert_eq!(asks(&world, &good()), refused("key-unknown", 0));
    let stored = text(token().algorithm(Algorithm::EdDsa));
    assert_eq!(asks(&world, &stored), passes(0), "however old");
    store(&world, &[], 0);
    world.new_sandbox();
    assert_eq!(asks(&world, &good()), refused("misconfigured", 0));
}

#[test]
fn where_the_keys_are_is_read_from_the_index() {
    let world = world(&[], 0);
    sample::enforce(&world, sample::POLICY);
    let set = without(|kid| kid == es256()).to_string();
    for (entry, value) in entries(&okta().issuer, &set, NOW, Some(KEYS_URL))
        .expect("keys")
        .entries
    {
        world.put(ConfigStore::Keys, entry, value);
    }
    assert_eq!(asks(&world, &good()), passes(1));
}

#[test]
fn without_the_pops_cache_nothing_is_fetched() {
    let world = world(&[es256()], 400);
    world.break_part(Part::RecallOrTurn);
    assert_eq!(asks(&world, &good()), passes(0), "the stored key serves");
    let unknown = text(token().kid("stranger"));
    assert_eq!(
        asks(&world, &unknown),
        refused("issuer-keys-unavailable", 0),
        "a newer set may have it"
    );
    store(&world, &[], 0);
    world.new_sandbox();
    assert_eq!(
        asks(&world, &good()),
        refused("issuer-keys-unavailable", 0),
        "nobody knows"
    );
}

/// The most that a request may ask of the world when everything is fresh and its key must be fetched.
#[test]
fn a_fetch_is_bounded() {
    let world = world(&[], 0);
    let exchange = world.exchange(&Request::new("GET", "/v1/whoami").bearer(&good()));
    let counts = count(&exchange.events);
    assert!(
        counts.look_ups <= 8 && counts.cache_operations <= 5 && counts.sends == 1,
        "{counts:?}"
    );
}

/// `tollgate keys sync --allow-removal` must reach a POP that can't ask the issuer.
#[test]
fn a_key_that_is_taken_out_of_the_store_does_not_live_on_at_the_pop() {
    let world = world(&[], 0);
    assert_eq!(asks(&world, &good()), passes(1));
    world.pass_s(10);
    store(&world, &[kid(Algorithm::EdDsa)], 0);
    world.answer(KEYS_URL, Answer::Refuses);
    for _ in 0..4 {
        world.pass_s(800);
        world.new_sandbox();
        assert_eq!(asks(&world, &good()).0, "key-unknown");
    }
}

/// What is only watched must not bring back what the policy in force does not trust.
#[test]
fn a_candidate_brings_no_key_into_force() {
    let world = world(&[es256()], 1_000);
    world.answer(KEYS_URL, Answer::json(&without(|kid| kid == es256())));
    let other = format!("{{ url = \"{KEYS_URL}\", refresh = \"5m\", unknown = \"1m\", max_age = \"2h\" }}");
    let candidate = sample::add(&world, &policy(&other));
    world.put(ConfigStore::Policy, "candidate", format!("{candidate} 100"));
    for _ in 0..3 {
        assert_eq!(asks(&world, &good()).0, "key-unknown");
        assert_eq!(asks(&world, &good()).0, "key-unknown");
        world.pass_s(61);
    }
}

#[test]
fn a_sync_of_the_same_keys_leaves_what_is_remembered() {
    let world = world(&[es256()], 10);
    let token = good();
    let source = |world: &World| {
        let exchange = world.exchange(&Request::new("GET", "/v1/whoami").bearer(&token));
        exchange.log["tollgate"]["claims"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(source(&world), "verified");
    world.pass_s(61);
    store(&world, &[es256()], 0);
    assert_eq!(source(&world), "sandbox", "stored again");
    world.pass_s(301);
    world.new_sandbox();
    assert_eq!(source(&world), "verified", "the cap of five minutes is over");
    world.pass_s(61);
    world.new_sandbox();
    assert_eq!(source(&world), "pop", "the key is the POP's now, and the same");
}

/// `tollgate keys sync` keeps a key for a while that its issuer no longer shows; the edge need not.
#[test]
fn a_key_that_is_kept_beside_a_newer_set_counts_as_long_as_it_is_fresh() {
    let world = world(&[es256()], 200);
    let (entry, kept) = (key_entry(&okta().issuer, es256()), |world: &World, entry: &str| {
        world.get(ConfigStore::Keys, entry)
    });
    let kept = kept(&world, &entry);
    store(&world, &[kid(Algorithm::EdDsa)], 50);
    world.put(ConfigStore::Keys, entry, kept);
    world.answer(KEYS_URL, Answer::Refuses);
    assert_eq!(asks(&world, &good()), passes(0), "five minutes are not over");
    world.pass_s(100);
    assert_eq!(
        asks(&world, &good()).0,
        "key-unknown",
        "the newest set that is known does not have it"
    );
}

/// Where the policy names another place, what was stored from the one before says nothing.
#[test]
fn another_place_is_another_set() {
    let world = world(&[], 0);
    let set = without(|kid| kid != es256()).to_string();
    let stored = entries(&okta().issuer, &set, NOW, Some("https://abandoned.example/keys")).expect("keys");
    for (entry, value) in stored.entries {
        world.put(ConfigStore::Keys, entry, value);
    }
    world.answer(KEYS_URL, Answer::json(&without(|kid| kid == es256())));
    assert_eq!(asks(&world, &good()), refused("key-unknown", 1));
}
