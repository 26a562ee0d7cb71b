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

use setting::{POLICY, Setting, claims, enforce, expect, kid, request};

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
    scenarios.extend(asserted(&setting)?);
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

/// A request that the gateway signs an assertion for, by a key of each kind; both are the ones of RFC 7515 appendix A.3
/// and RFC 8037 appendix A.
fn asserted(setting: &Setting) -> anyhow::Result<Vec<Scenario>> {
    let gateway = "[gateway]\norigin = \"https://api.example.com\"\nassertions.keys = [\"signing\"]\n";
    let policy = POLICY.replacen("[gateway]\n", gateway, 1);
    let order = request("/v1/orders/7", Some(&setting.token(Algorithm::Rs256)));
    let known = [order.clone()];
    let keys = [
        (
            "es256",
            json!({
                "kty": "EC", "crv": "P-256", "kid": "signing", "d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }),
        ),
        (
            "eddsa",
            json!({
                "kty": "OKP", "crv": "Ed25519", "kid": "signing", "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            }),
        ),
    ];
    let mut scenarios = Vec::new();
    for (name, key) in keys {
        for (state, in_state) in STATES {
            let source = if state == State::Fresh { "pop" } else { "sandbox" };
            let expected = expect(200).claims(source).google_token(source);
            let name = format!("asserted/{name}/{in_state}");
            let mut scenario = setting.scenario(name, &known, state, &order, expected);
            enforce(&mut scenario.world, &policy)?;
            scenario.world.secrets.push(("signing".to_owned(), key.to_string()));
            scenarios.push(scenario);
        }
    }
    Ok(scenarios)
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
