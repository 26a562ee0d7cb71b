//! The world of these tests does as it is told: the other conversations are worth something only if it does.

use serde_json::json;
use tollgate::{
    host::{CacheKey, Freshness, Host, SendFault, StoreFault, SurrogateKey},
    secret::Secret,
    upstream::send::{Ask, Call, Destination, Endpoint, Timeouts},
};

use crate::world::{
    INSIDE, Part, World,
    message::Request,
    outside::{Answer, posted, url},
    ready,
    record::{calls, count},
};

/// A call to `https://okta.example` that asks about a token.
fn call(target: &str) -> Call {
    Call {
        destination: Destination {
            name: "okta".to_owned(),
            endpoint: Endpoint::parse("https://okta.example").unwrap(),
            timeouts: Timeouts::default(),
        },
        target: target.to_owned(),
        ask: Ask::Form(vec![("token", Secret::new("t1".to_owned()))]),
        authorization: None,
        body_bytes_max: 16,
    }
}

#[test]
fn an_address_outside_answers_as_it_was_told() {
    let inside = INSIDE.to_owned();
    let too_long = format!("{INSIDE}: the answer is too long");
    let table = [
        (
            "JSON",
            Answer::json(&json!({ "a": 1 })),
            Ok((200, b"{\"a\":1}".to_vec())),
        ),
        ("a status", Answer::status(404), Ok((404, Vec::new()))),
        (
            "what the call asks",
            Answer::Makes(|call| (201, posted(call, "token").unwrap_or_default().to_owned())),
            Ok((201, b"t1".to_vec())),
        ),
        ("garbage", Answer::GivesGarbage, Ok((200, vec![0xff, 0x00, b'{', 0xc0]))),
        ("refused", Answer::Refuses, Err(SendFault::Refused(inside.clone()))),
        ("late", Answer::IsLate, Err(SendFault::Timeout(inside.clone()))),
        ("broken off", Answer::BreaksOff, Err(SendFault::Reset(inside))),
        (
            "too much",
            Answer::GivesTooMuch,
            Err(SendFault::Reset(too_long.clone())),
        ),
        (
            "too long",
            Answer::Gives(200, "x".repeat(17)),
            Err(SendFault::Reset(too_long)),
        ),
    ];
    let world = World::default();
    for (name, answer, expected) in table {
        world.answer("https://okta.example/keys?v=1", answer);
        let replied = ready(world.call(&call("/keys?v=1")));
        let replied = replied.map(|reply| (reply.status, reply.body.expose().clone()));
        assert_eq!(replied, expected, "{name}");
    }
    let elsewhere = ready(world.call(&call("/keys")));
    assert!(matches!(elsewhere, Err(SendFault::Refused(_))), "{elsewhere:?}");
    let events = world.take_events();
    let called: Vec<String> = calls(&events).map(url).collect();
    assert_eq!((called.len(), count(&events).sends), (10, 10));
    assert_eq!(called[9], "https://okta.example/keys");
}

#[test]
fn the_state_store_holds_what_was_put_and_fails_when_broken() {
    let world = World::default();
    world.put_state("a", "one");
    let read = |key: &str| ready(world.state(key)).map(|found| found.map(|value| value.expose().clone()));
    assert_eq!((read("a"), read("b")), (Ok(Some(b"one".to_vec())), Ok(None)));
    world.take_state("a");
    assert_eq!(read("a"), Ok(None));
    world.break_part(Part::StateStore);
    assert_eq!(read("a"), Err(StoreFault(format!("{INSIDE} StateStore"))));
    world.mend_part(Part::StateStore);
    assert_eq!(read("a"), Ok(None));
    assert_eq!(count(&world.take_events()).state, 5);
}

#[test]
fn what_is_purged_is_forgotten() {
    let world = World::default();
    let freshness = Freshness {
        fresh_s: 60,
        stale_s: 0,
    };
    let value = Secret::new(b"v".to_vec());
    for (key, purged_by) in [
        ("one", vec!["issuer", "subject"]),
        ("two", vec!["issuer"]),
        ("three", vec![]),
    ] {
        let purged_by: Vec<_> = purged_by.iter().map(|&key| SurrogateKey(key.to_owned())).collect();
        ready(world.remember(&CacheKey(key.to_owned()), &value, freshness, &purged_by)).unwrap();
    }
    let kept = || {
        let known = |key: &&str| ready(world.recall(&CacheKey((*key).to_owned()))).unwrap().is_some();
        ["one", "two", "three"].into_iter().filter(known).collect::<Vec<_>>()
    };
    world.cache.borrow_mut().purge("subject");
    assert_eq!(kept(), ["two", "three"]);
    world.cache.borrow_mut().purge("issuer");
    assert_eq!(kept(), ["three"]);
}

#[test]
fn a_certificate_comes_with_its_connection() {
    let world = World::default();
    let request = Request::new("GET", "/");
    assert_eq!(world.client_certificate(&request), None);
    let certified = request.certificate(&[0x30, 0x00]);
    assert_eq!(world.client_certificate(&certified), Some(vec![0x30, 0x00]));
}
