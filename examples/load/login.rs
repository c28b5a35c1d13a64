//! Brings connections up: registration or log-in, the welcome, a channel.
//!
//! A connection is ready when the server has answered a PING that stands behind all that it asked for: whatever the server
//! says at log-in and at joining has arrived by then.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::num::NonZeroU32;

use anyhow::{Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chat_tui::proto::message::Message;
use chat_tui::proto::sasl::{Mechanism, PlainCredentials, payload_chunks};
use chat_tui::proto::secret::Secret;
use ring::{digest, hmac, pbkdf2};

use crate::fleet::{Driver, Fleet, Nanos};

/// What the last PING of a bring-up says.
const READY: &str = "ready";
/// How often a connection that was refused at once is tried again, as when a listen backlog is full.
const ATTEMPTS_MAX: u32 = 20;

/// How a connection says who it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// NICK and USER alone.
    Guest,
    /// A new account with this password, by REGISTER.
    Register(Secret),
    /// SASL PLAIN with a password or a device token.
    Plain(Secret),
    /// SASL SCRAM-SHA-256.
    Scram(Secret),
}

/// One connection to be brought up.
#[derive(Clone, Debug)]
pub struct Person {
    /// Nick, user and account.
    pub name: String,
    /// How it logs in.
    pub credentials: Credentials,
    /// Which capabilities it requests beside those that the log-in needs, separated by blanks.
    pub capabilities: String,
    /// The channels that it joins, separated by commas; none when empty.
    pub channels: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Waiting,
    Connecting,
    Capabilities,
    Mechanism,
    ScramFirst,
    ScramFinal,
    Verdict,
    Registered,
    Welcome,
    Joining,
    Ready,
}

/// What became of a bring-up.
#[derive(Debug, Default)]
pub struct BroughtUp {
    /// The connections' numbers, in the order of the people.
    pub peers: Vec<usize>,
    /// From the beginning of each connection to its being ready, in nanoseconds, in the order of the people.
    pub took: Vec<Nanos>,
    /// From the beginning to the last one's being ready.
    pub total: Nanos,
    /// How often a connection was refused and tried again.
    pub retries: u32,
}

/// A client of SCRAM that derives the keys of a password once.
#[derive(Default)]
struct Scram {
    salted: HashMap<(String, String, u32), [u8; 32]>,
    first: HashMap<usize, String>,
}

struct BringUp<'a> {
    server: SocketAddr,
    people: &'a [Person],
    stages: Vec<Stage>,
    attempts: Vec<u32>,
    /// Which person a connection belongs to.
    person_of: HashMap<usize, usize>,
    began: Vec<Nanos>,
    result: BroughtUp,
    left: VecDeque<usize>,
    ready: usize,
    scram: Scram,
    fault: Option<String>,
}

/// Brings all people up, at most `at_once` at a time, within `seconds_max`.
///
/// # Errors
/// When the server refuses one, or the time is over.
pub fn bring_up(
    fleet: &mut Fleet,
    server: SocketAddr,
    people: &[Person],
    at_once: usize,
    seconds_max: u64,
) -> Result<BroughtUp> {
    let begin = fleet.now();
    let mut state = BringUp {
        server,
        people,
        stages: vec![Stage::Waiting; people.len()],
        attempts: vec![0; people.len()],
        person_of: HashMap::with_capacity(people.len()),
        began: vec![0; people.len()],
        result: BroughtUp { took: vec![0; people.len()], ..BroughtUp::default() },
        left: (0..people.len()).collect(),
        ready: 0,
        scram: Scram::default(),
        fault: None,
    };
    let deadline = begin + seconds_max * 1_000_000_000;
    let mut begun = 0;
    while state.ready < people.len() {
        while begun - state.ready < at_once {
            let Some(person) = state.left.pop_front() else { break };
            state.began[person] = fleet.now();
            state.stages[person] = Stage::Connecting;
            let peer = fleet.connect(server)?;
            state.person_of.insert(peer, person);
            state.result.peers.push(peer);
            begun += 1;
        }
        fleet.turn(&mut state, deadline)?;
        if let Some(fault) = state.fault {
            bail!("{fault}");
        }
        ensure!(fleet.now() < deadline, "{} of {} were ready after {seconds_max} s", state.ready, people.len());
    }
    state.result.total = fleet.now() - begin;
    Ok(state.result)
}

