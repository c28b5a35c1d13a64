//! How the rules meet the outside: inputs come in, effects go out, questions are answered by later inputs.
//!
//! Everything here is plain data that could cross a wire, because one day a gateway process may hold the connections and
//! another one the hub.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::event::{AccountId, Credentials, DeviceId, Digest, OperatorAct, Place, Record, Seq};
use super::filter::FilterAction;
use super::settings::Settings;
use crate::proto::line::LineError;
use crate::proto::names::AccountName;
use crate::proto::sasl::ScramKeys;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// A connection's number, never reused while the server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnId(pub u64);

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address; `127.0.0.1` for a Unix socket.
    pub address: IpAddr,
    /// Its port; 0 for a Unix socket.
    pub port: u16,
    /// How it is connected.
    pub transport: Transport,
}

/// How a connection reaches the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP in the clear.
    Plain,
    /// TLS.
    Tls,
    /// TLS, and the other end has proved to hold the key of a certificate of its own.
    CertifiedTls {
        /// SHA-256 of the certificate. Boxed, because few connections have one and each has room for it, twice.
        certificate: Box<Digest>,
    },
    /// The server's own Unix socket.
    Unix {
        /// The peer's user id, as the kernel says.
        uid: u32,
        /// Whether that user may act as the server (the server's own user, or root).
        operator: bool,
    },
}

impl Transport {
    /// A word for it, for logs and for those who count.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Tls | Self::CertifiedTls { .. } => "tls",
            Self::Unix { .. } => "unix",
        }
    }
}

impl Peer {
    /// Whether nobody between the two ends can read along: TLS, a Unix socket, or the loopback.
    pub fn is_private(&self) -> bool {
        self.transport != Transport::Plain || self.address.to_canonical().is_loopback()
    }

    /// One that means nothing.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self { address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port: 1, transport: Transport::Plain }
    }
}

/// What happens to the rules. `now` comes beside it.
#[derive(Debug)]
pub enum Input {
    /// A connection is there.
    Connected {
        /// Its number.
        conn: ConnId,
        /// Its other end.
        peer: Peer,
    },
    /// A line arrived. Each one is answered by one [`Effect::LineDone`], at the latest when its connection closes.
    Line {
        /// On which connection.
        conn: ConnId,
        /// The line without its end.
        line: Box<str>,
    },
    /// Bytes arrived that are not a line; answered by one [`Effect::LineDone`] too.
    BadLine {
        /// On which connection.
        conn: ConnId,
        /// What is wrong with them.
        error: LineError,
    },
    /// A connection is gone (also after [`Effect::Close`]); nothing more comes from it.
    Closed {
        /// Which.
        conn: ConnId,
        /// Why, for the QUIT that others see.
        reason: String,
    },
    /// The answer to the one open question of a connection.
    Answer {
        /// Whose question it was. It may be gone by now.
        conn: ConnId,
        /// The answer.
        answer: Answer,
    },
    /// The journal has committed everything up to `seq`. Duplicates among it came as [`Input::Duplicate`] before.
    Committed {
        /// The last committed event.
        seq: Seq,
    },
    /// The store found that an event repeats an earlier one (same account, place and idempotency id): it is not in the
    /// record. What it would have told was dropped by the hub; what this input emits takes its place.
    Duplicate {
        /// The number that the repetition had; it stays unused.
        seq: Seq,
        /// The first one.
        first: StoredEvent,
    },
    /// The journal cannot commit at the moment (or can again): durable lines are refused at the door meanwhile.
    Journal {
        /// Whether it is stalled.
        stalled: bool,
    },
    /// The settings were read again, because an operator or the system asked for it.
    Reloaded {
        /// Who asked by [`Effect::Reload`], and may be gone; none when it was the system.
        asker: Option<ConnId>,
        /// What came of it.
        reloaded: Reloaded,
    },
    /// What is committed waits outside of the database, which is away; or everything is in the database again.
    Spooling {
        /// Whether anything waits.
        is_on: bool,
    },
    /// The server has done something with the record by itself, which is an event of it.
    Noted {
        /// What.
        act: OperatorAct,
        /// More of it.
        text: String,
    },
    /// Some time has passed (about every second).
    Tick,
    /// The server stops: everybody is told and closed.
    Stopping,
}

