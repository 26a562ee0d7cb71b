//! Mistakes of whoever calls it: a clear word on standard error, exit status 1, and nothing is started.

use std::path::Path;

use super::command::{demo, file, run};

#[test]
fn every_mistake_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str, contents: &str| file(folder.path(), name, contents).to_string_lossy().into_owned();
    let not_toml = path("not.toml", "[gateway\n");
    let unknown = path("unknown.toml", "[gateway]\nhosts = [\"a.example\"]\nhostz = 1\n");
    let two_problems = path(
        "two.toml",
        "[gateway]\nhosts = [\"a.example\"]\n[[routes]]\npath = \"/a\"\nrespond = { status = 200 }\n\
         [[routes]]\npath = \"b\"\nallow = \"anyone\"\nrespond = { status = 200 }\n",
    );
    let (not_json, no_keys) = (path("not.json", "{"), path("none.json", "{\"keys\":[]}"));
    let symmetric = path("oct.json", r#"{"keys":[{"kty":"oct","kid":"k","k":"c2VjcmV0"}]}"#);
    let ed25519 = folder.path().join("made.json").to_string_lossy().into_owned();
    let create = ["keys", "create", "--for", "assertions", "--alg", "eddsa", "--name", "k"];
    let made = run(&[&create[..], &["--out", &ed25519]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let demo = demo();
    let missing = folder.path().join("missing").to_string_lossy().into_owned();
    let option = |name: &str, value: &str| vec!["--policy".to_owned(), demo.clone(), name.to_owned(), value.to_owned()];
    let rows: Vec<(&str, Vec<String>, &[&str])> = vec![
        (
            "no policy file",
            vec!["--policy".to_owned(), missing.clone()],
            &["can't read", "missing"],
        ),
        (
            "policy is no TOML",
            vec!["--policy".to_owned(), not_toml],
            &["not.toml:1:", "help: "],
        ),
        ("unknown member", vec!["--policy".to_owned(), unknown], &["hostz"]),
        (
            "two problems",
            vec!["--policy".to_owned(), two_problems],
            &["routes[0].allow", "routes[1].path"],
        ),
        (
            "unknown issuer",
            option("--keys", &format!("oktta={not_json}")),
            &["oktta"],
        ),
        (
            "unknown service",
            option("--service", "order=http://127.0.0.1:1"),
            &["order"],
        ),
        (
            "unknown secret",
            option("--secret", &format!("edge={not_json}")),
            &["`edge`"],
        ),
        (
            "no keys file",
            option("--keys", &format!("okta={missing}")),
            &["can't read", "missing"],
        ),
        (
            "no secret file",
            option("--secret", &format!("x={missing}")),
            &["can't read", "missing"],
        ),
        (
            "keys are no JSON",
            option("--keys", &format!("okta={not_json}")),
            &["okta", "JSON Web Key Set"],
        ),
        (
            "empty key set",
            option("--keys", &format!("okta={no_keys}")),
            &["okta", "no key"],
        ),
        (
            "symmetric key",
            option("--keys", &format!("okta={symmetric}")),
            &["okta", "private part `k`"],
        ),
        (
            "service elsewhere without TLS",
            [
                option("--service", "orders=http://192.0.2.1"),
                vec!["--no-iam".to_owned()],
            ]
            .concat(),
            &["https"],
        ),
        (
            "Google without keys",
            option("--google", "http://127.0.0.1:1"),
            &["--secret", "workload-identity"],
        ),
        (
            "emit without keys",
            option("--emit", &missing),
            &["no keys for okta", "--keys"],
        ),
        ("no program", option("--wasm", &missing), &["no program at"]),
        (
            "service given twice",
            [
                option("--service", "orders=http://127.0.0.1:1"),
                vec!["--service".to_owned(), "orders=http://127.0.0.1:2".to_owned()],
            ]
            .concat(),
            &["--service", "twice", "orders"],
        ),
        (
            "service with a path",
            option("--service", "orders=http://127.0.0.1:1/base"),
            &["--service orders", "path"],
        ),
        (
            "https behind the played IAM check",
            option("--service", "orders=https://orders.example"),
            &["--service orders", "--no-iam"],
        ),
        (
            "Google is no URL",
            option("--google", "notaurl"),
            &["--google", "notaurl"],
        ),
        (
            "a key of Ed25519 for Google",
            option("--secret", &format!("workload-identity={ed25519}")),
            &["the secret `workload-identity`:", "EdDSA", "ES256"],
        ),
        (
            "a wrong name, and a program that is not there",
            [
                option("--secret", &format!("edge={not_json}")),
                vec!["--wasm".to_owned(), missing.clone()],
            ]
            .concat(),
            &["`edge`"],
        ),
    ];
    for (name, arguments, words) in rows {
        let arguments: Vec<&str> = ["serve", "--addr", "127.0.0.1:0"]
            .into_iter()
            .chain(arguments.iter().map(String::as_str))
            .collect();
        let output = run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains("error: "), "{name}: {said}");
        for word in words {
            assert!(said.contains(word), "{name}: `{word}` is not in: {said}");
        }
        assert!(!said.contains("panicked"), "{name}: {said}");
    }
    assert!(!Path::new(&missing).exists(), "nothing was emitted");
}

#[test]
fn a_wrong_option_is_told_with_the_usage() {
    for arguments in [
        ["serve", "--keys", "okta"],
        ["serve", "--addr", "nowhere"],
        ["serve", "--polcy", "x"],
    ] {
        let output = run(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(
            said.contains("--help") || said.contains("Usage"),
            "{arguments:?}: {said}"
        );
    }
}

#[test]
fn an_address_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = taken.local_addr().expect("an address").to_string();
    let output = run(&["serve", "--policy", &demo(), "--addr", &addr]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.to_lowercase().contains("address") && said.contains("in use"),
        "{said}"
    );
}
