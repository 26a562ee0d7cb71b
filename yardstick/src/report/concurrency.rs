//! The gateway with more and more connections that are always busy.
//!
//! Promises warm sandboxes: everything is remembered before the first measurement. Refuses a measurement with a wrong
//! answer. How busy the machine is decides these figures; they show a shape, not what the production platform does.

use serde::{Deserialize, Serialize};
use tollgate_devstack::edge_program::Build;

use crate::{
    load::generator::{Generator, Latency, Pace},
    versus::{
        case::STATUS,
        field::Field,
        policies::{ORDER, WHOAMI},
        progress::say,
    },
};

/// How many connections.
const CONNECTIONS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    /// How long each measurement took, in seconds.
    pub seconds: f64,
    /// One curve for each thing that was asked.
    pub curves: Vec<Curve>,
}

/// One thing that was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// By the number of connections.
    pub points: Vec<Point>,
}

/// One number of connections.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// How many connections, each with one request under way.
    pub connections: u32,
    /// Answers a second.
    pub rate_per_s: f64,
    /// Their latencies.
    pub latency: Latency,
}

/// Builds and starts the gateway, and drives it.
///
/// # Errors
/// If it can't be started or gives a wrong answer.
pub async fn measure(build: Build, seconds: f64) -> anyhow::Result<Concurrency> {
    let generator = Generator::ready().await?;
    let field = Field::gateway_alone(build).await?;
    let mut curves = Vec::new();
    for (name, path) in [("answered at the edge", WHOAMI), ("forwarded", ORDER)] {
        let target = field.gateway_target(path)?;
        let pace = |connections| Pace {
            seconds,
            connections,
            rate_per_s: None,
        };
        generator.drive(&target, pace(8)).await?.expect_only(STATUS)?;
        let mut points = Vec::new();
        for connections in CONNECTIONS {
            say(&format!("{name}: {connections} connections for {seconds} s"));
            let driven = generator.drive(&target, pace(connections)).await?;
            driven.expect_only(STATUS)?;
            points.push(Point {
                connections,
                rate_per_s: driven.rate_per_s(),
                latency: driven.latency,
            });
        }
        curves.push(Curve {
            name: name.to_owned(),
            points,
        });
    }
    Ok(Concurrency { seconds, curves })
}
