//! What services are told of callers: signed assertions, the keys that verify them, and claims as headers.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tollgate::{identity::keys::VerifyingKey, upstream::assertion};
use tollgate_devstack::signing::Algorithm;

use super::book::{Book, decoded};
use crate::world::{
    Part, World,
    message::{Request, values},
    record::{count, sent},
    sample::{self, NOW, private_jwk, text, token},
};

/// What is changed of the sample policy: an origin, keys, and what the service is told.
fn policy(keys: &str, service: &str) -> String {
    let gateway =
        format!("[gateway]\norigin = \"https://api.example.com\"\nassertions = {{ keys = [{keys}], ttl = \"60s\" }}\n");
    let service = format!("[services.orders]\n{service}\n");
    let policy = sample::POLICY.replacen("[gateway]", &gateway, 1);
    let shadowing = "\n[[routes]]\npath = \"/.well-known/{rest...}\"\nhosts = [\"api.example.com\"]\nmethods = [\"GET\"]\n\
                     allow = [{ issuer = \"okta\" }]\nrespond = { status = 200 }\n";
    policy.replacen("[services.orders]", &service, 1) + shadowing
}

const MAPPED: &str = "assertion.claims = [\"tenant\", \"realm.roles\", \"sub\", \"absent\"]\n\
                      claim_headers = { X-Tenant = \"tenant\", x-user-roles = \"realm.roles\", x-absent = \"absent\" }";

/// A world whose gateway signs by the first of two keys.
fn world() -> World {
    let world = sample::world();
    world.put_secret("one", private_jwk(Algorithm::Es256, "key-1", 7));
    world.put_secret("two", private_jwk(Algorithm::EdDsa, "key-2", 8));
    sample::enforce(&world, &policy("\"one\", \"two\"", MAPPED));
    world
}

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(
        token()
            .claim("client_id", "app")
            .claim("tenant", "acme, inc")
            .claim("realm", json!({ "roles": ["admin", 7, true] }))
            .claim("exp", NOW + 86_400),
    ))
}

fn keys() -> Request {
    Request::new("GET", "/.well-known/jwks.json")
}

/// The assertions that the service got for a request.
fn asserted(world: &World, request: &Request) -> Vec<String> {
    let exchange = world.exchange(request);
    assert_eq!(exchange.delivered.status, 200, "{}", exchange.line);
    let sent = sent(&exchange.events).next().unwrap();
    values(&sent.headers, assertion::HEADER)
}

/// The published keys.
fn published(world: &World) -> Vec<Value> {
    let exchange = world.exchange(&keys());
    assert_eq!(exchange.delivered.status, 200, "{}", exchange.line);
    let set: Value = serde_json::from_str(&exchange.delivered.text()).unwrap();
    set["keys"].as_array().unwrap().clone()
}

/// Whether one of the keys that are published verifies the signature.
fn is_good(assertion: &str, keys: &[Value]) -> bool {
    let (header, _) = decoded(assertion);
    let kid = header["kid"].as_str().unwrap();
    let jwk = keys.iter().find(|jwk| jwk["kid"] == kid);
    jwk.is_some_and(|jwk| {
        let key = VerifyingKey::from_jwk(&jwk.to_string(), kid).unwrap();
        let (message, signature) = assertion.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        key.verifies(message.as_bytes(), &signature)
    })
}

#[test]
fn services_are_told_who_asks() {
    let world = world();
    let mut book = Book::open("assertion");
    book.row("a caller with mapped claims", "200 forward", &world, &order());
    let lying = order()
        .header("X-Tollgate-Assertion", "forged")
        .header("X_Tollgate_Assertion", "forged")
        .header("x-tenant", "evil")
        .header("X_TENANT", "evil")
        .header("x.absent", "evil")
        .header("X-Absent", "evil")
        .header("Connection", "X-Tenant, X-Tollgate-Assertion");
    book.row("a caller that says it itself", "200 forward", &world, &lying);
    let bare = text(token().without("sub").claim("iss", "https://okta.example"));
    let bare = Request::new("GET", "/v1/orders/7").bearer(&bare);
    book.row("a caller without a subject", "200 forward", &world, &bare);
    let short = text(token().claim("exp", NOW + 20));
    let short = Request::new("GET", "/v1/orders/7").bearer(&short);
    book.row("a token that expires soon", "200 forward", &world, &short);
    let public = Request::new("GET", "/public/a").header("X-Tenant", "evil");
    let public = public.header("X-Tollgate-Assertion", "forged");
    book.row("a public route", "200 forward", &world, &public);
    let raw = Request::new("PUT", "/v1/raw").bearer(&text(token()));
    book.row("the token goes along", "200 forward", &world, &raw);
    book.row("the keys", "200 respond", &world, &keys());
    book.row(
        "HEAD of the keys",
        "200 respond",
        &world,
        &Request::new("HEAD", "/.well-known/jwks.json"),
    );
    book.row(
        "the keys by another method",
        "405 method-not-allowed",
        &world,
        &Request::new("POST", "/.well-known/jwks.json").body("x"),
    );
    sample::enforce(&world, &policy("\"one\"", "assertion.send = false"));
    book.row("a service that wants none", "200 forward", &world, &order());
    book.close();
}

