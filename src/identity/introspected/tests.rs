//! Tests of asking an issuer about opaque tokens, and of remembering what it said.

use serde_json::{Value, json};

use super::*;
use crate::{
    identity::{
        introspection::tests::{introspection, issuer},
        tests::{Part, Stub, run},
        verify::token_digest,
    },
    rejection::Rejection::IntrospectionUnavailable,
};

const ASKED: [&str; 4] = ["turn", "secret okta-client", "call", "fill 60"];
const TOKEN: &str = "mF_9.B5f-4.1JqM";

/// A world in which the issuer says this of every token, at 1,000 seconds.
fn stub(answer: &Value) -> Stub {
    let stub = Stub::at(1_000);
    let secrets = [("okta-client".to_owned(), "s3cret".to_owned())];
    stub.secrets.borrow_mut().extend(secrets);
    says(&stub, 200, answer);
    stub
}

fn says(stub: &Stub, status: u16, answer: &Value) {
    *stub.answer.borrow_mut() = Some((status, answer.to_string()));
}

fn good() -> Value {
    json!({"active": true, "aud": "api://orders", "sub": "u1", "exp": 9_000})
}

/// Asks about a token under a policy whose issuer remembers for so long, and tells where the claims came from.
fn asked_about(stub: &Stub, (name, version, token): (&str, &str, &str), remember_s: u32) -> Result<Source, Rejection> {
    let introspection = introspection(remember_s);
    let issuer = issuer(&introspection);
    let token = Secret::new(token.to_owned());
    let digest = token_digest(&token);
    let question = Question {
        issuer_name: name,
        issuer: &issuer,
        introspection: &introspection,
        token_digest: &digest,
    };
    let found = run(introspected(
        (stub, Cache::Used),
        version,
        (question, &token),
        stub.now(),
    ))?;
    let told = (found.claims.subject.as_deref(), found.claims.token_digest.as_str());
    assert_eq!(told, (Some("u1"), digest.as_str()));
    assert_eq!(found.claims.issuer_name, name);
    assert_eq!(found.problem, None);
    Ok(found.source)
}

fn asked(stub: &Stub) -> Result<Source, Rejection> {
    asked_about(stub, ("okta", "v1", TOKEN), 60)
}

fn unavailable_because(why: &str) -> Result<Source, Rejection> {
    Err(IntrospectionUnavailable(why.to_owned()))
}

#[test]
fn an_issuer_is_asked_once_for_as_long_as_its_answer_lives() {
    let stub = stub(&good());
    assert_eq!(asked(&stub), Ok(Source::Introspected));
    assert_eq!(stub.done(), ASKED);
    for after_s in [0, 30, 29] {
        stub.pass_s(after_s);
        assert_eq!(asked(&stub), Ok(Source::Pop), "{}", stub.now_s.get());
        assert_eq!(stub.done(), ["turn"]);
    }
    stub.pass_s(1);
    assert_eq!(asked(&stub), Ok(Source::Introspected), "60 seconds later");
    assert_eq!(stub.done(), ASKED);
    for (name, about) in [
        ("another issuer", ("auth0", "v1", TOKEN)),
        ("another policy", ("okta", "v2", TOKEN)),
        ("another token", ("okta", "v1", "mF_9.B5f-4.1JqN")),
    ] {
        assert_eq!(asked_about(&stub, about, 60), Ok(Source::Introspected), "{name}");
    }
    let cache = stub.cache_text();
    assert!(cache.contains("u1"), "the claims are there: {cache}");
    for hidden in [TOKEN, "mF_9", "s3cret"] {
        assert!(!cache.contains(hidden), "{hidden}: {cache}");
    }
}

#[test]
fn an_answer_lives_until_the_token_ends() {
    let short = stub(&json!({"active": true, "aud": "api://orders", "sub": "u1", "exp": 1_020}));
    assert_eq!(asked(&short), Ok(Source::Introspected));
    assert_eq!(short.done().last().map(String::as_str), Some("fill 20"));
    short.pass_s(80);
    assert_eq!(asked(&short), Err(TokenRefusal::Expired.into()));
    let never = stub(&good());
    for _ in 0..2 {
        assert_eq!(asked_about(&never, ("okta", "v1", TOKEN), 0), Ok(Source::Introspected));
        assert_eq!(never.done(), ["secret okta-client", "call"], "nothing is remembered");
    }
}

