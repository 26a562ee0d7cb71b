//! Messages to the world, as plain data: what is sent where, and what came back.
//!
//! Promises: a destination that is not on this machine is always TLS, and its name is certificate host, SNI and `Host`
//! at once; the three can't be set apart.

use std::{borrow::Cow, fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::secret::Secret;

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "EndpointParts", into = "EndpointParts")]
pub struct Endpoint {
    tls: bool,
    host: String,
    port: u16,
}

/// An endpoint as it is stored: taken apart already, since a URL parser costs more than all else that reads a route.
#[derive(Serialize, Deserialize)]
struct EndpointParts(bool, String, u16);

impl Endpoint {
    /// Reads an origin: scheme, host and perhaps a port, without path, query or user.
    ///
    /// # Errors
    /// What is wrong and what to write instead. Plain `http` is taken only for this machine (`127.0.0.1`, `[::1]`,
    /// `localhost`), where the local world lives.
    pub fn parse(origin: &str) -> Result<Self, String> {
        let (endpoint, rest) = Self::split(origin)?;
        match rest.as_str() {
            "/" => Ok(endpoint),
            _ => Err(format!(
                "`{origin}` has a path or query; give the origin only, as in `https://host`"
            )),
        }
    }

    /// Reads a URL and gives its origin, and its path and query.
    ///
    /// # Errors
    /// As [`Endpoint::parse`].
    pub fn split(text: &str) -> Result<(Self, String), String> {
        let url = url::Url::parse(text).map_err(|why| format!("`{text}` is not a URL: {why}"))?;
        let host = url.host_str().ok_or_else(|| format!("`{text}` has no host"))?;
        let tls = match url.scheme() {
            "https" => true,
            "http" if is_local(host) => false,
            _ => {
                return Err(format!(
                    "`{text}` is not https; only services on this machine may be plain http"
                ));
            }
        };
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("a URL of a service has no user, password or fragment".to_owned());
        }
        let port = url
            .port_or_known_default()
            .ok_or_else(|| format!("`{text}` has no port"))?;
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok((
            Self {
                tls,
                host: host.to_owned(),
                port,
            },
            target,
        ))
    }

    /// Whether the connection is TLS.
    #[must_use]
    pub fn tls(&self) -> bool {
        self.tls
    }

    /// Host name or address: certificate host, SNI and, with a port that is not the scheme's own, `Host`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host and port to connect to.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The value of `Host` for this endpoint.
    #[must_use]
    pub fn host_header(&self) -> String {
        if self.port == if self.tls { 443 } else { 80 } {
            self.host.clone()
        } else {
            self.address()
        }
    }

    /// Scheme, host and port as an origin.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.host_header())
    }
}

impl Endpoint {
    /// Another host at the same port, by TLS.
    pub(super) fn tls_at(&self, host: String) -> Self {
        Self {
            tls: true,
            host,
            port: self.port,
        }
    }
}

impl TryFrom<EndpointParts> for Endpoint {
    type Error = String;

    fn try_from(EndpointParts(tls, host, port): EndpointParts) -> Result<Self, String> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._[]:".contains(&byte);
        match !host.is_empty() && host.bytes().all(allowed) && (tls || is_local(&host)) {
            true => Ok(Self { tls, host, port }),
            false => Err("an endpoint is neither TLS nor local, or has no host".to_owned()),
        }
    }
}

impl From<Endpoint> for EndpointParts {
    fn from(endpoint: Endpoint) -> Self {
        Self(endpoint.tls, endpoint.host, endpoint.port)
    }
}

/// Whether a host is this machine.
fn is_local(host: &str) -> bool {
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: IpAddr| ip.is_loopback())
}

/// How long to wait for a service, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Timeouts {
    /// For the connection, TLS included.
    pub connect_ms: u32,
    /// From the connection to the first byte of the response.
    pub first_byte_ms: u32,
    /// Between two parts of the response.
    pub between_bytes_ms: u32,
}

impl Default for Timeouts {
    /// The platform's own defaults (Fastly backend reference): 1 s, 15 s, 10 s.
    fn default() -> Self {
        Self {
            connect_ms: 1_000,
            first_byte_ms: 15_000,
            between_bytes_ms: 10_000,
        }
    }
}

