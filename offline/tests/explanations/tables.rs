//! The table of a policy's examples.

use tollgate::policy::{compile::compile_text, text};
use tollgate_offline::Rehearsal;

use crate::{NOW, POLICY};

fn written(examples: &str) -> (String, bool) {
    let policy = format!("{POLICY}\n{examples}");
    let rehearsal = Rehearsal::new(compile_text(&policy).unwrap()).unwrap();
    let table = rehearsal.examples(&text::read(&policy).source, NOW);
    let mut told = Vec::new();
    table.write(&mut told).unwrap();
    (String::from_utf8(told).unwrap(), table.passed())
}

#[test]
fn a_table_word_by_word() {
    let (told, passed) = written(
        r#"
        [[examples]]
        name = "an answer"
        request = "POST /x"
        expect = "respond  204"

        [[examples]]
        request = "GET https://a.tenants.example/orders/7"
        caller = { issuer = "okta", scopes = ["orders:read"], claims = { tenant = "8" } }
        expect = "forward orders"

        [[examples]]
        name = "a service without its revision"
        request = "GET /orders/7"
        caller = { issuer = "okta", scopes = ["orders:read"], claims = { tenant = "7", beta = true } }
        expect = "forward orders"

        [[examples]]
        name = "nowhere"
        request = "GET https://other.example/"
        expect = "respond 200"

        [[examples]]
        name = "no request"
        request = "orders"
        expect = "respond 200"
        "#,
    );
    assert!(!passed);
    let expected = "\
ok      an answer                               respond 204
FAILED  GET https://a.tenants.example/orders/7  forward orders  came: refuse claim-not-allowed
        route GET /orders/{id}: claim tenant: needs = {id} of the path (`7`), has `8`; or role: needs one of admin \
support, has none; or issuer: needs partner, is okta
FAILED  a service without its revision          forward orders  came: forward orders@next
        route GET /orders/{id}
FAILED  nowhere                                 respond 200     came: refuse route-unknown
        no route takes it: There is nothing here.
FAILED  no request                              respond 200     came: nothing
        `orders` is no request; write it as in `GET https://api.example.com/v1/orders/7` or `GET /v1/orders/7`
4 of 5 examples failed
";
    assert_eq!(told, expected);
}

#[test]
fn a_policy_without_examples_shows_nothing() {
    let (told, passed) = written("");
    assert!(!passed && told.contains("no [[examples]]"), "{told}");
    let (told, passed) = written("[[examples]]\nrequest = \"POST /x\"\nexpect = \"respond 204\"");
    assert!(passed && told.ends_with("the one example passed\n"), "{told}");
}
