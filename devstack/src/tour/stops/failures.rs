//! What happens when something is down.

use std::io::Write;

use serde_json::json;

use super::super::{Guide, Stop};
use super::{INVOKER, ORDER, reader, refused, with};
use crate::tokens::Issuer;

/// The path of a report, for every caller with an account.
const REPORT: &str = "/v1/reports/today";

pub(super) async fn walk<W: Write>(guide: &mut Guide<'_, W>, issuer: &Issuer) -> anyhow::Result<()> {
    guide.heading("What happens when something is down")?;
    let world = guide.world;
    let Some(google) = &world.google else { return Ok(()) };
    google.stop().await;
    guide
        .visit(Stop {
            title: "Google is down, its token is in the cache",
            method: "GET",
            path: ORDER,
            token: Some(reader(issuer).build()?),
            status: 200,
            answer: vec![("/invoker", json!(INVOKER))],
            ..Stop::default()
        })
        .await?;
    let token = Some(issuer.token().build()?);
    let stop = refused(
        "Google is down, there is no token",
        REPORT,
        token.clone(),
        502,
        "upstream-identity-unavailable",
    );
    guide.visit(ended(stop, "edge")).await?;
    let mut received = 0;
    for region in ["reports/europe-west1", "reports/us-east1"] {
        received += world.sample(region)?.received().len();
    }
    guide.promise(
        "without Google's token nothing was sent",
        received == 0,
        "the service received a request",
    )?;
    google.resume().await?;
    // A failure is remembered for two seconds, so that callers do not queue for the next one.
    tokio::time::sleep(std::time::Duration::from_millis(2_500)).await;
    failover(guide, token).await
}

/// Both regions share an audience, so that one token is good for both.
async fn failover<W: Write>(guide: &mut Guide<'_, W>, token: Option<String>) -> anyhow::Result<()> {
    let world = guide.world;
    let answered_by = |title, region: &'static str, log| Stop {
        title,
        method: "GET",
        path: REPORT,
        token: token.clone(),
        status: 200,
        answer: vec![("/service", json!(format!("reports/{region}")))],
        log: with(log, "/tollgate/region", json!(region)),
        ..Stop::default()
    };
    let stop = answered_by("the preferred region answers", "europe-west1", Vec::new());
    guide.visit(stop).await?;
    let (first, second) = (
        world.cloud_run("reports/europe-west1")?,
        world.cloud_run("reports/us-east1")?,
    );
    first.stop().await;
    let tries = vec![
        ("/tollgate/tries/0/region", json!("europe-west1")),
        ("/tollgate/tries/0/fault", json!("upstream-refused")),
        ("/tollgate/tries/1/region", json!("us-east1")),
        ("/tollgate/tries/1/status", json!(200)),
    ];
    let stop = answered_by(
        "the preferred region is dead, and the other one answers",
        "us-east1",
        tries,
    );
    guide.visit(stop).await?;
    second.stop().await;
    let stop = refused("all regions are dead", REPORT, token.clone(), 502, "upstream-refused");
    guide.visit(ended(stop, "network")).await?;
    first.resume().await?;
    second.resume().await?;
    Ok(())
}

fn ended(stop: Stop, ended: &str) -> Stop {
    Stop {
        log: with(stop.log, "/tollgate/ended", json!(ended)),
        ..stop
    }
}
