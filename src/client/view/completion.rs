//! The list of what the word at the caret could become, right above the input box.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;

use super::cells::{clear, paint};
use super::look::{Look, rect};
use super::wrap::{columns_of, cut};
use crate::client::completion::Candidate;
use crate::client::geometry::first_visible;
use crate::client::model::Model;

/// How many rows the list takes at most.
const ROWS_MAX: u16 = 8;
/// The widest list.
const COLUMNS_MAX: usize = 72;

/// Draws the list, when there is one, over what lies above the input box.
pub fn draw(cells: &mut Cells, screen: Rect, model: &Model, look: &Look<'_>) {
    let Some(completion) = model.conversations.current().and_then(|one| one.composer.completion.as_ref()) else {
        return;
    };
    let areas = model.areas();
    let messages = rect(areas.messages, screen);
    let candidates = completion.candidates();
    let rows = u16::try_from(candidates.len()).unwrap_or(ROWS_MAX).min(ROWS_MAX).min(messages.height);
    let label_columns = candidates.iter().map(|one| columns_of(&one.label)).max().unwrap_or(0);
    let detail_columns = candidates.iter().map(|one| columns_of(&one.detail)).max().unwrap_or(0);
    let gap = if detail_columns > 0 { 2 } else { 0 };
    let columns = (label_columns + gap + detail_columns + 2).min(COLUMNS_MAX);
    let width = u16::try_from(columns).unwrap_or(messages.width).min(messages.width);
    let area = Rect { x: messages.x, y: messages.bottom().saturating_sub(rows), width, height: rows };
    clear(cells, area);
    let first = first_visible(completion.chosen_index(), candidates.len(), usize::from(rows));
    for (y, (index, candidate)) in (area.top()..area.bottom()).zip(candidates.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..area };
        draw_row(cells, line, candidate, label_columns + gap, index == completion.chosen_index(), look);
    }
}

fn draw_row(cells: &mut Cells, line: Rect, one: &Candidate, indent: usize, is_chosen: bool, look: &Look<'_>) {
    let room = usize::from(line.width);
    let (name, aside) = match is_chosen {
        true => (look.theme.selected(), look.theme.selected()),
        false => (look.theme.text(), look.theme.dim()),
    };
    let blank = " ".repeat(room);
    paint(cells, line, line.x, line.y, &blank, room, if is_chosen { name } else { look.theme.text() });
    paint(cells, line, line.x + 1, line.y, &cut(&one.label, room.saturating_sub(2)), room, name);
    let x = line.x.saturating_add(u16::try_from(indent + 1).unwrap_or(line.width));
    if !one.detail.is_empty() && x < line.right() {
        let left = usize::from(line.right() - x).saturating_sub(1);
        paint(cells, line, x, line.y, &cut(&one.detail, left), left, aside);
    }
}
