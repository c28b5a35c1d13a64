//! What a session's open question is about: plain data, with which its handler goes on when the answer has come.

use super::event::{AccountId, ChannelId, Credentials, DeviceId, Digest, Seq};
use super::limits;
use super::playback::PlaybackAsked;
use super::ports::{FailedCheck, PageQuery};
use crate::proto::history::HistoryQuery;
use crate::proto::names::AccountName;
use crate::proto::sasl::{Assembler, Mechanism};
use crate::proto::scram::{ClientFirst, ScramServer};

/// What a session's open question is about: what to go on with when it is answered.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A log-in.
    LogIn(LogIn),
    /// The devices of an account, or a new one.
    Device(AskedDevice),
    /// A registration, by an invitation where one is needed: the hash of its password.
    Register(AccountName, Option<Seq>),
    /// The code of a new invitation.
    Invitation(AskedInvitation),
    /// A password that an operator gives out.
    Account(AskedAccount),
    /// When something was said last in channels that an operator wants to see.
    Channels(AskedChannels),
    /// To become the operator of this name.
    Oper(String),
    /// A new password that an account's owner chose.
    OwnPassword(AccountId),
    /// The devices that the old password's owner has, once the new one was hashed.
    OwnDevices(AccountId, Box<Credentials>),
    /// The keys for a log-in by SCRAM.
    ScramKeys(LogIn, ClientFirst),
    /// A page of history.
    Page(Box<PageAsked>),
    /// A message that is to be withdrawn.
    Redact(Box<MessageAsked>),
    /// A message that is reported.
    Report(Box<MessageAsked>),
    /// How the server is, and the sessions whose name, account or address holds this text.
    Inspect(String),
    /// Messages that match.
    Search,
    /// What older clients get of history.
    Playback(PlaybackAsked),
    /// A list of conversations.
    Targets(Box<HistoryQuery>),
}

/// By what a session proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// PASS.
    Pass,
    /// `IDENTIFY`, said to the services.
    Services,
    /// SASL.
    Sasl(Mechanism),
}

/// An unfinished SASL exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// By which mechanism.
    pub mechanism: Mechanism,
    /// The message so far.
    pub assembler: Assembler,
    /// What it waits for.
    pub step: Step,
}

/// What an exchange waits for.
#[derive(Debug)]
pub(crate) enum Step {
    /// The client's first message.
    First,
    /// SCRAM: the client's proof.
    Proof(LogIn, ScramServer),
    /// SCRAM: the client's consent to the server's proof, an empty message.
    Consent(LogIn),
}

impl Exchange {
    /// A step that waits for its message.
    pub fn new(mechanism: Mechanism, step: Step) -> Self {
        Self { mechanism, assembler: Assembler::new(limits::SASL_PAYLOAD_BYTES_MAX), step }
    }
}

/// A log-in that waits for the store's word.
#[derive(Debug)]
pub(crate) struct LogIn {
    /// The name that was given.
    pub name: String,
    /// The account of that name, when a person may log in to it.
    pub account: Option<AccountId>,
    /// Whether a device proves it: by a token in the password's place, or by a certificate.
    pub is_token: bool,
    /// Whether it counts as a failed one as long as it has not succeeded.
    pub is_counted: bool,
    /// By what.
    pub method: Method,
    /// The last event when it began: a proof that was changed after it may have been judged as it was before.
    pub began: Seq,
}

impl LogIn {
    /// Whether the account is as whom the certificate says, because no name was given.
    pub fn is_anybody(&self) -> bool {
        self.name.is_empty() && self.method == Method::Sasl(Mechanism::External)
    }

    /// The check that failed when the proof is wrong.
    pub fn wrong_check(&self) -> FailedCheck {
        match self.account {
            None => FailedCheck::Name,
            Some(_) if self.is_token => FailedCheck::Token,
            Some(_) => FailedCheck::Password,
        }
    }
}

/// What is asked of the list of an account's devices, or of the making of a token.
#[derive(Debug)]
pub(crate) enum AskedDevice {
    /// Whether there is room for one more of this name.
    Room(String),
    /// The token of the new one.
    Token(String),
    /// Whether a certificate is nobody's yet, to be bound under this name.
    Certificate(String, Digest),
    /// Whether there is room for it.
    CertificateRoom(String, Digest),
    /// The list itself.
    List,
    /// Whether one of them has this number, to revoke it.
    Revoke(DeviceId),
}

/// What an operator wants to see of channels.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AskedChannels {
    /// All of them, a line each.
    List,
    /// All of this one.
    Show(ChannelId),
}

/// What a new password is for.
#[derive(Debug)]
pub(crate) enum AskedAccount {
    /// A new account.
    Add(AccountName),
    /// An account that is there.
    Password(AccountId),
}

/// An invitation that waits for its code.
#[derive(Debug)]
pub(crate) struct AskedInvitation {
    /// For whom, or what for.
    pub note: String,
    /// How long it counts; for ever when none.
    pub seconds: Option<i64>,
}

/// One message, named by its id, that something is to be done with once it is found.
#[derive(Debug)]
pub(crate) struct MessageAsked {
    /// The target as it was given.
    pub target: String,
    /// The message id as it was given.
    pub msgid: String,
    /// Its number.
    pub seq: Seq,
    /// What the store is asked.
    pub page: PageQuery,
    /// What the conversation is called.
    pub name: String,
    /// The reason given, or empty.
    pub reason: String,
}

/// A page that was asked for.
#[derive(Debug)]
pub(crate) struct PageAsked {
    /// The query as it was asked.
    pub query: HistoryQuery,
    /// What the store is asked.
    pub page: PageQuery,
    /// What the conversation is called in the batch.
    pub name: String,
}
