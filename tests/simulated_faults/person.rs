//! Somebody who talks: sends messages with ids of their own, sends them again after every break until they are acknowledged,
//! and does this and that in between. Their connections break at any byte, and now and then they stop reading.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat_tui::proto::line::{LineLimits, LineReader};
use chat_tui::proto::message::Message;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{Instant, sleep, sleep_until};

use crate::chance::Chance;
use crate::checks::{Checks, HOME, Received, seq_of};
use crate::machine::{Machine, PASSWORD};

/// A channel that people leave and join.
const HAUNT: &str = "#haunt";
const CAPS: &str = "message-tags server-time echo-message labeled-response batch draft/chathistory chat-tui/idempotency sasl standard-replies";
/// How many messages may be on their way at once.
const IN_FLIGHT_MAX: usize = 8;
/// How long a person waits for anything before connecting anew.
const PATIENCE: Duration = Duration::from_secs(40);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Sent,
    Acknowledged,
}

struct Mine {
    id: String,
    target: String,
    text: String,
    state: State,
    tries: u32,
}

/// Why a connection is over.
pub struct Broken;

/// Somebody.
pub struct Person {
    name: String,
    others: Vec<String>,
    chance: Chance,
    machine: Arc<Machine>,
    checks: Arc<Checks>,
    messages: Vec<Mine>,
    /// How many messages are still to be written.
    unwritten: usize,
    connections: u32,
    began: Instant,
}

impl Person {
    /// Somebody who has so many messages to write.
    pub fn new(
        name: &str,
        others: &[String],
        chance: Chance,
        machine: &Arc<Machine>,
        checks: &Arc<Checks>,
        messages: usize,
    ) -> Self {
        Self {
            name: name.to_owned(),
            others: others.to_vec(),
            chance,
            machine: Arc::clone(machine),
            checks: Arc::clone(checks),
            messages: Vec::new(),
            unwritten: messages,
            connections: 0,
            began: Instant::now(),
        }
    }

    /// Talks until everything is acknowledged.
    pub async fn talk(mut self) {
        while !self.is_done() {
            if let Some(stream) = self.machine.connect() {
                self.connections += 1;
                for mine in self.messages.iter_mut().filter(|mine| mine.state == State::Sent) {
                    mine.state = State::Waiting;
                }
                let mut line = Wire::new(stream, &mut self.chance);
                let _ = self.converse(&mut line).await;
            }
            sleep(self.chance.millis(20, 1_500)).await;
        }
        for mine in &self.messages {
            let seq = self.checks.acknowledged(&self.name, &mine.id).expect("it was acknowledged");
            let disk = self.machine.disk.lock().unwrap();
            let record = disk.event(seq).expect("what was acknowledged is on disk");
            assert_eq!(record.target, mine.target);
        }
    }

    /// Reads a whole channel back, page by page.
    pub async fn read_back(mut self, channel: &str) -> Vec<String> {
        let stream = self.machine.connect().expect("the server runs");
        self.connections += 1;
        let mut wire = Wire::new(stream, &mut self.chance);
        (wire.bytes_out, wire.bytes_in) = (usize::MAX, usize::MAX);
        assert!(self.log_in(&mut wire).await.is_ok(), "{} gets in", self.name);
        let mut ids: Vec<String> = Vec::new();
        loop {
            let bound = ids.first().map_or("LATEST # *".to_owned(), |id| format!("BEFORE # msgid={id}"));
            wire.send(&format!("CHATHISTORY {} 7", bound.replace('#', channel))).await.ok().expect("it is sent");
            let mut page = Vec::new();
            loop {
                let line = wire.receive().await.ok().expect("the page comes");
                let message = Message::parse(&line).expect("the server sends messages");
                match message.command {
                    "PRIVMSG" => page.push(message.tag("msgid").expect("messages have ids").into_owned()),
                    "BATCH" if message.param(0).is_some_and(|reference| reference.starts_with('-')) => break,
                    _ => {}
                }
            }
            if page.is_empty() {
                return ids;
            }
            page.append(&mut ids);
            ids = page;
        }
    }

    fn is_done(&self) -> bool {
        self.unwritten == 0 && self.messages.iter().all(|mine| mine.state == State::Acknowledged)
    }

    async fn log_in(&mut self, wire: &mut Wire) -> Result<(), Broken> {
        let name = self.name.clone();
        wire.send(&format!("CAP REQ :{CAPS}\r\nNICK {name}\r\nUSER {name} 0 * :{name}\r\nAUTHENTICATE PLAIN")).await?;
        loop {
            let line = wire.receive().await?;
            let message = Message::parse(&line).expect("the server sends messages");
            match message.command {
                "AUTHENTICATE" => {
                    let proof = STANDARD.encode(format!("\0{name}\0{PASSWORD}"));
                    wire.send(&format!("AUTHENTICATE {proof}\r\nCAP END")).await?;
                }
                "904" | "FAIL" | "ERROR" => return Err(Broken),
                "422" | "376" => return Ok(()),
                _ => {}
            }
        }
    }

