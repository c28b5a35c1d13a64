//! The client by what a server says and a person does, line by line: the session, what follows from it, and the screen.
//!
//! `< LINE`: the server sends LINE. `> TEXT`: the person pastes TEXT and presses Enter. `+ KEYS`: these characters are typed.
//! `~ MILLIS`: time passes. `! lose` or `! connect`: the connection. `= COLUMNS ROWS`: the terminal's size.

use chat_tui::client::event::{Effect, Effects, Event, Moment, NetworkEvent, Security};
use chat_tui::client::model::Model;
use chat_tui::client::update::update;
use chat_tui::proto::time::Timestamp;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::draw;

/// What is bounded so that one input ends in time.
const LINES_MAX: usize = 300;

/// A story, or what is left of one.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut stage = Stage { model: draw::model(), effects: Effects::default(), connection: 0, millis: 0 };
    stage.model.size = (80, 24);
    stage.event(Event::Start);
    for line in text.lines().take(LINES_MAX) {
        let (kind, rest) = line.split_at_checked(2).unwrap_or(("", ""));
        match (kind, rest) {
            ("< ", line) => stage.network(NetworkEvent::Lines(vec![line.to_owned()])),
            ("> ", text) => {
                stage.event(Event::Paste(text.to_owned()));
                stage.key(KeyCode::Enter);
            }
            ("+ ", keys) => keys.chars().take(40).for_each(|key| stage.key(code(key))),
            ("~ ", millis) => {
                stage.millis += millis.parse::<u64>().unwrap_or(0).min(600_000);
                stage.event(Event::Tick);
            }
            ("! ", "lose") => stage.network(NetworkEvent::Lost { reason: String::new() }),
            ("! ", "connect") => stage.network(NetworkEvent::Connected { security: Security::Tls }),
            ("= ", size) => {
                let mut sides = size.split(' ').map(|side| side.parse::<u16>().unwrap_or(0).min(200));
                let (columns, rows) = (sides.next().unwrap_or(0), sides.next().unwrap_or(0).min(60));
                stage.event(Event::Resize { columns, rows });
            }
            _ => {}
        }
    }
    draw::drawn(&mut stage.model);
}

/// Letters stand for themselves, some capitals for keys that have none.
fn code(key: char) -> KeyCode {
    match key {
        'E' => KeyCode::Enter,
        'T' => KeyCode::Tab,
        'X' => KeyCode::Esc,
        'U' => KeyCode::Up,
        'D' => KeyCode::Down,
        'P' => KeyCode::PageUp,
        'N' => KeyCode::PageDown,
        'H' => KeyCode::F(1),
        'B' => KeyCode::Backspace,
        key => KeyCode::Char(key),
    }
}

struct Stage {
    model: Model,
    effects: Effects,
    connection: u64,
    millis: u64,
}

impl Stage {
    fn event(&mut self, event: Event) {
        let time = Timestamp::from_millis(1_700_000_000_000 + self.millis as i64);
        update(&mut self.model, event, Moment { time, elapsed_millis: self.millis }, &mut self.effects);
        for (_, effect) in self.effects.drain() {
            match effect {
                Effect::Connect { connection, .. } => self.connection = connection,
                Effect::Send(line) => {
                    let line = line.to_string();
                    assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
                }
                _ => {}
            }
        }
    }

    fn network(&mut self, event: NetworkEvent) {
        self.event(Event::Network(self.connection, event));
    }

    fn key(&mut self, code: KeyCode) {
        self.event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }
}
