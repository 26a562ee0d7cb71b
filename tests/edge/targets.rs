//! Targets: what two parsers could read differently is refused, or was read in one way before the decision, and then
//! that one way is what the service received.

use serde_json::json;

use super::support::gateway::{Gateway, probe, shared, token};
use super::support::http::Ask;

#[test]
fn ambiguous_targets_are_refused() {
    shared(|world| async move {
        for (target, reason) in [
            ("//open/a", "double-slash"),
            ("/open//a", "double-slash"),
            ("/open/a//", "double-slash"),
            ("//evil.example/open/a", "double-slash"),
            ("/\\evil.example/open/a", "double-slash"),
            ("/open/private%2fa", "encoded-slash"),
            ("/open/..%2Fa", "encoded-slash"),
            ("/open/%2e%2e%2fhealthz", "encoded-slash"),
            ("/open/..%5chealthz", "backslash"),
            ("/open/a?x=\\", "backslash"),
            ("/open/a%00", "control-character"),
            ("/open/a%0d%0aX-Tollgate-Subject:%20root", "control-character"),
            ("/open/a%7f", "control-character"),
            ("/open/a?x=%00", "control-character"),
            ("/open/a;v=1", "path-parameter"),
            ("/open/..;/healthz", "path-parameter"),
            ("/open/a%", "percent-encoding"),
            ("/open/a%2", "percent-encoding"),
            ("/open/a%u002f", "percent-encoding"),
            ("/open/a?x=%zz", "percent-encoding"),
            ("/open/%ff", "text"),
            ("/open/%c0%ae%c0%ae/healthz", "text"),
            ("/open/%ed%a0%80", "text"),
            ("/open/a?x=%ff", "text"),
        ] {
            let probe = probe();
            let ask = Ask::get(target).header("X-Probe", &probe);
            let (answer, entry) = world.refused(ask, 400, "request-ambiguous").await;
            assert_eq!(answer.json()["reason"], reason, "{target}");
            assert_eq!(entry["tollgate"]["problems"], json!([reason]), "{target}");
            assert_eq!(entry["tollgate"]["ended"], "edge", "{target}");
            assert!(world.received("sample", &probe).is_empty(), "{target}");
        }
        let deep = format!("/open{}", "/a".repeat(130));
        let long = format!("/open/{}", "a".repeat(8_200));
        for target in [deep, long] {
            let (answer, _) = world.refused(Ask::get(&target), 400, "request-ambiguous").await;
            assert_eq!(answer.json()["reason"], "target-too-long");
        }
    });
}

/// The platform resolves dot segments and backslashes before the program sees the URL, so the program can't refuse
/// them. What it decides on, and what it sends, is then the resolved form.
#[test]
fn what_was_decided_on_is_what_is_sent() {
    shared(|world| async move {
        for (target, received) in [
            ("/open/a", "/open/a"),
            ("/open/a/", "/open/a/"),
            ("/open/./a", "/open/a"),
            ("/open/x/../a", "/open/a"),
            ("/open/x/%2e%2E/a", "/open/a"),
            ("/open/x/.%2e/a", "/open/a"),
            ("/open/%2e/a", "/open/a"),
            ("/../../open/a", "/open/a"),
            ("/open/private/../a", "/open/a"),
            ("/open\\a", "/open/a"),
            ("\\open\\a", "-"),
            ("/open/x\\..\\a", "/open/a"),
            ("/open/...", "/open/..."),
            ("/open/a#/../private", "/open/a"),
            ("/open/a?x#y", "/open/a?x"),
            ("/open/a|b[c]", "/open/a%7Cb%5Bc%5D"),
            ("/open/%61", "/open/a"),
            ("/open/%41%2d%5F", "/open/A-_"),
            ("/open/%c3%a9", "/open/%C3%A9"),
            ("/open/a%3bb", "/open/a%3Bb"),
            ("/open/a%3Fb%23c", "/open/a%3Fb%23c"),
            ("/open/%252e%252e/a", "/open/%252e%252e/a"),
            ("/open/a?q=../../x&n=//&r=%2f%2e", "/open/a?q=../../x&n=//&r=%2F%2E"),
            ("/open/a?x=1&x=2?y", "/open/a?x=1&x=2?y"),
            ("/open/a?", "/open/a?"),
            ("http://api.example.com/open/a", "/open/a"),
            ("http://evil.example/open/a", "/open/a"),
            ("ftp://api.example.com/open/../open/a", "/open/a"),
        ] {
            let probe = probe();
            let Some(answer) = Ask::get(target)
                .header("X-Probe", &probe)
                .try_send(world.gateway.addr())
                .await
            else {
                panic!("{target}: no answer");
            };
            let at_service = world.received("sample", &probe);
            if received == "-" {
                assert!(
                    answer.status == 400 && at_service.is_empty(),
                    "{target}: {}",
                    answer.text()
                );
                continue;
            }
            assert_eq!(answer.status, 200, "{target}: {}", answer.text());
            let targets: Vec<_> = at_service.iter().map(|request| request.target.as_str()).collect();
            assert_eq!(targets, [received], "{target}");
            let path = received.split('?').next().unwrap_or_default();
            let entry = world.log(&answer).await;
            assert_eq!(
                entry["httpRequest"]["requestUrl"],
                format!("https://api.example.com{path}"),
                "{target}"
            );
        }
    });
}

#[test]
fn no_detour_leads_past_a_rule() {
    shared(|world| async move {
        let token = token(world);
        for target in [
            "/open/private/a",
            "/open/x/../private/a",
            "/open/./private/a",
            "/open/%70rivate/a",
            "/open/privat%65/a",
            "/open\\private\\a",
            "/open/%2e/private/a",
            "/open/private/",
            "/literal/../open/private/a",
        ] {
            let (_, entry) = world.refused(Ask::get(target), 401, "credential-missing").await;
            assert_eq!(entry["tollgate"]["route"], "* /open/private/{rest...}", "{target}");
            let probe = probe();
            let answer = world
                .ask(Ask::get(target).bearer(&token).header("X-Probe", &probe))
                .await;
            assert_eq!(answer.status, 200, "{target}");
            assert!(
                world.received("sample", &probe)[0].target.starts_with("/open/private/"),
                "{target}"
            );
        }
        for target in [
            "/OPEN/a",
            "/open",
            "/openx/a",
            "/Open/private/a",
            "/v1/orders/7/",
            "/v1/orders/",
            "/..",
            "/",
        ] {
            world
                .refused(Ask::get(target).bearer(&token), 404, "route-unknown")
                .await;
        }
    });
}

/// What HTTP itself forbids never comes to the program: Viceroy's server refuses it.
#[test]
fn what_is_no_http_is_refused_below() {
    shared(|world| async move {
        for target in [
            "".as_bytes(),
            b"open/a",
            b"?x",
            b"/open/a b",
            b"/open/\ta",
            b"/open/<>",
            b"/open/\xff",
            "/open/é".as_bytes(),
            "/open/a?é".as_bytes(),
            b"/open/\x00",
        ] {
            let probe = probe();
            let answer = Ask::get(target)
                .header("X-Probe", &probe)
                .try_send(world.gateway.addr())
                .await;
            let status = answer.map(|answer| answer.status);
            assert!(matches!(status, None | Some(400)), "{target:?}: {status:?}");
            assert!(world.received("sample", &probe).is_empty(), "{target:?}");
        }
        let very_long = Ask::get(format!("/open/{}", "a".repeat(66_000)))
            .send(world.gateway.addr())
            .await;
        assert_eq!(very_long.status, 414);
    });
}
