//! Config stores that are missing, empty, broken or hold garbage: nothing is let through, and nothing is told.

use tollgate::{
    host::ConfigStore,
    identity::keys::{index_entry, key_entry},
    policy::pages::{self, page_entry},
};

use super::book::Book;
use crate::world::{
    Part, World,
    message::Request,
    sample::{self, POLICY, okta, text, token},
};

const MISCONFIGURED: &str = "503 misconfigured";

fn whoami() -> Request {
    Request::new("GET", "/v1/whoami").bearer(&text(token()))
}

#[test]
fn the_policy_store() {
    let mut book = Book::open("policy_store");
    let public = Request::new("GET", "/healthz");
    let spoiled = |spoil: &dyn Fn(&World, &str)| {
        let world = sample::world();
        let version = sample::enforce(&world, POLICY);
        spoil(&world, &version);
        world
    };
    let pointing_to = |version: &str| {
        let world = sample::world();
        world.put(ConfigStore::Policy, "active", version);
        world
    };
    let broken = sample::world();
    broken.break_part(Part::PolicyStore);
    book.row("broken", MISCONFIGURED, &broken, &public);
    book.row(
        "broken, for a browser",
        MISCONFIGURED,
        &broken,
        &public.clone().header("accept", "text/html"),
    );
    book.row("empty", MISCONFIGURED, &World::default(), &public);
    book.row("pointer is empty", MISCONFIGURED, &pointing_to(""), &public);
    book.row("pointer with a line end", MISCONFIGURED, &pointing_to("abc\n"), &public);
    book.row("pointer is a path", MISCONFIGURED, &pointing_to("../x"), &public);
    book.row(
        "pointer is too long",
        MISCONFIGURED,
        &pointing_to(&"v".repeat(65)),
        &public,
    );
    book.row(
        "pointer to nothing",
        MISCONFIGURED,
        &pointing_to("aaaabbbbccccdddd"),
        &public,
    );
    for (kind, entry) in [
        ("index", pages::index_entry as fn(&str) -> String),
        ("page", |version| page_entry(version, 0)),
    ] {
        let gone = spoiled(&|world, version| world.take(ConfigStore::Policy, &entry(version)));
        book.row(&format!("{kind} is not there"), MISCONFIGURED, &gone, &public);
        let rubbish = spoiled(&|world, version| world.put(ConfigStore::Policy, entry(version), "INSIDE-10.0.0.7"));
        book.row(&format!("{kind} is rubbish"), MISCONFIGURED, &rubbish, &public);
        let cut = spoiled(&|world, version| {
            let text = world.get(ConfigStore::Policy, &entry(version));
            world.put(
                ConfigStore::Policy,
                entry(version),
                text.get(..text.len() / 2).expect("ASCII"),
            );
        });
        book.row(&format!("{kind} is cut off"), MISCONFIGURED, &cut, &public);
        let other = spoiled(&|world, version| {
            let text = world.get(ConfigStore::Policy, &entry(version));
            let other = text.replacen(version, "INSIDE-10-0-0-7x", 1);
            world.put(ConfigStore::Policy, entry(version), other);
        });
        book.row(&format!("{kind} of another version"), MISCONFIGURED, &other, &public);
    }
    book.close();
}

/// The pointer is read for every request; where it can't be, what was good in this sandbox goes on, and a new sandbox
/// has nothing that is good.
#[test]
fn a_policy_store_that_breaks_while_a_sandbox_lives() {
    let world = sample::world();
    let public = Request::new("GET", "/healthz");
    assert_eq!(world.exchange(&public).delivered.status, 200);
    world.break_part(Part::PolicyStore);
    let first = world.exchange(&public);
    assert_eq!(first.delivered.status, 200);
    assert!(first.line.contains("goes on"), "it is reported: {}", first.line);
    let second = world.exchange(&public);
    assert_eq!(second.delivered.status, 200);
    assert!(!second.line.contains("goes on"), "once: {}", second.line);
    world.new_sandbox();
    assert_eq!(
        world.exchange(&public).delivered.status,
        503,
        "nothing can be read at all"
    );
}

