//! What reaches the client's core and what it asks for in return: plain data that could be written down and played again.
//!
//! [`Event`]s come in with the [`Moment`] at which they happened; [`Effect`]s go out and are carried out by the shell around
//! the core (`network`, `terminal`, `store`, `local`). Nothing here does anything.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyEvent, MouseEvent};

use super::entry::{EntryKey, EntryKind, Reply};
use super::logbook::{LogFault, LogLine, LogName, LogPage, LogQuestion};
use super::preferences::{Level, Preferences};
use super::stretch::Stretch;
use crate::ground::texts::Texts;
use crate::ground::tls::Fingerprint;
use crate::proto::message::Line;
use crate::proto::scram::{ScramClient, ScramClientProof, ScramError};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// When an event happened, by both clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock: for showing.
    pub time: Timestamp,
    /// Milliseconds since the program started, by a clock that never jumps: for waiting.
    pub elapsed_millis: u64,
}

/// Names a server for as long as the program runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u32);

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// The program has started and the screen is ready: the first event, once.
    Start,
    /// A key was pressed (presses and repeats only, no releases).
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted, as the terminal gave it (any kind of line end).
    Paste(String),
    /// The terminal has this size now; also sent once after [`Event::Start`].
    Resize {
        /// Width in cells.
        columns: u16,
        /// Height in cells.
        rows: u16,
    },
    /// The terminal's window has, or has no longer, the person's attention.
    Focus(bool),
    /// The instant of [`Effects::wake_at_millis`] has come. A tick too early or too many does no harm.
    Tick,
    /// The view's layout pass found that the top of what is loaded is near (see `Buffer::settle`).
    TopNear,
    /// The layout pass has found that messages are missing in the middle of what is visible, or of what comes next.
    GapNear(EntryKey),
    /// Messages stand in the log now.
    Logged {
        /// The number of their conversation.
        conversation: u32,
        /// Where each of them stands.
        lines: Vec<(EntryKey, Stretch)>,
    },
    /// The answer to [`Effect::ReadLog`].
    LogPage {
        /// The number of the conversation whose log it is.
        conversation: u32,
        /// What it has.
        page: Result<LogPage, LogFault>,
    },
    /// Something that was said could not be kept in the log; said to the person.
    LogFailed(LogFault),
    /// The layout pass gives the text that the mouse has dragged over.
    Dragged(String),
    /// Something about the connection with this number (the one of [`Effect::Connect`]).
    Network(u64, NetworkEvent),
    /// The answer to [`Effect::Prove`], with its connection's number.
    Proved(u64, Result<(ScramClientProof, Vec<u8>), ScramError>),
    /// The answer to [`Effect::StartLocalServer`]: where it listens, or why it does not.
    LocalServer(Result<PathBuf, String>),
    /// The answer to [`Effect::AskKeyring`], with the number of the attempt: the secret, or nothing when the keyring has none.
    Keyring(u64, Result<Option<Secret>, KeyringFault>),
    /// A file could not be written or removed; said to the person. The text is understandable as it is.
    StoreFailed(String),
    /// The configuration file was read again: what it says of these, or what is wrong with it.
    Preferences(Result<Box<Preferences>, String>),
    /// SIGTERM or SIGHUP: leave in good order.
    Terminate,
}

/// What the network room tells about one connection. After `Lost`, `ConnectFailed` or one of the `Certificate…` events
/// nothing more comes from that connection.
#[derive(Debug)]
pub enum NetworkEvent {
    /// How far it has got.
    Connecting {
        /// The step that begins.
        step: ConnectStep,
    },
    /// Lines can be sent.
    Connected {
        /// How private the connection is.
        security: Security,
    },
    /// The server's certificate is not vouched for by a public authority and no fingerprint is pinned: the connection
    /// is closed again until the person has decided.
    CertificateUnknown {
        /// Of the certificate it showed.
        fingerprint: Fingerprint,
    },
    /// The certificate is neither the pinned one nor vouched for by a public authority: refused.
    CertificateChanged {
        /// Of the pinned certificate.
        pinned: Fingerprint,
        /// Of the certificate it showed.
        got: Fingerprint,
    },
    /// Lines from the server, without line ends, in order.
    Lines(Vec<String>),
    /// It could not be established.
    ConnectFailed {
        /// Why.
        reason: ConnectError,
    },
    /// It was established, and has ended without our asking.
    Lost {
        /// Why, as the system says it; empty when the server simply closed it.
        reason: String,
    },
}

/// A step on the way to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectStep {
    /// The name is being looked up.
    Resolving,
    /// The connection is being opened.
    Opening,
    /// TLS is being set up.
    Securing,
}

