//! What may be tried again, and what comes of a request that is not.
//!
//! Promises: what may have reached a service is sent once more only where doing it twice is the same as doing it once (RFC
//! 9110 section 9.2.2). Any other request is repeated only where nothing of it was sent.
//!
//! | what came | idempotent methods | others |
//! | --- | --- | --- |
//! | no connection | again | again |
//! | no answer in time, broken off, or nobody can tell | again | never |
//! | 502, 503, 504 | again | never |
//! | 429 of Cloud Run's, for want of an instance | again | never |
//! | the client broke off, or its body is too long | never | never |
//! | any other answer | never | never |

pub mod pace;

use crate::{host::SendFault, rejection::Rejection};

/// Whether doing it several times is meant to be the same as doing it once (RFC 9110 section 9.2.2). Methods are written in
/// one way only; one that is not known is not idempotent. A change with a precondition (section 13.1) is not: the second
/// would be told that the first has come in between.
#[must_use]
pub fn is_idempotent(method: &str, header_names: &[String]) -> bool {
    let preconditions = ["if-match", "if-none-match", "if-unmodified-since"];
    match method {
        "GET" | "HEAD" | "OPTIONS" | "TRACE" => true,
        "PUT" | "DELETE" => !header_names.iter().any(|name| preconditions.contains(&name.as_str())),
        _ => false,
    }
}

/// Whether a request may be sent again after this fault.
#[must_use]
pub fn may_follow_fault(fault: &SendFault, idempotent: bool) -> bool {
    match fault {
        SendFault::Refused(_) | SendFault::ConnectTimeout(_) => true,
        SendFault::Unclear(_) | SendFault::Timeout(_) | SendFault::Reset(_) => idempotent,
        // Sent elsewhere these would end likewise.
        SendFault::NotSent(_) | SendFault::BodyTooLarge | SendFault::ClientBroke(_) => false,
    }
}

/// Whether a request may be sent again after an answer with this status. `no_instance` is whether it is Cloud Run that says
/// so, for want of an instance, and is asked only where it matters. A service's own 429 is its word to the client.
#[must_use]
pub fn may_follow_answer(status: u16, idempotent: bool, no_instance: bool) -> bool {
    match status {
        502..=504 => idempotent,
        429 => idempotent && no_instance,
        _ => false,
    }
}

/// Whether an answer says that the endpoint, and not the request, is at fault.
#[must_use]
pub fn is_failure(status: u16) -> bool {
    matches!(status, 502..=504)
}

/// Whether a fault says that the endpoint is at fault.
#[must_use]
pub fn is_endpoints(fault: &SendFault) -> bool {
    match fault {
        SendFault::Refused(_)
        | SendFault::ConnectTimeout(_)
        | SendFault::Unclear(_)
        | SendFault::Timeout(_)
        | SendFault::Reset(_) => true,
        SendFault::NotSent(_) | SendFault::BodyTooLarge | SendFault::ClientBroke(_) => false,
    }
}

/// What the client gets where a fault is the end of it. `bytes_max` is the longest body that the service takes.
#[must_use]
pub fn rejection(fault: SendFault, bytes_max: u64) -> Rejection {
    match fault {
        SendFault::NotSent(why) => Rejection::Misconfigured(why),
        SendFault::Refused(why) | SendFault::Unclear(why) => Rejection::UpstreamRefused(why),
        SendFault::Timeout(why) | SendFault::ConnectTimeout(why) => Rejection::UpstreamTimeout(why),
        SendFault::Reset(why) => Rejection::UpstreamReset(why),
        SendFault::BodyTooLarge => Rejection::BodyTooLarge { bytes_max },
        SendFault::ClientBroke(why) => Rejection::ClientBroke(why),
    }
}

/// The word for a fault in the log: the code that it would end with.
#[must_use]
pub fn word(fault: &SendFault) -> &'static str {
    rejection(fault.clone(), 0).verdict().code
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: &[(&str, bool)] = &[
        ("GET", true),
        ("HEAD", true),
        ("OPTIONS", true),
        ("TRACE", true),
        ("PUT", true),
        ("DELETE", true),
        ("POST", false),
        ("PATCH", false),
        ("CONNECT", false),
        ("PROPFIND", false),
        ("get", false),
        ("", false),
    ];

    #[test]
    fn what_may_be_done_twice() {
        for (method, expected) in METHODS {
            assert_eq!(is_idempotent(method, &[]), *expected, "{method}");
        }
        let conditional = ["if-match".to_owned()];
        assert!(is_idempotent("GET", &conditional));
        assert!(!is_idempotent("PUT", &conditional) && !is_idempotent("DELETE", &conditional));
    }

    #[test]
    fn faults_after_which_a_request_goes_out_again() {
        let why = || "why".to_owned();
        // Again for idempotent methods, again for others, counted by the breaker, and what it is called.
        for (fault, idempotent, other, counted, code) in [
            (SendFault::NotSent(why()), false, false, false, "misconfigured"),
            (SendFault::Refused(why()), true, true, true, "upstream-refused"),
            (SendFault::ConnectTimeout(why()), true, true, true, "upstream-timeout"),
            (SendFault::Unclear(why()), true, false, true, "upstream-refused"),
            (SendFault::Timeout(why()), true, false, true, "upstream-timeout"),
            (SendFault::Reset(why()), true, false, true, "upstream-reset"),
            (SendFault::BodyTooLarge, false, false, false, "body-too-large"),
            (SendFault::ClientBroke(why()), false, false, false, "body-broken"),
        ] {
            assert_eq!(may_follow_fault(&fault, true), idempotent, "{fault:?}");
            assert_eq!(may_follow_fault(&fault, false), other, "{fault:?}");
            assert_eq!(is_endpoints(&fault), counted, "{fault:?}");
            assert!(!other || fault.nothing_sent(), "{fault:?} may have been sent");
            assert_eq!(rejection(fault, 7).verdict().code, code);
        }
    }

    #[test]
    fn answers_after_which_a_request_goes_out_again() {
        for status in 100..600 {
            let (again, counted) = match status {
                502..=504 => ([true, true, false, false], true),
                429 => ([false, true, false, false], false),
                _ => ([false; 4], false),
            };
            let cases = [(true, false), (true, true), (false, false), (false, true)];
            let got = cases.map(|(idempotent, no_instance)| may_follow_answer(status, idempotent, no_instance));
            assert_eq!(got, again, "{status}");
            assert_eq!(is_failure(status), counted, "{status}");
        }
    }
}
