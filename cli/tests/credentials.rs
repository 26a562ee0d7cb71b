//! `tollgate keys`, `apikey` and `revoke` as an operator runs them: the real command, issuers on loopback, files on disk.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod credentials {
    mod api_keys;
    mod command;
    mod discovery;
    mod issuers;
    mod key_sets;
    mod kinds;
    mod own_keys;
    mod revoke;
    mod serve;
    mod together;
}
