//! What the comparison programs share: the same loop as the gateway's, and a backend for an origin.
//!
//! Promises: a sandbox is reused within the bounds that the gateway's has, so that a comparison measures what a program
//! does with a request and not how often it is started. Refuses an origin that is not `http://…` or `https://…`.

#[cfg(target_arch = "wasm32")]
pub mod origin;
#[cfg(target_arch = "wasm32")]
pub mod reuse;

/// The exit of a program that was started on the machine that built it instead of at the edge.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn not_at_the_edge() -> std::process::ExitCode {
    use std::io::Write;
    // Nothing is left to do if even standard error is closed.
    let _ = writeln!(
        std::io::stderr(),
        "this program runs on Fastly Compute only; `cargo versus` builds and drives it"
    );
    std::process::ExitCode::FAILURE
}
