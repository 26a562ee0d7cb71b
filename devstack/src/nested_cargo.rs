//! Cargo and rustup, started from inside a program that cargo itself may have started.
//!
//! Promises that a nested build does the same whoever started it: what an outer cargo or rustup put into the
//! environment (its toolchain, its package's variables, its flags) is not handed on; how to reach registries and where
//! cargo keeps its things is. Commands run in the repository, so its `rust-toolchain.toml` picks the toolchain.
//! Refuses to guess where the repository is: it is where this package was compiled, or an error.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

/// The root of the repository that this package was compiled in.
///
/// # Errors
///
/// Where the repository has been moved or removed since.
pub fn repository() -> anyhow::Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.parent().context("the devstack package has no parent folder")?;
    ensure!(
        root.join("Cargo.toml").is_file() && root.join("src/main.rs").is_file(),
        "the gateway's source is not in {} any more; build this program again where the repository is now",
        root.display()
    );
    Ok(root.to_path_buf())
}

/// A command in `folder` with an environment that no outer cargo or rustup has marked.
#[must_use]
pub fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if !inherited(&name) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command whose progress the user should see; what it prints goes to stderr.
pub(crate) fn run_visibly(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    say(&format!("running: {shown}"));
    command.stdout(std::io::stderr()).stderr(Stdio::inherit());
    let status = command
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status}); what it printed is above");
    }
    Ok(())
}

/// Runs a command quietly and returns what it printed, if it succeeded.
pub(crate) fn answer_of(command: &mut Command) -> anyhow::Result<String> {
    let shown = shown(command);
    let output = command
        .output()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !output.status.success() {
        bail!(
            "`{shown}` failed ({}): {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// One line of our own on stderr. Nobody left to read it is no reason to stop.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "tollgate: {line}");
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Whether a nested cargo or rustup is given this variable.
fn inherited(name: &OsStr) -> bool {
    const KEPT: [&str; 6] = [
        "CARGO_HOME",
        "CARGO_INCREMENTAL",
        "CARGO_TARGET_DIR",
        "RUST_BACKTRACE",
        "RUSTUP_AUTO_INSTALL",
        "RUSTUP_HOME",
    ];
    const KEPT_FAMILIES: [&str; 7] = [
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "CARGO_TERM_",
        "RUSTUP_DIST_",
        "RUSTUP_UPDATE_ROOT",
    ];
    const DROPPED_FAMILIES: [&str; 4] = ["CARGO", "RUST", "CLIPPY_", "FASTLY_"];

    // A name that is not UTF-8 is neither cargo's nor rustup's.
    let Some(name) = name.to_str() else { return true };
    KEPT.contains(&name)
        || KEPT_FAMILIES.iter().any(|family| name.starts_with(family))
        || !DROPPED_FAMILIES.iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_an_outer_cargo_or_rustup_set_is_taken_away() {
        let taken = [
            "CARGO",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_VERSION",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "RUST_RECURSION_COUNT",
        ];
        let kept = [
            "CARGO_HOME",
            "CARGO_HTTP_CAINFO",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_CRATES_IO_PROTOCOL",
            "CARGO_TARGET_DIR",
            "CARGO_TERM_COLOR",
            "HOME",
            "PATH",
            "RUSTUP_AUTO_INSTALL",
            "RUSTUP_DIST_SERVER",
            "RUSTUP_HOME",
            "SSL_CERT_FILE",
            "TOLLGATE_BUILD",
        ];
        for name in taken {
            assert!(!inherited(OsStr::new(name)), "{name} must not reach a nested cargo");
        }
        for name in kept {
            assert!(inherited(OsStr::new(name)), "{name} must reach a nested cargo");
        }
    }

    #[test]
    fn the_repository_is_found() {
        assert!(
            repository()
                .expect("the repository")
                .join("devstack/Cargo.toml")
                .is_file()
        );
    }

    #[test]
    fn a_failed_command_is_named_with_its_reason() {
        let failure = answer_of(command("sh", Path::new("/")).args(["-c", "echo because >&2; exit 3"]))
            .expect_err("it exits 3")
            .to_string();
        assert!(
            failure.contains("`sh -c") && failure.contains("because") && failure.contains('3'),
            "{failure}"
        );
    }
}