/// What came of reading the settings again.
#[derive(Debug)]
pub enum Reloaded {
    /// They are in order.
    Read {
        /// What concerns the rules.
        settings: Box<Settings>,
        /// The keys of those that have changed and count from the next start on only.
        needs_restart: Vec<&'static str>,
    },
    /// They are faulty, and those before them stay: what is wrong, each with its place.
    Faulty(Vec<String>),
}

/// What the rules ask of the outside. A connection has at most one open question; its later lines wait in the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Is this the password of that account (SASL PLAIN, PASS, `IDENTIFY`)? Takes the same time for unknown accounts.
    Password {
        /// The account, when there is one of that name that may log in.
        account: Option<AccountId>,
        /// What was sent.
        password: Secret,
    },
    /// Is this the password of that hash (OPER)? Takes the same time when there is none.
    Hashed {
        /// The Argon2 PHC string, when there is one of that name.
        stored: Option<Secret>,
        /// What was sent.
        password: Secret,
    },
    /// What a challenge of SCRAM needs: a nonce, and keys that look alike for a name that has none.
    Scram {
        /// The name that was sent, folded: what the fake keys are derived from.
        name: String,
        /// The keys of the account of that name.
        keys: Option<Box<ScramKeys>>,
    },
    /// Whose device token is this?
    Token {
        /// What was sent.
        token: Secret,
        /// From which address, for the list of devices.
        address: String,
    },
    /// To whom is this TLS certificate bound?
    Certificate {
        /// SHA-256 of it.
        certificate: Digest,
        /// From which address, for the list of devices.
        address: String,
    },
    /// Credentials for a new password.
    Hash {
        /// The new password.
        password: Secret,
    },
    /// A new random device token.
    NewToken,
    /// A new random code of an invitation; answered by [`Answer::NewToken`].
    NewInvitation,
    /// The devices of an account.
    Devices {
        /// Whose.
        account: AccountId,
    },
    /// A page of history.
    Page(PageQuery),
    /// The conversations of an account with messages between two times.
    Targets(TargetsQuery),
    /// Messages that match, answered as a page.
    Search(SearchQuery),
    /// How the server is: what the rules do not know of it.
    Inspect,
    /// What was said in several conversations.
    Playback(PlaybackQuery),
}

/// The answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To `Password`, `Token` and `Certificate`: it is right.
    Proved {
        /// Whose it is.
        account: AccountId,
        /// Which device, for a token.
        device: Option<DeviceId>,
    },
    /// To `Password`, `Token` and `Certificate`: it is wrong, or nobody's.
    Refused,
    /// To `Hashed`: whether it is.
    Agrees(bool),
    /// To `Scram`.
    Scram {
        /// The keys, real or fake.
        keys: ScramKeys,
        /// Fresh random text for the server's nonce.
        nonce: String,
    },
    /// To `Hash`.
    Hashed(Box<Credentials>),
    /// To `NewToken` and `NewInvitation`.
    NewToken {
        /// The token, shown to its owner once.
        token: Secret,
        /// What is stored of it.
        digest: Digest,
    },
    /// To `Devices`.
    Devices(Vec<Device>),
    /// To `Page` and `Search`, oldest first.
    Page(Vec<StoredEvent>),
    /// To `Playback`: the conversations in which something was said, each oldest first.
    Playback(Vec<(Place, Vec<StoredEvent>)>),
    /// To `Targets`, oldest first: the place and the time of its latest message.
    Targets(Vec<(Place, Timestamp)>),
    /// To `Inspect`.
    Inspected(Box<Figures>),
    /// To any: the store does not answer at the moment, or too much work waits already.
    Unavailable,
}

/// How the server is, for operators.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Numbers by their names, in the order in which they are told.
    pub numbers: Vec<(&'static str, u64)>,
    /// Bytes that wait for their readers, by connection; those for whom none wait are not among them.
    pub queued_bytes: BTreeMap<ConnId, usize>,
}

/// A device token as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its number.
    pub id: DeviceId,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
    /// From which address.
    pub last_address: Option<String>,
}

/// One end of a page: a point in the one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A message by its number.
    Seq(Seq),
    /// A time: stands for the numbers of the events at that very time.
    Time(Timestamp),
}

/// Which page of a place's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageRange {
    /// The last ones before the bound, which is excluded.
    Before(Bound),
    /// The first ones after the bound, which is excluded.
    After(Bound),
    /// The last ones of all, those up to the bound (if any) excluded.
    Latest(Option<Bound>),
    /// Half before, half from the bound on, which is included.
    Around(Bound),
    /// Between two bounds, both excluded; the first ones when `from` is the earlier, else the last ones.
    Between(Bound, Bound),
}

