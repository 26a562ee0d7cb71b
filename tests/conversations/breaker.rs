//! Endpoints that fail again and again, and when they are asked again.

use tollgate::host::SendFault;

use super::{
    attempts::{NORTH, SOUTH, answers, course, fails, get, one_region, post, two_regions},
    book::Book,
};
use crate::world::{
    Part, Service, World,
    message::Request,
    record::{Event, count},
};

const TWO_FAILURES: &str = "retries = { attempts = 1 }\nbreaker = { failures = 2, open = \"10s\" }";

/// Has a conversation, and compares where it was sent.
fn row(book: &mut Book, (name, world, request): (&str, &World, &Request), expected: &str, wanted: &str) {
    let exchange = book.exchange(name, expected, world, request);
    assert_eq!(course(&exchange), wanted, "{name}");
}

/// Two failures in a row, after which the endpoint is left alone.
fn open(world: &World) {
    for _ in 0..2 {
        world.script(NORTH, [fails(SendFault::Refused)]);
        assert_eq!(world.exchange(&get()).delivered.status, 502);
        world.pass_s(2);
    }
}

#[test]
fn an_endpoint_that_fails_is_left_alone_until_one_request_tried_it() {
    let mut book = Book::open("breaker");
    let (get, refused, left_alone) = (get(), "502 upstream-refused", "503 upstream-overloaded");
    let world = one_region(TWO_FAILURES);
    world.script(NORTH, [fails(SendFault::Refused), answers(503, &[], "")]);
    row(&mut book, ("the first failure", &world, &get), refused, "north");
    world.pass_s(2);
    row(
        &mut book,
        ("the second", &world, &post()),
        "503 upstream-failed",
        "north",
    );
    row(&mut book, ("left alone", &world, &get), left_alone, "");
    world.pass_ms(1_500);
    world.new_sandbox();
    row(&mut book, ("by other sandboxes too", &world, &get), left_alone, "");
    world.pass_ms(8_500);
    world.script(NORTH, [fails(SendFault::Timeout)]);
    row(
        &mut book,
        ("tried, and it fails", &world, &get),
        "504 upstream-timeout",
        "north",
    );
    row(&mut book, ("left alone for longer", &world, &get), left_alone, "");
    world.pass_s(19);
    row(&mut book, ("for twice as long", &world, &get), left_alone, "");
    world.pass_s(1);
    row(
        &mut book,
        ("tried, and it goes well", &world, &get),
        "200 forward",
        "north",
    );
    row(&mut book, ("all is well", &world, &get), "200 forward", "north");
    world.script(NORTH, [fails(SendFault::Refused)]);
    row(&mut book, ("and counted anew", &world, &get), refused, "north");
    row(&mut book, ("a success", &world, &get), "200 forward", "north");
    world.script(NORTH, [fails(SendFault::Refused)]);
    row(
        &mut book,
        ("after which that is the first again", &world, &get),
        refused,
        "north",
    );
    book.close();
}

#[test]
fn regions_are_left_alone_each_by_itself() {
    let mut book = Book::open("breaker_regions");
    let (get, failures) = (get(), "breaker = { failures = 1, open = \"10s\" }");
    let world = two_regions(failures);
    world.script(NORTH, [fails(SendFault::Refused)]);
    row(&mut book, ("one fails", &world, &get), "200 forward", "north, south");
    row(&mut book, ("and is passed over", &world, &get), "200 forward", "south");
    world.pass_s(4);
    world.script(SOUTH, [answers(502, &[], "")]);
    row(
        &mut book,
        ("the other fails too", &world, &get),
        "502 upstream-failed",
        "south",
    );
    row(
        &mut book,
        ("all are left alone", &world, &get),
        "503 upstream-overloaded",
        "",
    );
    world.pass_s(6);
    world.script(NORTH, [fails(SendFault::Refused)]);
    row(
        &mut book,
        ("the first is tried", &world, &get),
        "502 upstream-refused",
        "north",
    );
    world.pass_s(4);
    row(&mut book, ("the second is tried", &world, &get), "200 forward", "south");
    let world = one_region(failures);
    world.script(NORTH, [fails(SendFault::Refused)]);
    row(
        &mut book,
        ("no retry where it is left alone", &world, &get),
        "502 upstream-refused",
        "north",
    );
    book.close();
}

