//! Numbers as people read them.

use crate::table::grouped;

/// A number with its thousands apart by spaces that no line breaks at.
#[must_use]
pub fn whole(number: u64) -> String {
    grouped(number).replace(' ', "\u{a0}")
}

/// A count to calculate with. Exact below 2^53, which nothing here reaches.
#[must_use]
pub const fn float(number: u64) -> f64 {
    number as f64
}

/// A number on an axis: `250 k`, `1.5 M`, or as it is below 10,000.
#[must_use]
pub fn on_axis(number: f64) -> String {
    for (unit, size) in [(" G", 1e9), (" M", 1e6), (" k", 1e3)] {
        if number.abs() >= size && (size > 1e3 || number.abs() >= 1e4) {
            return format!("{}{unit}", trimmed(number / size));
        }
    }
    trimmed(number)
}

/// At most two decimals, and none that are zeros.
fn trimmed(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Microseconds as milliseconds.
#[must_use]
pub fn milliseconds(us: f64) -> String {
    format!("{:.2}", us / 1_000.0)
}

/// A part of a whole in per cent; nothing has no part.
#[must_use]
pub fn per_cent(part: u32, whole: u32) -> String {
    let share = f64::from(part) * 100.0 / f64::from(whole.max(1));
    format!("{share:.1}\u{a0}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_axes_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (0.25, "0.25"),
            (512.0, "512"),
            (5_500.0, "5500"),
            (10_000.0, "10 k"),
            (250_000.0, "250 k"),
            (1_500_000.0, "1.5 M"),
            (2e9, "2 G"),
        ] {
            assert_eq!(on_axis(number), text);
        }
    }

    #[test]
    fn shares_and_times_are_readable() {
        assert_eq!(per_cent(1, 8), "12.5\u{a0}%");
        assert_eq!(per_cent(0, 0), "0.0\u{a0}%");
        assert_eq!(milliseconds(1_234.0), "1.23");
        assert_eq!(whole(1_234_567), "1\u{a0}234\u{a0}567");
    }
}
