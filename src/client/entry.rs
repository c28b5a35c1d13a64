//! One message of a conversation, or one remark: what it is, who said it, what became of it.

use std::sync::Arc;

use super::annotation::Redaction;
use super::comings::Comings;
use super::reactions::Reactions;
use super::stretch::Stretch;
use crate::proto::names::MsgId;
use crate::proto::time::Timestamp;

/// Names an entry for as long as the program runs; unique among all conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey(pub(super) u64);

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// Said by its author.
    Message,
    /// Done by its author (`/me`).
    Action,
    /// A NOTICE of its author.
    Notice,
    /// Something happened: a join, a topic, an answer to a command. The text is a sentence of ours.
    Info,
    /// Something went wrong. The text is a sentence of ours.
    Error,
    /// Messages are missing here. The text says so.
    Gap,
}

/// What became of an own message. Everybody else's are delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    /// The server has it and has told it.
    #[default]
    Delivered,
    /// On its way.
    Pending {
        /// It was written to the current connection; else it waits for one.
        sent: bool,
    },
    /// The server refused it.
    Failed {
        /// Why, as a sentence.
        reason: String,
    },
    /// The connection was lost before the answer, and the server cannot be asked without perhaps doubling it.
    Unknown,
}

/// The message that a message answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The server's name for it.
    pub to: Arc<str>,
    /// What it says, once it is known.
    pub quote: Option<Quote>,
}

/// A message that is quoted above the answer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quote {
    /// Its author.
    pub author: String,
    /// The beginning of its text; empty when it was withdrawn.
    pub text: String,
}

/// How many characters of a message are kept for being quoted.
const QUOTE_CHARACTERS_MAX: usize = 300;

impl Quote {
    /// The quotation of a message.
    pub fn of(entry: &Entry) -> Self {
        let line = entry.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        Self { author: entry.author.clone(), text: line.chars().take(QUOTE_CHARACTERS_MAX).collect() }
    }
}

/// One message or remark.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Set by the buffer.
    pub(super) key: EntryKey,
    /// Grows with every change: a cache of wrapped rows is valid for (key, revision).
    pub(super) revision: u32,
    /// What it is ordered by: the server's time, or that of the entry before it.
    pub(super) order: Timestamp,
    /// When it was said.
    pub time: Timestamp,
    /// The server's name for it.
    pub msgid: Option<Arc<str>>,
    /// The idempotency id of an own message that this program sent.
    pub id: Option<Arc<str>>,
    /// What it is.
    pub kind: EntryKind,
    /// The author's nick; empty for `Info`, `Error` and `Gap`.
    pub author: String,
    /// The text, without control characters but mIRC's formatting.
    pub text: String,
    /// What became of it.
    pub fate: Fate,
    /// Said by this person, from here or from another device.
    pub own: bool,
    /// It names this person.
    pub mention: bool,
    /// The message that it answers.
    pub reply: Option<Box<Reply>>,
    /// The reactions to it.
    pub reactions: Reactions,
    /// Who came and went, when it is that which it tells.
    pub comings: Option<Box<Comings>>,
    /// It was withdrawn; its text is gone then.
    pub redaction: Option<Box<Redaction>>,
    /// It was said before this program looked: it came in a page of history that nobody missed.
    pub is_past: bool,
    /// Where its line stands in the log of this device, when it does; of a gap, which stretch is missing.
    pub stretch: Option<Stretch>,
}

impl Entry {
    /// A message that the server delivered, still without its place.
    pub fn new(kind: EntryKind, author: impl Into<String>, text: impl Into<String>, time: Timestamp) -> Self {
        Self {
            key: EntryKey(0),
            revision: 0,
            order: time,
            time,
            msgid: None,
            id: None,
            kind,
            author: author.into(),
            text: text.into(),
            fate: Fate::Delivered,
            own: false,
            mention: false,
            reply: None,
            reactions: Reactions::default(),
            comings: None,
            redaction: None,
            is_past: false,
            stretch: None,
        }
    }

    /// Its name in this program.
    pub fn key(&self) -> EntryKey {
        self.key
    }

    /// Grows with every change.
    pub fn revision(&self) -> u32 {
        self.revision
    }

    /// Whether the server has numbered it: it came over the wire as a message and is not a remark of ours.
    pub fn is_from_server(&self) -> bool {
        self.fate == Fate::Delivered && matches!(self.kind, EntryKind::Message | EntryKind::Action | EntryKind::Notice)
    }

    /// Whether a person said it.
    pub fn is_spoken(&self) -> bool {
        matches!(self.kind, EntryKind::Message | EntryKind::Action | EntryKind::Notice)
    }

    /// Whether it can be chosen: what was said, and what is missing.
    pub fn can_be_chosen(&self) -> bool {
        self.is_spoken() || self.kind == EntryKind::Gap
    }

    /// The message that it answers, as the wire names it.
    pub fn reply_to(&self) -> Option<&str> {
        self.reply.as_ref().map(|reply| &*reply.to)
    }

    /// Whether it waits for the server.
    pub fn is_pending(&self) -> bool {
        matches!(self.fate, Fate::Pending { .. })
    }

    /// Whether it belongs behind `other`, both numbered by the server.
    pub(super) fn follows(&self, other: &Self) -> bool {
        if self.order != other.order {
            return self.order > other.order;
        }
        let ours = |entry: &Self| entry.msgid.as_deref().and_then(MsgId::parse);
        match (ours(self), ours(other)) {
            (Some(own), Some(others)) => own > others,
            _ => true,
        }
    }
}
