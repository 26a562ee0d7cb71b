//! Messages on their way out: the client's request with its edits, and small requests of our own.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use fastly::{
    Body, Request,
    handle::{CacheOverride, RequestHandle},
    http::{HeaderName, HeaderValue, Url, Version, request::SendErrorCause},
};
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::{
        fault::{self, Said},
        send::{Ask, CALL_BODY_MS_MAX, Call, Inbound, Outbound, Reply, Timeouts},
    },
};

use crate::edge::{
    edits::{Values, edit},
    original::{Original, Upload},
    piece::Piece,
    read::with_room,
    response::Response,
    upload,
    ways::Way,
};

/// Sends the client's request on. `piece` is the buffer for what passes.
pub(super) fn forward(
    original: &mut Original,
    outbound: &Outbound,
    (way, values): (&Way, &Values),
    piece: &mut Piece,
) -> Result<Inbound<Response>, SendFault> {
    let url = way.url(&outbound.target)?;
    let upload = original.upload(outbound, piece)?;
    let mut request = original.request(outbound)?;
    address(&mut request, &url, outbound, values);
    // Else a client's HTTP/2 would be tried on a connection to a service that was not asked whether it speaks it.
    request.set_version(Version::HTTP_11);
    // Nothing here may pass through the platform's read-through cache, which knows no callers.
    let mut pass = CacheOverride::default();
    pass.set_pass(true);
    request.set_cache_override(&pass);
    let began = Instant::now();
    let fault = |why: &SendErrorCause| fault(why, began, &outbound.destination.timeouts);
    match upload {
        Upload::Whole(body) => {
            let (head, body) = request.send_to_backend(body, &way.backend).map_err(|why| fault(&why))?;
            inbound(Response::new(head, body, None))
        }
        Upload::Counted(body) => {
            let bytes_max = outbound.body_bytes_max;
            inbound(upload::send(request, body, piece, bytes_max, &way.backend, fault)?)
        }
    }
}

/// Hands a request for a WebSocket over. The platform sends it with the client's own `Connection`, `Upgrade`,
/// `Sec-WebSocket-Key` and some more, whatever the edits say of these; the pipeline lets none pass that would harm.
///
/// Viceroy does that only with backends of its configuration: it has no dynamic ones there, and tells the client so in its
/// own words, after this has returned.
pub(super) fn hand_over(original: Original, outbound: &Outbound, way: &Way, values: &Values) -> Result<(), SendFault> {
    let url = way.url(&outbound.target)?;
    let sent = || SendFault::NotSent("the request was sent before".to_owned());
    let mut request = original.into_request().ok_or_else(sent)?;
    address(&mut request, &url, outbound, values);
    for (name, value) in [("connection", "Upgrade"), ("upgrade", "websocket")] {
        request.insert_header(&HeaderName::from_static(name), &HeaderValue::from_static(value));
    }
    let handed = request.handoff_websocket(way.backend.name());
    handed.map_err(|why| SendFault::NotSent(format!("the WebSocket was not handed over: {why}")))
}

/// Puts the target and the edits in.
fn address(request: &mut RequestHandle, url: &Url, outbound: &Outbound, values: &Values) {
    request.set_url(url);
    edit(&outbound.edits, values, |name, value| match value {
        Some(value) => request.insert_header(name, &value),
        None => drop(request.remove_header(name)),
    });
}

/// How long the beginning of a body is read, in milliseconds. It is asked after each piece, since the SDK waits for bytes
/// without a bound of its own: a service that is silent is given up by the backend's time between bytes.
const PEEK_MS_MAX: u128 = 1_000;

/// The beginning of a response's body, which stays whole: as much as came in time.
pub(super) fn peek(response: &mut Response, bytes_max: usize, piece: &mut Piece) -> Result<Secret<Vec<u8>>, SendFault> {
    let began = Instant::now();
    let is_early = || began.elapsed().as_millis() < PEEK_MS_MAX;
    while response.front.len() < bytes_max && response.broke.is_none() && is_early() {
        match piece.fill(&mut response.body, bytes_max - response.front.len()) {
            Ok(0) => break,
            Ok(_) => response.front.extend_from_slice(piece.bytes()),
            Err(why) => response.broke = Some(why.to_string()),
        }
    }
    match &response.broke {
        Some(why) => Err(SendFault::Reset(why.clone())),
        None => Ok(Secret::new(response.front.iter().take(bytes_max).copied().collect())),
    }
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
        Ask::Json(json) => Request::post(url)
            .with_header("content-type", "application/json")
            .with_body(json.as_str()),
    };
    request.set_header("accept", "application/json");
    if let Some(authorization) = &call.authorization {
        request.set_header("authorization", authorization.expose());
    }
    // Last, since other cache settings would undo it.
    request.set_pass(true);
    let began = Instant::now();
    let sent = request.send(&way.backend);
    let mut response = sent.map_err(|why| fault(why.root_cause(), began, &call.destination.timeouts))?;
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

fn fault(cause: &SendErrorCause, began: Instant, timeouts: &Timeouts) -> SendFault {
    let said = match cause {
        SendErrorCause::DnsError { .. }
        | SendErrorCause::DestinationNotFound
        | SendErrorCause::DestinationIpUnroutable
        | SendErrorCause::ConnectionRefused
        | SendErrorCause::ConnectionLimitReached
        | SendErrorCause::TlsCertificateError
        | SendErrorCause::TlsConfigurationError => Said::NoConnection,
        SendErrorCause::DnsTimeout | SendErrorCause::ConnectionTimeout => Said::NoConnectionInTime,
        SendErrorCause::HttpResponseTimeout => Said::NoResponseInTime,
        SendErrorCause::ConnectionTerminated
        | SendErrorCause::HttpIncompleteResponse
        | SendErrorCause::HttpResponseHeaderSectionTooLarge
        | SendErrorCause::HttpResponseBodyTooLarge
        | SendErrorCause::HttpResponseStatusInvalid
        | SendErrorCause::HttpUpgradeFailed
        | SendErrorCause::Http2StreamError { .. }
        | SendErrorCause::HttpProtocolError
        | SendErrorCause::IoError(_) => Said::Broken,
        SendErrorCause::HttpRequestUriInvalid | SendErrorCause::FanoutNotEnabled => Said::Unsendable,
        // Among them what TLS says in the midst of a connection, and Viceroy's one error for nearly everything.
        _ => Said::Nothing,
    };
    let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    fault::fault(said, elapsed_ms, timeouts, cause.to_string())
}
