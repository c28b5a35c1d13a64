//! Messages of several lines: how much one may hold here, its lines on the way out, its lines on the way in.
//!
//! Specification: IRCv3 `draft/multiline`.

use super::batch::{Gathered, PageLine};
use super::fact::Fact;
use super::speech::{clean, place_of};
use super::{Output, Session};
use crate::client::entry::{Entry, EntryKind};
use crate::client::event::Moment;
use crate::proto::caps::Cap;
use crate::proto::message::{Line, Message};
use crate::proto::multiline::{BATCH_TYPE, CONCAT_TAG, Part};
use crate::proto::text::split_text;

/// The most lines of a message where the server does not say how many it takes.
const LINES_MAX: usize = 24;

/// How much one message may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of its text, line feeds included.
    pub bytes_max: usize,
    /// Lines as they go over the wire.
    pub lines_max: usize,
}

impl Session {
    /// How much a message of several lines may hold; nothing where there are none.
    pub fn multiline_room(&self) -> Option<Room> {
        if !(self.has(Cap::Multiline) && self.has(Cap::Batch)) {
            return None;
        }
        let number = |key| self.offer.token(Cap::Multiline, key).and_then(|value| value.parse().ok());
        Some(Room { bytes_max: number("max-bytes")?, lines_max: number("max-lines").unwrap_or(LINES_MAX) })
    }

    /// A text as messages, none longer than the server takes; what was too long for one is cut between lines where that is
    /// possible, else between words or grapheme clusters.
    pub fn messages(&self, kind: EntryKind, target: &str, text: &str) -> Vec<String> {
        let bytes_max = self.text_bytes_max(target, kind);
        let text = text.trim_end();
        let room = self.multiline_room().filter(|_| kind == EntryKind::Message);
        let Some(room) = room.filter(|_| text.contains('\n') || text.len() > bytes_max) else {
            let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
            return lines.flat_map(|line| split_text(line, bytes_max)).map(str::to_owned).collect();
        };
        let mut messages: Vec<String> = Vec::new();
        let (mut message, mut count) = (String::new(), 0);
        for part in parts(text, bytes_max) {
            let is_full = count >= room.lines_max || message.len() + part.bytes_behind(count) > room.bytes_max;
            if is_full && count > 0 {
                messages.push(std::mem::take(&mut message));
                count = 0;
            }
            if count > 0 && !part.is_concat {
                message.push('\n');
            }
            message.push_str(&part.text);
            count += 1;
        }
        messages.push(message);
        messages.retain(|message| !message.trim().is_empty());
        messages
    }

    /// A message of ours as lines: one, or a batch of them. Nothing when it does not fit into one line and the server takes
    /// none of several.
    pub fn message_lines(&self, target: &str, entry: &Entry) -> Option<Vec<Line>> {
        let (kind, text) = (entry.kind, entry.text.as_str());
        let bytes_max = self.text_bytes_max(target, kind);
        if !text.contains('\n') && text.len() <= bytes_max {
            return Some(vec![self.message_line(target, entry)]);
        }
        self.multiline_room().filter(|_| kind == EntryKind::Message)?;
        // One batch is open at a time, so one reference does for all.
        const REFERENCE: &str = "m";
        let open = Line::new("BATCH").param(&format!("+{REFERENCE}")).param(BATCH_TYPE).param(target);
        let mut lines = vec![self.with_tags(open, entry)];
        for part in parts(text, bytes_max) {
            let line = Line::new("PRIVMSG").tag("batch", REFERENCE);
            let line = if part.is_concat { line.tag(CONCAT_TAG, "") } else { line };
            lines.push(line.param(target).trailing(&part.text));
        }
        lines.push(Line::new("BATCH").param(&format!("-{REFERENCE}")));
        Some(lines)
    }

    /// `BATCH +reference draft/multiline target`: what its lines say is gathered until it is whole.
    pub(super) fn open_multiline(&mut self, reference: &str, message: &Message<'_>, now: Moment) {
        let target = message.param(2).unwrap_or_default();
        let incoming = self.incoming(message, target, "", now.time);
        let (parent, label) = (message.tag("batch"), message.tag("label"));
        let place = place_of(message, now.time);
        self.batches.open_multiline(reference, Gathered::new(incoming, place), parent.as_deref(), label.as_deref());
    }

    /// A line of such a batch. Returns whether it was one.
    pub(super) fn multiline_part(&mut self, message: &Message<'_>) -> bool {
        let Some(reference) = message.tag("batch").filter(|reference| self.batches.is_multiline(reference)) else {
            return false;
        };
        let text = clean(message.param(1).unwrap_or_default());
        self.batches.push_part(&reference, &Part { text, is_concat: message.tag(CONCAT_TAG).is_some() });
        true
    }

    /// Such a batch is whole.
    pub(super) fn multiline_whole(&mut self, parent: Option<&str>, gathered: Gathered, out: &mut Output) {
        match parent.filter(|parent| self.batches.is_page(parent)) {
            Some(parent) => {
                let line = gathered.incoming.map_or(PageLine::Other, PageLine::Message);
                self.batches.push(parent, line, gathered.place);
            }
            None => out.facts.extend(gathered.incoming.map(Fact::Message)),
        }
    }
}

/// A text as the lines of a batch: no cut is inside a grapheme cluster that fits into a line.
fn parts(text: &str, bytes_max: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    for line in text.split('\n') {
        let pieces = split_text(line, bytes_max);
        if pieces.is_empty() {
            parts.push(Part::line(""));
        }
        parts.extend(pieces.iter().enumerate().map(|(at, text)| Part { text: (*text).to_owned(), is_concat: at > 0 }));
    }
    parts
}
