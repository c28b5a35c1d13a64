//! The world: everything that the rules know, and the one door to them, [`World::handle`].
//!
//! [`State`] is what is durable, changed by events only; sessions, nicks and the members without an account live and die with
//! connections. Every judgement is made against the world as it is after all earlier lines, whether committed or not; what is
//! told waits for the commit (see [`turn`](super::turn)). Nothing is ever awaited: a line that needs an answer from outside
//! leaves a question, and its connection's later lines wait in the session.

use std::collections::{BTreeMap, HashMap};

use super::apply::{Account, Channel, State};
use super::commands;
use super::event::{AccountId, Author, AuthorKind, ChannelId, Event, Place, Rank, Record, Seq, Snapshot};
use super::invites::Invites;
use super::key::WorldKey;
use super::limits;
use super::ports::{Answer, ConnId, Effect, Effects, Held, Input, Peer, StoredEvent, StoredWhat};
use super::recent::Recent;
use super::reply::{Handled, Refusal, Text};
use super::session::{Identity, Queued, Session};
use super::settings::Settings;
use super::turn::{ResponseTag, Turn};
use crate::ground::texts::{Language, Texts};
use crate::proto::caps::Cap;
use crate::proto::message::Line;
use crate::proto::names::{Folded, MsgId, Nick};
use crate::proto::time::Timestamp;

/// Everything that the rules know.
pub struct World {
    pub(super) settings: Settings,
    texts: Vec<Texts>,
    pub(super) key: WorldKey,
    /// The time of the current input; never decreases, also when the clock steps back.
    pub(super) now: Timestamp,
    /// The time of the first input.
    pub(super) started_at: Option<Timestamp>,
    /// What is durable.
    pub(super) state: State,
    /// By rising number, so that what happens to all happens in the same order whenever it is played again.
    pub(super) sessions: BTreeMap<ConnId, Session>,
    /// The welcomed sessions by what they are called. Those of one account share a nick.
    nicks: HashMap<Folded, Vec<ConnId>>,
    /// The welcomed sessions of each account.
    account_sessions: HashMap<AccountId, Vec<ConnId>>,
    /// The welcomed sessions of the correspondent.
    operators: Vec<ConnId>,
    /// The members of channels that have no account.
    guests: HashMap<ChannelId, BTreeMap<ConnId, Rank>>,
    /// Everything up to this event is committed.
    pub(super) committed: Seq,
    is_stalled: bool,
    /// Messages with an idempotency id that are not committed yet: who is told when they turn out to be repetitions.
    pub(super) pending: BTreeMap<Seq, Pending>,
    /// The open invitations to channels.
    pub(super) invites: Invites,
    /// The last events of each conversation.
    pub(super) recent: Recent,
    /// Which refused addresses were told to their accounts, and when.
    pub(super) refused_addresses: commands::address::Refused,
    /// The most welcomed sessions at one time.
    pub(super) sessions_most: usize,
    pub(super) batches: u64,
    pub(super) turn: Turn,
}

/// A message with an idempotency id that is not committed yet.
#[derive(Debug)]
pub(crate) struct Pending {
    /// Who sent it.
    pub conn: ConnId,
    /// Where.
    pub place: Place,
    /// Its id.
    pub idempotency_id: String,
    /// The tag by which its echo belongs to the answer to its line.
    pub response_tag: Option<ResponseTag>,
}

/// An event before it has its number.
#[derive(Debug)]
pub(crate) struct Draft {
    author: Author,
    place: Place,
    target: String,
    event: Event,
    idempotency_id: Option<String>,
    client_tags: String,
}

impl Draft {
    /// An event of an author; `target` is what people read as the target, or empty.
    pub fn new(author: Author, place: Place, target: &str, event: Event) -> Self {
        let target = target.to_owned();
        Self { author, place, target, event, idempotency_id: None, client_tags: String::new() }
    }

    /// With the author's idempotency id.
    pub fn once(mut self, id: Option<String>) -> Self {
        self.idempotency_id = id;
        self
    }

    /// With client-only tags to relay, as they go over the wire.
    pub fn with_client_tags(mut self, tags: String) -> Self {
        self.client_tags = tags;
        self
    }
}

