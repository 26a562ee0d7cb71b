//! Two explanations, word by word, and how a large policy is told.

use std::fmt::Write as _;

use serde_json::json;
use tollgate::policy::compile::compile_text;
use tollgate_offline::{Credential, Rehearsal};

use crate::{claims, question, rehearsal};

#[test]
fn a_refusal_word_by_word() {
    let caller =
        claims(json!({ "iss": "okta", "sub": "u1", "scope": "orders:write", "realm": { "roles": ["guest"] } }));
    let explanation = rehearsal().explain(&question("GET /orders/7", caller)).unwrap();
    let expected = r#"GET https://api.example.com/orders/7
  from 203.0.113.9 at 2026-11-21T08:00:00.000Z

routes, in order of precedence
  - * api.example.com/orders/new  has another path
  - GET /orders/{id}              asks for the header x-version, which is missing or does not fit
  > GET /orders/{id}              takes it
  - POST /{rest...}               does not take GET

caller
  issuer okta, subject u1, scopes orders:write, roles guest
  a signed token in Authorization (Bearer)

rules, of which one must be met
  - issuer okta, scope orders:read, claim tenant = {id} of the path
      scopes: needs orders:read, has orders:write
  - issuer okta, role admin or support, from 203.0.113.0/24
      role: needs one of admin support, has guest
  - issuer partner, client shop, in DE, from 08:00 to 18:00 UTC+00:00 on sat
      issuer: needs partner, is okta

decision
  refuse role-missing
  403 The caller has none of the roles that this needs.

answer of the edge
  403
  content-type: application/problem+json
  cache-control: no-store
  x-content-type-options: nosniff
  x-request-id: offline

  {"code":"role-missing","detail":"The caller has none of the roles that this needs.","request_id":"offline","status":403,"title":"Forbidden","type":"about:blank"}
"#;
    assert_eq!(explanation.to_string(), expected);
}

#[test]
fn an_admission_word_by_word() {
    let caller = claims(json!({ "iss": "okta", "sub": "u1", "scope": "a b" }));
    let mut question = question("GET https://a.tenants.example/orders/7?q=1", caller);
    for (name, value) in [("X-Version", "2"), ("X-User", "root"), ("Accept", "*/*")] {
        question.headers.push((name.to_owned(), value.to_owned()));
    }
    let expected = "GET https://a.tenants.example/orders/7?q=1
  from 203.0.113.9 at 2026-11-21T08:00:00.000Z

routes, in order of precedence
  > GET /orders/{id}              takes it
  - GET /orders/{id}              would take it too, and goes after the one that was found
  - POST /{rest...}               does not take GET
  - * api.example.com/orders/new  is of another host

caller
  issuer okta, subject u1, scopes a b
  a signed token in Authorization (Bearer)

rules, of which one must be met
  > issuer okta
      met

decision
  forward orders

leaves for orders
  region west
  GET https://orders-1.west.run.app/v2/7?q=1
  then: east; 2 sends at most within 30000 ms; Google's token by a service account's key
  set      host: orders-1.west.run.app
  set      x-serverless-authorization: Bearer <Google's ID token for https://orders.example>
  set      x-forwarded-host: a.tenants.example
  set      x-forwarded-proto: https
  set      x-request-id: offline
  set      traceparent: <a new trace>
  set      x-cloud-trace-context: <a new trace>
  set      x-forwarded-for: 203.0.113.9
  set      x-tollgate-issuer: https://okta.example
  set      x-tollgate-subject: u1
  set      x-tollgate-scopes: a b
  kept     x-version: 2
  kept     accept: */*
  kept     authorization: <the caller's own>
  removed  x-user

answer of the service, with
  set      x-request-id: offline
";
    assert_eq!(rehearsal().explain(&question).unwrap().to_string(), expected);
}

#[test]
fn of_a_large_policy_the_nearest_routes_are_told() {
    let mut policy = "gateway.hosts = [\"a.example\"]\n".to_owned();
    for number in 0..400 {
        writeln!(
            policy,
            "[[routes]]\npath = \"/v{}/{number}/{{x}}\"\nallow = \"anyone\"\nrespond = {{ status = 200 }}",
            number % 40
        )
        .unwrap();
    }
    let rehearsal = Rehearsal::new(compile_text(&policy).unwrap()).unwrap();
    let explanation = rehearsal
        .explain(&question("GET /v7/87/x", Credential::Nobody))
        .unwrap();
    let routes = explanation.routes.unwrap();
    assert_eq!((routes.looked.len(), routes.left_out), (20, 380));
    let found: Vec<_> = routes.looked.iter().filter(|looked| looked.found).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].route, "* /v7/87/{x}");
    let near = routes.looked.iter().filter(|looked| looked.route.contains("/v7/"));
    assert_eq!(near.count(), 10, "all that begin so");
}
