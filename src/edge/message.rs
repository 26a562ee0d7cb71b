//! Messages on their way out: the client's request with its edits, and small requests of our own.

use std::io::Read;

use fastly::{
    Request, Response,
    http::{Url, Version, request::SendErrorCause},
};
use tollgate::{
    host::SendFault,
    secret::Secret,
    upstream::send::{Call, Destination, Inbound, Outbound, Reply},
};

use crate::edge::{backend::backend, edits::edit};

/// Sends the client's request on.
pub(super) fn forward(mut request: Request, outbound: &Outbound) -> Result<Inbound<Response>, SendFault> {
    request.set_url(url(&outbound.destination.endpoint.origin(), &outbound.target)?);
    // Else a client's HTTP/2 would be tried on a connection to a service that was not asked whether it speaks it.
    request.set_version(Version::HTTP_11);
    edit(&outbound.edits, |name, value| match value {
        Some(value) => request.set_header(name, value),
        None => drop(request.remove_header(name)),
    });
    let response = send(request, &outbound.destination)?;
    Ok(Inbound {
        status: response.get_status().as_u16(),
        header_names: response
            .get_header_names()
            .map(|name| name.as_str().to_owned())
            .collect(),
        connection: response
            .get_header_all("connection")
            .filter_map(|value| value.to_str().ok().map(str::to_owned))
            .collect(),
        response,
    })
}

/// Posts a form and reads the answer whole, up to the call's bound.
pub(super) fn call(call: &Call) -> Result<Reply, SendFault> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in &call.form {
        form.append_pair(name, value.expose());
    }
    let mut request = Request::post(url(&call.destination.endpoint.origin(), &call.target)?);
    request.set_header("content-type", "application/x-www-form-urlencoded");
    request.set_header("accept", "application/json");
    request.set_body(form.finish());
    let mut response = send(request, &call.destination)?;
    let status = response.get_status().as_u16();
    let bytes_max = u64::try_from(call.body_bytes_max).unwrap_or(u64::MAX);
    let mut body = Vec::new();
    response
        .take_body()
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut body)
        .map_err(|why| SendFault::Reset(format!("the answer broke off: {why}")))?;
    if body.len() > call.body_bytes_max {
        return Err(SendFault::Reset("the answer is too long".to_owned()));
    }
    Ok(Reply {
        status,
        body: Secret::new(body),
    })
}

/// The URL to send to. The SDK parses it once more; that must change nothing.
fn url(origin: &str, target: &str) -> Result<Url, SendFault> {
    let url = Url::parse(&format!("{origin}{target}")).map_err(|why| SendFault::NotSent(format!("target: {why}")))?;
    let kept = match url.query() {
        Some(query) => target.strip_suffix(query).and_then(|rest| rest.strip_suffix('?')) == Some(url.path()),
        None => target == url.path(),
    };
    if kept {
        Ok(url)
    } else {
        Err(SendFault::NotSent("the target is not in canonical form".to_owned()))
    }
}

fn send(mut request: Request, destination: &Destination) -> Result<Response, SendFault> {
    let backend = backend(destination)?;
    // Last, since other cache settings would undo it: nothing here may pass through the platform's read-through cache,
    // which knows no callers.
    request.set_pass(true);
    request.send(backend).map_err(|why| fault(why.root_cause()))
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
