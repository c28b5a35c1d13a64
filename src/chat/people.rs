//! People as others name them: behind a nick stands an account with all its sessions (or none of them there), a guest, or the
//! correspondent.

use super::event::{ChannelId, Rank};
use super::ports::ConnId;
use super::session::{Identity, Person};
use super::world::World;
use crate::proto::names::Nick;

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

    /// Why somebody is away: nothing as long as one of their sessions is not, or when nobody is there.
    pub(crate) fn away_of(&self, person: Person) -> Option<String> {
        let sessions = self.sessions_of(person);
        let reasons: Option<Vec<&String>> = sessions.iter().map(|conn| self.session(*conn).away.as_ref()).collect();
        reasons?.last().map(|reason| (*reason).clone())
    }

    /// Whether a session may be called so: nobody else is, and it is neither the correspondent's name nor another account's.
    pub(crate) fn may_have_nick(&self, conn: ConnId, nick: &Nick) -> bool {
        let account = self.session(conn).account();
        let is_reserved = self.state.account_named(nick.folded()).is_some_and(|owner| Some(owner.state.id) != account);
        let is_mine = |other: &ConnId| *other == conn || account.is_some() && self.session(*other).account() == account;
        !is_reserved && !self.is_correspondent(nick) && self.nick_sessions(nick).iter().all(is_mine)
    }
}
