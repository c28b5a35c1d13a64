//! The record's chain: who changes, removes or inserts a row without the server's key is found.
//!
//! Version 1. Each stored event has a random salt, a digest and a chain value:
//!
//! - *digest* = SHA-256 over the version, the salt and the personal fields, each with its type and its length, so that no
//!   two different rows give the same bytes;
//! - *chain* = HMAC-SHA-256, with the server's key, over the version, the chain value of the row before (32 zero bytes
//!   before the first), seq, time in milliseconds, the kind's word and the digest.
//!
//! Erasing a row's personal fields and its salt leaves the chain valid, and the digest says nothing about what was
//! erased. Removing the oldest rows leaves it valid too, when a *checkpoint* says with the server's key where the rest
//! follows on. Whoever can write to the database can still cut off its end; an [`Anchor`] that is kept elsewhere shows it.
//! Nothing here touches a database.

pub mod verifier;

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

use crate::chat::event::Seq;
use crate::proto::time::Timestamp;

/// Bytes of a row's salt.
pub const SALT_BYTES: usize = 16;
const VERSION: u8 = 1;
const KEY_LABEL: &[u8] = b"chat-tui record chain 1";
const CHECKPOINT_LABEL: &[u8] = b"chat-tui record checkpoint 1";
/// What stands before the first row.
pub const BEGINNING: [u8; 32] = [0; 32];

/// The key of the chain.
#[derive(Clone)]
pub struct ChainKey(hmac::Key);

impl fmt::Debug for ChainKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ChainKey(…)")
    }
}

impl ChainKey {
    /// The chain's key out of the server's secret, which serves other purposes too.
    pub fn derive(server_secret: &[u8]) -> Self {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, server_secret);
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, KEY_LABEL).as_ref()))
    }
}

/// A personal field of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// Nothing, which is not the same as an empty text.
    None,
    /// A text.
    Text(&'a str),
    /// A number.
    Number(u64),
}

impl<'a> Field<'a> {
    /// A text, or nothing.
    pub fn optional_text(text: Option<&'a str>) -> Self {
        text.map_or(Self::None, Self::Text)
    }

    /// A number, or nothing.
    pub fn optional_number(number: Option<u64>) -> Self {
        number.map_or(Self::None, Self::Number)
    }
}

/// What the chain knows of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Its number.
    pub seq: Seq,
    /// Its time.
    pub time: Timestamp,
    /// The word of its kind.
    pub kind: &'a str,
    /// Its personal fields, always in the same order.
    pub fields: Vec<Field<'a>>,
}

/// A row's link in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Random.
    pub salt: [u8; SALT_BYTES],
    /// Over salt and personal fields.
    pub digest: [u8; 32],
    /// Over the link before and this row.
    pub chain: [u8; 32],
}

/// The system gives no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSalt;

/// As many salts as there are rows.
///
/// # Errors
/// When the system gives no random bytes.
pub fn salts(count: usize) -> Result<Vec<[u8; SALT_BYTES]>, NoSalt> {
    let mut bytes = vec![0; count * SALT_BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| NoSalt)?;
    Ok(bytes.as_chunks().0.to_vec())
}

/// The digest of a row's personal fields.
pub fn digest_of(row: &Facts<'_>, salt: &[u8; SALT_BYTES]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[VERSION]);
    context.update(salt);
    context.update(&(row.fields.len() as u64).to_be_bytes());
    for field in &row.fields {
        match field {
            Field::None => context.update(&[0]),
            Field::Text(text) => {
                context.update(&[1]);
                context.update(&(text.len() as u64).to_be_bytes());
                context.update(text.as_bytes());
            }
            Field::Number(number) => {
                context.update(&[2]);
                context.update(&number.to_be_bytes());
            }
        }
    }
    array(context.finish().as_ref())
}

/// The chain value of a row behind `previous`.
fn chain_of(key: &ChainKey, previous: &[u8; 32], row: &Facts<'_>, digest: &[u8; 32]) -> [u8; 32] {
    let word = row.kind.as_bytes();
    let mut context = hmac::Context::with_key(&key.0);
    context.update(&[VERSION]);
    context.update(previous);
    context.update(&row.seq.0.to_be_bytes());
    context.update(&row.time.as_millis().to_be_bytes());
    context.update(&(word.len() as u64).to_be_bytes());
    context.update(word);
    context.update(digest);
    array(context.sign().as_ref())
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(bytes);
    out
}

