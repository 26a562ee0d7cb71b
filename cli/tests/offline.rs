//! `tollgate explain` and `tollgate test` as commands: what they print, where, and with which exit status.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tollgate"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An example's path.
fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    path.to_string_lossy().into_owned()
}

#[test]
fn each_call_ends_as_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, contents: &str| {
        let path = folder.path().join(name);
        fs::write(&path, contents).unwrap();
        path.to_string_lossy().into_owned()
    };
    let (demo, canary) = (example("demo.toml"), example("canary-by-claim.toml"));
    let demo_text = fs::read_to_string(&demo).unwrap();
    let failing = file(
        "failing.toml",
        &demo_text.replacen("forward reports", "forward orders", 1),
    );
    let bare = file("bare.toml", demo_text.split("[[examples]]").next().unwrap());
    let bad = file("bad.toml", "[[routes]]\npath = \"a\"\nrespond = { status = 200 }\n");
    let order = "GET /v1/orders/7";
    let reader = r#"{"sub": "u1", "scope": "orders:read"}"#;
    let all = r#"orders={"canary_percent": {"next": 100}}"#;
    let rows: Vec<(&str, Vec<&str>, bool, &str)> = vec![
        ("all pass", vec!["test", &demo], true, "all 6 examples passed"),
        (
            "as JSON",
            vec!["test", &demo, "--format", "json"],
            true,
            "\"passed\": true",
        ),
        ("one fails", vec!["test", &failing], false, "1 of 6 examples failed"),
        ("none", vec!["test", &bare], false, "no [[examples]]"),
        ("does not compile", vec!["test", &bad], false, "routes[0].allow"),
        ("no file", vec!["test", "/nowhere"], false, "can't read /nowhere"),
        (
            "by a knob",
            vec!["test", &canary, "--tune", all],
            false,
            "came: forward orders@next",
        ),
        (
            "admitted",
            vec!["explain", &demo, order, "--claims", reader],
            true,
            "\n  forward orders\n",
        ),
        (
            "refused",
            vec!["explain", &demo, order],
            true,
            "refuse credential-missing",
        ),
        (
            "at a time",
            vec!["explain", &demo, order, "--at", "2026-11-21T08:00:00Z"],
            true,
            "2026-11-21T08:00:00.000Z",
        ),
        (
            "no time",
            vec!["explain", &demo, order, "--at", "noon"],
            false,
            "`noon` is no time",
        ),
        (
            "no address",
            vec!["explain", &demo, order, "--from", "here"],
            false,
            "`here` is no address",
        ),
        (
            "no header",
            vec!["explain", &demo, order, "--header", "x"],
            false,
            "`x` is no header",
        ),
        (
            "no request",
            vec!["explain", &demo, "orders"],
            false,
            "`orders` is no request",
        ),
        (
            "no object",
            vec!["explain", &demo, order, "--claims", "[]"],
            false,
            "--claims is no JSON object",
        ),
        (
            "does not compile either",
            vec!["explain", &bad, order],
            false,
            "routes[0].allow",
        ),
        (
            "no such issuer",
            vec!["explain", &demo, order, "--keys", "x=/nowhere"],
            false,
            "can't read /nowhere",
        ),
        (
            "no such service",
            vec!["explain", &demo, order, "--tune", "x={}"],
            false,
            "[services.x]",
        ),
    ];
    for (name, arguments, good, told) in rows {
        let output = run(&arguments);
        let (out, errors) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.success(), good, "{name}\n{out}\n{errors}");
        assert!(
            out.contains(told) || errors.contains(told),
            "{name}: {told}\n{out}\n{errors}"
        );
    }
}

#[test]
fn an_explanation_is_json_where_that_is_asked_for() {
    let demo = example("demo.toml");
    let token = "a-token-that-nobody-may-see";
    let output = run(&[
        "explain",
        &demo,
        "GET /v1/orders/7",
        "--token",
        token,
        "--format",
        "json",
    ]);
    let told = text(&output.stdout);
    let json: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(json.pointer("/decision/came").unwrap(), "refuse token-malformed");
    assert!(!told.contains(token), "{told}");
}
