//! JOIN, PART, TOPIC, KICK, INVITE: who is in a channel and what it is about.
//!
//! Specifications: Modern IRC, "Channel Operations"; IRCv3 `extended-join`, `invite-notify`, `away-notify`.
//!
//! **Membership and presence.** An account is a member from its JOIN to its PART or to a kick, over all its sessions and
//! restarts; both are events in the record. Whether it is *there* is another thing: others see its JOIN when its first
//! session comes and its QUIT when the last one goes, neither of which is in the record, and `NAMES` lists only those who
//! are there, so that plain clients never see somebody who cannot answer. Guests, and operators as `serveur`, are members
//! as long as their connection lasts; nothing of that is in the record.

use crate::chat::call::Call;
use crate::chat::event::{AccountId, Author, ChannelId, ChannelModes, Event, Place, Rank};
use crate::chat::limits::is_reached;
use crate::chat::operators::Right;
use crate::chat::policy::channel::{self as policy, Asker};
use crate::chat::policy::{allows_letters, cut};
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::{Draft, World};
use crate::proto::caps::{Cap, CapSet};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::names::{ChannelName, NICK_BYTES_MAX};
use crate::proto::numerics::{
    ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, ERR_NOTONCHANNEL, ERR_TOOMANYCHANNELS, ERR_TOOMANYTARGETS, ERR_USERNOTINCHANNEL,
    ERR_USERONCHANNEL, RPL_AWAY, RPL_ENDOFINVITELIST, RPL_INVITELIST, RPL_INVITING, RPL_NOTOPIC,
};

/// There is no such channel, or its name is none.
pub(crate) fn no_such_channel(name: &str) -> Refusal {
    Refusal::numeric(ERR_NOSUCHCHANNEL, &[name], "No such channel")
}

/// There is nobody of that name.
pub(crate) fn no_such_nick(nick: &str) -> Refusal {
    Refusal::numeric(ERR_NOSUCHNICK, &[nick], "No such nick/channel")
}

impl World {
    /// The channel of this name.
    pub(crate) fn channel_called(&self, name: &str) -> Result<ChannelId, Refusal> {
        let found = ChannelName::new(name).ok().and_then(|name| self.state.channel_named(name.folded()));
        let found = found.map(|channel| channel.id).filter(|id| !self.is_abandoned(*id));
        found.ok_or_else(|| no_such_channel(name))
    }

    /// The same, for an answer that shows something of the channel, be it by a refusal: it waits until that is committed.
    pub(crate) fn find_channel(&mut self, name: &str) -> Result<ChannelId, Refusal> {
        let id = self.channel_called(name)?;
        self.shows(id);
        Ok(id)
    }

    /// A session as somebody who wants something of a channel.
    pub(crate) fn asker(&self, conn: ConnId, channel: ChannelId) -> Asker {
        let session = self.session(conn);
        Asker {
            source: session.source(),
            account: session.account(),
            account_name: self.account_of(conn).map(|account| account.state.name.folded().clone()),
            rank: self.rank_of(conn, channel),
            is_operator: self.has_right(conn, Right::Channels),
            is_invited: false,
            is_invited_by_operator: false,
        }
    }

    /// The name of a channel that is known to be there.
    pub(crate) fn channel_name(&self, id: ChannelId) -> String {
        self.state.channel(id).map(|channel| channel.name.to_string()).unwrap_or_default()
    }

    /// Appends an event of a session about a channel.
    pub(crate) fn append_to_channel(&mut self, conn: ConnId, id: ChannelId, event: Event) {
        let author = self.acting_author(conn);
        let name = self.channel_name(id);
        self.append(Draft::new(author, Place::Channel(id), &name, event));
    }

    /// Founds a channel: it has its number, its name and the modes that every channel begins with.
    pub(crate) fn found_channel(
        &mut self,
        author: &Author,
        name: &ChannelName,
        founder: Option<AccountId>,
    ) -> ChannelId {
        let channel = self.state.next_channel();
        let place = Place::Channel(channel);
        let founded = Event::ChannelFounded { channel, name: name.clone(), founder };
        self.append(Draft::new(author.clone(), place, name.as_str(), founded));
        let modes = ChannelModes::at_founding();
        let text = modes.shown(false);
        let changed = Event::ModesChanged { text, modes, ranks: Vec::new(), masks: Vec::new() };
        self.append(Draft::new(author.clone(), place, name.as_str(), changed));
        channel
    }

