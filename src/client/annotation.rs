//! What is said about a message later on: a reaction, its end, a redaction; and those that come before their message does.
//!
//! Specifications: IRCv3 `+draft/react`, `+draft/unreact`, `draft/message-redaction`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::reactions::Reactor;

/// How many annotations wait for their messages; beyond it the oldest is forgotten.
const WAITING_MAX: usize = 2_000;

/// Something about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The message that it is about.
    pub about: Arc<str>,
    /// What is said.
    pub note: Note,
}

/// What is said about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A reaction, or the end of one.
    Reaction(Reactor),
    /// The message is withdrawn.
    Redaction(Redaction),
}

/// Who has withdrawn a message, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// Who.
    pub by: String,
    /// Why; often empty.
    pub reason: String,
}

/// Annotations whose messages are not there: they are on an older page, or are none of ours.
#[derive(Debug, Default)]
pub struct Waiting(VecDeque<Annotation>);

impl Waiting {
    /// Keeps one until its message comes.
    pub fn push(&mut self, annotation: Annotation) {
        if self.0.contains(&annotation) {
            return;
        }
        if self.0.len() == WAITING_MAX {
            self.0.pop_front();
        }
        self.0.push_back(annotation);
    }

    /// Takes out what waits for this message, oldest first.
    pub fn take(&mut self, msgid: &str) -> Vec<Note> {
        if !self.0.iter().any(|annotation| &*annotation.about == msgid) {
            return Vec::new();
        }
        let (taken, left): (VecDeque<_>, VecDeque<_>) =
            std::mem::take(&mut self.0).into_iter().partition(|annotation| &*annotation.about == msgid);
        self.0 = left;
        taken.into_iter().map(|annotation| annotation.note).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction(about: &str) -> Annotation {
        Annotation { about: about.into(), note: Note::Redaction(Redaction { by: "ann".into(), reason: String::new() }) }
    }

    #[test]
    fn what_waits_is_bounded_and_taken_once() {
        let mut waiting = Waiting::default();
        for number in 0..WAITING_MAX + 1 {
            waiting.push(redaction(&number.to_string()));
            waiting.push(redaction(&number.to_string()));
        }
        assert!(waiting.take("0").is_empty(), "the oldest is forgotten");
        assert_eq!(waiting.take("1").len(), 1);
        assert!(waiting.take("1").is_empty());
    }
}
