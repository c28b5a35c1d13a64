//! The mouse: what it copies, and what it chooses.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer as Cells;
use ratatui::layout::Rect;

use super::models::{chat, message};
use super::view;
use crate::client::event::{Effect, Effects, Event, Moment};
use crate::client::model::Model;
use crate::client::update::update;
use crate::client::view::View;
use crate::client::view::theme::Depth;
use crate::ground::texts::Language;

/// A view with a model, and the mouse.
struct Desk {
    model: Model,
    view: View,
    effects: Effects,
}

impl Desk {
    fn new(columns: u16, rows: u16) -> Self {
        let mut model = chat(Language::English);
        model.size = (columns, rows);
        let mut desk = Self { model, view: view(Depth::Many), effects: Effects::default() };
        desk.layout();
        desk
    }

    /// Lays out, and gives back what was dragged over as the shell does.
    fn layout(&mut self) {
        let found = self.view.layout(&mut self.model);
        if let Some(text) = found.dragged {
            self.event(Event::Dragged(text));
        }
    }

    fn event(&mut self, event: Event) {
        update(&mut self.model, event, Moment::default(), &mut self.effects);
        self.layout();
    }

    fn mouse(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        self.event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
    }

    /// Drags from one cell to another; what was copied then.
    fn drag(&mut self, from: (u16, u16), to: (u16, u16)) -> String {
        self.mouse(MouseEventKind::Down(MouseButton::Left), from.0, from.1);
        self.mouse(MouseEventKind::Drag(MouseButton::Left), to.0, to.1);
        self.mouse(MouseEventKind::Up(MouseButton::Left), to.0, to.1);
        let copied = self.effects.drain().find_map(|(_, effect)| match effect {
            Effect::Copy(text) => Some(text),
            _ => None,
        });
        copied.unwrap_or_default()
    }

    /// Where a text stands on the screen.
    fn place(&mut self, text: &str) -> (u16, u16) {
        let (columns, rows) = self.model.size;
        let mut cells = Cells::empty(Rect::new(0, 0, columns, rows));
        self.view.draw(&self.model, &mut cells);
        for y in 0..rows {
            for x in 0..columns {
                let here = (x..columns).map(|x| cells[(x, y)].symbol()).collect::<String>();
                if here.starts_with(text) {
                    return (x, y);
                }
            }
        }
        panic!("{text:?} is not on the screen");
    }
}

#[test]
fn dragging_copies_clean_text() {
    for (columns, rows) in [(80, 40), (40, 40)] {
        let mut desk = Desk::new(columns, rows);
        let start = desk.place("Tout");
        let end = desk.place("a second line");
        assert_eq!(desk.drag(start, (end.0 + 7, end.1)), "Tout à fait, client\na second");
        // Rows that were wrapped are one line; the times, names and borders between them are no part of it.
        let wrapped = "a second line of mine, long enough to be wrapped in every pane but the widest one there is";
        let last = desk.place("there is");
        assert_eq!(desk.drag(end, (last.0 + 7, last.1)), wrapped, "at {columns}");
        // Backwards it is the same, and a wide cluster is never cut in half.
        assert_eq!(desk.drag((last.0 + 7, last.1), end), wrapped);
        let wide = desk.place("ん");
        assert_eq!(desk.drag(wide, (wide.0 + 2, wide.1)), "んに");
    }
}

#[test]
fn what_is_dragged_over_stays_the_same_when_something_is_said() {
    let mut desk = Desk::new(80, 24);
    let start = desk.place("Tout");
    desk.mouse(MouseEventKind::Down(MouseButton::Left), start.0, start.1);
    desk.mouse(MouseEventKind::Drag(MouseButton::Left), start.0 + 3, start.1);
    let general = desk.model.conversations.current_mut().unwrap();
    general.buffer.push_live(message("mlk", "more", "2022-09-18T12:00:00.000Z"));
    desk.layout();
    desk.mouse(MouseEventKind::Up(MouseButton::Left), start.0 + 3, start.1 - 1);
    assert!(desk.effects.drain().any(|(_, effect)| matches!(effect, Effect::Copy(text) if text == "Tout")));
}

#[test]
fn a_click_chooses_a_message_and_follows_a_hint() {
    let mut desk = Desk::new(80, 12);
    let place = desk.place("waves");
    desk.drag(place, place);
    let chosen = |desk: &Desk| {
        let general = desk.model.conversations.current().unwrap();
        general.chosen.and_then(|key| general.buffer.entry(key)).map(|entry| entry.text.clone())
    };
    assert_eq!(chosen(&desk).as_deref(), Some("waves"));
    let place = desk.place("waves");
    desk.drag(place, place);
    assert_eq!(chosen(&desk), None, "once more, and it is not");
    desk.mouse(MouseEventKind::ScrollUp, 40, 5);
    let hint = desk.place("more below");
    desk.drag(hint, hint);
    assert!(desk.model.conversations.current().unwrap().buffer.follows_end());
    let other = desk.place("mimi");
    desk.drag(other, other);
    assert_eq!(desk.model.conversations.current().unwrap().name, "mimi");
}
