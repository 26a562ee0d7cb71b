//! Hosts of a policy: `api.example.com`, and `*.example.com` for every name with one label more.

use serde::{Deserialize, Serialize};

use crate::request::authority::Authority;

/// A host, or all hosts of one label more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HostPattern {
    /// This host, lower-case.
    Exact(String),
    /// Every host that has one label before this, which begins with a dot.
    OneLabelBefore(String),
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, wildcard) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text, false),
        };
        match Authority::parse(name) {
            Ok(authority) if authority.text() == authority.host() && !(wildcard && name.starts_with('[')) => {
                let host = authority.host();
                Ok(match wildcard {
                    true => Self::OneLabelBefore(format!(".{host}")),
                    false => Self::Exact(host.to_owned()),
                })
            }
            _ => Err(format!("`{text}` is not a host name")),
        }
    }

    /// Whether the pattern takes this host.
    #[must_use]
    pub fn takes(&self, host: &str) -> bool {
        match self {
            Self::Exact(own) => own == host,
            Self::OneLabelBefore(suffix) => host
                .strip_suffix(suffix.as_str())
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
        }
    }

    /// Whether every host that `other` takes is taken too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match other {
            Self::Exact(host) => self.takes(host),
            Self::OneLabelBefore(_) => self == other,
        }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Exact(host) => host.clone(),
            Self::OneLabelBefore(suffix) => format!("*{suffix}"),
        }
    }
}

/// `.example.com` of `api.example.com`: how a pattern that takes the host would end.
#[must_use]
pub fn after_first_label(host: &str) -> Option<&str> {
    let at = host.find('.')?;
    host.get(at..)
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_hosts() {
        for (pattern, host, taken) in [
            ("API.example.com", "api.example.com", true),
            ("api.example.com", "x.api.example.com", false),
            ("*.example.com", "api.example.com", true),
            ("*.example.com", "a.api.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "apiexample.com", false),
        ] {
            assert_eq!(
                HostPattern::parse(pattern).unwrap().takes(host),
                taken,
                "{pattern} {host}"
            );
        }
        for text in [
            "",
            "*",
            "*.",
            "a.*",
            "*a.example",
            "a.example:80",
            "a/b",
            "*.[::1]",
            "*.*.example",
        ] {
            assert!(HostPattern::parse(text).is_err(), "{text}");
        }
    }
}
