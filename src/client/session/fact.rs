//! What the session learned from the server: plain facts, still without any consequence for what is shown.

use std::sync::Arc;

use crate::client::annotation::Annotation;
use crate::client::connection::LoginStep;
use crate::client::entry::EntryKind;
use crate::client::form::FieldId;
use crate::proto::scram::ScramClient;
use crate::proto::time::Timestamp;

/// A fact.
#[derive(Debug)]
pub enum Fact {
    /// The log-in has come one step further.
    Step(LoginStep),
    /// A SCRAM proof has to be computed aside.
    Prove(ScramClient, Vec<u8>),
    /// The account exists now: from here on it is logged in to, not registered.
    Registered,
    /// The log-in was refused; the connection is of no more use.
    LoginFailed(LoginFailure),
    /// The server has said all that it says at the beginning.
    Ready,
    /// The server has said which channels we are in.
    JoinsTold,
    /// This device's token.
    Token(String),
    /// Somebody with the right password was refused because of the address.
    AddressRefused {
        /// From where.
        address: String,
        /// What the answer must name.
        code: String,
        /// What the server says about it.
        explanation: String,
    },
    /// Someone came into a channel; `is_own` when it is ourselves, from here or by another device.
    Joined {
        /// The channel.
        channel: String,
        /// Who.
        nick: String,
        /// Ourselves.
        is_own: bool,
    },
    /// Someone left a channel, or was sent out of it.
    Left {
        /// The channel.
        channel: String,
        /// Who.
        nick: String,
        /// Who sent them out; nothing when they went by themselves.
        by: Option<String>,
        /// Why; often empty.
        reason: String,
        /// Ourselves.
        is_own: bool,
    },
    /// Someone is gone from the network.
    Quit {
        /// Who.
        nick: String,
        /// Why; often empty.
        reason: String,
    },
    /// Someone is called something else now.
    Renamed {
        /// Until now.
        from: String,
        /// From now on.
        to: String,
        /// Ourselves.
        is_own: bool,
    },
    /// A channel is called something else now.
    ChannelRenamed {
        /// Until now.
        from: String,
        /// From now on.
        to: String,
    },
    /// Someone went away or came back.
    Away {
        /// Who.
        nick: String,
        /// Away.
        is_away: bool,
    },
    /// A channel's topic; empty when there is none.
    Topic {
        /// The channel.
        channel: String,
        /// The topic.
        topic: String,
        /// Who changed it just now; nothing when the server only tells it.
        by: Option<String>,
    },
    /// Some of a channel's members.
    Names {
        /// The channel.
        channel: String,
        /// Signs of rank and nick of each.
        members: Vec<(String, String)>,
    },
    /// All members of a channel have been named.
    NamesEnd {
        /// The channel.
        channel: String,
    },
    /// Someone invites us into a channel.
    Invited {
        /// Who.
        by: String,
        /// Into which.
        channel: String,
    },
    /// A line of the answer to WHOIS.
    Person {
        /// Who.
        nick: String,
        /// The id of the sentence that says it.
        text_id: &'static str,
        /// What it says.
        value: String,
    },
    /// Modes were changed.
    Modes {
        /// A channel, or ourselves.
        target: String,
        /// By whom.
        by: String,
        /// The changes as they were written.
        text: String,
        /// Changed ranks: the sign, whether it was given, and to whom.
        ranks: Vec<(char, bool, String)>,
    },
    /// Something was said.
    Message(Incoming),
    /// Something was said about a message.
    Annotated(Annotated),
    /// Someone writes something, or stops doing so.
    Typing {
        /// The channel, or our own nick.
        target: String,
        /// Who.
        nick: String,
        /// How it stands.
        state: TypingState,
    },
    /// How far this account has read a conversation, by whatever device.
    ReadMarker {
        /// A channel or a nick.
        target: String,
        /// The time of the last message that was read; nothing when none was.
        until: Option<Timestamp>,
    },
    /// Somebody whom the server watches over for us is connected, or not.
    Present {
        /// Who.
        nick: String,
        /// Connected.
        is_here: bool,
    },
    /// A page of history.
    Page(Page),
    /// What a search has found.
    Found(Vec<Incoming>),
    /// Conversations with messages in the time that was asked for, and when the latest of each was.
    Targets(Vec<(String, Timestamp)>),
    /// Somebody has reported a message; told to operators.
    Reported(Report),
    /// A line of the answer to INSPECT.
    Inspected(Inspected),
    /// A line of ours was refused.
    Refused(Refusal),
    /// A line of ours was carried out, and there is nothing more to say about it.
    Accepted {
        /// Its label.
        label: String,
    },
    /// The server answers a query, or tells something.
    Reply {
        /// What kind of answer.
        kind: ReplyKind,
        /// The text, as the server says it.
        text: String,
    },
    /// The server is about to close the connection.
    Closing {
        /// Why, as it says.
        reason: String,
    },
    /// The server has not answered for too long: the connection is dead.
    Silent,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// A message, an action or a notice.
    pub kind: EntryKind,
    /// The author's nick, or the server's name.
    pub from: String,
    /// It comes from a server, not from a person.
    pub is_from_server: bool,
    /// A channel, or the nick that it was sent to.
    pub target: String,
    /// The text, without control characters.
    pub text: String,
    /// When.
    pub time: Timestamp,
    /// The server's name for it.
    pub msgid: Option<Arc<str>>,
    /// The idempotency id or the label of our own line, when it is its echo.
    pub id: Option<String>,
    /// We said it, here or elsewhere.
    pub is_own: bool,
    /// The message that it answers.
    pub reply_to: Option<Arc<str>>,
}

