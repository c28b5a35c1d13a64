//! What was refused lately, for operators: the last few, without any text that somebody wrote.

use std::collections::VecDeque;

use crate::proto::time::Timestamp;

/// How many refusals are remembered. Beyond: the oldest is forgotten.
const REFUSALS_KEPT_MAX: usize = 50;

/// One refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TurnedDown {
    /// When.
    pub at: Timestamp,
    /// Who: a nick, or the name that a log-in was tried with; `*` when there is none.
    pub name: String,
    /// From where.
    pub address: String,
    /// Which command; `LOGIN` for a log-in, whatever it was tried by.
    pub command: String,
    /// The numeric, the code, or the check of a log-in that failed.
    pub code: &'static str,
}

/// The last refusals, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RecentRefusals(VecDeque<TurnedDown>);

impl RecentRefusals {
    /// Takes note of one.
    pub fn add(&mut self, one: TurnedDown) {
        if self.0.len() >= REFUSALS_KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(one);
    }

    /// All that are remembered, the latest first.
    pub fn latest_first(&self) -> impl Iterator<Item = &TurnedDown> {
        self.0.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_few_are_remembered() {
        let mut recent = RecentRefusals::default();
        for number in 0..REFUSALS_KEPT_MAX as i64 + 3 {
            recent.add(TurnedDown {
                at: Timestamp::from_millis(number),
                name: String::new(),
                address: String::new(),
                command: String::new(),
                code: "401",
            });
        }
        let times: Vec<i64> = recent.latest_first().map(|one| one.at.as_millis()).collect();
        assert_eq!((times.len(), times[0], times[REFUSALS_KEPT_MAX - 1]), (REFUSALS_KEPT_MAX, 52, 3));
    }
}
