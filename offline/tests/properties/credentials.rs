//! Whoever the stand-in vouches for is known by the credential that the issuer's policy asks for, and by nothing less.

use proptest::{option, prelude::*, sample::select, sample::subsequence};
use serde_json::json;
use tollgate::policy::{compile::compile_text, source::example::Caller};
use tollgate_offline::{Credential, Question, Rehearsal};

use crate::{NOW, cases};

/// An issuer as a policy writes it; API keys are another matter.
fn issuer() -> impl Strategy<Value = String> {
    let vouching = select(vec![
        "",
        "keys = { url = \"https://i.example/keys\" }",
        "keys = { fetch = false }",
        "secret = { name = \"s\", algorithm = \"HS256\" }",
        "secret = { name = \"s\", algorithm = \"HS384\" }",
        "secret = { name = \"s\", algorithm = \"HS512\" }",
        "introspection = { url = \"https://i.example/x\", client = \"c\", secret = \"s\", remember = \"0s\" }",
        "introspection = { url = \"https://i.example/x\", client = \"c\", secret = \"s\" }",
    ]);
    let types = subsequence(vec!["JWT", "at+jwt", "absent"], 1..=3);
    let tenants = select(vec!["", "tenants = [\"a\", \"b\"]", "tenants = [\"*\"]"]);
    let bound = select(vec![
        "",
        "",
        "bound = \"dpop\"",
        "bound = \"certificate\"",
        "bound = \"either\"",
    ]);
    let claims = select(vec![
        "",
        "",
        "claims = { sub = { exists = true }, exp = { exists = true } }",
        "claims = { \"a.b\" = { one_of = [1, 2] }, \"a.c\" = { prefix = \"x\" }, d = true }",
    ]);
    (vouching, option::of(types), tenants, bound, any::<bool>(), claims).prop_map(
        |(vouching, types, tenants, bound, nonce, claims)| {
            let is_opaque = vouching.starts_with("introspection");
            let tenants = if is_opaque { "" } else { tenants };
            let tenant = if tenants.is_empty() { "" } else { "{tenant}/" };
            let mut lines = vec![
                format!("issuer = \"https://i.example/{tenant}x\""),
                "audience = [\"a\", \"b\"]".to_owned(),
                vouching.to_owned(),
                tenants.to_owned(),
                bound.to_owned(),
                claims.to_owned(),
            ];
            if let (Some(types), false) = (types, is_opaque) {
                lines.push(format!("types = {}", json!(types)));
            }
            if nonce && bound != "bound = \"certificate\"" {
                lines.push("dpop_nonce = \"n\"".to_owned());
            }
            lines.join("\n")
        },
    )
}

fn any_issuer() -> impl Strategy<Value = String> {
    prop_oneof![8 => issuer(), 1 => Just("api_keys = true".to_owned())]
}

/// Where a route looks.
fn credential() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "credential = \"authorization\"",
        "credential = { header = \"x-key\" }",
        "credential = { cookie = \"s\" }",
        "credential = [{ cookie = \"s\" }, \"authorization\"]",
        "credential = [{ header = \"x-key\" }, { cookie = \"s\" }]",
    ])
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn who_is_vouched_for_is_known(issuer in any_issuer(), credential in credential(), has_scope in any::<bool>()) {
        let policy = format!(
            "gateway.hosts = [\"a.example\"]\n[issuers.i]\n{issuer}\n[[routes]]\npath = \"/{{x...}}\"\n{credential}\n\
             allow = [{{ issuer = \"i\", scopes = [\"s\"] }}]\nrespond = {{ status = 204 }}"
        );
        let needs_proof = issuer.contains("bound = \"dpop\"");
        let takes_proof = credential.is_empty() || credential.contains("authorization");
        let site = match compile_text(&policy) {
            Ok(site) => site,
            Err(problems) => {
                prop_assert!(needs_proof && !takes_proof, "{policy}\n{problems:?}");
                return Ok(());
            }
        };
        let rehearsal = Rehearsal::new(site).map_err(TestCaseError::fail)?;
        let scopes = if has_scope { vec!["s".to_owned()] } else { Vec::new() };
        let caller = Caller { issuer: "i".to_owned(), scopes, ..Caller::default() };
        let question = Question {
            credential: Credential::Caller(caller),
            ..Question::new("GET /v1/%C3%A9?q=1", NOW).unwrap()
        };
        let explanation = rehearsal.explain(&question).map_err(TestCaseError::fail)?;
        let expected = match (needs_proof && !takes_proof, has_scope) {
            (true, _) => "refuse dpop-proof-missing",
            (false, true) => "respond 204",
            (false, false) => "refuse scope-missing",
        };
        prop_assert_eq!(&explanation.decision.came, expected, "{}\n{}", policy, explanation);
        prop_assert!(explanation.decision.problems.len() <= usize::from(needs_proof && !takes_proof), "{}", explanation);
        prop_assert!(explanation.caller.is_some(), "{}", explanation);
    }
}
