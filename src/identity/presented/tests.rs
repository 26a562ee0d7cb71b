//! Where credentials may stand.

use super::*;
use crate::request::Head;

/// What a request with these headers presents at `places`.
fn presents(headers: &[(&'static str, &str)], places: &[Place]) -> Result<(String, Scheme), Rejection> {
    let secret = |value: &str| Secret::new(value.as_bytes().to_vec());
    let mut values = vec![("host", secret("a.example"))];
    let own = headers.iter().filter(|(name, _)| *name == "authorization");
    values.extend(own.map(|&(name, value)| (name, secret(value))));
    let mut header_names: Vec<String> = headers.iter().map(|&(name, _)| name.to_owned()).collect();
    header_names.dedup();
    let head = Head {
        method: "GET".to_owned(),
        target: "/?access_token=q&token=q".to_owned(),
        header_names,
        values,
        ..Head::default()
    };
    let request = CanonicalRequest::new(&head)?;
    let all = |name: &str| {
        let found = headers.iter().filter(|(found, _)| *found == name);
        found.map(|&(_, value)| secret(value)).collect::<Vec<_>>()
    };
    let asked = Asked {
        request: &request,
        headers: &all,
    };
    presented(&asked, places).map(|found| (found.token.expose().clone(), found.scheme))
}

fn ok(token: &str, scheme: Scheme) -> Result<(String, Scheme), Rejection> {
    Ok((token.to_owned(), scheme))
}

#[test]
fn authorization_is_the_default() {
    let long = format!("Bearer {}", "a".repeat(TOKEN_BYTES_MAX + 1));
    let missing = || Err(Rejection::CredentialMissing);
    let unsupported = || Err(Rejection::CredentialUnsupported);
    for (name, headers, expected) in [
        (
            "token",
            vec![("authorization", "Bearer a.b-c.d_e")],
            ok("a.b-c.d_e", Scheme::Bearer),
        ),
        (
            "scheme in another case",
            vec![("authorization", "bEaReR a")],
            ok("a", Scheme::Bearer),
        ),
        (
            "more spaces",
            vec![("authorization", "Bearer   a")],
            ok("a", Scheme::Bearer),
        ),
        ("DPoP", vec![("authorization", "DPoP a")], ok("a", Scheme::Dpop)),
        (
            "DPoP in another case",
            vec![("authorization", "dpop a")],
            ok("a", Scheme::Dpop),
        ),
        (
            "scheme alone",
            vec![("authorization", "Bearer")],
            ok("", Scheme::Bearer),
        ),
        ("none", vec![], missing()),
        ("in a header that is not asked", vec![("x-api-key", "a")], missing()),
        ("in a cookie that is not asked", vec![("cookie", "token=a")], missing()),
        ("other scheme", vec![("authorization", "Basic dTpw")], unsupported()),
        ("no scheme", vec![("authorization", "a.b.c")], unsupported()),
        ("empty value", vec![("authorization", "")], unsupported()),
        (
            "too long",
            vec![("authorization", long.as_str())],
            Err(TokenRefusal::TooLong.into()),
        ),
    ] {
        assert_eq!(presents(&headers, &[]), expected, "{name}");
    }
}

#[test]
fn a_route_says_where_else_a_credential_stands() {
    let key = || Place::Header("x-api-key".to_owned());
    let session = || Place::Cookie("session".to_owned());
    let several = || Err(Rejection::CredentialsSeveral);
    let repeated = || Err(Rejection::RequestAmbiguous(crate::request::Ambiguity::RepeatedHeader));
    let places = [Place::Authorization, key(), session()];
    for (name, places, headers, expected) in [
        (
            "in the header",
            vec![key()],
            vec![("x-api-key", " a ")],
            ok("a", Scheme::Bearer),
        ),
        (
            "in the cookie",
            vec![session()],
            vec![("cookie", "x=1; session=a; y")],
            ok("a", Scheme::Bearer),
        ),
        (
            "in a second cookie header",
            vec![session()],
            vec![("cookie", "x=1"), ("cookie", "session=a")],
            ok("a", Scheme::Bearer),
        ),
        (
            "one of three places",
            places.to_vec(),
            vec![("cookie", "session=a")],
            ok("a", Scheme::Bearer),
        ),
        (
            "header of another name",
            vec![key()],
            vec![("x-key", "a")],
            Err(Rejection::CredentialMissing),
        ),
        (
            "cookie of another case",
            vec![session()],
            vec![("cookie", "Session=a")],
            Err(Rejection::CredentialMissing),
        ),
        (
            "only where the route does not look",
            vec![key()],
            vec![("authorization", "Bearer a")],
            Err(Rejection::CredentialMissing),
        ),
        (
            "header twice",
            vec![key()],
            vec![("x-api-key", "a"), ("x-api-key", "a")],
            repeated(),
        ),
        (
            "header in two spellings",
            vec![key()],
            vec![("x-api-key", "a"), ("x_api_key", "b")],
            repeated(),
        ),
        (
            "cookie twice",
            vec![session()],
            vec![("cookie", "session=a; session=a")],
            several(),
        ),
        (
            "cookie twice, in two headers",
            vec![session()],
            vec![("cookie", "session=a"), ("cookie", "session=b")],
            several(),
        ),
        (
            "two places",
            places.to_vec(),
            vec![("x-api-key", "a"), ("cookie", "session=b")],
            several(),
        ),
        (
            "the same in two places",
            places.to_vec(),
            vec![("authorization", "Bearer a"), ("x-api-key", "a")],
            several(),
        ),
        (
            "beside an authorization that the route does not take",
            vec![key()],
            vec![("x-api-key", "a"), ("authorization", "Basic dTpw")],
            several(),
        ),
        (
            "an empty header counts",
            places.to_vec(),
            vec![("authorization", "Bearer a"), ("x-api-key", "")],
            several(),
        ),
    ] {
        assert_eq!(presents(&headers, &places), expected, "{name}");
    }
}

#[test]
fn credentials_in_cookies_do_not_go_on() {
    let values =
        |texts: &[&str]| -> Vec<_> { texts.iter().map(|text| Secret::new(text.as_bytes().to_vec())).collect() };
    let places = [Place::Cookie("session".to_owned()), Place::Header("x".to_owned())];
    for (name, cookies, left) in [
        ("alone", vec!["session=a"], ""),
        ("first", vec!["session=a; b=1"], "b=1"),
        ("in the middle", vec!["b=1; session=a; c=\"2\""], "b=1; c=\"2\""),
        ("in another header", vec!["b=1", "session=a", "c=2"], "b=1; c=2"),
        ("every one", vec!["session=a; session=b; x=%20y"], "x=%20y"),
        ("none", vec!["b=1; Session=a"], "b=1; Session=a"),
        ("one that is no ASCII goes too", vec!["b=1; c=\u{e9}; d=2"], "b=1; d=2"),
    ] {
        assert_eq!(other_cookies(&values(&cookies), &places).expose(), left, "{name}");
    }
}

/// A browser takes these for other names, which a page of another subdomain may set.
#[test]
fn names_of_cookies_end_where_browsers_end_them() {
    let places = [Place::Cookie("__Host-session".to_owned())];
    for mark in ["\u{2000}", "\u{3000}", "\u{85}", "\u{a0}", "\u{b}", "\u{1c}"] {
        let cookie = format!("{mark}__Host-session=a");
        let found = presents(&[("cookie", &cookie)], &places);
        assert_eq!(found, Err(Rejection::CredentialMissing), "{mark:?}");
    }
    let tab = presents(&[("cookie", "a=1;  __Host-session=a")], &places);
    assert_eq!(tab, ok("a", Scheme::Bearer), "spaces are between cookies");
}
