//! What a route changes of headers.

use super::*;

#[test]
fn a_route_removes_and_sets_in_every_spelling() {
    let policy = r#"
        gateway.hosts = ["a.example"]
        services.s = { url = "https://s.run.app", invoker = "edge@p.iam.gserviceaccount.com" }
        [[routes]]
        path = "/"
        allow = "anyone"
        to = "s"
        request_headers = { set = { X-Env = "prod" }, remove = ["x-debug"] }
        response_headers = { set = { cache-control = "no-store" }, remove = ["server"] }
    "#;
    let found = found(policy);
    let edits = edits(
        &found,
        Caller::Anyone,
        &["x-debug", "x_debug", "x_env", "x-env", "accept"],
        "",
    );
    assert_eq!(edits.remove, ["x-debug", "x_debug", "x_env", "x-env"]);
    assert_eq!(set(&edits).last(), Some(&("x-env", "prod")));
}
