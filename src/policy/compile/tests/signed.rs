//! Assertions, their keys, and claims as headers.

use super::*;
use crate::policy::{
    host_pattern::HostPattern,
    site::route::{Action, Route},
};

/// A policy whose gateway, service and further routes say this.
fn policy(gateway: &str, service: &str, routes: &str) -> String {
    format!(
        r#"
        [gateway]
        hosts = ["api.example.com", "*.example.org"]
        {gateway}
        [issuers.okta]
        issuer = "https://okta.example"
        audience = ["api://orders"]
        [services.orders]
        url = "https://orders-1.europe-west1.run.app"
        invoker = "edge@p.iam.gserviceaccount.com"
        {service}
        [[routes]]
        path = "/orders"
        allow = [{{ issuer = "okta" }}]
        to = "orders"
        {routes}
        "#
    )
}

const ORIGIN: &str = "origin = \"https://api.example.com\"";
const ONE_KEY: &str = "origin = \"https://api.example.com\"\nassertions.keys = [\"one\"]";

fn keys_route(policy: &str) -> Route {
    let site = compile_text(policy).unwrap();
    let mut routes = site
        .parts()
        .routes
        .iter()
        .filter(|route| route.action == Action::AssertionKeys);
    let found = routes.next().unwrap().clone();
    assert!(routes.next().is_none(), "there is one");
    found
}

#[test]
fn a_service_gets_assertions_where_the_gateway_makes_them() {
    let asserted = |gateway: &str, service: &str| {
        let site = compile_text(&policy(gateway, service, "")).unwrap();
        let told = &site.parts().services["orders"].told;
        told.assertion.clone().map(|to| (to.audience, to.claims))
    };
    let own = || "https://orders-1.europe-west1.run.app".to_owned();
    assert_eq!(asserted("", ""), None);
    assert_eq!(asserted(ONE_KEY, ""), Some((own(), Vec::new())));
    assert_eq!(asserted(ONE_KEY, "assertion.send = false"), None);
    assert_eq!(
        asserted(ONE_KEY, "assertion = { audience = \"orders\", claims = [\"a.b\"] }"),
        Some(("orders".to_owned(), vec!["a.b".to_owned()]))
    );
    assert_eq!(
        asserted(ONE_KEY, "audience = \"https://custom.example\""),
        Some(("https://custom.example".to_owned(), Vec::new()))
    );
}

/// A route that names a host goes before one that does not, whatever their paths.
#[test]
fn no_route_takes_the_keys_place() {
    let shadowing = "[[routes]]\npath = \"/{rest...}\"\nhosts = [\"api.example.com\", \"*.example.org\"]\n\
                     allow = [{ issuer = \"okta\" }]\nto = \"orders\"\n\
                     [[routes]]\npath = \"/.well-known/{name}\"\nhosts = [\"api.example.com\"]\nmethods = [\"GET\"]\n\
                     allow = [{ issuer = \"okta\" }]\nto = \"orders\"\nwhen.headers = { x-beta = \"on\" }";
    let text = policy(ONE_KEY, "", shadowing);
    let keys = keys_route(&text);
    assert_eq!(keys.path.text(), "/.well-known/jwks.json");
    let site = compile_text(&text).unwrap();
    let others = site.parts().routes.iter().filter(|route| **route != keys);
    for route in others {
        for host in ["api.example.com", "a.example.org"] {
            let rank = |route: &Route| route.rank(host);
            let (own, theirs) = (rank(&keys).unwrap(), rank(route));
            let first = theirs.is_none_or(|theirs| own.cmp(&theirs).then(keys.precedence_at_host(route)).is_lt());
            assert!(first, "{} goes before the keys at {host}", route.name());
        }
    }
}

#[test]
fn the_origin_has_the_keys_by_its_name() {
    let names = |origin: &str| {
        let route = keys_route(&policy(
            &format!("origin = \"{origin}\"\nassertions = {{ keys = [\"one\"], path = \"/keys\" }}"),
            "",
            "",
        ));
        route.hosts.iter().map(HostPattern::text).collect::<Vec<_>>()
    };
    assert_eq!(names("https://api.example.com"), ["api.example.com", "*.example.org"]);
    assert_eq!(
        names("https://a.example.org:8443"),
        ["api.example.com", "*.example.org", "a.example.org"]
    );
}

