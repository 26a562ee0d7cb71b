//! Where a credential may stand.

use super::*;
use crate::policy::site::route::Place;

fn policy(credential: &str, allow: &str) -> String {
    format!("{GOOD}[[routes]]\npath = \"/x\"\n{credential}\nallow = {allow}\nto = \"orders\"\n")
}

const SOMEBODY: &str = "[{ issuer = \"okta\" }]";

#[test]
fn places_of_credentials_compile() {
    let header = |name: &str| Place::Header(name.to_owned());
    let cookie = |name: &str| Place::Cookie(name.to_owned());
    for (credential, expected) in [
        ("", vec![]),
        ("credential = \"authorization\"", vec![]),
        ("credential = [\"authorization\"]", vec![]),
        ("credential = { header = \"X-API-Key\" }", vec![header("x-api-key")]),
        (
            "credential = { header = \"X-Goog-IAP-JWT-Assertion\" }",
            vec![header("x-goog-iap-jwt-assertion")],
        ),
        (
            "credential = { cookie = \"__Host-Session\" }",
            vec![cookie("__Host-Session")],
        ),
        (
            "credential = [{ cookie = \"a\" }, { cookie = \"A\" }, \"authorization\", { header = \"a\" }]",
            vec![cookie("a"), cookie("A"), Place::Authorization, header("a")],
        ),
    ] {
        let site = compile_text(&policy(credential, SOMEBODY)).unwrap();
        let route = site.parts().routes.iter().find(|route| route.name() == "* /x").unwrap();
        assert_eq!(route.credentials, expected, "{credential}");
    }
}

#[test]
fn places_that_are_none_are_told() {
    let at = |header: &str| format!("{{ header = \"{header}\" }}");
    for (credential, place, words) in [
        ("\"query\"".to_owned(), "", "no place for a credential"),
        ("[]".to_owned(), "", "nowhere"),
        ("{}".to_owned(), "", "not one place"),
        ("{ header = \"a\", cookie = \"a\" }".to_owned(), "", "not one place"),
        (at("Authorization"), ".header", "write `\"authorization\"`"),
        (at("Cookie"), ".header", "found by its name"),
        (at("Host"), ".header", "meaning of its own"),
        (at("DPoP"), ".header", "meaning of its own"),
        (at("Connection"), ".header", "meaning of its own"),
        (at("Proxy-Authorization"), ".header", "meaning of its own"),
        (at("X-Goog-Authenticated-User-Email"), ".header", "meaning of its own"),
        (at("X-Serverless-Authorization"), ".header", "meaning of its own"),
        (at("X-Tollgate-Subject"), ".header", "meaning of its own"),
        (at("Content-Type"), ".header", "meaning of its own"),
        (at("x_api_key"), ".header", "letters, digits and `-`"),
        (at("a b"), ".header", "letters, digits and `-`"),
        ("{ cookie = \"a b\" }".to_owned(), ".cookie", "cookie's name"),
        ("{ cookie = \"\" }".to_owned(), ".cookie", "cookie's name"),
        ("[{ header = \"a\" }, { header = \"A\" }]".to_owned(), "[1]", "twice"),
        ("[\"authorization\", \"authorization\"]".to_owned(), "[1]", "twice"),
        (
            format!("[{}]", ["a", "b", "c", "d", "e"].map(at).join(", ")),
            "",
            "4 at most",
        ),
    ] {
        let problems = compile_text(&policy(&format!("credential = {credential}"), SOMEBODY)).expect_err(&credential);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 1, "{credential}: {told:#?}");
        assert_eq!(problems[0].place, format!("routes[2].credential{place}"), "{told:#?}");
        assert!(told[0].contains(words), "{credential}: {told:#?}");
    }
    let problems = compile_text(&policy("credential = { cookie = \"a\" }", "\"anyone\"")).unwrap_err();
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("no credential is looked at"), "{told:#?}");
}

/// Issuers whose tokens a route could not take, or rules that their credentials could not meet.
fn with_issuers(rest: &str) -> Result<(), Vec<String>> {
    let issuers = r#"
        [issuers.keys]
        api_keys = true
        [issuers.more-keys]
        api_keys = true
        [issuers.wallet]
        issuer = "https://wallet.example"
        audience = ["a"]
        bound = "dpop"
        [issuers.purse]
        issuer = "https://purse.example"
        audience = ["a"]
        bound = "dpop"
        [issuers.mesh]
        issuer = "https://mesh.example"
        audience = ["a"]
        bound = "either"
        [issuers.opaque]
        issuer = "https://opaque.example"
        audience = ["a"]
        introspection = { url = "https://opaque.example/i", client = "g", secret = "s" }
    "#;
    match compile_text(&format!(
        "{GOOD}{issuers}[[routes]]\npath = \"/x\"\nto = \"orders\"\n{rest}\n"
    )) {
        Ok(_) => Ok(()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

/// A proof is looked for where the scheme `DPoP` is.
#[test]
fn tokens_with_proofs_come_in_authorization() {
    let header = "credential = { header = \"x-api-key\" }";
    for (name, credential, allow, fits) in [
        ("a header", header, "[{ issuer = \"wallet\" }]", false),
        (
            "a cookie",
            "credential = { cookie = \"c\" }",
            "[{ issuer = \"wallet\" }]",
            false,
        ),
        (
            "of two issuers",
            header,
            "[{ issuer = [\"wallet\", \"purse\"] }]",
            false,
        ),
        (
            "of two rules",
            header,
            "[{ issuer = \"wallet\" }, { issuer = \"purse\" }]",
            false,
        ),
        (
            "of a rule that others may meet",
            header,
            "[{ issuer = [\"wallet\", \"okta\"] }]",
            true,
        ),
        (
            "beside others",
            header,
            "[{ issuer = \"wallet\" }, { issuer = \"keys\" }]",
            true,
        ),
        ("or a certificate", header, "[{ issuer = \"mesh\" }]", true),
        (
            "also there",
            "credential = [\"authorization\", { header = \"x-api-key\" }]",
            "[{ issuer = \"wallet\" }]",
            true,
        ),
        ("there alone", "", "[{ issuer = \"wallet\" }]", true),
    ] {
        let told = with_issuers(&format!("{credential}\nallow = {allow}"))
            .err()
            .unwrap_or_default();
        let at_place = told
            .iter()
            .all(|told| told.starts_with("routes[2].credential:") && told.contains("scheme `DPoP`"));
        assert!(at_place && told.len() == usize::from(!fits), "{name}: {told:#?}");
    }
}

/// What API keys have is known, so a rule that none could meet is seen.
#[test]
fn rules_for_api_keys_ask_for_what_they_have() {
    for (rule, key) in [
        ("issuer = \"keys\", roles = [\"r\"]", "roles"),
        ("issuer = [\"keys\", \"more-keys\"], groups = [\"g\"]", "groups"),
        ("issuer = \"keys\", claims = { sub = \"u1\" }", "claims"),
        ("issuer = \"keys\", scopes = [\"s\"], clients = [\"id\"]", ""),
        ("issuer = [\"keys\", \"okta\"], roles = [\"r\"]", ""),
        ("issuer = \"opaque\", roles = [\"r\"], claims = { a = 1 }", ""),
    ] {
        let told = with_issuers(&format!("allow = [{{ {rule} }}]"))
            .err()
            .unwrap_or_default();
        let at = format!("routes[2].allow[0].{key}:");
        let at_place = told
            .iter()
            .all(|told| told.starts_with(&at) && told.contains("API keys have"));
        assert!(
            at_place && told.len() == usize::from(!key.is_empty()),
            "{rule}: {told:#?}"
        );
    }
}
