//! The list to choose from: what is typed, the items that fit, and what each stands for.

use ratatui::buffer::Buffer as Cells;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use unicode_segmentation::UnicodeSegmentation as _;

use super::cells::{paint, paint_right, position_in};
use super::look::Look;
use super::overlay::Layout;
use super::panels::draw_footer;
use super::wrap::{columns_of, cut};
use crate::client::bindings::Context;
use crate::client::geometry::{Area, first_visible};
use crate::client::picker::{Choice, Item, Picker, Purpose};

/// The widest list, its frame included.
const COLUMNS_MAX: u16 = 76;
/// The highest list, in items.
const ITEMS_MAX: usize = 16;
/// The columns of the sign before what is typed.
const PROMPT_COLUMNS: u16 = 2;

/// Where the items are on a screen of this size, and the first one that is visible: for the mouse.
pub fn items(screen: Rect, picker: &Picker) -> (Area, usize) {
    let list = list_of(layout(screen, picker).inner);
    let area = Area { x: list.x, y: list.y, width: list.width, height: list.height };
    (area, first_visible(picker.chosen(), picker.items().len(), usize::from(list.height)))
}

/// The part of the inside that has the items.
fn list_of(inner: Rect) -> Rect {
    let gap = u16::from(inner.height > 3);
    Rect { y: inner.y + 1 + gap, height: inner.height.saturating_sub(1 + gap), ..inner }
}

fn layout(screen: Rect, picker: &Picker) -> Layout {
    // The text, a blank row, and the items; as high as with all of them, so that it does not jump while one types.
    let rows = match picker.purpose {
        Purpose::Search { .. } => ITEMS_MAX,
        _ => picker.items().len().clamp(8, ITEMS_MAX),
    };
    Layout::of(screen, COLUMNS_MAX, |_| (rows + 2, 1))
}

/// Draws it; returns where the caret stands.
pub fn draw(cells: &mut Cells, screen: Rect, picker: &Picker, look: &Look<'_>) -> Option<Position> {
    if screen.is_empty() {
        return None;
    }
    let layout = layout(screen, picker);
    let title_id = match &picker.purpose {
        Purpose::Operate(_) => "picker-operate",
        Purpose::Confirm(_) => "picker-confirm",
        Purpose::Switch => "picker-switch",
        Purpose::Command => "picker-command",
        Purpose::React(_) => "picker-react",
        Purpose::Report(_) => "picker-report",
        Purpose::Open => "picker-open",
        Purpose::Search { is_everywhere: false } => "picker-search-here",
        Purpose::Search { is_everywhere: true } => "picker-search-everywhere",
    };
    let title = match &picker.purpose {
        Purpose::Operate(subject) => look.texts.format(title_id, &[("name", subject.name().into())]),
        Purpose::Confirm(order) => {
            let variables = order.variables();
            let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
            let what = look.texts.format(order.deed.text_id(), &variables);
            look.texts.format(title_id, &[("what", what.into())])
        }
        _ => look.texts.get(title_id).into_owned(),
    };
    layout.draw_empty(cells, &title, look);
    let inner = layout.inner;
    draw_footer(cells, layout.keys, Context::Picker, look, |_| true);
    paint(cells, inner, inner.x, inner.y, "›", 1, look.theme.accent());
    let text =
        Rect { x: inner.x + PROMPT_COLUMNS, width: inner.width.saturating_sub(PROMPT_COLUMNS), height: 1, ..inner };
    let typed = picker.edit.text();
    let before = columns_of(&typed[..picker.edit.caret()]);
    // A text that is longer than the list is wide is shown from where its caret can be seen.
    let hidden = (before + 1).saturating_sub(usize::from(text.width));
    let mut skipped = 0;
    let from = typed.grapheme_indices(true).find(|(_, cluster)| {
        let is_shown = skipped >= hidden;
        skipped += columns_of(cluster);
        is_shown
    });
    let shown = from.map_or("", |(start, _)| &typed[start..]);
    paint(cells, text, text.x, text.y, shown, usize::from(text.width), look.theme.text());
    if typed.is_empty() {
        let hint = match &picker.purpose {
            Purpose::Confirm(order) if order.deed.has_reason() => "picker-confirm-hint",
            Purpose::Confirm(_) => "picker-sure-hint",
            Purpose::Switch => "picker-switch-hint",
            Purpose::React(_) => "picker-react-hint",
            Purpose::Report(_) => "picker-report-hint",
            Purpose::Search { .. } => "picker-search-hint",
            _ => "picker-hint",
        };
        let hint = cut(&look.texts.get(hint), usize::from(text.width));
        paint(cells, text, text.x, text.y, &hint, usize::from(text.width), look.theme.dim());
    }
    draw_items(cells, list_of(inner), picker, look);
    position_in(inner, usize::from(text.x) + before.saturating_sub(hidden.min(before)), usize::from(text.y))
}

