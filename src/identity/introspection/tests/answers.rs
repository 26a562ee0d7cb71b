//! Tests of an issuer's answers.

use serde_json::{Value, json};

use super::*;
use crate::{
    identity::claims::{AskedClaim, Confirmation},
    policy::{
        issuer::Asked,
        wanted::{Scalar, Test, Wanted},
    },
};

const NOW: UnixSeconds = UnixSeconds(1_000);

fn finished(status: u16, body: &str, issuer: &Issuer, remember_s: u32) -> Result<Answered, Rejection> {
    let introspection = introspection(remember_s);
    let question = Question {
        issuer_name: "okta",
        issuer,
        introspection: &introspection,
        token_digest: "digest",
    };
    let body = Secret::new(body.as_bytes().to_vec());
    finish(&Reply { status, body }, question, NOW)
}

/// A good answer with some members changed; `null` takes one away.
fn answer(changes: &Value) -> Value {
    let mut answer = json!({
        "active": true, "iss": "https://idp.example", "aud": "api://orders", "sub": "u1", "exp": 1_500, "iat": 900,
        "scope": "orders:write orders:read", "client_id": "web", "jti": "t1", "token_type": "Bearer",
    });
    for (name, value) in changes.as_object().unwrap() {
        answer[name] = value.clone();
    }
    answer
}

fn expected() -> Claims {
    Claims {
        issuer_name: "okta".to_owned(),
        issuer: "https://idp.example".to_owned(),
        subject: Some("u1".to_owned()),
        audience: vec!["api://orders".to_owned()],
        expires_at: UnixSeconds(1_500),
        not_before: None,
        issued_at: Some(UnixSeconds(900)),
        client: Some("web".to_owned()),
        scopes: vec!["orders:read".to_owned(), "orders:write".to_owned()],
        roles: Vec::new(),
        groups: Vec::new(),
        asked: Vec::new(),
        token_id: Some("t1".to_owned()),
        confirmation: Confirmation::default(),
        kid: None,
        token_digest: "digest".to_owned(),
    }
}

/// What an answer must come to.
#[derive(Debug, PartialEq)]
enum Comes {
    Claims(Box<Claims>),
    Refused(TokenRefusal),
    Unavailable(String),
}

