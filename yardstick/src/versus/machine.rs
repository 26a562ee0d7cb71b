//! What was measured on, and with: without it no figure can be compared with another's.

use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};
use tollgate::time::WallClock;
use tollgate_devstack::edge_program::{Build, WIDE_TOOLCHAIN};
use tollgate_devstack::{nested_cargo, viceroy};

/// The wasmtime in the pinned Viceroy, from the lock file that it is installed with.
pub const WASMTIME: &str = "46.0.3";

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's model as the system names it.
    pub cpu: String,
    /// How many cores may be used.
    pub cores: usize,
    /// The memory in MiB.
    pub memory_mib: u64,
    /// The system's load averages over 1, 5 and 15 minutes when the measurement began.
    pub load: String,
}

/// The versions of everything that took part, by name. What is not installed is absent.
pub type Versions = std::collections::BTreeMap<String, String>;

impl Machine {
    /// This machine. What the system does not tell is empty or zero.
    #[must_use]
    pub fn this() -> Self {
        let memory = first_value("/proc/meminfo", "MemTotal");
        let memory_kib: u64 = memory.split(' ').next().unwrap_or_default().parse().unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            cpu: first_value("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory_kib / 1_024,
            load: load.split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

/// The versions of what builds and runs the programs, and of these other programs, which are asked with their flag.
#[must_use]
pub fn versions(build: Build, others: &[(&str, &Path, &str)]) -> Versions {
    let rustc = match build {
        Build::Portable => nested_cargo::repository()
            .ok()
            .and_then(|repository| first_line(nested_cargo::command("rustc", &repository).arg("--version"))),
        Build::Wide => Some(format!("rustc {WIDE_TOOLCHAIN}")),
    };
    let mut versions = Versions::from([
        ("viceroy".to_owned(), viceroy_version()),
        ("build".to_owned(), format!("{build:?} build").to_lowercase()),
    ]);
    // Another Viceroy than the pinned one may have another wasmtime, and does not say which.
    if std::env::var_os("TOLLGATE_VICEROY").is_none() {
        versions.insert("wasmtime".to_owned(), format!("wasmtime {WASMTIME}"));
    }
    versions.extend(rustc.map(|version| ("rustc".to_owned(), version)));
    for (name, program, flag) in others {
        let said = first_line(Command::new(program).arg(flag));
        versions.extend(said.map(|version| ((*name).to_owned(), version)));
    }
    versions
}

fn viceroy_version() -> String {
    let given = std::env::var_os("TOLLGATE_VICEROY").and_then(|given| first_line(Command::new(given).arg("--version")));
    given.unwrap_or_else(|| format!("viceroy {}", viceroy::VERSION))
}

/// Now, as RFC 3339.
#[must_use]
pub fn date() -> String {
    let unix_ms = tollgate_devstack::world::unix_s() * 1_000;
    WallClock { unix_ms }.rfc3339()
}

/// The first line that a program prints, on either stream.
fn first_line(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let said = if output.stdout.is_empty() {
        output.stderr
    } else {
        output.stdout
    };
    let line = String::from_utf8_lossy(&said).lines().next()?.trim().to_owned();
    Some(line)
}

/// The value of the first line `name: value` of a file of the system.
fn first_value(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    value_in(&text, name).unwrap_or_default()
}

fn value_in(text: &str, name: &str) -> Option<String> {
    let named = |line: &str| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    };
    text.lines().find_map(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_files_are_read() {
        let text = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\nmodel name\t: another\nMemTotal:       1024 kB\n";
        assert_eq!(value_in(text, "model name").as_deref(), Some("A CPU @ 2 GHz"));
        assert_eq!(value_in(text, "MemTotal").as_deref(), Some("1024 kB"));
        assert_eq!(value_in(text, "absent"), None);
    }

    #[test]
    fn a_program_that_is_not_there_has_no_version() {
        assert_eq!(first_line(&mut Command::new("no-such-program-here")), None);
    }
}