#[test]
fn mistakes_are_told_at_their_place() {
    let keys = |more: &str| format!("{ORIGIN}\nassertions = {{ {more} }}");
    let route = |path: &str, more: &str| format!("[[routes]]\npath = \"{path}\"\nallow = \"anyone\"\n{more}");
    let respond = "respond = { status = 200 }";
    let none = String::new;
    for (gateway, service, routes, place, words) in [
        (
            "assertions = { keys = [\"one\"] }".to_owned(),
            none(),
            none(),
            "gateway.assertions",
            "add the gateway's public `origin`",
        ),
        (
            "origin = \"https://elsewhere.example\"\nassertions = { keys = [\"one\"] }".to_owned(),
            none(),
            none(),
            "gateway.origin",
            "does not answer for `elsewhere.example`",
        ),
        (keys("keys = []"), none(), none(), "gateway.assertions.keys", "0 keys"),
        (
            keys("keys = [\"a\", \"b\", \"c\"]"),
            none(),
            none(),
            "gateway.assertions.keys",
            "3 keys",
        ),
        (
            keys("keys = [\"a\", \"a\"]"),
            none(),
            none(),
            "gateway.assertions.keys[1]",
            "named already",
        ),
        (
            keys("keys = [\"a/b\"]"),
            none(),
            none(),
            "gateway.assertions.keys[0]",
            "a/b",
        ),
        (
            keys("keys = [\"a\"], ttl = \"0s\""),
            "assertion = { send = false }".to_owned(),
            none(),
            "gateway.assertions.ttl",
            "1 s to 120 s",
        ),
        (
            keys("keys = [\"a\"], ttl = \"29s\""),
            none(),
            none(),
            "services.orders.deadline",
            "an assertion that has expired",
        ),
        (
            keys("keys = [\"a\"], ttl = \"121s\""),
            none(),
            none(),
            "gateway.assertions.ttl",
            "1 s to 120 s",
        ),
        (
            keys("keys = [\"a\"], path = \"/keys/{id}\""),
            none(),
            none(),
            "gateway.assertions.path",
            "not one path",
        ),
        (
            keys("keys = [\"a\"], path = \"keys\""),
            none(),
            none(),
            "gateway.assertions.path",
            "keys",
        ),
        (
            keys("keys = [\"a\"]"),
            none(),
            route(
                "/.well-known/jwks.json",
                &format!("hosts = [\"x.example.org\"]\n{respond}"),
            ),
            "gateway.assertions.path",
            "has the same path",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion.claims = [\"a..b\"]".to_owned(),
            none(),
            "services.orders.assertion.claims[0]",
            "empty step",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion.audience = \"\"".to_owned(),
            none(),
            "services.orders.assertion.audience",
            "for nobody",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion.audience = \"https://iam.googleapis.com/projects/1\"".to_owned(),
            none(),
            "services.orders.assertion.audience",
            "for the gateway's own",
        ),
        (
            keys("keys = [\"a\"]"),
            "audience = \"https://iam.googleapis.com/projects/1\"".to_owned(),
            none(),
            "services.orders.assertion.audience",
            "for the gateway's own",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion.audience = \"//iam.googleapis.com/projects/1\"".to_owned(),
            none(),
            "services.orders.assertion.audience",
            "for the gateway's own",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion = { send = false, audience = \"orders\" }".to_owned(),
            none(),
            "services.orders.assertion",
            "not sent",
        ),
        (
            keys("keys = [\"a\"]"),
            "assertion = { send = false, claims = [\"a\"] }".to_owned(),
            none(),
            "services.orders.assertion",
            "not sent",
        ),
        (
            "origin = \"api.example.com\"\nassertions.keys = [\"one\"]".to_owned(),
            none(),
            none(),
            "gateway.origin",
            "api.example.com",
        ),
        (
            none(),
            "claim_headers = { cookie = \"tenant\" }".to_owned(),
            none(),
            "services.orders.claim_headers.cookie",
            "can't be set",
        ),
        (
            none(),
            "claim_headers = { x-tenant = \"a\" }\nrevisions.next = { tag = \"next\", header = \"X-Tenant: b\" }"
                .to_owned(),
            none(),
            "services.orders.claim_headers.x-tenant",
            "a revision is asked for",
        ),
        (
            ORIGIN.to_owned(),
            "assertion.claims = [\"a\"]".to_owned(),
            none(),
            "services.orders.assertion",
            "no `[gateway.assertions]`",
        ),
        (
            none(),
            "claim_headers = { x-tollgate-tenant = \"tenant\" }".to_owned(),
            none(),
            "services.orders.claim_headers.x-tollgate-tenant",
            "can't be set",
        ),
        (
            none(),
            "claim_headers = { authorization = \"tenant\" }".to_owned(),
            none(),
            "services.orders.claim_headers.authorization",
            "can't be set",
        ),
        (
            none(),
            "claim_headers = { x-tenant = \"a..b\" }".to_owned(),
            none(),
            "services.orders.claim_headers.x-tenant",
            "empty step",
        ),
        (
            none(),
            "claim_headers = { x-tenant = \"a\", X_Tenant = \"b\" }".to_owned(),
            none(),
            "services.orders.claim_headers.x-tenant",
            "another header of this table",
        ),
        (
            none(),
            "claim_headers = { x-tenant = \"a\" }".to_owned(),
            route("/x", "to = \"orders\"\nrequest_headers.set = { X_Tenant = \"b\" }"),
            "routes[1].request_headers",
            "tells the service a claim",
        ),
        (
            none(),
            "claim_headers = { x-tenant = \"a\" }".to_owned(),
            route("/x", "to = \"orders\"\nrequest_headers.remove = [\"x-tenant\"]"),
            "routes[1].request_headers",
            "tells the service a claim",
        ),
    ] {
        let text = policy(&gateway, &service, &routes);
        let problems = compile_text(&text).expect_err(&text);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 1, "{text}: {told:#?}");
        assert_eq!(problems[0].place, place, "{text}: {told:#?}");
        assert!(told[0].contains(words), "{words}: {}", told[0]);
    }
}
