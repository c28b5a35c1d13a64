//! Who is in a channel: members by their account, there or not, and the guests that come and go with their sessions.

use std::collections::BTreeMap;

use super::apply::Channel;
use super::event::{AccountId, ChannelId, Place, Rank};
use super::ports::ConnId;
use super::world::World;
use crate::proto::modes::{PREFIXES, Prefix};
use crate::proto::names::Nick;

impl World {
    /// The sessions that hear a channel: all of its members' ones and those of its guests.
    pub(crate) fn channel_sessions(&self, id: ChannelId) -> Vec<ConnId> {
        let Some(channel) = self.state.channel(id) else { return Vec::new() };
        let members = channel.members.keys().flat_map(|account| self.account_sessions(*account));
        members.chain(self.guests.get(&id).into_iter().flat_map(BTreeMap::keys)).copied().collect()
    }

    /// A target like `@#tea`: the channel, and the letter of the lowest rank that it names (`STATUSMSG`). Nothing for any other
    /// target, and for a channel that is not there.
    pub(crate) fn status_target(&self, target: &str) -> Option<(ChannelId, Prefix)> {
        let name = target.trim_start_matches(|sign| PREFIXES.iter().any(|prefix| prefix.sign == sign));
        let signs = &target[..target.len() - name.len()];
        let lowest = PREFIXES.iter().rev().find(|prefix| signs.contains(prefix.sign))?;
        Some((self.channel_called(name).ok()?, *lowest))
    }

    /// The sessions that are meant by a target that is in nobody's history: a guest's nick, or a part of a channel.
    pub(crate) fn unlisted_sessions(&self, target: &str) -> Vec<ConnId> {
        match self.status_target(target) {
            Some((channel, lowest)) => self.ranked_sessions(channel, lowest.letter),
            None => Nick::new(target).map_or(Vec::new(), |nick| self.nick_sessions(&nick).to_vec()),
        }
    }

    /// The sessions of a channel's members who have at least this rank.
    fn ranked_sessions(&self, id: ChannelId, letter: char) -> Vec<ConnId> {
        let Some(channel) = self.state.channel(id) else { return Vec::new() };
        let members = channel.members.iter().filter(|(_, rank)| rank.at_least(letter));
        let sessions = members.flat_map(|(account, _)| self.account_sessions(*account)).copied();
        let guests = self.guests.get(&id).into_iter().flatten().filter(|(_, rank)| rank.at_least(letter));
        sessions.chain(guests.map(|(conn, _)| *conn)).collect()
    }

    /// How many members a channel has, there or not.
    pub(crate) fn member_count(&self, id: ChannelId) -> usize {
        let members = self.state.channel(id).map_or(0, |channel| channel.members.len());
        members + self.guests.get(&id).map_or(0, BTreeMap::len)
    }

    /// Whether a channel is nobody's: no account founded it, it is none of the automatic ones, and nobody is in it. Such a
    /// channel was a guest's; it shows itself to nobody, and whoever joins it next founds it again.
    pub(crate) fn is_abandoned(&self, id: ChannelId) -> bool {
        let is_automatic = |channel: &Channel| self.settings.auto_channels.contains(&channel.name);
        self.state.channel(id).is_some_and(|channel| {
            channel.founder.is_none()
                && channel.members.is_empty()
                && !self.guests.contains_key(&id)
                && !is_automatic(channel)
        })
    }

    /// The members of a channel who are there, one session for each, with their rank.
    pub(crate) fn present_members(&self, channel: &Channel) -> Vec<(ConnId, Rank)> {
        let first = |account: &AccountId| self.account_sessions(*account).first().copied();
        let members = channel.members.iter().filter_map(|(account, rank)| Some((first(account)?, *rank)));
        let guests = self.guests.get(&channel.id).into_iter().flatten().map(|(conn, rank)| (*conn, *rank));
        members.chain(guests).collect()
    }

    /// The channels that a session is in.
    pub(crate) fn channels_of(&self, conn: ConnId) -> Vec<ChannelId> {
        match self.account_of(conn) {
            Some(account) => account.channels.iter().copied().collect(),
            None => self.session(conn).seldom().guest_channels.iter().copied().collect(),
        }
    }

    /// The rank of a session in a channel; nothing when it is no member.
    pub(crate) fn rank_of(&self, conn: ConnId, channel: ChannelId) -> Option<Rank> {
        match self.session(conn).account() {
            Some(account) => self.state.channel(channel)?.members.get(&account).copied(),
            None => self.guests.get(&channel)?.get(&conn).copied(),
        }
    }

    /// Makes a session without an account a member. Telling it is the caller's.
    pub(crate) fn add_guest(&mut self, channel: ChannelId, conn: ConnId, rank: Rank) {
        self.audiences.change();
        self.guests.entry(channel).or_default().insert(conn, rank);
        self.session_mut(conn).seldom_mut().guest_channels.insert(channel);
    }

    /// Ends the membership of a session without an account. Telling it is the caller's.
    pub(crate) fn remove_guest(&mut self, channel: ChannelId, conn: ConnId) {
        self.audiences.change();
        if let Some(guests) = self.guests.get_mut(&channel) {
            guests.remove(&conn);
            if guests.is_empty() {
                self.guests.remove(&channel);
            }
        }
        self.session_mut(conn).seldom_mut().guest_channels.remove(&channel);
    }

    /// A channel is gone: what is known of it beside the durable state goes too.
    pub(crate) fn forget_channel(&mut self, id: ChannelId) {
        self.audiences.change();
        for guest in self.guests.remove(&id).unwrap_or_default().into_keys() {
            self.session_mut(guest).seldom_mut().guest_channels.remove(&id);
        }
        self.invites.forget_channel(id);
        self.recent.forget_place(Place::Channel(id));
    }

    /// The sessions in the channels of an account, its own ones among them.
    pub(crate) fn sessions_around(&self, account: AccountId) -> Vec<ConnId> {
        let channels = self.state.account(account).into_iter().flat_map(|account| account.channels.iter());
        channels.flat_map(|channel| self.channel_sessions(*channel)).collect()
    }

    /// All other sessions that share a channel with this one, those of its own account left out.
    pub(crate) fn peers(&self, conn: ConnId) -> Vec<ConnId> {
        let account = self.session(conn).account();
        let channels = self.channels_of(conn);
        let mut peers: Vec<_> = channels.into_iter().flat_map(|channel| self.channel_sessions(channel)).collect();
        peers.sort_unstable();
        peers.dedup();
        peers.retain(|peer| *peer != conn && (account.is_none() || self.session(*peer).account() != account));
        peers
    }
}
