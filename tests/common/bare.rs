//! The bare rules with the outside that they need: no sockets, a record in memory, a clock that stands still until a line is
//! sent. It lets nothing happen before its gate is open, and checks on the way what must always hold: lines fit, nobody is
//! told of an event that is not committed, numbers have no gap, gates of one connection never go back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use chat_tui::chat::event::{Credentials, Record, Seq, Snapshot};
use chat_tui::chat::invitations;
use chat_tui::chat::key::WorldKey;
use chat_tui::chat::ports::{
    Answer, ConnId, Device, Effect, Effects, Figures, Held, Input, Peer, Question, Reloaded, StoredEvent, Transport,
};
use chat_tui::chat::proofs::token_digest;
use chat_tui::chat::settings::Settings;
use chat_tui::chat::world::World;
use chat_tui::proto::message::Message;
use chat_tui::proto::names::MsgId;
use chat_tui::proto::secret::Secret;
use chat_tui::proto::time::Timestamp;

use super::record::MemoryRecord;
use super::settings;
use super::transcript::{Directive, Driver, Wire};

/// When everything begins.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const KEY: [u8; 32] = [7; 32];

/// The rules with the outside that they need.
pub struct Bare {
    pub settings: Settings,
    world: Option<World>,
    now: Timestamp,
    /// What was committed.
    pub record: MemoryRecord,
    is_held: bool,
    is_store_there: bool,
    waiting: VecDeque<Record>,
    held: Vec<Held>,
    committed: Seq,
    appended: Seq,
    gates: BTreeMap<ConnId, Seq>,
    conns: BTreeMap<String, ConnId>,
    unread: BTreeMap<ConnId, VecDeque<String>>,
    closed: BTreeSet<ConnId>,
    /// Those that the rules have closed, told of it or not yet.
    ending: BTreeSet<ConnId>,
    last_conn: u64,
    tokens: u8,
    /// How many lines were sent.
    pub lines_sent: usize,
    /// How many of them need nothing more.
    pub lines_done: usize,
}

impl Bare {
    /// A server that nobody is connected to.
    pub fn new() -> Self {
        Self {
            settings: Settings { server_name: "chat.example".to_owned(), ..Settings::default() },
            world: None,
            now: START,
            record: MemoryRecord::new("serveur"),
            is_held: false,
            is_store_there: true,
            waiting: VecDeque::new(),
            held: Vec::new(),
            committed: Seq(0),
            appended: Seq(0),
            gates: BTreeMap::new(),
            conns: BTreeMap::new(),
            unread: BTreeMap::new(),
            closed: BTreeSet::new(),
            ending: BTreeSet::new(),
            last_conn: 0,
            tokens: 0,
            lines_sent: 0,
            lines_done: 0,
        }
    }

    fn conn(&self, who: &str) -> Result<ConnId, String> {
        self.conns.get(who).copied().ok_or_else(|| format!("{who} is not connected"))
    }

