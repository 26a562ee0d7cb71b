//! Tokens that are revoked, from the outside.

use std::{
    fs,
    time::{Duration, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tollgate::identity::{
    remembered::{issuer_key, subject_key},
    revocation::{subject_entry, token_entry},
};
use tollgate_devstack::world::unix_s;

use super::command::Place;

const ISSUERS: &str = "[issuers.okta]\nissuer = \"https://example.okta.com\"\naudience = [\"api://orders\"]\n\
                       [issuers.partners]\napi_keys = true\n";

const OKTA: &str = "https://example.okta.com";

/// A time so many seconds from now: as it is written, and in Unix seconds.
fn ahead(seconds: u64) -> (String, u64) {
    let at_s = unix_s() + seconds;
    let at = UNIX_EPOCH + Duration::from_secs(at_s);
    (humantime::format_rfc3339_seconds(at).to_string(), at_s)
}

fn knob(place: &Place) -> Value {
    let knobs = place.entries("tollgate.knobs.json");
    knobs
        .get("revoked")
        .map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
}

#[test]
fn what_is_revoked_is_stored_and_listed() {
    let place = Place::new(&[("okta", "https://example.okta.com")]);
    let revoke = |arguments: &[&str]| place.run(&[&["revoke", "policy.toml", "--issuer", "okta"], arguments].concat());
    let none = place.run(&["revoke", "--list"]);
    assert_eq!((none.code, none.out.as_str()), (Some(0), "nothing is revoked\n"));

    let (end, end_s) = ahead(86_400);
    let token = revoke(&["--token-id", "-jti", "--until", &end]);
    assert_eq!(token.code, Some(0), "{}", token.err);
    let said = "revoked the token `-jti` of okta, until ";
    assert!(token.out.starts_with(said), "{}", token.out);
    assert!(!token.out.contains("`iat`"), "{}", token.out);
    assert!(!token.out.contains("purge"), "no key is of one token: {}", token.out);
    assert_eq!(
        knob(&place),
        json!({ "issuers": {}, "tokens": true, "subjects": false })
    );

    let since = "2026-01-01T00:00:00Z";
    let subject = revoke(&["--subject", "u1", "--since", since, "--until", &end]);
    assert_eq!(subject.code, Some(0), "{}", subject.err);
    let without = "tokens without `iat` are refused too, from now on\n";
    assert!(subject.out.contains(without), "{}", subject.out);
    assert!(!subject.out.contains("must be repeated"), "{}", subject.out);
    let purge = format!("of the subject: fastly purge --key={}\n", subject_key("okta", "u1").0);
    assert!(subject.out.ends_with(&purge), "{}", subject.out);
    let all = revoke(&["--all", "--since", since]);
    assert_eq!(all.code, Some(0), "{}", all.err);
    assert!(all.out.contains(without), "{}", all.out);
    let purge = format!("of the issuer's tokens: fastly purge --key={}\n", issuer_key("okta").0);
    assert!(all.out.ends_with(&purge), "{}", all.out);
    let epoch = 1_767_225_600;
    let expected = json!({ "issuers": { OKTA: epoch }, "tokens": true, "subjects": true });
    assert_eq!(knob(&place), expected);
    let earlier = revoke(&["--all", "--since", "2025-01-01T00:00:00Z"]);
    assert_eq!((earlier.code, knob(&place)), (Some(0), expected), "never weaker");

    let state = place.entries("tollgate_state.json");
    let records: Vec<Value> = state
        .values()
        .map(|text| serde_json::from_str(text).expect("JSON"))
        .collect();
    // The end that was asked for, and the longest leeway.
    let until = end_s + 300;
    assert_eq!(
        records,
        [json!({ "since": epoch, "until": until }), json!({ "until": until })]
    );
    let names: Vec<_> = state.keys().cloned().collect();
    assert_eq!(names, [subject_entry(OKTA, "u1"), token_entry(OKTA, "-jti")]);
    let list = place.run(&["revoke", "--list", "--format", "json"]).json();
    let expected = json!({
        "issuers": { OKTA: epoch },
        "tokens": [{ "entry": names[1], "until": until }],
        "subjects": [{ "entry": names[0], "since": epoch, "until": until }],
    });
    assert_eq!(list, expected);
    let list = place.run(&["revoke", "--list"]).out;
    assert_eq!(list.lines().count(), 3, "{list}");
}

#[test]
fn an_entry_is_kept_for_thirty_days_unless_said_otherwise() {
    let place = Place::with(ISSUERS);
    let revoke = |arguments: &[&str]| {
        let now_s = unix_s();
        let revoke = ["revoke", "policy.toml", "--issuer", "okta", "--token-id"];
        let ended = place.run(&[&revoke, arguments].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let text = &place.entries("tollgate_state.json")[&token_entry(OKTA, arguments[0])];
        let record: Value = serde_json::from_str(text).expect("JSON");
        record["until"].as_u64().expect("a time") - now_s
    };
    for (name, arguments, kept_s) in [
        ("thirty days", vec!["a"], 2_592_000),
        ("an hour", vec!["b", "--for", "1h"], 3_600),
    ] {
        let until_s = revoke(&arguments);
        assert!((kept_s + 300..kept_s + 360).contains(&until_s), "{name}: {until_s}");
    }
}

#[test]
fn tokens_of_a_clock_that_is_ahead_are_revoked_too() {
    let written = |(name, audience, leeway): (&str, &str, &str)| {
        format!("[issuers.{name}]\nissuer = \"{OKTA}\"\naudience = [\"{audience}\"]\nleeway = \"{leeway}\"\n")
    };
    let place = Place::with(&[("app", "app", "10s"), ("okta", "api", "90s")].map(written).concat());
    let revoke = ["revoke", "policy.toml", "--issuer", "app"];
    let before_s = unix_s();
    let all = place.run(&[&revoke[..], &["--all"]].concat());
    assert_eq!(all.code, Some(0), "{}", all.err);
    let epoch = knob(&place)["issuers"][OKTA].as_u64().expect("a time");
    assert!(
        (before_s + 90..=unix_s() + 90).contains(&epoch),
        "the longer leeway: {epoch}"
    );
    for part in [
        "it counts for [issuers.app], [issuers.okta], which all have the `iss` https://example.okta.com\n",
        ", in 90 s, must be repeated",
        &issuer_key("app").0,
        &issuer_key("okta").0,
    ] {
        assert!(all.out.contains(part), "{part}: {}", all.out);
    }
    // An operator may say more, up to the longest leeway.
    for (seconds, code) in [(290, 0), (330, 1)] {
        let since = ahead(seconds).0;
        let ended = place.run(&[&revoke[..], &["--all", "--since", &since]].concat());
        assert_eq!(ended.code, Some(code), "{seconds}: {}", ended.err);
    }
}

#[test]
fn what_was_revoked_is_taken_back() {
    let place = Place::with(ISSUERS);
    let whats = [vec!["--token-id", "t"], vec!["--subject", "u1"], vec!["--all"]];
    let revoke = |more: &[&str]| place.run(&[&["revoke", "policy.toml", "--issuer", "okta"], more].concat());
    for what in &whats {
        assert_eq!(revoke(what).code, Some(0), "{what:?}");
    }
    let other = revoke(&["--subject", "u2", "--undo"]);
    assert_eq!(other.code, Some(1), "{}", other.out);
    let why = "there is no revocation of the tokens of `u2` of okta; nothing was written";
    assert!(other.err.contains(why), "{}", other.err);
    assert_eq!(place.entries("tollgate_state.json").len(), 2);
    for (what, said) in whats.iter().zip([
        format!("the token `t` of okta: removed the entry {}\n", token_entry(OKTA, "t")),
        format!(
            "the tokens of `u1` of okta: removed the entry {}\n",
            subject_entry(OKTA, "u1")
        ),
        "all tokens of okta: removed the time ".to_owned(),
    ]) {
        let undone = revoke(&[&what[..], &["--undo"]].concat());
        assert_eq!(undone.code, Some(0), "{what:?}: {}", undone.err);
        let said = format!("took back the revocation of {said}");
        assert!(undone.out.starts_with(&said), "{what:?}: {}", undone.out);
    }
    assert_eq!(
        knob(&place),
        json!({ "issuers": {}, "tokens": false, "subjects": false })
    );
    assert_eq!(place.run(&["revoke", "--list"]).out, "nothing is revoked\n");
}

#[test]
fn all_keys_of_an_issuer_of_api_keys_can_be_revoked() {
    let place = Place::with(ISSUERS);
    let since = "2026-01-01T00:00:00Z";
    let ended = place.run(&[
        "revoke",
        "policy.toml",
        "--issuer",
        "partners",
        "--all",
        "--since",
        since,
    ]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let expected =
        json!({ "issuers": { "tollgate:api-keys/partners": 1_767_225_600 }, "tokens": false, "subjects": false });
    assert_eq!(knob(&place), expected);
}

#[test]
fn a_knob_that_can_not_be_read_is_kept() {
    let place = Place::with(ISSUERS);
    let text = json!({ "revoked": "{\"issuer\": {}}" }).to_string();
    fs::create_dir(place.file("")).expect("a folder");
    fs::write(place.file("tollgate.knobs.json"), &text).expect("a file");
    let ended = place.run(&["revoke", "policy.toml", "--issuer", "okta", "--all"]);
    assert!(
        ended.code == Some(1) && ended.err.contains("is malformed"),
        "{}",
        ended.err
    );
    let kept = fs::read_to_string(place.file("tollgate.knobs.json")).expect("a file");
    assert_eq!(kept, text);
}

#[test]
fn mistakes_are_named_and_write_nothing() {
    let place = Place::with(ISSUERS);
    for (name, arguments, code, why) in [
        (
            "nothing to revoke",
            "policy.toml --issuer okta",
            2,
            "<--token-id <JTI>|--subject <SUB>|--all|--list>",
        ),
        (
            "two things",
            "policy.toml --issuer okta --all --subject u",
            2,
            "cannot be used with",
        ),
        (
            "an unknown issuer",
            "policy.toml --issuer octa --all",
            1,
            "no [issuers.octa]; its issuers are: okta, partners",
        ),
        ("no issuer", "policy.toml --all", 2, "--issuer"),
        (
            "a future time",
            "policy.toml --issuer okta --all --since 2100-01-01T00:00:00Z",
            1,
            "in the future",
        ),
        (
            "for too long",
            "policy.toml --issuer okta --subject u --for 366d",
            1,
            "for more than a year",
        ),
        (
            "until too late",
            "policy.toml --issuer okta --token-id t --until 2100-01-01T00:00:00Z",
            1,
            "for more than a year",
        ),
        (
            "an end to what is taken back",
            "policy.toml --issuer okta --subject u --undo --for 1d",
            2,
            "cannot be used with",
        ),
        (
            "over at once",
            "policy.toml --issuer okta --subject u --for 0s",
            1,
            "over at once",
        ),
        (
            "a time for one token",
            "policy.toml --issuer okta --token-id t --since 2026-01-01T00:00:00Z",
            2,
            "cannot be used with",
        ),
        (
            "an API key by its id",
            "policy.toml --issuer partners --token-id key_x",
            1,
            "use `tollgate apikey revoke ID`",
        ),
        (
            "an API key by its owner",
            "policy.toml --issuer partners --subject acme",
            1,
            "use `tollgate apikey revoke ID`",
        ),
        (
            "an epoch has no end",
            "policy.toml --issuer okta --all --for 1d",
            2,
            "cannot be used with",
        ),
    ] {
        let arguments: Vec<_> = ["revoke"].into_iter().chain(arguments.split(' ')).collect();
        let ended = place.run(&arguments);
        assert_eq!(ended.code, Some(code), "{name}: {}", ended.err);
        assert!(ended.err.contains(why), "{name}: {}", ended.err);
        assert!(!place.file("").exists(), "{name}");
    }
    let empty = place.run(&["revoke", "policy.toml", "--issuer", "okta", "--subject", ""]);
    assert_eq!(empty.code, Some(2), "{}", empty.err);
}
