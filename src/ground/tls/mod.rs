//! TLS on both sides: which cryptography, whose certificate, whom to trust.
//!
//! Wraps streams and judges certificates; it never opens a socket, asks a person or keeps a pin. RFC 8446 (TLS 1.3) and
//! RFC 5246 (TLS 1.2) through rustls; names and chains by RFC 5280 through webpki.

pub mod client;
#[cfg(feature = "server")]
pub mod server;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;

/// The bytes of a fingerprint: those of SHA-256.
const FINGERPRINT_BYTES: usize = 32;

/// Makes *ring* the cryptography of every TLS connection of this process. The first thing in `main`.
///
/// Libraries that make their own configurations (the MariaDB driver) ask for the process's provider, and panic where two are
/// compiled in and none was chosen.
pub fn install_provider() {
    // An error means that one is installed already: then this was called twice.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The SHA-256 digest of a certificate, by which a person recognizes it. Written as `openssl x509 -fingerprint -sha256`
/// writes it: hexadecimal pairs with colons.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; FINGERPRINT_BYTES]);

impl Fingerprint {
    /// The fingerprint of a certificate in its DER form.
    pub fn of(certificate: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, certificate);
        let mut bytes = [0; FINGERPRINT_BYTES];
        bytes.copy_from_slice(digest.as_ref());
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(formatter, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// A text is not a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint is 32 hexadecimal pairs, with or without colons")]
pub struct BadFingerprint;

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    /// Reads pairs in either case, with colons between all of them or between none.
    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let joined: String;
        let digits = if text.len() == FINGERPRINT_BYTES * 3 - 1 {
            if text.split(':').any(|pair| pair.len() != 2) {
                return Err(BadFingerprint);
            }
            joined = text.split(':').collect();
            &joined
        } else {
            text
        };
        if digits.len() != FINGERPRINT_BYTES * 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadFingerprint);
        }
        let mut bytes = [0; FINGERPRINT_BYTES];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16).map_err(|_| BadFingerprint)?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests;
