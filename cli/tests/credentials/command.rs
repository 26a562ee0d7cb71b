//! The command, run to its end in a folder of its own.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a policy, in which the command is run.
pub(crate) struct Place {
    folder: TempDir,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    /// A folder with a policy of these issuers: names and `iss`.
    pub(crate) fn new(issuers: &[(&str, &str)]) -> Self {
        let written = |(name, issuer): &(&str, &str)| {
            format!("[issuers.{name}]\nissuer = \"{issuer}\"\naudience = [\"api://orders\"]\n")
        };
        Self::with(&issuers.iter().map(written).collect::<String>())
    }

    /// A folder with a policy that has these `[issuers.*]`.
    pub(crate) fn with(issuers: &str) -> Self {
        let policy = format!(
            "[gateway]\nhosts = [\"api.example.com\"]\n{issuers}[[routes]]\npath = \"/\"\nallow = \"anyone\"\n\
             respond = {{ status = 200 }}\n"
        );
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("policy.toml"), policy).expect("a policy");
        Self { folder }
    }

    /// Runs the command there.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_into(Stdio::piped(), arguments)
    }

    /// Runs the command there with another standard output, of which nothing is given.
    pub(crate) fn run_into(&self, out: Stdio, arguments: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tollgate"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.stdout(out).stderr(Stdio::piped());
        let child = command.spawn().expect("the command starts");
        let Output { status, stdout, stderr } = child.wait_with_output().expect("the command ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Ended {
            code: status.code(),
            out: text(stdout),
            err: text(stderr),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the stores' folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join("tollgate-stores").join(name)
    }

    /// The entries in a file of the stores' folder; none if it is not there.
    pub(crate) fn entries(&self, name: &str) -> BTreeMap<String, String> {
        match fs::read(self.file(name)) {
            Ok(text) => serde_json::from_slice(&text).expect("entries"),
            Err(_) => BTreeMap::new(),
        }
    }
}

impl Ended {
    /// What it said as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {} {}", self.out, self.err))
    }
}
