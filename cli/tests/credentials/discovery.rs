//! How a key set is found, and what discovery must not lead to.

use serde_json::json;

use super::{
    command::Place,
    issuers::{Issuers, Said, WELL_KNOWN},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_is_found() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("realms/okta");
    let place = Place::new(&[("okta", &okta)]);
    let oidc = format!("realms/okta/{WELL_KNOWN}");
    let oauth = ".well-known/oauth-authorization-server/realms/okta";
    let document = json!({ "issuer": okta, "jwks_uri": format!("{okta}/jwks") });
    let nothing = Said::Status(404);
    let moved = |to: &str| Said::Redirect(format!("/{to}"));
    for (name, answers) in [
        (
            "OpenID Connect",
            vec![(oidc.as_str(), Said::Body(document.to_string()))],
        ),
        (
            "RFC 8414",
            vec![(oidc.as_str(), nothing), (oauth, Said::Body(document.to_string()))],
        ),
        (
            "three redirects",
            vec![
                (oidc.as_str(), moved("one")),
                ("one", moved("two")),
                ("two", moved("three")),
                ("three", Said::Body(document.to_string())),
            ],
        ),
    ] {
        issuers.play("realms/okta", &["a"]);
        for (path, said) in answers {
            issuers.say(path, said);
        }
        let synced = place.run(&["keys", "sync", "policy.toml", "--dry-run"]);
        assert_eq!(synced.code, Some(0), "{name}: {}{}", synced.out, synced.err);
        assert!(synced.out.contains("  + a\n"), "{name}: {}", synced.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_discovery_must_not_lead_to() {
    let issuers = Issuers::start().await;
    let okta = issuers.issuer("okta");
    let place = Place::new(&[("okta", &okta)]);
    let document = |issuer: &str, uri: &str| Said::Body(json!({ "issuer": issuer, "jwks_uri": uri }).to_string());
    let jwks = format!("{okta}/jwks");
    for (name, said, why) in [
        (
            "another issuer",
            document("https://evil.example", &jwks),
            "is of the issuer `https://evil.example`, not of",
        ),
        ("a slash more", document(&format!("{okta}/"), &jwks), "is of the issuer"),
        ("keys by http", document(&okta, "http://keys.example/jwks"), "not https"),
        (
            "redirected to http",
            Said::Redirect("http://a.example".to_owned()),
            "not https",
        ),
        ("no document", Said::Status(404), "discovery found nothing"),
        ("a broken server", Said::Status(500), "answered 500"),
        (
            "no JSON",
            Said::Body("<html>".to_owned()),
            "no JSON object with `issuer`",
        ),
        ("too large", Said::Body(" ".repeat(262_145)), "larger than 262144 bytes"),
    ] {
        issuers.play("okta", &["a"]);
        issuers.say(&format!("okta/{WELL_KNOWN}"), said);
        let synced = place.run(&["keys", "sync", "policy.toml"]);
        assert_eq!(synced.code, Some(1), "{name}: {}", synced.out);
        assert!(synced.out.contains(why), "{name}: {}", synced.out);
        assert!(!place.file("tollgate_keys.json").exists(), "{name}");
    }
    let secured = okta.replace("http://", "https://");
    let other = Place::new(&[("okta", &secured)]).run(&["keys", "sync", "policy.toml"]);
    assert_eq!(other.code, Some(1), "the server speaks no TLS: {}", other.err);
    assert!(other.out.contains("can't be fetched: "), "{}", other.out);
    issuers.server.stop().await;
    let down = place.run(&["keys", "sync", "policy.toml"]);
    assert_eq!(down.code, Some(1));
    assert!(down.out.contains("can't be fetched: "), "{}", down.out);
}

#[test]
fn a_wrong_call_ends_with_2() {
    let place = Place::new(&[("okta", "https://example.okta.com")]);
    for (name, arguments, why) in [
        (
            "an unknown issuer",
            vec!["policy.toml", "--issuer", "octa"],
            "the policy has no [issuers.octa]; its issuers are: okta",
        ),
        ("no policy", vec![], "<POLICY>"),
        (
            "no duration",
            vec!["policy.toml", "--grace", "soon"],
            "write it as in `90d`",
        ),
        (
            "two wills",
            vec!["policy.toml", "--grace", "1h", "--allow-removal"],
            "cannot be used with",
        ),
    ] {
        let ended = place.run(&[&["keys", "sync"], &arguments[..]].concat());
        assert_eq!(ended.code, Some(2), "{name}: {}", ended.err);
        assert!(ended.err.contains(why), "{name}: {}", ended.err);
    }
}
