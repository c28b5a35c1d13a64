//! The messages of one conversation, in the server's order, and the place in them that is on the screen.
//!
//! Order: what the server has numbered stands by its time and, where the ids are ours, by `msgid`; within one page of history
//! the page's own order holds. Own messages that the server has not confirmed stand at the end, in the order in which they
//! were written, and move to their place when it does. A message is known by its `msgid`, an own one also by its
//! idempotency id; neither is ever shown twice.
//!
//! Which part is on the screen is the business of its [`Position`].

mod bound;
mod logged;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::annotation::{Annotation, Note, Waiting};
use super::comings::{Coming, Comings};
use super::entry::{Entry, EntryKey, EntryKind, Fate, Quote};
use super::position::{Position, Window};
use super::stretch::Stretch;
use crate::ground::texts::Texts;
use crate::proto::time::Timestamp;

/// How many entries a conversation holds; beyond it those go that are far from what is shown, and can be fetched from history
/// again.
pub const ENTRIES_MAX: usize = 4_000;
/// How many own messages of a conversation may wait for the server; a further one is refused, its text stays in the input box.
pub const PENDING_MAX: usize = 500;

/// Where a page of history belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before this entry: a page of older messages.
    Before(EntryKey),
    /// Wherever its times put it.
    ByTime,
}

/// The entries of one conversation and the position in them.
#[derive(Debug)]
pub struct Buffer {
    entries: VecDeque<Entry>,
    msgids: HashMap<Arc<str>, EntryKey>,
    /// Said about messages that are not here.
    annotations: Waiting,
    /// Answers, by the message that they answer.
    answers: HashMap<Arc<str>, Vec<EntryKey>>,
    /// How many entries at the end are pending.
    pending: usize,
    /// Grows when something becomes of an own message.
    fates: u64,
    next_key: u64,
    position: Position,
    unseen: usize,
    /// Old entries were dropped to keep the bound.
    truncated: bool,
    /// The stretch of the log that is missing above the first entry.
    missing_above: Stretch,
}

impl Buffer {
    /// An empty buffer. `number` is its conversation's and goes into every key.
    pub fn new(number: u32) -> Self {
        Self {
            entries: VecDeque::new(),
            msgids: HashMap::new(),
            annotations: Waiting::default(),
            answers: HashMap::new(),
            pending: 0,
            fates: 0,
            next_key: u64::from(number) << 40,
            position: Position::default(),
            unseen: 0,
            truncated: false,
            missing_above: Stretch::ALL,
        }
    }

    /// The entries in order.
    pub fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    /// The entry of this key, unless it is gone.
    pub fn entry(&self, key: EntryKey) -> Option<&Entry> {
        self.index_of(key).and_then(|index| self.entries.get(index))
    }

    /// Where an entry stands at the moment.
    pub fn index_of(&self, key: EntryKey) -> Option<usize> {
        // Most questions are about what is near the end.
        self.entries.iter().rposition(|entry| entry.key == key)
    }

    /// How many messages arrived at the end while the pane showed something else: "N new below".
    pub fn unseen(&self) -> usize {
        self.unseen
    }

    /// So many messages that were missed stand at the end now.
    pub fn were_missed(&mut self, count: usize) {
        if self.position.is_anchored() {
            self.unseen += count;
        }
    }

    /// Whether the pane shows the end and goes on with it.
    pub fn follows_end(&self) -> bool {
        self.position.follows_end()
    }

    /// Whether the person reads on downwards.
    pub fn goes_down(&self) -> bool {
        self.position.goes_down()
    }

    /// Whether old entries were dropped to keep the bound.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// What was dropped at the top is being fetched again.
    pub fn is_fetched_again(&mut self) {
        self.truncated = false;
    }

