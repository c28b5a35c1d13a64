//! Events into lines: who is told what, in which form. The only place where an event becomes visible.
//!
//! Specifications: Modern IRC; IRCv3 `server-time`, `message-ids`, `account-tag`, `message-tags`, `echo-message`, `extended-join`,
//! `multi-prefix`, `userhost-in-names`, `no-implicit-names`, `account-notify`.
//!
//! A line that goes to many is encoded once for each set of capabilities among them.

use std::sync::Arc;

use super::apply::Channel;
use super::audience::Audience;
use super::event::{AccountId, AuthorKind, ChannelId, Event, OperatorAct, Place, Record, Seq};
use super::limits::USER_BYTES_MAX;
use super::policy::cut;
use super::ports::{ConnId, Effect};
use super::spoken::Spoken;
use super::stamp::Stamp;
use super::world::{Draft, Pending, World};
use crate::proto::caps::{Cap, CapSet};
use crate::proto::message::Line;
use crate::proto::multiline::Part;
use crate::proto::names::{ChannelName, MsgId, Nick};
use crate::proto::numerics::{RPL_ENDOFNAMES, RPL_NAMREPLY, RPL_TOPIC, RPL_TOPICWHOTIME};

impl World {
    /// Gives an event its number, applies it, and tells it to whom it concerns.
    pub(crate) fn append(&mut self, draft: Draft) -> Seq {
        self.append_telling(draft, true)
    }

    /// The same for an event that looks like nothing new to everybody who is there.
    pub(crate) fn append_quietly(&mut self, draft: Draft) -> Seq {
        self.append_telling(draft, false)
    }

    fn append_telling(&mut self, draft: Draft, is_told: bool) -> Seq {
        let seq = self.state.last_seq.next();
        let record = Record {
            seq,
            time: self.now.max(self.state.last_time),
            author: draft.author,
            place: draft.place,
            target: draft.target,
            idempotency_id: draft.idempotency_id,
            tags: draft.tags,
            event: draft.event,
        };
        self.state.apply(&record);
        self.recent.keep(&record);
        if let Some((guest, account)) = self.guest_talk(&record) {
            self.recent.keep_with_guest(guest, account, &record);
        }
        // Whatever is not said may change who hears a channel.
        if !matches!(record.event, Event::Message { .. }) {
            self.audiences.change();
        }
        self.turn.cause = Some(seq);
        self.turn.wait_for(seq);
        if is_told {
            self.deliver(&record, &draft.client_tags, &draft.parts);
        }
        self.turn.cause = None;
        self.turn.records.push(record);
        seq
    }

