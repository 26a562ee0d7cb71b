//! Stores that are broken, missing or half-written: 503 for those who ask, the cause in the log, and no trap; mended,
//! the next request works.

use std::fs;

use serde_json::{Map, Value, json};
use tollgate::host::ConfigStore;
use tollgate::identity::keys::{index_entry, key_entry};
use tollgate_devstack::local_stores::file;
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, POLICY, own};
use super::support::http::{Answer, Ask};

/// A store that can be broken and mended while the gateway runs.
struct Store {
    path: std::path::PathBuf,
    good: String,
}

impl Store {
    fn of(world: &World, store: ConfigStore) -> Self {
        let path = world.stores().join(file(store));
        let good = fs::read_to_string(&path).expect("a store");
        Self { path, good }
    }

    fn entries(&self) -> Map<String, Value> {
        serde_json::from_str(&self.good).expect("entries")
    }

    fn put(&self, text: &str) {
        let whole = self.path.with_extension("new");
        fs::write(&whole, text).expect("a file");
        fs::rename(&whole, &self.path).expect("a file");
    }

    fn mend(&self) {
        self.put(&self.good);
    }

    /// The store with one entry changed, or without it.
    fn put_with(&self, entry: &str, value: Option<&str>) {
        let mut entries = self.entries();
        match value {
            Some(value) => drop(entries.insert(entry.to_owned(), json!(value))),
            None => drop(entries.remove(entry)),
        }
        self.put(&Value::Object(entries).to_string());
    }
}

/// The answer tells nothing of the inside, and the log tells the cause.
pub(super) fn assert_misconfigured(name: &str, answer: &Answer, entry: &Value, cause: &str) {
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "misconfigured"),
        "{name}: {}",
        answer.text()
    );
    assert_eq!(answer.header("retry-after"), Some("5"), "{name}");
    assert_eq!(
        (&entry["severity"], &entry["tollgate"]["ended"]),
        (&json!("ERROR"), &json!("edge")),
        "{name}"
    );
    let problem = entry["tollgate"]["problems"][0].as_str().expect("a problem");
    assert!(problem.contains(cause), "{name}: the log says `{problem}`");
    for inside in [problem, "tollgate_", "iam.gserviceaccount", "active", ".json"] {
        assert!(
            !answer.text().contains(inside),
            "{name}: the answer tells of the inside: {}",
            answer.text()
        );
    }
}

async fn misconfigured(world: &World, name: &str, ask: Ask, cause: &str) {
    let answer = world.ask(ask).await;
    let entry = world.log(&answer).await;
    assert_misconfigured(name, &answer, &entry, cause);
}

/// Nothing was ever good at this POP, so nothing goes on.
#[test]
fn a_broken_policy_serves_nobody_until_it_is_mended() {
    own(WorldOptions::new(POLICY), async |world| {
        let store = Store::of(world, ConfigStore::Policy);
        let long = "v".repeat(100);
        for (name, value, cause) in [
            ("no pointer", None, "no entry `active`"),
            ("empty pointer", Some(""), "is no version"),
            ("rubbish in the pointer", Some("../../etc/passwd"), "is no version"),
            ("pointer with a line end", Some("abc\n"), "is no version"),
            ("long pointer", Some(long.as_str()), "is no version"),
            (
                "pointer to nowhere",
                Some("deadbeefdeadbeef"),
                "no entry `deadbeefdeadbeef.index`",
            ),
        ] {
            store.put_with("active", value);
            misconfigured(world, name, Ask::get("/healthz"), cause).await;
        }
        // The SDK panics over these, so the sandbox ends; what is answered and logged is the same.
        for (name, text) in [("file is no JSON", "{"), ("file is a list", "[]"), ("empty file", "")] {
            store.put(text);
            misconfigured(world, name, Ask::get("/healthz"), "config store tollgate").await;
        }
        fs::remove_file(&store.path).expect("a file");
        misconfigured(world, "no file", Ask::get("/healthz"), "config store tollgate").await;
        store.mend();
        // A sandbox reads the entries of a version once, so each broken one is of a version of its own.
        let mut number = 0_u64;
        for place in ["index", "p0"] {
            for (name, spoil, cause) in [
                (
                    "empty",
                    (|_| String::new()) as fn(&str) -> String,
                    "not one that this program can read",
                ),
                (
                    "cut off",
                    |good| good.get(..good.len() / 2).expect("ASCII").to_owned(),
                    "cut off",
                ),
                ("rubbish", |_| "<html>".to_owned(), "not one that this program can read"),
                (
                    "another version's",
                    |good| good.replacen(good.get(10..26).expect("a version"), "deadbeefdeadbeef", 1),
                    "another version",
                ),
                ("changed", |good| format!("{good}A"), "cut off"),
            ] {
                number += 1;
                let policy = POLICY.replace("body = \"ok\"", &format!("body = \"{number}\""));
                let version = world.add_policy(&policy).expect("a policy");
                let entry = format!("{version}.{place}");
                let entries = Store::of(world, ConfigStore::Policy).entries();
                let good = entries[&entry].as_str().expect("an entry");
                world.put(&entry, Some(&spoil(good))).expect("a store");
                world.put("active", Some(&version)).expect("a store");
                for target in ["/healthz", "/open/a", "/v1/orders/7", "/nowhere"] {
                    misconfigured(world, &format!("{place}: {name}"), Ask::get(target), cause).await;
                }
            }
        }
        // An empty store is one that was never published to.
        store.put("{}");
        misconfigured(world, "empty store", Ask::get("/healthz"), "no entry `active`").await;
        store.mend();
        assert_eq!(world.ask(Ask::get("/healthz")).await.text(), "ok", "mended");
    });
}

