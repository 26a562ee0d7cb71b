//! `[gateway.workload_identity]`: what is filled in, and what is a mistake.

use super::*;
use crate::{
    policy::{problem::Problem, site::WorkloadIdentity},
    upstream::send::Endpoint,
};

const PROVIDER: &str = "projects/1/locations/global/workloadIdentityPools/pool-1/providers/edge";

fn policy(gateway: &str, identity: &str) -> String {
    format!(
        r#"
        [gateway]
        hosts = ["api.example.com"]
        {gateway}
        [gateway.workload_identity]
        {identity}
        [services.orders]
        url = "https://orders-1.run.app"
        invoker = "edge@p.iam.gserviceaccount.com"
        [services.own]
        url = "https://own-1.run.app"
        invoker = "own@p.iam.gserviceaccount.com"
        invoker_key = "own-key"
        [[routes]]
        path = "/"
        allow = "anyone"
        to = "orders"
        "#
    )
}

#[test]
fn what_is_not_said_is_filled_in() {
    let identity = format!("provider = \"{PROVIDER}\"\nkey = \"k\"");
    let site = compile_text(&policy("origin = \"https://api.example.com\"", &identity)).unwrap();
    let expected = WorkloadIdentity {
        provider: PROVIDER.to_owned(),
        key: "k".to_owned(),
        issuer: "https://api.example.com".to_owned(),
        subject: "tollgate".to_owned(),
        sts: Endpoint::parse("https://sts.googleapis.com").unwrap(),
        iam_credentials: Endpoint::parse("https://iamcredentials.googleapis.com").unwrap(),
    };
    assert_eq!(site.settings().workload_identity, Some(expected));
    let key = |service: &str| site.parts().services[service].invoker_key.as_deref();
    assert_eq!((key("orders"), key("own")), (None, Some("own-key")));
}

#[test]
fn mistakes_are_told_where_they_are() {
    let whole = format!("provider = \"{PROVIDER}\"\nkey = \"k\"\nissuer = \"https://a.example\"\n");
    let with = |from: &str, to: &str| whole.replace(from, to);
    let and = |line: &str| format!("{whole}{line}");
    for (name, identity, place) in [
        ("nothing wrong", whole.clone(), None),
        ("a subject", and("subject = \"edge.eu\""), None),
        (
            "nobody is the issuer",
            with("issuer = \"https://a.example\"", ""),
            Some(""),
        ),
        (
            "no provider's name",
            with("projects/1/", "projects/one/"),
            Some(".provider"),
        ),
        (
            "with the host",
            with("projects/1/", "//iam.googleapis.com/projects/1/"),
            Some(".provider"),
        ),
        ("a pool alone", with("/providers/edge", ""), Some(".provider")),
        ("odd letters", with("pool-1", "Pool"), Some(".provider")),
        ("no name of a secret", with("\"k\"", "\"a/b\""), Some(".key")),
        ("another purpose's secret", with("\"k\"", "\"own-key\""), Some(".key")),
        ("an issuer with a path", with("a.example", "a.example/edge"), None),
        (
            "an issuer on this machine",
            with("https://a.example", "http://127.0.0.1:8080"),
            None,
        ),
        ("an empty issuer", with("https://a.example", ""), Some(".issuer")),
        (
            "an issuer of two lines",
            with("https://a.example", "https://a\\nb"),
            Some(".issuer"),
        ),
        (
            "an issuer with a space",
            with("https://a.example", "https://a.example/ b"),
            Some(".issuer"),
        ),
        (
            "an issuer without TLS",
            with("https://a.example", "http://a.example"),
            Some(".issuer"),
        ),
        (
            "an issuer that is no URL",
            with("https://a.example", "a.example"),
            Some(".issuer"),
        ),
        (
            "an issuer with a query",
            with("a.example", "a.example/?x=1"),
            Some(".issuer"),
        ),
        (
            "an issuer with an empty query",
            with("a.example", "a.example?"),
            Some(".issuer"),
        ),
        (
            "an issuer with a fragment",
            with("a.example", "a.example/#"),
            Some(".issuer"),
        ),
        (
            "a long issuer",
            with("a.example", &format!("a.example/{}", "x".repeat(2_048))),
            Some(".issuer"),
        ),
        ("no subject", and("subject = \"\""), Some(".subject")),
        ("a subject with a space", and("subject = \"a b\""), Some(".subject")),
        (
            "a long subject",
            and(&format!("subject = \"{}\"", "x".repeat(128))),
            Some(".subject"),
        ),
        ("without TLS", and("sts = \"http://sts.example\""), Some(".sts")),
        (
            "with a path",
            and("iam_credentials = \"https://a.example/x\""),
            Some(".iam_credentials"),
        ),
    ] {
        let problems = compile_text(&policy("", &identity)).err().unwrap_or_default();
        let places: Vec<&str> = problems
            .iter()
            .map(|problem: &Problem| problem.place.as_str())
            .collect();
        let expected = place.map(|place| format!("gateway.workload_identity{place}"));
        assert_eq!(
            places,
            expected.iter().map(String::as_str).collect::<Vec<_>>(),
            "{name}: {problems:?}"
        );
    }
}
