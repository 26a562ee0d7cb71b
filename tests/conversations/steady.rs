//! What must stay as it is whatever comes: first attempts have their time, a share of failures closes nothing, answers are not lost.

use tollgate::host::SendFault;

use super::attempts::{NORTH, SOUTH, answers, course, fails, get, one_region, post, two_regions};
use crate::world::sample;

/// A deadline below a sixteenth of `first_byte`: nothing is ever sent.
#[test]
fn a_short_deadline_still_sends_once() {
    let world = sample::world();
    let timeouts = r#"timeouts = { connect = "500ms", first_byte = "2s", between_bytes = "3s" }"#;
    sample::enforce(&world, &sample::POLICY.replace(timeouts, "deadline = \"900ms\""));
    let exchange = world.exchange(&get());
    assert_eq!(
        (exchange.delivered.status, course(&exchange).as_str()),
        (200, "1.europe-west1 in 900"),
        "{}",
        exchange.line
    );
}

/// `first_byte = "60s"` and a breaker read of two milliseconds: the first attempt has 60 s.
#[test]
fn the_first_attempt_has_all_of_first_byte() {
    let world = sample::world();
    world.recall_ms.set(2);
    let timeouts = r#"first_byte = "2s""#;
    sample::enforce(&world, &sample::POLICY.replace(timeouts, "first_byte = \"60s\""));
    let exchange = world.exchange(&get());
    assert_eq!(course(&exchange), "1.europe-west1 in 60000", "{}", exchange.line);
}

/// So many of a hundred calls fail at random, at so many sandboxes; ten in a row never do. Gives how many were refused.
fn spread(percent: u64, sandboxes: u64, per_ms: u64, requests: u64) -> (u32, u32) {
    let world = one_region("retries = { attempts = 1 }");
    let mut others: Vec<_> = (0..sandboxes).map(|_| tollgate::sandbox::Sandbox::default()).collect();
    let mut seed = 88_172_645_463_325_252_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed >> 11
    };
    let (mut row, mut longest, mut refused) = (0, 0, 0);
    for number in 0..requests {
        if number % per_ms == 0 {
            world.pass_ms(1);
        }
        let at = usize::try_from(next() % sandboxes).unwrap();
        let failed = next() % 100 < percent;
        if failed {
            world.script(NORTH, [answers(503, &[], "")]);
        }
        world.swap_sandbox(&mut others[at]);
        let exchange = world.exchange(&get());
        world.swap_sandbox(&mut others[at]);
        if exchange.log["tollgate"]["code"] == "upstream-overloaded" {
            refused += 1;
            world.unscript();
            continue;
        }
        row = if failed { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    (longest, refused)
}

#[test]
fn a_tenth_of_failures_does_not_open_the_breaker() {
    let (longest, refused) = spread(10, 64, 1, 3_500);
    assert!(longest < 10, "{longest}");
    assert_eq!(refused, 0, "of 3,500 while {longest} in a row failed at most");
}

/// The app's own 429 page, after it did half of the work: a POST is sent twice.
#[test]
fn an_apps_own_429_page_is_no_proof() {
    let world = one_region("");
    let headers = [
        ("content-type", "text/html"),
        ("server", "Google Frontend"),
        ("x-powered-by", "Express"),
    ];
    let page = "<html>Order 7 is charged. The mail service said: Rate exceeded. Do not repeat.</html>";
    world.script(NORTH, [answers(429, &headers, page)]);
    let exchange = world.exchange(&post());
    assert_eq!(course(&exchange), "north", "{}", exchange.line);
}

/// The platform takes no more backends: the answer that came before is what the client gets, and the log has it.
#[test]
fn an_attempt_that_is_not_sent_hides_no_answer() {
    let world = two_regions("");
    world.script(NORTH, [answers(503, &[("retry-after", "7")], "")]);
    world.script(SOUTH, [fails(SendFault::NotSent)]);
    let exchange = world.exchange(&get());
    let told = &exchange.log["tollgate"];
    assert_eq!(
        (
            exchange.delivered.status,
            &told["code"],
            &told["upstream_status"],
            &told["region"]
        ),
        (503, &"upstream-failed".into(), &503.into(), &"north".into()),
        "{}",
        exchange.line
    );
}

/// While an endpoint is left alone nothing is sent to it, WebSockets neither.
#[test]
fn a_websocket_is_not_sent_where_all_is_left_alone() {
    let more = "breaker = { failures = 1, open = \"10s\" }\nretries = { attempts = 1 }";
    let regions = "url = \"https://orders-north.run.app\"";
    let world = sample::world();
    let url = "url = \"https://orders-1.europe-west1.run.app\"";
    let live = "\n[[routes]]\npath = \"/live/{room}\"\nallow = \"anyone\"\nto = \"orders\"\nwebsocket = true\n";
    let policy = sample::POLICY.replace(url, &format!("{regions}\n{more}"));
    sample::enforce(&world, &format!("{policy}{live}"));
    world.script(NORTH, [fails(SendFault::Refused)]);
    world.exchange(&get());
    assert_eq!(world.exchange(&get()).log["tollgate"]["code"], "upstream-overloaded");
    let ask = crate::world::message::Request::new("GET", "/live/1");
    let ask = ask.header("connection", "Upgrade").header("upgrade", "websocket");
    let exchange = world.exchange(&ask.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="));
    assert_eq!(course(&exchange), "", "{}", exchange.line);
}
