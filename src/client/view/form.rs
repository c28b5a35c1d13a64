//! The form before the chat: a card in the middle of the screen, or as much of it as there is room for.
//!
//! The card is a list of rows, each with a rank. When the screen is too low, rows of low rank go first; when that is not
//! enough, the list scrolls so that the row with the focus stays visible.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};

use super::cells::{frame, paint, position_in};
use super::look::Look;
use super::panels::draw_footer;
use super::status;
use super::wrap::{Columns, clusters, columns_of, cut, wrap};
use crate::client::bindings::Context;
use crate::client::form::{Field, Focus, Form, Tab};
use crate::client::model::Model;

/// The widest card, its frame included.
const CARD_COLUMNS_MAX: u16 = 68;
/// The narrowest and lowest screens that have a frame around the card.
const FRAME_FROM_COLUMNS: u16 = 46;
/// Columns of blank between the frame and what stands in it.
const PADDING_COLUMNS: u16 = 3;
/// The columns for the sign of the focus.
const MARK_COLUMNS: u16 = 2;
/// The fewest columns of a field beside its label; with less room the label stands above.
const VALUE_COLUMNS_MIN: u16 = 16;

/// What stands in a row.
enum Content<'a> {
    Blank,
    Tabs,
    Label(&'a Field),
    Field(&'a Field),
    Button,
    /// A row of a sentence, indented to the fields when `true`.
    Text(String, Style, bool),
}

struct Row<'a> {
    content: Content<'a>,
    /// 0 stays always; the greatest goes first.
    rank: u8,
}

/// Where labels end and values begin.
#[derive(Clone, Copy)]
struct Grid {
    inner: Rect,
    value_x: u16,
    is_stacked: bool,
}

impl Grid {
    fn of(inner: Rect, form: &Form, look: &Look<'_>) -> Self {
        let label = form.fields().iter().map(|field| columns_of(&look.texts.get(field.id.text_id()))).max();
        let label = u16::try_from(label.unwrap_or(0)).unwrap_or(u16::MAX);
        let beside = inner.x.saturating_add(MARK_COLUMNS).saturating_add(label).saturating_add(2);
        let is_stacked = beside.saturating_add(VALUE_COLUMNS_MIN) > inner.right();
        Self { inner, value_x: if is_stacked { inner.x + MARK_COLUMNS.min(inner.width) } else { beside }, is_stacked }
    }

    fn value_columns(self) -> u16 {
        self.inner.right().saturating_sub(self.value_x)
    }
}

/// Draws the form; returns where the caret stands.
pub fn draw(cells: &mut Cells, screen: Rect, model: &Model, look: &Look<'_>) -> Option<Position> {
    let has_footer = screen.height >= 12;
    let body = Rect { height: screen.height - u16::from(has_footer), ..screen };
    if has_footer {
        draw_footer(cells, Rect { y: body.bottom(), height: 1, ..screen }, Context::Form, look, |_| true);
    }
    let has_frame = screen.width >= FRAME_FROM_COLUMNS && screen.height >= 14;
    let width = body.width.min(CARD_COLUMNS_MAX);
    let margin = if has_frame { 1 + PADDING_COLUMNS } else { 0 };
    let x = body.x + (body.width - width) / 2;
    let columns = Rect { x: x + margin, width: width - 2 * margin, ..body };
    let grid = Grid::of(columns, &model.form, look);

    let room = body.height.saturating_sub(if has_frame { 2 } else { 0 });
    let mut rows = rows(model, grid, look);
    shrink(&mut rows, usize::from(room));
    let focus = rows.iter().position(|row| has_focus(row, &model.form)).unwrap_or(0);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(room);
    let first = (focus + 1).saturating_sub(usize::from(height));

    let framed = height + if has_frame { 2 } else { 0 };
    let top = body.y + (body.height - framed) / 2;
    if has_frame {
        let card = Rect { x, y: top, width, height: framed };
        frame(cells, card, look.theme.line());
        paint(cells, card, card.x + 2, card.y, " chat-tui ", 10, look.theme.accent());
    }
    let top = top + u16::from(has_frame);
    let mut caret = None;
    for (y, row) in (top..top + height).zip(rows.iter().skip(first)) {
        let line = Rect { y, height: 1, ..grid.inner };
        caret = draw_row(cells, line, row, grid, &model.form, look).or(caret);
    }
    caret
}

fn rows<'a>(model: &'a Model, grid: Grid, look: &Look<'_>) -> Vec<Row<'a>> {
    let form = &model.form;
    let mut rows = Vec::new();
    let mut add = |rank, content| rows.push(Row { content, rank });
    let sentence = |text: &str, style: Style, is_indented: bool| {
        let columns = if is_indented { grid.value_columns() } else { grid.inner.width };
        let wrapped = wrap([(text, style)], Columns::all(columns));
        wrapped.into_iter().map(move |row| Content::Text(row.to_string(), style, is_indented))
    };
    add(5, Content::Blank);
    add(0, Content::Tabs);
    add(3, Content::Blank);
    for field in form.fields() {
        if grid.is_stacked {
            add(0, Content::Label(field));
        }
        add(0, Content::Field(field));
        match &field.error {
            Some(error) => sentence(&format!("✗ {error}"), look.theme.error(), true).for_each(|row| add(0, row)),
            None => add(4, Content::Blank),
        }
    }
    add(6, Content::Blank);
    add(1, Content::Button);
    add(3, Content::Blank);
    if let Some(error) = &form.error {
        sentence(&format!("✗ {error}"), look.theme.error(), true).for_each(|row| add(0, row));
        add(5, Content::Blank);
    } else if let Some(status) = status::sentence(model, look)
        // What stands beside its field is not said again.
        && form.fields().iter().all(|field| field.error.is_none())
    {
        sentence(&format!("{} {}", status.mark, status.text), status.style, true).for_each(|row| add(0, row));
        add(5, Content::Blank);
    }
    let recorded = form.recorded_text_id(model.settings.plain_text);
    sentence(&look.texts.get(recorded), look.theme.dim(), false).for_each(|row| add(2, row));
    add(7, Content::Blank);
    rows
}