    /// The oldest message that the server has numbered.
    pub fn oldest(&self) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.is_from_server())
    }

    /// The newest message that the server has numbered.
    pub fn newest(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.is_from_server())
    }

    /// The key of the entry that was added last, wherever it stands; grows with every entry.
    pub fn newest_key(&self) -> Option<EntryKey> {
        (!self.entries.is_empty()).then_some(EntryKey(self.next_key))
    }

    /// Whether a message of this id is held.
    pub fn knows(&self, msgid: &str) -> bool {
        self.msgids.contains_key(msgid)
    }

    /// The message of this id.
    pub fn key_of(&self, msgid: &str) -> Option<EntryKey> {
        self.msgids.get(msgid).copied()
    }

    /// Something is said about a message; it is kept when the message is not there.
    pub fn annotate(&mut self, annotation: Annotation) {
        let index = self.key_of(&annotation.about).and_then(|key| self.index_of(key));
        if let Some(index) = index {
            return self.note(index, annotation.note);
        }
        if matches!(annotation.note, Note::Redaction(_)) && self.withdraw_reaction(&annotation.about) {
            return;
        }
        self.annotations.push(annotation);
    }

    fn withdraw_reaction(&mut self, msgid: &str) -> bool {
        for entry in &mut self.entries {
            if entry.reactions.withdraw(msgid) {
                entry.revision += 1;
                return true;
            }
        }
        false
    }

    fn note(&mut self, index: usize, note: Note) {
        let entry = &mut self.entries[index];
        match note {
            Note::Reaction(word) if entry.redaction.is_none() => {
                entry.revision += u32::from(entry.reactions.apply(word));
            }
            Note::Redaction(redaction) if entry.redaction.is_none() => {
                entry.text = String::new();
                entry.reactions.clear();
                entry.mention = false;
                entry.redaction = Some(Box::new(redaction));
                entry.revision += 1;
                self.quote(index);
            }
            _ => {}
        }
    }

    /// Tells the answers to a message what it says.
    fn quote(&mut self, index: usize) {
        let entry = &self.entries[index];
        let Some(answers) = entry.msgid.as_ref().and_then(|msgid| self.answers.get(msgid)).cloned() else { return };
        let quote = Quote::of(entry);
        for key in answers {
            if let Some(answer) = self.index_of(key).and_then(|index| self.entries.get_mut(index))
                && let Some(reply) = &mut answer.reply
            {
                reply.quote = Some(quote.clone());
                answer.revision += 1;
            }
        }
    }

    /// Connects a message that has just taken its place with those that it answers, that answer it, and what was said about
    /// it.
    fn connect(&mut self, key: EntryKey) {
        let Some(index) = self.index_of(key) else { return };
        let entry = &self.entries[index];
        let msgid = entry.msgid.clone();
        if let Some(to) = entry.reply.as_ref().map(|reply| reply.to.clone()) {
            let quote = self.key_of(&to).and_then(|key| self.entry(key)).map(Quote::of);
            if let Some(reply) = &mut self.entries[index].reply {
                reply.quote = quote.or(reply.quote.take());
            }
            self.answers.entry(to).or_default().push(key);
        }
        let Some(msgid) = msgid else { return };
        for note in self.annotations.take(&msgid) {
            self.note(index, note);
        }
        self.quote(index);
    }

    /// Adds what was just said. Returns its key, or nothing when it is known already.
    pub fn push_live(&mut self, mut entry: Entry) -> Option<EntryKey> {
        if self.is_known(&entry) {
            return None;
        }
        let end = self.entries.len() - self.pending;
        if let Some(before) = end.checked_sub(1).and_then(|index| self.entries.get(index)) {
            // What arrives live stands last, whatever the clock of the server does.
            entry.order = entry.order.max(before.order);
        }
        let key = self.insert_at(end, entry);
        if self.position.is_anchored() {
            self.unseen += 1;
        }
        self.drop_oldest();
        Some(key)
    }

    /// Adds a remark of ours at the end.
    pub fn push_remark(&mut self, kind: EntryKind, text: &str, time: Timestamp) -> EntryKey {
        let mut entry = Entry::new(kind, "", text, time);
        let end = self.entries.len() - self.pending;
        if let Some(before) = end.checked_sub(1).and_then(|index| self.entries.get(index)) {
            entry.order = before.order;
        }
        let key = self.insert_at(end, entry);
        self.drop_oldest();
        key
    }

    /// Adds that somebody came, went or was renamed: to the line at the end that tells such things, or as a new one, which says
    /// `sentence`.
    pub fn push_coming(&mut self, nick: &str, coming: &Coming, sentence: &str, texts: &Texts, time: Timestamp) {
        let end = self.entries.len() - self.pending;
        if let Some(entry) = end.checked_sub(1).and_then(|index| self.entries.get_mut(index))
            && let Some(comings) = &mut entry.comings
            && comings.add(nick, coming)
        {
            entry.text = comings.sentence(texts);
            entry.revision += 1;
            return;
        }
        let key = self.push_remark(EntryKind::Info, sentence, time);
        if let Some(entry) = self.index_of(key).and_then(|index| self.entries.get_mut(index)) {
            entry.comings = Some(Box::new(Comings::new(nick, coming, sentence)));
        }
    }

    /// Adds an own message that the server has not confirmed. The pane goes to the end. Refused (nothing) when
    /// [`PENDING_MAX`] are waiting already.
    pub fn push_pending(&mut self, mut entry: Entry) -> Option<EntryKey> {
        if self.pending >= PENDING_MAX {
            return None;
        }
        entry.fate = Fate::Pending { sent: false };
        entry.own = true;
        let key = self.insert_at(self.entries.len(), entry);
        self.pending += 1;
        self.fates += 1;
        self.drop_oldest();
        self.scroll_to_end();
        Some(key)
    }

    /// Adds a page of history, in its order. Returns how many messages of it were new.
    pub fn insert_page(&mut self, page: impl IntoIterator<Item = Entry>, place: Place) -> usize {
        let mut count = 0;
        let mut before = None;
        for mut entry in page {
            if self.is_known(&entry) || self.settle_unknown(&entry) {
                continue;
            }
            let limit = match place {
                // Where it stood a moment ago, with the one that was put in before it since.
                Place::Before(key) => before
                    .map(|index: usize| index + 1)
                    .filter(|index| self.entries.get(*index).is_some_and(|entry| entry.key == key))
                    .or_else(|| self.index_of(key))
                    .unwrap_or(0),
                Place::ByTime => self.entries.len() - self.pending,
            };
            before = Some(limit);
            let mut index = limit;
            while index > 0 && !entry.follows(&self.entries[index - 1]) {
                index -= 1;
            }
            if index == limit
                && let Some(after) = self.entries.get(index)
                && matches!(place, Place::Before(_))
            {
                entry.order = entry.order.min(after.order);
            }
            self.insert_at(index, entry);
            count += 1;
        }
        self.drop_oldest();
        count
    }

    /// An own message came back: takes its place among the others. Returns its key, or nothing when none with this
    /// idempotency id waits.
    pub fn confirm(&mut self, id: &str, msgid: Option<Arc<str>>, time: Timestamp) -> Option<EntryKey> {
        let index = self.entries.iter().rposition(|entry| {
            entry.fate != Fate::Delivered && entry.id.as_deref().is_some_and(|candidate| candidate == id)
        })?;
        let key = self.entries[index].key;
        self.fates += 1;
        if msgid.as_deref().is_some_and(|msgid| self.knows(msgid)) {
            // A page of history was faster.
            self.remove(index);
            return Some(key);
        }
        let mut entry = self.remove(index)?;
        entry.fate = Fate::Delivered;
        entry.revision += 1;
        entry.time = time;
        entry.order = time;
        entry.msgid = msgid;
        let end = self.entries.len() - self.pending;
        let mut place = end;
        while place > 0 && !entry.follows(&self.entries[place - 1]) {
            place -= 1;
        }
        self.insert_keyed(place, entry);
        Some(key)
    }

    /// An own message that waits becomes several in its place, because the server takes shorter ones only. The first keeps
    /// its id, the ids of the others are made of it.
    pub fn split_pending(&mut self, key: EntryKey, texts: &[String]) {
        let Some(index) = self.index_of(key).filter(|index| self.entries[*index].is_pending()) else { return };
        let Some(whole) = self.remove(index) else { return };
        self.fates += 1;
        for (number, text) in texts.iter().enumerate() {
            let mut part = whole.clone();
            part.text.clone_from(text);
            part.id = match (&whole.id, number) {
                (id, 0) => id.clone(),
                (id, number) => id.as_ref().map(|id| format!("{id}-{number}").into()),
            };
            self.insert_at(index + number, part);
            self.pending += 1;
        }
    }

    /// The server refused an own message, or nothing is known of it: it stays where it is, no longer among the waiting.
    pub fn set_fate(&mut self, key: EntryKey, fate: Fate) {
        let Some(index) = self.index_of(key) else { return };
        let is_pending = matches!(fate, Fate::Pending { .. });
        self.fates += 1;
        if self.entries[index].is_pending() == is_pending {
            self.entries[index].fate = fate;
            self.entries[index].revision += 1;
            return;
        }
        if is_pending && self.pending >= PENDING_MAX {
            return;
        }
        let Some(mut entry) = self.remove(index) else { return };
        entry.fate = fate;
        entry.revision += 1;
        let end = self.entries.len() - self.pending;
        if is_pending {
            self.insert_keyed(self.entries.len(), entry);
            self.pending += 1;
        } else {
            if let Some(before) = end.checked_sub(1).and_then(|index| self.entries.get(index)) {
                entry.order = before.order;
            }
            self.insert_keyed(end, entry);
        }
    }

    /// Own messages that wait for the server, in the order in which they were written.
    pub fn pending(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.range(self.entries.len() - self.pending..)
    }

    /// Grows with every change of what waits for the server, was refused, or is of unknown fate.
    pub fn fates(&self) -> u64 {
        self.fates
    }

    /// How many own messages wait for the server.
    pub fn pending_count(&self) -> usize {
        self.pending
    }

    /// Own messages that were refused or whose fate is unknown, oldest first.
    pub fn stuck(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| matches!(entry.fate, Fate::Failed { .. } | Fate::Unknown))
    }

    /// Marks that messages are missing before this entry.
    pub fn mark_gap(&mut self, before: EntryKey, text: &str) {
        let Some(index) = self.index_of(before).filter(|index| *index + self.pending < self.entries.len()) else {
            return;
        };
        if index > 0 && self.entries[index - 1].kind == EntryKind::Gap {
            return;
        }
        let mut gap = Entry::new(EntryKind::Gap, "", text, self.entries[index].time);
        // What is put in from below stands behind it, what is put in from above before it.
        gap.order = self.entries[index.saturating_sub(1)].order;
        self.insert_at(index, gap);
    }

    /// Marks that messages are missing behind this entry, be it the last one.
    fn mark_gap_behind(&mut self, key: EntryKey) {
        let end = self.entries.len() - self.pending;
        let Some(index) = self.index_of(key).map(|index| index + 1) else { return };
        if index < end {
            let behind = self.entries[index].key;
            if self.entries[index].kind != EntryKind::Gap {
                self.mark_gap(behind, "");
            }
            return;
        }
        let mut gap = Entry::new(EntryKind::Gap, "", "", self.entries[index - 1].time);
        gap.order = self.entries[index - 1].order;
        self.insert_at(index, gap);
    }

    /// Adds a page that was asked for in the middle of nowhere: what is missing around it is marked, what it closes is not any
    /// more.
    pub fn insert_island(&mut self, page: Vec<Entry>) {
        let ids: Vec<Arc<str>> = page.iter().filter_map(|entry| entry.msgid.clone()).collect();
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else {
            self.insert_page(page, Place::ByTime);
            return;
        };
        let (had_first, had_last) = (self.knows(first), self.knows(last));
        self.insert_page(page, Place::ByTime);
        let (Some(first), Some(last)) = (self.key_of(first), self.key_of(last)) else { return };
        if let (Some(from), Some(to)) = (self.index_of(first), self.index_of(last)) {
            for index in (from..to).rev() {
                if self.entries[index].kind == EntryKind::Gap {
                    self.remove(index);
                }
            }
        }
        let has_before = |buffer: &Self| {
            let index = buffer.index_of(first).unwrap_or(0);
            buffer.entries.range(..index).any(|entry| entry.is_from_server())
        };
        if !had_first && has_before(self) {
            self.mark_gap(first, "");
        }
        if !had_last {
            self.mark_gap_behind(last);
        }
    }

    /// Adds a page to a gap, which is closed when nothing is missing any more.
    pub fn fill_gap(&mut self, gap: EntryKey, page: Vec<Entry>, is_from_above: bool, is_full: bool) {
        let Some(index) = self.index_of(gap) else { return };
        let place_of =
            |entry: &Entry| entry.msgid.as_deref().and_then(|id| self.key_of(id)).and_then(|key| self.index_of(key));
        let is_across = |place: usize| if is_from_above { place > index } else { place < index };
        let reaches = page.iter().filter_map(place_of).any(is_across);
        let behind = self.entries.get(index + 1).map(Entry::key);
        let place = match behind {
            Some(behind) if !is_from_above => Place::Before(behind),
            _ => Place::Before(gap),
        };
        let count = self.insert_page(page, place);
        // A page that brings nothing new would be asked for again and again.
        if reaches || !is_full || count == 0 {
            self.discard(gap);
        }
    }

    /// The messages on either side of a gap.
    pub fn around_gap(&self, gap: EntryKey) -> (Option<&Entry>, Option<&Entry>) {
        let Some(index) = self.index_of(gap) else { return (None, None) };
        let above = self.entries.range(..index).rev().find(|entry| entry.is_from_server());
        let below = self.entries.range(index + 1..).find(|entry| entry.is_from_server());
        (above, below)
    }

    /// Forgets an entry.
    pub fn discard(&mut self, key: EntryKey) {
        if let Some(index) = self.index_of(key) {
            self.remove(index);
        }
    }

    /// Asks to move by rows; negative is up.
    pub fn scroll_rows(&mut self, rows: i32) {
        self.position.scroll_rows(rows);
    }

    /// Asks to move by screens (less one row of context each); negative is up.
    pub fn scroll_pages(&mut self, pages: i32) {
        self.position.scroll_pages(pages);
    }

    /// Asks for the very top of what is loaded.
    pub fn scroll_to_top(&mut self) {
        self.position.scroll_to_top();
    }

    /// Asks for the end, and to go on with it.
    pub fn scroll_to_end(&mut self) {
        self.position.scroll_to_end();
        self.unseen = 0;
    }

    /// Asks that all of an entry can be seen.
    pub fn reveal(&mut self, key: EntryKey) {
        self.position.reveal(key);
    }

    /// Asks for an entry with what stands around it.
    pub fn centre(&mut self, key: EntryKey) {
        self.position.centre(key);
    }

    /// Holds on to this row of the pane while something is put in below it.
    pub fn hold(&mut self, key: EntryKey, row: usize, below: usize) {
        self.position.hold(key, row, below);
    }

    /// The nearest entry that can be chosen, `step` (1 or -1) entries from this one on; from the last one on the screen when
    /// there is none.
    pub fn choosable(&self, from: Option<EntryKey>, step: isize) -> Option<EntryKey> {
        let anchor = || self.position.anchor().and_then(|key| self.index_of(key));
        let mut index = match from.and_then(|key| self.index_of(key)) {
            Some(index) => index.checked_add_signed(step)?,
            None => anchor().unwrap_or(self.entries.len().saturating_sub(1)),
        };
        let step = if from.is_some() { step } else { -1 };
        loop {
            let entry = self.entries.get(index)?;
            if entry.can_be_chosen() {
                return Some(entry.key);
            }
            index = index.checked_add_signed(step)?;
        }
    }

    /// The layout pass: carries out what the keys asked for and says what is visible in a pane of `height` rows. `rows`
    /// tells how many rows an entry takes (at least 1), given the entry before it (whose day decides on a separator).
    /// Only entries near the window are asked about.
    pub fn settle(&mut self, height: usize, rows: &mut dyn FnMut(&Entry, Option<&Entry>) -> usize) -> Window {
        let window = self.position.settle(&self.entries, height, rows);
        if self.position.follows_end() {
            self.unseen = 0;
        }
        window
    }

    fn is_known(&self, entry: &Entry) -> bool {
        entry.msgid.as_deref().is_some_and(|msgid| self.knows(msgid))
    }

    /// A page of history holds an own message whose fate was unknown: now it is known.
    fn settle_unknown(&mut self, found: &Entry) -> bool {
        if !found.own {
            return false;
        }
        let index = self
            .entries
            .iter()
            .position(|entry| entry.fate == Fate::Unknown && entry.text == found.text && entry.kind == found.kind);
        let Some(id) = index.and_then(|index| self.entries[index].id.clone()) else { return false };
        self.confirm(&id, found.msgid.clone(), found.time).is_some()
    }

    fn insert_at(&mut self, index: usize, mut entry: Entry) -> EntryKey {
        self.next_key += 1;
        entry.key = EntryKey(self.next_key);
        let key = entry.key;
        self.insert_keyed(index, entry);
        key
    }

    fn insert_keyed(&mut self, index: usize, entry: Entry) {
        let key = entry.key;
        if let Some(msgid) = &entry.msgid {
            self.msgids.insert(msgid.clone(), key);
        }
        // The one behind may lose or gain its date separator.
        if let Some(after) = self.entries.get_mut(index) {
            after.revision += 1;
        }
        let is_connected = entry.msgid.is_some() || entry.reply.is_some();
        self.entries.insert(index, entry);
        if is_connected {
            self.connect(key);
        }
    }

    fn remove(&mut self, index: usize) -> Option<Entry> {
        let key_at = |index: usize| self.entries.get(index).map(Entry::key);
        if let Some(gone) = key_at(index) {
            self.position.let_go(gone, index.checked_sub(1).and_then(key_at), key_at(index + 1));
        }
        let entry = self.entries.remove(index)?;
        if entry.is_pending() {
            self.pending -= 1;
        }
        self.forget(&entry);
        if let Some(after) = self.entries.get_mut(index) {
            after.revision += 1;
        }
        Some(entry)
    }

    /// An entry is gone: nothing leads to it any more.
    fn forget(&mut self, entry: &Entry) {
        if let Some(msgid) = &entry.msgid {
            self.msgids.remove(msgid);
        }
        if let Some(reply) = &entry.reply
            && let Some(answers) = self.answers.get_mut(&reply.to)
        {
            answers.retain(|key| *key != entry.key);
            if answers.is_empty() {
                self.answers.remove(&reply.to);
            }
        }
    }
}

#[cfg(test)]
mod tests;
