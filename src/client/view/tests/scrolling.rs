//! What a long conversation costs, and what is said while older messages come.

use ratatui::buffer::Cell;

use super::models::{chat, message};
use super::{draw, view};
use crate::client::buffer::ENTRIES_MAX;
use crate::client::conversation::HistoryState;
use crate::client::model::Model;
use crate::client::view::theme::{Depth, Theme};
use crate::ground::texts::Language;

#[test]
fn a_long_conversation_costs_what_is_visible() {
    let mut model = chat(Language::English);
    let general = model.conversations.current_mut().unwrap();
    for number in 0..ENTRIES_MAX {
        general.buffer.push_live(message("mlk", &format!("message {number}"), "2022-09-18T12:00:00.000Z"));
    }
    model.size = (80, 24);
    let mut view = view(Depth::Many);
    view.layout(&mut model);
    assert!(view.rows.entry_count() < 200, "{} entries were wrapped", view.rows.entry_count());
    model.conversations.current_mut().unwrap().buffer.scroll_to_top();
    assert!(view.layout(&mut model).is_top_near);
    assert!(view.rows.entry_count() < 400, "{} entries were wrapped", view.rows.entry_count());
}

#[test]
fn older_messages_that_are_not_needed_yet_come_without_a_word() {
    let mut model = chat(Language::English);
    let general = model.conversations.current_mut().unwrap();
    for number in 0..100 {
        general.buffer.push_live(message("mlk", &format!("message {number}"), "2022-09-18T12:00:00.000Z"));
    }
    general.first_unread = None;
    general.history = HistoryState::Loading;
    general.buffer.scroll_pages(-1);
    let is_said = |model: &mut Model| {
        let (cells, _) = draw(model, 80, 24, Theme::new(Depth::Many));
        cells.content.iter().map(Cell::symbol).collect::<String>().contains("loading older messages")
    };
    assert!(!is_said(&mut model));
    model.conversations.current_mut().unwrap().buffer.scroll_to_top();
    assert!(is_said(&mut model));
}
