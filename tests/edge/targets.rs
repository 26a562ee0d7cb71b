//! Targets, row by row of `docs/canonical.md`: what two parsers could read differently is refused, or was read in one way
//! before the decision, and then that one way is what the service received.

use serde_json::json;

use super::support::gateway::{Gateway, probe, shared, token};
use super::support::http::Ask;
use crate::table::{Fate, Row, targets};

#[test]
fn ambiguous_targets_are_refused() {
    shared(|world| async move {
        for Row {
            case, sent, on_fastly, ..
        } in targets()
        {
            let Fate::Refused(reason) = on_fastly else { continue };
            let probe = probe();
            let ask = Ask::get(sent).header("X-Probe", &probe);
            let (answer, entry) = world.refused(ask, 400, "request-ambiguous").await;
            assert_eq!(answer.json()["reason"], reason, "{case}");
            assert_eq!(entry["tollgate"]["problems"], json!([reason]), "{case}");
            assert_eq!(entry["tollgate"]["ended"], "edge", "{case}");
            assert!(world.received("sample", &probe).is_empty(), "{case}");
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
        for Row {
            case, sent, on_fastly, ..
        } in targets()
        {
            let Fate::Sent(canonical) = on_fastly else { continue };
            let probe = probe();
            let answer = world.ask(Ask::get(sent).header("X-Probe", &probe)).await;
            assert_eq!(answer.status, 200, "{case}: {}", answer.text());
            let at_service = world.received("sample", &probe);
            let targets: Vec<_> = at_service.iter().map(|request| request.target.as_str()).collect();
            assert_eq!(targets, [&canonical], "{case}");
            let path = canonical.split('?').next().unwrap_or_default();
            let entry = world.log(&answer).await;
            assert_eq!(
                entry["httpRequest"]["requestUrl"],
                format!("https://api.example.com{path}"),
                "{case}"
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
        let rows = targets().into_iter().filter(|row| row.on_fastly == Fate::NoHttp);
        // No text, so the library's own tests can't send it.
        let no_text = ("no UTF-8".to_owned(), b"/open/\xff".to_vec());
        for (case, sent) in rows.map(|row| (row.case, row.sent)).chain([no_text]) {
            let probe = probe();
            let answer = Ask::get(sent)
                .header("X-Probe", &probe)
                .try_send(world.gateway.addr())
                .await;
            let status = answer.map(|answer| answer.status);
            assert!(matches!(status, None | Some(400)), "{case}: {status:?}");
            assert!(world.received("sample", &probe).is_empty(), "{case}");
        }
        let very_long = Ask::get(format!("/open/{}", "a".repeat(66_000)))
            .send(world.gateway.addr())
            .await;
        assert_eq!(very_long.status, 414);
    });
}
