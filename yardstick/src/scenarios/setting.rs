//! What all scenarios share: one policy, one issuer with three keys, one service and Google.

use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa::sha2::{Digest as _, Sha256};
use serde_json::{Map, Value, json};
use tollgate::{
    host::ConfigStore,
    identity::{
        algorithm::Algorithm as Named,
        keys::{VerifyingKey, index_entry, key_entry},
    },
    policy::{compile::compile_text, pages::compiled},
};
use tollgate_devstack::signing::Algorithm;

use crate::{
    scenario::{Expected, Request, Response, Scenario, State, World},
    signed::Keys,
};

/// When everything happens: 2026-11-21T08:00:00Z, in Unix seconds.
pub(super) const NOW_S: u64 = 1_795_248_000;

pub(super) const ISSUER: &str = "https://login.example.com";
const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";
pub(super) const SERVICE_HOST: &str = "orders-1.europe-west1.run.app";

/// Ten routes, as a small team has them.
pub(super) const POLICY: &str = include_str!("policy.toml");

/// What the scenarios are made with.
pub(super) struct Setting {
    keys: Keys,
    /// A world with the policy in force, the issuer's keys, the invoker's key, the service and Google.
    pub(super) world: World,
}

impl Setting {
    pub(super) fn new() -> anyhow::Result<Self> {
        let keys = Keys::new()?;
        let google_token = keys.token(
            Algorithm::Rs256,
            "google",
            &json!({
                "aud": format!("https://{SERVICE_HOST}"), "azp": "1234567890", "email": INVOKER, "email_verified": true,
                "exp": NOW_S + 3_600, "iat": NOW_S, "iss": "https://accounts.google.com", "sub": "1234567890",
            }),
        );
        let key_file = json!({
            "type": "service_account", "client_email": INVOKER, "private_key_id": "k1",
            "private_key": keys.rsa_pem()?, "token_uri": "https://oauth2.googleapis.com/token",
        });
        let mut world = World {
            unix_ms: NOW_S * 1_000,
            secrets: vec![(INVOKER.replace('@', "."), key_file.to_string())],
            outside: vec![
                (SERVICE_HOST.to_owned(), order_response()),
                (
                    "oauth2.googleapis.com".to_owned(),
                    json_response(&json!({ "id_token": google_token })),
                ),
            ],
            ..World::default()
        };
        enforce(&mut world, POLICY)?;
        for algorithm in Algorithm::EVERY {
            put_key(&mut world, ISSUER, kid(algorithm), &keys.jwk(algorithm, kid(algorithm)));
        }
        put_index(&mut world, ISSUER, &Algorithm::EVERY.map(kid));
        Ok(Self { keys, world })
    }

    /// A token with the usual claims, some 900 bytes.
    pub(super) fn token(&self, algorithm: Algorithm) -> String {
        self.signed(algorithm, &claims())
    }

    /// A token with these claims.
    pub(super) fn signed(&self, algorithm: Algorithm, claims: &Map<String, Value>) -> String {
        self.signed_as(algorithm, kid(algorithm), claims)
    }

    /// A token with these claims under another key id.
    pub(super) fn signed_as(&self, algorithm: Algorithm, kid: &str, claims: &Map<String, Value>) -> String {
        self.keys.token(algorithm, kid, &Value::Object(claims.clone()))
    }

    /// A token with these claims and an HMAC under a secret.
    pub(super) fn shared(&self, secret: &[u8], claims: &Map<String, Value>) -> anyhow::Result<String> {
        self.keys.shared(secret, &Value::Object(claims.clone()))
    }

    /// The proof of a client whose key is that of this algorithm (RFC 9449 section 4.2).
    pub(super) fn proof(&self, algorithm: Algorithm, (url, token): (&str, &str), id: &str) -> String {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        let claims = json!({ "jti": id, "htm": "GET", "htu": url, "iat": NOW_S, "ath": hash });
        self.keys.proof(algorithm, &claims)
    }

    /// What a token says that is bound to the key of this algorithm.
    pub(super) fn thumbprint(&self, algorithm: Algorithm) -> anyhow::Result<String> {
        let named = Named::named(algorithm.jws_name()).context("an unknown algorithm")?;
        let jwk = self.jwk(algorithm, "k").to_string();
        let (_, thumbprint) = VerifyingKey::from_proof_jwk(&jwk, named).map_err(anyhow::Error::msg)?;
        Ok(thumbprint)
    }

    /// The public key under another key id.
    pub(super) fn jwk(&self, algorithm: Algorithm, kid: &str) -> Value {
        self.keys.jwk(algorithm, kid)
    }

