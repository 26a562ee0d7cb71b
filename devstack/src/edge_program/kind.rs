//! The two builds as data: each is one command in one environment, with one way to get what it needs.
//!
//! Promises one documented switch, `TOLLGATE_BUILD`, and refuses every word in it but `portable` and `wide`.

use std::path::{Path, PathBuf};

use anyhow::bail;

/// Which of the two builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// With the pinned toolchain and no flags. Runs everywhere.
    Portable,
    /// With [`WIDE_TOOLCHAIN`] and WebAssembly's wide arithmetic. Checks signatures several times faster.
    Wide,
}

/// The toolchain of the wide build. The pinned one's LLVM 22 miscompiles `i64::checked_mul` under wide arithmetic
/// (llvm/llvm-project issue 199910), so `build.rs` refuses the flag there.
pub const WIDE_TOOLCHAIN: &str = "1.99.1";

/// The target of both builds.
pub const TARGET: &str = "wasm32-wasip1";

/// The one switch between the builds, an environment variable.
pub const SWITCH: &str = "TOLLGATE_BUILD";

impl Build {
    /// What `TOLLGATE_BUILD` asks for: `portable` (also when it is not set) or `wide`.
    ///
    /// # Errors
    ///
    /// If it is set to anything else.
    pub fn from_env() -> anyhow::Result<Self> {
        std::env::var_os(SWITCH).map_or(Ok(Self::Portable), |asked| Self::named(&asked.to_string_lossy()))
    }

    fn named(asked: &str) -> anyhow::Result<Self> {
        match asked {
            "portable" => Ok(Self::Portable),
            "wide" => Ok(Self::Wide),
            other => bail!("{SWITCH}={other} is not a build; set it to `portable` or `wide`, or unset it for portable"),
        }
    }

    /// What cargo is run as: the program and its first arguments.
    pub(super) const fn cargo(self) -> &'static [&'static str] {
        match self {
            Self::Portable => &["cargo"],
            Self::Wide => &["rustup", "run", WIDE_TOOLCHAIN, "cargo"],
        }
    }

    /// What rustc is run as.
    pub(super) const fn rustc(self) -> &'static [&'static str] {
        match self {
            Self::Portable => &["rustc"],
            Self::Wide => &["rustup", "run", WIDE_TOOLCHAIN, "rustc"],
        }
    }

    /// What installs what this build needs.
    pub(super) const fn preparation(self) -> &'static [&'static str] {
        match self {
            Self::Portable => &["rustup", "target", "add", TARGET],
            Self::Wide => &[
                "rustup",
                "toolchain",
                "install",
                WIDE_TOOLCHAIN,
                "--profile",
                "minimal",
                "--target",
                TARGET,
            ],
        }
    }

    pub(super) const fn environment(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Portable => &[],
            // Curve25519's library would go by the 32 bits of an address, and not use what there is.
            Self::Wide => &[(
                "RUSTFLAGS",
                "-C target-feature=+wide-arithmetic --cfg curve25519_dalek_bits=\"64\"",
            )],
        }
    }

    /// The builds have folders of their own, or each would throw away the other's work.
    pub(super) fn target_folder(self, of_workspace: &Path) -> PathBuf {
        match self {
            Self::Portable => of_workspace.to_path_buf(),
            Self::Wide => of_workspace.join("wide"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_takes_two_words() {
        assert_eq!(Build::named("portable").expect("a build"), Build::Portable);
        assert_eq!(Build::named("wide").expect("a build"), Build::Wide);
        for word in ["", "Wide", "fast", " wide"] {
            let refusal = Build::named(word).expect_err("not a build").to_string();
            assert!(refusal.contains("`portable` or `wide`"), "{refusal}");
        }
    }

    #[test]
    fn each_build_is_one_command_in_one_environment() {
        let table = [
            (Build::Portable, "cargo", "", "/t"),
            (
                Build::Wide,
                "rustup run 1.99.1 cargo",
                "RUSTFLAGS=-C target-feature=+wide-arithmetic --cfg curve25519_dalek_bits=\"64\"",
                "/t/wide",
            ),
        ];
        for (build, cargo, environment, folder) in table {
            assert_eq!(build.cargo().join(" "), cargo);
            let set: Vec<_> = build
                .environment()
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            assert_eq!(set.join(" "), environment);
            assert_eq!(build.target_folder(Path::new("/t")), Path::new(folder));
        }
    }
}
