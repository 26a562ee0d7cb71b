//! Tests of looking up API keys.

use super::*;
use crate::{
    identity::tests::{Part, Stub, run},
    time::UnixSeconds,
};

fn key() -> ApiKey {
    ApiKey::from_random([7; 32])
}

fn record() -> Record {
    Record {
        id: key().id(),
        issuer: "keys".to_owned(),
        owner: "billing".to_owned(),
        scopes: vec!["orders:read".to_owned()],
        created_at: UnixSeconds(500),
        expires_at: None,
        limits: Vec::new(),
        revoked_at: None,
    }
}

fn issuers(names: &[(&str, Vouching)]) -> BTreeMap<String, Issuer> {
    let issuer = |(name, vouching): &(&str, Vouching)| {
        let issuer = Issuer {
            vouching: vouching.clone(),
            ..Issuer::plain(&format!("https://{name}.example"), &["a"])
        };
        ((*name).to_owned(), issuer)
    };
    names.iter().map(issuer).collect()
}

fn stub(record: &str) -> Stub {
    let stub = Stub::at(1_000);
    stub.state.borrow_mut().insert(key().entry(), record.to_owned());
    stub
}

fn looked_up(stub: &Stub, issuers: &BTreeMap<String, Issuer>) -> Result<Claims, Rejection> {
    run(look_up(stub, issuers, (&key(), "digest"), stub.now()))
}

#[test]
fn a_key_is_found_in_one_read_or_is_unknown() {
    let keys = |name| (name, Vouching::ApiKeys);
    let tokens = |name| (name, Issuer::plain("x", &["a"]).vouching);
    let good = serde_json::to_string(&record()).unwrap();
    let revoked = serde_json::to_string(&Record {
        revoked_at: Some(UnixSeconds(900)),
        ..record()
    })
    .unwrap();
    let ours = issuers(&[keys("keys"), keys("partners"), tokens("okta")]);
    let expected = record().claims(("keys", &ours["keys"]), "digest", UnixSeconds(1_000));
    let unknown = Err(Rejection::Token(TokenRefusal::ApiKeyUnknown));
    for (name, stored, issuers, expected) in [
        ("good", &good, ours.clone(), expected.map_err(Rejection::from)),
        ("revoked", &revoked, ours.clone(), unknown.clone()),
        (
            "its issuer is not in the policy",
            &good,
            issuers(&[keys("partners")]),
            unknown.clone(),
        ),
        (
            "its issuer takes no keys any more",
            &good,
            issuers(&[keys("partners"), tokens("keys")]),
            unknown.clone(),
        ),
    ] {
        let stub = stub(stored);
        assert_eq!(looked_up(&stub, &issuers), expected, "{name}");
        assert_eq!(stub.done(), ["state apikey"], "{name}");
    }
    let nobody = Stub::at(1_000);
    assert_eq!(looked_up(&nobody, &ours), unknown, "no such key");
    assert_eq!(nobody.done(), ["state apikey"]);
    assert_eq!(
        looked_up(&nobody, &issuers(&[tokens("okta")])),
        unknown,
        "no keys in the policy"
    );
    assert_eq!(nobody.done(), [""; 0], "nothing is read");
}

#[test]
fn a_store_of_keys_that_is_broken_lets_nobody_in() {
    let ours = issuers(&[("keys", Vouching::ApiKeys)]);
    let good = serde_json::to_string(&record()).unwrap();
    let of_another = good.replace(&key().id(), "key_another");
    for (name, stored, told) in [
        ("malformed", "{}", "is malformed"),
        ("of another key", of_another.as_str(), "is of another key"),
    ] {
        let Err(Rejection::Misconfigured(why)) = looked_up(&stub(stored), &ours) else {
            panic!("{name}");
        };
        assert!(why.contains(&key().id()) && why.contains(told), "{name}: {why}");
        assert!(
            !why.contains(&key().entry()) && !why.contains("billing"),
            "{name}: {why}"
        );
    }
    let stub = stub(&good);
    stub.break_part(Part::State);
    assert_eq!(
        looked_up(&stub, &ours),
        Err(Rejection::Misconfigured("State is broken".to_owned()))
    );
}
