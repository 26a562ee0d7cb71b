//! Several issuers of the policy with one `iss`: the first that takes a token whole wins, and none lends another anything.

use serde_json::json;

use super::*;
use crate::policy::{
    issuer::{HmacAlgorithm, SharedSecret, Types},
    wanted::{Test, Wanted},
};

fn plain(audience: &str) -> Issuer {
    Issuer::plain(ISSUER, &[audience])
}

fn needing(name: &str, value: &str) -> Vec<Test> {
    vec![Test {
        name: name.to_owned(),
        wanted: Wanted::Equal(Scalar::Text(value.to_owned())),
    }]
}

/// The name of the candidate that takes a token, or the refusal.
fn judge_among(candidates: &[(&str, Issuer)], token: TokenBuilder<'_>) -> Result<String, TokenRefusal> {
    let token = Secret::new(token.build().unwrap());
    let unverified = Unverified::read(&token)?;
    let candidates: Vec<_> = candidates.iter().map(|(name, issuer)| (*name, issuer)).collect();
    check_candidates(&unverified, &candidates)?;
    let jwk = signer().key(SigningAlgorithm::EdDsa).public_jwk().to_string();
    let key = VerifyingKey::from_jwk(&jwk, signer().key(SigningAlgorithm::EdDsa).kid()).unwrap();
    let verified = verify((&token, "d"), &unverified, &key, &candidates, UnixSeconds(NOW))?;
    Ok(verified.get().issuer_name.clone())
}

fn eddsa() -> TokenBuilder<'static> {
    good(SigningAlgorithm::EdDsa)
}

#[test]
fn the_first_that_takes_a_token_whole_wins() {
    let (one, two) = (plain("api://one"), plain("api://two"));
    let strict = Issuer {
        claims: needing("email", "a@example.com"),
        ..plain("api://one")
    };
    let late = Issuer {
        leeway_s: 0,
        ..plain("api://one")
    };
    let by_secret = Issuer {
        vouching: Vouching::Secret(SharedSecret {
            name: "s".to_owned(),
            algorithm: HmacAlgorithm::Hs256,
        }),
        ..plain("api://one")
    };
    let access_only = Issuer {
        types: Types {
            jwt: false,
            at_jwt: true,
            absent: false,
        },
        ..plain("api://one")
    };
    let to = |audience: &str| eddsa().audience(audience);
    for (name, candidates, token, expected) in [
        (
            "the second",
            vec![("1", one.clone()), ("2", two.clone())],
            to("api://two"),
            Ok("2"),
        ),
        (
            "the first of two that would",
            vec![("1", one.clone()), ("same", one.clone())],
            to("api://one"),
            Ok("1"),
        ),
        (
            "the one with the claims",
            vec![("strict", strict.clone()), ("1", one.clone())],
            to("api://one").claim("email", "a@example.com"),
            Ok("strict"),
        ),
        (
            "the one without",
            vec![("strict", strict.clone()), ("1", one.clone())],
            to("api://one").claim("email", "b@example.com"),
            Ok("1"),
        ),
        (
            "one has the audience, the other the claims",
            vec![("strict", strict.clone()), ("2", two.clone())],
            to("api://one").claim("email", "b@example.com"),
            Err(TokenRefusal::IssuerClaimWrong),
        ),
        (
            "the claims alone are not enough",
            vec![("strict", strict.clone()), ("2", two.clone())],
            to("api://else").claim("email", "a@example.com"),
            Err(TokenRefusal::AudienceWrong),
        ),
        (
            "the leeway of one is not the other's",
            vec![("late", late.clone()), ("2", two.clone())],
            to("api://one").claim("exp", NOW - 30),
            Err(TokenRefusal::Expired),
        ),
        (
            "one that shares a secret takes no key",
            vec![("secret", by_secret.clone())],
            to("api://one"),
            Err(TokenRefusal::AlgorithmNotAllowed),
        ),
        (
            "and passes it on",
            vec![("secret", by_secret), ("1", one.clone())],
            to("api://one"),
            Ok("1"),
        ),
        (
            "a type of another",
            vec![("access", access_only.clone())],
            to("api://one"),
            Err(TokenRefusal::TypeNotAllowed),
        ),
        (
            "its own type",
            vec![("access", access_only.clone()), ("1", one.clone())],
            to("api://one").header("typ", "at+JWT"),
            Ok("access"),
        ),
        (
            "the type of one, the audience of the other",
            vec![("access", access_only), ("2", two)],
            to("api://one"),
            Err(TokenRefusal::AudienceWrong),
        ),
        ("nobody", vec![], to("api://one"), Err(TokenRefusal::IssuerUnknown)),
        (
            "another iss",
            vec![("1", one)],
            to("api://one").issuer("https://else.example"),
            Err(TokenRefusal::IssuerUnknown),
        ),
    ] {
        assert_eq!(judge_among(&candidates, token), expected.map(str::to_owned), "{name}");
    }
}

