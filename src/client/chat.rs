//! What facts do to the conversations.

use super::annotation::Note;
use super::conversation::{Conversation, ConversationId, ConversationKind, Membership};
use super::entry::{Entry, EntryKey, EntryKind};
use super::event::{Effects, Notice};
use super::model::Model;
use super::outbox;
use super::overlay::{AddressQuestion, Overlay};
use super::presence;
use super::remarks::{remark, remark_here, tell};
use super::search;
use super::session::ask_for_end_of_joins;
use super::session::fact::{Annotated, Fact, Incoming, Refusal, ReplyKind};
use super::signs::Presence;
use super::unsent;
use super::{drafts, history, inspecting, log, logins, markers, notices, pages, refusals};
use crate::proto::message::Line;

mod people;
pub mod reports;

/// So long after the log-in what the server says by itself is its greeting.
const GREETING_MILLIS: u64 = 5_000;

/// Applies one fact. Facts about the log-in are the connection's, not ours.
pub fn apply(model: &mut Model, fact: Fact, effects: &mut Effects) {
    match fact {
        Fact::Message(incoming) => message(model, incoming, effects),
        Fact::Annotated(annotated) => self::annotated(model, annotated, effects),
        Fact::Typing { target, nick, state } => {
            let now = model.now.elapsed_millis;
            if let Some(id) = conversation_of(model, &target, &nick, false)
                && let Some(conversation) = model.conversations.get_mut(id)
            {
                conversation.typing.hear(&nick, state, now);
            }
        }
        Fact::ReadMarker { target, until } => markers::learn(model, &target, until),
        Fact::Present { nick, is_here } => {
            let presence = if is_here { Presence::Here } else { Presence::Offline };
            presence::learn(model, &nick, presence);
        }
        Fact::Page(page) => pages::page(model, page, effects),
        Fact::Found(found) => search::found(model, found),
        Fact::JoinsTold => settled(model),
        Fact::Targets(targets) => history::targets(model, targets, effects),
        Fact::Reported(report) => reports::arrived(model, &report, effects),
        Fact::Inspected(inspected) => inspecting::take(model, inspected),
        Fact::Refused(refusal) => refused(model, &refusal, effects),
        Fact::Accepted { label } => outbox::accept(model, &label),
        Fact::Reply { kind, text } => reply(model, kind, &text),
        Fact::AddressRefused { address, code, explanation } => {
            model.overlays.push(Overlay::Address(AddressQuestion { address, code, explanation }));
            let title = model.texts.get("question-address-title").into_owned();
            notices::call(model, Notice { title, body: String::new() }, effects);
        }
        Fact::Joined { channel, nick, is_own } => people::joined(model, &channel, &nick, is_own, effects),
        Fact::Left { channel, nick, by, reason, is_own } => people::left(model, &channel, &nick, by, &reason, is_own),
        Fact::Quit { nick, reason } => people::quit(model, &nick, &reason),
        Fact::Renamed { from, to, is_own } => people::renamed(model, &from, &to, is_own),
        Fact::ChannelRenamed { from, to } => channel_renamed(model, &from, &to),
        Fact::Away { nick, is_away } => people::away(model, &nick, is_away),
        Fact::Topic { channel, topic, by } => topic_changed(model, &channel, &topic, by),
        Fact::Names { channel, members } => people::names(model, &channel, members),
        Fact::NamesEnd { channel } => people::names_end(model, &channel),
        Fact::Invited { by, channel } => {
            let variables = [("name", by.into()), ("channel", channel.into())];
            let text = model.texts.format("chat-invited", &variables);
            remark_here(model, EntryKind::Info, &text);
        }
        Fact::Person { nick, text_id, value } => {
            let text = model.texts.format(text_id, &[("name", nick.into()), ("value", value.into())]);
            remark_here(model, EntryKind::Info, &text);
        }
        Fact::Modes { target, by, text, ranks } => people::modes(model, &target, &by, &text, ranks),
        Fact::Step(_)
        | Fact::Prove(..)
        | Fact::Registered
        | Fact::LoginFailed(_)
        | Fact::Ready
        | Fact::Token(_)
        | Fact::Closing { .. }
        | Fact::Silent => {}
    }
}

