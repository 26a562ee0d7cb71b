//! What is said of a caller stands, also where no credential of the issuer would pass with it.

use serde_json::{Value, json};
use tollgate_offline::Question;

use super::credentials::{explained, rehearsal};
use crate::{NOW, claims};

#[test]
fn what_is_said_stands() {
    let rows: [(&str, Value, &str); 17] = [
        (
            "another tenant",
            json!({ "iss": "tenants", "tid": "bb" }),
            "forward orders",
        ),
        (
            "no tenant of ours",
            json!({ "iss": "tenants", "tid": "cc" }),
            "refuse issuer-unknown",
        ),
        (
            "a tenant that is none",
            json!({ "iss": "tenants", "tid": 7 }),
            "refuse issuer-unknown",
        ),
        (
            "by its iss",
            json!({ "iss": "https://tenants.example/bb/v2" }),
            "forward orders",
        ),
        (
            "any tenant",
            json!({ "iss": "https://anybody.example/whoever" }),
            "forward orders",
        ),
        (
            "audience",
            json!({ "iss": "hs256", "aud": "api://b" }),
            "refuse audience-wrong",
        ),
        (
            "a claim of all tokens",
            json!({ "iss": "access", "token_use": "id" }),
            "refuse issuer-claim-wrong",
        ),
        (
            "an inner one",
            json!({ "iss": "access", "org": { "tier": "silver" } }),
            "forward orders",
        ),
        (
            "expired",
            json!({ "iss": "opaque", "exp": 1_795_247_000 }),
            "refuse token-expired",
        ),
        (
            "not active",
            json!({ "iss": "opaque", "active": false }),
            "refuse token-inactive",
        ),
        (
            "a key that is over",
            json!({ "iss": "batch", "exp": 1_795_247_999 }),
            "refuse api-key-unknown",
        ),
        (
            "another key",
            json!({ "iss": "dpop", "cnf": { "jkt": "x" } }),
            "refuse dpop-proof-invalid",
        ),
        (
            "bound to nothing",
            json!({ "iss": "dpop", "cnf": {} }),
            "refuse token-not-bound",
        ),
        (
            "another certificate",
            json!({ "iss": "certificate", "cnf": { "x5t#S256": "x" } }),
            "refuse certificate-wrong",
        ),
        (
            "same iss, by audience",
            json!({ "iss": "https://accounts.google.com", "aud": "staff" }),
            "forward orders",
        ),
        (
            "same iss and audience, by a claim",
            json!({ "iss": "https://accounts.google.com", "email": "cron@p.iam.gserviceaccount.com" }),
            "forward orders",
        ),
        (
            "another account",
            json!({ "iss": "push", "email": "u@example.com" }),
            "refuse issuer-claim-wrong",
        ),
    ];
    for (name, mut says, came) in rows {
        says["scope"] = json!("a");
        let explanation = explained("GET /x/1", claims(says), &[]);
        assert_eq!(explanation.decision.came, came, "{name}: {explanation}");
    }
    let question = Question {
        credential: claims(json!({ "iss": "batch", "roles": ["a"] })),
        ..Question::new("GET /x/1", NOW).unwrap()
    };
    let why = rehearsal().explain(&question).unwrap_err();
    assert_eq!(
        why,
        "an API key has a subject and scopes, and can't say `roles`; batch takes API keys"
    );
}
