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
    upstream::send::Timeouts,
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
        invoker: String::new(),
        invoker_key: String::new(),
        timeouts: Timeouts::default(),
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
    }
}

/// Picks for a request with these `x-revision` headers.
fn picked(knobs: &Knobs, revisions: &[&str], client: Client<'_>) -> Result<Picked, Ambiguity> {
    let names: &[&str] = if revisions.is_empty() { &[] } else { &["x-revision"] };
    let head = Head {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        header_names: names.iter().map(|&name| name.to_owned()).collect(),
        values: vec![("host", Secret::new(b"a.example".to_vec()))],
        ..Head::default()
    };
    let request = CanonicalRequest::new(&head).unwrap();
    let values = |_: &str| {
        revisions
            .iter()
            .map(|value| Secret::new(value.as_bytes().to_vec()))
            .collect()
    };
    let asked = Asked {
        request: &request,
        headers: &values,
    };
    pick(("orders", &service()), knobs, &asked, client)
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
        assert_eq!(picked.destination.endpoint.origin(), expected, "{name}");
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
fn shares_are_kept_and_callers_stay() {
    let in_next = |percent: u8| {
        let knobs = knobs(percent, None);
        let subjects = (0..10_000).map(|number| format!("user-{number}"));
        let got = subjects.filter(|subject| {
            let claims = of_subject(subject);
            let client = Client {
                claims: Some(&claims),
                address: None,
            };
            picked(&knobs, &[], client).unwrap().word() == "orders@next"
        });
        got.collect::<Vec<_>>()
    };
    let (five, twenty) = (in_next(5), in_next(20));
    assert!((400..600).contains(&five.len()), "{}", five.len());
    assert!((1_900..2_100).contains(&twenty.len()), "{}", twenty.len());
    assert!(
        five.iter().all(|subject| twenty.contains(subject)),
        "who had it keeps it"
    );
}
