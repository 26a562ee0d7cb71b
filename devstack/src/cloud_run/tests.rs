//! The front end with a container behind it.

mod admission;
mod passage;
mod scaling;

use std::net::SocketAddr;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::*;
use crate::sample_service::SampleService;
use crate::signing::{Algorithm, SigningKey};
use crate::tokens::now;

const ORDERS: &str = "https://orders-1.europe-west1.run.app";
const EDGE: &str = "edge@local.iam.gserviceaccount.com";

/// A service behind its front end, and the key that Google signs with.
struct World {
    key: SigningKey,
    container: SampleService,
    cloud_run: CloudRun,
}

impl World {
    async fn new() -> Self {
        let key = SigningKey::generate(Algorithm::Rs256, "google-1").expect("a key");
        let container = SampleService::start("orders").await.expect("start");
        let service = CloudRunService {
            audiences: vec![ORDERS.to_owned(), "custom".to_owned()],
            invokers: vec!["other@x".to_owned(), EDGE.to_owned()],
            upstream: container.url(),
            google_keys: json!({ "keys": [key.public_jwk()] }),
        };
        let cloud_run = CloudRun::start(service).await.expect("start");
        Self {
            key,
            container,
            cloud_run,
        }
    }

    /// A good ID token but for one claim, which is left out where the value is null.
    fn token_with(&self, claim: &str, value: Value) -> String {
        let mut claims = json!({
            "iss": "https://accounts.google.com", "aud": ORDERS, "sub": "1", "azp": "1", "email": EDGE,
            "email_verified": true, "iat": now(), "exp": now() + 3600,
        });
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(claim)),
            value => claims[claim] = value,
        }
        self.key.sign(&self.header(), &claims).expect("a token")
    }

    fn token(&self) -> String {
        self.token_with("iat", json!(now()))
    }

    fn header(&self) -> Value {
        json!({ "alg": "RS256", "kid": self.key.kid(), "typ": "JWT" })
    }

    fn get(&self, path: &str) -> RequestBuilder {
        Client::new().get(format!("{}{path}", self.cloud_run.url()))
    }

    fn addr(&self) -> SocketAddr {
        self.cloud_run
            .url()
            .trim_start_matches("http://")
            .parse()
            .expect("an address")
    }
}

#[tokio::test]
async fn a_container_that_is_gone_is_503_until_it_is_back() {
    let world = World::new().await;
    let get = async |path: &str| {
        let answer = world
            .get(path)
            .bearer_auth(world.token())
            .send()
            .await
            .expect("an answer");
        answer.status().as_u16()
    };
    assert_eq!(get("/a").await, 200);
    assert_eq!(get("/drop").await, 503);
    world.container.stop().await;
    assert_eq!(get("/a").await, 503);
    world.container.resume().await.expect("resume");
    assert_eq!(get("/a").await, 200);
    world.cloud_run.stop().await;
    world.get("/a").send().await.expect_err("nobody listens");
    world.cloud_run.resume().await.expect("resume");
    assert_eq!(get("/a").await, 200);
}

#[tokio::test]
async fn a_service_must_make_sense() {
    let service = |upstream: &str, google_keys: Value| CloudRunService {
        audiences: Vec::new(),
        invokers: Vec::new(),
        upstream: upstream.to_owned(),
        google_keys,
    };
    let keys = json!({ "keys": [] });
    for upstream in ["", "/path", "127.0.0.1:1", "https://orders.example"] {
        CloudRun::start(service(upstream, keys.clone()))
            .await
            .expect_err(upstream);
    }
    CloudRun::start(service("http://127.0.0.1:1", json!([])))
        .await
        .expect_err("not a key set");
    CloudRun::start(service("http://127.0.0.1:1", keys))
        .await
        .expect("a service");
}
