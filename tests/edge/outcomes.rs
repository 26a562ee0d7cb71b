//! What a service or Cloud Run's front end answers, and what the client hears of it; traces and identifiers that go on.

use serde_json::{Value, json};
use tollgate_devstack::cloud_run::{CloudRun, CloudRunService};
use tollgate_devstack::google::Google;
use tollgate_devstack::sample_service::SampleService;
use tollgate_devstack::world::{World, WorldOptions};

use super::support::gateway::{Gateway, INVOKER, alone, own, probe};
use super::support::http::{Answer, Ask};

const POLICY: &str = r#"
    [gateway]
    hosts = ["api.example.com"]
    project = "my-project"

    [services.sample]
    url = "https://sample-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"
    request_bytes_max = 10

    [services.audience]
    url = "https://audience-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"

    [services.role]
    url = "https://role-1.run.app"
    invoker = "edge@my-project.iam.gserviceaccount.com"

    [[routes]]
    path = "/open/{rest...}"
    allow = "anyone"
    to = "sample"

    [[routes]]
    path = "/status/{code}"
    allow = "anyone"
    to = "sample"

    [[routes]]
    path = "/passed/{code}"
    allow = "anyone"
    to = "sample"
    rewrite = "/status/{code}"
    pass_errors = true

    [[routes]]
    path = "/audience/{rest...}"
    allow = "anyone"
    to = "audience"
    pass_errors = true

    [[routes]]
    path = "/role/{rest...}"
    allow = "anyone"
    to = "role"
"#;

/// The world, with one service whose audience is another and one at which the gateway's account has no role.
struct Refusing {
    options: WorldOptions,
    google: Google,
    behind: SampleService,
    audience: CloudRun,
    role: CloudRun,
}

async fn refusing() -> Refusing {
    let google = Google::start().await.expect("Google");
    let behind = SampleService::start("behind").await.expect("a service");
    let front_end = |audience: &str, invoker: &str| {
        CloudRun::start(CloudRunService {
            audiences: vec![audience.to_owned()],
            invokers: vec![invoker.to_owned()],
            upstream: behind.url(),
            google_keys: google.jwks(),
        })
    };
    let audience = front_end("https://else.example", INVOKER).await.expect("a front end");
    let someone = "someone@my-project.iam.gserviceaccount.com";
    let role = front_end("https://role-1.run.app", someone).await.expect("a front end");
    let mut options = WorldOptions::new(POLICY);
    options.iam = false;
    options.google = Some(google.url());
    let key_file = google.service_account(INVOKER).expect("an account");
    options
        .secrets
        .insert(INVOKER.replace('@', "."), key_file.to_string().into_bytes());
    for (name, url) in [
        ("sample", behind.url()),
        ("audience", audience.url()),
        ("role", role.url()),
    ] {
        options.services.insert(name.to_owned(), url);
    }
    Refusing {
        options,
        google,
        behind,
        audience,
        role,
    }
}

async fn outcome(world: &World, ask: Ask) -> (Answer, Value) {
    let answer = world.ask(ask).await;
    let entry = world.log(&answer).await;
    (answer, entry)
}

#[test]
fn refusals_and_failures_of_services_are_told_apart() {
    let mut refusing_world = None;
    alone(async { refusing_world = Some(refusing().await) });
    let Refusing {
        options,
        google,
        behind,
        audience,
        role,
    } = refusing_world.expect("a world");
    own(options, async |world| {
        for (target, status, hint) in [
            ("/audience/a", 401, "`audience`"),
            ("/role/a", 403, "roles/run.invoker"),
        ] {
            let (answer, entry) = world.refused(Ask::get(target), 502, "upstream-denied").await;
            let told = &entry["tollgate"];
            assert_eq!(
                (&told["upstream_status"], &told["ended"], &entry["severity"]),
                (&json!(status), &json!("network"), &json!("ERROR")),
                "{target}"
            );
            let problem = told["problems"][0].as_str().expect("a cause");
            assert!(problem.contains(hint), "{target}: {problem}");
            for inside in ["permission", "IAM", "Google", "run.app"] {
                assert!(!answer.text().contains(inside), "{target}: {}", answer.text());
            }
            assert_eq!(answer.header("www-authenticate"), None, "{target}");
        }
        assert_eq!((audience.refused(), role.refused()), (1, 1));
        assert!(behind.received().is_empty(), "no service saw either request");

        let (masked, entry) = world.refused(Ask::get("/status/500"), 500, "upstream-failed").await;
        assert!(!masked.text().contains("\"status\":500}"), "{}", masked.text());
        assert_eq!(masked.json()["request_id"], masked.id());
        assert_eq!(
            (&entry["tollgate"]["ended"], &entry["tollgate"]["upstream_status"]),
            (&json!("service"), &json!(500))
        );
        assert_eq!(entry["severity"], "WARNING");
        let (passed, entry) = outcome(world, Ask::get("/passed/500")).await;
        assert_eq!((passed.status, passed.json()), (500, json!({ "status": 500 })));
        assert_eq!(entry["tollgate"]["decision"], "forward");
        for status in [401, 403, 429] {
            let (own, _) = outcome(world, Ask::get(format!("/status/{status}"))).await;
            assert_eq!(
                (own.status, own.json()),
                (status, json!({ "status": status })),
                "the service's own"
            );
        }

        let minted = google.asked();
        let (sent, long) = (behind.received().len(), Ask::new("POST", "/open/a").body("elevenbytes"));
        let (answer, entry) = world.refused(long, 413, "body-too-large").await;
        assert_eq!(
            (answer.json()["bytes_max"].as_u64(), &entry["tollgate"]["ended"]),
            (Some(10), &json!("edge"))
        );
        assert_eq!(
            (google.asked(), behind.received().len()),
            (minted, sent),
            "nothing is sent"
        );
    });
}

