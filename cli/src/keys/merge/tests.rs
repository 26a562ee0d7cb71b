//! What comes of stored keys when a set is fetched: which are new, kept, missing and removed.

use super::*;

const ISSUER: &str = "https://a.example";
const NOW_S: u64 = 100_000;

/// A key set as the library would store it; each key is `kid` or `kid=text`.
fn set(kids: &[&str]) -> Judged {
    let split = |text: &&str| {
        let (kid, value) = text.split_once('=').unwrap_or((text, "key"));
        (kid.to_owned(), value.to_owned())
    };
    let keys: Vec<_> = kids.iter().map(split).collect();
    let names: Vec<_> = keys.iter().map(|(kid, _)| kid).collect();
    let index = json!({ "fetched_at": NOW_S, "kids": names, "jwks_uri": "kept" }).to_string();
    let mut entries: Vec<_> = keys
        .iter()
        .map(|(kid, value)| (key_entry(ISSUER, kid), value.clone()))
        .collect();
    entries.push((index_entry(ISSUER), index));
    let keys = StoredKeys {
        entries,
        left_out: Vec::new(),
    };
    let published = owned(&names.iter().map(|name| name.as_str()).collect::<Vec<_>>());
    Judged {
        keys,
        published: published.into_iter().collect(),
    }
}

fn stored(kids: &[&str]) -> Entries {
    set(kids).keys.entries.into_iter().collect()
}

fn owned(kids: &[&str]) -> Vec<String> {
    kids.iter().map(|&kid| kid.to_owned()).collect()
}

fn since(missing: &[(&str, u64)]) -> Missing {
    missing
        .iter()
        .map(|&(kid, since_s)| (kid.to_owned(), since_s))
        .collect()
}

struct Row {
    name: &'static str,
    before: &'static [&'static str],
    missing: &'static [(&'static str, u64)],
    fetched: &'static [&'static str],
    removal: Removal,
    /// New, kept, changed, removed.
    said: [&'static [&'static str]; 4],
    missing_then: &'static [(&'static str, u64)],
    stored_then: &'static [&'static str],
}

const HOUR: Removal = Removal::After(3_600);

#[test]
fn keys_come_stay_and_go_with_grace() {
    let rows = [
        Row {
            name: "the first time",
            before: &[],
            missing: &[],
            fetched: &["a", "b"],
            removal: HOUR,
            said: [&["a", "b"], &[], &[], &[]],
            missing_then: &[],
            stored_then: &["a", "b"],
        },
        Row {
            name: "one more, and one under an old name",
            before: &["a", "b"],
            missing: &[],
            fetched: &["a", "b=other", "c"],
            removal: HOUR,
            said: [&["c"], &["a"], &["b"], &[]],
            missing_then: &[],
            stored_then: &["a", "b=other", "c"],
        },
        Row {
            name: "missing for the first time",
            before: &["a", "b"],
            missing: &[],
            fetched: &["b"],
            removal: HOUR,
            said: [&[], &["b"], &[], &[]],
            missing_then: &[("a", NOW_S)],
            stored_then: &["b", "a"],
        },
        Row {
            name: "missing for the first time, without grace",
            before: &["a", "b"],
            missing: &[],
            fetched: &["b"],
            removal: Removal::After(0),
            said: [&[], &["b"], &[], &[]],
            missing_then: &[("a", NOW_S)],
            stored_then: &["b", "a"],
        },
        Row {
            name: "missing for less than the grace",
            before: &["b", "a"],
            missing: &[("a", NOW_S - 3_599)],
            fetched: &["b"],
            removal: HOUR,
            said: [&[], &["b"], &[], &[]],
            missing_then: &[("a", NOW_S - 3_599)],
            stored_then: &["b", "a"],
        },
        Row {
            name: "missing for the grace",
            before: &["b", "a"],
            missing: &[("a", NOW_S - 3_600)],
            fetched: &["b"],
            removal: HOUR,
            said: [&[], &["b"], &[], &["a"]],
            missing_then: &[],
            stored_then: &["b"],
        },
        Row {
            name: "removed at once",
            before: &["a", "b"],
            missing: &[],
            fetched: &["c"],
            removal: Removal::Now,
            said: [&["c"], &[], &[], &["a", "b"]],
            missing_then: &[],
            stored_then: &["c"],
        },
        Row {
            name: "there again",
            before: &["b", "a"],
            missing: &[("a", 1)],
            fetched: &["a", "b"],
            removal: HOUR,
            said: [&[], &["a", "b"], &[], &[]],
            missing_then: &[],
            stored_then: &["a", "b"],
        },
        Row {
            name: "missed by a clock that went back",
            before: &["b", "a"],
            missing: &[("a", NOW_S + 50)],
            fetched: &["b"],
            removal: HOUR,
            said: [&[], &["b"], &[], &[]],
            missing_then: &[("a", NOW_S + 50)],
            stored_then: &["b", "a"],
        },
    ];
    for row in rows {
        let mut store = stored(row.before);
        store.insert("another issuer's".to_owned(), "stays".to_owned());
        let change = merge(
            ISSUER,
            &store,
            &since(row.missing),
            set(row.fetched),
            row.removal,
            NOW_S,
        )
        .unwrap();
        let said = [&change.new, &change.kept, &change.changed, &change.removed].map(Clone::clone);
        assert_eq!(said, row.said.map(owned), "{}", row.name);
        assert_eq!(change.missing, since(row.missing_then), "{}", row.name);
        assert_eq!(change.keys(), row.stored_then.len(), "{}", row.name);
        change.apply(&mut store);
        let mut then = stored(row.stored_then);
        then.insert("another issuer's".to_owned(), "stays".to_owned());
        assert_eq!(store, then, "{}", row.name);
    }
}

