//! Spoiled tokens: each is wrong in one point, is refused for that point, and tells nothing to anybody.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tollgate_devstack::signing::{Algorithm, SigningKey};
use tollgate_devstack::tokens::{TokenBuilder, hmac_with_public_key, tampered_claims, tampered_signature, unsigned};
use tollgate_devstack::world::World;

use super::support::gateway::{Gateway, assert_no_secret, probe, reader, shared};
use super::support::http::Ask;

#[test]
fn wrong_claims_are_refused_for_their_own_reason() {
    shared(|world| async move {
        let r = || reader(world);
        let okta = world.okta();
        for (code, tokens) in [
            (
                "token-expired",
                vec![
                    ("two minutes ago", r().expires_in(-120)),
                    ("at the leeway's end", r().expires_in(-60)),
                ],
            ),
            ("expiry-missing", vec![("no expiry", r().without("exp"))]),
            (
                "token-not-yet-valid",
                vec![
                    ("not before", r().not_before_in(600)),
                    ("issued in the future", r().issued_in(600)),
                ],
            ),
            (
                "audience-wrong",
                vec![
                    ("other", r().audience("api://other")),
                    ("in another case", r().audience("API://orders")),
                    ("longer", r().audience("api://orders/")),
                    ("none", r().without("aud")),
                    ("empty list", r().audience(json!([]))),
                ],
            ),
            (
                "issuer-unknown",
                vec![
                    ("other", r().issuer("https://evil.example")),
                    ("with a slash", r().issuer(format!("{}/", okta.issuer))),
                    ("none", r().without("iss")),
                ],
            ),
            (
                "token-malformed",
                vec![
                    ("expiry is null", r().claim("exp", Value::Null)),
                    ("expiry is text", r().claim("exp", "9999999999")),
                    ("expiry is negative", r().claim("exp", -1)),
                    ("audience is a number", r().audience(7)),
                    ("issuer is a list", r().claim("iss", json!([okta.issuer]))),
                    ("subject is a list", r().claim("sub", json!(["u1"]))),
                    ("300 scopes", r().scope("s ".repeat(300))),
                ],
            ),
            (
                "token-too-long",
                vec![("8,000 more characters", r().claim("pad", "x".repeat(8_000)))],
            ),
        ] {
            refused_with(world, code, signed(tokens)).await;
        }
    });
}

#[test]
fn wrong_headers_are_refused_for_their_own_reason() {
    shared(|world| async move {
        let r = || reader(world);
        let es256 = || r().algorithm(Algorithm::Es256);
        let (okta, partner) = (world.okta(), world.issuer("partner").expect("partner"));
        for (code, tokens) in [
            (
                "key-unknown",
                vec![
                    ("issuer has no such key", r().issuer(&partner.issuer)),
                    ("another issuer's key", partner.token().issuer(&okta.issuer)),
                    ("unknown kid", r().kid("no-such-key")),
                    ("kid with a path", r().kid("../../active")),
                    ("kid of 300 characters", r().kid("k".repeat(300))),
                    ("no kid", r().without_kid()),
                ],
            ),
            (
                "algorithm-not-allowed",
                vec![
                    ("RS512", r().header("alg", "RS512")),
                    ("PS256", r().header("alg", "PS256")),
                    ("rs256", r().header("alg", "rs256")),
                    ("RSA key, ES256 said", r().header("alg", "ES256")),
                    ("P-256 key, EdDSA said", es256().header("alg", "EdDSA")),
                ],
            ),
            (
                "type-not-allowed",
                vec![
                    ("logout token", r().header("typ", "logout+jwt")),
                    ("DPoP proof", r().header("typ", "dpop+jwt")),
                ],
            ),
            (
                "extension-not-supported",
                vec![
                    ("crit", r().header("crit", json!(["exp"]))),
                    ("b64", r().header("b64", false)),
                ],
            ),
            ("token-malformed", vec![("kid is a number", r().header("kid", 1))]),
        ] {
            refused_with(world, code, signed(tokens)).await;
        }
    });
}

