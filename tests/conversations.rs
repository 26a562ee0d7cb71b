//! Whole conversations: a request comes in, and the answer, the message to the service and the log entry are compared
//! with what is on file in `tests/conversations/`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod conversations {
    mod answers;
    mod assertion;
    mod attempts;
    mod book;
    mod breaker;
    mod callers;
    mod errors;
    mod forwarding;
    mod google;
    mod home;
    mod keyless;
    mod keys;
    mod lasting;
    mod memory;
    mod steady;
    mod stores;
    mod tokens;
    mod traces;
    mod tuning;
    mod websockets;
}
#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;
