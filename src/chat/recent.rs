//! The last events of each conversation, kept in memory: what history is read from while the store does not answer.
//!
//! Bounded: [`EVENTS_MAX`] events and [`BYTES_MAX`] bytes a conversation, [`CONVERSATIONS_MAX`] conversations. Beyond that the oldest event, or the
//! conversations that were silent for the longest time, are forgotten; a page that needs what is forgotten is not answered
//! from here. Never guesses: a page is given only when it is certain to be the one that the store would give.
//!
//! What an account and a guest say to each other is in nobody's history in the store, because a guest is nobody once it has
//! left. As long as it is there, the account reads in here what of it is kept.

use std::collections::{HashMap, VecDeque};

use super::event::{AccountId, AuthorKind, Event, MessageKind, Place, Record, Seq};
use super::ports::{Bound, ConnId, Extras, PageQuery, PageRange, StoredEvent, StoredWhat};
use crate::proto::time::Timestamp;

/// The most events that are kept of one conversation.
pub const EVENTS_MAX: usize = 128;
/// The most bytes of texts that are kept of one conversation: what [`EVENTS_MAX`] messages of one line have at most.
pub const BYTES_MAX: usize = 64 * 1024;
/// The most conversations of which events are kept.
pub const CONVERSATIONS_MAX: usize = 512;
/// How many of them are forgotten at once. All are looked at to find the most silent ones: were it one at a time, nearly every
/// message would pay for that as soon as more people talk than are kept.
const FORGOTTEN_AT_ONCE: usize = CONVERSATIONS_MAX / 8;

/// The last events of many conversations.
#[derive(Debug, Default)]
pub struct Recent {
    conversations: HashMap<Key, Conversation>,
}

/// Whose events are kept together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// Those of a conversation that the store keeps too.
    Place(Place),
    /// What a guest and an account say to each other.
    Guest(ConnId, AccountId),
}

/// The last events of one conversation, oldest first.
#[derive(Debug, Default)]
struct Conversation {
    events: VecDeque<StoredEvent>,
    /// The bytes of their texts and tags.
    bytes: usize,
    /// Nothing of it was ever left out: the first event is the conversation's first.
    whole: bool,
}

impl Recent {
    /// Keeps a record when history would tell it.
    pub fn keep(&mut self, record: &Record) {
        let is_founding = matches!(record.event, Event::ChannelFounded { .. });
        if let Event::Redacted { seq, .. } = record.event {
            self.forget(record.place, seq);
        }
        let event = stored_event(record);
        if matches!(record.place, Place::Unlisted | Place::Server) || event.is_none() && !is_founding {
            return;
        }
        let conversation = self.conversation(Key::Place(record.place), is_founding);
        conversation.extend(event);
    }

    /// Keeps what a guest and an account say to each other.
    pub fn keep_with_guest(&mut self, guest: ConnId, account: AccountId, record: &Record) {
        let conversation = self.conversation(Key::Guest(guest, account), true);
        conversation.extend(stored_event(record));
        // There is no more of it anywhere.
        conversation.whole = true;
    }

    /// The conversation of this key; a new one is the whole of it when it begins now.
    fn conversation(&mut self, key: Key, is_new: bool) -> &mut Conversation {
        if !self.conversations.contains_key(&key) && self.conversations.len() >= CONVERSATIONS_MAX {
            self.forget_most_silent();
        }
        let empty = || Conversation { events: VecDeque::new(), bytes: 0, whole: is_new };
        self.conversations.entry(key).or_insert_with(empty)
    }

    /// Forgets an event that turned out to be a duplicate.
    pub fn forget(&mut self, place: Place, seq: Seq) {
        for (key, conversation) in &mut self.conversations {
            let is_meant = match key {
                Key::Place(known) => *known == place,
                Key::Guest(..) => place == Place::Unlisted,
            };
            if is_meant {
                conversation.events.retain(|event| event.seq != seq);
                conversation.bytes = conversation.events.iter().map(bytes_of).sum();
            }
        }
    }

