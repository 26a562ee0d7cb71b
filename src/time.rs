//! Points in time, as numbers that the host hands in.
//!
//! Promises: nothing here reads a clock, so every decision about time can be tested with literals.

use serde::{Deserialize, Serialize};

/// The last second of the year 9999. A later one in a token is a mistake, such as milliseconds.
pub const LAST_SECOND: u64 = 253_402_300_799;

/// Seconds since 1970-01-01T00:00:00Z, as JWTs count them (RFC 7519 section 2, `NumericDate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixSeconds(pub u64);

impl UnixSeconds {
    /// This time and `seconds` more; stops at the end of time instead of wrapping.
    #[must_use]
    pub fn plus_s(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// How many seconds lie between `self` and the later time `end`; 0 when `end` is not later.
    #[must_use]
    pub fn until_s(self, end: Self) -> u64 {
        end.0.saturating_sub(self.0)
    }
}

/// The wall clock at one moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallClock {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub unix_ms: u64,
}

impl WallClock {
    /// The same moment in whole seconds.
    #[must_use]
    pub fn seconds(self) -> UnixSeconds {
        UnixSeconds(self.unix_ms / 1000)
    }

    /// The same moment as RFC 3339 text in UTC with milliseconds, as Cloud Logging reads the field `time`.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let since_epoch = std::time::Duration::from_millis(self.unix_ms);
        match std::time::UNIX_EPOCH.checked_add(since_epoch) {
            // The formatter refuses years past 9999, which the cap keeps away.
            Some(moment) if self.unix_ms < 253_402_300_800_000 => humantime::format_rfc3339_millis(moment).to_string(),
            _ => String::from("9999-12-31T23:59:59.999Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_has_milliseconds_and_never_fails() {
        assert_eq!(
            WallClock {
                unix_ms: 1_795_248_000_042
            }
            .rfc3339(),
            "2026-11-21T08:00:00.042Z"
        );
        assert_eq!(WallClock { unix_ms: u64::MAX }.rfc3339(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(UnixSeconds(u64::MAX).plus_s(1), UnixSeconds(u64::MAX));
        assert_eq!(UnixSeconds(10).until_s(UnixSeconds(9)), 0);
        assert_eq!(UnixSeconds(10).until_s(UnixSeconds(12)), 2);
    }
}
