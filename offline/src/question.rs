//! A question: one request, who sends it, from where and when.
//!
//! Promises: path and query are taken as they are written, so that a request which the gateway refuses as ambiguous can
//! be asked about too. A token in a question has no text form.

use std::net::IpAddr;

use serde_json::{Map, Value};
use tollgate::{
    policy::source::example::{Caller, Example},
    secret::Secret,
    time::WallClock,
};

/// A request, and its circumstances.
#[derive(Debug, Clone)]
pub struct Question {
    /// The method.
    pub method: String,
    /// The host, perhaps with a port; the policy's first where none is named.
    pub host: Option<String>,
    /// Path and query, as they are sent.
    pub target: String,
    /// Other headers, by name.
    pub headers: Vec<(String, String)>,
    /// Who asks.
    pub credential: Credential,
    /// The client's address.
    pub from: Option<IpAddr>,
    /// The country that the address is in.
    pub country: Option<String>,
    /// When.
    pub at: WallClock,
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Credential {
    /// Nobody.
    Nobody,
    /// Somebody with a good token that says this.
    Caller(Caller),
    /// Somebody with a good token of these claims; what every token has is added where it is missing.
    Claims(Map<String, Value>),
    /// Somebody with this token.
    Token(Secret<String>),
}

impl Question {
    /// What nobody in particular asks by `line`, as in `GET /v1/orders/7` or `GET https://api.example.com/v1/orders/7`.
    ///
    /// # Errors
    /// What is wrong with the line and how to write it.
    pub fn new(line: &str, at: WallClock) -> Result<Self, String> {
        let fault = || {
            format!(
                "`{line}` is no request; write it as in `GET https://api.example.com/v1/orders/7` or `GET /v1/orders/7`"
            )
        };
        let (method, url) = line.trim().split_once(' ').ok_or_else(fault)?;
        let (host, target) = host_and_target(url.trim()).ok_or_else(fault)?;
        Ok(Self {
            method: method.to_owned(),
            host,
            target,
            headers: Vec::new(),
            credential: Credential::Nobody,
            from: None,
            country: None,
            at,
        })
    }

    /// The client's address: for a country alone, one that stands for all there (RFC 5737 section 3).
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        let anywhere = || IpAddr::from([192, 0, 2, 1]);
        self.from.or_else(|| self.country.as_ref().map(|_| anywhere()))
    }

    /// What a policy's example asks; `now` stands for the time of one that names none.
    ///
    /// # Errors
    /// What can't be read of it.
    pub fn of_example(example: &Example, now: WallClock) -> Result<Self, String> {
        let at = example.at_time.as_deref().map_or(Ok(now), time)?;
        let from = example.from.as_deref().map(address).transpose()?;
        let headers = example.headers.iter();
        Ok(Self {
            headers: headers.map(|(name, value)| (name.clone(), value.clone())).collect(),
            credential: example.caller.clone().map_or(Credential::Nobody, Credential::Caller),
            from,
            country: example.country.clone(),
            ..Self::new(&example.request, at)?
        })
    }
}

/// A time as RFC 3339 writes it.
///
/// # Errors
/// That it is none.
pub fn time(text: &str) -> Result<WallClock, String> {
    let fault = || format!("`{text}` is no time; write it as in `2026-11-21T08:00:00Z`");
    let moment = humantime::parse_rfc3339_weak(text).map_err(|_| fault())?;
    let since_epoch = moment.duration_since(std::time::UNIX_EPOCH).map_err(|_| fault())?;
    let unix_ms = u64::try_from(since_epoch.as_millis()).map_err(|_| fault())?;
    Ok(WallClock { unix_ms })
}

/// An address.
///
/// # Errors
/// That it is none.
pub fn address(text: &str) -> Result<IpAddr, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no address; write it as in `203.0.113.9`"))
}

/// A URL taken apart as it is written: a URL parser would remove what the gateway is to judge.
fn host_and_target(url: &str) -> Option<(Option<String>, String)> {
    if url.starts_with('/') {
        return Some((None, url.to_owned()));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, target) = rest.split_at_checked(end)?;
    // RFC 9112 section 3.2.1: an empty path is sent as `/`.
    let target = match target.starts_with('/') {
        true => target.to_owned(),
        false => format!("/{target}"),
    };
    (!host.is_empty()).then(|| (Some(host.to_owned()), target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_are_written() {
        for (line, expected) in [
            ("GET /a", Some(("GET", None, "/a"))),
            ("GET https://a.example/b?c", Some(("GET", Some("a.example"), "/b?c"))),
            (
                "POST http://a.example:8080",
                Some(("POST", Some("a.example:8080"), "/")),
            ),
            ("GET https://a.example?c", Some(("GET", Some("a.example"), "/?c"))),
            (
                "GET https://a.example/b/../c%2f//",
                Some(("GET", Some("a.example"), "/b/../c%2f//")),
            ),
            ("  GET   /a ", Some(("GET", None, "/a"))),
            ("/a", None),
            ("GET", None),
            ("GET a", None),
            ("GET https:///a", None),
            ("", None),
        ] {
            let question = Question::new(line, WallClock { unix_ms: 0 }).ok();
            let read = question
                .as_ref()
                .map(|question| (&*question.method, question.host.as_deref(), &*question.target));
            assert_eq!(read, expected, "{line}");
        }
    }
}
