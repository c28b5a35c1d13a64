//! Sending: own messages appear at once, go out in order, and meet their fate.
//!
//! The messages that wait are the pending entries of the conversations' buffers; there is no other queue. Where the server
//! confirms (`echo-message`), a message is delivered when its echo comes; where it does not, when it was written to the
//! connection. A connection that breaks in between leaves messages of unknown fate: a server of our kind is asked by sending
//! them again with the same id; for others the person decides.

use super::buffer::PENDING_MAX;
use super::conversation::{Conversation, ConversationId};
use super::entry::{Entry, EntryKey, EntryKind, Fate, Reply};
use super::event::Effects;
use super::log;
use super::model::Model;
use super::overlay::Overlay;
use super::pace::Pace;
use super::refusals;
use super::session::fact::{Incoming, Refusal};
use crate::proto::caps::Cap;

/// How many messages may be on their way without an echo; further ones wait.
const IN_FLIGHT_MAX: usize = 32;

/// Says something in a conversation: as one message where the server takes several lines, else one a line; long ones cut.
/// The messages appear at once and leave as soon as they can.
///
/// # Errors
/// The sentence to show when they were not taken; nothing was said then.
pub fn say(
    model: &mut Model,
    id: ConversationId,
    kind: EntryKind,
    text: &str,
    effects: &mut Effects,
) -> Result<(), String> {
    say_as(model, id, kind, text, &mut |model| model.entropy.id(), effects)
}

/// The same, with the idempotency id of each message from `name`.
///
/// # Errors
/// As [`say`].
pub fn say_as(
    model: &mut Model,
    id: ConversationId,
    kind: EntryKind,
    text: &str,
    name: &mut dyn FnMut(&mut Model) -> String,
    effects: &mut Effects,
) -> Result<(), String> {
    let Some(conversation) = model.conversations.get(id) else { return Ok(()) };
    if !conversation.takes_messages() {
        let name = conversation.name.as_str();
        return Err(model.texts.format("chat-takes-no-messages", &[("name", name.into())]));
    }
    let messages = model.server.session.messages(kind, &conversation.name, text);
    if conversation.buffer.pending_count() + messages.len() > PENDING_MAX {
        return Err(model.texts.format("chat-too-many-pending", &[("maximum", PENDING_MAX.into())]));
    }
    // Where a message has one line, each line is one: no person takes that for a cut.
    let whole = match model.server.session.multiline_room() {
        Some(_) if kind == EntryKind::Message => 1,
        _ => text.lines().filter(|line| !line.trim().is_empty()).count(),
    };
    if messages.len() > whole {
        model.remark = Some(model.texts.format("chat-was-cut", &[("count", messages.len().into())]));
    }
    let mut reply = match kind {
        EntryKind::Notice => None,
        _ => model.conversations.get_mut(id).and_then(|conversation| conversation.replying.take()),
    };
    for message in messages {
        let mut entry = Entry::new(kind, model.server.session.nick(), &message, model.now.time);
        let quoted = reply.take().map(|replying| Reply { to: replying.msgid, quote: Some(replying.quote) });
        entry.reply = quoted.map(Box::new);
        entry.id = Some(name(model).into());
        if let Some(conversation) = model.conversations.get_mut(id) {
            conversation.buffer.push_pending(entry);
        }
    }
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.typing.sent();
    }
    model.conversations.touch(id);
    flush(model, effects);
    Ok(())
}

/// Sends what waits, as far as connection and server allow.
pub fn flush(model: &mut Model, effects: &mut Effects) {
    if !model.server.session.is_online() {
        return;
    }
    let now = model.now.elapsed_millis;
    let has_echo = model.server.session.has_echo();
    let is_patient = is_patient(model);
    let pending = model.conversations.at_hand().flat_map(|conversation| conversation.buffer.pending());
    let mut in_flight = pending.filter(is_sent).count();
    for (id, key) in waiting(model) {
        if in_flight >= IN_FLIGHT_MAX || !model.server.pace.allows(now, is_patient) {
            return;
        }
        let Some(conversation) = model.conversations.get_mut(id) else { continue };
        let Some(entry) = conversation.buffer.entry(key) else { continue };
        let (session, target) = (&model.server.session, &conversation.name);
        let Some(lines) = session.message_lines(target, entry) else {
            // Written for a server that took longer ones.
            let messages = session.messages(entry.kind, target, &entry.text);
            conversation.buffer.split_pending(key, &messages);
            return flush(model, effects);
        };
        for line in lines {
            effects.send(line);
            model.server.pace.sent(now);
        }
        if has_echo {
            in_flight += 1;
            conversation.buffer.set_fate(key, Fate::Pending { sent: true });
        } else {
            conversation.buffer.set_fate(key, Fate::Delivered);
            log::keep(model, id, key, effects);
        }
    }
}

/// What waits to be sent and could be, in order.
fn waiting(model: &Model) -> Vec<(ConversationId, EntryKey)> {
    let ready = model.conversations.at_hand().filter(|conversation| conversation.is_reached());
    let unsent = |conversation: &'_ Conversation| {
        let id = conversation.id;
        let keys: Vec<_> = conversation.buffer.pending().filter(|entry| !is_sent(entry)).map(Entry::key).collect();
        keys.into_iter().map(move |key| (id, key))
    };
    ready.flat_map(unsent).collect()
}