impl BringUp<'_> {
    fn say(&mut self, fleet: &mut Fleet, peer: usize, line: &str) {
        fleet.send(peer, line.as_bytes());
        fleet.send(peer, b"\r\n");
    }

    fn authenticate(&mut self, fleet: &mut Fleet, peer: usize, payload: &[u8]) {
        for chunk in payload_chunks(payload) {
            self.say(fleet, peer, &format!("AUTHENTICATE {chunk}"));
        }
    }

    fn fail(&mut self, person: usize, why: &str) {
        let stage = self.stages[person];
        self.fault.get_or_insert_with(|| format!("{} ({stage:?}): {why}", self.people[person].name));
    }

    fn take(&mut self, fleet: &mut Fleet, peer: usize, person: usize, message: &Message<'_>, now: Nanos) {
        let credentials = &self.people[person].credentials;
        match (self.stages[person], message.command) {
            (_, "PING") => {
                let token = message.params().last().copied().unwrap_or_default();
                self.say(fleet, peer, &format!("PONG :{token}"));
            }
            (_, "ERROR" | "432" | "433" | "464" | "465" | "904" | "905" | "906" | "FAIL") => {
                self.fail(person, &message.params().join(" "));
            }
            (Stage::Capabilities, "CAP") if message.param(1) == Some("NAK") => {
                self.fail(person, "capabilities refused");
            }
            (Stage::Capabilities, "CAP") if message.param(1) == Some("ACK") => {
                let (line, stage) = match credentials {
                    Credentials::Guest => ("CAP END".to_owned(), Stage::Welcome),
                    Credentials::Register(password) => {
                        (format!("REGISTER {} * :{}", self.people[person].name, password.expose()), Stage::Registered)
                    }
                    Credentials::Plain(_) => (format!("AUTHENTICATE {}", Mechanism::Plain), Stage::Mechanism),
                    Credentials::Scram(_) => (format!("AUTHENTICATE {}", Mechanism::ScramSha256), Stage::Mechanism),
                };
                self.stages[person] = stage;
                self.say(fleet, peer, &line);
            }
            (Stage::Mechanism, "AUTHENTICATE") => self.first_payload(fleet, peer, person),
            (Stage::ScramFirst, "AUTHENTICATE") => self.scram_proof(fleet, peer, person, message),
            (Stage::ScramFinal, "AUTHENTICATE") => {
                self.stages[person] = Stage::Verdict;
                self.say(fleet, peer, "AUTHENTICATE +");
            }
            (Stage::Registered, "REGISTER") | (Stage::Verdict | Stage::ScramFinal, "903") => {
                self.stages[person] = Stage::Welcome;
                self.say(fleet, peer, "CAP END");
            }
            (Stage::Welcome, "376" | "422") => {
                self.stages[person] = Stage::Joining;
                let channels = &self.people[person].channels;
                if !channels.is_empty() {
                    let join = format!("JOIN {channels}");
                    self.say(fleet, peer, &join);
                }
                self.say(fleet, peer, &format!("PING {READY}"));
            }
            (Stage::Joining, "PONG") if message.params().contains(&READY) => {
                self.stages[person] = Stage::Ready;
                self.result.took[person] = now - self.began[person];
                self.ready += 1;
            }
            (Stage::Joining, "403" | "405" | "471" | "473" | "474" | "475" | "477" | "437") => {
                self.fail(person, &message.params().join(" "));
            }
            _ => {}
        }
    }

    fn first_payload(&mut self, fleet: &mut Fleet, peer: usize, person: usize) {
        let name = &self.people[person].name;
        let (payload, stage) = match &self.people[person].credentials {
            Credentials::Plain(password) => {
                (PlainCredentials::new(name, password.clone()).encode().unwrap_or_default(), Stage::Verdict)
            }
            _ => (self.scram.start(peer, name), Stage::ScramFirst),
        };
        self.stages[person] = stage;
        self.authenticate(fleet, peer, &payload);
    }

    fn scram_proof(&mut self, fleet: &mut Fleet, peer: usize, person: usize, message: &Message<'_>) {
        let Credentials::Scram(password) = &self.people[person].credentials else { return };
        let challenge = message.param(0).and_then(|chunk| BASE64.decode(chunk).ok()).unwrap_or_default();
        match self.scram.answer(peer, password, &String::from_utf8_lossy(&challenge)) {
            Some(proof) => {
                self.stages[person] = Stage::ScramFinal;
                self.authenticate(fleet, peer, proof.as_bytes());
            }
            None => self.fail(person, "no SCRAM challenge"),
        }
    }
}

