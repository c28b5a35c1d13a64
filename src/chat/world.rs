//! The world: everything that the rules know. The one door to it is [`World::handle`], in the file `handle`.
//!
//! The state is what is durable, changed by events only; sessions, nicks and the members without an account live and die with
//! connections. Every judgement is made against the world as it is after all earlier lines, whether committed or not; what is
//! told waits for the commit (see `turn`). Nothing is ever awaited: a line that needs an answer from outside
//! leaves a question, and its connection's later lines wait in the session.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use smallvec::SmallVec;

use super::absence::Absences;
use super::apply::{Account, State};
use super::audience::Audiences;
use super::event::{AccountId, Author, AuthorKind, ChannelId, Event, Place, Rank, Seq, Snapshot};
use super::filtered::Filtered;
use super::headcount::Headcount;
use super::invites::Invites;
use super::key::WorldKey;
use super::lookalikes::Lookalikes;
use super::monitors::Monitors;
use super::numbers::NumberMap;
use super::operators::Duty;
use super::ports::ConnId;
use super::recent::Recent;
use super::refused::RefusedAddresses;
use super::session::{Identity, Session};
use super::sessions::Sessions;
use super::settings::Settings;
use super::slow::SlowMode;
use super::throttle::Throttles;
use super::turn::{ResponseTag, Turn};
use super::turned_down::RecentRefusals;
use super::whowas::{Departure, Departures};
use crate::ground::texts::{Language, Texts};
use crate::proto::isupport::Tokens;
use crate::proto::multiline::Part;
use crate::proto::names::{Folded, Nick};
use crate::proto::time::Timestamp;

/// Everything that the rules know.
pub struct World {
    pub(super) settings: Settings,
    /// What 005 says under these settings, once somebody was told.
    pub(super) isupport: Option<Arc<Tokens>>,
    texts: Vec<Texts>,
    pub(super) key: WorldKey,
    /// The time of the current input; never decreases, also when the clock steps back.
    pub(super) now: Timestamp,
    /// The time of the first input.
    pub(super) started_at: Option<Timestamp>,
    /// What is durable.
    pub(super) state: State,
    /// Who is connected.
    pub(super) sessions: Sessions,
    /// The welcomed sessions by what they are called. Those of one account share a nick.
    nicks: HashMap<Folded, Conns>,
    nick_looks: Lookalikes,
    /// The welcomed sessions of each account.
    account_sessions: NumberMap<AccountId, Conns>,
    /// The welcomed sessions of the correspondent.
    operators: Vec<ConnId>,
    /// The sessions that became operators by OPER. Looked at for everything that operators are told.
    on_duty: BTreeSet<ConnId>,
    /// The members of channels that have no account.
    pub(super) guests: NumberMap<ChannelId, BTreeMap<ConnId, Rank>>,
    /// Everything up to this event is committed.
    pub(super) committed: Seq,
    /// Whether nothing can be committed at the moment.
    pub(super) is_stalled: bool,
    /// Messages with an idempotency id that are not committed yet: who is told when they turn out to be repetitions.
    pub(super) pending: BTreeMap<Seq, Pending>,
    /// The open invitations to channels.
    pub(super) invites: Invites,
    /// The last events of each conversation.
    pub(super) recent: Recent,
    /// Who wants to know who comes and goes.
    pub(super) monitors: Monitors,
    /// Since when accounts are not here.
    pub(super) absences: Absences,
    /// Who was here.
    pub(super) departures: Departures,
    /// How often each command was used (STATS m).
    pub(super) commands_used: BTreeMap<&'static str, u64>,
    /// How often something was refused, by numeric or code.
    pub(super) refusals: BTreeMap<&'static str, u64>,
    /// What was refused lately.
    pub(super) recent_refusals: RecentRefusals,
    /// Which refused addresses were told to their accounts, and when.
    pub(super) refused_addresses: RefusedAddresses,
    /// What was tried too often.
    pub(super) throttles: Throttles,
    /// What the filters have done.
    pub(super) filtered: Filtered,
    /// Who has just spoken in a channel with slow mode.
    pub(super) slow_mode: SlowMode,
    /// How many people are here.
    pub(super) headcount: Headcount,
    pub(super) batches: u64,
    /// How many messages were told and not kept, as far as their ids count them.
    pub(super) passed: u64,
    /// Who hears which channel.
    pub(super) audiences: Audiences,
    pub(super) turn: Turn,
}

