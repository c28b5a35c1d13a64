//! The operators' panel: how the server is in a few lines, then a table of sessions or of what was refused.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::cells::{paint, paint_right, position_in};
use super::look::Look;
use super::overlay::Layout;
use super::panels::draw_footer;
use super::wrap::{columns_of, cut};
use crate::client::bindings::Context;
use crate::client::geometry::first_visible;
use crate::client::panel::{Panel, Section};
use crate::client::panel_words::{self, FIGURES};
use crate::client::session::fact::{RefusalRow, SessionRow};
use crate::ground::texts::Value;

/// The widest panel, its frame included.
const COLUMNS_MAX: u16 = 160;
/// Higher panels have all lines of figures, lower ones the first.
const FIGURES_FROM_ROWS: u16 = 14;
/// The columns of the sign before a row, and of the blank between two cells.
const MARK_COLUMNS: u16 = 2;
const GAP_COLUMNS: u16 = 2;

/// A column of a table: the id of its heading, its width, from which width of the panel on it is there.
struct Column {
    heading_id: &'static str,
    width: u16,
    from_columns: u16,
}

const fn column(heading_id: &'static str, width: u16, from_columns: u16) -> Column {
    Column { heading_id, width, from_columns }
}

const SESSION_COLUMNS: &[Column] = &[
    column("operate-column-name", 14, 0),
    column("operate-column-address", 21, 0),
    column("operate-column-kind", 10, 66),
    column("operate-column-transport", 6, 74),
    column("operate-column-idle", 7, 52),
    column("operate-column-queued", 9, 90),
    column("operate-column-since", 19, 108),
    column("operate-column-channels", 40, 114),
];
const REFUSAL_COLUMNS: &[Column] = &[
    column("operate-column-time", 5, 0),
    column("operate-column-name", 14, 0),
    column("operate-column-address", 16, 40),
    column("operate-column-command", 12, 52),
    column("operate-column-code", 26, 0),
];

/// Draws it; returns where the caret stands.
pub fn draw(cells: &mut Cells, screen: Rect, panel: &Panel, look: &Look<'_>) -> Option<Position> {
    if screen.is_empty() {
        return None;
    }
    let layout = Layout::of(screen, COLUMNS_MAX, |_| (usize::from(screen.height), 1));
    layout.draw_empty(cells, &look.texts.get("operate-title"), look);
    draw_footer(cells, layout.keys, Context::Panel, look, |_| true);
    let mut rest = layout.inner;
    let mut next_line = || {
        let line = Rect { height: rest.height.min(1), ..rest };
        rest = Rect { y: rest.y + line.height, height: rest.height - line.height, ..rest };
        line
    };
    let filter = next_line();
    let caret = draw_filter(cells, filter, panel, look);
    let is_high = layout.inner.height >= FIGURES_FROM_ROWS;
    let told = panel.told.as_ref();
    for (text_id, names) in FIGURES.iter().take(if is_high { FIGURES.len() } else { 1 }) {
        let line = next_line();
        if let Some(told) = told {
            let text = panel_words::figures(told, text_id, names, look.texts);
            let style = look.theme.dim();
            paint(cells, line, line.x, line.y, &cut(&text, usize::from(line.width)), usize::from(line.width), style);
        }
    }
    if is_high {
        next_line();
    }
    draw_sections(cells, next_line(), panel, look);
    let note = panel.note.as_deref().map(|note| {
        rest.height = rest.height.saturating_sub(1);
        (Rect { y: rest.y + rest.height, height: 1, ..rest }, note)
    });
    draw_table(cells, rest, panel, look);
    if let Some((line, note)) = note {
        let style = look.theme.warning();
        paint(cells, line, line.x, line.y, &cut(note, usize::from(line.width)), usize::from(line.width), style);
    }
    caret
}

fn draw_filter(cells: &mut Cells, line: Rect, panel: &Panel, look: &Look<'_>) -> Option<Position> {
    if line.is_empty() {
        return None;
    }
    paint(cells, line, line.x, line.y, "›", 1, look.theme.accent());
    let text = Rect { x: line.x + MARK_COLUMNS, width: line.width.saturating_sub(MARK_COLUMNS), ..line };
    let (typed, style) = match panel.filter.text() {
        "" => (look.texts.get("operate-filter-hint").into_owned(), look.theme.dim()),
        typed => (typed.to_owned(), look.theme.text()),
    };
    paint(cells, text, text.x, text.y, &cut(&typed, usize::from(text.width)), usize::from(text.width), style);
    let before = columns_of(&panel.filter.text()[..panel.filter.caret()]);
    position_in(line, usize::from(text.x) + before.min(usize::from(text.width.saturating_sub(1))), usize::from(text.y))
}

