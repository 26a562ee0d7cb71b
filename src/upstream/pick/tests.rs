//! Who gets which revision and region.

use super::*;
use crate::{
    identity::claims::{AskedClaim, tests::claims},
    policy::{
        site::service::Regions,
        wanted::{Scalar, Test, Wanted},
    },
    request::{CanonicalRequest, Head},
    secret::Secret,
};

fn endpoint(origin: &str) -> Endpoint {
    Endpoint::parse(origin).unwrap()
}

fn service() -> Service {
    let revision = |name: &str, percent| Revision {
        name: name.to_owned(),
        at: RevisionAt::Tag(name.to_owned()),
        percent,
        header: Some(("x-revision".to_owned(), name.to_owned())),
        claims: Vec::new(),
    };
    let tester = Test {
        name: "tester".to_owned(),
        wanted: Wanted::Equal(Scalar::Flag(true)),
    };
    let region = |name: &str| Region {
        name: name.to_owned(),
        endpoint: endpoint(&format!("https://orders.{name}.run.app")),
    };
    Service {
        regions: Regions {
            first: region("north"),
            others: vec![region("south")],
        },
        audience: "https://orders.example".to_owned(),
        revisions: vec![
            Revision {
                claims: vec![tester],
                ..revision("beta", 0)
            },
            Revision {
                at: RevisionAt::Endpoint(endpoint("https://other.run.app")),
                ..revision("next", 20)
            },
        ],
        ..Service::at(endpoint("https://orders.example"), "")
    }
}

/// Picks for a request with these `x-revision` headers.
fn picked(knobs: &Knobs, revisions: &[&str], client: Client<'_>) -> Result<Picked, Ambiguity> {
    let revisions: Vec<_> = revisions.iter().map(|value| ("x-revision", *value)).collect();
    picked_of(&service(), knobs, &revisions, client)
}

/// Picks for a request with these headers.
fn picked_of(
    service: &Service,
    knobs: &Knobs,
    headers: &[(&str, &str)],
    client: Client<'_>,
) -> Result<Picked, Ambiguity> {
    let mut names: Vec<String> = headers.iter().map(|(name, _)| (*name).to_owned()).collect();
    names.dedup();
    let head = Head {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        header_names: names,
        values: vec![("host", Secret::new(b"a.example".to_vec()))],
        ..Head::default()
    };
    let request = CanonicalRequest::new(&head).unwrap();
    let values = |name: &str| {
        let named = headers.iter().filter(|(sent, _)| *sent == name);
        named.map(|(_, value)| Secret::new(value.as_bytes().to_vec())).collect()
    };
    let asked = Asked {
        request: &request,
        headers: &values,
    };
    pick(("orders", service), knobs, &asked, client)
}

const NOBODY: Client<'_> = Client {
    claims: None,
    address: None,
};

fn of_subject(subject: &str) -> Claims {
    Claims {
        subject: Some(subject.to_owned()),
        ..claims()
    }
}

fn knobs(next: u8, drain: Option<&str>) -> Knobs {
    Knobs {
        canary_percent: [("next".to_owned(), next)].into(),
        drain_region: drain.map(str::to_owned),
        ..Knobs::default()
    }
}

#[test]
fn revisions_and_regions_are_picked() {
    let tester = Claims {
        asked: vec![AskedClaim {
            name: "tester".to_owned(),
            values: vec![Scalar::Flag(true)],
        }],
        ..claims()
    };
    let testing = Client {
        claims: Some(&tester),
        address: None,
    };
    for (name, knobs, revisions, client, expected) in [
        (
            "nobody in particular",
            knobs(20, None),
            vec![],
            NOBODY,
            "https://orders.north.run.app",
        ),
        (
            "all of them",
            knobs(100, None),
            vec![],
            testing_address(),
            "https://other.run.app",
        ),
        (
            "none of them",
            knobs(0, None),
            vec![],
            testing_address(),
            "https://orders.north.run.app",
        ),
        (
            "asked for",
            knobs(0, None),
            vec!["beta"],
            NOBODY,
            "https://beta---orders.north.run.app",
        ),
        (
            "asked for something else",
            knobs(0, None),
            vec!["x"],
            NOBODY,
            "https://orders.north.run.app",
        ),
        (
            "by claim, before the share",
            knobs(100, None),
            vec![],
            testing,
            "https://beta---orders.north.run.app",
        ),
        (
            "asked for, before the claim",
            knobs(0, None),
            vec!["next"],
            testing,
            "https://other.run.app",
        ),
        (
            "drained",
            knobs(0, Some("north")),
            vec![],
            NOBODY,
            "https://orders.south.run.app",
        ),
        (
            "tag in the other region",
            knobs(0, Some("north")),
            vec!["beta"],
            NOBODY,
            "https://beta---orders.south.run.app",
        ),
        (
            "the other drained",
            knobs(0, Some("south")),
            vec![],
            NOBODY,
            "https://orders.north.run.app",
        ),
    ] {
        let picked = picked(&knobs, &revisions, client).unwrap();
        assert_eq!(picked.first.destination.endpoint.origin(), expected, "{name}");
    }
    assert_eq!(
        picked(&Knobs::default(), &["beta", "next"], NOBODY),
        Err(Ambiguity::RepeatedHeader)
    );
}

