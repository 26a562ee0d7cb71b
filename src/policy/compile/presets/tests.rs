//! What presets fill in, and what they ask for.

use std::collections::BTreeMap;

use super::*;
use crate::policy::{
    compile::compile_text,
    issuer::{Issuer, Vouching},
};

fn compiled(issuers: &str) -> Result<BTreeMap<String, Issuer>, Vec<String>> {
    let policy = format!(
        "gateway.hosts = [\"a.example\"]\nroutes = [{{ path = \"/\", allow = \"anyone\", respond = {{ status = 200 }} }}]\n{issuers}"
    );
    match compile_text(&policy) {
        Ok(site) => Ok(site.settings().issuers.clone()),
        Err(problems) => Err(problems.iter().map(ToString::to_string).collect()),
    }
}

/// The `iss`, where the keys are, the audience, and the claims in words.
fn told(issuer: &Issuer) -> (String, String, Vec<String>, Vec<String>) {
    let keys = match &issuer.vouching {
        Vouching::Keys(keys) => keys
            .url
            .clone()
            .map(|(endpoint, target)| format!("{}{target}", endpoint.origin())),
        _ => None,
    };
    let claims = issuer
        .claims
        .iter()
        .map(|test| format!("{} {}", test.name, test.wanted.words()));
    (
        issuer.issuer.clone(),
        keys.unwrap_or_default(),
        issuer.audience.clone(),
        claims.collect(),
    )
}

#[test]
fn each_preset_fills_in_what_its_provider_documents() {
    let (google, certs) = (
        "https://accounts.google.com",
        "https://www.googleapis.com/oauth2/v3/certs",
    );
    let account = "emails = [\"a@p.iam.gserviceaccount.com\"]\naudience = [\"https://a.example\"]";
    let of_account = (
        google,
        certs,
        vec!["https://a.example"],
        vec!["email one of `a@p.iam.gserviceaccount.com`", "email_verified = true"],
    );
    let mut seen = Vec::new();
    for (name, more, (iss, keys, audience, claims)) in [
        ("google-service-account", account, of_account.clone()),
        ("google-pubsub", account, of_account.clone()),
        ("google-eventarc", account, of_account.clone()),
        ("google-scheduler", account, of_account.clone()),
        ("google-tasks", account, of_account.clone()),
        ("google-function", account, of_account),
        (
            "google-workspace",
            "hosted_domains = [\"example.com\", \"example.org\"]\naudience = [\"1.apps.googleusercontent.com\"]",
            (
                google,
                certs,
                vec!["1.apps.googleusercontent.com"],
                vec!["hd one of `example.com`, `example.org`", "email_verified = true"],
            ),
        ),
        (
            "google-iap",
            "audience = [\"/projects/1/global/backendServices/2\"]",
            (
                "https://cloud.google.com/iap",
                "https://www.gstatic.com/iap/verify/public_key-jwk",
                vec!["/projects/1/global/backendServices/2"],
                vec![],
            ),
        ),
        (
            "firebase",
            "project = \"my-project\"",
            (
                "https://securetoken.google.com/my-project",
                "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com",
                vec!["my-project"],
                vec!["sub is there"],
            ),
        ),
    ] {
        let issuers = compiled(&format!("[issuers.x]\npreset = \"{name}\"\n{more}\n"));
        let issuers = issuers.unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let (audience, claims) = (
            audience.into_iter().map(str::to_owned).collect(),
            claims.into_iter().map(str::to_owned).collect(),
        );
        assert_eq!(
            told(&issuers["x"]),
            (iss.to_owned(), keys.to_owned(), audience, claims),
            "{name}"
        );
        assert_eq!(issuers["x"].types, Preset::TYPES, "{name}");
        seen.push(name);
    }
    assert_eq!(seen, PRESETS.map(|preset| preset.name), "all of them");
}

#[test]
fn what_a_preset_says_can_be_said_more_closely() {
    let issuers = compiled(
        r#"
        [issuers.iap]
        preset = "google-iap"
        audience = ["/projects/1/apps/p"]
        hosted_domains = ["example.com"]
        claims = { "google.access_levels" = "accessPolicies/1/accessLevels/corp" }
        types = ["JWT"]
        leeway = "30s"
        roles = "r"
        keys = { url = "http://127.0.0.1:8080/jwks", refresh = "1h" }
        [issuers.fire]
        preset = "firebase"
        project = "p"
        audience = ["p"]
        "#,
    )
    .unwrap();
    let iap = &issuers["iap"];
    let claims = [
        "hd one of `example.com`",
        "google.access_levels = `accessPolicies/1/accessLevels/corp`",
    ];
    assert_eq!(
        told(iap),
        (
            "https://cloud.google.com/iap".to_owned(),
            "http://127.0.0.1:8080/jwks".to_owned(),
            vec!["/projects/1/apps/p".to_owned()],
            claims.map(str::to_owned).to_vec()
        )
    );
    assert_eq!((iap.leeway_s, iap.roles.as_str()), (30, "r"));
    assert!(!iap.types.absent);
    assert!(matches!(&iap.vouching, Vouching::Keys(keys) if keys.refresh_s == 3_600));
    assert_eq!(issuers["fire"].audience, ["p"]);
}