fn comes(result: Result<Answered, Rejection>) -> Comes {
    match result {
        Ok(answered) => Comes::Claims(Box::new(answered.claims)),
        Err(Rejection::Token(refusal)) => Comes::Refused(refusal),
        Err(Rejection::IntrospectionUnavailable(why)) => Comes::Unavailable(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn good(change: impl FnOnce(&mut Claims)) -> Comes {
    let mut claims = expected();
    change(&mut claims);
    Comes::Claims(Box::new(claims))
}

fn unusable(what: &str) -> Comes {
    Comes::Unavailable(format!("the answer of okta can't be used: {what}"))
}

#[test]
fn answers_are_taken_by_the_letter() {
    use Comes::Refused;
    use TokenRefusal::{AudienceWrong, Expired, Inactive, IssuerClaimWrong, IssuerUnknown, NotBound, NotYetValid};
    let no_active = unusable("`active` is neither true nor false");
    let bad_time = |name: &str| unusable(&format!("`{name}` is no whole number of seconds"));
    let bad_audience = || unusable("`aud` is neither a text nor a list of texts");
    let too_long = || unusable("a list is too long");
    let ends = |at| good(move |claims| claims.expires_at = UnixSeconds(at));
    let scopes = vec!["s"; 257].join(" ");
    let many: Vec<u32> = (0..257).collect();
    let issuer = Issuer {
        claims: vec![Test {
            name: "org.id".to_owned(),
            wanted: Wanted::Equal(Scalar::Text("acme".to_owned())),
        }],
        asked: [Asked::Roles, Asked::Groups, Asked::Claim("tier".to_owned())].into(),
        ..issuer(&introspection(60))
    };
    for (name, changes, expected) in [
        ("good", json!({}), good(|_| {})),
        ("not active", json!({"active": false}), Refused(Inactive)),
        ("no active", json!({"active": null}), no_active),
        (
            "active as text",
            json!({"active": "true"}),
            unusable("`active` is neither true nor false"),
        ),
        (
            "active as number",
            json!({"active": 1}),
            unusable("`active` is neither true nor false"),
        ),
        (
            "another issuer",
            json!({"iss": "https://idp.example/"}),
            Refused(IssuerUnknown),
        ),
        ("no issuer", json!({"iss": null}), good(|_| {})),
        (
            "issuer is no text",
            json!({"iss": ["https://idp.example"]}),
            unusable("`iss` is no text"),
        ),
        (
            "another audience",
            json!({"aud": "api://billing"}),
            Refused(AudienceWrong),
        ),
        ("no audience", json!({"aud": null}), Refused(AudienceWrong)),
        ("no audience in the list", json!({"aud": []}), Refused(AudienceWrong)),
        (
            "several audiences",
            json!({"aud": ["b", "api://orders", "b"]}),
            good(|claims| claims.audience = vec!["api://orders".to_owned(), "b".to_owned()]),
        ),
        ("audience is a number", json!({"aud": 7}), bad_audience()),
        (
            "one audience is a number",
            json!({"aud": ["api://orders", 7]}),
            bad_audience(),
        ),
        ("last second of the leeway", json!({"exp": 941}), ends(941)),
        ("expired", json!({"exp": 940}), Refused(Expired)),
        ("no expiry", json!({"exp": null}), ends(1_060)),
        ("expiry as text", json!({"exp": "1500"}), bad_time("exp")),
        ("expiry with a fraction", json!({"exp": 1500.5}), bad_time("exp")),
        ("expiry before time", json!({"exp": -1}), bad_time("exp")),
        (
            "expiry in milliseconds",
            json!({"exp": 1_795_248_000_000_u64}),
            bad_time("exp"),
        ),
        ("not yet", json!({"nbf": 1_061}), Refused(NotYetValid)),
        (
            "just now, by the leeway",
            json!({"nbf": 1_060}),
            good(|claims| claims.not_before = Some(UnixSeconds(1_060))),
        ),
        ("issued in the future", json!({"iat": 1_061}), Refused(NotYetValid)),
        ("issued at no time", json!({"iat": true}), bad_time("iat")),
        (
            "no time of issue",
            json!({"iat": null}),
            good(|claims| claims.issued_at = None),
        ),
        (
            "the user's name where there is no subject",
            json!({"sub": null, "username": "jdoe"}),
            good(|claims| claims.subject = Some("jdoe".to_owned())),
        ),
        ("subject before user's name", json!({"username": "jdoe"}), good(|_| {})),
        ("nobody", json!({"sub": null}), good(|claims| claims.subject = None)),
        ("subject is a number", json!({"sub": 7}), unusable("`sub` is no text")),
        ("no scope", json!({"scope": null}), good(|claims| claims.scopes.clear())),
        (
            "scope is a list",
            json!({"scope": ["orders:read"]}),
            unusable("`scope` is no text"),
        ),
        ("many scopes", json!({"scope": scopes}), too_long()),
        (
            "no client",
            json!({"client_id": null}),
            good(|claims| claims.client = None),
        ),
        ("no id", json!({"jti": null}), good(|claims| claims.token_id = None)),
        (
            "bound to a key",
            json!({"cnf": {"jkt": "0ZcOCORZNYy"}}),
            good(|claims| claims.confirmation.jkt = Some("0ZcOCORZNYy".to_owned())),
        ),
        (
            "bound to a certificate",
            json!({"cnf": {"x5t#S256": "bwcK0esc3AC"}}),
            good(|claims| claims.confirmation.x5t_s256 = Some("bwcK0esc3AC".to_owned())),
        ),
        (
            "bound to something else",
            json!({"cnf": {"kid": "k"}}),
            Refused(NotBound),
        ),
        (
            "bound to no text",
            json!({"cnf": {"jkt": 1}}),
            unusable("`jkt` is no text"),
        ),
        (
            "bound by a text",
            json!({"cnf": "jkt"}),
            unusable("there is no object where one belongs"),
        ),
        ("lacks what all have", json!({"org": null}), Refused(IssuerClaimWrong)),
        (
            "has another",
            json!({"org": {"id": "other"}}),
            Refused(IssuerClaimWrong),
        ),
        (
            "what rules ask for",
            json!({"roles": ["admin"], "groups": "a b", "tier": 2, "plan": "gold"}),
            good(|claims| {
                claims.roles = vec!["admin".to_owned()];
                claims.groups = vec!["a".to_owned(), "b".to_owned()];
                claims.asked = vec![AskedClaim {
                    name: "tier".to_owned(),
                    values: vec![Scalar::Number(2)],
                }];
            }),
        ),
        ("a list that is too long", json!({"tier": many}), too_long()),
    ] {
        let mut answer = answer(&json!({"org": {"id": "acme"}}));
        for (name, value) in changes.as_object().unwrap() {
            answer[name] = value.clone();
        }
        let found = comes(finished(200, &answer.to_string(), &issuer, 60));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_is_no_answer_says_nothing_of_the_token() {
    let issuer = issuer(&introspection(60));
    let good = answer(&json!({})).to_string();
    let deep = format!("{{\"active\":true,\"x\":{}{}}}", "[".repeat(500), "]".repeat(500));
    let no_json = || unusable("it is no JSON, or has a member twice");
    let said = |status: u16| Comes::Unavailable(format!("okta answered {status}"));
    let credentials =
        "okta does not take the gateway for its client (401): check `client` and the secret `okta-client`";
    for (name, status, body, expected) in [
        (
            "good",
            200,
            good.clone(),
            comes(Ok(Answered {
                claims: expected(),
                life_s: 60,
            })),
        ),
        ("nothing", 200, String::new(), no_json()),
        ("a page", 200, "<html>".to_owned(), no_json()),
        ("cut off", 200, good.trim_end_matches('}').to_owned(), no_json()),
        ("two answers", 200, format!("{good}{good}"), no_json()),
        (
            "active twice",
            200,
            r#"{"active":false,"active":true}"#.to_owned(),
            no_json(),
        ),
        (
            "twice further in",
            200,
            r#"{"active":true,"x":{"a":1,"a":1}}"#.to_owned(),
            no_json(),
        ),
        ("deep", 200, deep, no_json()),
        (
            "a list",
            200,
            "[true]".to_owned(),
            unusable("there is no object where one belongs"),
        ),
        (
            "yes",
            200,
            "true".to_owned(),
            unusable("there is no object where one belongs"),
        ),
        ("another success", 201, good.clone(), said(201)),
        ("a redirect", 302, good.clone(), said(302)),
        ("a bad request", 400, r#"{"active":false}"#.to_owned(), said(400)),
        (
            "not our client",
            401,
            r#"{"error":"invalid_client"}"#.to_owned(),
            Comes::Unavailable(credentials.to_owned()),
        ),
        ("forbidden", 403, good.clone(), said(403)),
        ("down", 503, good, said(503)),
    ] {
        assert_eq!(comes(finished(status, &body, &issuer, 60)), expected, "{name}");
    }
}

#[test]
fn an_answer_lives_no_longer_than_token_and_policy_say() {
    let issuer = issuer(&introspection(60));
    for (name, changes, remember_s, life_s) in [
        ("until the cap", json!({}), 60, 60),
        ("until the token's end", json!({"exp": 1_030}), 60, 30),
        ("in the leeway", json!({"exp": 990}), 60, 1),
        ("without an end", json!({"exp": null}), 60, 60),
        ("never", json!({}), 0, 0),
        ("never, without an end", json!({"exp": null}), 0, 0),
    ] {
        let answered = finished(200, &answer(&changes).to_string(), &issuer, remember_s).unwrap();
        assert_eq!(answered.life_s, life_s, "{name}");
    }
}