/// Whether the server does not punish haste.
fn is_patient(model: &Model) -> bool {
    model.server.session.is_own_kind() || model.server.session.isupport().has("SAFERATE")
}

fn is_sent(entry: &&Entry) -> bool {
    matches!(entry.fate, Fate::Pending { sent: true })
}

/// When a tick matters, by `Moment::elapsed_millis`.
pub fn wake_at_millis(model: &Model) -> Option<u64> {
    if !model.server.session.is_online() || waiting(model).is_empty() {
        return None;
    }
    // What waits for echoes needs no tick: each echo makes room.
    let next = model.server.pace.next_millis(is_patient(model));
    (next > model.now.elapsed_millis).then_some(next)
}

/// Something of our own came back. Returns whether it was an entry that waited.
pub fn confirm(model: &mut Model, id: ConversationId, incoming: &Incoming) -> Option<EntryKey> {
    let has_labels = model.server.session.has(Cap::LabeledResponse) || model.server.session.is_own_kind();
    let conversation = model.conversations.get_mut(id)?;
    let own = match &incoming.id {
        Some(id) => Some(id.clone()),
        // Without labels the oldest message with this text must be the one.
        None if !has_labels => conversation
            .buffer
            .pending()
            .filter(is_sent)
            .find(|entry| entry.text == incoming.text && entry.kind == incoming.kind)
            .and_then(|entry| entry.id.as_deref().map(str::to_owned)),
        None => None,
    };
    let key = conversation.buffer.confirm(&own?, incoming.msgid.clone(), incoming.time)?;
    model.server.pace.succeeded();
    Some(key)
}

/// The server carried a line out without an echo of its own.
pub fn accept(model: &mut Model, label: &str) {
    if let Some((id, key)) = find(model, label)
        && let Some(conversation) = model.conversations.get_mut(id)
    {
        conversation.buffer.set_fate(key, Fate::Delivered);
    }
}

/// A line of ours was refused. Returns whether it was one of our messages.
pub fn refuse(model: &mut Model, refusal: &Refusal) -> bool {
    /// Numerics that answer a message: no such nick, cannot send to channel, blocked, …
    const ABOUT_MESSAGES: &[&str] = &["401", "404", "407", "412", "413", "415", "477", "486", "531", "716", "717"];
    let by_label = refusal.label.as_deref().and_then(|label| find(model, label));
    let is_about_messages = matches!(refusal.command.as_str(), "PRIVMSG" | "NOTICE" | "BATCH")
        || (refusal.command.is_empty() && ABOUT_MESSAGES.contains(&refusal.code.as_str()));
    let by_target = || {
        let folded = model.server.session.fold(refusal.context.last()?);
        let conversation = model.conversations.find(&folded)?;
        let entry = conversation.buffer.pending().find(is_sent)?;
        Some((conversation.id, entry.key()))
    };
    let found = by_label.or_else(|| if is_about_messages { by_target() } else { None });
    let Some((id, key)) = found else { return false };
    let is_temporary = refusal.code == "TEMPORARILY_UNAVAILABLE";
    let fate = match is_temporary {
        true => Fate::Pending { sent: false },
        false => Fate::Failed { reason: refusals::sentence(refusal, &model.texts) },
    };
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.buffer.set_fate(key, fate);
    }
    if is_temporary {
        model.server.pace.block(model.now.elapsed_millis);
        model.remark = Some(model.texts.get("chat-unavailable").into_owned());
    }
    true
}

/// The connection is gone: what was on its way goes out again where that is safe, and is of unknown fate elsewhere.
pub fn disconnected(model: &mut Model) {
    model.server.pace = Pace::default();
    let is_safe = model.server.session.is_own_kind();
    for conversation in model.conversations.at_hand_mut() {
        let sent: Vec<EntryKey> = conversation.buffer.pending().filter(is_sent).map(Entry::key).collect();
        for key in sent {
            let fate = if is_safe { Fate::Pending { sent: false } } else { Fate::Unknown };
            conversation.buffer.set_fate(key, fate);
        }
    }
}

/// Sends what failed in the conversation that is shown once more; asks first when a message could be doubled by it.
pub fn resend(model: &mut Model, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current() else { return };
    let unknown = conversation.buffer.stuck().filter(|entry| entry.fate == Fate::Unknown).count();
    if conversation.buffer.stuck().next().is_none() {
        model.remark = Some(model.texts.get("chat-nothing-to-resend").into_owned());
    } else if unknown > 0 && !model.server.session.is_own_kind() {
        model.overlays.push(Overlay::Resend { count: unknown });
    } else {
        resend_now(model, effects);
    }
}

/// Sends what failed or is of unknown fate in the conversation that is shown once more.
pub fn resend_now(model: &mut Model, effects: &mut Effects) {
    if let Some(conversation) = model.conversations.current_mut() {
        let stuck: Vec<EntryKey> = conversation.buffer.stuck().map(Entry::key).collect();
        for key in stuck {
            conversation.buffer.set_fate(key, Fate::Pending { sent: false });
        }
    }
    flush(model, effects);
}

/// The waiting message of this id.
fn find(model: &Model, id: &str) -> Option<(ConversationId, EntryKey)> {
    model.conversations.at_hand().find_map(|conversation| {
        let entry = conversation.buffer.pending().find(|entry| entry.id.as_deref() == Some(id))?;
        Some((conversation.id, entry.key()))
    })
}
