//! As whom a server is talked to, and how far the connection to it has got.

use super::event::{ConnectStep, Security};
use crate::proto::secret::Secret;

/// How one proves to be the account's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// By the password, until a token has taken its place.
    Password(Secret),
    /// By this device's token.
    Token(Secret),
    /// By the peer's uid on the server's Unix socket (SASL EXTERNAL).
    PeerUid,
    /// None: as a guest, where the server lets people in without an account.
    Guest,
}

/// Who logs in, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The account.
    pub account: String,
    /// The proof.
    pub proof: Proof,
    /// The proof is what this device remembers: nobody has to type it again.
    pub is_remembered: bool,
    /// Make the account first.
    pub register: bool,
    /// The code of an invitation, for servers that ask for one.
    pub invitation: Option<Secret>,
}

/// A step between an open connection and the conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginStep {
    /// Client and server find out what they have in common.
    Negotiating,
    /// A new account is made.
    Registering,
    /// The proof is checked.
    Authenticating,
    /// The server lets us in.
    Welcoming,
}

/// How far the connection has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing is wanted.
    #[default]
    Off,
    /// The keyring is asked for what the log-in needs. It may ask the person to unlock it.
    AskingKeyring,
    /// This user's own local server is being found or started.
    StartingServer,
    /// The connection is being made.
    Connecting(ConnectStep),
    /// The connection stands; the log-in runs.
    LoggingIn(LoginStep),
    /// Conversations run.
    Online,
    /// It was lost; the next attempt is at this moment of `Moment::elapsed_millis`.
    Waiting {
        /// When.
        until_millis: u64,
        /// Why it was lost, as a sentence.
        reason: String,
    },
    /// It was refused for a reason that waiting does not cure.
    Refused {
        /// Why, as a sentence.
        reason: String,
    },
}

/// The connection.
#[derive(Debug, Default)]
pub struct Connection {
    /// How far it has got.
    pub status: Status,
    /// How private the connection is, once it stands.
    pub security: Option<Security>,
    /// Which connection it is among those to all servers, counted from 1; 0 for none. Events of others are not about it.
    pub(super) number: u64,
    /// Attempts since the last time that it was online.
    pub(super) attempt: u32,
    /// Who logs in.
    pub(super) credentials: Option<Credentials>,
    /// Conversations have run with these credentials: a lost connection is made again.
    pub(super) was_online: bool,
    /// What the server said last before it closed the connection.
    pub(super) farewell: Option<String>,
}
