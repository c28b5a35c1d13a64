//! An entry as rows of text for one width, and the rows that are kept from frame to frame.

use std::collections::HashMap;

use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::look::Look;
use super::rich;
use super::wrap::{Columns, Joint, columns_of, cut, wrap, wrap_joined};
use crate::client::entry::{Entry, EntryKey, EntryKind, Fate};

/// How many entries' rows are kept; beyond it all are dropped and those that are visible are wrapped again.
const CACHED_ENTRIES_MAX: usize = 4_096;
/// Below this width of the pane the author stands before the text, not in a column of its own.
pub(super) const AUTHOR_COLUMN_FROM: u16 = 44;
/// Below this width of the pane the time is not shown.
const CLOCK_FROM: u16 = 28;
/// The columns of `hh:mm` and the blank behind it.
const CLOCK_COLUMNS: u16 = 6;
/// The columns of the bar between author and text, with a blank on either side.
const BAR_COLUMNS: u16 = 3;
/// How far the rows behind the first are indented where there is no column for authors.
const INDENT_COLUMNS: u16 = 2;

/// How the width of the pane is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) width: u16,
    /// 0 where there is no room.
    pub(super) clock: u16,
    /// 0 where the author stands before the text.
    pub(super) author: u16,
}

impl Grid {
    pub(super) fn of(width: u16) -> Self {
        let author = match width {
            100.. => 14,
            70.. => 12,
            AUTHOR_COLUMN_FROM.. => 10,
            _ => 0,
        };
        Self { width, clock: if width >= CLOCK_FROM { CLOCK_COLUMNS } else { 0 }, author }
    }

    pub(super) fn has_author_column(self) -> bool {
        self.author > 0
    }

    /// Where the text begins in rows behind the first.
    pub(super) fn text_x(self) -> u16 {
        if self.has_author_column() {
            self.clock + self.author + BAR_COLUMNS
        } else {
            INDENT_COLUMNS.min(self.width / 4)
        }
    }

    /// Where the text of `entry` begins in its first row.
    pub(super) fn first_text_x(self, entry: &Entry) -> u16 {
        if self.has_author_column() {
            return self.text_x();
        }
        let lead = u16::try_from(columns_of(&self.inline_lead(entry))).unwrap_or(u16::MAX);
        self.clock.saturating_add(lead).min(self.width.saturating_sub(1))
    }

    /// What stands before the text where there is no column for authors.
    pub(super) fn inline_lead(self, entry: &Entry) -> String {
        match entry.kind {
            EntryKind::Message | EntryKind::Notice => {
                format!("{}: ", cut(&entry.author, usize::from(self.width / 2).max(1)))
            }
            EntryKind::Action => "* ".to_owned(),
            EntryKind::Info | EntryKind::Gap => String::new(),
            EntryKind::Error => "! ".to_owned(),
        }
    }

    fn text_columns(self, entry: &Entry) -> Columns {
        Columns {
            first: self.width.saturating_sub(self.first_text_x(entry)),
            rest: self.width.saturating_sub(self.text_x()),
        }
    }
}

/// Wrapped rows by entry, for one width and one look. It may be emptied at any time.
#[derive(Debug, Default)]
pub struct RowCache {
    grid: Grid,
    rows: HashMap<EntryKey, Wrapped>,
}

/// The rows of one entry.
#[derive(Debug)]
pub(super) struct Wrapped {
    revision: u32,
    rows: Vec<Line<'static>>,
    /// What was between the rows of its text; those behind it are ours.
    joints: Vec<Joint>,
}

impl RowCache {
    /// Forgets everything: the look has changed.
    pub fn clear(&mut self) {
        self.rows.clear();
    }

    /// How many entries' rows are kept.
    pub fn entry_count(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn set_grid(&mut self, grid: Grid) {
        if self.grid != grid || self.rows.len() > CACHED_ENTRIES_MAX {
            self.rows.clear();
            self.grid = grid;
        }
    }

    pub(super) fn rows(&mut self, entry: &Entry, look: &Look<'_>) -> &[Line<'static>] {
        &self.wrapped(entry, look).rows
    }

    pub(super) fn wrapped(&mut self, entry: &Entry, look: &Look<'_>) -> &Wrapped {
        let grid = self.grid;
        let wrapped = self.rows.entry(entry.key()).or_insert_with(|| Wrapped::new(entry, grid, look));
        if wrapped.revision != entry.revision() {
            *wrapped = Wrapped::new(entry, grid, look);
        }
        wrapped
    }
}

impl Wrapped {
    /// The rows of what was said, with what was between them.
    pub(super) fn text(&self) -> impl Iterator<Item = (&Line<'static>, Joint)> {
        self.rows.iter().zip(self.joints.iter().copied())
    }

