//! What logs are made of: their names, their lines, pages of them and the questions for these.
//!
//! A line is `time TAB kind TAB author TAB text`, where backslashes, line ends and tabs are written as `\\`, `\n`, `\t`.

use std::sync::Arc;

use super::entry::{Entry, EntryKind};
use super::stretch::Stretch;
use crate::ground::texts::Texts;
use crate::proto::time::Timestamp;

/// Which log it is. A conversation keeps to its log for as long as it is open, whatever it is called meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LogName {
    /// The server, as in `Login::server`.
    pub server: String,
    /// Whose log it is.
    pub account: String,
    /// The channel or person, as it is compared.
    pub target: String,
}

/// A message of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When it was said.
    pub time: Timestamp,
    /// Message, action or notice.
    pub kind: EntryKind,
    /// Who said it.
    pub author: String,
    /// What.
    pub text: String,
}

/// A question for a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogQuestion {
    /// The number of the conversation that asks; goes back with the answer.
    pub conversation: u32,
    /// Which log.
    pub log: Arc<LogName>,
    /// The stretch that the page is a part of.
    pub stretch: Stretch,
    /// The page is its first part; else its last.
    pub is_from_above: bool,
    /// How many lines it has at most.
    pub limit: usize,
}

/// A page of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// Its lines in order, each with where it stands; what is no line of ours is passed over.
    pub lines: Vec<(Stretch, LogLine)>,
    /// What it covers. A page that reaches the end of an open stretch is open as well.
    pub covered: Stretch,
}

/// What went wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// It cannot be read.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
    /// It cannot be written.
    #[error("the log cannot be written: {0}")]
    Unwritable(String),
    /// The disk does not keep pace: what waits for it has become too much.
    #[error("the disk is too slow for the log")]
    TooSlow,
    /// It is not the file any more that was read before.
    #[error("the log was cut or replaced")]
    Changed,
}

impl LogFault {
    /// The fault in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::Unreadable(reason) => texts.format("log-unreadable", &[("reason", reason.as_str().into())]),
            Self::Unwritable(reason) => texts.format("log-unwritable", &[("reason", reason.as_str().into())]),
            Self::TooSlow => texts.get("log-too-slow").into_owned(),
            Self::Changed => texts.get("log-changed").into_owned(),
        }
    }
}

impl LogLine {
    /// The line for a message.
    pub fn of(entry: &Entry) -> Self {
        Self { time: entry.time, kind: entry.kind, author: entry.author.clone(), text: entry.text.clone() }
    }

    /// Adds the line to `out`.
    pub fn write(&self, out: &mut String) {
        let kind = match self.kind {
            EntryKind::Action => "action",
            EntryKind::Notice => "notice",
            _ => "message",
        };
        out.push_str(&self.time.to_string());
        for word in [kind, &self.author, &self.text] {
            out.push('\t');
            escape(out, word);
        }
        out.push('\n');
    }

    /// The message of a line without its end; nothing when it is no line of ours.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(4, '\t');
        let time = Timestamp::parse(parts.next()?)?;
        let kind = match parts.next()? {
            "message" => EntryKind::Message,
            "action" => EntryKind::Action,
            "notice" => EntryKind::Notice,
            _ => return None,
        };
        let (author, text) = (unescaped(parts.next()?), unescaped(parts.next()?));
        Some(Self { time, kind, author, text })
    }
}

fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\n', '\r', '\t']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes()[0] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            _ => "\\n",
        });
        rest = &from[1..];
    }
    out.push_str(rest);
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => out.extend(signs.next().map(|sign| match sign {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            sign => out.push(sign),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_written(author in "[^\r\\x00-\x08]{0,9}", text in "[^\r]{0,40}") {
            let line = LogLine { time: Timestamp::from_millis(1_700_000_000_000), kind: EntryKind::Message, author, text };
            let mut written = String::new();
            line.write(&mut written);
            prop_assert_eq!(written.matches('\n').count(), 1);
            prop_assert_eq!(LogLine::parse(written.trim_end_matches('\n')), Some(line));
        }
    }
}
