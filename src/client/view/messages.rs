//! The message pane: the rows of a conversation, from its anchor upwards, and nothing beyond the pane.
//!
//! Two passes. [`settle`] lets the buffer carry out what the keys asked for; it asks for the heights of the entries near the
//! window only. [`draw`] then paints the window from its last row upwards. Both take the wrapped rows from one [`RowCache`], so
//! that a conversation of any length costs what its visible part costs.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::cells::{clear, paint, paint_line, titled_rule};
use super::dates::day_name;
use super::look::{Look, inset};
use super::rows::{AUTHOR_COLUMN_FROM, Grid, RowCache, author_style};
use super::selection::Stretch;
use super::wrap::{Columns, columns_of, cut, wrap};
use crate::client::bindings::{Action, Context};
use crate::client::conversation::{Conversation, ConversationKind, HistoryState};
use crate::client::entry::{Entry, EntryKey, EntryKind, Fate};
use crate::client::geometry::{Area, Pane, PaneRow};
use crate::client::position::Window;
use crate::proto::text::plain;

/// A row above an entry that belongs to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    /// The day begins.
    Day,
    /// What follows is new.
    Unread,
    /// The message that it answers.
    Quote,
}

/// The rows above an entry: at most one of each kind.
fn above(entry: &Entry, before: Option<&Entry>, unread: Option<EntryKey>, look: &Look<'_>) -> Vec<Above> {
    let mut above = Vec::new();
    if before.is_none_or(|before| !look.zone.is_same_day(before.time, entry.time)) {
        above.push(Above::Day);
    }
    if unread == Some(entry.key()) {
        above.push(Above::Unread);
    }
    if entry.reply.is_some() && entry.redaction.is_none() {
        above.push(Above::Quote);
    }
    above
}

/// The layout pass: moves the conversation's position as the keys asked, for a pane of this size.
pub fn settle(
    conversation: &mut Conversation,
    cache: &mut RowCache,
    look: &Look<'_>,
    columns: u16,
    rows: u16,
) -> Window {
    cache.set_grid(Grid::of(columns));
    let unread = conversation.first_unread;
    conversation.buffer.settle(usize::from(rows), &mut |entry, before| {
        above(entry, before, unread, look).len() + cache.rows(entry, look).len()
    })
}

/// Notes which row of which entry is where: for the mouse. Returns the lowest place that is visible where messages are missing.
pub fn note_rows(
    conversation: &Conversation,
    window: Window,
    cache: &mut RowCache,
    look: &Look<'_>,
    pane: &mut Pane,
) -> Option<EntryKey> {
    pane.rows.clear();
    let (area, entries) = (pane.area, conversation.buffer.entries());
    if entries.is_empty() || area.is_empty() {
        return None;
    }
    let mut gap = None;
    let grid = Grid::of(area.width);
    let mut index = window.bottom.min(entries.len() - 1);
    let mut last_row = Some(window.bottom_row);
    loop {
        let entry = &entries[index];
        let before = index.checked_sub(1).map(|before| &entries[before]);
        let above = above(entry, before, conversation.first_unread, look).len();
        let count = above + cache.rows(entry, look).len();
        for row in (0..=last_row.take().map_or(count - 1, |row| row.min(count - 1))).rev() {
            if pane.rows.len() == usize::from(area.height) {
                return gap;
            }
            if entry.kind == EntryKind::Gap {
                gap.get_or_insert(entry.key());
            }
            let x = if row == above { grid.first_text_x(entry) } else { grid.text_x() };
            pane.rows.push(PaneRow { key: entry.key(), row, above, text_x: area.x + x });
        }
        match index.checked_sub(1) {
            Some(above) => index = above,
            None => return gap,
        }
    }
}

/// Where messages are missing that the person is about to see: no more than so many screens further on.
pub fn gap_ahead(conversation: &Conversation, window: Window, pane: &Pane) -> Option<EntryKey> {
    const SCREENS: usize = 2;
    let (buffer, count) = (&conversation.buffer, SCREENS * usize::from(pane.area.height));
    let is_gap = |entry: &&Entry| entry.kind == EntryKind::Gap;
    let found = if buffer.follows_end() {
        None
    } else if buffer.goes_down() {
        buffer.entries().iter().skip(window.bottom + 1).take(count).find(is_gap)
    } else {
        let top = buffer.index_of(pane.rows.last()?.key)?;
        buffer.entries().range(..top).rev().take(count).find(is_gap)
    };
    found.map(Entry::key)
}