    /// Something happens to the rules, and what follows from it.
    pub fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut effects = Effects::default();
            if matches!(input, Input::Journal { stalled: true }) {
                // What need not wait does not; the gates of what comes next may be lower too.
                self.held.iter_mut().for_each(|held| held.gate = held.must);
                self.gates.clear();
            }
            let world = self
                .world
                .get_or_insert_with(|| World::new(self.settings.clone(), self.record.load(), WorldKey::new(KEY)));
            world.handle(self.now, input, &mut effects);
            for record in effects.records {
                assert_eq!(record.seq, self.appended.next(), "the numbers have a gap");
                self.appended = record.seq;
                self.waiting.push_back(record);
            }
            self.hold(effects.held);
            self.release(&mut inputs);
            if !self.is_held {
                self.commit(&mut inputs);
            }
        }
    }

    fn hold(&mut self, effects: Vec<Held>) {
        for held in effects {
            // An open gate may be given as 0.
            let gate = held.gate.max(self.committed);
            if let Effect::Send { to: conn, .. } | Effect::Ask { conn, .. } | Effect::LineDone { conn } = held.effect {
                // Behind its end nothing of a connection is told: that its lines are done may be said at once.
                let is_own = !matches!(held.effect, Effect::Send { .. }) && !self.ending.contains(&conn);
                let last = self.gates.entry(conn).or_default();
                assert!(!is_own || gate >= *last, "a gate of {conn:?} goes back");
                *last = if is_own { gate } else { *last };
            }
            if let Effect::Close { conn } = held.effect {
                self.ending.insert(conn);
            }
            self.held.push(held);
        }
    }

    /// Commits everything that waits. Reports go to the rules in the order in which a journal sends them.
    fn commit(&mut self, inputs: &mut VecDeque<Input>) {
        self.commit_first(usize::MAX, inputs);
    }

    /// Commits the first so many events that wait.
    fn commit_first(&mut self, count: usize, inputs: &mut VecDeque<Input>) {
        let count = count.min(self.waiting.len());
        let batch: Vec<Record> = self.waiting.drain(..count).collect();
        let Some(last) = batch.last().map(|record| record.seq) else { return };
        for record in batch {
            if let Some(first) = self.record.commit(&record) {
                self.repeat(record.seq, first);
            }
        }
        self.committed = last;
        inputs.push_back(Input::Committed { seq: last });
        self.release(inputs);
    }

    /// What an event would have told is dropped, and what its repetition tells takes its place.
    fn repeat(&mut self, seq: Seq, first: StoredEvent) {
        let mut effects = Effects::default();
        let world = self.world.as_mut().expect("a world has judged the event");
        world.handle(self.now, Input::Duplicate { seq, first }, &mut effects);
        assert!(effects.records.is_empty(), "a repetition leads to events");
        let place = self.held.iter().position(|held| held.cause == Some(seq)).unwrap_or(self.held.len());
        self.held.retain(|held| held.cause != Some(seq));
        let place = place.min(self.held.len());
        self.held.splice(place..place, effects.held);
    }

    /// Lets everything happen whose gate is open.
    fn release(&mut self, inputs: &mut VecDeque<Input>) {
        let committed = self.committed;
        let (open, held) = std::mem::take(&mut self.held).into_iter().partition(|held| held.gate <= committed);
        self.held = held;
        let open: Vec<Held> = open;
        for held in open {
            let (receivers, bytes) = held.effect.sends();
            for to in receivers {
                let text = std::str::from_utf8(bytes).expect("lines are UTF-8");
                assert!(text.ends_with("\r\n"), "a piece of a line: {text:?}");
                for line in text.split_terminator("\r\n") {
                    let tags = line.strip_prefix('@').and_then(|tagged| tagged.find(' ')).map_or(0, |end| end + 2);
                    assert!(line.len() - tags <= 510, "too long: {line}");
                    let message = Message::parse(line).expect("the server sends messages");
                    let msgid = message.tag("msgid").and_then(|id| MsgId::parse(&id));
                    assert!(msgid.is_none_or(|id| id.seq() <= committed.0), "told before its commit: {line}");
                    self.unread.entry(to).or_default().push_back(line.to_owned());
                }
            }
            match held.effect {
                Effect::Send { .. } | Effect::Tell { .. } | Effect::Welcome { .. } => {}
                Effect::Ask { conn, question } => {
                    let answer = self.answer(&question);
                    inputs.push_back(Input::Answer { conn, answer });
                }
                Effect::Close { conn } => {
                    self.closed.insert(conn);
                }
                Effect::LineDone { .. } => self.lines_done += 1,
                Effect::Reload { asker } => {
                    let settings = Box::new(self.settings.clone());
                    let reloaded = Reloaded::Read { settings, needs_restart: Vec::new() };
                    inputs.push_back(Input::Reloaded { asker, reloaded });
                }
                Effect::NotePresence { account, left } => self.record.note_presence(account, left),
                Effect::NoteDevice { .. } | Effect::Log { .. } => {}
            }
        }
    }

    /// What the store and the hashing thread would answer. A password's "hash" is the password itself.
    fn answer(&mut self, question: &Question) -> Answer {
        if !self.is_store_there {
            return Answer::Unavailable;
        }
        match question {
            Question::Password { account, password } => {
                let known = account.and_then(|account| Some((account, self.record.credentials(account)?)));
                match known.filter(|(_, known)| known.argon2 == password.expose()) {
                    Some((account, _)) => Answer::Proved { account, device: None },
                    None => Answer::Refused,
                }
            }
            Question::Hash { password } => {
                Answer::Hashed(Box::new(Credentials { argon2: password.expose().to_owned(), scram: None }))
            }
            Question::Hashed { stored, password } => Answer::Agrees(stored.as_ref() == Some(password)),
            Question::Token { token, .. } => match self.record.device(token_digest(token)) {
                Some((account, device)) => Answer::Proved { account, device: Some(device) },
                None => Answer::Refused,
            },
            Question::Certificate { certificate, .. } => match self.record.device(*certificate) {
                Some((account, device)) => Answer::Proved { account, device: Some(device) },
                None => Answer::Refused,
            },
            Question::Inspect => {
                Answer::Inspected(Box::new(Figures { numbers: vec![("connections", 3)], ..Figures::default() }))
            }
            Question::NewInvitation => {
                self.tokens += 1;
                let token = Secret::new(format!("code-{}", self.tokens));
                Answer::NewToken { digest: invitations::digest_of(token.expose()), token }
            }
            Question::NewToken => {
                self.tokens += 1;
                let token = Secret::new(format!("ctd1_{}", self.tokens));
                Answer::NewToken { digest: token_digest(&token), token }
            }
            Question::Devices { account } => {
                let device = |(id, name, created)| Device { id, name, created, last_used: None, last_address: None };
                Answer::Devices(self.record.devices(*account).into_iter().map(device).collect())
            }
            Question::Page(query) => Answer::Page(self.record.page(*query)),
            Question::Search(query) => Answer::Page(self.record.search(query)),
            Question::Playback(query) => Answer::Playback(self.record.playback(query)),
            Question::Targets(query) => Answer::Targets(self.record.targets(query)),
            // The exchange itself is tested where it is written.
            Question::Scram { .. } => Answer::Unavailable,
        }
    }
}