fn draw_sections(cells: &mut Cells, line: Rect, panel: &Panel, look: &Look<'_>) {
    let told = panel.told.as_ref();
    let sections = [
        (Section::Sessions, "operate-sessions", told.map_or(0, |told| told.fitting)),
        (Section::Refusals, "operate-refusals", told.map_or(0, |told| told.refusals.len() as u64)),
    ];
    let mut x = line.x;
    for (section, text_id, count) in sections {
        let text = look.texts.format(text_id, &[("count", Value::from(count.to_string()))]);
        let is_shown = section == panel.section;
        let text = if is_shown { format!("[ {text} ]") } else { format!("  {text}  ") };
        let style = if is_shown { look.theme.accent() } else { look.theme.dim() };
        x = paint(cells, line, x, line.y, &text, usize::from(line.right().saturating_sub(x)), style) + 1;
    }
    let worry = told.and_then(|told| panel_words::worry(told, look.texts));
    let aside = if told.is_none() { Some("…".to_owned()) } else { worry };
    if let Some(aside) = aside {
        let room = Rect { x, width: line.right().saturating_sub(x + 1), ..line };
        paint_right(cells, room, &aside, look.theme.warning());
    }
}

fn draw_table(cells: &mut Cells, area: Rect, panel: &Panel, look: &Look<'_>) {
    let Some(told) = &panel.told else { return };
    let columns = match panel.section {
        Section::Sessions => SESSION_COLUMNS,
        Section::Refusals => REFUSAL_COLUMNS,
    };
    let row = |index: usize| match panel.section {
        Section::Sessions => told.sessions.get(index).map(|row| session_cells(row, look)),
        Section::Refusals => told.refusals.get(index).map(|row| refusal_cells(row, look)),
    };
    let shown: Vec<usize> = (0..columns.len()).filter(|at| columns[*at].from_columns <= area.width).collect();
    let heading = Rect { height: area.height.min(1), ..area };
    let headings: Vec<String> = columns.iter().map(|column| look.texts.get(column.heading_id).into_owned()).collect();
    draw_row(cells, heading, columns, &shown, &headings, look.theme.strong());
    let list = Rect { y: area.y + heading.height, height: area.height - heading.height, ..area };
    if panel.count() == 0 && !list.is_empty() {
        let text = look.texts.get("picker-nothing");
        paint(cells, list, list.x + MARK_COLUMNS, list.y, &text, usize::from(list.width), look.theme.dim());
    }
    let first = first_visible(panel.chosen(), panel.count(), usize::from(list.height));
    for (y, index) in (list.top()..list.bottom()).zip(first..) {
        let Some(row) = row(index) else { break };
        let line = Rect { y, height: 1, ..list };
        let is_chosen = index == panel.chosen();
        if is_chosen {
            cells.set_style(line.intersection(cells.area), look.theme.selected());
            paint(cells, line, line.x, line.y, "▌", 1, look.theme.selected());
        }
        let style = if is_chosen { look.theme.selected() } else { look.theme.text() };
        draw_row(cells, line, columns, &shown, &row, style.add_modifier(Modifier::empty()));
    }
}

/// Paints the cells of a row that there is room for. The last one takes what is left.
fn draw_row(cells: &mut Cells, line: Rect, columns: &[Column], shown: &[usize], texts: &[String], style: Style) {
    let mut x = line.x + MARK_COLUMNS.min(line.width);
    for (place, at) in shown.iter().enumerate() {
        let left = line.right().saturating_sub(x);
        let width = if place + 1 == shown.len() { left } else { columns[*at].width.min(left) };
        paint(cells, line, x, line.y, &cut(&texts[*at], usize::from(width)), usize::from(width), style);
        x = x.saturating_add(width).saturating_add(GAP_COLUMNS);
    }
}

/// The cells of a session, in the order of its columns.
fn session_cells(row: &SessionRow, look: &Look<'_>) -> Vec<String> {
    vec![
        panel_words::name(row),
        panel_words::address(row),
        panel_words::kind(row, look.texts),
        row.transport.clone(),
        panel_words::idle(row.idle_seconds, look.texts),
        panel_words::bytes(row.queued_bytes),
        look.zone.date_and_clock(row.since),
        row.channels.join(" "),
    ]
}

/// The cells of a refusal, in the order of its columns.
fn refusal_cells(row: &RefusalRow, look: &Look<'_>) -> Vec<String> {
    let address = panel_words::refused_address(row);
    vec![look.zone.clock(row.time), row.name.clone(), address, row.command.clone(), row.code.clone()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ground::texts::{Language, Texts};

    #[test]
    fn every_heading_has_room_in_both_languages() {
        for language in Language::ALL {
            let texts = Texts::new(*language);
            for column in SESSION_COLUMNS.iter().chain(REFUSAL_COLUMNS) {
                let heading = texts.get(column.heading_id);
                assert!(columns_of(&heading) <= usize::from(column.width), "{language}: {heading}");
            }
        }
    }
}