/// Something was said about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotated {
    /// A channel, or the nick that it was sent to.
    pub target: String,
    /// Who said it.
    pub from: String,
    /// We said it, here or elsewhere.
    pub is_own: bool,
    /// What.
    pub annotation: Annotation,
}

/// How somebody's writing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypingState {
    /// It goes on.
    Active,
    /// A pause.
    Paused,
    /// Given up.
    Done,
}

/// The place of a line in a conversation's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinePlace {
    /// The server's name for it.
    pub msgid: Option<Arc<str>>,
    /// When.
    pub time: Timestamp,
}

/// A page of history, oldest first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Whose history.
    pub target: String,
    /// The messages.
    pub messages: Vec<Incoming>,
    /// What was said about messages, those of this page or others.
    pub annotations: Vec<Annotated>,
    /// Where its first and its last line stand, be they messages or not.
    pub ends: Option<(LinePlace, LinePlace)>,
    /// How many lines the page had, those included that are not messages: what tells a full page from the last one.
    pub lines: usize,
}

/// A report, as operators are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Who reports.
    pub by: String,
    /// Who said the message.
    pub author: String,
    /// Where.
    pub target: String,
    /// The server's name for the message.
    pub msgid: String,
    /// Why; often empty.
    pub reason: String,
}

/// A line of the answer to INSPECT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inspected {
    /// A number by its name.
    Figure(String, u64),
    /// A connection.
    Session(SessionRow),
    /// Something that was refused.
    Refusal(RefusalRow),
    /// That is all; so many sessions there are that fit.
    End(u64),
}

/// A connection, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its number.
    pub number: u64,
    /// The nick; `*` before there is one.
    pub nick: String,
    /// The account.
    pub account: Option<String>,
    /// `account`, `guest`, `operator` or `unwelcomed`.
    pub kind: String,
    /// `plain`, `tls` or `unix`.
    pub transport: String,
    /// The address; `*` when it may not be seen.
    pub address: String,
    /// The port; `*` when it may not be seen.
    pub port: String,
    /// Since when.
    pub since: Timestamp,
    /// How long nothing was done.
    pub idle_seconds: u64,
    /// Bytes that wait to be read.
    pub queued_bytes: u64,
    /// Channels.
    pub channels: Vec<String>,
}

