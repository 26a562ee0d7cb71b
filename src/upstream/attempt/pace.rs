//! How long an attempt may take, and how long to wait before the next.
//!
//! Promises: nothing here waits. The time to the first byte takes few values, since on Fastly each is a connection setting of
//! its own, of which a service may have 200.

use twox_hash::XxHash64;

/// The longest that is waited before an attempt, in milliseconds.
pub const PAUSE_MS_MAX: u32 = 2_000;

/// How long is waited before the first repetition at an endpoint that did not say how long; in milliseconds.
const PAUSE_MS: u32 = 100;

/// How often the time to the first byte is halved at most.
const HALVINGS_MAX: u32 = 4;

/// What an endpoint says about being asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// Nothing.
    Unsaid,
    /// After so many milliseconds.
    After(u32),
    /// Later than anyone waits here, or in a form that is not read: a date is not.
    Later,
}

/// Reads `Retry-After` (RFC 9110 section 10.2.3), in seconds only.
#[must_use]
pub fn again(retry_after: Option<&str>) -> Again {
    let Some(text) = retry_after else {
        return Again::Unsaid;
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let ms = text
        .parse::<u32>()
        .ok()
        .filter(|_| digits)
        .and_then(|seconds| seconds.checked_mul(1_000));
    match ms.filter(|ms| *ms <= PAUSE_MS_MAX) {
        Some(ms) => Again::After(ms),
        None => Again::Later,
    }
}

/// The time to the first byte that an attempt gets while `left_ms` are left: all of it, or a half, a quarter, an eighth or a
/// sixteenth. `None` if that is too long still.
#[must_use]
pub fn first_byte_ms(full_ms: u32, left_ms: u32) -> Option<u32> {
    let halved = (0..=HALVINGS_MAX).map(|times| full_ms >> times);
    halved.into_iter().find(|ms| *ms > 0 && *ms <= left_ms)
}

/// The same for the first attempt, which is always made while any time is left. What comes before it takes a little and must
/// not halve its time, so it may run over by an eighth.
#[must_use]
pub fn first_byte_ms_at_first(full_ms: u32, left_ms: u32) -> Option<u32> {
    let least_ms = (full_ms >> HALVINGS_MAX).max(1);
    let ms = first_byte_ms(full_ms, left_ms.saturating_add(full_ms / 8));
    (left_ms > 0).then(|| ms.unwrap_or(least_ms))
}

/// How long to wait before an endpoint is asked once more, where it did not say: twice as long each time, and for each
/// request a little other, so that those that failed together do not come back together.
#[must_use]
pub fn pause_ms(repetition: u8, request_id: &str) -> u32 {
    let full = (PAUSE_MS << u32::from(repetition.min(4))).min(PAUSE_MS_MAX);
    let seed = u64::from(repetition);
    let spread = XxHash64::oneshot(seed, request_id.as_bytes()) % u64::from(full / 2);
    full * 3 / 4 + u32::try_from(spread).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_has_its_time() {
        for (full_ms, left_ms, expected) in [
            (15_000, 30_000, Some(15_000)),
            (15_000, 14_999, Some(15_000)),
            (15_000, 13_125, Some(15_000)),
            (15_000, 13_124, Some(7_500)),
            (15_000, 100, Some(1_875)),
            (15_000, 0, None),
            (1, 1, Some(1)),
        ] {
            assert_eq!(
                first_byte_ms_at_first(full_ms, left_ms),
                expected,
                "{left_ms} of {full_ms}"
            );
        }
    }

    #[test]
    fn times_to_the_first_byte() {
        for (full_ms, left_ms, expected) in [
            (15_000, 30_000, Some(15_000)),
            (15_000, 15_000, Some(15_000)),
            (15_000, 14_999, Some(7_500)),
            (15_000, 7_499, Some(3_750)),
            (15_000, 2_000, Some(1_875)),
            (15_000, 1_000, Some(937)),
            (15_000, 936, None),
            (15_000, 0, None),
            (20_000, 5_000, Some(5_000)),
            (1, 1, Some(1)),
            (1, 0, None),
            (0, 5, None),
        ] {
            assert_eq!(
                first_byte_ms(full_ms, left_ms),
                expected,
                "{full_ms} with {left_ms} left"
            );
        }
        let values: std::collections::BTreeSet<_> = (0..40_000).map(|left_ms| first_byte_ms(15_000, left_ms)).collect();
        assert_eq!(values.len(), 6, "five, and none: {values:?}");
    }

    #[test]
    fn what_retry_after_says() {
        for (text, expected) in [
            (None, Again::Unsaid),
            (Some("0"), Again::After(0)),
            (Some("1"), Again::After(1_000)),
            (Some("2"), Again::After(2_000)),
            (Some("3"), Again::Later),
            (Some("4294967295"), Again::Later),
            (Some("99999999999"), Again::Later),
            (Some("-1"), Again::Later),
            (Some("1.5"), Again::Later),
            (Some(""), Again::Later),
            (Some("Sat, 21 Nov 2026 08:00:01 GMT"), Again::Later),
        ] {
            assert_eq!(again(text), expected, "{text:?}");
        }
    }

    #[test]
    fn pauses_double_and_differ() {
        for (repetition, from, to) in [
            (0, 75, 125),
            (1, 150, 250),
            (2, 300, 500),
            (3, 600, 1_000),
            (200, 1_200, 2_000),
        ] {
            let pauses: std::collections::BTreeSet<_> = (0..100)
                .map(|number| pause_ms(repetition, &format!("req-{number}")))
                .collect();
            assert!(
                pauses.iter().all(|ms| (from..to).contains(ms)),
                "{repetition}: {pauses:?}"
            );
            assert!(pauses.len() > 20, "{repetition}: {pauses:?}");
            assert_eq!(pause_ms(repetition, "a"), pause_ms(repetition, "a"));
        }
    }
}
