//! Everything that must look random comes from one secret of the server: cloaks and the codes of the allow dialogue.
//!
//! The key is made once and kept by the server; the rules only derive from it, so that they stay pure.

use std::fmt;
use std::net::IpAddr;

use ring::hmac;

use super::event::AccountId;
use super::policy;

/// The server's secret.
#[derive(Clone)]
pub struct WorldKey(hmac::Key);

impl WorldKey {
    /// Takes 32 random bytes, the same at every start.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
    }

    /// The host that others see instead of an address: the same for the same address (an IPv6 address counts by its /64).
    pub fn cloak(&self, address: IpAddr) -> String {
        const CLOAK_CHARACTERS: usize = 12;
        let text = self.derive(&["cloak", &policy::address_key(address)], CLOAK_CHARACTERS);
        format!("{text}.cloak")
    }

    /// The code by which an account's owner allows an address.
    pub fn allow_code(&self, account: AccountId, address: &str) -> String {
        const CODE_CHARACTERS: usize = 10;
        self.derive(&["allow", &account.to_string(), address], CODE_CHARACTERS)
    }

    /// The first characters, five bits each, of the HMAC over the parts. No part may hold a NUL.
    fn derive(&self, parts: &[&str], characters: usize) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let digest = hmac::sign(&self.0, parts.join("\0").as_bytes());
        digest.as_ref().iter().take(characters).map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect()
    }
}

impl fmt::Debug for WorldKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("WorldKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloak(key: u8, address: &str) -> String {
        WorldKey::new([key; 32]).cloak(address.parse().unwrap())
    }

    #[test]
    fn a_cloak_stands_for_an_address_and_tells_nothing_of_it() {
        assert_eq!(cloak(1, "192.168.56.1"), cloak(1, "192.168.56.1"));
        assert_eq!(cloak(1, "192.168.56.1"), cloak(1, "::ffff:192.168.56.1"));
        assert_ne!(cloak(1, "192.168.56.1"), cloak(1, "192.168.56.2"));
        assert_ne!(cloak(1, "192.168.56.1"), cloak(2, "192.168.56.1"));
        assert_eq!(cloak(1, "2001:db8:1:2::3"), cloak(1, "2001:db8:1:2:ffff::4"));
        assert_ne!(cloak(1, "2001:db8:1:2::3"), cloak(1, "2001:db8:1:3::3"));
        assert!(cloak(1, "10.0.0.1").ends_with(".cloak"));
    }

    #[test]
    fn a_code_is_for_one_account_and_one_address() {
        let key = WorldKey::new([7; 32]);
        assert_eq!(key.allow_code(AccountId(1), "10.0.0.1"), key.allow_code(AccountId(1), "10.0.0.1"));
        assert_ne!(key.allow_code(AccountId(1), "10.0.0.1"), key.allow_code(AccountId(2), "10.0.0.1"));
        assert_ne!(key.allow_code(AccountId(1), "10.0.0.1"), key.allow_code(AccountId(1), "10.0.0.2"));
    }
}
