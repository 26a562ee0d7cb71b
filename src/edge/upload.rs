//! A client's body of unknown length on its way to a service: counted as it passes, in bounded memory.
//!
//! Promises: a body that is too long, or that breaks off, never reaches the service as a shorter one: the request is
//! abandoned, so its framing is never completed. Where the service answers before it has the whole body, the client gets
//! that answer, and the rest of the body is not read.
//!
//! The SDK waits either for the client's bytes or for the service's response, so an early answer is seen when the next
//! bytes have come.

use std::io::Write;

use fastly::{
    backend::Backend,
    handle::{BodyHandle, PollHandleResult, RequestHandle},
    http::request::SendErrorCause,
};
use tollgate::host::SendFault;

use crate::edge::{piece::Piece, response::Response};

/// Sends a request with its body. Its first piece has been read.
pub(super) fn send(
    request: RequestHandle,
    mut from: BodyHandle,
    piece: &mut Piece,
    bytes_max: u64,
    backend: &Backend,
    fault: impl Fn(&SendErrorCause) -> SendFault,
) -> Result<Response, SendFault> {
    let mut bytes = 0_u64;
    let begun = request.send_async_streaming_to_backend(BodyHandle::new(), backend);
    // Dropped on any way out, it abandons the request.
    let (mut to, mut pending) = begun.map_err(|why| fault(&why))?;
    loop {
        bytes = bytes.saturating_add(u64::try_from(piece.bytes().len()).unwrap_or(u64::MAX));
        if bytes > bytes_max {
            return Err(SendFault::BodyTooLarge);
        }
        let written = to.write_all(piece.bytes());
        if written.is_err() {
            // The service takes no more of it, so either it has answered or the connection is broken.
            let (head, body) = pending.wait().map_err(|why| fault(&why))?;
            return Ok(Response::new(head, body, Some(to)));
        }
        pending = match pending.poll() {
            PollHandleResult::Pending(pending) => pending,
            PollHandleResult::Done(answered) => {
                let (head, body) = answered.map_err(|why| fault(&why))?;
                return Ok(Response::new(head, body, Some(to)));
            }
        };
        match piece.fill(&mut from, usize::MAX) {
            Ok(0) => break,
            Ok(_) => {}
            Err(why) => return Err(SendFault::ClientBroke(why.to_string())),
        }
    }
    let finished = to.finish();
    let (head, body) = pending.wait().map_err(|why| fault(&why))?;
    finished.map_err(|why| SendFault::Reset(why.to_string()))?;
    Ok(Response::new(head, body, None))
}
