//! Stores that are not linked, and secrets that are missing or no keys: told in the log alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate::policy::compile::compile_text;
use tollgate_devstack::google::Google;
use tollgate_devstack::local_stores::LocalStores;
use tollgate_devstack::tokens::Issuer;
use tollgate_devstack::viceroy::{LogSink, Viceroy, ViceroyOptions};

use super::broken::assert_misconfigured;
use super::support::gateway::{alone, assert_in_health, program};
use super::support::http::Ask;

const SECRETS_POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    [issuers.okta]
    issuer = "https://example.okta.com"
    audience = ["api://orders"]
    [services.missing]
    url = "https://missing-1.run.app"
    invoker = "missing@p.iam.gserviceaccount.com"
    [services.rubbish]
    url = "https://rubbish-1.run.app"
    invoker = "rubbish@p.iam.gserviceaccount.com"
    [services.other]
    url = "https://other-1.run.app"
    invoker = "other@p.iam.gserviceaccount.com"
    [services.cut]
    url = "https://cut-1.run.app"
    invoker = "cut@p.iam.gserviceaccount.com"
    [[routes]]
    path = "/missing"
    allow = "anyone"
    to = "missing"
    [[routes]]
    path = "/rubbish"
    allow = "anyone"
    to = "rubbish"
    [[routes]]
    path = "/other"
    allow = "anyone"
    to = "other"
    [[routes]]
    path = "/cut"
    allow = "anyone"
    to = "cut"
    [[routes]]
    path = "/private"
    allow = [{ issuer = "okta" }]
    to = "missing"
    [[routes]]
    path = "/healthz"
    allow = "anyone"
    respond = { status = 200, body = "ok" }
"#;

async fn viceroy(manifest: &Path) -> Viceroy {
    let options = ViceroyOptions {
        wasm: program().await,
        config: manifest.to_owned(),
        addr: ([127, 0, 0, 1], 0).into(),
        log: LogSink::Kept,
    };
    Viceroy::start(options).await.expect("Viceroy")
}

async fn misconfigured_at(gateway: &Viceroy, name: &str, ask: Ask, cause: &str) {
    let answer = ask.send(gateway.addr()).await;
    let id = answer.id().to_owned();
    let is_it = |entry: &Value| entry["tollgate"]["request_id"] == id.as_str();
    let entry = gateway
        .wait_for_log(is_it, Duration::from_secs(10))
        .await
        .expect("a log entry");
    assert_misconfigured(name, &answer, &entry, cause);
    assert_in_health(gateway);
}

fn stores() -> LocalStores {
    let mut stores = LocalStores::default();
    stores
        .activate(&compile_text(SECRETS_POLICY).expect("a policy"))
        .expect("a page");
    stores
}

#[test]
fn secrets_that_are_missing_or_no_keys_are_told_in_the_log_alone() {
    alone(async {
        let google = Google::start().await.expect("Google");
        let file = |email: &str| google.service_account(email).expect("a key file");
        let mut cut = file("cut@p.iam.gserviceaccount.com");
        cut["private_key"] = json!("-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----\n");
        let mut stores = stores();
        stores.secrets = BTreeMap::from([
            ("rubbish.p.iam.gserviceaccount.com".to_owned(), b"canary".to_vec()),
            (
                "other.p.iam.gserviceaccount.com".to_owned(),
                file("someone@p.iam.gserviceaccount.com").to_string().into(),
            ),
            ("cut.p.iam.gserviceaccount.com".to_owned(), cut.to_string().into()),
        ]);
        let folder = tempfile::tempdir().expect("a folder");
        let gateway = viceroy(&stores.write(folder.path()).expect("stores")).await;
        for name in ["missing", "rubbish", "other", "cut"] {
            let cause = format!("`{name}.p.iam.gserviceaccount.com`");
            misconfigured_at(&gateway, name, Ask::get(format!("/{name}")), &cause).await;
        }
        assert_eq!(Ask::get("/healthz").send(gateway.addr()).await.text(), "ok");
        assert_eq!(google.asked(), 0);
    });
}

#[test]
fn stores_that_are_not_linked_end_no_program() {
    alone(async {
        let folder = tempfile::tempdir().expect("a folder");
        stores().write(folder.path()).expect("stores");
        let manifest = folder.path().join("bare.toml");
        fs::write(&manifest, "manifest_version = 3\nname = \"bare\"\n[local_server]\n").expect("a manifest");
        let gateway = viceroy(&manifest).await;
        for target in ["/healthz", "/private", "/nowhere"] {
            misconfigured_at(&gateway, "no store at all", Ask::get(target), "config store tollgate").await;
        }
        gateway.stop().await;

        let manifest = folder.path().join("policy-only.toml");
        let policy_only = "manifest_version = 3\nname = \"bare\"\n[local_server.config_stores.tollgate]\n\
                           format = \"json\"\nfile = \"tollgate.json\"\n";
        fs::write(&manifest, policy_only).expect("a manifest");
        let gateway = viceroy(&manifest).await;
        assert_eq!(Ask::get("/healthz").send(gateway.addr()).await.text(), "ok");
        let okta = Issuer::new("okta", "https://example.okta.com", "api://orders").expect("an issuer");
        let token = okta.token().build().expect("a token");
        misconfigured_at(
            &gateway,
            "no keys",
            Ask::get("/private").bearer(&token),
            "config store tollgate_keys",
        )
        .await;
        misconfigured_at(
            &gateway,
            "no secrets",
            Ask::get("/missing"),
            "secret store tollgate_secrets",
        )
        .await;
    });
}
