//! Who comes, goes, is renamed, away, or of another rank.

use crate::client::comings::Coming;
use crate::client::conversation::{ConversationKind, Membership};
use crate::client::event::Effects;
use crate::client::members::{MEMBERS_MAX, Member};
use crate::client::model::Model;
use crate::client::remarks::{tell, tell_coming};
use crate::client::signs::Presence;
use crate::client::{drafts, history, outbox, presence};
use crate::ground::texts::Value;

/// In channels with more members than this, joins and parts are not told.
const QUIET_MEMBERS: usize = 200;

pub(super) fn joined(model: &mut Model, channel: &str, nick: &str, is_own: bool, effects: &mut Effects) {
    let folded = model.server.session.fold(channel);
    if is_own {
        // One that only waits to be joined, with what an earlier run has left for it, is none yet.
        let shown = model.conversations.current_id();
        let has_channel = model
            .conversations
            .at_hand()
            .any(|one| one.kind == ConversationKind::Channel && (one.is_joined() || shown == Some(one.id)));
        let conversation = model.open(channel);
        let id = conversation.id;
        // By another session of ours it may be joined once more, without its members being named again.
        if std::mem::replace(&mut conversation.membership, Membership::Joined) != Membership::Joined {
            conversation.members.clear();
            conversation.arriving_members.clear();
        }
        let is_awaited = model.server.awaited_channel.as_deref() == Some(folded.as_str());
        if is_awaited || !(model.has_chosen || has_channel || model.prefers_correspondent) {
            model.server.awaited_channel = None;
            model.conversations.show(id);
        }
        drafts::bring_back(model, channel);
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
        tell_coming(model, id, nick, Coming::Came, "chat-joined", &[("name", nick.into())]);
    }
}

pub(super) fn left(model: &mut Model, channel: &str, nick: &str, by: Option<String>, reason: &str, is_own: bool) {
    let (folded, member) = (model.server.session.fold(channel), model.server.session.fold(nick));
    let Some(conversation) = model.conversations.find_mut(&folded) else { return };
    let id = conversation.id;
    let is_quiet = conversation.members.count() > QUIET_MEMBERS && by.is_none() && !is_own;
    conversation.members.remove(&member);
    if is_own {
        conversation.membership = Membership::None;
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
        (None, "") => tell_coming(model, id, nick, Coming::Left, "chat-left", &[name]),
        (None, reason) => {
            tell_coming(model, id, nick, Coming::Left, "chat-left-because", &[name, ("reason", reason.into())]);
        }
        (Some(by), reason) => {
            let text_id = if is_own { "chat-kicked-you" } else { "chat-kicked" };
            let reason = if reason.is_empty() { by.clone() } else { reason.to_owned() };
            tell(model, id, text_id, &[name, ("by", by.into()), ("reason", reason.into())]);
        }
    }
}

pub(super) fn quit(model: &mut Model, nick: &str, reason: &str) {
    let folded = model.server.session.fold(nick);
    let mut told = Vec::new();
    for conversation in model.conversations.at_hand_mut() {
        let count = conversation.members.count();
        conversation.typing.stop(nick);
        if conversation.members.remove(&folded).is_some() && count <= QUIET_MEMBERS {
            told.push(conversation.id);
        }
    }
    for id in told {
        let name = ("name", Value::from(nick));
        match reason {
            "" => tell_coming(model, id, nick, Coming::Gone, "chat-quit", &[name]),
            reason => {
                tell_coming(model, id, nick, Coming::Gone, "chat-quit-because", &[name, ("reason", reason.into())]);
            }
        }
    }
}

pub(super) fn renamed(model: &mut Model, from: &str, to: &str, is_own: bool) {
    let (from_folded, to_folded) = (model.server.session.fold(from), model.server.session.fold(to));
    let ranks = model.server.session.rank_signs();
    let mut told = Vec::new();
    for conversation in model.conversations.at_hand_mut() {
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
        let variables = [("from", from.into()), ("to", to.into())];
        match is_own {
            true => tell(model, id, "chat-renamed-you", &variables),
            false => tell_coming(model, id, from, Coming::Renamed(to.to_owned()), "chat-renamed", &variables),
        }
    }
}

pub(super) fn names(model: &mut Model, channel: &str, members: Vec<(String, String)>) {
    /// Named once more by a server that repeats itself: a bound on what a single reply can pile up.
    const ARRIVING_MAX: usize = 2 * MEMBERS_MAX;
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

pub(super) fn modes(model: &mut Model, target: &str, by: &str, text: &str, ranks: Vec<(char, bool, String)>) {
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

pub(super) fn names_end(model: &mut Model, channel: &str) {
    let ranks = model.server.session.rank_signs();
    if let Some(conversation) = model.conversations.find_mut(&model.server.session.fold(channel)) {
        let members = std::mem::take(&mut conversation.arriving_members);
        conversation.members.replace(members, &ranks);
    }
}

pub(super) fn away(model: &mut Model, nick: &str, is_away: bool) {
    let (folded, ranks) = (model.server.session.fold(nick), model.server.session.rank_signs());
    for conversation in model.conversations.at_hand_mut() {
        conversation.members.change(&folded, &ranks, |member| member.is_away = is_away);
    }
    presence::learn(model, nick, if is_away { Presence::Away } else { Presence::Here });
}
