//! A plain handler, as one writes it in an afternoon: policy and keys are parsed, and the token is verified, on every
//! request, with the libraries that come to mind and as their front pages show them.
//!
//! Promises a right answer: 401 without a valid token, 403 without the scope, 404 without a route. It is given the same
//! reuse of sandboxes as the gateway, and remembers nothing between two requests. It has no Google identity, edits no
//! headers and writes no log.

#[cfg(target_arch = "wasm32")]
mod every_request;

#[cfg(target_arch = "wasm32")]
fn main() {
    tollgate_comparisons::reuse::serve(every_request::answer);
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    tollgate_comparisons::not_at_the_edge()
}