#[test]
fn forgeries_are_refused_for_their_own_reason() {
    shared(|world| async move {
        let good = reader(world).build().expect("a token");
        let es256 = || reader(world).algorithm(Algorithm::Es256);
        let stranger = |algorithm| SigningKey::generate(algorithm, world.okta().key(algorithm).kid()).expect("a key");
        let (rsa, ec) = (stranger(Algorithm::Rs256), stranger(Algorithm::Es256));
        let tampered = |claim: &str, value: Value| tampered_claims(&good, claim, value).expect("a token");
        // A byte less: what is left is base64url still.
        let cut = good.get(..good.len() - 2).expect("long enough").to_owned();
        let (zeros_head, _) = split(&es256().build().expect("a token"));
        let mut forgeries = signed(vec![
            ("strange RSA key", reader(world).signed_by(&rsa)),
            ("strange P-256 key", es256().signed_by(&ec)),
            (
                "own keys at jku",
                es256().header("jku", "https://evil.example").signed_by(&ec),
            ),
        ]);
        forgeries.extend([
            ("changed signature", tampered_signature(&good).expect("a token")),
            ("changed subject", tampered("sub", json!("root"))),
            ("changed scope", tampered("scope", json!("admin"))),
            ("changed expiry", tampered("exp", json!(9_999_999_999_u64))),
            ("signature cut short", cut),
            ("ECDSA signature of zeros", format!("{zeros_head}.{}", "A".repeat(86))),
        ]);
        refused_with(world, "signature-invalid", forgeries).await;

        let kid = world.okta().key(Algorithm::Rs256).kid();
        let with_header = |header: &str| with_header(&good, header);
        let unsigned_ones = vec![
            ("alg none", unsigned(&good).expect("a token")),
            (
                "alg none, signed",
                with_header(&format!(r#"{{"alg":"none","kid":"{kid}"}}"#)),
            ),
            ("alg NoNe", with_header(&format!(r#"{{"alg":"NoNe","kid":"{kid}"}}"#))),
            (
                "HS256 with the public key",
                hmac_with_public_key(reader(world)).expect("a token"),
            ),
        ];
        refused_with(world, "algorithm-not-allowed", unsigned_ones).await;
        let mut misshapen = signed(vec![(
            "own key in jwk",
            es256().header("jwk", ec.public_jwk()).signed_by(&ec),
        )]);
        misshapen.extend([
            ("no alg", with_header(&format!(r#"{{"kid":"{kid}"}}"#))),
            (
                "alg twice",
                with_header(&format!(r#"{{"alg":"RS256","alg":"none","kid":"{kid}"}}"#)),
            ),
        ]);
        refused_with(world, "token-malformed", misshapen).await;
    });
}

#[test]
fn what_has_not_the_shape_of_a_token_is_malformed() {
    shared(|world| async move {
        let good = reader(world).build().expect("a token");
        let (head, signature) = split(&good);
        let (header, claims) = split(&head);
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let tokens = vec![
            ("two parts", head.clone()),
            ("four parts", format!("{good}.{signature}")),
            ("no signature", format!("{head}.")),
            ("padded", format!("{good}==")),
            ("standard base64", good.replacen('.', "+.", 1)),
            (
                "claims are no JSON",
                format!("{header}.{}.{signature}", encoded("sub=root")),
            ),
            ("claims are a list", format!("{header}.{}.{signature}", encoded("[]"))),
            ("header is not UTF-8", format!("_w.{claims}.{signature}")),
            ("not a token", "hello".to_owned()),
            ("dots alone", "..".to_owned()),
            ("two tokens", format!("{good}, Bearer {good}")),
            ("a space inside", format!("{header} .{claims}.{signature}")),
            ("a quoted one", format!("\"{good}\"")),
        ];
        refused_with(world, "token-malformed", tokens).await;
        let encrypted = vec![("five parts", format!("{good}.{signature}.{signature}"))];
        refused_with(world, "token-encrypted", encrypted).await;
    });
}

fn signed(tokens: Vec<(&'static str, TokenBuilder<'_>)>) -> Vec<(&'static str, String)> {
    let sign = |(name, token): (_, TokenBuilder<'_>)| (name, token.build().expect("a token"));
    tokens.into_iter().map(sign).collect()
}

/// Before and after the last dot.
fn split(token: &str) -> (String, String) {
    let (before, after) = token.rsplit_once('.').expect("a dot");
    (before.to_owned(), after.to_owned())
}

fn with_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').expect("a dot");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

async fn refused_with(world: &World, code: &str, tokens: Vec<(&'static str, String)>) {
    for (name, token) in tokens {
        let probe = probe();
        let ask = Ask::get("/v1/orders/7").bearer(&token).header("X-Probe", &probe);
        let answer = world.ask(ask).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (401, code),
            "{name}: {}",
            answer.text()
        );
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{name}"
        );
        let detail = answer.json()["detail"].as_str().expect("a detail").replace('`', "'");
        let challenge = format!("Bearer realm=\"tollgate\", error=\"invalid_token\", error_description=\"{detail}\"");
        assert_eq!(answer.values("www-authenticate"), [challenge.as_str()], "{name}");
        let entry = world.log(&answer).await;
        let told = &entry["tollgate"];
        assert_eq!(
            (&told["code"], &told["ended"]),
            (&json!(code), &json!("edge")),
            "{name}"
        );
        assert!(told.get("caller").is_none(), "{name}: nobody is known: {entry}");
        assert_no_secret(&entry.to_string());
        for part in token.split('.').filter(|part| part.len() > 20) {
            let told = answer.text().contains(part) || entry.to_string().contains(part);
            assert!(!told, "{name}: a part of the token was told");
        }
        assert!(
            world.received("sample", &probe).is_empty(),
            "{name}: it reached the service"
        );
    }
}