impl World {
    /// A world as the store has loaded it, with nobody connected.
    pub fn new(settings: Settings, snapshot: Snapshot, key: WorldKey) -> Self {
        let state = State::new(snapshot);
        Self {
            texts: Language::ALL.iter().map(|language| Texts::new(*language)).collect(),
            settings,
            key,
            now: state.last_time,
            started_at: None,
            committed: state.last_seq,
            state,
            sessions: BTreeMap::new(),
            nicks: HashMap::new(),
            account_sessions: HashMap::new(),
            operators: Vec::new(),
            guests: HashMap::new(),
            is_stalled: false,
            pending: BTreeMap::new(),
            invites: Invites::default(),
            recent: Recent::default(),
            refused_addresses: commands::address::Refused::default(),
            sessions_most: 0,
            batches: 0,
            turn: Turn::default(),
        }
    }

    /// Takes in one input. Its events and effects are added to `effects`.
    pub fn handle(&mut self, now: Timestamp, input: Input, effects: &mut Effects) {
        self.now = self.now.max(now);
        self.started_at.get_or_insert(self.now);
        match input {
            Input::Connected { conn, peer } => self.connect(conn, peer),
            Input::Line { conn, line } => self.take_in(conn, Queued::Line(line), effects),
            Input::BadLine { conn, error } => self.take_in(conn, Queued::Bad(error), effects),
            Input::Closed { conn, reason } => self.lose(conn, &reason, effects),
            Input::Answer { conn, answer } => self.answer(conn, answer, effects),
            Input::Committed { seq } => {
                self.committed = self.committed.max(seq);
                self.pending = self.pending.split_off(&seq.next());
            }
            Input::Duplicate { seq, first } => self.repeat_first(seq, &first, effects),
            Input::Journal { stalled } => self.is_stalled = stalled,
            Input::Tick => self.tick(effects),
            Input::Stopping => self.stop(effects),
        }
    }

    /// How many connections there are, welcomed or not: what decides whether a server without work may go.
    pub fn connection_count(&self) -> usize {
        self.sessions.len()
    }

    // ---- Connections

    fn connect(&mut self, conn: ConnId, peer: Peer) {
        let host = self.key.cloak(peer.address);
        self.sessions.insert(conn, Session::new(conn, peer, host, self.settings.language, self.now));
    }

    /// A line arrives: it is handled now, or after the answer that an earlier one waits for.
    fn take_in(&mut self, conn: ConnId, arrived: Queued, effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(&conn) else {
            // Closed already; only the promise of one LineDone for each line is left.
            effects.held.push(Held { gate: Seq(0), cause: None, effect: Effect::LineDone { conn } });
            return;
        };
        session.heard_at = self.now;
        session.pinged_at = None;
        if session.waiting.is_none() {
            return self.run(conn, &arrived, effects);
        }
        if session.queue.len() < limits::LINES_IN_FLIGHT_MAX {
            session.queue.push_back(arrived);
            return;
        }
        self.begin(Some(conn), true);
        self.close(conn, "Too many lines in flight");
        self.finish(effects);
    }

    fn run(&mut self, conn: ConnId, line: &Queued, effects: &mut Effects) {
        self.begin(Some(conn), true);
        match line {
            Queued::Line(line) => commands::dispatch(self, conn, line),
            Queued::Bad(error) => commands::refuse_bad_line(self, conn, *error),
        }
        self.finish(effects);
    }

    fn answer(&mut self, conn: ConnId, answer: Answer, effects: &mut Effects) {
        let Some(waiting) = self.sessions.get_mut(&conn).and_then(|session| session.waiting.take()) else { return };
        self.begin(Some(conn), true);
        self.resume_command(waiting.command, waiting.label);
        commands::answered(self, conn, waiting.command, waiting.asked, answer);
        self.finish(effects);
        // The lines that came meanwhile, up to the next one that asks something or closes the connection.
        while let Some(session) = self.sessions.get_mut(&conn).filter(|session| session.waiting.is_none()) {
            let Some(line) = session.queue.pop_front() else { break };
            self.run(conn, &line, effects);
        }
    }

    fn lose(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        if self.sessions.contains_key(&conn) {
            self.begin(Some(conn), false);
            self.forget(conn, reason, false);
            self.finish(effects);
        }
    }

    /// Closes a connection with an `ERROR`; others see its QUIT with the same reason.
    pub(crate) fn close(&mut self, conn: ConnId, reason: &str) {
        self.close_saying(conn, reason, reason);
    }

    /// Closes a connection: `error` is what it is told, `reason` what others see as its QUIT.
    pub(crate) fn close_saying(&mut self, conn: ConnId, error: &str, reason: &str) {
        if self.session(conn).is_closed {
            return;
        }
        self.reply(conn, Line::new("ERROR").trailing(error));
        self.forget(conn, reason, true);
    }

