//! What of a conversation stands in its log, and which stretches of the log are missing here: above the first entry, and in gaps.
//! A missing stretch grows when entries go to keep the bound, and shrinks from either end when a page comes back.

use std::collections::HashSet;

use super::Buffer;
use crate::client::entry::{Entry, EntryKey, EntryKind};
use crate::client::stretch::Stretch;

impl Buffer {
    /// The stretch of the log that is missing above the first entry.
    pub fn missing_above(&self) -> Stretch {
        self.missing_above
    }

    /// The stretch that is missing in a gap, when it is known.
    pub fn missing_in(&self, gap: EntryKey) -> Option<Stretch> {
        self.entry(gap).filter(|entry| entry.kind == EntryKind::Gap)?.stretch
    }

    /// Lines stand in the log now. Returns the gap into which those belong that have gone already, if they do not belong above
    /// everything.
    pub fn logged(&mut self, mut lines: Vec<(EntryKey, Stretch)>) -> Option<EntryKey> {
        let first = lines.iter().map(|(_, stretch)| stretch.from).min()?;
        if self.missing_above.is_open() {
            // Nothing of this conversation has been in the log before.
            self.missing_above.to = first;
        }
        // Most were said just now, and in this order.
        lines.sort_unstable_by_key(|(key, _)| *key);
        let mut is_here = vec![false; lines.len()];
        let mut left = lines.len();
        for entry in self.entries.iter_mut().rev() {
            if left == 0 {
                return None;
            }
            if let Ok(index) = lines.binary_search_by_key(&entry.key, |(key, _)| *key) {
                entry.stretch = Some(lines[index].1);
                is_here[index] = true;
                left -= 1;
            }
        }
        let gone = lines.iter().zip(is_here).filter(|(_, is_here)| !is_here).map(|((_, stretch), _)| *stretch);
        let gone = gone.reduce(Stretch::joined)?;
        // What goes so soon after it was said goes from the middle, when anything does.
        match self.entries.iter_mut().rfind(|entry| entry.kind == EntryKind::Gap) {
            Some(gap) => {
                gap.stretch = Some(gap.stretch.map_or(gone, |stretch| stretch.joined(gone)));
                Some(gap.key)
            }
            None => {
                self.is_missing_above(gone);
                None
            }
        }
    }

    /// Lines of the log above the first entry have gone.
    pub(super) fn is_missing_above(&mut self, stretch: Stretch) {
        if !self.missing_above.is_open() {
            self.missing_above.to = self.missing_above.to.max(stretch.to);
        }
    }

    /// Lines of the log right above this entry, which is behind a gap, have gone.
    pub(super) fn is_missing_before(&mut self, behind: EntryKey, stretch: Stretch) {
        let before = self.index_of(behind).and_then(|index| index.checked_sub(1));
        if let Some(gap) = before.and_then(|index| self.entries.get_mut(index))
            && gap.kind == EntryKind::Gap
        {
            gap.stretch = Some(gap.stretch.map_or(stretch, |missing| missing.joined(stretch)));
        }
    }

    /// Adds a page of the log, which covers a stretch, to a gap or above everything. A page that does not lie at an end of what
    /// is missing there is of no use: more has gone since it was asked for.
    pub fn insert_lines(&mut self, gap: Option<EntryKey>, page: Vec<Entry>, covered: Stretch) {
        let missing = match gap {
            Some(gap) => self.missing_in(gap),
            None => Some(self.missing_above),
        };
        let Some((missing, rest)) = missing.and_then(|missing| Some((missing, missing.without(covered)?))) else {
            return;
        };
        let is_from_above = covered.from <= missing.from;
        let index = match gap.and_then(|gap| self.index_of(gap)) {
            Some(index) if is_from_above => index,
            Some(index) => index + 1,
            None => 0,
        };
        let lines = self.entries.iter().filter(|entry| entry.kind != EntryKind::Gap);
        let known: HashSet<u64> = lines.filter_map(|entry| Some(entry.stretch?.from)).collect();
        let mut least = index.checked_sub(1).and_then(|above| self.entries.get(above)).map(|entry| entry.order);
        let below = self.entries.get(index).map(|entry| entry.order);
        // An own message may stand elsewhere than in the order of the log.
        let is_new = |entry: &Entry| entry.stretch.is_none_or(|stretch| !known.contains(&stretch.from));
        for (index, mut entry) in (index..).zip(page.into_iter().filter(is_new)) {
            // The order is that of the log, whatever the times are.
            let order = below.map_or(entry.order, |below| entry.order.min(below));
            entry.order = least.map_or(order, |least| order.max(least));
            least = Some(entry.order);
            self.insert_at(index, entry);
        }
        match gap {
            Some(gap) if rest.is_empty() => self.discard(gap),
            Some(gap) => {
                if let Some(entry) = self.index_of(gap).and_then(|index| self.entries.get_mut(index)) {
                    entry.stretch = Some(rest);
                }
            }
            None => self.missing_above = rest,
        }
        self.drop_oldest();
    }

    /// The log is another file than it was: what was known of it leads nowhere.
    pub fn forget_log(&mut self) {
        self.missing_above = Stretch { from: 0, to: 0 };
        for entry in &mut self.entries {
            entry.stretch = None;
        }
    }
}
