//! A page of history that has come: its messages find their places, what was missed is counted, and what is missing still is asked
//! for.

use std::sync::Arc;

use super::buffer::Place;
use super::conversation::{Conversation, ConversationId, ConversationKind, HistoryState};
use super::entry::{Entry, EntryKind};
use super::event::Effects;
use super::fetch::{Fetch, Purpose};
use super::history::{ask, land, pump, reference};
use super::markers;
use super::model::Model;
use super::session::fact::{LinePlace, Page};
use crate::proto::history::Reference;

/// How many pages a conversation asks for to close a gap; a longer one stays, marked.
const GAP_PAGES_MAX: u32 = 20;

/// What a page brings that was not here before.
struct News {
    /// Its first message.
    first: Option<Arc<str>>,
    /// Whether that was here: the page reaches back to what is known.
    reaches_known: bool,
    /// The first message of others that was not here.
    first_missed: Option<Arc<str>>,
    /// How many of these there are.
    missed: u32,
    /// How many of these call the person.
    calls: u32,
}

impl News {
    fn of(conversation: &Conversation, entries: &[Entry]) -> Self {
        let is_known = |msgid: &Arc<str>| conversation.buffer.knows(msgid);
        let is_missed = |entry: &&Entry| !entry.own && !entry.msgid.as_ref().is_some_and(is_known);
        let is_call = |entry: &&Entry| {
            entry.mention || (conversation.kind != ConversationKind::Channel && entry.kind != EntryKind::Notice)
        };
        let missed = || entries.iter().filter(is_missed);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let first = entries.first().and_then(|entry| entry.msgid.clone());
        Self {
            reaches_known: first.as_ref().is_some_and(is_known),
            first,
            first_missed: missed().next().and_then(|entry| entry.msgid.clone()),
            missed: number(missed().count()),
            calls: number(missed().filter(is_call).count()),
        }
    }
}

/// A page has come, asked for or (by a bouncer) not.
pub fn page(model: &mut Model, page: Page, effects: &mut Effects) {
    let folded = model.server.session.fold(&page.target);
    let Some(id) = model.conversations.find(&folded).map(|conversation| conversation.id) else { return };
    let fetch = model.server.fetches.answered(id);
    let purpose = fetch.as_ref().map(|fetch| fetch.purpose);
    let is_full = page.lines >= model.server.session.page_messages();
    let is_shown = model.is_seen(id);
    if let Some(Purpose::Fill { gap, is_from_above: true }) = purpose {
        model.hold_above(id, gap);
    }
    let is_past = !matches!(purpose, Some(Purpose::Newer { .. } | Purpose::Latest { after_gap: true }));
    let entry = |message| {
        let mut entry = model.entry(message);
        entry.is_past = is_past;
        entry
    };
    let entries: Vec<Entry> = page.messages.into_iter().map(entry).collect();
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let news = News::of(conversation, &entries);
    insert(conversation, purpose, entries, is_full);
    for annotated in page.annotations {
        conversation.buffer.annotate(annotated.annotation);
    }
    let (first, last) = page.ends.unzip();
    match purpose {
        Some(Purpose::Older { .. } | Purpose::Latest { after_gap: false }) => older_came(conversation, first, is_full),
        Some(Purpose::Newer { .. } | Purpose::Latest { after_gap: true }) => newer_came(conversation, &news, is_shown),
        Some(Purpose::Around) => {
            // What was asked for last stands above something else now.
            conversation.older_from = None;
            conversation.history = HistoryState::More;
        }
        Some(Purpose::Fill { .. }) | None => {}
    }
    if !is_shown {
        markers::count(conversation);
    }
    match (purpose, fetch, last) {
        (Some(Purpose::Latest { after_gap: true }), ..) if !news.reaches_known => mark_gap(model, id, news.first),
        (Some(Purpose::Newer { pages }), Some(fetch), Some(last)) if is_full => {
            go_on(model, fetch, pages, &last, effects);
        }
        _ => {}
    }
    model.conversations.keep_bound();
    land(model, id, effects);
    pump(model, effects);
}

fn insert(conversation: &mut Conversation, purpose: Option<Purpose>, entries: Vec<Entry>, is_full: bool) {
    let buffer = &mut conversation.buffer;
    match purpose {
        Some(Purpose::Around) => buffer.insert_island(entries),
        Some(Purpose::Fill { gap, is_from_above }) => buffer.fill_gap(gap, entries, is_from_above, is_full),
        Some(Purpose::Older { before }) => _ = buffer.insert_page(entries, Place::Before(before)),
        Some(Purpose::Newer { .. } | Purpose::Latest { .. }) | None => {
            _ = buffer.insert_page(entries, Place::ByTime);
        }
    }
}

fn older_came(conversation: &mut Conversation, first: Option<LinePlace>, is_full: bool) {
    // The same page again: a server that goes on so would be asked for ever.
    let is_same = first.is_some() && first == conversation.older_from;
    conversation.history = if is_full && !is_same { HistoryState::More } else { HistoryState::Start };
    conversation.older_from = first;
}

fn newer_came(conversation: &mut Conversation, news: &News, is_shown: bool) {
    let was_all_seen = conversation.buffer.unseen() == 0;
    conversation.buffer.were_missed(news.missed as usize);
    if is_shown && was_all_seen && conversation.buffer.unseen() > 0 {
        // The person reads further up: here they go on later.
        let begins = news.first_missed.as_ref().and_then(|msgid| conversation.buffer.key_of(msgid));
        conversation.first_unread = begins.or(conversation.first_unread);
    }
    if !is_shown {
        conversation.unread = conversation.unread.saturating_add(news.missed);
        conversation.mentions = conversation.mentions.saturating_add(news.calls);
    }
    if conversation.history == HistoryState::Loading {
        conversation.history = HistoryState::More;
    }
}

/// The latest page does not reach back to what is known: something is missing before it.
fn mark_gap(model: &mut Model, id: ConversationId, first: Option<Arc<str>>) {
    let text = model.texts.get("chat-gap");
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let first = conversation.buffer.entries().iter().find(|entry| entry.msgid == first).map(Entry::key);
    if let Some(first) = first {
        conversation.buffer.mark_gap(first, &text);
    }
}

/// There is more after the last line of this page: asks for it, or for the latest page when it would be too much.
fn go_on(model: &mut Model, fetch: Fetch, pages: u32, last: &LinePlace, effects: &mut Effects) {
    let by_id = !fetch.by_time && model.server.session.isupport().has_msgid_references();
    let (purpose, after): (Purpose, Option<Reference>) = match pages + 1 < GAP_PAGES_MAX {
        true => (Purpose::Newer { pages: pages + 1 }, Some(reference(by_id, last.msgid.as_ref(), last.time))),
        false => (Purpose::Latest { after_gap: true }, None),
    };
    ask(model, Fetch { purpose, after, ..fetch }, effects);
}
