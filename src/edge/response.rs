//! A service's response as the platform holds it.
//!
//! Promises: its body is whole, whatever of it was looked at.

use fastly::handle::{BodyHandle, ResponseHandle, StreamingBodyHandle};

/// Head and body.
pub(crate) struct Response {
    pub(super) head: ResponseHandle,
    pub(super) body: BodyHandle,
    /// What of the body was read already.
    pub(super) front: Vec<u8>,
    /// Why the body broke off while its front was read. The platform may call the rest of it an end.
    pub(super) broke: Option<String>,
    /// The rest of the request, where the service answered before it had all. The connection lives as long.
    pub(super) upload: Option<StreamingBodyHandle>,
}

impl Response {
    pub(super) fn new(head: ResponseHandle, body: BodyHandle, upload: Option<StreamingBodyHandle>) -> Self {
        Self {
            head,
            body,
            front: Vec::new(),
            broke: None,
            upload,
        }
    }
}
