//! What facts do to the conversations.

use super::conversation::{ConversationId, ConversationKind};
use super::entry::EntryKind;
use super::event::{Effect, Effects};
use super::history;
use super::members::Member;
use super::model::{Model, Screen};
use super::outbox;
use super::overlay::{AddressQuestion, Overlay};
use super::session::fact::{Fact, Incoming, Refusal, ReplyKind};
use super::unsent;
use crate::ground::texts::Value;
use crate::proto::message::Line;

/// How long the bell stays silent after it has rung.
const BELL_PAUSE_MILLIS: u64 = 2_000;
/// In channels with more members than this, joins and parts are not told.
const QUIET_MEMBERS: usize = 200;

/// Applies one fact. Facts about the log-in are the connection's, not ours.
pub fn apply(model: &mut Model, fact: Fact, effects: &mut Effects) {
    match fact {
        Fact::Message(incoming) => message(model, incoming, effects),
        Fact::Page(page) => history::page(model, page, effects),
        Fact::Targets(targets) => history::targets(model, targets, effects),
        Fact::Refused(refusal) => refused(model, &refusal, effects),
        Fact::Accepted { label } => outbox::accept(model, &label),
        Fact::Reply { kind, text } => reply(model, kind, &text),
        Fact::AddressRefused { address, code, explanation } => {
            model.overlays.push(Overlay::Address(AddressQuestion { address, code, explanation }));
            ring(model, effects);
        }
        Fact::Joined { channel, nick, is_own } => joined(model, &channel, &nick, is_own, effects),
        Fact::Left { channel, nick, by, reason, is_own } => left(model, &channel, &nick, by, &reason, is_own),
        Fact::Quit { nick, reason } => quit(model, &nick, &reason),
        Fact::Renamed { from, to, is_own } => renamed(model, &from, &to, is_own),
        Fact::ChannelRenamed { from, to } => channel_renamed(model, &from, &to),
        Fact::Away { nick, is_away } => {
            let (folded, ranks) = (model.server.session.fold(&nick), model.server.session.rank_signs());
            for conversation in model.conversations.iter_mut() {
                conversation.members.change(&folded, &ranks, |member| member.is_away = is_away);
            }
        }
        Fact::Topic { channel, topic, by } => topic_changed(model, &channel, &topic, by),
        Fact::Names { channel, members } => names(model, &channel, members),
        Fact::NamesEnd { channel } => {
            let ranks = model.server.session.rank_signs();
            if let Some(conversation) = model.conversations.find_mut(&model.server.session.fold(&channel)) {
                let members = std::mem::take(&mut conversation.arriving_members);
                conversation.members.replace(members, &ranks);
            }
        }
        Fact::Invited { by, channel } => {
            let variables = [("name", by.into()), ("channel", channel.into())];
            let text = model.texts.format("chat-invited", &variables);
            remark_here(model, EntryKind::Info, &text);
        }
        Fact::Person { nick, text_id, value } => {
            let text = model.texts.format(text_id, &[("name", nick.into()), ("value", value.into())]);
            remark_here(model, EntryKind::Info, &text);
        }
        Fact::Modes { target, by, text, ranks } => modes(model, &target, &by, &text, ranks),
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

/// Adds a remark of ours to a conversation.
pub fn remark(model: &mut Model, id: ConversationId, kind: EntryKind, text: &str) {
    let now = model.now.time;
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.buffer.push_remark(kind, text, now);
    }
}

/// Adds a remark of ours to the conversation that is shown; to the one with the server when none is.
pub fn remark_here(model: &mut Model, kind: EntryKind, text: &str) {
    let id = match model.conversations.current_id() {
        Some(id) => id,
        None => model.server_conversation().id,
    };
    remark(model, id, kind, text);
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

fn tell(model: &mut Model, id: ConversationId, text_id: &str, variables: &[(&str, Value<'_>)]) {
    let text = model.texts.format(text_id, variables);
    remark(model, id, EntryKind::Info, &text);
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
    if incoming.is_own && outbox::confirm(model, id, &incoming) {
        return outbox::flush(model, effects);
    }
    let mut entry = model.entry(incoming);
    let is_own = entry.own;
    let is_seen = model.is_seen(id);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    // A notice (the server's greeting, a bot's answer) calls nobody.
    entry.mention |= conversation.kind != ConversationKind::Channel && !is_own && entry.kind != EntryKind::Notice;
    let is_mention = entry.mention;
    let Some(key) = conversation.buffer.push_live(entry) else { return };
    if is_own || is_seen {
        return;
    }
    conversation.unread = conversation.unread.saturating_add(1);
    conversation.first_unread.get_or_insert(key);
    if is_mention {
        conversation.mentions = conversation.mentions.saturating_add(1);
        ring(model, effects);
    }
}

fn ring(model: &mut Model, effects: &mut Effects) {
    let now = model.now.elapsed_millis;
    if model.bell_after_millis <= now {
        model.bell_after_millis = now + BELL_PAUSE_MILLIS;
        effects.push(Effect::Bell);
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
    let context = refusal.context.join(" ");
    let text = match context.as_str() {
        "" => refusal.description.clone(),
        context => format!("{context}: {}", refusal.description),
    };
    let named = refusal.context.iter().find_map(|word| model.conversations.find(&model.server.session.fold(word)));
    match named.map(|conversation| conversation.id) {
        Some(id) => remark(model, id, EntryKind::Error, &text),
        None => remark_here(model, EntryKind::Error, &text),
    }
}

fn reply(model: &mut Model, kind: ReplyKind, text: &str) {
    match kind {
        ReplyKind::Answer => remark_here(model, EntryKind::Info, text),
        ReplyKind::Announcement => {
            let id = model.server_conversation().id;
            remark(model, id, EntryKind::Info, text);
        }
    }
}

fn joined(model: &mut Model, channel: &str, nick: &str, is_own: bool, effects: &mut Effects) {
    let folded = model.server.session.fold(channel);
    if is_own {
        let has_channel = model.conversations.list().iter().any(|one| one.kind == ConversationKind::Channel);
        let conversation = model.open(channel);
        let id = conversation.id;
        // By another session of ours it may be joined once more, without its members being named again.
        if !std::mem::replace(&mut conversation.is_joined, true) {
            conversation.members.clear();
            conversation.arriving_members.clear();
        }
        let is_awaited = model.server.awaited_channel.as_deref() == Some(folded.as_str());
        if is_awaited || !(model.has_chosen || has_channel || model.prefers_correspondent) {
            model.server.awaited_channel = None;
            model.conversations.show(id);
        }
        history::catch_up(model, id, effects);
        return outbox::flush(model, effects);
    }
    let (member_folded, ranks) = (model.server.session.fold(nick), model.server.session.rank_signs());
    let Some(conversation) = model.conversations.find_mut(&folded) else { return };
    // Another session of somebody who is here already.
    let is_new = conversation.members.get(&member_folded).is_none();
    let member = Member { nick: nick.to_owned(), folded: member_folded, prefixes: String::new(), is_away: false };
    if is_new {
        conversation.members.insert(member, &ranks);
    }
    let (id, is_quiet) = (conversation.id, conversation.members.count() > QUIET_MEMBERS);
    if is_new && !is_quiet {
        tell(model, id, "chat-joined", &[("name", nick.into())]);
    }
}

fn left(model: &mut Model, channel: &str, nick: &str, by: Option<String>, reason: &str, is_own: bool) {
    let (folded, member) = (model.server.session.fold(channel), model.server.session.fold(nick));
    let Some(conversation) = model.conversations.find_mut(&folded) else { return };
    let id = conversation.id;
    let is_quiet = conversation.members.count() > QUIET_MEMBERS && by.is_none() && !is_own;
    conversation.members.remove(&member);
    if is_own {
        conversation.is_joined = false;
        conversation.members.clear();
        if by.is_none() && conversation.buffer.pending_count() == 0 {
            return model.conversations.close(id);
        }
    }
    if is_quiet {
        return;
    }
    let name = ("name", Value::from(nick));
    match (by, reason) {
        (None, "") => tell(model, id, "chat-left", &[name]),
        (None, reason) => tell(model, id, "chat-left-because", &[name, ("reason", reason.into())]),
        (Some(by), reason) => {
            let text_id = if is_own { "chat-kicked-you" } else { "chat-kicked" };
            let reason = if reason.is_empty() { by.clone() } else { reason.to_owned() };
            tell(model, id, text_id, &[name, ("by", by.into()), ("reason", reason.into())]);
        }
    }
}

fn quit(model: &mut Model, nick: &str, reason: &str) {
    let folded = model.server.session.fold(nick);
    let mut told = Vec::new();
    for conversation in model.conversations.iter_mut() {
        let count = conversation.members.count();
        if conversation.members.remove(&folded).is_some() && count <= QUIET_MEMBERS {
            told.push(conversation.id);
        }
    }
    for id in told {
        let name = ("name", Value::from(nick));
        match reason {
            "" => tell(model, id, "chat-quit", &[name]),
            reason => tell(model, id, "chat-quit-because", &[name, ("reason", reason.into())]),
        }
    }
}

fn renamed(model: &mut Model, from: &str, to: &str, is_own: bool) {
    let (from_folded, to_folded) = (model.server.session.fold(from), model.server.session.fold(to));
    let ranks = model.server.session.rank_signs();
    let mut told = Vec::new();
    for conversation in model.conversations.iter_mut() {
        let is_member = conversation.members.change(&from_folded, &ranks, |member| {
            to.clone_into(&mut member.nick);
            to_folded.clone_into(&mut member.folded);
        });
        if is_member {
            told.push(conversation.id);
        }
    }
    let direct = model.conversations.find(&from_folded).filter(|one| one.kind == ConversationKind::Direct);
    if let Some(id) = direct.map(|conversation| conversation.id)
        && (from_folded == to_folded || model.conversations.find(&to_folded).is_none())
    {
        model.conversations.rename(id, to, &to_folded);
        told.push(id);
    }
    for id in told {
        let text_id = if is_own { "chat-renamed-you" } else { "chat-renamed" };
        tell(model, id, text_id, &[("from", from.into()), ("to", to.into())]);
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

fn names(model: &mut Model, channel: &str, members: Vec<(String, String)>) {
    /// Named once more by a server that repeats itself: a bound on what a single reply can pile up.
    const ARRIVING_MAX: usize = 2 * super::members::MEMBERS_MAX;
    let session = &model.server.session;
    let Some(conversation) = model.conversations.find_mut(&session.fold(channel)) else { return };
    let room = ARRIVING_MAX.saturating_sub(conversation.arriving_members.len());
    let known: std::collections::HashSet<&str> =
        conversation.members.list().iter().filter(|one| one.is_away).map(|one| one.folded.as_str()).collect();
    let arriving: Vec<Member> = members
        .into_iter()
        .take(room)
        .map(|(prefixes, nick)| {
            let folded = session.fold(&nick);
            Member { is_away: known.contains(folded.as_str()), nick, folded, prefixes }
        })
        .collect();
    conversation.arriving_members.extend(arriving);
}

fn modes(model: &mut Model, target: &str, by: &str, text: &str, ranks: Vec<(char, bool, String)>) {
    let Some(id) = model.conversations.find(&model.server.session.fold(target)).map(|one| one.id) else { return };
    let signs = model.server.session.rank_signs();
    for (sign, is_given, nick) in ranks {
        let folded = model.server.session.fold(&nick);
        let session = &model.server.session;
        if let Some(conversation) = model.conversations.get_mut(id) {
            conversation.members.change(&folded, &signs, |member| {
                member.prefixes = session.changed_rank(&member.prefixes, sign, is_given);
            });
        }
    }
    tell(model, id, "chat-modes", &[("name", by.into()), ("modes", text.into())]);
}

/// The server welcomes us: conversations begin, or go on.
pub fn connected(model: &mut Model, effects: &mut Effects) {
    model.screen = Screen::Chat;
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
    for channel in model.conversations.iter_mut().filter(|one| one.kind == ConversationKind::Channel) {
        if std::mem::take(&mut channel.is_joined) && !is_kept {
            // Elsewhere an account does not keep its channels by itself.
            effects.send(Line::new("JOIN").param(&channel.name));
        }
    }
    unsent::restore(model);
    outbox::flush(model, effects);
}

/// The connection is gone.
pub fn disconnected(model: &mut Model) {
    outbox::disconnected(model);
    history::disconnected(model);
    for conversation in model.conversations.iter_mut() {
        conversation.arriving_members.clear();
    }
}
