//! The header firewall: what the gateway says of a caller reaches the service once, and nobody else can say it.

use serde_json::json;
use tollgate_devstack::signing::Algorithm;

use super::support::gateway::{Gateway, INVOKER, probe, reader, shared, token};
use super::support::http::{Ask, HOST};

/// Names that only the gateway may say, or nobody.
const RESERVED: &[&str] = &[
    "X-Tollgate-Issuer",
    "X-Tollgate-Subject",
    "X-Tollgate-Client",
    "X-Tollgate-Scopes",
    "X-Tollgate-Anything",
    "X-Serverless-Authorization",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Uri",
    "X-Forwarded-User",
    "X-Forwarded-Email",
    "X-Forwarded-Client-Cert",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
    "True-Client-IP",
    "Client-IP",
    "X-Cluster-Client-IP",
    "Fastly-Client",
    "Fastly-Client-IP",
    "CF-Connecting-IP",
    "CF-Access-Jwt-Assertion",
    "X-Goog-Authenticated-User-Email",
    "X-Goog-Authenticated-User-Id",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Appengine-User-Email",
    "X-Endpoint-API-UserInfo",
    "X-Apigateway-Api-Userinfo",
    "X-Amzn-Oidc-Data",
    "X-Ms-Client-Principal",
    "X-Ms-Client-Principal-Id",
    "X-Auth-Request-User",
    "X-Auth-Request-Email",
    "X-Authenticated-User",
    "X-User",
    "X-User-Id",
    "X-Remote-User",
    "Remote-User",
    "X-Pomerium-Jwt-Assertion",
    "X-Pomerium-Claim-Email",
    "X-Envoy-Original-Path",
    "X-Envoy-External-Address",
    "X-Original-Url",
    "X-Original-Uri",
    "X-Original-Host",
    "X-Rewrite-Url",
    "X-HTTP-Method-Override",
    "X-HTTP-Method",
    "X-Method-Override",
    "X-Request-Id",
    "X-Cloud-Trace-Context",
];

/// Every way of writing a name that some server folds into the same.
fn spellings(name: &str) -> Vec<String> {
    let underscores = name.replace('-', "_");
    vec![
        name.to_owned(),
        name.to_uppercase(),
        name.to_lowercase(),
        underscores.clone(),
        underscores.to_uppercase(),
        name.replace('-', "."),
        name.replacen('-', "_", 1),
        name.replace('-', "~"),
    ]
}

#[test]
fn reserved_names_never_pass_in_any_spelling() {
    shared(|world| async move {
        let token = token(world);
        for name in RESERVED {
            let probe = probe();
            let mut ask = Ask::get("/v1/orders/7").bearer(&token).header("X-Probe", &probe);
            for spelling in spellings(name) {
                ask = ask.header(&spelling, "forged").header(&spelling, "forged again");
            }
            let answer = world.ask(ask).await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            let received = &world.received("sample", &probe)[0];
            let forged: Vec<_> = received
                .headers
                .iter()
                .filter(|(_, value)| value.contains("forged"))
                .collect();
            assert!(forged.is_empty(), "{name}: {forged:?}");
        }
    });
}

