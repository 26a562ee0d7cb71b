//! What is written is what is read, and nothing else is taken for it.

use super::*;
use crate::{
    policy::{
        compile::compile_text,
        route::Asked,
        site::{Site, route::Action},
    },
    rejection::Rejection,
    request::{CanonicalRequest, Head},
    secret::Secret,
};

const POLICY: &str = r#"
    [gateway]
    hosts = ["a.example", "*.t.example"]
    [issuers.okta]
    issuer = "https://okta.example"
    audience = ["a"]
    [services.s]
    url = "https://s.run.app"
    invoker = "edge@p.iam.gserviceaccount.com"
    [[routes]]
    path = "/v1/orders/{id}"
    methods = ["GET"]
    allow = [{ issuer = "okta", claims = { tenant = "acme" } }]
    to = "s"
    rewrite = "/orders/{id}"
    [[routes]]
    path = "/v1/orders/special"
    methods = ["PUT"]
    allow = "anyone"
    respond = { status = 200, body = "literal" }
    [[routes]]
    path = "/v1/{rest...}"
    methods = ["DELETE"]
    allow = "anyone"
    respond = { status = 200, body = "rest" }
    [[routes]]
    hosts = ["*.t.example"]
    path = "/v1/{rest...}"
    allow = "anyone"
    when = { headers = { x-beta = "on" } }
    respond = { status = 200, body = "tenant, beta" }
    [[routes]]
    hosts = ["*.t.example"]
    path = "/v1/{rest...}"
    allow = "anyone"
    redirect = { to = "https://a.example/v1/{rest}" }
"#;

