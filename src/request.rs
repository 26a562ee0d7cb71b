//! The request: what the platform read ([`Head`]), and the one form of it that everything else sees
//! ([`CanonicalRequest`]).
//!
//! Promises: host, path and query are parsed once. Routing, policy, cache keys, logs and the bytes sent upstream all
//! use the canonical form, and what the client sent is not reachable past this module.
//!
//! Refuses, with an [`Ambiguity`]: everything that two parsers could read differently. A gateway that matches one
//! reading while the service acts on another is the commonest way around an access rule. Four forms of the path are
//! refused by [`CanonicalRequest::refused_unless`], where the route is known that may grant them.

pub mod ambiguity;
pub mod authority;
pub mod certificate;
pub mod offered;
pub mod path;
pub mod query;
pub mod relaxation;
pub mod spelling;
pub mod trace;
mod visible;

use std::{fmt, net::IpAddr};

pub use crate::request::{ambiguity::Ambiguity, relaxation::Relaxation};

use crate::{
    request::{
        authority::Authority, offered::Offered, path::CanonicalPath, query::CanonicalQuery, visible::is_visible,
    },
    secret::Secret,
};

/// The longest path and query together, in bytes. The platform's own limit for a URL is 8,192 bytes.
pub const TARGET_BYTES_MAX: usize = 8_192;

/// The most header names a request may carry.
pub const HEADER_NAMES_MAX: usize = 256;

/// The headers whose values the gateway reads, lower-case. A home copies these into [`Head::values`]; the values of
/// all others stay with the platform, since copying a header is among the dearest things that a request does.
pub const HEADERS_READ: &[&str] = &[
    "host",
    "authorization",
    "accept",
    "connection",
    "content-length",
    "transfer-encoding",
    "traceparent",
    "tracestate",
    "upgrade",
    "x-request-id",
];

/// A request as the platform read it: plain data, copied once at the border.
#[derive(Clone, Default)]
pub struct Head {
    /// The method as sent.
    pub method: String,
    /// Path and query as the platform gives them (origin form, RFC 9112 section 3.2.1).
    pub target: String,
    /// The names of all headers, lower-case, each once.
    pub header_names: Vec<String>,
    /// Every value of every header in [`HEADERS_READ`], lower-case name first, in order of arrival.
    pub values: Vec<(&'static str, Secret<Vec<u8>>)>,
    /// The client's address.
    pub client: Option<IpAddr>,
    /// The platform's identifier for this request; it finds the log entry.
    pub request_id: String,
}

impl fmt::Debug for Head {
    /// Without the query: people put tokens there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        formatter
            .debug_struct("Head")
            .field("method", &self.method)
            .field("path", &path)
            .field("header_names", &self.header_names)
            .field("values", &self.values)
            .field("client", &self.client)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The one form of a request that routing, policy, caches, logs and the upstream see.
#[derive(Debug, Clone)]
pub struct CanonicalRequest {
    method: String,
    authority: Authority,
    path: CanonicalPath,
    query: Option<CanonicalQuery>,
    header_names: Vec<String>,
    connection_names: Vec<String>,
    authorization: Option<Secret<String>>,
    content_length: Option<u64>,
    offered: Offered,
}

impl CanonicalRequest {
    /// Reads `head` in the one way that it can be read. What a [`Relaxation`] is there for passes here, so nothing may
    /// be done with the request before [`CanonicalRequest::refused_unless`] was asked.
    ///
    /// # Errors
    /// The first [`Ambiguity`] found, in the order: method, target, host, other headers.
    pub fn new(head: &Head) -> Result<Self, Ambiguity> {
        let method = canonical_method(&head.method)?;
        let (path, query) = canonical_target(&head.target)?;
        let authority = Authority::parse(one(head, "host", Ambiguity::Host)?.ok_or(Ambiguity::Host)?)?;
        let authorization = one(head, "authorization", Ambiguity::Authorization)?;
        let content_length = content_length(head)?;
        check_transfer_encoding(head)?;
        if head.header_names.len() > HEADER_NAMES_MAX {
            return Err(Ambiguity::Headers);
        }
        let connection_names = connection_names(head)?;
        let offered = Offered::read(&connection_names, |name| texts(head, name).collect());
        Ok(Self {
            method,
            authority,
            path,
            query,
            header_names: head.header_names.clone(),
            connection_names,
            authorization: authorization.map(|value| Secret::new(value.to_owned())),
            content_length,
            offered,
        })
    }

    /// Whether all that the request needs is granted.
    ///
    /// # Errors
    /// The refusal for the first [`Relaxation`] that is needed and not granted.
    pub fn refused_unless(&self, granted: &[Relaxation]) -> Result<(), Ambiguity> {
        self.path.refused_unless(granted)
    }

    /// The method, upper-case.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The host that was asked, lower-case and without port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// The host that was asked, with the port if one was named.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> &CanonicalPath {
        &self.path
    }

