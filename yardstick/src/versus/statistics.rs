//! Medians, spreads and ratios of a few measurements, and an order that is shuffled anew each round.
//!
//! Promises that the same seed gives the same orders on every machine, and that a ratio compares what was measured in
//! the same round. Refuses to make numbers of nothing: without measurements there is no spread.

use serde::{Deserialize, Serialize};

/// Where the measurements of the rounds lie, in the unit of what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lower quartile.
    pub p25: f64,
    /// The upper quartile.
    pub p75: f64,
    /// The least.
    pub min: f64,
    /// The most.
    pub max: f64,
}

impl Spread {
    /// The spread of these measurements; `None` if there are none. Quartiles between two measurements are interpolated.
    #[must_use]
    pub fn of(measured: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = measured.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 2)?,
            p25: quantile(&sorted, 1)?,
            p75: quantile(&sorted, 3)?,
            min: *sorted.first()?,
            max: *sorted.last()?,
        })
    }

    /// The spread of the ratios of two series, round by round; `None` unless they have the same rounds.
    #[must_use]
    pub fn of_ratios(numerators: &[f64], denominators: &[f64]) -> Option<Self> {
        (numerators.len() == denominators.len()).then_some(())?;
        Self::of(numerators.iter().zip(denominators).map(|(above, below)| above / below))
    }
}

/// The quantile of that many quarters.
fn quantile(sorted: &[f64], quarters: usize) -> Option<f64> {
    let at = sorted.len().checked_sub(1)? * quarters;
    let (below, rest) = (at / 4, at % 4);
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    let part = [0.0, 0.25, 0.5, 0.75].get(rest).copied()?;
    Some((high - low).mul_add(part, low))
}

/// A source of orders: SplitMix64.
#[derive(Debug)]
pub struct Shuffle(u64);

impl Shuffle {
    /// Begins with this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The numbers below `length` in a new order (Fisher and Yates).
    pub fn order(&mut self, length: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..length).collect();
        for last in (1..length).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }

    /// A number below `bound`, which is small enough for the remainder's bias not to matter.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or_default()
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(median: f64, p25: f64, p75: f64, min: f64, max: f64) -> Option<Spread> {
        Some(Spread {
            median,
            p25,
            p75,
            min,
            max,
        })
    }

    #[test]
    fn medians_and_quartiles() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([4.0]), spread(4.0, 4.0, 4.0, 4.0, 4.0));
        assert_eq!(Spread::of([3.0, 1.0]), spread(2.0, 1.5, 2.5, 1.0, 3.0));
        assert_eq!(Spread::of([5.0, 1.0, 2.0, 4.0, 3.0]), spread(3.0, 2.0, 4.0, 1.0, 5.0));
        assert_eq!(
            Spread::of([10.0, 20.0, 30.0, 40.0]),
            spread(25.0, 17.5, 32.5, 10.0, 40.0)
        );
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // The machine is slow in the second round: both double, and the ratio stays.
        let ratios = Spread::of_ratios(&[3.0, 6.0, 4.0], &[2.0, 4.0, 2.0]);
        assert_eq!(ratios, spread(1.5, 1.5, 1.75, 1.5, 2.0));
        assert_eq!(Spread::of_ratios(&[1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn orders_are_shuffled_and_come_again_with_the_seed() {
        let mut shuffle = Shuffle::new(1);
        let orders = [shuffle.order(8), shuffle.order(8)];
        assert_ne!(orders[0], orders[1]);
        for order in &orders {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, [0, 1, 2, 3, 4, 5, 6, 7]);
        }
        let mut again = Shuffle::new(1);
        assert_eq!(again.order(8), orders[0]);
        assert_ne!(Shuffle::new(2).order(8), orders[0]);
        // The first output of SplitMix64 for the seed 0, from its authors' own code.
        assert_eq!(Shuffle::new(0).next(), 0xE220_A839_7B1D_CDAF);
    }
}
