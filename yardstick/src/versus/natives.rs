//! The native peers: HAProxy, which verifies tokens, and nginx, which passes on.
//!
//! Promises to run what is installed, with the configurations that stand beside this file, on a free port, and to end it
//! with this process. They are native code without a sandbox: another substrate, there to show what the sandbox costs.
//! Installs nothing.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tollgate_devstack::guard::Guarded;

/// What to say where one is missing.
pub const INSTALL: &str = "not installed: apt-get install haproxy nginx";

const HAPROXY: &str = include_str!("haproxy.cfg");
const NGINX: &str = include_str!("nginx.conf");
const START_LIMIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);

/// A native peer that runs. Dropping it ends it.
#[derive(Debug)]
pub struct Native {
    addr: SocketAddr,
    process: Guarded,
}

/// What a peer's configuration is filled in with.
#[derive(Debug)]
pub struct Fill<'a> {
    /// The origin's address.
    pub origin: SocketAddr,
    /// The `iss` of valid tokens.
    pub issuer: &'a str,
    /// The `aud` of valid tokens.
    pub audience: &'a str,
    /// The file with the public key, as PEM.
    pub key: &'a Path,
    /// A folder for the peer's files.
    pub folder: &'a Path,
    /// How many cores HAProxy may use; nginx uses one.
    pub threads: usize,
}

/// The path of an installed program: on the PATH, or where administrators' programs are.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

impl Native {
    /// Starts HAProxy and waits until it listens.
    ///
    /// # Errors
    /// If it does not start; with what it said.
    pub async fn haproxy(program: &Path, fill: &Fill<'_>) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.arg("-db").arg("-f");
        Self::start(command, HAPROXY, "haproxy.cfg", fill).await
    }

    /// Starts nginx and waits until it listens.
    ///
    /// # Errors
    /// If it does not start; with what it said.
    pub async fn nginx(program: &Path, fill: &Fill<'_>) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["-g", "daemon off;", "-p"]).arg(fill.folder).arg("-c");
        Self::start(command, NGINX, "nginx.conf", fill).await
    }

    async fn start(mut command: Command, template: &str, name: &str, fill: &Fill<'_>) -> anyhow::Result<Self> {
        let addr = free_address()?;
        let file = fill.folder.join(name);
        std::fs::write(&file, filled(template, addr.port(), fill))?;
        command.arg(&file);
        let mut process =
            Guarded::spawn(&command).with_context(|| format!("no shell to start {name}'s program under"))?;
        let rounds = START_LIMIT.as_millis() / POLL.as_millis();
        for _ in 0..rounds {
            if TcpStream::connect(addr).is_ok() {
                return Ok(Self { addr, process });
            }
            tokio::time::sleep(POLL).await;
        }
        process.release();
        let mut said = String::new();
        if let (_, Some(mut complaints)) = process.take_output() {
            complaints.read_to_string(&mut said)?;
        }
        bail!(
            "the program of {name} does not listen on {addr}; it said: {}",
            said.trim()
        )
    }

    /// Where it listens, as `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.process.child_pid()
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?)
}

fn filled(template: &str, port: u16, fill: &Fill<'_>) -> String {
    let places = BTreeMap::from([
        ("{PORT}", port.to_string()),
        ("{ORIGIN}", fill.origin.to_string()),
        ("{ISSUER}", fill.issuer.to_owned()),
        ("{AUDIENCE}", fill.audience.to_owned()),
        ("{KEY}", fill.key.display().to_string()),
        ("{FOLDER}", fill.folder.display().to_string()),
        ("{THREADS}", fill.threads.to_string()),
    ]);
    let fill_in = |text: String, (place, value): (&&str, &String)| text.replace(*place, value);
    places.iter().fold(template.to_owned(), fill_in)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        let fill = Fill {
            origin: "127.0.0.1:7".parse().expect("an address"),
            issuer: "https://issuer.example",
            audience: "api://orders",
            key: Path::new("/k.pem"),
            folder: Path::new("/f"),
            threads: 2,
        };
        let haproxy = filled(HAPROXY, 9, &fill);
        for line in [
            "bind 127.0.0.1:9",
            "-m str https://issuer.example }",
            "\"/k.pem\"",
            "server origin 127.0.0.1:7",
        ] {
            assert!(haproxy.contains(line), "{line} is not in:\n{haproxy}");
        }
        for text in [haproxy, filled(NGINX, 9, &fill)] {
            assert!(
                !text.contains("{P") && !text.contains("{O") && !text.contains("{FOLDER"),
                "{text}"
            );
        }
    }

    #[test]
    fn programs_are_found_or_not() {
        assert!(find("sh").expect("a shell").is_absolute());
        assert_eq!(find("no-such-program-here"), None);
    }
}
