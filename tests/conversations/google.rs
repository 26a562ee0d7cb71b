//! The gateway's own identity: Google's answers, and what comes of bad ones.

use serde_json::{Value, json};
use tollgate::{
    host::SendFault,
    policy::compile::compile_text,
    time::UnixSeconds,
    upstream::{google::renewed_at, send::Ask},
};

use super::book::Book;
use crate::world::{
    INSIDE, Part, World,
    google::Mood,
    message::Request,
    record::Event,
    sample::{self, INVOKER, INVOKER_KEY, NOW, POLICY, text, token},
};

fn order() -> Request {
    Request::new("GET", "/v1/orders/7").bearer(&text(token().claim("exp", NOW + 86_400)))
}

fn with_mood(mood: Mood) -> World {
    let world = sample::world();
    world.google.borrow_mut().mood = mood;
    world
}

#[test]
fn what_google_is_asked() {
    let world = sample::world();
    let exchange = world.exchange(&order());
    let asserted = json!({
        "iss": INVOKER, "sub": INVOKER, "aud": "https://oauth2.googleapis.com/token",
        "target_audience": "https://orders-1.europe-west1.run.app", "iat": NOW, "exp": NOW + 300,
    });
    assert_eq!(world.google.borrow().asserted, Some(asserted));
    let calls = exchange.events.iter().filter_map(|event| match event {
        Event::Call(call) => {
            let fields = match &call.ask {
                Ask::Form(form) => form.len(),
                Ask::Get | Ask::Json(_) => 0,
            };
            Some((call.destination.endpoint.origin(), call.target.clone(), fields))
        }
        _ => None,
    });
    assert_eq!(
        calls.collect::<Vec<_>>(),
        [("https://oauth2.googleapis.com".to_owned(), "/token".to_owned(), 2)]
    );
}

