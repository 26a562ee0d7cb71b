//! The KV store with revocations and API keys.
//!
//! Promises: a value is read whole or not at all, and nothing is read beyond the bound. The store is opened once a
//! sandbox: which one a service is linked to changes only with a new version of the service, and handles of stores can't
//! be closed.

use std::{cell::OnceCell, io::Read};

use fastly::{
    handle::BodyHandle,
    kv_store::{KVStoreError, StoreHandle},
};
use tollgate::{
    host::{STATE_STORE, StoreFault},
    secret::Secret,
};

/// The longest value that is taken, in bytes.
const VALUE_BYTES_MAX: usize = 65_536;

/// How much is asked of the platform at once, in bytes. Revocations and API keys are shorter, so one read gives all of
/// them and another says that there is no more.
const PIECE_BYTES: usize = 2_048;

/// The store, once it was needed.
#[derive(Default)]
pub(super) struct State(OnceCell<StoreHandle>);

impl State {
    /// One entry. One look-up.
    pub(super) fn get(&self, key: &str) -> Result<Option<Secret<Vec<u8>>>, StoreFault> {
        let store = self.store()?;
        let found = store.lookup(key).and_then(|pending| store.pending_lookup_wait(pending));
        match found {
            Ok(mut found) => {
                let body = found.try_take_body().ok_or_else(|| fault(&"a value without body"))?;
                read(body.into_handle()).map(Some)
            }
            Err(KVStoreError::ItemNotFound) => Ok(None),
            Err(why) => Err(fault(&why)),
        }
    }

    fn store(&self) -> Result<&StoreHandle, StoreFault> {
        if let Some(store) = self.0.get() {
            return Ok(store);
        }
        let opened = StoreHandle::open(STATE_STORE).map_err(|why| fault(&why))?;
        let store = opened.ok_or_else(|| fault(&"there is none"))?;
        Ok(self.0.get_or_init(|| store))
    }
}

/// Reads a value by the handle, since the SDK's own body has buffers for reading and writing.
fn read(mut body: BodyHandle) -> Result<Secret<Vec<u8>>, StoreFault> {
    let mut value = Vec::new();
    let mut piece = [0; PIECE_BYTES];
    loop {
        let length = body.read(&mut piece).map_err(|why| fault(&why))?;
        let Some(read) = piece.get(..length).filter(|read| !read.is_empty()) else {
            return Ok(Secret::new(value));
        };
        if value.len().saturating_add(length) > VALUE_BYTES_MAX {
            return Err(fault(&"a value is too long"));
        }
        value.extend_from_slice(read);
    }
}

fn fault(why: &dyn std::fmt::Display) -> StoreFault {
    StoreFault(format!("KV store {STATE_STORE}: {why}"))
}
