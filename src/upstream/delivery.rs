//! How the body of a service's response goes to the client, and how that ended.
//!
//! Promises: a body that breaks off is never given as a whole one. A body is copied through the program, which is how the
//! log knows its length and its end, as long as that is cheap; the rest is left to the platform, which breaks a stream
//! off as well but tells nobody.

use crate::secret::Secret;

/// The most bytes of one body that are copied: what Cloud Run gives over HTTP/1 in one piece. More would use up the
/// processor time that the platform grants a request.
pub const COPIED_BYTES_MAX: u64 = 32 << 20;

/// How long one body is copied, in milliseconds. The platform ends a program after two minutes.
pub const COPIED_MS_MAX: u64 = 30_000;

/// The way of one body to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// There is none. `framed` keeps a `Content-Length` that tells of another answer (RFC 9110 section 8.6).
    Bodiless {
        /// Whether the response has a `Content-Length` to be kept.
        framed: bool,
    },
    /// It is copied piece by piece.
    Copied {
        /// Its length in bytes, where the service has declared it.
        length: Option<u64>,
        /// Whether all of it is copied, however long it is.
        to_the_end: bool,
    },
    /// It is left to the platform from its first byte.
    Left,
}

/// What the way depends on.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Whether the client's method was `HEAD`.
    pub head: bool,
    /// The response's status.
    pub status: u16,
    /// Whether the service has answered before it had the whole request; the connection is needed until the end then.
    pub early: bool,
}

/// The way of a response's body; `names` are its headers' names and `values` gives the values of one of them.
///
/// A stream of server-sent events lives longer than a program may, so it is left to the platform.
#[must_use]
pub fn way(asked: Asked, names: &[String], values: impl Fn(&'static str) -> Vec<Secret<Vec<u8>>>) -> Way {
    let has = |name: &str| names.iter().any(|found| found == name);
    // With both, the length says nothing (RFC 9112 section 6.3).
    let length = match has("content-length") && !has("transfer-encoding") {
        true => length(&values("content-length")),
        false => None,
    };
    match asked.status {
        204 => Way::Bodiless { framed: false },
        304 => Way::Bodiless {
            framed: length.is_some(),
        },
        _ if asked.head => Way::Bodiless {
            framed: length.is_some(),
        },
        _ if asked.early => Way::Copied {
            length,
            to_the_end: true,
        },
        _ if length.is_none() && has("content-type") && events(&values("content-type")) => Way::Left,
        _ => Way::Copied {
            length,
            to_the_end: false,
        },
    }
}

fn length(values: &[Secret<Vec<u8>>]) -> Option<u64> {
    let [value] = values else {
        return None;
    };
    let text = std::str::from_utf8(value.expose()).ok()?;
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

fn events(types: &[Secret<Vec<u8>>]) -> bool {
    let events = b"text/event-stream";
    types.iter().any(|found| {
        let essence = found.expose().split(|byte| *byte == b';').next().unwrap_or_default();
        essence.trim_ascii().eq_ignore_ascii_case(events)
    })
}

/// How a body came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// All of it was handed to the platform for the client; so many bytes.
    Whole(u64),
    /// The platform has it; nobody knows how it ended.
    Left,
    /// The service broke it off.
    ServiceBroke {
        /// The bytes that the client was given.
        bytes: u64,
        /// What was wrong, in words for the log.
        why: String,
    },
    /// The client went away.
    ClientLeft {
        /// The bytes that the client was given.
        bytes: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_body() {
        let copied = |length, to_the_end| Way::Copied { length, to_the_end };
        let framed = |framed| Way::Bodiless { framed };
        let (get, head, early) = ((false, false), (true, false), (false, true));
        let json = ("content-type", "application/json");
        let events = ("content-type", "Text/Event-Stream ; charset=utf-8");
        let length = |length| ("content-length", length);
        let chunked = ("transfer-encoding", "chunked");
        for (name, (is_head, is_early), status, headers, expected) in [
            ("a length", get, 200, vec![length("12"), json], copied(Some(12), false)),
            ("no length", get, 200, vec![json], copied(None, false)),
            ("no header", get, 200, vec![], copied(None, false)),
            ("chunked", get, 200, vec![chunked], copied(None, false)),
            ("both", get, 200, vec![length("12"), chunked], copied(None, false)),
            (
                "two lengths",
                get,
                200,
                vec![length("12"), length("12")],
                copied(None, false),
            ),
            ("a list", get, 200, vec![length("12, 12")], copied(None, false)),
            ("a sign", get, 200, vec![length("+12")], copied(None, false)),
            ("an empty length", get, 200, vec![length("")], copied(None, false)),
            (
                "too long",
                get,
                200,
                vec![length("99999999999999999999")],
                copied(None, false),
            ),
            ("events", get, 200, vec![events], Way::Left),
            (
                "events with an end",
                get,
                200,
                vec![events, length("9")],
                copied(Some(9), false),
            ),
            ("early", early, 413, vec![length("2")], copied(Some(2), true)),
            ("early events", early, 200, vec![events], copied(None, true)),
            ("head", head, 200, vec![length("12")], framed(true)),
            ("head of a stream", head, 200, vec![events], framed(false)),
            ("no content", get, 204, vec![], framed(false)),
            ("no content, but a length", get, 204, vec![length("0")], framed(false)),
            ("not modified", get, 304, vec![length("12")], framed(true)),
            ("an error", get, 500, vec![length("12")], copied(Some(12), false)),
        ] {
            let names: Vec<String> = headers.iter().map(|(name, _)| (*name).to_owned()).collect();
            let values = |asked: &str| {
                let named = headers.iter().filter(|(name, _)| *name == asked);
                named.map(|(_, value)| Secret::new(value.as_bytes().to_vec())).collect()
            };
            let asked = Asked {
                head: is_head,
                status,
                early: is_early,
            };
            assert_eq!(way(asked, &names, values), expected, "{name}");
        }
    }
}
