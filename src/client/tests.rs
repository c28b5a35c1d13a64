//! Stories: keys and a server's lines in, effects and what is shown out.
//!
//! [`Stage`] plays the shell with a scripted server: it carries effects out in memory and moves the clock.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::config::{Choices, Mode, Settings};
use super::connection::Status;
use super::conversation::Conversation;
use super::entry::{Entry, Fate};
use super::event::{Effect, Effects, Event, Exit, Kept, Login, Moment, NetworkEvent, SecretKind, Security};
use super::form::FieldId;
use super::model::{Model, Remembered, Start};
use super::update::update;
use crate::ground::texts::{Language, Texts};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

mod attention;
mod chat;
mod chosen;
mod errands;
mod forms;
mod hostile;
mod lines;
mod logging;
mod operating;
mod reaching;
mod reconnecting;
mod remembering;
mod reporting;
mod searching;
mod servers;
mod unsent;
mod writing;

/// What our own server offers, with PLAIN only, so that no proof has to be computed.
const OWN_CAPS: &str = ":s CAP * LS :account-notify account-tag away-notify batch cap-notify chat-tui/devices \
     chat-tui/idempotency draft/account-registration=before-connect draft/chathistory draft/event-playback draft/languages=2,en,fr \
     chat-tui/inspect chat-tui/report draft/message-redaction draft/read-marker echo-message \
     extended-join labeled-response message-tags multi-prefix sasl=PLAIN server-time setname soju.im/search standard-replies";

struct Stage {
    model: Model,
    effects: Effects,
    /// Effects that were carried out, oldest first, but lines sent.
    done: Vec<Effect>,
    /// Lines sent, oldest first.
    sent: Vec<String>,
    connection: u64,
    millis: u64,
}

