//! What every command of an operator is: a line to the server.

use crate::proto::message::Line;

/// A line that asks the server for something, and what cannot be sent as one.
pub trait Order {
    /// The line.
    fn line(&self) -> Line;
    /// Whether a text of it cannot stand in its place in a line.
    fn fault(&self) -> Option<&'static str>;
    /// Whether all of one thing is asked for, and not a line of many.
    fn is_about_one(&self) -> bool {
        false
    }
    /// Whether the server has no word of its own for having done it.
    fn is_quiet(&self) -> bool {
        false
    }
}

/// Whether a text can stand as one word of a line.
pub(super) fn is_word(word: &str) -> bool {
    !word.is_empty() && !word.starts_with(':') && !word.contains(|c: char| c.is_whitespace() || c.is_control())
}
