//! Issuers of every kind: what compiles, and how many.

mod mistakes;

use super::*;
use crate::policy::{
    issuer::{Bound, HmacAlgorithm, Introspection, Issuer, KeySource, SharedSecret, Types, Vouching},
    pages::compiled,
    wanted::{Scalar, Test, Wanted},
};
use crate::upstream::send::Endpoint;

/// The issuer `x` of a good policy, by the keys that it has.
fn issuer(keys: &str) -> Issuer {
    let site = compile_text(&format!("{GOOD}[issuers.x]\n{keys}\n"));
    let site = site.unwrap_or_else(|problems| panic!("{keys}: {problems:?}"));
    site.settings().issuers["x"].clone()
}

const TOKENS: &str = "issuer = \"https://x.example\"\naudience = [\"a\"]\n";

fn plain() -> Issuer {
    Issuer::plain("https://x.example", &["a"])
}

fn secret(name: &str, algorithm: HmacAlgorithm) -> Vouching {
    let name = name.to_owned();
    Vouching::Secret(SharedSecret { name, algorithm })
}

#[test]
fn issuers_of_every_kind_compile() {
    let endpoint = |origin: &str| Endpoint::parse(origin).unwrap();
    let own = "tollgate:api-keys/x";
    let claims = |name: &str, wanted: Wanted| {
        vec![Test {
            name: name.to_owned(),
            wanted,
        }]
    };
    for (name, keys, expected) in [
        ("plain", String::new(), plain()),
        (
            "keys of its own",
            "keys = { url = \"https://x.example:8443/jwks?a=b\", fetch = false, refresh = \"1d\", unknown = \"1h\", max_age = \"30d\" }"
                .to_owned(),
            Issuer {
                vouching: Vouching::Keys(KeySource {
                    url: Some((endpoint("https://x.example:8443"), "/jwks?a=b".to_owned())),
                    fetch: false,
                    refresh_s: 86_400,
                    unknown_s: 3_600,
                    age_s_max: 2_592_000,
                }),
                ..plain()
            },
        ),
        (
            "a secret",
            "secret = { name = \"hmac\" }".to_owned(),
            Issuer { vouching: secret("hmac", HmacAlgorithm::Hs256), ..plain() },
        ),
        (
            "a longer secret",
            "secret = { name = \"hmac\", algorithm = \"HS512\" }".to_owned(),
            Issuer { vouching: secret("hmac", HmacAlgorithm::Hs512), ..plain() },
        ),
        (
            "opaque tokens",
            "introspection = { url = \"https://x.example/introspect\", client = \"tollgate\", secret = \"s\" }".to_owned(),
            Issuer {
                vouching: Vouching::Introspection(Introspection {
                    endpoint: endpoint("https://x.example"),
                    target: "/introspect".to_owned(),
                    client: "tollgate".to_owned(),
                    secret: "s".to_owned(),
                    remember_s: 60,
                }),
                ..plain()
            },
        ),
        (
            "types",
            "types = [\"at+jwt\"]".to_owned(),
            Issuer { types: Types { at_jwt: true, ..Types::NONE }, ..plain() },
        ),
        (
            "claims",
            "claims = { token_use = \"access\" }".to_owned(),
            Issuer { claims: claims("token_use", Wanted::Equal(Scalar::Text("access".to_owned()))), ..plain() },
        ),
        (
            "bound",
            "bound = \"dpop\"\ndpop_nonce = \"nonce\"".to_owned(),
            Issuer { bound: Some(Bound::Dpop), dpop_nonce: Some("nonce".to_owned()), ..plain() },
        ),
        (
            "a nonce for those that are bound",
            "dpop_nonce = \"nonce\"".to_owned(),
            Issuer { dpop_nonce: Some("nonce".to_owned()), ..plain() },
        ),
    ] {
        assert_eq!(issuer(&format!("{TOKENS}{keys}")), expected, "{name}");
    }
    let keys = issuer("api_keys = true");
    assert_eq!(
        keys,
        Issuer {
            vouching: Vouching::ApiKeys,
            ..Issuer::plain(own, &[own])
        }
    );
    let entra = issuer("issuer = \"https://e.example/{tenant}/v2.0\"\ntenants = [\"A-1\", \"b\"]\naudience = [\"a\"]");
    assert_eq!(
        entra,
        Issuer {
            tenants: vec!["A-1".to_owned(), "b".to_owned()],
            ..Issuer::plain("https://e.example/{tenant}/v2.0", &["a"])
        }
    );
    let spelled = issuer(&format!("{TOKENS}api_keys = false"));
    assert_eq!(spelled, plain());
}

/// A policy with so many issuers.
fn of_many(count: usize) -> String {
    let one = |at: usize| {
        format!(
            "[issuers.partner-{at}]\nissuer = \"https://login.partner-{at}.example/oauth2/default\"\n\
             audience = [\"https://api.example.com\"]\nclaims = {{ token_use = \"access\" }}\n"
        )
    };
    format!("{GOOD}{}", (0..count).map(one).collect::<String>())
}

/// The issuers stand in one entry of the store. Those that do not fit are refused, in words.
#[test]
fn many_issuers_compile_or_are_refused() {
    let site = |count: usize| compile_text(&of_many(count));
    assert!(compiled(&site(32).unwrap()).is_ok());
    let told = compiled(&site(63).unwrap()).unwrap_err();
    assert!(
        told.contains("hosts and issuers have") && told.contains("use fewer or shorter"),
        "{told}"
    );
    let problems = site(64).unwrap_err();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["issuers: 65 items; use 64 at most"]);
}
