//! Hashing the seed's passwords.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use argon2::Block;

use super::super::StoreError;
use super::super::hashing;
use crate::chat::event::Credentials;
use crate::proto::sasl::prepare_password;
use crate::proto::secret::Secret;

/// A password of the seed's, in clear: any bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Password {
    bytes: Vec<u8>,
    /// Whether SCRAM keys are wanted too: for accounts, not for rows that are only kept.
    is_account: bool,
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

impl Password {
    /// An account's.
    pub fn of_account(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is_account: true }
    }

    /// That of a row that is only kept.
    pub fn of_row(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), is_account: false }
    }

    /// Whether it is an account's, and this one.
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes
    }

    /// It as a text that people can send, if it is one.
    fn text(&self) -> Option<Secret> {
        std::str::from_utf8(&self.bytes).ok().map(Secret::new)
    }
}

/// What became of each password.
#[derive(Default)]
pub struct Hashed(HashMap<Password, Credentials>);

impl Hashed {
    /// The credentials of an account's password; without SCRAM keys when it is not UTF-8.
    pub fn credentials(&self, password: &Password) -> Credentials {
        // Every password of the plan was hashed; an empty PHC string would fit none.
        self.0.get(password).cloned().unwrap_or(Credentials { argon2: String::new(), scram: None })
    }

    /// The PHC string of a password.
    pub fn argon2(&self, password: &Password) -> Option<&str> {
        self.0.get(password).map(|credentials| credentials.argon2.as_str())
    }
}

/// Hashes passwords on all processors: about a quarter of a second of one for each account.
///
/// # Errors
/// When there are no random bytes, no memory or no threads.
pub fn hash_all(passwords: &[Password]) -> Result<Hashed, StoreError> {
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut done, mut memory) = (Vec::new(), Vec::new());
        while let Some(password) = passwords.get(next.fetch_add(1, Ordering::Relaxed)) {
            let credentials = hash(password, &mut memory);
            done.push((password.clone(), credentials?));
        }
        Some(done)
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(passwords.len().max(1));
    let parts: Vec<_> = thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        started.into_iter().map(|thread| thread.join().ok().flatten()).collect()
    });
    let all: Option<Vec<_>> = parts.into_iter().collect();
    let all = all.ok_or_else(|| StoreError::Unavailable("no random bytes or no memory for hashing".to_owned()))?;
    Ok(Hashed(all.into_iter().flatten().collect()))
}

fn hash(password: &Password, memory: &mut Vec<Block>) -> Option<Credentials> {
    match password.text() {
        Some(text) if password.is_account => hashing::credentials(&text, memory),
        Some(text) => {
            let argon2 = hashing::phc(prepare_password(&text).expose().as_bytes(), memory)?;
            Some(Credentials { argon2, scram: None })
        }
        None => Some(Credentials { argon2: hashing::phc(&password.bytes, memory)?, scram: None }),
    }
}