/// How private an established connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// A Unix socket, or plain text to this very machine: nobody can listen in.
    Local,
    /// TLS, vouched for by a public authority or by its pinned fingerprint.
    Tls,
    /// Plain text over a network: the screen says so.
    Plain,
}

/// Why no connection could be established. Each has a sentence of its own in the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// There is no machine of that name.
    UnknownHost,
    /// The machine is there, but nothing listens.
    Refused,
    /// No answer in time.
    Timeout,
    /// The network or the machine cannot be reached.
    Unreachable,
    /// What answers there speaks no TLS: a plain port.
    NoTls,
    /// TLS could not be set up otherwise (an outdated server …): what the library says.
    Tls(String),
    /// Something else: what the system says.
    Other(String),
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A Unix socket on this machine.
    Local(PathBuf),
    /// A host and a port.
    Tcp {
        /// Name or address, as it was given (IPv6 without brackets).
        host: String,
        /// The port.
        port: u16,
        /// Whether the connection is encrypted.
        tls: bool,
    },
}

/// What a device remembers of a log-in, so that no password is asked the next time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The server, as `Endpoint`'s `Display` writes it; `local` for this user's own local server.
    pub server: String,
    /// The account.
    pub account: String,
    /// What is kept beside them.
    pub kept: Kept,
}

/// What is kept of the secret by which somebody logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing: the person did not want the password to be kept.
    Nothing,
    /// The secret itself.
    Here(SecretKind, Secret),
    /// The keyring has it, and has to be asked.
    InKeyring(SecretKind),
    /// The keyring has it, and did not give it away in this run of the program.
    Withheld(SecretKind),
}

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A device token: good for this account from this device, until it is revoked.
    Token,
    /// The account's password, on servers that know no tokens.
    Password,
}

/// Why the keyring did not do what it was asked. Each has a sentence of its own in the texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringFault {
    /// There is none here, or none is wanted.
    Unreachable,
    /// It is locked, and nobody has unlocked it.
    Locked,
    /// It does not answer in time.
    Late,
    /// Something else: what it says.
    Other(String),
}

impl KeyringFault {
    /// What is wrong, as a part of a sentence.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::Unreachable => texts.get("keyring-unreachable").into_owned(),
            Self::Locked => texts.get("keyring-locked").into_owned(),
            Self::Late => texts.get("keyring-late").into_owned(),
            Self::Other(reason) => texts.format("keyring-other", &[("reason", reason.as_str().into())]),
        }
    }
}

/// A message that waits from one run to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// The server, as in `Login::server`.
    pub server: String,
    /// The account that wrote it.
    pub account: String,
    /// The channel or person it is for.
    pub target: String,
    /// Message, action or notice.
    pub kind: EntryKind,
    /// It may have arrived: the person decides whether it goes out again.
    pub is_unknown: bool,
    /// Its idempotency id.
    pub id: String,
    /// What it says.
    pub text: String,
    /// When it was written.
    pub time: Timestamp,
    /// The message that it answers.
    pub reply: Option<Reply>,
}

/// What is being written in a conversation: kept from one run to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The server, as in `Login::server`.
    pub server: String,
    /// The account that writes it.
    pub account: String,
    /// The channel or person it is for.
    pub target: String,
    /// The text; empty when there is none any more.
    pub text: String,
}

impl Draft {
    /// Whether it is for the same conversation.
    pub fn is_same_place(&self, other: &Self) -> bool {
        (&self.server, &self.account, &self.target) == (&other.server, &other.account, &other.target)
    }
}

/// What the person is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Who says it, and where.
    pub title: String,
    /// What.
    pub body: String,
}

/// What a conversation calls the person for: kept from one run to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptLevel {
    /// The server, as in `Login::server`.
    pub server: String,
    /// The account.
    pub account: String,
    /// The channel or person.
    pub target: String,
    /// The level; nothing for the one of the settings.
    pub level: Option<Level>,
}

