//! One's own keys, services, Google and secrets in place of the played ones.

use std::path::Path;

use serde_json::json;
use tollgate_devstack::cloud_run::{CloudRun, CloudRunService};
use tollgate_devstack::edge_program::{Build, build};
use tollgate_devstack::google::{Google, WorkloadIdentityProvider};
use tollgate_devstack::sample_service::SampleService;
use tollgate_devstack::signing::{Algorithm, SigningKey};
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::viceroy::{LogSink, Viceroy, ViceroyOptions};

use super::command::{Served, demo, file, get, run};

const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/123456789/locations/global/workloadIdentityPools/tollgate/providers/edge";
const AUDIENCE: &str = "https://orders-123456789.europe-west1.run.app";

/// What an operator has: an identity provider, a service behind Cloud Run, Google, and keys.
struct Brought {
    okta: Issuer,
    google: Google,
    orders: SampleService,
    front_end: CloudRun,
    keys: String,
    /// The gateway's own key, which Google knows.
    own_key: String,
    /// The key of assertions.
    assertion_key: String,
    /// A key file of the invoker's.
    key_file: String,
    folder: tempfile::TempDir,
}

async fn bring() -> Brought {
    let folder = tempfile::tempdir().expect("a folder");
    let okta = Issuer::new("okta", "https://example.okta.com/oauth2/default", "api://orders").expect("an issuer");
    let google = Google::start().await.expect("Google");
    let orders = SampleService::start("orders").await.expect("a service");
    let service = CloudRunService {
        audiences: vec![AUDIENCE.to_owned()],
        invokers: vec![INVOKER.to_owned()],
        upstream: orders.url(),
        google_keys: google.jwks(),
    };
    let front_end = CloudRun::start(service).await.expect("a front end");
    let keys = named("okta", &file(folder.path(), "jwks.json", okta.jwks().to_string()));
    let key_file = google.service_account(INVOKER).expect("a key file").to_string();
    let key_file = named("edge-key", &file(folder.path(), "key.json", key_file));
    let own = SigningKey::generate(Algorithm::Es256, "edge-1").expect("a key");
    let provider = WorkloadIdentityProvider {
        name: PROVIDER.to_owned(),
        issuer: "https://api.example.com".to_owned(),
        jwks: json!({ "keys": [own.public_jwk()] }),
        allowed_audiences: Vec::new(),
    };
    google.workload_identity(provider).expect("a provider");
    google.let_impersonate(PROVIDER, "tollgate", INVOKER).expect("a grant");
    let private = |key: &SigningKey| key.private_jwk().expect("a JWK").to_string();
    let own_key = named("workload-identity", &file(folder.path(), "own.json", private(&own)));
    let assertion = SigningKey::generate(Algorithm::EdDsa, "a1").expect("a key");
    let assertion_key = file(folder.path(), "assertion.json", private(&assertion));
    let assertion_key = named("assertion-2026-11", &assertion_key);
    Brought {
        okta,
        google,
        orders,
        front_end,
        keys,
        own_key,
        assertion_key,
        key_file,
        folder,
    }
}

fn named(name: &str, path: &Path) -> String {
    format!("{name}={}", path.display())
}

fn token(okta: &Issuer) -> String {
    okta.token().scope("orders:read").build().expect("a token")
}

#[tokio::test(flavor = "multi_thread")]
async fn own_keys_and_a_service_without_iam() {
    let brought = bring().await;
    let service = format!("orders={}", brought.orders.url());
    let served = Served::start(&[
        "--policy",
        &demo(),
        "--keys",
        &brought.keys,
        "--service",
        &service,
        "--no-iam",
    ]);
    assert!(
        !served.said.iter().any(|line| line.starts_with("tokens of ")),
        "nothing is played for okta"
    );
    assert_eq!(served.get("/v1/orders/7", Some(&token(&brought.okta))).0, 200);
    let received = brought.orders.last().expect("a request");
    assert_eq!(received.header("x-tollgate-subject"), Some("u1"));
    assert!(
        received.header("x-serverless-authorization").is_some(),
        "the token is sent, though nobody checks it"
    );
    let stranger = Issuer::new("okta", &brought.okta.issuer, "api://orders").expect("an issuer");
    assert_eq!(served.get("/v1/orders/7", Some(&token(&stranger))).0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn own_google_keys_and_service() {
    let brought = bring().await;
    let service = format!("orders={}", brought.front_end.url());
    let google = brought.google.url();
    let served = Served::start(&[
        "--policy",
        &demo(),
        "--keys",
        &brought.keys,
        "--service",
        &service,
        "--google",
        &google,
        "--secret",
        &brought.own_key,
        "--secret",
        &brought.key_file,
    ]);
    assert_eq!(served.get("/v1/orders/7", Some(&token(&brought.okta))).0, 200);
    assert_eq!(
        (brought.google.iam_credentials().minted(), brought.front_end.admitted(),),
        (1, 1),
        "IAM let the gateway in"
    );
    assert_eq!(brought.orders.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_emitted_runs_under_viceroy_alone() {
    let brought = bring().await;
    let google = brought.google.url();
    let folder = brought.folder.path().join("emitted");
    let service = format!("orders={}", brought.front_end.url());
    let emitted = run(&[
        "serve",
        "--policy",
        &demo(),
        "--keys",
        &brought.keys,
        "--service",
        &service,
        "--google",
        &google,
        "--secret",
        &brought.own_key,
        "--secret",
        &brought.assertion_key,
        "--emit",
        &folder.to_string_lossy(),
    ]);
    assert!(emitted.status.success(), "{emitted:?}");
    assert!(
        String::from_utf8_lossy(&emitted.stdout).contains("fastly.toml"),
        "{emitted:?}"
    );
    let options = ViceroyOptions {
        wasm: build(Build::Portable).await.expect("the edge program"),
        config: folder.join("fastly.toml"),
        addr: ([127, 0, 0, 1], 0).into(),
        log: LogSink::Kept,
    };
    let gateway = Viceroy::start(options).await.expect("Viceroy");
    let addr = gateway.addr().to_string();
    assert_eq!(get(&addr, "/healthz", None), (200, "ok".to_owned()));
    assert_eq!(get(&addr, "/v1/orders/7", Some(&token(&brought.okta))).0, 200);
    assert_eq!(brought.front_end.admitted(), 1);
}
