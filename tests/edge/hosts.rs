//! Hosts: only the policy's are answered for, in one spelling, and no `Host` ends the program.

use serde_json::json;
use tollgate_devstack::world::World;

use super::support::gateway::{Gateway, probe, shared};
use super::support::http::Ask;

fn asking(hosts: &[&[u8]]) -> Ask {
    let ask = Ask::bare("GET", "/open/a").header("Connection", "close");
    hosts.iter().fold(ask, |ask, host| ask.header("Host", host))
}

#[test]
fn the_policys_host_is_known_in_every_spelling() {
    shared(|world| async move {
        for (host, forwarded) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.COM", "api.example.com"),
            ("api.example.com:8443", "api.example.com"),
            ("\tapi.example.com \t", "api.example.com"),
            ("127.0.0.1", "127.0.0.1"),
        ] {
            let probe = probe();
            let answer = world.ask(asking(&[host.as_bytes()]).header("X-Probe", &probe)).await;
            assert_eq!(answer.status, 200, "{host}");
            let received = world.received("sample", &probe);
            assert_eq!(received[0].header_values("x-forwarded-host"), [forwarded], "{host}");
            let own = world.sample("sample").expect("it").url();
            assert_eq!(received[0].header_values("host").len(), 1, "{host}");
            assert_ne!(
                received[0].header("host"),
                Some(host),
                "{host}: not the client's, but {own}'s front end"
            );
        }
    });
}

#[test]
fn other_hosts_are_not_answered_for() {
    shared(|world| async move {
        for host in [
            "evil.example",
            "example.com",
            "xapi.example.com",
            "[::1]",
            "2130706433",
            "a_b.example",
            "1.example",
        ] {
            world.refused(asking(&[host.as_bytes()]), 404, "route-unknown").await;
        }
    });
}

/// Among these are hosts that a URL parser refuses; the SDK panics over a URL with one of them, unless it is not asked.
#[test]
fn what_is_no_host_is_refused() {
    shared(|world| async move {
        let long = "a".repeat(300);
        for host in [
            b"api.example.com.".as_slice(),
            b"api..example.com",
            b".api.example.com",
            b"api.example.com:",
            b"api.example.com:x",
            b"api.example.com:99999",
            b"api.example.com:-1",
            b"u:p@api.example.com",
            b"api.example.com,evil.example",
            b"*",
            b"*.example.com",
            b"xn--",
            b"XN--",
            b"xn--a.example",
            b"a.1",
            b"256.0.0.1",
            b"1.2.3.4.5",
            b"0x.0x1ffffffff",
            b"[v1.x]",
            b"[fe80::1%25eth0]",
            b"[::1]x",
            b"[]",
            b":80",
            b"",
            b"api example.com",
            b"api.example.com/x",
            b"api.example.com?x",
            b"api.example.com#x",
            b"api%2eexample.com",
            b"[::1",
            b"a|b",
            b"a\x01b",
            b"a\x80b",
            "\u{e9}.example".as_bytes(),
            long.as_bytes(),
        ] {
            refused_for_its_host(world, asking(&[host]), &format!("{:?}", String::from_utf8_lossy(host))).await;
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