/// A pointer or a new policy that is spoiled stops nobody: the policy goes on that was good, in this sandbox and in those
/// that begin after it at this POP, for an hour.
#[test]
fn rubbish_in_the_policy_store_breaks_nothing() {
    let better = POLICY.replace("body = \"ok\"", "body = \"better\"");
    for (name, spoil) in [
        (
            "pointer",
            (|world, _| world.put(ConfigStore::Policy, "active", "rubbish\n")) as fn(&World, &str),
        ),
        ("no pointer", |world, _| world.take(ConfigStore::Policy, "active")),
        ("index", |world, version| {
            world.put(ConfigStore::Policy, pages::index_entry(version), "rubbish")
        }),
        ("page", |world, version| {
            world.put(ConfigStore::Policy, page_entry(version, 0), "rubbish")
        }),
        ("no page", |world, version| {
            world.take(ConfigStore::Policy, &page_entry(version, 0))
        }),
    ] {
        let world = sample::world();
        let public = Request::new("GET", "/healthz");
        let body = |world: &World| String::from_utf8(world.exchange(&public).delivered.body).expect("text");
        assert_eq!(body(&world), "ok", "{name}");
        let version = sample::enforce(&world, &better);
        spoil(&world, &version);
        let other_host = world.exchange(&public.clone().host("other.example"));
        assert_eq!(
            other_host.delivered.status, 404,
            "{name}: a request that needs no page proves nothing"
        );
        assert_eq!(body(&world), "ok", "{name}: the same sandbox");
        world.new_sandbox();
        assert_eq!(body(&world), "ok", "{name}: another sandbox");
        sample::enforce(&world, &better);
        // What was read of a version is kept, so mended entries count from the next sandbox on at the latest.
        world.new_sandbox();
        assert_eq!(body(&world), "better", "{name}: mended");
        world.new_sandbox();
        spoil(&world, &version);
        for _ in 0..3 {
            world.pass_s(1_200);
            world.new_sandbox();
            let status = world.exchange(&public).delivered.status;
            assert!(status == 200 || status == 503, "{name}: {status}");
        }
        world.pass_s(1);
        world.new_sandbox();
        assert_eq!(
            world.exchange(&public).delivered.status,
            503,
            "{name}: too long ago, however busy it was"
        );
    }
}

#[test]
fn the_key_store() {
    let mut book = Book::open("key_store");
    let entry = key_entry("https://okta.example", "okta-es256-1");
    let holding = |value: &str| {
        let world = sample::world();
        world.put(ConfigStore::Keys, entry.clone(), value);
        world
    };
    let broken = sample::world();
    broken.break_part(Part::KeysStore);
    book.row("broken", MISCONFIGURED, &broken, &whoami());
    let keyless = Request::new("GET", "/v1/orders/7").bearer(&text(token().issuer("https://keyless.example")));
    book.row(
        "no keys of the issuer at all",
        MISCONFIGURED,
        &sample::world(),
        &keyless,
    );
    let one_gone = sample::world();
    one_gone.take(ConfigStore::Keys, &entry);
    book.row("no key of this name", "401 key-unknown", &one_gone, &whoami());
    one_gone.take(ConfigStore::Keys, &index_entry("https://okta.example"));
    book.row("no key and no index", MISCONFIGURED, &one_gone, &whoami());
    book.row("key is no JSON", MISCONFIGURED, &holding("INSIDE-10.0.0.7"), &whoami());
    book.row("key is empty", MISCONFIGURED, &holding(""), &whoami());
    let other_kid = okta()
        .key(tollgate_devstack::signing::Algorithm::Rs256)
        .public_jwk()
        .to_string();
    book.row("key of another kid", MISCONFIGURED, &holding(&other_kid), &whoami());
    let mut private = okta().key(tollgate_devstack::signing::Algorithm::Es256).public_jwk();
    private["d"] = "INSIDE-10.0.0.7".into();
    book.row(
        "key with its private part",
        MISCONFIGURED,
        &holding(&private.to_string()),
        &whoami(),
    );
    let wrong_type = r#"{"kty":"EC","kid":"okta-es256-1","crv":"P-256","x":{"INSIDE-10.0.0.7":1}}"#;
    book.row(
        "key with members of the wrong type",
        MISCONFIGURED,
        &holding(wrong_type),
        &whoami(),
    );
    book.close();
}
