//! Issuers are played as the policy describes them, and the policy is changed where they are reached, and only there.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tollgate::identity::keys::index_entry;
use tollgate::policy::host_pattern::HostPattern;
use tollgate::policy::issuer::{HmacAlgorithm, Introspection, KeySource, SharedSecret, Types};
use tollgate::policy::site::{Parts, Settings};
use tollgate::policy::wanted::Test;

use super::*;

fn endpoint(url: &str) -> (Endpoint, String) {
    Endpoint::split(url).expect("a URL")
}

fn introspected(url: &str) -> Policy {
    let (endpoint, target) = endpoint(url);
    let vouching = Vouching::Introspection(Introspection {
        endpoint,
        target,
        client: "edge".to_owned(),
        secret: "opaque-secret".to_owned(),
        remember_s: 60,
    });
    Policy {
        vouching,
        ..Policy::plain("https://opaque.example", &["api"])
    }
}

fn keyed(url: Option<&str>) -> Policy {
    let vouching = Vouching::Keys(KeySource {
        url: url.map(endpoint),
        ..KeySource::default()
    });
    Policy {
        vouching,
        ..Policy::plain("https://keyed.example", &["api"])
    }
}

fn discovered() -> Policy {
    Policy::plain("https://discovered.example", &["api"])
}

fn shared() -> Policy {
    let vouching = Vouching::Secret(SharedSecret {
        name: "shared-secret".to_owned(),
        algorithm: HmacAlgorithm::Hs384,
    });
    Policy {
        vouching,
        dpop_nonce: Some("nonces".to_owned()),
        ..Policy::plain("https://shared.example", &["api"])
    }
}

fn site(issuers: &[(&str, Policy)]) -> Site {
    let parts = Parts {
        settings: Settings {
            origin: None,
            accept_request_id: true,
            assertions: None,
            workload_identity: None,
            hosts: vec![HostPattern::parse("api.example.com").expect("a host")],
            project: None,
            remember_s: 60,
            credentials: Vec::new(),
            issuers: issuers
                .iter()
                .map(|(name, issuer)| ((*name).to_owned(), issuer.clone()))
                .collect(),
        },
        services: BTreeMap::new(),
        routes: Vec::new(),
    };
    Site::try_from(parts).expect("a site")
}

async fn played(site: &Site, options: &WorldOptions) -> IdentityProvider {
    let mut secrets = options.secrets.clone();
    make_up_secrets(site, &mut secrets);
    play(options, site, &secrets).await.expect("a provider")
}

/// The header (0) or the claims (1) of a JWT.
fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).expect("a part");
    let part = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&part).expect("json")
}