/// Something that was refused, as operators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRow {
    /// When.
    pub time: Timestamp,
    /// To whom: a nick, or the name that a log-in was tried with.
    pub name: String,
    /// From where; `*` when it may not be seen.
    pub address: String,
    /// Which command; `LOGIN` for a log-in.
    pub command: String,
    /// The numeric, the code, or the check of a log-in that failed.
    pub code: String,
}

/// Why a line of ours was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The label of the refused line.
    pub label: Option<String>,
    /// The refused command in upper case; empty when the server does not say (numerics).
    pub command: String,
    /// `TEMPORARILY_UNAVAILABLE`, `404`, …
    pub code: String,
    /// What it is about: a channel, a nick, …
    pub context: Vec<String>,
    /// What the server says about it.
    pub description: String,
}

/// What kind of thing the server tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyKind {
    /// The answer to a command of the person's.
    Answer,
    /// Something the server says by itself: its message of the day, a remark.
    Announcement,
}

/// Why a log-in or a registration was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginFailure {
    /// What was wrong.
    pub kind: LoginFailureKind,
    /// What the server says about it; may be empty.
    pub description: String,
}

/// What was wrong with a log-in or a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginFailureKind {
    /// Name, password or address: the server does not say which.
    BadCredentials,
    /// The account is suspended.
    Suspended,
    /// The name is taken.
    NameInUse,
    /// The name is not one that this server accepts.
    BadName,
    /// The password is too weak.
    WeakPassword,
    /// The server wants a secure connection for passwords.
    NeedsSecureConnection,
    /// The server's accounts are not available for the moment: trying again later helps.
    TemporarilyUnavailable,
    /// The server makes accounts for those only who have an invitation.
    InvitationRequired,
    /// The invitation is unknown, has run out, or was used already.
    InvitationInvalid,
    /// The server makes no accounts by this way.
    NoRegistration,
    /// The account must be confirmed by other means.
    NeedsVerification,
    /// The server offers no way to log in that we know.
    NoLogin,
    /// The server lets nobody in without an account.
    AccountRequired,
    /// The server did not prove that it knows the password itself.
    ServerUnproven,
    /// No answer in time: trying again later helps.
    Timeout,
    /// Something else, as the server describes it.
    Other,
}

impl LoginFailureKind {
    /// The id of its sentence, and the field it belongs to.
    pub fn text(self) -> (&'static str, Option<FieldId>) {
        match self {
            Self::BadCredentials => ("form-error-login", Some(FieldId::Password)),
            Self::Suspended => ("form-error-suspended", Some(FieldId::Name)),
            Self::NameInUse => ("form-error-name-in-use", Some(FieldId::Name)),
            Self::BadName => ("form-error-name-refused", Some(FieldId::Name)),
            Self::WeakPassword => ("form-error-password-weak", Some(FieldId::Password)),
            Self::NeedsSecureConnection => ("form-error-needs-secure", Some(FieldId::Server)),
            Self::TemporarilyUnavailable => ("form-error-unavailable", None),
            Self::InvitationRequired => ("form-error-invitation-required", Some(FieldId::Invitation)),
            Self::InvitationInvalid => ("form-error-invitation-invalid", Some(FieldId::Invitation)),
            Self::NoRegistration => ("form-error-no-registration", Some(FieldId::Server)),
            Self::NeedsVerification => ("form-error-needs-verification", None),
            Self::NoLogin => ("form-error-no-login", Some(FieldId::Password)),
            Self::AccountRequired => ("form-error-account-required", Some(FieldId::Password)),
            Self::ServerUnproven => ("form-error-server-unproven", Some(FieldId::Server)),
            Self::Timeout => ("form-error-login-timeout", Some(FieldId::Server)),
            Self::Other => ("form-error-other", None),
        }
    }

    /// Whether the same log-in may succeed later without anything being changed.
    pub fn is_temporary(self) -> bool {
        matches!(self, Self::TemporarilyUnavailable | Self::Timeout)
    }
}
