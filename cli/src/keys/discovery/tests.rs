//! Where keys are looked for, and which documents, redirects and URLs are not believed.

use super::*;

fn urls(start: Result<Start, String>) -> Result<Vec<String>, String> {
    match start? {
        Start::KeySet(url) => Ok(vec![url.to_string()]),
        Start::Documents { urls, issuer } => Ok(urls.iter().map(Url::to_string).chain([issuer]).collect()),
    }
}

fn found(issuer: &str, tenants: &[&str]) -> Result<Vec<String>, String> {
    let issuer = Issuer {
        tenants: tenants.iter().map(|&tenant| tenant.to_owned()).collect(),
        ..Issuer::plain(issuer, &["a"])
    };
    urls(start(&issuer, &KeySource::default()))
}

#[test]
fn documents_are_where_the_standards_put_them() {
    for (name, issuer, oidc, oauth) in [
        (
            "no path",
            "https://a.example",
            "https://a.example/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server",
        ),
        (
            "a slash at the end",
            "https://a.example/",
            "https://a.example/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server",
        ),
        (
            "a path",
            "https://a.example/oauth2/default",
            "https://a.example/oauth2/default/.well-known/openid-configuration",
            "https://a.example/.well-known/oauth-authorization-server/oauth2/default",
        ),
        (
            "a path with a slash at the end, and a port",
            "https://a.example:8443/realms/x/",
            "https://a.example:8443/realms/x/.well-known/openid-configuration",
            "https://a.example:8443/.well-known/oauth-authorization-server/realms/x",
        ),
    ] {
        let expected = [oidc, oauth, issuer].map(str::to_owned).to_vec();
        assert_eq!(found(issuer, &[]), Ok(expected), "{name}");
    }
}

#[test]
fn a_url_of_the_policy_needs_no_discovery() {
    let url = Endpoint::split("https://keys.example:8443/jwks?v=1").unwrap();
    let source = KeySource {
        url: Some(url),
        ..KeySource::default()
    };
    let found = urls(start(&Issuer::plain("not a URL", &["a"]), &source));
    assert_eq!(found, Ok(vec!["https://keys.example:8443/jwks?v=1".to_owned()]));
}

#[test]
fn tenants_have_a_document_of_their_own_or_share_entras() {
    const ENTRA: &str = "https://login.microsoftonline.com/{tenant}/v2.0";
    const WELL_KNOWN: &str = ".well-known/openid-configuration";
    let microsoft = |tenant: &str| format!("https://login.microsoftonline.com/{tenant}/v2.0");
    for (name, tenants, asked, said) in [
        ("one", vec!["t-1"], "t-1", "t-1"),
        ("several", vec!["t-1", "t-2"], "organizations", "{tenantid}"),
        ("all", vec!["*"], "common", "{tenantid}"),
        ("with personal", vec!["t-1", ENTRA_PERSONAL], "common", "{tenantid}"),
    ] {
        let found = found(ENTRA, &tenants).unwrap();
        assert_eq!(found[0], format!("{}/{WELL_KNOWN}", microsoft(asked)), "{name}");
        assert_eq!(found.last(), Some(&microsoft(said)), "{name}");
    }
    let other = found("https://login.example/{tenant}", &["a", "b"]).unwrap_err();
    assert!(other.contains("stands for several tenants"), "{other}");
    assert!(found("https://login.example/{tenant}", &["a"]).is_ok());
}

#[test]
fn what_is_no_https_url_has_no_discovery() {
    for (name, issuer, works) in [
        ("https", "https://a.example", true),
        ("this machine", "http://127.0.0.1:8080/okta", true),
        ("http elsewhere", "http://a.example", false),
        ("no URL", "accounts.example", false),
        ("a user", "https://u@a.example", false),
        ("a query", "https://a.example/?x=1", false),
        ("another scheme", "spiffe://a.example", false),
    ] {
        let found = found(issuer, &[]);
        assert_eq!(found.is_ok(), works, "{name}: {found:?}");
        assert!(
            works || found.unwrap_err().contains("key set"),
            "{name}: says what to do"
        );
    }
}

#[test]
fn a_document_is_of_its_issuer_or_of_no_use() {
    let from = Url::parse("https://a.example/.well-known/openid-configuration").unwrap();
    let issuer = "https://a.example";
    let jwks = "https://keys.example/jwks";
    let document = |issuer: &str, uri: &str| format!(r#"{{"issuer":"{issuer}","jwks_uri":"{uri}","x":[1]}}"#);
    for (name, text, expected) in [
        ("good", document(issuer, jwks), Ok(jwks)),
        (
            "a slash more",
            document("https://a.example/", jwks),
            Err("is of the issuer `https://a.example/`"),
        ),
        (
            "another case",
            document("https://A.example", jwks),
            Err("is of the issuer"),
        ),
        (
            "another issuer",
            document("https://b.example", jwks),
            Err("is of the issuer"),
        ),
        (
            "keys by http",
            document(issuer, "http://keys.example/jwks"),
            Err("not https"),
        ),
        (
            "keys on this machine, by http",
            document(issuer, "http://127.0.0.1/jwks"),
            Err("not https"),
        ),
        ("keys at a path", document(issuer, "/jwks"), Err("not a URL")),
        (
            "no jwks_uri",
            format!(r#"{{"issuer":"{issuer}"}}"#),
            Err("no JSON object with"),
        ),
        ("no JSON", "<html>".to_owned(), Err("no JSON object with")),
        (
            "two issuers",
            format!(r#"{{"issuer":"x","issuer":"{issuer}","jwks_uri":"{jwks}"}}"#),
            Err("duplicate field"),
        ),
    ] {
        match (key_set(text.as_bytes(), issuer, &from), expected) {
            (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected, "{name}"),
            (Err(why), Err(part)) => assert!(why.contains(part), "{name}: {why}"),
            (found, _) => panic!("{name}: {found:?}"),
        }
    }
}

#[test]
fn redirects_lead_to_https() {
    for (name, from, location, to) in [
        ("a path", "https://a.example/x", "/y", Some("https://a.example/y")),
        (
            "another host",
            "https://a.example/x",
            "https://b.example/",
            Some("https://b.example/"),
        ),
        ("http", "https://a.example/x", "http://a.example/x", None),
        ("http here", "https://a.example/x", "http://127.0.0.1/x", None),
        (
            "here, from here",
            "http://127.0.0.1:1/x",
            "/y",
            Some("http://127.0.0.1:1/y"),
        ),
        ("out of here by http", "http://127.0.0.1:1/x", "http://a.example/", None),
        ("a file", "https://a.example/x", "file:///etc/passwd", None),
        ("with a user", "https://a.example/x", "https://u:p@a.example/", None),
    ] {
        let led = redirect(location, &Url::parse(from).unwrap());
        assert_eq!(led.ok().as_ref().map(Url::as_str), to, "{name}");
    }
}
