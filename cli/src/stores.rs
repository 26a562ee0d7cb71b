//! The stores' contents in a folder on this machine: what commands put there, `tollgate serve` reads, and publishing takes.
//!
//! Promises: a file is replaced whole, so that a reader sees all of a change or nothing; entries are sorted, so that two
//! folders can be compared; the folder, if it is made here, and its files are their owner's alone. Two commands never write at once. A file that can't be
//! understood is never written over.

pub(crate) mod served;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde::{Serialize, de::DeserializeOwned};

/// Where the stores' contents are unless said otherwise.
pub(crate) const FOLDER: &str = "./tollgate-stores";

/// The config store `tollgate_keys`: a JSON object of entries.
pub(crate) const KEYS: &str = "tollgate_keys.json";

/// Which keys were missing from their issuers' sets, and since when: [`crate::keys`] alone reads it.
pub(crate) const KEYS_SYNC: &str = "tollgate_keys.sync.json";

/// The KV store `tollgate_state`: a JSON object of entries.
pub(crate) const STATE: &str = "tollgate_state.json";

/// Entries of the config store `tollgate` besides policies: a JSON object of entries.
pub(crate) const KNOBS: &str = "tollgate.knobs.json";

/// Held by the command that writes.
const LOCK: &str = ".lock";

/// How long a command waits for another that writes. None keeps the lock while it waits for a network.
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How long until the lock is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(50);

/// The entries of a store, by name.
pub(crate) type Entries = BTreeMap<String, String>;

/// A folder that is read.
#[derive(Debug)]
pub(crate) struct Stores {
    folder: PathBuf,
}

impl Stores {
    /// The folder, which need not be there: then all stores are empty.
    pub(crate) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Where a file of it is.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    /// What a file holds; the empty value if it is not there.
    ///
    /// # Errors
    /// If it can't be read, or is not what it should be.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self, file: &str) -> anyhow::Result<T> {
        let path = self.path(file);
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|why| {
                // Where, but not what: values may be private.
                let (path, line) = (path.display(), why.line());
                anyhow::anyhow!("{path} is not what this command writes (line {line}); mend it or move it away")
            }),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(T::default()),
            Err(why) => Err(why).with_context(|| format!("can't read {}", path.display())),
        }
    }

    /// Makes the folder if need be, and keeps other commands from writing until the value is dropped. Waits for another
    /// command that writes, for five seconds.
    ///
    /// # Errors
    /// If the folder can't be made or written, or another command writes to it all that time.
    pub(crate) fn lock(self) -> anyhow::Result<Locked> {
        self.lock_within(LOCK_WAIT)
    }

    fn lock_within(self, wait: Duration) -> anyhow::Result<Locked> {
        let folder = self.folder.display();
        make(&self.folder).with_context(|| format!("can't make the folder {folder}"))?;
        let lock = lock_file(&self.path(LOCK)).with_context(|| format!("can't write to the folder {folder}"))?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => thread::sleep(LOCK_RETRY),
                Err(TryLockError::WouldBlock) => {
                    bail!("another command writes to {folder}; try again when it has ended")
                }
                Err(TryLockError::Error(why)) => {
                    return Err(why).with_context(|| format!("can't lock the folder {folder}"));
                }
            }
        }
        Ok(Locked {
            stores: self,
            _lock: lock,
        })
    }
}

/// Makes a folder that is its owner's alone. One that is there stays as it is.
fn make(folder: &Path) -> io::Result<()> {
    let mut made = DirBuilder::new();
    made.recursive(true);
    #[cfg(unix)]
    made.mode(0o700);
    made.create(folder)
}

fn lock_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path)
}

/// A folder that this command alone writes to.
#[derive(Debug)]
pub(crate) struct Locked {
    stores: Stores,
    _lock: File,
}

impl Locked {
    /// The folder, to be read.
    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Replaces a file whole.
    ///
    /// # Errors
    /// If it can't be written; then it is as it was.
    pub(crate) fn write(&self, file: &str, value: &impl Serialize) -> anyhow::Result<()> {
        let path = self.stores.path(file);
        let text = serde_json::to_string_pretty(value)?;
        let written = || -> io::Result<()> {
            let mut whole = tempfile::NamedTempFile::new_in(&self.stores.folder)?;
            writeln!(whole, "{text}")?;
            whole.as_file().sync_all()?;
            whole.persist(&path)?;
            Ok(())
        };
        written().with_context(|| format!("can't write {}", path.display()))
    }
}

#[cfg(test)]
mod tests;
