//! What a client offers for the gateway to take over: its trace, its identifier for the request, another protocol.
//!
//! Promises: each is taken in its well-formed form alone, else as if it had not come; nothing here refuses a request.

use crate::request::trace::Parent;

/// The longest `tracestate` that goes along, in bytes (W3C Trace Context section 3.3.1.5 asks for 512 at least).
const TRACE_STATE_BYTES_MAX: usize = 512;

/// How long an identifier of a client's may be, in bytes.
const REQUEST_ID_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// What a client offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered {
    /// The trace that the request belongs to (W3C Trace Context).
    pub parent: Option<Parent>,
    /// Whether its `tracestate` may go along: it belongs to a trace that is continued, and is short enough.
    pub trace_state: bool,
    /// The client's own identifier for the request (`X-Request-Id`).
    pub request_id: Option<String>,
    /// Whether the connection is to become a WebSocket (RFC 6455 section 4.1).
    pub websocket: bool,
}

impl Offered {
    /// Reads what is offered. `values` gives all values of a header as text, or nothing where one is no text.
    pub(super) fn read<'h>(connection_names: &[String], values: impl Fn(&'static str) -> Option<Vec<&'h str>>) -> Self {
        let one = |name| match values(name)?.as_slice() {
            [value] => Some(value.trim()),
            _ => None,
        };
        let parent = one("traceparent").and_then(Parent::parse);
        let upgrade = connection_names.iter().any(|name| name == "upgrade");
        Self {
            parent,
            trace_state: parent.is_some() && values("tracestate").is_some_and(|values| is_short(&values)),
            request_id: one("x-request-id").filter(|id| is_identifier(id)).map(str::to_owned),
            websocket: upgrade && values("upgrade").is_some_and(|values| names_websocket(&values)),
        }
    }
}

/// Several are one list (W3C Trace Context section 3.3.1).
fn is_short(values: &[&str]) -> bool {
    values.iter().map(|value| value.len() + 1).sum::<usize>() <= TRACE_STATE_BYTES_MAX + 1
}

fn is_identifier(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    REQUEST_ID_BYTES.contains(&text.len()) && text.bytes().all(allowed)
}

/// `Upgrade` is a list of protocols, each perhaps with a version (RFC 9110 section 7.8).
fn names_websocket(values: &[&str]) -> bool {
    let mut protocols = values.iter().flat_map(|value| value.split(','));
    protocols.any(|protocol| {
        let name = protocol.split('/').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case("websocket")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn offered(connection: &[&str], sent: &[(&'static str, &'static str)]) -> Offered {
        let connection: Vec<String> = connection.iter().map(|&name| name.to_owned()).collect();
        Offered::read(&connection, |name| {
            let values = sent.iter().filter(|(found, _)| *found == name);
            Some(values.map(|(_, value)| *value).collect())
        })
    }

    #[test]
    fn request_ids_are_taken_over_in_one_form() {
        const SIXTY_FOUR: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
        for (name, sent, taken) in [
            ("a UUID", vec!["2f1c0a52-77aa-4c0e-9a39-2f2a4d6f1b10"], true),
            ("16 letters", vec!["abcdefghijklmnop"], true),
            ("64 of all kinds", vec![SIXTY_FOUR], true),
            ("none", vec![], false),
            ("15 letters", vec!["abcdefghijklmno"], false),
            (
                "65 letters",
                vec!["aabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"],
                false,
            ),
            ("two", vec!["abcdefghijklmnop", "abcdefghijklmnop"], false),
            ("a list", vec!["abcdefghijklmnop,abcdefghijklmnop"], false),
            ("a line end", vec!["abcdefghijklmnop\r\nx"], false),
            ("another letter", vec!["abcdefghijklmnopä"], false),
            ("markup", vec!["<b>abcdefghijklmnop"], false),
        ] {
            let headers: Vec<_> = sent.iter().map(|&value| ("x-request-id", value)).collect();
            let expected = taken.then(|| sent[0].to_owned());
            assert_eq!(offered(&[], &headers).request_id, expected, "{name}");
        }
    }

    #[test]
    fn a_websocket_is_asked_for_in_two_headers() {
        for (name, connection, upgrade, asked) in [
            ("both", vec!["upgrade"], vec!["websocket"], true),
            ("in capitals", vec!["keep-alive", "upgrade"], vec!["WebSocket"], true),
            ("with a version", vec!["upgrade"], vec!["websocket/13"], true),
            ("in a list", vec!["upgrade"], vec!["h2c, websocket"], true),
            ("in two headers", vec!["upgrade"], vec!["h2c", "websocket"], true),
            ("another protocol", vec!["upgrade"], vec!["h2c"], false),
            ("not named in Connection", vec!["keep-alive"], vec!["websocket"], false),
            ("no Upgrade", vec!["upgrade"], vec![], false),
            ("another name", vec!["upgrade"], vec!["websocket2"], false),
        ] {
            let headers: Vec<_> = upgrade.iter().map(|&value| ("upgrade", value)).collect();
            assert_eq!(offered(&connection, &headers).websocket, asked, "{name}");
        }
    }

    #[test]
    fn a_trace_state_goes_along_with_its_trace_alone() {
        const LONG: &str = const {
            const BYTES: [u8; 512] = [b'a'; 512];
            match std::str::from_utf8(&BYTES) {
                Ok(text) => text,
                Err(_) => "",
            }
        };
        for (name, sent, kept) in [
            (
                "with its trace",
                vec![("traceparent", PARENT), ("tracestate", "a=1")],
                true,
            ),
            ("512 bytes", vec![("traceparent", PARENT), ("tracestate", LONG)], true),
            (
                "513 bytes in two",
                vec![("traceparent", PARENT), ("tracestate", LONG), ("tracestate", "")],
                false,
            ),
            ("without a trace", vec![("tracestate", "a=1")], false),
            (
                "with a trace that is none",
                vec![("traceparent", "00-0-0-0"), ("tracestate", "a=1")],
                false,
            ),
            (
                "with two",
                vec![("traceparent", PARENT), ("traceparent", PARENT), ("tracestate", "a=1")],
                false,
            ),
        ] {
            assert_eq!(offered(&[], &sent).trace_state, kept, "{name}");
        }
    }
}
