//! Slow mode (`W`): who has said something in a channel, and when the next word may follow.
//!
//! Nothing of it is durable: after a restart everybody may speak at once. A message that comes again under its author's own
//! id is no second one, so it passes, and the store answers it with the first one's echo.

use std::collections::BTreeMap;

use super::allowance::KEYS_MAX;
use super::event::{AccountId, ChannelId};
use super::policy::address_key;
use super::session::Session;
use crate::proto::time::Timestamp;

/// Whose words are counted: an account's on all of its sessions, and those without an account by their address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Speaker {
    /// A person.
    Account(AccountId),
    /// Whoever comes from there.
    Address(String),
}

impl Speaker {
    /// Whose words those of a session are.
    pub fn of(session: &Session) -> Self {
        match session.account() {
            Some(account) => Self::Account(account),
            None => Self::Address(address_key(session.peer.address)),
        }
    }
}

#[derive(Debug)]
struct LastWord {
    next_at: Timestamp,
    idempotency_id: Option<String>,
}

/// The last words in the channels with slow mode.
#[derive(Debug, Default)]
pub(crate) struct SlowMode {
    last_words: BTreeMap<(ChannelId, Speaker), LastWord>,
}

impl SlowMode {
    /// Takes note of a message, with its author's own id.
    ///
    /// # Errors
    /// How many seconds its author has to wait. Nothing is noted then.
    pub fn take(
        &mut self,
        key: (ChannelId, Speaker),
        seconds: u32,
        idempotency_id: Option<&str>,
        now: Timestamp,
    ) -> Result<(), i64> {
        if let Some(last) = self.last_words.get(&key) {
            if idempotency_id.is_some() && last.idempotency_id.as_deref() == idempotency_id {
                return Ok(());
            }
            // A mode that became shorter meanwhile counts at once.
            let wait = last.next_at.millis_since(now).min(i64::from(seconds) * 1_000);
            if wait > 0 {
                return Err((wait + 999) / 1_000);
            }
        } else if self.last_words.len() >= KEYS_MAX {
            self.make_room(now);
        }
        let next_at = now.plus_millis(i64::from(seconds) * 1_000);
        self.last_words.insert(key, LastWord { next_at, idempotency_id: idempotency_id.map(str::to_owned) });
        Ok(())
    }

    /// Forgets the words that keep nobody waiting.
    pub fn forget_old(&mut self, now: Timestamp) {
        self.last_words.retain(|_, last| last.next_at > now);
    }

    /// Beyond the bound, whoever would wait the shortest time is forgotten, and may speak at once.
    fn make_room(&mut self, now: Timestamp) {
        self.forget_old(now);
        if self.last_words.len() < KEYS_MAX {
            return;
        }
        let soonest = self.last_words.iter().min_by_key(|(_, last)| last.next_at).map(|(key, _)| key.clone());
        if let Some(key) = soonest {
            self.last_words.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_in_so_many_seconds() {
        let mut slow = SlowMode::default();
        let ann = || (ChannelId(1), Speaker::Account(AccountId(2)));
        let at = Timestamp::from_millis;
        assert_eq!(slow.take(ann(), 10, Some("one"), at(0)), Ok(()));
        assert_eq!(slow.take(ann(), 10, None, at(1)), Err(10));
        assert_eq!(slow.take(ann(), 10, Some("one"), at(1)), Ok(()), "a repetition is no second message");
        assert_eq!(slow.take(ann(), 10, Some("two"), at(9_001)), Err(1));
        assert_eq!(slow.take((ChannelId(2), ann().1), 10, None, at(1)), Ok(()));
        assert_eq!(slow.take(ann(), 2, None, at(1_000)), Err(2), "a shorter mode counts at once");
        assert_eq!(slow.take(ann(), 10, None, at(10_000)), Ok(()));
        slow.forget_old(at(20_000));
        assert!(slow.last_words.is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut slow = SlowMode::default();
        for account in 0..=KEYS_MAX as u64 {
            let key = (ChannelId(1), Speaker::Account(AccountId(account)));
            assert_eq!(slow.take(key, 60, None, Timestamp::from_millis(account as i64)), Ok(()));
        }
        assert_eq!(slow.last_words.len(), KEYS_MAX);
    }
}