    /// Makes an account a member of the automatic channels, founding those that are not there. For its first log-in.
    pub(crate) fn join_automatic_channels(&mut self, conn: ConnId) {
        for name in self.settings.auto_channels.clone() {
            let known = self.state.channel_named(name.folded()).map(|channel| channel.id);
            let id = known.unwrap_or_else(|| self.found_channel(&self.system_author(), &name, None));
            if self.rank_of(conn, id).is_none() {
                enter(self, conn, id);
            }
        }
    }
}

/// Splits a list of targets; what stands beyond the bound is refused with 407.
fn targets<'a>(world: &mut World, call: &Call<'_>, list: &'a str) -> Vec<(usize, &'a str)> {
    let all = list.split(',').enumerate().filter(|(_, name)| !name.is_empty());
    let max = world.settings.limits.targets_max;
    let mut targets: Vec<_> = all.take(max + 1).collect();
    if targets.len() > max {
        let (_, first_beyond) = targets.remove(max);
        let refusal = Refusal::numeric(ERR_TOOMANYTARGETS, &[first_beyond], "Too many targets");
        world.refuse(call.conn, call.command.name, refusal);
    }
    targets
}

/// `JOIN <channel>{,<channel>} [<key>{,<key>}]`, `JOIN 0`.
pub(crate) fn join(world: &mut World, call: &Call<'_>) -> Handled {
    if call.param(0) == "0" {
        for channel in world.channels_of(call.conn) {
            leave(world, call.conn, channel, "");
        }
        return Ok(());
    }
    let keys: Vec<&str> = call.param(1).split(',').collect();
    for (place, name) in targets(world, call, call.param(0)) {
        let key = keys.get(place).copied().filter(|key| !key.is_empty());
        if let Err(refusal) = join_one(world, call.conn, name, key) {
            world.refuse(call.conn, call.command.name, refusal);
        }
    }
    Ok(())
}

fn join_one(world: &mut World, conn: ConnId, name: &str, key: Option<&str>) -> Handled {
    let name = ChannelName::new(name).map_err(|_| no_such_channel(name))?;
    let known = world.state.channel_named(name.folded()).map(|channel| channel.id);
    if known.is_some_and(|id| world.rank_of(conn, id).is_some()) {
        return Ok(());
    }
    if is_reached(world.channels_of(conn).len(), world.settings.channels_per_account_max) {
        return Err(Refusal::numeric(ERR_TOOMANYCHANNELS, &[name.as_str()], "You have joined too many channels"));
    }
    let id = match known {
        Some(id) if world.is_abandoned(id) => {
            world.shows(id);
            begin_anew(world, id);
            id
        }
        Some(id) => {
            world.shows(id);
            let person = world.person_of(conn);
            let is_invited = world.invites.has(id, person);
            let is_invited_by_operator = world.invites.has_by_operator(id, person);
            let asker = Asker { is_invited, is_invited_by_operator, ..world.asker(conn, id) };
            let members = world.member_count(id);
            if let Some(channel) = world.state.channel(id) {
                policy::may_join(channel, &asker, key, members)?;
            }
            id
        }
        None => found(world, conn, &name)?,
    };
    enter(world, conn, id);
    Ok(())
}

/// Founds a channel for a session. One that a guest founds has no founder in the record: it lives as long as somebody is in it.
fn found(world: &mut World, conn: ConnId, name: &ChannelName) -> Result<ChannelId, Refusal> {
    if !allows_letters(&world.settings, name.as_str()) {
        return Err(no_such_channel(name.as_str()));
    }
    let session = world.session(conn);
    let founder = session.account();
    if is_reached(world.state.channel_count(), world.settings.channels_max) {
        return Err(Refusal::numeric(ERR_TOOMANYCHANNELS, &[name.as_str()], "There are too many channels"));
    }
    let author = session.author();
    Ok(world.found_channel(&author, name, founder))
}

