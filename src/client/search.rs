//! Search: in what is loaded while one types, and on the server a moment later where it can; and going to what was found.
//!
//! Specification: `soju.im/search`.

use super::conversation::{Conversation, ConversationKind, Jump};
use super::entry::Entry;
use super::event::Effects;
use super::history;
use super::model::Model;
use super::picker::{Choice, Found, ITEMS_MAX, Item, Picker, Purpose, Search};
use crate::proto::caps::Cap;
use crate::proto::message::{Line, escape};
use crate::proto::text::plain;
use unicode_segmentation::UnicodeSegmentation as _;

/// How long after the last key the server is asked.
const DELAY_MILLIS: u64 = 400;
/// The shortest text that the server is asked for, in characters.
const SERVER_CHARACTERS_MIN: usize = 2;
/// How many messages the server is asked for.
const SERVER_LIMIT: usize = 100;
/// How many characters of a message are listed.
const LABEL_CHARACTERS_MAX: usize = 200;

/// Opens the list.
pub fn open(model: &mut Model) {
    model.search = Search::default();
    model.picker = Some(Picker::new(Purpose::Search { is_everywhere: false }));
}

/// Here, or everywhere.
pub fn switch_scope(model: &mut Model) {
    if let Some(picker) = &mut model.picker
        && let Purpose::Search { is_everywhere } = &mut picker.purpose
    {
        *is_everywhere = !*is_everywhere;
        typed(model);
    }
}

/// What is searched for has changed.
pub fn typed(model: &mut Model) {
    let Some(query) = query(model) else { return };
    let can_ask = model.server.session.is_online() && model.server.session.has(Cap::Search);
    let is_due = can_ask && query.chars().count() >= SERVER_CHARACTERS_MIN;
    model.search = Search { due_millis: is_due.then_some(model.now.elapsed_millis + DELAY_MILLIS), found: Vec::new() };
    fill(model, false);
}

/// What is typed, while a search is open.
fn query(model: &Model) -> Option<String> {
    let picker = model.picker.as_ref().filter(|picker| matches!(picker.purpose, Purpose::Search { .. }))?;
    Some(picker.edit.text().trim().to_owned())
}

fn is_everywhere(model: &Model) -> bool {
    model.picker.as_ref().is_some_and(|picker| picker.purpose == Purpose::Search { is_everywhere: true })
}

/// Asks the server when it is time to.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    if model.conversations.current().is_some_and(|current| current.server != model.server.id) {
        return;
    }
    let now = model.now.elapsed_millis;
    if model.search.due_millis.take_if(|due| *due <= now).is_none() {
        return;
    }
    let Some(query) = query(model).filter(|_| model.server.session.is_online()) else { return };
    let mut attributes = "text=".to_owned();
    escape(&query, &mut attributes);
    let current = model.conversations.current().filter(|one| one.kind != ConversationKind::Server);
    if let Some(conversation) = current.filter(|_| !is_everywhere(model)) {
        attributes.push_str(";in=");
        escape(&conversation.name, &mut attributes);
    }
    attributes.push_str(&format!(";limit={SERVER_LIMIT}"));
    effects.send(Line::new("SEARCH").param(&attributes));
}

/// The server has found something.
pub fn found(model: &mut Model, found: Vec<super::session::fact::Incoming>) {
    if query(model).is_some() {
        model.search.found = found;
        fill(model, true);
    }
}

/// Fills the list with what is loaded and what the server has found, the latest first.
fn fill(model: &mut Model, keeps_choice: bool) {
    let Some(query) = query(model) else { return };
    let lower = query.to_lowercase();
    let mut items: Vec<Item> = Vec::new();
    if !query.is_empty() {
        let fits = |entry: &&Entry| entry.is_from_server() && entry.text.to_lowercase().contains(&lower);
        let everywhere = is_everywhere(model);
        let shown = |one: &&Conversation| everywhere || Some(one.id) == model.conversations.current_id();
        for conversation in model.conversations.at_hand().filter(shown) {
            for entry in conversation.buffer.entries().iter().rev().filter(fits).take(ITEMS_MAX) {
                items.push(item(&entry.author, &entry.text, &lower, found_in(conversation, entry)));
            }
        }
        for incoming in &model.search.found {
            let is_to_us = !model.server.session.isupport().is_channel(&incoming.target);
            let target = if is_to_us && !incoming.is_own { &incoming.from } else { &incoming.target };
            let found = Found { target: target.clone(), msgid: incoming.msgid.clone(), time: incoming.time };
            if !items.iter().any(|item| is_same(item, &found)) {
                items.push(item(&incoming.from, &incoming.text, &lower, found));
            }
        }
        items.sort_by_key(|item| match &item.choice {
            Choice::Message(found) => std::cmp::Reverse(found.time),
            _ => std::cmp::Reverse(crate::proto::time::Timestamp::EPOCH),
        });
    }
    let Some(picker) = &mut model.picker else { return };
    if keeps_choice { picker.refill(items) } else { picker.fill(items) }
}

fn found_in(conversation: &Conversation, entry: &Entry) -> Found {
    Found { target: conversation.name.clone(), msgid: entry.msgid.clone(), time: entry.time }
}

fn is_same(item: &Item, found: &Found) -> bool {
    let Choice::Message(known) = &item.choice else { return false };
    match (&known.msgid, &found.msgid) {
        (Some(one), Some(other)) => one == other,
        _ => known.time == found.time && known.target == found.target,
    }
}

/// A message as a line of the list, with what was searched for marked.
fn item(author: &str, text: &str, lower: &str, found: Found) -> Item {
    let text: String = plain(text).chars().map(|sign| if sign == '\n' { ' ' } else { sign }).collect();
    // From a little before the place on, when it is far behind the start.
    let at = text.to_lowercase().find(lower).unwrap_or(0);
    let before = text.char_indices().take_while(|(index, _)| *index < at).count();
    let skipped = if before > 40 { before - 20 } else { 0 };
    let lead = if skipped > 0 { "…" } else { "" };
    let shown: String = text.chars().skip(skipped).take(LABEL_CHARACTERS_MAX).collect();
    let label = format!("{author}: {lead}{shown}");
    let mut item = Item::new(&label, "", Choice::Message(found));
    let folded = label.to_lowercase();
    // Where folding changes lengths nothing is marked.
    if folded.len() == label.len() {
        let head = author.len() + 2;
        let start = folded[head..].find(lower).map(|start| start + head);
        let range = start.map_or(0..0, |start| start..start + lower.len());
        let clusters = label.grapheme_indices(true).enumerate();
        let inside = clusters.filter(|(_, (index, _))| range.contains(index));
        item.marks = inside.filter_map(|(place, _)| u32::try_from(place).ok()).collect();
    }
    item
}

/// Shows a message that was found, with what was said around it.
pub fn go_to(model: &mut Model, found: &Found, effects: &mut Effects) {
    let id = model.open(&found.target).id;
    model.has_chosen = true;
    model.conversations.show(id);
    let has_history = model.server.session.has(Cap::ChatHistory);
    let jump = Jump { msgid: found.msgid.clone(), time: found.time, is_asked: !has_history };
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.jump = Some(jump);
    }
    history::land(model, id, effects);
}
