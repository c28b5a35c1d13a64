//! What the client's pure parts cost: text into rows, a frame, a message, a page of history. A table of [`PATHS`], timed by divan
//! (`cargo bench --bench client`), or run for a tool that counts instructions (`scripts/instructions`).
//!
//! What a person feels of it, through a terminal, is measured by `scripts/bench-client`.

#[path = "../paths/mod.rs"]
mod paths;

use std::cell::Cell;
use std::hint::black_box;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;

use chat_tui::client::cells_out::CellsOut;
use chat_tui::client::config::{Choices, Mode, Settings};
use chat_tui::client::event::{Effect, Effects, Event, Kept, Login, Moment, NetworkEvent, SecretKind, Security};
use chat_tui::client::links::Links;
use chat_tui::client::model::{Model, Remembered, Start};
use chat_tui::client::picture::Picture;
use chat_tui::client::update::update;
use chat_tui::client::view::View;
use chat_tui::client::view::dates::Zone;
use chat_tui::client::view::theme::{Depth, Theme};
use chat_tui::client::view::wrap::{Columns, wrap};
use chat_tui::ground::texts::{Language, Texts};
use chat_tui::proto::secret::Secret;
use chat_tui::proto::time::Timestamp;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use paths::{Path, Step, path};
use ratatui::layout::Size;
use ratatui::style::Style;

/// The screen of the measurements through a terminal.
const COLUMNS: u16 = 200;
const ROWS: u16 = 50;
const SMALL: (u16, u16) = (80, 24);
const CHANNEL: &str = "#bench";
const SPEAKERS: usize = 20;
/// As many as one question for history brings.
const PAGE_MESSAGES: usize = 100;
const MESSAGE: &str = "and words of some length that say nothing much but fill the line as people do";
const PARAGRAPH: &str = "Überall, où l'on parle 日本語, a row ends between words; e\u{301} is one cluster, 👨\u{200d}👩\u{200d}👧 \
    another, and a link such as https://chat.example.org/a/long/path?with=questions#and-more stays whole where it can. ";

/// All hot paths.
const PATHS: &[Path] = &[
    path("wrap a message", 1, 5_000, wrap_message),
    path("wrap two thousand bytes of many scripts", 1, 200, wrap_paragraphs),
    path("frame in which nothing changed", 1, 50, frame_of_nothing),
    path("frame with one message more", 1, 50, frame_of_message),
    path("frame with one letter more", 1, 50, frame_of_letter),
    path("frame of another size", 1, 20, frame_of_size),
    path("update with a message", 1, 2_000, update_message),
    path("update with a page of history", 1, 20, update_page),
];

#[divan::bench(args = PATHS)]
fn path_of(bencher: divan::Bencher<'_, '_>, path: &Path) {
    bencher.bench_local((path.prepare)(path.size));
}

fn main() -> ExitCode {
    paths::main(PATHS)
}

/// Counts what is written to it.
#[derive(Clone, Default)]
struct Count(Rc<Cell<usize>>);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client in a channel on a screen, and what the terminal would get.
struct Client {
    model: Model,
    effects: Effects,
    view: View,
    picture: Picture<Count>,
    written: Count,
    connection: u64,
    spoken: usize,
    millis: u64,
}

impl Client {
    /// Logged in at a server that has history, in a channel with so many messages.
    fn online(messages: usize) -> Self {
        let flags = Choices { server: Some("chat.example.org".to_owned()), ..Choices::default() };
        let settings = Settings::resolve(flags, Choices::default(), Language::English, Mode::Person)
            .expect("the settings are sound");
        let login = Login {
            server: "chat.example.org:6697".to_owned(),
            account: "bench".to_owned(),
            kept: Kept::Here(SecretKind::Token, Secret::new("ctd1_token")),
        };
        let model = Model::new(Start {
            settings,
            texts: Texts::new(Language::English),
            remembered: Remembered { logins: vec![login], ..Remembered::default() },
            seed: [7; 32],
            device_name: "bench".to_owned(),
        });
        let written = Count::default();
        let picture = Picture::new(CellsOut::new(written.clone(), None));
        let view = View::new(Theme::new(Depth::Many), Zone::Utc, Links::default());
        let mut client =
            Self { model, effects: Effects::default(), view, picture, written, connection: 0, spoken: 0, millis: 0 };
        client.event(Event::Start);
        client.resize((COLUMNS, ROWS));
        client.event(Event::Network(client.connection, NetworkEvent::Connected { security: Security::Tls }));
        client.receive(&[
            ":s CAP * LS :batch draft/chathistory draft/read-marker echo-message message-tags sasl=PLAIN server-time",
            ":s CAP * ACK :batch draft/chathistory draft/read-marker echo-message message-tags sasl server-time",
            "AUTHENTICATE +",
            ":s 900 bench bench!u@h bench :You are now logged in",
            ":s 903 bench :ok",
            ":s 001 bench :Welcome",
            ":s 005 bench CHANTYPES=# PREFIX=(ov)@+ CHATHISTORY=100 MSGREFTYPES=msgid,timestamp NETWORK=Bench :are supported",
            ":s 422 bench :No message of the day",
            &format!(":bench!u@h JOIN {CHANNEL}"),
            &format!(":s 353 bench = {CHANNEL} :bench {}", (0..SPEAKERS).map(speaker).collect::<Vec<_>>().join(" ")),
            &format!(":s 366 bench {CHANNEL} :End"),
        ]);
        for _ in 0..messages {
            let line = client.message();
            client.receive(&[&line]);
        }
        assert!(client.model.conversations.current().is_some_and(|one| one.name == CHANNEL), "joined");
        client.frame();
        client
    }

