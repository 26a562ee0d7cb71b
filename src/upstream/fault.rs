//! What a failed send means, from what the platform says of it.
//!
//! Promises: [`SendFault::Refused`] and [`SendFault::ConnectTimeout`] only where it is certain that nothing was sent, since
//! whoever reads them sends the request elsewhere, whatever its method.

use crate::{host::SendFault, upstream::send::Timeouts};

/// What a platform can say of a send that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The request can't be sent by this platform as it is.
    Unsendable,
    /// There is no connection: name, route, port, or the certificate.
    NoConnection,
    /// There was no connection in time.
    NoConnectionInTime,
    /// The connection broke, or what came over it was not HTTP or too large.
    Broken,
    /// There was no response in time.
    NoResponseInTime,
    /// That it failed, and no more.
    Nothing,
}

/// The fault, after so many milliseconds since the send began; `text` is for the log.
///
/// Viceroy 0.22 says [`Said::Nothing`] of all of these: refused, unroutable or unknown destinations, TLS that was not
/// agreed on, a connection that was reset before the response's head, and no head within `first_byte`, which counts from
/// the beginning of the connection. A connection that was closed in good order before the head is [`Said::Broken`] there,
/// and so is garbage. A head that is late is told by the time that has passed.
#[must_use]
pub fn fault(said: Said, elapsed_ms: u64, timeouts: &Timeouts, text: String) -> SendFault {
    match said {
        Said::Unsendable => SendFault::NotSent(text),
        Said::NoConnection => SendFault::Refused(text),
        Said::NoConnectionInTime => SendFault::ConnectTimeout(text),
        Said::Broken => SendFault::Reset(text),
        Said::NoResponseInTime => SendFault::Timeout(text),
        Said::Nothing if elapsed_ms >= u64::from(timeouts.first_byte_ms) => SendFault::Timeout(text),
        Said::Nothing => SendFault::Unclear(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_as_certain_as_what_the_platform_says() {
        let timeouts = Timeouts {
            connect_ms: 100,
            first_byte_ms: 700,
            between_bytes_ms: 50,
        };
        for (name, said, elapsed_ms, expected, nothing_sent) in [
            (
                "unsendable",
                Said::Unsendable,
                0,
                SendFault::NotSent as fn(String) -> SendFault,
                true,
            ),
            ("refused", Said::NoConnection, 3, SendFault::Refused, true),
            ("refused late", Said::NoConnection, 900, SendFault::Refused, true),
            (
                "no connection",
                Said::NoConnectionInTime,
                100,
                SendFault::ConnectTimeout,
                true,
            ),
            ("broken", Said::Broken, 5, SendFault::Reset, false),
            ("broken late", Said::Broken, 900, SendFault::Reset, false),
            ("no response", Said::NoResponseInTime, 700, SendFault::Timeout, false),
            ("nothing said at once", Said::Nothing, 0, SendFault::Unclear, false),
            (
                "nothing said after connecting",
                Said::Nothing,
                100,
                SendFault::Unclear,
                false,
            ),
            (
                "nothing said just in time",
                Said::Nothing,
                699,
                SendFault::Unclear,
                false,
            ),
            ("nothing said in time", Said::Nothing, 700, SendFault::Timeout, false),
            (
                "nothing said for long",
                Said::Nothing,
                60_000,
                SendFault::Timeout,
                false,
            ),
        ] {
            let found = fault(said, elapsed_ms, &timeouts, "why".to_owned());
            assert_eq!(found, expected("why".to_owned()), "{name}");
            assert_eq!(found.nothing_sent(), nothing_sent, "{name}");
        }
    }
}
