//! What faulty services saw, in the order in which it began to come.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One request, as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The name of the service.
    pub service: String,
    /// The method; empty if not even the head came whole.
    pub method: String,
    /// The request target.
    pub target: String,
    /// All fields; names are in lower case.
    pub headers: Vec<(String, String)>,
    /// How many bytes of the body were read.
    pub body_bytes: u64,
    /// The beginning of the body.
    pub body: Vec<u8>,
    /// Whether the body was read to its end. A script that does not read it can't tell.
    pub whole: bool,
}

impl Seen {
    pub(super) fn nameless(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            method: String::new(),
            target: String::new(),
            headers: Vec::new(),
            body_bytes: 0,
            body: Vec::new(),
            whole: false,
        }
    }

    /// The first value of this field, whose name is given in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.headers.iter();
        fields.find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// A book that several services can write in. Clones are one book.
#[derive(Debug, Clone, Default)]
pub struct Book(Arc<Mutex<Vec<Seen>>>);

impl Book {
    /// All that came so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().clone()
    }

    /// What came so far for targets whose path is this.
    #[must_use]
    pub fn seen_at(&self, path: &str) -> Vec<Seen> {
        let of_path = |seen: &&Seen| seen.target.split('?').next() == Some(path);
        self.lock().iter().filter(of_path).cloned().collect()
    }

    pub(super) fn open(&self, seen: Seen) -> Page {
        let mut book = self.lock();
        book.push(seen);
        Page {
            book: self.clone(),
            number: book.len().saturating_sub(1),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one request in the book.
#[derive(Debug)]
pub(super) struct Page {
    book: Book,
    number: usize,
}

impl Page {
    pub(super) fn edit(&self, change: impl FnOnce(&mut Seen)) {
        if let Some(seen) = self.book.lock().get_mut(self.number) {
            change(seen);
        }
    }

    pub(super) fn read(&self) -> Seen {
        let seen = self.book.lock().get(self.number).cloned();
        seen.unwrap_or_else(|| Seen::nameless(""))
    }
}
