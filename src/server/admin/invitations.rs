//! The operator's commands for invitations: what is asked, and what comes back.

use super::order::{Order, is_word};
use crate::proto::message::{Line, Message};

/// What an operator wants to do with invitations.
#[derive(Clone, Debug)]
pub enum InvitationCommand {
    /// All that wait to be used.
    List,
    /// A new one.
    Create {
        /// How long it counts: `12h`, `7d`; `0` is for ever.
        duration: String,
        /// For whom, or what for; may be empty.
        note: String,
    },
    /// One counts no more.
    Revoke {
        /// Its number.
        number: String,
    },
}

impl Order for InvitationCommand {
    fn line(&self) -> Line {
        let line = Line::new("INVITATION");
        match self {
            Self::List => line.param("LIST"),
            Self::Create { duration, note } if note.is_empty() => line.param("ADD").param(duration),
            Self::Create { duration, note } => line.param("ADD").param(duration).trailing(note),
            Self::Revoke { number } => line.param("REVOKE").param(number),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        match self {
            Self::List => None,
            Self::Create { note, .. } if note.contains(['\r', '\n', '\0']) => Some("a note is one line"),
            Self::Create { duration, .. } if !is_word(duration) => Some("a duration is one word"),
            Self::Revoke { number } if !is_word(number) => Some("a number is one word"),
            Self::Create { .. } | Self::Revoke { .. } => None,
        }
    }
}

/// An invitation as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct InvitationEntry {
    /// By which it is revoked.
    pub number: String,
    /// Its code; known when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Until when; none: for ever.
    pub until: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// For whom, or what for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a line of an answer tells: `CODE <number> <code> <until>` or `ENTRY <number> <since> <until> <by> :<note>`.
pub(super) fn read(message: &Message<'_>) -> Option<InvitationEntry> {
    let until = |word: &str| Some(word.to_owned()).filter(|word| word != "*");
    match *message.params() {
        ["CODE", number, code, end, ..] => Some(InvitationEntry {
            number: number.to_owned(),
            code: Some(code.to_owned()),
            since: None,
            until: until(end),
            by: None,
            note: None,
        }),
        ["ENTRY", number, since, end, by, note] => Some(InvitationEntry {
            number: number.to_owned(),
            code: None,
            since: Some(since.to_owned()),
            until: until(end),
            by: Some(by.to_owned()),
            note: Some(note.to_owned()),
        }),
        _ => None,
    }
}
