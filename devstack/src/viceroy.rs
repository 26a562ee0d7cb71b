//! The edge on this machine: Viceroy, Fastly's own local runtime, as a child process.
//!
//! Promises a server that is listening when [`Viceroy::start`] returns, that is gone when its value is dropped or this
//! process ends in any way, and whose every line is read, so that it never blocks on a full pipe. Lines of the log
//! endpoint `tollgate` are the gateway's log; all others are kept for diagnosis. Both are bounded.
//! Works from any thread and outlives the async runtime that started it: the reading is done by threads.

mod install;
mod output;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep, timeout};

use crate::guard::Guarded;
use output::Output;

pub use install::{VERSION, installed};

/// What to run, and where.
#[derive(Debug)]
pub struct ViceroyOptions {
    /// The compiled program.
    pub wasm: PathBuf,
    /// A file with a `[local_server]` table. Relative file names in it are taken from this file's own folder.
    pub config: PathBuf,
    /// Where to listen. Port 0 takes a free one.
    pub addr: SocketAddr,
    /// Who else is told of each line of the gateway's log.
    pub log: LogSink,
}

/// Where the gateway's log lines go, beside being kept.
#[derive(Debug)]
pub enum LogSink {
    /// Nowhere: [`Viceroy::log_lines`] and [`Viceroy::wait_for_log`] are enough.
    Kept,
    /// To this channel too, each line as it comes. A closed channel is no fault.
    Sent(UnboundedSender<String>),
}

/// A running Viceroy. Dropping it ends it.
#[derive(Debug)]
pub struct Viceroy {
    addr: SocketAddr,
    process: Guarded,
    output: Arc<Output>,
}

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(5);

impl Viceroy {
    /// Starts the pinned Viceroy, installing it first where it is missing, and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it cannot be installed or started, ends instead of listening, or takes over a minute. The error carries
    /// Viceroy's own last lines.
    pub async fn start(options: ViceroyOptions) -> anyhow::Result<Self> {
        let program = installed().await?;
        check_free(options.addr)?;
        Self::start_program(&program, options).await
    }

    async fn start_program(program: &Path, options: ViceroyOptions) -> anyhow::Result<Self> {
        let mut process = Guarded::spawn(&command(program, &options)?).context("no shell to start Viceroy under")?;
        let output = Output::read(process.take_output(), options.log)?;
        let Ok(listening) = timeout(START_LIMIT, output.listening()).await else {
            bail!(
                "Viceroy did not listen within {} s. It said:\n{}",
                START_LIMIT.as_secs(),
                output.last_words()
            );
        };
        let Some(addr) = listening else {
            let status = wait_for_end(&mut process).await;
            bail!(
                "Viceroy ended ({status}) before it listened. It said:\n{}",
                output.last_words()
            );
        };
        Ok(Self { addr, process, output })
    }

    /// Where it listens.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where it listens, as `http://ADDRESS:PORT` without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The process id of Viceroy itself, not of the shell that guards it; `None` where the system does not say.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.child_pid()
    }

    /// The gateway's log lines so far, oldest first: the last 10,000.
    #[must_use]
    pub fn log_lines(&self) -> Vec<String> {
        self.output.log_lines()
    }

    /// Everything else that Viceroy and the program printed, oldest first: the last 2,000 lines.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<String> {
        self.output.diagnostics()
    }

    /// The first log line that is JSON and matches, among those kept and those still to come.
    /// `None` when the time is up or Viceroy has ended without one.
    pub async fn wait_for_log(&self, matches: impl Fn(&Value) -> bool, within: Duration) -> Option<Value> {
        timeout(within, self.output.find_log(matches)).await.ok().flatten()
    }

    /// Ends it and waits until it is gone, so that its address is free again.
    pub async fn stop(mut self) {
        self.process.release();
        wait_for_end(&mut self.process).await;
    }
}

/// Viceroy itself panics over an address that it can't have.
fn check_free(addr: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(addr);
    listener.with_context(|| format!("can't listen on {addr}; choose another with --addr, port 0 takes a free one"))?;
    Ok(())
}

fn command(program: &Path, options: &ViceroyOptions) -> anyhow::Result<Command> {
    let config = std::path::absolute(&options.config)?;
    let wasm = std::path::absolute(&options.wasm)?;
    ensure!(wasm.is_file(), "there is no program at {}", wasm.display());
    ensure!(
        config.is_file(),
        "there is no Viceroy configuration at {}",
        config.display()
    );
    let mut command = Command::new(program);
    // Without -v it does not say where it listens; RUST_LOG would take the place of -v.
    command
        .arg("-C")
        .arg(&config)
        .arg("--addr")
        .arg(options.addr.to_string())
        .arg("-v")
        .arg(&wasm);
    command.env_remove("RUST_LOG").env_remove("RUST_LOG_PRETTY");
    if let Some(folder) = config.parent() {
        command.current_dir(folder);
    }
    Ok(command)
}

async fn wait_for_end(process: &mut Guarded) -> String {
    let ended = async {
        loop {
            match process.ended() {
                Ok(None) => sleep(Duration::from_millis(5)).await,
                Ok(Some(status)) => return status.to_string(),
                Err(error) => return error.to_string(),
            }
        }
    };
    timeout(STOP_LIMIT, ended)
        .await
        .unwrap_or_else(|_| "still running".to_owned())
}

#[cfg(test)]
mod tests;
