//! Who was here: what WHOWAS remembers of nicks that nobody uses any more.
//!
//! Memory only, and bounded: what happened in the channels is in the record, this is about who stood behind a name lately.

use std::collections::VecDeque;

use crate::proto::names::Nick;
use crate::proto::time::Timestamp;

/// How many departures are remembered. Beyond: the oldest is forgotten.
pub(crate) const DEPARTURES_MAX: usize = 1_024;

/// Somebody who gave up a nick, by leaving or by taking another one.
#[derive(Clone, Debug)]
pub(crate) struct Departure {
    /// The nick.
    pub nick: Nick,
    /// The user name that others saw.
    pub user: String,
    /// The host that others saw.
    pub host: Box<str>,
    /// The real name.
    pub realname: Box<str>,
    /// The account's name.
    pub account: Option<String>,
    /// When.
    pub left_at: Timestamp,
}

/// The last departures, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Departures(VecDeque<Departure>);

impl Departures {
    /// Remembers one more.
    pub fn add(&mut self, departure: Departure) {
        if self.0.len() == DEPARTURES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(departure);
    }

    /// Those who were called one of these, the last one first, at most `count`.
    pub fn of(&self, nicks: &[Nick], count: usize) -> Vec<Departure> {
        self.0.iter().rev().filter(|departure| nicks.contains(&departure.nick)).take(count).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_remembered_the_last_first() {
        let mut departures = Departures::default();
        let nick = Nick::new("ann").unwrap();
        for second in 0..=DEPARTURES_MAX as i64 {
            let (nick, left_at) = (nick.clone(), Timestamp::from_millis(second * 1_000));
            let (user, host, realname) = (String::new(), Box::default(), Box::default());
            departures.add(Departure { nick, user, host, realname, account: None, left_at });
        }
        let all = departures.of(std::slice::from_ref(&nick), usize::MAX);
        assert_eq!(all.len(), DEPARTURES_MAX);
        assert_eq!(all[0].left_at.as_seconds(), DEPARTURES_MAX as i64);
        assert_eq!(departures.of(&[nick], 1).len(), 1);
    }
}
