//! The stops of the tour, in order.

mod failures;
mod told;

use std::io::Write;

use serde_json::{Value, json};

use super::{Guide, Stop};
use crate::signing::{Algorithm, SigningKey};
use crate::tokens::{Issuer, TokenBuilder, hmac_with_public_key, tampered_claims, tampered_signature, unsigned};

/// The path of an order, for callers with the scope `orders:read`.
const ORDER: &str = "/v1/orders/7";

/// The invoker that IAM lets in.
const INVOKER: &str = "edge@my-project.iam.gserviceaccount.com";

pub(super) async fn walk<W: Write>(guide: &mut Guide<'_, W>) -> anyhow::Result<()> {
    let issuer = guide.world.issuer("okta")?.clone();
    at_the_edge(guide).await?;
    good_tokens(guide, &issuer).await?;
    bad_tokens(guide, &issuer).await?;
    not_allowed(guide, &issuer).await?;
    told::walk(guide, &issuer).await?;
    failures::walk(guide, &issuer).await
}

fn reader(issuer: &Issuer) -> TokenBuilder<'_> {
    issuer.token().scope("orders:read").subject("ada")
}

async fn at_the_edge<W: Write>(guide: &mut Guide<'_, W>) -> anyhow::Result<()> {
    guide.heading("What the edge answers by itself")?;
    let before = guide.world.sample("orders")?.received().len();
    guide
        .visit(Stop {
            title: "the public route, without a credential",
            method: "GET",
            path: "/healthz",
            status: 200,
            log: vec![
                ("/tollgate/decision", json!("respond")),
                ("/tollgate/ended", json!("edge")),
            ],
            ..Stop::default()
        })
        .await?;
    guide
        .visit(refused(
            "a route that is not there",
            "/v2/orders",
            None,
            404,
            "route-unknown",
        ))
        .await?;
    guide
        .visit(refused("no token", ORDER, None, 401, "credential-missing"))
        .await?;
    guide
        .visit(refused(
            "an encoded slash in the path",
            "/v1/orders/7%2F8",
            None,
            400,
            "request-ambiguous",
        ))
        .await?;
    let after = guide.world.sample("orders")?.received().len();
    guide.promise(
        "none of these reached the service",
        before == after,
        "the service received a request",
    )
}

async fn good_tokens<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    guide.heading("Who may pass")?;
    let token = reader(issuer).build()?;
    let stop = |title, token: &str, claims: Option<&str>| Stop {
        title,
        method: "GET",
        path: ORDER,
        token: Some(token.to_owned()),
        status: 200,
        answer: vec![
            ("/service", json!("orders")),
            ("/target", json!(ORDER)),
            ("/invoker", json!(INVOKER)),
            ("/caller/subject", json!("ada")),
            ("/caller/issuer", json!(issuer.issuer)),
        ],
        log: [
            ("/tollgate/decision", json!("forward")),
            ("/tollgate/ended", json!("service")),
        ]
        .into_iter()
        .chain(claims.map(|claims| ("/tollgate/claims", json!(claims))))
        .collect(),
        ..Stop::default()
    };
    let first = stop(
        "a valid token (RS256); the service sees invoker and caller",
        &token,
        Some("verified"),
    );
    guide
        .visit(Stop {
            log: with(first.log, "/tollgate/google_token", json!("minted")),
            ..first
        })
        .await?;
    if let Some(google) = &guide.world.google {
        let keyless = (
            google.sts().minted(),
            google.iam_credentials().minted(),
            google.minted(),
        );
        guide.promise(
            "Google let the gateway in by a key of its own (workload identity)",
            keyless == (1, 1, 0),
            "the token was made otherwise",
        )?;
    }
    let before = guide.world.gateway.log_lines().len();
    guide.visit(stop("the same token again", &token, None)).await?;
    let lines = guide.world.gateway.log_lines();
    let remembered = lines
        .iter()
        .skip(before)
        .any(|line| line.contains("\"claims\":\"sandbox\"") || line.contains("\"claims\":\"pop\""));
    guide.promise(
        "its claims were remembered",
        remembered,
        "the log says neither `sandbox` nor `pop`",
    )?;
    for (title, algorithm) in [
        ("a valid token (ES256)", Algorithm::Es256),
        ("a valid token (EdDSA)", Algorithm::EdDsa),
    ] {
        let token = reader(issuer).algorithm(algorithm).build()?;
        guide.visit(stop(title, &token, Some("verified"))).await?;
    }
    Ok(())
}

async fn bad_tokens<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    guide.heading("Who may not")?;
    let stranger = SigningKey::generate(Algorithm::Rs256, issuer.key(Algorithm::Rs256).kid())?;
    let good = reader(issuer).build()?;
    let tokens = [
        (
            "a token that expired two minutes ago",
            reader(issuer).expires_in(-120).build()?,
            "token-expired",
        ),
        (
            "a token without expiry",
            reader(issuer).without("exp").build()?,
            "expiry-missing",
        ),
        (
            "a token that is not valid yet",
            reader(issuer).not_before_in(600).build()?,
            "token-not-yet-valid",
        ),
        (
            "a token for another audience",
            reader(issuer).audience("api://other").build()?,
            "audience-wrong",
        ),
        (
            "a token of another issuer",
            reader(issuer).issuer("https://evil.example").build()?,
            "issuer-unknown",
        ),
        (
            "a token with an unknown key id",
            reader(issuer).kid("no-such-key").build()?,
            "key-unknown",
        ),
        (
            "a token whose signature was changed",
            tampered_signature(&good)?,
            "signature-invalid",
        ),
        (
            "a token whose subject was changed",
            tampered_claims(&good, "sub", "root")?,
            "signature-invalid",
        ),
        (
            "a token signed by somebody else",
            reader(issuer).signed_by(&stranger).build()?,
            "signature-invalid",
        ),
        ("`alg: none`", unsigned(&good)?, "algorithm-not-allowed"),
        (
            "HS256 with the public key as the secret",
            hmac_with_public_key(reader(issuer))?,
            "algorithm-not-allowed",
        ),
        ("not a token at all", "hello".to_owned(), "token-malformed"),
    ];
    for (title, token, code) in tokens {
        guide.visit(refused(title, ORDER, Some(token), 401, code)).await?;
    }
    Ok(())
}

async fn not_allowed<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    let token = issuer.token().scope("orders:write").build()?;
    guide
        .visit(refused(
            "a good token without the scope",
            ORDER,
            Some(token),
            403,
            "scope-missing",
        ))
        .await
}

fn with(mut list: Vec<(&'static str, Value)>, pointer: &'static str, value: Value) -> Vec<(&'static str, Value)> {
    list.push((pointer, value));
    list
}

fn refused(title: &'static str, path: &'static str, token: Option<String>, status: u16, code: &'static str) -> Stop {
    Stop {
        title,
        method: "GET",
        path,
        token,
        status,
        answer: vec![("/code", json!(code)), ("/status", json!(status))],
        log: vec![("/tollgate/code", json!(code)), ("/tollgate/decision", json!("refuse"))],
        ..Stop::default()
    }
}
