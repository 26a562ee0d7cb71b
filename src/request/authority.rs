//! The host that a client asks for, in one spelling.
//!
//! Promises: lower case, no user information, a numeric port or none. Refuses what is not a DNS name or an address.

use std::net::Ipv6Addr;

use crate::request::ambiguity::Ambiguity;

/// The longest host name (RFC 1035 section 2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// A host and perhaps a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// Reads the value of `Host` (RFC 9110 section 7.2).
    ///
    /// # Errors
    /// [`Ambiguity::Host`].
    pub fn parse(text: &str) -> Result<Self, Ambiguity> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']').ok_or(Ambiguity::Host)?;
                let address: Ipv6Addr = address.parse().map_err(|_| Ambiguity::Host)?;
                (format!("[{address}]"), after)
            }
            None => {
                let end = text.find(':').unwrap_or(text.len());
                let (name, after) = text.split_at(end);
                (dns_name(name)?, after)
            }
        };
        Ok(Self {
            host,
            port: parse_port(port)?,
        })
    }

    /// The host, lower-case; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host and port as they are named to the service in `X-Forwarded-Host`.
    #[must_use]
    pub fn text(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

fn dns_name(name: &str) -> Result<String, Ambiguity> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let dots_in_place = !name.starts_with('.') && !name.ends_with('.') && !name.contains("..");
    if name.is_empty() || name.len() > HOST_BYTES_MAX || !name.bytes().all(allowed) || !dots_in_place {
        return Err(Ambiguity::Host);
    }
    let name = name.to_ascii_lowercase();
    // Names with an international or a numeric label have rules of their own. A home may end the program over a URL
    // that its parser refuses, so what passes here must pass there.
    let special = |label: &str| label.starts_with("xn--") || label.starts_with(|first: char| first.is_ascii_digit());
    if name.split('.').any(special) && url::Host::parse(&name).is_err() {
        return Err(Ambiguity::Host);
    }
    Ok(name)
}

fn parse_port(after_host: &str) -> Result<Option<u16>, Ambiguity> {
    if after_host.is_empty() {
        return Ok(None);
    }
    let digits = after_host.strip_prefix(':').ok_or(Ambiguity::Host)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Ambiguity::Host);
    }
    digits.parse().map(Some).map_err(|_| Ambiguity::Host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_have_one_spelling() {
        for (name, raw, host, text) in [
            ("lower case", "API.Example.com", "api.example.com", "api.example.com"),
            (
                "port",
                "api.example.com:8443",
                "api.example.com",
                "api.example.com:8443",
            ),
            ("IPv4", "127.0.0.1:7676", "127.0.0.1", "127.0.0.1:7676"),
            ("numeric label", "1.example", "1.example", "1.example"),
            (
                "international",
                "xn--mnchen-3ya.example",
                "xn--mnchen-3ya.example",
                "xn--mnchen-3ya.example",
            ),
            ("IPv6", "[0:0::1]:80", "[::1]", "[::1]:80"),
        ] {
            let parsed = Authority::parse(raw).unwrap_or_else(|why| panic!("{name}: {why:?}"));
            assert_eq!((parsed.host(), parsed.text().as_str()), (host, text), "{name}");
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for raw in [
            "",
            ".",
            "a..b",
            "example.com.",
            "a b",
            "u@example.com",
            "a:",
            "a:x",
            "a:+1",
            "a:70000",
            "xn--",
            "XN--a.example",
            "a.1",
            "256.0.0.1",
            "0x.0x1ffffffff",
            "[v1.x]",
            "[::1",
            "[x]",
            "a/b",
            "é",
        ] {
            assert_eq!(Authority::parse(raw), Err(Ambiguity::Host), "{raw}");
        }
    }
}