#[tokio::test]
async fn only_what_is_elsewhere_is_played_and_reached_here() {
    let written = [
        (
            "brought",
            Policy {
                issuer: "https://brought.example".to_owned(),
                ..keyed(None)
            },
        ),
        ("discovered", discovered()),
        ("keyed", keyed(Some("https://keyed.example/keys?v=1"))),
        ("keyed_here", keyed(Some("http://127.0.0.1:9/keys"))),
        (
            "keys",
            Policy {
                vouching: Vouching::ApiKeys,
                ..Policy::plain("https://keys.example", &["api"])
            },
        ),
        ("opaque", introspected("https://opaque.example/introspect")),
        ("shared", shared()),
    ];
    let site = site(&written);
    let mut options = WorldOptions::new("");
    options.keys.insert("brought".to_owned(), String::new());
    let provider = played(&site, &options).await;
    let names: Vec<&str> = provider.issuers().iter().map(|issuer| issuer.name.as_str()).collect();
    assert_eq!(names, ["discovered", "keyed", "opaque", "shared"]);
    // One issuer of a policy at most is asked about opaque tokens.
    assert!(!is_played(&introspected("http://127.0.0.1:9/introspect")));

    let mut stores = LocalStores::default();
    store_keys(&options, &site, &provider, &mut stores).expect("stored");
    let index = index_entry("https://keyed.example");
    let index: Value = serde_json::from_str(&stores.keys[&index]).expect("an index");
    assert_eq!(index["jwks_uri"], provider.jwks_url("keyed"));
    assert_eq!(stores.keys.len(), 2 * (3 + 1), "three keys and an index each");
    options.played_keys = PlayedKeys::LeftOut;
    let mut none = LocalStores::default();
    store_keys(&options, &site, &provider, &mut none).expect("stored");
    assert!(none.keys.is_empty());

    let mut expected = site.settings().issuers.clone();
    let mut found = expected.clone();
    localised(&mut found, &provider, PlayedKeys::Stored).expect("localised");
    let keys_at = |url: String| {
        Vouching::Keys(KeySource {
            url: Some(endpoint(&url)),
            ..KeySource::default()
        })
    };
    expected.get_mut("keyed").expect("keyed").vouching = keys_at(provider.jwks_url("keyed"));
    let introspected_here = introspected(&provider.introspection_url("opaque")).vouching;
    expected.get_mut("opaque").expect("opaque").vouching = introspected_here;
    assert_eq!(found, expected);
    localised(&mut found, &provider, PlayedKeys::LeftOut).expect("localised");
    expected.get_mut("discovered").expect("discovered").vouching = keys_at(provider.jwks_url("discovered"));
    assert_eq!(found, expected);
}

#[tokio::test]
async fn tokens_are_such_as_the_policy_takes() {
    let test = |name: &str, wanted| Test {
        name: name.to_owned(),
        wanted,
    };
    let tenants = Policy {
        tenants: vec![ANY_TENANT.to_owned()],
        types: Types {
            jwt: false,
            at_jwt: true,
            absent: true,
        },
        claims: vec![
            test("email_verified", Wanted::Equal(Scalar::Flag(true))),
            test(
                "realm.hd",
                Wanted::OneOf(vec![Scalar::Text("a.example".to_owned()), Scalar::Number(7)]),
            ),
            test("realm.level", Wanted::Equal(Scalar::Number(7))),
            test("https://x.example/a.b", Wanted::Prefix("pre".to_owned())),
            test("there", Wanted::Exists),
        ],
        ..Policy::plain("https://login.example/{tenant}/v2.0", &["api", "other"])
    };
    let bare = Policy {
        types: Types {
            jwt: false,
            at_jwt: false,
            absent: true,
        },
        tenants: vec!["acme".to_owned(), "other".to_owned()],
        ..Policy::plain("https://{tenant}.example", &["api"])
    };
    let site = site(&[
        ("bare", bare),
        ("opaque", introspected("https://opaque.example/i")),
        ("shared", shared()),
        ("tenants", tenants),
    ]);
    let mut options = WorldOptions::new("");
    options
        .secrets
        .insert("opaque-secret".to_owned(), b"brought along".to_vec());
    let provider = played(&site, &options).await;
    let token = |name: &str| provider.issuer(name).expect(name).token().build().expect(name);

    let (header, claims) = (part(&token("tenants"), 0), part(&token("tenants"), 1));
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("at+jwt")));
    assert_eq!(claims["iss"], format!("https://login.example/{SOME_TENANT}/v2.0"));
    for (pointer, expected) in [
        ("/tid", json!(SOME_TENANT)),
        ("/aud", json!("api")),
        ("/email_verified", json!(true)),
        ("/realm", json!({ "hd": "a.example", "level": 7 })),
        ("/https:~1~1x.example~1a.b", json!("pre")),
        ("/there", json!("there")),
    ] {
        assert_eq!(claims.pointer(pointer), Some(&expected), "{pointer}");
    }
    let (header, claims) = (part(&token("bare"), 0), part(&token("bare"), 1));
    assert_eq!(header.get("typ"), None);
    assert_eq!(
        (&claims["iss"], &claims["tid"]),
        (&json!("https://acme.example"), &json!("acme"))
    );
    assert_eq!(part(&token("shared"), 0)["alg"], "HS384");
    assert!(!token("opaque").contains('.'));
    let opaque = provider.issuer("opaque").expect("opaque");
    assert!(opaque.is_told("edge", "brought along"));
}