#[test]
fn what_an_issuer_asks_to_be_bound_is_bound() {
    let (key, certificate) = (json!({ "jkt": "k" }), json!({ "x5t#S256": "c" }));
    for (name, bound, confirmation, taken) in [
        ("none asked, none there", None, None, true),
        ("none asked, one there", None, Some(&key), true),
        ("a key", Some(Bound::Dpop), Some(&key), true),
        ("no key", Some(Bound::Dpop), None, false),
        ("a certificate for a key", Some(Bound::Dpop), Some(&certificate), false),
        ("a certificate", Some(Bound::Certificate), Some(&certificate), true),
        ("a key for a certificate", Some(Bound::Certificate), Some(&key), false),
        ("either is a key", Some(Bound::Either), Some(&key), true),
        ("either is a certificate", Some(Bound::Either), Some(&certificate), true),
        ("neither", Some(Bound::Either), None, false),
    ] {
        let issuer = Issuer {
            bound,
            ..plain("api://orders")
        };
        let token = match confirmation {
            Some(confirmation) => eddsa().claim("cnf", confirmation.clone()),
            None => eddsa(),
        };
        let expected = if taken {
            Ok("1".to_owned())
        } else {
            Err(TokenRefusal::NotBound)
        };
        assert_eq!(judge_among(&[("1", issuer)], token), expected, "{name}");
    }
}

#[test]
fn a_tenant_speaks_for_itself_alone() {
    let entra = |tenants: &[&str]| Issuer {
        tenants: tenants.iter().map(|&tenant| tenant.to_owned()).collect(),
        ..Issuer::plain("https://login.example/{tenant}/v2.0", &["api://orders"])
    };
    let of = |iss: &str| eddsa().issuer(format!("https://login.example/{iss}/v2.0"));
    for (name, tenants, token, taken) in [
        ("named", &["t1"][..], of("t1").claim("tid", "t1"), true),
        ("any", &["*"], of("t9").claim("tid", "t9"), true),
        ("not named", &["t1"], of("t2").claim("tid", "t2"), false),
        ("another's iss", &["t1", "t2"], of("t1").claim("tid", "t2"), false),
        ("no tid", &["t1"], of("t1"), false),
        ("tid is no text", &["t1"], of("t1").claim("tid", json!(["t1"])), false),
    ] {
        let expected = if taken {
            Ok("1".to_owned())
        } else {
            Err(TokenRefusal::IssuerUnknown)
        };
        assert_eq!(judge_among(&[("1", entra(tenants))], token), expected, "{name}");
    }
    let token = eddsa().claim("tid", 7);
    assert_eq!(judge_among(&[("1", plain("api://orders"))], token), Ok("1".to_owned()));
}

#[test]
fn a_key_that_says_whose_it_is_vouches_for_nobody_else() {
    let jwk = |issuer: &str| {
        let mut jwk = signer().key(SigningAlgorithm::EdDsa).public_jwk();
        jwk["issuer"] = json!(issuer);
        VerifyingKey::from_jwk(&jwk.to_string(), signer().key(SigningAlgorithm::EdDsa).kid()).unwrap()
    };
    let token = eddsa().claim("tid", "oauth2").build().unwrap();
    for (name, issuer, expected) in [
        ("its own", ISSUER, Ok(())),
        ("another's", "https://else.example", Err(TokenRefusal::KeyUnknown)),
        ("of the tenant", "https://okta.example/{tenantid}", Ok(())),
        (
            "of the tenant elsewhere",
            "https://else.example/{tenantid}",
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "of a longer template",
            "https://okta.example/{tenantid}/v2.0",
            Err(TokenRefusal::KeyUnknown),
        ),
    ] {
        assert_eq!(judge_with(&token, |_| Some(jwk(issuer))).map(drop), expected, "{name}");
    }
    let without_tenant = eddsa().build().unwrap();
    let judged = judge_with(&without_tenant, |_| Some(jwk("https://okta.example/{tenantid}")));
    assert_eq!(judged.map(drop), Err(TokenRefusal::KeyUnknown));
}