    /// What the store keeps may have become less than what is kept here: pages come from there again.
    pub fn forget_all_stored(&mut self) {
        self.conversations.retain(|key, _| matches!(key, Key::Guest(..)));
    }

    /// Nobody reads a place any more.
    pub fn forget_place(&mut self, place: Place) {
        self.conversations.remove(&Key::Place(place));
    }

    /// A guest has left, and what was said with it goes too.
    pub fn forget_guest(&mut self, guest: ConnId) {
        self.conversations.retain(|key, _| !matches!(key, Key::Guest(known, _) if *known == guest));
    }

    /// A page of what a guest and an account have said to each other, committed or not.
    pub fn page_with_guest(&self, guest: ConnId, account: AccountId, query: &PageQuery) -> Vec<StoredEvent> {
        let conversation = self.conversations.get(&Key::Guest(guest, account));
        conversation.and_then(|conversation| conversation.page(query, Seq(u64::MAX))).unwrap_or_default()
    }

    /// The guests with whom an account has talked, and when the last message was said, by their number.
    pub fn guests_of(&self, account: AccountId) -> Vec<(ConnId, Timestamp)> {
        let said = |conversation: &Conversation| {
            let is_message = |event: &&StoredEvent| event.what.is_shown(Extras::default());
            conversation.events.iter().rev().find(is_message).map(|event| event.time)
        };
        let talks = self.conversations.iter().filter_map(|(key, conversation)| match key {
            Key::Guest(guest, known) if *known == account => said(conversation).map(|time| (*guest, time)),
            _ => None,
        });
        let mut guests: Vec<_> = talks.collect();
        guests.sort_unstable();
        guests
    }

    /// The page that the store would give, when what is kept and committed is enough to know it.
    pub fn page(&self, query: &PageQuery, committed: Seq) -> Option<Vec<StoredEvent>> {
        let conversation = self.conversations.get(&Key::Place(query.place))?;
        conversation.page(query, committed)
    }

    fn forget_most_silent(&mut self) {
        let last = |conversation: &Conversation| conversation.events.back().map(|event| event.seq);
        let mut silent: Vec<_> =
            self.conversations.iter().map(|(key, conversation)| (last(conversation), *key)).collect();
        silent.select_nth_unstable_by_key(FORGOTTEN_AT_ONCE, |(last, _)| *last);
        for (_, key) in &silent[..FORGOTTEN_AT_ONCE] {
            self.conversations.remove(key);
        }
    }
}

impl Conversation {
    /// Keeps one more event, within the bounds.
    fn extend(&mut self, event: Option<StoredEvent>) {
        let Some(event) = event else { return };
        self.bytes += bytes_of(&event);
        self.events.push_back(event);
        while self.events.len() > EVENTS_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.events.pop_front() else { break };
            self.bytes -= bytes_of(&oldest);
            self.whole = false;
        }
    }

    fn page(&self, query: &PageQuery, committed: Seq) -> Option<Vec<StoredEvent>> {
        let limit = query.limit as usize;
        let events = || self.events.iter().filter(|event| event.seq <= committed && event.what.is_shown(query.extras));
        let last = |low: Option<Bound>, high: Option<Bound>| {
            let inside = events().rev().filter(|event| within(event, low, high));
            let mut page: Vec<StoredEvent> = inside.take(limit).cloned().collect();
            page.reverse();
            (page.len() == limit || self.reaches(low)).then_some(page)
        };
        let first = |low: Bound, high: Option<Bound>| {
            let inside = events().filter(|event| within(event, Some(low), high));
            self.reaches(Some(low)).then(|| inside.take(limit).cloned().collect::<Vec<_>>())
        };
        match query.range {
            PageRange::Before(high) => last(None, Some(high)),
            PageRange::After(low) => first(low, None),
            PageRange::Latest(low) => last(low, None),
            PageRange::Between(from, to) => match (self.place_of(from), self.place_of(to)) {
                (from_place, to_place) if from_place <= to_place => first(from, Some(to)),
                _ => last(Some(to), Some(from)),
            },
            PageRange::Around(middle) => {
                let half = limit / 2;
                let earlier: Vec<_> =
                    events().rev().filter(|event| within(event, None, Some(middle))).take(half).collect();
                let known = half > 0 && earlier.len() == half;
                let begins_before = self.events.front().is_some_and(|first| within(first, None, Some(middle)));
                if !(self.whole || known || half == 0 && begins_before) {
                    return None;
                }
                let later = events().filter(|event| !within(event, None, Some(middle)));
                let room = limit - half;
                Some(earlier.into_iter().rev().chain(later.take(room)).cloned().collect())
            }
        }
    }

    /// Whether nothing behind this bound was left out.
    fn reaches(&self, low: Option<Bound>) -> bool {
        self.whole
            || match (low, self.events.front()) {
                (Some(Bound::Seq(seq)), Some(first)) => first.seq <= seq,
                // Time never decreases along the order, so whatever is later than the first one's time is kept.
                (Some(Bound::Time(time)), Some(first)) => first.time <= time,
                _ => false,
            }
    }

    /// How many of the kept events lie before a bound: enough to say which of two bounds is the earlier one.
    fn place_of(&self, bound: Bound) -> usize {
        self.events.iter().filter(|event| within(event, None, Some(bound))).count()
    }
}

