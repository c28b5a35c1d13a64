//! Since when accounts are not here: what was said later, they have missed.
//!
//! An account is away from the moment at which its last session left until its next one comes. A session that says QUIT has
//! seen everything up to that moment; of one that was lost it is certain only that it was there when it was last heard, so that
//! its account is away since then: rather something twice than something never. The store notes both moments, see
//! [`Effect::NotePresence`](super::ports::Effect); nothing of it is an event.

use super::event::{AccountId, Seq};
use super::numbers::NumberMap;

/// The last event that each account which is not here may have seen.
#[derive(Debug, Default)]
pub(crate) struct Absences(NumberMap<AccountId, Seq>);

impl Absences {
    /// As the store knows it.
    pub fn new(known: Vec<(AccountId, Seq)>) -> Self {
        Self(known.into_iter().collect())
    }

    /// An account is not here any more, and has seen everything up to an event.
    pub fn begin(&mut self, account: AccountId, seen: Seq) {
        self.0.insert(account, seen);
    }

    /// An account is here: up to which event it has been here before; 0 when it never was.
    pub fn end(&mut self, account: AccountId) -> Seq {
        self.0.remove(&account).unwrap_or_default()
    }
}
