//! A token is valid, wrong in exactly one point, or forged, as it was asked for.

use jsonwebtoken::jwk::JwkSet;

use super::forged::parts;
use super::*;
use crate::signing::{signature_only, verify};

fn issuer() -> Issuer {
    Issuer::new("okta", "https://example.okta.com/oauth2/default", "api://orders").expect("an issuer")
}

fn check(issuer: &Issuer, algorithm: Algorithm, token: &str) -> anyhow::Result<Value> {
    let keys: JwkSet = serde_json::from_value(issuer.jwks())?;
    verify(token, &keys, &signature_only(algorithm))
}

fn parsed(token: &str) -> (Value, Value) {
    let [header, claims, _] = parts(token).expect("three parts");
    let json = |part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("json");
    (json(header), json(claims))
}

#[test]
fn a_token_is_valid_unless_told_otherwise() {
    let issuer = issuer();
    for algorithm in Algorithm::ALL {
        let name = algorithm.jws_name();
        let token = issuer.token().algorithm(algorithm).build().expect(name);
        let claims = check(&issuer, algorithm, &token).expect(name);
        let (header, _) = parsed(&token);
        let kid = format!("okta-{}-1", name.to_lowercase());
        assert_eq!(header, json!({ "alg": name, "kid": kid, "typ": "JWT" }));
        assert_eq!(claims["iss"], "https://example.okta.com/oauth2/default");
        assert_eq!((&claims["sub"], &claims["aud"]), (&json!("u1"), &json!("api://orders")));
        let time = |claim: &str| claims[claim].as_i64().expect("a time");
        assert!((now() - 5..=now()).contains(&time("iat")), "{claims}");
        assert_eq!((time("nbf") - time("iat"), time("exp") - time("iat")), (0, 300));
    }
    assert_ne!(
        parsed(&issuer.token().build().expect("a token")).1["jti"],
        parsed(&issuer.token().build().expect("a token")).1["jti"]
    );
}

#[test]
fn each_method_changes_one_thing() {
    let issuer = issuer();
    let other = SigningKey::generate(Algorithm::Es256, "other").expect("a key");
    let now = now();
    type Change<'a> = fn(TokenBuilder<'a>) -> TokenBuilder<'a>;
    let table: [(&str, Change<'_>, &str, Value); 17] = [
        ("type by name", |token| token.type_("at+jwt"), "/0/typ", json!("at+jwt")),
        ("key", |token| token.bound_to("k"), "/1/cnf", json!({ "jkt": "k" })),
        (
            "certificate",
            |token| token.bound_to_certificate("c"),
            "/1/cnf",
            json!({ "x5t#S256": "c" }),
        ),
        ("subject", |token| token.subject("u2"), "/1/sub", json!("u2")),
        ("scope", |token| token.scope("a b"), "/1/scope", json!("a b")),
        ("audience", |token| token.audience("x"), "/1/aud", json!("x")),
        (
            "audiences",
            |token| token.audience(vec!["x", "y"]),
            "/1/aud",
            json!(["x", "y"]),
        ),
        ("issuer", |token| token.issuer("x"), "/1/iss", json!("x")),
        ("expiry", |token| token.expires_in(-10), "/1/exp", json!(now - 10)),
        ("not before", |token| token.not_before_in(60), "/1/nbf", json!(now + 60)),
        ("issued", |token| token.issued_in(60), "/1/iat", json!(now + 60)),
        ("claim", |token| token.claim("tenant", 7), "/1/tenant", json!(7)),
        ("no claim", |token| token.without("exp"), "/1/exp", Value::Null),
        ("kid", |token| token.kid("x"), "/0/kid", json!("x")),
        ("no kid", TokenBuilder::without_kid, "/0/kid", Value::Null),
        (
            "header",
            |token| token.header("crit", json!(["x"])),
            "/0/crit",
            json!(["x"]),
        ),
        ("type", |token| token.header("typ", "at+jwt"), "/0/typ", json!("at+jwt")),
    ];
    for (name, change, place, expected) in table {
        let mut plain = issuer.token();
        plain.now = now;
        let plain = plain.issued_in(0).not_before_in(0).expires_in(300);
        let as_json = |token: &TokenBuilder<'_>| json!([token.header, token.claims]);
        let (before, after) = (as_json(&plain), as_json(&change(plain)));
        assert_eq!(after.pointer(place).unwrap_or(&Value::Null), &expected, "{name}");
        let differences: Vec<_> = [
            "sub", "scope", "aud", "iss", "exp", "nbf", "iat", "tenant", "jti", "cnf",
        ]
        .map(|claim| format!("/1/{claim}"))
        .into_iter()
        .chain(["alg", "kid", "typ", "crit"].map(|field| format!("/0/{field}")))
        .filter(|place| before.pointer(place) != after.pointer(place))
        .collect();
        assert_eq!(differences, [place], "{name}");
    }
    let foreign = issuer.token().signed_by(&other).build().expect("a token");
    assert_eq!(parsed(&foreign).0["kid"], "okta-rs256-1");
    check(&issuer, Algorithm::Rs256, &foreign).expect_err("signed by another key");
}

