//! A session: one connection as the rules see it. Nothing of it is durable.
//!
//! A session passes through three ages: it introduces itself (NICK, USER, CAP, AUTHENTICATE, REGISTER), it is welcomed, and it
//! leaves. Its fields are changed by the handlers of [`commands`](super::commands) and by [`world`](super::world) only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::apply::Metadata;
use super::asked::{Asked, Exchange};
use super::event::{AccountId, Author, AuthorKind, ChannelId, DeviceId, Seq};
use super::limits;
use super::operators::Duty;
use super::ports::{ConnId, Peer, Transport};
use crate::ground::texts::Language;
use crate::proto::caps::{Cap, CapSet};
use crate::proto::line::LineError;
use crate::proto::multiline::Part;
use crate::proto::names::Nick;
use crate::proto::time::Timestamp;

/// As whom a session acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// As nobody: not logged in yet, or a guest.
    Anonymous,
    /// As a person.
    Account(AccountId),
    /// As the correspondent. The user's number stands in the record as the operator.
    Operator {
        /// The user id of who sits at the console.
        uid: u32,
        /// The correspondent's account.
        account: AccountId,
    },
}

/// Somebody who can be spoken to, invited or removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Person {
    /// An account, there or not.
    Account(AccountId),
    /// A session without an account.
    Guest(ConnId),
    /// The server as a correspondent: all of its operators.
    Correspondent,
}

/// A line that waits for the answer to an earlier one.
#[derive(Debug)]
pub(crate) enum Queued {
    /// A line.
    Line(Box<str>),
    /// Bytes that are not one.
    Bad(LineError),
}

/// The one open question of a session, and what to go on with when it is answered.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// What was asked for.
    pub asked: Asked,
    /// The command that asked, for refusals.
    pub command: &'static str,
    /// The label of its line.
    pub label: Option<String>,
}

/// A message of several lines that is not whole yet (IRCv3 `draft/multiline`).
#[derive(Debug)]
pub(crate) struct OpenBatch {
    /// By what its lines name it.
    pub reference: String,
    /// To whom it goes.
    pub target: String,
    /// The label of its beginning.
    pub label: Option<String>,
    /// The client-only tags of its beginning.
    pub client_tags: String,
    /// Its author's own id.
    pub idempotency_id: Option<String>,
    /// The lines so far.
    pub parts: Vec<Part>,
    /// The bytes of the text so far.
    pub bytes: usize,
    /// Its author was told why it will not be sent: what still comes of it means nothing.
    pub is_refused: bool,
}

/// What few sessions have any of.
#[derive(Debug)]
pub(crate) struct Seldom {
    /// The nick that it wanted before it was welcomed and somebody else has: `REGISTER *` means it as long as it has none.
    pub refused_nick: Option<Nick>,
    /// As which operator it acts, by OPER.
    pub duty: Option<Duty>,
    /// Why it is away.
    pub away: Option<String>,
    /// The channels that a session without an account is a member of.
    pub guest_channels: BTreeSet<ChannelId>,
    /// The last messages of a session without an account, which may withdraw them.
    pub guest_messages: VecDeque<Seq>,
    /// How far it has read what the record keeps no marker of, by the names in small letters.
    pub read_markers: BTreeMap<String, Timestamp>,
    /// The keys and values of a session without an account.
    pub metadata: Metadata,
    /// The keys whose changes it wants to hear of.
    pub metadata_keys: Vec<String>,
}

impl Seldom {
    /// What most sessions have of it.
    const NONE: Self = Self {
        refused_nick: None,
        duty: None,
        away: None,
        guest_channels: BTreeSet::new(),
        guest_messages: VecDeque::new(),
        read_markers: BTreeMap::new(),
        metadata: Metadata::new(),
        metadata_keys: Vec::new(),
    };
}

/// How many bytes a session may take beside its texts; a test holds it to that.
#[cfg(test)]
const SESSION_BYTES_MAX: usize = 368;

/// A connection as the rules see it. There are thousands, so what few of them have at a time is boxed.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its number.
    pub conn: ConnId,
    /// Its other end.
    pub peer: Peer,
    /// The host that others see.
    pub host: Box<str>,
    /// When it connected.
    pub connected_at: Timestamp,
    /// When its last line came.
    pub heard_at: Timestamp,
    /// The last event at that moment.
    pub heard_seq: Seq,
    /// When it was asked whether it is alive; nothing when it has said something since.
    pub pinged_at: Option<Timestamp>,
    /// When it last did something other than keeping the connection alive (WHOIS tells it).
    pub active_at: Timestamp,
    /// The capabilities that it has switched on.
    pub caps: CapSet,
    /// The highest version of `CAP LS` that it asked for.
    pub cap_version: u32,
    /// Whether it is between `CAP LS` or `REQ` and `CAP END`.
    pub is_negotiating: bool,
    /// What it wants to be called, and once welcomed what it is called.
    pub nick: Option<Nick>,
    /// The name given with USER, as far as others see it.
    pub user: Option<Box<str>>,
    /// The real name given with USER.
    pub realname: Box<str>,
    /// As whom it acts.
    pub identity: Identity,
    /// The token that it logged in with.
    pub device: Option<DeviceId>,
    /// Whether it was welcomed: the registration of the connection is complete.
    pub is_welcome: bool,
    /// Since when it is in the waiting room, where one can only register and log in. It believes itself welcomed there, and
    /// is not for others.
    pub waits_since: Option<Timestamp>,
    /// Whether it gave the password of the server.
    pub gave_connection_password: bool,
    /// The language in which the server speaks to it.
    pub language: Language,
    /// An unfinished SASL exchange.
    pub exchange: Option<Box<Exchange>>,
    /// How many of its log-ins were refused.
    pub login_failures: usize,
    /// How many accounts it tried to register.
    pub registrations: usize,
    /// The letters of its user modes, in alphabetical order.
    pub modes: String,
    /// The rest: see [`Session::seldom`].
    seldom: Option<Box<Seldom>>,
    /// A message of several lines that it has begun.
    pub open_batch: Option<Box<OpenBatch>>,
    /// The open question.
    pub waiting: Option<Box<Waiting>>,
    /// Lines that wait for its answer.
    pub queue: VecDeque<Queued>,
    /// The last event that must be committed before anything more is told to this connection.
    pub gate: Seq,
    /// The last event that was decided before its last PING: it is told of that one first, unless the journal stalls.
    pub pinged_after: Seq,
    /// It has been closed and is forgotten at the end of the turn.
    pub is_closed: bool,
}

