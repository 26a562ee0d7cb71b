//! How much one request may ask of the platform, and how much it really asks.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;

use tollgate::host::{ConfigStore, SendFault};

use crate::world::{
    Part, Service, World,
    google::Mood,
    message::Request,
    record::{Counts, count},
    sample::{self, NOW, text, token},
};

const LOOK_UPS_MAX: usize = 12;
/// With the sample policy, which allows two attempts in one region.
const CACHE_OPERATIONS_MAX: usize = 12;
const SENDS_MAX: usize = 8;
const STATE_MAX: usize = 4;

fn asked(world: &World, request: &Request) -> Counts {
    count(&world.exchange(request).events)
}

fn counts(look_ups: usize, cache_operations: usize, sends: usize, secrets: usize) -> Counts {
    Counts {
        look_ups,
        secrets,
        state: 0,
        cache_operations,
        sends,
    }
}

#[test]
fn what_each_way_costs() {
    let long = text(token().claim("exp", NOW + 86_400));
    let whoami = Request::new("GET", "/v1/whoami").bearer(&long);
    let order = Request::new("GET", "/v1/orders/7").bearer(&long);
    let world = sample::world();
    let table = [
        ("ambiguous", Request::new("GET", "/../x"), counts(0, 0, 0, 0)),
        // The pointer, the index, a page and the candidate's pointer; and the POP is told that the policy is good.
        (
            "public, fresh sandbox",
            Request::new("GET", "/healthz"),
            counts(4, 1, 0, 0),
        ),
        ("public, warm", Request::new("GET", "/healthz"), counts(1, 0, 0, 0)),
        ("unknown path", Request::new("GET", "/x"), counts(1, 0, 0, 0)),
        ("no credential", Request::new("GET", "/v1/whoami"), counts(1, 0, 0, 0)),
        (
            "no JWT",
            Request::new("GET", "/v1/whoami").bearer("a.b.c"),
            counts(1, 0, 0, 0),
        ),
        (
            "unknown issuer",
            Request::new("GET", "/v1/whoami").bearer(&text(token().issuer("https://x.example"))),
            counts(1, 0, 0, 0),
        ),
        (
            "unknown key",
            Request::new("GET", "/v1/whoami").bearer(&text(token().kid("k"))),
            counts(3, 0, 0, 0),
        ),
        // With the entry `revoked`, which a sandbox reads every ten seconds.
        ("first token of a key", whoami.clone(), counts(3, 2, 0, 0)),
        ("authenticated, warm", whoami.clone(), counts(1, 0, 0, 0)),
        (
            "another token of the key",
            Request::new("GET", "/v1/whoami").bearer(&text(token())),
            counts(1, 2, 0, 0),
        ),
        // With the service's knobs, and whether its endpoint is left alone, which a sandbox reads every second.
        ("forwarded, first Google token", order.clone(), counts(2, 3, 2, 1)),
        ("forwarded, warm", order.clone(), counts(1, 0, 1, 0)),
    ];
    for (name, request, expected) in table {
        assert_eq!(asked(&world, &request), expected, "{name}");
    }
    world.new_sandbox();
    assert_eq!(
        asked(&world, &whoami),
        counts(6, 2, 0, 0),
        "authenticated, fresh sandbox, warm POP"
    );
    world.new_sandbox();
    assert_eq!(
        asked(&world, &order),
        counts(7, 4, 1, 0),
        "forwarded, fresh sandbox, warm POP"
    );
    let fresh = sample::world();
    assert_eq!(
        asked(&fresh, &whoami),
        counts(6, 3, 0, 0),
        "authenticated, everything fresh"
    );
    let fresh = sample::world();
    assert_eq!(asked(&fresh, &order), counts(7, 6, 2, 1), "forwarded, everything fresh");
}

/// Two calls for a token, in place of one.
#[test]
fn what_a_token_without_a_key_of_googles_costs() {
    let long = text(token().claim("exp", NOW + 86_400));
    let order = Request::new("GET", "/v1/orders/7").bearer(&long);
    let world = sample::keyless_world();
    let first = asked(&world, &order);
    assert_eq!((first.sends, first.secrets), (3, 1), "minted");
    let second = asked(&world, &order);
    assert_eq!((second.sends, second.secrets), (1, 0), "warm");
}

/// A pointer that is spoiled, and a candidate that sees every request, stay within the bounds too.
#[test]
fn what_goes_wrong_costs_no_more_than_may_be() {
    let order = Request::new("GET", "/v1/orders/7").bearer(&text(token()));
    let world = sample::world();
    world.exchange(&Request::new("GET", "/healthz"));
    world.put(ConfigStore::Policy, "active", "rubbish");
    world.new_sandbox();
    assert_eq!(asked(&world, &order), counts(7, 6, 2, 1), "what was good goes on");
    let world = sample::world();
    let candidate = sample::add(&world, &sample::POLICY.replace("body = \"ok\"", "body = \"better\""));
    world.put(ConfigStore::Policy, "candidate", format!("{candidate} 100"));
    assert_eq!(asked(&world, &order), counts(9, 6, 2, 1), "with a candidate");
}