    /// Closes the sessions for which `which` holds, each told why in its language.
    pub(crate) fn close_sessions(&mut self, why: &Text, which: impl Fn(&Session) -> bool) {
        let conns: Vec<_> =
            self.sessions.values().filter(|session| which(session)).map(|session| session.conn).collect();
        for conn in conns {
            let said = self.say(conn, why);
            self.close(conn, &said);
        }
    }

    /// Takes a session out of everything. It can still be read until the turn ends.
    fn forget(&mut self, conn: ConnId, reason: &str, is_connected: bool) {
        let reason = super::policy::cut(reason, limits::REASON_BYTES_MAX);
        self.tell_quit(conn, reason);
        self.take_off_indexes(conn);
        let session = self.session_mut(conn);
        session.is_closed = true;
        let lines = usize::from(session.waiting.take().is_some()) + session.queue.len();
        session.queue.clear();
        self.note_closing(conn, lines, is_connected);
    }

    pub(super) fn take_off_indexes(&mut self, conn: ConnId) {
        let session = &self.sessions[&conn];
        if let Some(nick) = &session.nick {
            remove(&mut self.nicks, nick.folded(), conn);
        }
        if let Some(account) = session.account() {
            remove(&mut self.account_sessions, &account, conn);
        }
        self.operators.retain(|operator| *operator != conn);
        for channel in session.guest_channels.clone() {
            self.remove_guest(channel, conn);
        }
    }

    /// Puts a session that is welcomed now where others find it.
    pub(super) fn put_on_indexes(&mut self, conn: ConnId) {
        let session = &self.sessions[&conn];
        if let Some(nick) = &session.nick {
            self.nicks.entry(nick.folded().clone()).or_default().push(conn);
        }
        match session.identity {
            Identity::Account(account) => self.account_sessions.entry(account).or_default().push(conn),
            Identity::Operator { .. } => self.operators.push(conn),
            Identity::Anonymous => {}
        }
    }

    /// Calls a session something else. Telling it is the caller's.
    pub(super) fn rename(&mut self, conn: ConnId, nick: Nick) {
        let session = &self.sessions[&conn];
        if session.is_welcome {
            if let Some(old) = &session.nick {
                remove(&mut self.nicks, old.folded(), conn);
            }
            self.nicks.entry(nick.folded().clone()).or_default().push(conn);
        }
        self.session_mut(conn).nick = Some(nick);
    }

    // ---- The journal

    /// Gives an event its number, applies it, and tells it to whom it concerns.
    pub(crate) fn append(&mut self, draft: Draft) -> Seq {
        let seq = self.state.last_seq.next();
        let record = Record {
            seq,
            time: self.now.max(self.state.last_time),
            author: draft.author,
            place: draft.place,
            target: draft.target,
            idempotency_id: draft.idempotency_id,
            event: draft.event,
        };
        self.state.apply(&record);
        self.recent.keep(&record);
        self.turn.cause = Some(seq);
        self.shows_seq(seq);
        self.deliver(&record, &draft.client_tags);
        self.turn.cause = None;
        self.turn.records.push(record);
        seq
    }

    /// Refuses while nothing can be committed. Commands whose row in the table says *durable* have passed this already.
    pub(crate) fn require_journal(&self, context: &[&str]) -> Handled {
        if self.is_stalled {
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", context, "server-temporarily-unavailable"));
        }
        Ok(())
    }

    /// Whether nothing can be committed at the moment.
    pub(crate) fn is_stalled(&self) -> bool {
        self.is_stalled
    }

    /// Remembers who is to be told when a message turns out to be a repetition.
    pub(super) fn remember_pending(&mut self, seq: Seq, pending: Pending) {
        self.pending.insert(seq, pending);
    }

