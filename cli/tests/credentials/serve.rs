//! What `tollgate serve` takes from the stores' folder, seen in the files that it writes.

use std::{collections::BTreeMap, fs};

use super::{command::Place, issuers::Issuers};

#[tokio::test(flavor = "multi_thread")]
async fn keys_knobs_and_state_are_served() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::new(&[("okta", &okta)]);
    issuers.play("okta", &["a=0", "b=1"]);
    let emit = ["serve", "--policy", "policy.toml", "--emit", "out"];
    let without = place.run(&emit);
    assert!(without.err.contains("no keys for okta"), "{}", without.err);

    assert_eq!(place.run(&["keys", "sync", "policy.toml"]).code, Some(0));
    let revoked = place.run(&["revoke", "policy.toml", "--issuer", "okta", "--subject", "u1"]);
    assert_eq!(revoked.code, Some(0), "{}", revoked.err);
    let emitted = place.run(&emit);
    assert_eq!(emitted.code, Some(0), "{}", emitted.err);
    let out = |name: &str| -> BTreeMap<String, String> {
        let text = fs::read(place.path().join("out").join(name)).expect("a store");
        serde_json::from_slice(&text).expect("entries")
    };
    assert_eq!(out("tollgate_keys.json"), place.entries("tollgate_keys.json"));
    assert_eq!(
        out("tollgate.json").get("revoked"),
        place.entries("tollgate.knobs.json").get("revoked")
    );
    let state = out("tollgate_state.json");
    assert_eq!(
        (state.len(), state),
        (1, place.entries("tollgate_state.json")),
        "what is revoked"
    );

    let missing = place.run(&[&emit[..], &["--stores", "elsewhere"]].concat());
    assert!(missing.err.contains("there is no folder elsewhere"), "{}", missing.err);

    // Keys that are brought go before those of the folder.
    let jwks = serde_json::json!({ "keys": [issuers.key("c", 2)] }).to_string();
    fs::write(place.path().join("jwks.json"), jwks).expect("a file");
    let brought = place.run(&[&emit[..], &["--keys", "okta=jwks.json"]].concat());
    assert_eq!(brought.code, Some(0), "{}", brought.err);
    assert_eq!(out("tollgate_keys.json").len(), 2, "one key and its index");
}
