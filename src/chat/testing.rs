//! A driver for tests of the rules: it connects, says lines, answers questions from a store in memory, and commits.
//!
//! By itself it answers every question and commits every event at once. A test that wants to stand in between sets
//! [`Driver::answers`] or [`Driver::commits`] to false and calls [`Driver::answer_all`] and [`Driver::commit`].

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::mem::{Discriminant, discriminant};
use std::num::NonZeroU32;

use super::event::{AccountId, AccountState, Credentials, DeviceId, Digest, Event, Record, Seq, Snapshot};
use super::key::WorldKey;
use super::ports::{
    Answer, ConnId, Device, Effect, Effects, Held, Input, Notable, Peer, Question, StoredEvent, Transport,
};
use super::proofs::{TOKEN_PREFIX, token_digest};
use super::settings::Settings;
use super::world::World;
use crate::proto::names::AccountName;
use crate::proto::sasl::ScramKeys;
use crate::proto::scram::ITERATIONS_MIN;
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;

/// The time at which every test begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A world with the outside that it needs.
pub(crate) struct Driver {
    pub world: World,
    pub now: Timestamp,
    /// Whether events are committed as soon as they are appended.
    pub commits: bool,
    /// Whether questions are answered as soon as they are asked.
    pub answers: bool,
    /// Whether the store is away: questions are answered by `Unavailable`.
    pub is_away: bool,
    /// Everything that was appended.
    pub records: Vec<Record>,
    /// How often the settings were to be read again.
    pub reloads: usize,
    /// What the operator's log was told.
    pub logs: Vec<Notable>,
    /// Connections that were let in.
    pub welcome: BTreeSet<ConnId>,
    /// Connections that were closed by the server.
    pub closed: BTreeSet<ConnId>,
    /// How many lines of each connection were reported as done.
    pub lines_done: BTreeMap<ConnId, usize>,
    /// What is not told yet, in order.
    pub held: Vec<Held>,
    pub questions: VecDeque<(ConnId, Question)>,
    /// Of which kind everything was that was ever asked.
    pub asked: Vec<Discriminant<Question>>,
    received: BTreeMap<ConnId, Vec<String>>,
    committed: Seq,
    passwords: BTreeMap<AccountId, String>,
    /// The devices that were used, one after the other.
    pub used_devices: Vec<DeviceId>,
    /// The valid devices, by the digests of their tokens or certificates.
    devices: HashMap<Digest, (AccountId, Device)>,
    next_conn: u64,
    next_token: u64,
}

/// The keys of a password, with the fewest rounds that there may be.
fn scram_keys(password: &str) -> ScramKeys {
    ScramKeys::derive(&Secret::new(password), b"salt", rounds())
}

fn rounds() -> NonZeroU32 {
    NonZeroU32::new(ITERATIONS_MIN).unwrap()
}

impl Driver {
    /// A world with these settings and accounts, numbered from 1 on; the password of each is its name with `_secret` behind
    /// it. The correspondent's account has the number behind them.
    pub fn with(settings: Settings, accounts: &[&str]) -> Self {
        let correspondent = settings.correspondent.to_string();
        let states: Vec<_> = accounts
            .iter()
            .copied()
            .chain([correspondent.as_str()])
            .zip(1..)
            .map(|(name, id)| AccountState {
                id: AccountId(id),
                name: AccountName::new(name).unwrap(),
                registered: START,
                addresses: vec!["127.0.0.1".to_owned()],
                suspended: None,
                deleted: false,
                has_joined: false,
            })
            .collect();
        let passwords: BTreeMap<_, _> =
            states[..accounts.len()].iter().map(|state| (state.id, format!("{}_secret", state.name))).collect();
        let scram_keys = passwords.iter().map(|(account, password)| (*account, scram_keys(password))).collect();
        let last_account = AccountId(states.len() as u64);
        let snapshot = Snapshot { last_account, accounts: states, scram_keys, ..Snapshot::default() };
        Self {
            world: World::new(settings, snapshot, WorldKey::new([7; 32])),
            now: START,
            commits: true,
            answers: true,
            is_away: false,
            records: Vec::new(),
            reloads: 0,
            logs: Vec::new(),
            welcome: BTreeSet::new(),
            closed: BTreeSet::new(),
            lines_done: BTreeMap::new(),
            held: Vec::new(),
            questions: VecDeque::new(),
            asked: Vec::new(),
            received: BTreeMap::new(),
            committed: Seq(0),
            passwords,
            used_devices: Vec::new(),
            devices: HashMap::new(),
            next_conn: 0,
            next_token: 0,
        }
    }

    /// A world with the default settings and these accounts.
    pub fn new(accounts: &[&str]) -> Self {
        Self::with(Settings::default(), accounts)
    }

