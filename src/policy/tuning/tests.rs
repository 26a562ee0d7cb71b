//! What is taken as a knob, and what is malformed.

use super::*;
use crate::{
    policy::site::service::{Region, Regions, Revision, RevisionAt},
    upstream::send::Endpoint,
};

fn service() -> Service {
    let region = |name: &str| Region {
        name: name.to_owned(),
        endpoint: Endpoint::parse("https://a.example").unwrap(),
    };
    let revision = |name: &str, percent| Revision {
        name: name.to_owned(),
        at: RevisionAt::Tag(name.to_owned()),
        percent,
        header: None,
        claims: Vec::new(),
    };
    Service {
        regions: Regions {
            first: region("north"),
            others: vec![region("south")],
        },
        revisions: vec![revision("beta", 30), revision("next", 5)],
        ..Service::at(Endpoint::parse("https://a.example").unwrap(), "")
    }
}

#[test]
fn knobs_are_taken_whole_or_not_at_all() {
    for (name, text, good) in [
        ("nothing tuned", "{}", true),
        ("canary", r#"{"canary_percent":{"next":70}}"#, true),
        ("stopped canary", r#"{"canary_percent":{"next":0}}"#, true),
        ("drained region", r#"{"drain_region":"south"}"#, true),
        ("maintenance", r#"{"maintenance":{"retry_after_s":120}}"#, true),
        ("revocation", r#"{"revoked_before":1795248000}"#, true),
        ("empty", "", false),
        ("no JSON", "percent=5", false),
        ("a list", "[{}]", false),
        ("no number", r#"{"canary_percent":{"next":"5"}}"#, false),
        ("too much", r#"{"canary_percent":{"next":101}}"#, false),
        (
            "too much with what the policy says of others",
            r#"{"canary_percent":{"next":71}}"#,
            false,
        ),
        ("no byte", r#"{"canary_percent":{"next":256}}"#, false),
        ("below nothing", r#"{"canary_percent":{"next":-1}}"#, false),
        ("unknown revision", r#"{"canary_percent":{"nxt":5}}"#, false),
        ("unknown region", r#"{"drain_region":"east"}"#, false),
        ("unknown key", r#"{"canary":{"next":5}}"#, false),
        ("twice", r#"{"drain_region":"south","drain_region":"north"}"#, false),
        ("a revision twice", r#"{"canary_percent":{"next":0,"next":70}}"#, false),
        ("maintenance without time", r#"{"maintenance":{}}"#, false),
        (
            "maintenance for ever",
            r#"{"maintenance":{"retry_after_s":86401}}"#,
            false,
        ),
        ("something after", "{} {}", false),
    ] {
        let read = Knobs::read("orders", &service(), text);
        assert_eq!(read.is_ok(), good, "{name}: {read:?}");
    }
}

#[test]
fn a_candidate_is_a_version_and_perhaps_a_share() {
    let candidate = |percent| {
        Some(Candidate {
            version: "abcdefghijklmnop".to_owned(),
            percent,
        })
    };
    for (text, expected) in [
        ("abcdefghijklmnop", candidate(10)),
        ("abcdefghijklmnop 100\n", candidate(100)),
        ("abcdefghijklmnop 0", candidate(0)),
        ("abcdefghijklmnop 101", None),
        ("abcdefghijklmnop ten", None),
        ("abcdefghijklmnop 10 10", None),
        ("abcdefghijklmno", None),
        ("", None),
    ] {
        assert_eq!(Candidate::read(text).ok(), expected, "{text}");
    }
}

#[test]
fn a_candidate_sees_its_share() {
    let seen = |percent| {
        let candidate = Candidate {
            version: String::new(),
            percent,
        };
        (0..10_000)
            .filter(|number| candidate.sees(&format!("request-{number}")))
            .count()
    };
    assert_eq!((seen(0), seen(100)), (0, 10_000));
    assert!((900..1_100).contains(&seen(10)), "{}", seen(10));
}
