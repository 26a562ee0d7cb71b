//! What an issuer that was read from a store may be.

use super::*;
use crate::policy::wanted::Scalar;

fn plain() -> Issuer {
    Issuer::plain("https://okta.example", &["api://orders"])
}

fn entra(tenants: &[&str]) -> Issuer {
    Issuer {
        tenants: tenants.iter().map(|&tenant| tenant.to_owned()).collect(),
        ..Issuer::plain("https://login.example/{tenant}/v2.0", &["a"])
    }
}

fn keys(change: impl FnOnce(&mut KeySource)) -> Issuer {
    let mut source = KeySource::default();
    change(&mut source);
    Issuer {
        vouching: Vouching::Keys(source),
        ..plain()
    }
}

fn introspection(target: &str, client: &str, secret: &str, remember_s: u32) -> Issuer {
    Issuer {
        vouching: Vouching::Introspection(Introspection {
            endpoint: Endpoint::parse("https://id.example").unwrap(),
            target: target.to_owned(),
            client: client.to_owned(),
            secret: secret.to_owned(),
            remember_s,
        }),
        ..plain()
    }
}

fn at(target: &str) -> Option<(Endpoint, String)> {
    Some((Endpoint::parse("https://id.example").unwrap(), target.to_owned()))
}

fn requires(wanted: Wanted, times: usize) -> Issuer {
    let test = Test {
        name: "tid".to_owned(),
        wanted,
    };
    Issuer {
        claims: vec![test; times],
        ..plain()
    }
}

fn secret(name: &str) -> Issuer {
    Issuer {
        vouching: Vouching::Secret(SharedSecret {
            name: name.to_owned(),
            algorithm: HmacAlgorithm::Hs256,
        }),
        ..plain()
    }
}

/// An issuer with one thing changed, and what is said of it; empty where it is good.
#[test]
fn what_is_out_of_bounds_is_refused() {
    let many = vec!["a"; 65];
    let equal = || Wanted::Equal(Scalar::Text("t".to_owned()));
    for (name, issuer, said) in [
        ("plain", plain(), ""),
        ("no name", Issuer::plain("", &["a"]), "no name"),
        ("no audience", Issuer::plain("i", &[]), "no audience"),
        ("an empty audience", Issuer::plain("i", &["a", ""]), "no audience"),
        ("audiences", Issuer::plain("i", &many), "too many audiences"),
        (
            "leeway",
            Issuer {
                leeway_s: 301,
                ..plain()
            },
            "leeway",
        ),
        ("tenants", entra(&["a-1", "b"]), ""),
        ("any tenant", entra(&["*"]), ""),
        ("any tenant, and another", entra(&["*", "a"]), "tenants are none"),
        ("a tenant that leads elsewhere", entra(&["a/b"]), "tenants are none"),
        ("too many tenants", entra(&many), "tenants are none"),
        ("no tenant", entra(&[]), "template"),
        (
            "no template",
            Issuer {
                tenants: vec!["a".to_owned()],
                ..plain()
            },
            "template",
        ),
        (
            "two templates",
            Issuer {
                issuer: "{tenant}.{tenant}".to_owned(),
                ..entra(&["a"])
            },
            "template",
        ),
        (
            "no type",
            Issuer {
                types: Types::NONE,
                ..plain()
            },
            "no type",
        ),
        ("claims", requires(equal(), 16), ""),
        ("too many claims", requires(equal(), 17), "too many claims"),
        (
            "a claim of a path",
            requires(Wanted::Captured("t".to_owned()), 1),
            "of a path",
        ),
        (
            "a nonce's secret",
            Issuer {
                dpop_nonce: Some("a/b".to_owned()),
                ..plain()
            },
            "secret has no name",
        ),
        ("keys at a URL", keys(|keys| keys.url = at("/jwks?x=1")), ""),
        ("keys nowhere", keys(|keys| keys.url = at("jwks")), "out of bounds"),
        (
            "keys behind a line",
            keys(|keys| keys.url = at("/a\r\nb")),
            "out of bounds",
        ),
        (
            "never fetched again",
            keys(|keys| keys.refresh_s = 86_401),
            "out of bounds",
        ),
        ("always fetched again", keys(|keys| keys.refresh_s = 0), "out of bounds"),
        ("unknown for ever", keys(|keys| keys.unknown_s = 3_601), "out of bounds"),
        ("known for a moment", keys(|keys| keys.unknown_s = 0), "out of bounds"),
        ("30 days", keys(|keys| keys.age_s_max = 2_592_000), ""),
        (
            "a second more",
            keys(|keys| keys.age_s_max = 2_592_001),
            "out of bounds",
        ),
        (
            "gone before it is fetched",
            keys(|keys| keys.age_s_max = 299),
            "out of bounds",
        ),
        ("a secret", secret("hmac-1"), ""),
        ("a nameless secret", secret(""), "out of bounds"),
        ("introspection", introspection("/introspect", "gateway", "s", 3_600), ""),
        (
            "remembered too long",
            introspection("/introspect", "gateway", "s", 3_601),
            "out of bounds",
        ),
        ("no client", introspection("/introspect", "", "s", 0), "out of bounds"),
        (
            "a client with a line",
            introspection("/introspect", "a\n", "s", 0),
            "out of bounds",
        ),
        (
            "no secret",
            introspection("/introspect", "gateway", "", 0),
            "out of bounds",
        ),
        ("no path", introspection("", "gateway", "s", 0), "out of bounds"),
    ] {
        let found = issuer.check().err().unwrap_or_default();
        let as_said = if said.is_empty() {
            found.is_empty()
        } else {
            found.contains(said)
        };
        assert!(as_said, "{name}: {found}");
    }
}

