//! The scenarios that are counted.
//!
//! Promises: each name says what happens (`group/what/state`), each scenario checks that just this happened, and all
//! bytes are the same in every run. `fresh` is a request that finds a new sandbox, `reused` one that finds a sandbox
//! with everything in memory that it can have.

mod callers;
pub mod comparisons;
mod setting;
mod sizes;

use serde_json::json;
use tollgate_devstack::signing::Algorithm;

use crate::scenario::{Scenario, State};

use setting::{Setting, claims, expect, kid, request};

/// All of them, in the order in which they are printed.
///
/// # Errors
/// If a key, a token or a policy can't be made.
pub fn all() -> anyhow::Result<Vec<Scenario>> {
    let setting = Setting::new()?;
    let mut scenarios = answered_without_identity(&setting);
    scenarios.extend(refused(&setting));
    scenarios.extend(verified_first(&setting));
    scenarios.extend(remembered(&setting));
    scenarios.extend(forwarded(&setting)?);
    scenarios.extend(callers::all(&setting)?);
    scenarios.extend(sizes::all(&setting)?);
    Ok(scenarios)
}

/// Both states that a sandbox can be in.
const STATES: [(State, &str); 2] = [(State::Fresh, "fresh"), (State::Reused, "reused")];

fn answered_without_identity(setting: &Setting) -> Vec<Scenario> {
    let public = request("/healthz", None);
    let unknown = request("/nothing/here", None);
    STATES
        .into_iter()
        .flat_map(|(state, word)| {
            let before = if state == State::Reused {
                vec![public.clone()]
            } else {
                vec![]
            };
            [
                setting.scenario(format!("public/{word}"), &before, state, &public, expect(200)),
                setting.scenario(format!("unknown-path/{word}"), &before, state, &unknown, expect(404)),
            ]
        })
        .collect()
}

fn refused(setting: &Setting) -> Vec<Scenario> {
    let good = setting.token(Algorithm::Rs256);
    let mut expired = claims();
    expired.insert("exp".to_owned(), json!(setting::NOW_S - 3_600));
    let expired = setting.signed(Algorithm::Rs256, &expired);
    let spoiled = spoil_signature(&good);
    let mut scenarios = Vec::new();
    for (state, word) in STATES {
        let before = if state == State::Reused {
            vec![request("/v1/whoami", Some(&good))]
        } else {
            vec![]
        };
        for (what, token) in [
            ("no-token", None),
            ("expired", Some(&expired)),
            ("bad-signature", Some(&spoiled)),
        ] {
            let counted = request("/v1/whoami", token.map(String::as_str));
            scenarios.push(setting.scenario(format!("refused/{what}/{word}"), &before, state, &counted, expect(401)));
        }
    }
    scenarios
}

/// The same token with another first character in its signature.
fn spoil_signature(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let rest = signature.get(1..).unwrap_or_default();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{rest}")
}

fn verified_first(setting: &Setting) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for algorithm in Algorithm::EVERY {
        let counted = request("/v1/whoami", Some(&setting.token(algorithm)));
        // Another token of the same key, so that the key is known but not the claims.
        let mut other = claims();
        other.insert("jti".to_owned(), json!("another"));
        let other = request("/v1/whoami", Some(&setting.signed(algorithm, &other)));
        for (state, word) in STATES {
            let before = if state == State::Reused {
                vec![other.clone()]
            } else {
                vec![]
            };
            let name = format!("verified/{}/{word}", kid(algorithm));
            scenarios.push(setting.scenario(name, &before, state, &counted, expect(200).claims("verified")));
        }
    }
    scenarios
}

fn remembered(setting: &Setting) -> Vec<Scenario> {
    let whoami = request("/v1/whoami", Some(&setting.token(Algorithm::Rs256)));
    let before = [whoami.clone()];
    vec![
        setting.scenario(
            "remembered/pop/fresh",
            &before,
            State::Fresh,
            &whoami,
            expect(200).claims("pop"),
        ),
        setting.scenario(
            "remembered/sandbox/reused",
            &before,
            State::Reused,
            &whoami,
            expect(200).claims("sandbox"),
        ),
    ]
}

fn forwarded(setting: &Setting) -> anyhow::Result<Vec<Scenario>> {
    let order = request("/v1/orders/7", Some(&setting.token(Algorithm::Rs256)));
    let whoami = request("/v1/whoami", Some(&setting.token(Algorithm::Rs256)));
    let public = request("/public/logo.svg", None);
    let known = [order.clone()];
    let warm = expect(200).claims("sandbox");
    Ok(vec![
        setting.scenario(
            "forwarded/everything-first/fresh",
            &[],
            State::Fresh,
            &order,
            expect(200).claims("verified").google_token("minted"),
        ),
        setting.scenario(
            "forwarded/google-token-minted/reused",
            &[whoami],
            State::Reused,
            &order,
            warm.clone().google_token("minted"),
        ),
        setting.scenario(
            "forwarded/google-token-in-pop/fresh",
            &known,
            State::Fresh,
            &order,
            expect(200).claims("pop").google_token("pop"),
        ),
        setting.scenario(
            "forwarded/google-token-in-sandbox/reused",
            &known,
            State::Reused,
            &order,
            warm.google_token("sandbox"),
        ),
        setting.scenario(
            "forwarded/public/reused",
            std::slice::from_ref(&public),
            State::Reused,
            &public,
            expect(200).google_token("sandbox"),
        ),
    ])
}
