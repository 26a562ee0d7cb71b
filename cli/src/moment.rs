//! Points in time and durations, as commands take and show them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tollgate_offline::question;

/// Now, in Unix seconds.
pub(crate) fn unix_s() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.unwrap_or_default().as_secs()
}

/// A duration in whole seconds, as in `90d`, `1h` or `15m`.
pub(crate) fn duration_s(text: &str) -> Result<u64, String> {
    let parsed = humantime::parse_duration(text).ok();
    match parsed.filter(|duration| duration.subsec_nanos() == 0) {
        Some(duration) => Ok(duration.as_secs()),
        None => Err(format!(
            "`{text}` is no duration in whole seconds; write it as in `90d`, `1h` or `15m`"
        )),
    }
}

/// A point in time in Unix seconds, written in UTC as in `2026-11-21T08:00:00Z`.
pub(crate) fn time_s(text: &str) -> Result<u64, String> {
    question::time(text).map(|at| at.unix_ms / 1_000)
}

/// A point in time in UTC, as people read it. One that no calendar has is shown as its number.
pub(crate) fn shown(unix_s: u64) -> String {
    // Year 10000 and later have no such form, and are refused by panicking.
    match unix_s {
        0..=253_402_300_799 => humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(unix_s)).to_string(),
        later => format!("{later} s after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_whole_seconds() {
        for (text, seconds) in [
            ("90d", Some(7_776_000)),
            ("1h 30m", Some(5_400)),
            ("0s", Some(0)),
            ("500ms", None),
            ("90", None),
            ("never", None),
            ("", None),
        ] {
            assert_eq!(duration_s(text).ok(), seconds, "{text}");
        }
    }

    #[test]
    fn times_are_shown_as_they_are_read() {
        assert_eq!(shown(1_795_852_800), "2026-11-28T08:00:00Z");
        assert_eq!(time_s("2026-11-28T08:00:00Z"), Ok(1_795_852_800));
        assert_eq!(shown(u64::MAX), "18446744073709551615 s after 1970");
    }
}
