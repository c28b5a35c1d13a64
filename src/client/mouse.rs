//! What the mouse does: the wheel scrolls; a click shows a conversation, opens one with a member, chooses a message, follows a
//! hint; dragging over messages copies their text.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::bindings::Action;
use super::event::{Effect, Effects};
use super::geometry::{Drag, first_visible};
use super::keys::{choose, perform, pick, talk_to};
use super::model::{Model, Screen};

/// How many rows the mouse wheel scrolls.
const WHEEL_ROWS: i32 = 3;

/// The mouse did something.
pub fn acted(model: &mut Model, mouse: MouseEvent, effects: &mut Effects) {
    let wheel = match mouse.kind {
        MouseEventKind::ScrollUp => -WHEEL_ROWS,
        MouseEventKind::ScrollDown => WHEEL_ROWS,
        _ => 0,
    };
    if model.overlays.shown().is_some() {
        return model.overlays.scroll(wheel as isize);
    }
    if model.screen != Screen::Chat {
        return;
    }
    let (column, row) = (mouse.column, mouse.row);
    if model.picker.is_some() {
        return on_list(model, mouse.kind, column, row, effects);
    }
    if let Some(panel) = &mut model.panel {
        return panel.step(wheel.signum() as isize);
    }
    match mouse.kind {
        MouseEventKind::ScrollUp | MouseEventKind::ScrollDown => {
            if let Some(conversation) = model.conversations.current_mut() {
                if wheel < 0 {
                    conversation.take_heart();
                }
                conversation.buffer.scroll_rows(wheel);
            }
        }
        MouseEventKind::Down(MouseButton::Left) => pressed(model, column, row, effects),
        MouseEventKind::Drag(MouseButton::Left) => moved(model, column, row),
        MouseEventKind::Up(MouseButton::Left) => released(model, column, row),
        _ => {}
    }
}

/// The list that is open takes the mouse.
fn on_list(model: &mut Model, kind: MouseEventKind, column: u16, row: u16, effects: &mut Effects) {
    let (area, first) = model.pane.items;
    let Some(picker) = &mut model.picker else { return };
    match kind {
        MouseEventKind::ScrollUp if picker.chosen() > 0 => picker.step(-1),
        MouseEventKind::ScrollDown if picker.chosen() + 1 < picker.items().len() => picker.step(1),
        MouseEventKind::Down(MouseButton::Left) if area.contains(column, row) => {
            let index = first + usize::from(row - area.y);
            if index < picker.items().len() {
                picker.choose(index);
                pick(model, effects);
            }
        }
        _ => {}
    }
}

fn pressed(model: &mut Model, column: u16, row: u16, effects: &mut Effects) {
    model.drag = None;
    let areas = model.areas();
    if areas.list.contains(column, row) {
        let count = model.conversations.list().len();
        let current = model.conversations.current_index().unwrap_or(0);
        let first = first_visible(current, count, usize::from(areas.list.height));
        let index = first + usize::from(row - areas.list.y);
        choose(model, |model| model.conversations.show_nth(index));
    } else if areas.members.contains(column, row) {
        open_member(model, usize::from(row - areas.members.y), effects);
    } else if model.pane.below.contains(column, row) {
        perform(model, Action::Newest, effects);
    } else if model.pane.above.contains(column, row) {
        perform(model, Action::FirstUnread, effects);
    } else if model.pane.row_at(column, row).is_some() {
        model.drag = model.pane.point_at(column, row).map(|from| Drag { from, to: from, is_done: false });
    }
}

/// A conversation with the member at this place of the list.
fn open_member(model: &mut Model, index: usize, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current() else { return };
    let height = usize::from(model.areas().members.height);
    // The last row counts those for whom there is no room.
    let is_count = conversation.members.count() > height && index + 1 == height;
    let member = conversation.members.list().get(index).filter(|_| !is_count);
    let nick = member.map(|member| member.nick.clone());
    if let Some(nick) = nick.filter(|nick| !model.server.session.is_own_nick(nick)) {
        talk_to(model, &nick, effects);
    }
}

fn moved(model: &mut Model, column: u16, row: u16) {
    let Some(drag) = model.drag.filter(|drag| !drag.is_done) else { return };
    let area = model.pane.area;
    if let Some(to) = model.pane.point_at(column, row) {
        model.drag = Some(Drag { to, ..drag });
    }
    // At its edges the pane goes on under the mouse.
    let step = if row <= area.y { -1 } else { i32::from(row + 1 >= area.y + area.height) };
    if let Some(conversation) = model.conversations.current_mut().filter(|_| step != 0) {
        conversation.buffer.scroll_rows(step);
    }
}

fn released(model: &mut Model, column: u16, row: u16) {
    let Some(drag) = model.drag.take().filter(|drag| !drag.is_done) else { return };
    if drag.from != drag.to {
        model.drag = Some(Drag { is_done: true, ..drag });
        return;
    }
    let Some(key) = model.pane.row_at(column, row).map(|row| row.key) else { return };
    if let Some(conversation) = model.conversations.current_mut() {
        let can_be = conversation.buffer.entry(key).is_some_and(|entry| entry.can_be_chosen());
        conversation.chosen = Some(key).filter(|key| can_be && conversation.chosen != Some(*key));
    }
}

/// The text that was dragged over goes to the clipboard.
pub fn dragged(model: &mut Model, text: String, effects: &mut Effects) {
    model.drag = None;
    if !text.is_empty() {
        effects.push(Effect::Copy(text));
        model.remark = Some(model.texts.get("chosen-copied").into_owned());
    }
}