/// Paints the pane. `window` is what [`settle`] found for the part of it that is written on.
pub fn draw(
    cells: &mut Cells,
    pane: Rect,
    conversation: &Conversation,
    window: Window,
    stretch: Option<Stretch>,
    cache: &mut RowCache,
    look: &Look<'_>,
) {
    let area = inset(pane);
    if area.is_empty() {
        return;
    }
    let grid = Grid::of(area.width);
    cache.set_grid(grid);
    let entries = conversation.buffer.entries();
    if entries.is_empty() {
        draw_empty(cells, area, conversation, look);
        return;
    }
    // Where everything is meant for the person, nothing stands out by it.
    let has_mentions = conversation.kind == ConversationKind::Channel;
    let mut painter = Painter { cells, grid, look, has_mentions };
    let mut y = area.bottom();
    let mut index = window.bottom.min(entries.len() - 1);
    let mut last_row = Some(window.bottom_row);
    // The uppermost message that is seen from its first row on: its author is named, also when those above are theirs.
    let mut uppermost = None;
    let mut top_key = None;
    let bar = |y: u16| Rect { y, height: 1, ..pane };
    'pane: loop {
        let entry = &entries[index];
        let is_chosen = conversation.chosen == Some(entry.key());
        let before = index.checked_sub(1).map(|before| &entries[before]);
        let above = above(entry, before, conversation.first_unread, look);
        let rows = cache.rows(entry, look);
        let count = above.len() + rows.len();
        for row in (0..=last_row.take().map_or(count - 1, |row| row.min(count - 1))).rev() {
            if y == area.top() {
                break 'pane;
            }
            y -= 1;
            top_key = Some(entry.key());
            let line = Rect { y, height: 1, ..area };
            match row.checked_sub(above.len()) {
                None if above[row] == Above::Quote => {
                    painter.quote(line, entry);
                    if is_chosen {
                        painter.choose(bar(y));
                    }
                }
                None => draw_above(painter.cells, line, above[row], entry, look),
                Some(row) => {
                    let is_grouped = above.is_empty() && before.is_some_and(|before| is_same_speaker(before, entry));
                    painter.row(line, entry, &rows[row], row, is_grouped);
                    if is_chosen {
                        painter.choose(bar(y));
                    }
                    if let Some(columns) = stretch.and_then(|stretch| stretch.columns(index, row)) {
                        painter.select(line, entry, &rows[row], row, columns);
                    }
                    uppermost = if row == 0 { Some((line, entry)) } else { uppermost };
                }
            }
        }
        match index.checked_sub(1) {
            Some(above) => index = above,
            None => break,
        }
    }
    if let Some((line, entry)) = uppermost {
        painter.author(line, entry);
        if conversation.chosen == Some(entry.key()) {
            painter.choose(bar(line.y));
        }
    }
    Hints::of(conversation, top_key, area.width, look).draw(cells, area);
}

/// Whether the author need not be named again.
fn is_same_speaker(before: &Entry, entry: &Entry) -> bool {
    before.kind == entry.kind
        && before.author == entry.author
        && matches!(entry.kind, EntryKind::Message | EntryKind::Notice)
}

/// Paints rows of entries into one pane.
struct Painter<'a> {
    cells: &'a mut Cells,
    grid: Grid,
    look: &'a Look<'a>,
    /// Messages that name the person are marked.
    has_mentions: bool,
}

