//! Handles: small numbers by which a program names what the host holds for it.
//!
//! Promises that no number is given twice in a sandbox.

use std::collections::BTreeMap;

use super::abi::{Fault, Status};

/// What is held of one kind.
#[derive(Debug)]
pub(super) struct Handles<T> {
    next: u32,
    held: BTreeMap<u32, T>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Self {
            next: 0,
            held: BTreeMap::new(),
        }
    }
}

impl<T> Handles<T> {
    /// Holds one more.
    pub(super) fn insert(&mut self, held: T) -> u32 {
        // Zero is never given, so that a forgotten handle does not work by accident.
        self.next = self.next.saturating_add(1);
        self.held.insert(self.next, held);
        self.next
    }

    /// What is held under this handle.
    pub(super) fn get(&self, handle: u32) -> Result<&T, Fault> {
        self.held.get(&handle).ok_or(Fault::Status(Status::BADF))
    }

    /// What is held under this handle, to be changed.
    pub(super) fn get_mut(&mut self, handle: u32) -> Result<&mut T, Fault> {
        self.held.get_mut(&handle).ok_or(Fault::Status(Status::BADF))
    }

    /// Gives up what is held under this handle.
    pub(super) fn take(&mut self, handle: u32) -> Result<T, Fault> {
        self.held.remove(&handle).ok_or(Fault::Status(Status::BADF))
    }
}