    async fn converse(&mut self, wire: &mut Wire) -> Result<(), Broken> {
        self.log_in(wire).await?;
        let mut labels = Labels::default();
        wire.send(&labels.put_on(&format!("JOIN {HOME},{HAUNT}"))).await?;
        let mut page: Option<Page> = None;
        let mut pages_asked = VecDeque::new();
        let mut act_at = Instant::now();
        while !self.is_done() {
            self.send_waiting(wire, &mut labels).await?;
            for said in wire.said.drain(..) {
                self.checks.line(&format!("{} ->", self.name), &said, self.began.elapsed().as_millis());
            }
            tokio::select! {
                biased;
                line = wire.receive() => {
                    let line = line?;
                    self.checks.line(&self.name, &line, self.began.elapsed().as_millis());
                    self.take(&line, &mut labels, &mut page, &mut pages_asked);
                    if labels.must_rejoin {
                        labels.must_rejoin = false;
                        sleep(Duration::from_millis(200)).await;
                        wire.send(&labels.put_on(&format!("JOIN {HOME},{HAUNT}"))).await?;
                    }
                }
                () = sleep_until(act_at) => {
                    if self.chance.one_in(40) {
                        // Reads nothing for a while: the server must neither wait nor grow.
                        sleep(self.chance.millis(500, 20_000)).await;
                    }
                    let line = self.act(&mut pages_asked);
                    if let Some(line) = line {
                        wire.send(&labels.put_on(&line)).await?;
                    }
                    act_at = Instant::now() + self.chance.millis(5, 400);
                }
            }
        }
        wire.send("QUIT").await
    }

    /// Does something, or writes a message, which is sent when there is room.
    fn act(&mut self, pages_asked: &mut VecDeque<usize>) -> Option<String> {
        let has_open = self.messages.iter().any(|mine| mine.state != State::Acknowledged && mine.target == HAUNT);
        let nobody = String::from("nobody");
        match self.chance.below(20) {
            0 => Some("PING :there".to_owned()),
            1 if !has_open => Some(format!("PART {HAUNT}")),
            2 => Some(format!("JOIN {HAUNT}")),
            3 => Some(format!("TOPIC {HAUNT} :{}", self.chance.below(100))),
            4 => Some(format!("NAMES {HOME}")),
            5 => Some(format!("WHOIS {}", self.chance.of(&self.others))),
            6 | 7 => {
                let limit = 1 + self.chance.below(6) as usize;
                pages_asked.push_back(limit);
                Some(format!("CHATHISTORY LATEST {HOME} * {limit}"))
            }
            8 => Some(format!("MODE {HAUNT} {}", self.chance.of(&["+t", "-t", "+s", "-s"]))),
            _ if self.unwritten > 0 => {
                self.unwritten -= 1;
                let number = self.messages.len();
                let target = match self.chance.below(10) {
                    0..6 => HOME.to_owned(),
                    6 | 7 => HAUNT.to_owned(),
                    _ => {
                        if self.others.is_empty() {
                            nobody
                        } else {
                            self.chance.of(&self.others).clone()
                        }
                    }
                };
                let (id, text) = (format!("{}-{number}", self.name), format!("{number} of {}", self.name));
                // The same id may be on its way for the same text only.
                self.messages.push(Mine { id, target, text, state: State::Waiting, tries: 0 });
                None
            }
            _ => None,
        }
    }

    async fn send_waiting(&mut self, wire: &mut Wire, labels: &mut Labels) -> Result<(), Broken> {
        if labels.paused_until.is_some_and(|until| until > Instant::now()) {
            return Ok(());
        }
        let in_flight = self.messages.iter().filter(|mine| mine.state == State::Sent).count();
        let room = IN_FLIGHT_MAX.saturating_sub(in_flight);
        for mine in self.messages.iter_mut().filter(|mine| mine.state == State::Waiting).take(room) {
            mine.state = State::Sent;
            mine.tries += 1;
            let label = labels.next(Some(mine.id.clone()));
            wire.send(&format!("@label={label};+chat-tui/id={} PRIVMSG {} :{}", mine.id, mine.target, mine.text))
                .await?;
        }
        Ok(())
    }

