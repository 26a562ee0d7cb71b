//! What Viceroy prints, told apart and kept.
//!
//! Promises that each line is read as soon as it comes, whatever the reader of the log does, and that memory stays
//! bounded: the oldest lines go first. Viceroy prints one write to a log endpoint as one line, `NAME :: message`.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{ChildStderr, ChildStdout};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::Context as _;
use serde_json::Value;
use tokio::sync::watch;

use super::LogSink;

/// The lines so far, and a signal for each change.
#[derive(Debug)]
pub(super) struct Output {
    kept: Mutex<Kept>,
    changes: watch::Sender<()>,
}

#[derive(Debug)]
struct Kept {
    log: Tail,
    diagnostics: Tail,
    listening: Option<SocketAddr>,
    open_streams: usize,
}

const LOG_PREFIX: &str = "tollgate :: ";
const LOG_LINES_MAX: usize = 10_000;
const DIAGNOSTIC_LINES_MAX: usize = 2_000;
const LAST_WORDS_LINES: usize = 20;

impl Output {
    /// Reads both streams to their ends, each in a thread of its own.
    pub(super) fn read(streams: (Option<ChildStdout>, Option<ChildStderr>), log: LogSink) -> anyhow::Result<Arc<Self>> {
        let (Some(stdout), Some(stderr)) = streams else {
            anyhow::bail!("Viceroy's output is not ours to read")
        };
        let output = Arc::new(Self {
            kept: Mutex::new(Kept {
                log: Tail::new(LOG_LINES_MAX),
                diagnostics: Tail::new(DIAGNOSTIC_LINES_MAX),
                listening: None,
                open_streams: 2,
            }),
            changes: watch::Sender::new(()),
        });
        // Log endpoints print to standard output, so only that reader needs the sink.
        spawn_reader(&output, stdout, log)?;
        spawn_reader(&output, stderr, LogSink::Kept)?;
        Ok(output)
    }

    /// Where Viceroy listens, once it does; `None` if it ends without.
    pub(super) async fn listening(&self) -> Option<SocketAddr> {
        let mut changes = self.changes.subscribe();
        loop {
            {
                let kept = self.kept();
                if kept.listening.is_some() || kept.open_streams == 0 {
                    return kept.listening;
                }
            }
            changes.changed().await.ok()?;
        }
    }

    /// The first JSON log line that matches; `None` if Viceroy ends without one.
    pub(super) async fn find_log(&self, matches: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut changes = self.changes.subscribe();
        let mut next = 0;
        loop {
            let (lines, ended) = {
                let kept = self.kept();
                (kept.log.since(next), kept.open_streams == 0)
            };
            next = lines.next;
            let found = lines
                .lines
                .iter()
                .filter_map(|line| serde_json::from_str(line).ok())
                .find(&matches);
            if found.is_some() || ended {
                return found;
            }
            changes.changed().await.ok()?;
        }
    }

    pub(super) fn log_lines(&self) -> Vec<String> {
        self.kept().log.since(0).lines
    }

    pub(super) fn diagnostics(&self) -> Vec<String> {
        self.kept().diagnostics.since(0).lines
    }

    /// The last few lines, for an error message.
    pub(super) fn last_words(&self) -> String {
        let lines = self.diagnostics();
        let skipped = lines.len().saturating_sub(LAST_WORDS_LINES);
        let last: Vec<_> = lines.into_iter().skip(skipped).collect();
        if last.is_empty() {
            "(nothing)".to_owned()
        } else {
            last.join("\n")
        }
    }

    fn take_line(&self, line: &str, log: &LogSink) {
        if let Some(message) = line.strip_prefix(LOG_PREFIX) {
            self.kept().log.push(message);
            if let LogSink::Sent(channel) = log {
                let _ = channel.send(message.to_owned());
            }
        } else {
            let mut kept = self.kept();
            if kept.listening.is_none() {
                kept.listening = listening_address(line);
            }
            kept.diagnostics.push(line);
        }
        self.changes.send_replace(());
    }

    fn end_stream(&self) {
        {
            let mut kept = self.kept();
            kept.open_streams = kept.open_streams.saturating_sub(1);
        }
        self.changes.send_replace(());
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn_reader(output: &Arc<Output>, from: impl std::io::Read + Send + 'static, log: LogSink) -> anyhow::Result<()> {
    let output = Arc::clone(output);
    let read = move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        // An error on a pipe is its end.
        while matches!(from.read_until(b'\n', &mut line), Ok(1..)) {
            output.take_line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']), &log);
            line.clear();
        }
        output.end_stream();
    };
    thread::Builder::new()
        .name("viceroy-output".to_owned())
        .spawn(read)
        .context("no thread to read Viceroy with")?;
    Ok(())
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let (_, address) = line.split_once("Listening on http://")?;
    address.trim_end().parse().ok()
}

/// The last lines of a stream, numbered from its start.
#[derive(Debug)]
struct Tail {
    lines: VecDeque<String>,
    dropped: usize,
    max: usize,
}

struct Since {
    lines: Vec<String>,
    next: usize,
}

impl Tail {
    const fn new(max: usize) -> Self {
        Self {
            lines: VecDeque::new(),
            dropped: 0,
            max,
        }
    }

    fn push(&mut self, line: &str) {
        if self.lines.len() >= self.max {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line.to_owned());
    }

    /// The kept lines from number `first` on.
    fn since(&self, first: usize) -> Since {
        let lines = self
            .lines
            .iter()
            .skip(first.saturating_sub(self.dropped))
            .cloned()
            .collect();
        Since {
            lines,
            next: self.dropped + self.lines.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_lines_go_first_and_numbers_stay() {
        let mut tail = Tail::new(2);
        for line in ["a", "b", "c"] {
            tail.push(line);
        }
        let all = tail.since(0);
        assert_eq!((all.lines, all.next), (vec!["b".to_owned(), "c".to_owned()], 3));
        assert_eq!(tail.since(2).lines, ["c"]);
        assert!(tail.since(3).lines.is_empty());
    }

    #[test]
    fn the_address_is_read_from_viceroys_own_line() {
        let said = "2026-01-02T03:04:05.6Z  INFO Listening on http://127.0.0.1:7690";
        assert_eq!(listening_address(said), "127.0.0.1:7690".parse().ok());
        assert_eq!(listening_address("Listening soon"), None);
    }
}
