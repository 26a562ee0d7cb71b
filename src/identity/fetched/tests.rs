//! Which key is trusted, and when a set is fetched.

use super::*;
use crate::secret::Secret;

const NOW: u64 = 1_000_000;

fn source() -> KeySource {
    KeySource {
        refresh_s: 300,
        unknown_s: 60,
        age_s_max: 3_600,
        ..KeySource::default()
    }
}

/// A set with the key `k` whose JWK is `jwk`, or without it.
fn set(jwk: Option<&str>, fetched_s_ago: u64, tried_s_ago: u64) -> FetchedKeys {
    FetchedKeys {
        keys: jwk.map(|jwk| ("k".to_owned(), jwk.to_owned())).into_iter().collect(),
        fetched_at: UnixSeconds(NOW - fetched_s_ago),
        tried_at: UnixSeconds(NOW - tried_s_ago),
    }
}

fn never(tried_s_ago: u64) -> FetchedKeys {
    FetchedKeys {
        tried_at: UnixSeconds(NOW - tried_s_ago),
        ..FetchedKeys::default()
    }
}

#[test]
fn the_newest_good_set_counts() {
    use Trusted::{Key, NoSet, Unknown};
    for (name, stored_s_ago, fetched, trusted, due) in [
        ("nothing is known", None, None, NoSet, true),
        ("stored lately", Some(10), None, Key("stored"), false),
        ("stored long ago, never tried", Some(400), None, Key("stored"), true),
        (
            "stored long ago, tried in vain",
            Some(400),
            Some(never(59)),
            Key("stored"),
            false,
        ),
        (
            "stored long ago, to be tried again",
            Some(400),
            Some(never(60)),
            Key("stored"),
            true,
        ),
        ("stored too long ago", Some(3_600), Some(never(10)), NoSet, false),
        ("stored at no time", Some(NOW), Some(never(10)), NoSet, false),
        (
            "fetched lately",
            None,
            Some(set(Some("fetched"), 10, 10)),
            Key("fetched"),
            false,
        ),
        (
            "last second",
            None,
            Some(set(Some("fetched"), 299, 299)),
            Key("fetched"),
            false,
        ),
        ("old", None, Some(set(Some("fetched"), 300, 300)), Key("fetched"), true),
        (
            "old, the issuer fails",
            None,
            Some(set(Some("fetched"), 3_599, 59)),
            Key("fetched"),
            false,
        ),
        (
            "too old, the issuer fails",
            None,
            Some(set(Some("fetched"), 3_600, 59)),
            NoSet,
            false,
        ),
        ("withdrawn", Some(400), Some(set(None, 10, 10)), Unknown, false),
        (
            "withdrawn, and fetched long enough ago to look again",
            Some(400),
            Some(set(None, 60, 60)),
            Unknown,
            true,
        ),
        (
            "withdrawn, stored again since",
            Some(5),
            Some(set(None, 10, 10)),
            Key("stored"),
            false,
        ),
        (
            "another by the same name",
            Some(400),
            Some(set(Some("fetched"), 10, 10)),
            Key("fetched"),
            false,
        ),
        ("unknown, lately tried", None, Some(set(None, 100, 59)), Unknown, false),
        (
            "unknown, tried long enough ago",
            None,
            Some(set(None, 100, 60)),
            Unknown,
            true,
        ),
        ("never fetched, lately tried", None, Some(never(5)), NoSet, false),
        ("never fetched, to be tried again", None, Some(never(60)), NoSet, true),
    ] {
        let source = source();
        let known = Known {
            stored: stored_s_ago.map(|ago| InStore {
                jwk: Some("stored"),
                fetched_at: UnixSeconds(NOW - ago),
            }),
            source: &source,
            kid: "k",
        };
        assert_eq!(known.trusted(fetched.as_ref(), UnixSeconds(NOW)), trusted, "{name}");
        assert_eq!(known.is_due(fetched.as_ref(), UnixSeconds(NOW)), due, "{name}");
    }
}

#[test]
fn a_key_that_was_taken_out_of_the_store_is_gone() {
    for (name, stored_s_ago, fetched_s_ago, trusted) in [
        ("the store is newer", 10, 20, Trusted::Unknown),
        ("as new", 20, 20, Trusted::Key("fetched")),
        ("the POP's set is newer", 30, 20, Trusted::Key("fetched")),
    ] {
        let source = source();
        let known = Known {
            stored: Some(InStore {
                jwk: None,
                fetched_at: UnixSeconds(NOW - stored_s_ago),
            }),
            source: &source,
            kid: "k",
        };
        let fetched = set(Some("fetched"), fetched_s_ago, fetched_s_ago);
        assert_eq!(known.trusted(Some(&fetched), UnixSeconds(NOW)), trusted, "{name}");
    }
}

#[test]
fn times_far_ahead_are_not_believed() {
    let source = source();
    for (name, fetched_at, trusted) in [
        ("a clock a little ahead", NOW + 300, Trusted::Key("fetched")),
        ("a time that would keep a key for ever", NOW + 301, Trusted::NoSet),
    ] {
        let ahead = FetchedKeys {
            fetched_at: UnixSeconds(fetched_at),
            tried_at: UnixSeconds(fetched_at),
            ..set(Some("fetched"), 0, 0)
        };
        let known = Known {
            stored: None,
            source: &source,
            kid: "k",
        };
        assert_eq!(known.trusted(Some(&ahead), UnixSeconds(NOW)), trusted, "{name}");
    }
}

#[test]
fn a_failure_keeps_the_last_good_set() {
    let before = set(Some("fetched"), 400, 400);
    let failed = before.clone().after(None, UnixSeconds(NOW));
    assert_eq!(failed, set(Some("fetched"), 400, 0));
    let fetched = before.after(Some(Vec::new()), UnixSeconds(NOW));
    assert_eq!(fetched, set(None, 0, 0));
    assert_eq!(FetchedKeys::read(&failed.bytes()), Some(failed));
    assert_eq!(FetchedKeys::read(b"\xff\xff\xff"), None);
}

#[test]
fn answers_that_are_no_key_set_are_told() {
    let reply = |status, body: &[u8]| Reply {
        status,
        body: Secret::new(body.to_vec()),
    };
    let okp =
        r#"{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","x5c":["AA"]}"#;
    let good = finish(&reply(200, format!(r#"{{"keys":[{okp}]}}"#).as_bytes())).unwrap();
    let kids: Vec<&str> = good.keys.iter().map(|(kid, _)| kid.as_str()).collect();
    assert_eq!(kids, ["k"]);
    assert!(
        !good.keys[0].1.contains("x5c"),
        "certificates are not kept: {}",
        good.keys[0].1
    );
    for (name, status, body) in [
        ("not there", 404, format!(r#"{{"keys":[{okp}]}}"#).into_bytes()),
        ("moved", 302, Vec::new()),
        ("not text", 200, vec![0xff]),
        ("not JSON", 200, b"<html>".to_vec()),
        ("no set", 200, b"[]".to_vec()),
        ("an empty set", 200, br#"{"keys":[]}"#.to_vec()),
        (
            "no usable key",
            200,
            br#"{"keys":[{"kty":"oct","kid":"k","k":"AA"}]}"#.to_vec(),
        ),
    ] {
        assert!(finish(&reply(status, &body)).is_err(), "{name}");
    }
}
