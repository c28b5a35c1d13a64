//! The log of this device: what is said on servers that keep no history themselves, so that scrolling back reaches the first
//! message there as well. Pure: the shell writes and reads the files.
//!
//! Pages are asked for by their place in the log, not by time: clocks step back, and many things are said in one moment. What is
//! missing of the log is known as stretches (`buffer/logged`), which end exactly where the log does.

use std::sync::Arc;

use super::annotation::Redaction;
use super::conversation::{ConversationId, ConversationKind, HistoryState};
use super::entry::{Entry, EntryKey};
use super::event::{Effect, Effects};
use super::fetch::{Fetch, Purpose};
use super::logbook::{LogFault, LogLine, LogName, LogPage, LogQuestion};
use super::model::Model;
use super::stretch::Stretch;
use crate::proto::caps::Cap;

/// How many lines one page of the log has.
const PAGE_LINES: usize = 100;
/// How many withdrawn messages of a conversation wait for the word where they stand in the log; of further ones the text stays there.
const UNSTRUCK_MAX: usize = 1_000;

/// The log of a conversation of the server at hand; nothing where none is kept: by the setting, where the server has history, and
/// for services, which are told passwords. What is known of a server is not known while it is away: what was kept then still is.
fn log_of(model: &mut Model, id: ConversationId) -> Option<Arc<LogName>> {
    let (session, is_console) = (&model.server.session, model.is_console());
    let conversation = model.conversations.get_mut(id).filter(|one| one.kind != ConversationKind::Server)?;
    if !session.is_online() {
        return conversation.log.clone();
    }
    let target = session.fold(&conversation.name);
    let is_service = target.to_ascii_lowercase().ends_with("serv");
    if !model.settings.log || is_console || session.has(Cap::ChatHistory) || is_service {
        return None;
    }
    // A guest is who they wanted to be, also while the name is taken: by another client of theirs, or one that has died.
    let wanted = model.server.connection.credentials.as_ref().map(|credentials| credentials.account.as_str());
    let account = session.fold(session.account().or(wanted).unwrap_or(session.nick()));
    let named = || Arc::new(LogName { server: model.server.choice.key(), account, target });
    Some(conversation.log.get_or_insert_with(named).clone())
}

/// Something was said.
pub fn keep(model: &mut Model, id: ConversationId, key: EntryKey, effects: &mut Effects) {
    let Some(log) = log_of(model, id) else { return };
    let entry = model.conversations.get(id).and_then(|conversation| conversation.buffer.entry(key));
    if let Some(line) = entry.map(LogLine::of) {
        effects.push(Effect::Log { log, conversation: id.0, entry: key, line });
    }
}

/// Asks the log for what the server cannot be asked for. Where there is nothing to be had, only what was asked about counts as
/// not to be had.
pub fn ask(model: &mut Model, fetch: Fetch, effects: &mut Effects) {
    let id = fetch.conversation;
    let log = log_of(model, id);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let missing = match fetch.purpose {
        Purpose::Older { .. } | Purpose::Latest { .. } => Some(conversation.buffer.missing_above()),
        Purpose::Fill { gap, .. } => conversation.buffer.missing_in(gap),
        // What was not heard is not in the log.
        Purpose::Newer { .. } => return,
        Purpose::Around => {
            conversation.jump = None;
            model.remark = Some(model.texts.get("search-gone").into_owned());
            return;
        }
    };
    let is_from_above = matches!(fetch.purpose, Purpose::Fill { is_from_above: true, .. });
    let gap = gap_of(&fetch);
    match (log, missing.filter(|missing| !missing.is_empty())) {
        _ if model.server.fetches.is_about(id) => {}
        (Some(log), Some(stretch)) => {
            if gap.is_none() {
                conversation.history = HistoryState::Loading;
            }
            model.server.fetches.asked(fetch, model.now.elapsed_millis);
            let limit = PAGE_LINES;
            effects.push(Effect::ReadLog(LogQuestion { conversation: id.0, log, stretch, is_from_above, limit }));
        }
        _ => match gap {
            Some(gap) => conversation.stubborn_gaps.push(gap),
            None => conversation.history = HistoryState::Start,
        },
    }
}

/// The gap that a question is about; nothing for what is above everything.
fn gap_of(fetch: &Fetch) -> Option<EntryKey> {
    match fetch.purpose {
        Purpose::Fill { gap, .. } => Some(gap),
        _ => None,
    }
}

/// A message was withdrawn: its text is to go from the log as well, at once or as soon as it is known where it stands.
pub fn strike(model: &mut Model, id: ConversationId, key: EntryKey, effects: &mut Effects) {
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let Some(entry) = conversation.buffer.entry(key) else { return };
    let (Some(redaction), Some(log)) = (&entry.redaction, &conversation.log) else { return };
    match entry.stretch {
        Some(place) => effects.push(Effect::StrikeLog { log: Arc::clone(log), place, by: redaction.by.clone() }),
        None if conversation.unstruck.len() < UNSTRUCK_MAX => conversation.unstruck.push(key),
        None => {}
    }
}

/// Messages stand in the log now.
pub fn logged(model: &mut Model, id: ConversationId, lines: Vec<(EntryKey, Stretch)>, effects: &mut Effects) {
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if let Some(gap) = conversation.buffer.logged(lines) {
        // Now it is known what is missing in it.
        conversation.stubborn_gaps.retain(|stubborn| *stubborn != gap);
    }
    for key in std::mem::take(&mut conversation.unstruck) {
        strike(model, id, key, effects);
    }
}

/// A page of the log has been read, or could not be.
pub fn page(model: &mut Model, id: ConversationId, page: Result<LogPage, LogFault>) {
    // Nobody asks any more, or something else was asked meanwhile: it is asked again when it is seen.
    let Some(fetch) = model.server.fetches.answered(id) else {
        if let Some(conversation) = model.conversations.get_mut(id).filter(|one| one.history == HistoryState::Loading) {
            conversation.history = HistoryState::More;
        }
        return;
    };
    let gap = gap_of(&fetch);
    let page = match page {
        Ok(page) => page,
        Err(fault) => return failed(model, id, gap, &fault),
    };
    let session = &model.server.session;
    let own = session.fold(session.nick());
    let entries = page.lines.into_iter().map(|(stretch, line)| {
        let mut entry = Entry::new(line.kind, &line.author, &line.text, line.time);
        entry.own = session.fold(&line.author) == own;
        entry.redaction = line.withdrawn_by.map(|by| Box::new(Redaction { by, reason: String::new() }));
        entry.is_past = true;
        entry.stretch = Some(stretch);
        entry
    });
    let entries: Vec<Entry> = entries.collect();
    if let Purpose::Fill { gap, is_from_above: true } = fetch.purpose {
        model.hold_above(id, gap);
    }
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    conversation.buffer.insert_lines(gap, entries, page.covered);
    if gap.is_none() {
        let is_start = conversation.buffer.missing_above().is_empty();
        conversation.history = if is_start { HistoryState::Start } else { HistoryState::More };
    }
    model.conversations.keep_bound();
}

fn failed(model: &mut Model, id: ConversationId, gap: Option<EntryKey>, fault: &LogFault) {
    model.remark = Some(fault.explain(&model.texts));
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if *fault == LogFault::Changed {
        conversation.buffer.forget_log();
    }
    match gap {
        Some(gap) => conversation.stubborn_gaps.push(gap),
        None if *fault == LogFault::Changed => conversation.history = HistoryState::Start,
        None => conversation.history = HistoryState::Paused,
    }
}
