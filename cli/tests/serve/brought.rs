//! One's own keys, services, Google and secrets in place of the played ones.

use std::path::Path;

use tollgate_devstack::cloud_run::{CloudRun, CloudRunService};
use tollgate_devstack::edge_program::{Build, build};
use tollgate_devstack::google::Google;
use tollgate_devstack::sample_service::SampleService;
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::viceroy::{LogSink, Viceroy, ViceroyOptions};

use super::command::{Served, demo, file, get, run};

const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";
const SECRET: &str = "edge.my-project.iam.gserviceaccount.com";
const AUDIENCE: &str = "https://orders-123456789.europe-west1.run.app";

/// What an operator has: an identity provider, a service behind Cloud Run, Google, and a key file.
struct Brought {
    okta: Issuer,
    google: Google,
    orders: SampleService,
    front_end: CloudRun,
    keys: String,
    secret: String,
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
    let secret = named(SECRET, &file(folder.path(), "key.json", key_file));
    Brought {
        okta,
        google,
        orders,
        front_end,
        keys,
        secret,
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
        &brought.secret,
    ]);
    assert_eq!(served.get("/v1/orders/7", Some(&token(&brought.okta))).0, 200);
    assert_eq!(
        (brought.google.minted(), brought.front_end.admitted()),
        (1, 1),
        "IAM let the gateway in"
    );
    assert_eq!(brought.orders.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_emitted_runs_under_viceroy_alone() {
    let brought = bring().await;
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
        "--secret",
        &brought.secret,
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
