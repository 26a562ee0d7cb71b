//! Nothing that a caller, Google or a secret store trusts the gateway with can be seen where it does not belong.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;

use serde_json::json;
use tollgate_devstack::signing::Algorithm;

use crate::world::{
    Exchange, Part, World,
    google::{Mood, SIGNATURE},
    message::Request,
    record::{Event, sent},
    sample::{self, INVOKER_KEY, NOW, text, token},
};

/// What is in every value that a caller sends, but for path and host.
const MARKER: &str = "MaRkEr7";

/// What must not be seen: the marker, the parts of tokens, and lines of private keys.
struct Hidden(Vec<String>);

impl Hidden {
    fn of(tokens: &[&str]) -> Self {
        let parts = tokens.iter().flat_map(|token| token.split('.')).map(str::to_owned);
        let pem = sample::invoker_key().private_pem();
        let lines = pem.lines().filter(|line| !line.starts_with('-')).map(str::to_owned);
        let mut hidden: Vec<String> = parts.chain(lines).filter(|part| part.len() > 20).collect();
        hidden.extend([MARKER.to_owned(), SIGNATURE.to_owned()]);
        Self(hidden)
    }

    fn check(&self, place: &str, seen: &str) {
        for hidden in &self.0 {
            assert!(!seen.contains(hidden.as_str()), "{place} shows {hidden}: {seen}");
        }
    }

    fn check_key(&self, name: &str, key: &str) {
        self.check(&format!("{name}: a cache key"), key);
        assert_eq!(key.len(), 43, "{name}: a cache key is a digest");
    }

    fn check_exchange(&self, name: &str, exchange: &Exchange) {
        self.check(&format!("{name}: the log line"), &exchange.line);
        self.check(&format!("{name}: Debug text"), &exchange.debug);
        let delivered = format!("{:?} {}", exchange.delivered.headers, exchange.delivered.text());
        self.check(&format!("{name}: the answer"), &delivered);
        for event in &exchange.events {
            match event {
                Event::Recall(key) | Event::RecallOrTurn(key) | Event::Fill(key, _) => self.check_key(name, key),
                Event::Remember(key, _, purged_by) => {
                    self.check_key(name, key);
                    purged_by.iter().for_each(|key| self.check_key(name, key));
                }
                Event::State(key) => self.check(&format!("{name}: a key of the state store"), key),
                Event::Config(_, entry) => self.check(&format!("{name}: the name of an entry"), entry),
                Event::Secret(name_of_secret) => self.check(&format!("{name}: the name of a secret"), name_of_secret),
                Event::Call(call) => self.check(&format!("{name}: Debug text of a call"), &format!("{call:?}")),
                Event::Forward(sent) => self.check(&format!("{name}: Debug text of what is sent"), &sent.debug),
                Event::Pause(_) => {}
            }
        }
    }

    /// The claims may be in the cache, a caller's token not; the Google token is there, and only there.
    fn check_cache(&self, name: &str, world: &World) {
        for (_, value) in world.cache.borrow().entries() {
            let text = String::from_utf8_lossy(value);
            if text.contains(SIGNATURE) {
                assert!(text.starts_with("{\"token\":"), "{name}: {text}");
                continue;
            }
            for hidden in self.0.iter().filter(|hidden| *hidden != MARKER) {
                assert!(
                    !text.contains(hidden.as_str()),
                    "{name}: a value in the cache shows {hidden}: {text}"
                );
            }
        }
    }
}

/// A request with the marker in every place that is not for the log.
fn marked(method: &str, target: &str) -> Request {
    let mut request = Request::new(method, &format!("{target}?access_token={MARKER}&{MARKER}={MARKER}")).body(MARKER);
    for name in [
        "cookie",
        "x-api-key",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-serverless-authorization",
        "x-tollgate-subject",
        "x-request-id",
        "proxy-authorization",
        "referer",
        "user-agent",
        "connection",
        "traceparent",
        "accept",
        "origin",
        "if-none-match",
    ] {
        request = request.header(name, MARKER);
    }
    request
}

