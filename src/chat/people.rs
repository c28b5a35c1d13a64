//! People as others name them: behind a nick stands an account with all its sessions (or none of them there), a guest, or the
//! correspondent.

use super::event::{AccountId, ChannelId, Place, Rank, Record};
use super::ports::ConnId;
use super::services;
use super::session::{Identity, Person};
use super::world::World;
use crate::proto::caps::Cap;
use crate::proto::names::Nick;

/// The reason of a session that nobody sits at (IRCv3 `pre-away`).
const NOT_PRESENT: &str = "*";

impl World {
    /// Who is behind a nick. Accounts are found by their name when nobody is there who is called so; deleted ones are not.
    pub(crate) fn person_called(&self, nick: &str) -> Option<Person> {
        let nick = Nick::new(nick).ok()?;
        if self.is_correspondent(&nick) {
            return Some(Person::Correspondent);
        }
        if let Some(conn) = self.nick_sessions(&nick).first() {
            return Some(self.person_of(*conn));
        }
        let account = self.state.account_named(nick.folded())?;
        (!account.state.deleted).then_some(Person::Account(account.state.id))
    }

    /// Who a session is.
    pub(crate) fn person_of(&self, conn: ConnId) -> Person {
        match self.session(conn).identity {
            Identity::Account(account) => Person::Account(account),
            Identity::Operator { .. } => Person::Correspondent,
            Identity::Anonymous => Person::Guest(conn),
        }
    }

    /// The guest and the account between whom a message is said.
    pub(super) fn guest_talk(&self, record: &Record) -> Option<(ConnId, AccountId)> {
        let author = self.turn_actor().filter(|_| record.place == Place::Unlisted)?;
        match (self.person_of(author), self.person_called(&record.target)?) {
            (Person::Guest(guest), other) | (other, Person::Guest(guest)) => Some((guest, self.account_behind(other)?)),
            _ => None,
        }
    }

    /// The number by which somebody's conversations are found; guests have none.
    pub(crate) fn account_behind(&self, person: Person) -> Option<AccountId> {
        match person {
            Person::Account(account) => Some(account),
            Person::Correspondent => Some(self.correspondent_account()),
            Person::Guest(_) => None,
        }
    }

    /// The sessions of somebody; none when they are not there.
    pub(crate) fn sessions_of(&self, person: Person) -> Vec<ConnId> {
        match person {
            Person::Account(account) => self.account_sessions(account).to_vec(),
            Person::Guest(conn) => vec![conn],
            Person::Correspondent => self.operators().to_vec(),
        }
    }

    /// What somebody is called.
    pub(crate) fn name_of(&self, person: Person) -> String {
        match person {
            Person::Account(account) => match self.account_sessions(account).first() {
                Some(conn) => self.session(*conn).name().to_owned(),
                None => self.account_name(account).unwrap_or_default(),
            },
            Person::Guest(conn) => self.session(conn).name().to_owned(),
            Person::Correspondent => self.settings.correspondent.to_string(),
        }
    }

    /// The rank of somebody in a channel; nothing when they are no member.
    pub(crate) fn rank_of_person(&self, person: Person, channel: ChannelId) -> Option<Rank> {
        match person {
            Person::Account(account) => self.state.channel(channel)?.members.get(&account).copied(),
            Person::Guest(conn) => self.rank_of(conn, channel),
            Person::Correspondent => self.operators().iter().find_map(|conn| self.rank_of(*conn, channel)),
        }
    }

    /// Why somebody is away: nothing as long as one of their sessions is not, or when nobody is there. A reason that a person
    /// wrote goes before the `*` of a session that was opened by itself (IRCv3 `pre-away`).
    pub(crate) fn away_of(&self, person: Person) -> Option<String> {
        let sessions = self.sessions_of(person);
        let reasons: Option<Vec<&String>> =
            sessions.iter().map(|conn| self.session(*conn).seldom().away.as_ref()).collect();
        let reasons = reasons?;
        let written = reasons.iter().rev().find(|reason| reason.as_str() != NOT_PRESENT);
        written.or(reasons.last()).map(|reason| (*reason).clone())
    }

    /// Whether one of somebody's sessions has a user mode.
    pub(crate) fn has_user_mode(&self, person: Person, letter: char) -> bool {
        self.sessions_of(person).iter().any(|conn| self.session(*conn).modes.contains(letter))
    }

    /// All who are told when something about a session's person changes, its own sessions left out: those who share a
    /// channel with it, and those who asked for it by MONITOR with `extended-monitor`.
    pub(crate) fn observers(&self, conn: ConnId) -> Vec<ConnId> {
        let own = self.sessions_of(self.person_of(conn));
        let mut observers = self.peers(conn);
        let nick = self.session(conn).nick.as_ref();
        let watchers = nick.map(|nick| self.monitors.watchers(nick.folded())).unwrap_or_default();
        let is_new = |watcher: &ConnId| {
            let caps = self.session(*watcher).caps;
            let is_told = caps.has(Cap::ExtendedMonitor) || caps.has(Cap::ExtendedMonitorDraft);
            is_told && !own.contains(watcher) && *watcher != conn
        };
        observers.extend(watchers.into_iter().filter(is_new));
        observers.sort_unstable();
        observers.dedup();
        observers
    }

    /// Whether a session may be called so: nobody else is, and it is neither the correspondent's name nor another account's.
    pub(crate) fn may_have_nick(&self, conn: ConnId, nick: &Nick) -> bool {
        let account = self.session(conn).account();
        let is_reserved = self.state.account_named(nick.folded()).is_some_and(|owner| Some(owner.state.id) != account);
        let is_mine = |other: &ConnId| *other == conn || account.is_some() && self.session(*other).account() == account;
        !is_reserved
            && !self.is_correspondent(nick)
            && self.nick_sessions(nick).iter().all(is_mine)
            && !self.is_deceptive(conn, nick)
    }

    /// Whether a name that a session wants looks like that of somebody else: of an account, the correspondent's among them, of
    /// somebody who is here, or of the services.
    pub(crate) fn is_deceptive(&self, conn: ConnId, nick: &Nick) -> bool {
        let account = self.session(conn).account();
        let is_own = |other: ConnId| other == conn || account.is_some() && self.session(other).account() == account;
        self.settings.refuse_confusable_names
            && (self.state.accounts_that_look_like(nick.folded()).any(|known| Some(known.state.id) != account)
                || self.sessions_that_look_like(nick).any(|other| !is_own(other))
                || services::is_imitated(nick))
    }
}
