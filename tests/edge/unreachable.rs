//! Services that are dead, silent or broken: the client gets an answer of ours, and the log says where it ended.
//!
//! Viceroy has one error for nearly everything that goes wrong with a connection. A time-out is told by the time that has
//! passed; what else is `upstream-reset` on the platform may be `upstream-refused` here. `upstream::fault` has the table.

use std::time::{Duration, Instant};

use tollgate_devstack::world::WorldOptions;

use super::support::gateway::{Gateway, own, probe};
use super::support::http::Ask;
use super::support::services;

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    [services.sample]
    url = "https://sample-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    timeouts = { first_byte = "700ms" }
    [services.mute]
    url = "https://mute-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    timeouts = { first_byte = "700ms" }
    [services.literal]
    url = "https://literal-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    [[routes]]
    path = "/sample/{rest...}"
    allow = "anyone"
    to = "sample"
    [[routes]]
    path = "/drop"
    allow = "anyone"
    to = "sample"
    [[routes]]
    path = "/slow/{ms}"
    allow = "anyone"
    to = "sample"
    [[routes]]
    path = "/mute"
    allow = "anyone"
    to = "mute"
    [[routes]]
    path = "/literal/{rest...}"
    allow = "anyone"
    to = "literal"
"#;

#[test]
fn a_service_that_fails_is_told_from_one_that_answers() {
    let mut options = WorldOptions::new(POLICY);
    options.iam = false;
    own_with_services(options);
}

fn own_with_services(options: WorldOptions) {
    let mut options = options;
    super::support::gateway::alone(async {
        options.services.insert("mute".to_owned(), services::mute().await);
        options.services.insert("literal".to_owned(), services::literal().await);
    });
    own(options, async |world| {
        let failed = async |target: &str| {
            let began = Instant::now();
            let answer = world.ask(Ask::get(target)).await;
            assert!(
                matches!(answer.status, 502 | 504),
                "{target}: {} {}",
                answer.status,
                answer.text()
            );
            assert!(answer.code().starts_with("upstream-"), "{target}: {}", answer.code());
            let entry = world.log(&answer).await;
            assert_eq!(entry["tollgate"]["ended"], "network", "{target}: {entry}");
            assert_eq!(entry["severity"], "ERROR", "{target}");
            assert_eq!(entry["tollgate"]["attempts"], 2, "{target}");
            assert!(entry["tollgate"].get("upstream_status").is_none(), "{target}");
            let cause = entry["tollgate"]["problems"][0].as_str().expect("a cause");
            assert!(
                !cause.is_empty() && !answer.text().contains(cause),
                "{target}: the cause is for the log"
            );
            assert!(!answer.text().contains("127.0.0.1"), "{target}: {}", answer.text());
            (answer.code(), began.elapsed())
        };

        let (_, took) = failed("/mute").await;
        assert!(
            took >= Duration::from_millis(600) && took < Duration::from_secs(5),
            "first_byte is 700 ms: {took:?}"
        );
        let (_, took) = failed("/slow/3000").await;
        assert!(
            took < Duration::from_millis(2_900),
            "it did not wait for the service: {took:?}"
        );
        assert_eq!(world.ask(Ask::get("/slow/100")).await.status, 200, "slow, but in time");
        failed("/drop").await;
        failed("/literal/garbage").await;

        let sample = world.sample("sample").expect("it");
        sample.stop().await;
        let (code, _) = failed("/sample/a").await;
        assert_eq!(code, "upstream-refused");
        sample.resume().await.expect("its port");
        let probe = probe();
        let answer = world.ask(Ask::get("/sample/a").header("X-Probe", &probe)).await;
        assert_eq!(answer.status, 200, "it is back, and so is the gateway");
        assert_eq!(world.received("sample", &probe).len(), 1, "one attempt");

        // Half a body can't be taken back: the status is sent. The connection breaks off, so nobody takes it for whole.
        let mut stream = Ask::get("/literal/half").open(world.gateway.addr()).await;
        let mut bytes = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await;
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.ends_with("0\r\n\r\n"), "{text}");
    });
}