/// Callers of several kinds have one `iss`, and are told apart by their accounts or audiences.
#[test]
fn presets_with_one_iss_stand_beside_each_other() {
    let good = r#"
        [issuers.push]
        preset = "google-pubsub"
        emails = ["push@p.iam.gserviceaccount.com"]
        audience = ["https://a.example"]
        [issuers.cron]
        preset = "google-scheduler"
        emails = ["cron@p.iam.gserviceaccount.com"]
        audience = ["https://a.example"]
        [issuers.staff]
        preset = "google-workspace"
        hosted_domains = ["example.com"]
        audience = ["1.apps.googleusercontent.com"]
    "#;
    assert_eq!(compiled(good).map(|issuers| issuers.len()), Ok(3));
    let same = good.replace("cron@p", "push@p");
    let told = compiled(&same).unwrap_err();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with("issuers.push.preset: `[issuers.cron]` has the same `iss`"),
        "{told:?}"
    );
}

/// The keys of an issuer, the place below it that is blamed, and words of what is said.
#[test]
fn what_no_token_of_a_preset_could_meet_is_told() {
    let account = |name: &str| {
        format!("preset = \"google-pubsub\"\nemails = [\"{name}@p.iam.gserviceaccount.com\"]\naudience = [\"a\"]\n")
    };
    let pubsub = |more: &str| account("push") + more;
    let staff = |more: &str| {
        format!("preset = \"google-workspace\"\nhosted_domains = [\"example.com\"]\naudience = [\"a\"]\n{more}")
    };
    let firebase = |more: &str| format!("preset = \"firebase\"\nproject = \"p\"\n{more}");
    let iap = |audience: &str| format!("preset = \"google-iap\"\naudience = [\"{audience}\"]");
    for (keys, place, words) in [
        (pubsub("types = [\"at+jwt\"]"), "types", "no access token"),
        (firebase("audience = [\"p\", \"q\"]"), "audience[1]", "write `p`"),
        (iap("/projects/1"), "audience[0]", "no audience of"),
        (iap("/projects/1/"), "audience[0]", "no audience of"),
        (iap("/projects//apps/p"), "audience[0]", "no audience of"),
        (iap("/projects/my-project/apps/p"), "audience[0]", "no audience of"),
        (account("Push"), "emails[0]", "write `push@p.iam.gserviceaccount.com`"),
        (
            staff("claims = { hd = \"example.org\" }"),
            "claims.hd",
            "asks for `hd` one of `example.com`",
        ),
        (
            pubsub("claims = { email = { prefix = \"pull@\" } }"),
            "claims.email",
            "asks for `email` one of `push@p",
        ),
        (
            pubsub("claims = { email_verified = false }"),
            "claims.email_verified",
            "asks for `email_verified` = true",
        ),
        (
            pubsub("claims = { email_verified = { one_of = [\"true\"] } }"),
            "claims.email_verified",
            "asks for `email_verified` = true",
        ),
    ] {
        let told = compiled(&format!("[issuers.x]\n{keys}\n")).expect_err(&keys);
        assert_eq!(told.len(), 1, "{keys}: {told:#?}");
        assert!(told[0].starts_with(&format!("issuers.x.{place}:")), "{keys}: {told:#?}");
        assert!(told[0].contains(words), "{keys}: {told:#?}");
    }
    for keys in [
        pubsub("types = [\"at+jwt\", \"JWT\"]"),
        staff("claims = { hd = { prefix = \"example\" }, email = { prefix = \"a\" } }"),
        pubsub("claims = { email_verified = true, email = { exists = true } }"),
        firebase("claims = { sub = \"u1\" }"),
    ] {
        assert_eq!(
            compiled(&format!("[issuers.x]\n{keys}\n")).map(|_| ()),
            Ok(()),
            "{keys}"
        );
    }
}

/// Google's `iss` without a preset: only what tells its callers apart makes it prove something.
#[test]
fn an_iss_of_everybody_needs_a_preset_or_a_claim_that_tells_callers_apart() {
    let google = |claims: &str| format!("issuer = \"https://accounts.google.com\"\naudience = [\"a\"]\n{claims}");
    let bare = |claims: &str| format!("issuer = \"accounts.google.com\"\naudience = [\"a\"]\n{claims}");
    let iap = |claims: &str| {
        format!("issuer = \"https://cloud.google.com/iap\"\naudience = [\"/projects/1/apps/p\"]\n{claims}")
    };
    let (anybody, scheme, preset) = (
        "anybody with a Google account",
        "write `https://accounts",
        "`preset = \"google-iap\"`",
    );
    let email = "claims = { email = \"a@example.com\" }";
    for (name, keys, words) in [
        ("nothing", google(""), vec![anybody]),
        (
            "another claim",
            google("claims = { email_verified = true }"),
            vec![anybody],
        ),
        (
            "a claim that all have",
            google("claims = { sub = { exists = true } }"),
            vec![anybody],
        ),
        ("an account", google(email), vec![]),
        (
            "a subject",
            google("claims = { sub = { one_of = [\"1\", \"2\"] } }"),
            vec![],
        ),
        ("a domain", google("claims = { hd = \"example.com\" }"), vec![]),
        ("a secret", google("secret = { name = \"s\" }"), vec![]),
        ("no scheme, nothing", bare(""), vec![scheme, anybody]),
        ("no scheme", bare(email), vec![scheme]),
        ("iap", iap(""), vec![preset]),
        ("iap, a domain", iap("claims = { hd = \"example.com\" }"), vec![]),
    ] {
        let told = compiled(&format!("[issuers.x]\n{keys}\n")).err().unwrap_or_default();
        assert_eq!(told.len(), words.len(), "{name}: {told:#?}");
        for (told, words) in told.iter().zip(words) {
            assert!(
                told.starts_with("issuers.x.issuer:") && told.contains(words),
                "{name}: {told}"
            );
        }
    }
}