/// A wish of the core, to be carried out by the shell in the order given.
#[derive(Debug)]
pub enum Effect {
    /// Open a connection; every event about it carries this number. An older connection to the same server, if any, is
    /// dropped.
    Connect {
        /// Its number, greater than all before.
        connection: u64,
        /// Where to.
        endpoint: Endpoint,
        /// The certificate to accept besides those that a public authority vouches for.
        pin: Option<Fingerprint>,
    },
    /// Send this line over the server's connection.
    Send(Line),
    /// Compute `client.answer(&challenge)` on a thread that may be kept busy for a while. Answered by [`Event::Proved`].
    Prove {
        /// The connection that asks; goes back with the answer.
        connection: u64,
        /// The client's side of the exchange.
        client: ScramClient,
        /// What the server sent.
        challenge: Vec<u8>,
    },
    /// Send what is still queued (within a second or so) and close the server's connection; what is being asked for it is
    /// asked no longer. No event answers it.
    Disconnect,
    /// Find this user's own local server, or start it. Answered by [`Event::LocalServer`].
    StartLocalServer,
    /// Ask the keyring for the secret of a log-in. Answered by [`Event::Keyring`].
    AskKeyring {
        /// The number of the connection that will be made by it; goes back with the answer.
        connection: u64,
        /// As in [`Login::server`].
        server: String,
        /// The account.
        account: String,
    },
    /// Keep this log-in (replacing an earlier one for the same server): its secret in the keyring, or else in a file.
    Remember(Login),
    /// Drop the log-in kept for this server, and its secret in the keyring.
    Forget {
        /// As in [`Login::server`].
        server: String,
    },
    /// Keep this fingerprint for this server (replacing an earlier one).
    Pin {
        /// `host:port`.
        server: String,
        /// The one that the person accepted.
        fingerprint: Fingerprint,
    },
    /// Keep what has not reached its server (`unsent::collect`), in place of what was kept before.
    KeepUnsent,
    /// Keep these drafts in place of those for the same conversations.
    KeepDrafts(Vec<Draft>),
    /// Keep a message in the log. Answered by [`Event::Logged`], or by [`Event::LogFailed`] for the first one that is not kept.
    Log {
        /// Which log.
        log: Arc<LogName>,
        /// The number of the message's conversation; goes back with the answer.
        conversation: u32,
        /// The message; goes back with the answer.
        entry: EntryKey,
        /// Its line.
        line: LogLine,
    },
    /// Take its text from a line of the log, because its message was withdrawn.
    StrikeLog {
        /// Which log.
        log: Arc<LogName>,
        /// Where the line stands.
        place: Stretch,
        /// Who has withdrawn it.
        by: String,
    },
    /// Read a page of the log. Answered by [`Event::LogPage`].
    ReadLog(LogQuestion),
    /// Take the mouse, or give it back to the terminal.
    Mouse(bool),
    /// Open a link with a program; the link is its last argument.
    Open {
        /// The program and its first arguments, parted by blanks.
        program: String,
        /// The link.
        link: String,
    },
    /// Call the person.
    Notify(Notice),
    /// Give the window this title.
    Title(String),
    /// Keep what a conversation calls the person for.
    KeepLevel(KeptLevel),
    /// Put this on the clipboard.
    Copy(String),
    /// Give the terminal back and stop as a shell's job, until the shell continues us.
    Suspend,
    /// Leave the program once what is queued has been sent.
    Quit(Exit),
}

/// How the program ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Because the person wanted it: exit code 0.
    Wanted,
    /// Because of a signal: exit code 0, nothing more is shown.
    Terminated,
    /// Because it makes no sense to go on (`console` and `--plain` without a server): the sentence goes to stderr, exit code 1.
    Failed(String),
}

/// What one call of `update` asks for. Reused from call to call.
#[derive(Debug, Default)]
pub struct Effects {
    list: VecDeque<(ServerId, Effect)>,
    server: ServerId,
    /// When `update` wants an [`Event::Tick`] at the latest (see [`Moment::elapsed_millis`]): set anew by each call.
    pub wake_at_millis: Option<u64>,
    /// Whether something visible may have changed since the shell last reset it.
    pub redraw: bool,
}

impl Effects {
    /// What follows is about this server.
    pub fn turn_to(&mut self, server: ServerId) {
        self.server = server;
    }

    /// Adds a wish.
    pub fn push(&mut self, effect: Effect) {
        self.list.push_back((self.server, effect));
    }

    /// Adds a line to send.
    pub fn send(&mut self, line: Line) {
        self.push(Effect::Send(line));
    }

    /// Takes the first wish out, with the server that it is about.
    pub fn take_first(&mut self) -> Option<(ServerId, Effect)> {
        self.list.pop_front()
    }

    /// Takes the wishes out, in order, each with the server that it is about.
    pub fn drain(&mut self) -> impl Iterator<Item = (ServerId, Effect)> + '_ {
        self.list.drain(..)
    }

    /// Whether there is a wish of which something visible may come: any but to ask a server whether it is there.
    pub fn are_noticed(&self) -> bool {
        let is_question =
            |effect: &Effect| matches!(effect, Effect::Send(line) if line.to_string().starts_with("PING "));
        self.list.iter().any(|(_, effect)| !is_question(effect))
    }
}
