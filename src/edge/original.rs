//! The client's request as the platform holds it.
//!
//! These are the SDK's low-level handles, which close themselves. Its `Request` copies all headers and the client's whole
//! metadata into the program before it sends, and each header once more when one is set: counted, that was half of what
//! a forwarded request cost.
//!
//! Promises: what is sent a second time is what came: method, headers and body. A body is kept only whole, and only up
//! to a bound.

use std::io::{Read, Write};

use fastly::{
    Request,
    handle::{BodyHandle, RequestHandle},
    http::{HeaderName, HeaderValue, Method},
};
use tollgate::{
    host::SendFault,
    request::Head,
    secret::Secret,
    upstream::send::{KEPT_BYTES_MAX, Outbound},
};

use crate::edge::{
    piece::Piece,
    read::{self, with_room},
};

/// A request that has come.
pub(crate) struct Original {
    request: Option<RequestHandle>,
    body: Body,
    kept: Option<Kept>,
}

/// What is known of the client's body.
enum Body {
    /// It has this declared length, in bytes.
    Known(BodyHandle, u64),
    /// It has no declared length; perhaps there is none.
    Unknown(BodyHandle),
    /// There is none.
    None,
    /// It was read whole.
    Kept(Vec<u8>),
    /// It was sent, and can't be sent again.
    Gone,
}

/// A body on its way to a service.
pub(super) enum Upload {
    /// The platform sends it.
    Whole(BodyHandle),
    /// It has to be counted as it passes. Its first piece is in the buffer already.
    Counted(BodyHandle),
}

/// The client's method and headers, for another send.
struct Kept {
    method: Method,
    headers: Vec<(HeaderName, Vec<HeaderValue>)>,
}

impl Original {
    /// Takes over a request that nothing was read of.
    pub(super) fn new(request: Request) -> Self {
        let (request, body) = request.into_handles();
        let body = body.unwrap_or_else(BodyHandle::new);
        Self {
            request: Some(request),
            body: Body::Unknown(body),
            kept: None,
        }
    }

    /// The request, until it is sent.
    pub(super) fn unsent(&self) -> Option<&RequestHandle> {
        self.request.as_ref()
    }

    /// Notes what the head says of the body's length. A head that says nothing is not believed: some way or other of the
    /// platform to take a request in may drop what framed its body.
    pub(super) fn note_length(&mut self, head: &Head) {
        let named = |wanted| head.values.iter().filter(move |(name, _)| *name == wanted);
        let mut lengths = named("content-length");
        let (Some((_, length)), None, None) = (lengths.next(), lengths.next(), named("transfer-encoding").next())
        else {
            return;
        };
        let length = std::str::from_utf8(length.expose())
            .ok()
            .and_then(|text| text.parse().ok());
        self.body = match (std::mem::replace(&mut self.body, Body::None), length) {
            (Body::Unknown(body), Some(length)) => Body::Known(body, length),
            (body, _) => body,
        };
    }

    /// All values of a header, by its lower-case name, as the client sent them.
    pub(super) fn values(&self, name: &str) -> Vec<Secret<Vec<u8>>> {
        if let Some(request) = &self.request {
            return read::header_values(request, name);
        }
        let headers = self.kept.iter().flat_map(|kept| &kept.headers);
        let values = headers.filter(|(kept, _)| kept == name).flat_map(|(_, values)| values);
        values.map(|value| Secret::new(value.as_bytes().to_vec())).collect()
    }

    /// Whether it could be sent once more.
    pub(super) fn can_repeat(&self) -> bool {
        match self.body {
            Body::Known(..) | Body::Unknown(_) => self.request.is_some(),
            Body::None | Body::Kept(_) => self.request.is_some() || self.kept.is_some(),
            Body::Gone => false,
        }
    }