/// Takes away what those have left behind who were in a channel that is nobody's now, but for what they said.
fn begin_anew(world: &mut World, id: ChannelId) {
    let Some(channel) = world.state.channel(id) else { return };
    let (name, place) = (channel.name.to_string(), Place::Channel(id));
    let has_topic = channel.topic.is_some();
    let masks: Vec<_> =
        channel.masks.iter().map(|entry| (false, entry.state.letter, entry.state.mask.clone())).collect();
    let modes = ChannelModes::at_founding();
    let is_changed = channel.modes != modes || !masks.is_empty();
    if has_topic {
        let event = Event::TopicSet { topic: String::new() };
        world.append(Draft::new(world.system_author(), place, &name, event));
    }
    if is_changed {
        let event = Event::ModesChanged { text: modes.shown(false), modes, ranks: Vec::new(), masks };
        world.append(Draft::new(world.system_author(), place, &name, event));
    }
}

/// Makes a session's account (or the session, when it has none) a member, and tells it.
fn enter(world: &mut World, conn: ConnId, id: ChannelId) {
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return };
    // Whoever comes first into a channel without a founder is its operator as long as it lives.
    let rank = match world.is_abandoned(id) {
        true => Rank::OPERATOR,
        false => policy::rank_at_join(channel, &asker),
    };
    if asker.account.is_some() {
        world.append_to_channel(conn, id, Event::Joined { rank });
    } else {
        world.add_guest(id, conn, rank);
        world.shows(id);
        let (stamp, realname) = (world.stamp_of(conn), world.session(conn).realname.clone());
        let receivers = world.channel_sessions(id);
        world.tell_join(&receivers, id, &stamp, &asker.source, &realname);
        world.show_channel(conn, id);
    }
    let person = world.person_of(conn);
    world.invites.remove(id, person);
    world.tell_away_of_joiner(conn, id);
}

/// `PART <channel>{,<channel>} [<reason>]`.
pub(crate) fn part(world: &mut World, call: &Call<'_>) -> Handled {
    let reason = cut(call.param(1), world.settings.limits.reason_bytes_max);
    for (_, name) in targets(world, call, call.param(0)) {
        let parted = world.find_channel(name).and_then(|id| {
            if world.rank_of(call.conn, id).is_none() {
                return Err(Refusal::numeric(ERR_NOTONCHANNEL, &[name], "You're not on that channel"));
            }
            leave(world, call.conn, id, reason);
            Ok(())
        });
        if let Err(refusal) = parted {
            world.refuse(call.conn, call.command.name, refusal);
        }
    }
    Ok(())
}

/// Ends a membership and tells it.
fn leave(world: &mut World, conn: ConnId, id: ChannelId, reason: &str) {
    if world.session(conn).account().is_some() {
        return world.append_to_channel(conn, id, Event::Parted { reason: reason.to_owned() });
    }
    let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
    let (receivers, name) = (world.channel_sessions(id), world.channel_name(id));
    world.tell_part(&receivers, &name, &stamp, &source, reason);
    world.remove_guest(id, conn);
}