    fn take(&mut self, line: &str, labels: &mut Labels, page: &mut Option<Page>, pages_asked: &mut VecDeque<usize>) {
        let message = Message::parse(line).expect("the server sends messages");
        let label = message.tag("label").and_then(|label| label.parse::<u32>().ok());
        let answered = label.and_then(|label| labels.answered(label, &self.name));
        let (first, second) = (message.param(0).unwrap_or_default(), message.param(1).unwrap_or_default());
        match message.command {
            "BATCH" if second == "chathistory" => {
                *page = Some(Page { reference: first.trim_start_matches('+').to_owned(), messages: Vec::new() });
            }
            "BATCH" if page.as_ref().is_some_and(|page| first.strip_prefix('-') == Some(&page.reference)) => {
                let limit = pages_asked.pop_front().expect("a page was asked for");
                self.checks.page(page.take().map(|page| page.messages).unwrap_or_default(), limit);
                self.machine.count("pages");
            }
            "FAIL" if first == "CHATHISTORY" => {
                pages_asked.pop_front();
                self.machine.count("pages refused");
            }
            "FAIL" | "404" => {
                labels.must_rejoin |= message.command == "404" || first == "JOIN";
                if let Some(mine) = answered.and_then(|id| self.messages.iter_mut().find(|mine| mine.id == id)) {
                    assert!(second == "TEMPORARILY_UNAVAILABLE" || message.command == "404", "{line}");
                    mine.state = State::Waiting;
                    labels.paused_until = Some(Instant::now() + Duration::from_millis(500));
                    self.machine.count("messages refused at the door");
                }
            }
            "PRIVMSG" => {
                let seq = seq_of(&message.tag("msgid").expect("messages have ids"));
                if let Some(page) =
                    page.as_mut().filter(|page| message.tag("batch").as_deref() == Some(&page.reference))
                {
                    page.messages.push(seq);
                    return;
                }
                let author = message.source.map(|source| source.name).unwrap_or_default();
                let own_id = message.tag("+chat-tui/id").filter(|_| author == self.name);
                let target = if first.starts_with('#') || author == self.name { first } else { author };
                let received = Received {
                    by: &self.name,
                    connection: self.connections,
                    target,
                    author,
                    seq,
                    text: second,
                    own_id: own_id.as_deref(),
                    is_again: self.messages.iter().any(|mine| mine.tries > 1 && Some(&*mine.id) == own_id.as_deref()),
                };
                self.checks.message(&received, &self.machine.disk.lock().unwrap());
                if let Some(mine) = self.messages.iter_mut().find(|mine| Some(&*mine.id) == own_id.as_deref()) {
                    mine.state = State::Acknowledged;
                }
            }
            _ => {}
        }
    }
}

/// A page that is coming in.
struct Page {
    reference: String,
    messages: Vec<chat_tui::chat::event::Seq>,
}

/// The labels of one connection's lines: answers keep their order.
#[derive(Default)]
struct Labels {
    given: u32,
    answered: u32,
    /// The messages' ids by label.
    messages: VecDeque<(u32, String)>,
    must_rejoin: bool,
    paused_until: Option<Instant>,
}

impl Labels {
    fn next(&mut self, message: Option<String>) -> u32 {
        self.given += 1;
        self.messages.extend(message.map(|id| (self.given, id)));
        self.given
    }

    fn put_on(&mut self, line: &str) -> String {
        format!("@label={} {line}", self.next(None))
    }

    /// An answer came. The id of the message that it is about.
    fn answered(&mut self, label: u32, name: &str) -> Option<String> {
        assert_eq!(label, self.answered + 1, "{name}: each line is answered once, in order");
        self.answered = label;
        let at = self.messages.iter().position(|(known, _)| *known == label)?;
        self.messages.drain(..=at).next_back().map(|(_, id)| id)
    }
}

/// A connection that breaks after so many bytes in either direction.
pub struct Wire {
    stream: Option<DuplexStream>,
    reader: LineReader,
    lines: VecDeque<String>,
    /// What is sent, for whoever looks on.
    said: Vec<String>,
    bytes_out: usize,
    bytes_in: usize,
}

impl Wire {
    /// One that breaks, perhaps.
    pub fn new(stream: DuplexStream, chance: &mut Chance) -> Self {
        let bytes = |chance: &mut Chance| match chance.below(3) {
            0 => usize::MAX,
            1 => chance.below(600) as usize,
            _ => chance.below(20_000) as usize,
        };
        let (bytes_out, bytes_in) = (bytes(chance), bytes(chance));
        let reader = LineReader::new(LineLimits::FROM_SERVER);
        Self { stream: Some(stream), reader, lines: VecDeque::new(), said: Vec::new(), bytes_out, bytes_in }
    }

    /// Sends a line, or the part of it before the break.
    pub async fn send(&mut self, line: &str) -> Result<(), Broken> {
        self.said.push(line.to_owned());
        let bytes = format!("{line}\r\n").into_bytes();
        let count = bytes.len().min(self.bytes_out);
        let stream = self.stream.as_mut().ok_or(Broken)?;
        let written = tokio::time::timeout(PATIENCE, stream.write_all(&bytes[..count])).await;
        self.bytes_out = self.bytes_out.saturating_sub(count);
        if !matches!(written, Ok(Ok(()))) || count < bytes.len() {
            self.stream = None;
            return Err(Broken);
        }
        Ok(())
    }

    /// The next line. May be cancelled.
    pub async fn receive(&mut self) -> Result<String, Broken> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            let stream = self.stream.as_mut().ok_or(Broken)?;
            let mut scratch = [0; 512];
            let read = tokio::time::timeout(PATIENCE, stream.read(&mut scratch)).await;
            let count = match read {
                Ok(Ok(count @ 1..)) => count,
                _ => 0,
            };
            let usable = count.min(self.bytes_in);
            self.bytes_in -= usable;
            let lines = &mut self.lines;
            self.reader.feed(&scratch[..usable], |line| lines.extend(line.map(str::to_owned)));
            if count == 0 || usable < count {
                self.stream = None;
            }
        }
    }
}
