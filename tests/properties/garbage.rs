//! Garbage in every place that is read: refused, without a panic, and without a good answer.

use std::sync::OnceLock;

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::Value;
use tollgate::{
    host::ConfigStore,
    identity::keys::{VerifyingKey, entries, key_entry},
    policy::{
        compile::compile_text,
        pages::{self, compiled, page_entry},
    },
    request::{CanonicalRequest, Head},
    secret::Secret,
    upstream::service_account::ServiceAccount,
};
use tollgate_devstack::signing::Algorithm;

use crate::{
    cases,
    world::{
        message::Request,
        sample::{self, INVOKER, INVOKER_KEY, okta, text, token},
    },
};

/// A text with some bytes changed, cut out or put in.
fn spoiled(good: String) -> impl Strategy<Value = Vec<u8>> {
    vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4).prop_map(move |changes| {
        let mut bytes = good.clone().into_bytes();
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.truncate(at + 1),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

fn good_token() -> &'static str {
    static TOKEN: OnceLock<String> = OnceLock::new();
    TOKEN.get_or_init(|| text(token()))
}

fn jwk(algorithm: Algorithm) -> String {
    okta().key(algorithm).public_jwk().to_string()
}

/// The version of a policy, and its page.
fn page() -> (String, String) {
    let compiled = compiled(&compile_text(sample::POLICY).unwrap()).unwrap();
    (compiled.version, compiled.entries[0].1.clone())
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn heads(
        method in any::<String>(),
        target in any::<String>(),
        host in vec(any::<u8>(), 0..20),
        authorization in vec(any::<u8>(), 0..60),
        others in vec(any::<u8>(), 0..60),
    ) {
        let values = [("host", host), ("authorization", authorization), ("connection", others.clone()),
            ("content-length", others.clone()), ("traceparent", others.clone()), ("accept", others)];
        let head = Head {
            method,
            target,
            values: values.map(|(name, value)| (name, Secret::new(value))).into(),
            ..Head::default()
        };
        prop_assert!(CanonicalRequest::new(&head).is_err());
    }

    #[test]
    fn authorization(value in prop_oneof![any::<String>(), "Bearer [ -~]{0,80}", "Bearer [A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){2}"]) {
        let world = sample::world();
        let exchange = world.exchange(&Request::new("GET", "/v1/whoami").header("authorization", &value));
        prop_assert!(matches!(exchange.delivered.status, 400 | 401), "{}", exchange.line);
    }

    #[test]
    fn spoiled_tokens(bytes in spoiled(good_token().to_owned())) {
        let value = String::from_utf8_lossy(&bytes).into_owned();
        // Spaces around a value are not part of it (RFC 9110 section 5.5).
        prop_assume!(value.trim_matches(' ') != good_token());
        let exchange = sample::world().exchange(&Request::new("GET", "/v1/whoami").bearer(&value));
        prop_assert!(matches!(exchange.delivered.status, 400 | 401), "{}", exchange.line);
    }

    #[test]
    fn keys(bytes in prop_oneof![vec(any::<u8>(), 0..80), spoiled(jwk(Algorithm::Es256)), spoiled(jwk(Algorithm::Rs256)), spoiled(jwk(Algorithm::EdDsa))]) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = VerifyingKey::from_jwk(&text, "okta-es256-1");
        let _ = entries("https://okta.example", &format!("{{\"keys\":[{text}]}}"), 0, None);
        let world = sample::world();
        world.put(ConfigStore::Keys, key_entry("https://okta.example", "okta-es256-1"), text);
        let exchange = world.exchange(&Request::new("GET", "/v1/whoami").bearer(&self::text(token())));
        prop_assert!(matches!(exchange.delivered.status, 200 | 401 | 503), "{}", exchange.line);
    }

    #[test]
    fn pages(bytes in prop_oneof![vec(any::<u8>(), 0..80), spoiled(page().1)]) {
        let (version, _) = page();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = pages::Index::read(&version, &text);
        let world = sample::world();
        world.put(ConfigStore::Policy, page_entry(&version, 0), text);
        // A changed page may well be a page; what is not, lets nobody in.
        let exchange = world.exchange(&Request::new("GET", "/v1/orders/7"));
        prop_assert!(exchange.delivered.status >= 400 || exchange.log["tollgate"]["route"] != Value::Null, "{}", exchange.line);
    }

    #[test]
    fn pointers(version in any::<String>()) {
        let world = sample::world();
        world.put(ConfigStore::Policy, "active", version);
        prop_assert_eq!(world.exchange(&Request::new("GET", "/healthz")).delivered.status, 503);
    }

    #[test]
    fn policies(bytes in spoiled(sample::POLICY.to_owned())) {
        let _ = compile_text(&String::from_utf8_lossy(&bytes));
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn key_files(bytes in prop_oneof![vec(any::<u8>(), 0..80), spoiled(sample::key_file().to_string())]) {
        let _ = ServiceAccount::from_key_file(&Secret::new(bytes.clone()), INVOKER);
        let world = sample::world();
        world.put_secret(INVOKER_KEY, bytes);
        let exchange = world.exchange(&Request::new("GET", "/public/x"));
        prop_assert!(matches!(exchange.delivered.status, 200 | 503), "{}", exchange.line);
    }

    #[test]
    fn cached_values(garbage in vec(any::<u8>(), 0..80)) {
        let world = sample::world();
        let request = Request::new("GET", "/v1/orders/7").bearer(&text(token()));
        world.exchange(&request);
        world.cache.borrow_mut().overwrite(&garbage);
        world.new_sandbox();
        let exchange = world.exchange(&request);
        prop_assert!(matches!(exchange.delivered.status, 200 | 502), "{}", exchange.line);
        prop_assert_eq!(&exchange.log["tollgate"]["claims"], "verified");
    }
}
