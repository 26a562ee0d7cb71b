//! Revocations that are added, that hold, and that are over.

use super::*;

fn token(jti: &str, until_s: u64) -> Revocation {
    Revocation::Token {
        jti: jti.to_owned(),
        until: UnixSeconds(until_s),
    }
}

fn subject(sub: &str, since_s: u64, until_s: u64) -> Revocation {
    Revocation::Subject {
        sub: sub.to_owned(),
        since: UnixSeconds(since_s),
        until: UnixSeconds(until_s),
    }
}

fn empty() -> Register {
    let others = Entries::from([("apikey.x".to_owned(), "no record".to_owned())]);
    Register::read(&Entries::new(), others).unwrap()
}

#[test]
fn the_later_time_holds() {
    let mut register = empty();
    for revocation in [
        token("t", 200),
        token("t", 150),
        subject("s", 90, 300),
        subject("s", 80, 400),
        Revocation::All { since: UnixSeconds(70) },
        Revocation::All { since: UnixSeconds(60) },
    ] {
        register.add("okta", &revocation).unwrap();
    }
    assert_eq!(register.settle(UnixSeconds(100)).unwrap(), 0);
    let (tokens, subjects) = register.records().unwrap();
    assert_eq!(
        tokens,
        [(
            token_entry("okta", "t"),
            TokenRecord {
                until: UnixSeconds(200)
            }
        )]
    );
    let latest = SubjectRecord {
        since: UnixSeconds(90),
        until: UnixSeconds(400),
    };
    assert_eq!(subjects, [(subject_entry("okta", "s"), latest)]);
    let knob = Knob {
        issuers: [("okta".to_owned(), UnixSeconds(70))].into(),
        tokens: true,
        subjects: true,
    };
    assert_eq!(register.knob, knob);
}

#[test]
fn what_has_expired_is_dropped_and_the_knob_follows() {
    let mut register = empty();
    register.add("okta", &token("t", 200)).unwrap();
    register.add("okta", &token("u", 201)).unwrap();
    register.add("okta", &subject("s", 1, 100)).unwrap();
    assert_eq!(register.settle(UnixSeconds(200)).unwrap(), 2);
    assert_eq!((register.knob.tokens, register.knob.subjects), (true, false));
    assert_eq!(register.settle(UnixSeconds(201)).unwrap(), 1);
    assert_eq!(register.knob, Knob::default());
    assert_eq!(register.state.len(), 1, "others' entries stay");
}

#[test]
fn issuers_and_kinds_are_apart() {
    let mut register = empty();
    register.add("okta", &token("x", 200)).unwrap();
    register.add("entra", &token("x", 200)).unwrap();
    register.add("okta", &subject("x", 1, 200)).unwrap();
    assert_eq!(register.state.len(), 4);
}

#[test]
fn what_can_not_be_read_is_named_and_not_written_over() {
    let mut register = empty();
    let name = token_entry("okta", "t");
    register.state.insert(name.clone(), "{}".to_owned());
    for why in [
        register.add("okta", &token("t", 200)).unwrap_err(),
        register.settle(UnixSeconds(100)).unwrap_err(),
        register.records().unwrap_err(),
    ] {
        assert!(why.to_string().contains(&name), "{why}");
    }
    let knobs = Entries::from([(REVOKED_ENTRY.to_owned(), "[]x".to_owned())]);
    assert!(Register::read(&knobs, Entries::new()).is_err());
}

#[test]
fn what_is_taken_back_is_gone_and_nothing_else() {
    let iss = "https://a.example";
    let mut full = empty();
    for revocation in [
        token("t", 200),
        subject("s", 90, 300),
        Revocation::All { since: UnixSeconds(70) },
    ] {
        full.add(iss, &revocation).unwrap();
        full.add("https://b.example", &revocation).unwrap();
    }
    for (name, target, removed) in [
        (
            "a token",
            Target::Token("t"),
            Some(format!("the entry {}", token_entry(iss, "t"))),
        ),
        (
            "a subject",
            Target::Subject("s"),
            Some(format!("the entry {}", subject_entry(iss, "s"))),
        ),
        (
            "all",
            Target::All,
            Some(format!("the time 1970-01-01T00:01:10Z of {iss}")),
        ),
        ("a token of another name", Target::Token("s"), None),
        ("a subject of another name", Target::Subject("t"), None),
    ] {
        let mut register = Register {
            knob: full.knob.clone(),
            state: full.state.clone(),
        };
        assert_eq!(register.remove(iss, &target), removed, "{name}");
        let left = register.state.len() + register.knob.issuers.len();
        let before = full.state.len() + full.knob.issuers.len();
        assert_eq!(left, before - removed.iter().len(), "{name}");
        assert_eq!(register.remove(iss, &target), None, "{name}: once");
    }
}