#[test]
fn secrets_that_are_missing_are_made_up() {
    let site = site(&[
        ("opaque", introspected("https://opaque.example/i")),
        ("shared", shared()),
    ]);
    assert_eq!(
        Vec::from_iter(secret_names(&site)),
        ["nonces", "opaque-secret", "shared-secret"]
    );
    let mut secrets = BTreeMap::from([("nonces".to_owned(), b"mine".to_vec())]);
    make_up_secrets(&site, &mut secrets);
    assert_eq!((secrets.len(), secrets["nonces"].as_slice()), (3, b"mine".as_slice()));
    // Long enough for every HMAC (RFC 7518 section 3.2), and not alike.
    assert!(secrets["shared-secret"].len() >= 64);
    assert_ne!(secrets["shared-secret"], secrets["opaque-secret"]);
}

#[test]
fn keys_are_brought_only_for_issuers_that_have_some() {
    let site = site(&[("keyed", keyed(None)), ("shared", shared())]);
    for (name, good) in [("keyed", true), ("shared", false), ("nobody", false)] {
        let mut options = WorldOptions::new("");
        options.keys.insert(name.to_owned(), String::new());
        assert_eq!(check_keys_brought(&options, &site).is_ok(), good, "{name}");
    }
}

#[tokio::test]
async fn issuers_with_one_iss_have_one_set_of_keys_at_one_address() {
    let google = |audience: &str, email: &str| {
        let email = Test {
            name: "email".to_owned(),
            wanted: Wanted::Equal(Scalar::Text(email.to_owned())),
        };
        let keyed = keyed(Some("https://www.google.example/certs"));
        Policy {
            claims: vec![email],
            ..Policy {
                vouching: keyed.vouching,
                ..Policy::plain("https://accounts.google.example", &[audience])
            }
        }
    };
    let site = site(&[
        ("cron", google("jobs", "cron@x")),
        ("other", discovered()),
        ("push", google("events", "push@x")),
    ]);
    let provider = played(&site, &WorldOptions::new("")).await;
    let (cron, push) = (
        provider.issuer("cron").expect("it"),
        provider.issuer("push").expect("it"),
    );
    assert_eq!((push.keys_of.as_str(), push.jwks()), ("cron", cron.jwks()));
    let token = push.token().build().expect("a token");
    let claims = part(&token, 1);
    assert_eq!((&claims["aud"], &claims["email"]), (&json!("events"), &json!("push@x")));
    push.rotate(crate::signing::Algorithm::Es256).expect("a key");
    assert_eq!(push.jwks(), cron.jwks());

    let mut here = site.settings().issuers.clone();
    localised(&mut here, &provider, PlayedKeys::Stored).expect("localised");
    assert_eq!(here["push"].vouching, here["cron"].vouching);
    let mut stores = LocalStores::default();
    store_keys(&WorldOptions::new(""), &site, &provider, &mut stores).expect("stored");
    let index: Value =
        serde_json::from_str(&stores.keys[&index_entry("https://accounts.google.example")]).expect("JSON");
    assert_eq!(index["jwks_uri"], provider.jwks_url("cron"));

    let mut options = WorldOptions::new("");
    options.keys.insert("push".to_owned(), String::new());
    let names: Vec<String> = play(&options, &site, &BTreeMap::new())
        .await
        .expect("a provider")
        .issuers()
        .iter()
        .map(|issuer| issuer.name.clone())
        .collect();
    assert_eq!(names, ["other"], "keys that are brought for one are those of both");
}