fn settings(server: &str, language: Language, mode: Mode) -> Settings {
    let flags = Choices { server: Some(server.to_owned()), ..Choices::default() };
    Settings::resolve(flags, Choices::default(), language, mode).unwrap()
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

impl Stage {
    fn new() -> Self {
        Self::with(settings("chat.example.org", Language::English, Mode::Person), Remembered::default())
    }

    fn with(mut settings: Settings, remembered: Remembered) -> Self {
        // The stories about other things are clearer without it.
        settings.typing = false;
        let texts = Texts::new(settings.language);
        let device_name = "laptop".to_owned();
        let model = Model::new(Start { settings, texts, remembered, seed: [7; 32], device_name });
        let (effects, done, sent) = (Effects::default(), Vec::new(), Vec::new());
        Self { model, effects, done, sent, connection: 0, millis: 0 }
    }

    /// A token for `ann` is remembered.
    fn remembered() -> Remembered {
        let (server, account) = ("chat.example.org:6697".to_owned(), "ann".to_owned());
        let login = Login { server, account, kept: Kept::Here(SecretKind::Token, Secret::new("ctd1_token")) };
        Remembered { logins: vec![login], ..Remembered::default() }
    }

    /// Logged in as `ann` on a server of our own kind, in #general, with a message of bob's.
    fn online() -> Self {
        let mut stage = Self::with(settings("chat.example.org", Language::English, Mode::Person), Self::remembered());
        stage.event(Event::Start);
        stage.log_in();
        stage
    }

    /// The server's side of a log-in by token.
    fn log_in(&mut self) {
        self.connect();
        self.lines(&[OWN_CAPS]);
        self.acknowledge();
        self.lines(&["AUTHENTICATE +", ":s 900 ann ann!ann@cloak ann :You are now logged in as ann", ":s 903 ann :ok"]);
        self.welcome();
    }

    fn welcome(&mut self) {
        self.lines(&[
            ":s 001 ann :Welcome",
            ":s 005 ann CASEMAPPING=ascii CHANTYPES=# PREFIX=(ov)@+ CHATHISTORY=3 MSGREFTYPES=msgid,timestamp NETWORK=Test CORRESPONDENT=serveur :are supported by this server",
            ":s 422 ann :No MOTD",
            ":ann!ann@cloak JOIN #general ann :ann",
            ":s 332 ann #general :Hello",
            ":s 353 ann = #general :@ann bob",
            ":s 366 ann #general :End",
        ]);
    }

    /// Answers each CAP REQ.
    fn acknowledge(&mut self) {
        let requests: Vec<String> =
            self.sent.iter().filter_map(|line| line.strip_prefix("CAP REQ :")).map(str::to_owned).collect();
        for request in requests {
            self.lines(&[&format!(":s CAP * ACK :{request}")]);
        }
    }

    fn connect(&mut self) {
        self.network(NetworkEvent::Connected { security: Security::Tls });
    }

    fn network(&mut self, event: NetworkEvent) {
        self.event(Event::Network(self.connection, event));
    }

    fn lines(&mut self, lines: &[&str]) {
        self.network(NetworkEvent::Lines(lines.iter().map(|line| (*line).to_owned()).collect()));
    }

    fn lose(&mut self) {
        self.network(NetworkEvent::Lost { reason: "reset".to_owned() });
    }

    fn event(&mut self, event: Event) {
        let now = self.now();
        update(&mut self.model, event, now, &mut self.effects);
        for (_, effect) in self.effects.drain() {
            match effect {
                Effect::Send(line) => self.sent.push(line.to_string()),
                Effect::Connect { connection, .. } => {
                    self.connection = connection;
                    self.done.push(effect);
                }
                effect => self.done.push(effect),
            }
        }
    }

    fn now(&self) -> Moment {
        let start = Timestamp::parse("2026-11-22T10:00:00.000Z").unwrap();
        Moment { time: start.plus_millis(self.millis as i64), elapsed_millis: self.millis }
    }

    /// Lets time pass, with every tick that was asked for.
    fn wait(&mut self, millis: u64) {
        let end = self.millis + millis;
        let mut ticks = 0;
        while let Some(due) = self.effects.wake_at_millis.filter(|due| *due <= end) {
            self.millis = self.millis.max(due);
            self.event(Event::Tick);
            ticks += 1;
            assert!(ticks < 100_000, "ticks without end");
        }
        self.millis = end;
    }

    fn press(&mut self, code: KeyCode) {
        self.event(key(code, KeyModifiers::NONE));
    }

    fn control(&mut self, letter: char) {
        self.event(key(KeyCode::Char(letter), KeyModifiers::CONTROL));
    }

    fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
    }

    /// Types a text and sends it.
    fn say(&mut self, text: &str) {
        self.type_text(text);
        self.press(KeyCode::Enter);
    }

    /// Fills a field of the form.
    fn fill(&mut self, id: FieldId, text: &str) {
        self.model.form.focus = super::form::Focus::Field(id);
        self.type_text(text);
    }

    /// Lines sent since the last call.
    fn take_sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }

    fn conversation(&self, name: &str) -> &Conversation {
        self.model.conversations.find(name).unwrap_or_else(|| panic!("no conversation {name}"))
    }

    fn entries(&self, name: &str) -> Vec<&Entry> {
        self.conversation(name).buffer.entries().iter().collect()
    }

    /// The texts of what was said in a conversation, in order.
    fn said(&self, name: &str) -> Vec<&str> {
        let spoken = |entry: &&&Entry| !entry.author.is_empty();
        self.entries(name).iter().filter(spoken).map(|entry| entry.text.as_str()).collect()
    }

    fn fates(&self, name: &str) -> Vec<Fate> {
        self.entries(name).iter().filter(|entry| entry.own).map(|entry| entry.fate.clone()).collect()
    }

    fn field_error(&self, id: FieldId) -> &str {
        self.model.form.field(id).error.as_deref().unwrap_or_default()
    }

    fn exit(&self) -> Option<&Exit> {
        self.done.iter().find_map(|effect| match effect {
            Effect::Quit(exit) => Some(exit),
            _ => None,
        })
    }

    fn is_waiting(&self) -> bool {
        matches!(self.model.server.connection.status, Status::Waiting { .. })
    }
}

/// The label of a line that was sent.
fn label(line: &str) -> String {
    let tags = line.strip_prefix('@').and_then(|line| line.split(' ').next()).unwrap_or_default();
    tags.split(';').find_map(|tag| tag.strip_prefix("label=")).unwrap_or_default().to_owned()
}

/// The echo of a PRIVMSG that was sent, as our server writes it.
fn echo(line: &str, msgid: &str, second: u32) -> String {
    let label = label(line);
    let body = &line[line.find("PRIVMSG").unwrap()..];
    format!(
        "@label={label};+chat-tui/id={label};msgid={msgid};time=2026-11-22T10:00:{second:02}.000Z :ann!ann@cloak {body}"
    )
}
