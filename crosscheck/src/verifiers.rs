//! The verifiers of `examples/verifiers`, asked about assertions.
//!
//! Promises: each fetches the keys as a service would, from a URL. What can't be run on this machine is named; nothing is
//! left out without a word.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};
use tollgate_verifier_example::Verifier;

use crate::{
    asserted::{AUDIENCE, Asserted, ISSUER, Row, SUBJECT},
    go::{self, Built},
    peers::{PYTHON, Peers, check_found},
};

/// What came of asking a verifier.
pub enum Outcome {
    /// It took what is good, and nothing else.
    Right,
    /// What it was wrong about.
    Wrong(Vec<String>),
    /// Its library is not here, so it was only parsed; how to have it run.
    Parsed(String),
    /// Why it was not run.
    NotRun(String),
}

/// Asks all verifiers, and `others`, which take the same arguments.
///
/// # Errors
/// If one that can be run gives no verdicts, or the keys can't be served.
pub fn asked(peers: &Peers, asserted: &Asserted, others: &[PathBuf]) -> anyhow::Result<Vec<(String, Outcome)>> {
    let server = Server::of(peers, asserted)?;
    let rows = &asserted.rows;
    let mut outcomes = Vec::new();
    let ask = |program: &Path, script: Option<&str>| -> anyhow::Result<Outcome> {
        let arguments: Vec<&str> = script
            .into_iter()
            .chain([server.jwks_url.as_str(), ISSUER, AUDIENCE])
            .collect();
        let tokens: String = rows.iter().map(|row| format!("{}\n", row.token)).collect();
        let said = peers.answer(program, &arguments, tokens.as_bytes())?;
        let said = String::from_utf8(said)?;
        outcome(rows, &said.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    outcomes.push(("Node.js, jose".to_owned(), ask(Path::new("node"), Some("check.mjs"))?));
    outcomes.push((
        "Python, PyJWT".to_owned(),
        ask(&peers.folder.join(PYTHON), Some("check.py"))?,
    ));
    outcomes.push((
        "Rust, jsonwebtoken".to_owned(),
        outcome(rows, &by_rust(rows, &server.jwks_url)?)?,
    ));
    outcomes.push(("Java, nimbus-jose-jwt".to_owned(), java(peers)));
    let go = match go::built(&peers.folder)? {
        Built::Program(program) => ask(&program, None)?,
        Built::Not(why) => Outcome::NotRun(why),
        Built::Wrong(why) => Outcome::Wrong(vec![why]),
    };
    outcomes.push(("Go, go-oidc".to_owned(), go));
    for other in others {
        outcomes.push((other.display().to_string(), ask(other, None)?));
    }
    Ok(outcomes)
}

fn outcome(rows: &[Row], said: &[String]) -> anyhow::Result<Outcome> {
    ensure!(
        said.len() == rows.len(),
        "{} verdicts on {} assertions: {said:?}",
        said.len(),
        rows.len()
    );
    let wrong: Vec<String> = rows
        .iter()
        .zip(said)
        .filter(|(row, said)| match row.is_good {
            true => **said != format!("taken {SUBJECT}"),
            false => !said.starts_with("refused"),
        })
        .map(|(row, said)| format!("{}: {said}", row.name))
        .collect();
    Ok(match wrong.is_empty() {
        true => Outcome::Right,
        false => Outcome::Wrong(wrong),
    })
}

fn by_rust(rows: &[Row], jwks_url: &str) -> anyhow::Result<Vec<String>> {
    let verifier = Verifier {
        jwks_url: jwks_url.to_owned(),
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        keys: tokio::sync::Mutex::new(None),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(async {
        let mut said = Vec::new();
        for row in rows {
            said.push(match verifier.verify(&row.token).await {
                Ok(claims) => format!(
                    "taken {}",
                    claims.get("sub").and_then(|sub| sub.as_str()).unwrap_or_default()
                ),
                Err(why) => format!("refused {why}"),
            });
        }
        said
    }))
}

fn java(peers: &Peers) -> Outcome {
    match check_found("javac", "install a JDK") {
        Err(why) => Outcome::NotRun(why.to_string()),
        Ok(()) => match peers.answer("java", &["Parses.java", "Verifier.java"], b"") {
            Ok(_) => Outcome::Parsed(
                "the jar of nimbus-jose-jwt and those that it needs are in no registry that this uses".to_owned(),
            ),
            Err(why) => Outcome::Wrong(vec![why.to_string()]),
        },
    }
}

/// Python's own HTTP server, on this machine, with the keys.
struct Server {
    process: Child,
    jwks_url: String,
}

impl Server {
    fn of(peers: &Peers, asserted: &Asserted) -> anyhow::Result<Self> {
        let folder = peers.folder.join("published");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("jwks.json"), asserted.keys.to_string())?;
        let mut command = Command::new(peers.folder.join(PYTHON));
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]);
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().context("Python's HTTP server could not be started")?;
        let mut line = String::new();
        if let Some(stdout) = process.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        // "Serving HTTP on 127.0.0.1 port 40235 (http://127.0.0.1:40235/) ..."
        let mut server = Self {
            process,
            jwks_url: String::new(),
        };
        let port = line.split(" port ").nth(1).and_then(|rest| rest.split(' ').next());
        let port: u16 = port
            .and_then(|port| port.parse().ok())
            .with_context(|| format!("no port in `{line}`"))?;
        server.jwks_url = format!("http://127.0.0.1:{port}/jwks.json");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
