//! What came of a request: what the client gets.

use crate::{answer::Answer, upstream::forward::Forwarded};

/// What the client gets.
#[derive(Debug)]
pub enum Outcome<R> {
    /// An answer of our own.
    Answered(Answer),
    /// A service's response with its edits.
    Forwarded(Forwarded<R>),
    /// A WebSocket that the platform has handed over to the service.
    HandedOver,
}

impl<R> Outcome<R> {
    /// The status that the client gets.
    pub fn status(&self) -> u16 {
        match self {
            Self::Answered(answer) => answer.status,
            Self::Forwarded(forwarded) => forwarded.inbound.status,
            Self::HandedOver => 101,
        }
    }
}