/// The policy, and routes enough to fill some pages.
fn site() -> Site {
    let mut text = POLICY.to_owned();
    for number in 0..24 {
        let route = format!("path = \"/v2/area{}/thing{number}\"", number % 3);
        text.push_str(&format!("[[routes]]\n{route}\nallow = \"anyone\"\nto = \"s\"\n"));
    }
    compile_text(&text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn index_text(compiled: &Compiled) -> &str {
    let entry = index_entry(&compiled.version);
    compiled
        .entries
        .iter()
        .find(|(name, _)| *name == entry)
        .map(|(_, text)| text.as_str())
        .unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    for characters_max in [1_300, 1_600, PAGE_CHARACTERS_MAX] {
        let compiled = compiled_within(&site(), characters_max).unwrap();
        assert_eq!(read_back(&compiled).unwrap(), site(), "{characters_max}");
        assert_eq!(compiled.version.len(), VERSION_CHARACTERS);
        assert!(is_version(&compiled.version));
        assert_eq!(
            compiled,
            compiled_within(&site(), characters_max).unwrap(),
            "the same content, the same version"
        );
    }
    let small = compiled_within(&site(), 1_300).unwrap();
    assert!(small.entries.len() > 2, "{}", small.entries.len());
    assert!(
        small.entries.last().unwrap().0.ends_with(".index"),
        "the index comes last"
    );
}

/// Finds the route as the edge does, without a store between.
fn found(compiled: &Compiled, host: &str, method: &str, target: &str, beta: bool) -> Result<Option<String>, Rejection> {
    let head = Head {
        method: method.to_owned(),
        target: target.to_owned(),
        header_names: if beta { vec!["x-beta".to_owned()] } else { Vec::new() },
        values: vec![("host", Secret::new(host.as_bytes().to_vec()))],
        ..Head::default()
    };
    let request = CanonicalRequest::new(&head).unwrap();
    let headers = |_: &str| vec![Secret::new(b"on".to_vec())];
    let asked = Asked {
        request: &request,
        headers: &headers,
    };
    let index = Index::read(&compiled.version, index_text(compiled)).unwrap();
    let number = index.page(&request);
    let entry = page_entry(&compiled.version, number);
    let text = compiled
        .entries
        .iter()
        .find(|(name, _)| *name == entry)
        .map(|(_, text)| text.clone())
        .unwrap();
    let page = Page::read(&compiled.version, number, text).unwrap();
    match page.find(&asked, |number| page.route(number)).unwrap() {
        Search::Found(found) => Ok(match &found.route.action {
            Action::Respond(respond) => Some(respond.body.clone()),
            Action::Forward(forward) => forward
                .rewrite
                .as_ref()
                .map_or(Some("none".to_owned()), |target| Some(target.text().to_owned())),
            Action::Redirect(redirect) => redirect.origin.clone(),
            Action::AssertionKeys => None,
        }),
        Search::Nothing(rejection) => Err(rejection),
    }
}

#[test]
fn requests_find_their_route_or_nothing_however_small_the_pages() {
    let allowed = |methods: &[&str]| {
        Err(Rejection::MethodNotAllowed {
            allowed: methods.iter().map(|&method| method.to_owned()).collect(),
        })
    };
    for characters_max in [1_300, 1_600, PAGE_CHARACTERS_MAX] {
        let compiled = compiled_within(&site(), characters_max).unwrap();
        for (name, host, method, target, beta, expected) in [
            (
                "template",
                "a.example",
                "GET",
                "/v1/orders/7",
                false,
                Ok("/orders/{id}"),
            ),
            (
                "HEAD goes with GET",
                "a.example",
                "HEAD",
                "/v1/orders/7",
                false,
                Ok("/orders/{id}"),
            ),
            (
                "literal first",
                "a.example",
                "PUT",
                "/v1/orders/special",
                false,
                Ok("literal"),
            ),
            (
                "next that has the method",
                "a.example",
                "GET",
                "/v1/orders/special",
                false,
                Ok("/orders/{id}"),
            ),
            (
                "rest last",
                "a.example",
                "DELETE",
                "/v1/orders/special",
                false,
                Ok("rest"),
            ),
            (
                "port is no matter",
                "a.example:7676",
                "GET",
                "/v1/orders/7",
                false,
                Ok("/orders/{id}"),
            ),
            (
                "host before path",
                "x.t.example",
                "GET",
                "/v1/orders/7",
                false,
                Ok("https://a.example"),
            ),
            (
                "more conditions first",
                "x.t.example",
                "GET",
                "/v1/orders/7",
                true,
                Ok("tenant, beta"),
            ),
            ("one of many", "a.example", "GET", "/v2/area1/thing7", false, Ok("none")),
            (
                "one of too many",
                "a.example",
                "GET",
                "/v2/area0/thing7",
                false,
                Err(Rejection::RouteUnknown),
            ),
            (
                "other path",
                "a.example",
                "GET",
                "/v2",
                false,
                Err(Rejection::RouteUnknown),
            ),
            (
                "other case",
                "a.example",
                "GET",
                "/V1/orders/7",
                false,
                allowed(&[]).or(Err(Rejection::RouteUnknown)),
            ),
            (
                "other method",
                "a.example",
                "POST",
                "/v1/orders/special",
                false,
                allowed(&["DELETE", "GET", "HEAD", "PUT"]),
            ),
        ] {
            let found = found(&compiled, host, method, target, beta);
            assert_eq!(
                found,
                expected.map(|word| Some(word.to_owned())),
                "{name}, {characters_max}"
            );
        }
    }
}

#[test]
fn entries_that_were_changed_are_refused() {
    let compiled = compiled(&site()).unwrap();
    let version = compiled.version.as_str();
    let index = index_text(&compiled);
    assert!(Index::read(version, index).is_ok());
    let other = if version.starts_with('A') { "B" } else { "A" }.repeat(VERSION_CHARACTERS);
    for (name, text) in [
        ("empty", String::new()),
        ("another format", index.replacen("tollgate3", "tollgate2", 1)),
        ("another version", index.replacen(version, &other, 1)),
        ("cut off", index.get(..index.len() - 1).unwrap().to_owned()),
        ("longer", format!("{index}A")),
        ("a page", compiled.entries[0].1.clone()),
    ] {
        assert!(Index::read(version, &text).is_err(), "{name}");
    }
    assert!(
        Index::read(&other, &index.replacen(version, &other, 1)).is_err(),
        "moved to another version"
    );

    let page = compiled.entries[0].1.as_str();
    let routes = |text: &str| -> Result<Vec<Found>, String> {
        let page = Page::read(version, 0, text.to_owned())?;
        page.all()?.into_iter().map(|number| page.route(number)).collect()
    };
    assert_eq!(routes(page).unwrap().len(), 29);
    for at in 0..page.len() {
        let mut bytes = page.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let text = String::from_utf8(bytes).unwrap();
        assert!(routes(&text).is_err(), "changed at {at}");
        assert!(routes(page.get(..at).unwrap()).is_err(), "cut off at {at}");
    }
    assert!(Page::read(version, 1, page.to_owned()).is_err(), "another number");
}

/// Two routes of different shapes whose hashes fall together: the one of the earlier shape wins still. Anyone can find such
/// texts, also for a hash of more bits than the two that tests keep.
#[test]
fn a_hash_that_falls_together_brings_no_later_route_forward() {
    let mut text = "gateway.hosts = [\"x.t.example\", \"*.t.example\"]\n".to_owned();
    for number in 0..16 {
        text.push_str(&format!(
            "[[routes]]\nhosts = [\"*.t.example\"]\npath = \"/c{number}/{{rest...}}\"\nmethods = [\"GET\"]\nallow = \"anyone\"\n\
             respond = {{ status = 200, body = \"host\" }}\n\
             [[routes]]\npath = \"/c{number}/{{id}}\"\nmethods = [\"GET\"]\nallow = \"anyone\"\n\
             respond = {{ status = 200, body = \"path\" }}\n"
        ));
    }
    let site = compile_text(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
    let compiled = compiled(&site).unwrap();
    let mut together = 0;
    for number in 0..16 {
        let route = |text: &str| {
            let path = format!("/c{number}/{text}");
            site.parts()
                .routes
                .iter()
                .find(|route| route.path.text() == path)
                .unwrap()
        };
        let keys = |text: &str| write::keys::of_route(route(text)).remove(0);
        together += usize::from(keys("{rest...}").1 == keys("{id}").1);
        let target = format!("/c{number}/7");
        for (host, expected) in [("a.t.example", "host"), ("b.t.example", "host")] {
            let found = found(&compiled, host, "GET", &target, false);
            assert_eq!(found, Ok(Some(expected.to_owned())), "{host}{target}");
        }
    }
    assert!(together > 0, "no two hashes fall together, so nothing was shown");
}
