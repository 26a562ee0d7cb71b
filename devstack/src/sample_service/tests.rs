//! What is told, what is recorded, and the paths that behave badly.

mod assertions;
mod streamed;

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use super::*;
use crate::tokens::Issuer;

async fn start() -> SampleService {
    SampleService::start("orders").await.expect("start")
}

#[tokio::test]
async fn it_tells_and_records_what_it_received() {
    let service = start().await;
    let request = Client::new()
        .post(format!("{}/v1/orders?id=7&id=8", service.url()))
        .header("x-tollgate-issuer", "okta")
        .header("x-tollgate-subject", "u1")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .body("hello");
    let told: Value = request.send().await.expect("post").json().await.expect("json");
    assert_eq!((&told["service"], &told["method"]), (&json!("orders"), &json!("POST")));
    assert_eq!(told["target"], "/v1/orders?id=7&id=8");
    assert_eq!(told["caller"], json!({ "issuer": "okta", "subject": "u1" }));
    assert_eq!((&told["invoker"], &told["body_bytes"]), (&Value::Null, &json!(5)));
    let twice: Vec<_> = told["headers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|field| field[0] == "x-twice")
        .collect();
    assert_eq!(twice, [&json!(["x-twice", "1"]), &json!(["x-twice", "2"])]);

    let recorded = service.last().expect("a request");
    assert_eq!(
        (recorded.method.as_str(), recorded.target.as_str()),
        ("POST", "/v1/orders?id=7&id=8")
    );
    assert_eq!(
        (recorded.header("x-twice"), recorded.body.as_slice()),
        (Some("1"), &b"hello"[..])
    );
    assert_eq!(recorded.header_values("x-twice"), ["1", "2"]);
    reqwest::get(service.url()).await.expect("get");
    assert_eq!(service.received().len(), 2);
    assert_eq!(
        reqwest::get(service.url())
            .await
            .expect("get")
            .json::<Value>()
            .await
            .expect("json")["caller"],
        json!({ "issuer": null, "subject": null })
    );
    service.clear();
    assert_eq!((service.received(), service.last()), (Vec::new(), None));
}

#[tokio::test]
async fn tokens_are_kept_in_full_but_never_told() {
    let service = start().await;
    let issuer = Issuer::new("google", "https://accounts.google.com", "x").expect("an issuer");
    let token = issuer.token().claim("email", "edge@local").build().expect("a token");
    let stripped = format!(
        "{}.SIGNATURE_REMOVED_BY_GOOGLE",
        token.rsplit_once('.').expect("dots").0
    );
    let request = Client::new()
        .get(service.url())
        .header("authorization", format!("Bearer {token}"))
        .header("x-serverless-authorization", format!("Bearer {stripped}"))
        .header("x-assertion", &token)
        .header("x-short", "a.b.c");
    let told = request.send().await.expect("get").text().await.expect("text");
    assert!(!told.contains(token.get(..20).expect("long")), "{told}");
    let beginning = token.get(..12).expect("long");
    let told: Value = serde_json::from_str(&told).expect("json");
    assert_eq!(told["invoker"], "edge@local");
    let shown = |name: &str| {
        let fields = told["headers"].as_array().expect("a list");
        fields
            .iter()
            .find(|field| field[0] == name)
            .map(|field| field[1].as_str().expect("text").to_owned())
    };
    assert_eq!(shown("authorization"), Some(format!("Bearer {beginning}…")));
    assert_eq!(
        shown("x-serverless-authorization"),
        Some(format!("Bearer {beginning}…"))
    );
    assert_eq!(shown("x-assertion"), Some(format!("{beginning}…")));
    assert_eq!(shown("x-short"), Some("a.b.c".to_owned()));
    assert_eq!(
        service.last().expect("a request").header("authorization"),
        Some(format!("Bearer {token}").as_str())
    );
}

#[tokio::test]
async fn a_few_paths_behave_badly() {
    let service = start().await;
    let get = async |path: &str| {
        reqwest::get(format!("{}{path}", service.url()))
            .await
            .expect("an answer")
    };
    let statuses = [
        ("/status/503", 503),
        ("/status/204", 204),
        ("/status/304", 304),
        ("/status/404", 404),
        ("/status/100", 400),
        ("/status/x", 400),
        ("/status/9", 400),
    ];
    for (path, status) in statuses {
        assert_eq!(get(path).await.status(), status, "{path}");
    }
    assert_eq!(
        get("/status/429").await.json::<Value>().await.expect("json"),
        json!({ "status": 429 })
    );
    assert_eq!(
        get("/set-cookie").await.headers()["set-cookie"],
        "sample=1; Path=/; HttpOnly"
    );
    assert_eq!(get("/bytes/100000").await.bytes().await.expect("bytes").len(), 100_000);
    assert_eq!(get("/bytes/0").await.bytes().await.expect("bytes").len(), 0);
    assert_eq!(
        get("/stream/3/1").await.text().await.expect("text"),
        "chunk 0\nchunk 1\nchunk 2\n"
    );
    let began = Instant::now();
    assert_eq!(
        get("/slow/50").await.json::<Value>().await.expect("json")["target"],
        "/slow/50"
    );
    assert!(began.elapsed() >= Duration::from_millis(50));
    reqwest::get(format!("{}/drop", service.url()))
        .await
        .expect_err("no answer");
    assert_eq!(service.last().expect("recorded").target, "/drop");
}

#[tokio::test]
async fn stopped_it_is_gone_and_resumed_it_remembers() {
    let service = start().await;
    reqwest::get(service.url()).await.expect("get");
    service.stop().await;
    reqwest::get(service.url()).await.expect_err("nobody listens");
    service.resume().await.expect("resume");
    reqwest::get(service.url()).await.expect("get");
    assert_eq!(service.received().len(), 2);
}
