//! What the mouse does: the wheel scrolls, a click shows a conversation.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::geometry::first_visible;
use super::keys::choose;
use super::model::{Model, Screen};
use super::overlay::Overlay;

/// How many rows the mouse wheel scrolls.
const WHEEL_ROWS: i32 = 3;

/// The mouse did something.
pub fn clicked(model: &mut Model, mouse: MouseEvent) {
    let wheel = match mouse.kind {
        MouseEventKind::ScrollUp => -WHEEL_ROWS,
        MouseEventKind::ScrollDown => WHEEL_ROWS,
        _ => 0,
    };
    if let Some(overlay) = model.overlays.shown() {
        if matches!(overlay, Overlay::Help { .. }) {
            model.overlays.scroll_help(wheel as isize);
        }
        return;
    }
    if model.screen != Screen::Chat {
        return;
    }
    let areas = model.areas();
    if wheel != 0 {
        if let Some(conversation) = model.conversations.current_mut() {
            conversation.buffer.scroll_rows(wheel);
        }
    } else if mouse.kind == MouseEventKind::Down(MouseButton::Left) && areas.list.contains(mouse.column, mouse.row) {
        let count = model.conversations.list().len();
        let current = model.conversations.current_index().unwrap_or(0);
        let first = first_visible(current, count, usize::from(areas.list.height));
        let index = first + usize::from(mouse.row - areas.list.y);
        choose(model, |model| model.conversations.show_nth(index));
    }
}