    /// Path and query as they go upstream.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{}", self.path.text(), query.text()),
            None => self.path.text().to_owned(),
        }
    }

    /// The query as it goes upstream, without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_ref().map(CanonicalQuery::text)
    }

    /// The decoded value of a query parameter (`application/x-www-form-urlencoded`, as the URL standard reads it).
    ///
    /// # Errors
    /// [`Ambiguity::RepeatedParameter`] if it comes more than once.
    pub fn parameter(&self, name: &str) -> Result<Option<String>, Ambiguity> {
        let Some(query) = &self.query else {
            return Ok(None);
        };
        let mut values = url::form_urlencoded::parse(query.text().as_bytes()).filter(|(found, _)| found == name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(|(_, value)| value.into_owned())),
            _ => Err(Ambiguity::RepeatedParameter),
        }
    }

    /// The names of all headers that the client sent, lower-case.
    #[must_use]
    pub fn header_names(&self) -> &[String] {
        &self.header_names
    }

    /// The header names that the client's `Connection` lists (RFC 9110 section 7.6.1), lower-case.
    #[must_use]
    pub fn connection_names(&self) -> &[String] {
        &self.connection_names
    }

    /// The one value of `Authorization`.
    #[must_use]
    pub fn authorization(&self) -> Option<&Secret<String>> {
        self.authorization.as_ref()
    }

    /// The body's declared length in bytes.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Whether a body comes with the request, of a declared length or in parts.
    #[must_use]
    pub fn has_body(&self) -> bool {
        let chunked = self.header_names.iter().any(|name| name == "transfer-encoding");
        chunked || self.content_length.is_some_and(|bytes| bytes > 0)
    }

    /// Whether a body may come with the request: one is announced, or the method is made for one and HTTP/2 need not announce
    /// it.
    #[must_use]
    pub fn may_have_body(&self) -> bool {
        let usual = matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE");
        self.has_body() || (!usual && self.content_length.is_none())
    }

    /// What the client offers for the gateway to take over.
    #[must_use]
    pub fn offered(&self) -> &Offered {
        &self.offered
    }
}

fn canonical_method(method: &str) -> Result<String, Ambiguity> {
    let well_formed = !method.is_empty() && method.len() <= 32 && method.bytes().all(|byte| byte.is_ascii_uppercase());
    if !well_formed || method == "CONNECT" || method == "TRACE" {
        return Err(Ambiguity::Method);
    }
    Ok(method.to_owned())
}

fn canonical_target(target: &str) -> Result<(CanonicalPath, Option<CanonicalQuery>), Ambiguity> {
    if target.len() > TARGET_BYTES_MAX {
        return Err(Ambiguity::TargetTooLong);
    }
    if target.contains('#') {
        return Err(Ambiguity::Fragment);
    }
    match target.split_once('?') {
        Some((path, query)) => bounded(CanonicalPath::parse(path)?, Some(CanonicalQuery::parse(query)?)),
        None => bounded(CanonicalPath::parse(target)?, None),
    }
}

/// The bound holds for what is sent too, which is longer than what came where characters had to be encoded.
fn bounded(
    path: CanonicalPath,
    query: Option<CanonicalQuery>,
) -> Result<(CanonicalPath, Option<CanonicalQuery>), Ambiguity> {
    let bytes = path.text().len() + query.as_ref().map_or(0, |query| query.text().len() + 1);
    if bytes > TARGET_BYTES_MAX {
        return Err(Ambiguity::TargetTooLong);
    }
    Ok((path, query))
}

/// The values of one header as text; `None` for a value that is not visible ASCII.
fn texts<'h>(head: &'h Head, name: &'static str) -> impl Iterator<Item = Option<&'h str>> {
    head.values
        .iter()
        .filter(move |(found, _)| *found == name)
        .map(|(_, value)| {
            let bytes = value.expose();
            if is_visible(bytes) {
                std::str::from_utf8(bytes).ok()
            } else {
                None
            }
        })
}

/// The only value of a header; `otherwise` when there are several or the one is not text.
fn one<'h>(head: &'h Head, name: &'static str, otherwise: Ambiguity) -> Result<Option<&'h str>, Ambiguity> {
    let mut values = texts(head, name);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(Some(text)), None) => Ok(Some(text.trim())),
        _ => Err(otherwise),
    }
}

/// Whether the client shows HTML to a person: whether it accepts HTML before JSON. Asked only where something is refused.
#[must_use]
pub fn wants_html(head: &Head) -> bool {
    let ranges = texts(head, "accept").flatten().flat_map(|accept| accept.split(','));
    let mut accepted = ranges
        .filter(|range| !range.replace(' ', "").ends_with(";q=0"))
        .map(|range| {
            let media_type = range.split(';').next().unwrap_or_default();
            media_type.trim().to_ascii_lowercase()
        });
    let first = accepted.find(|media_type| media_type == "text/html" || media_type.ends_with("json"));
    first.is_some_and(|media_type| media_type == "text/html")
}

fn content_length(head: &Head) -> Result<Option<u64>, Ambiguity> {
    let Some(text) = one(head, "content-length", Ambiguity::ContentLength)? else {
        return Ok(None);
    };
    let chunked = head.values.iter().any(|(name, _)| *name == "transfer-encoding");
    if chunked || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Ambiguity::ContentLength);
    }
    text.parse().map(Some).map_err(|_| Ambiguity::ContentLength)
}

fn check_transfer_encoding(head: &Head) -> Result<(), Ambiguity> {
    let coding = one(head, "transfer-encoding", Ambiguity::TransferEncoding)?;
    match coding {
        Some(coding) if !coding.eq_ignore_ascii_case("chunked") => Err(Ambiguity::TransferEncoding),
        _ => Ok(()),
    }
}

fn connection_names(head: &Head) -> Result<Vec<String>, Ambiguity> {
    let mut names = Vec::new();
    for value in texts(head, "connection") {
        let value = value.ok_or(Ambiguity::Headers)?;
        names.extend(
            value
                .split(',')
                .map(|name| name.trim().to_ascii_lowercase())
                .filter(|name| !name.is_empty()),
        );
    }
    if names.len() > HEADER_NAMES_MAX {
        Err(Ambiguity::Headers)
    } else {
        Ok(names)
    }
}

#[cfg(test)]
mod tests;
