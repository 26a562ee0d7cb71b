//! The client's request as the platform holds it.
//!
//! These are the SDK's low-level handles, which close themselves. Its `Request` copies all headers and the client's whole
//! metadata into the program before it sends, and each header once more when one is set: counted, that was half of what
//! a forwarded request cost.

use fastly::{
    Request,
    handle::{BodyHandle, RequestHandle},
};

/// A request that has come, and may be sent on once.
pub(crate) struct Original {
    pub(super) request: RequestHandle,
    pub(super) body: BodyHandle,
}

impl Original {
    /// Takes over a request that nothing was read of.
    pub(super) fn new(request: Request) -> Self {
        let (request, body) = request.into_handles();
        let body = body.unwrap_or_else(BodyHandle::new);
        Self { request, body }
    }
}