/// What was good at this POP goes on where the newest is spoiled, in every sandbox.
#[test]
fn rubbish_in_the_policy_store_breaks_nothing() {
    own(WorldOptions::new(POLICY), async |world| {
        let store = Store::of(world, ConfigStore::Policy);
        let version = store.entries()["active"].as_str().expect("a version").to_owned();
        let first = world.ask(Ask::get("/healthz")).await;
        assert_eq!(first.text(), "ok");
        // The POP is told of a good policy after the answer and before the log.
        world.log(&first).await;
        for (name, value) in [
            ("rubbish", Some("../../etc/passwd\n")),
            ("empty", Some("")),
            ("nothing", None),
            ("pointer to nowhere", Some("deadbeefdeadbeef")),
        ] {
            store.put_with("active", value);
            for _ in 0..9 {
                let answer = world.ask(Ask::get("/healthz")).await;
                let entry = world.log(&answer).await;
                assert_eq!(
                    (answer.text().as_str(), &entry["tollgate"]["policy"]),
                    ("ok", &json!(version)),
                    "{name}"
                );
            }
        }
        let better = POLICY.replace("body = \"ok\"", "body = \"better\"");
        let next = world.add_policy(&better).expect("a policy");
        for (place, value) in [("index", "rubbish"), ("p0", "rubbish")] {
            let good = Store::of(world, ConfigStore::Policy);
            good.put_with(&format!("{next}.{place}"), Some(value));
            world.put("active", Some(&next)).expect("a store");
            for _ in 0..9 {
                assert_eq!(world.ask(Ask::get("/healthz")).await.text(), "ok", "{place}");
            }
            good.mend();
        }
        world.enforce(&better.replace("better", "best")).expect("a policy");
        for _ in 0..9 {
            assert_eq!(world.ask(Ask::get("/healthz")).await.text(), "best", "the next request");
        }
    });
}

/// A key is read once a minute by each sandbox, so every row breaks one that has not been read yet.
#[test]
fn broken_keys_are_our_fault_and_not_the_callers() {
    // Else the edge would fetch what the store lacks.
    let policy = POLICY.replace(
        "\n[issuers.partner]",
        "keys     = { fetch = false }\n\n[issuers.partner]",
    );
    let policy = policy.replace(
        "issuer   = \"https://partner.example\"",
        "issuer   = \"https://partner.example\"\nkeys     = { fetch = false }",
    );
    assert_eq!(policy.matches("fetch = false").count(), 2, "{policy}");
    own(WorldOptions::new(policy), async |world| {
        let store = Store::of(world, ConfigStore::Keys);
        let (okta, partner) = (world.okta(), world.issuer("partner").expect("partner"));
        let token = |issuer: &Issuer, algorithm| {
            let token = issuer.token().algorithm(algorithm).scope("orders:read");
            token.build().expect("a token")
        };
        let ask = |issuer: &Issuer, algorithm| {
            let target = if issuer.name == "okta" {
                "/v1/orders/7"
            } else {
                "/partner/7"
            };
            Ask::get(target).bearer(&token(issuer, algorithm))
        };
        let entry = |issuer: &Issuer, algorithm| key_entry(&issuer.issuer, issuer.key(algorithm).kid());
        let mended = async |issuer, algorithm| {
            store.mend();
            assert_eq!(world.ask(ask(issuer, algorithm)).await.status, 200, "mended");
        };
        let [rs256, es256, ed_dsa] = Algorithm::ALL;

        store.put_with(&entry(okta, rs256), Some("rubbish"));
        misconfigured(world, "the key is no JWK", ask(okta, rs256), "is no JWK").await;
        mended(okta, rs256).await;

        let mut off_curve = okta.key(es256).public_jwk();
        off_curve["y"] = off_curve["x"].clone();
        store.put_with(&entry(okta, es256), Some(&off_curve.to_string()));
        misconfigured(world, "not on the curve", ask(okta, es256), "not a point of the curve").await;
        let other = okta.key(rs256).public_jwk().to_string();
        store.put_with(&entry(okta, es256), Some(&other));
        misconfigured(world, "the key of another kid", ask(okta, es256), "`kid`").await;
        mended(okta, es256).await;

        store.put_with(&entry(okta, ed_dsa), None);
        world.refused(ask(okta, ed_dsa), 401, "key-unknown").await;
        mended(okta, ed_dsa).await;

        store.put("{}");
        misconfigured(
            world,
            "no keys at all",
            ask(partner, es256),
            "no keys of https://partner.example",
        )
        .await;
        assert_eq!(
            world.ask(Ask::get("/open/a").bearer("x")).await.status,
            200,
            "public routes need no key"
        );
        mended(partner, es256).await;

        let index = index_entry(&partner.issuer);
        store.put_with(&index, Some("rubbish"));
        let unknown = Ask::get("/partner/7").bearer(&kid_unknown(partner));
        misconfigured(world, "an index that is none", unknown, "is malformed").await;
    });
}

fn kid_unknown(issuer: &Issuer) -> String {
    issuer.token().kid("no-such-key").build().expect("a token")
}
