//! Credentials of every kind: what comes of each, and where it stands.

use serde_json::json;
use tollgate::policy::compile::compile_text;
use tollgate_offline::{Credential, Explanation, Question, Rehearsal};

use crate::{NOW, claims};

/// An issuer of each kind, and routes that look elsewhere for credentials.
const POLICY: &str = r#"
    gateway.hosts = ["api.example.com"]

    [issuers.access]
    issuer = "https://access.example"
    audience = ["api://a"]
    types = ["at+jwt"]
    claims = { token_use = "access", "org.tier" = { one_of = ["gold", "silver"] } }

    [issuers.untyped]
    issuer = "https://untyped.example"
    audience = ["api://a"]
    types = ["absent"]

    [issuers.tenants]
    issuer = "https://tenants.example/{tenant}/v2"
    tenants = ["aa", "bb"]
    audience = ["api://a"]
    keys = { url = "https://tenants.example/keys" }

    [issuers.anybody]
    issuer = "https://anybody.example/{tenant}"
    tenants = ["*"]
    audience = ["api://a"]

    [issuers.hs256]
    issuer = "https://hs256.example"
    audience = ["api://a"]
    secret = { name = "s256" }

    [issuers.hs512]
    issuer = "https://hs512.example"
    audience = ["api://a"]
    secret = { name = "s512", algorithm = "HS512" }

    [issuers.opaque]
    issuer = "https://opaque.example"
    audience = ["api://a"]
    introspection = { url = "https://opaque.example/introspect", client = "tollgate", secret = "opaque-client", remember = "0s" }

    [issuers.dpop]
    issuer = "https://dpop.example"
    audience = ["api://a"]
    bound = "dpop"
    dpop_nonce = "nonces"

    [issuers.certificate]
    issuer = "https://certificate.example"
    audience = ["api://a"]
    bound = "certificate"

    [issuers.either]
    issuer = "https://either.example"
    audience = ["api://a"]
    bound = "either"

    [issuers.push]
    preset = "google-pubsub"
    emails = ["push@p.iam.gserviceaccount.com"]
    audience = ["https://api.example.com/a", "https://api.example.com/b"]

    [issuers.cron]
    preset = "google-scheduler"
    emails = ["cron@p.iam.gserviceaccount.com"]
    audience = ["https://api.example.com/a"]

    [issuers.staff]
    preset = "google-workspace"
    hosted_domains = ["example.com"]
    audience = ["staff"]

    [issuers.batch]
    api_keys = true

    [services.orders]
    url = "https://orders-1.run.app"
    invoker = "edge@p.iam.gserviceaccount.com"

    [[routes]]
    path = "/x/{tenant}"
    allow = [{ issuer = ["access", "untyped", "tenants", "anybody", "hs256", "hs512", "opaque", "dpop", "certificate", "either", "push", "cron", "staff", "batch"], scopes = ["a"] }]
    to = "orders"

    [[routes]]
    path = "/header"
    credential = { header = "x-api-key" }
    allow = [{ issuer = ["batch", "access", "either"] }]
    to = "orders"

    [[routes]]
    path = "/cookie"
    credential = [{ cookie = "session" }, "authorization"]
    allow = [{ issuer = ["staff", "opaque", "dpop"] }]
    to = "orders"
"#;

pub(super) fn rehearsal() -> Rehearsal {
    Rehearsal::new(compile_text(POLICY).unwrap()).unwrap()
}

pub(super) fn explained(line: &str, credential: Credential, headers: &[(&str, &str)]) -> Explanation {
    let headers = headers.iter();
    let question = Question {
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        credential,
        ..Question::new(line, NOW).unwrap()
    };
    rehearsal().explain(&question).unwrap()
}

/// The line that says how the credential came.
fn sent(explanation: &Explanation) -> String {
    let sent = explanation.sent.as_ref().map(|sent| {
        let bound = sent.bound_to.join("+");
        format!("{} | {} | {bound}", sent.kind, sent.place)
    });
    sent.unwrap_or_default()
}

