//! Catching up: what was said while we were away, and what was said before what is loaded.
//!
//! After each log-in every conversation asks for what came after its newest message, page after page, until nothing is
//! missing; one that has nothing yet asks for the latest page. Direct messages of others are found by CHATHISTORY TARGETS.
//! When too much was missed, the latest page is taken and the gap before it is marked.
//!
//! Specification: IRCv3 `draft/chathistory`.

use std::sync::Arc;

use super::conversation::{Conversation, ConversationId, ConversationKind, HistoryState, Jump};
use super::entry::{Entry, EntryKey};
use super::event::Effects;
use super::fetch::{Fetch, Fetches, Purpose};
use super::log;
use super::model::Model;
use super::session::fact::Refusal;
use crate::proto::caps::Cap;
use crate::proto::history::{HistoryQuery, Reference};
use crate::proto::time::Timestamp;

/// How many conversations with direct messages are asked for.
const TARGETS_MAX: usize = 100;
/// Conversations are looked for from so long before the newest message that we have: clocks differ.
const TARGETS_SLACK_MILLIS: i64 = 60_000;

/// The log-in is done: looks for direct messages.
pub fn connected(model: &mut Model, effects: &mut Effects) {
    model.server.fetches = Fetches::default();
    model.conversations.at_hand_mut().for_each(Conversation::take_heart);
    let newest = model.conversations.at_hand().filter_map(|one| one.buffer.newest()).map(|entry| entry.time).max();
    let from = newest.map_or(Timestamp::EPOCH, |time| time.plus_millis(-TARGETS_SLACK_MILLIS));
    // An hour ahead, for servers whose clock is.
    let to = model.now.time.plus_millis(3_600_000);
    let query = HistoryQuery::Targets { from, to, limit: TARGETS_MAX };
    if let Some(line) = model.server.session.history_line(&query) {
        effects.send(line);
    }
}

/// The connection is gone: nothing is on its way any more.
pub fn disconnected(model: &mut Model) {
    model.server.fetches = Fetches::default();
    for conversation in model.conversations.at_hand_mut() {
        if conversation.history == HistoryState::Loading {
            conversation.history = HistoryState::More;
        }
    }
}

/// Asks for what a conversation has missed.
pub fn catch_up(model: &mut Model, id: ConversationId, effects: &mut Effects) {
    let Some(conversation) = model.conversations.get(id) else { return };
    let purpose = match conversation.buffer.newest() {
        Some(_) => Purpose::Newer { pages: 0 },
        None => Purpose::Latest { after_gap: false },
    };
    ask(model, Fetch::new(id, purpose), effects);
}

/// The top of what is loaded of the current conversation is near: asks for what came before.
pub fn older(model: &mut Model, effects: &mut Effects) {
    if let Some(id) = model.conversations.current_id() {
        older_of(model, id, effects);
    }
}

/// Whether so many messages of a conversation are loaded, or there are no further ones to be had now; else asks for them.
pub fn has_loaded(model: &mut Model, id: ConversationId, count: usize, effects: &mut Effects) -> bool {
    let is_asked = |model: &Model| {
        model.server.fetches.is_about(id)
            || model.conversations.get(id).is_some_and(|one| one.history == HistoryState::Loading)
    };
    if is_asked(model) {
        return false;
    }
    let has_enough = |conversation: &Conversation| {
        conversation.buffer.entries().iter().filter(|entry| entry.is_from_server()).count() >= count
    };
    if model.conversations.get(id).is_none_or(has_enough) {
        return true;
    }
    older_of(model, id, effects);
    !is_asked(model)
}

/// Whether there is somebody to be asked: the server, or without it the log of this device.
fn can_ask(model: &Model, id: ConversationId) -> bool {
    match model.server.session.is_online() {
        true => !model.server.fetches.is_paused(model.now.elapsed_millis),
        false => model.conversations.get(id).is_some_and(|conversation| conversation.log.is_some()),
    }
}

fn older_of(model: &mut Model, id: ConversationId, effects: &mut Effects) {
    let can_ask = can_ask(model, id);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if !can_ask || !conversation.has_older() || conversation.kind == ConversationKind::Server {
        return;
    }
    if conversation.buffer.is_truncated() {
        // What was asked for last is not what is missing now.
        conversation.buffer.is_fetched_again();
        conversation.older_from = None;
        conversation.history = HistoryState::More;
    }
    let purpose = match conversation.buffer.oldest() {
        Some(entry) => Purpose::Older { before: entry.key() },
        None => Purpose::Latest { after_gap: false },
    };
    ask(model, Fetch::new(id, purpose), effects);
}

