//! One axis: where its values are, and where it is labelled.
//!
//! Promises labels that say round numbers or just what was measured, and a linear axis of costs that begins at zero.

use std::ops::Range;

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

use crate::report::quantity;

/// An axis of a plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    labelled: Vec<f64>,
}

/// How many times the least value the largest is, for costs to be drawn logarithmically.
const LOGARITHMIC_FROM: f64 = 20.0;
/// How much of an axis is left free at both ends, so that points are drawn whole.
const MARGIN: f64 = 0.04;
/// More measured values than these are not labelled one by one.
const LABELS_MAX: usize = 8;

impl Axis {
    /// An axis for costs, upwards: from zero, or logarithmic in whole decades where they differ much.
    #[must_use]
    pub fn of_costs(values: &[f64]) -> Self {
        let (least, most) = bounds(values);
        if least > 0.0 && most / least >= LOGARITHMIC_FROM {
            let decades = (decade_below(least), -decade_below(1.0 / most));
            return Self {
                low: 10_f64.powi(decades.0),
                high: 10_f64.powi(decades.1),
                is_logarithmic: true,
                labelled: (decades.0..=decades.1).map(|decade| 10_f64.powi(decade)).collect(),
            };
        }
        let labelled = round_steps(most);
        Self {
            low: 0.0,
            high: labelled.last().copied().unwrap_or(1.0),
            is_logarithmic: false,
            labelled,
        }
    }

    /// An axis for what was varied: labelled where it was measured, if that is not too often.
    #[must_use]
    pub fn of_sizes(values: &[f64], is_logarithmic: bool) -> Self {
        let (least, most) = bounds(values);
        let mut labelled = values.to_vec();
        labelled.sort_by(f64::total_cmp);
        labelled.dedup();
        if labelled.len() > LABELS_MAX {
            labelled = round_steps(most).into_iter().filter(|step| *step <= most).collect();
        }
        let is_logarithmic = is_logarithmic && least > 0.0 && most > least;
        let (low, high) = if is_logarithmic {
            let margin = (most / least).powf(MARGIN);
            (least / margin, most * margin)
        } else {
            let margin = if most > least { (most - least) * MARGIN } else { 1.0 };
            (least - margin, most + margin)
        };
        Self {
            low,
            high,
            is_logarithmic,
            labelled,
        }
    }

    /// The axis' title: a logarithmic one says so.
    #[must_use]
    pub fn title(&self, title: &str) -> String {
        if self.is_logarithmic {
            format!("{title} (log scale)")
        } else {
            title.to_owned()
        }
    }

    /// Where a value is, from 0 at the low end to 1 at the high one.
    fn place(&self, value: f64) -> f64 {
        if self.is_logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        }
    }
}

/// The least and the most; 0 and 1 of nothing.
fn bounds(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().reduce(f64::min).unwrap_or(0.0);
    let most = values.iter().copied().reduce(f64::max).unwrap_or(1.0);
    (least, most)
}

/// The exponent of the largest power of ten that is not above a number.
fn decade_below(number: f64) -> i32 {
    // Of a number that a logarithm makes a trifle too small, as of 1,000.
    (number.log10() + 1e-9).floor() as i32
}

/// Zero and four to eight round steps, the last at or above the most.
fn round_steps(most: f64) -> Vec<f64> {
    if most <= 0.0 {
        return vec![0.0, 1.0];
    }
    let size = 10_f64.powi(decade_below(most / 4.0));
    let step = [1.0, 2.0, 5.0]
        .map(|part| part * size)
        .into_iter()
        .rfind(|step| step * 4.0 <= most);
    let step = step.unwrap_or(size);
    let count = (most / step - 1e-9).ceil() as i32;
    (0..=count).map(|number| f64::from(number) * step).collect()
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let (from, to) = (f64::from(limit.0), f64::from(limit.1));
        (to - from).mul_add(self.place(*value), from).round() as i32
    }

    /// The same for all lines that are drawn, and none for the light ones between.
    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            return Vec::new();
        }
        self.labelled.clone()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Axis {
    fn format(value: &f64) -> String {
        quantity::on_axis(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (most, steps) in [
            (0.0, vec![0.0, 1.0]),
            (1.0, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (400.0, vec![0.0, 100.0, 200.0, 300.0, 400.0]),
            (410.0, vec![0.0, 100.0, 200.0, 300.0, 400.0, 500.0]),
            (900.0, vec![0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0]),
        ] {
            let found = round_steps(most);
            let same =
                found.len() == steps.len() && found.iter().zip(&steps).all(|(one, other)| (one - other).abs() < 1e-9);
            assert!(same, "{most}: {found:?}");
        }
    }

    #[test]
    fn costs_that_differ_much_are_logarithmic() {
        let near = Axis::of_costs(&[100.0, 400.0]);
        assert_eq!((near.low, near.high, near.is_logarithmic), (0.0, 400.0, false));
        assert_eq!(near.title("latency (ms)"), "latency (ms)");
        let far = Axis::of_costs(&[150.0, 40_000.0]);
        assert_eq!(far.labelled, [100.0, 1_000.0, 10_000.0, 100_000.0]);
        assert_eq!([100.0, 100_000.0].map(|value| far.map(&value, (0, 300))), [0, 300]);
        assert_eq!(far.map(&1_000.0, (0, 300)), 100);
        assert_eq!(far.title("latency (ms)"), "latency (ms) (log scale)");
        assert_eq!(
            Axis::of_costs(&[1_000.0, 100_000.0]).labelled,
            [1_000.0, 10_000.0, 100_000.0]
        );
    }

    #[test]
    fn sizes_are_labelled_where_they_were_measured() {
        let few = Axis::of_sizes(&[10.0, 100.0, 10.0, 1_000.0], true);
        assert_eq!(few.labelled, [10.0, 100.0, 1_000.0]);
        assert!(few.low < 10.0 && few.high > 1_000.0 && few.is_logarithmic);
        let many: Vec<f64> = (0..20).map(|at| f64::from(at) * 15.0).collect();
        assert_eq!(
            Axis::of_sizes(&many, false).labelled,
            [0.0, 50.0, 100.0, 150.0, 200.0, 250.0]
        );
        let one = Axis::of_sizes(&[5.0], true);
        assert!(one.low < 5.0 && one.high > 5.0 && !one.is_logarithmic);
    }
}