impl Painter<'_> {
    /// Paints row `row` of an entry, its rows above not counted, into `line`.
    fn row(&mut self, line: Rect, entry: &Entry, text: &Line<'_>, row: usize, is_grouped: bool) {
        let (grid, look) = (self.grid, self.look);
        let is_first = row == 0;
        if entry.kind == EntryKind::Gap && is_first {
            let id = if line.width < AUTHOR_COLUMN_FROM { "messages-gap-short" } else { "messages-gap" };
            return titled_rule(self.cells, line, &look.texts.get(id), look.theme.dim());
        }
        if is_first && grid.clock > 0 {
            let clock = look.zone.clock(entry.time);
            paint(self.cells, line, line.x, line.y, &clock, usize::from(grid.clock), look.theme.dim());
        }
        if grid.has_author_column() {
            self.author_column(line, entry, is_first, is_grouped);
            paint_line(self.cells, line, line.x + grid.text_x(), line.y, text);
        } else {
            self.inline(line, entry, text, is_first);
        }
    }

    /// Makes a row of the chosen message stand out, from one edge of the pane to the other.
    fn choose(&mut self, bar: Rect) {
        self.cells.set_style(bar.intersection(self.cells.area), self.look.theme.selected());
    }

    /// Makes the columns of a row stand out that the mouse has dragged over.
    fn select(&mut self, line: Rect, entry: &Entry, text: &Line<'_>, row: usize, columns: std::ops::Range<usize>) {
        let x = usize::from(if row == 0 { self.grid.first_text_x(entry) } else { self.grid.text_x() });
        let end = columns_of(&text.to_string());
        let cell = |column: usize| u16::try_from(usize::from(line.x) + x + column.min(end)).unwrap_or(u16::MAX);
        let (from, to) = (cell(columns.start), cell(columns.end));
        let selected = Rect { x: from, width: to.saturating_sub(from), ..line };
        self.cells.set_style(selected.intersection(line), self.look.theme.selected());
    }

    /// The message that an entry answers, in one row above it.
    fn quote(&mut self, line: Rect, entry: &Entry) {
        let (grid, look) = (self.grid, self.look);
        let Some(reply) = &entry.reply else { return };
        let x = line.x + grid.text_x();
        let room = usize::from(line.right().saturating_sub(x));
        if grid.has_author_column() {
            paint(self.cells, line, line.x + grid.clock + grid.author + 1, line.y, "│", 1, look.theme.line());
        }
        let x = paint(self.cells, line, x, line.y, "╭ ", room, look.theme.line());
        let text = match &reply.quote {
            None => look.texts.get("message-answers-older").into_owned(),
            Some(quote) => {
                let name = cut(&quote.author, room / 3);
                let x = paint(self.cells, line, x, line.y, &name, room, look.theme.author(&quote.author));
                let text = match quote.text.is_empty() {
                    true => look.texts.get("message-answers-withdrawn").into_owned(),
                    false => plain(&quote.text).into_owned(),
                };
                let room = usize::from(line.right().saturating_sub(x + 1));
                paint(self.cells, line, x + 1, line.y, &cut(&text, room), room, look.theme.dim());
                return;
            }
        };
        let room = usize::from(line.right().saturating_sub(x));
        paint(self.cells, line, x, line.y, &cut(&text, room), room, look.theme.dim());
    }

    fn author_column(&mut self, line: Rect, entry: &Entry, is_first: bool, is_grouped: bool) {
        let (grid, look) = (self.grid, self.look);
        if is_first && !is_grouped {
            self.author(line, entry);
        }
        let (bar, style) = match fate_mark(entry, look) {
            Some(mark) if is_first => mark,
            _ if entry.mention && self.has_mentions => ("┃", look.theme.warning()),
            _ => ("│", look.theme.line()),
        };
        paint(self.cells, line, line.x + grid.clock + grid.author + 1, line.y, bar, 1, style);
    }

    /// The author's name at the right end of its column.
    fn author(&mut self, line: Rect, entry: &Entry) {
        let grid = self.grid;
        if !grid.has_author_column() || entry.kind == EntryKind::Gap {
            return;
        }
        let (name, style) = column_author(entry, self.look);
        let name = cut(&name, usize::from(grid.author));
        let columns = u16::try_from(columns_of(&name)).unwrap_or(grid.author);
        let x = line.x + grid.clock + grid.author - columns;
        paint(self.cells, line, x, line.y, &name, usize::from(columns), style);
    }

    fn inline(&mut self, line: Rect, entry: &Entry, text: &Line<'_>, is_first: bool) {
        let (grid, look) = (self.grid, self.look);
        if !is_first {
            paint_line(self.cells, line, line.x + grid.text_x(), line.y, text);
            return;
        }
        let style = if entry.kind == EntryKind::Error { look.theme.error() } else { author_style(entry, look) };
        let lead = grid.inline_lead(entry);
        paint(self.cells, line, line.x + grid.clock, line.y, &lead, usize::from(line.width), style);
        let end = paint_line(self.cells, line, line.x + grid.first_text_x(entry), line.y, text);
        if let Some((mark, style)) = fate_mark(entry, look) {
            paint(self.cells, line, end + 1, line.y, mark, 1, style);
        }
    }
}

/// What stands in the column for authors.
fn column_author(entry: &Entry, look: &Look<'_>) -> (String, Style) {
    match entry.kind {
        EntryKind::Message | EntryKind::Notice => (entry.author.clone(), author_style(entry, look)),
        EntryKind::Action => ("*".to_owned(), author_style(entry, look)),
        EntryKind::Info | EntryKind::Gap => ("–".to_owned(), look.theme.dim()),
        EntryKind::Error => ("!".to_owned(), look.theme.error()),
    }
}

/// The sign of an own message that has not arrived: one column.
fn fate_mark(entry: &Entry, look: &Look<'_>) -> Option<(&'static str, Style)> {
    match entry.fate {
        Fate::Delivered => None,
        Fate::Pending { .. } => Some(("…", look.theme.dim())),
        Fate::Failed { .. } => Some(("✗", look.theme.error())),
        Fate::Unknown => Some(("?", look.theme.warning())),
    }
}

