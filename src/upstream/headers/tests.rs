//! The tables of the header firewall: what goes, what stays, and what is set.

mod lists;
mod policy;

use std::sync::Arc;

use super::*;
use crate::{
    identity::{claims::tests::claims, verify::Verified},
    policy::{
        compile::compile_text,
        decide::{Caller, Scene, decide},
        pages::Found,
        wanted::Captures,
    },
    request::Head,
    time::{UnixSeconds, WallClock},
};

/// A route to a service; with or without the caller's `Authorization`.
fn route(forward_authorization: bool) -> Arc<Found> {
    let policy = format!(
        r#"
        gateway.hosts = ["a.example"]
        issuers.okta = {{ issuer = "https://okta.example", audience = ["a"] }}
        services.s = {{ url = "https://s.run.app", invoker = "edge@p.iam.gserviceaccount.com" }}
        routes = [{{ path = "/", allow = "anyone", to = "s", forward_authorization = {forward_authorization} }}]
        "#
    );
    found(&policy)
}

fn trace() -> Trace {
    Trace::begin(WallClock { unix_ms: 1 }, "r1", "AMS")
}

/// The first route of a policy.
fn found(policy: &str) -> Arc<Found> {
    let route = compile_text(policy).unwrap().parts().routes[0].clone();
    Arc::new(Found { route, service: None })
}

fn edits(route: &Arc<Found>, caller: Caller, names: &[&str], connection: &str) -> HeaderEdits {
    let head = Head {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        header_names: names.iter().map(|&name| name.to_owned()).collect(),
        values: [("host", "A.example:8443"), ("connection", connection)]
            .map(|(name, value)| (name, Secret::new(value.as_bytes().to_vec())))
            .into(),
        ..Head::default()
    };
    let scene = Scene {
        address: None,
        country: None,
        now: UnixSeconds(0),
        captures: &Captures::default(),
    };
    let permit = decide(Arc::clone(route), caller, &scene).unwrap();
    let told = Told {
        permit: &permit,
        google_token: &Secret::new("g.o.o".to_owned()),
        client: Some(IpAddr::from([203, 0, 113, 9])),
        request_id: "r1",
        trace: &trace(),
        websocket: false,
        of_caller: &[],
        host: "s.run.app".to_owned(),
        credentials: &[],
        cookies: None,
    };
    request_edits(&CanonicalRequest::new(&head).unwrap(), &told)
}

fn set(edits: &HeaderEdits) -> Vec<(&str, &str)> {
    edits
        .set
        .iter()
        .map(|(name, value)| (&**name, value.expose().as_str()))
        .collect()
}

#[test]
fn names_that_say_who_is_asking_go_in_every_spelling() {
    for name in [
        "authorization",
        "client-ip",
        "client_ip",
        "fastly-client",
        "fastly-client-ip",
        "forwarded",
        "remote-user",
        "remote_user",
        "true-client-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-forwarded-for",
        "x_forwarded_for",
        "x.forwarded.for",
        "x-forwarded_host",
        "x~forwarded~host",
        "x-forwarded-anything",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-real-ip",
        "x-remote-user",
        "x-request-id",
        "x-rewrite-url",
        "x-original-url",
        "x-original-host",
        "x-serverless-authorization",
        "x_serverless_authorization",
        "x-user",
        "x-user-email",
        "x-goog-authenticated-user-email",
        "x-goog-iap-jwt-assertion",
        "x-apigateway-api-userinfo",
        "x-appengine-user-email",
        "x-endpoint-api-userinfo",
        "x-envoy-original-path",
        "x-amzn-oidc-data",
        "x-auth-request-email",
        "x-authenticated-userid",
        "x-ms-client-principal",
        "x-ms-client-principal-name",
        "x-pomerium-claim-email",
        "x-tollgate-subject",
        "x_tollgate_subject",
        "x-tollgate-anything",
        "x-cloud-trace-context",
        "cf-access-jwt-assertion",
        "cf-connecting-ip",
        "script-name",
        "script_name",
        "path_info",
        "proxy",
        "x-forwarded",
        "x-host",
        "x-scheme",
        "x-url-scheme",
        "front-end-https",
        "remote-addr",
        "remote-email",
        "x-remote-group",
        "x-webauth-user",
        "x-authentik-username",
        "x-consumer-username",
        "tailscale-user-login",
        "x-auth-user",
        "x-authenticated",
        "x-username",
        "x-jwt-assertion",
        "x-ms-token-aad-id-token",
        "client-cert",
        "x-ssl-client-dn",
        "x-http-path-override",
        "x-middleware-subrequest",
        "wl-proxy-client-ip",
        "fastly-ssl",
        // Not one well-formed `traceparent`: what is logged and what a service reads could differ.
        "traceparent",
        "tracestate",
    ] {
        let removed = edits(&route(false), Caller::Anyone, &[name, "x-kept"], "").remove;
        assert_eq!(removed, [name]);
    }
}

