//! Tests of what revocations mean.

use super::*;
use crate::identity::claims::tests::claims;

const NOW: UnixSeconds = UnixSeconds(700);

#[test]
fn the_knob_is_taken_whole_or_not_at_all() {
    let epochs = |epochs: &[(&str, u64)]| Knob {
        issuers: epochs
            .iter()
            .map(|(name, epoch)| ((*name).to_owned(), UnixSeconds(*epoch)))
            .collect(),
        ..Knob::default()
    };
    let both = Knob {
        tokens: true,
        subjects: true,
        ..epochs(&[("okta", 1_795_248_000)])
    };
    for (name, text, expected) in [
        ("nothing", "{}", Knob::default()),
        ("no epochs", r#"{"issuers": {}}"#, Knob::default()),
        (
            "an epoch",
            r#" {"issuers": {"okta": 5, "auth0": 7}}"#,
            epochs(&[("okta", 5), ("auth0", 7)]),
        ),
        (
            "all",
            r#"{"issuers": {"okta": 1795248000}, "tokens": true, "subjects": true}"#,
            both.clone(),
        ),
    ] {
        assert_eq!(Knob::read(text), Ok(expected), "{name}");
    }
    let written = serde_json::to_string(&both).unwrap();
    assert_eq!(Knob::read(&written), Ok(both), "what is written is read");
    let long = format!("{{{}}}", " ".repeat(KNOB_BYTES_MAX));
    for (name, text) in [
        ("empty", ""),
        ("no JSON", "okta"),
        ("a list", "[{},true,true]"),
        ("null", "null"),
        ("two", "{} {}"),
        ("an unknown key", r#"{"token": true}"#),
        ("a key twice", r#"{"tokens": false, "tokens": true}"#),
        ("an issuer twice", r#"{"issuers": {"okta": 5, "okta": 7}}"#),
        ("a time as text", r#"{"issuers": {"okta": "5"}}"#),
        ("a time with a fraction", r#"{"issuers": {"okta": 5.5}}"#),
        ("a time before time", r#"{"issuers": {"okta": -5}}"#),
        ("a list of issuers", r#"{"issuers": ["okta"]}"#),
        ("a flag as number", r#"{"tokens": 1}"#),
        ("null in it", r#"{"subjects": null}"#),
        ("long", long.as_str()),
    ] {
        let why = Knob::read(text).expect_err(name);
        assert!(
            why.starts_with("the entry `revoked` of the config store `tollgate` "),
            "{name}: {why}"
        );
    }
}

#[test]
fn an_epoch_ends_what_is_older() {
    let revoked = Err(TokenRefusal::Revoked);
    for (name, issued_at, text, expected) in [
        ("no epoch", Some(500), "{}", Ok(())),
        ("another issuer's", Some(500), r#"{"issuers": {"auth0": 600}}"#, Ok(())),
        ("issued before", Some(500), r#"{"issuers": {"okta": 501}}"#, revoked),
        ("issued then", Some(500), r#"{"issuers": {"okta": 500}}"#, Ok(())),
        ("does not say when", None, r#"{"issuers": {"okta": 1}}"#, revoked),
        (
            "epoch in the future",
            Some(500),
            r#"{"issuers": {"okta": 9000}}"#,
            revoked,
        ),
    ] {
        let claims = Claims {
            issued_at: issued_at.map(UnixSeconds),
            ..claims()
        };
        assert_eq!(Knob::read(text).unwrap().check(("okta", &claims)), expected, "{name}");
    }
}

#[test]
fn entries_are_named_by_issuer_and_id() {
    assert_eq!(
        token_entry("okta", "t1"),
        "revoked.token.-yPSsU0jVjlC7v6THYClWWnI2LXtwsuHbUgwKWgFQoc"
    );
    assert_eq!(
        subject_entry("okta", "u1"),
        "revoked.subject.nsW03DZ0qUVcyx9bN2z5VRg5aNMHC6nWqG89IYEhHuQ"
    );
    for (name, one, other) in [
        ("issuer", token_entry("okta", "t1"), token_entry("auth0", "t1")),
        ("id", token_entry("okta", "t1"), token_entry("okta", "t2")),
        ("boundary", token_entry("okta", "t1"), token_entry("oktat", "1")),
        ("subject", subject_entry("okta", "u1"), subject_entry("okta", "u2")),
    ] {
        assert_ne!(one, other, "{name}");
    }
    let digest_of = |entry: &str| entry.rsplit_once('.').unwrap().1.to_owned();
    assert_ne!(
        digest_of(&token_entry("okta", "x")),
        digest_of(&subject_entry("okta", "x"))
    );
}

#[test]
fn only_what_the_knob_says_is_asked() {
    let (token, subject) = (Some(token_entry("okta", "t1")), Some(subject_entry("okta", "u1")));
    let knob = |tokens, subjects| Knob {
        tokens,
        subjects,
        ..Knob::default()
    };
    let mut names = std::collections::BTreeSet::new();
    for (name, knob, id, sub, expected) in [
        ("nothing", knob(false, false), Some("t1"), Some("u1"), (None, None)),
        (
            "tokens",
            knob(true, false),
            Some("t1"),
            Some("u1"),
            (token.clone(), None),
        ),
        (
            "subjects",
            knob(false, true),
            Some("t1"),
            Some("u1"),
            (None, subject.clone()),
        ),
        ("both", knob(true, true), Some("t1"), Some("u1"), (token, subject)),
        ("no id", knob(true, false), None, Some("u1"), (None, None)),
        ("no subject", knob(false, true), Some("t1"), None, (None, None)),
    ] {
        let claims = Claims {
            token_id: id.map(str::to_owned),
            subject: sub.map(str::to_owned),
            ..claims()
        };
        let entries = knob.entries(("okta", &claims));
        assert_eq!((entries.token.clone(), entries.subject.clone()), expected, "{name}");
        assert_eq!(entries.is_empty(), expected == (None, None), "{name}");
        names.insert(entries.name());
    }
    assert_eq!(names.len(), 4, "nothing, one, the other, both");
}

#[test]
fn records_count_until_their_end() {
    let token = |until| Records {
        token: Some(TokenRecord {
            until: UnixSeconds(until),
        }),
        subject: None,
    };
    let subject = |since, until| Records {
        token: None,
        subject: Some(SubjectRecord {
            since: UnixSeconds(since),
            until: UnixSeconds(until),
        }),
    };
    let revoked = Err(TokenRefusal::Revoked);
    for (name, records, issued_at, expected) in [
        ("nothing", Records::default(), Some(500), Ok(())),
        ("the token", token(701), Some(500), revoked),
        ("the token, over", token(700), Some(500), Ok(())),
        ("the token, without a time of issue", token(701), None, revoked),
        ("the subject, before", subject(501, 701), Some(500), revoked),
        ("the subject, issued then", subject(500, 701), Some(500), Ok(())),
        ("the subject, issued later", subject(499, 701), Some(500), Ok(())),
        ("the subject, over", subject(501, 700), Some(500), Ok(())),
        ("the subject, no time of issue", subject(1, 701), None, revoked),
        ("the subject, no time of issue, over", subject(1, 700), None, Ok(())),
    ] {
        let claims = Claims {
            issued_at: issued_at.map(UnixSeconds),
            ..claims()
        };
        assert_eq!(records.check(&claims, NOW), expected, "{name}");
    }
}

#[test]
fn records_are_read_whole_or_not_at_all() {
    let (since, until) = (UnixSeconds(5), UnixSeconds(9));
    assert_eq!(read_record(br#"{"until": 9}"#), Ok(TokenRecord { until }));
    assert_eq!(
        read_record(br#"{"since": 5, "until": 9}"#),
        Ok(SubjectRecord { since, until })
    );
    assert_eq!(serde_json::to_string(&TokenRecord { until }).unwrap(), r#"{"until":9}"#);
    let long = format!(r#"{{"until": 9{}}}"#, " ".repeat(RECORD_BYTES_MAX));
    for (name, stored) in [
        ("empty", ""),
        ("a list", "[9]"),
        ("no end", "{}"),
        ("one more", r#"{"until": 9, "x": 1}"#),
        ("twice", r#"{"until": 9, "until": 9}"#),
        ("text", r#"{"until": "9"}"#),
        ("two", r#"{"until": 9}{"until": 9}"#),
        ("long", long.as_str()),
    ] {
        assert!(read_record::<TokenRecord>(stored.as_bytes()).is_err(), "{name}");
    }
}
