//! How often and how long a service is tried, and what it takes.

use crate::policy::{
    compile::actions::is_header_name,
    problem::Problems,
    site::service::{Attempts, REQUEST_BYTES_MAX_DEFAULT},
    source::service::Service,
};

/// The most times that a request is sent. The platform allows 32 sends a request, and this gateway 8, of which the
/// tokens and keys that a request may need take some.
const ATTEMPTS_MAX: u8 = 4;

/// The longest that an endpoint is left alone, in milliseconds.
const OPEN_MS_MAX: u32 = 300_000;

pub(super) fn attempts(place: &str, written: &Service, problems: &mut Problems) -> Attempts {
    let default = Attempts::default();
    // Who lets a service take longer has said so once, and need not say it twice.
    let first_byte_ms = written.timeouts.first_byte.map_or(0, |time| time.0);
    let attempts = Attempts {
        deadline_ms: written
            .deadline
            .map_or(default.deadline_ms.max(first_byte_ms), |time| time.0),
        attempts_max: written.retries.attempts.unwrap_or(default.attempts_max),
        retries_max: written.retries.budget.unwrap_or(default.retries_max),
        failures_max: written.breaker.failures.unwrap_or(default.failures_max),
        open_ms: written.breaker.open.map_or(default.open_ms, |time| time.0),
    };
    if !(1..=ATTEMPTS_MAX).contains(&attempts.attempts_max) {
        problems.add(
            format!("{place}.retries.attempts"),
            format!("{} is not from 1 to {ATTEMPTS_MAX}", attempts.attempts_max),
            "write 1 for no retries",
        );
    }
    if attempts.deadline_ms == 0 {
        problems.add(
            format!("{place}.deadline"),
            "leaves no time at all",
            "leave it out, or write it as in `\"20s\"`",
        );
    }
    if !(1_000..=OPEN_MS_MAX).contains(&attempts.open_ms) {
        problems.add(
            format!("{place}.breaker.open"),
            "is not from 1 s to 5 m",
            "write it as in `\"10s\"`; `failures = 0` leaves no endpoint alone",
        );
    }
    attempts
}

pub(super) fn request_bytes_max(place: &str, written: &Service, problems: &mut Problems) -> u64 {
    let bytes = written.request_bytes_max.unwrap_or(REQUEST_BYTES_MAX_DEFAULT);
    if bytes == 0 {
        problems.add(
            format!("{place}.request_bytes_max"),
            "leaves no room for any body",
            "give bytes, as in `request_bytes_max = 1_048_576`, or name the `methods` of the routes",
        );
    }
    bytes
}

pub(super) fn sticky_cookie(place: &str, written: &Service, problems: &mut Problems) -> Option<String> {
    let name = written.sticky_cookie.clone()?;
    // RFC 6265 section 4.1.1: a cookie's name is a token, as a header's is, but with regard to case.
    if !is_header_name(&name.to_ascii_lowercase()) {
        problems.add(
            format!("{place}.sticky_cookie"),
            format!("`{name}` can't be a cookie's name (RFC 6265 section 4.1.1)"),
            "give the name alone, as in `session`",
        );
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::source::{duration::Milliseconds, service::Timeouts};

    #[test]
    fn a_deadline_that_is_not_written_leaves_room_for_one_attempt() {
        for (first_byte_ms, deadline_ms, expected) in [
            (None, None, 30_000),
            (Some(5_000), None, 30_000),
            (Some(60_000), None, 60_000),
            (Some(60_000), Some(20_000), 20_000),
        ] {
            let written = Service {
                timeouts: Timeouts {
                    first_byte: first_byte_ms.map(Milliseconds),
                    ..Timeouts::default()
                },
                deadline: deadline_ms.map(Milliseconds),
                ..toml::from_str("invoker = \"a@b.example\"").unwrap()
            };
            let mut problems = Problems::default();
            let attempts = attempts("services.orders", &written, &mut problems);
            assert_eq!(attempts.deadline_ms, expected, "{first_byte_ms:?}, {deadline_ms:?}");
        }
    }
}
