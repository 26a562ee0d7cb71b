//! What the payload says.

use serde_json::{Value, json};
use tollgate::rejection::TokenRefusal::{
    AudienceWrong, Expired, ExpiryMissing, IssuerUnknown, Malformed, NotBound, NotYetValid,
};

use super::{ALL, NOBODY, Table, with, without};
use crate::{
    forge::{AUDIENCE, By, ISSUER},
    peers::{JOSE, JWCRYPTO, PYJWT},
};

pub(super) fn add(table: &mut Table<'_>) -> anyhow::Result<()> {
    add_times(table)?;
    add_parties(table)?;
    add_others(table)
}

fn add_times(table: &mut Table<'_>) -> anyhow::Result<()> {
    let now = table.now;
    let half = |seconds: u64| json!(seconds as f64 + 0.5);
    for (name, claims, ours, laxer) in [
        ("expired, within the leeway", json!({ "exp": now - 30 }), Ok(()), NOBODY),
        (
            "expired, past the leeway",
            json!({ "exp": now - 90 }),
            Err(Expired),
            NOBODY,
        ),
        ("exp: 0", json!({ "exp": 0 }), Err(Expired), NOBODY),
        ("exp with a fraction", json!({ "exp": half(now + 600) }), Ok(()), NOBODY),
        (
            "exp is a text",
            json!({ "exp": (now + 600).to_string() }),
            Err(Malformed),
            &[PYJWT],
        ),
        ("exp is null", json!({ "exp": null }), Err(Malformed), NOBODY),
        ("exp is true", json!({ "exp": true }), Err(Malformed), NOBODY),
        ("exp is a list", json!({ "exp": [now + 600] }), Err(Malformed), NOBODY),
        ("exp below zero", json!({ "exp": -1 }), Err(Malformed), NOBODY),
        (
            "exp in milliseconds",
            json!({ "exp": (now + 600) * 1_000 }),
            Err(Malformed),
            ALL,
        ),
        ("exp past all time", json!({ "exp": 1e300 }), Err(Malformed), ALL),
        (
            "nbf soon, within the leeway",
            json!({ "nbf": now + 30 }),
            Ok(()),
            NOBODY,
        ),
        (
            "nbf past the leeway",
            json!({ "nbf": now + 300 }),
            Err(NotYetValid),
            NOBODY,
        ),
        ("nbf with a fraction", json!({ "nbf": half(now - 10) }), Ok(()), NOBODY),
        (
            "nbf is a text",
            json!({ "nbf": (now - 10).to_string() }),
            Err(Malformed),
            &[PYJWT],
        ),
        ("nbf is null", json!({ "nbf": null }), Err(Malformed), NOBODY),
        (
            "iat soon, within the leeway",
            json!({ "iat": now + 30 }),
            Ok(()),
            NOBODY,
        ),
        (
            "iat past the leeway",
            json!({ "iat": now + 300 }),
            Err(NotYetValid),
            &[JWCRYPTO],
        ),
        (
            "iat is a text",
            json!({ "iat": now.to_string() }),
            Err(Malformed),
            &[PYJWT, JWCRYPTO],
        ),
        ("iat is a word", json!({ "iat": "now" }), Err(Malformed), NOBODY),
    ] {
        let claims = with(table.claims(), &claims);
        add_claims(table, name, &claims, (ours, laxer))?;
    }
    let claims = without(table.claims(), "exp");
    add_claims(table, "no exp", &claims, (Err(ExpiryMissing), NOBODY))
}

fn add_parties(table: &mut Table<'_>) -> anyhow::Result<()> {
    for (name, claims, ours, laxer) in [
        (
            "another iss",
            json!({ "iss": "https://other.example" }),
            Err(IssuerUnknown),
            NOBODY,
        ),
        (
            "iss with a slash",
            json!({ "iss": format!("{ISSUER}/") }),
            Err(IssuerUnknown),
            NOBODY,
        ),
        (
            "iss in another case",
            json!({ "iss": "https://ISSUER.example" }),
            Err(IssuerUnknown),
            NOBODY,
        ),
        (
            "iss is a part of ours",
            json!({ "iss": "https://issuer" }),
            Err(IssuerUnknown),
            NOBODY,
        ),
        ("iss is a list", json!({ "iss": [ISSUER] }), Err(Malformed), NOBODY),
        ("iss is null", json!({ "iss": null }), Err(IssuerUnknown), NOBODY),
        (
            "another aud",
            json!({ "aud": "api://other" }),
            Err(AudienceWrong),
            NOBODY,
        ),
        (
            "aud is a part of ours",
            json!({ "aud": "api://" }),
            Err(AudienceWrong),
            NOBODY,
        ),
        (
            "aud lists ours",
            json!({ "aud": ["api://other", AUDIENCE] }),
            Ok(()),
            NOBODY,
        ),
        (
            "aud lists others",
            json!({ "aud": ["api://other", "api://third"] }),
            Err(AudienceWrong),
            NOBODY,
        ),
        ("aud lists nothing", json!({ "aud": [] }), Err(AudienceWrong), NOBODY),
        (
            "aud lists a number too",
            json!({ "aud": [AUDIENCE, 1] }),
            Err(Malformed),
            &[JOSE],
        ),
        (
            "aud is an object",
            json!({ "aud": { AUDIENCE: true } }),
            Err(Malformed),
            NOBODY,
        ),
        ("aud is null", json!({ "aud": null }), Err(Malformed), NOBODY),
    ] {
        let claims = with(table.claims(), &claims);
        add_claims(table, name, &claims, (ours, laxer))?;
    }
    let claims = table.claims();
    add_claims(
        table,
        "no iss",
        &without(claims.clone(), "iss"),
        (Err(IssuerUnknown), NOBODY),
    )?;
    add_claims(table, "no aud", &without(claims, "aud"), (Err(AudienceWrong), NOBODY))
}

fn add_others(table: &mut Table<'_>) -> anyhow::Result<()> {
    for (name, claims, ours, laxer) in [
        ("claims in other scripts", json!({ "name": "Łódź 🗝" }), Ok(()), NOBODY),
        ("sub is a number", json!({ "sub": 1 }), Err(Malformed), &[JOSE]),
        ("sub is null", json!({ "sub": null }), Err(Malformed), &[JOSE, JWCRYPTO]),
        ("jti is a number", json!({ "jti": 1 }), Err(Malformed), &[JOSE]),
        ("scope is a list", json!({ "scope": ["read"] }), Err(Malformed), ALL),
        ("client_id is a number", json!({ "client_id": 1 }), Err(Malformed), ALL),
        ("cnf is a text", json!({ "cnf": "key" }), Err(Malformed), ALL),
        (
            "bound in a way that nobody knows",
            json!({ "cnf": { "kid": "k9" } }),
            Err(NotBound),
            ALL,
        ),
        (
            "claims that nobody knows",
            json!({ "a": { "b": [1, null, 1.5, "x"] } }),
            Ok(()),
            NOBODY,
        ),
    ] {
        let claims = with(table.claims(), &claims);
        add_claims(table, name, &claims, (ours, laxer))?;
    }
    let claims = without(table.claims(), "sub");
    add_claims(table, "no sub", &claims, (Ok(()), NOBODY))
}

fn add_claims(
    table: &mut Table<'_>,
    name: &'static str,
    claims: &Value,
    expected: super::Expected,
) -> anyhow::Result<()> {
    let header = Table::header(By::Es256).to_string();
    let token = table.of_texts(header.as_bytes(), claims.to_string().as_bytes())?;
    table.add(name, By::Es256, token, expected);
    Ok(())
}
