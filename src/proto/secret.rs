//! A text that must never be shown: passwords and tokens.
//!
//! It guards against showing by accident (logs, `Debug`, error messages) and wipes its own bytes when it goes; copies that
//! others made of the exposed text are theirs to care for.

use std::fmt;
use std::hint::black_box;

/// A password or a token. It has no `Display`, and its `Debug` shows nothing. Comparing takes the same time wherever the
/// first difference is.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a text in custody.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text, for those who must compare, hash or send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_boxed_bytes();
        bytes.fill(0);
        // Keeps the compiler from leaving out the writing of what nobody reads.
        black_box(&bytes);
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        equal_in_constant_time(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// Whether both are the same, in a time that depends on their lengths only.
pub fn equal_in_constant_time(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |difference, (one, other)| black_box(difference | (one ^ other)));
    one.len() == other.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn secrets_are_compared_whole() {
        assert_eq!(Secret::new("abc"), Secret::new("abc"));
        for other in ["abd", "bbc", "ab", "abcd", ""] {
            assert_ne!(Secret::new("abc"), Secret::new(other));
        }
        assert!(equal_in_constant_time(b"", b""));
    }
}