#[test]
fn an_issuer_takes_its_own_iss() {
    let issuer = Issuer::plain("https://okta.example", &["a"]);
    for (iss, tenant, taken) in [
        ("https://okta.example", None, true),
        ("https://okta.example", Some("t1"), true),
        ("https://okta.example/", None, false),
        ("https://OKTA.example", None, false),
        ("", None, false),
    ] {
        assert_eq!(issuer.takes(iss, tenant), taken, "{iss} {tenant:?}");
    }
}

#[test]
fn a_template_takes_the_tenants_that_it_names() {
    let entra = |tenants: &[&str]| Issuer {
        tenants: tenants.iter().map(|&tenant| tenant.to_owned()).collect(),
        ..Issuer::plain("https://login.example/{tenant}/v2.0", &["a"])
    };
    let long = "t".repeat(TENANT_BYTES_MAX + 1);
    let of_long = format!("https://login.example/{long}/v2.0");
    for (name, tenants, iss, tenant, taken) in [
        (
            "named",
            &["t1", "t2"][..],
            "https://login.example/t2/v2.0",
            Some("t2"),
            true,
        ),
        ("not named", &["t1"], "https://login.example/t2/v2.0", Some("t2"), false),
        (
            "another tenant's iss",
            &["t1", "t2"],
            "https://login.example/t1/v2.0",
            Some("t2"),
            false,
        ),
        ("no tid", &["t1"], "https://login.example/t1/v2.0", None, false),
        ("any", &["*"], "https://login.example/t9/v2.0", Some("t9"), true),
        (
            "any, but another's iss",
            &["*"],
            "https://login.example/t9/v2.0",
            Some("t8"),
            false,
        ),
        (
            "the star itself",
            &["*"],
            "https://login.example/*/v2.0",
            Some("*"),
            false,
        ),
        (
            "the template itself",
            &["*"],
            "https://login.example/{tenant}/v2.0",
            Some("{tenant}"),
            false,
        ),
        (
            "a path as tenant",
            &["*"],
            "https://login.example/a/b/v2.0",
            Some("a/b"),
            false,
        ),
        (
            "an empty tenant",
            &["*"],
            "https://login.example//v2.0",
            Some(""),
            false,
        ),
        ("a long tenant", &["*"], of_long.as_str(), Some(long.as_str()), false),
        (
            "another case",
            &["T1"],
            "https://login.example/t1/v2.0",
            Some("t1"),
            false,
        ),
        (
            "another ending",
            &["t1"],
            "https://login.example/t1/v2.0/",
            Some("t1"),
            false,
        ),
    ] {
        assert_eq!(entra(tenants).takes(iss, tenant), taken, "{name}");
    }
    let no_place = Issuer {
        tenants: vec!["t1".to_owned()],
        ..Issuer::plain("https://login.example/", &["a"])
    };
    assert!(!no_place.takes("https://login.example/", Some("t1")));
}