/// Where attempts fail, each one costs up to 4 cache operations, each retry 2, and each region that is left alone 2.
#[test]
fn what_attempts_cost() {
    let order = Request::new("GET", "/v1/orders/7").bearer(&text(token()));
    let failing = |more: &str| {
        let world = sample::world();
        let url = r#"url = "https://orders-1.europe-west1.run.app""#;
        sample::enforce(&world, &sample::POLICY.replace(url, more));
        world
            .service
            .replace(Service::Fails(SendFault::Reset("broken".to_owned())));
        world
    };
    let regions: String = ["a", "b", "c", "d"]
        .map(|name| format!("{{ name = \"{name}\", url = \"https://orders-{name}.run.app\" }},"))
        .concat();
    let most = format!(
        "regions = [{regions}]\naudience = \"https://orders.example\"\n\
         retries = {{ attempts = 4 }}\nbreaker = {{ failures = 1 }}"
    );
    let world = failing(r#"url = "https://orders-1.run.app""#);
    assert_eq!(
        asked(&world, &order),
        counts(7, 12, 3, 1),
        "two attempts, everything fresh"
    );
    let world = failing(&most);
    assert_eq!(
        asked(&world, &order),
        counts(7, 27, 5, 1),
        "four attempts, all come to be left alone"
    );
    world.new_sandbox();
    assert_eq!(asked(&world, &order), counts(7, 11, 0, 0), "all are left alone");
    world.pass_s(10);
    world.new_sandbox();
    assert_eq!(asked(&world, &order), counts(7, 25, 4, 0), "all are tried, and fail");
}

/// The sizes of policy and key set have no part in it.
#[test]
fn more_routes_and_keys_cost_no_look_up_more() {
    let world = sample::world();
    let more: String = (0..4_000)
        .map(|at| format!("[[routes]]\npath = \"/r{at}\"\nallow = \"anyone\"\nrespond = {{ status = 200 }}\n"))
        .collect();
    sample::enforce(&world, &format!("{}\n{more}", sample::POLICY));
    let request = Request::new("GET", "/v1/whoami").bearer(&text(token()));
    assert_eq!(asked(&world, &request), counts(6, 3, 0, 0));
}

/// Every request, in every state, with every part broken.
#[test]
fn no_conversation_goes_beyond_the_bounds() {
    let parts = [
        Part::PolicyStore,
        Part::KeysStore,
        Part::SecretStore,
        Part::StateStore,
        Part::Recall,
        Part::Remember,
        Part::RecallOrTurn,
        Part::Fill,
    ];
    let broken_sets = parts
        .iter()
        .map(|&part| vec![part])
        .chain([vec![], parts.to_vec(), parts[4..].to_vec()]);
    let moods = [
        Mood::Gives,
        Mood::GivesFor("https://else.example"),
        Mood::Answers(503, "busy"),
        Mood::Fails(SendFault::Timeout("late".to_owned())),
    ];
    let good = text(token().claim("exp", NOW + 86_400));
    let expired = text(token().claim("exp", NOW - 100));
    let unknown = text(token().kid("k"));
    let mut requests = vec![
        Request::new("GET", "//"),
        Request::new("GET", "/healthz"),
        Request::new("GET", "/x"),
    ];
    for token in [&good, &expired, &unknown] {
        for (method, target) in [("GET", "/v1/whoami"), ("GET", "/v1/orders/7"), ("POST", "/v1/orders")] {
            requests.push(Request::new(method, target).bearer(token));
        }
    }
    let mut conversations = 0;
    for broken in broken_sets {
        for mood in &moods {
            for service_fails in [false, true] {
                let world = sample::world();
                broken.iter().for_each(|&part| world.break_part(part));
                world.google.borrow_mut().mood = mood.clone();
                if service_fails {
                    world
                        .service
                        .replace(Service::Fails(SendFault::Reset("broken".to_owned())));
                }
                for pass_s in [0, 0, 3_100] {
                    world.pass_s(pass_s);
                    for request in &requests {
                        let asked = asked(&world, request);
                        let within = asked.look_ups <= LOOK_UPS_MAX
                            && asked.cache_operations <= CACHE_OPERATIONS_MAX
                            && asked.sends <= SENDS_MAX
                            && asked.state <= STATE_MAX;
                        assert!(
                            within,
                            "{} {} with {broken:?}: {asked:?}",
                            request.method, request.target
                        );
                        conversations += 1;
                    }
                    world.new_sandbox();
                }
            }
        }
    }
    assert_eq!(conversations, 11 * 4 * 2 * 3 * 12);
}
