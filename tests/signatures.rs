//! Signatures of every algorithm: published examples, each key with each algorithm, and every bit of a token changed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod signatures {
    mod algorithms;
    mod published;
}
#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;
