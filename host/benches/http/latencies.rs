//! How long exchanges took: all of them kept and sorted, so that a percentile is one that really happened.

use std::time::Duration;

/// The exchanges of one cell.
pub(crate) struct Latencies {
    sorted: Vec<u64>,
    elapsed: Duration,
}

impl Latencies {
    /// Of nanoseconds in any order, measured in `elapsed`.
    pub(crate) fn new(mut nanos: Vec<u64>, elapsed: Duration) -> Latencies {
        nanos.sort_unstable();
        Latencies { sorted: nanos, elapsed }
    }

    /// Several measurements as one, one after the other.
    #[allow(dead_code, reason = "not every bench measures by turns")]
    pub(crate) fn together(parts: impl IntoIterator<Item = Latencies>) -> Latencies {
        let (mut nanos, mut elapsed) = (Vec::new(), Duration::ZERO);
        for part in parts {
            nanos.extend(part.sorted);
            elapsed += part.elapsed;
        }
        Latencies::new(nanos, elapsed)
    }

    /// How many there were.
    pub(crate) fn count(&self) -> f64 {
        self.sorted.len() as f64
    }

    /// Exchanges a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() / self.elapsed.as_secs_f64()
    }

    /// Microseconds that `share` of the exchanges did not exceed; 0 without any.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let place = (self.count() * share).ceil() as usize;
        self.sorted.get(place.saturating_sub(1)).map_or(0.0, |nanos| *nanos as f64 / 1000.0)
    }

    /// How much longer the slowest hundredth takes than the middle.
    pub(crate) fn spread(&self) -> f64 {
        self.percentile(0.99) / self.percentile(0.5)
    }
}
