//! Commands that run at once, and issuers that have their keys in common.

use std::{fs, thread, time::Duration};

use tollgate::identity::keys::index_entry;

use super::{
    command::{Ended, Place},
    issuers::{Issuers, Said},
};

/// Runs `keys sync` while the key set of `okta` is held back, `during` once it is asked for, and lets it be answered.
fn sync_around(place: &Place, issuers: &Issuers, during: impl FnOnce()) -> Ended {
    let asked = issuers.asked("okta/jwks");
    issuers.say("okta/jwks", Said::Held);
    thread::scope(|scope| {
        let sync = scope.spawn(|| place.run(&["keys", "sync", "policy.toml"]));
        while issuers.asked("okta/jwks") == asked && !sync.is_finished() {
            thread::sleep(Duration::from_millis(20));
        }
        during();
        issuers.play("okta", &["a"]);
        sync.join().expect("no panic")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_an_issuer_keeps_nobody_from_writing() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::with(&format!(
        "[issuers.okta]\nissuer = \"{okta}\"\naudience = [\"api://orders\"]\n[issuers.partners]\napi_keys = true\n"
    ));
    issuers.play("okta", &["a"]);
    let synced = sync_around(&place, &issuers, || {
        for arguments in [
            "apikey create policy.toml --issuer partners --owner acme",
            "revoke policy.toml --issuer okta --subject u1",
        ] {
            let ended = place.run(&arguments.split(' ').collect::<Vec<_>>());
            assert_eq!(ended.code, Some(0), "{arguments}: {}", ended.err);
        }
    });
    assert_eq!(synced.code, Some(0), "{}{}", synced.out, synced.err);
    assert_eq!(place.entries("tollgate_keys.json").len(), 2, "a key and its index");
    assert_eq!(place.entries("tollgate_state.json").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_stored_meanwhile_stay() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::new(&[("okta", &okta)]);
    let policy = fs::read_to_string(place.path().join("policy.toml")).expect("a policy");
    let named = format!("audience = [\"api://orders\"]\nkeys = {{ url = \"{okta}/newer\" }}");
    let policy = policy.replace("audience = [\"api://orders\"]", &named);
    fs::write(place.path().join("other.toml"), policy).expect("a policy");
    issuers.play("okta", &["a"]);
    issuers.say_json("okta/newer", &serde_json::json!({ "keys": [issuers.key("b", 1)] }));
    let synced = sync_around(&place, &issuers, || {
        let other = place.run(&["keys", "sync", "other.toml"]);
        assert_eq!(other.code, Some(0), "{}{}", other.out, other.err);
    });
    assert_eq!(synced.code, Some(1), "{}", synced.out);
    assert!(synced.out.contains("stored its keys meanwhile"), "{}", synced.out);
    let index = &place.entries("tollgate_keys.json")[&index_entry(&okta)];
    assert!(index.contains("\"b\"") && !index.contains("\"a\""), "{index}");
}

#[tokio::test(flavor = "multi_thread")]
async fn issuers_of_one_key_set_have_it_fetched_once() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let written =
        |(name, iss, audience)| format!("[issuers.{name}]\nissuer = \"{iss}\"\naudience = [\"{audience}\"]\n");
    let batch = issuers.issuer("batch");
    let named = [("app", &okta, "app"), ("batch", &batch, "api"), ("okta", &okta, "api")];
    let place = Place::with(&named.map(written).concat());
    issuers.play("okta", &["a"]);
    issuers.play("batch", &["b"]);
    let synced = place.run(&["keys", "sync", "policy.toml"]);
    let keys =
        |name: &str, path: &str, kid: &str| format!("{name}: keys 1, from {}\n  + {kid}\n", issuers.issuer(path));
    let expected = [
        keys("app", "okta/jwks", "a"),
        keys("batch", "batch/jwks", "b"),
        keys("okta", "okta/jwks", "a"),
        "wrote ./tollgate-stores/tollgate_keys.json\n".to_owned(),
    ];
    assert_eq!((synced.code, synced.out), (Some(0), expected.concat()));
    assert_eq!(
        synced.err,
        "fetching the keys of app, okta\nfetching the keys of batch\n"
    );
    assert_eq!(issuers.asked("okta/jwks"), 1);
}
