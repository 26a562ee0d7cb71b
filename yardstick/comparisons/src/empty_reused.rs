//! The least that a reused sandbox can do: the gateway's loop, and one answer.

#[cfg(target_arch = "wasm32")]
fn main() {
    tollgate_comparisons::reuse::serve(|_| fastly::Response::from_body("ok"));
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    tollgate_comparisons::not_at_the_edge()
}
