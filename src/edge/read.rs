//! The client's request, copied into the library's own form.
//!
//! What the platform shows is not quite what was sent: the SDK gives the URL only after a URL parser has resolved dot
//! segments and turned backslashes, while a send without changes would pass the raw bytes on. So nothing is sent
//! without the canonical target being written back ([`super::message`]).

use fastly::{Request, http::HeaderName};
use tollgate::{
    request::{HEADERS_READ, Head, authority::Authority},
    secret::Secret,
};

/// The platform's identifier for a request.
pub(super) fn request_id(request: &Request) -> String {
    request.get_client_request_id().unwrap_or("none").to_owned()
}

/// Copies what the library needs to know of a request.
pub(super) fn head(request: &Request, request_id: &str) -> Head {
    let header_names: Vec<String> = request
        .get_header_names()
        .map(|name| name.as_str().to_owned())
        .collect();
    let mut values = Vec::new();
    for name in HEADERS_READ
        .iter()
        .filter(|name| header_names.iter().any(|sent| sent == *name))
    {
        let sent = request.get_header_all(HeaderName::from_static(name));
        values.extend(sent.map(|value| (*name, Secret::new(value.as_bytes().to_vec()))));
    }
    // The library refuses such a request for its host, whatever the target.
    let mut target = "/".to_owned();
    if host_is_sound(&values) {
        let url = request.get_url();
        target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        if !header_names.iter().any(|name| name == "host")
            && let Some(host) = url.host_str()
        {
            // HTTP/2 names the host in `:authority` (RFC 9113 section 8.3.1), which the platform shows in the URL only.
            let mut authority = url
                .port()
                .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            if !url.username().is_empty() || url.password().is_some() {
                // As in `Host`, user information makes the host ambiguous.
                authority.insert(0, '@');
            }
            values.push(("host", Secret::new(authority.into_bytes())));
        }
    }
    Head {
        method: request.get_method_str().to_owned(),
        target,
        header_names,
        values,
        client: request.get_client_ip_addr(),
        request_id: request_id.to_owned(),
    }
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
