//! What a key and its record are, and which options are none.

use tollgate::{
    identity::api_key::{LIMITS_MAX, RECORD_BYTES_MAX, SCOPES_MAX},
    policy::issuer::KeySource,
};

use super::*;

fn create() -> Create {
    Create {
        policy: PathBuf::new(),
        issuer: "partners".to_owned(),
        owner: "acme".to_owned(),
        scopes: vec!["orders:read".to_owned()],
        expires: Expiry::After(60),
        limits: vec![Limit {
            requests: 100,
            window_s: 60,
        }],
        stores: PathBuf::new(),
    }
}

#[test]
fn a_key_has_a_form_and_its_record_does_not_tell_it() {
    let (key, record) = create().made([7; 32], UnixSeconds(1_000)).unwrap();
    let text = key.text().expose().clone();
    assert_eq!((text.len(), text.starts_with("tgk_")), (4 + 43 + 6, true), "{text}");
    let expected = Record {
        id: key.id(),
        issuer: "partners".to_owned(),
        owner: "acme".to_owned(),
        scopes: vec!["orders:read".to_owned()],
        created_at: UnixSeconds(1_000),
        expires_at: Some(UnixSeconds(1_060)),
        limits: vec![Limit {
            requests: 100,
            window_s: 60,
        }],
        revoked_at: None,
    };
    assert_eq!(record, expected);
    let stored = format!("{} {}", key.entry(), stored(&record).unwrap());
    // No six characters of the random part are in what is stored.
    let parts = text.as_bytes()[4..47].windows(6);
    assert!(
        parts
            .map(|part| std::str::from_utf8(part).unwrap())
            .all(|part| !stored.contains(part)),
        "{stored}"
    );
    let (other, _) = create().made([8; 32], UnixSeconds(1_000)).unwrap();
    assert_ne!((other.id(), other.entry()), (key.id(), key.entry()));
}

#[test]
fn only_a_record_that_can_be_read_is_stored() {
    let limit = Limit {
        requests: 1,
        window_s: 1,
    };
    for (name, scopes, limits, fits) in [
        (
            "as many as there may be",
            vec!["a".to_owned(); SCOPES_MAX],
            vec![limit; LIMITS_MAX],
            true,
        ),
        ("a scope too many", vec!["a".to_owned(); SCOPES_MAX + 1], vec![], false),
        ("a limit too many", vec![], vec![limit; LIMITS_MAX + 1], false),
        ("too long", vec!["a".repeat(RECORD_BYTES_MAX)], vec![], false),
    ] {
        let (_, record) = Create {
            scopes,
            limits,
            ..create()
        }
        .made([7; 32], UnixSeconds(1_000))
        .unwrap();
        assert_eq!(stored(&record).is_ok(), fits, "{name}");
    }
}

#[test]
fn a_key_without_end_has_none_and_one_too_far_is_refused() {
    let never = Create {
        expires: Expiry::Never,
        ..create()
    };
    assert_eq!(never.made([7; 32], UnixSeconds(1_000)).unwrap().1.expires_at, None);
    let far = Create {
        expires: Expiry::After(u64::MAX),
        ..create()
    };
    assert!(far.made([7; 32], UnixSeconds(1_000)).is_err());
}

#[test]
fn only_an_issuer_of_api_keys_takes_them() {
    for (name, vouching, takes) in [
        ("API keys", Vouching::ApiKeys, true),
        ("published keys", Vouching::Keys(KeySource::default()), false),
    ] {
        let issuer = Issuer {
            vouching,
            ..Issuer::plain("partners", &[])
        };
        assert_eq!(takes_api_keys("partners", &issuer).is_ok(), takes, "{name}");
    }
}

#[test]
fn options_are_read() {
    for (text, expected) in [
        ("100/1m", Some((100, 60))),
        ("10000/1d", Some((10_000, 86_400))),
        ("0/1m", None),
        ("1/0s", None),
        ("100", None),
        ("-1/1m", None),
        ("100/m", None),
    ] {
        let limit = limit(text).ok().map(|limit| (limit.requests, limit.window_s));
        assert_eq!(limit, expected, "{text}");
    }
    for (text, expected) in [
        ("90d", Some(Expiry::After(7_776_000))),
        ("never", Some(Expiry::Never)),
        ("0s", None),
        ("soon", None),
    ] {
        assert_eq!(expiry(text).ok(), expected, "{text}");
    }
    for (text, works) in [
        ("orders:read", true),
        ("a b", false),
        ("", false),
        ("a\"", false),
        ("ä", false),
    ] {
        assert_eq!(scope(text).is_ok(), works, "{text}");
    }
    for (text, works) in [
        ("Acme, nightly", true),
        (" ", false),
        ("a\nb", false),
        ("\u{1b}[2K", false),
    ] {
        assert_eq!(owner(text).is_ok(), works, "{text:?}");
    }
    assert!(owner(&"x".repeat(OWNER_CHARS_MAX + 1)).is_err());
}
