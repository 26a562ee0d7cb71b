//! The peers: installed once, in the versions that the files in `peers/` name, and asked through their scripts.
//!
//! Promises: nothing is installed outside the folder that is given, and nothing is installed twice. Refuses to leave a
//! peer out: what is missing is named, with how to get it.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail, ensure};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::question::{Made, Question};

/// npm's `jose`.
pub const JOSE: &str = "jose";
/// PyPI's PyJWT.
pub const PYJWT: &str = "PyJWT";
/// PyPI's jwcrypto.
pub const JWCRYPTO: &str = "jwcrypto";
/// All of them, in the order of the table's columns.
pub const PEERS: [&str; 3] = [JOSE, PYJWT, JWCRYPTO];

/// What the folder is filled with.
const FILES: [(&str, &str); 15] = [
    (".npmrc", include_str!("../peers/.npmrc")),
    ("package.json", include_str!("../peers/package.json")),
    ("package-lock.json", include_str!("../peers/package-lock.json")),
    ("requirements.txt", include_str!("../peers/requirements.txt")),
    ("input.mjs", include_str!("../peers/input.mjs")),
    ("make.mjs", include_str!("../peers/make.mjs")),
    ("judge.mjs", include_str!("../peers/judge.mjs")),
    ("make.py", include_str!("../peers/make.py")),
    ("judge.py", include_str!("../peers/judge.py")),
    ("Parses.java", include_str!("../peers/Parses.java")),
    (
        "Verifier.java",
        include_str!("../../examples/verifiers/java/Verifier.java"),
    ),
    ("verify.mjs", include_str!("../../examples/verifiers/node/verify.mjs")),
    ("check.mjs", include_str!("../../examples/verifiers/node/check.mjs")),
    ("verify.py", include_str!("../../examples/verifiers/python/verify.py")),
    ("check.py", include_str!("../../examples/verifiers/python/check.py")),
];

/// What is installed depends on these.
const LOCKS: [&str; 2] = ["package-lock.json", "requirements.txt"];

/// The mark of a folder that is complete: what was installed there.
const INSTALLED: &str = "installed.txt";

/// The virtual environment's own interpreter, from the folder.
pub(crate) const PYTHON: &str = "venv/bin/python";

/// The peers, ready to be asked.
pub struct Peers {
    pub(crate) folder: PathBuf,
}

/// A peer's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Verdict {
    /// Whose it is.
    pub peer: String,
    /// Why it refuses; nothing if it takes the token.
    pub refusal: Option<String>,
}

impl Peers {
    /// Installs what is not installed yet, in `folder`. `say` is told what is being done.
    ///
    /// # Errors
    /// If node, npm or python3 is missing, or can't install.
    pub fn installed(folder: &Path, say: &mut dyn FnMut(&str)) -> anyhow::Result<Self> {
        let node = "install Node.js 20 or later, which brings npm";
        check_found("node", node)?;
        check_found("npm", node)?;
        check_found("python3", "install Python 3.10 or later, with its venv module")?;
        fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        for (name, text) in FILES {
            fs::write(folder.join(name), text)?;
        }
        let peers = Self {
            folder: folder.to_owned(),
        };
        let locks = FILES.iter().filter(|(name, _)| LOCKS.contains(name));
        let wanted: String = locks.map(|(_, text)| *text).collect();
        let mark = folder.join(INSTALLED);
        if fs::read_to_string(&mark).ok().as_deref() != Some(wanted.as_str()) {
            peers.install(say)?;
            fs::write(mark, wanted)?;
        }
        Ok(peers)
    }

    fn install(&self, say: &mut dyn FnMut(&str)) -> anyhow::Result<()> {
        say(&format!("installing the peers into {}, once", self.folder.display()));
        say("npm ci");
        self.answer("npm", &["ci"], b"")?;
        say("python3 -m venv --clear venv");
        self.answer("python3", &["-m", "venv", "--clear", "venv"], b"")
            .context("python3 can't make virtual environments; some systems have that in a package python3-venv")?;
        let python = self.folder.join(PYTHON);
        say("pip install --no-deps --requirement requirements.txt");
        let pip = ["-m", "pip", "install", "--no-deps", "--requirement", "requirements.txt"];
        self.answer(&python, &pip, b"")?;
        // Nothing was installed that is not named, so this says if something is missing.
        self.answer(&python, &["-m", "pip", "check"], b"")?;
        Ok(())
    }

    /// A token by each peer for each algorithm, with these claims.
    ///
    /// # Errors
    /// If a peer can't make one.
    pub fn made(&self, algorithms: &[&str], claims: &serde_json::Value) -> anyhow::Result<Vec<Made>> {
        let order = serde_json::json!({ "algorithms": algorithms, "claims": claims });
        self.asked::<Made>("make", &order)
    }

    /// What the peers say of each token, in the order of [`PEERS`].
    ///
    /// # Errors
    /// If a peer gives no verdict.
    pub fn verdicts(&self, questions: &[&Question]) -> anyhow::Result<Vec<Vec<Verdict>>> {
        let verdicts = self.asked::<Verdict>("judge", &questions)?;
        let mut by_peer = PEERS.map(|peer| verdicts.iter().filter(move |verdict| verdict.peer == peer).cloned());
        let rows: Vec<Vec<Verdict>> = questions
            .iter()
            .map(|_| by_peer.iter_mut().filter_map(Iterator::next).collect())
            .collect();
        ensure!(
            rows.iter().all(|row| row.len() == PEERS.len()) && verdicts.len() == questions.len() * PEERS.len(),
            "the peers gave {} verdicts on {} tokens, where {} were due on each",
            verdicts.len(),
            questions.len(),
            PEERS.len()
        );
        Ok(rows)
    }

    /// What the scripts of this name answer, one list after the other.
    fn asked<T: DeserializeOwned>(&self, script: &str, question: &impl Serialize) -> anyhow::Result<Vec<T>> {
        let input = serde_json::to_vec(question)?;
        let mut all = Vec::new();
        for (program, file) in [
            (PathBuf::from("node"), format!("{script}.mjs")),
            (self.folder.join(PYTHON), format!("{script}.py")),
        ] {
            let said = self.answer(&program, &[&file], &input)?;
            let answers: Vec<T> =
                serde_json::from_slice(&said).with_context(|| format!("what {file} said is not what was asked for"))?;
            all.extend(answers);
        }
        Ok(all)
    }

    /// What a program prints, if it succeeds.
    pub(crate) fn answer(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[&str],
        input: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.folder);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("{command:?} could not be started"))?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that ends without reading says why on stderr.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout);
            let why = String::from_utf8_lossy(&output.stderr);
            bail!("{command:?} failed ({}):\n{said}{why}", output.status);
        }
        Ok(output.stdout)
    }
}

pub(crate) fn check_found(program: &str, get: &str) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    ensure!(
        command.status().is_ok_and(|status| status.success()),
        "`{program}` is not on this machine, and the comparison needs it: {get}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named_with_how_to_get_it() {
        let why = check_found("no-such-program-here", "buy one").unwrap_err();
        assert_eq!(
            why.to_string(),
            "`no-such-program-here` is not on this machine, and the comparison needs it: buy one"
        );
    }

    #[test]
    fn the_lock_file_names_digests_and_no_server() {
        let lock = include_str!("../peers/package-lock.json");
        assert!(lock.contains("\"integrity\": \"sha512-") && !lock.contains("\"resolved\""));
    }
}
