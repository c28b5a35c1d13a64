//! The instruments: counters, gauges and histograms.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets of all histograms, in microseconds: from half a millisecond to ten seconds.
pub const BUCKET_MICROS: [u64; 14] = [
    500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// Only rises.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn add_one(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Rises and falls.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// One more.
    pub fn rise(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn fall(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long something took, by [`BUCKET_MICROS`]. Many tasks may write; a reader may see a measurement in the count that
/// is not in the sum yet.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKET_MICROS.len() + 1],
    micros: AtomicU64,
}

impl Histogram {
    /// Takes in one measurement.
    pub fn observe(&self, took: Duration) {
        let micros = micros(took);
        self.buckets[bucket(micros)].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was measured so far.
    pub fn times(&self) -> Times {
        Times {
            buckets: std::array::from_fn(|place| self.buckets[place].load(Ordering::Relaxed)),
            micros: self.micros.load(Ordering::Relaxed),
        }
    }
}

/// The same as plain numbers, for one writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How many fell into each bucket and into no lower one; the last one is for what took longer than all bounds.
    pub buckets: [u64; BUCKET_MICROS.len() + 1],
    /// How long all took together.
    pub micros: u64,
}

impl Times {
    /// Takes in one measurement.
    pub fn observe(&mut self, took: Duration) {
        self.observe_many(took, 1);
    }

    /// Takes in so many measurements of the same length.
    pub fn observe_many(&mut self, took: Duration, count: u64) {
        let micros = micros(took);
        self.buckets[bucket(micros)] += count;
        self.micros += micros.saturating_mul(count);
    }

    /// Takes in all measurements of another one.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.buckets.iter_mut().zip(other.buckets) {
            *own += more;
        }
        self.micros += other.micros;
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

fn micros(took: Duration) -> u64 {
    u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
}

fn bucket(micros: u64) -> usize {
    BUCKET_MICROS.iter().position(|bound| micros <= *bound).unwrap_or(BUCKET_MICROS.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measurement_falls_into_the_lowest_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for micros in [0, 500, 501, 10_000_000, 10_000_001] {
            histogram.observe(Duration::from_micros(micros));
        }
        let times = histogram.times();
        assert_eq!((times.buckets[0], times.buckets[1], times.buckets[13], times.buckets[14]), (2, 1, 1, 1));
        assert_eq!((times.count(), times.micros), (5, 20_001_002));
        assert!(BUCKET_MICROS.is_sorted());
    }
}