#[test]
fn what_can_not_be_stored_or_understood_is_refused() {
    let long = "x".repeat(VALUE_CHARS_MAX + 1);
    let mut set_of_long = set(&["a"]);
    set_of_long.keys.entries[0].1 = long;
    let merged = |store: &Entries, set: Judged| merge(ISSUER, store, &Missing::new(), set, HOUR, NOW_S);
    let why = merged(&Entries::new(), set_of_long).unwrap_err();
    assert!(why.contains("8000 characters"), "{why}");
    let broken = Entries::from([(index_entry(ISSUER), "{}".to_owned())]);
    let why = merged(&broken, set(&["a"])).unwrap_err();
    assert!(why.contains("index"), "{why}");
}

/// RFC 7517 appendix A.1, and another point of the same curve (RFC 7515 appendix A.3.1).
const KEYS: [(&str, &str); 2] = [
    (
        "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    ),
    (
        "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ),
];

/// A key set as the issuer publishes it: ids, and which of [`KEYS`] each is.
fn published_set(keys: &[(&str, usize)]) -> Value {
    let key = |&(kid, which): &(&str, usize)| {
        let (x, y) = KEYS[which];
        json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid, "x": x, "y": y })
    };
    json!({ "keys": keys.iter().map(key).collect::<Vec<_>>() })
}

fn judged(set: &Value, fetched_at_s: u64, from: &str) -> Judged {
    let jwks = set.to_string();
    Judged {
        keys: tollgate::identity::keys::entries(ISSUER, &jwks, fetched_at_s, Some(from)).unwrap(),
        published: published(&jwks),
    }
}

#[test]
fn a_key_is_the_same_whenever_it_was_fetched() {
    let first = judged(&published_set(&[("a", 0), ("b", 0)]), 1, "https://a.example/one");
    let store: Entries = first.keys.entries.into_iter().collect();
    let now = judged(&published_set(&[("a", 0), ("b", 1)]), 2, "https://a.example/two");
    let change = merge(ISSUER, &store, &Missing::new(), now, HOUR, NOW_S).unwrap();
    assert_eq!((change.kept, change.changed), (owned(&["a"]), owned(&["b"])));

    let plain = json!({ "kty": "EC", "x": "1" });
    for (name, entry, same) in [
        ("alone", plain.clone(), true),
        (
            "with members of ours",
            json!({ "kty": "EC", "x": "1", "tollgate_fetched_at": 7, "tollgate_jwks_uri": "u" }),
            true,
        ),
        (
            "in an object of ours",
            json!({ "fetched_at": 7, "jwks_uri": "u", "jwk": plain }),
            true,
        ),
        (
            "another in an object of ours",
            json!({ "fetched_at": 7, "jwk": { "kty": "EC", "x": "2" } }),
            false,
        ),
    ] {
        assert_eq!(jwk(&entry.to_string()) == plain, same, "{name}");
    }
}

#[test]
fn a_key_that_must_not_be_used_goes_at_once() {
    let set = |tell: &dyn Fn(&mut Value)| {
        let mut set = published_set(&[("a", 0), ("b", 1)]);
        tell(&mut set["keys"]);
        set
    };
    let store: Entries = judged(&set(&|_| ()), 1, "u").keys.entries.into_iter().collect();
    for (name, now, removed, missing) in [
        ("as before", set(&|_| ()), vec![], vec![]),
        (
            "with a private part",
            set(&|keys| keys[0]["d"] = "AQAB".into()),
            vec!["a"],
            vec![],
        ),
        (
            "for encryption",
            set(&|keys| keys[0]["use"] = "enc".into()),
            vec!["a"],
            vec![],
        ),
        ("not listed", published_set(&[("b", 1)]), vec![], vec![("a", NOW_S)]),
    ] {
        let now = judged(&now, 2, "u");
        let change = merge(ISSUER, &store, &Missing::new(), now, HOUR, NOW_S).unwrap();
        assert_eq!(
            (&change.removed, &change.missing),
            (&owned(&removed), &since(&missing)),
            "{name}"
        );
        let mut then = store.clone();
        change.apply(&mut then);
        assert_eq!(then.contains_key(&key_entry(ISSUER, "a")), removed.is_empty(), "{name}");
    }
}
