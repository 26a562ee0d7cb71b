//! Messages on their way out: the client's request with its edits, and small requests of our own.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use fastly::{
    Body, Request,
    handle::{BodyHandle, CacheOverride, ResponseHandle},
    http::{HeaderName, Url, Version, request::SendErrorCause},
};
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::send::{Ask, CALL_BODY_MS_MAX, Call, Inbound, Outbound, Reply},
};

use crate::edge::{
    edits::{Values, edit},
    original::Original,
    read::with_room,
    ways::Way,
};

/// A service's response as the platform holds it.
pub(crate) struct Response {
    pub(super) head: ResponseHandle,
    pub(super) body: BodyHandle,
}

/// Sends the client's request on.
pub(super) fn forward(
    original: Original,
    outbound: &Outbound,
    way: &Way,
    values: &Values,
) -> Result<Inbound<Response>, SendFault> {
    let url = way.url(&outbound.target)?;
    let Original { mut request, body } = original;
    request.set_url(&url);
    // Else a client's HTTP/2 would be tried on a connection to a service that was not asked whether it speaks it.
    request.set_version(Version::HTTP_11);
    edit(&outbound.edits, values, |name, value| match value {
        Some(value) => request.insert_header(name, &value),
        None => drop(request.remove_header(name)),
    });
    // Nothing here may pass through the platform's read-through cache, which knows no callers.
    let mut pass = CacheOverride::default();
    pass.set_pass(true);
    request.set_cache_override(&pass);
    let (head, body) = request.send_to_backend(body, &way.backend).map_err(|why| fault(&why))?;
    inbound(Response { head, body })
}

fn inbound(response: Response) -> Result<Inbound<Response>, SendFault> {
    let head = &response.head;
    let header_names: Option<Vec<String>> = with_room(|bytes| {
        let names = head.get_header_names(bytes);
        names.map(|name| Ok(name?.as_str().to_owned())).collect()
    });
    let name = HeaderName::from_static("connection");
    let connection = with_room(|bytes| {
        let values = head.get_header_values(&name, bytes);
        values
            .map(|value| Ok(value?.to_str().map(str::to_owned).ok()))
            .collect::<Result<Vec<_>, _>>()
    });
    let (Some(header_names), Some(connection)) = (header_names, connection) else {
        return Err(SendFault::Reset("the response's headers are too large".to_owned()));
    };
    Ok(Inbound {
        status: head.get_status().as_u16(),
        header_names,
        connection: connection.into_iter().flatten().collect(),
        response,
    })
}

/// Sends a small request of our own and reads the answer whole, up to the call's bound.
pub(super) fn call(call: &Call, way: &Way) -> Result<Reply, SendFault> {
    let url = way.url(&call.target)?;
    let mut request = match &call.ask {
        Ask::Get => Request::get(url),
        Ask::Form(form) => posted(url, form),
    };
    request.set_header("accept", "application/json");
    if let Some(authorization) = &call.authorization {
        request.set_header("authorization", authorization.expose());
    }
    // Last, since other cache settings would undo it.
    request.set_pass(true);
    let mut response = request.send(&way.backend).map_err(|why| fault(why.root_cause()))?;
    let status = response.get_status().as_u16();
    let body = body(&mut response.take_body(), call.body_bytes_max)?;
    Ok(Reply {
        status,
        body: Secret::new(body),
    })
}

/// The whole body, bounded in size and time.
fn body(from: &mut Body, bytes_max: usize) -> Result<Vec<u8>, SendFault> {
    let until = Instant::now() + Duration::from_millis(CALL_BODY_MS_MAX);
    let mut body = Vec::new();
    let mut part = [0; 8_192];
    loop {
        let read = from.read(&mut part);
        let read = read.map_err(|why| SendFault::Reset(format!("the answer broke off: {why}")))?;
        body.extend_from_slice(part.get(..read).unwrap_or_default());
        if read == 0 {
            return Ok(body);
        }
        if body.len() > bytes_max {
            return Err(SendFault::Reset("the answer is too long".to_owned()));
        }
        if Instant::now() > until {
            return Err(SendFault::Timeout("the answer takes too long".to_owned()));
        }
    }
}

fn posted(url: Url, form: &[(&'static str, Secret<String>)]) -> Request {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        encoded.append_pair(name, value.expose());
    }
    let mut request = Request::post(url);
    request.set_header("content-type", "application/x-www-form-urlencoded");
    request.set_body(encoded.finish());
    request
}

fn fault(cause: &SendErrorCause) -> SendFault {
    let text = cause.to_string();
    match cause {
        SendErrorCause::DnsTimeout | SendErrorCause::ConnectionTimeout | SendErrorCause::HttpResponseTimeout => {
            SendFault::Timeout(text)
        }
        SendErrorCause::ConnectionTerminated
        | SendErrorCause::HttpIncompleteResponse
        | SendErrorCause::HttpResponseHeaderSectionTooLarge
        | SendErrorCause::HttpResponseBodyTooLarge
        | SendErrorCause::HttpResponseStatusInvalid
        | SendErrorCause::Http2StreamError { .. }
        | SendErrorCause::HttpProtocolError
        | SendErrorCause::IoError(_) => SendFault::Reset(text),
        // Among them Viceroy's one error for everything.
        _ => SendFault::Refused(text),
    }
}