    /// A world where guests may talk.
    pub fn with_guests(accounts: &[&str]) -> Self {
        Self::with(Settings { guests: true, ..Settings::default() }, accounts)
    }

    /// A connection from the loopback.
    pub fn connect(&mut self) -> ConnId {
        self.connect_from("127.0.0.1", Transport::Plain)
    }

    /// A connection by TLS from an address.
    pub fn connect_by_tls(&mut self, address: &str) -> ConnId {
        self.connect_from(address, Transport::Tls)
    }

    /// A connection of the server's own user by the Unix socket.
    pub fn connect_operator(&mut self) -> ConnId {
        self.connect_from("127.0.0.1", Transport::Unix { uid: 1000, operator: true })
    }

    pub fn connect_from(&mut self, address: &str, transport: Transport) -> ConnId {
        self.next_conn += 1;
        let conn = ConnId(self.next_conn);
        let peer = Peer { address: address.parse().unwrap(), port: 50_000, transport };
        self.input(Input::Connected { conn, peer });
        conn
    }

    /// A session of an account from the loopback, with these capabilities. What it was told so far is dropped.
    pub fn log_in(&mut self, account: &str, caps: &str) -> ConnId {
        let conn = self.connect();
        self.say(conn, &format!("CAP REQ :{caps}"));
        self.say(conn, &format!("PASS {account}:{account}_secret"));
        self.introduce(conn, account)
    }

    /// A guest's session with these capabilities. What it was told so far is dropped.
    pub fn come_as_guest(&mut self, nick: &str, caps: &str) -> ConnId {
        let conn = self.connect();
        self.say(conn, &format!("CAP REQ :{caps}"));
        self.introduce(conn, nick)
    }

    /// A session of the correspondent with these capabilities. What it was told so far is dropped.
    pub fn log_in_operator(&mut self, caps: &str) -> ConnId {
        let conn = self.connect_operator();
        self.say(conn, &format!("CAP REQ :{caps}"));
        self.say(conn, "AUTHENTICATE EXTERNAL");
        self.say(conn, "AUTHENTICATE +");
        self.introduce(conn, "console")
    }

    /// Introduces a guest who is connected already. What it was told so far is dropped.
    pub fn introduce_guest(&mut self, conn: ConnId, nick: &str) {
        self.introduce(conn, nick);
    }

    fn introduce(&mut self, conn: ConnId, nick: &str) -> ConnId {
        self.say(conn, &format!("NICK {nick}"));
        self.say(conn, &format!("USER {nick} 0 * :{nick}"));
        self.say(conn, "CAP END");
        let told = self.take(conn);
        assert!(told.iter().any(|line| line.contains(" 001 ")), "{nick} was not welcomed: {told:#?}");
        conn
    }

    /// A connection says a line.
    pub fn say(&mut self, conn: ConnId, line: &str) {
        self.input(Input::Line { conn, line: line.into() });
    }

    /// A connection says a line, and gives back what it was told at once.
    pub fn ask(&mut self, conn: ConnId, line: &str) -> Vec<String> {
        self.say(conn, line);
        self.take(conn)
    }

    /// What a connection was told since the last time, line by line.
    pub fn take(&mut self, conn: ConnId) -> Vec<String> {
        self.received.remove(&conn).unwrap_or_default()
    }

