//! What compiles, what does not, and what is said about it.

mod alike;
mod credentials;
mod issuers;
mod keyless;
mod mistakes;
mod signed;
mod ties;

use super::*;
use crate::{policy::site::route::Route, upstream::send::Timeouts};

const GOOD: &str = r#"
    [gateway]
    hosts = ["API.example.com"]
    project = "p"
    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["api://orders"]
    [services.orders]
    url = "https://orders-1.europe-west1.run.app"
    invoker = "edge@p.iam.gserviceaccount.com"
    timeouts = { first_byte = "2s" }
    [[routes]]
    path = "/{rest...}"
    allow = [{ issuer = "okta" }]
    to = "orders"
    [[routes]]
    path = "/healthz"
    allow = "anyone"
    respond = { status = 200 }
"#;

#[test]
fn a_good_policy_gives_its_site() {
    let site = compile_text(GOOD).unwrap();
    let parts = site.parts();
    assert!(parts.settings.answers_for("api.example.com"));
    assert_eq!(parts.settings.remember_s, 300);
    assert_eq!(parts.settings.issuers["okta"].leeway_s, 60);
    let orders = &parts.services["orders"];
    assert_eq!(orders.audience, "https://orders-1.europe-west1.run.app");
    assert_eq!(orders.invoker_key.as_deref(), Some("edge.p.iam.gserviceaccount.com"));
    assert_eq!(
        orders.timeouts,
        Timeouts {
            first_byte_ms: 2_000,
            ..Timeouts::default()
        }
    );
    let names: Vec<_> = parts.routes.iter().map(Route::name).collect();
    assert_eq!(names, ["* /healthz", "* /{rest...}"], "in order of precedence");
}

#[test]
fn every_problem_is_reported_at_once() {
    let problems = compile_text(
        r#"
        [gateway]
        hosts = ["a.example:80"]
        [issuers.a]
        issuer = "https://i.example"
        audience = []
        leeway = "10m"
        [issuers.b]
        issuer = "https://i.example"
        audience = ["x"]
        [services.s]
        url = "http://s.example"
        invoker = "nobody"
        invoker_key = "a/b"
        [[routes]]
        path = "v1"
        to = "s"
        [[routes]]
        path = "/a"
        methods = ["get"]
        allow = "everyone"
        to = "t"
        [[routes]]
        path = "/b"
        methods = []
        allow = []
        [[routes]]
        path = "/c"
        allow = [{ issuer = "z", scopes = ["a b"] }]
        to = "s"
        respond = { status = 200 }
        [[routes]]
        path = "/d/{x}"
        methods = ["HEAD"]
        allow = "anyone"
        respond = { status = 99, content_type = "é" }
        [[routes]]
        path = "/e"
        allow = "anyone"
        respond = { status = 204, body = "x" }
        [[routes]]
        path = "/d/{y}"
        methods = ["GET"]
        allow = "anyone"
        respond = { status = 200 }
        "#,
    )
    .unwrap_err();
    let places: Vec<_> = problems.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "gateway.hosts[0]",
            "issuers.a.audience",
            "issuers.a.leeway",
            "issuers.b.issuer",
            "services.s.url",
            "services.s.invoker",
            "services.s.invoker_key",
            "routes[0].allow",
            "routes[0].path",
            "routes[1].methods[0]",
            "routes[1].allow",
            "routes[1].to",
            "routes[2]",
            "routes[2].methods",
            "routes[2].allow",
            "routes[3]",
            "routes[3].allow[0].issuer",
            "routes[3].allow[0].scopes",
            "routes[4].respond.status",
            "routes[5].respond.body",
        ]
    );
}
