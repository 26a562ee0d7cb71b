//! Who is let in, what the others are answered, and which credentials the container sees.

use serde_json::{Value, json};

use super::World;
use crate::signing::{Algorithm, SigningKey};
use crate::tokens::{now, tampered_claims, tampered_signature, unsigned};

#[tokio::test]
async fn only_a_token_that_holds_is_admitted() {
    let world = World::new().await;
    let good = world.token();
    let stranger = SigningKey::generate(Algorithm::Rs256, "google-1").expect("a key");
    let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(&good).expect("claims");
    let with_header = |header: Value| world.key.sign(&header, &claims).expect("a token");
    let table = [
        ("good", good.clone(), 200),
        ("custom audience", world.token_with("aud", json!("custom")), 200),
        (
            "issuer without a scheme",
            world.token_with("iss", json!("accounts.google.com")),
            200,
        ),
        ("empty", String::new(), 403),
        ("an access token", "ya29.c.b0Aaekm1K".to_owned(), 401),
        (
            "signature tampered with",
            tampered_signature(&good).expect("a token"),
            401,
        ),
        (
            "claims tampered with",
            tampered_claims(&good, "email", "other@x").expect("a token"),
            401,
        ),
        ("unsigned", unsigned(&good).expect("a token"), 401),
        (
            "signature removed",
            format!("{}.SIGNATURE_REMOVED_BY_GOOGLE", good.rsplit_once('.').expect("dots").0),
            401,
        ),
        (
            "another's key",
            stranger.sign(&world.header(), &claims).expect("a token"),
            401,
        ),
        (
            "unknown key",
            with_header(json!({ "alg": "RS256", "kid": "google-2" })),
            401,
        ),
        ("no key named", with_header(json!({ "alg": "RS256" })), 401),
        (
            "another algorithm named",
            with_header(json!({ "alg": "PS256", "kid": "google-1" })),
            401,
        ),
        (
            "another issuer",
            world.token_with("iss", json!("https://accounts.example")),
            401,
        ),
        ("no issuer", world.token_with("iss", Value::Null), 401),
        (
            "another service's audience",
            world.token_with("aud", json!("https://billing-1.run.app")),
            401,
        ),
        ("no audience", world.token_with("aud", Value::Null), 401),
        ("expired", world.token_with("exp", json!(now() - 1)), 401),
        ("no expiry", world.token_with("exp", Value::Null), 401),
        (
            "email not verified",
            world.token_with("email_verified", json!(false)),
            401,
        ),
        (
            "no word whether verified",
            world.token_with("email_verified", Value::Null),
            401,
        ),
        ("no email", world.token_with("email", Value::Null), 401),
        (
            "not an invoker",
            world.token_with("email", json!("stranger@local.iam.gserviceaccount.com")),
            403,
        ),
    ];
    let (mut admitted, mut refused) = (0, 0);
    for (name, token, status) in table {
        for field in ["authorization", "x-serverless-authorization"] {
            world.container.clear();
            let answer = world
                .get("/a")
                .header(field, format!("Bearer {token}"))
                .send()
                .await
                .expect(name);
            assert_eq!(answer.status(), status, "{name} in {field}");
            assert_eq!(
                world.container.received().len(),
                usize::from(status == 200),
                "{name} in {field}"
            );
            *if status == 200 { &mut admitted } else { &mut refused } += 1;
        }
    }
    assert_eq!(
        (world.cloud_run.admitted(), world.cloud_run.refused()),
        (admitted, refused)
    );
}

#[tokio::test]
async fn refusals_look_like_googles() {
    let world = World::new().await;
    let forbidden = world.get("/a?b=%3Ci%3E").send().await.expect("get");
    assert_eq!(forbidden.status(), 403);
    assert_eq!(forbidden.headers()["content-type"], "text/html; charset=UTF-8");
    assert_eq!(forbidden.headers().get("www-authenticate"), None);
    let page = forbidden.text().await.expect("text");
    assert!(page.contains("<title>403 Forbidden</title>"), "{page}");
    assert!(
        page.contains("permission to get URL <code>/a</code> from this server."),
        "{page}"
    );

    let unauthorized = world.get("/a").bearer_auth("x").send().await.expect("get");
    assert_eq!(unauthorized.status(), 401);
    assert_eq!(
        unauthorized.headers()["www-authenticate"],
        r#"Bearer error="invalid_token" error_description="The access token could not be verified""#
    );
    let page = unauthorized.text().await.expect("text");
    assert!(page.contains("<title>401 Unauthorized</title>"), "{page}");

    for scheme in ["Basic ZGVtbzpkZW1v", "Bearer", "bearer"] {
        let answer = world
            .get("/a")
            .header("authorization", scheme)
            .send()
            .await
            .expect("get");
        assert_eq!(answer.status(), 403, "{scheme} is no token");
    }
}

#[tokio::test]
async fn the_container_sees_no_signature_and_the_callers_own_authorization() {
    let world = World::new().await;
    let token = world.token();
    let removed = format!(
        "Bearer {}.SIGNATURE_REMOVED_BY_GOOGLE",
        token.rsplit_once('.').expect("dots").0
    );

    let both = world.get("/a").bearer_auth("callers.own.token");
    let both = both.header("x-serverless-authorization", format!("Bearer {token}"));
    assert_eq!(both.send().await.expect("get").status(), 200);
    let seen = world.container.last().expect("a request");
    assert_eq!(seen.header_values("x-serverless-authorization"), [removed.as_str()]);
    assert_eq!(seen.header_values("authorization"), ["Bearer callers.own.token"]);

    assert_eq!(
        world.get("/a").bearer_auth(&token).send().await.expect("get").status(),
        200
    );
    let seen = world.container.last().expect("a request");
    assert_eq!(seen.header_values("authorization"), [removed.as_str()]);

    let lame = world
        .get("/a")
        .bearer_auth(&token)
        .header("x-serverless-authorization", "Bearer x");
    assert_eq!(
        lame.send().await.expect("get").status(),
        401,
        "a good Authorization does not help"
    );
    let twice = world
        .get("/a")
        .header("x-serverless-authorization", format!("Bearer {token}"));
    let twice = twice.header("x-serverless-authorization", format!("Bearer {token}"));
    assert_eq!(twice.send().await.expect("get").status(), 401);
}
