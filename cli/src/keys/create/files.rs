//! The files of a key: the private half, and the set of public ones.
//!
//! Promises: the private half is its owner's alone from the first byte, and no file is written over by it. A set is
//! replaced whole, and holds no private part and no member that Google does not take.

#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt as _;
use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tollgate::secret::Secret;

/// The members that Google takes in an uploaded key.
const MEMBERS: [&str; 9] = ["kty", "alg", "use", "kid", "n", "e", "x", "y", "crv"];

/// Members of which each makes a key private (RFC 7518 section 6).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Writes the private key to a new file.
///
/// # Errors
/// If there is one already, or it can't be written; then there is none.
pub(super) fn write_private(path: &Path, jwk: &Secret<String>) -> anyhow::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let shown = path.display();
    let mut file = match options.open(path) {
        Err(why) if why.kind() == ErrorKind::AlreadyExists => {
            bail!("{shown} is there already, and may be the only copy of a key; give another --out")
        }
        opened => opened.with_context(|| format!("can't make {shown}"))?,
    };
    let mut write = || -> io::Result<()> {
        // The one place where a private key leaves the program.
        writeln!(file, "{}", jwk.expose())?;
        file.sync_all()
    };
    write().or_else(|why| {
        let _ = fs::remove_file(path);
        Err(why).with_context(|| format!("can't write {shown}"))
    })
}

/// A JSON Web Key Set of public keys.
#[derive(Debug, Default, Deserialize)]
pub(super) struct KeySet {
    keys: Vec<Map<String, Value>>,
}

impl KeySet {
    /// The set in a file; an empty one if it is not there.
    ///
    /// # Errors
    /// If it can't be read, or has a private key.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(why) => return Err(why).with_context(|| format!("can't read {shown}")),
        };
        let set: Self = serde_json::from_slice(&text).map_err(|why| {
            // Where, but not what: it may be the wrong file.
            let line = why.line();
            anyhow::anyhow!("{shown} is no JSON Web Key Set (line {line}); give another --jwks")
        })?;
        let is_private = |key: &Map<String, Value>| PRIVATE.iter().any(|name| key.contains_key(*name));
        if set.keys.iter().any(is_private) {
            bail!("{shown} has a private key, which nobody else may get; give another --jwks");
        }
        Ok(set)
    }

    /// The set with one more key, which comes first.
    ///
    /// # Errors
    /// If it is no object.
    pub(super) fn with(mut self, key: Value) -> anyhow::Result<Self> {
        let Value::Object(key) = key else {
            bail!("a JSON Web Key is an object");
        };
        self.keys.insert(0, key);
        for key in &mut self.keys {
            key.retain(|name, _| MEMBERS.contains(&name.as_str()));
        }
        Ok(self)
    }

    pub(super) fn json(&self) -> Value {
        json!({ "keys": self.keys })
    }

    /// Replaces the file whole.
    ///
    /// # Errors
    /// If it can't be written; then it is as it was.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = || -> io::Result<()> {
            let mut whole = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            writeln!(whole, "{:#}", self.json())?;
            whole.as_file().sync_all()?;
            whole.persist(path)?;
            Ok(())
        };
        written().with_context(|| format!("can't write {}", path.display()))
    }
}