    fn event(&mut self, event: Event) {
        self.millis += 1;
        let now = Moment { time: time(self.millis), elapsed_millis: self.millis };
        update(&mut self.model, event, now, &mut self.effects);
        for (_, effect) in self.effects.drain() {
            if let Effect::Connect { connection, .. } = effect {
                self.connection = connection;
            }
        }
    }

    fn receive(&mut self, lines: &[&str]) {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        self.event(Event::Network(self.connection, NetworkEvent::Lines(lines)));
    }

    /// What one of the speakers says next.
    fn message(&mut self) -> String {
        self.spoken += 1;
        said(self.spoken, "")
    }

    /// Draws a frame. Returns how many bytes the terminal gets.
    fn frame(&mut self) -> usize {
        let found = self.view.layout(&mut self.model);
        black_box(found);
        let (model, view) = (&self.model, &mut self.view);
        self.picture.draw(|cells| view.draw(model, cells)).expect("what counts does not fail");
        self.written.0.take()
    }

    fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.event(Event::Resize { columns, rows });
        self.picture.resize(Size { width: columns, height: rows }).expect("what counts does not fail");
    }
}

fn speaker(number: usize) -> String {
    format!("speaker{:02}", number % SPEAKERS)
}

fn time(millis: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + i64::try_from(millis).unwrap_or(0))
}

fn said(number: usize, tags: &str) -> String {
    let (time, author) = (time(number as u64), speaker(number));
    format!("@{tags}time={time};msgid={number:013} :{author}!u@host PRIVMSG {CHANNEL} :message {number:07} {MESSAGE}")
}

/// A batch with a page of history, the `number`th, as the server sends it.
fn page(number: usize) -> Vec<String> {
    let begin = format!(":s BATCH +p chathistory {CHANNEL}");
    let lines = (0..PAGE_MESSAGES).map(|line| said(number * PAGE_MESSAGES + line, "batch=p;"));
    std::iter::once(begin).chain(lines).chain(["BATCH -p".to_owned()]).collect()
}

fn wrap_message(_: usize) -> Step {
    Box::new(|| _ = black_box(wrap([(black_box(MESSAGE), Style::new())], Columns::all(60))))
}

fn wrap_paragraphs(_: usize) -> Step {
    let text = PARAGRAPH.repeat(2_000 / PARAGRAPH.len() + 1);
    Box::new(move || _ = black_box(wrap([(black_box(text.as_str()), Style::new())], Columns::all(60))))
}

fn frame_of_nothing(_: usize) -> Step {
    let mut client = Client::online(1_000);
    Box::new(move || _ = black_box(client.frame()))
}

fn frame_of_message(_: usize) -> Step {
    let mut client = Client::online(1_000);
    Box::new(move || {
        let line = client.message();
        client.receive(&[&line]);
        black_box(client.frame());
    })
}

fn frame_of_letter(_: usize) -> Step {
    let mut client = Client::online(1_000);
    let press = |code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
    let mut keys = [KeyCode::Char('x'), KeyCode::Backspace].into_iter().cycle();
    Box::new(move || {
        client.event(press(keys.next().expect("a cycle")));
        black_box(client.frame());
    })
}

fn frame_of_size(_: usize) -> Step {
    let mut client = Client::online(1_000);
    let mut sizes = [SMALL, (COLUMNS, ROWS)].into_iter().cycle();
    Box::new(move || {
        client.resize(sizes.next().expect("a cycle"));
        black_box(client.frame());
    })
}

fn update_message(_: usize) -> Step {
    let mut client = Client::online(5_000);
    Box::new(move || {
        let line = client.message();
        client.receive(&[&line]);
    })
}

fn update_page(_: usize) -> Step {
    let mut client = Client::online(0);
    let mut number = 0;
    Box::new(move || {
        number += 1;
        let page = page(number);
        let lines: Vec<&str> = page.iter().map(String::as_str).collect();
        client.receive(&lines);
    })
}