impl Link {
    /// The link of a row behind `previous`.
    pub fn new(key: &ChainKey, previous: &[u8; 32], row: &Facts<'_>, salt: [u8; SALT_BYTES]) -> Self {
        let digest = digest_of(row, &salt);
        Self { salt, digest, chain: chain_of(key, previous, row, &digest) }
    }
}

/// A point of the record as it is written down elsewhere: `41 5f0c…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The event.
    pub seq: Seq,
    /// Its chain value.
    pub chain: [u8; 32],
}

impl fmt::Display for Anchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.seq)?;
        self.chain.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl Anchor {
    /// Before the first event.
    pub const BEGINNING: Self = Self { seq: Seq(0), chain: BEGINNING };

    /// Reads `41 5f0c…`; nothing when it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let (seq, hex) = text.trim().split_once(' ')?;
        let (pairs, []) = hex.as_bytes().as_chunks::<2>() else { return None };
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        Some(Self { seq: Seq(seq.parse().ok()?), chain: bytes?.try_into().ok()? })
    }
}

/// Where the record goes on after its oldest rows were removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The last event that was removed: what follows is chained to it.
    pub anchor: Anchor,
    /// When it was made.
    pub made_at: Timestamp,
    /// Why.
    pub reason: String,
}

impl Checkpoint {
    /// What only the server's key can make of it, and of the checkpoint before it.
    pub fn seal(&self, key: &ChainKey, previous: Option<&[u8; 32]>) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key.0, CHECKPOINT_LABEL).as_ref());
        let mut context = hmac::Context::with_key(&key);
        context.update(&[VERSION]);
        context.update(previous.unwrap_or(&BEGINNING));
        context.update(&self.anchor.seq.0.to_be_bytes());
        context.update(&self.anchor.chain);
        context.update(&self.made_at.as_millis().to_be_bytes());
        context.update(self.reason.as_bytes());
        array(context.sign().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(seq: u64, fields: &[Field<'static>]) -> Facts<'static> {
        Facts { seq: Seq(seq), time: Timestamp::from_millis(5), kind: "privmsg", fields: fields.to_vec() }
    }

    #[test]
    fn different_rows_have_different_digests() {
        let rows = [
            vec![Field::Text("ab"), Field::Text("c")],
            vec![Field::Text("a"), Field::Text("bc")],
            vec![Field::Text("abc")],
            vec![Field::Text("abc"), Field::None],
            vec![Field::Text("abc"), Field::Text("")],
            vec![Field::Text("abc"), Field::Number(0)],
            vec![Field::None, Field::Text("abc")],
        ];
        let salt = [7; SALT_BYTES];
        for (at, one) in rows.iter().enumerate() {
            for (place, other) in rows.iter().enumerate() {
                let same = digest_of(&facts(1, one), &salt) == digest_of(&facts(1, other), &salt);
                assert_eq!(same, at == place, "{one:?} {other:?}");
            }
            assert_ne!(digest_of(&facts(1, one), &salt), digest_of(&facts(1, one), &[8; SALT_BYTES]));
        }
    }

    #[test]
    fn an_anchor_is_read_as_it_was_written() {
        let anchor = Anchor { seq: Seq(41), chain: std::array::from_fn(|at| at as u8 * 7) };
        assert_eq!(Anchor::parse(&anchor.to_string()), Some(anchor));
        for odd in ["", "41", "41 00", "x 00", &format!("{anchor}0"), &format!("{anchor}00"), "41 é"] {
            assert_eq!(Anchor::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_seal_covers_everything_and_needs_the_key() {
        let key = ChainKey::derive(b"secret");
        let checkpoint = Checkpoint {
            anchor: Anchor { seq: Seq(5), chain: [3; 32] },
            made_at: Timestamp::from_millis(9),
            reason: "age".to_owned(),
        };
        let seal = checkpoint.seal(&key, None);
        assert_ne!(seal, checkpoint.seal(&ChainKey::derive(b"other"), None));
        assert_ne!(seal, checkpoint.seal(&key, Some(&[1; 32])));
        for other in [
            Checkpoint { anchor: Anchor { seq: Seq(6), ..checkpoint.anchor }, ..checkpoint.clone() },
            Checkpoint { anchor: Anchor { chain: [4; 32], ..checkpoint.anchor }, ..checkpoint.clone() },
            Checkpoint { made_at: Timestamp::from_millis(8), ..checkpoint.clone() },
            Checkpoint { reason: String::new(), ..checkpoint.clone() },
        ] {
            assert_ne!(seal, other.seal(&key, None));
        }
    }
}
