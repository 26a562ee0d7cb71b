//! Finding the pinned Viceroy, or installing it.
//!
//! Promises the pinned version, except where `TOLLGATE_VICEROY` names a program: that one is run as it is. Installs
//! once into the user's cache folder, in view, from source with cargo; two processes that need it at the same time
//! install it once. Refuses a Viceroy of another version that happens to be on the PATH.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::nested_cargo::{answer_of, command, repository, run_visibly, say};

/// The Viceroy that everything here is tested with.
pub const VERSION: &str = "0.22.0";

/// The path of a Viceroy to run.
///
/// # Errors
///
/// If there is none and none can be installed, or if `TOLLGATE_VICEROY` names something that cannot be run.
pub async fn installed() -> anyhow::Result<PathBuf> {
    tokio::task::spawn_blocking(find_or_install)
        .await
        .context("the search for Viceroy was broken off")?
}

fn find_or_install() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("TOLLGATE_VICEROY") {
        let given = std::path::absolute(given)?;
        answer_of(Command::new(&given).arg("--version"))
            .context("TOLLGATE_VICEROY must be the path of a viceroy program; unset it to use the pinned one")?;
        return Ok(given);
    }
    let home = cache_folder()?.join(format!("viceroy-{VERSION}"));
    let ours = program_in(&home);
    if has_pinned_version(&ours) {
        return Ok(ours);
    }
    let on_path = PathBuf::from("viceroy");
    if has_pinned_version(&on_path) {
        return Ok(on_path);
    }
    install(&home)?;
    Ok(ours)
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

fn program_in(home: &Path) -> PathBuf {
    home.join("bin")
        .join(format!("viceroy{}", std::env::consts::EXE_SUFFIX))
}

fn has_pinned_version(program: &Path) -> bool {
    answer_of(Command::new(program).arg("--version")).is_ok_and(|said| said == format!("viceroy {VERSION}"))
}

fn install(home: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(home).with_context(|| format!("{} cannot be made", home.display()))?;
    let lock = File::create(home.join("install.lock"))?;
    if lock.try_lock().is_err() {
        say(&format!(
            "waiting for another process that is installing Viceroy {VERSION}"
        ));
        lock.lock().context("the lock on the installation cannot be had")?;
    }
    // Whoever held the lock may have done the work. The lock goes when the file is closed, also if we are killed.
    if has_pinned_version(&program_in(home)) {
        return Ok(());
    }
    say(&format!(
        "Viceroy {VERSION}, Fastly's local runtime, is not on this machine. It is built from source, once, into {}. \
         That takes about 8 minutes on two cores. (To use one that you have: TOLLGATE_VICEROY=PATH)",
        home.display()
    ));
    let build = home.join("build");
    let mut cargo = command("cargo", &repository()?);
    cargo.env_remove("CARGO_TARGET_DIR").env_remove("CARGO_INCREMENTAL");
    cargo
        .args(arguments())
        .arg("--root")
        .arg(home)
        .arg("--target-dir")
        .arg(&build);
    run_visibly(&mut cargo).context(format!("Viceroy {VERSION} could not be installed"))?;
    // The build is kept only while it is unfinished, so that an interrupted one is taken up again.
    let _ = fs::remove_dir_all(build);
    say(&format!("Viceroy {VERSION} is installed"));
    Ok(())
}

fn arguments() -> [&'static str; 6] {
    // Forced, because a program of another version or a broken one may be where ours goes.
    ["install", "viceroy", "--version", VERSION, "--locked", "--force"]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_program_is_not_taken_for_viceroy() {
        assert!(!has_pinned_version(Path::new("true")));
        assert!(!has_pinned_version(Path::new("no-such-program-here")));
    }

    #[test]
    fn what_is_installed_is_pinned() {
        assert_eq!(
            arguments(),
            ["install", "viceroy", "--version", "0.22.0", "--locked", "--force"]
        );
    }
}
