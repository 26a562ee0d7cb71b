//! The header firewall: in no spelling does a caller's word about itself reach a service, or a service's word about what
//! runs behind the gateway a client.

use proptest::{collection::vec, prelude::*, sample::select};
use tollgate_devstack::signing::Algorithm;

use crate::{
    cases,
    world::{
        Service, World,
        message::{Request, Response, values},
        record::sent,
        sample::{self, text, token},
    },
};

/// Names that say who is asking, where from, or for what else.
const RESERVED: &[&str] = &[
    "authorization",
    "client-ip",
    "x-cloud-trace-context",
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

/// What the service of [`telling`] is told of claims.
const TELLING: &[&str] = &["x-tenant", "x-user-roles", "x-absent", "x-tollgate-assertion"];

fn spelling(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    (select(names), vec(any::<bool>(), 40), vec(select(MARKS), 6)).prop_map(|(name, upper, marks)| {
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

/// The trace that is begun for the world's one request identifier at its one time.
const BEGUN: (&str, &str) = (
    "00-f986bac6366ebd2de122e5d0393e40f3-d423cd93ef2aefae-00",
    "f986bac6366ebd2de122e5d0393e40f3/15286287595482050478",
);

/// Names that only Cloud Run, the platform or the gateway says to a client, or nobody.
const UNTOLD: &[&str] = &[
    "alt-svc",
    "clear-site-data",
    "dpop-nonce",
    "nel",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "x-compress-hint",
    "authorization",
    "connection",
    "fastly-debug-digest",
    "fastly-restarts",
    "keep-alive",
    "proxy-authenticate",
    "public-key-pins",
    "server",
    "surrogate-control",
    "surrogate-key",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-appengine-resource-usage",
    "x-cache",
    "x-cache-hits",
    "x-cloud-trace-context",
    "x-envoy-upstream-service-time",
    "x-fastly-request-id",
    "x-goog-hash",
    "x-powered-by",
    "x-request-id",
    "x-served-by",
    "x-serverless-authorization",
    "x-timer",
    "x-tollgate-subject",
];

/// What the gateway says of the caller, each once.
fn said(world: &World) -> Vec<(&'static str, String)> {
    let google_token = world.google.borrow().given.last().cloned().unwrap();
    vec![
        ("host", "orders-1.europe-west1.run.app".to_owned()),
        ("x-serverless-authorization", format!("Bearer {google_token}")),
        ("x-forwarded-host", "api.example.com".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
        ("x-request-id", "req-1".to_owned()),
        ("traceparent", BEGUN.0.to_owned()),
        ("x-cloud-trace-context", BEGUN.1.to_owned()),
        ("x-forwarded-for", "203.0.113.9".to_owned()),
        ("x-tollgate-issuer", "https://okta.example".to_owned()),
        ("x-tollgate-subject", "u1".to_owned()),
        ("x-tollgate-scopes", "orders:read".to_owned()),
    ]
}

/// A world whose service is told claims, and a token that has all of them but one.
fn telling() -> (World, String) {
    let world = sample::world();
    world.put_secret("signing", sample::private_jwk(Algorithm::EdDsa, "k1", 7));
    let gateway = "[gateway]\norigin = \"https://api.example.com\"\nassertions.keys = [\"signing\"]\n";
    let service = "[services.orders]\nclaim_headers = { x-tenant = \"tenant\", x-user-roles = \"roles\", x-absent = \"absent\" }\n";
    let policy = sample::POLICY.replacen("[gateway]", gateway, 1);
    sample::enforce(&world, &policy.replacen("[services.orders]", service, 1));
    let token = text(token().claim("tenant", "acme").claim("roles", vec!["a", "b"]));
    (world, token)
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn only_the_gateway_speaks_of_the_caller(
        spelled in vec(spelling(RESERVED), 1..6),
        twice in any::<bool>(),
        named in vec(prop_oneof![spelling(RESERVED), "[a-z-]{1,12}", Just("host".to_owned())], 0..4),
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

    /// A claim that the token has is told once, as the token says it; one that it lacks is told by nobody.
    #[test]
    fn only_the_gateway_tells_claims(
        spelled in vec(spelling(TELLING), 1..6),
        named in vec(spelling(TELLING), 0..4),
    ) {
        thread_local! {
            static TOLD: (World, String) = telling();
        }
        TOLD.with(|(world, token)| {
            let mut request = Request::new("GET", "/v1/orders/7").bearer(token);
            for name in &spelled {
                request = request.header(name, "forged");
            }
            if !named.is_empty() {
                request = request.header("Connection", &named.join(", "));
            }
            let exchange = world.exchange(&request);
            let upstream = sent(&exchange.events).next().expect("the request is forwarded");
            let claims = TELLING.iter().map(|own| folded(own));
            let mut told: Vec<_> = upstream.headers.iter().filter(|(name, _)| claims.clone().any(|own| own == folded(name))).collect();
            told.sort();
            let names: Vec<_> = told.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names, ["x-tenant", "x-tollgate-assertion", "x-user-roles"]);
            prop_assert_eq!((&*told[0].1, &*told[2].1), ("acme", "a,b"));
            prop_assert!(told[1].1.split('.').count() == 3 && told[1].1 != "forged");
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
        for name in [
            "host",
            "x-serverless-authorization",
            "x-forwarded-for",
            "x-request-id",
            "traceparent",
            "x-cloud-trace-context",
        ] {
            prop_assert_eq!(values(&upstream.headers, name).len(), 1, "{}", name);
        }
    }

    /// In no spelling does a service's word about the inside reach a client.
    #[test]
    fn only_the_service_speaks_to_the_client(
        spelled in vec(spelling(UNTOLD), 1..6),
        twice in any::<bool>(),
        named in vec(prop_oneof![spelling(UNTOLD), Just("x-named".to_owned()), Just("content-type".to_owned())], 0..4),
    ) {
        thread_local! {
            static WARM: World = sample::world();
        }
        WARM.with(|world| {
            let connection = named.join(", ");
            let own = [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Named", "hop")];
            let mut headers = own.to_vec();
            headers.push(("Connection", &connection));
            for name in &spelled {
                headers.push((name, "forged"));
                if twice {
                    headers.push((name, "forged again"));
                }
            }
            world.service.replace(Service::Answers(Response::new(200, &headers, "body")));
            let delivered = world.exchange(&Request::new("GET", "/public/x")).delivered;
            for (name, value) in &delivered.headers {
                prop_assert!(!value.contains("forged"), "{}: {}", name, value);
                let untold = UNTOLD.iter().any(|untold| folded(untold) == folded(name));
                prop_assert!(!untold || name == "x-request-id", "{}", name);
            }
            prop_assert_eq!(delivered.values("x-request-id"), ["req-1"]);
            prop_assert_eq!(delivered.values("content-type"), ["text/plain"]);
            prop_assert_eq!(delivered.values("set-cookie"), ["a=1", "b=2"]);
            let hop = named.iter().any(|name| name == "x-named");
            prop_assert_eq!(delivered.values("x-named").is_empty(), hop);
            Ok(())
        })?;
    }
}
