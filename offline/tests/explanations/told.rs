//! What a service would be told of the caller: the assertion's claims, and claims as headers.

use serde_json::{Value, json};
use tollgate::policy::compile::compile_text;
use tollgate_offline::{Credential, Question, Rehearsal};

use crate::{NOW, claims, question};

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    origin = "https://api.example.com"
    assertions = { keys = ["assertion-2", "assertion-1"] }

    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]

    [services.orders]
    url = "https://orders-1.west.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    assertion.claims = ["tenant"]
    claim_headers = { x-tenant = "tenant", x-plan = "plan" }

    [[routes]]
    path = "/orders"
    allow = [{ issuer = "okta" }]
    to = "orders"

    [[routes]]
    path = "/events"
    allow = "anyone"
    to = "orders"
    websocket = true

    [[routes]]
    path = "/public"
    allow = "anyone"
    to = "orders"
"#;

fn rehearsal() -> Rehearsal {
    Rehearsal::new(compile_text(POLICY).unwrap()).unwrap()
}

/// The headers that would be set for a request that also claims to be told by another.
fn set(line: &str, credential: Credential) -> Vec<(String, String)> {
    let mut question = question(line, credential);
    for name in ["X_Tollgate_Assertion", "X-Tenant", "x.plan"] {
        question.headers.push((name.to_owned(), "forged".to_owned()));
    }
    let leaving = rehearsal().explain(&question).unwrap().leaving.unwrap();
    for name in ["x_tollgate_assertion", "x-tenant", "x.plan"] {
        assert!(leaving.removed.iter().any(|removed| removed == name), "{line}: {name}");
    }
    assert!(leaving.kept.iter().all(|(_, value)| value != "forged"), "{line}");
    leaving.set
}

#[test]
fn a_websocket_is_handed_over_once() {
    let mut question = question("GET /events", Credential::Nobody);
    for (name, value) in [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("x-tenant", "forged"),
    ] {
        question.headers.push((name.to_owned(), value.to_owned()));
    }
    let leaving = rehearsal().explain(&question).unwrap().leaving.unwrap();
    assert_eq!(
        leaving.then.as_deref(),
        Some("handed over as a WebSocket, once; Google's token by a service account's key")
    );
    for name in ["connection", "upgrade"] {
        assert!(leaving.set.iter().any(|(own, _)| own == name), "{name}");
        assert!(!leaving.removed.iter().any(|removed| removed == name), "{name}");
    }
    assert!(leaving.removed.iter().any(|removed| removed == "x-tenant"));
}

#[test]
fn the_claims_of_an_assertion_can_be_read_and_its_signature_can_not() {
    let caller = json!({ "iss": "okta", "sub": "u1", "tenant": "acme inc", "exp": NOW.unix_ms / 1_000 + 20 });
    let set = set("GET /orders", claims(caller));
    let value = |name: &str| set.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    assert_eq!((value("x-tenant"), value("x-plan")), (Some("acme%20inc"), None));
    let told = value("x-tollgate-assertion").unwrap();
    let told = told.strip_prefix("<signed ").and_then(|told| told.strip_suffix('>'));
    let told: Value = serde_json::from_str(told.unwrap()).unwrap();
    let expected = json!({
        "iss": "https://api.example.com", "aud": "https://orders-1.west.run.app", "sub": "u1",
        "caller_iss": "https://okta.example", "iat": NOW.unix_ms / 1_000, "exp": NOW.unix_ms / 1_000 + 20,
        "jti": "<unique>", "request_id": "offline", "claims": { "tenant": ["acme inc"] },
    });
    assert_eq!(told, expected);
}

#[test]
fn nothing_is_told_of_nobody() {
    let set = set("GET /public", Credential::Nobody);
    let told = ["x-tollgate-assertion", "x-tenant", "x-plan"];
    assert!(set.iter().all(|(name, _)| !told.contains(&name.as_str())), "{set:?}");
}

#[test]
fn the_keys_are_found_and_those_made_up_here_are_not_told() {
    let question = Question::new("GET /.well-known/jwks.json", NOW).unwrap();
    let explanation = rehearsal().explain(&question).unwrap();
    assert_eq!(explanation.decision.came, "respond 200");
    assert!(explanation.to_string().contains("<the public keys>"), "{explanation}");
}