/// Messages are missing at a place that can be seen: asks for them, once; again when the person wants it.
pub fn fill(model: &mut Model, gap: EntryKey, is_wanted: bool, effects: &mut Effects) {
    let lowest = model.pane.rows.first().map(|row| row.key);
    let Some(id) = model.conversations.current_id().filter(|id| can_ask(model, *id)) else { return };
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if is_wanted {
        conversation.stubborn_gaps.retain(|stubborn| *stubborn != gap);
    } else if conversation.stubborn_gaps.contains(&gap) {
        return;
    }
    let (above, below) = conversation.buffer.around_gap(gap);
    // Who comes from above reads on below the gap, and the other way round.
    let comes_from_above = lowest == Some(gap) || conversation.buffer.goes_down();
    let is_from_above = above.is_some() && (below.is_none() || comes_from_above);
    if above.is_none() && below.is_none() {
        return conversation.buffer.discard(gap);
    }
    ask(model, Fetch::new(id, Purpose::Fill { gap, is_from_above }), effects);
}

/// Asks for a message with what was said around it.
pub fn around(model: &mut Model, id: ConversationId, jump: &Jump, effects: &mut Effects) {
    let place = match &jump.msgid {
        Some(msgid) if model.server.session.isupport().has_msgid_references() => Reference::MsgId(msgid.to_string()),
        _ => Reference::Time(jump.time),
    };
    let fetch = Fetch { after: Some(place), ..Fetch::new(id, Purpose::Around) };
    ask(model, fetch, effects);
}

/// Asks as soon as there is room for the answer.
pub(super) fn ask(model: &mut Model, fetch: Fetch, effects: &mut Effects) {
    let id = fetch.conversation;
    let is_aside = matches!(fetch.purpose, Purpose::Around | Purpose::Fill { .. });
    let has_history = model.server.session.is_online() && model.server.session.has(Cap::ChatHistory);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if !has_history {
        return log::ask(model, fetch, effects);
    }
    if !model.server.fetches.push(fetch) {
        return;
    }
    if conversation.history == HistoryState::More && !is_aside {
        conversation.history = HistoryState::Loading;
    }
    pump(model, effects);
}

/// Sends questions as long as there is room for their answers.
pub(super) fn pump(model: &mut Model, effects: &mut Effects) {
    while let Some(fetch) = model.server.fetches.take_next() {
        match query(model, &fetch).and_then(|query| model.server.session.history_line(&query)) {
            Some(line) => {
                effects.send(line);
                model.server.fetches.asked(fetch, model.now.elapsed_millis);
            }
            // What it was about is gone.
            None => {
                if let Some(conversation) = model.conversations.get_mut(fetch.conversation)
                    && conversation.history == HistoryState::Loading
                {
                    conversation.history = HistoryState::More;
                }
            }
        }
    }
}

fn query(model: &Model, fetch: &Fetch) -> Option<HistoryQuery> {
    let conversation = model.conversations.get(fetch.conversation)?;
    let target = conversation.name.clone();
    let limit = model.server.session.page_messages();
    let by_id = !fetch.by_time && model.server.session.isupport().has_msgid_references();
    let place = |entry: &Entry| reference(by_id, entry.msgid.as_ref(), entry.time);
    let query = match fetch.purpose {
        Purpose::Newer { .. } => match fetch.after.clone().or_else(|| conversation.buffer.newest().map(place)) {
            Some(bound) => HistoryQuery::After { target, bound, limit },
            None => HistoryQuery::Latest { target, bound: None, limit },
        },
        Purpose::Latest { .. } => HistoryQuery::Latest { target, bound: None, limit },
        Purpose::Older { before } => {
            let known =
                conversation.older_from.as_ref().map(|place| reference(by_id, place.msgid.as_ref(), place.time));
            let bound = known.unwrap_or(place(conversation.buffer.entry(before)?));
            HistoryQuery::Before { target, bound, limit }
        }
        Purpose::Around => HistoryQuery::Around { target, bound: fetch.after.clone()?, limit },
        Purpose::Fill { gap, is_from_above } => match conversation.buffer.around_gap(gap) {
            (Some(above), _) if is_from_above => HistoryQuery::After { target, bound: place(above), limit },
            (_, Some(below)) => HistoryQuery::Before { target, bound: place(below), limit },
            _ => return None,
        },
    };
    Some(query)
}