    /// Tells an event that was applied just now.
    pub(super) fn deliver(&mut self, record: &Record, client_tags: &str, parts: &[Part]) {
        let stamp = Stamp {
            time: record.time,
            msgid: Some(MsgId::of_seq(record.seq.0)),
            account: record.author.account.and_then(|id| self.account_name(id)),
            is_bot: self.turn_actor().is_some_and(|actor| self.session(actor).modes.contains('B')),
            client_tags: client_tags.to_owned(),
        };
        let source = self.source_of_author(record);
        match &record.event {
            Event::Message { kind, text } => {
                let batch = if parts.is_empty() { String::new() } else { self.next_batch() };
                let said = Spoken::message(kind.command(), (&source, &record.target), text, parts, &batch);
                self.deliver_said(record, &stamp, &said, CapSet::EMPTY, ECHO);
            }
            Event::Tagged => {
                let said = Spoken::One(Line::new("TAGMSG").source(&source).param(&record.target));
                self.deliver_said(record, &stamp, &said, CapSet::of(&[Cap::MessageTags]), ECHO);
            }
            Event::Redacted { seq, reason } => {
                let line = Line::new("REDACT").source(&source).param(&record.target);
                let line = line.param(&MsgId::of_seq(seq.0).to_string());
                let said = Spoken::One(if reason.is_empty() { line } else { line.trailing(reason) });
                self.deliver_said(record, &stamp, &said, CapSet::of(&[Cap::MessageRedaction]), CapSet::EMPTY);
            }
            Event::ChannelRenamed { name, reason } => self.deliver_rename(record, &stamp, &source, name, reason),
            Event::Joined { .. } => {
                let (Place::Channel(channel), Some(account)) = (record.place, record.author.account) else { return };
                self.deliver_join(channel, account, &stamp, &source);
            }
            Event::Parted { reason } => {
                let Place::Channel(channel) = record.place else { return };
                let mut receivers = self.channel_sessions(channel);
                add(&mut receivers, record.author.account.map_or(&[], |account| self.account_sessions(account)));
                self.tell_part(&receivers, &record.target, &stamp, &source, reason);
            }
            Event::Kicked { account, nick, reason } => {
                let Place::Channel(channel) = record.place else { return };
                let mut receivers = self.channel_sessions(channel);
                add(&mut receivers, account.map_or(&[], |account| self.account_sessions(account)));
                if let Some(actor) = self.turn_actor().filter(|actor| self.sees_own_act(*actor, channel, record)) {
                    add(&mut receivers, &[actor]);
                }
                let line = Line::new("KICK").source(&source).param(&record.target).param(nick).trailing(reason);
                self.tell(&receivers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
            }
            Event::TopicSet { topic } => {
                let line = Line::new("TOPIC").source(&source).param(&record.target).trailing(topic);
                self.tell_channel(record, &stamp, &line);
            }
            Event::ModesChanged { text, .. } => {
                let line = Line::new("MODE").source(&source).param(&record.target);
                let line = text.split(' ').fold(line, Line::param);
                self.tell_channel(record, &stamp, &line);
            }
            Event::MetadataSet { key, value } => {
                let mut receivers = match (record.place, record.author.account) {
                    (Place::Channel(channel), _) => self.channel_sessions(channel),
                    (_, Some(account)) => self.sessions_around(account),
                    (_, None) => Vec::new(),
                };
                if let (Place::Server, Some(account)) = (record.place, record.author.account) {
                    add(&mut receivers, self.correspondent_or_account_sessions(account));
                }
                self.tell_metadata(&receivers, &source, &record.target, key, value.as_deref());
            }
            Event::MarkedRead { until, .. } => {
                let Some(account) = record.author.account else { return };
                let receivers = self.correspondent_or_account_sessions(account).to_vec();
                self.tell_marker(&receivers, &record.target, *until);
            }
            Event::OperatorActed { act: OperatorAct::Wallops, text, .. } => {
                let line = Line::new("WALLOPS").source(&source).trailing(text);
                let listening: Vec<ConnId> = self.listening_to_wallops();
                self.tell(&listening, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
            }
            // Nobody but the one who asked is told of these, by the reply of the handler.
            Event::ChannelFounded { .. }
            | Event::ChannelDropped { .. }
            | Event::FounderChanged { .. }
            | Event::AccountRegistered { .. }
            | Event::PasswordChanged { .. }
            | Event::AddressAllowed { .. }
            | Event::AccountSuspended { .. }
            | Event::AccountResumed { .. }
            | Event::AccountDeleted { .. }
            | Event::InvitationMade { .. }
            | Event::InvitationRevoked { .. }
            | Event::BanSet { .. }
            | Event::BanLifted { .. }
            | Event::OperatorActed { .. }
            | Event::Reported { .. }
            | Event::DeviceAdded { .. }
            | Event::DeviceRevoked { .. } => {}
        }
    }

    /// One line to a channel's sessions.
    fn tell_channel(&mut self, record: &Record, stamp: &Stamp, line: &Line) {
        let Place::Channel(channel) = record.place else { return };
        // The actor's own copy may get the label of its line.
        if let Some(actor) = self.turn_actor().filter(|actor| self.sees_own_act(*actor, channel, record)) {
            let caps = self.session(actor).caps;
            self.reply(actor, stamp.put_on(line.clone(), caps));
        }
        self.tell_audience(channel, stamp, line);
    }

    /// Whether who acts sees what it has done in a channel: as a member, or as an operator who acts from outside. A channel that
    /// is founded just now has nobody in it yet.
    fn sees_own_act(&self, actor: ConnId, channel: ChannelId, record: &Record) -> bool {
        self.rank_of(actor, channel).is_some() || record.author.operator.is_some() && !self.is_abandoned(channel)
    }

    /// One line to all who hear a channel, but for the connection that acts.
    fn tell_audience(&mut self, channel: ChannelId, stamp: &Stamp, line: &Line) {
        for (caps, to) in self.audience(channel) {
            self.tell_group(to, &[stamp.put_on(line.clone(), caps)], false);
        }
    }

    /// Lines to these, but for the connection that acts.
    fn tell_group(&mut self, to: Arc<[ConnId]>, lines: &[Line], sheddable: bool) {
        let except = self.turn_actor();
        if to.iter().all(|conn| Some(*conn) == except) {
            return;
        }
        let mut bytes = Vec::new();
        lines.iter().for_each(|line| line.encode(&mut bytes));
        self.turn.effect(Effect::Tell { to, except, bytes: bytes.into(), sheddable });
    }

    /// A channel is called otherwise. Those who do not know RENAME see a PART and a JOIN, unless only the case has changed.
    fn deliver_rename(&mut self, record: &Record, stamp: &Stamp, source: &str, name: &ChannelName, reason: &str) {
        let Place::Channel(channel) = record.place else { return };
        let is_other = ChannelName::new(&record.target).is_ok_and(|old| old.folded() != name.folded());
        let (knowing, others): (Vec<_>, Vec<_>) = self
            .channel_sessions(channel)
            .into_iter()
            .partition(|receiver| self.session(*receiver).has(Cap::ChannelRename));
        let line = Line::new("RENAME").source(source).param(&record.target).param(name.as_str()).trailing(reason);
        self.tell(&knowing, stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
        for receiver in others.into_iter().filter(|_| is_other) {
            let (own, realname) = (self.session(receiver).source(), self.session(receiver).realname.clone());
            let stamp = Stamp { msgid: None, ..self.stamp_of(receiver) };
            self.tell_part(&[receiver], &record.target, &stamp, &own, reason);
            self.tell_join(&[receiver], channel, &stamp, &own, &realname);
            self.show_channel(receiver, channel);
        }
    }

    /// Something that was said: to those who know its `needed` capabilities. Its sender gets it back when it has those of
    /// `echo` too.
    fn deliver_said(&mut self, record: &Record, stamp: &Stamp, said: &Spoken<'_>, needed: CapSet, echo: CapSet) {
        let sender = self.turn_actor();
        let is_to_itself = self.is_to_itself(record) && !echo.is_empty();
        match (record.place, said) {
            (Place::Channel(channel), Spoken::One(line)) if needed.is_empty() => {
                self.tell_audience(channel, stamp, line);
            }
            (Place::Channel(channel), _) => {
                let members = self.channel_sessions(channel);
                self.tell_said(&members, stamp, said, needed);
            }
            _ => {}
        }
        let receivers = self.message_receivers(record);
        self.tell_said(&receivers, stamp, said, needed);
        let Some(sender) = sender else { return };
        let caps = self.session(sender).caps;
        if is_to_itself && caps.has_all(needed) {
            for line in said.lines(stamp, caps) {
                self.send_unlabelled(sender, line);
            }
        }
        if caps.has_all(needed.union(echo)) {
            for (place, mut line) in said.lines(stamp, caps).into_iter().enumerate() {
                let id = record.idempotency_id.as_deref().filter(|_| place == 0 && caps.has(Cap::Idempotency));
                if let Some(id) = id {
                    line = line.tag(IDEMPOTENCY_TAG, id);
                }
                self.reply(sender, line);
            }
        }
        if let Some(id) = &record.idempotency_id {
            self.pending.insert(
                record.seq,
                Pending { conn: sender, place: record.place, idempotency_id: id.clone(), response_tag: None },
            );
        }
    }

    /// What was said to these, but for the connection that acts.
    fn tell_said(&mut self, receivers: &[ConnId], stamp: &Stamp, said: &Spoken<'_>, needed: CapSet) {
        let relevant = Stamp::CAPS.union(needed).union(said.varies());
        for (caps, to) in self.grouped(receivers, relevant) {
            if caps.has_all(needed) {
                self.tell_group(to, &said.lines(stamp, caps), false);
            }
        }
    }

    /// All sessions that a message is for beside a channel's audience, the sender's own ones included.
    fn message_receivers(&self, record: &Record) -> Vec<ConnId> {
        let mut receivers = match record.place {
            // Its members are told as its audience.
            Place::Channel(channel) if self.is_member(channel, record.author.account) => return Vec::new(),
            // Whoever writes from outside of an open channel sees it with all sessions too.
            Place::Channel(_) => Vec::new(),
            Place::Direct(one, other) => {
                let mut receivers = self.correspondent_or_account_sessions(one).to_vec();
                add(&mut receivers, self.correspondent_or_account_sessions(other));
                receivers
            }
            Place::Unlisted | Place::Server => self.unlisted_sessions(&record.target),
        };
        match record.author.account {
            Some(account) => add(&mut receivers, self.correspondent_or_account_sessions(account)),
            None => add(&mut receivers, self.turn_actor().as_slice()),
        }
        receivers
    }

    fn is_member(&self, channel: ChannelId, account: Option<AccountId>) -> bool {
        let channel = self.state.channel(channel);
        channel.zip(account).is_some_and(|(channel, account)| channel.members.contains_key(&account))
    }

    fn is_to_itself(&self, record: &Record) -> bool {
        match record.place {
            Place::Direct(one, other) => one == other,
            Place::Unlisted => Nick::new(&record.author.name) == Nick::new(&record.target),
            Place::Channel(_) | Place::Server => false,
        }
    }

    fn correspondent_or_account_sessions(&self, account: AccountId) -> &[ConnId] {
        if account == self.correspondent_account() { self.operators() } else { self.account_sessions(account) }
    }

    fn deliver_join(&mut self, channel: ChannelId, account: AccountId, stamp: &Stamp, source: &str) {
        let receivers = self.channel_sessions(channel);
        let own = self.account_sessions(account).to_vec();
        let realname = own.first().map_or("", |conn| &*self.session(*conn).realname).to_owned();
        self.tell_join(&receivers, channel, stamp, source, &realname);
        for conn in own {
            self.show_channel(conn, channel);
        }
    }

    /// A JOIN to these sessions, which may be an event or the return of somebody who was away.
    pub(super) fn tell_join(
        &mut self,
        receivers: &[ConnId],
        channel: ChannelId,
        stamp: &Stamp,
        source: &str,
        realname: &str,
    ) {
        let Some(name) = self.state.channel(channel).map(|channel| channel.name.clone()) else { return };
        let account = stamp.account.clone().unwrap_or_else(|| "*".to_owned());
        self.tell(receivers, stamp, CapSet::of(&[Cap::ExtendedJoin]), false, |caps| {
            let line = Line::new("JOIN").source(source).param(name.as_str());
            Some(if caps.has(Cap::ExtendedJoin) { line.param(&account).trailing(realname) } else { line })
        });
    }

    /// A PART to these sessions.
    pub(super) fn tell_part(&mut self, receivers: &[ConnId], channel: &str, stamp: &Stamp, source: &str, reason: &str) {
        let line = Line::new("PART").source(source).param(channel);
        let line = if reason.is_empty() { line } else { line.trailing(reason) };
        self.tell(receivers, stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
    }

    /// Topic and names of a channel, as they follow one's own JOIN.
    pub(crate) fn show_channel(&mut self, conn: ConnId, channel: ChannelId) {
        self.shows(channel);
        self.show_marker(conn, channel);
        self.show_topic(conn, channel);
        let caps = self.session(conn).caps;
        if !caps.has(Cap::NoImplicitNames) && !caps.has(Cap::NoImplicitNamesDraft) {
            self.show_names(conn, channel);
        }
        self.show_channel_metadata(conn, channel);
    }

    /// 332 and 333, when there is a topic.
    pub(crate) fn show_topic(&mut self, conn: ConnId, channel: ChannelId) {
        self.shows(channel);
        let Some(channel) = self.state.channel(channel) else { return };
        let Some(topic) = &channel.topic else { return };
        let text = self.numeric(conn, RPL_TOPIC).param(channel.name.as_str()).trailing(&topic.text);
        let set = self.numeric(conn, RPL_TOPICWHOTIME).param(channel.name.as_str()).param(&topic.set_by);
        let set = set.param(&topic.set_at.as_seconds().to_string());
        self.reply(conn, text);
        self.reply(conn, set);
    }

    /// 353 and 366: the members who are there.
    fn show_names(&mut self, conn: ConnId, channel: ChannelId) {
        self.list_names(conn, channel);
        let name = self.channel_name(channel);
        self.reply_end(conn, RPL_ENDOFNAMES, &name, "End of /NAMES list");
    }

    /// 353: the members who are there.
    pub(crate) fn list_names(&mut self, conn: ConnId, channel: ChannelId) {
        self.shows(channel);
        let Some(channel) = self.state.channel(channel) else { return };
        let name = channel.name.as_str();
        let sign = if channel.has_flag('s') { "@" } else { "=" };
        let words = self.names(channel, self.session(conn).caps);
        let head = self.numeric(conn, RPL_NAMREPLY).param(sign).param(name);
        if !words.is_empty() {
            self.reply_words(conn, &head, &words);
        }
    }

    /// The members of a channel who are there, with their prefixes, as 353 lists them.
    fn names(&self, channel: &Channel, caps: CapSet) -> Vec<String> {
        self.present_members(channel)
            .into_iter()
            .map(|(conn, rank)| {
                let session = self.session(conn);
                let prefix = rank.prefixes(caps.has(Cap::MultiPrefix));
                if caps.has(Cap::UserhostInNames) {
                    format!("{prefix}{}", session.source())
                } else {
                    format!("{prefix}{}", session.name())
                }
            })
            .collect()
    }

    /// Sends a line to many, encoded once for each set of capabilities that matters. `body` gives the line without tags for
    /// those of `varies` (and the capabilities of tags) that a receiver has, or nothing when it is not for such a receiver.
    pub(crate) fn tell(
        &mut self,
        receivers: &[ConnId],
        stamp: &Stamp,
        varies: CapSet,
        is_sheddable: bool,
        body: impl Fn(CapSet) -> Option<Line>,
    ) {
        let relevant = Stamp::CAPS.union(varies);
        // Its own copy may get the label of its line.
        if let Some(actor) = self.turn_actor().filter(|actor| receivers.contains(actor)) {
            let caps = self.session(actor).caps.intersection(relevant);
            if let Some(line) = body(caps) {
                self.reply(actor, stamp.put_on(line, caps));
            }
        }
        for (caps, to) in self.grouped(receivers, relevant) {
            if let Some(line) = body(caps) {
                self.tell_group(to, &[stamp.put_on(line, caps)], is_sheddable);
            }
        }
    }

    /// Who hears a channel.
    fn audience(&mut self, channel: ChannelId) -> Audience {
        if let Some(audience) = self.audiences.of(channel) {
            return audience;
        }
        let audience = self.grouped(&self.channel_sessions(channel), Stamp::CAPS);
        self.audiences.keep(channel, audience.clone());
        audience
    }

    /// Sessions by those of their capabilities that are in `relevant`.
    fn grouped(&self, sessions: &[ConnId], relevant: CapSet) -> Audience {
        let mut groups: Vec<(CapSet, Vec<ConnId>)> = Vec::new();
        for conn in sessions {
            let caps = self.session(*conn).caps.intersection(relevant);
            match groups.iter_mut().find(|(known, _)| *known == caps) {
                Some((_, conns)) => conns.push(*conn),
                None => groups.push((caps, vec![*conn])),
            }
        }
        let list = |mut conns: Vec<ConnId>| {
            conns.sort_unstable();
            conns.into()
        };
        groups.into_iter().map(|(caps, conns)| (caps, list(conns))).collect()
    }

    /// The tags of something ephemeral that a session does now.
    pub(crate) fn stamp_of(&self, conn: ConnId) -> Stamp {
        let account = self.session(conn).account().and_then(|id| self.account_name(id));
        let is_bot = self.session(conn).modes.contains('B');
        Stamp { account, is_bot, ..Stamp::at(self.now) }
    }

    fn source_of_author(&self, record: &Record) -> String {
        let author = &record.author;
        match author.kind {
            AuthorKind::Server => self.correspondent_source(),
            AuthorKind::System => self.settings.server_name.clone(),
            AuthorKind::Account | AuthorKind::Guest => {
                let acting = self.turn_actor().filter(|actor| self.session(*actor).name() == author.name);
                match acting {
                    Some(actor) => self.session(actor).source(),
                    None => {
                        let host = author.address.parse().map(|address| self.cloak(address));
                        let host = host.unwrap_or_else(|_| self.settings.server_name.clone());
                        format!("{}!{}@{host}", author.name, cut(&author.name, USER_BYTES_MAX))
                    }
                }
            }
        }
    }
}

/// What a message's sender has to know to get it back.
const ECHO: CapSet = CapSet::of(&[Cap::EchoMessage]);

/// The client-only tag that makes a message be stored once.
pub(crate) const IDEMPOTENCY_TAG: &str = "+chat-tui/id";

/// Adds sessions that are not in the list yet.
fn add(receivers: &mut Vec<ConnId>, more: &[ConnId]) {
    for conn in more {
        if !receivers.contains(conn) {
            receivers.push(*conn);
        }
    }
}
