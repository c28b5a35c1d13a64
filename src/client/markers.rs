//! How far this account has read: told to the server after a moment, learned from it, and shared by all devices so.
//!
//! A message counts as read when it stands at the end of the conversation that is in front of the person's eyes.
//!
//! Specification: IRCv3 `draft/read-marker`.

use super::conversation::{Conversation, ConversationKind};
use super::entry::Entry;
use super::event::Effects;
use super::model::Model;
use crate::proto::caps::Cap;
use crate::proto::message::Line;
use crate::proto::time::Timestamp;

/// How long the server is not told, so that a lively conversation is not one line for each message.
const DELAY_MILLIS: u64 = 1_500;

/// After each event: notes what the person sees, and asks for the markers of people, which nobody tells by themselves.
pub fn settle(model: &mut Model, effects: &mut Effects) {
    if !model.server.session.is_online() || !model.server.session.has(Cap::ReadMarker) {
        return;
    }
    let seen = model.conversations.current_id().filter(|id| model.is_seen(*id));
    let due_millis = model.now.elapsed_millis + DELAY_MILLIS;
    for conversation in model.conversations.at_hand_mut() {
        let is_person = matches!(conversation.kind, ConversationKind::Direct | ConversationKind::Correspondent);
        if is_person && !std::mem::replace(&mut conversation.marker.is_asked, true) {
            effects.send(Line::new("MARKREAD").param(&conversation.name));
        }
        if Some(conversation.id) != seen || !conversation.buffer.follows_end() {
            continue;
        }
        let newest = conversation.buffer.newest().map(|entry| entry.time);
        if let Some(newest) = newest.filter(|newest| conversation.marker.until.is_none_or(|until| until < *newest)) {
            let (_, due) = conversation.marker.due.unwrap_or((newest, due_millis));
            conversation.marker.due = Some((newest, due));
        }
    }
}

/// Tells what has been read, as far as it is time to.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    let now = model.now.elapsed_millis;
    let can_tell = model.server.session.is_online() && model.server.session.has(Cap::ReadMarker);
    for conversation in model.conversations.at_hand_mut() {
        if let Some((until, _)) = conversation.marker.due.take_if(|(_, due)| *due <= now)
            && can_tell
            && conversation.kind != ConversationKind::Server
        {
            conversation.marker.until = Some(until);
            effects.send(Line::new("MARKREAD").param(&conversation.name).param(&format!("timestamp={until}")));
        }
    }
}

/// When a tick matters, by `Moment::elapsed_millis`.
pub fn wake_at_millis(model: &Model) -> Option<u64> {
    model.conversations.at_hand().filter_map(|conversation| conversation.marker.due).map(|(_, due)| due).min()
}

/// The server says how far a conversation has been read, by whatever device.
pub fn learn(model: &mut Model, target: &str, until: Option<Timestamp>) {
    let folded = model.server.session.fold(target);
    let Some(id) = model.conversations.find(&folded).map(|conversation| conversation.id) else { return };
    let is_seen = model.is_seen(id);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if until <= conversation.marker.until {
        return;
    }
    conversation.marker.until = until;
    if conversation.marker.due.is_some_and(|(due, _)| Some(due) <= until) {
        conversation.marker.due = None;
    }
    if !is_seen {
        count(conversation);
    }
}

/// Counts what is unread by the marker, when there is one.
pub fn count(conversation: &mut Conversation) {
    let Some(until) = conversation.marker.until else { return };
    let is_unread = |entry: &&Entry| entry.is_from_server() && !entry.own && entry.time > until;
    let unread = conversation.buffer.entries().iter().filter(is_unread);
    let calls = |entry: &&Entry| conversation.calls_for(entry);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mentions = number(unread.clone().filter(calls).count());
    let first = unread.clone().next().map(Entry::key);
    (conversation.unread, conversation.first_unread) = (number(unread.count()), first);
    conversation.mentions = mentions;
}

/// The connection is gone: what it was asked is asked again on the next one.
pub fn disconnected(model: &mut Model) {
    for conversation in model.conversations.at_hand_mut() {
        conversation.marker.is_asked = false;
    }
}
