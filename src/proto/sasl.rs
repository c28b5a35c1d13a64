//! SASL as IRC carries it.

use std::fmt;

/// What SCRAM-SHA-256 needs to know of a password (RFC 5802, section 3): enough to verify it, not enough to use it.
#[derive(Clone, PartialEq, Eq)]
pub struct ScramKeys {
    /// The salt.
    pub salt: Vec<u8>,
    /// The rounds of PBKDF2.
    pub iterations: u32,
    /// `StoredKey`.
    pub stored_key: [u8; 32],
    /// `ServerKey`.
    pub server_key: [u8; 32],
}

impl fmt::Debug for ScramKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScramKeys(…)")
    }
}