/// A question for a page of history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// Of which place.
    pub place: Place,
    /// Which part.
    pub range: PageRange,
    /// At most so many. A page has fewer only when the end is reached.
    pub limit: u32,
    /// What counts besides messages.
    pub extras: Extras,
}

/// What a page shows besides messages. What was redacted it never shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Joins, parts, kicks, topics and modes (`draft/event-playback`).
    pub events: bool,
    /// Reactions (`draft/event-playback` and `message-tags`).
    pub tagged: bool,
    /// Redactions (`draft/event-playback` and `draft/message-redaction`).
    pub redactions: bool,
}

impl Extras {
    /// Everything.
    pub const ALL: Self = Self { events: true, tagged: true, redactions: true };
}

/// A question for messages that hold a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// In these places…
    pub places: Vec<Place>,
    /// …and in the direct conversations of this account.
    pub account: Option<AccountId>,
    /// By whom: the author's name as it was.
    pub from: Option<String>,
    /// Which text, in any case.
    pub text: Option<String>,
    /// At or after this time.
    pub after: Option<Timestamp>,
    /// At or before this time.
    pub before: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

/// A question for the messages of several conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaybackQuery {
    /// In these places…
    pub places: Vec<Place>,
    /// …and in the direct conversations of this account.
    pub account: Option<AccountId>,
    /// Behind this bound…
    pub after: Bound,
    /// …and before that one, both excluded.
    pub before: Bound,
    /// At most so many of each conversation: the last ones.
    pub limit: u32,
    /// At most so many in all.
    pub limit_in_all: u32,
}

/// A question for conversations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetsQuery {
    /// Whose direct conversations.
    pub account: AccountId,
    /// And these places (the channels that the account is in).
    pub channels: Vec<Place>,
    /// With a latest message after this time…
    pub after: Timestamp,
    /// …and before that one.
    pub before: Timestamp,
    /// At most so many.
    pub limit: u32,
}

/// An event as history gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its number, which is its message id.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// Who wrote it, when it was an account.
    pub account: Option<AccountId>,
    /// The author's name at that time.
    pub name: String,
    /// Whether an operator wrote it as the server.
    pub from_server: bool,
    /// The target's name at that time.
    pub target: String,
    /// The client-only tags that were kept with it, as they go over the wire.
    pub tags: String,
    /// What it was.
    pub what: StoredWhat,
}

/// What a stored event was, as far as history tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredWhat {
    /// A `PRIVMSG` with its text.
    Privmsg(String),
    /// A `NOTICE` with its text.
    Notice(String),
    /// A new topic.
    Topic(String),
    /// A join.
    Join,
    /// A part with its reason.
    Part(String),
    /// A kick: who was kicked, and the reason.
    Kick(String, String),
    /// A change of modes as it was told.
    Mode(String),
    /// A `TAGMSG`; its tags are the event's.
    Tagmsg,
    /// A redaction: the number of the message, and the reason.
    Redact(Seq, String),
}

/// What the outside is asked to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Effect {
    /// Queue these bytes (whole lines, CR LF included) to a connection. The bytes are shared by all who get the same.
    Send {
        /// To whom.
        to: ConnId,
        /// What.
        bytes: Bytes,
        /// Whether it may be left out for a connection that reads too slowly (typing, presence).
        sheddable: bool,
    },
    /// Queue these bytes to many connections. The list is shared too: lines that go to the same many have the same list.
    Tell {
        /// To whom, by rising number.
        to: Arc<[ConnId]>,
        /// Who of them is left out.
        except: Option<ConnId>,
        /// What.
        bytes: Bytes,
        /// Whether it may be left out for connections that read too slowly.
        sheddable: bool,
    },
    /// Find an answer.
    Ask {
        /// For whom.
        conn: ConnId,
        /// To what.
        question: Question,
    },
    /// A line of this connection needs nothing more: it may send one more.
    LineDone {
        /// Which.
        conn: ConnId,
    },
    /// A connection was let in: from now on its lines go before those of people who are still coming.
    Welcome {
        /// Which.
        conn: ConnId,
    },
    /// Close a connection once what is queued to it has left.
    Close {
        /// Which.
        conn: ConnId,
    },
    /// Read the settings again; answered by [`Input::Reloaded`].
    Reload {
        /// Who asked.
        asker: Option<ConnId>,
    },
    /// Write down that an account is here, or up to which event it was. May be written down a moment later.
    NotePresence {
        /// Whose presence.
        account: AccountId,
        /// Up to which event it has seen everything; nothing while it is here.
        left: Option<Seq>,
    },
    /// Write down that a device was used. May be written down a moment later.
    NoteDevice {
        /// Which.
        device: DeviceId,
        /// From which address.
        address: String,
    },
    /// Tell the operator's log. Never holds a message's text or a secret.
    Log {
        /// Whose line led to it.
        conn: Option<ConnId>,
        /// What happened.
        notable: Notable,
    },
}

