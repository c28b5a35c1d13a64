//! The log of this device: what is said on servers that keep no history themselves, so that scrolling back reaches the first
//! message there as well. Pure: the shell writes and reads the files.

use std::collections::HashSet;

use super::buffer::Place;
use super::conversation::{ConversationId, ConversationKind, HistoryState};
use super::entry::Entry;
use super::event::{Effect, Effects, LogLine, LogPlace};
use super::model::Model;
use crate::proto::caps::Cap;
use crate::proto::time::Timestamp;

/// How many messages one page of the log has.
const PAGE_MESSAGES: usize = 100;

/// Where the log of a conversation of the server at hand is; nothing where none is kept: by the setting, where the server has
/// history, and for services, which are told passwords.
fn place(model: &Model, target: &str) -> Option<LogPlace> {
    let session = &model.server.session;
    let last = target.len().saturating_sub("serv".len());
    let is_service = target.as_bytes()[last..].eq_ignore_ascii_case(b"serv");
    if !model.settings.log || model.is_console() || session.has(Cap::ChatHistory) || is_service {
        return None;
    }
    let account = session.account().unwrap_or(session.nick());
    Some(LogPlace { server: model.server.choice.key(), account: session.fold(account), target: session.fold(target) })
}

/// Something was said.
pub fn keep(model: &Model, target: &str, line: impl FnOnce() -> LogLine, effects: &mut Effects) {
    if let Some(place) = place(model, target) {
        effects.push(Effect::Log { place, line: line() });
    }
}

/// What the log is asked for when the server has no history. Returns whether it was asked.
pub fn older(model: &mut Model, id: ConversationId, effects: &mut Effects) -> bool {
    let Some(conversation) = model.conversations.get(id).filter(|one| one.kind != ConversationKind::Server) else {
        return false;
    };
    let Some(place) = place(model, &conversation.name) else { return false };
    let before = conversation.buffer.oldest().map(|entry| entry.time);
    // What was said in that very moment is read again: moments are no names.
    let of_that_moment = conversation.buffer.entries().iter().filter(|entry| Some(entry.time) == before).count();
    let limit = PAGE_MESSAGES + of_that_moment;
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.history = HistoryState::Loading;
    }
    effects.push(Effect::ReadLog { conversation: id.0, place, before, limit });
    true
}

/// A page of the log has been read, oldest first; `is_start` when there is nothing before it.
pub fn page(model: &mut Model, id: ConversationId, lines: Vec<LogLine>, is_start: bool) {
    let own = model.server.session.fold(model.server.session.nick());
    let entries: Vec<Entry> = lines
        .into_iter()
        .map(|line| {
            let mut entry = Entry::new(line.kind, &line.author, &line.text, line.time);
            entry.own = model.server.session.fold(&line.author) == own;
            entry.is_past = true;
            entry
        })
        .collect();
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    conversation.history = if is_start { HistoryState::Start } else { HistoryState::More };
    let oldest = conversation.buffer.oldest().map(Entry::key);
    let newest = entries.iter().map(|entry| entry.time).max();
    let could_be_known = conversation.buffer.entries().iter().filter(|entry| Some(entry.time) <= newest);
    let known: HashSet<(Timestamp, &str, &str)> =
        could_be_known.map(|entry| (entry.time, &*entry.author, &*entry.text)).collect();
    let is_new = |entry: &Entry| !known.contains(&(entry.time, &*entry.author, &*entry.text));
    let new: Vec<Entry> = entries.into_iter().filter(is_new).collect();
    if new.is_empty() {
        // Asked again, it would be the same page.
        conversation.history = HistoryState::Start;
    }
    conversation.buffer.insert_page(new, oldest.map_or(Place::ByTime, Place::Before));
    model.conversations.keep_bound();
}

/// A line of the log for a message that goes out or has come in.
pub fn line(entry: &Entry) -> LogLine {
    LogLine { time: entry.time, kind: entry.kind, author: entry.author.clone(), text: entry.text.clone() }
}
