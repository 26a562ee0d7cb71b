//! What must hold for every input, tried on many.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod properties {
    mod canonical;
    mod garbage;
    mod headers;
    mod tokens;
    mod traces;
}
#[expect(dead_code, reason = "each test uses a part of the world")]
mod world;

use proptest::test_runner::{Config, RngSeed};

/// As many cases, and always the same ones: a failure is found again by running the test again.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    }
}