impl Effect {
    /// To whom something is sent, and what; nothing for other effects.
    pub fn sends(&self) -> (Vec<ConnId>, &[u8]) {
        match self {
            Self::Send { to, bytes, .. } => (vec![*to], bytes),
            Self::Tell { to, except, bytes, .. } => {
                (to.iter().copied().filter(|conn| Some(*conn) != *except).collect(), bytes)
            }
            Self::Ask { .. }
            | Self::LineDone { .. }
            | Self::Welcome { .. }
            | Self::Close { .. }
            | Self::Reload { .. }
            | Self::NotePresence { .. }
            | Self::NoteDevice { .. }
            | Self::Log { .. } => (Vec::new(), &[]),
        }
    }
}

/// What the operator's log says about the rules' decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notable {
    /// Somebody logged in.
    LoggedIn {
        /// Who.
        account: AccountName,
        /// From where.
        peer: Peer,
        /// By what: `password`, `scram`, `token`, `unix socket`.
        by: &'static str,
    },
    /// A log-in was refused. The person is not told which check failed.
    LoginRefused {
        /// The name that was given.
        name: String,
        /// From where.
        peer: Peer,
        /// Which check failed.
        check: FailedCheck,
    },
    /// An account was registered.
    Registered {
        /// Its name.
        account: AccountName,
        /// From where.
        peer: Peer,
    },
    /// Somebody has told the operators about a message.
    Reported {
        /// Who.
        by: String,
        /// Who has written it.
        author: String,
        /// Where.
        target: String,
        /// Its id.
        msgid: String,
        /// The reason given, or empty. It is for the operators' eyes, not for the log.
        reason: String,
    },
    /// A filter meant a message. Its text is told to nobody.
    Filtered {
        /// What the filter is called.
        filter: String,
        /// Who wrote it.
        author: String,
        /// Where to.
        target: String,
        /// What the filter does.
        action: FilterAction,
        /// Whether it only says what it would do.
        is_dry_run: bool,
    },
    /// An operator did something.
    OperatorActed {
        /// Who.
        operator: String,
        /// What, without secrets.
        what: String,
    },
}

/// Which check a log-in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedCheck {
    /// There is no such account, or it is gone.
    Name,
    /// The name is right, the password is not.
    Password,
    /// Name and password are right, the address is not.
    Address,
    /// The token is unknown or revoked.
    Token,
    /// Everything is right, but the account is suspended.
    Suspended,
    /// Nothing was checked: too many log-ins from there have failed.
    TooMany,
    /// It was no log-in: OPER with a wrong name, password or address.
    Operator,
}

impl FailedCheck {
    /// A word for it, for those who count.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Password => "password",
            Self::Address => "address",
            Self::Token => "token",
            Self::Suspended => "suspended",
            Self::TooMany => "too_many",
            Self::Operator => "operator",
        }
    }
}

/// An effect with the moment from which it may happen.
#[derive(Debug)]
pub struct Held {
    /// The event that is to be committed first; 0 when there is none.
    pub gate: Seq,
    /// The event that must be committed first also while nothing is: what counts instead of `gate` when the journal
    /// stalls. Never above it.
    pub must: Seq,
    /// The event whose consequence it is: dropped when that one turns out to be a duplicate.
    pub cause: Option<Seq>,
    /// What is to happen.
    pub effect: Effect,
}

/// What one or more inputs led to, in order. The caller drains both lists after each [`Input`] and reuses them.
#[derive(Debug, Default)]
pub struct Effects {
    /// Events for the journal, numbered without a gap.
    pub records: Vec<Record>,
    /// Effects, each behind its gate.
    pub held: Vec<Held>,
    /// Where lines are put together, so that each piece takes one allocation, of its own size.
    pub(crate) scratch: Vec<u8>,
}
