//! How a host call is read and answered.
//!
//! Promises the platform's status codes. What a program could not have done in earnest, such as a pointer outside its
//! memory, is a trap and not a status.

use wasmtime::Val;

use super::{memory::Memory, sandbox::Sandbox};

/// A host call: it answers with status 0, or with what went wrong.
pub(super) type HostCall = fn(&mut Sandbox, &mut Memory<'_>, &Arguments<'_>) -> Result<(), Fault>;

/// A host call with its import's module and name.
pub(super) type Named = (&'static str, &'static str, HostCall);

/// A status other than success, as a program gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(pub(super) i32);

impl Status {
    /// Failed, for no better reason.
    pub(super) const ERROR: Self = Self(1);
    /// An argument is not valid.
    pub(super) const INVAL: Self = Self(2);
    /// No such handle.
    pub(super) const BADF: Self = Self(3);
    /// The buffer is too short.
    pub(super) const BUFLEN: Self = Self(4);
    /// Not here.
    pub(super) const UNSUPPORTED: Self = Self(5);
    /// There is no such value.
    pub(super) const NONE: Self = Self(10);
}

/// How a host call ends other than well.
#[derive(Debug)]
pub(super) enum Fault {
    /// The program gets a status.
    Status(Status),
    /// The program is broken off.
    Trap(String),
    /// The program ends itself, with this code.
    Exit(i32),
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

/// A call's arguments.
pub(super) struct Arguments<'a>(pub(super) &'a [Val]);

impl Arguments<'_> {
    /// All of them as 32-bit words. Of a longer one the lower half is given.
    pub(super) fn words<const N: usize>(&self) -> Result<[u32; N], Fault> {
        let words: Vec<u32> = self.0.iter().filter_map(word).collect();
        words
            .try_into()
            .map_err(|words: Vec<u32>| Fault::Trap(format!("{} arguments instead of {N}", words.len())))
    }
}

fn word(value: &Val) -> Option<u32> {
    match value {
        Val::I32(word) => Some(word.cast_unsigned()),
        Val::I64(long) => u32::try_from(long & 0xffff_ffff).ok(),
        _ => None,
    }
}
