//! What other programs of this user write into the same log: two clients in two panes hear the same, and it is to stand there once.
//!
//! Who comes to write a line that another one has written takes the place of that one's line. Nothing is agreed on beforehand, so
//! it makes no difference who began, who ends first, or that one of them is in a conversation where the other is not.

use std::collections::VecDeque;
use std::fs::File;
use std::io;

use super::file::{end_of_first, lines};
use crate::client::logbook::LogLine;
use crate::client::stretch::Stretch;
use crate::proto::time::Timestamp;

/// How far apart the times of one message may be that two programs have heard, each by its own clock: one of them may have a slow
/// line. Where the server tells the time they are the same.
const APART_MILLIS: i64 = 60_000;
/// So much of what others have written is looked at; what is further back may stand there twice.
const LOOK_BACK_BYTES: u64 = 256 * 1024;

/// Lines of others that this program has not had to write yet, for one log.
#[derive(Debug, Default)]
pub struct Others {
    /// Up to here the log is known; nothing before it was looked at for the first time.
    known: Option<u64>,
    lines: VecDeque<(LogLine, Stretch)>,
}

impl Others {
    /// Looks at what was added to the log, which ends at `end`, since this program wrote into it last.
    pub fn look(&mut self, file: &File, end: u64) -> io::Result<()> {
        let known = self.known.unwrap_or_default();
        let from = known.max(end.saturating_sub(LOOK_BACK_BYTES));
        if from < end {
            let from = match from.checked_sub(1) {
                Some(before) => end_of_first(file, Stretch { from: before, to: end }, 1)?,
                None => 0,
            };
            self.lines.extend(lines(file, Stretch { from, to: end })?.into_iter().map(|(place, line)| (line, place)));
        }
        self.known = Some(end);
        Ok(())
    }

    /// Whether there are none, so that no line need be looked for.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Where a line stands already, if another program has written it; each of its lines is taken once. What was said before
    /// `since`, when this program began, is only taken for the same when its time is.
    pub fn take(&mut self, line: &LogLine, since: Timestamp) -> Option<Stretch> {
        let is_same = |(other, _): &(LogLine, Stretch)| {
            let apart = other.time.millis_since(line.time).abs();
            (other.kind, &other.author, &other.text) == (line.kind, &line.author, &line.text)
                && (apart == 0 || (apart <= APART_MILLIS && other.time >= since))
        };
        let index = self.lines.iter().position(is_same)?;
        self.lines.remove(index).map(|(_, place)| place)
    }

    /// This program has written up to here, the last of it at `time`. What is older than that by far is nothing that it still hears.
    pub fn wrote(&mut self, end: u64, time: Timestamp) {
        self.known = Some(end);
        self.lines.retain(|(other, _)| time.millis_since(other.time) <= APART_MILLIS);
    }
}