/// The user name of those who gave none that may be shown.
const NO_USER: &str = "user";

/// A name given with USER as others see it: letters, digits and a few signs, not too many of them.
pub(crate) fn shown_user(given: &str) -> Box<str> {
    let is_shown = |letter: &char| letter.is_ascii_alphanumeric() || "-._~".contains(*letter);
    given.chars().filter(is_shown).take(limits::USER_BYTES_MAX).collect::<String>().into()
}

impl Session {
    /// A connection that has said nothing yet.
    pub fn new(conn: ConnId, peer: Peer, host: String, language: Language, now: Timestamp) -> Self {
        Self {
            conn,
            peer,
            host: host.into(),
            connected_at: now,
            heard_at: now,
            heard_seq: Seq(0),
            pinged_at: None,
            active_at: now,
            caps: CapSet::EMPTY,
            cap_version: 0,
            is_negotiating: false,
            nick: None,
            user: None,
            realname: Box::default(),
            identity: Identity::Anonymous,
            device: None,
            is_welcome: false,
            waits_since: None,
            gave_connection_password: false,
            language,
            exchange: None,
            login_failures: 0,
            registrations: 0,
            modes: String::new(),
            seldom: None,
            open_batch: None,
            waiting: None,
            queue: VecDeque::new(),
            gate: Seq(0),
            pinged_after: Seq(0),
            is_closed: false,
        }
    }

    /// What few sessions have any of.
    pub fn seldom(&self) -> &Seldom {
        self.seldom.as_deref().unwrap_or(const { &Seldom::NONE })
    }

    /// The same, to be changed.
    pub fn seldom_mut(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_with(|| Box::new(Seldom::NONE))
    }

    /// Its account, when it is logged in to one. Operators are not: they only write as the correspondent.
    pub fn account(&self) -> Option<AccountId> {
        match self.identity {
            Identity::Account(account) => Some(account),
            Identity::Anonymous | Identity::Operator { .. } => None,
        }
    }

    /// Whether it is in the waiting room.
    pub fn is_in_waiting_room(&self) -> bool {
        self.waits_since.is_some() && !self.is_welcome
    }

    /// Whether its introduction is over: it was welcomed, or let into the waiting room.
    pub fn is_introduced(&self) -> bool {
        self.is_welcome || self.waits_since.is_some()
    }

    /// Whether it acts as the correspondent.
    pub fn is_operator(&self) -> bool {
        matches!(self.identity, Identity::Operator { .. })
    }

    /// Whether it has switched a capability on.
    pub fn has(&self, cap: Cap) -> bool {
        self.caps.has(cap)
    }

    /// What its own numerics call it: its nick, or `*` before it has one.
    pub fn name(&self) -> &str {
        self.nick.as_ref().map_or("*", Nick::as_str)
    }

    /// What stands between its nick and its host.
    pub fn user(&self) -> &str {
        if self.is_operator() {
            return self.name();
        }
        self.user.as_deref().filter(|user| !user.is_empty()).unwrap_or(NO_USER)
    }

    /// Who it is to others: `nick!user@host`.
    pub fn source(&self) -> String {
        format!("{}!{}@{}", self.name(), self.user(), self.host)
    }

    /// The address as the record has it.
    pub fn address(&self) -> String {
        self.peer.address.to_canonical().to_string()
    }

    /// Takes note of what a session without an account has said. Of too many the oldest is forgotten.
    pub fn note_said(&mut self, seq: Seq) {
        if self.account().is_none() && !self.is_operator() {
            let messages = &mut self.seldom_mut().guest_messages;
            if messages.len() >= limits::GUEST_MESSAGES_MAX {
                messages.pop_front();
            }
            messages.push_back(seq);
        }
    }

    /// This session as the author of an event.
    pub fn author(&self) -> Author {
        let (kind, account, operator) = match self.identity {
            Identity::Anonymous => (AuthorKind::Guest, None, None),
            Identity::Account(account) => (AuthorKind::Account, Some(account), None),
            Identity::Operator { uid, account } => (AuthorKind::Server, Some(account), Some(format!("uid:{uid}"))),
        };
        let port = if matches!(self.peer.transport, Transport::Unix { .. }) { 0 } else { self.peer.port };
        Author { kind, account, name: self.name().to_owned(), operator, address: self.address(), port }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_small_because_there_are_thousands() {
        assert!(size_of::<Session>() <= SESSION_BYTES_MAX, "{} bytes", size_of::<Session>());
    }
}
