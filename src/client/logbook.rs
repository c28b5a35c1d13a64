//! What logs are made of: their names, their lines, pages of them and the questions for these.
//!
//! A line is `time TAB kind TAB author TAB text`, where backslashes, line ends and tabs are written as `\\`, `\n`, `\t`. Of a message
//! that was withdrawn the kind is `gone`, and in the place of its text stands who has done so, and blanks up to its length.

use std::sync::Arc;

use super::entry::{Entry, EntryKind};
use super::stretch::Stretch;
use crate::ground::texts::Texts;
use crate::proto::time::Timestamp;

/// The kind of what was withdrawn: no longer than any other, so that it can be written over each.
const WITHDRAWN: &str = "gone";

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
    /// What; nothing when it was withdrawn.
    pub text: String,
    /// Who has withdrawn it, if somebody has; empty where that is not known.
    pub withdrawn_by: Option<String>,
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
        let withdrawn_by = entry.redaction.as_ref().map(|redaction| redaction.by.clone());
        Self {
            time: entry.time,
            kind: entry.kind,
            author: entry.author.clone(),
            text: entry.text.clone(),
            withdrawn_by,
        }
    }

    /// Adds the line to `out`.
    pub fn write(&self, out: &mut String) {
        let (kind, text) = match (&self.withdrawn_by, self.kind) {
            (Some(by), _) => (WITHDRAWN, by),
            (None, EntryKind::Action) => ("action", &self.text),
            (None, EntryKind::Notice) => ("notice", &self.text),
            (None, _) => ("message", &self.text),
        };
        out.push_str(&self.time.to_string());
        for word in [kind, &self.author, text] {
            out.push('\t');
            escape(out, word);
        }
        out.push('\n');
    }

    /// What is written over a line of this many bytes when its message is withdrawn: as long, without its text.
    pub fn struck(self, by: &str, bytes: usize) -> Option<String> {
        let written = |by: &str| {
            let mut out = String::new();
            Self { text: String::new(), withdrawn_by: Some(by.to_owned()), ..self.clone() }.write(&mut out);
            out.truncate(out.trim_end_matches('\n').len());
            (out.len() < bytes).then_some(out)
        };
        let line = written(by).or_else(|| written(""))?;
        Some(format!("{line:width$}\n", width = bytes - 1 - line.len() + line.chars().count()))
    }

    /// The message of a line without its end; nothing when it is no line of ours.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.splitn(4, '\t');
        let time = Timestamp::parse(parts.next()?)?;
        let kind = match parts.next()? {
            "message" => EntryKind::Message,
            "action" => EntryKind::Action,
            "notice" => EntryKind::Notice,
            WITHDRAWN => {
                let (author, by) = (unescaped(parts.next()?), unescaped(parts.next()?));
                let withdrawn_by = Some(by.trim_end().to_owned());
                return Some(Self { time, kind: EntryKind::Message, author, text: String::new(), withdrawn_by });
            }
            _ => return None,
        };
        let (author, text) = (unescaped(parts.next()?), unescaped(parts.next()?));
        Some(Self { time, kind, author, text, withdrawn_by: None })
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
            let time = Timestamp::from_millis(1_700_000_000_000);
            let line = LogLine { time, kind: EntryKind::Message, author, text, withdrawn_by: None };
            let mut written = String::new();
            line.write(&mut written);
            prop_assert_eq!(written.matches('\n').count(), 1);
            prop_assert_eq!(LogLine::parse(written.trim_end_matches('\n')), Some(line));
        }

        #[test]
        fn what_is_withdrawn_leaves_as_much_room_as_it_took(
            author in "[^\r\\x00-\x08]{0,9}", text in "[^\r]{0,20}", by in "[^\r\n\t\\\\ ]{0,9}", kind in 0..3usize,
        ) {
            let kind = [EntryKind::Message, EntryKind::Action, EntryKind::Notice][kind];
            let time = Timestamp::from_millis(1_700_000_000_000);
            let line = LogLine { time, kind, author: author.clone(), text: text.clone(), withdrawn_by: None };
            let mut written = String::new();
            line.write(&mut written);
            let struck = line.struck(&by, written.len()).unwrap();
            prop_assert_eq!(struck.len(), written.len());
            let found = LogLine::parse(struck.strip_suffix('\n').unwrap()).unwrap();
            prop_assert_eq!((&found.author, found.text.as_str()), (&author, ""));
            let told = found.withdrawn_by.unwrap();
            prop_assert!(told == by.trim_end() || (told.is_empty() && by.len() > text.len()), "{:?}", told);
        }
    }
}
