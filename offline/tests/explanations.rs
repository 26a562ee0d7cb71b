//! What is told of requests: decisions row by row, two explanations word by word, and never a token.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod explanations {
    mod brought;
    mod credentials;
    mod decisions;
    mod said;
    mod secrecy;
    mod tables;
    mod texts;
    mod tokens;
    mod told;
}

use serde_json::Value;
use tollgate::{policy::compile::compile_text, time::WallClock};
use tollgate_offline::{Credential, Question, Rehearsal};

/// 2026-11-21T08:00:00Z, a Saturday.
const NOW: WallClock = WallClock {
    unix_ms: 1_795_248_000_000,
};

/// A policy with something of everything.
const POLICY: &str = r#"
    gateway.hosts = ["*.tenants.example", "api.example.com"]

    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]
    roles = "realm.roles"

    [issuers.partner]
    issuer = "https://partner.example"
    audience = ["api://orders"]

    [services.orders]
    invoker = "edge@my-project.iam.gserviceaccount.com"
    audience = "https://orders.example"
    regions = [
      { name = "west", url = "https://orders-1.west.run.app" },
      { name = "east", url = "https://orders-1.east.run.app" },
    ]
    revisions.next = { tag = "next", header = "x-revision: next", claims = { beta = true } }

    [[routes]]
    path = "/orders/{id}"
    methods = ["GET"]
    allow = [
      { issuer = "okta", scopes = ["orders:read"], claims = { tenant = "{id}" } },
      { issuer = "okta", roles = ["admin", "support"], addresses = ["203.0.113.0/24"] },
      { issuer = "partner", clients = ["shop"], countries = ["DE"], hours = { from = "08:00", to = "18:00", days = ["sat"] } },
    ]
    to = "orders"
    response_headers = { set = { cache-control = "no-store" }, remove = ["server"] }

    [[routes]]
    path = "/orders/{id}"
    methods = ["GET"]
    when = { headers = { x-version = "2" } }
    allow = [{ issuer = "okta" }]
    to = "orders"
    rewrite = "/v2/{id}"
    forward_authorization = true

    [[routes]]
    hosts = ["api.example.com"]
    path = "/orders/new"
    allow = "anyone"
    redirect = { to = "/orders" }

    [[routes]]
    path = "/{rest...}"
    methods = ["POST"]
    allow = "anyone"
    respond = { status = 204 }
"#;

fn rehearsal() -> Rehearsal {
    Rehearsal::new(compile_text(POLICY).unwrap()).unwrap()
}

fn claims(claims: Value) -> Credential {
    Credential::Claims(claims.as_object().expect("an object").clone())
}

fn question(line: &str, credential: Credential) -> Question {
    Question {
        credential,
        from: Some("203.0.113.9".parse().unwrap()),
        ..Question::new(line, NOW).unwrap()
    }
}