#[test]
fn what_the_gateway_says_arrives_once() {
    shared(|world| async move {
        let token = reader(world)
            .algorithm(Algorithm::EdDsa)
            .subject("ada lovelace é%\n")
            .claim("client_id", "app-1")
            .scope("orders:write orders:read")
            .build()
            .expect("a token");
        let probe = probe();
        let ask = Ask::get("/v1/orders/7?x=1").bearer(&token).header("X-Probe", &probe);
        let answer = world
            .ask(ask.header("X-Tollgate-Subject", "root").header("X-Request-Id", "mine"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let received = &world.received("sample", &probe)[0];
        for (name, value) in [
            ("x-tollgate-issuer", world.okta().issuer.as_str()),
            ("x-tollgate-subject", "ada%20lovelace%20%C3%A9%25%0A"),
            ("x-tollgate-client", "app-1"),
            ("x-tollgate-scopes", "orders:read orders:write"),
            ("x-forwarded-host", HOST),
            ("x-forwarded-proto", "https"),
            ("x-request-id", answer.id()),
        ] {
            assert_eq!(received.header_values(name), [value], "{name}");
        }
        // Cloud Run's front end adds its own hop behind the gateway's word.
        assert_eq!(received.header_values("x-forwarded-for"), ["127.0.0.1, 127.0.0.1"]);
        let google = received.header_values("x-serverless-authorization");
        assert_eq!(google.len(), 1);
        assert!(
            google[0].ends_with(".SIGNATURE_REMOVED_BY_GOOGLE"),
            "the front end let it in"
        );
        assert_eq!(answer.json()["invoker"], INVOKER);
        assert_eq!(received.header("authorization"), None);
    });
}

#[test]
fn on_a_public_route_nobody_is_anybody() {
    shared(|world| async move {
        let probe = probe();
        let ask = Ask::get("/open/a").bearer(&token(world)).header("X-Probe", &probe);
        let answer = world
            .ask(
                ask.header("X-Tollgate-Subject", "root")
                    .header("X_Tollgate_Issuer", "root"),
            )
            .await;
        let received = &world.received("sample", &probe)[0];
        let told: Vec<_> = received
            .headers
            .iter()
            .filter(|(name, _)| name.contains("tollgate"))
            .collect();
        assert!(told.is_empty(), "{told:?}");
        assert_eq!(
            received.header("authorization"),
            None,
            "nobody looked at it, and nobody gets it"
        );
        let entry = world.log(&answer).await;
        assert!(entry["tollgate"].get("caller").is_none(), "{entry}");
    });
}

#[test]
fn connection_can_take_away_nothing_of_ours_and_passes_nothing_of_its_own() {
    shared(|world| async move {
        let token = token(world);
        for named in [
            "close, X-Tollgate-Subject, X-Tollgate-Issuer, X-Serverless-Authorization, X-Forwarded-For",
            "close,x-request-id,x-forwarded-host,host,content-length,authorization,x-probe-2",
            "x-private, close",
        ] {
            let probe = probe();
            let ask = Ask::bare("GET", "/v1/orders/7")
                .header("Host", HOST)
                .header("Connection", named)
                .bearer(&token);
            let ask = ask
                .header("X-Probe", &probe)
                .header("X-Private", "1")
                .header("X-Probe-2", "1");
            let ask = ask
                .header("Keep-Alive", "timeout=5")
                .header("TE", "trailers")
                .header("Proxy-Connection", "close");
            let answer = world.ask(ask.header("Proxy-Authorization", "Basic canary")).await;
            assert_eq!(answer.status, 200, "{named}: {}", answer.text());
            let received = &world.received("sample", &probe)[0];
            for name in [
                "x-tollgate-subject",
                "x-tollgate-issuer",
                "x-serverless-authorization",
                "x-request-id",
                "x-forwarded-host",
                "host",
            ] {
                assert_eq!(received.header_values(name).len(), 1, "{named}: {name}");
            }
            for name in ["keep-alive", "te", "proxy-connection", "proxy-authorization"] {
                assert_eq!(received.header(name), None, "{named}: {name}");
            }
            assert_eq!(
                received.header("x-private").is_some(),
                !named.contains("x-private"),
                "{named}"
            );
            assert_eq!(
                received.header("x-probe-2").is_some(),
                !named.contains("x-probe-2"),
                "{named}"
            );
        }
    });
}

#[test]
fn ordinary_headers_pass_as_they_are() {
    shared(|world| async move {
        let probe = probe();
        let ask = Ask::get("/own-token/1").bearer(&token(world)).header("X-Probe", &probe);
        let ask = ask
            .header("Accept-Language", "de")
            .header("X-Custom", "1")
            .header("X-Custom", "2");
        let ask = ask
            .header("Cookie", "session=canary")
            .header("Traceparent", TRACEPARENT)
            .header("If-Match", "\"v1\"");
        let answer = world.ask(ask).await;
        let received = &world.received("sample", &probe)[0];
        assert_eq!(received.header_values("x-custom"), ["1", "2"]);
        for (name, value) in [
            ("accept-language", "de"),
            ("cookie", "session=canary"),
            ("if-match", "\"v1\""),
        ] {
            assert_eq!(received.header_values(name), [value], "{name}");
        }
        let [traceparent] = received.header_values("traceparent")[..] else {
            panic!("one trace: {:?}", received.headers);
        };
        assert!(
            traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && traceparent != TRACEPARENT,
            "{traceparent}"
        );
        let own = received.header_values("authorization");
        assert!(
            own.len() == 1 && own[0].starts_with("Bearer eyJ"),
            "a route may pass the caller's own token on"
        );
        let trace = "projects/my-project/traces/4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(world.log(&answer).await["logging.googleapis.com/trace"], trace);
        let spelled = Ask::get("/own-token/1")
            .bearer(&token(world))
            .header("authorization_", "x");
        assert_eq!(world.ask(spelled).await.status, 200);
    });
}

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

#[test]
fn a_response_speaks_for_the_service_alone() {
    shared(|world| async move {
        let answer = world.ask(Ask::get("/literal/headers")).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "ok"));
        for name in [
            "x-tollgate-subject",
            "x_tollgate.issuer",
            "surrogate-key",
            "surrogate-control",
            "x-private",
            "keep-alive",
            "x-serverless-authorization",
            "proxy-authenticate",
            "server",
            "x-powered-by",
            "x_powered_by",
            "via",
            "x-cloud-trace-context",
            "traceparent",
            "x-served-by",
            "x-cache",
            "x-timer",
            "fastly-restarts",
            "x-goog-hash",
            "x-envoy-upstream-service-time",
            "alt-svc",
            "authorization",
            "x_request_id",
        ] {
            assert_eq!(answer.header(name), None, "{name}");
        }
        assert!(!answer.id().contains("service"), "the request id is the gateway's");
        assert_eq!(answer.values("set-cookie"), ["a=1; HttpOnly", "b=2; Secure"]);
        assert_eq!(
            (answer.header("x-plain"), answer.header("etag")),
            (Some("kept"), Some("\"v1\""))
        );
        let entry = world.log(&answer).await;
        assert_eq!(entry["tollgate"]["upstream_status"], json!(200));
        let cookie = world.ask(Ask::get("/set-cookie")).await;
        assert_eq!(cookie.values("set-cookie"), ["sample=1; Path=/; HttpOnly"]);
    });
}
