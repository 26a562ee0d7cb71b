//! Hosts, row by row of `docs/canonical.md`: only the policy's are answered for, in one spelling, and no `Host` ends the
//! program.

use serde_json::json;
use tollgate_devstack::world::World;

use super::support::gateway::{Gateway, probe, shared};
use super::support::http::Ask;
use crate::table::{Fate, Row, hosts};

/// The hosts of the policy, and the one that the world adds to it.
const POLICYS: [&str; 2] = ["api.example.com", "127.0.0.1"];

fn asking(hosts: &[&[u8]]) -> Ask {
    let ask = Ask::bare("GET", "/open/a").header("Connection", "close");
    hosts.iter().fold(ask, |ask, host| ask.header("Host", host))
}

#[test]
fn the_policys_host_is_known_in_every_spelling() {
    shared(|world| async move {
        let mut known = 0;
        for Row {
            case, sent, on_fastly, ..
        } in hosts()
        {
            let Fate::Sent(forwarded) = on_fastly else { continue };
            if !POLICYS.contains(&forwarded.as_str()) {
                continue;
            }
            known += 1;
            let probe = probe();
            let answer = world.ask(asking(&[&sent]).header("X-Probe", &probe)).await;
            assert_eq!(answer.status, 200, "{case}");
            let received = world.received("sample", &probe);
            assert_eq!(received[0].header_values("x-forwarded-host"), [forwarded], "{case}");
            let own = world.sample("sample").expect("it").url();
            assert_eq!(received[0].header_values("host").len(), 1, "{case}");
            assert_ne!(
                received[0].header("host").map(str::as_bytes),
                Some(sent.as_slice()),
                "{case}: not the client's, but {own}'s front end"
            );
        }
        assert!(known > 3);
    });
}

#[test]
fn other_hosts_are_not_answered_for() {
    shared(|world| async move {
        for row in hosts() {
            if matches!(&row.on_fastly, Fate::Sent(host) if !POLICYS.contains(&host.as_str())) {
                world.refused(asking(&[&row.sent]), 404, "route-unknown").await;
            }
        }
    });
}

/// Among these are hosts that a URL parser refuses; the SDK panics over a URL with one of them, unless it is not asked.
#[test]
fn what_is_no_host_is_refused() {
    shared(|world| async move {
        let refused = hosts()
            .into_iter()
            .filter(|row| matches!(row.on_fastly, Fate::Refused(_)));
        let long = ("too long".to_owned(), "a".repeat(300).into_bytes());
        for (case, sent) in refused.map(|row| (row.case, row.sent)).chain([long]) {
            refused_for_its_host(world, asking(&[&sent]), &case).await;
        }
    });
}

#[test]
fn two_hosts_or_none_are_refused() {
    shared(|world| async move {
        for hosts in [
            [b"api.example.com".as_slice(), b"api.example.com"],
            [b"api.example.com", b"evil.example"],
            [b"evil.example", b"api.example.com"],
            [b"xn--", b"api.example.com"],
            [b"api.example.com", b"a.1"],
            [b"api.example.com", b"\xff"],
        ] {
            let name = format!("{:?}", hosts.map(String::from_utf8_lossy));
            refused_for_its_host(world, asking(&hosts), &name).await;
        }
        refused_for_its_host(world, asking(&[]), "none").await;
        refused_for_its_host(world, Ask::raw("GET /open/a HTTP/1.0\r\n"), "none, HTTP/1.0").await;
        let absolute = Ask::bare("GET", "http://api.example.com/open/a").header("Connection", "close");
        assert_eq!(
            world.ask(absolute).await.status,
            200,
            "in the target alone, there is one"
        );
        let unknown = Ask::bare("GET", "http://evil.example/open/a").header("Connection", "close");
        world.refused(unknown, 404, "route-unknown").await;
    });
}

/// Viceroy closes the connection on some without an answer; the others are ours to refuse.
async fn refused_for_its_host(world: &World, ask: Ask, name: &str) {
    let probe = probe();
    if let Some(answer) = ask.header("X-Probe", &probe).try_send(world.gateway.addr()).await {
        assert_eq!(answer.status, 400, "{name}: {}", answer.text());
        if !answer.body.is_empty() {
            let problem = answer.json();
            assert_eq!(
                (&problem["code"], &problem["reason"]),
                (&json!("request-ambiguous"), &json!("host")),
                "{name}"
            );
            assert_eq!(world.log(&answer).await["tollgate"]["ended"], "edge", "{name}");
        }
    }
    assert!(world.received("sample", &probe).is_empty(), "{name}");
}