    fn new(entry: &Entry, grid: Grid, look: &Look<'_>) -> Self {
        let columns = grid.text_columns(entry);
        let style = text_style(entry, look);
        let mut runs = Vec::new();
        if entry.kind == EntryKind::Action {
            runs.push((entry.author.clone(), author_style(entry, look)));
            runs.push((" ".to_owned(), style));
        }
        match withdrawn_sentence(entry, look) {
            Some(sentence) => runs.push((sentence, look.theme.dim().add_modifier(Modifier::ITALIC))),
            None if entry.is_spoken() => runs.extend(rich::runs(&entry.text, style, entry.mention, look)),
            None => runs.push((entry.text.clone(), style)),
        }
        let joined = wrap_joined(runs.iter().map(|(run, style)| (run.as_str(), *style)), columns);
        let (mut rows, joints): (Vec<_>, Vec<_>) = joined.into_iter().unzip();
        rows.extend(reaction_rows(entry, columns.rest, look));
        if let Some((sentence, style)) = fate_sentence(entry, look) {
            rows.extend(wrap([(sentence.as_str(), style)], Columns::all(columns.rest)));
        }
        Self { revision: entry.revision(), rows, joints }
    }
}

/// What stands in the place of a message that was withdrawn.
fn withdrawn_sentence(entry: &Entry, look: &Look<'_>) -> Option<String> {
    let redaction = entry.redaction.as_ref()?;
    let variables = [("name", redaction.by.as_str().into()), ("reason", redaction.reason.as_str().into())];
    let id = match (redaction.by.is_empty(), redaction.reason.is_empty()) {
        (true, _) => "message-withdrawn-alone",
        (false, true) => "message-withdrawn",
        (false, false) => "message-withdrawn-because",
    };
    Some(look.texts.format(id, &variables))
}

/// The reactions to a message, each with how many share it; own ones stand out.
fn reaction_rows(entry: &Entry, columns: u16, look: &Look<'_>) -> Vec<Line<'static>> {
    let counts = entry.reactions.counts();
    if counts.is_empty() {
        return Vec::new();
    }
    let texts: Vec<(String, Style)> = counts
        .iter()
        .map(|count| {
            let style = if count.has_own { look.theme.accent() } else { look.theme.dim() };
            (format!("{} {}", count.text, count.count), style)
        })
        .collect();
    let gap = ("  ", look.theme.dim());
    let runs = texts.iter().flat_map(|(text, style)| [gap, (text.as_str(), *style)]).skip(1);
    wrap(runs, Columns::all(columns))
}

/// What is said below an own message that did not arrive.
fn fate_sentence(entry: &Entry, look: &Look<'_>) -> Option<(String, Style)> {
    match &entry.fate {
        Fate::Delivered | Fate::Pending { .. } => None,
        Fate::Failed { reason } => {
            Some((look.texts.format("message-failed", &[("reason", reason.as_str().into())]), look.theme.error()))
        }
        Fate::Unknown => Some((look.texts.get("message-unknown").into_owned(), look.theme.warning())),
    }
}

fn text_style(entry: &Entry, look: &Look<'_>) -> Style {
    match entry.kind {
        EntryKind::Info | EntryKind::Gap => look.theme.dim(),
        EntryKind::Error => look.theme.error(),
        _ if matches!(entry.fate, Fate::Pending { .. }) => look.theme.dim(),
        EntryKind::Notice | EntryKind::Action => look.theme.text().add_modifier(Modifier::ITALIC),
        EntryKind::Message => look.theme.text(),
    }
}

pub(super) fn author_style(entry: &Entry, look: &Look<'_>) -> Style {
    let style = look.theme.author(&entry.author);
    if entry.own { style.add_modifier(Modifier::BOLD) } else { style }
}