#[test]
fn each_kind_is_known_by_its_own_credential() {
    let bearer = "a signed token | Authorization (Bearer) | ";
    let certificate = "a signed token | Authorization (Bearer) | a certificate of the client";
    let dpop = "a signed token | Authorization (DPoP) | a key of the client";
    let opaque = "an opaque token | Authorization (Bearer) | ";
    for (issuer, how) in [
        ("access", bearer),
        ("untyped", bearer),
        ("tenants", bearer),
        ("anybody", bearer),
        ("hs256", bearer),
        ("hs512", bearer),
        ("opaque", opaque),
        ("dpop", dpop),
        ("certificate", certificate),
        ("either", dpop),
        ("push", bearer),
        ("cron", bearer),
        ("staff", bearer),
        ("batch", "an API key | Authorization (Bearer) | "),
    ] {
        let asked = |scope: &str| {
            let says = json!({ "iss": issuer, "sub": "u1", "scope": scope });
            explained("GET /x/1", claims(says), &[])
        };
        let good = asked("a");
        assert_eq!(good.decision.came, "forward orders", "{issuer}: {good}");
        assert_eq!(sent(&good), how, "{issuer}");
        let caller = good.caller.as_ref().unwrap();
        assert_eq!((&*caller.issuer, caller.subject.as_deref()), (issuer, Some("u1")));
        assert_eq!(good.note, None, "{issuer}");
        let refused = asked("b");
        assert_eq!(refused.decision.came, "refuse scope-missing", "{issuer}");
        assert_eq!(refused.caller.unwrap().scopes, ["b"], "{issuer}");
        for text in [good.to_string(), serde_json::to_string(&good).unwrap()] {
            for secret in ["eyJ", "opaque-", "tgk_"] {
                assert!(!text.contains(secret), "{issuer}: {text}");
            }
        }
    }
}

/// Request, issuer, headers, what came of it, how the credential came, and what is said of it.
type Row<'r> = (
    &'r str,
    &'r str,
    &'r str,
    &'r [(&'r str, &'r str)],
    &'r str,
    &'r str,
    Option<&'r str>,
);

#[test]
fn credentials_stand_where_the_route_looks() {
    let of = |issuer: &str| claims(json!({ "iss": issuer, "sub": "u1" }));
    let own = "the request brings a credential of its own there, so none was made";
    let (header, cookie) = ("GET /header", "GET /cookie");
    let rows: [Row<'_>; 10] = [
        (
            "header",
            header,
            "batch",
            &[],
            "forward orders",
            "an API key | the header x-api-key | ",
            None,
        ),
        (
            "token there",
            header,
            "access",
            &[],
            "forward orders",
            "a signed token | the header x-api-key | ",
            None,
        ),
        (
            "no place for a proof",
            header,
            "either",
            &[],
            "forward orders",
            "a signed token | the header x-api-key | a certificate of the client",
            None,
        ),
        (
            "cookie",
            cookie,
            "staff",
            &[],
            "forward orders",
            "a signed token | the cookie session | ",
            None,
        ),
        (
            "opaque",
            cookie,
            "opaque",
            &[],
            "forward orders",
            "an opaque token | the cookie session | ",
            None,
        ),
        (
            "a place for a proof",
            cookie,
            "dpop",
            &[],
            "forward orders",
            "a signed token | Authorization (DPoP) | a key of the client",
            None,
        ),
        (
            "among other cookies",
            cookie,
            "staff",
            &[("Cookie", "a=b; c=d")],
            "forward orders",
            "a signed token | the cookie session | ",
            None,
        ),
        (
            "a cookie of its own",
            cookie,
            "staff",
            &[("Cookie", "a=b; session=tgk_own")],
            "refuse api-key-unknown",
            "an API key | the cookie session | ",
            Some(own),
        ),
        (
            "a header of its own",
            header,
            "batch",
            &[("X-Api-Key", "tgk_own")],
            "refuse api-key-unknown",
            "an API key | the header x-api-key | ",
            Some(own),
        ),
        (
            "one beside it",
            cookie,
            "staff",
            &[("Authorization", "Bearer own")],
            "refuse credentials-several",
            "",
            None,
        ),
    ];
    for (name, line, issuer, headers, came, how, note) in rows {
        let explanation = explained(line, of(issuer), headers);
        assert_eq!(explanation.decision.came, came, "{name}: {explanation}");
        assert_eq!(sent(&explanation), how, "{name}");
        assert_eq!(explanation.note.as_deref(), note, "{name}");
    }
}
