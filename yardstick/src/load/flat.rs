//! Whether a series of measurements stays flat.
//!
//! The criterion: the median of the last third is at most a tenth above the median of the first third. Falling is no
//! fault. The slope of the line with the least squares is told beside it, and does not decide: one outlier at an end of
//! a short series turns it.

use serde::{Deserialize, Serialize};

/// How much the last third may be above the first.
pub const GROWTH_MAX: f64 = 0.10;

/// What became of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Flatness {
    /// The median of the first third, in the unit of the series.
    pub first_third: f64,
    /// The median of the last third.
    pub last_third: f64,
    /// How much the last is above the first, as a part of the first.
    pub growth: f64,
    /// The slope of the line with the least squares, in units a minute.
    pub slope_per_min: f64,
    /// Whether the growth is at most [`GROWTH_MAX`].
    pub flat: bool,
}

impl Flatness {
    /// Judges a series of points, each a time in seconds and a value, in the order of time; `None` with fewer than
    /// three points.
    #[must_use]
    pub fn of(points: &[(f64, f64)]) -> Option<Self> {
        let third = points.len() / 3;
        let first_third = median(points.get(..third)?)?;
        let last_third = median(points.get(points.len() - third..)?)?;
        let growth = last_third / first_third - 1.0;
        Some(Self {
            first_third,
            last_third,
            growth,
            slope_per_min: slope(points) * 60.0,
            flat: growth <= GROWTH_MAX,
        })
    }
}

fn median(points: &[(f64, f64)]) -> Option<f64> {
    let mut values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// The slope of the line with the least squares; 0 where all points have one time.
fn slope(points: &[(f64, f64)]) -> f64 {
    let number = points.iter().map(|_| 1.0).sum::<f64>();
    let mean_time = points.iter().map(|(time, _)| time).sum::<f64>() / number;
    let mean_value = points.iter().map(|(_, value)| value).sum::<f64>() / number;
    let (mut together, mut of_times) = (0.0, 0.0);
    for (time, value) in points {
        together += (time - mean_time) * (value - mean_value);
        of_times += (time - mean_time).powi(2);
    }
    if of_times > 0.0 { together / of_times } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> Vec<(f64, f64)> {
        let times = [0.0, 60.0, 120.0, 180.0, 240.0, 300.0];
        times.into_iter().zip(values.iter().copied()).collect()
    }

    #[test]
    fn growth_above_a_tenth_is_not_flat() {
        for (values, growth, slope_per_min, flat) in [
            ([100.0, 100.0, 100.0, 100.0, 100.0, 100.0], 0.0, 0.0, true),
            (
                [100.0, 110.0, 120.0, 130.0, 140.0, 150.0],
                145.0 / 105.0 - 1.0,
                10.0,
                false,
            ),
            (
                [200.0, 180.0, 160.0, 140.0, 120.0, 100.0],
                110.0 / 190.0 - 1.0,
                -20.0,
                true,
            ),
        ] {
            let found = Flatness::of(&series(&values)).expect("six points");
            assert!((found.growth - growth).abs() < 1e-12, "{values:?}: {found:?}");
            assert!(
                (found.slope_per_min - slope_per_min).abs() < 1e-9,
                "{values:?}: {found:?}"
            );
            assert_eq!(found.flat, flat, "{values:?}");
        }
    }

    #[test]
    fn exactly_a_tenth_is_flat_and_outliers_between_do_not_count() {
        let found = Flatness::of(&series(&[100.0, 100.0, 900.0, 900.0, 105.0, 105.0])).expect("six points");
        assert_eq!((found.first_third, found.last_third, found.flat), (100.0, 105.0, true));
    }

    #[test]
    fn two_points_are_no_series() {
        assert_eq!(Flatness::of(&series(&[1.0, 2.0])), None);
        assert_eq!(Flatness::of(&[]), None);
        assert_eq!(
            Flatness::of(&series(&[1.0, 5.0, 1.0])).map(|found| found.growth),
            Some(0.0)
        );
    }
}
