//! Credentials: every refusal of one, and what each token may do.

use tollgate_devstack::{
    signing::{Algorithm, SigningKey},
    tokens::{TokenBuilder, hmac_with_public_key, tampered_claims, tampered_signature, unsigned},
};

use super::book::Book;
use crate::world::{
    message::Request,
    sample::{self, NOW, okta, text, token},
};

fn get(target: &str) -> Request {
    Request::new("GET", target)
}

#[test]
fn credentials_that_are_refused() {
    let world = sample::world();
    let mut book = Book::open("tokens");
    let mut refused = |name: &str, expected: &str, token: String| {
        world.new_sandbox();
        book.row(name, expected, &world, &get("/v1/orders/7").bearer(&token));
    };
    let stranger = SigningKey::generate(Algorithm::Es256, okta().key(Algorithm::Es256).kid()).unwrap();
    let good = text(token());

    refused("no token", "401 token-malformed", String::new());
    refused("no JWT", "401 token-malformed", "a".repeat(50));
    refused("too long", "401 token-too-long", "a".repeat(8_193));
    refused("encrypted", "401 token-encrypted", "a.b.c.d.e".to_owned());
    refused("unsigned", "401 algorithm-not-allowed", unsigned(&good).unwrap());
    refused(
        "HMAC with the public key",
        "401 algorithm-not-allowed",
        hmac_with_public_key(token()).unwrap(),
    );
    refused(
        "algorithm of another key",
        "401 algorithm-not-allowed",
        text(token().kid("okta-rs256-1")),
    );
    refused(
        "typ of a logout token",
        "401 type-not-allowed",
        text(token().header("typ", "logout+jwt")),
    );
    refused(
        "crit",
        "401 extension-not-supported",
        text(token().header("crit", vec!["exp"])),
    );
    refused(
        "unknown issuer",
        "401 issuer-unknown",
        text(token().issuer("https://okta.example/")),
    );
    refused("no issuer", "401 issuer-unknown", text(token().without("iss")));
    refused("unknown kid", "401 key-unknown", text(token().kid("okta-es256-2")));
    refused("no kid", "401 key-unknown", text(token().without_kid()));
    refused(
        "other claims",
        "401 signature-invalid",
        tampered_claims(&good, "sub", "admin").unwrap(),
    );
    refused(
        "other signature",
        "401 signature-invalid",
        tampered_signature(&good).unwrap(),
    );
    refused(
        "other key of the same name",
        "401 signature-invalid",
        text(token().signed_by(&stranger)),
    );
    refused(
        "other audience",
        "401 audience-wrong",
        text(token().audience("api://else")),
    );
    refused("expired", "401 token-expired", text(token().claim("exp", NOW - 60)));
    refused("no expiry", "401 expiry-missing", text(token().without("exp")));
    refused(
        "not valid yet",
        "401 token-not-yet-valid",
        text(token().claim("nbf", NOW + 61)),
    );
    refused(
        "issued in the future",
        "401 token-not-yet-valid",
        text(token().claim("iat", NOW + 61)),
    );
    refused(
        "scope missing",
        "403 scope-missing",
        text(token().scope("orders:write orders:readall")),
    );
    refused("no scope at all", "403 scope-missing", text(token().without("scope")));
    refused(
        "issuer not allowed",
        "403 issuer-not-allowed",
        text(token().issuer("https://partner.example")),
    );
    book.close();
}

#[test]
fn credentials_that_are_no_bearer_tokens() {
    let world = sample::world();
    let mut book = Book::open("credentials");
    book.row("none", "401 credential-missing", &world, &get("/v1/orders/7"));
    book.row(
        "none, for a browser",
        "401 credential-missing",
        &world,
        &get("/v1/orders/7").header("accept", "text/html"),
    );
    book.row(
        "none, HEAD",
        "401 credential-missing",
        &world,
        &Request::new("HEAD", "/v1/orders/7"),
    );
    let basic = get("/v1/orders/7").header("authorization", "Basic YTpi");
    book.row("another scheme", "401 credential-unsupported", &world, &basic);
    let query = get("/v1/orders/7?access_token=a.b.c");
    book.row(
        "a token in the query is no credential",
        "401 credential-missing",
        &world,
        &query,
    );
    let cookie = get("/v1/orders/7").header("cookie", "authorization=Bearer a.b.c");
    book.row(
        "a token in a cookie is no credential",
        "401 credential-missing",
        &world,
        &cookie,
    );
    let expired = text(token().claim("exp", NOW - 60));
    let page = get("/v1/orders/7").bearer(&expired).header("accept", "text/html");
    book.row("expired, for a browser", "401 token-expired", &world, &page);
    let of_two = text(token().scope("orders:read"));
    let post = Request::new("POST", "/v1/orders").bearer(&of_two).body("{}");
    book.row("one scope of two", "403 scope-missing", &world, &post);
    book.close();
}

#[test]
fn tokens_of_each_algorithm_are_taken() {
    let world = sample::world();
    let mut book = Book::open("algorithms");
    for algorithm in Algorithm::ALL {
        let token: TokenBuilder<'_> = token().algorithm(algorithm).claim("client_id", "app");
        let request = get("/v1/whoami").bearer(&text(token));
        book.row(algorithm.jws_name(), "200 respond", &world, &request);
    }
    let odd = text(
        token()
            .subject("jürgen@example.com, \"admin\"\r\nx: y")
            .without("scope"),
    );
    book.row(
        "a subject with marks",
        "200 respond",
        &world,
        &get("/v1/whoami").bearer(&odd),
    );
    book.close();
}