/// Goes to the message that is to be shown, when it has come; asks for it when something else was asked for meanwhile.
pub fn land(model: &mut Model, id: ConversationId, effects: &mut Effects) {
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let Some(jump) = conversation.jump.take() else { return };
    let is_near = |entry: &&Entry| entry.is_from_server() && entry.time >= jump.time;
    let found = match &jump.msgid {
        Some(msgid) => conversation.buffer.key_of(msgid),
        None => conversation.buffer.entries().iter().find(is_near).map(Entry::key),
    };
    match found {
        Some(key) => {
            conversation.chosen = Some(key);
            conversation.buffer.centre(key);
        }
        None if model.server.fetches.running().any(|running| running == id) => conversation.jump = Some(jump),
        None if !jump.is_asked => {
            let jump = Jump { is_asked: true, ..jump };
            conversation.jump = Some(jump.clone());
            around(model, id, &jump, effects);
        }
        None => model.remark = Some(model.texts.get("search-gone").into_owned()),
    }
}

/// A place as the server is asked about it.
pub(super) fn reference(by_id: bool, msgid: Option<&Arc<str>>, time: Timestamp) -> Reference {
    match msgid {
        Some(msgid) if by_id => Reference::MsgId(msgid.to_string()),
        _ => Reference::Time(time),
    }
}

/// Conversations with messages that we may not have.
pub fn targets(model: &mut Model, mut targets: Vec<(String, Timestamp)>, effects: &mut Effects) {
    targets.sort_by_key(|(_, latest)| *latest);
    for (target, latest) in targets {
        if model.server.session.isupport().is_channel(&target) {
            continue;
        }
        let id = model.open(&target).id;
        let newest = model.conversations.get(id).and_then(|one| one.buffer.newest()).map(|entry| entry.time);
        if newest.is_none_or(|newest| newest < latest) {
            model.conversations.touch(id);
            catch_up(model, id, effects);
        }
    }
}

/// A question was refused. Returns whether it was one of ours.
pub fn refuse(model: &mut Model, refusal: &Refusal, effects: &mut Effects) -> bool {
    if refusal.command != "CHATHISTORY" {
        return false;
    }
    let names: Vec<String> = refusal.context.iter().map(|word| model.server.session.fold(word)).collect();
    let conversations = &model.conversations;
    let is_named =
        |id: ConversationId| conversations.get(id).is_some_and(|conversation| names.contains(&conversation.folded));
    let named = model.server.fetches.running().find(|id| is_named(*id));
    // A refusal that names nobody can only be told from others when just one question runs.
    let mut running = model.server.fetches.running();
    let only = running.next().filter(|_| running.next().is_none());
    drop(running);
    if let Some(id) = named.or(only)
        && let Some(mut fetch) = model.server.fetches.answered(id)
    {
        let is_temporary = matches!(refusal.code.as_str(), "MESSAGE_ERROR" | "TEMPORARILY_UNAVAILABLE");
        let is_reference_unknown = matches!(refusal.code.as_str(), "INVALID_PARAMS" | "INVALID_MSGREFTYPE");
        if let Some(conversation) = model.conversations.get_mut(id) {
            match fetch.purpose {
                Purpose::Fill { gap, .. } => conversation.stubborn_gaps.push(gap),
                Purpose::Around => {}
                _ => conversation.history = if is_temporary { HistoryState::More } else { HistoryState::Start },
            }
        }
        if is_temporary {
            model.server.fetches.pause(model.now.elapsed_millis);
        }
        if is_reference_unknown && !fetch.by_time && fetch.purpose != Purpose::Around {
            fetch.by_time = true;
            fetch.after = None;
            if let Some(conversation) = model.conversations.get_mut(id) {
                conversation.history = HistoryState::More;
            }
            ask(model, fetch, effects);
        }
    }
    pump(model, effects);
    true
}

/// Gives up on pages that do not come.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    for fetch in model.server.fetches.take_late(model.now.elapsed_millis) {
        if let Some(conversation) = model.conversations.get_mut(fetch.conversation) {
            match fetch.purpose {
                Purpose::Fill { gap, .. } => conversation.stubborn_gaps.push(gap),
                Purpose::Around => {}
                // Asking again and again would help nobody.
                _ => conversation.history = HistoryState::Paused,
            }
        }
    }
    pump(model, effects);
}
