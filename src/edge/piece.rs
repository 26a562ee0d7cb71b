//! The buffer through which bodies pass, one piece at a time.
//!
//! Promises: it never grows beyond its bound. It begins small, since most bodies are, and a large one would have to be
//! filled with zeros first.

use std::io::Read;

use fastly::handle::BodyHandle;

/// Its size at first, in bytes.
const BYTES_AT_FIRST: usize = 4_096;

/// The most that passes at once, in bytes.
const BYTES_MAX: usize = 65_536;

/// The buffer, and how much of it is filled.
#[derive(Default)]
pub(super) struct Piece {
    buffer: Vec<u8>,
    filled: usize,
}

impl Piece {
    /// Reads the next piece of a body, of `bytes_max` at most; 0 is its end.
    pub(super) fn fill(&mut self, from: &mut BodyHandle, bytes_max: usize) -> std::io::Result<usize> {
        // A piece that filled it is a sign of more to come.
        if self.filled == self.buffer.len() && self.filled < BYTES_MAX {
            let grown = self.filled.saturating_mul(4).clamp(BYTES_AT_FIRST, BYTES_MAX);
            self.buffer.resize(grown, 0);
        }
        self.filled = 0;
        let room = self.buffer.len().min(bytes_max);
        let read = from.read(self.buffer.get_mut(..room).unwrap_or_default())?;
        self.filled = read;
        Ok(read)
    }

    /// The piece that was read last.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}
