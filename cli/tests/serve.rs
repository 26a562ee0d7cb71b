//! `tollgate serve` as an operator runs it: the real command, with what one brings and what is played.
#![expect(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod serve {
    mod brought;
    mod command;
    mod mistakes;
    mod signals;
    mod stored;
}
