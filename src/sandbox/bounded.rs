//! A list that forgets its oldest entry when it is full.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Entries in order of age.
#[derive(Debug)]
pub(super) struct Bounded<T> {
    entries: VecDeque<T>,
    entries_max: usize,
}

impl<T> Bounded<T> {
    pub(super) fn new(entries_max: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            entries_max,
        }
    }

    /// The youngest entry that matches.
    pub(super) fn find(&self, matches: impl FnMut(&&T) -> bool) -> Option<&T> {
        self.entries.iter().rev().find(matches)
    }

    /// Adds an entry, and drops those that it replaces.
    pub(super) fn replace(&mut self, mut replaced: impl FnMut(&T) -> bool, entry: T) {
        self.entries.retain(|old| !replaced(old));
        if self.entries.len() >= self.entries_max {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// Drops entries.
    pub(super) fn forget(&mut self, mut forgotten: impl FnMut(&T) -> bool) {
        self.entries.retain(|entry| !forgotten(entry));
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

/// The lock is never held across a wait, and what it guards is whole after each statement, so a poisoned one is as
/// good as another.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