    /// A message was a repetition: who sent it gets the first one's echo, at the place where its own would have been.
    fn repeat_first(&mut self, seq: Seq, first: &StoredEvent, effects: &mut Effects) {
        let Some(pending) = self.pending.remove(&seq) else { return };
        self.recent.forget(pending.place, seq);
        let Some(session) = self.sessions.get(&pending.conn).filter(|session| session.has(Cap::EchoMessage)) else {
            return;
        };
        let (StoredWhat::Privmsg(text) | StoredWhat::Notice(text)) = &first.what else { return };
        let command = if matches!(first.what, StoredWhat::Privmsg(_)) { "PRIVMSG" } else { "NOTICE" };
        let source = if first.from_server {
            self.correspondent_source()
        } else {
            format!("{0}!{0}@{1}", first.name, session.host)
        };
        let stamp = super::deliver::Stamp {
            time: first.time,
            msgid: Some(MsgId::of_seq(first.seq.0)),
            account: first.account.and_then(|id| self.account_name(id)),
            client_tags: String::new(),
        };
        let line = Line::new(command).source(&source).param(&first.target).trailing(text);
        let mut line = stamp.put_on(line, session.caps);
        if session.has(Cap::Idempotency) {
            line = line.tag(super::deliver::IDEMPOTENCY_TAG, &pending.idempotency_id);
        }
        if let Some((key, value)) = &pending.response_tag {
            line = line.tag(key, value);
        }
        let mut bytes = Vec::new();
        line.encode(&mut bytes);
        let effect = Effect::Send { to: pending.conn, bytes: bytes.into(), sheddable: false };
        effects.held.push(Held { gate: seq, cause: None, effect });
    }

    // ---- Time

    fn tick(&mut self, effects: &mut Effects) {
        let conns: Vec<_> = self.sessions.keys().copied().collect();
        for conn in conns {
            let session = &self.sessions[&conn];
            let silent = self.now.millis_since(session.heard_at);
            if !session.is_welcome {
                if self.now.millis_since(session.connected_at) >= millis(self.settings.registration_timeout) {
                    self.close_in_time(conn, "Registration timed out", effects);
                }
            } else if let Some(pinged_at) = session.pinged_at {
                if self.now.millis_since(pinged_at) >= millis(self.settings.ping_timeout) {
                    self.close_in_time(conn, &format!("Ping timeout: {} seconds", silent / 1_000), effects);
                }
            } else if silent >= millis(self.settings.keepalive_interval) {
                self.session_mut(conn).pinged_at = Some(self.now);
                // The server's own question waits for nothing.
                self.begin(None, false);
                let line = self.server_line("PING").trailing(&self.settings.server_name);
                self.reply(conn, line);
                self.finish(effects);
            }
        }
        self.refused_addresses.forget_old(self.now);
    }

    fn close_in_time(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        self.begin(Some(conn), false);
        self.close(conn, reason);
        self.finish(effects);
    }

    fn stop(&mut self, effects: &mut Effects) {
        let conns: Vec<_> = self.sessions.keys().copied().collect();
        self.begin(None, false);
        for conn in conns {
            let text = self.say(conn, &"server-stopping".into());
            self.reply(conn, Line::new("ERROR").trailing(&text));
            let session = self.session_mut(conn);
            session.is_closed = true;
            let lines = usize::from(session.waiting.is_some()) + session.queue.len();
            self.note_closing(conn, lines, true);
        }
        self.finish(effects);
        self.nicks.clear();
        self.account_sessions.clear();
        self.operators.clear();
        self.guests.clear();
    }

    // ---- Looking things up

    /// The texts of a language.
    pub(crate) fn texts(&self, language: Language) -> &Texts {
        // One for each language stands in the list, in the order of `ALL`.
        let place = Language::ALL.iter().position(|known| *known == language).unwrap_or(0);
        &self.texts[place]
    }

    /// The session of a connection that is known to be there: the one that acts, or one from an index.
    ///
    /// # Panics
    /// When it is not there, which would mean that an index is wrong.
    pub(crate) fn session(&self, conn: ConnId) -> &Session {
        &self.sessions[&conn]
    }

    /// The same, to be changed.
    ///
    /// # Panics
    /// When it is not there, which would mean that an index is wrong.
    pub(crate) fn session_mut(&mut self, conn: ConnId) -> &mut Session {
        self.sessions.get_mut(&conn).expect("sessions of turns and of indexes live until the turn ends")
    }

    /// The welcomed sessions that are called so: of one account, of one guest, or of the operators.
    pub(crate) fn nick_sessions(&self, nick: &Nick) -> &[ConnId] {
        self.nicks.get(nick.folded()).map_or(&[], Vec::as_slice)
    }

    /// The welcomed sessions of an account.
    pub(crate) fn account_sessions(&self, account: AccountId) -> &[ConnId] {
        self.account_sessions.get(&account).map_or(&[], Vec::as_slice)
    }

    /// The welcomed sessions that act as the correspondent.
    pub(crate) fn operators(&self) -> &[ConnId] {
        &self.operators
    }

    /// The account of the correspondent, which the store makes before anything else. A world without a store has none;
    /// the number 0, which no account has, stands for it there.
    pub(crate) fn correspondent_account(&self) -> AccountId {
        let account = self.state.account_named(self.settings.correspondent.folded());
        account.map_or(AccountId(0), |account| account.state.id)
    }

