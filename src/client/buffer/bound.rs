//! Bounded memory: which entries go when there are too many. They can be fetched from history or from the log again.

use super::{Buffer, ENTRIES_MAX};
use crate::client::entry::{Entry, Fate};
use crate::client::stretch::Stretch;

/// How many of the newest entries stay while somebody reads far above them.
const TAIL_ENTRIES: usize = 500;
/// How many entries go at once from the middle.
const MIDDLE_ENTRIES: usize = 500;

impl Buffer {
    /// Keeps the bound: the oldest entries go, or, while somebody reads up there, those between what is read and the newest ones.
    pub(super) fn drop_oldest(&mut self) {
        while self.entries.len() > ENTRIES_MAX {
            let anchor = self.position.anchor().and_then(|key| self.index_of(key));
            let is_dropped = match anchor {
                Some(anchor) if anchor < ENTRIES_MAX / 2 => self.drop_middle(),
                _ => self.drop_first(),
            };
            if !is_dropped {
                return;
            }
        }
    }

    /// Lets the oldest entries go until there are no more than `count`.
    pub fn shrink(&mut self, count: usize) {
        while self.entries.len() > count && self.drop_first() {}
    }

    /// Lets everything go but what waits for the server, and shows the end.
    pub fn clear(&mut self) {
        while self.entries.len() > self.pending {
            self.drop_at(0);
        }
        self.scroll_to_end();
    }

    /// Whether an entry may go: what was said and has arrived can be fetched again. Own messages that have not stay.
    fn may_go(entry: &Entry) -> bool {
        entry.fate == Fate::Delivered
    }

    fn drop_first(&mut self) -> bool {
        let Some(index) = self.entries.iter().position(Self::may_go) else { return false };
        self.drop_at(index);
        true
    }

    /// Lets one of the oldest entries go.
    fn drop_at(&mut self, index: usize) {
        if let Some(stretch) = self.remove(index).and_then(|entry| entry.stretch) {
            self.is_missing_above(stretch);
        }
        self.truncated = true;
    }

    fn drop_middle(&mut self) -> bool {
        let tail = self.entries.len().saturating_sub(TAIL_ENTRIES + self.pending);
        let Some(behind) = self.entries.get(tail).map(Entry::key) else { return false };
        let newest = self.entries.split_off(tail);
        // Who reads far above does not read here: the position holds on to none of these.
        let middle = self.entries.split_off(tail.saturating_sub(MIDDLE_ENTRIES));
        let (going, staying): (Vec<Entry>, Vec<Entry>) = middle.into_iter().partition(Self::may_go);
        self.entries.extend(staying.into_iter().chain(newest));
        going.iter().for_each(|entry| self.forget(entry));
        self.mark_gap(behind, "");
        if let Some(stretch) = going.iter().filter_map(|entry| entry.stretch).reduce(Stretch::joined) {
            self.is_missing_before(behind, stretch);
        }
        !going.is_empty()
    }
}