#[test]
fn one_request_tries_and_others_do_not_wait() {
    let world = one_region(TWO_FAILURES);
    open(&world);
    let exchange = world.exchange(&get());
    let mark = exchange.events.iter().find_map(|event| match event {
        Event::RecallOrTurn(key) => Some(key.clone()),
        _ => None,
    });
    let mark = mark.unwrap();
    world.pass_s(10);
    let turn = world.cache.borrow().turn(&mark).unwrap();
    let exchange = world.exchange(&get());
    assert_eq!(exchange.delivered.status, 503);
    assert_eq!(
        (course(&exchange), &exchange.log["tollgate"]["breaker"]),
        (String::new(), &"open".into())
    );
    drop(turn);
    let exchange = world.exchange(&get());
    assert_eq!(exchange.delivered.status, 200);
    assert_eq!(exchange.log["tollgate"]["breaker"], "half-open");
}

#[test]
fn what_nobody_adds_to_is_forgotten() {
    let world = one_region(TWO_FAILURES);
    for _ in 0..3 {
        world.script(NORTH, [fails(SendFault::Refused)]);
        let exchange = world.exchange(&get());
        assert_eq!(course(&exchange), "north", "a minute lies between two failures");
        world.pass_s(60);
    }
    let world = one_region(TWO_FAILURES);
    open(&world);
    world.pass_s(70);
    world.script(NORTH, [fails(SendFault::Refused)]);
    let exchange = world.exchange(&get());
    assert_eq!(course(&exchange), "north");
    assert!(exchange.log["tollgate"]["breaker"].is_null(), "as any other endpoint");
}

/// What is no failure of the endpoint's is not counted.
#[test]
fn what_the_client_does_closes_no_endpoint() {
    let world = one_region("retries = { attempts = 1 }\nbreaker = { failures = 1 }");
    for service in [
        fails(SendFault::ClientBroke),
        Service::Fails(SendFault::BodyTooLarge),
        fails(SendFault::NotSent),
        answers(500, &[], ""),
        answers(429, &[], ""),
        answers(403, &[], ""),
    ] {
        let what = format!("{service:?}");
        world.script(NORTH, [service]);
        world.exchange(&get());
        assert_eq!(course(&world.exchange(&get())), "north", "{what}");
    }
}

#[test]
fn without_a_cache_no_endpoint_is_left_alone() {
    let mut book = Book::open("breaker_cache_faults");
    let get = get();
    for (name, part) in [
        ("can't be read", Part::Recall),
        ("can't be written", Part::Remember),
        ("gives no turn", Part::RecallOrTurn),
    ] {
        let world = one_region(TWO_FAILURES);
        if part == Part::RecallOrTurn {
            open(&world);
        }
        world.break_part(part);
        for _ in 0..3 {
            world.script(NORTH, [fails(SendFault::Refused)]);
            world.exchange(&get);
        }
        world.script(NORTH, [fails(SendFault::Refused)]);
        row(&mut book, (name, &world, &get), "502 upstream-refused", "north");
    }
    let world = one_region(TWO_FAILURES);
    open(&world);
    world.cache.borrow_mut().overwrite(b"rubbish");
    world.pass_s(1);
    row(&mut book, ("holds rubbish", &world, &get), "200 forward", "north");
    book.close();
}

#[test]
fn a_breaker_that_is_switched_off_asks_nothing() {
    let world = one_region("retries = { attempts = 1 }\nbreaker = { failures = 0 }");
    let get = get();
    world.exchange(&get);
    world.pass_s(5);
    for _ in 0..20 {
        world.script(NORTH, [fails(SendFault::Refused)]);
        let exchange = world.exchange(&get);
        assert_eq!(
            (course(&exchange), count(&exchange.events).cache_operations),
            ("north".to_owned(), 0)
        );
    }
}

/// A time-out that the deadline cut short says nothing of the endpoint.
#[test]
fn an_attempt_with_less_time_than_the_first_does_not_count() {
    for (name, deadline, second_ms, expected) in [
        ("with all its time", "", 2_000, 503),
        ("with less", "deadline = \"3s\"", 900, 200),
    ] {
        let world = one_region(&format!("{deadline}\nbreaker = {{ failures = 2, open = \"10s\" }}"));
        let late = |ms| fails(SendFault::Timeout).after_ms(ms);
        world.script(NORTH, [late(2_000), late(second_ms)]);
        assert_eq!(world.exchange(&get()).delivered.status, 504, "{name}");
        assert_eq!(world.scripted(), 0, "{name}: asked twice");
        let exchange = world.exchange(&get());
        assert_eq!(exchange.delivered.status, expected, "{name}: {}", exchange.line);
    }
}
