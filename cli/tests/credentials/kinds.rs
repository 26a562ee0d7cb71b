//! Which issuers of a policy `keys sync` fetches the keys of, and where.

use serde_json::json;
use tollgate::identity::keys::index_entry;

use super::{
    command::Place,
    issuers::{Issuers, WELL_KNOWN},
};

const AUDIENCE: &str = "audience = [\"api://orders\"]";

/// A policy with an issuer of every kind, all on this server.
fn every_kind(issuers: &Issuers) -> String {
    let at = |path: &str| issuers.issuer(path);
    [
        format!("[issuers.found]\nissuer = \"{}\"\n{AUDIENCE}", at("found")),
        format!(
            "[issuers.named]\nissuer = \"https://id.named.example\"\n{AUDIENCE}\nkeys = {{ url = \"{}\", fetch = false }}",
            at("elsewhere/keys?format=jwks")
        ),
        format!("[issuers.tenant]\nissuer = \"{}\"\ntenants = [\"t1\"]\n{AUDIENCE}", at("{tenant}/v2.0")),
        format!(
            "[issuers.tenants]\nissuer = \"{}\"\ntenants = [\"a\", \"b\"]\n{AUDIENCE}\nkeys = {{ url = \"{}\" }}",
            at("many/{tenant}"),
            at("many/keys")
        ),
        format!(
            "[issuers.push]\npreset = \"google-pubsub\"\n{AUDIENCE}\nkeys = {{ url = \"{}\" }}\n\
             emails = [\"push@my-project.iam.gserviceaccount.com\"]",
            at("google/certs")
        ),
        format!("[issuers.shared]\nissuer = \"https://a.example\"\n{AUDIENCE}\nsecret = {{ name = \"hmac\" }}"),
        format!(
            "[issuers.opaque]\nissuer = \"https://b.example\"\n{AUDIENCE}\n\
             introspection = {{ url = \"{}\", client = \"tollgate\", secret = \"client\" }}",
            at("introspect")
        ),
        "[issuers.partners]\napi_keys = true\n".to_owned(),
    ]
    .join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_issuer_has_its_keys_where_the_policy_says() {
    let issuers = Issuers::start().await;
    let place = Place::with(&every_kind(&issuers));
    issuers.play("found", &["f"]);
    issuers.play("t1/v2.0", &["t"]);
    for (path, kid) in [("elsewhere/keys", "n"), ("many/keys", "m"), ("google/certs", "g")] {
        issuers.say_json(path, &json!({ "keys": [issuers.key(kid, 0)] }));
    }
    let synced = place.run(&["keys", "sync", "policy.toml"]);
    assert_eq!(synced.code, Some(0), "{}{}", synced.out, synced.err);
    let at = |path: &str| issuers.issuer(path);
    let expected = format!(
        "found: keys 1, from {}\n  + f\nnamed: keys 1, from {}\n  + n\npush: keys 1, from {}\n  + g\n\
         tenant: keys 1, from {}\n  + t\ntenants: keys 1, from {}\n  + m\nwrote ./tollgate-stores/tollgate_keys.json\n",
        at("found/jwks"),
        at("elsewhere/keys?format=jwks"),
        at("google/certs"),
        at("t1/v2.0/jwks"),
        at("many/keys"),
    );
    assert_eq!(synced.out, expected);
    let entries = place.entries("tollgate_keys.json");
    for iss in [
        at("found"),
        "https://id.named.example".to_owned(),
        "https://accounts.google.com".to_owned(),
        at("{tenant}/v2.0"),
        at("many/{tenant}"),
    ] {
        assert!(entries.contains_key(&index_entry(&iss)), "{iss}");
    }
    assert_eq!(entries.len(), 10, "a key and an index for each of five");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_another_tenant_is_not_believed() {
    let issuers = Issuers::start().await;
    let place = Place::with(&every_kind(&issuers));
    let document = json!({ "issuer": issuers.issuer("t2/v2.0"), "jwks_uri": issuers.issuer("t2/v2.0/jwks") });
    issuers.say_json(&format!("t1/v2.0/{WELL_KNOWN}"), &document);
    let synced = place.run(&["keys", "sync", "policy.toml", "--issuer", "tenant"]);
    assert_eq!(synced.code, Some(1), "{}", synced.out);
    let why = format!("is of the issuer `{}`, not of", issuers.issuer("t2/v2.0"));
    assert!(synced.out.contains(&why), "{}", synced.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_no_keys_is_not_asked_for_any() {
    let issuers = Issuers::start().await;
    let place = Place::with(&every_kind(&issuers));
    for name in ["shared", "opaque", "partners"] {
        let synced = place.run(&["keys", "sync", "policy.toml", "--issuer", name]);
        assert_eq!(synced.code, Some(2), "{name}: {}", synced.err);
        let why = format!("[issuers.{name}] publishes no keys");
        assert!(synced.err.contains(&why), "{name}: {}", synced.err);
    }
}
