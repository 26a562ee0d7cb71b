//! A time of day, perhaps on some days of the week only.
//!
//! Promises: computed from the time that is handed in, at a fixed distance from UTC; there is no daylight saving.

use serde::{Deserialize, Serialize};

use crate::time::UnixSeconds;

/// Minutes of a day.
pub const DAY_MIN: u16 = 1_440;

/// The days of the week as they are written, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The furthest that local time is from UTC, in minutes.
pub const OFFSET_MIN_MAX: i16 = 14 * 60;

/// A time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute of the day that counts.
    pub from_min: u16,
    /// The first that no longer does. Before `from_min`, it is one of the next day.
    pub to_min: u16,
    /// The days on which it may begin, Monday in the lowest bit.
    pub days: u8,
    /// How far local time is ahead of UTC, in minutes.
    pub offset_min: i16,
}

impl Hours {
    /// Whether `now` is within.
    #[must_use]
    pub fn take(&self, now: UnixSeconds) -> bool {
        let local_min = i64::try_from(now.0 / 60)
            .unwrap_or(i64::MAX)
            .saturating_add(i64::from(self.offset_min));
        let day = local_min.div_euclid(i64::from(DAY_MIN));
        let minute = local_min.rem_euclid(i64::from(DAY_MIN));
        let (from, to) = (i64::from(self.from_min), i64::from(self.to_min));
        if from < to {
            return minute >= from && minute < to && self.has_day(day);
        }
        (minute >= from && self.has_day(day)) || (minute < to && self.has_day(day.saturating_sub(1)))
    }

    /// Days are counted from 1970-01-01, a Thursday.
    fn has_day(&self, day: i64) -> bool {
        let weekday = day.saturating_add(3).rem_euclid(7);
        u32::try_from(weekday).is_ok_and(|weekday| self.days & 1_u8.wrapping_shl(weekday) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MON_TO_FRI: u8 = 0b001_1111;

    #[test]
    fn hours_take_their_minutes_on_their_days() {
        let office = Hours {
            from_min: 480,
            to_min: 1_080,
            days: MON_TO_FRI,
            offset_min: 60,
        };
        let night = Hours {
            from_min: 1_320,
            to_min: 360,
            days: 0b001_0000,
            offset_min: 0,
        };
        let always = Hours {
            from_min: 0,
            to_min: DAY_MIN,
            days: 0x7f,
            offset_min: 0,
        };
        // 2026-11-20 is a Friday.
        let friday = 1_795_132_800;
        let at = |day: u64, hour: u64, minute: u64| UnixSeconds(friday + day * 86_400 + hour * 3_600 + minute * 60);
        for (name, hours, now, taken) in [
            ("one minute early", office, at(0, 6, 59), false),
            ("first minute, local time", office, at(0, 7, 0), true),
            ("last minute", office, at(0, 16, 59), true),
            ("over", office, at(0, 17, 0), false),
            ("Saturday", office, at(1, 12, 0), false),
            ("Monday", office, at(3, 12, 0), true),
            ("Friday night", night, at(0, 23, 0), true),
            ("which lasts into Saturday", night, at(1, 5, 59), true),
            ("and no longer", night, at(1, 6, 0), false),
            ("Thursday night", night, at(0, 5, 0), false),
            ("Saturday night", night, at(1, 23, 0), false),
            ("always", always, at(2, 0, 0), true),
            ("the beginning of time", always, UnixSeconds(0), true),
            ("the end of time", always, UnixSeconds(u64::MAX), true),
        ] {
            assert_eq!(hours.take(now), taken, "{name}");
        }
    }
}
