//! The client's request, copied into the library's own form.
//!
//! What the platform shows is not quite what was sent: the SDK gives the URL only after a URL parser has resolved dot
//! segments and turned backslashes, while a send without changes would pass the raw bytes on. So nothing is sent
//! without the canonical target being written back ([`super::message`]).

use std::time::{SystemTime, UNIX_EPOCH};

use fastly::{
    error::BufferSizeError,
    handle::{RequestHandle, ResponseHandle},
    http::{HeaderName, Url},
};
use fastly_shared::ClientCertVerifyResult;
use tollgate::{
    request::{HEADERS_READ, Head, authority::Authority, certificate},
    secret::Secret,
};

/// How much room a text is given at first, in bytes; a longer one is read again. Most tokens fit.
const TEXT_BYTES: usize = 4_096;

/// The platform's identifier for a request; where it gave none, the time in nanoseconds, since what is made of it has to
/// differ from request to request.
pub(super) fn request_id(request: &RequestHandle) -> String {
    request.client_request_id().unwrap_or_else(|| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("none-{:x}", since_epoch.as_nanos())
    })
}

/// Copies what the library needs to know of a request. `None` if the platform can't show it, however much room it gets.
pub(super) fn head(request: &RequestHandle, request_id: &str) -> Option<Head> {
    let header_names: Vec<String> = with_room(|bytes| {
        let names = request.get_header_names(bytes);
        names.map(|name| Ok(name?.as_str().to_owned())).collect()
    })?;
    let mut values = Vec::new();
    for name in HEADERS_READ {
        if !header_names.iter().any(|sent| sent == name) {
            continue;
        }
        let of_header = HeaderName::from_static(name);
        let sent: Vec<_> = with_room(|bytes| request.get_header_values(&of_header, bytes).collect())?;
        values.extend(sent.iter().map(|value| (*name, Secret::new(value.as_bytes().to_vec()))));
    }
    // The library refuses such a request for its host, whatever the target.
    let mut target = "/".to_owned();
    if host_is_sound(&values) {
        let url = with_room(|bytes| request.get_url(bytes))?;
        target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        if !header_names.iter().any(|name| name == "host") {
            values.extend(authority(&url).map(|authority| ("host", Secret::new(authority.into_bytes()))));
        }
    }
    Some(Head {
        method: with_room(|bytes| request.get_method(bytes))?.as_str().to_owned(),
        target,
        header_names,
        values,
        client: request.client_ip_addr(),
        request_id: request_id.to_owned(),
    })
}

/// All values of a header, by its lower-case name. None if the platform can't show them, however much room it gets.
pub(super) fn header_values(request: &RequestHandle, name: &str) -> Vec<Secret<Vec<u8>>> {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        return Vec::new();
    };
    let values: Option<Vec<_>> = with_room(|bytes| request.get_header_values(&name, bytes).collect());
    let values = values.unwrap_or_default();
    values
        .iter()
        .map(|value| Secret::new(value.as_bytes().to_vec()))
        .collect()
}

/// The same of a service's response.
pub(super) fn response_values(response: &ResponseHandle, name: &str) -> Vec<Secret<Vec<u8>>> {
    let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
        return Vec::new();
    };
    let values: Option<Vec<_>> = with_room(|bytes| response.get_header_values(&name, bytes).collect());
    let values = values.unwrap_or_default();
    values
        .iter()
        .map(|value| Secret::new(value.as_bytes().to_vec()))
        .collect()
}

/// The client's certificate in DER, where the connection has one and the platform has checked it.
pub(super) fn client_certificate(request: &RequestHandle) -> Option<Vec<u8>> {
    // Both, since the platform calls a connection without certificate verified too (SDK, on the verification's result); and
    // one whose chain it did not take may still have proved its key (RFC 8705 section 3), but nobody says so.
    let pem = request.client_tls_client_raw_certificate_bytes()?;
    match request.client_tls_client_cert_verify_result() {
        Some(ClientCertVerifyResult::Ok) => certificate::der(&pem),
        _ => None,
    }
}

/// HTTP/2 names the host in `:authority` (RFC 9113 section 8.3.1), which the platform shows in the URL only.
fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    let mut authority = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    if !url.username().is_empty() || url.password().is_some() {
        // As in `Host`, user information makes the host ambiguous.
        authority.insert(0, '@');
    }
    Some(authority)
}

/// Reads with [`TEXT_BYTES`] of room for each text; where one needs more, with all the room that the platform's own
/// limits could make it need (Fastly, 128 KiB of headers).
pub(super) fn with_room<T>(read: impl Fn(usize) -> Result<T, BufferSizeError>) -> Option<T> {
    read(TEXT_BYTES)
        .or_else(|why| read(why.needed_buf_size.max(131_072)))
        .ok()
}

/// Whether the URL can be asked for. The platform makes it from the client's `Host`, and the SDK panics over a URL that
/// its parser refuses: a client could end sandboxes with `Host: xn--`.
fn host_is_sound(values: &[(&str, Secret<Vec<u8>>)]) -> bool {
    let mut hosts = values.iter().filter(|(name, _)| *name == "host");
    hosts.all(|(_, host)| {
        let text = std::str::from_utf8(host.expose()).map(str::trim);
        text.is_ok_and(|text| Authority::parse(text).is_ok())
    })
}
