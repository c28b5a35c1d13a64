//! Questions for pages of history: those that run and those that wait.

use std::collections::VecDeque;

use super::conversation::ConversationId;
use super::entry::EntryKey;
use crate::proto::history::Reference;

/// How many pages are asked for at the same time; further ones wait.
const RUNNING_MAX: usize = 4;
/// How many questions may wait; a further one is dropped and asked again when it is needed.
const WAITING_MAX: usize = 1_000;
/// How long a page may take; then it is not waited for any more.
const PAGE_TIMEOUT_MILLIS: u64 = 30_000;
/// After a refusal that time may cure, how long older messages are not asked for.
const PAUSE_MILLIS: u64 = 10_000;

/// What a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What came after the newest message; so many pages were asked for already.
    Newer {
        /// How many.
        pages: u32,
    },
    /// The latest page.
    Latest {
        /// Too much was missed to ask for all of it.
        after_gap: bool,
    },
    /// What came before this entry.
    Older {
        /// The oldest entry that was loaded.
        before: EntryKey,
    },
    /// What was said around a place, which is in [`Fetch::after`].
    Around,
    /// What is missing at this gap.
    Fill {
        /// The gap.
        gap: EntryKey,
        /// From its upper side on; else from its lower side.
        is_from_above: bool,
    },
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Whose history.
    pub conversation: ConversationId,
    /// What for.
    pub purpose: Purpose,
    /// Places are named by their time, because the server does not know the id.
    pub by_time: bool,
    /// From where [`Purpose::Newer`] goes on; nothing for the newest message. The place of [`Purpose::Around`].
    pub after: Option<Reference>,
}

impl Fetch {
    /// A question asked for the first time.
    pub fn new(conversation: ConversationId, purpose: Purpose) -> Self {
        Self { conversation, purpose, by_time: false, after: None }
    }
}

/// The questions of one connection. All moments are of `Moment::elapsed_millis`.
#[derive(Debug, Default)]
pub struct Fetches {
    waiting: VecDeque<Fetch>,
    /// With the moment at which each was asked.
    running: Vec<(Fetch, u64)>,
    paused_until_millis: u64,
}

impl Fetches {
    /// Puts a question behind the others. Refused when one about the same conversation is there already, or too many wait.
    pub fn push(&mut self, fetch: Fetch) -> bool {
        let id = fetch.conversation;
        let mut known = self.waiting.iter().chain(self.running.iter().map(|(fetch, _)| fetch));
        if known.any(|known| known.conversation == id) || self.waiting.len() >= WAITING_MAX {
            return false;
        }
        self.waiting.push_back(fetch);
        true
    }

    /// The next question to be asked, when there is room for its answer.
    pub fn take_next(&mut self) -> Option<Fetch> {
        if self.running.len() < RUNNING_MAX { self.waiting.pop_front() } else { None }
    }

    /// A question was asked.
    pub fn asked(&mut self, fetch: Fetch, now_millis: u64) {
        self.running.push((fetch, now_millis));
    }

    /// The question about a conversation is answered.
    pub fn answered(&mut self, id: ConversationId) -> Option<Fetch> {
        let index = self.running.iter().position(|(fetch, _)| fetch.conversation == id)?;
        Some(self.running.remove(index).0)
    }

    /// Whether a question about a conversation runs or waits.
    pub fn is_about(&self, id: ConversationId) -> bool {
        self.waiting.iter().chain(self.running.iter().map(|(fetch, _)| fetch)).any(|one| one.conversation == id)
    }

    /// The conversations that running questions are about.
    pub fn running(&self) -> impl Iterator<Item = ConversationId> {
        self.running.iter().map(|(fetch, _)| fetch.conversation)
    }

    /// Takes out the questions whose answers do not come.
    pub fn take_late(&mut self, now_millis: u64) -> Vec<Fetch> {
        let is_late = |asked: u64| asked + PAGE_TIMEOUT_MILLIS <= now_millis;
        let late = self.running.iter().filter(|(_, asked)| is_late(*asked)).map(|(fetch, _)| fetch.clone()).collect();
        self.running.retain(|(_, asked)| !is_late(*asked));
        late
    }

    /// When the first question is late.
    pub fn late_at_millis(&self) -> Option<u64> {
        self.running.iter().map(|(_, asked)| asked + PAGE_TIMEOUT_MILLIS).min()
    }

    /// The server cannot read its record for the moment.
    pub fn pause(&mut self, now_millis: u64) {
        self.paused_until_millis = now_millis + PAUSE_MILLIS;
    }

    /// Whether older messages are not to be asked for.
    pub fn is_paused(&self, now_millis: u64) -> bool {
        self.paused_until_millis > now_millis
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latest(number: u32) -> Fetch {
        Fetch::new(ConversationId(number), Purpose::Latest { after_gap: false })
    }

    #[test]
    fn few_run_at_once_and_each_conversation_once() {
        let mut fetches = Fetches::default();
        for number in 0..10 {
            assert!(fetches.push(latest(number)));
            assert!(!fetches.push(latest(number)));
        }
        while let Some(fetch) = fetches.take_next() {
            fetches.asked(fetch, 5);
        }
        assert_eq!(fetches.running().count(), RUNNING_MAX);
        assert!(!fetches.push(latest(0)));
        assert_eq!(fetches.answered(ConversationId(0)), Some(latest(0)));
        assert_eq!(fetches.answered(ConversationId(0)), None);
        assert_eq!(fetches.take_next(), Some(latest(4)));
        assert!(fetches.take_late(5 + PAGE_TIMEOUT_MILLIS - 1).is_empty());
        assert_eq!(fetches.take_late(5 + PAGE_TIMEOUT_MILLIS).len(), 3);
    }
}
