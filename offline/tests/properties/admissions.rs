//! Taking something away from a caller never turns a refusal into an admission.
//!
//! What is taken away are parts of a caller as the gateway knows them. A token that says its client twice, in `client_id`
//! and in `azp`, has another client once the first is gone: that is one claim changed, not one gone.

use std::{cell::Cell, collections::BTreeMap, fmt::Write as _};

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};
use tollgate::{
    policy::{compile::compile_text, source::example::Caller},
    time::WallClock,
};
use tollgate_offline::{Credential, Question, Rehearsal};

use crate::cases;

/// Some of the words, in order.
fn some(words: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    vec(any::<bool>(), words.len()).prop_map(move |taken| {
        words
            .iter()
            .zip(taken)
            .filter(|(_, taken)| *taken)
            .map(|(word, _)| *word)
            .collect()
    })
}

/// A list that is asked for, or nothing where it would ask nothing.
fn part(name: &'static str, words: &'static [&'static str]) -> impl Strategy<Value = String> {
    option::weighted(0.3, some(words)).prop_map(move |words| match words {
        Some(words) if !words.is_empty() => format!(", {name} = {}", json!(words)),
        _ => String::new(),
    })
}

fn rule() -> impl Strategy<Value = String> {
    let claim = || {
        select(vec![
            "",
            "",
            "tenant = \"{x}\"",
            "tenant = \"a\"",
            "tenant = { one_of = [\"a\", \"b\", 1] }",
            "tenant = { prefix = \"a\" }",
            "tenant = { exists = true }",
            "\"deep.flag\" = true",
            "\"deep.tier\" = 1",
        ])
    };
    let hours = select(vec![
        "",
        "",
        "",
        ", hours = { from = \"22:00\", to = \"06:00\", days = [\"fri\"] }",
    ]);
    (
        select(vec!["\"one\"", "\"one\"", "[\"one\", \"two\"]"]),
        part("scopes", &["a", "b"]),
        part("roles", &["a", "b"]),
        part("groups", &["a", "b"]),
        part("clients", &["a", "b"]),
        part("addresses", &["203.0.113.0/24", "2001:db8::/32"]),
        part("countries", &["DE", "FR"]),
        claim(),
        hours,
    )
        .prop_map(
            |(issuer, scopes, roles, groups, clients, addresses, countries, claim, hours)| {
                let claims = if claim.is_empty() {
                    String::new()
                } else {
                    format!(", claims = {{ {claim} }}")
                };
                format!("{{ issuer = {issuer}{scopes}{roles}{groups}{clients}{addresses}{countries}{claims}{hours} }}")
            },
        )
}

/// Who asks, from where and when.
#[derive(Debug, Clone)]
struct Asking {
    caller: Caller,
    from: Option<&'static str>,
    country: Option<&'static str>,
    hour: u64,
}

fn asking() -> impl Strategy<Value = Asking> {
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let tenant = select(vec![
        json!("a"),
        json!("ab"),
        json!(1),
        json!(["b", "a"]),
        json!({ "a": "b" }),
        json!(null),
    ]);
    let flag = select(vec![json!(true), json!("true"), json!(false)]);
    let claims = (option::of(tenant), option::of(flag), option::of(Just(json!(1))));
    let texts = (some(&["a", "b", "c"]), some(&["a", "b"]), some(&["a", "b"]));
    let client = option::of(select(vec!["a", "c"]));
    let from = option::weighted(0.8, select(vec!["203.0.113.9", "2001:db8::1", "198.51.100.7"]));
    let country = option::weighted(0.8, select(vec!["DE", "BR"]));
    (
        select(vec!["one", "two"]),
        texts,
        claims,
        client,
        from,
        country,
        0_u64..24,
    )
        .prop_map(
            move |(issuer, (scopes, roles, groups), (tenant, flag, tier), client, from, country, hour)| {
                let claims = [("tenant", tenant), ("deep.flag", flag), ("deep.tier", tier)];
                let claims = claims
                    .into_iter()
                    .filter_map(|(name, value)| Some((name.to_owned(), value?)));
                let caller = Caller {
                    issuer: issuer.to_owned(),
                    subject: Some("u1".to_owned()),
                    client: client.map(str::to_owned),
                    scopes: owned(scopes),
                    roles: owned(roles),
                    groups: owned(groups),
                    claims: claims.collect::<BTreeMap<String, Value>>(),
                };
                Asking {
                    caller,
                    from,
                    country,
                    hour,
                }
            },
        )
}

impl Asking {
    fn question(&self) -> Question {
        // Friday, 2026-11-20, 20:00 and later.
        let at = WallClock {
            unix_ms: 1_795_204_800_000 + self.hour * 3_600_000,
        };
        Question {
            credential: Credential::Caller(self.caller.clone()),
            from: self.from.map(|from| from.parse().unwrap()),
            country: self.country.map(str::to_owned),
            ..Question::new("GET /a", at).unwrap()
        }
    }

    /// The same with one thing less, for each thing that there is.
    fn with_less(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut less = |change: &dyn Fn(&mut Self)| {
            let mut changed = self.clone();
            change(&mut changed);
            all.push(changed);
        };
        less(&|asking| asking.caller.subject = None);
        less(&|asking| asking.caller.client = None);
        less(&|asking| asking.from = None);
        less(&|asking| asking.country = None);
        for at in 0..self.caller.scopes.len() {
            less(&|asking| drop(asking.caller.scopes.remove(at)));
        }
        for at in 0..self.caller.roles.len() {
            less(&|asking| drop(asking.caller.roles.remove(at)));
        }
        for at in 0..self.caller.groups.len() {
            less(&|asking| drop(asking.caller.groups.remove(at)));
        }
        for name in self.caller.claims.keys() {
            less(&|asking| drop(asking.caller.claims.remove(name)));
        }
        all
    }
}

#[test]
fn who_has_less_may_do_no_more() {
    let (admitted, refused) = (Cell::new(0), Cell::new(0));
    let strategy = (vec(rule(), 1..4), vec(asking(), 12));
    let mut runner = proptest::test_runner::TestRunner::new(cases(100));
    let property = |(rules, askings): (Vec<String>, Vec<Asking>)| {
        let mut policy = "gateway.hosts = [\"a.example\"]\n".to_owned();
        for name in ["one", "two"] {
            writeln!(
                policy,
                "issuers.{name} = {{ issuer = \"https://{name}.example\", audience = [\"a\"] }}"
            )
            .unwrap();
        }
        let allow = rules.join(", ");
        writeln!(
            policy,
            "[[routes]]\npath = \"/{{x}}\"\nallow = [{allow}]\nrespond = {{ status = 200 }}"
        )
        .unwrap();
        let site = compile_text(&policy).unwrap_or_else(|problems| panic!("{problems:?}\n{policy}"));
        let rehearsal = Rehearsal::new(site).map_err(TestCaseError::fail)?;
        let came = |asking: &Asking| rehearsal.ask(&asking.question()).map(|course| course.words());
        for asking in &askings {
            let whole = came(asking).map_err(TestCaseError::fail)?;
            if whole == "respond 200" {
                admitted.set(admitted.get() + 1);
                continue;
            }
            prop_assert!(
                whole.starts_with("refuse ") && whole != "refuse misconfigured",
                "{}\n{}",
                whole,
                policy
            );
            refused.set(refused.get() + 1);
            for less in asking.with_less() {
                let came = came(&less).map_err(TestCaseError::fail)?;
                prop_assert_ne!(
                    came,
                    "respond 200",
                    "{}\nrefused: {:?}\nadmitted: {:?}",
                    policy,
                    asking,
                    less
                );
            }
        }
        Ok(())
    };
    runner.run(&strategy, property).unwrap();
    assert!(admitted.get() > 100, "{} are admitted", admitted.get());
    assert!(refused.get() > 200, "{} are refused", refused.get());
}
