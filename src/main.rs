//! The gateway on Fastly Compute: the sandbox's loop.
//!
//! For each request, in this order:
//!
//! 1. receive: `edge::read` copies what the library needs to know of it;
//! 2. handle: [`tollgate::gateway::handle`] decides, and talks to the world through `edge::FastlyHost`;
//! 3. send: `edge::send` gives the client its answer;
//! 4. report: `edge::report` writes one log entry.
//!
//! A plain `fn main` and a closure that can't fail: with the SDK's own `main` an error's text would be the answer.

#[cfg(target_arch = "wasm32")]
mod edge;

#[cfg(target_arch = "wasm32")]
fn main() {
    edge::serve();
}

/// The program lives on the edge alone.
#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    let hint = "tollgate-edge runs on Fastly Compute only. Try `cargo demo`, or `tollgate serve --policy FILE`.";
    // Nothing is left to do if even standard error is closed.
    let _ = writeln!(std::io::stderr(), "{hint}");
    std::process::ExitCode::FAILURE
}
