//! The real program under the real Viceroy, as an attacker and an operator would try it.
//!
//! One Viceroy serves all tests that do not break it ([`edge::support::gateway::shared`]); the others have worlds of
//! their own. Every test ends with a look at all that was printed: no trap, no token, no key.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod edge {
    mod bodies;
    mod broken;
    mod credentials;
    mod explained;
    mod faults;
    mod firewall;
    mod google;
    mod hosts;
    mod keyless;
    mod live;
    mod load;
    mod logs;
    mod messages;
    mod outcomes;
    mod rotation;
    mod sandboxes;
    mod spoiled;
    mod streams;
    mod support;
    mod targets;
    mod tokens;
    mod tokens_table;
    mod unlinked;
    mod unreachable;
    mod unreadable;
}
mod faults;
#[expect(dead_code, reason = "what becomes of a row natively is tested natively")]
#[path = "canonical/table.rs"]
mod table;
#[path = "tokens/mod.rs"]
mod tokens;
