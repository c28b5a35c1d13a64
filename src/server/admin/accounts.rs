//! The operator's commands for accounts: what is asked, and what comes back.

use super::order::{Order, is_word};
use crate::proto::message::Line;
use crate::proto::secret::Secret;

/// What an operator wants to do with accounts.
#[derive(Clone, Debug)]
pub enum AccountCommand {
    /// All accounts.
    List,
    /// A new account.
    Add {
        /// Its name.
        name: String,
        /// Its password.
        password: Secret,
    },
    /// A new password.
    Password {
        /// Whose.
        name: String,
        /// The new one.
        password: Secret,
    },
    /// One more address from which a password is accepted.
    Allow {
        /// Whose.
        name: String,
        /// The address.
        address: String,
    },
    /// An account may not log in any more.
    Suspend {
        /// Which.
        name: String,
        /// Why; may be empty.
        reason: String,
    },
    /// It may again.
    Resume {
        /// Which.
        name: String,
    },
    /// An account is removed for good.
    Delete {
        /// Which.
        name: String,
    },
}

impl Order for AccountCommand {
    /// The line that asks for it.
    fn line(&self) -> Line {
        let line = Line::new("ACCOUNT");
        match self {
            Self::List => line.param("LIST"),
            Self::Add { name, password } => line.param("ADD").param(name).trailing(password.expose()),
            Self::Password { name, password } => line.param("PASSWORD").param(name).trailing(password.expose()),
            Self::Allow { name, address } => line.param("ALLOW").param(name).param(address),
            Self::Suspend { name, reason } if reason.is_empty() => line.param("SUSPEND").param(name),
            Self::Suspend { name, reason } => line.param("SUSPEND").param(name).trailing(reason),
            Self::Resume { name } => line.param("RESUME").param(name),
            Self::Delete { name } => line.param("DELETE").param(name),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        let (words, text) = match self {
            Self::List => (Vec::new(), ""),
            Self::Add { name, password } | Self::Password { name, password } => (vec![name], password.expose()),
            Self::Allow { name, address } => (vec![name, address], ""),
            Self::Suspend { name, reason } => (vec![name], reason.as_str()),
            Self::Resume { name } | Self::Delete { name } => (vec![name], ""),
        };
        if !words.iter().all(|word| is_word(word)) {
            Some("a name or an address is one word")
        } else if text.contains(['\r', '\n', '\0']) {
            Some("a password or a reason is one line")
        } else if matches!(self, Self::Add { .. } | Self::Password { .. }) && text.is_empty() {
            Some("the password is empty")
        } else {
            None
        }
    }
}

/// An account as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct AccountEntry {
    /// Its name.
    pub name: String,
    /// `active`, `suspended` or `deleted`.
    pub status: String,
    /// When it was registered, as IRCv3 writes times.
    pub registered: String,
    /// The addresses from which its password is accepted, separated by commas; `*` when there are none.
    pub addresses: String,
}
