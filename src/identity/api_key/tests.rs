//! Tests of API keys and of what is stored of them.

use super::*;
use crate::policy::{
    issuer::Vouching,
    wanted::{Test, Wanted},
};

fn key() -> ApiKey {
    ApiKey::from_random([7; 32])
}

fn token(text: &str) -> Token {
    Secret::new(text.to_owned())
}

#[test]
fn a_key_has_one_text() {
    let text = key().text();
    assert_eq!(text.expose().len(), PREFIX.len() + 43 + CHECKSUM_CHARACTERS);
    assert!(text.expose().starts_with("tgk_BwcHBwcH"));
    let read = ApiKey::parse(&text).unwrap();
    assert_eq!(
        (read.entry(), read.id(), read.text().expose()),
        (key().entry(), key().id(), text.expose())
    );
    let other = ApiKey::from_random([8; 32]);
    assert_ne!((other.entry(), other.id()), (key().entry(), key().id()));
    let debug = format!("{:?}", key());
    assert!(!debug.contains("Bwc") && !debug.contains('7'), "{debug}");
}

/// Stored entries are found by these names for ever.
#[test]
fn names_stay_as_they_are() {
    assert_eq!(
        key().text().expose(),
        "tgk_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcyO4Mk_"
    );
    assert_eq!(key().entry(), "apikey.h2Wym429TwTc8CZ33Q7p5dTVSkezlmDmKwiDMTLRciE");
    assert_eq!(key().id(), "key_h63xN7wnUfDc");
}

#[test]
fn whatever_is_not_exactly_a_key_is_none() {
    let good = key().text().expose().clone();
    let (random, checksum) = good.split_at(good.len() - CHECKSUM_CHARACTERS);
    let other = ApiKey::from_random([8; 32]).text().expose().clone();
    let (_, other_sum) = other.split_at(random.len());
    let without_last = |text: &str| text.split_at(text.len() - 1).0.to_owned();
    // The last of 43 characters has two bits that no byte needs. The good key ends in `c`; `d` has one of them set.
    let spare = format!("{}d{checksum}", without_last(random));
    for (name, text) in [
        ("nothing", String::new()),
        ("prefix alone", PREFIX.to_owned()),
        ("no prefix", good.replace(PREFIX, "")),
        ("prefix in capitals", good.replace("tgk_", "TGK_")),
        ("another prefix", good.replace("tgk_", "tgp_")),
        ("no checksum", random.to_owned()),
        ("another key's checksum", format!("{random}{other_sum}")),
        ("checksum cut", without_last(&good)),
        ("one character more", format!("{good}A")),
        ("another first character", good.replacen("tgk_B", "tgk_C", 1)),
        ("spare bits", spare),
        ("padding", format!("{random}={checksum}")),
        ("a space before", format!(" {good}")),
        ("no ASCII", format!("tgk_{}é{checksum}", "B".repeat(41))),
        ("no ASCII where the parts meet", format!("tgk_{}éaaaaa", "B".repeat(42))),
        ("a JWT", "eyJhbGciOiJFUzI1NiJ9.e30.c2ln".to_owned()),
        ("long", format!("tgk_{}", "B".repeat(8_000))),
    ] {
        assert!(ApiKey::parse(&token(&text)).is_none(), "{name}: {text}");
    }
    assert!(ApiKey::parse(&token(&good)).is_some());
}

fn record() -> Record {
    Record {
        id: "key_x".to_owned(),
        issuer: "keys".to_owned(),
        owner: "billing".to_owned(),
        scopes: vec!["orders:write".to_owned(), "orders:read".to_owned()],
        created_at: UnixSeconds(500),
        expires_at: None,
        limits: Vec::new(),
        revoked_at: None,
    }
}

fn issuer() -> Issuer {
    Issuer {
        vouching: Vouching::ApiKeys,
        ..Issuer::plain("https://gateway.example/keys", &["api://orders"])
    }
}

