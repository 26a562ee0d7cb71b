//! Config stores that are missing, empty, broken or hold garbage: nothing is let through, and nothing is told.

use tollgate::{
    host::ConfigStore,
    identity::keys::{index_entry, key_entry},
    policy::site::Site,
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
    let spoiled = |spoil: fn(&World, &str)| {
        let world = sample::world();
        let version = sample::enforce(&world, POLICY);
        spoil(&world, &Site::page_entry(&version));
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
    book.row("pointer to nothing", MISCONFIGURED, &pointing_to("v1"), &public);
    let no_json = spoiled(|world, page| world.put(ConfigStore::Policy, page, "INSIDE-10.0.0.7"));
    book.row("page is no JSON", MISCONFIGURED, &no_json, &public);
    let cut = spoiled(|world, page| world.put(ConfigStore::Policy, page, "{\"version\":\"INSIDE-10.0.0.7\","));
    book.row("page is cut off", MISCONFIGURED, &cut, &public);
    let other = spoiled(|world, page| {
        let (_, other) = tollgate::policy::compile::compile_text(POLICY)
            .unwrap()
            .to_page()
            .unwrap();
        let version = page.trim_end_matches(".site");
        world.put(ConfigStore::Policy, page, other.replacen(version, "INSIDE-10.0.0.7", 1));
    });
    book.row("page of another version", MISCONFIGURED, &other, &public);
    let unknown = spoiled(|world, page| {
        let (_, other) = tollgate::policy::compile::compile_text(POLICY)
            .unwrap()
            .to_page()
            .unwrap();
        world.put(
            ConfigStore::Policy,
            page,
            other.replacen("\"hosts\"", "\"INSIDE-10.0.0.7\":1,\"hosts\"", 1),
        );
    });
    book.row("page with an unknown member", MISCONFIGURED, &unknown, &public);
    book.close();
}

/// Once in force does not mean for good: the pointer is read for every request.
#[test]
fn a_policy_store_that_breaks_while_a_sandbox_lives() {
    let world = sample::world();
    let public = Request::new("GET", "/healthz");
    assert_eq!(world.exchange(&public).delivered.status, 200);
    world.break_part(Part::PolicyStore);
    assert_eq!(world.exchange(&public).delivered.status, 503);
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