/// The sessions under one key of an index: nearly always one, for which no list is allocated.
type Conns = SmallVec<[ConnId; 2]>;

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
    pub(super) author: Author,
    pub(super) place: Place,
    pub(super) target: String,
    pub(super) event: Event,
    pub(super) idempotency_id: Option<String>,
    pub(super) client_tags: String,
    pub(super) tags: String,
    pub(super) parts: Vec<Part>,
}

impl Draft {
    /// An event of an author; `target` is what people read as the target, or empty.
    pub fn new(author: Author, place: Place, target: &str, event: Event) -> Self {
        let target = target.to_owned();
        let (client_tags, tags) = (String::new(), String::new());
        Self { author, place, target, event, idempotency_id: None, client_tags, tags, parts: Vec::new() }
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

    /// A message of several lines, as its author has put it into lines.
    pub fn in_parts(mut self, parts: Vec<Part>) -> Self {
        self.parts = parts;
        self
    }

    /// With those of them that are kept.
    pub fn with_kept_tags(mut self, tags: String) -> Self {
        self.tags = tags;
        self
    }
}

impl World {
    /// A world as the store has loaded it, with nobody connected.
    pub fn new(settings: Settings, mut snapshot: Snapshot, key: WorldKey) -> Self {
        let absences = Absences::new(std::mem::take(&mut snapshot.absences));
        let state = State::new(snapshot);
        Self {
            texts: Language::ALL.iter().map(|language| Texts::new(*language)).collect(),
            settings,
            isupport: None,
            key,
            now: state.last_time,
            started_at: None,
            committed: state.last_seq,
            state,
            sessions: Sessions::default(),
            nicks: HashMap::new(),
            nick_looks: Lookalikes::default(),
            account_sessions: NumberMap::default(),
            operators: Vec::new(),
            on_duty: BTreeSet::new(),
            guests: NumberMap::default(),
            is_stalled: false,
            pending: BTreeMap::new(),
            invites: Invites::default(),
            recent: Recent::default(),
            monitors: Monitors::default(),
            absences,
            departures: Departures::default(),
            commands_used: BTreeMap::new(),
            refusals: BTreeMap::new(),
            recent_refusals: RecentRefusals::default(),
            refused_addresses: RefusedAddresses::default(),
            throttles: Throttles::default(),
            filtered: Filtered::default(),
            slow_mode: SlowMode::default(),
            headcount: Headcount::default(),
            batches: 0,
            passed: 0,
            audiences: Audiences::default(),
            turn: Turn::default(),
        }
    }

    /// What is durable, as a store would load it, but for who is away since when: a world that is loaded again from its
    /// record must be the same. Lists are sorted.
    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot()
    }

