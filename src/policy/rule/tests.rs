//! Rules, each held against one caller.

use super::*;
use crate::{
    identity::claims::{AskedClaim, tests::claims},
    policy::wanted::{Scalar, Wanted},
};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn caller() -> Claims {
    Claims {
        roles: texts(&["support"]),
        groups: texts(&["staff"]),
        client: Some("app".to_owned()),
        asked: vec![AskedClaim {
            name: "tenant".to_owned(),
            values: vec![Scalar::Text("acme".to_owned())],
        }],
        ..claims()
    }
}

fn tenant(wanted: Wanted) -> Vec<Test> {
    vec![Test {
        name: "tenant".to_owned(),
        wanted,
    }]
}

#[test]
fn rules_are_met_whole_or_not_at_all() {
    let rule = || Rule {
        issuers: texts(&["okta"]),
        ..Rule::default()
    };
    let networks = |networks: &[&str]| networks.iter().map(|text| text.parse().unwrap()).collect();
    let night = Hours {
        from_min: 1_320,
        to_min: 360,
        days: 0x7f,
        offset_min: 0,
    };
    let captured = || tenant(Wanted::Captured("tenant".to_owned()));
    let acme = |text: &str| tenant(Wanted::Equal(Scalar::Text(text.to_owned())));
    let other_claim = vec![Test {
        name: "plan".to_owned(),
        wanted: Wanted::Exists,
    }];
    for (name, rule, unmet) in [
        ("issuer", rule(), None),
        (
            "either issuer",
            Rule {
                issuers: texts(&["other", "okta"]),
                ..rule()
            },
            None,
        ),
        (
            "other issuer",
            Rule {
                issuers: texts(&["other"]),
                ..rule()
            },
            Some(Unmet::Issuer),
        ),
        (
            "scope",
            Rule {
                scopes: texts(&["orders:read"]),
                ..rule()
            },
            None,
        ),
        (
            "all scopes",
            Rule {
                scopes: texts(&["orders:read", "x"]),
                ..rule()
            },
            Some(Unmet::Scopes),
        ),
        (
            "any role",
            Rule {
                roles: texts(&["admin", "support"]),
                ..rule()
            },
            None,
        ),
        (
            "no role",
            Rule {
                roles: texts(&["admin"]),
                ..rule()
            },
            Some(Unmet::Roles),
        ),
        (
            "any group",
            Rule {
                groups: texts(&["staff"]),
                ..rule()
            },
            None,
        ),
        (
            "no group",
            Rule {
                groups: texts(&["Staff"]),
                ..rule()
            },
            Some(Unmet::Groups),
        ),
        (
            "claim",
            Rule {
                claims: acme("acme"),
                ..rule()
            },
            None,
        ),
        (
            "other value",
            Rule {
                claims: acme("x"),
                ..rule()
            },
            Some(Unmet::Claims),
        ),
        (
            "claim of the path",
            Rule {
                claims: captured(),
                ..rule()
            },
            None,
        ),
        (
            "claim that is not there",
            Rule {
                claims: other_claim,
                ..rule()
            },
            Some(Unmet::Claims),
        ),
        (
            "client",
            Rule {
                clients: texts(&["app"]),
                ..rule()
            },
            None,
        ),
        (
            "other client",
            Rule {
                clients: texts(&["cli"]),
                ..rule()
            },
            Some(Unmet::Clients),
        ),
        (
            "network",
            Rule {
                addresses: networks(&["10.0.0.0/8", "203.0.113.0/24"]),
                ..rule()
            },
            None,
        ),
        (
            "other network",
            Rule {
                addresses: networks(&["10.0.0.0/8"]),
                ..rule()
            },
            Some(Unmet::Addresses),
        ),
        (
            "country",
            Rule {
                countries: texts(&["FR", "DE"]),
                ..rule()
            },
            None,
        ),
        (
            "other country",
            Rule {
                countries: texts(&["FR"]),
                ..rule()
            },
            Some(Unmet::Countries),
        ),
        (
            "time",
            Rule {
                hours: Some(night),
                ..rule()
            },
            None,
        ),
        (
            "the first part is told",
            Rule {
                clients: texts(&["cli"]),
                countries: texts(&["FR"]),
                ..rule()
            },
            Some(Unmet::Clients),
        ),
    ] {
        let (claims, captures) = (caller(), Captures(vec![("tenant".to_owned(), "acme".to_owned())]));
        let circumstances = Circumstances {
            claims: &claims,
            // As a dual-stack socket shows it.
            address: Some("::ffff:203.0.113.9".parse().unwrap()),
            country: Some("DE"),
            now: UnixSeconds(0),
            captures: &captures,
        };
        assert_eq!(rule.unmet(&circumstances), unmet, "{name}");
        let nowhere = Circumstances {
            address: None,
            country: None,
            ..circumstances
        };
        let placed = !rule.addresses.is_empty() || !rule.countries.is_empty();
        assert_eq!(
            rule.unmet(&nowhere).is_none(),
            unmet.is_none() && !placed,
            "{name}, address not known"
        );
    }
}
