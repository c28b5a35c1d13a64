//! The keyring: where secrets of a person are kept for all programs of their desktop, encrypted while nobody is logged in.
//!
//! What any keyring can do, as a trait, and what can go wrong with it. [`desktop`] is the one of a desktop; [`NoKeyring`] stands
//! where there is none, and then files keep the secrets. Nothing here asks the environment by itself: who makes a keyring says
//! where it is, so that no test can come upon a developer's own.

pub mod desktop;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use super::event::KeyringFault;
use crate::proto::secret::Secret;

/// What a secret is found by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The server, as in `Login::server`.
    pub server: String,
    /// The account.
    pub account: String,
}

/// What a keyring says, in a bounded time. Dropped before, the question is taken back.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, KeyringFault>> + Send>>;

/// Keeps secrets.
pub trait Keyring: Debug + Send + Sync {
    /// Whether there may be one: else nothing is asked of it.
    fn is_there(&self) -> bool;

    /// The secret of an item; nothing when the keyring truly has none. One that is locked asks the person to unlock it when it
    /// `may_ask`, and has a fault at once when it may not.
    fn find(&self, item: &Item, may_ask: bool) -> Answer<Option<Secret>>;

    /// Keeps a secret, in place of an earlier one of the same item. A locked keyring asks nobody: it keeps nothing.
    fn keep(&self, item: &Item, secret: &Secret) -> Answer<()>;

    /// Drops an item. A locked keyring asks nobody: it has a fault.
    fn forget(&self, item: &Item) -> Answer<()>;
}

/// No keyring.
#[derive(Clone, Copy, Debug)]
pub struct NoKeyring;

impl Keyring for NoKeyring {
    fn is_there(&self) -> bool {
        false
    }

    fn find(&self, _: &Item, _: bool) -> Answer<Option<Secret>> {
        Box::pin(std::future::ready(Err(KeyringFault::Unreachable)))
    }

    fn keep(&self, _: &Item, _: &Secret) -> Answer<()> {
        Box::pin(std::future::ready(Err(KeyringFault::Unreachable)))
    }

    fn forget(&self, _: &Item) -> Answer<()> {
        Box::pin(std::future::ready(Err(KeyringFault::Unreachable)))
    }
}
