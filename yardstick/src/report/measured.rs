//! What was measured, as it stands in docs/performance/measured.json.
//!
//! Promises that each part says when and with what it was measured, so that parts of different days can stand side by
//! side. Refuses a file with fields that are not known: it is of another version of this program.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::{
    budget::Counts,
    load,
    profile::Profile,
    report::{comparisons::Compared, concurrency::Concurrency, profiles::PartShare},
    versus::{self, machine::Versions},
};

/// Everything. A part that was never measured is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Instructions and calls, which are the same on every machine.
    pub counts: Option<Counted>,
    /// Where the instructions go.
    pub profiles: Option<Profiled>,
    /// The gateway beside other programs, in time.
    pub versus: Option<versus::Results>,
    /// The gateway under load.
    pub load: Option<Loaded>,
}

/// Counts of both builds and of the comparison programs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// When, RFC 3339.
    pub date: String,
    /// The build for every runtime.
    pub portable: CountedBuild,
    /// The build with wide arithmetic, where its toolchain could be had.
    pub wide: Option<CountedBuild>,
    /// The comparison programs, in the portable build.
    pub comparisons: Vec<Compared>,
}

/// Counts of one build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedBuild {
    /// With what it was built.
    pub versions: Versions,
    /// The size of the program as it is shipped, in bytes.
    pub wasm_bytes: u64,
    /// The scenarios.
    pub scenarios: Counts,
}

/// Profiles of some scenarios.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profiled {
    /// When, RFC 3339.
    pub date: String,
    /// With what the program was built.
    pub versions: Versions,
    /// One a scenario.
    pub scenarios: Vec<ProfiledScenario>,
}

/// One scenario's profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfiledScenario {
    /// By function; the largest only.
    pub by_function: Profile,
    /// By part, largest first.
    pub by_part: Vec<PartShare>,
}

/// The gateway under load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loaded {
    /// At stated rates, and for long.
    pub open_loop: load::Results,
    /// With more and more connections that are always busy.
    pub concurrency: Concurrency,
}

/// The folder of the plots and of the data, inside docs/.
pub const FOLDER: &str = "performance";

/// Where the data is, inside a repository.
#[must_use]
pub fn file(repository: &Path) -> PathBuf {
    repository.join("docs").join(FOLDER).join("measured.json")
}

impl Measured {
    /// Reads the data of a repository; nothing measured where there is no file.
    ///
    /// # Errors
    /// If the file can't be read or is of another version of this program.
    pub fn read(repository: &Path) -> anyhow::Result<Self> {
        match fs::read_to_string(file(repository)) {
            Ok(text) => Self::parse(&text),
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(why).context("docs/performance/measured.json can't be read"),
        }
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context(
            "docs/performance/measured.json is not what this version writes; `cargo performance` measures anew",
        )
    }

    /// The text of the file.
    ///
    /// # Errors
    /// If there is a number that JSON can't hold.
    pub fn text(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Writes the file, and gives back what a reader will read: a number may lose its last digit on the way.
    ///
    /// # Errors
    /// If the file can't be written.
    pub fn write(&self, repository: &Path) -> anyhow::Result<Self> {
        let text = self.text()?;
        let file = file(repository);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        // What could not be read again must not take the place of what can.
        let parsed = Self::parse(&text)?;
        fs::write(&file, &text).context("docs/performance/measured.json can't be written")?;
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_measured_is_read_and_written() {
        let nothing = Measured::default();
        assert_eq!(Measured::parse(&nothing.text().unwrap()).unwrap(), nothing);
        assert!(Measured::parse("{\"other\": 1}").is_err());
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Measured::read(folder.path()).unwrap(), Measured::default());
        let written = Measured::default().write(folder.path()).unwrap();
        assert_eq!(Measured::read(folder.path()).unwrap(), written);
    }
}
