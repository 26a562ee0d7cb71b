//! Issuers of one policy whose tokens have the same `iss`.

use super::*;

/// Two issuers, and what is said of the second; empty where they stand beside each other.
#[test]
fn issuers_with_one_iss_must_be_told_apart() {
    let i = "issuer = \"https://i.example\"\n";
    let a = "audience = [\"a\"]\n";
    let (same, template) = (
        format!("{i}{a}"),
        "issuer = \"https://e.example/{tenant}/v2.0\"\naudience = [\"a\"]\n",
    );
    let of = |tenant: &str| format!("{template}tenants = [\"{tenant}\"]\n");
    let asks = |claim: &str| format!("{same}claims = {{ {claim} }}\n");
    let introspection = |iss: &str| {
        format!("issuer = \"{iss}\"\n{a}introspection = {{ url = \"{iss}/i\", client = \"g\", secret = \"s\" }}\n")
    };
    for (name, one, other, said) in [
        ("the same", same.clone(), same.clone(), "could be of both"),
        ("another audience", same.clone(), format!("{i}audience = [\"b\"]"), ""),
        (
            "an audience of both",
            same.clone(),
            format!("{i}audience = [\"b\", \"a\"]"),
            "could be of both",
        ),
        ("another claim", asks("k = \"a\""), asks("k = \"b\""), ""),
        ("a claim of one", asks("k = \"a\""), same.clone(), "could be of both"),
        (
            "claims that may both be",
            asks("k = \"a\""),
            asks("l = \"b\""),
            "could be of both",
        ),
        (
            "other lists",
            asks("k = { one_of = [\"a\", \"b\"] }"),
            asks("k = { one_of = [\"c\"] }"),
            "",
        ),
        (
            "lists that meet",
            asks("k = { one_of = [\"a\", \"b\"] }"),
            asks("k = \"b\""),
            "could be of both",
        ),
        (
            "other keys",
            same.clone(),
            format!("{i}audience = [\"b\"]\nkeys = {{ url = \"https://i.example/k\" }}"),
            "in another way",
        ),
        (
            "a secret",
            same.clone(),
            format!("{i}audience = [\"b\"]\nsecret = {{ name = \"s\" }}"),
            "in another way",
        ),
        (
            "one secret",
            format!("{same}secret = {{ name = \"s\" }}"),
            format!("{i}audience = [\"b\"]\nsecret = {{ name = \"s\" }}"),
            "",
        ),
        ("other tenants", of("t1"), of("t2"), ""),
        ("the same tenant", of("t1"), of("t1"), "could be of both"),
        ("any tenant, and one", of("*"), of("t1"), "could be of both"),
        (
            "a tenant by name",
            of("t1"),
            format!("issuer = \"https://e.example/t1/v2.0\"\n{a}"),
            "of the same `iss`",
        ),
        (
            "another by name",
            of("t1"),
            format!("issuer = \"https://e.example/t2/v2.0\"\n{a}"),
            "",
        ),
        (
            "any, and one by name",
            of("*"),
            format!("issuer = \"https://e.example/t2/v2.0\"\n{a}"),
            "of the same `iss`",
        ),
        (
            "no tenant",
            of("*"),
            format!("issuer = \"https://e.example/a/b/v2.0\"\n{a}"),
            "",
        ),
        (
            "two templates",
            of("*"),
            format!("issuer = \"https://e.example/x-{{tenant}}/v2.0\"\n{a}tenants = [\"*\"]"),
            "of the same `iss`",
        ),
        (
            "two templates that end otherwise",
            of("*"),
            format!("issuer = \"https://e.example/{{tenant}}/v1.0\"\n{a}tenants = [\"*\"]"),
            "",
        ),
        (
            "opaque tokens of two",
            introspection("https://i.example"),
            introspection("https://j.example"),
            "opaque tokens already",
        ),
        (
            "opaque tokens of one",
            introspection("https://i.example"),
            format!("issuer = \"https://j.example\"\n{a}"),
            "",
        ),
        (
            "opaque tokens and others",
            same.clone(),
            introspection("https://i.example"),
            "in another way",
        ),
    ] {
        let policy = format!("{GOOD}[issuers.x]\n{one}\n[issuers.y]\n{other}\n");
        let problems = compile_text(&policy).err().unwrap_or_default();
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), usize::from(!said.is_empty()), "{name}: {told:#?}");
        assert!(
            told.iter().all(|told| told.starts_with("issuers.y.")),
            "{name}: {told:#?}"
        );
        assert!(told.iter().all(|told| told.contains(said)), "{name}: {told:#?}");
    }
}
