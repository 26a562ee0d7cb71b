//! Programs that others wrote and that are run here: found, or installed once.
//!
//! Promises the pinned version, except where the tool's environment variable names a program: that one is run as it is.
//! Installs once into the user's cache folder, in view, from source with cargo; two processes that need it at the same
//! time install it once. Refuses a program of another version that happens to be on the PATH.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::nested_cargo::{answer_of, command, repository, run_visibly, say};

/// A program of a registry, in one version.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// How it is called in sentences.
    pub title: &'static str,
    /// What it is, in a few words.
    pub what: &'static str,
    /// Its crate, and its program.
    pub name: &'static str,
    /// The version that everything here is tested with.
    pub version: &'static str,
    /// What else `cargo install` is told.
    pub arguments: &'static [&'static str],
    /// About how long the installation takes on two cores, in minutes.
    pub minutes: u32,
    /// The environment variable that names another program to run in its place.
    pub variable: &'static str,
}

impl Tool {
    /// The path of a program to run, which is installed first where it is missing.
    ///
    /// # Errors
    ///
    /// If there is none and none can be installed, or if the variable names something that cannot be run.
    pub async fn installed(self) -> anyhow::Result<PathBuf> {
        tokio::task::spawn_blocking(move || self.find_or_install())
            .await
            .with_context(|| format!("the search for {} was broken off", self.title))?
    }

    fn find_or_install(self) -> anyhow::Result<PathBuf> {
        let (name, variable) = (self.name, self.variable);
        if let Some(given) = std::env::var_os(variable) {
            let given = std::path::absolute(given)?;
            answer_of(Command::new(&given).arg("--version")).with_context(|| {
                format!("{variable} must be the path of a program of {name}; unset it to use the pinned one")
            })?;
            return Ok(given);
        }
        let home = cache_folder()?.join(format!("{name}-{}", self.version));
        let ours = self.program_in(&home);
        if self.is_pinned(&ours) {
            return Ok(ours);
        }
        let on_path = PathBuf::from(name);
        if self.is_pinned(&on_path) {
            return Ok(on_path);
        }
        self.install(&home)?;
        Ok(ours)
    }

    fn program_in(self, home: &Path) -> PathBuf {
        home.join("bin")
            .join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX))
    }

    fn is_pinned(self, program: &Path) -> bool {
        answer_of(Command::new(program).arg("--version"))
            .is_ok_and(|said| said == format!("{} {}", self.name, self.version))
    }

    fn install(self, home: &Path) -> anyhow::Result<()> {
        let shown = format!("{} {}", self.title, self.version);
        fs::create_dir_all(home).with_context(|| format!("{} cannot be made", home.display()))?;
        let lock = File::create(home.join("install.lock"))?;
        if lock.try_lock().is_err() {
            say(&format!("waiting for another process that is installing {shown}"));
            lock.lock().context("the lock on the installation cannot be had")?;
        }
        // Whoever held the lock may have done the work. The lock goes when the file is closed, also if we are killed.
        if self.is_pinned(&self.program_in(home)) {
            return Ok(());
        }
        say(&format!(
            "{shown}, {}, is not on this machine. It is built from source, once, into {}. That takes about {} minutes \
             on two cores. (To use one that you have: {}=PATH)",
            self.what,
            home.display(),
            self.minutes,
            self.variable
        ));
        let build = home.join("build");
        let mut cargo = command("cargo", &repository()?);
        cargo.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_INCREMENTAL");
        cargo
            .args(self.install_arguments())
            .arg("--root")
            .arg(home)
            .arg("--target-dir")
            .arg(&build);
        run_visibly(&mut cargo).with_context(|| format!("{shown} could not be installed"))?;
        // The build is kept only while it is unfinished, so that an interrupted one is taken up again.
        let _ = fs::remove_dir_all(build);
        say(&format!("{shown} is installed"));
        Ok(())
    }

    fn install_arguments(self) -> Vec<&'static str> {
        // Forced, because a program of another version or a broken one may be where ours goes.
        let mut arguments = vec!["install", self.name, "--version", self.version, "--locked", "--force"];
        arguments.extend(self.arguments);
        arguments
    }
}

/// Where tools and builds that outlive a checkout are kept: `TOLLGATE_CACHE`, else `tollgate` in the user's cache
/// folder. Agrees with `.ci/run`.
fn cache_folder() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("TOLLGATE_CACHE") {
        return Ok(std::path::absolute(given)?);
    }
    let caches = dirs::cache_dir().context("this user has no cache folder; set TOLLGATE_CACHE to a folder to use")?;
    Ok(caches.join("tollgate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: Tool = Tool {
        title: "A Tool",
        what: "for this test",
        name: "a-tool",
        version: "1.2.3",
        arguments: &["--no-default-features"],
        minutes: 1,
        variable: "TOLLGATE_A_TOOL",
    };

    #[test]
    fn another_program_is_not_taken_for_it() {
        assert!(!TOOL.is_pinned(Path::new("true")));
        assert!(!TOOL.is_pinned(Path::new("no-such-program-here")));
    }

    #[test]
    fn what_is_installed_is_pinned() {
        assert_eq!(
            TOOL.install_arguments().join(" "),
            "install a-tool --version 1.2.3 --locked --force --no-default-features"
        );
    }
}