impl Driver for BringUp<'_> {
    fn connected(&mut self, fleet: &mut Fleet, peer: usize, _now: Nanos) {
        let person = self.person_of[&peer];
        let Person { name, credentials, capabilities, .. } = &self.people[person];
        let needed = match credentials {
            Credentials::Guest => "",
            Credentials::Register(_) => "draft/account-registration",
            Credentials::Plain(_) | Credentials::Scram(_) => "sasl",
        };
        let wanted = format!("{needed} {capabilities}");
        let wanted = wanted.trim();
        let hello = format!("NICK {name}\r\nUSER {name} 0 * :{name}");
        if wanted.is_empty() {
            self.stages[person] = Stage::Welcome;
            self.say(fleet, peer, &hello);
        } else {
            self.stages[person] = Stage::Capabilities;
            self.say(fleet, peer, &format!("CAP LS 302\r\n{hello}\r\nCAP REQ :{wanted}"));
        }
    }

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], now: Nanos) {
        let Some(&person) = self.person_of.get(&peer) else { return };
        // By far the most of what arrives is what others do meanwhile, which `take` passes over.
        let Ok(line) = std::str::from_utf8(line) else { return };
        if let Ok(message) = Message::parse(line) {
            self.take(fleet, peer, person, &message, now);
        }
    }

    fn closed(&mut self, fleet: &mut Fleet, peer: usize, _now: Nanos) {
        let Some(&person) = self.person_of.get(&peer) else { return };
        self.attempts[person] += 1;
        self.result.retries += 1;
        if self.stages[person] == Stage::Ready || self.attempts[person] > ATTEMPTS_MAX {
            return self.fail(person, "the server closed the connection");
        }
        self.stages[person] = Stage::Connecting;
        if let Err(error) = fleet.reconnect(peer, self.server) {
            self.fail(person, &error.to_string());
        }
    }
}

impl Scram {
    fn start(&mut self, peer: usize, name: &str) -> Vec<u8> {
        let bare = format!("n={name},r=load{peer:012}");
        let message = format!("n,,{bare}").into_bytes();
        self.first.insert(peer, bare);
        message
    }

    /// The proof (RFC 5802, section 3). The server's own proof is not checked: that is not what is measured.
    fn answer(&mut self, peer: usize, password: &Secret, challenge: &str) -> Option<String> {
        let bare = self.first.remove(&peer)?;
        let mut attributes = challenge.split(',');
        let nonce = attributes.next()?.strip_prefix("r=")?;
        let salt = attributes.next()?.strip_prefix("s=")?;
        let rounds: u32 = attributes.next()?.strip_prefix("i=")?.parse().ok()?;
        let key = (password.expose().to_owned(), salt.to_owned(), rounds);
        let salted = match self.salted.get(&key) {
            Some(salted) => *salted,
            None => {
                let mut salted = [0; 32];
                let salt = BASE64.decode(salt).ok()?;
                let (algorithm, rounds) = (pbkdf2::PBKDF2_HMAC_SHA256, NonZeroU32::new(rounds)?);
                pbkdf2::derive(algorithm, rounds, &salt, password.expose().as_bytes(), &mut salted);
                self.salted.insert(key, salted);
                salted
            }
        };
        let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
        let client_key = sign(&salted, b"Client Key");
        let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
        let without_proof = format!("c=biws,r={nonce}");
        let signature = sign(stored_key.as_ref(), format!("{bare},{challenge},{without_proof}").as_bytes());
        let proof: Vec<u8> =
            client_key.as_ref().iter().zip(signature.as_ref()).map(|(one, other)| one ^ other).collect();
        Some(format!("{without_proof},p={}", BASE64.encode(proof)))
    }
}
