//! The body of a service's response on its way to the client.
//!
//! Promises: the client gets either the whole body or a broken stream. A `Content-Length` stays as the service sent it.

use std::{io::Write, time::Instant};

use fastly::{handle::BodyHandle, http::FramingHeadersMode};
use tollgate::upstream::delivery::{COPIED_BYTES_MAX, COPIED_MS_MAX, Delivery, Way};

use crate::edge::{piece::Piece, response::Response};

/// Gives the client a response, through the buffer `piece`.
pub(super) fn deliver(mut response: Response, way: Way, piece: &mut Piece) -> Delivery {
    let framed = match way {
        Way::Bodiless { framed } => framed,
        Way::Copied { length, .. } => length.is_some(),
        Way::Left => false,
    };
    if framed {
        response
            .head
            .set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
    }
    match way {
        Way::Bodiless { .. } => {
            response.head.send_to_client(BodyHandle::new());
            Delivery::Whole(0)
        }
        Way::Copied { length, to_the_end } => copy(response, length, to_the_end, piece),
        Way::Left => {
            response.head.send_to_client(rejoined(response.front, response.body));
            Delivery::Left
        }
    }
}

/// The body as it was before its beginning was read.
fn rejoined(front: Vec<u8>, rest: BodyHandle) -> BodyHandle {
    if front.is_empty() {
        return rest;
    }
    let mut body = BodyHandle::new();
    // It goes into the platform's memory.
    let _ = body.write_all(&front);
    body.append(rest);
    body
}

fn copy(response: Response, length: Option<u64>, to_the_end: bool, piece: &mut Piece) -> Delivery {
    let Response {
        head,
        mut body,
        front,
        broke,
        upload: _open,
    } = response;
    let began = Instant::now();
    // Dropped on any way out, it breaks the stream off.
    let mut client = head.stream_to_client(BodyHandle::new());
    if client.write_all(&front).is_err() {
        return Delivery::ClientLeft { bytes: 0 };
    }
    let mut bytes = count(front.len());
    let service_broke = |bytes, why: &str| Delivery::ServiceBroke {
        bytes,
        why: why.to_owned(),
    };
    if let Some(why) = broke {
        return service_broke(bytes, &why);
    }
    loop {
        // Where the length is known, the end is too, and need not be asked for.
        let read = match length {
            Some(length) if length == bytes => Ok(0),
            _ => piece.fill(&mut body, usize::MAX),
        };
        match read {
            Ok(0) if length.is_none_or(|length| length == bytes) => break,
            Ok(0) => return service_broke(bytes, "the body is shorter than its Content-Length"),
            Ok(read) => {
                if client.write_all(piece.bytes()).is_err() {
                    return Delivery::ClientLeft { bytes };
                }
                bytes = bytes.saturating_add(count(read));
            }
            Err(why) => return service_broke(bytes, &why.to_string()),
        }
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !to_the_end && (bytes > COPIED_BYTES_MAX || ms > COPIED_MS_MAX) && length != Some(bytes) {
            // The SDK panics if the client has left since the last piece; the last words tell of it then.
            client.append(body);
            let _ = client.finish();
            return Delivery::Left;
        }
    }
    match client.finish() {
        Ok(()) => Delivery::Whole(bytes),
        Err(_) => Delivery::ClientLeft { bytes },
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