/// Sends a command, when there is a connection to send it over.
///
/// # Errors
/// The sentence to show when there is none.
pub fn command(model: &Model, line: Line, effects: &mut Effects) -> Result<(), String> {
    if !model.server.session.is_online() {
        return Err(model.texts.get("chat-not-connected").into_owned());
    }
    effects.send(line);
    Ok(())
}

fn message(model: &mut Model, incoming: Incoming, effects: &mut Effects) {
    let is_to_us = !model.server.session.isupport().is_channel(&incoming.target);
    if incoming.is_from_server && is_to_us {
        return reply(model, ReplyKind::Announcement, &incoming.text);
    }
    let target = match () {
        () if !is_to_us || incoming.is_own => incoming.target.clone(),
        () => incoming.from.clone(),
    };
    let id = model.open(&target).id;
    model.conversations.touch(id);
    if incoming.is_own
        && let Some(key) = outbox::confirm(model, id, &incoming)
    {
        log::keep(model, id, key, effects);
        return outbox::flush(model, effects);
    }
    let mut entry = model.entry(incoming);
    let is_own = entry.own;
    let is_seen = model.is_seen(id);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    conversation.typing.stop(&entry.author);
    entry.mention = conversation.calls_for(&entry);
    // Another device may have read it before it came here.
    let is_read = conversation.marker.until.is_some_and(|until| entry.time <= until);
    let is_mention = entry.mention;
    let is_first_below = conversation.buffer.unseen() == 0;
    let Some(key) = conversation.buffer.push_live(entry) else { return };
    if is_seen && !is_own && conversation.buffer.unseen() > 0 {
        // The person reads further up: here they go on later.
        let begins = conversation.first_unread.filter(|_| !is_first_below);
        conversation.first_unread = begins.or(Some(key));
    }
    log::keep(model, id, key, effects);
    let age_millis = model.server.session.age_millis(model.now.elapsed_millis);
    let is_returning = logins::is_remembered(model) && age_millis < GREETING_MILLIS;
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    if is_own || is_seen || is_read || is_known_greeting(conversation, key, is_returning) {
        return;
    }
    let Some(told) = conversation.buffer.entry(key).cloned() else { return };
    conversation.unread = conversation.unread.saturating_add(1);
    conversation.first_unread.get_or_insert(key);
    if is_mention {
        conversation.mentions = conversation.mentions.saturating_add(1);
    }
    notices::arrived(model, id, &told, effects);
}

/// Whether it is the server's greeting to somebody who knows it: it is in no record, and comes right behind the log-in, or its words
/// stand there already.
fn is_known_greeting(conversation: &Conversation, key: EntryKey, is_returning: bool) -> bool {
    let is_greeting = |entry: &&Entry| entry.kind == EntryKind::Notice && entry.msgid.is_none();
    let greeting = conversation.buffer.entry(key).filter(|_| conversation.kind == ConversationKind::Correspondent);
    greeting.filter(is_greeting).is_some_and(|greeting| {
        let mut others = conversation.buffer.entries().iter().filter(|entry| entry.key() != key);
        is_returning || others.any(|entry| is_greeting(&entry) && entry.text == greeting.text)
    })
}

/// The conversation that something belongs to, when there is one.
fn conversation_of(model: &Model, target: &str, from: &str, is_own: bool) -> Option<ConversationId> {
    let is_to_us = !model.server.session.isupport().is_channel(target);
    let name = if is_to_us && !is_own { from } else { target };
    model.conversations.find(&model.server.session.fold(name)).map(|conversation| conversation.id)
}

fn annotated(model: &mut Model, annotated: Annotated, effects: &mut Effects) {
    let Annotated { target, from, is_own, annotation } = annotated;
    let Some(id) = conversation_of(model, &target, &from, is_own) else { return };
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    let is_redaction = matches!(annotation.note, Note::Redaction(_));
    let key = conversation.buffer.key_of(&annotation.about).filter(|_| is_redaction);
    conversation.buffer.annotate(annotation);
    if let Some(key) = key {
        log::strike(model, id, key, effects);
    }
}

