//! Requests and responses as plain data, as a client and a service see them.

use std::net::{IpAddr, Ipv4Addr};

use tollgate::{
    request::{HEADERS_READ, Head},
    secret::Secret,
    upstream::send::HeaderEdits,
};

/// The client's address (RFC 5737 section 3).
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// A client's request, or a service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names and values in order, as they were sent.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The client's TLS certificate in DER, if it proved that it has the key.
    pub(crate) certificate: Option<Vec<u8>>,
}

impl Request {
    /// A request for the sample policy's host.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: vec![("host".to_owned(), "api.example.com".to_owned())],
            body: Vec::new(),
            certificate: None,
        }
    }

    /// The same with another header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with a bearer token.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The same for another host.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.headers.retain(|(name, _)| name != "host");
        self.headers.insert(0, ("host".to_owned(), host.to_owned()));
        self
    }

    /// The same with a body.
    pub(crate) fn body(mut self, body: &str) -> Self {
        self.body = body.as_bytes().to_vec();
        self.header("content-length", &body.len().to_string())
    }

    /// The same over a connection with this certificate (DER).
    pub(crate) fn certificate(mut self, der: &[u8]) -> Self {
        self.certificate = Some(der.to_vec());
        self
    }

    /// What a platform reads of it.
    pub(crate) fn head(&self, request_id: &str) -> Head {
        let mut values = Vec::new();
        for read in HEADERS_READ {
            let sent = self.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(read));
            values.extend(sent.map(|(_, value)| (*read, Secret::new(value.clone().into_bytes()))));
        }
        Head {
            method: self.method.clone(),
            target: self.target.clone(),
            header_names: names(&self.headers),
            values,
            client: Some(CLIENT),
            request_id: request_id.to_owned(),
        }
    }
}

/// A service's response, or what a client gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names and values in order.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            status,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    /// The names of all headers, lower-case, each once.
    pub(crate) fn header_names(&self) -> Vec<String> {
        names(&self.headers)
    }

    /// The values of one header.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        values(&self.headers, name)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Names of headers, lower-case, each once.
fn names(headers: &[(String, String)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in headers {
        let name = name.to_ascii_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The values of one header.
pub(crate) fn values(headers: &[(String, String)], name: &str) -> Vec<String> {
    let named = headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.clone()).collect()
}

/// Applies edits as every platform does: first all removals, then all settings.
pub(crate) fn edit(headers: &mut Vec<(String, String)>, edits: &HeaderEdits) {
    for removed in &edits.remove {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case(removed));
    }
    for (name, value) in &edits.set {
        headers.retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        headers.push((name.to_string(), value.expose().clone()));
    }
}
