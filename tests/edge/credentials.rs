//! What docs/credentials.md shows is true: its policy, its requests and their answers, run one by one.
//!
//! Promises: every section about a kind of caller has a request that passes and one that is refused, every request is run
//! as it stands there, by a shell and curl, and each answer has what is shown of it. The document's policy is that of
//! `examples/credentials.toml`.

mod callers;
mod document;

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use tollgate_devstack::world::WorldOptions;

use super::support::gateway::own;
use super::support::http::Answer;
use document::{Call, Document, Section};

const DOCUMENT: &str = include_str!("../../docs/credentials.md");

const EXAMPLE: &str = include_str!("../../examples/credentials.toml");

/// Sections about something else than a kind of caller.
const NO_CALLERS: [&str; 3] = ["Reading the examples", "Keeping keys", "Revoking"];

/// How many kinds of callers there are.
const KINDS: usize = 16;

/// Where only what is refused can be run: nothing here speaks TLS for the gateway.
const NEEDS_TLS: &str = "Tokens bound to a certificate";

#[test]
fn the_documents_policy_is_the_example() {
    let shown: toml::Table = toml::from_str(&Document::read(DOCUMENT).policy).expect("TOML");
    let mut example: toml::Table = toml::from_str(EXAMPLE).expect("TOML");
    example.remove("examples");
    assert_eq!(shown, example);
}

#[test]
fn every_kind_of_caller_has_requests_that_are_run() {
    let document = Document::read(DOCUMENT);
    let (callers, others): (Vec<_>, Vec<_>) = document.sections.iter().partition(|section| !section.calls.is_empty());
    let titles: Vec<_> = others.iter().map(|section| section.title.as_str()).collect();
    assert_eq!((callers.len(), titles), (KINDS, NO_CALLERS.to_vec()));
    for section in callers {
        let title = &section.title;
        let passing = section.calls.iter().filter(|call| call.expected.status < 300).count();
        let has_unrun = !section.unrun.is_empty();
        assert_eq!(
            (passing == 0, has_unrun),
            (title == NEEDS_TLS, title == NEEDS_TLS),
            "{title}"
        );
        assert!(passing < section.calls.len(), "{title}: nothing is refused");
        for token in &section.tokens {
            let variable = format!("${}", token.variable);
            let is_used = section.calls.iter().any(|call| call.command.contains(&variable));
            assert!(is_used, "{title}: {variable} is in no request");
        }
    }
}

#[test]
fn every_request_gets_the_answer_that_is_shown() {
    let curl = Command::new("curl").arg("--version").output();
    curl.expect("the examples are run with curl, which is not on this machine's PATH: install it");
    let document = Document::read(DOCUMENT);
    let mut options = WorldOptions::new(&document.policy);
    options.state = callers::records(&document);
    own(options, async |world| {
        let mut wrong = Vec::new();
        for section in &document.sections {
            let variables = callers::variables(world, section).await;
            for call in &section.calls {
                wrong.extend(run(section, call, &variables).err());
            }
            for value in callers::secrets(&variables) {
                let printed = world.gateway.log_lines();
                assert!(
                    !printed.iter().any(|line| line.contains(value)),
                    "a credential is in the log"
                );
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n\n"));
    });
}

/// Runs one request as a reader would.
fn run(section: &Section, call: &Call, variables: &BTreeMap<String, String>) -> Result<(), String> {
    let place = format!("## {}\n{}", section.title, call.command);
    let mut shell = Command::new("sh");
    // No variable but the section's own, no proxy, and no settings of the user's: `-u` makes a missing one an error.
    shell.args(["-euc", &call.command]).env_clear().envs(variables);
    shell.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = shell.output().map_err(|why| format!("{place}: {why}"))?;
    if !output.status.success() {
        return Err(format!("{place}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let shown = String::from_utf8_lossy(&output.stdout);
    let answer = document::answer(&shown).map_err(|why| format!("{place}: {why}: {shown}"))?;
    match differences(&call.expected, &answer).as_slice() {
        [] => Ok(()),
        differences => Err(format!("{place}\n{}", differences.join("\n"))),
    }
}

/// What is shown and did not come.
fn differences(shown: &Answer, found: &Answer) -> Vec<String> {
    let mut differences = Vec::new();
    if shown.status != found.status {
        differences.push(format!(
            "status {}, not {}: {}",
            found.status,
            shown.status,
            found.text()
        ));
    }
    for (name, value) in &shown.headers {
        let fits = |found: &&str| match value.strip_suffix('…') {
            Some(beginning) => found.starts_with(beginning),
            None => found == value,
        };
        if !found.values(name).iter().any(fits) {
            differences.push(format!("{name}: {:?}, not {value}", found.values(name)));
        }
    }
    if !shown.body.is_empty() && !includes(&found.json(), &shown.json()) {
        differences.push(format!("{}, not {}", found.text(), shown.text()));
    }
    differences
}

/// Whether all that is shown is there, in objects at any depth.
fn includes(found: &Value, shown: &Value) -> bool {
    match (found, shown) {
        (Value::Object(found), Value::Object(shown)) => shown
            .iter()
            .all(|(name, shown)| found.get(name).is_some_and(|found| includes(found, shown))),
        _ => found == shown,
    }
}

#[test]
fn what_is_shown_must_come() {
    let shown =
        document::answer("HTTP/1.1 401 Unauthorized\nwww-authenticate: DPoP …\n\n{\"a\": {\"b\": 1}}").expect("it");
    let table = [
        (
            "the same",
            "HTTP/1.1 401 X\r\nWWW-Authenticate: DPoP y\r\n\r\n{\"a\":{\"b\":1,\"c\":2}}",
            0,
        ),
        (
            "another status",
            "HTTP/1.1 403 X\r\nWWW-Authenticate: DPoP y\r\n\r\n{\"a\":{\"b\":1}}",
            1,
        ),
        (
            "another header",
            "HTTP/1.1 401 X\r\nWWW-Authenticate: Bearer\r\n\r\n{\"a\":{\"b\":1}}",
            1,
        ),
        (
            "another member, no header",
            "HTTP/1.1 401 X\r\nA: b\r\n\r\n{\"a\":{\"b\":2}}",
            2,
        ),
    ];
    for (name, found, count) in table {
        let differences = differences(&shown, &document::answer(found).expect(name));
        assert_eq!(differences.len(), count, "{name}: {differences:?}");
    }
}