/// `TOPIC <channel> [<topic>]`.
pub(crate) fn topic(world: &mut World, call: &Call<'_>) -> Handled {
    let id = world.find_channel(call.param(0))?;
    let asker = world.asker(call.conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    let Some(topic) = call.message.param(1) else {
        if !policy::may_see(channel, &asker) {
            return policy::must_be_member(channel, &asker);
        }
        return show_topic(world, call.conn, id);
    };
    policy::may_set_topic(channel, &asker)?;
    world.require_journal(&[call.param(0)])?;
    let topic = cut(topic, topic_bytes_max(world, &asker.source, channel.name.as_str())).to_owned();
    // Modern IRC, "TOPIC message": who is there hears of a topic that is changed or cleared. This one stays as it is.
    let current = world.state.channel(id).and_then(|channel| channel.topic.as_ref());
    if current.map_or("", |current| &current.text) != topic {
        world.append_to_channel(call.conn, id, Event::TopicSet { topic });
    }
    Ok(())
}

fn show_topic(world: &mut World, conn: ConnId, id: ChannelId) -> Handled {
    if world.state.channel(id).is_some_and(|channel| channel.topic.is_none()) {
        world.shows(id);
        let line = world.numeric(conn, RPL_NOTOPIC).param(&world.channel_name(id)).trailing("No topic is set");
        world.reply(conn, line);
    } else {
        world.show_topic(conn, id);
    }
    Ok(())
}

/// How long a topic may be so that TOPIC, 332 and 322 fit into a line whoever reads them.
fn topic_bytes_max(world: &World, source: &str, channel: &str) -> usize {
    let change = Line::new("TOPIC").source(source).param(channel).trailing("").body_bytes();
    // 322 says a number of people beside the topic, so it is longer than 332.
    let shown = Line::new("322").source(&world.settings.server_name).param(channel).param("1000000").trailing("");
    let longest = change.max(shown.body_bytes() + 1 + NICK_BYTES_MAX);
    world.settings.topic_bytes_max.min(BODY_BYTES_MAX.saturating_sub(longest))
}

/// `KICK <channel>{,<channel>} <nick>{,<nick>} [<reason>]`.
pub(crate) fn kick(world: &mut World, call: &Call<'_>) -> Handled {
    let channels: Vec<&str> = call.param(0).split(',').filter(|name| !name.is_empty()).collect();
    let nicks = targets(world, call, call.param(1));
    if channels.is_empty() || nicks.is_empty() || (channels.len() > 1 && channels.len() != nicks.len()) {
        return Err(call.needs_more_params());
    }
    let own_name = world.session(call.conn).name().to_owned();
    let reason = call.message.param(2).filter(|reason| !reason.is_empty()).unwrap_or(&own_name);
    let reason = cut(reason, world.settings.limits.reason_bytes_max);
    for (place, (_, nick)) in nicks.into_iter().enumerate() {
        let channel = if channels.len() == 1 { channels[0] } else { channels[place] };
        if let Err(refusal) = kick_one(world, call.conn, channel, nick, reason) {
            world.refuse(call.conn, call.command.name, refusal);
        }
    }
    Ok(())
}

fn kick_one(world: &mut World, conn: ConnId, name: &str, nick: &str, reason: &str) -> Handled {
    let id = world.find_channel(name)?;
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    policy::must_be_member(channel, &asker)?;
    let person = world.person_called(nick).ok_or_else(|| no_such_nick(nick))?;
    let Some(rank) = world.rank_of_person(person, id) else {
        return Err(Refusal::numeric(ERR_USERNOTINCHANNEL, &[nick, name], "They aren't on that channel"));
    };
    policy::may_kick(channel, &asker, rank)?;
    let account = match person {
        Person::Account(account) => Some(account),
        Person::Guest(_) | Person::Correspondent => None,
    };
    let nick = world.name_of(person);
    world.append_to_channel(conn, id, Event::Kicked { account, nick, reason: reason.to_owned() });
    if account.is_none() {
        for guest in world.sessions_of(person) {
            world.remove_guest(id, guest);
        }
    }
    Ok(())
}

/// `INVITE <nick> <channel>`, `INVITE`.
pub(crate) fn invite(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    match call.message.params() {
        [] => return show_invites(world, conn),
        [_] => return Err(call.needs_more_params()),
        _ => {}
    }
    let (nick, name) = (call.param(0), call.param(1));
    let person = world.person_called(nick).ok_or_else(|| no_such_nick(nick))?;
    let id = world.find_channel(name)?;
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    policy::must_be_member(channel, &asker)?;
    let name = channel.name.to_string();
    if world.rank_of_person(person, id).is_some() {
        return Err(Refusal::numeric(ERR_USERONCHANNEL, &[nick, &name], "is already on channel"));
    }
    policy::may_invite(channel, &asker)?;

    world.invites.add(id, person, policy::is_channel_operator(&asker));
    let nick = world.name_of(person);
    let inviting = world.numeric(conn, RPL_INVITING).param(&nick).param(&name);
    world.reply(conn, inviting);
    if let Some(reason) = world.away_of(person) {
        let away = world.numeric(conn, RPL_AWAY).param(&nick).trailing(&reason);
        world.reply(conn, away);
    }
    let mut receivers = world.sessions_of(person);
    receivers.extend(
        world
            .channel_sessions(id)
            .into_iter()
            .filter(|member| *member != conn && world.session(*member).has(Cap::InviteNotify)),
    );
    let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
    let line = Line::new("INVITE").source(&source).param(&nick).param(&name);
    world.tell(&receivers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
    Ok(())
}

fn show_invites(world: &mut World, conn: ConnId) -> Handled {
    for id in world.invites.of(world.person_of(conn)) {
        let line = world.numeric(conn, RPL_INVITELIST).param(&world.channel_name(id));
        world.reply(conn, line);
    }
    let end = world.numeric(conn, RPL_ENDOFINVITELIST).trailing("End of /INVITE list");
    world.reply(conn, end);
    Ok(())
}