    /// A scenario in the usual world.
    pub(super) fn scenario(
        &self,
        name: impl Into<String>,
        before: &[Request],
        sandbox: State,
        counted: &Request,
        expected: Expectation,
    ) -> Scenario {
        Scenario {
            name: name.into(),
            world: self.world.clone(),
            before: before.to_vec(),
            sandbox,
            counted: counted.clone(),
            expected: expected.0,
        }
    }
}

/// What must come of a request, word by word.
#[derive(Clone)]
pub(super) struct Expectation(Expected);

/// A status, no caller and no Google token.
pub(super) fn expect(status: u16) -> Expectation {
    Expectation(Expected {
        status,
        claims: None,
        google_token: None,
    })
}

impl Expectation {
    pub(super) fn claims(mut self, source: &str) -> Self {
        self.0.claims = Some(source.to_owned());
        self
    }

    pub(super) fn google_token(mut self, source: &str) -> Self {
        self.0.google_token = Some(source.to_owned());
        self
    }
}

/// The key id of the usual key.
pub(super) fn kid(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Rs256 => "rs256",
        Algorithm::Rs384 => "rs384",
        Algorithm::Rs512 => "rs512",
        Algorithm::Ps256 => "ps256",
        Algorithm::Ps384 => "ps384",
        Algorithm::Ps512 => "ps512",
        Algorithm::Es256 => "es256",
        Algorithm::Es384 => "es384",
        Algorithm::EdDsa => "eddsa",
    }
}

/// Puts a policy in force.
pub(super) fn enforce(world: &mut World, policy: &str) -> anyhow::Result<()> {
    let site = compile_text(policy).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let compiled = compiled(&site).map_err(anyhow::Error::msg)?;
    let store = ConfigStore::Policy.name();
    world.config.retain(|(of, ..)| of != store);
    let pointer = ("active".to_owned(), compiled.version);
    for (entry, value) in compiled.entries.into_iter().chain([pointer]) {
        world.config.push((store.to_owned(), entry, value));
    }
    Ok(())
}

pub(super) fn put_key(world: &mut World, issuer: &str, kid: &str, jwk: &Value) {
    put(world, key_entry(issuer, kid), jwk.to_string());
}

pub(super) fn put_index(world: &mut World, issuer: &str, kids: &[impl AsRef<str>]) {
    let kids: Vec<&str> = kids.iter().map(AsRef::as_ref).collect();
    let index = json!({ "fetched_at": NOW_S, "kids": kids });
    put(world, index_entry(issuer), index.to_string());
}

/// Puts an entry into the store of keys, in place of one of the same name.
fn put(world: &mut World, entry: String, value: String) {
    let store = ConfigStore::Keys.name();
    world.config.retain(|(of, known, _)| of != store || *known != entry);
    world.config.push((store.to_owned(), entry, value));
}

/// The usual claims: a dozen, as identity providers send them.
pub(super) fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "aud": ["api://orders", "https://login.example.com/userinfo"], "sub": "auth0|5f7c8ec7c33c6c004bbafe82",
        "iat": NOW_S - 60, "nbf": NOW_S - 60, "exp": NOW_S + 3_600, "azp": "my-client-id-0123456789abcdef",
        "scope": "openid profile email orders:read orders:write", "jti": "id-0123456789abcdef0123456789abcdef",
        "email": "someone@example.com", "email_verified": true, "name": "Some One",
        "roles": ["admin", "editor", "viewer"], "org_id": "org_9ybsU1dN2dKfDkBi",
    });
    match claims {
        Value::Object(claims) => claims,
        _ => Map::new(),
    }
}

/// A request as a browser or a client library sends it: seven headers, and `Authorization` with a token.
pub(super) fn request(target: &str, token: Option<&str>) -> Request {
    let mut headers: Vec<(String, String)> = [
        ("host", "api.example.com"),
        (
            "user-agent",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        ),
        ("accept", "application/json"),
        ("accept-language", "en-GB,en;q=0.8,de;q=0.6"),
        ("accept-encoding", "gzip, deflate, br"),
        ("cache-control", "no-cache"),
        ("x-client-version", "4.11.0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {token}"))));
    Request {
        method: "GET".to_owned(),
        target: target.to_owned(),
        headers,
        body: String::new(),
    }
}

fn order_response() -> Response {
    let mut response = json_response(&json!({ "id": 7, "state": "shipped" }));
    let more = [
        ("date", "Sat, 21 Nov 2026 08:00:00 GMT"),
        ("server", "Google Frontend"),
        ("x-cloud-trace-context", "0123456789abcdef0123456789abcdef;o=1"),
        ("alt-svc", "h3=\":443\"; ma=2592000"),
    ];
    let more = more.map(|(name, value)| (name.to_owned(), value.to_owned()));
    response.headers.extend(more);
    response
}

pub(super) fn json_response(body: &Value) -> Response {
    let body = body.to_string();
    Response {
        status: 200,
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("content-length".to_owned(), body.len().to_string()),
        ],
        body,
    }
}