#[test]
fn keys_that_are_missing_or_malformed_close_the_service() {
    let mut book = Book::open("assertion_keys");
    let misconfigured = "503 misconfigured";
    let orders = |book: &mut Book, name: &'static str, world: &World| {
        let exchange = world.exchange(&order());
        assert_eq!(count(&exchange.events).sends, 0, "{name}: nothing is sent");
        book.row(name, misconfigured, world, &order());
    };
    let world = world();
    world.take_secret("one");
    orders(&mut book, "the key that signs is missing", &world);
    book.row(
        "its other half too, but the other key is there",
        "200 respond",
        &world,
        &keys(),
    );
    world.take_secret("two");
    world.new_sandbox();
    book.row("no key is there", misconfigured, &world, &keys());
    book.row(
        "what is public goes on",
        "200 forward",
        &world,
        &Request::new("GET", "/public/a"),
    );

    let malformed = self::world();
    for (name, secret) in [
        ("no JSON", "{\"kty\":\"EC\",MaRkEr".to_owned()),
        (
            "halves that do not fit",
            private_jwk(Algorithm::Es256, "key-1", 7).replace(
                &d(&private_jwk(Algorithm::Es256, "key-1", 7)),
                &d(&private_jwk(Algorithm::Es256, "key-1", 9)),
            ),
        ),
    ] {
        malformed.put_secret("one", secret);
        orders(&mut book, name, &malformed);
    }
    let closed = self::world();
    closed.break_part(Part::SecretStore);
    orders(&mut book, "the secret store is closed", &closed);
    let same = self::world();
    same.put_secret("two", private_jwk(Algorithm::EdDsa, "key-1", 8));
    book.row("two keys of one name", "200 respond", &same, &keys());
    book.close();
}

fn d(jwk: &str) -> String {
    let jwk: Value = serde_json::from_str(jwk).unwrap();
    jwk["d"].as_str().unwrap().to_owned()
}

#[test]
fn what_is_published_verifies_what_is_signed_and_nothing_more() {
    let world = world();
    let published = published(&world);
    let names = |jwk: &Value| jwk.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for jwk in &published {
        assert!(!names(jwk).contains(&"d".to_owned()), "{jwk}");
    }
    assert_eq!(published.len(), 2);
    let assertions = asserted(&world, &order());
    let [assertion] = assertions.as_slice() else {
        panic!("{assertions:?}");
    };
    assert!(is_good(assertion, &published));
    assert!(!is_good(assertion, &published[1..]), "by the first key");
    let again = asserted(&world, &order());
    assert_eq!(decoded(&again[0]), decoded(assertion));
    sample::enforce(&world, &policy("\"two\", \"one\"", MAPPED));
    let by_the_other = asserted(&world, &order());
    assert_eq!(
        decoded(&by_the_other[0]).0,
        json!({ "alg": "EdDSA", "kid": "key-2", "typ": "JWT" })
    );
    assert!(is_good(&by_the_other[0], &published));
}

/// Caches would go on with half a set while services ask for the other half.
#[test]
fn a_set_that_is_not_whole_is_kept_by_nobody() {
    let malformed = "{}".to_owned();
    let same = private_jwk(Algorithm::EdDsa, "key-1", 8);
    for (name, secret, change, kept) in [
        ("whole", "one", None, "public, max-age=300"),
        ("the first is missing", "one", Some(None), "no-store"),
        ("the second is missing", "two", Some(None), "no-store"),
        ("the second is malformed", "two", Some(Some(malformed)), "no-store"),
        (
            "the second has the name of the first",
            "two",
            Some(Some(same)),
            "no-store",
        ),
    ] {
        let world = world();
        match change {
            Some(Some(text)) => world.put_secret(secret, text),
            Some(None) => world.take_secret(secret),
            None => {}
        }
        let exchange = world.exchange(&keys());
        assert_eq!(exchange.delivered.status, 200, "{name}");
        assert_eq!(exchange.delivered.values("cache-control"), [kept], "{name}");
    }
}

/// The header that a service got, without what is named in the books.
fn raw_claims(assertion: &str) -> Value {
    let claims = assertion.split('.').nth(1).expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64url")).expect("JSON")
}