#[test]
fn hop_by_hop_headers_go_and_all_others_stay() {
    let hop_by_hop = [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let removed = edits(&route(false), Caller::Anyone, &hop_by_hop, "").remove;
    assert_eq!(removed, hop_by_hop);
    let kept = [
        "host",
        "accept",
        "accept-encoding",
        "content-type",
        "content-length",
        "cookie",
        "origin",
        "range",
        "user-agent",
        "x-api-key",
        "x-users",
        "x-tollgate",
        "via",
    ];
    assert_eq!(edits(&route(false), Caller::Anyone, &kept, "").remove, [""; 0]);
}

#[test]
fn what_connection_names_goes_but_for_the_message_itself() {
    let names = [
        "host",
        "content-length",
        "content-type",
        "x-hop",
        "x-kept",
        "x-tollgate-subject",
    ];
    let named = "close, X-Hop ,host,Content-Length,content-type,,x-serverless-authorization";
    let edits = edits(&route(false), Caller::Anyone, &names, named);
    assert_eq!(edits.remove, ["x-hop", "x-tollgate-subject"]);
    assert!(
        set(&edits).contains(&("x-serverless-authorization", "Bearer g.o.o")),
        "ours is set all the same"
    );
}

#[test]
fn authorization_stays_only_where_the_route_says_so() {
    let removed = |forward| edits(&route(forward), Caller::Anyone, &["authorization"], "").remove;
    assert_eq!(removed(true), [""; 0]);
    assert_eq!(removed(false), ["authorization"]);
}

#[test]
fn what_the_gateway_says_is_set_once_each() {
    let (traceparent, cloud) = (trace().traceparent(), trace().cloud_trace_context());
    let ours = [
        ("host", "s.run.app"),
        ("x-serverless-authorization", "Bearer g.o.o"),
        ("x-forwarded-host", "a.example"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "r1"),
        ("traceparent", &traceparent),
        ("x-cloud-trace-context", &cloud),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    assert_eq!(set(&edits(&route(false), Caller::Anyone, &[], "")), ours);

    let known = |claims: Claims| Caller::Known(Arc::new(Verified::for_tests(claims)));
    let of_claims = |claims: Claims| {
        let edits = edits(&route(false), known(claims), &[], "");
        let claimed = set(&edits).into_iter().skip(ours.len());
        claimed
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let all = Claims {
        client: Some("app".to_owned()),
        scopes: vec!["a".to_owned(), "b c".to_owned()],
        ..claims()
    };
    assert_eq!(
        of_claims(all),
        pairs(&[
            ("x-tollgate-issuer", "https://okta.example"),
            ("x-tollgate-subject", "u1"),
            ("x-tollgate-client", "app"),
            ("x-tollgate-scopes", "a b%20c"),
        ])
    );
    let least = Claims {
        subject: None,
        scopes: vec![],
        ..claims()
    };
    assert_eq!(
        of_claims(least),
        pairs(&[("x-tollgate-issuer", "https://okta.example")])
    );
}

#[test]
fn claims_become_values_that_can_be_decoded_in_one_way() {
    for (claim, value) in [
        ("u1", "u1"),
        ("auth0|5f7", "auth0|5f7"),
        ("a@b.example", "a@b.example"),
        (" admin ", "%20admin%20"),
        ("100%", "100%25"),
        ("%41", "%2541"),
        ("a\r\nx: y", "a%0D%0Ax:%20y"),
        ("tab\t", "tab%09"),
        ("nul\0", "nul%00"),
        ("del\u{7f}", "del%7F"),
        ("jürgen", "j%C3%BCrgen"),
        ("", ""),
    ] {
        assert_eq!(header_text(claim), value);
        let decoded = percent_encoding::percent_decode_str(value).decode_utf8().unwrap();
        assert_eq!(decoded, claim, "and back");
    }
}

#[test]
fn debug_text_tells_no_token() {
    let edits = edits(&route(false), Caller::Anyone, &[], "");
    assert!(!format!("{edits:?}").contains("g.o.o"));
}