#[test]
fn traces_and_identifiers_reach_the_service_and_the_log() {
    own(WorldOptions::new(POLICY), async |world| {
        let traced = async |ask: Ask| {
            let probe = probe();
            let (answer, entry) = outcome(world, ask.header("X-Probe", &probe)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let received = world.received("sample", &probe).remove(0);
            let span = entry["logging.googleapis.com/spanId"]
                .as_str()
                .expect("a span")
                .to_owned();
            let decimal = u64::from_str_radix(&span, 16).expect("16 digits");
            let trace = entry["logging.googleapis.com/trace"].as_str().expect("a trace");
            let trace = trace
                .strip_prefix("projects/my-project/traces/")
                .expect("a project")
                .to_owned();
            let sampled = u8::from(entry["logging.googleapis.com/trace_sampled"] == json!(true));
            assert_eq!(
                received.header_values("traceparent"),
                [format!("00-{trace}-{span}-0{sampled}")]
            );
            assert_eq!(
                received.header_values("x-cloud-trace-context"),
                // Whether a trace that begins here is kept is left to Cloud Run.
                [match sampled {
                    1 => format!("{trace}/{decimal};o=1"),
                    _ => format!("{trace}/{decimal}"),
                }]
            );
            assert_eq!(received.header_values("x-request-id"), [answer.id()]);
            (answer, entry, received, trace)
        };
        let (_, _, received, first) = traced(Ask::get("/open/a").header("Tracestate", "a=1")).await;
        assert_eq!(received.header("tracestate"), None, "it belongs to no trace");
        let (_, _, _, second) = traced(Ask::get("/open/a")).await;
        assert_ne!(first, second, "each request begins a trace of its own");

        let (id, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let ask = Ask::get("/open/a").header("Traceparent", format!("00-{id}-{parent}-01"));
        let ask = ask
            .header("Tracestate", "a=1")
            .header("X-Cloud-Trace-Context", "1/1;o=1");
        let (_, entry, received, trace) = traced(ask).await;
        assert_eq!(trace, id);
        assert_ne!(entry["logging.googleapis.com/spanId"], parent);
        assert_eq!(entry["logging.googleapis.com/trace_sampled"], true);
        assert_eq!(received.header_values("tracestate"), ["a=1"]);

        let id = "2f1c0a52-77aa-4c0e-9a39-2f2a4d6f1b10";
        let (answer, entry, ..) = traced(Ask::get("/open/a").header("X-Request-Id", id)).await;
        assert_eq!(answer.id(), id);
        let platforms = entry["tollgate"]["platform_request_id"]
            .as_str()
            .expect("the platform's");
        assert_ne!(platforms, id);
        let (answer, entry, ..) = traced(Ask::get("/open/a").header("X-Request-Id", "short")).await;
        assert_ne!(answer.id(), "short");
        assert!(entry["tollgate"].get("platform_request_id").is_none(), "{entry}");
        let (unread, entry) = outcome(world, Ask::get("/open//a")).await;
        assert_eq!(unread.status, 400);
        let trace = entry["logging.googleapis.com/trace"].as_str().expect("a trace");
        assert!(trace.starts_with("projects/my-project/traces/"), "{trace}");
    });
}