    /// The body that is to be sent. Where its length is not known, its first piece is read, so that a
    /// request without a body is found out.
    ///
    /// The client is waited for, so a service can't answer before the first bytes of such a body have come.
    pub(super) fn upload(&mut self, outbound: &Outbound, piece: &mut Piece) -> Result<Upload, SendFault> {
        let (upload, rest) = match std::mem::replace(&mut self.body, Body::Gone) {
            Body::Gone => return Err(SendFault::NotSent("the body was sent before".to_owned())),
            Body::None => (Upload::Whole(BodyHandle::new()), Body::None),
            Body::Kept(bytes) => (Upload::Whole(whole(&bytes)?), Body::Kept(bytes)),
            Body::Known(body, length) if length > outbound.body_bytes_max => {
                self.body = Body::Known(body, length);
                return Err(SendFault::BodyTooLarge);
            }
            Body::Known(body, length) => match usize::try_from(length) {
                Ok(length) if outbound.repeatable && length <= KEPT_BYTES_MAX => {
                    let bytes = read_whole(body, length)?;
                    (Upload::Whole(whole(&bytes)?), Body::Kept(bytes))
                }
                _ => (Upload::Whole(body), Body::Gone),
            },
            Body::Unknown(mut body) => match piece.fill(&mut body, usize::MAX) {
                Ok(0) => (Upload::Whole(body), Body::None),
                Ok(_) => (Upload::Counted(body), Body::Gone),
                Err(why) => return Err(SendFault::ClientBroke(why.to_string())),
            },
        };
        self.body = rest;
        Ok(upload)
    }

    /// The request that is to be sent, with the client's headers. Where it may be sent again, they are kept.
    pub(super) fn request(&mut self, outbound: &Outbound) -> Result<RequestHandle, SendFault> {
        if let Some(request) = self.request.take() {
            if outbound.repeatable && !matches!(self.body, Body::Gone) {
                self.kept = Kept::of(&request);
            }
            return Ok(request);
        }
        let kept = self.kept.as_ref().map(Kept::request);
        kept.ok_or_else(|| SendFault::NotSent("the request was sent before".to_owned()))
    }

    /// The request for good, without its body.
    pub(super) fn into_request(self) -> Option<RequestHandle> {
        self.request
    }
}

impl Kept {
    /// `None` if the platform can't show it all. Names and values are not copied once more to be read; a second request
    /// is made only where one is needed, since few are.
    fn of(request: &RequestHandle) -> Option<Self> {
        let method = with_room(|bytes| request.get_method(bytes))?;
        let names: Vec<HeaderName> = with_room(|bytes| request.get_header_names(bytes).collect())?;
        let mut headers = Vec::with_capacity(names.len());
        for name in names {
            let values = with_room(|bytes| request.get_header_values(&name, bytes).collect())?;
            headers.push((name, values));
        }
        Some(Self { method, headers })
    }

    fn request(&self) -> RequestHandle {
        let mut request = RequestHandle::new();
        request.set_method(&self.method);
        for (name, values) in &self.headers {
            request.set_header_values(name, values);
        }
        request
    }
}

/// A body of the platform's with these bytes.
fn whole(bytes: &[u8]) -> Result<BodyHandle, SendFault> {
    let mut body = BodyHandle::new();
    let written = body.write_all(bytes);
    written.map_err(|why| SendFault::NotSent(format!("the body: {why}")))?;
    Ok(body)
}

/// A body of a declared length, which must come whole.
fn read_whole(body: BodyHandle, length: usize) -> Result<Vec<u8>, SendFault> {
    let mut bytes = Vec::with_capacity(length);
    let bytes_max = u64::try_from(length).unwrap_or(u64::MAX);
    // `read_to_end` asks once more than it has to; a body that is over after its length is not asked.
    let read = body.take(bytes_max).read_to_end(&mut bytes);
    match read {
        Ok(read) if read == length => Ok(bytes),
        Ok(_) => Err(SendFault::ClientBroke("the body is shorter than its length".to_owned())),
        Err(why) => Err(SendFault::ClientBroke(why.to_string())),
    }
}