#[test]
fn google_fails_and_there_is_no_token() {
    let mut book = Book::open("google");
    let unavailable = "502 upstream-identity-unavailable";
    let fault = |fault: fn(String) -> SendFault| Mood::Fails(fault(format!("{INSIDE}:443")));
    for (name, mood) in [
        ("no connection", fault(SendFault::Refused)),
        ("no answer in time", fault(SendFault::Timeout)),
        ("connection broken", fault(SendFault::Reset)),
        (
            "an error",
            Mood::Answers(
                400,
                r#"{"error":"invalid_grant","error_description":"INSIDE-10.0.0.7"}"#,
            ),
        ),
        (
            "an error without words",
            Mood::Answers(503, "<html>INSIDE-10.0.0.7</html>"),
        ),
        (
            "an error with odd words",
            Mood::Answers(400, r#"{"error":"INSIDE-10.0.0.7 <script>"}"#),
        ),
        ("another audience", Mood::GivesFor("https://other.example")),
        ("no token", Mood::Answers(200, "{}")),
        ("no JSON", Mood::Answers(200, "INSIDE-10.0.0.7")),
        (
            "a token that is none",
            Mood::Answers(200, r#"{"id_token":"INSIDE-10.0.0.7"}"#),
        ),
        (
            "a token without expiry",
            Mood::Answers(200, r#"{"id_token":"e30.e30.c2ln"}"#),
        ),
    ] {
        book.row(name, unavailable, &with_mood(mood), &order());
    }
    let world = sample::world();
    world.google.borrow_mut().life_s = 30;
    book.row("a token about to expire", unavailable, &world, &order());
    book.close();
}

/// What is remembered is what was wrong: an unusable secret is not told as a failure of Google's.
#[test]
fn an_unusable_secret_is_told_as_such_while_it_is_remembered() {
    let world = sample::world();
    world.put_secret(INVOKER_KEY, "no key file");
    for _ in 0..2 {
        let exchange = world.exchange(&order());
        assert_eq!(exchange.log["tollgate"]["code"], "misconfigured");
        let asked = exchange.events.iter().any(|event| matches!(event, Event::Call(_)));
        assert!(!asked, "Google was not asked");
    }
}

#[test]
fn a_failure_is_remembered_for_two_seconds() {
    let mut book = Book::open("google_again");
    let world = with_mood(Mood::Answers(503, ""));
    let unavailable = "502 upstream-identity-unavailable";
    book.row("the first failure", unavailable, &world, &order());
    world.google.borrow_mut().mood = Mood::Gives;
    world.pass_s(1);
    book.row("a second later nobody asks again", unavailable, &world, &order());
    world.pass_s(1);
    book.row("two seconds later it works", "200 forward", &world, &order());
    book.close();
}

/// How long the first token is good without question, in seconds.
fn due_after_s() -> u64 {
    let site = compile_text(POLICY).unwrap();
    let due = renewed_at("MEM", &site.parts().services["orders"], UnixSeconds(NOW + 3_600));
    UnixSeconds(NOW).until_s(due)
}

#[test]
fn a_token_is_renewed_early_and_used_until_it_expires() {
    let mut book = Book::open("google_renewal");
    let world = sample::world();
    let order = order();
    world.exchange(&order);
    let due_s = due_after_s();
    assert!((2_700..=3_000).contains(&due_s), "{due_s}");
    world.pass_s(due_s - 1);
    book.row("the sandbox has it still", "200 forward", &world, &order);
    world.new_sandbox();
    book.row("in the last second before renewal", "200 forward", &world, &order);

    world.google.borrow_mut().mood = Mood::Fails(SendFault::Timeout(INSIDE.to_owned()));
    world.pass_s(1);
    book.row("time to renew, and Google fails", "200 forward", &world, &order);
    world.new_sandbox();
    book.row("for ten seconds nobody asks again", "200 forward", &world, &order);
    world.pass_s(10);
    world.new_sandbox();
    book.row("then somebody does", "200 forward", &world, &order);
    world.pass_s(3_600 - due_s - 10 - 31);
    world.new_sandbox();
    book.row("31 seconds before it expires", "200 forward", &world, &order);
    world.pass_s(1);
    world.new_sandbox();
    book.row(
        "30 seconds before it expires",
        "502 upstream-identity-unavailable",
        &world,
        &order,
    );
    book.close();
}

/// A renewal that failed is not tried again for a while, but no longer than the old token can be used.
#[test]
fn google_is_asked_again_as_soon_as_the_old_token_is_of_no_use() {
    let world = sample::world();
    let order = order();
    world.exchange(&order);
    world.google.borrow_mut().mood = Mood::Fails(SendFault::Timeout(INSIDE.to_owned()));
    world.pass_s(3_600 - 31);
    world.new_sandbox();
    assert_eq!(
        world.exchange(&order).log["tollgate"]["google_token"],
        "pop-while-google-fails"
    );
    world.google.borrow_mut().mood = Mood::Gives;
    world.pass_s(1);
    assert_eq!(world.exchange(&order).log["tollgate"]["google_token"], "minted");
}

#[test]
fn a_cache_that_fails_leaves_each_sandbox_to_itself() {
    let mut book = Book::open("google_cache_faults");
    let world = sample::world();
    world.break_part(Part::RecallOrTurn);
    book.row("can't be read", "200 forward", &world, &order());
    book.row("and the sandbox remembers", "200 forward", &world, &order());
    let world = sample::world();
    world.break_part(Part::Fill);
    book.row("can't be written", "200 forward", &world, &order());
    let world = sample::world();
    for part in [Part::Recall, Part::Remember, Part::RecallOrTurn, Part::Fill] {
        world.break_part(part);
    }
    book.row("no cache at all", "200 forward", &world, &order());
    book.close();
}

#[test]
fn the_invokers_key() {
    let mut book = Book::open("invoker_key");
    let misconfigured = "503 misconfigured";
    let with = |change: fn(&mut Value)| {
        let world = sample::world();
        let mut file = sample::key_file();
        change(&mut file);
        world.put_secret(INVOKER_KEY, file.to_string());
        world
    };
    let world = sample::world();
    world.take_secret(INVOKER_KEY);
    book.row("missing", misconfigured, &world, &order());
    let world = sample::world();
    world.break_part(Part::SecretStore);
    book.row("store broken", misconfigured, &world, &order());
    let world = sample::world();
    world.put_secret(INVOKER_KEY, "INSIDE-10.0.0.7");
    book.row("no JSON", misconfigured, &world, &order());
    let other = with(|file| file["client_email"] = "other@my-project.iam.gserviceaccount.com".into());
    book.row("of another account", misconfigured, &other, &order());
    book.row(
        "no PEM",
        misconfigured,
        &with(|file| file["private_key"] = "INSIDE-10.0.0.7".into()),
        &order(),
    );
    let elsewhere = with(|file| file["token_uri"] = "http://evil.example/token".into());
    book.row("endpoint without TLS", misconfigured, &elsewhere, &order());
    let wrong_type = with(|file| file["private_key"] = json!(["INSIDE-10.0.0.7"]));
    book.row("key of the wrong type", misconfigured, &wrong_type, &order());
    book.close();
}