impl Driver for Bare {
    fn can(&self, need: &str) -> bool {
        ["gate", "store", "restart", "addresses", "clock"].contains(&need)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        // The hash of a password is the password itself.
        settings::set(&mut self.settings, key, value, str::to_owned)
    }

    fn connect(&mut self, who: &str, wire: Wire, address: IpAddr) -> Result<(), String> {
        self.last_conn += 1;
        let conn = ConnId(self.last_conn);
        let transport = match wire {
            Wire::Plain => Transport::Plain,
            Wire::Tls => Transport::Tls,
            Wire::Certified => Transport::CertifiedTls { certificate: Box::new(settings::certificate_of(address)) },
            Wire::Unix { operator } => Transport::Unix { uid: 1000, operator },
        };
        let port = if matches!(wire, Wire::Unix { .. }) { 0 } else { 50_000 };
        self.conns.insert(who.to_owned(), conn);
        self.input(Input::Connected { conn, peer: Peer { address, port, transport } });
        Ok(())
    }

    fn send(&mut self, who: &str, line: &str) -> Result<(), String> {
        let conn = self.conn(who)?;
        self.now = self.now.plus_millis(1);
        self.lines_sent += 1;
        self.input(Input::Line { conn, line: line.into() });
        Ok(())
    }

    fn receive(&mut self, who: &str) -> Option<String> {
        let conn = self.conn(who).ok()?;
        self.unread.get_mut(&conn)?.pop_front()
    }

    fn drain(&mut self, who: &str) -> Vec<String> {
        let conn = self.conn(who).ok();
        conn.and_then(|conn| self.unread.remove(&conn)).unwrap_or_default().into()
    }

    fn is_closed(&mut self, who: &str) -> bool {
        self.conn(who).is_ok_and(|conn| self.closed.contains(&conn))
    }

    fn close(&mut self, who: &str, reason: &str) -> Result<(), String> {
        let conn = self.conn(who)?;
        self.conns.remove(who);
        self.input(Input::Closed { conn, reason: reason.to_owned() });
        Ok(())
    }

    fn direct(&mut self, directive: &Directive) -> Result<(), String> {
        match directive {
            Directive::Hold(is_held) => {
                self.is_held = *is_held;
                if !is_held {
                    self.commit_now();
                }
            }
            Directive::Commit => self.commit_now(),
            Directive::Store(is_there) => self.is_store_there = *is_there,
            Directive::Journal(is_stalled) => self.input(Input::Journal { stalled: *is_stalled }),
            Directive::Wait(seconds) => {
                for _ in 0..*seconds {
                    self.now = self.now.plus_millis(1_000);
                    self.input(Input::Tick);
                }
            }
            Directive::Restart => {
                self.commit_now();
                (self.world, self.held) = (None, Vec::new());
                (self.conns, self.unread, self.closed) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
            }
            other => return Err(format!("{other:?} is not for a driver")),
        }
        Ok(())
    }
}

impl Bare {
    /// Commits the first so many events that wait, and lets happen what follows.
    pub fn commit_some(&mut self, count: usize) {
        let mut inputs = VecDeque::new();
        self.commit_first(count, &mut inputs);
        self.take_inputs(inputs);
    }

    /// What the rules hold for durable, and what a store would load; written alike, so that they can be compared.
    pub fn states(&self) -> (String, String) {
        let told = |mut snapshot: Snapshot| {
            snapshot.absences.clear();
            snapshot.channels.sort_by_key(|channel| channel.id);
            snapshot.read_markers.sort();
            snapshot.metadata.sort();
            snapshot.directs.sort();
            // The rules count a repetition, which the record leaves out; so it is with channels.
            snapshot.directs.iter_mut().for_each(|(_, last)| *last = Seq(0));
            for channel in &mut snapshot.channels {
                channel.members.sort_by_key(|(account, _)| *account);
                channel.masks.sort_by(|one, other| (one.letter, &one.mask).cmp(&(other.letter, &other.mask)));
                channel.last_seq = Seq(0);
            }
            format!("{snapshot:#?}")
        };
        let world = self.world.as_ref().expect("somebody was there");
        (told(world.snapshot()), told(self.record.load()))
    }

    /// The names of all commands, as HELP lists them to somebody who is there.
    pub fn commands(&mut self, who: &str) -> Vec<String> {
        self.send(who, "HELP").expect("somebody who is there");
        let lines = self.drain(who);
        let texts = lines.iter().filter_map(|line| line.split_once(" * :").filter(|(head, _)| head.contains(" 705 ")));
        texts.flat_map(|(_, names)| names.split(' ')).map(str::to_owned).collect()
    }

    fn commit_now(&mut self) {
        let mut inputs = VecDeque::new();
        self.commit(&mut inputs);
        self.take_inputs(inputs);
    }

    fn take_inputs(&mut self, inputs: VecDeque<Input>) {
        for input in inputs {
            self.input(input);
        }
    }
}
