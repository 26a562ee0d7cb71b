//! `tollgate check` as one runs it: the report, and how it ends.
#![expect(clippy::expect_used, reason = "tests fail by panicking")]

use std::process::{Command, Output};

use serde_json::Value;

const POLICY: &str =
    "[gateway]\nhosts = [\"api.example.com\"]\nremembr = \"5m\"\n\n[[routes]]\npath = \"/\"\nallow = \"anyone\"\n";

fn check(policy: &str, options: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, policy).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.arg("check").arg(path).args(options).output().expect("it runs")
}

#[test]
fn problems_are_shown_with_the_text_underlined_and_the_end_is_1() {
    let output = check(POLICY, &[]);
    let shown = String::from_utf8_lossy(&output.stdout);
    for part in [
        "error: gateway.remembr: there is no key `remembr` here",
        "policy.toml:3:1\n",
        "3 | remembr = \"5m\"\n  | ^^^^^^^\n",
        "= help: did you mean `remember`?",
        "policy.toml:5:1\n",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "colours are for terminals");
    let end = String::from_utf8_lossy(&output.stderr);
    assert!(end.starts_with("error: 2 problems in "), "{end}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_same_is_there_for_programs() {
    let output = check(POLICY, &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["ok"], false);
    let problem = &report["problems"][0];
    let place = ["line", "column", "end_line", "end_column"].map(|name| problem[name].as_u64());
    assert_eq!(place, [3, 1, 3, 8].map(Some));
    assert_eq!(problem["place"], "gateway.remembr");
    assert_eq!(report["problems"][1]["line"], 5);

    let output = check(include_str!("../../examples/demo.toml"), &["--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&report["ok"], output.status.code()), (&Value::Bool(true), Some(0)));
}
