//! Somebody who talks by chat-tui: its own core, fed with keys, ticks and the server's lines, as the shell would. Whatever
//! breaks, it keeps what was refused or is of unknown fate and sends it again with the same id.

use std::sync::Arc;
use std::time::Duration;

use chat_tui::client::config::{Choices, Mode, Settings};
use chat_tui::client::entry::Fate;
use chat_tui::client::event::{
    ConnectError, Effect, Effects, Event, Kept, Login, Moment, NetworkEvent, SecretKind, Security,
};
use chat_tui::client::model::{Model, Remembered, Start};
use chat_tui::client::update::update;
use chat_tui::ground::texts::{Language, Texts};
use chat_tui::proto::time::Timestamp;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::time::{Instant, sleep_until};

use crate::chance::Chance;
use crate::checks::{Checks, HOME};
use crate::machine::{Machine, token_of};
use crate::person::Wire;

const SERVER: &str = "chat.example.org";

/// Somebody at a terminal.
pub struct Terminal {
    name: String,
    chance: Chance,
    machine: Arc<Machine>,
    checks: Arc<Checks>,
    model: Model,
    effects: Effects,
    wire: Option<Wire>,
    /// The number of the connection that the core knows of.
    connection: u64,
    /// Lines that are to leave.
    out: Vec<String>,
    typed: Vec<String>,
    /// The last of them was typed, and not taken yet.
    is_typed: bool,
    began: Instant,
}

impl Terminal {
    /// Somebody who has logged in before.
    pub fn new(name: &str, mut chance: Chance, machine: &Arc<Machine>, checks: &Arc<Checks>) -> Self {
        let flags = Choices { server: Some(SERVER.to_owned()), ..Choices::default() };
        let settings = Settings::resolve(flags, Choices::default(), Language::English, Mode::Person).expect("settings");
        let login = Login {
            server: format!("{SERVER}:6697"),
            account: name.to_owned(),
            kept: Kept::Here(SecretKind::Token, token_of(name)),
        };
        let remembered = Remembered { logins: vec![login], ..Remembered::default() };
        let mut seed = [0; 32];
        seed.iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
        let texts = Texts::new(Language::English);
        let start = Start { settings, texts, remembered, seed, device_name: "simulated".to_owned() };
        Self {
            name: name.to_owned(),
            chance,
            machine: Arc::clone(machine),
            checks: Arc::clone(checks),
            model: Model::new(start),
            effects: Effects::default(),
            wire: None,
            connection: 0,
            out: Vec::new(),
            typed: Vec::new(),
            is_typed: false,
            began: Instant::now(),
        }
    }

    /// Types so many messages, and waits until all have arrived.
    pub async fn talk(mut self, messages: usize) {
        self.event(Event::Start);
        let mut act_at = Instant::now();
        while self.typed.len() < messages || self.is_typed || !self.has_all_arrived() {
            self.send().await;
            let wake_at = self.effects.wake_at_millis.map(|millis| self.began + Duration::from_millis(millis));
            tokio::select! {
                biased;
                line = receive(self.wire.as_mut()) => match line {
                    Some(line) => {
                        self.checks.line(&self.name, &line, self.began.elapsed().as_millis());
                        self.network(NetworkEvent::Lines(vec![line]));
                    }
                    None => self.lose(),
                },
                () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => self.event(Event::Tick),
                () = sleep_until(act_at) => {
                    self.act(messages);
                    act_at = Instant::now() + self.chance.millis(20, 900);
                }
            }
        }
        let disk = self.machine.disk.lock().unwrap();
        let stored = disk.messages(HOME);
        for text in &self.typed {
            let count = stored.iter().filter(|(_, stored)| stored == text).count();
            assert_eq!(count, 1, "{text} is stored {count} times");
        }
        self.machine.count("terminals that got everything through");
    }

    fn has_all_arrived(&self) -> bool {
        self.model.conversations.list().iter().all(|conversation| {
            let stuck = conversation.buffer.stuck().map(|entry| (&entry.text, &entry.fate)).next();
            assert!(stuck.is_none_or(|(_, fate)| *fate == Fate::Unknown), "{}: given up: {stuck:?}", self.name);
            stuck.is_none() && conversation.buffer.pending_count() == 0
        })
    }

    /// A message, or a channel to write it in.
    fn act(&mut self, messages: usize) {
        let is_home = self.model.conversations.current().is_some_and(|conversation| conversation.name == HOME);
        if !self.model.server.session.is_online() && !is_home {
            return;
        }
        if !is_home {
            self.event(Event::Paste(format!("/join {HOME}")));
        } else if self.is_typed {
            // It was not taken before, and stands there still.
        } else if self.typed.len() < messages {
            let text = format!("{} of the terminal of {}", self.typed.len(), self.name);
            self.typed.push(text.clone());
            self.event(Event::Paste(text));
        } else {
            return;
        }
        self.event(Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
        let last = self.typed.last().filter(|_| is_home);
        let current = self.model.conversations.current();
        let is_taken = |text: &String| {
            current.is_some_and(|current| current.buffer.entries().iter().any(|entry| entry.text == *text))
        };
        self.is_typed = last.is_some_and(|text| !is_taken(text));
    }

    fn network(&mut self, event: NetworkEvent) {
        self.event(Event::Network(self.connection, event));
    }

    fn lose(&mut self) {
        self.wire = None;
        self.network(NetworkEvent::Lost { reason: "broken".to_owned() });
    }

    /// Hands an event to the core, and carries out what it wishes.
    fn event(&mut self, event: Event) {
        let elapsed_millis = self.began.elapsed().as_millis() as u64;
        let time = Timestamp::from_millis(1_700_000_000_000 + elapsed_millis as i64);
        update(&mut self.model, event, Moment { time, elapsed_millis }, &mut self.effects);
        let wishes: Vec<Effect> = self.effects.drain().map(|(_, effect)| effect).collect();
        for wish in wishes {
            match wish {
                Effect::Send(line) => self.out.push(line.to_string()),
                Effect::Connect { connection, .. } => {
                    (self.connection, self.wire, self.out) = (connection, None, Vec::new());
                    match self.machine.connect() {
                        Some(stream) => {
                            self.wire = Some(Wire::new(stream, &mut self.chance));
                            self.network(NetworkEvent::Connected { security: Security::Tls });
                        }
                        None => self.network(NetworkEvent::ConnectFailed { reason: ConnectError::Refused }),
                    }
                }
                Effect::Disconnect => self.wire = None,
                _ => {}
            }
        }
    }

    /// Sends what is to leave; a break shows at the next reading.
    async fn send(&mut self) {
        for line in std::mem::take(&mut self.out) {
            self.checks.line(&format!("{} ->", self.name), &line, self.began.elapsed().as_millis());
            let Some(wire) = &mut self.wire else { return };
            if wire.send(line.trim_end()).await.is_err() {
                return self.lose();
            }
        }
    }
}

/// The next line; nothing when the connection has broken. Without one there is never any.
async fn receive(wire: Option<&mut Wire>) -> Option<String> {
    match wire {
        Some(wire) => wire.receive().await.ok(),
        None => std::future::pending().await,
    }
}
