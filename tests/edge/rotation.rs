//! Keys that come and go at the issuer while the gateway runs, and an issuer that can't be reached.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tollgate_devstack::identity_provider::{Endpoint, Mood};
use tollgate_devstack::signing::{Algorithm, SigningKey};
use tollgate_devstack::world::{PlayedKeys, World, WorldOptions};

use super::support::gateway::{Gateway, own};
use super::support::http::Ask;

/// How many tokens name keys that do not exist.
const UNKNOWN: usize = 10_000;

/// How many connections send them at once.
const AT_ONCE: usize = 8;

fn policy(keys: &str) -> String {
    format!(
        r#"
        [gateway]
        hosts = ["api.example.com"]
        [issuers.okta]
        issuer   = "https://example.okta.com"
        audience = ["api://orders"]
        keys     = {{ {keys} }}
        [[routes]]
        path  = "/whoami"
        allow = [{{ issuer = "okta" }}]
        respond = {{ status = 200, body = "in" }}
        "#
    )
}

fn asking(token: &str) -> Ask {
    Ask::get("/whoami").bearer(token)
}

/// A token that no other request of this run has, so that nothing remembered answers for it.
fn token(world: &World, key: &SigningKey) -> String {
    world.okta().token().by(key).build().expect("a token")
}

async fn passes(world: &World, key: &SigningKey, name: &str) {
    let answer = world.ask(asking(&token(world, key))).await;
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
}

fn fetches(world: &World) -> u64 {
    world.provider.asked("okta", Endpoint::Keys)
}

async fn seconds(seconds: f32) {
    tokio::time::sleep(Duration::from_secs_f32(seconds)).await;
}

#[test]
fn the_first_token_with_a_new_key_passes_after_one_fetch() {
    let policy = policy(r#"refresh = "5m", unknown = "5s", max_age = "1h""#);
    own(WorldOptions::new(policy), async |world| {
        let okta = world.okta();
        passes(world, okta.key(Algorithm::Es256), "a key from the start").await;
        // The keys were stored just now, which counts as a fetch.
        seconds(5.5).await;
        passes(world, okta.key(Algorithm::EdDsa), "another").await;
        assert_eq!(fetches(world), 0, "known keys need no fetch");
        for algorithm in [Algorithm::Es256, Algorithm::Rs256] {
            let before = fetches(world);
            let key = okta.rotate(algorithm).expect("a key");
            passes(world, &key, "the first token with a new key").await;
            assert_eq!(fetches(world), before + 1);
            for _ in 0..8 {
                passes(world, &key, "more of them").await;
            }
            assert_eq!(fetches(world), before + 1, "the key is known now");
            seconds(5.5).await;
        }
        passes(world, okta.key(Algorithm::Es256), "the old key").await;
    });
}

#[test]
fn ten_thousand_unknown_keys_cause_one_fetch() {
    let mut options = WorldOptions::new(policy(r#"refresh = "10m", unknown = "10m", max_age = "1h""#));
    // The first token of all causes the fetch, whichever it is.
    options.played_keys = PlayedKeys::LeftOut;
    own(options, async |world| {
        let token = token(world, world.okta().key(Algorithm::Es256));
        let rest = token.split_once('.').expect("a header").1.to_owned();
        let gateway = world.gateway.addr();
        let senders: Vec<_> = (0..AT_ONCE)
            .map(|sender| tokio::spawn(send_unknown(gateway, rest.clone(), sender)))
            .collect();
        for sender in senders {
            sender.await.expect("all were refused");
        }
        assert_eq!(fetches(world), 1);
        assert_eq!(world.ask(asking(&token)).await.status, 200, "a known key goes on");
        assert_eq!(fetches(world), 1);
    });
}

/// Sends tokens whose keys nobody has; their signatures are of another header.
async fn send_unknown(gateway: SocketAddr, rest: String, sender: usize) {
    for number in 0..UNKNOWN / AT_ONCE {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": format!("unknown-{sender}-{number}") });
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        let answer = asking(&format!("{header}.{rest}")).send(gateway).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "key-unknown"));
    }
}

#[test]
fn a_withdrawn_key_stops_and_a_dead_provider_stops_nothing() {
    let policy = policy(r#"refresh = "2s", unknown = "5s", max_age = "60s""#);
    own(WorldOptions::new(policy), async |world| {
        let okta = world.okta();
        let (kept, withdrawn) = (okta.key(Algorithm::Rs256), okta.key(Algorithm::Es256));
        let remembered = token(world, withdrawn);
        for _ in 0..8 {
            assert_eq!(world.ask(asking(&remembered)).await.status, 200);
            passes(world, kept, "before").await;
        }
        assert!(okta.withdraw_key(withdrawn.kid()));
        seconds(2.5).await;
        for token in [token(world, withdrawn), remembered] {
            world.refused(asking(&token), 401, "key-unknown").await;
        }
        passes(world, kept, "the other key").await;

        world.provider.stop().await;
        seconds(2.5).await;
        for _ in 0..8 {
            passes(world, kept, "while nobody listens").await;
        }
        world.provider.resume().await.expect("the same port");
        for mood in [
            Mood::Broken,
            Mood::Garbage,
            Mood::Empty,
            Mood::Huge,
            Mood::HangUp,
            Mood::Redirect,
        ] {
            world.provider.set_mood("okta", Endpoint::Keys, Some(mood));
            seconds(2.5).await;
            passes(world, kept, &format!("{mood:?}")).await;
            world
                .refused(asking(&token(world, withdrawn)), 401, "key-unknown")
                .await;
        }
    });
}