    /// Time goes by, second by second.
    pub fn wait_seconds(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.now = self.now.plus_millis(1_000);
            self.input(Input::Tick);
        }
    }

    /// Everything appended so far is committed.
    pub fn commit(&mut self) {
        let last = self.records.last().map_or(Seq(0), |record| record.seq);
        if last > self.committed {
            self.committed = last;
            self.input(Input::Committed { seq: last });
            self.release();
        }
    }

    /// The store finds that an event repeats an earlier one: what it would have told is dropped, as the hub does.
    pub fn find_duplicate(&mut self, seq: Seq, first: StoredEvent) {
        self.held.retain(|held| held.cause != Some(seq));
        self.input(Input::Duplicate { seq, first });
    }

    /// Answers all open questions.
    pub fn answer_all(&mut self) {
        while let Some((conn, question)) = self.questions.pop_front() {
            let answer = self.answer(&question);
            self.input(Input::Answer { conn, answer });
        }
    }

    /// Something happens to the world.
    pub fn input(&mut self, input: Input) {
        let mut effects = Effects::default();
        if matches!(input, Input::Journal { stalled: true }) {
            self.held.iter_mut().for_each(|held| held.gate = held.must);
        }
        self.world.handle(self.now, input, &mut effects);
        for record in effects.records {
            let last = self.records.last();
            assert!(last.is_none_or(|last| record.seq == last.seq.next()), "the numbers have a gap");
            assert!(last.is_none_or(|last| record.time >= last.time), "the time decreases");
            self.note(&record);
            self.records.push(record);
        }
        self.held.extend(effects.held);
        self.release();
        if self.commits {
            self.commit();
        }
        if self.answers {
            self.answer_all();
        }
    }

    fn note(&mut self, record: &Record) {
        match &record.event {
            Event::AccountRegistered { account, credentials, .. } | Event::PasswordChanged { account, credentials } => {
                self.passwords.insert(*account, credentials.argon2.clone());
            }
            Event::DeviceAdded { device, account, name, digest } => {
                let created = record.time;
                let device = Device { id: *device, name: name.clone(), created, last_used: None, last_address: None };
                self.devices.insert(*digest, (*account, device));
            }
            Event::DeviceRevoked { device, .. } => self.devices.retain(|_, (_, known)| known.id != *device),
            Event::AccountDeleted { account } => {
                self.passwords.remove(account);
                self.devices.retain(|_, (owner, _)| owner != account);
            }
            _ => {}
        }
    }

    /// What the store would answer. A password's "hash" is the password itself.
    fn answer(&mut self, question: &Question) -> Answer {
        if self.is_away {
            return Answer::Unavailable;
        }
        match question {
            Question::Password { account, password } => {
                let known = account.and_then(|account| Some((account, self.passwords.get(&account)?)));
                match known.filter(|(_, known)| *known == password.expose()) {
                    Some((account, _)) => Answer::Proved { account, device: None },
                    None => Answer::Refused,
                }
            }
            Question::Hashed { stored, password } => Answer::Agrees(stored.as_ref() == Some(password)),
            Question::Token { token, .. } => self.owner(&token_digest(token)),
            Question::Certificate { certificate, .. } => self.owner(certificate),
            Question::Hash { password } => {
                let (argon2, scram) = (password.expose().to_owned(), Some(scram_keys(password.expose())));
                Answer::Hashed(Box::new(Credentials { argon2, scram }))
            }
            Question::Inspect => Answer::Inspected(Box::default()),
            Question::NewInvitation => {
                self.next_token += 1;
                let token = Secret::new(format!("code-{}", self.next_token));
                Answer::NewToken { digest: crate::chat::invitations::digest_of(token.expose()), token }
            }
            Question::NewToken => {
                self.next_token += 1;
                let token = Secret::new(format!("{TOKEN_PREFIX}{}", self.next_token));
                Answer::NewToken { digest: token_digest(&token), token }
            }
            Question::Devices { account } => {
                let own = self.devices.values().filter(|(owner, _)| owner == account);
                let mut devices: Vec<_> = own.map(|(_, device)| device.clone()).collect();
                devices.sort_by_key(|device: &Device| device.id);
                Answer::Devices(devices)
            }
            Question::Scram { name, keys } => {
                let fake = || ScramKeys::fake(b"server", name, rounds());
                let keys = keys.clone().map_or_else(fake, |real| *real);
                Answer::Scram { keys, nonce: "servernonce".to_owned() }
            }
            Question::Playback(_) => Answer::Playback(Vec::new()),
            Question::Page(_) | Question::Targets(_) | Question::Search(_) => Answer::Unavailable,
        }
    }

    /// Whose device has this digest.
    fn owner(&self, digest: &Digest) -> Answer {
        match self.devices.get(digest) {
            Some((account, device)) => Answer::Proved { account: *account, device: Some(device.id) },
            None => Answer::Refused,
        }
    }

    /// Lets happen what waits for nothing any more; what is for one connection stays in order.
    fn release(&mut self) {
        let (ready, held) = std::mem::take(&mut self.held).into_iter().partition(|held| held.gate <= self.committed);
        self.held = held;
        let ready: Vec<Held> = ready;
        for held in ready {
            let (receivers, bytes) = held.effect.sends();
            for to in receivers {
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                assert!(text.ends_with("\r\n"), "a piece of a line: {text:?}");
                self.received.entry(to).or_default().extend(text.split_terminator("\r\n").map(str::to_owned));
            }
            match held.effect {
                Effect::Send { .. } | Effect::Tell { .. } | Effect::NotePresence { .. } => {}
                Effect::NoteDevice { device, .. } => self.used_devices.push(device),
                Effect::Welcome { conn } => {
                    self.welcome.insert(conn);
                }
                Effect::LineDone { conn } => *self.lines_done.entry(conn).or_default() += 1,
                Effect::Close { conn } => {
                    self.closed.insert(conn);
                }
                Effect::Reload { .. } => self.reloads += 1,
                Effect::Ask { conn, question } => {
                    self.asked.push(discriminant(&question));
                    self.questions.push_back((conn, question));
                }
                Effect::Log { notable, .. } => self.logs.push(notable),
            }
        }
    }

    /// The number of the device that a token belongs to.
    pub fn device_of(&self, token: &str) -> Option<DeviceId> {
        self.devices.get(&token_digest(&Secret::new(token))).map(|(_, device)| device.id)
    }
}