#[test]
fn refusals_are_remembered_for_a_minute_at_most() {
    let refused = |refusal: TokenRefusal| Err(Rejection::Token(refusal));
    for (name, answer, remember_s, refusal, life_s) in [
        ("not active", json!({"active": false}), 300, TokenRefusal::Inactive, 60),
        (
            "not active, short",
            json!({"active": false}),
            10,
            TokenRefusal::Inactive,
            10,
        ),
        (
            "not for us",
            json!({"active": true}),
            300,
            TokenRefusal::AudienceWrong,
            60,
        ),
        (
            "of another",
            json!({"active": true, "iss": "https://evil.example"}),
            300,
            TokenRefusal::IssuerUnknown,
            60,
        ),
        (
            "over",
            json!({"active": true, "aud": "api://orders", "exp": 1}),
            300,
            TokenRefusal::Expired,
            60,
        ),
        (
            "not yet",
            json!({"active": true, "aud": "api://orders", "nbf": 1_062}),
            300,
            TokenRefusal::NotYetValid,
            2,
        ),
        (
            "bound to what we don't know",
            json!({"active": true, "cnf": {"kid": "k"}}),
            300,
            TokenRefusal::NotBound,
            60,
        ),
    ] {
        let stub = stub(&answer);
        let about = ("okta", "v1", TOKEN);
        assert_eq!(asked_about(&stub, about, remember_s), refused(refusal), "{name}");
        assert_eq!(stub.done().last(), Some(&format!("fill {life_s}")), "{name}");
        says(&stub, 200, &good());
        stub.pass_s(life_s - 1);
        assert_eq!(asked_about(&stub, about, remember_s), refused(refusal), "{name}, again");
        assert_eq!(stub.done(), ["turn"], "{name}");
        stub.pass_s(1);
        assert_eq!(
            asked_about(&stub, about, remember_s),
            Ok(Source::Introspected),
            "{name}, later"
        );
    }
}

#[test]
fn an_issuer_that_fails_is_told_from_a_token_that_is_bad() {
    let down = "okta could not be reached: nobody is there";
    let malformed = "the answer of okta can't be used: it is no JSON, or has a member twice";
    for (name, answer, why) in [
        ("down", None, down),
        ("an error", Some((500, String::new())), "okta answered 500"),
        ("nonsense", Some((200, "yes".to_owned())), malformed),
    ] {
        let stub = stub(&good());
        *stub.answer.borrow_mut() = answer;
        assert_eq!(asked(&stub), unavailable_because(why), "{name}");
        assert_eq!(stub.done().last().map(String::as_str), Some("fill 2"), "{name}");
        says(&stub, 200, &good());
        stub.pass_s(1);
        let again = unavailable_because("okta could not be asked moments ago");
        assert_eq!(
            asked(&stub),
            again,
            "{name}: who stands in line does not ask one by one"
        );
        stub.pass_s(1);
        assert_eq!(asked(&stub), Ok(Source::Introspected), "{name}, mended");
    }
    let stub = stub(&good());
    stub.break_part(Part::Turn);
    let busy = "another request is asking okta about this token, and takes too long";
    assert_eq!(asked(&stub), unavailable_because(busy));
    assert_eq!(stub.done(), ["turn"], "nobody else asks");
}

#[test]
fn a_client_secret_that_is_missing_is_our_fault() {
    let missing = Rejection::Misconfigured("the secret store has no secret `okta-client`".to_owned());
    let stub = stub(&good());
    stub.secrets.borrow_mut().clear();
    assert_eq!(asked(&stub), Err(missing.clone()));
    assert_eq!(stub.done(), ["turn", "secret okta-client", "fill 2"]);
    assert_eq!(asked(&stub), Err(missing), "in the same words");
    assert_eq!(stub.done(), ["turn"]);
    stub.pass_s(2);
    stub.break_part(Part::Secrets);
    assert_eq!(
        asked(&stub),
        Err(Rejection::Misconfigured("Secrets is broken".to_owned()))
    );
}

#[test]
fn without_a_cache_each_request_asks_for_itself() {
    let (introspection, token) = (introspection(60), Secret::new(TOKEN.to_owned()));
    let issuer = issuer(&introspection);
    let digest = token_digest(&token);
    let question = Question {
        issuer_name: "okta",
        issuer: &issuer,
        introspection: &introspection,
        token_digest: &digest,
    };
    let stub = stub(&good());
    let ask = |cache, token| run(introspected((&stub, cache), "v1", (question, token), stub.now()));
    ask(Cache::Used, &token).unwrap();
    stub.done();
    let spoiled = "a cached introspection answer is malformed or over";
    let of_another = stub
        .cache_text()
        .replace(&digest, "another")
        .split_once(' ')
        .unwrap()
        .1
        .to_owned();
    for (name, value) in [
        ("nonsense", "x"),
        ("of another token", of_another.trim()),
        ("a word", r#"{"refused":"x"}"#),
    ] {
        stub.spoil_cache(value);
        let found = ask(Cache::Used, &token).unwrap();
        assert_eq!(
            (found.source, found.problem.as_deref()),
            (Source::Introspected, Some(spoiled)),
            "{name}"
        );
        assert_eq!(stub.done(), ["turn", "secret okta-client", "call"], "{name}");
    }
    stub.break_part(Part::Cache);
    let found = ask(Cache::Used, &token).unwrap();
    assert_eq!(
        (found.source, found.problem.as_deref()),
        (Source::Introspected, Some("the cache is broken"))
    );
    assert_eq!(stub.done(), ["turn", "secret okta-client", "call"]);
    let left_alone = ask(Cache::LeftAlone, &token).map(|found| found.source);
    assert_eq!(
        left_alone,
        unavailable_because("nobody is asked about a token for a candidate")
    );
    let malformed = ask(Cache::Used, &Secret::new("a b".to_owned())).map(|found| found.source);
    assert_eq!(malformed, Err(TokenRefusal::Malformed.into()));
    assert_eq!(stub.done(), [""; 0], "nothing is asked");
}
