//! API keys and revocations that the command stored, as the gateway under Viceroy judges them.

use std::path::Path;

use serde_json::Value;
use tollgate_devstack::tokens::Issuer;

use super::command::{Served, file, run};

const POLICY: &str = r#"
[gateway]
hosts = ["api.example.com"]

[issuers.okta]
issuer   = "https://example.okta.com"
audience = ["api://orders"]

[issuers.partners]
api_keys = true

[[routes]]
path    = "/orders"
allow   = [{ issuer = ["okta", "partners"], scopes = ["orders:read"] }]
respond = { status = 200, body = "orders" }
"#;

/// A folder with a policy, an issuer's keys, and stores that commands write.
struct Place {
    okta: Issuer,
    policy: String,
    stores: String,
    keys: String,
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let okta = Issuer::new("okta", "https://example.okta.com", "api://orders").expect("an issuer");
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let keys = file(folder.path(), "jwks.json", okta.jwks().to_string());
        Self {
            okta,
            policy: text(&file(folder.path(), "policy.toml", POLICY)),
            stores: text(&folder.path().join("stores")),
            keys: format!("okta={}", text(&keys)),
            folder,
        }
    }

    /// Runs a command on the stores, and gives what it wrote on standard output.
    fn tollgate(&self, arguments: &[&str]) -> String {
        let ended = run(&[arguments, &["--stores", &self.stores]].concat());
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
        String::from_utf8(ended.stdout).expect("text")
    }

    /// A new API key with these scopes.
    fn key(&self, owner: &str, scopes: &str) -> String {
        let create = ["apikey", "create", &self.policy, "--issuer", "partners"];
        let made = self.tollgate(&[&create[..], &["--owner", owner, "--scopes", scopes]].concat());
        made.trim_end().to_owned()
    }

    /// The id of the key of this owner.
    fn id(&self, owner: &str) -> String {
        let listed: Value =
            serde_json::from_str(&self.tollgate(&["apikey", "list", "--format", "json"])).expect("JSON");
        let keys = listed.get("keys").and_then(Value::as_array).expect("a list");
        let records = keys.iter().filter_map(|key| key.get("record"));
        let mut owned = records.filter(|record| record.get("owner").and_then(Value::as_str) == Some(owner));
        let id = owned.next().and_then(|record| record.get("id")?.as_str());
        id.expect("an id").to_owned()
    }

    /// A token that was issued a minute ago.
    fn token(&self, jti: &str, subject: &str) -> String {
        let token = self.okta.token().subject(subject).scope("orders:read");
        token.issued_in(-60).claim("jti", jti).build().expect("a token")
    }

    fn serve(&self) -> Served {
        let log = self.folder.path().join("gateway.log").to_string_lossy().into_owned();
        let arguments = ["--policy", &self.policy, "--stores", &self.stores, "--keys", &self.keys];
        Served::start(&[&arguments[..], &["--log", &log]].concat())
    }
}

/// The status, and the code of a refusal.
fn asked(served: &Served, credential: &str) -> (u16, String) {
    let (status, body) = served.get("/orders", Some(credential));
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    let code = problem.get("code").and_then(Value::as_str);
    (status, code.unwrap_or(&body).to_owned())
}

fn assert_asked(served: &Served, rows: &[(&str, &str, u16, &str)]) {
    for &(name, credential, status, code) in rows {
        assert_eq!(asked(served, credential), (status, code.to_owned()), "{name}");
    }
}

#[test]
fn api_keys_pass_until_they_are_revoked_and_so_do_tokens() {
    let place = Place::new();
    let (acme, beta) = (place.key("acme", "orders:read"), place.key("beta", "orders:read"));
    let writer = place.key("writer", "orders:write");
    // Another first character is another key, whose checksum is wrong.
    let (first, rest) = acme.split_at(5);
    let spoiled = format!("{}{rest}", if first == "tgk_A" { "tgk_B" } else { "tgk_A" });
    // A key as it must be, of other stores.
    let stranger = Place::new().key("acme", "orders:read");
    let (revoked, other) = (place.token("t-1", "u1"), place.token("t-2", "u1"));
    let gone = place.token("t-3", "u2");
    place.tollgate(&["revoke", &place.policy, "--issuer", "okta", "--token-id", "t-1"]);
    let later = ["--subject", "u2", "--since", "2000-01-01T00:00:00Z"];
    place.tollgate(&[&["revoke", &place.policy, "--issuer", "okta"][..], &later].concat());

    let served = place.serve();
    assert_asked(
        &served,
        &[
            ("a key", &acme, 200, "orders"),
            ("the same again", &acme, 200, "orders"),
            ("another key", &beta, 200, "orders"),
            ("a key of other scopes", &writer, 403, "scope-missing"),
            ("a changed key", &spoiled, 401, "api-key-unknown"),
            ("a key that is not stored", &stranger, 401, "api-key-unknown"),
            ("a revoked token", &revoked, 401, "token-revoked"),
            ("the subject's other token", &other, 200, "orders"),
            ("a token since the subject's were revoked", &gone, 200, "orders"),
        ],
    );
    drop(served);

    place.tollgate(&["apikey", "revoke", &place.id("acme")]);
    place.tollgate(&["revoke", &place.policy, "--issuer", "okta", "--subject", "u2"]);
    let served = place.serve();
    assert_asked(
        &served,
        &[
            ("a revoked key", &acme, 401, "api-key-unknown"),
            ("the other key", &beta, 200, "orders"),
            ("a revoked token", &revoked, 401, "token-revoked"),
            ("the subject's other token", &other, 200, "orders"),
            ("a token before the subject's were revoked", &gone, 401, "token-revoked"),
        ],
    );
}
