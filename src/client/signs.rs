//! What is known of a conversation beside its messages: how far it was read, who writes in it, whether the person is there.

use super::session::fact::TypingState;
use crate::proto::time::Timestamp;

/// How long somebody counts as writing after they were said to be.
const ACTIVE_MILLIS: u64 = 6_000;
/// The same after a pause was told.
const PAUSED_MILLIS: u64 = 30_000;
/// How many writers of one conversation are known; further ones are not shown.
const TYPISTS_MAX: usize = 20;

/// The writing in one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typing {
    /// Others who write, and until when they count as doing so.
    pub(super) others: Vec<(String, u64)>,
    /// The draft's length and caret when it was looked at last: whether it changes.
    pub(super) draft: (usize, usize),
    /// When our own writing was told last.
    pub(super) told_at_millis: Option<u64>,
    pub(super) is_told_active: bool,
}

impl Typing {
    /// Those who write.
    pub fn nicks(&self) -> impl Iterator<Item = &str> {
        self.others.iter().map(|(nick, _)| nick.as_str())
    }

    /// Somebody does not write any more: they have said it, or left.
    pub fn stop(&mut self, nick: &str) {
        self.others.retain(|(known, _)| known != nick);
    }

    /// Somebody writes, or has stopped.
    pub fn hear(&mut self, nick: &str, state: TypingState, now_millis: u64) {
        self.stop(nick);
        let lasts = match state {
            TypingState::Active => ACTIVE_MILLIS,
            TypingState::Paused => PAUSED_MILLIS,
            TypingState::Done => return,
        };
        if self.others.len() < TYPISTS_MAX {
            self.others.push((nick.to_owned(), now_millis + lasts));
        }
    }

    /// Our message has gone out: whoever reads it knows.
    pub fn sent(&mut self) {
        self.is_told_active = false;
        self.draft = (0, 0);
    }
}

/// How far a conversation has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// The time of the last message that was read, as the server knows it.
    pub until: Option<Timestamp>,
    /// What it is to be told, and when, by `Moment::elapsed_millis`.
    pub(super) due: Option<(Timestamp, u64)>,
    /// It was asked on this connection.
    pub(super) is_asked: bool,
}

/// Where a person is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// Nobody has told.
    #[default]
    Unknown,
    /// There.
    Here,
    /// Marked as away.
    Away,
    /// Not connected.
    Offline,
}