fn testing_address() -> Client<'static> {
    Client {
        claims: None,
        address: Some(IpAddr::from([203, 0, 113, 9])),
    }
}

#[test]
fn regions_stand_in_order_without_the_drained_one() {
    let region = |name: &str| Region {
        name: name.to_owned(),
        endpoint: endpoint(&format!("https://orders.{name}.run.app")),
    };
    let mut three = service();
    three.regions.others = vec![region("south"), region("west")];
    let mut one = service();
    one.regions.others.clear();
    for (name, service, drained, revision, expected) in [
        ("all", &three, None, None, "north south west"),
        ("without the first", &three, Some("north"), None, "south west"),
        ("without one in the middle", &three, Some("south"), None, "north west"),
        ("one that is not there", &three, Some("east"), None, "north south west"),
        ("the only one", &one, Some("north"), None, "north"),
        (
            "a tag, in each",
            &three,
            Some("south"),
            Some("beta"),
            "beta---north beta---west",
        ),
        ("a URL of its own", &three, Some("north"), Some("next"), "other (south)"),
    ] {
        let headers: Vec<_> = revision.into_iter().map(|revision| ("x-revision", revision)).collect();
        let picked = picked_of(service, &knobs(0, drained), &headers, NOBODY).unwrap();
        let places = picked.places().map(|place| {
            let origin = place.destination.endpoint.origin();
            let region = place.region.as_deref().unwrap();
            match origin.strip_prefix("https://").unwrap() {
                "other.run.app" => format!("other ({region})"),
                host => {
                    assert!(host.ends_with(&format!("orders.{region}.run.app")), "{name}: {host}");
                    host.replace("orders.", "").replace(".run.app", "")
                }
            }
        });
        assert_eq!(places.collect::<Vec<_>>().join(" "), expected, "{name}");
    }
}

/// 10,000 callers, by what they go by: the split is what was asked within one percent of all, who had a revision keeps
/// it while its share grows, and the same caller gets the same again.
#[test]
fn shares_are_kept_and_callers_stay() {
    let address = |number: u32| IpAddr::from([10, 1, (number >> 8) as u8, number as u8]);
    let mut by_cookie = service();
    by_cookie.sticky_cookie = Some("session".to_owned());
    for go_by in ["subject", "cookie", "address"] {
        let in_next = |percent: u8| {
            let knobs = knobs(percent, None);
            let has_next = |number: &u32| {
                let claims = of_subject(&format!("user-{number}"));
                // Who goes by a cookie has another address each time.
                let at = if go_by == "cookie" { u32::from(percent) } else { *number };
                let client = Client {
                    claims: (go_by == "subject").then_some(&claims),
                    address: Some(address(at)),
                };
                let cookie = format!("theme=dark; session=s-{number}");
                let headers: &[_] = if go_by == "cookie" {
                    &[("cookie", cookie.as_str())]
                } else {
                    &[]
                };
                picked_of(&by_cookie, &knobs, headers, client).unwrap().word() == "orders@next"
            };
            (0..10_000).filter(has_next).collect::<Vec<_>>()
        };
        let mut before = Vec::new();
        for percent in [0, 1, 5, 20, 50, 100] {
            let now = in_next(percent);
            let asked = usize::from(percent) * 100;
            assert!(
                now.len().abs_diff(asked) <= 100,
                "{go_by}: {} for {percent} %",
                now.len()
            );
            let kept = before.iter().all(|number| now.binary_search(number).is_ok());
            assert!(kept, "{go_by}: who had it keeps it at {percent} %");
            assert_eq!(now, in_next(percent), "{go_by}");
            before = now;
        }
    }
}

#[test]
fn a_cookie_that_is_not_there_once_leaves_the_address() {
    let mut by_cookie = service();
    by_cookie.sticky_cookie = Some("session".to_owned());
    let half = knobs(50, None);
    let word = |service: &Service, headers: &[(&str, &str)]| {
        picked_of(service, &half, headers, testing_address()).unwrap().word()
    };
    let by_address = word(&service(), &[]);
    // One that goes to the other side, so that it is seen which counts.
    let other = (0..).map(|number| format!("session=s-{number}"));
    let mut other = other.filter(|cookie| word(&by_cookie, &[("cookie", cookie)]) != by_address);
    let other = other.next().unwrap();
    let twice = format!("{other}; {other}");
    for (name, headers) in [
        ("none", vec![]),
        ("empty", vec![("cookie", "session=")]),
        ("another case", vec![("cookie", "Session=x")]),
        ("twice in one header", vec![("cookie", twice.as_str())]),
        (
            "twice in two headers",
            vec![("cookie", other.as_str()), ("cookie", other.as_str())],
        ),
    ] {
        assert_eq!(word(&by_cookie, &headers), by_address, "{name}");
    }
    assert_eq!(
        word(&service(), &[("cookie", &other)]),
        by_address,
        "no cookie is named"
    );
}