#[test]
fn forgeries_are_what_they_say_and_do_not_verify() {
    let issuer = issuer();
    let token = issuer.token().build().expect("a token");
    let table = [
        ("signature", tampered_signature(&token), json!("RS256"), json!("u1")),
        (
            "claims",
            tampered_claims(&token, "sub", "admin"),
            json!("RS256"),
            json!("admin"),
        ),
        ("unsigned", unsigned(&token), json!("none"), json!("u1")),
        (
            "hmac",
            hmac_with_public_key(issuer.token()),
            json!("HS256"),
            json!("u1"),
        ),
    ];
    for (name, forged, algorithm, subject) in table {
        let forged = forged.expect(name);
        let (header, claims) = parsed(&forged);
        assert_eq!((&header["alg"], &claims["sub"]), (&algorithm, &subject), "{name}");
        assert_eq!(header["kid"], "okta-rs256-1", "{name}");
        check(&issuer, Algorithm::Rs256, &forged).expect_err(name);
    }
    assert!(unsigned(&token).expect("a token").ends_with('.'));
    for bad in ["", "a.b", "a.b.c.d"] {
        tampered_signature(bad).expect_err(bad);
    }
}

#[test]
fn the_hmac_forgery_would_fool_a_verifier_that_lets_the_token_choose() {
    let issuer = issuer();
    let forged = hmac_with_public_key(issuer.token()).expect("a token");
    let secret = issuer.key(Algorithm::Rs256).public_pem();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    validation.validate_aud = false;
    let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
    jsonwebtoken::decode::<Value>(&forged, &key, &validation).expect("it verifies with the public key as a secret");
}

#[test]
fn an_issuer_publishes_keys_for_what_it_is_made_with() {
    let issuer = issuer().with(&[Algorithm::Es384, Algorithm::Ps256]);
    let kids: Vec<_> = issuer.published_keys().iter().map(|key| key.kid().to_owned()).collect();
    assert_eq!(kids, ["okta-es384-1", "okta-ps256-1"]);
    let token = issuer.token().build().expect("a token");
    assert_eq!(parsed(&token).0["alg"], "ES384");
    check(&issuer, Algorithm::Es384, &token).expect("it verifies");
    for algorithm in Algorithm::EVERY {
        let token = issuer.token().algorithm(algorithm).build().expect("a token");
        let is_published = [Algorithm::Es384, Algorithm::Ps256].contains(&algorithm);
        assert_eq!(check(&issuer, algorithm, &token).is_ok(), is_published, "{algorithm:?}");
    }
}

