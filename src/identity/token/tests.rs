//! Headers and shapes, and what each is refused for before any key is looked up.

use super::*;
use crate::secret::Secret;

fn token(header: &str, payload: &str, signature: &str) -> Token {
    Secret::new(format!(
        "{}.{}.{signature}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload)
    ))
}

#[test]
fn headers_are_judged_before_any_key() {
    let payload = r#"{"iss":"https://i.example","sub":"u1"}"#;
    let good = Unverified {
        algorithm: Algorithm::Es256,
        unverified_kid: Some("k1".to_owned()),
        unverified_type: None,
        unverified_issuer: "https://i.example".to_owned(),
        unverified_tenant: None,
    };
    let with_type = |unverified_type| Unverified {
        unverified_type: Some(unverified_type),
        ..good.clone()
    };
    for (name, header, expected) in [
        ("plain", r#"{"alg":"ES256","kid":"k1"}"#, Ok(good.clone())),
        (
            "typ JWT",
            r#"{"alg":"ES256","kid":"k1","typ":"jwt"}"#,
            Ok(with_type(Type::Jwt)),
        ),
        (
            "typ at+jwt",
            r#"{"alg":"ES256","kid":"k1","typ":"at+JWT"}"#,
            Ok(with_type(Type::AtJwt)),
        ),
        (
            "typ of a media type",
            r#"{"alg":"ES256","kid":"k1","typ":"Application/at+jwt"}"#,
            Ok(with_type(Type::AtJwt)),
        ),
        (
            "Ed25519 by its own name",
            r#"{"alg":"Ed25519","kid":"k1"}"#,
            Ok(Unverified {
                algorithm: Algorithm::EdDsa,
                ..good.clone()
            }),
        ),
        (
            "HMAC without kid",
            r#"{"alg":"HS512"}"#,
            Ok(Unverified {
                algorithm: Algorithm::Hs512,
                unverified_kid: None,
                ..good.clone()
            }),
        ),
        (
            "HMAC with an empty kid",
            r#"{"alg":"HS512","kid":""}"#,
            Err(TokenRefusal::KeyUnknown),
        ),
        (
            "where keys are is not looked at",
            r#"{"alg":"ES256","kid":"k1","jku":"https://e.example","x5c":["AA"]}"#,
            Ok(good.clone()),
        ),
        (
            "embedded key itself",
            r#"{"alg":"ES256","kid":"k1","jwk":{"kty":"EC"}}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "jku is no text",
            r#"{"alg":"ES256","kid":"k1","jku":{}}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "x5u twice",
            r#"{"alg":"ES256","kid":"k1","x5u":"a","x5u":"b"}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "none",
            r#"{"alg":"none","kid":"k1"}"#,
            Err(TokenRefusal::AlgorithmNotAllowed),
        ),
        (
            "None",
            r#"{"alg":"None","kid":"k1"}"#,
            Err(TokenRefusal::AlgorithmNotAllowed),
        ),
        (
            "ES512",
            r#"{"alg":"ES512","kid":"k1"}"#,
            Err(TokenRefusal::AlgorithmNotAllowed),
        ),
        (
            "a JWE's header",
            r#"{"alg":"dir","enc":"A128GCM","kid":"k1"}"#,
            Err(TokenRefusal::Encrypted),
        ),
        (
            "zip",
            r#"{"alg":"ES256","kid":"k1","zip":"DEF"}"#,
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "crit is null",
            r#"{"alg":"ES256","kid":"k1","crit":null}"#,
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "jwk is null",
            r#"{"alg":"ES256","kid":"k1","jwk":null}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "kid is null",
            r#"{"alg":"ES256","kid":null}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "cty is a number",
            r#"{"alg":"ES256","kid":"k1","cty":1}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "x5c is text",
            r#"{"alg":"ES256","kid":"k1","x5c":"AA"}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "x5c has a number",
            r#"{"alg":"ES256","kid":"k1","x5c":["AA",1]}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "a member that nobody reads twice",
            r#"{"alg":"ES256","kid":"k1","a":1,"a":1}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "a member twice, deep in one that nobody reads",
            r#"{"alg":"ES256","kid":"k1","a":[{"b":1,"b":1}]}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "a member twice in two spellings",
            r#"{"alg":"ES256","kid":"k1","\u0061lg":"none"}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "seven deep in the header",
            r#"{"alg":"ES256","kid":"k1","a":[[[[[[[]]]]]]]}"#,
            Ok(good.clone()),
        ),
        (
            "eight deep in the header",
            r#"{"alg":"ES256","kid":"k1","a":[[[[[[[[]]]]]]]]}"#,
            Err(TokenRefusal::Malformed),
        ),
        (
            "case of alg",
            r#"{"alg":"es256","kid":"k1"}"#,
            Err(TokenRefusal::AlgorithmNotAllowed),
        ),
        (
            "typ",
            r#"{"alg":"ES256","kid":"k1","typ":"secevent+jwt"}"#,
            Err(TokenRefusal::TypeNotAllowed),
        ),
        (
            "crit",
            r#"{"alg":"ES256","kid":"k1","crit":["exp"]}"#,
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        (
            "b64",
            r#"{"alg":"ES256","kid":"k1","b64":false}"#,
            Err(TokenRefusal::ExtensionNotSupported),
        ),
        ("no kid", r#"{"alg":"ES256"}"#, Err(TokenRefusal::KeyUnknown)),
        (
            "empty kid",
            r#"{"alg":"ES256","kid":""}"#,
            Err(TokenRefusal::KeyUnknown),
        ),
        ("no alg", r#"{"kid":"k1"}"#, Err(TokenRefusal::Malformed)),
        (
            "alg twice",
            r#"{"alg":"ES256","alg":"none","kid":"k1"}"#,
            Err(TokenRefusal::Malformed),
        ),
        ("array", r#"["ES256"]"#, Err(TokenRefusal::Malformed)),
        (
            "array of all members in order",
            r#"["ES256","k1",null,null,null,null,null,null,null,null,null,null]"#,
            Err(TokenRefusal::Malformed),
        ),
        ("no JSON", "{", Err(TokenRefusal::Malformed)),
    ] {
        assert_eq!(Unverified::read(&token(header, payload, "c2ln")), expected, "{name}");
    }
}

#[test]
fn other_shapes_are_malformed() {
    let header = r#"{"alg":"ES256","kid":"k1"}"#;
    for (name, token) in [
        ("one part", Secret::new("abc".to_owned())),
        ("two parts", Secret::new("a.b".to_owned())),
        ("four parts", Secret::new("a.b.c.d".to_owned())),
        ("six parts", Secret::new("a.b.c.d.e.f".to_owned())),
        ("seven parts", Secret::new("a.b.c.d.e.f.g".to_owned())),
        ("tid twice", token(header, r#"{"iss":"i","tid":"a","tid":"b"}"#, "c2ln")),
        ("a list of iss and tid", token(header, r#"["i","a"]"#, "c2ln")),
        ("empty signature", token(header, r#"{"iss":"i"}"#, "")),
        ("payload is no JSON", token(header, "x", "c2ln")),
        ("iss is no string", token(header, r#"{"iss":1}"#, "c2ln")),
        (
            "spare bits",
            Secret::new(format!("{}.e30.c2ln", "eyJhbGciOiJFUzI1NiJ9".replace("J9", "J-"))),
        ),
        (
            "long header",
            token(
                &format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(HEADER_BYTES_MAX)),
                "{}",
                "c2ln",
            ),
        ),
    ] {
        assert_eq!(Unverified::read(&token), Err(TokenRefusal::Malformed), "{name}");
    }
    assert_eq!(
        Unverified::read(&token(header, "{}", "c2ln")),
        Err(TokenRefusal::IssuerUnknown)
    );
}

#[test]
fn encrypted_tokens_are_told_by_their_parts() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A128GCM"}"#);
    for jwe in ["a.b.c.d.e".to_owned(), format!("{header}..aXY.Y2lwaGVy.dGFn")] {
        assert_eq!(Unverified::read(&Secret::new(jwe)), Err(TokenRefusal::Encrypted));
    }
}

#[test]
fn the_tenant_is_read_where_it_is_text() {
    let header = r#"{"alg":"ES256","kid":"k1"}"#;
    for (payload, expected) in [
        (r#"{"iss":"i","tid":"t1"}"#, Some("t1")),
        (r#"{"iss":"i","tid":"t\u0031"}"#, Some("t1")),
        (r#"{"iss":"i","tid":7}"#, None),
        (r#"{"iss":"i","tid":{"a":[]}}"#, None),
        (r#"{"iss":"i","tid":null}"#, None),
        (r#"{"iss":"i"}"#, None),
    ] {
        let read = Unverified::read(&token(header, payload, "c2ln")).unwrap();
        assert_eq!(read.unverified_tenant.as_deref(), expected, "{payload}");
    }
}

#[test]
fn an_issuer_says_which_types_it_has() {
    let unverified = |unverified_type| Unverified {
        algorithm: Algorithm::Es256,
        unverified_kid: None,
        unverified_type,
        unverified_issuer: String::new(),
        unverified_tenant: None,
    };
    for (at, own) in [None, Some(Type::Jwt), Some(Type::AtJwt)].into_iter().enumerate() {
        for bits in 0..8 {
            let types = Types {
                absent: bits & 1 != 0,
                jwt: bits & 2 != 0,
                at_jwt: bits & 4 != 0,
            };
            let expected = if bits & (1 << at) != 0 {
                Ok(())
            } else {
                Err(TokenRefusal::TypeNotAllowed)
            };
            assert_eq!(unverified(own).check_type(types), expected, "{own:?} {types:?}");
        }
    }
}
