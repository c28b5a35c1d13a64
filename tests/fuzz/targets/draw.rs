//! Wrapping and drawing: any text in any place of the screen, in any size.

use chat_tui::client::config::{Choices, Mode, Settings};
use chat_tui::client::conversation::ConversationKind;
use chat_tui::client::entry::{Entry, EntryKind, Fate};
use chat_tui::client::links::Links;
use chat_tui::client::members::Member;
use chat_tui::client::model::{Model, Remembered, Screen, Start};
use chat_tui::client::view::View;
use chat_tui::client::view::dates::Zone;
use chat_tui::client::view::theme::{Depth, Theme};
use chat_tui::client::view::wrap::{Columns, columns_of, cut, wrap};
use chat_tui::ground::texts::{Language, Texts};
use chat_tui::proto::time::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Width, height, then texts, line by line: each stands wherever a text may stand.
pub fn run(data: &[u8]) {
    let [columns, rows, rest @ ..] = data else { return };
    let (columns, rows) = (u16::from(columns % 160), u16::from(rows % 60));
    let text = String::from_utf8_lossy(rest);
    wrapped(&text, columns);
    let mut model = model();
    model.size = (columns, rows);
    fill(&mut model, &text);
    drawn(&mut model);
}

fn wrapped(text: &str, columns: u16) {
    for row in wrap([(text, Style::default())], Columns::all(columns)) {
        assert!(row.width() <= usize::from(columns), "{row:?} is wider than {columns}");
    }
    assert!(columns_of(&cut(text, usize::from(columns))) <= usize::from(columns));
}

/// A client that has just started.
pub fn model() -> Model {
    let language = Language::English;
    let settings = Settings::resolve(Choices::default(), Choices::default(), language, Mode::Person).expect("defaults");
    let device_name = "laptop".to_owned();
    let (texts, remembered) = (Texts::new(language), Remembered::default());
    Model::new(Start { settings, texts, remembered, seed: [7; 32], device_name })
}

fn fill(model: &mut Model, text: &str) {
    model.screen = Screen::Chat;
    let general =
        model.conversations.open("#general", text.lines().next().unwrap_or("#general"), ConversationKind::Channel);
    let id = general.id;
    general.topic = text.to_owned();
    let member = |nick: &str| Member {
        nick: nick.to_owned(),
        folded: nick.to_lowercase(),
        prefixes: "@".to_owned(),
        is_away: false,
    };
    general.members.replace(text.lines().take(20).map(member).collect(), "@+");
    for (place, line) in text.lines().take(60).enumerate() {
        let kinds = [EntryKind::Message, EntryKind::Action, EntryKind::Notice, EntryKind::Info];
        let time = Timestamp::from_millis(1_700_000_000_000 + place as i64 * 1_000);
        let mut entry = Entry::new(kinds[place % kinds.len()], line, text, time);
        entry.own = place % 3 == 0;
        if place % 5 == 0 {
            entry.fate = Fate::Failed { reason: line.to_owned() };
        }
        general.buffer.push_live(entry);
    }
    general.composer.edit.paste(text);
    model.conversations.show(id);
    for name in text.lines().take(10) {
        model.conversations.open(name, name, ConversationKind::Direct).unread = 3;
    }
}

/// Draws a model: nothing in any cell steers a terminal.
pub fn drawn(model: &mut Model) {
    let (columns, rows) = model.size;
    let mut view = View::new(Theme::new(Depth::Many), Zone::Utc, Links::default());
    view.layout(model);
    let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
    view.draw(model, &mut cells);
    for cell in cells.content() {
        let steers = |c: char| {
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        };
        assert!(!cell.symbol().contains(steers), "{:?} steers the terminal", cell.symbol());
    }
}