/// All credentials that a caller might send, good and bad.
fn credentials() -> Vec<(&'static str, Option<String>)> {
    let marked_claims = token().claim("email", MARKER).claim("nonce", MARKER);
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    vec![
        ("none", None),
        ("another scheme", Some(format!("Basic {MARKER}"))),
        ("no scheme", Some(MARKER.to_owned())),
        ("no JWT", bearer(MARKER)),
        ("three parts", bearer(&format!("{MARKER}.{MARKER}.{MARKER}"))),
        ("good", bearer(&text(marked_claims.clone()))),
        (
            "good, RS256",
            bearer(&text(marked_claims.clone().algorithm(Algorithm::Rs256))),
        ),
        ("expired", bearer(&text(marked_claims.clone().claim("exp", NOW - 100)))),
        ("marked kid", bearer(&text(marked_claims.clone().kid(MARKER)))),
        ("marked issuer", bearer(&text(marked_claims.clone().issuer(MARKER)))),
        ("marked audience", bearer(&text(marked_claims.clone().audience(MARKER)))),
        ("marked typ", bearer(&text(marked_claims.clone().header("typ", MARKER)))),
        ("marked alg", bearer(&text(marked_claims.clone().header("alg", MARKER)))),
        (
            "marked expiry",
            bearer(&text(marked_claims.clone().claim("exp", MARKER))),
        ),
        (
            "marked crit",
            bearer(&text(marked_claims.clone().header("crit", json!([MARKER])))),
        ),
        ("no scope", bearer(&text(marked_claims.without("scope")))),
    ]
}

fn worlds() -> Vec<(&'static str, World)> {
    let with = |change: &dyn Fn(&World)| {
        let world = sample::world();
        change(&world);
        world
    };
    let mood = |mood: Mood| with(&|world| world.google.borrow_mut().mood = mood.clone());
    let file = |name: &str, value: serde_json::Value| {
        let mut file = sample::key_file();
        file[name] = value;
        with(&|world| world.put_secret(INVOKER_KEY, file.to_string()))
    };
    vec![
        ("all well", sample::world()),
        (
            "no cache",
            with(&|world| {
                [Part::Recall, Part::Remember, Part::RecallOrTurn, Part::Fill]
                    .map(|part| world.break_part(part))
                    .into_iter()
                    .collect()
            }),
        ),
        ("no key store", with(&|world| world.break_part(Part::KeysStore))),
        ("no secret store", with(&|world| world.break_part(Part::SecretStore))),
        (
            "Google says no",
            mood(Mood::Answers(
                400,
                r#"{"error":"MaRkEr7","error_description":"MaRkEr7"}"#,
            )),
        ),
        (
            "Google says nonsense",
            mood(Mood::Answers(200, r#"{"id_token":"MaRkEr7.MaRkEr7.MaRkEr7"}"#)),
        ),
        ("Google gives another token", mood(Mood::GivesFor(MARKER))),
        (
            "key file is no JSON",
            with(&|world| world.put_secret(INVOKER_KEY, sample::key_file().to_string().split_off(1))),
        ),
        (
            "key file of the wrong type",
            file("private_key", json!({ sample::invoker_key().private_pem(): 1 })),
        ),
        ("key file with a marked account", file("client_email", json!(MARKER))),
        ("key file with a marked key", file("private_key", json!(MARKER))),
        ("key file with a marked endpoint", file("token_uri", json!(MARKER))),
        (
            "key file with a marked type",
            file("private_key_id", json!({ MARKER: MARKER })),
        ),
    ]
}

#[test]
fn nothing_that_is_trusted_to_the_gateway_is_seen() {
    let mut forwarded = 0;
    for (state, world) in worlds() {
        for (kind, credential) in credentials() {
            let tokens: Vec<&str> = credential
                .as_deref()
                .and_then(|value| value.strip_prefix("Bearer "))
                .into_iter()
                .collect();
            let hidden = Hidden::of(&tokens);
            for (method, target) in [
                ("GET", "/v1/orders/7"),
                ("POST", "/v1/orders"),
                ("GET", "/v1/whoami"),
                ("PUT", "/v1/raw"),
                ("GET", "/public/x"),
                ("GET", "/healthz"),
                ("GET", "/nowhere"),
                ("GET", "//"),
            ] {
                let mut request = marked(method, target);
                request
                    .headers
                    .extend(credential.clone().map(|value| ("authorization".to_owned(), value)));
                let name = format!("{state}, {kind}, {method} {target}");
                let exchange = world.exchange(&request);
                hidden.check_exchange(&name, &exchange);
                hidden.check_cache(&name, &world);
                forwarded += sent(&exchange.events).count();
            }
        }
    }
    assert!(forwarded > 50, "the requests get that far: {forwarded}");
}

/// Who asks, and what the log says of it: a digest of the token, never the token.
#[test]
fn a_token_is_told_by_its_digest() {
    let world = sample::world();
    let good = text(token());
    let exchange = world.exchange(&Request::new("GET", "/v1/whoami").bearer(&good));
    let logged = exchange.log["tollgate"]["caller"]["token"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(logged.len(), 16);
    Hidden::of(&[&good]).check("the log line", &exchange.line);
}
