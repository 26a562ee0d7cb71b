//! Requests' heads: the client's, and those that the program makes.

use super::{
    abi::{Arguments, Fault, Named, Status},
    handles::Handles,
    headers::{Head, Headers},
    memory::{Buffer, Memory},
    sandbox::Sandbox,
};
use crate::scenario::Request;

const MODULE: &str = "fastly_http_req";

/// The calls of this module.
pub(super) const CALLS: &[Named] = &[
    (MODULE, "new", new),
    (MODULE, "close", close),
    (MODULE, "method_get", method_get),
    (MODULE, "method_set", method_set),
    (MODULE, "uri_get", uri_get),
    (MODULE, "uri_set", uri_set),
    (MODULE, "version_get", version_get),
    (MODULE, "version_set", version_set),
    (MODULE, "auto_decompress_response_set", ignored),
    (MODULE, "cache_override_v3_set", ignored),
    (MODULE, "framing_headers_mode_set", ignored),
];

/// The platform's number for HTTP/1.1.
pub(super) const HTTP_1_1: u32 = 2;

/// A request without its body.
#[derive(Debug)]
pub(super) struct RequestHead {
    pub(super) method: String,
    /// The whole URL.
    pub(super) uri: String,
    version: u32,
    pub(super) headers: Headers,
}

impl RequestHead {
    /// The client's request as the platform shows it: its URL is made from `Host`.
    pub(super) fn of_client(request: Request) -> Self {
        let host = request.headers.iter().find(|(name, _)| name == "host");
        let host = host.map_or("", |(_, value)| value.as_str());
        Self {
            uri: format!("https://{host}{}", request.target),
            method: request.method,
            version: HTTP_1_1,
            headers: Headers::from(request.headers.as_slice()),
        }
    }

    /// The URL's host, with the port if it has one.
    pub(super) fn authority(&self) -> &str {
        self.parts().0
    }

    /// The URL's path and query.
    pub(super) fn target(&self) -> &str {
        self.parts().1
    }

    fn parts(&self) -> (&str, &str) {
        let rest = self.uri.split_once("://").map_or(self.uri.as_str(), |(_, rest)| rest);
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        rest.split_at(at)
    }
}

impl Head for RequestHead {
    fn held(sandbox: &mut Sandbox) -> &mut Handles<Self> {
        &mut sandbox.requests
    }

    fn headers(&mut self) -> &mut Headers {
        &mut self.headers
    }
}

fn new(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle_at] = arguments.words()?;
    let request = RequestHead {
        method: "GET".to_owned(),
        uri: "/".to_owned(),
        version: HTTP_1_1,
        headers: Headers::default(),
    };
    memory.put_u32(handle_at, sandbox.requests.insert(request))
}

fn close(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle] = arguments.words()?;
    sandbox.requests.take(handle).map(drop)
}

fn method_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length, written_at] = arguments.words()?;
    let request = sandbox.requests.get(handle)?;
    memory.give(request.method.as_bytes(), Buffer { at, length }, written_at)
}

fn method_set(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length] = arguments.words()?;
    memory
        .text(at, length)?
        .clone_into(&mut sandbox.requests.get_mut(handle)?.method);
    Ok(())
}

fn uri_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length, written_at] = arguments.words()?;
    let request = sandbox.requests.get(handle)?;
    memory.give(request.uri.as_bytes(), Buffer { at, length }, written_at)
}

fn uri_set(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, at, length] = arguments.words()?;
    memory
        .text(at, length)?
        .clone_into(&mut sandbox.requests.get_mut(handle)?.uri);
    Ok(())
}

fn version_get(sandbox: &mut Sandbox, memory: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, version_at] = arguments.words()?;
    memory.put_u32(version_at, sandbox.requests.get(handle)?.version)
}

fn version_set(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let [handle, version] = arguments.words()?;
    sandbox.requests.get_mut(handle)?.version = version;
    Ok(())
}

/// Settings that change nothing here: there is no compression, no read-through cache and no framing.
fn ignored(sandbox: &mut Sandbox, _: &mut Memory<'_>, arguments: &Arguments<'_>) -> Result<(), Fault> {
    let Some(wasmtime::Val::I32(handle)) = arguments.0.first() else {
        return Err(Status::INVAL.into());
    };
    sandbox.requests.get(handle.cast_unsigned()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::RequestHead;
    use crate::scenario::Request;

    #[test]
    fn a_url_falls_into_host_and_target() {
        let head = RequestHead::of_client(Request {
            method: "GET".to_owned(),
            target: "/a/b?c=/d".to_owned(),
            headers: vec![("host".to_owned(), "example.com:8080".to_owned())],
            body: String::new(),
        });
        assert_eq!(head.uri, "https://example.com:8080/a/b?c=/d");
        assert_eq!((head.authority(), head.target()), ("example.com:8080", "/a/b?c=/d"));
    }
}
