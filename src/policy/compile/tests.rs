//! What compiles, what does not, and what is said about it.

use super::*;
use crate::{policy::site::Route, upstream::send::Timeouts};

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
    assert_eq!(parts.hosts, ["api.example.com"]);
    assert_eq!(parts.remember_s, 300);
    assert_eq!(parts.issuers["okta"].leeway_s, 60);
    let orders = &parts.services["orders"];
    assert_eq!(orders.audience, "https://orders-1.europe-west1.run.app");
    assert_eq!(orders.invoker_key, "edge.p.iam.gserviceaccount.com");
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
fn a_page_gives_back_the_same_site_and_no_other() {
    let site = compile_text(GOOD).unwrap();
    let (version, page) = site.to_page().unwrap();
    assert_eq!(version.len(), 16);
    assert_eq!(Site::from_page(&version, &page).unwrap(), site);
    assert_eq!(
        site.to_page().unwrap().0,
        version,
        "the same content has the same version"
    );
    assert!(Site::from_page("other", &page).is_err());
    for broken in [
        "",
        "{}",
        "null",
        &page.replace("okta", "okta2").replace("\"okta2\":{", "\"okta\":{"),
        &page.replace("\"orders\":{", "\"other\":{"),
        &page.replace("/healthz", "/../healthz"),
        &page.replace("https://orders", "http://orders"),
        &page.replace("{rest...}", "{"),
        &page.replace("\"audience\":[\"api://orders\"]", "\"audience\":[]"),
        &page.replace("\"hosts\"", "\"host\""),
    ] {
        assert!(Site::from_page(&version, broken).is_err(), "{broken}");
    }
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
            "routes[0].path",
            "routes[0].allow",
            "routes[1].methods",
            "routes[1].allow",
            "routes[1].to",
            "routes[2].methods",
            "routes[2].allow",
            "routes[2]",
            "routes[3].allow[0].issuer",
            "routes[3].allow[0].scopes",
            "routes[3]",
            "routes[4].respond.status",
            "routes[4].respond.content_type",
            "routes[5].respond.body",
            "routes[6]",
        ]
    );
}

#[test]
fn text_that_is_no_policy_says_where() {
    for (name, text, word) in [
        ("not TOML", "[gateway", "line 1"),
        (
            "unknown key",
            "[gateway]\nhosts = [\"a\"]\nport = 1",
            "unknown field `port`",
        ),
        ("no gateway", "", "missing field `gateway`"),
        (
            "bad duration",
            "[gateway]\nhosts = [\"a\"]\nremember = \"soon\"",
            "is no duration",
        ),
    ] {
        let problems = compile_text(text).unwrap_err();
        assert!(problems[0].to_string().contains(word), "{name}: {}", problems[0]);
    }
}

#[test]
fn a_policy_that_does_not_fit_its_page_is_refused() {
    let mut text = GOOD.to_owned();
    for number in 0..100 {
        text.push_str(&format!(
            "[[routes]]\npath = \"/r{number}\"\nallow = \"anyone\"\nrespond = {{ status = 200 }}\n"
        ));
    }
    assert!(compile_text(&text).unwrap_err()[0].text.contains("8000"));
}
