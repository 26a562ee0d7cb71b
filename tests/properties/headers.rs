//! The header firewall: in no spelling does a caller's word about itself reach a service.

use proptest::{collection::vec, prelude::*, sample::select};

use crate::{
    cases,
    world::{
        World,
        message::{Request, values},
        record::sent,
        sample::{self, text, token},
    },
};

/// Names that say who is asking, where from, or for what else.
const RESERVED: &[&str] = &[
    "authorization",
    "client-ip",
    "fastly-client",
    "fastly-client-ip",
    "forwarded",
    "remote-user",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-user",
    "x-goog-authenticated-user-email",
    "x-goog-iap-jwt-assertion",
    "x-apigateway-api-userinfo",
    "x-endpoint-api-userinfo",
    "x-amzn-oidc-data",
    "x-ms-client-principal-id",
    "x-auth-request-user",
    "x-envoy-original-path",
    "x-http-method-override",
    "x-original-url",
    "x-real-ip",
    "x-remote-user",
    "x-request-id",
    "x-rewrite-url",
    "x-serverless-authorization",
    "x-tollgate-client",
    "x-tollgate-issuer",
    "x-tollgate-scopes",
    "x-tollgate-subject",
    "x-user",
    "x-user-id",
];

/// Every mark that a header name may have (RFC 9110 section 5.6.2).
const MARKS: &[char] = &[
    '-', '_', '.', '!', '#', '$', '%', '&', '\'', '*', '+', '^', '`', '|', '~',
];

fn spelling() -> impl Strategy<Value = String> {
    (select(RESERVED), vec(any::<bool>(), 40), vec(select(MARKS), 6)).prop_map(|(name, upper, marks)| {
        let mut marks = marks.into_iter();
        let spelled = name.chars().zip(upper).map(|(letter, upper)| match letter {
            '-' => marks.next().unwrap_or('_'),
            _ if upper => letter.to_ascii_uppercase(),
            _ => letter,
        });
        spelled.collect()
    })
}

/// How a server that knows only letters, digits and `_` would call it.
fn folded(name: &str) -> String {
    name.to_ascii_lowercase()
        .replace(|letter: char| !letter.is_ascii_alphanumeric(), "_")
}

/// What the gateway says of the caller, each once.
fn said(world: &World) -> Vec<(&'static str, String)> {
    let google_token = world.google.borrow().given.last().cloned().unwrap();
    vec![
        ("host", "orders-1.europe-west1.run.app".to_owned()),
        ("x-serverless-authorization", format!("Bearer {google_token}")),
        ("x-forwarded-host", "api.example.com".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
        ("x-request-id", "req-1".to_owned()),
        ("x-forwarded-for", "203.0.113.9".to_owned()),
        ("x-tollgate-issuer", "https://okta.example".to_owned()),
        ("x-tollgate-subject", "u1".to_owned()),
        ("x-tollgate-scopes", "orders:read".to_owned()),
    ]
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn only_the_gateway_speaks_of_the_caller(
        spelled in vec(spelling(), 1..6),
        twice in any::<bool>(),
        named in vec(prop_oneof![spelling(), "[a-z-]{1,12}", Just("host".to_owned())], 0..4),
    ) {
        thread_local! {
            static WARM: (World, String) = (sample::world(), text(token()));
        }
        WARM.with(|(world, token)| {
            let mut request = Request::new("GET", "/v1/orders/7").bearer(token).header("X-Kept", "kept");
            // A second `Authorization` would be refused before it gets that far.
            for name in spelled.iter().filter(|name| !name.eq_ignore_ascii_case("authorization")) {
                request = request.header(name, "forged");
                if twice {
                    request = request.header(name, "forged again");
                }
            }
            if !named.is_empty() {
                request = request.header("Connection", &named.join(", "));
            }
            let exchange = world.exchange(&request);
            let upstream = sent(&exchange.events).next().expect("the request is forwarded");
            let said = said(world);
            for (name, value) in &said {
                prop_assert_eq!(&values(&upstream.headers, name), std::slice::from_ref(value), "{}", name);
            }
            for (name, value) in &upstream.headers {
                prop_assert!(!value.contains("forged"), "{}: {}", name, value);
                let ours = said.iter().any(|(own, _)| own == name);
                let reserved = RESERVED.iter().any(|reserved| folded(reserved) == folded(name));
                prop_assert!(ours || !reserved, "{}", name);
                prop_assert!(folded(name) != "connection");
            }
            Ok(())
        })?;
    }

    /// Whatever `Connection` names, what the gateway says goes out, and the message stays whole.
    #[test]
    fn connection_names_take_nothing_of_ours(named in vec(select(RESERVED), 1..8)) {
        let world = sample::world();
        let request = Request::new("GET", "/public/x").header("Connection", &named.join(","));
        let exchange = world.exchange(&request);
        let upstream = sent(&exchange.events).next().expect("the request is forwarded");
        for name in ["host", "x-serverless-authorization", "x-forwarded-for", "x-request-id"] {
            prop_assert_eq!(values(&upstream.headers, name).len(), 1, "{}", name);
        }
    }
}
