//! What must hold for every policy, tried on many: pages find what a naive search finds, lose nothing, no rule is met
//! by having less, and whoever the stand-in vouches for is known.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod properties {
    mod admissions;
    mod credentials;
    mod policies;
    mod routing;
}

use proptest::test_runner::{Config, RngSeed};
use tollgate::time::WallClock;

/// 2026-11-21T08:00:00Z, a Saturday.
const NOW: WallClock = WallClock {
    unix_ms: 1_795_248_000_000,
};

/// As many cases, and always the same ones: a failure is found again by running the test again.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..Config::default()
    }
}
