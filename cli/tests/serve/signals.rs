//! All played: a token from the printed URL, a request, its log line; and however the command ends, nothing is left.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::command::{Served, demo, signal};

#[test]
fn it_serves_logs_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("gateway.log");
    let mut served = Served::start(&["--policy", &demo(), "--log", &log.to_string_lossy()]);
    assert_eq!(served.get("/healthz", None), (200, "ok".to_owned()));
    let token = served.token("okta", "orders:read");
    let (status, body) = served.get("/v1/orders/7", Some(&token));
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|why| panic!("{why}: {body}"));
    assert_eq!(
        (status, body.pointer("/service").and_then(Value::as_str)),
        (200, Some("orders"))
    );
    assert_eq!(served.get("/v1/orders/7", None).0, 401);

    let mut lines = Vec::new();
    for _ in 0..100 {
        lines = fs::read_to_string(&log)
            .expect("a log")
            .lines()
            .map(str::to_owned)
            .collect();
        if lines.len() == 3 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(lines.len(), 3, "one line a request: {lines:?}");
    let messages: Vec<_> = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|entry| {
            entry
                .get("message")
                .and_then(Value::as_str)
                .map(str::to_owned)
                .unwrap_or_default()
        })
        .collect();
    let expected = [
        "GET https://127.0.0.1/healthz 200 respond",
        "GET https://127.0.0.1/v1/orders/7 200 forward",
        "GET https://127.0.0.1/v1/orders/7 401 credential-missing",
    ];
    assert_eq!(messages, expected);
    assert!(lines.iter().all(|line| !line.contains("eyJ")), "a token is in the log");

    let stores = served.told("stores: ").split(';').next().expect("a folder").to_owned();
    assert!(Path::new(&stores).join("secrets").is_dir());
    signal(&served.child, "INT");
    assert!(served.child.wait().expect("an end").success(), "Ctrl-C is a good end");
    served.assert_gone();
    assert!(!Path::new(&stores).exists(), "the stores hold keys and go with it");
}

#[test]
fn terminated_it_cleans_up_and_killed_it_takes_viceroy_along() {
    let mut served = Served::start(&["--policy", &demo()]);
    assert_eq!(served.get("/healthz", None).0, 200);
    assert!(
        served.next_line().contains("GET https://127.0.0.1/healthz 200 respond"),
        "without --log, lines are for people"
    );
    let stores = served.told("stores: ").split(';').next().expect("a folder").to_owned();
    signal(&served.child, "TERM");
    served.child.wait().expect("an end");
    served.assert_gone();
    assert!(!Path::new(&stores).exists(), "the stores hold keys and go with it");

    let mut served = Served::start(&["--policy", &demo()]);
    assert_eq!(served.get("/healthz", None).0, 200);
    let stores = served.told("stores: ").split(';').next().expect("a folder").to_owned();
    served.child.kill().expect("SIGKILL");
    served.child.wait().expect("an end");
    served.assert_gone();
    // Nobody can clean up after SIGKILL but us.
    let _ = fs::remove_dir_all(stores);
}
