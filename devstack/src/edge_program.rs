//! The edge program, built from this repository's source.
//!
//! Promises that the program which runs locally is built with the same command, toolchain and flags as the one that is
//! deployed. There are two builds: portable, for every WebAssembly runtime that Fastly Compute has had, and wide, which
//! multiplies 64 by 64 bits in one instruction and needs a newer compiler and a runtime that knows it.
//! Refuses to fall back from one to the other: which build runs is always the one that was asked for.

mod kind;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::nested_cargo::{answer_of, command, repository, run_visibly, say};

pub use kind::{Build, SWITCH, TARGET, WIDE_TOOLCHAIN};

/// Why there is no wide build on this machine. In an [`anyhow::Error`]'s chain: `error.downcast_ref::<WideMissing>()`.
#[derive(Debug)]
pub struct WideMissing {
    /// What rustup said, on one line.
    pub reason: String,
}

impl fmt::Display for WideMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "toolchain {WIDE_TOOLCHAIN} cannot be installed: {}", self.reason)
    }
}

impl std::error::Error for WideMissing {}

/// Builds the edge program and returns the path of its WebAssembly file. Quick when it is up to date.
///
/// # Errors
///
/// If the target or the toolchain is missing and cannot be installed (for the wide build: [`WideMissing`]), or if the
/// program does not compile.
pub async fn build(build: Build) -> anyhow::Result<PathBuf> {
    build_program(build, "tollgate", "tollgate-edge").await
}

/// Builds one program of one package of this repository for the edge, as [`build`] does.
///
/// # Errors
///
/// As for [`build`].
pub async fn build_program(build: Build, package: &'static str, program: &'static str) -> anyhow::Result<PathBuf> {
    make_apart(build, package, program, "release").await
}

/// Builds the edge program as [`build`] does, but keeps the names of its functions, for profiles.
///
/// # Errors
///
/// As for [`build`].
pub async fn build_with_names(build: Build) -> anyhow::Result<PathBuf> {
    make_apart(build, "tollgate", "tollgate-edge", "profiling").await
}

async fn make_apart(
    build: Build,
    package: &'static str,
    program: &'static str,
    profile: &'static str,
) -> anyhow::Result<PathBuf> {
    let made = tokio::task::spawn_blocking(move || make(build, package, program, profile)).await;
    made.context("the build was broken off")?
}

fn make(build: Build, package: &str, program: &str, profile: &str) -> anyhow::Result<PathBuf> {
    let repository = repository()?;
    prepare(build, &repository)?;
    let folder = build.target_folder(&workspace_target_folder(&repository)?);
    let mut cargo = words(build.cargo(), &repository)?;
    cargo
        .args(arguments(package, program, profile))
        .arg("--target-dir")
        .arg(&folder)
        .envs(build.environment().iter().copied());
    run_visibly(&mut cargo).with_context(|| format!("the {build:?} build of {program} failed"))?;
    let wasm = wasm_file(&folder, program, profile);
    ensure!(
        wasm.is_file(),
        "cargo built {program}, but there is no {}",
        wasm.display()
    );
    Ok(wasm)
}

fn prepare(build: Build, repository: &Path) -> anyhow::Result<()> {
    if has_target(build, repository) {
        return Ok(());
    }
    say(&format!(
        "the {TARGET} target of the {build:?} build's toolchain is missing here; adding it"
    ));
    let added = words(build.preparation(), repository).and_then(|mut rustup| answer_of(&mut rustup));
    match (added, build) {
        (Ok(_), _) => Ok(()),
        (Err(error), Build::Portable) => Err(error.context(format!("the Rust target {TARGET} is not installed"))),
        (Err(error), Build::Wide) => Err(WideMissing {
            reason: format!("{error:#}"),
        }
        .into()),
    }
}

/// Whether rustc has the target's standard library. Asked of rustc, so it works without rustup too.
fn has_target(build: Build, repository: &Path) -> bool {
    let libraries = words(build.rustc(), repository)
        .and_then(|mut rustc| answer_of(rustc.args(["--print", "target-libdir", "--target", TARGET])));
    libraries.is_ok_and(|folder| Path::new(&folder).is_dir())
}

fn workspace_target_folder(repository: &Path) -> anyhow::Result<PathBuf> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let metadata = answer_of(command("cargo", repository).args(arguments))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    Ok(PathBuf::from(folder.context("cargo metadata names no target folder")?))
}

const fn arguments<'a>(package: &'a str, program: &'a str, profile: &'a str) -> [&'a str; 9] {
    [
        "build",
        "--profile",
        profile,
        "--target",
        TARGET,
        "--package",
        package,
        "--bin",
        program,
    ]
}

fn wasm_file(target_folder: &Path, program: &str, profile: &str) -> PathBuf {
    target_folder.join(TARGET).join(profile).join(format!("{program}.wasm"))
}

fn words(words: &[&str], folder: &Path) -> anyhow::Result<Command> {
    let (program, arguments) = words.split_first().context("a command needs a program")?;
    let mut command = command(program, folder);
    command.args(arguments);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_builds_are_of_one_package_alone() {
        assert_eq!(
            arguments("tollgate", "tollgate-edge", "release").join(" "),
            "build --profile release --target wasm32-wasip1 --package tollgate --bin tollgate-edge"
        );
        assert_eq!(
            wasm_file(Path::new("/t"), "x", "release"),
            Path::new("/t/wasm32-wasip1/release/x.wasm")
        );
    }

    #[test]
    fn a_missing_wide_toolchain_is_told_apart_and_plain() {
        let error = anyhow::Error::from(WideMissing {
            reason: "no network".to_owned(),
        });
        assert!(error.downcast_ref::<WideMissing>().is_some());
        assert_eq!(error.to_string(), "toolchain 1.99.1 cannot be installed: no network");
    }
}
