//! The least that Fastly Compute can do: the SDK's own `main`, which serves one request a sandbox, and one answer.

#[cfg(target_arch = "wasm32")]
#[fastly::main]
fn main(_request: fastly::Request) -> Result<fastly::Response, fastly::Error> {
    Ok(fastly::Response::from_body("ok"))
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    tollgate_comparisons::not_at_the_edge()
}