fn refused(model: &mut Model, refusal: &Refusal, effects: &mut Effects) {
    if outbox::refuse(model, refusal) || history::refuse(model, refusal, effects) {
        return;
    }
    // No token can be had: the password goes on to do for reconnecting.
    if refusal.command == "DEVICE" && refusal.context.is_empty() {
        return;
    }
    let text = refusals::sentence_about(refusal, &model.texts);
    inspecting::refused(model, refusal, &text);
    let named = refusal.context.iter().find_map(|word| model.conversations.find(&model.server.session.fold(word)));
    match named.map(|conversation| conversation.id) {
        Some(id) => remark(model, id, EntryKind::Error, &text),
        None => remark_here(model, EntryKind::Error, &text),
    }
}

fn reply(model: &mut Model, kind: ReplyKind, text: &str) {
    match kind {
        ReplyKind::Answer => {
            inspecting::answered(model, text);
            remark_here(model, EntryKind::Info, text);
        }
        ReplyKind::Announcement => {
            let id = model.server_conversation().id;
            remark(model, id, EntryKind::Info, text);
        }
    }
}

fn channel_renamed(model: &mut Model, from: &str, to: &str) {
    let (from_folded, to_folded) = (model.server.session.fold(from), model.server.session.fold(to));
    if let Some(id) = model.conversations.find(&from_folded).map(|conversation| conversation.id) {
        model.conversations.rename(id, to, &to_folded);
        tell(model, id, "chat-channel-renamed", &[("from", from.into()), ("to", to.into())]);
    }
}

fn topic_changed(model: &mut Model, channel: &str, topic: &str, by: Option<String>) {
    let Some(conversation) = model.conversations.find_mut(&model.server.session.fold(channel)) else { return };
    topic.clone_into(&mut conversation.topic);
    let id = conversation.id;
    if let Some(by) = by {
        let text_id = if topic.is_empty() { "chat-topic-removed" } else { "chat-topic-changed" };
        tell(model, id, text_id, &[("name", by.into()), ("topic", topic.into())]);
    }
}

/// The server welcomes us: conversations begin, or go on.
pub fn connected(model: &mut Model, effects: &mut Effects) {
    if !model.others.is_empty() {
        // What the server itself says is the heading of its conversations.
        model.server_conversation();
    }
    if let Some(correspondent) = model.server.session.isupport().correspondent().map(str::to_owned)
        && !model.server.session.is_own_nick(&correspondent)
    {
        let id = model.open(&correspondent).id;
        history::connected(model, effects);
        history::catch_up(model, id, effects);
    } else {
        history::connected(model, effects);
    }
    // What was joined before is not on this connection, until the server says so. Meanwhile what is written there waits.
    let is_kept = model.server.session.is_own_kind();
    let channels = model.conversations.at_hand_mut().filter(|one| one.kind == ConversationKind::Channel);
    let mut is_any_awaited = false;
    for channel in channels.filter(|one| one.membership != Membership::None) {
        channel.membership = Membership::Awaited;
        is_any_awaited = true;
        if !is_kept {
            // Elsewhere an account does not keep its channels by itself.
            effects.send(Line::new("JOIN").param(&channel.name));
        }
    }
    if is_any_awaited {
        effects.send(ask_for_end_of_joins());
    }
    unsent::restore(model);
    drafts::restore(model);
    outbox::flush(model, effects);
}

/// The server has said which channels we are in.
fn settled(model: &mut Model) {
    for conversation in model.conversations.at_hand_mut().filter(|one| one.membership == Membership::Awaited) {
        conversation.membership = Membership::None;
    }
}

/// The connection is gone.
pub fn disconnected(model: &mut Model) {
    outbox::disconnected(model);
    history::disconnected(model);
    markers::disconnected(model);
    presence::disconnected(model);
    for conversation in model.conversations.at_hand_mut() {
        conversation.arriving_members.clear();
    }
}