    /// Whether a nick is the correspondent's.
    pub(crate) fn is_correspondent(&self, nick: &Nick) -> bool {
        *nick == self.settings.correspondent
    }

    /// Who the correspondent is to others: `serveur!serveur@<server name>`.
    pub(crate) fn correspondent_source(&self) -> String {
        format!("{0}!{0}@{1}", self.settings.correspondent, self.settings.server_name)
    }

    /// The account of a session, when it is logged in to one.
    pub(crate) fn account_of(&self, conn: ConnId) -> Option<&Account> {
        self.state.account(self.session(conn).account()?)
    }

    /// An account that a person has: neither deleted nor the correspondent's.
    pub(crate) fn person(&self, id: AccountId) -> Option<&Account> {
        let account = self.state.account(id)?;
        let is_person = !account.state.deleted && account.state.name.folded() != self.settings.correspondent.folded();
        is_person.then_some(account)
    }

    /// The same by its name.
    pub(crate) fn person_named(&self, name: &Folded) -> Option<&Account> {
        self.person(self.state.account_named(name)?.state.id)
    }

    /// An account's name.
    pub(crate) fn account_name(&self, id: AccountId) -> Option<String> {
        self.state.account(id).map(|account| account.state.name.to_string())
    }

    /// The host that others see instead of an address.
    pub(crate) fn cloak(&self, address: std::net::IpAddr) -> String {
        self.key.cloak(address)
    }

    /// The server itself as the author of an event.
    pub(crate) fn system_author(&self) -> Author {
        Author {
            kind: AuthorKind::System,
            account: None,
            name: self.settings.server_name.clone(),
            operator: None,
            address: String::new(),
            port: 0,
        }
    }

    // ---- Channels

    /// The sessions that hear a channel: all of its members' ones and those of its guests.
    pub(crate) fn channel_sessions(&self, id: ChannelId) -> Vec<ConnId> {
        let Some(channel) = self.state.channel(id) else { return Vec::new() };
        let members = channel.members.keys().flat_map(|account| self.account_sessions(*account));
        members.chain(self.guests.get(&id).into_iter().flat_map(BTreeMap::keys)).copied().collect()
    }

    /// How many members a channel has, there or not.
    pub(crate) fn member_count(&self, id: ChannelId) -> usize {
        let members = self.state.channel(id).map_or(0, |channel| channel.members.len());
        members + self.guests.get(&id).map_or(0, BTreeMap::len)
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
            None => self.session(conn).guest_channels.iter().copied().collect(),
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
        self.guests.entry(channel).or_default().insert(conn, rank);
        self.session_mut(conn).guest_channels.insert(channel);
    }

    /// Ends the membership of a session without an account. Telling it is the caller's.
    pub(crate) fn remove_guest(&mut self, channel: ChannelId, conn: ConnId) {
        if let Some(guests) = self.guests.get_mut(&channel) {
            guests.remove(&conn);
            if guests.is_empty() {
                self.guests.remove(&channel);
            }
        }
        self.session_mut(conn).guest_channels.remove(&channel);
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

    /// Tells the QUIT of a session that goes, unless another one of its account stays.
    fn tell_quit(&mut self, conn: ConnId, reason: &str) {
        let session = self.session(conn);
        let stays = session.account().is_some_and(|account| self.account_sessions(account).len() > 1);
        if !session.is_welcome || stays {
            return;
        }
        let stamp = self.stamp_of(conn);
        let line = Line::new("QUIT").source(&session.source()).trailing(reason);
        let peers = self.peers(conn);
        self.tell(&peers, &stamp, crate::proto::caps::CapSet::EMPTY, false, |_| Some(line.clone()));
    }

    /// The tags of something ephemeral that a session does now.
    pub(crate) fn stamp_of(&self, conn: ConnId) -> super::deliver::Stamp {
        let account = self.session(conn).account().and_then(|id| self.account_name(id));
        super::deliver::Stamp { account, ..super::deliver::Stamp::at(self.now) }
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("World")
            .field("last_seq", &self.state.last_seq)
            .field("committed", &self.committed)
            .field("connections", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

fn remove<K: std::hash::Hash + Eq>(index: &mut HashMap<K, Vec<ConnId>>, key: &K, conn: ConnId) {
    if let Some(conns) = index.get_mut(key) {
        conns.retain(|known| *known != conn);
        if conns.is_empty() {
            index.remove(key);
        }
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