fn draw_items(cells: &mut Cells, list: Rect, picker: &Picker, look: &Look<'_>) {
    let items = picker.items();
    if items.is_empty() {
        if picker.edit.is_empty() && matches!(picker.purpose, Purpose::Search { .. }) {
            return;
        }
        let text = cut(&look.texts.get("picker-nothing"), usize::from(list.width));
        paint(cells, list, list.x + PROMPT_COLUMNS, list.y, &text, usize::from(list.width), look.theme.dim());
        return;
    }
    let first = first_visible(picker.chosen(), items.len(), usize::from(list.height));
    for (y, (index, item)) in (list.top()..list.bottom()).zip(items.iter().enumerate().skip(first)) {
        draw_item(cells, Rect { y, height: 1, ..list }, item, index == picker.chosen(), look);
    }
}

fn draw_item(cells: &mut Cells, line: Rect, item: &Item, is_chosen: bool, look: &Look<'_>) {
    // The chosen row is reversed as a whole: colours of its own would come out as patches of background.
    let (plain, aside, marked) = match is_chosen {
        true => (look.theme.selected(), look.theme.selected(), look.theme.selected().add_modifier(Modifier::BOLD)),
        false => (look.theme.text(), look.theme.dim(), look.theme.accent()),
    };
    if is_chosen {
        cells.set_style(line.intersection(cells.area), plain);
        paint(cells, line, line.x, line.y, "▌", 1, plain);
    }
    let mut room =
        Rect { x: line.x + PROMPT_COLUMNS.min(line.width), width: line.width.saturating_sub(PROMPT_COLUMNS), ..line };
    let label_columns = columns_of(&item.label);
    let said = match &item.choice {
        Choice::Message(found) => Some(look.zone.date_and_clock(found.time)),
        _ => None,
    };
    let detail = said.as_deref().unwrap_or(&item.detail);
    // When something was said is told before the whole of it, other details only where there is room for them.
    let is_first = said.is_some() && room.width > 40;
    if !detail.is_empty() && (is_first || usize::from(room.width) > label_columns + 4) {
        let left = if is_first { usize::from(room.width) / 2 } else { usize::from(room.width) - label_columns - 2 };
        let detail = cut(detail, left);
        let from = paint_right(cells, Rect { width: room.width - 1, ..room }, &detail, aside);
        room.width = from.saturating_sub(room.x + 1);
    }
    let mut x = room.x;
    let is_cut = label_columns > usize::from(room.width);
    let mut marks = item.marks.iter().copied().peekable();
    for (place, cluster) in item.label.graphemes(true).enumerate() {
        let is_marked = marks.next_if(|mark| *mark as usize == place).is_some();
        let columns = usize::from(room.right().saturating_sub(x));
        if is_cut && columns <= columns_of(cluster) {
            paint(cells, room, x, room.y, "…", columns, plain);
            break;
        }
        let style = if is_marked { marked.add_modifier(Modifier::UNDERLINED) } else { plain };
        x = paint(cells, room, x, room.y, cluster, columns, style);
    }
}