/// The bytes that an event holds beside its own structure.
fn bytes_of(event: &StoredEvent) -> usize {
    let text = match &event.what {
        StoredWhat::Privmsg(text)
        | StoredWhat::Notice(text)
        | StoredWhat::Topic(text)
        | StoredWhat::Part(text)
        | StoredWhat::Mode(text)
        | StoredWhat::Redact(_, text) => text.len(),
        StoredWhat::Kick(nick, reason) => nick.len() + reason.len(),
        StoredWhat::Join | StoredWhat::Tagmsg => 0,
    };
    text + event.tags.len() + event.name.len() + event.target.len()
}

/// Whether an event lies between two bounds, both excluded.
fn within(event: &StoredEvent, low: Option<Bound>, high: Option<Bound>) -> bool {
    let behind = match low {
        None => true,
        Some(Bound::Seq(seq)) => event.seq > seq,
        Some(Bound::Time(time)) => event.time > time,
    };
    let before = match high {
        None => true,
        Some(Bound::Seq(seq)) => event.seq < seq,
        Some(Bound::Time(time)) => event.time < time,
    };
    behind && before
}

impl StoredWhat {
    /// Whether a page tells it: messages always, the others when they are asked for.
    pub fn is_shown(&self, extras: Extras) -> bool {
        match self {
            Self::Privmsg(_) | Self::Notice(_) => true,
            Self::Tagmsg => extras.tagged,
            Self::Redact(..) => extras.redactions,
            _ => extras.events,
        }
    }
}

/// A record as history gives it back; nothing for what history does not tell.
pub fn stored_event(record: &Record) -> Option<StoredEvent> {
    let what = match &record.event {
        Event::Message { kind: MessageKind::Privmsg, text } => StoredWhat::Privmsg(text.clone()),
        Event::Message { kind: MessageKind::Notice, text } => StoredWhat::Notice(text.clone()),
        Event::TopicSet { topic } => StoredWhat::Topic(topic.clone()),
        Event::Joined { .. } => StoredWhat::Join,
        Event::Parted { reason } => StoredWhat::Part(reason.clone()),
        Event::Kicked { nick, reason, .. } => StoredWhat::Kick(nick.clone(), reason.clone()),
        Event::ModesChanged { text, .. } => StoredWhat::Mode(text.clone()),
        Event::Tagged => StoredWhat::Tagmsg,
        Event::Redacted { seq, reason } => StoredWhat::Redact(*seq, reason.clone()),
        _ => return None,
    };
    Some(StoredEvent {
        seq: record.seq,
        time: record.time,
        account: record.author.account,
        name: record.author.name.clone(),
        from_server: record.author.kind == AuthorKind::Server,
        target: record.target.clone(),
        tags: record.tags.clone(),
        what,
    })
}