    /// How many connections there are, welcomed or not: what decides whether a server without work may go.
    pub fn connection_count(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn take_off_indexes(&mut self, conn: ConnId) {
        self.audiences.change();
        self.give_up_nick(conn);
        let session = &self.sessions[conn];
        if session.is_welcome && !session.is_closed {
            self.headcount.leave(&session.modes);
        }
        if let Some(account) = session.account() {
            remove(&mut self.account_sessions, &account, conn);
        }
        self.operators.retain(|operator| *operator != conn);
        self.on_duty.remove(&conn);
        for channel in session.seldom().guest_channels.clone() {
            self.remove_guest(channel, conn);
        }
    }

    /// Nobody is connected any more.
    pub(super) fn clear_indexes(&mut self) {
        self.audiences.change();
        self.headcount.clear();
        self.nicks.clear();
        self.nick_looks = Lookalikes::default();
        self.account_sessions.clear();
        self.operators.clear();
        self.on_duty.clear();
        self.guests.clear();
    }

    /// Puts a session that is welcomed now where others find it.
    pub(super) fn put_on_indexes(&mut self, conn: ConnId) {
        self.audiences.change();
        self.take_nick(conn);
        self.headcount.enter(&self.sessions[conn].modes);
        match self.sessions[conn].identity {
            Identity::Account(account) => self.account_sessions.entry(account).or_default().push(conn),
            Identity::Operator { .. } => self.operators.push(conn),
            Identity::Anonymous => {}
        }
    }

    /// A welcomed session acts as an account from now on, and is in no channel as a guest any more.
    pub(super) fn take_account(&mut self, conn: ConnId, account: AccountId) {
        self.audiences.change();
        let session = &self.sessions[conn];
        if let Some(before) = session.account() {
            remove(&mut self.account_sessions, &before, conn);
        }
        for channel in session.seldom().guest_channels.clone() {
            self.remove_guest(channel, conn);
        }
        self.session_mut(conn).identity = Identity::Account(account);
        self.account_sessions.entry(account).or_default().push(conn);
    }

    /// Calls a session something else. Telling it is the caller's.
    pub(super) fn rename(&mut self, conn: ConnId, nick: Nick) {
        let session = &self.sessions[conn];
        let is_same = session.nick.as_ref() == Some(&nick);
        if !session.is_welcome || is_same {
            self.session_mut(conn).nick = Some(nick);
            return;
        }
        self.give_up_nick(conn);
        self.session_mut(conn).nick = Some(nick);
        self.take_nick(conn);
    }

    /// A session is found by its nick from now on; whoever waits for the nick is told when it is the first one.
    fn take_nick(&mut self, conn: ConnId) {
        let Some(nick) = self.session(conn).nick.clone() else { return };
        let sessions = self.nicks.entry(nick.folded().clone()).or_default();
        sessions.push(conn);
        if sessions.len() == 1 {
            self.nick_looks.add(nick.folded());
            self.tell_monitors_of_arrival(conn);
        }
    }

    /// A session is no longer found by its nick; when it was the last one, that is remembered and told.
    fn give_up_nick(&mut self, conn: ConnId) {
        let Some(nick) = self.session(conn).nick.clone() else { return };
        if !remove(&mut self.nicks, nick.folded(), conn) {
            return;
        }
        self.nick_looks.remove(nick.folded());
        let session = self.session(conn);
        let account = session.account().and_then(|account| self.account_name(account));
        let (user, host, realname) = (session.user().to_owned(), session.host.clone(), session.realname.clone());
        if !session.is_operator() {
            let left_at = self.now;
            self.departures.add(Departure { nick: nick.clone(), user, host, realname, account, left_at });
        }
        self.tell_monitors_of_departure(&nick);
    }

    /// Whether nothing can be committed at the moment.
    pub(crate) fn is_stalled(&self) -> bool {
        self.is_stalled
    }

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
        &self.sessions[conn]
    }

    /// The same, to be changed.
    ///
    /// # Panics
    /// When it is not there, which would mean that an index is wrong.
    pub(crate) fn session_mut(&mut self, conn: ConnId) -> &mut Session {
        self.sessions.get_mut(conn).expect("sessions of turns and of indexes live until the turn ends")
    }

    /// The welcomed sessions that are called so: of one account, of one guest, or of the operators.
    pub(crate) fn nick_sessions(&self, nick: &Nick) -> &[ConnId] {
        self.nicks.get(nick.folded()).map_or(&[], SmallVec::as_slice)
    }

    /// The welcomed sessions whose nicks a nick looks like without being theirs.
    pub(crate) fn sessions_that_look_like(&self, nick: &Nick) -> impl Iterator<Item = ConnId> {
        self.nick_looks.of(nick.folded()).flat_map(|known| self.nicks.get(known)).flatten().copied()
    }

    /// The welcomed sessions of an account.
    pub(crate) fn account_sessions(&self, account: AccountId) -> &[ConnId] {
        self.account_sessions.get(&account).map_or(&[], SmallVec::as_slice)
    }

    /// How many accounts have a welcomed session.
    pub(super) fn accounts_online(&self) -> usize {
        self.account_sessions.len()
    }

    /// The welcomed sessions that act as the correspondent.
    pub(crate) fn operators(&self) -> &[ConnId] {
        &self.operators
    }

    /// A session becomes an operator, or is none any more. Telling it is the caller's.
    pub(crate) fn set_duty(&mut self, conn: ConnId, duty: Option<Duty>) {
        match duty {
            Some(_) => self.on_duty.insert(conn),
            None => self.on_duty.remove(&conn),
        };
        if duty.is_some() || self.session(conn).seldom().duty.is_some() {
            self.session_mut(conn).seldom_mut().duty = duty;
        }
    }

    /// The sessions that are operators in either way, by rising number.
    pub(super) fn sessions_on_duty(&self) -> BTreeSet<ConnId> {
        self.operators.iter().chain(&self.on_duty).copied().collect()
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

/// Takes a connection out of an index. Whether it was the last one under its key.
fn remove<K: Hash + Eq>(index: &mut HashMap<K, Conns, impl BuildHasher>, key: &K, conn: ConnId) -> bool {
    let Some(conns) = index.get_mut(key) else { return false };
    conns.retain(|known| *known != conn);
    let is_last = conns.is_empty();
    if is_last {
        index.remove(key);
    }
    is_last
}