fn draw_above(cells: &mut Cells, line: Rect, above: Above, entry: &Entry, look: &Look<'_>) {
    match above {
        Above::Day => {
            titled_rule(cells, line, &day_name(look.zone.day(entry.time), look.texts), look.theme.dim());
        }
        Above::Quote => {}
        Above::Unread => titled_rule(cells, line, &look.texts.get("messages-unread-line"), look.theme.warning()),
    }
}

/// What lies over the pane's edges: older messages are being loaded, what is unread begins above, newer ones have arrived below.
pub struct Hints {
    above: Option<(String, Style)>,
    below: Option<(String, Style)>,
}

impl Hints {
    /// What there is to say for a pane whose uppermost entry is `top`.
    pub fn of(conversation: &Conversation, top: Option<EntryKey>, columns: u16, look: &Look<'_>) -> Self {
        let buffer = &conversation.buffer;
        let is_at_end = buffer.follows_end();
        let key =
            |action| look.keymap.chord(Context::Chat, action).map_or(String::new(), |chord| chord.name(look.texts));
        let unread = conversation.first_unread.and_then(|key| buffer.index_of(key));
        let is_above =
            unread.is_some_and(|unread| top.and_then(|top| buffer.index_of(top)).is_some_and(|top| unread < top));
        let above = if is_above {
            let text = look.texts.format("messages-unread-above", &[("key", key(Action::FirstUnread).into())]);
            Some((text, look.theme.warning().add_modifier(Modifier::REVERSED)))
        } else {
            // What is fetched before it is needed is not announced.
            let is_at_top = top.is_some() && top == buffer.entries().front().map(Entry::key);
            let is_loading = conversation.history == HistoryState::Loading && is_at_top && !is_at_end;
            is_loading.then(|| (look.texts.get("messages-loading").into_owned(), look.theme.dim()))
        };
        let below = (!is_at_end).then(|| {
            let variables = [("count", buffer.unseen().into()), ("key", key(Action::Newest).into())];
            let text = match buffer.unseen() {
                0 if columns < AUTHOR_COLUMN_FROM => "↓".to_owned(),
                0 => look.texts.format("messages-below", &variables),
                _ => look.texts.format("messages-new-below", &variables),
            };
            let style = if buffer.unseen() > 0 { look.theme.warning() } else { look.theme.dim() };
            (text, style.add_modifier(Modifier::REVERSED))
        });
        Self { above, below }
    }

    /// Where they stand in a pane, the upper one and the lower one; empty when there is none.
    pub fn areas(&self, pane: Area) -> (Area, Area) {
        let place = |hint: &Option<(String, Style)>, y: u16| match hint {
            Some((text, _)) if pane.width > 2 && pane.height > 0 => {
                let width = u16::try_from(columns_of(text) + 2).unwrap_or(u16::MAX).min(pane.width);
                Area { x: pane.x + pane.width - width, y, width, height: 1 }
            }
            _ => Area::default(),
        };
        (place(&self.above, pane.y), place(&self.below, (pane.y + pane.height).saturating_sub(1)))
    }

    /// Paints them.
    pub fn draw(&self, cells: &mut Cells, pane: Rect) {
        let area = Area { x: pane.x, y: pane.y, width: pane.width, height: pane.height };
        let (above, below) = self.areas(area);
        for (hint, place) in [(&self.above, above), (&self.below, below)] {
            let Some((text, style)) = hint.as_ref().filter(|_| !place.is_empty()) else { continue };
            let text = format!(" {} ", cut(text, usize::from(place.width).saturating_sub(2)));
            let line = Rect { x: place.x, y: place.y, width: place.width, height: 1 };
            clear(cells, line);
            paint(cells, pane, line.x, line.y, &text, usize::from(line.width), *style);
        }
    }
}

/// A conversation in which nothing was said yet.
fn draw_empty(cells: &mut Cells, area: Rect, conversation: &Conversation, look: &Look<'_>) {
    let id = match conversation.history {
        HistoryState::Loading => "messages-loading",
        _ if !conversation.takes_messages() => return,
        _ => "messages-none",
    };
    let rows = wrap([(&*look.texts.get(id), look.theme.dim())], Columns::all(area.width.saturating_sub(2)));
    let top = area.y + area.height.saturating_sub(u16::try_from(rows.len()).unwrap_or(u16::MAX)) / 2;
    for (y, row) in (top..area.bottom()).zip(&rows) {
        let indent = usize::from(area.width).saturating_sub(columns_of(&row.to_string())) / 2;
        paint_line(cells, area, area.x + u16::try_from(indent).unwrap_or(0), y, row);
    }
}
