//! Something that was said, as the lines in which it goes to a connection: one line, or those of a message of several.
//!
//! Specification: IRCv3 `draft/multiline`. Who knows it gets a batch with the tags on its beginning; everybody else gets the
//! lines that are not blank, the first one with all tags, the others without the message id.

use super::stamp::Stamp;
use crate::proto::caps::{Cap, CapSet};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::multiline::{BATCH_TYPE, CONCAT_TAG, Part, fit, split};

/// What was said.
pub(crate) enum Spoken<'a> {
    /// One line.
    One(Line),
    /// A message of several lines.
    Several {
        /// What each of its lines begins with: command, source, target.
        head: Line,
        /// Who said it.
        source: &'a str,
        /// Where.
        target: &'a str,
        /// What its lines carry.
        parts: Vec<Part>,
        /// The reference of its batch.
        batch: &'a str,
    },
}

impl<'a> Spoken<'a> {
    /// A message whose author has put it into these parts; without any it is of one line.
    pub fn message(command: &str, from: (&'a str, &'a str), text: &str, parts: &[Part], batch: &'a str) -> Self {
        let (source, target) = from;
        let head = Line::new(command).source(source).param(target);
        if parts.is_empty() {
            return Self::One(head.trailing(text));
        }
        let room = room_behind(&head);
        let parts = parts.iter().flat_map(|part| fit(part, room)).collect();
        Self::Several { head, source, target, parts, batch }
    }

    /// A message of the past, of which the text is known only.
    pub fn past(command: &str, from: (&'a str, &'a str), text: &str, batch: &'a str) -> Self {
        let (source, target) = from;
        let head = Line::new(command).source(source).param(target);
        match split(text, room_behind(&head)) {
            parts if parts.len() > 1 => Self::Several { head, source, target, parts, batch },
            _ => Self::One(head.trailing(text)),
        }
    }

    /// The capabilities that decide on its lines beside those of the [`Stamp`].
    pub fn varies(&self) -> CapSet {
        match self {
            Self::One(_) => CapSet::EMPTY,
            Self::Several { .. } => MULTILINE,
        }
    }

    /// Its lines for those who have these capabilities.
    pub fn lines(&self, stamp: &Stamp, caps: CapSet) -> Vec<Line> {
        match self {
            Self::One(line) => vec![stamp.put_on(line.clone(), caps)],
            Self::Several { head, source, target, parts, batch } if caps.has_all(MULTILINE) => {
                let frame = |sign: char| Line::new("BATCH").source(source).param(&format!("{sign}{batch}"));
                let mut lines = vec![stamp.put_on(frame('+').param(BATCH_TYPE).param(target), caps)];
                lines.extend(parts.iter().map(|part| {
                    let line = head.clone().trailing(&part.text).tag("batch", batch);
                    if part.is_concat { line.tag(CONCAT_TAG, "") } else { line }
                }));
                lines.push(frame('-'));
                lines
            }
            Self::Several { head, parts, .. } => {
                let further = Stamp { msgid: None, ..stamp.clone() };
                let shown = parts.iter().filter(|part| !part.text.is_empty()).enumerate();
                let stamped = shown.map(|(place, part)| {
                    let stamp = if place == 0 { stamp } else { &further };
                    stamp.put_on(head.clone().trailing(&part.text), caps)
                });
                stamped.collect()
            }
        }
    }
}

/// What one has to know to get messages of several lines as such.
pub(crate) const MULTILINE: CapSet = CapSet::of(&[Cap::Batch, Cap::Multiline]);

/// How many bytes of text a line has room for.
fn room_behind(head: &Line) -> usize {
    BODY_BYTES_MAX.saturating_sub(head.clone().trailing("").body_bytes())
}