#[test]
fn records_are_read_whole_or_not_at_all() {
    let least =
        r#"{"id":"key_x","issuer":"keys","owner":"billing","scopes":["orders:write","orders:read"],"created_at":500}"#;
    assert_eq!(Record::read(least.as_bytes()), Ok(record()));
    assert_eq!(
        serde_json::to_string(&record()).unwrap(),
        least,
        "what is not there is not written"
    );
    let full = Record {
        expires_at: Some(UnixSeconds(900)),
        limits: vec![Limit {
            requests: 10,
            window_s: 60,
        }],
        revoked_at: Some(UnixSeconds(700)),
        ..record()
    };
    let text = serde_json::to_vec(&full).unwrap();
    assert_eq!(Record::read(&text), Ok(full));
    let many = |count| vec!["s".to_owned(); count];
    let with = |change: &str, by: &str| least.replace(change, by);
    let of = |record: Record| serde_json::to_string(&record).unwrap();
    for (name, stored) in [
        ("empty", String::new()),
        ("no JSON", "{".to_owned()),
        ("a list", r#"["key_x","keys","billing",[],500]"#.to_owned()),
        ("two", format!("{least}{least}")),
        (
            "a member twice",
            with(r#""id":"key_x""#, r#""id":"key_x","id":"key_x""#),
        ),
        ("an unknown member", with(r#""id""#, r#""x":1,"id""#)),
        ("no owner", with(r#""owner":"billing","#, "")),
        ("an empty owner", with("billing", "")),
        ("an empty scope", with("orders:read", "")),
        ("two scopes in one", with("orders:read", "a b")),
        ("a time as text", with("500", r#""500""#)),
        ("a time before time", with("500", "-1")),
        ("long", with("billing", &"b".repeat(RECORD_BYTES_MAX))),
        (
            "many scopes",
            of(Record {
                scopes: many(SCOPES_MAX + 1),
                ..record()
            }),
        ),
        (
            "a limit of nothing",
            of(Record {
                limits: vec![Limit {
                    requests: 0,
                    window_s: 1,
                }],
                ..record()
            }),
        ),
    ] {
        let read = Record::read(stored.as_bytes());
        let why = read.expect_err(name);
        assert!(!why.contains("billing") && !why.contains("orders"), "{name}: {why}");
    }
    let most = Record {
        scopes: many(SCOPES_MAX),
        ..record()
    };
    assert_eq!(most.check(), Ok(()));
}

#[test]
fn a_record_makes_claims_while_it_lasts() {
    let claims = |record: &Record, now| record.claims(("keys", &issuer()), "digest", UnixSeconds(now));
    let expected = Claims {
        issuer_name: "keys".to_owned(),
        issuer: "https://gateway.example/keys".to_owned(),
        subject: Some("billing".to_owned()),
        audience: Vec::new(),
        expires_at: UnixSeconds(1_000 + BELIEVED_S),
        not_before: None,
        issued_at: Some(UnixSeconds(500)),
        client: Some("key_x".to_owned()),
        scopes: vec!["orders:read".to_owned(), "orders:write".to_owned()],
        roles: Vec::new(),
        groups: Vec::new(),
        asked: Vec::new(),
        token_id: Some("key_x".to_owned()),
        confirmation: Confirmation::default(),
        kid: None,
        token_digest: "digest".to_owned(),
    };
    assert_eq!(claims(&record(), 1_000), Ok(expected));
    let ends = |at| Record {
        expires_at: Some(UnixSeconds(at)),
        ..record()
    };
    let revoked = Record {
        revoked_at: Some(UnixSeconds(2_000)),
        ..record()
    };
    let elsewhere = Record {
        issuer: "others".to_owned(),
        ..record()
    };
    let unknown = Err(TokenRefusal::ApiKeyUnknown);
    for (name, record, now, expires_at) in [
        ("ends late", ends(5_000), 1_000, Ok(1_000 + BELIEVED_S)),
        ("ends soon", ends(1_010), 1_000, Ok(1_010)),
        ("its last second", ends(1_010), 1_009, Ok(1_010)),
        ("over, without leeway", ends(1_010), 1_010, unknown),
        ("revoked, whenever that was", revoked, 1_000, unknown),
        ("another issuer's", elsewhere, 1_000, unknown),
    ] {
        let found = claims(&record, now).map(|claims| claims.expires_at.0);
        assert_eq!(found, expires_at, "{name}");
    }
    let asking = Issuer {
        claims: vec![Test {
            name: "tenant".to_owned(),
            wanted: Wanted::Exists,
        }],
        ..issuer()
    };
    assert_eq!(
        record().claims(("keys", &asking), "digest", UnixSeconds(1_000)),
        Err(TokenRefusal::IssuerClaimWrong)
    );
}