/// Clients choose the identifier in `X-Request-Id`, so two requests that have the same come at the same time, to two
/// sandboxes that know nothing of one another.
#[test]
fn each_assertion_has_a_jti_of_its_own() {
    let request = order().header("x-request-id", "abcdefghijklmnopqrst");
    let claims = |platform_id: &str| {
        let exchange = world().exchange_as(platform_id, &request);
        let sent = sent(&exchange.events).next().expect("a message to the service");
        raw_claims(&values(&sent.headers, assertion::HEADER)[0])
    };
    let (one, other) = (claims("platform-1"), claims("platform-2"));
    assert_eq!(one["request_id"], "abcdefghijklmnopqrst");
    assert_eq!(one["request_id"], other["request_id"]);
    assert_eq!(one["iat"], other["iat"]);
    assert_ne!(one["jti"], other["jti"]);
    assert_eq!(one["jti"], claims("platform-1")["jti"], "nothing else differs");
}

/// An assertion is short-lived; the time that Google takes is not to be taken from it.
#[test]
fn an_assertion_is_made_when_googles_token_is_there() {
    let world = world();
    world.google.borrow_mut().takes_ms = 4_000;
    let assertion = asserted(&world, &order());
    assert_eq!(raw_claims(&assertion[0])["iat"], NOW + 4);
    assert_eq!(raw_claims(&assertion[0])["exp"], NOW + 64);
    world.new_sandbox();
    world.take_secret("one");
    world.google.borrow_mut().given.clear();
    let exchange = world.exchange(&order());
    assert_eq!(exchange.log["tollgate"]["code"], "misconfigured");
    assert!(
        world.google.borrow().given.is_empty(),
        "without a key Google is not asked"
    );
}

/// One key takes the other's place, and at each step what is signed can be verified by who read the keys long before.
#[test]
fn keys_change_without_a_gap() {
    let world = world();
    let kids = |world: &World| {
        let keys = published(world);
        keys.iter()
            .map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut known = Vec::new();
    for (named, kids_published) in [
        ("\"one\"", vec!["key-1"]),
        ("\"one\", \"two\"", vec!["key-1", "key-2"]),
        ("\"two\", \"one\"", vec!["key-2", "key-1"]),
        ("\"two\"", vec!["key-2"]),
    ] {
        sample::enforce(&world, &policy(named, ""));
        assert_eq!(kids(&world), kids_published, "{named}");
        let assertion = asserted(&world, &order());
        if !known.is_empty() {
            assert!(is_good(&assertion[0], &known), "{named}: by keys read before");
        }
        known = published(&world);
        assert!(is_good(&assertion[0], &known), "{named}");
    }
}

#[test]
fn a_secret_that_is_put_anew_signs_within_a_minute() {
    let world = world();
    let kid = |world: &World| decoded(&asserted(world, &order())[0]).0["kid"].clone();
    assert_eq!(kid(&world), "key-1");
    assert_eq!(kid(&world), "key-1");
    world.put_secret("one", private_jwk(Algorithm::Es256, "key-3", 9));
    world.pass_s(59);
    assert_eq!(kid(&world), "key-1", "the sandbox remembers");
    world.pass_s(1);
    assert_eq!(kid(&world), "key-3");
    world.take_secret("one");
    assert_eq!(kid(&world), "key-3", "until then nothing is read");
    world.pass_s(60);
    assert_eq!(world.exchange(&order()).log["tollgate"]["code"], "misconfigured");
}

#[test]
fn a_key_is_read_once_a_sandbox() {
    let world = world();
    world.exchange(&order());
    let exchange = world.exchange(&order());
    assert_eq!(count(&exchange.events).secrets, 0);
}

/// Servers take some eight KiB for a header, and half an assertion is none.
#[test]
fn claims_that_are_too_long_are_refused_and_not_cut() {
    let world = world();
    let tenant = "assertion.send = false\nclaim_headers = { x-tenant = \"tenant\" }";
    for (name, service, claims, expected) in [
        (
            "a header that fits",
            tenant,
            ("tenant", json!(" ".repeat(2_730))),
            "forward",
        ),
        ("a header", tenant, ("tenant", json!(" ".repeat(2_731))), "refuse"),
        (
            "an assertion that fits",
            "",
            ("scp", json!(["orders:read", "x".repeat(2_000)])),
            "forward",
        ),
        (
            "an assertion",
            "",
            ("scp", json!(["orders:read", " ".repeat(2_000)])),
            "refuse",
        ),
    ] {
        sample::enforce(&world, &policy("\"one\"", service));
        let token = text(
            token()
                .without("scope")
                .claim("scp", "orders:read")
                .claim(claims.0, claims.1),
        );
        let exchange = world.exchange(&Request::new("GET", "/v1/orders/7").bearer(&token));
        let told = &exchange.log["tollgate"];
        assert_eq!(told["decision"], expected, "{name}: {}", exchange.line);
        if expected == "refuse" {
            assert_eq!(told["code"], "misconfigured", "{name}: {}", exchange.line);
            assert_eq!(sent(&exchange.events).count(), 0, "{name}: nothing is sent");
        }
    }
}
