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
//! erased. Nothing here touches a database.

use std::fmt;

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac};

use super::StoreError;
use crate::chat::event::Seq;
use crate::proto::time::Timestamp;

/// Bytes of a row's salt.
pub const SALT_BYTES: usize = 16;
const VERSION: u8 = 1;
const KEY_LABEL: &[u8] = b"chat-tui record chain 1";

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

/// As many salts as there are rows.
///
/// # Errors
/// When the system gives no random bytes.
pub fn salts(count: usize) -> Result<Vec<[u8; SALT_BYTES]>, StoreError> {
    let mut bytes = vec![0; count * SALT_BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| StoreError::Unavailable("the system gives no random bytes".to_owned()))?;
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

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its personal fields are not those that were stored.
    #[error("event {0} was changed")]
    Changed(Seq),
    /// It does not follow the row before it: its number, time, kind or digest was changed, or rows before it are missing,
    /// inserted or exchanged.
    #[error("event {0} does not follow the one before it")]
    Broken(Seq),
    /// The last rows are missing, or the journal's head was changed.
    #[error("the record does not end where its journal says")]
    CutOff,
}

/// Goes along the chain.
#[derive(Debug)]
pub struct Verifier<'a> {
    key: &'a ChainKey,
    previous: [u8; 32],
}

impl<'a> Verifier<'a> {
    /// Before the first row.
    pub fn new(key: &'a ChainKey) -> Self {
        Self { key, previous: [0; 32] }
    }

    /// The next row, by seq. Its salt is missing when its personal fields were erased.
    ///
    /// # Errors
    /// When the row was changed, or is not the next one.
    pub fn follow(
        &mut self,
        row: &Facts<'_>,
        salt: Option<&[u8; SALT_BYTES]>,
        digest: &[u8; 32],
        chain: &[u8; 32],
    ) -> Result<(), Fault> {
        if chain_of(self.key, &self.previous, row, digest) != *chain {
            return Err(Fault::Broken(row.seq));
        }
        if salt.is_some_and(|salt| digest_of(row, salt) != *digest) {
            return Err(Fault::Changed(row.seq));
        }
        self.previous = *chain;
        Ok(())
    }

    /// Behind the last row: whether it is the one that the journal calls its head.
    ///
    /// # Errors
    /// When it is another one.
    pub fn end(self, head: &[u8; 32]) -> Result<(), Fault> {
        if self.previous == *head { Ok(()) } else { Err(Fault::CutOff) }
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
    fn a_broken_chain_is_found() {
        let key = ChainKey::derive(b"secret");
        let rows: Vec<_> = (1..=4).map(|seq| facts(seq, &[Field::Number(seq)])).collect();
        let mut links: Vec<Link> = Vec::new();
        for (row, salt) in rows.iter().zip(salts(4).unwrap()) {
            let previous = links.last().map_or([0; 32], |link| link.chain);
            links.push(Link::new(&key, &previous, row, salt));
        }
        let head = links[3].chain;
        let verify = |key: &ChainKey, order: &[usize], rows: &[Facts<'_>]| {
            let mut verifier = Verifier::new(key);
            for at in order {
                let link = &links[*at];
                verifier.follow(&rows[*at], Some(&link.salt), &link.digest, &link.chain)?;
            }
            verifier.end(&head)
        };
        assert_eq!(verify(&key, &[0, 1, 2, 3], &rows), Ok(()));
        assert_eq!(verify(&ChainKey::derive(b"other"), &[0, 1, 2, 3], &rows), Err(Fault::Broken(Seq(1))));
        assert_eq!(verify(&key, &[0, 2, 3], &rows), Err(Fault::Broken(Seq(3))), "missing");
        assert_eq!(verify(&key, &[0, 2, 1, 3], &rows), Err(Fault::Broken(Seq(3))), "exchanged");
        assert_eq!(verify(&key, &[0, 1, 1, 2, 3], &rows), Err(Fault::Broken(Seq(2))), "inserted");
        assert_eq!(verify(&key, &[0, 1, 2], &rows), Err(Fault::CutOff));
        let mut changed = rows.clone();
        changed[1].fields[0] = Field::Number(9);
        assert_eq!(verify(&key, &[0, 1, 2, 3], &changed), Err(Fault::Changed(Seq(2))));
        let mut later = rows.clone();
        later[2].time = Timestamp::from_millis(6);
        assert_eq!(verify(&key, &[0, 1, 2, 3], &later), Err(Fault::Broken(Seq(3))));

        let mut verifier = Verifier::new(&key);
        for (row, link) in rows.iter().zip(&links) {
            let erased = Facts { fields: Vec::new(), ..row.clone() };
            assert_eq!(verifier.follow(&erased, None, &link.digest, &link.chain), Ok(()), "erased rows stay valid");
        }
    }
}
