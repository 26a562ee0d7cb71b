//! Tests of asking the stores whether a token was revoked.

use super::*;
use crate::{
    identity::{
        claims::tests::claims,
        revocation::{subject_entry, token_entry},
        tests::{Part, Stub, run},
    },
    rejection::TokenRefusal,
};

const KNOB: &str = "config revoked";
const BOTH: &str = r#"{"tokens": true, "subjects": true}"#;
const ASKED: [&str; 5] = [
    KNOB,
    "recall",
    "state revoked.token",
    "state revoked.subject",
    "remember 10",
];

fn stub(knob: Option<&str>) -> Stub {
    let stub = Stub::at(700);
    write(&stub, knob);
    stub
}

fn write(stub: &Stub, knob: Option<&str>) {
    match knob {
        Some(knob) => stub
            .config
            .borrow_mut()
            .insert(REVOKED_ENTRY.to_owned(), knob.to_owned()),
        None => stub.config.borrow_mut().remove(REVOKED_ENTRY),
    };
}

fn put(stub: &Stub, entry: String, record: &str) {
    stub.state.borrow_mut().insert(entry, record.to_owned());
}

/// Of `u1`, issued at 500 by `okta`.
fn caller() -> Claims {
    Claims {
        token_id: Some("t1".to_owned()),
        expires_at: UnixSeconds(9_000),
        ..claims()
    }
}

/// The outcome, and what was told to the log.
fn checked(stub: &Stub, sandbox: &Sandbox) -> (Result<(), Rejection>, Vec<String>) {
    let mut problems = Vec::new();
    let outcome = run(check(
        (stub, Cache::Used),
        sandbox,
        ("okta", &caller()),
        stub.now(),
        &mut problems,
    ));
    (outcome, problems)
}

fn outcome(stub: &Stub, sandbox: &Sandbox) -> Result<(), Rejection> {
    let (outcome, problems) = checked(stub, sandbox);
    assert_eq!(problems, [""; 0]);
    outcome
}

fn revoked() -> Result<(), Rejection> {
    Err(TokenRefusal::Revoked.into())
}

