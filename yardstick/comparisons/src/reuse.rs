//! The loop over requests.

use std::convert::Infallible;
use std::time::Duration;

use fastly::http::serve::Serve;
use fastly::{Request, Response};

// The same as in the gateway's `src/edge/mod.rs`.
const REQUESTS_MAX: usize = 1_000;
const LIFETIME_MAX: Duration = Duration::from_secs(300);
const MEMORY_MIB_MAX: u32 = 64;
const IDLE_MAX: Duration = Duration::from_secs(10);

/// Serves requests until one of the sandbox's bounds is met.
pub fn serve(mut answer: impl FnMut(Request) -> Response) {
    let _ = bounded().run(|request| Ok::<Response, Infallible>(answer(request)));
}

/// As [`serve`], where each request is answered by the time that `answer` returns.
pub fn serve_sent(answer: impl FnMut(Request)) {
    let _ = bounded().run(answer);
}

fn bounded() -> Serve {
    Serve::new()
        .with_max_requests(REQUESTS_MAX)
        .with_max_lifetime(LIFETIME_MAX)
        .with_max_memory(MEMORY_MIB_MAX)
        .with_timeout(IDLE_MAX)
}
