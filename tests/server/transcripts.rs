//! The transcripts once more, through everything that stands around the rules: connections, the hub, the journal, SQLite.
//!
//! A connection has read everything when the answer to a PING of the driver's own has come, after those of all others: what
//! a line causes for others is queued before its own answer.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use chat_tui::chat::ports::{Peer, Transport};
use chat_tui::chat::settings::Settings;
use chat_tui::proto::message::Message;
use chat_tui::store::hashing;
use tempfile::{TempDir, tempdir};
use tokio::runtime::Runtime;

use crate::client::Client;
use crate::database::Database;
use crate::host::Host;
use crate::settings;
use crate::transcript::{Directive, Driver, Transcript, What, Wire, play};

/// What the player asks the driver for is answered by a real server: what a transcript needs beyond it stays away.
const MEANS: &[&str] = &["addresses", "restart"];
/// How many transcripts are played at once.
const PLAYERS: usize = 4;
/// How long a line may take that does not come at once.
const RECEIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// What the driver's own PINGs carry.
const MARK: &str = "everything-read";

#[test]
fn every_transcript_that_a_real_server_can_play_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let wanted = std::env::var("TRANSCRIPT").unwrap_or_default();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "irc"));
    files.retain(|file| file.to_string_lossy().contains(&wanted));
    files.sort();
    let (files, faults, played) = (Mutex::new(files), Mutex::new(Vec::new()), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..PLAYERS {
            scope.spawn(|| {
                loop {
                    let Some(file) = files.lock().unwrap().pop() else { break };
                    let name = file.file_name().unwrap().to_string_lossy().into_owned();
                    let text = std::fs::read_to_string(&file).unwrap();
                    match Transcript::parse(&name, &text) {
                        Ok(transcript) => {
                            let mut driver = Sockets::new();
                            if is_playable(&transcript, &driver) {
                                *played.lock().unwrap() += 1;
                                faults.lock().unwrap().extend(play(&transcript, &mut driver).err());
                            }
                        }
                        Err(fault) => faults.lock().unwrap().push(fault),
                    }
                }
            });
        }
    });
    let (faults, played) = (faults.into_inner().unwrap(), played.into_inner().unwrap());
    assert!(faults.is_empty(), "{} of {played} transcripts fail\n\n{}\n", faults.len(), faults.join("\n\n"));
    assert!(played > 20 || !wanted.is_empty(), "only {played} transcripts were played");
}

/// Whether a real server can play it. That a connection was lost for another reason than its end cannot be played.
fn is_playable(transcript: &Transcript, driver: &Sockets) -> bool {
    let loses_otherwise = |what: &What| matches!(what, What::Direct(Directive::Close(_, reason)) if !reason.is_empty());
    transcript.needs().all(|need| driver.can(need)) && !transcript.steps.iter().any(|step| loses_otherwise(&step.what))
}

/// A server of this process, and its clients.
struct Sockets {
    runtime: Runtime,
    directory: TempDir,
    settings: Settings,
    host: Option<Host>,
    people: BTreeMap<String, Person>,
    marks: u64,
}

struct Person {
    client: Client,
    unread: VecDeque<String>,
    is_closed: bool,
    /// Whether something was sent since the last mark.
    has_sent: bool,
}

impl Sockets {
    fn new() -> Self {
        let settings = Settings { server_name: "chat.example".to_owned(), ..Settings::default() };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let directory = tempdir().unwrap();
        Self { runtime, directory, settings, host: None, people: BTreeMap::new(), marks: 0 }
    }

    /// Connects to the server, which starts with the first connection.
    fn dial(&mut self, peer: Peer) -> Client {
        let host = self.host.get_or_insert_with(|| {
            let url = Database::Sqlite.url(&self.directory);
            let start = Host::with(&self.directory, &url, |config| config.rules = self.settings.clone());
            self.runtime.block_on(start)
        });
        self.runtime.block_on(host.dial(peer))
    }

