//! How fast a connection's lines are taken in: so many at once, then so many a second. Whoever sends faster is not read in
//! between, so that a pasted page simply takes its time (`SAFERATE`).

use std::time::Duration;

use tokio::time::Instant;

/// How many bytes of a line count as one line: who sends longer ones is slower.
const LINE_BYTES: usize = 1_024;

/// How fast lines may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceLimits {
    /// How many lines a second; 0: as many as one likes.
    pub lines_per_second_max: u32,
    /// How many at once, after a pause.
    pub lines_burst_max: u32,
}

impl PaceLimits {
    /// As fast as one likes.
    pub const NONE: Self = Self { lines_per_second_max: 0, lines_burst_max: 1 };
}

impl Default for PaceLimits {
    fn default() -> Self {
        Self { lines_per_second_max: 20, lines_burst_max: 100 }
    }
}

/// The pace of one connection.
#[derive(Debug)]
pub struct Pace {
    limits: PaceLimits,
    /// When everything taken in so far has taken up its time.
    used_until: Option<Instant>,
}

impl Pace {
    /// Nothing was taken in yet.
    pub fn new(limits: PaceLimits) -> Self {
        Self { limits, used_until: None }
    }

    /// When the next line may be taken in; nothing: now.
    pub fn next_at(&self, now: Instant) -> Option<Instant> {
        let burst = self.line_time()? * self.limits.lines_burst_max.saturating_sub(1);
        self.used_until.and_then(|used| used.checked_sub(burst)).filter(|next| *next > now)
    }

    /// A line of so many bytes is taken in.
    pub fn take(&mut self, bytes: usize, now: Instant) {
        let Some(line_time) = self.line_time() else { return };
        let lines = u32::try_from(1 + bytes / LINE_BYTES).unwrap_or(u32::MAX);
        self.used_until = Some(self.used_until.map_or(now, |used| used.max(now)) + line_time * lines);
    }

    fn line_time(&self) -> Option<Duration> {
        Duration::from_secs(1).checked_div(self.limits.lines_per_second_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When each of so many lines is taken in, in milliseconds.
    fn moments(limits: PaceLimits, lines: usize, bytes: usize) -> Vec<u128> {
        let start = Instant::now();
        let (mut pace, mut now) = (Pace::new(limits), start);
        let mut taken = Vec::new();
        for _ in 0..lines {
            now = pace.next_at(now).unwrap_or(now);
            pace.take(bytes, now);
            taken.push((now - start).as_millis());
        }
        taken
    }

    #[test]
    fn a_burst_comes_at_once_and_the_rest_in_step() {
        let limits = PaceLimits { lines_per_second_max: 10, lines_burst_max: 3 };
        assert_eq!(moments(limits, 6, 100), [0, 0, 0, 100, 200, 300]);
        assert_eq!(moments(limits, 4, 2_048), [0, 100, 400, 700], "long lines count for more");
        assert!(moments(PaceLimits::NONE, 100, 100).iter().all(|at| *at == 0));
    }

    #[test]
    fn two_hundred_pasted_lines_take_their_time() {
        let moments = moments(PaceLimits::default(), 200, 100);
        assert_eq!(moments.last(), Some(&5_000));
    }
}
