//! How long things took lately: what a histogram has gained within the last minute or two.

use std::time::Duration;

use tokio::time::Instant;

use super::counts::{HubCounts, Metrics};
use super::meter::{BUCKET_MICROS, Times};

/// How long a measurement counts as recent, at least; at most twice as long.
const WINDOW: Duration = Duration::from_secs(60);
/// What is told of measurements that took longer than all bounds.
const BEYOND_MICROS: u64 = 2 * BUCKET_MICROS[BUCKET_MICROS.len() - 1];

/// What a histogram had at the begin of this window and of the one before.
#[derive(Clone, Debug)]
pub struct Recent {
    older: Times,
    newer: Times,
    since: Instant,
}

impl Recent {
    /// Nothing is recent yet.
    pub fn new(now: Instant) -> Self {
        Self { older: Times::default(), newer: Times::default(), since: now }
    }

    /// Takes in what the histogram has by now, as often as one likes.
    pub fn turn(&mut self, now: Instant, times: &Times) {
        if now.duration_since(self.since) >= WINDOW {
            (self.older, self.newer, self.since) = (self.newer, *times, now);
        }
    }

    /// The bound below which so many of a hundred recent measurements are, in microseconds; 0 when there are none.
    pub fn percentile_micros(&self, times: &Times, percent: u64) -> u64 {
        let gained: Vec<u64> =
            times.buckets.iter().zip(self.older.buckets).map(|(now, then)| now.saturating_sub(then)).collect();
        let all: u64 = gained.iter().sum();
        let wanted = (all * percent).div_ceil(100);
        let mut seen = 0;
        for (place, count) in gained.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return BUCKET_MICROS.get(place).copied().unwrap_or(BEYOND_MICROS);
            }
        }
        0
    }
}

/// How long commits, other calls of the database, and deliveries took lately.
#[derive(Clone, Debug)]
pub struct Latencies {
    commits: Recent,
    queries: Recent,
    deliveries: Recent,
}

impl Latencies {
    /// Nothing is recent yet.
    pub fn new(now: Instant) -> Self {
        let recent = Recent::new(now);
        Self { commits: recent.clone(), queries: recent.clone(), deliveries: recent }
    }

    /// Takes in what there is by now, as often as one likes.
    pub fn turn(&mut self, now: Instant, metrics: &Metrics, counts: &HubCounts) {
        self.commits.turn(now, &metrics.commits.times());
        self.queries.turn(now, &metrics.queries());
        self.deliveries.turn(now, &counts.delivery);
    }

    /// Half and nearly all of the recent ones, in microseconds.
    pub fn told(&self, metrics: &Metrics, counts: &HubCounts) -> [(&'static str, u64); 6] {
        let (commits, queries) = (metrics.commits.times(), metrics.queries());
        [
            ("commit_p50_micros", self.commits.percentile_micros(&commits, 50)),
            ("commit_p99_micros", self.commits.percentile_micros(&commits, 99)),
            ("query_p50_micros", self.queries.percentile_micros(&queries, 50)),
            ("query_p99_micros", self.queries.percentile_micros(&queries, 99)),
            ("delivery_p50_micros", self.deliveries.percentile_micros(&counts.delivery, 50)),
            ("delivery_p99_micros", self.deliveries.percentile_micros(&counts.delivery, 99)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_long_ago_does_not_count() {
        let begin = Instant::now();
        let (mut times, mut recent) = (Times::default(), Recent::new(begin));
        assert_eq!(recent.percentile_micros(&times, 99), 0);
        times.observe_many(Duration::from_secs(3), 100);
        times.observe_many(Duration::from_secs(60), 1);
        assert_eq!(recent.percentile_micros(&times, 50), 5_000_000);
        assert_eq!(recent.percentile_micros(&times, 100), 20_000_000);
        recent.turn(begin + Duration::from_secs(59), &times);
        assert_eq!(recent.percentile_micros(&times, 50), 5_000_000);
        for minute in 1..=2 {
            recent.turn(begin + Duration::from_secs(60 * minute), &times);
        }
        assert_eq!(recent.percentile_micros(&times, 50), 0);
        times.observe_many(Duration::from_micros(700), 3);
        assert_eq!(recent.percentile_micros(&times, 99), 1_000);
    }
}
