//! Keys that come, stay and go, and sets that are of no use.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};
use tollgate::identity::keys::{KeyIndex, index_entry, key_entry};

use super::{
    command::Place,
    issuers::{Issuers, Said},
};

const KEYS: &str = "tollgate_keys.json";

/// The key ids that are stored for an issuer, each with its key.
fn stored(place: &Place, issuer: &str) -> BTreeMap<String, Value> {
    let entries = place.entries(KEYS);
    let Some(index) = entries.get(&index_entry(issuer)) else {
        return BTreeMap::new();
    };
    let index: KeyIndex = serde_json::from_str(index).expect("an index");
    let key = |kid: &String| serde_json::from_str(&entries[&key_entry(issuer, kid)]).expect("a key");
    index.kids.iter().map(|kid| (kid.clone(), key(kid))).collect()
}

fn kids(place: &Place, issuer: &str) -> Vec<String> {
    stored(place, issuer).into_keys().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_stay_and_go() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::new(&[("okta", &okta)]);
    let sync = ["keys", "sync", "policy.toml"];

    issuers.play("okta", &["a=0", "b=1"]);
    let dry = place.run(&[&sync[..], &["--dry-run"]].concat());
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(dry.out.ends_with("nothing was written: --dry-run\n"), "{}", dry.out);
    assert!(!place.file("").exists(), "not even the folder");

    let first = place.run(&sync);
    let file = "wrote ./tollgate-stores/tollgate_keys.json";
    assert_eq!(
        (first.code, first.out),
        (
            Some(0),
            format!("okta: keys 2, from {okta}/jwks\n  + a\n  + b\n{file}\n")
        )
    );
    assert_eq!(first.err, "fetching the keys of okta\n");
    assert_eq!(kids(&place, &okta), ["a", "b"]);
    let mode = fs::metadata(place.file(KEYS)).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    issuers.play("okta", &["b=2", "c=1"]);
    let second = place.run(&sync);
    assert_eq!(second.code, Some(0), "{}", second.err);
    for part in [
        "keys 3",
        "  + c\n",
        "  ~ b  another key",
        "  ! a  missing from the issuer's set since ",
    ] {
        assert!(second.out.contains(part), "{part}: {}", second.out);
    }
    assert_eq!(kids(&place, &okta), ["a", "b", "c"], "kept at first");
    let kept = place.run(&[&sync[..], &["--format", "json"]].concat()).json();
    let missing = kept.pointer("/issuers/0/missing/a").and_then(Value::as_u64);
    assert!(missing.is_some(), "{kept:#}");
    assert_eq!((&kept["ok"], &kept["written"]), (&json!(true), &json!(true)));
    assert_eq!(kept["issuers"][0]["kept"], json!(["b", "c"]));

    let later = place.run(&[&sync[..], &["--grace", "0s"]].concat());
    assert!(later.out.contains("  - a  removed"), "{}", later.out);
    assert_eq!(kids(&place, &okta), ["b", "c"]);
    let entries = place.entries(KEYS).len();
    assert_eq!(entries, 3, "two keys and the index");
    assert_eq!(place.entries("tollgate_keys.sync.json"), BTreeMap::new());

    issuers.play("okta", &["c=1"]);
    let now = place.run(&[&sync[..], &["--allow-removal"]].concat());
    assert!(now.out.contains("  - b  removed"), "{}", now.out);
    assert_eq!(kids(&place, &okta), ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_unfit_keys_stay_out() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::new(&[("okta", &okta)]);
    issuers.play("okta", &[]);
    let mut certified = issuers.key("a", 0);
    certified["x5c"] = json!(["MIIC"]);
    let mut encrypts = issuers.key("e", 1);
    encrypts["use"] = "enc".into();
    issuers.say_json("okta/jwks", &json!({ "keys": [certified, encrypts] }));
    let synced = place.run(&["keys", "sync", "policy.toml"]);
    assert!(
        synced.out.contains("keys 1")
            && synced
                .out
                .contains("  left out: key `e`: the key's `use` is not `sig`\n"),
        "{}",
        synced.out
    );
    let stored = stored(&place, &okta);
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!(stored["a"].get("x5c"), None);

    let mut leaked = issuers.key("a", 0);
    leaked["d"] = "AQAB".into();
    issuers.say_json("okta/jwks", &json!({ "keys": [leaked, issuers.key("b", 1)] }));
    let synced = place.run(&["keys", "sync", "policy.toml"]);
    for part in [
        "  + b\n  - a  removed",
        "  left out: key `a`: the key has the private part `d`",
    ] {
        assert!(synced.out.contains(part), "{part}: {}", synced.out);
    }
    assert_eq!(kids(&place, &okta), ["b"], "without grace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_no_use_changes_nothing_and_hinders_no_other() {
    let issuers = Issuers::start().await;
    let (okta, other) = (issuers.issuer("okta"), issuers.issuer("other"));
    let place = Place::new(&[("okta", &okta), ("other", &other)]);
    issuers.play("okta", &["a"]);
    issuers.play("other", &["k0"]);
    assert_eq!(place.run(&["keys", "sync", "policy.toml"]).code, Some(0));
    let mut private = issuers.key("a", 0);
    private["d"] = "AQAB".into();
    let rows = [
        ("empty", Said::Body(r#"{"keys":[]}"#.to_owned()), "the set has no keys"),
        ("no JSON", Said::Body("<html>".to_owned()), "not a JSON Web Key Set"),
        (
            "no key set",
            Said::Body(r#"{"jwks":[]}"#.to_owned()),
            "not a JSON Web Key Set",
        ),
        (
            "no key that can be used",
            Said::Body(json!({ "keys": [private] }).to_string()),
            "no key of the set can be used",
        ),
        ("gone", Said::Status(404), "answered 404"),
        ("broken", Said::Status(503), "answered 503"),
        ("too large", Said::Body(" ".repeat(262_145)), "larger than 262144 bytes"),
        (
            "redirected to http",
            Said::Redirect("http://keys.example/jwks".to_owned()),
            "not https",
        ),
        (
            "redirected for ever",
            Said::Redirect("jwks".to_owned()),
            "redirects more than 3 times",
        ),
    ];
    for (at, (name, said, why)) in rows.into_iter().enumerate() {
        issuers.say("okta/jwks", said);
        // The other issuer has a new key each time.
        let kid = format!("k{}", at + 1);
        issuers.play("other", &[&kid]);
        let synced = place.run(&["keys", "sync", "policy.toml", "--allow-removal"]);
        assert_eq!(synced.code, Some(1), "{name}: {}", synced.out);
        let failed = "okta: failed, and its stored keys stay as they are: ";
        let line = synced.out.lines().find(|line| line.starts_with(failed));
        assert!(line.is_some_and(|line| line.contains(why)), "{name}: {}", synced.out);
        assert_eq!(kids(&place, &okta), ["a"], "{name}");
        assert_eq!(kids(&place, &other), [kid], "{name}: the other is stored");
    }
    let json = place
        .run(&["keys", "sync", "policy.toml", "--format", "json", "--issuer", "okta"])
        .json();
    assert_eq!((&json["ok"], &json["written"]), (&json!(false), &json!(false)));
    assert!(json["issuers"][0]["error"].is_string(), "{json:#}");
}
