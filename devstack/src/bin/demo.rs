//! `cargo demo`: the gateway with the whole local world around it, on this machine alone.

use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;

use clap::Parser;
use tokio::sync::mpsc::unbounded_channel;
use tollgate_devstack::edge_program::{Build, build};
use tollgate_devstack::readable::readable;
use tollgate_devstack::stop;
use tollgate_devstack::tour;
use tollgate_devstack::viceroy::LogSink;
use tollgate_devstack::world::{World, WorldOptions};

/// Builds the gateway, starts it with everything that it talks to, and shows what it does.
///
/// All of it runs on this machine: the compiled program under Viceroy, an identity provider, Google's token endpoints,
/// Cloud Run's IAM check and two services, one of them in two regions. The policy is examples/demo.toml. With
/// TOLLGATE_BUILD=wide the program is built with wide arithmetic.
#[derive(Debug, Parser)]
#[command(name = "cargo demo", version)]
struct Options {
    /// Walk the tour without stopping for anybody: ends with 0 if every promise is kept, else with 1
    #[arg(long)]
    check: bool,
}

const POLICY: &str = include_str!("../../../examples/demo.toml");

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let mut out = io::stdout();
    match run(&options, &mut out).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, out: &mut impl Write) -> anyhow::Result<bool> {
    let wasm = build(Build::from_env()?).await?;
    let (sender, mut lines) = unbounded_channel();
    let log = if options.check {
        LogSink::Kept
    } else {
        LogSink::Sent(sender)
    };
    let world = World::start(
        wasm,
        WorldOptions {
            log,
            ..WorldOptions::new(POLICY)
        },
    )
    .await?;
    if options.check {
        let report = tour::walk(&world, out).await?;
        writeln!(out, "\n{} promises tried, {} broken", report.stops, report.failed.len())?;
        return Ok(report.failed.is_empty());
    }
    world.verify_assertions();
    invite(&world, out)?;
    let mut stop = pin!(stop::requested());
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => writeln!(out, "{}", readable(&line))?,
                None => anyhow::bail!("Viceroy ended by itself; its last words:\n{}", world.gateway.diagnostics().join("\n")),
            },
            stopped = &mut stop => {
                stopped?;
                writeln!(out, "\nstopped")?;
                return Ok(true);
            }
        }
    }
}

fn invite(world: &World, out: &mut impl Write) -> anyhow::Result<()> {
    let gateway = world.gateway.url();
    let issuer = world.issuer("okta")?;
    let reader = issuer
        .token()
        .scope("orders:read")
        .subject("ada")
        .expires_in(3_600)
        .build()?;
    let expired = issuer
        .token()
        .scope("orders:read")
        .subject("ada")
        .expires_in(-120)
        .build()?;
    let service = world.cloud_run("orders")?.url();
    writeln!(
        out,
        "\nTollgate listens on {gateway}\n\nTokens (good for an hour; expired):\n"
    )?;
    writeln!(out, "  TOKEN={reader}\n")?;
    writeln!(out, "  EXPIRED={expired}\n\nThen try:\n")?;
    for (what, line) in [
        ("200, from the edge alone", format!("curl -i {gateway}/healthz")),
        ("401, no credential", format!("curl -i {gateway}/v1/orders/7")),
        (
            "200, from the service, which tells what it received",
            format!("curl -i -H \"Authorization: Bearer $TOKEN\" {gateway}/v1/orders/7"),
        ),
        (
            "200, from the preferred one of two regions",
            format!("curl -i -H \"Authorization: Bearer $TOKEN\" {gateway}/v1/reports/today"),
        ),
        (
            "401, expired",
            format!("curl -i -H \"Authorization: Bearer $EXPIRED\" {gateway}/v1/orders/7"),
        ),
        (
            "403, the scope is missing",
            format!("curl -i -X POST -H \"Authorization: Bearer $TOKEN\" {gateway}/v1/orders"),
        ),
        ("404", format!("curl -i {gateway}/v2")),
        (
            "403, the service itself lets nobody else in",
            format!("curl -i {service}/v1/orders/7"),
        ),
        (
            "the keys by which the service verified who asked",
            format!("curl -i {gateway}/.well-known/jwks.json"),
        ),
        (
            "a token of your own making",
            format!(
                "curl -s -u demo:demo-secret -d grant_type=client_credentials -d scope=orders:write {}",
                world.provider.token_url("okta")
            ),
        ),
    ] {
        writeln!(out, "  # {what}\n  {line}\n")?;
    }
    writeln!(
        out,
        "The gateway's log follows; the config stores in {} may be edited meanwhile. Ctrl-C ends it.\n",
        world.stores().display()
    )?;
    Ok(())
}
