//! What may be written down a moment later, for many at once: ten thousand clients that come back must not wait for ten
//! thousand transactions. What a crash forgets of it is worth no more.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a note may wait to be written down; what a crash may forget.
pub const NOTE_DELAY: Duration = Duration::from_secs(1);
/// The most notes of a kind that wait; further ones are not written down.
const NOTES_MAX: usize = 65_536;
/// The most of them in one transaction, so that messages need not wait long behind it.
const NOTES_PER_COMMIT_MAX: usize = 256;

/// The last word about each of many, in the order of the tables, so that those who are written at once share a few pages.
#[derive(Debug)]
pub struct Notes<K, V>(Mutex<BTreeMap<K, V>>);

impl<K, V> Default for Notes<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Copy + Ord, V: Clone> Notes<K, V> {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a note. True when it is the first one that waits, so that somebody must write them down.
    pub fn take(&self, key: K, value: V) -> bool {
        let mut notes = self.lock();
        if notes.len() >= NOTES_MAX && !notes.contains_key(&key) {
            return false;
        }
        let is_first = notes.is_empty();
        notes.insert(key, value);
        is_first
    }

    /// What waits about one.
    pub fn about(&self, key: K) -> Option<V> {
        self.lock().get(&key).cloned()
    }

    /// Some of what waits, for one transaction; nothing when nothing does.
    pub fn some(&self) -> Option<BTreeMap<K, V>> {
        let mut notes = self.lock();
        let rest = match notes.keys().nth(NOTES_PER_COMMIT_MAX).copied() {
            Some(key) => notes.split_off(&key),
            None => BTreeMap::new(),
        };
        let some = std::mem::replace(&mut *notes, rest);
        (!some.is_empty()).then_some(some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_about_each_is_written_once() {
        let notes = Notes::default();
        assert!(notes.take(1, "one"));
        assert!(!notes.take(1, "again"), "somebody writes it down already");
        assert!(!notes.take(2, "two"));
        assert!(!notes.take(1, "last"));
        assert_eq!(notes.about(1), Some("last"));
        assert_eq!(notes.some(), Some(BTreeMap::from([(1, "last"), (2, "two")])));
        assert_eq!(notes.some(), None);
        assert!(notes.take(2, "again"));
    }

    #[test]
    fn too_many_are_left_out() {
        let notes = Notes::default();
        for key in 0..NOTES_MAX {
            notes.take(key, ());
        }
        notes.take(NOTES_MAX, ());
        let written: usize = std::iter::from_fn(|| notes.some()).map(|some| some.len()).sum();
        assert_eq!(written, NOTES_MAX);
    }
}
