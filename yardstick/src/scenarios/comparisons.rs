//! Scenarios for the comparison programs: the usual request and world, with the config store that those programs read.
//!
//! Promises the same headers, the same kind of token and as many routes as the gateway's own scenarios have.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tollgate_devstack::signing::Algorithm;

use crate::{
    scenario::{Scenario, State},
    versus::policies,
};

use super::{
    STATES,
    setting::{SERVICE_HOST, Setting, claims, expect, kid, request},
};

/// The programs, as their package names them.
pub const PROGRAMS: [&str; 4] = ["empty", "empty-reused", "pass-through", "naive"];

/// What a request asks of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// A fixed answer to anyone.
    Answered,
    /// A fixed answer to a caller with a token.
    Identified,
    /// The answer of the service behind it.
    Forwarded,
    /// The answer of the service behind it, to a caller with a token.
    IdentifiedForwarded,
}

/// One scenario of one program.
pub struct Comparison {
    /// What is asked.
    pub work: Work,
    /// The scenario.
    pub scenario: Scenario,
}

/// As many routes as the gateway's scenarios have.
const ROUTES: usize = 10;
/// The config store of all comparison programs.
const STORE: &str = "comparison";

/// The scenarios of one program.
///
/// # Errors
/// If a key, a token or the program's policy can't be made.
pub fn of(program: &str) -> anyhow::Result<Vec<Comparison>> {
    let mut setting = Setting::new()?;
    let jwks = json!({ "keys": Algorithm::ALL.map(|algorithm| setting.jwk(algorithm, kid(algorithm))) });
    let store = policies::plain(&format!("https://{SERVICE_HOST}"), &jwks, ROUTES)?;
    setting.world.config = store
        .into_iter()
        .map(|(entry, value)| (STORE.to_owned(), entry, value))
        .collect();
    let works: &[(Work, &str)] = match program {
        "naive" => &[
            (Work::Identified, policies::WHOAMI),
            (Work::IdentifiedForwarded, policies::ORDER),
        ],
        "pass-through" => &[(Work::Forwarded, "/public/logo.svg")],
        _ => &[(Work::Answered, "/healthz")],
    };
    let scenarios = works
        .iter()
        .flat_map(|(work, path)| scenarios(&setting, program, *work, path));
    Ok(scenarios.collect())
}

fn scenarios(setting: &Setting, program: &str, work: Work, path: &str) -> Vec<Comparison> {
    let identified = matches!(work, Work::Identified | Work::IdentifiedForwarded);
    let counted = request(path, identified.then(|| token(setting)).as_deref());
    let states = STATES.into_iter().filter(|(state, _)| {
        // The SDK's own `main` serves one request a sandbox.
        *state == State::Fresh || program != "empty"
    });
    states
        .map(|(state, word)| {
            let before = if state == State::Reused {
                vec![counted.clone()]
            } else {
                vec![]
            };
            let name = format!("{program}{path}/{word}");
            Comparison {
                work,
                scenario: setting.scenario(name, &before, state, &counted, expect(200)),
            }
        })
        .collect()
}

/// The usual token, from the issuer that these programs' policy names.
fn token(setting: &Setting) -> String {
    let mut claims = claims();
    claims.insert("iss".to_owned(), Value::String(policies::ISSUER.to_owned()));
    claims.insert("aud".to_owned(), Value::String(policies::AUDIENCE.to_owned()));
    setting.signed(Algorithm::Rs256, &claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_has_its_scenarios() {
        let names = |program| -> Vec<String> {
            of(program)
                .unwrap()
                .into_iter()
                .map(|comparison| comparison.scenario.name)
                .collect()
        };
        assert_eq!(names("empty"), ["empty/healthz/fresh"]);
        assert_eq!(names("empty-reused").len(), 2);
        assert_eq!(names("pass-through").len(), 2);
        assert_eq!(names("naive").len(), 4);
    }
}
