//! An HTTP server that says what a test wants, path by path.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri, header::LOCATION},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tollgate_devstack::{server::Server, tokens::Issuer};

/// What is said at a path.
#[derive(Clone)]
pub(crate) enum Said {
    Body(String),
    Status(u16),
    Redirect(String),
    /// Nothing, until something else is to be said there.
    Held,
}

type Answers = Arc<Mutex<BTreeMap<String, Said>>>;
type Asked = Arc<Mutex<Vec<String>>>;

/// The server.
pub(crate) struct Issuers {
    pub(crate) server: Server,
    answers: Answers,
    asked: Asked,
    keys: Vec<Value>,
}

/// Where OpenID Connect Discovery puts its document.
pub(crate) const WELL_KNOWN: &str = ".well-known/openid-configuration";

impl Issuers {
    /// A server that says nothing yet.
    pub(crate) async fn start() -> Self {
        let answers = Answers::default();
        let asked = Asked::default();
        let state = (Arc::clone(&answers), Arc::clone(&asked));
        let router = Router::new().fallback(answer).with_state(state);
        let server = Server::start(router).await.expect("a server");
        let made = Issuer::new("made", "https://made.example", "a").expect("keys").jwks();
        let keys = made["keys"].as_array().expect("keys").clone();
        Self {
            server,
            answers,
            asked,
            keys,
        }
    }

    /// The `iss` of the issuer at this path.
    pub(crate) fn issuer(&self, path: &str) -> String {
        format!("{}/{path}", self.server.url())
    }

    pub(crate) fn say(&self, path: &str, said: Said) {
        let path = format!("/{path}");
        self.answers.lock().expect("answers").insert(path, said);
    }

    pub(crate) fn say_json(&self, path: &str, value: &Value) {
        self.say(path, Said::Body(value.to_string()));
    }

    /// How often this path was asked.
    pub(crate) fn asked(&self, path: &str) -> usize {
        let path = format!("/{path}");
        let asked = self.asked.lock().expect("a list");
        asked.iter().filter(|asked| **asked == path).count()
    }

    /// A public key under this id: the same for the same `which`, of three kinds.
    pub(crate) fn key(&self, kid: &str, which: usize) -> Value {
        let mut key = self.keys[which].clone();
        key["kid"] = kid.into();
        key
    }

    /// An issuer at this path, with discovery and a set of these keys, each after `=` the one of [`Issuers::key`].
    pub(crate) fn play(&self, path: &str, kids: &[&str]) {
        let keys: Vec<_> = kids
            .iter()
            .map(|text| match text.split_once('=') {
                Some((kid, which)) => self.key(kid, which.parse().expect("a number")),
                None => self.key(text, 0),
            })
            .collect();
        let jwks_uri = format!("{}/jwks", self.issuer(path));
        let document = json!({ "issuer": self.issuer(path), "jwks_uri": jwks_uri });
        self.say_json(&format!("{path}/{WELL_KNOWN}"), &document);
        self.say_json(&format!("{path}/jwks"), &json!({ "keys": keys }));
    }
}

async fn answer(State((answers, asked)): State<(Answers, Asked)>, uri: Uri) -> Response {
    asked.lock().expect("a list").push(uri.path().to_owned());
    loop {
        let said = answers.lock().expect("answers").get(uri.path()).cloned();
        return match said {
            Some(Said::Body(body)) => body.into_response(),
            Some(Said::Status(status)) => StatusCode::from_u16(status).expect("a status").into_response(),
            Some(Said::Redirect(to)) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
            Some(Said::Held) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            }
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
}