/// Drops rows, those of the greatest rank first and from the bottom up, until they fit or none may go.
fn shrink(rows: &mut Vec<Row<'_>>, room: usize) {
    for rank in (1..=7).rev() {
        while rows.len() > room {
            let Some(index) = rows.iter().rposition(|row| row.rank == rank) else { break };
            rows.remove(index);
        }
    }
}

fn has_focus(row: &Row<'_>, form: &Form) -> bool {
    match (&row.content, form.focus) {
        (Content::Tabs, Focus::Tabs) | (Content::Button, Focus::Submit) => true,
        (Content::Field(field), Focus::Field(id)) => field.id == id,
        _ => false,
    }
}

fn draw_row(
    cells: &mut Cells,
    line: Rect,
    row: &Row<'_>,
    grid: Grid,
    form: &Form,
    look: &Look<'_>,
) -> Option<Position> {
    let is_focused = has_focus(row, form);
    match &row.content {
        Content::Blank => {}
        Content::Tabs => draw_tabs(cells, line, form, look),
        Content::Label(field) => {
            draw_label(cells, line, field, form.focus == Focus::Field(field.id), look);
        }
        Content::Field(field) => {
            if !grid.is_stacked {
                draw_label(cells, line, field, is_focused, look);
            }
            let value = Rect { x: grid.value_x, width: grid.value_columns(), ..line };
            let caret = draw_value(cells, value, form, field, is_focused, look);
            return if is_focused { caret } else { None };
        }
        Content::Button => {
            let id = match form.tab {
                Tab::Register => "form-submit-register",
                Tab::LogIn => "form-submit-login",
            };
            let text = format!("[ {} ]", look.texts.get(id));
            let style = if is_focused { look.theme.selected() } else { look.theme.strong() };
            paint(cells, line, grid.value_x, line.y, &text, usize::from(line.width), style);
        }
        Content::Text(text, style, is_indented) => {
            let x = if *is_indented { grid.value_x } else { line.x };
            paint(cells, line, x, line.y, text, usize::from(line.width), *style);
        }
    }
    None
}

fn draw_tabs(cells: &mut Cells, line: Rect, form: &Form, look: &Look<'_>) {
    let mut x = line.x;
    for tab in Tab::ALL {
        let title = look.texts.get(tab.text_id());
        let is_current = tab == form.tab;
        let text = if is_current { format!("[ {title} ]") } else { format!("  {title}  ") };
        let style = match is_current {
            true if form.focus == Focus::Tabs => look.theme.accent().add_modifier(Modifier::REVERSED),
            true => look.theme.accent(),
            false => look.theme.dim(),
        };
        x = paint(cells, line, x, line.y, &text, usize::from(line.width), style) + 1;
    }
}

fn draw_label(cells: &mut Cells, line: Rect, field: &Field, is_focused: bool, look: &Look<'_>) {
    let label = look.texts.get(field.id.text_id());
    let style = match is_focused {
        _ if field.error.is_some() => look.theme.error(),
        true => look.theme.accent(),
        false => look.theme.text(),
    };
    if is_focused {
        paint(cells, line, line.x, line.y, "›", 1, style);
    }
    let room = usize::from(line.width.saturating_sub(MARK_COLUMNS));
    paint(cells, line, line.x + MARK_COLUMNS, line.y, &cut(&label, room), room, style);
}

/// A field's text on a line of underscores; returns where its caret stands. What does not fit is cut at the left, so that the
/// caret stays visible.
fn draw_value(
    cells: &mut Cells,
    area: Rect,
    form: &Form,
    field: &Field,
    is_focused: bool,
    look: &Look<'_>,
) -> Option<Position> {
    let blank = " ".repeat(usize::from(area.width));
    let line_style = if is_focused { look.theme.text() } else { look.theme.line() };
    paint(cells, area, area.x, area.y, &blank, blank.len(), line_style.add_modifier(Modifier::UNDERLINED));
    let (before, after) = field.edit.text().split_at(field.edit.caret());
    let shown = |text: &str| match field.id.is_secret() && !form.is_revealed {
        true => "•".repeat(clusters(text).count()),
        false => text.to_owned(),
    };
    if let Some(hint) = form.hint(field.id).filter(|_| field.edit.is_empty()) {
        let hint = look.texts.get(hint);
        let style = look.theme.dim().add_modifier(Modifier::UNDERLINED);
        paint(cells, area, area.x, area.y, &cut(&hint, usize::from(area.width)), usize::from(area.width), style);
        return position_in(area, usize::from(area.x), usize::from(area.y));
    }
    // One column stays free for the caret behind the last letter.
    let room = usize::from(area.width.saturating_sub(1));
    let before = tail(&shown(before), room);
    let style = look.theme.text().add_modifier(Modifier::UNDERLINED);
    let caret_x = paint(cells, area, area.x, area.y, &before, usize::from(area.width), style);
    paint(cells, area, caret_x, area.y, &shown(after), usize::from(area.width), style);
    position_in(area, usize::from(caret_x), usize::from(area.y))
}

/// The end of a text, at most so many columns of it.
fn tail(text: &str, columns: usize) -> String {
    let mut excess = columns_of(text).saturating_sub(columns);
    let mut kept = String::new();
    for (cluster, width) in clusters(text) {
        if excess > 0 {
            excess = excess.saturating_sub(width);
        } else {
            kept.push_str(cluster);
        }
    }
    kept
}
