//! How often something may be done under one key: so many at once, and what was used comes back with time.
//!
//! The generic cell rate algorithm of ITU-T I.371: one moment a key, no timers. A throttle never holds more than
//! `KEYS_MAX` keys, and a key that has its whole allowance is not held.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::proto::time::Timestamp;

/// Keys of one throttle. Beyond: the half that has used the least is forgotten, and may try again.
pub(crate) const KEYS_MAX: usize = 16_384;

/// So many at once; what was used comes back evenly, all of it within the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many; 0: as many as one likes.
    pub count: u32,
    /// Within which time.
    pub window: Duration,
}

impl Allowance {
    pub(super) fn window_millis(self) -> i64 {
        i64::try_from(self.window.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
    }

    /// The time that one takes up.
    pub(super) fn share_millis(self) -> i64 {
        self.window_millis() / i64::from(self.count.max(1))
    }
}

/// What was used, by key.
#[derive(Debug)]
pub(crate) struct Throttle<K> {
    /// The moment at which each key has its whole allowance again.
    whole_at: BTreeMap<K, Timestamp>,
}

impl<K> Default for Throttle<K> {
    fn default() -> Self {
        Self { whole_at: BTreeMap::new() }
    }
}

impl<K: Ord + Clone> Throttle<K> {
    /// Uses one of a key's allowance. When nothing is left, nothing is used.
    ///
    /// # Errors
    /// After how many milliseconds there is one again.
    pub fn take(&mut self, key: &K, allowance: Allowance, now: Timestamp) -> Result<(), i64> {
        if allowance.count == 0 {
            return Ok(());
        }
        let used = self.whole_at.get(key).map_or(0, |whole_at| whole_at.millis_since(now).max(0));
        let after = used + allowance.share_millis();
        if after > allowance.window_millis() {
            return Err(after - allowance.window_millis());
        }
        if self.whole_at.len() >= KEYS_MAX && !self.whole_at.contains_key(key) {
            self.make_room(now);
        }
        self.whole_at.insert(key.clone(), now.plus_millis(after));
        Ok(())
    }

    /// Gives one back: it was used for something that does not count.
    pub fn give_back(&mut self, key: &K, allowance: Allowance) {
        if let Some(whole_at) = self.whole_at.get_mut(key) {
            *whole_at = whole_at.plus_millis(-allowance.share_millis());
        }
    }

    /// A key has its whole allowance again.
    pub fn forgive(&mut self, key: &K) {
        self.whole_at.remove(key);
    }

    /// Forgets the keys that have their whole allowance.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.whole_at.retain(|_, whole_at| *whole_at > now);
    }

    fn make_room(&mut self, now: Timestamp) {
        self.forget_old(now);
        if self.whole_at.len() < KEYS_MAX {
            return;
        }
        let mut by_use: Vec<(Timestamp, K)> = self.whole_at.iter().map(|(key, at)| (*at, key.clone())).collect();
        let (least, ..) = by_use.select_nth_unstable(KEYS_MAX / 2);
        for (_, key) in least {
            self.whole_at.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const THREE_A_MINUTE: Allowance = Allowance { count: 3, window: Duration::from_secs(60) };

    #[test]
    fn what_was_used_comes_back_with_time() {
        let mut throttle = Throttle::default();
        for _ in 0..3 {
            assert_eq!(throttle.take(&"a", THREE_A_MINUTE, START), Ok(()));
        }
        assert_eq!(throttle.take(&"a", THREE_A_MINUTE, START), Err(20_000));
        assert_eq!(throttle.take(&"b", THREE_A_MINUTE, START), Ok(()), "others have their own");
        assert_eq!(throttle.take(&"a", THREE_A_MINUTE, START.plus_millis(19_999)), Err(1));
        assert_eq!(throttle.take(&"a", THREE_A_MINUTE, START.plus_millis(20_000)), Ok(()));
        assert_eq!(throttle.take(&"a", THREE_A_MINUTE, START.plus_millis(20_000)), Err(20_000));
    }

    #[test]
    fn what_is_given_back_may_be_used_again() {
        let mut throttle = Throttle::default();
        for _ in 0..3 {
            throttle.take(&"a", THREE_A_MINUTE, START).unwrap();
        }
        throttle.give_back(&"a", THREE_A_MINUTE);
        throttle.take(&"a", THREE_A_MINUTE, START).unwrap();
        assert!(throttle.take(&"a", THREE_A_MINUTE, START).is_err());
        throttle.forgive(&"a");
        throttle.take(&"a", THREE_A_MINUTE, START).unwrap();
        throttle.give_back(&"unknown", THREE_A_MINUTE);
    }

    #[test]
    fn zero_is_no_bound_and_holds_nothing() {
        let mut throttle = Throttle::default();
        let off = Allowance { count: 0, window: Duration::from_secs(60) };
        assert!((0..10_000).all(|_| throttle.take(&"a", off, START).is_ok()));
        assert!(throttle.whole_at.is_empty());
    }

    #[test]
    fn keys_are_bounded_and_the_worst_are_kept() {
        let mut throttle = Throttle::default();
        while throttle.take(&usize::MAX, THREE_A_MINUTE, START).is_ok() {}
        for key in 0..3 * KEYS_MAX {
            throttle.take(&key, THREE_A_MINUTE, START).unwrap();
            assert!(throttle.whole_at.len() <= KEYS_MAX);
        }
        assert!(throttle.take(&usize::MAX, THREE_A_MINUTE, START).is_err());
        throttle.forget_old(START.plus_millis(60_000));
        assert!(throttle.whole_at.is_empty());
    }

    proptest! {
        #[test]
        fn never_more_than_allowed_within_a_window(
            count in 1..20u32,
            gaps in prop::collection::vec(0..10_000i64, 0..300),
        ) {
            let allowance = Allowance { count, window: Duration::from_secs(60) };
            let (mut throttle, mut now, mut taken) = (Throttle::default(), START, Vec::new());
            for gap in gaps {
                now = now.plus_millis(gap);
                if throttle.take(&(), allowance, now).is_ok() {
                    taken.push(now);
                }
            }
            for (index, first) in taken.iter().enumerate() {
                let within = taken[index..].iter().filter(|at| at.millis_since(*first) < 60_000).count();
                // A whole allowance at once, and what has come back meanwhile.
                prop_assert!(within <= 2 * count as usize);
            }
        }
    }
}
