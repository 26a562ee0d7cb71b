//! What a service is told, and what it is not.

use std::io::Write;

use serde_json::{Value, json};

use super::super::{Guide, Stop};
use super::{INVOKER, ORDER, reader};
use crate::tokens::Issuer;

pub(super) async fn walk<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    guide.heading("What the service is told")?;
    let front_end = guide.world.cloud_run("orders")?.url();
    guide
        .visit(Stop {
            title: "the service called directly, without Google's token",
            method: "GET",
            path: ORDER,
            status: 403,
            elsewhere: Some(front_end),
            ..Stop::default()
        })
        .await?;
    let forged = "root".to_owned();
    guide
        .visit(Stop {
            title: "identity headers of the client's own are not passed on",
            method: "GET",
            path: ORDER,
            token: Some(reader(issuer).build()?),
            headers: vec![
                ("x-tollgate-subject", forged.clone()),
                ("X_Tollgate_Subject", forged.clone()),
                ("x-goog-authenticated-user-email", forged.clone()),
                ("x-serverless-authorization", "Bearer forged".to_owned()),
                ("x-forwarded-user", forged),
                (
                    "connection",
                    "close, x-tollgate-subject, x-serverless-authorization".to_owned(),
                ),
            ],
            status: 200,
            answer: vec![("/caller/subject", json!("ada")), ("/invoker", json!(INVOKER))],
            ..Stop::default()
        })
        .await?;
    let received = guide.world.sample("orders")?.last();
    let headers = received.map(|received| received.headers).unwrap_or_default();
    let forged = headers.iter().any(|(_, value)| value == "root");
    guide.promise(
        "none of them, in any spelling, was received",
        !headers.is_empty() && !forged,
        "a forged one was received",
    )?;
    let credential = headers.iter().any(|(name, _)| name == "authorization");
    guide.promise(
        "the caller's own token stayed at the edge",
        !credential,
        "`Authorization` was received",
    )?;
    assertion(guide, issuer).await
}

/// IAM's token says that the gateway may call; the assertion says for whom, and the service can verify it.
async fn assertion<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    guide.world.verify_assertions();
    guide
        .visit(Stop {
            title: "a signed assertion of the caller, which the service verified",
            method: "GET",
            path: ORDER,
            token: Some(reader(issuer).claim("tenant", "acme").build()?),
            headers: vec![("x-tollgate-assertion", "forged".to_owned())],
            status: 200,
            answer: vec![
                ("/assertion/verified", json!(true)),
                ("/assertion/claims/iss", json!("https://api.example.com")),
                (
                    "/assertion/claims/aud",
                    json!("https://orders-123456789.europe-west1.run.app"),
                ),
                ("/assertion/claims/sub", json!("ada")),
                ("/assertion/claims/claims/tenant", json!(["acme"])),
            ],
            ..Stop::default()
        })
        .await?;
    guide
        .visit(Stop {
            title: "the keys for that are published, and only their public halves",
            method: "GET",
            path: "/.well-known/jwks.json",
            status: 200,
            answer: vec![
                ("/keys/0/kid", json!("assertion-2026-11")),
                ("/keys/0/d", Value::Null),
                ("/keys/1", Value::Null),
            ],
            log: vec![("/tollgate/ended", json!("edge"))],
            ..Stop::default()
        })
        .await
}
