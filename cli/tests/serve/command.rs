//! The command as a child process, and a client for what it serves.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long the command may take to listen: it builds the edge program first.
const START_LIMIT: Duration = Duration::from_secs(600);

/// The policy of the demonstration.
pub(crate) fn demo() -> String {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository");
    repository.join("examples/demo.toml").to_string_lossy().into_owned()
}

/// A command that is not started yet.
pub(crate) fn tollgate(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(arguments: &[&str]) -> Output {
    tollgate(arguments).output().expect("the command starts")
}

/// A `tollgate serve` that listens. Killed when dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    /// Where it listens: `127.0.0.1:PORT`.
    pub(crate) addr: String,
    /// What it said before the log began.
    pub(crate) said: Vec<String>,
    lines: Receiver<String>,
}

impl Served {
    /// `tollgate serve` with these arguments, on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = tollgate(&["serve", "--addr", "127.0.0.1:0"]);
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("stdout"));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        loop {
            let line = lines
                .recv_timeout(START_LIMIT)
                .unwrap_or_else(|_| panic!("it said only {said:?}"));
            let last = line.starts_with("stores: ");
            said.push(line);
            if last {
                break;
            }
        }
        let url = said.iter().find_map(|line| line.strip_prefix("listening on http://"));
        let addr = url.unwrap_or_else(|| panic!("no address: {said:?}")).to_owned();
        Self {
            child,
            addr,
            said,
            lines,
        }
    }

    /// The next line of the log on standard output.
    pub(crate) fn next_line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(10)).expect("a line")
    }

    /// What follows these words in what it said.
    pub(crate) fn told(&self, words: &str) -> &str {
        let line = self.said.iter().find_map(|line| line.split_once(words));
        line.unwrap_or_else(|| panic!("`{words}` is not in {:?}", self.said)).1
    }

    /// A token from the URL that was printed, as the printed command asks for it.
    pub(crate) fn token(&self, issuer: &str, scope: &str) -> String {
        let url = self
            .told(&format!("tokens of {issuer}: "))
            .rsplit(' ')
            .next()
            .expect("a URL");
        let (addr, path) = url
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .expect("http://");
        let form = format!("grant_type=client_credentials&scope={scope}");
        let length = form.len();
        let headers = format!(
            "Authorization: Basic ZGVtbzpkZW1vLXNlY3JldA==\r\nContent-Length: {length}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n"
        );
        let (status, body) = exchange(addr, &format!("POST /{path}"), &headers, &form);
        assert_eq!(status, 200, "{body}");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        answer
            .get("access_token")
            .and_then(Value::as_str)
            .expect("a token")
            .to_owned()
    }

    /// Asks the gateway for a path with a token.
    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> (u16, String) {
        get(&self.addr, path, token)
    }

    /// Waits until nobody listens where the gateway did.
    pub(crate) fn assert_gone(&self) {
        let began = Instant::now();
        while TcpStream::connect(&self.addr).is_ok() {
            assert!(began.elapsed() < Duration::from_secs(10), "Viceroy is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Asked first, so that it removes its folder.
        if matches!(self.child.try_wait(), Ok(None)) {
            signal(&self.child, "INT");
            for _ in 0..200 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(child.id().to_string())
        .status();
    assert!(sent.expect("kill").success());
}

/// Asks for a path with a token.
pub(crate) fn get(addr: &str, path: &str, token: Option<&str>) -> (u16, String) {
    let authorization = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    exchange(addr, &format!("GET {path}"), &authorization, "")
}

/// HTTP/1.0, whose answers have no chunks and end with the connection.
fn exchange(addr: &str, line: &str, headers: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(addr).expect("somebody listens");
    let request = format!("{line} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {answer}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status: {head}")), body.to_owned())
}

/// A file with these contents.
pub(crate) fn file(folder: &Path, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, contents).expect("a file");
    path
}
