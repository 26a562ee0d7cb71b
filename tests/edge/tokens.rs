//! Good tokens: which pass, where they are looked for, and what they may.

use serde_json::json;
use tollgate_devstack::signing::Algorithm;
use tollgate_devstack::tokens::TokenBuilder;

use super::support::gateway::{Gateway, assert_no_secret, probe, reader, shared};
use super::support::http::Ask;

const ORDER: &str = "/v1/orders/7";

#[test]
fn good_tokens_pass_whatever_their_algorithm_and_shape() {
    shared(|world| async move {
        let valid = |builder: TokenBuilder<'_>| builder.build().expect("a token");
        for (name, token) in [
            ("RS256", valid(reader(world))),
            ("ES256", valid(reader(world).algorithm(Algorithm::Es256))),
            ("EdDSA", valid(reader(world).algorithm(Algorithm::EdDsa))),
            (
                "other audience of the issuer",
                valid(reader(world).audience("https://api.example.com")),
            ),
            (
                "one of several audiences",
                valid(reader(world).audience(json!(["x", "api://orders"]))),
            ),
            ("type of RFC 9068", valid(reader(world).header("typ", "at+jwt"))),
            ("no type", valid(reader(world).without_header("typ"))),
            ("more scopes", valid(reader(world).scope("openid orders:read profile"))),
            (
                "scopes as a list in scp",
                valid(reader(world).without("scope").claim("scp", json!(["orders:read"]))),
            ),
            ("expired within the leeway", valid(reader(world).expires_in(-30))),
            (
                "not yet valid within the leeway",
                valid(reader(world).not_before_in(30).issued_in(30)),
            ),
            (
                "no nbf, iat and jti",
                valid(reader(world).without("nbf").without("iat").without("jti")),
            ),
            ("no subject", valid(reader(world).without("sub"))),
            (
                "a key's address in the header",
                valid(reader(world).header("jku", "https://evil.example")),
            ),
            (
                "subject with a line end",
                valid(reader(world).subject("u1\r\nX-Tollgate-Issuer: root")),
            ),
        ] {
            let probe = probe();
            let answer = world
                .ask(Ask::get(ORDER).bearer(&token).header("X-Probe", &probe))
                .await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
            let entry = world.log(&answer).await;
            let told = &entry["tollgate"];
            assert_eq!(
                (&told["decision"], &told["ended"]),
                (&json!("forward"), &json!("service")),
                "{name}"
            );
            assert_eq!(
                (&told["claims"], &told["caller"]["issuer"]),
                (&json!("verified"), &json!("okta")),
                "{name}"
            );
            assert_no_secret(&entry.to_string());
            let received = world.received("sample", &probe);
            assert_eq!(received.len(), 1, "{name}");
            assert_eq!(
                received[0].header_values("x-tollgate-issuer"),
                [world.okta().issuer.as_str()],
                "{name}"
            );
            assert!(
                received[0].header("authorization").is_none(),
                "{name}: the token stays at the edge"
            );
        }
    });
}

#[test]
fn good_tokens_without_the_right_are_forbidden() {
    shared(|world| async move {
        let no_scope = world.okta().token().scope("orders:write").build().expect("a token");
        let (answer, entry) = world
            .refused(Ask::get(ORDER).bearer(&no_scope), 403, "scope-missing")
            .await;
        let challenge = "Bearer realm=\"tollgate\", error=\"insufficient_scope\", scope=\"orders:read\"";
        assert_eq!(answer.header("www-authenticate"), Some(challenge));
        assert_eq!(entry["tollgate"]["caller"]["subject"], "u1");

        let half = reader(world).build().expect("a token");
        let put = Ask::new("PUT", ORDER).bearer(&half);
        let (answer, _) = world.refused(put, 403, "scope-missing").await;
        assert!(
            answer
                .header("www-authenticate")
                .expect("it")
                .ends_with("scope=\"orders:read orders:write\"")
        );
        for scope in ["Orders:read", "orders:read2", "orders:", "orders:read,orders:write", ""] {
            let token = world.okta().token().scope(scope).build().expect("a token");
            world
                .refused(Ask::get(ORDER).bearer(&token), 403, "scope-missing")
                .await;
        }

        let (answer, _) = world
            .refused(Ask::get("/partner/7").bearer(&half), 403, "issuer-not-allowed")
            .await;
        assert_eq!(answer.header("www-authenticate"), None);
        let partner = world
            .issuer("partner")
            .expect("partner")
            .token()
            .scope("orders:read")
            .build()
            .expect("a token");
        world
            .refused(Ask::get(ORDER).bearer(&partner), 403, "issuer-not-allowed")
            .await;
        assert_eq!(world.ask(Ask::get("/partner/7").bearer(&partner)).await.status, 200);
    });
}

#[test]
fn a_token_is_taken_from_authorization_alone() {
    shared(|world| async move {
        let token = reader(world).build().expect("a token");
        let bearer = format!("Bearer {token}");
        for (name, ask) in [
            ("nowhere", Ask::get(ORDER)),
            ("in the query", Ask::get(format!("{ORDER}?access_token={token}"))),
            (
                "in a cookie",
                Ask::get(ORDER).header("Cookie", format!("access_token={token}")),
            ),
            (
                "in Proxy-Authorization",
                Ask::get(ORDER).header("Proxy-Authorization", &bearer),
            ),
            (
                "in X-Serverless-Authorization",
                Ask::get(ORDER).header("X-Serverless-Authorization", &bearer),
            ),
            ("in X_Authorization", Ask::get(ORDER).header("X_Authorization", &bearer)),
        ] {
            let (answer, _) = world.refused(ask, 401, "credential-missing").await;
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Bearer realm=\"tollgate\""),
                "{name}"
            );
        }
        for scheme in ["Basic dTpw", "Token", "Negotiate", ""] {
            let ask = Ask::get(ORDER).header("Authorization", format!("{scheme} {token}").trim());
            world.refused(ask, 401, "credential-unsupported").await;
        }
        let unbound = Ask::get(ORDER).header("Authorization", format!("DPoP {token}"));
        world.refused(unbound, 401, "token-not-bound").await;
        let (_, _) = world
            .refused(
                Ask::get(ORDER).header("Authorization", "Bearer"),
                401,
                "token-malformed",
            )
            .await;
        let lower = Ask::get(ORDER).header("authorization", format!("bEARER   {token}"));
        assert_eq!(
            world.ask(lower).await.status,
            200,
            "the scheme's case and more spaces are no fault"
        );
        let page = Ask::get(ORDER).header("Accept", "text/html");
        let answer = world.ask(page).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (401, Some("text/html; charset=utf-8"))
        );
    });
}