#[test]
fn who_revokes_nothing_pays_one_look_up_in_ten_seconds() {
    for knob in [None, Some("{}"), Some(r#"{"issuers": {"auth0": 9000}}"#)] {
        let (stub, sandbox) = (stub(knob), Sandbox::default());
        assert_eq!(outcome(&stub, &sandbox), Ok(()));
        assert_eq!(stub.done(), [KNOB], "{knob:?}");
        stub.pass_s(9);
        assert_eq!(outcome(&stub, &sandbox), Ok(()));
        assert_eq!(stub.done(), [""; 0], "{knob:?}");
        stub.pass_s(1);
        assert_eq!(outcome(&stub, &sandbox), Ok(()));
        assert_eq!(stub.done(), [KNOB], "{knob:?}");
    }
}

#[test]
fn an_epoch_counts_ten_seconds_later_at_most() {
    let (stub, sandbox) = (stub(None), Sandbox::default());
    assert_eq!(outcome(&stub, &sandbox), Ok(()));
    write(&stub, Some(r#"{"issuers": {"okta": 501}}"#));
    stub.pass_s(9);
    assert_eq!(outcome(&stub, &sandbox), Ok(()));
    stub.pass_s(1);
    assert_eq!(outcome(&stub, &sandbox), revoked());
    write(&stub, None);
    stub.pass_s(10);
    assert_eq!(outcome(&stub, &sandbox), Ok(()), "taken back");
}

/// Everybody has just looked when the token is revoked: the last that hears of it is a sandbox which asks the POP in the
/// last second of what that remembers.
#[test]
fn a_token_or_a_subject_that_is_revoked_is_so_everywhere_in_time() {
    for (name, entry, record) in [
        ("token", token_entry("okta", "t1"), r#"{"until": 9060}"#),
        (
            "subject",
            subject_entry("okta", "u1"),
            r#"{"since": 700, "until": 9060}"#,
        ),
    ] {
        let (stub, first, second) = (stub(Some(BOTH)), Sandbox::default(), Sandbox::default());
        assert_eq!(outcome(&stub, &first), Ok(()), "{name}");
        assert_eq!(stub.done(), ASKED, "{name}");
        put(&stub, entry, record);
        stub.pass_s(9);
        assert_eq!(outcome(&stub, &first), Ok(()), "{name}: the sandbox remembers");
        assert_eq!(stub.done(), [""; 0], "{name}");
        assert_eq!(outcome(&stub, &second), Ok(()), "{name}: the POP remembers");
        assert_eq!(stub.done(), [KNOB, "recall"], "{name}");
        stub.pass_s(1);
        assert_eq!(outcome(&stub, &first), revoked(), "{name}");
        assert_eq!(stub.done(), ASKED, "{name}");
        stub.pass_s(8);
        assert_eq!(outcome(&stub, &second), Ok(()), "{name}: 18 seconds later");
        stub.pass_s(1);
        assert_eq!(outcome(&stub, &second), revoked(), "{name}: 19 seconds later");
        assert_eq!(stub.done(), [KNOB, "recall"], "{name}: the first has asked for both");
    }
}

#[test]
fn a_revocation_that_is_over_is_none() {
    let stub = stub(Some(BOTH));
    put(&stub, token_entry("okta", "t1"), r#"{"until": 700}"#);
    put(&stub, subject_entry("okta", "u1"), r#"{"since": 600, "until": 700}"#);
    assert_eq!(outcome(&stub, &Sandbox::default()), Ok(()));
    put(&stub, token_entry("okta", "t1"), r#"{"until": 702}"#);
    stub.pass_s(10);
    assert_eq!(outcome(&stub, &Sandbox::default()), Ok(()), "that is after 702");
}

#[test]
fn what_has_no_id_or_subject_is_not_asked_about() {
    let stub = stub(Some(BOTH));
    let nameless = Claims {
        token_id: None,
        subject: None,
        ..caller()
    };
    let outcome = run(check(
        (&stub, Cache::Used),
        &Sandbox::default(),
        ("okta", &nameless),
        stub.now(),
        &mut Vec::new(),
    ));
    assert_eq!(outcome, Ok(()));
    assert_eq!(stub.done(), [KNOB]);
}

#[test]
fn a_malformed_knob_of_revocations_keeps_the_last_good_one_or_closes() {
    let epoch = r#"{"issuers": {"okta": 501}}"#;
    for broken in ["nonsense", "the store"] {
        let break_it = |stub: &Stub| match broken {
            "the store" => stub.break_part(Part::Config),
            nonsense => write(stub, Some(nonsense)),
        };
        let (stub, sandbox) = (stub(Some(epoch)), Sandbox::default());
        assert_eq!(outcome(&stub, &sandbox), revoked());
        break_it(&stub);
        stub.pass_s(10);
        let (goes_on, problems) = checked(&stub, &sandbox);
        assert_eq!(goes_on, revoked(), "{broken}");
        assert_eq!(problems.len(), 1, "{broken}: {problems:?}");
        assert!(
            problems[0].ends_with("; what was revoked before goes on"),
            "{problems:?}"
        );
        stub.pass_s(10);
        assert_eq!(outcome(&stub, &sandbox), revoked(), "{broken}: told once");
        let (closed, _) = checked(&stub, &Sandbox::default());
        let Err(Rejection::RevocationUnavailable(why)) = closed else {
            panic!("{broken}: {closed:?}");
        };
        assert!(problems[0].starts_with(&why), "{broken}: {why}");
        stub.mend(Part::Config);
        write(&stub, None);
        assert_eq!(outcome(&stub, &Sandbox::default()), Ok(()), "{broken}: mended");
    }
}

#[test]
fn a_store_of_revocations_that_fails_lets_nobody_pass() {
    let (fresh, sandbox) = (stub(Some(BOTH)), Sandbox::default());
    fresh.break_part(Part::State);
    let unavailable = Rejection::RevocationUnavailable("State is broken".to_owned());
    assert_eq!(outcome(&fresh, &sandbox), Err(unavailable));
    fresh.mend(Part::State);
    assert_eq!(outcome(&fresh, &sandbox), Ok(()), "a fault is not remembered");
    for entry in [token_entry("okta", "t1"), subject_entry("okta", "u1")] {
        let stub = stub(Some(BOTH));
        put(&stub, entry.clone(), r#"{"until": "u1-secret"}"#);
        let Err(Rejection::RevocationUnavailable(why)) = outcome(&stub, &Sandbox::default()) else {
            panic!("{entry}");
        };
        assert!(why.contains(&entry) && !why.contains("u1-secret"), "{why}");
    }
}

#[test]
fn without_a_cache_each_sandbox_asks_about_revocations_itself() {
    let asked = [
        KNOB,
        "recall",
        "state revoked.token",
        "state revoked.subject",
        "remember 10",
    ];
    let broken = stub(Some(BOTH));
    broken.break_part(Part::Cache);
    let (passed, problems) = checked(&broken, &Sandbox::default());
    assert_eq!((passed, problems), (Ok(()), vec!["the cache is broken".to_owned(); 2]));
    assert_eq!(broken.done(), asked);
    let spoiled = stub(Some(BOTH));
    assert_eq!(outcome(&spoiled, &Sandbox::default()), Ok(()));
    spoiled.done();
    spoiled.spoil_cache("x");
    let (passed, problems) = checked(&spoiled, &Sandbox::default());
    let told = vec!["the cached answer about revocations is malformed".to_owned()];
    assert_eq!((passed, problems), (Ok(()), told));
    assert_eq!(spoiled.done(), asked);
    let left_alone = run(check(
        (&spoiled, Cache::LeftAlone),
        &Sandbox::default(),
        ("okta", &caller()),
        spoiled.now(),
        &mut Vec::new(),
    ));
    assert_eq!(left_alone, Ok(()));
    assert_eq!(spoiled.done(), [KNOB, "state revoked.token", "state revoked.subject"]);
}

#[test]
fn answers_are_kept_in_bounded_number() {
    use crate::sandbox::revocations::ANSWERS_MAX;
    let sandbox = Sandbox::default();
    let now = UnixSeconds(700);
    for number in 0..=ANSWERS_MAX {
        sandbox.keep_revocation_records(&number.to_string(), Records::default(), now);
    }
    assert_eq!(sandbox.revocation_records("0", now), None, "the oldest is forgotten");
    assert_eq!(sandbox.revocation_records("1", now), Some(Records::default()));
    for (later, found) in [(9, true), (10, false)] {
        let kept = sandbox.revocation_records("1", now.plus_s(later));
        assert_eq!(kept.is_some(), found, "{later}");
    }
    assert_eq!(
        sandbox.revocation_records("1", UnixSeconds(699)),
        None,
        "the clock went back"
    );
}
