//! `cargo vectors`: published vectors and flipped bits through every algorithm's library, in WebAssembly.

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::Parser;
use tollgate::identity::algorithm::Algorithm;
use tollgate_devstack::edge_program::{Build, build_program};
use tollgate_vectors::expected;
use tollgate_yardstick::library::Library;

/// Proves every algorithm's library as it is shipped: in WebAssembly, built with the same profile and flags.
///
/// Walks all of Project Wycheproof's vectors that there are for an algorithm through the gateway's own keys, then flips
/// every bit of a good signature and up to 256 bits of its message. Ends with 1 at the first that is judged wrongly, and if
/// there are more or fewer than there should be. With TOLLGATE_BUILD=wide the program is built with wide arithmetic.
#[derive(Debug, Parser)]
#[command(name = "cargo vectors", version)]
struct Options {}

#[tokio::main]
async fn main() -> ExitCode {
    Options::parse();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(io::stderr(), "error: {why:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let kind = Build::from_env()?;
    let wasm = build_program(kind, "tollgate-vectors", "vectors").await?;
    let walked = tokio::task::spawn_blocking(move || walk_all(&Library::load(&wasm)?)).await;
    let lines = walked.context("the walk was broken off")??;
    let mut out = io::stdout().lock();
    for (algorithm, line) in lines {
        writeln!(out, "{:5} {line}", algorithm.name())?;
    }
    writeln!(out, "All as they say, in WebAssembly, {kind:?} build.")?;
    Ok(())
}

/// All algorithms, on all cores, and what was judged of each in the order of [`Algorithm::ALL`].
fn walk_all(program: &Library) -> anyhow::Result<Vec<(Algorithm, String)>> {
    let (next, walked) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let walk_some = || {
        // RSA, which takes longest, stands at the front.
        while let Some(algorithm) = Algorithm::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
            let line = walk(program, *algorithm);
            if let Ok(mut walked) = walked.lock() {
                walked.push((*algorithm, line));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(walk_some);
        }
    });
    let walked = walked.into_inner().map_err(|_| anyhow!("a thread has failed"))?;
    let mut lines = Vec::new();
    for algorithm in Algorithm::ALL {
        let found = walked.iter().find(|(known, _)| *known == algorithm);
        match found.with_context(|| format!("{} was not walked", algorithm.name()))? {
            (_, Ok(line)) => lines.push((algorithm, line.clone())),
            (_, Err(why)) => bail!("{}: {why:#}", algorithm.name()),
        }
    }
    Ok(lines)
}

fn walk(program: &Library, algorithm: Algorithm) -> anyhow::Result<String> {
    let lines = program.lines(format!("{}\n", algorithm.name()).into_bytes())?;
    let [(line, _)] = lines.as_slice() else {
        bail!("the program `vectors` wrote {} lines instead of one", lines.len());
    };
    let expected = expected(algorithm).to_string();
    ensure!(*line == expected, "there were {line}; there should be {expected}");
    Ok(line.clone())
}