#[test]
fn keys_come_and_go_for_all_clones() {
    let issuer = issuer();
    let shown = issuer.clone();
    let kids = || {
        shown
            .published_keys()
            .iter()
            .map(|key| key.kid().to_owned())
            .collect::<Vec<_>>()
    };
    let added = issuer.add_key("new", Algorithm::EdDsa).expect("a key");
    issuer.add_key("new", Algorithm::EdDsa).expect_err("the name is taken");
    let rotated = issuer.rotate(Algorithm::Es256).expect("a key");
    assert_eq!(
        kids(),
        ["okta-rs256-1", "okta-es256-1", "okta-eddsa-1", "new", "okta-es256-2"]
    );
    assert_eq!(shown.newest_key(Algorithm::Es256).expect("a key").kid(), rotated.kid());
    let token = issuer.token().by(&added).build().expect("a token");
    assert_eq!(
        (&parsed(&token).0["kid"], &parsed(&token).0["alg"]),
        (&json!("new"), &json!("EdDSA"))
    );
    check(&shown, Algorithm::EdDsa, &token).expect("it verifies");
    assert!(issuer.withdraw_key("new"));
    assert!(!issuer.withdraw_key("new"));
    check(&shown, Algorithm::EdDsa, &token).expect_err("the key is gone");
    let old = issuer.token().algorithm(Algorithm::EdDsa).build().expect("a token");
    check(&shown, Algorithm::EdDsa, &old).expect("the first key is there");
    assert_eq!(issuer.rotate(Algorithm::Es256).expect("a key").kid(), "okta-es256-3");
}

#[test]
fn a_shared_secret_confirms_what_it_signed() {
    for (algorithm, of_library) in [
        (HmacAlgorithm::Hs256, jsonwebtoken::Algorithm::HS256),
        (HmacAlgorithm::Hs384, jsonwebtoken::Algorithm::HS384),
        (HmacAlgorithm::Hs512, jsonwebtoken::Algorithm::HS512),
    ] {
        let name = hmac_name(algorithm);
        let issuer = issuer().sharing("a secret", algorithm);
        assert_eq!(issuer.jwks(), json!({ "keys": [] }), "{name}");
        let token = issuer.token().build().expect(name);
        assert_eq!(parsed(&token).0, json!({ "alg": name, "typ": "JWT" }));
        let mut validation = jsonwebtoken::Validation::new(of_library);
        validation.validate_aud = false;
        let verifies = |token: &str, secret: &str| {
            let key = jsonwebtoken::DecodingKey::from_secret(secret.as_bytes());
            jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok()
        };
        assert!(verifies(&token, "a secret"), "{name}");
        assert!(!verifies(&token, "another"), "{name}");
        let forged = issuer.token().hmac_under(algorithm, "another").build().expect(name);
        assert!(verifies(&forged, "another") && !verifies(&forged, "a secret"), "{name}");
        assert!(!format!("{issuer:?}").contains("a secret"));
    }
}

#[test]
fn an_opaque_token_is_told_about_while_it_is_in_force() {
    let issuer = issuer().introspected_by("edge", "s3cret");
    for (client, secret, told) in [
        ("edge", "s3cret", true),
        ("edge", "s3cre", false),
        ("else", "s3cret", false),
        ("", "", false),
    ] {
        assert_eq!(issuer.is_told(client, secret), told, "{client}:{secret}");
    }
    let inactive = json!({ "active": false });
    let token = issuer.token().scope("a b").build().expect("a token");
    let told = issuer.told_about(&token, now());
    assert_eq!(
        (&told["active"], &told["scope"], &told["sub"]),
        (&json!(true), &json!("a b"), &json!("u1"))
    );
    assert_eq!(issuer.told_about(&token, now() + 301), inactive);
    let early = issuer.token().not_before_in(60).build().expect("a token");
    assert_eq!(issuer.told_about(&early, now()), inactive);
    assert_eq!(issuer.told_about("guess", now()), inactive);
    assert!(issuer.clone().revoke_opaque(&token) && !issuer.revoke_opaque(&token));
    assert_eq!(issuer.told_about(&token, now()), inactive);
    let odd = issuer.token().claim("active", "yes").build().expect("a token");
    assert_eq!(issuer.told_about(&odd, now())["active"], "yes");
}

#[test]
fn raw_parts_stand_as_they_are_under_a_good_signature() {
    let issuer = issuer();
    let header = br#"{"alg":"ES256","alg":"none"}"#;
    let token = issuer
        .token()
        .algorithm(Algorithm::Es256)
        .raw_header(header)
        .raw_claims([0xff, b'{']);
    let token = token.build().expect("a token");
    let [head, claims, _] = parts(&token).expect("three parts");
    assert_eq!(URL_SAFE_NO_PAD.decode(head).expect("base64url"), header);
    assert_eq!(URL_SAFE_NO_PAD.decode(claims).expect("base64url"), [0xff, b'{']);
}
