//! The table of tokens, through the gateway in memory: what passes, and what is refused with which code.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "tokens/mod.rs"]
mod tokens;
#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;

use std::collections::BTreeSet;

use tokens::{
    Row,
    bench::{Bench, POLICY, TARGET},
    rows,
};
use tollgate::{host::ConfigStore, identity::keys, policy::compile::compile_text};
use world::{
    World,
    message::Request,
    sample::{INVOKER_KEY, NOW, enforce, key_file},
};

/// The fewest rows that the table may have.
const ROWS_MIN: usize = 150;

/// A world with the table's policy in force, and what its issuers vouch with.
fn world(bench: &Bench) -> World {
    let world = World::default();
    world.set_clock_s(bench.now);
    enforce(&world, POLICY);
    let site = compile_text(POLICY).unwrap();
    for (name, key_set) in bench.key_sets() {
        let issuer = &site.settings().issuers[&name].issuer;
        for (entry, value) in keys::entries(issuer, &key_set, bench.now, None).unwrap().entries {
            world.put(ConfigStore::Keys, entry, value);
        }
    }
    for (name, secret) in Bench::secrets() {
        world.put_secret(&name, secret);
    }
    world.put_secret(INVOKER_KEY, key_file().to_string());
    world
}

/// What becomes of a token: the status, the code, and whether it was the service that answered.
fn outcome(world: &World, token: &str) -> (u16, String, bool) {
    let exchange = world.exchange(&Request::new("GET", TARGET).bearer(token));
    let told = &exchange.log["tollgate"];
    for part in token.split('.').filter(|part| part.len() > 20) {
        assert!(!exchange.line.contains(part), "a part of the token is in the log");
        assert!(!exchange.debug.contains(part), "a part of the token has a text form");
    }
    let code = told["code"].as_str().unwrap_or_default().to_owned();
    (exchange.delivered.status, code, told["decision"] == "forward")
}

/// Compares, and gives what is wrong in words.
fn check(row: &Row, world: &World, token: &str) -> Option<String> {
    let (status, code) = row.outcome();
    let expected = (status, code.to_owned(), code.is_empty());
    let found = outcome(world, token);
    (found != expected).then(|| format!("{}: {found:?}, not {expected:?}", row.name))
}

#[test]
fn the_table_is_large_and_no_name_comes_twice() {
    let names: BTreeSet<_> = rows().iter().map(|row| row.name).collect();
    assert_eq!(names.len(), rows().len());
    assert!(names.len() >= ROWS_MIN, "{} rows", names.len());
}

#[test]
fn each_token_has_its_outcome() {
    let bench = Bench::at(NOW);
    let world = world(&bench);
    let mut wrong = Vec::new();
    for row in rows() {
        let token = (row.token)(&bench);
        // Twice where nothing is remembered, in the sandbox or at the POP; then as it is remembered.
        for _ in 0..2 {
            world.new_sandbox();
            world.cache.take();
            wrong.extend(check(&row, &world, &token));
        }
        wrong.extend(check(&row, &world, &token));
        world.new_sandbox();
        wrong.extend(check(&row, &world, &token));
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_remembered_of_a_good_token_helps_no_other() {
    let bench = Bench::at(NOW);
    let world = world(&bench);
    let good = bench.token().build();
    let mut wrong = Vec::new();
    for row in rows() {
        let token = (row.token)(&bench);
        assert_eq!(
            outcome(&world, &good),
            (200, String::new(), true),
            "before {}",
            row.name
        );
        wrong.extend(check(&row, &world, &token));
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(outcome(&world, &good), (200, String::new(), true));
}