/// An endpoint with its timeouts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Destination {
    /// A name for people, such as the service's; logs and platforms show it.
    pub name: String,
    /// Where to connect.
    pub endpoint: Endpoint,
    /// How long to wait.
    pub timeouts: Timeouts,
}

/// Changes to the headers of a message, applied in order: first all removals, then all settings.
#[derive(Debug, Clone, Default)]
pub struct HeaderEdits {
    /// Names to remove, every value of each.
    pub remove: Vec<String>,
    /// Names to set to exactly one value.
    pub set: Vec<(Cow<'static, str>, Secret<String>)>,
}

/// The client's request on its way to a service. Method and body are the client's.
#[derive(Clone)]
pub struct Outbound {
    /// Where it goes.
    pub destination: Destination,
    /// The canonical path and query, which replace what the client sent.
    pub target: String,
    /// Changes to the client's headers.
    pub edits: HeaderEdits,
    /// The longest body that the service takes, in bytes.
    pub body_bytes_max: u64,
    /// Whether the same request may be sent once more, so that what is needed for that is kept.
    pub repeatable: bool,
}

/// The longest body that is kept for a repetition, in bytes.
pub const KEPT_BYTES_MAX: usize = 65_536;

impl fmt::Debug for Outbound {
    /// Without the query: people put tokens there.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        formatter
            .debug_struct("Outbound")
            .field("destination", &self.destination)
            .field("path", &path)
            .field("edits", &self.edits)
            .finish()
    }
}

/// A service's response, of which only the head has been seen.
#[derive(Debug)]
pub struct Inbound<R> {
    /// The HTTP status.
    pub status: u16,
    /// The names of all headers, lower-case.
    pub header_names: Vec<String>,
    /// The values of `Connection`.
    pub connection: Vec<String>,
    /// The response as the platform holds it.
    pub response: R,
}

/// A small request of our own.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where it goes.
    pub destination: Destination,
    /// Path and query.
    pub target: String,
    /// What is asked.
    pub ask: Ask,
    /// The value of `Authorization`, if there is one.
    pub authorization: Option<Secret<String>>,
    /// The most bytes of the answer that are read; a longer one is a fault.
    pub body_bytes_max: usize,
}

/// How long the body of an answer to a [`Call`] may take, in milliseconds: between two parts of it little may pass, but
/// parts may be small and many.
pub const CALL_BODY_MS_MAX: u64 = 2_000;

/// What a [`Call`] asks. Both accept JSON.
#[derive(Debug, Clone)]
pub enum Ask {
    /// `GET`.
    Get,
    /// `POST` with a form (`application/x-www-form-urlencoded`).
    Form(Vec<(&'static str, Secret<String>)>),
    /// `POST` with JSON.
    Json(String),
}

/// The answer to a [`Call`].
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub body: Secret<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_safe_or_local() {
        for (name, text, origin) in [
            (
                "Cloud Run",
                "https://orders-1.europe-west1.run.app",
                Some("https://orders-1.europe-west1.run.app"),
            ),
            ("default port goes", "https://a.example:443/", Some("https://a.example")),
            (
                "other port stays",
                "https://a.example:8443",
                Some("https://a.example:8443"),
            ),
            (
                "loopback may be plain",
                "http://127.0.0.1:8080",
                Some("http://127.0.0.1:8080"),
            ),
            ("loopback v6", "http://[::1]:8080", Some("http://[::1]:8080")),
            ("localhost", "http://localhost:1", Some("http://localhost:1")),
            ("plain elsewhere", "http://a.example", None),
            ("looks local", "http://127.0.0.1.example", None),
            ("path", "https://a.example/x", None),
            ("query", "https://a.example/?x", None),
            ("user", "https://u:p@a.example", None),
            ("other scheme", "ftp://a.example", None),
            ("nothing", "", None),
        ] {
            assert_eq!(
                Endpoint::parse(text).ok().map(|endpoint| endpoint.origin()).as_deref(),
                origin,
                "{name}"
            );
        }
    }

    #[test]
    fn host_names_its_port_unless_it_is_the_schemes_own() {
        let header = |text: &str| Endpoint::parse(text).unwrap().host_header();
        assert_eq!(header("https://a.example"), "a.example");
        assert_eq!(header("http://127.0.0.1:8080"), "127.0.0.1:8080");
    }
}
