//! What calls took: a mean, and the time that ninety-nine of a hundred do not exceed, from counters of bounded size.
//!
//! Used by `tally`. Times fall into bins that are an eighth of their size wide, so a percentile is at most that much too high.

/// What calls took together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// On average, in microseconds.
    pub mean_us: u64,
    /// At most, for ninety-nine of a hundred, in microseconds.
    pub p99_us: u64,
}

/// Bins for every doubling of the time.
const FINE: u64 = 8;
/// Times of half an hour and more fall into the last one.
const BINS: usize = 256;

/// Counts what calls took.
#[derive(Debug)]
pub(super) struct Costs {
    count: u64,
    total_us: u64,
    bins: Box<[u64; BINS]>,
}

impl Costs {
    /// Nothing was counted yet.
    pub(super) fn new() -> Costs {
        Costs { count: 0, total_us: 0, bins: Box::new([0; BINS]) }
    }

    /// Counts a call.
    pub(super) fn add(&mut self, micros: u64) {
        self.count += 1;
        self.total_us = self.total_us.saturating_add(micros);
        if let Some(bin) = self.bins.get_mut(bin_of(micros).min(BINS - 1)) {
            *bin += 1;
        }
    }

    /// What was counted.
    pub(super) fn cost(&self) -> Cost {
        let mut left = self.count.saturating_mul(99).div_ceil(100);
        let reached = self.bins.iter().position(|bin| {
            left = left.saturating_sub(*bin);
            left == 0
        });
        let p99_us = if self.count == 0 { 0 } else { reached.map_or(0, longest_in) };
        Cost { mean_us: self.total_us.checked_div(self.count).unwrap_or_default(), p99_us }
    }
}

/// Below sixteen microseconds a bin each, then eight for every doubling.
fn bin_of(micros: u64) -> usize {
    let shift = u64::from(u64::BITS - (micros | FINE).leading_zeros()) - 4;
    usize::try_from(shift * FINE + (micros >> shift)).unwrap_or(usize::MAX)
}

/// The longest time that falls into a bin.
fn longest_in(bin: usize) -> u64 {
    let bin = bin as u64;
    if bin < 2 * FINE {
        return bin;
    }
    let shift = bin / FINE - 1;
    ((bin % FINE + FINE + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_follow_each_other_and_hold_their_longest() {
        for micros in (0..5000).chain([100_000, 1_000_000, 60_000_000]) {
            let bin = bin_of(micros);
            assert!(bin < BINS);
            let longest = longest_in(bin);
            assert!(longest >= micros && longest <= micros + micros / FINE, "{micros} in {bin}, up to {longest}");
            assert_eq!((bin_of(longest), bin_of(longest + 1)), (bin, bin + 1));
        }
    }

    #[test]
    fn a_percentile_leaves_the_longest_out() {
        let mut costs = Costs::new();
        assert_eq!(costs.cost(), Cost::default());
        (0..99).for_each(|_| costs.add(10));
        costs.add(100_010);
        assert_eq!(costs.cost(), Cost { mean_us: 1010, p99_us: 10 });
        costs.add(u64::MAX);
        assert!(costs.cost().p99_us >= 100_010);
    }
}