    /// Reads everything that somebody has to read after all that was sent so far.
    fn settle(&mut self, who: &str) {
        let mut names: Vec<String> = Vec::new();
        names.extend(
            self.people.iter().filter(|(name, person)| person.has_sent && *name != who).map(|(name, _)| name.clone()),
        );
        names.push(who.to_owned());
        for name in names {
            self.marks += 1;
            let mark = format!("{MARK}-{}", self.marks);
            if let Some(person) = self.people.get_mut(&name).filter(|person| !person.is_closed) {
                self.runtime.block_on(person.read_to_mark(&mark));
            }
        }
    }
}

impl Person {
    async fn read_to_mark(&mut self, mark: &str) {
        self.has_sent = false;
        // What a server that closes says comes before the end of the connection.
        let _ = self.client.try_send(&format!("PING {mark}")).await;
        loop {
            let Some(line) = self.client.next().await else {
                self.is_closed = true;
                return;
            };
            if Message::parse(&line).is_ok_and(|message| message.command == "PONG" && message.params().contains(&mark))
            {
                return;
            }
            self.unread.push_back(line);
        }
    }
}

impl Driver for Sockets {
    fn can(&self, need: &str) -> bool {
        MEANS.contains(&need)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let hash = |password: &str| hashing::phc(password.as_bytes(), &mut Vec::new()).unwrap();
        settings::set(&mut self.settings, key, value, hash)
    }

    fn connect(&mut self, who: &str, wire: Wire, address: IpAddr) -> Result<(), String> {
        let (transport, port) = match wire {
            Wire::Plain => (Transport::Plain, 50_000),
            Wire::Tls => (Transport::Tls, 50_000),
            Wire::Certified => {
                (Transport::CertifiedTls { certificate: Box::new(settings::certificate_of(address)) }, 50_000)
            }
            Wire::Unix { operator } => (Transport::Unix { uid: 1000, operator }, 0),
        };
        let client = self.dial(Peer { address, port, transport });
        let person = Person { client, unread: VecDeque::new(), is_closed: false, has_sent: false };
        self.people.insert(who.to_owned(), person);
        Ok(())
    }

    fn send(&mut self, who: &str, line: &str) -> Result<(), String> {
        // Lines of different people are judged in the order of the dialogue.
        let others: Vec<String> = self
            .people
            .iter()
            .filter(|(name, person)| person.has_sent && *name != who)
            .map(|(name, _)| name.clone())
            .collect();
        if let Some(other) = others.first() {
            self.settle(&other.clone());
        }
        let person = self.people.get_mut(who).ok_or_else(|| format!("{who} is not connected"))?;
        person.has_sent = true;
        // A line to a connection that was closed goes nowhere, as in life.
        let _ = self.runtime.block_on(person.client.try_send(line));
        // Two messages have two times.
        std::thread::sleep(Duration::from_millis(2));
        Ok(())
    }

    fn receive(&mut self, who: &str) -> Option<String> {
        // What another task has to find out first (settings that are read again) comes after the answer to the mark.
        let deadline = Instant::now() + RECEIVE_TIMEOUT;
        while self.people.get(who).is_some_and(|person| person.unread.is_empty()) {
            self.settle(who);
            let person = self.people.get(who)?;
            if !person.unread.is_empty() || person.is_closed || Instant::now() >= deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.people.get_mut(who)?.unread.pop_front()
    }

    fn drain(&mut self, who: &str) -> Vec<String> {
        self.settle(who);
        self.people.get_mut(who).map(|person| std::mem::take(&mut person.unread)).unwrap_or_default().into()
    }

    fn is_closed(&mut self, who: &str) -> bool {
        self.settle(who);
        self.people.get(who).is_some_and(|person| person.is_closed)
    }

    fn close(&mut self, who: &str, _: &str) -> Result<(), String> {
        self.settle(who);
        self.people.remove(who);
        // The end of a connection is nobody's line: nobody's answer says that it was noticed.
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    }

    fn direct(&mut self, directive: &Directive) -> Result<(), String> {
        match directive {
            Directive::Restart => {
                self.people.clear();
                if let Some(host) = self.host.take() {
                    self.runtime.block_on(host.stop());
                }
                Ok(())
            }
            other => Err(format!("{other:?} is beyond this driver")),
        }
    }
}
