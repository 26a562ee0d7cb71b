//! The log: one line of JSON a request, with the fields and types that are documented.

use serde_json::{Value, json};
use tollgate_devstack::world::World;

use super::support::gateway::{Gateway, shared, token};
use super::support::http::Ask;

const LATENCY_CHARACTERS_MIN: usize = "0.000000s".len();

fn assert_well_formed(entry: &Value) {
    let text = |pointer: &str| {
        entry
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{pointer}: {entry}"))
    };
    let number = |pointer: &str| {
        entry
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_else(|| panic!("{pointer}: {entry}"))
    };
    assert_eq!(text("/time").len(), "2026-11-21T08:00:00.042Z".len(), "{entry}");
    assert!(
        text("/time").ends_with('Z') && text("/time").as_bytes()[10] == b'T',
        "{entry}"
    );
    assert!(
        ["INFO", "NOTICE", "WARNING", "ERROR"].contains(&text("/severity")),
        "{entry}"
    );
    assert!(!text("/message").is_empty(), "{entry}");
    assert!((200..600).contains(&number("/httpRequest/status")), "{entry}");
    let latency = text("/httpRequest/latency");
    assert!(
        latency.len() >= LATENCY_CHARACTERS_MIN && latency.ends_with('s'),
        "{entry}"
    );
    assert_eq!(text("/httpRequest/remoteIp"), "127.0.0.1", "{entry}");
    assert!(text("/tollgate/request_id").len() >= 16, "{entry}");
    assert!(!text("/tollgate/pop").is_empty(), "{entry}");
    assert!(
        ["respond", "forward", "refuse"].contains(&text("/tollgate/decision")),
        "{entry}"
    );
    assert!(
        ["edge", "network", "service"].contains(&text("/tollgate/ended")),
        "{entry}"
    );
    assert!(number("/tollgate/attempts") <= 1, "{entry}");
    assert!(number("/tollgate/steps_us/total") > 0, "{entry}");
    for step in ["policy", "identify", "google_token", "upstream"] {
        let time = &entry["tollgate"]["steps_us"][step];
        assert!(
            time.is_null() || time.as_u64() <= entry["tollgate"]["steps_us"]["total"].as_u64(),
            "{entry}"
        );
    }
    let members: Vec<_> = entry
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    let known = [
        "time",
        "severity",
        "message",
        "httpRequest",
        "logging.googleapis.com/trace",
        "logging.googleapis.com/spanId",
        "logging.googleapis.com/trace_sampled",
        "tollgate",
    ];
    assert!(members.iter().all(|member| known.contains(member)), "{members:?}");
}

async fn entry(world: &World, ask: Ask) -> Value {
    let answer = world.ask(ask).await;
    let entry = world.log(&answer).await;
    assert_well_formed(&entry);
    assert_eq!(entry["httpRequest"]["status"], answer.status);
    entry
}

#[test]
fn every_way_out_has_a_well_formed_line() {
    shared(|world| async move {
        let token = token(world);
        let forwarded = entry(world, Ask::get("/v1/orders/7?card=canary").bearer(&token)).await;
        let told = &forwarded["tollgate"];
        assert_eq!(
            forwarded["message"],
            "GET https://api.example.com/v1/orders/7 200 forward"
        );
        assert_eq!(
            (&told["route"], &told["service"]),
            (&json!("GET /v1/orders/{id}"), &json!("sample"))
        );
        assert_eq!(told["caller"]["key"], "okta-rs256-1");
        assert_eq!(told["caller"]["token"].as_str().map(str::len), Some(16));
        for step in ["policy", "identify", "google_token", "upstream", "total"] {
            assert!(told["steps_us"][step].is_u64(), "{step}: {told}");
        }
        let answered = entry(world, Ask::get("/healthz")).await;
        assert_eq!(answered["message"], "GET https://api.example.com/healthz 200 respond");
        assert_eq!(
            (&answered["severity"], &answered["tollgate"]["ended"]),
            (&json!("INFO"), &json!("edge"))
        );
        let refused = entry(world, Ask::get("/v1/orders/7")).await;
        assert_eq!(refused["severity"], "NOTICE");
        let unread = entry(world, Ask::new("TRACE", "/v1/orders/7")).await;
        assert_eq!(unread["message"], "? ? 400 request-ambiguous");
        entry(world, Ask::get("/nowhere/else")).await;
        entry(world, Ask::get("/status/500")).await;
    });
}

/// What a client sends to be seen in the log as something else.
#[test]
fn nothing_of_a_client_breaks_or_floods_a_line() {
    shared(|world| async move {
        let forged = "x%20%22,%22severity%22:%22EMERGENCY";
        let path = entry(world, Ask::get(format!("/open/{forged}"))).await;
        assert_eq!(path["severity"], "INFO");
        let long = entry(world, Ask::get(format!("/open/{}", "a".repeat(8_000)))).await;
        assert!(long.to_string().len() < 32_000);
        let subject = "\"},\n\u{1b}[31m tollgate :: {\"severity\":\"EMERGENCY\"}";
        let token = super::support::gateway::reader(world)
            .subject(subject)
            .build()
            .expect("a token");
        let named = entry(world, Ask::get("/v1/orders/7").bearer(&token)).await;
        assert_eq!(named["tollgate"]["caller"]["subject"], subject);
        for header in ["User-Agent", "Referer", "X-Request-Id", "X-Forwarded-For", "Cookie"] {
            let quiet = entry(world, Ask::get("/open/a").header(header, "canary")).await;
            assert!(!quiet.to_string().contains("canary"), "{header}: {quiet}");
        }
    });
}
