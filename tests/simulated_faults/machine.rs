//! The machine that the server runs on: it starts and stops it, pulls the plug, and connects people to it. The hub, the
//! journal and the connections are the real ones; the clock, the disk and the network are not.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use chat_tui::chat::event::{AccountId, Author, AuthorKind, Credentials, DeviceId, Event, Place, Record, Seq};
use chat_tui::chat::key::WorldKey;
use chat_tui::chat::ports::{ConnId, Peer, Transport};
use chat_tui::chat::proofs::token_digest;
use chat_tui::chat::settings::{IpBinding, Settings};
use chat_tui::ground::texts::{Language, Texts};
use chat_tui::proto::names::AccountName;
use chat_tui::proto::secret::Secret;
use chat_tui::proto::time::Timestamp;
use chat_tui::server::answers::Answers;
use chat_tui::server::bounds::{ConnectionLimits, EntranceSettings};
use chat_tui::server::config::Config;
use chat_tui::server::connection::serve;
use chat_tui::server::hub::{Hub, Parts};
use chat_tui::server::mailbox::{MAILBOX_MAX, Mail, Mailbox};
use chat_tui::server::operator_log::OperatorLog;
use chat_tui::server::outbox::{Link, OutboxLimits};
use chat_tui::server::places::Places;
use chat_tui::server::reload::Reloader;
use chat_tui::store::Store;
use tokio::io::{DuplexStream, duplex};
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::{Instant, sleep, timeout};

use crate::chance::Chance;
use crate::disk::{Disk, Drive, Weather};

/// When everything begins.
const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
/// Everybody's password.
pub const PASSWORD: &str = "correct horse";
/// Small, so that slow readers are met.
const OUTBOX: OutboxLimits = OutboxLimits { soft_bytes_max: 4_096, hard_bytes_max: 16_384 };
/// How many bytes a network holds in each direction.
const NETWORK_BYTES_MAX: usize = 1_024;
/// More than there ever are.
const CONNECTIONS_MAX: usize = 1_000;
/// How long a stop may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A server process.
struct Process {
    hub: JoinHandle<Result<(), chat_tui::store::StoreError>>,
    gate: JoinHandle<()>,
    drive: Arc<Drive>,
    mailbox: Mailbox,
    stop: watch::Sender<bool>,
    connections: Vec<AbortHandle>,
}

/// The machine.
pub struct Machine {
    /// What survives.
    pub disk: Arc<Mutex<Disk>>,
    /// How the database is.
    pub weather: Arc<Mutex<Weather>>,
    /// How often what has happened.
    pub tally: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    /// By how many milliseconds the clock is wrong.
    pub clock_error: Arc<AtomicI64>,
    process: Mutex<Option<Process>>,
    chance: Mutex<Chance>,
    conns: AtomicU64,
    places: Arc<Places>,
    links: Arc<Mutex<Vec<Weak<Link>>>>,
    began: Instant,
}

impl Machine {
    /// A machine with accounts for these people, nothing running.
    pub fn new(chance: Chance, people: &[String]) -> Self {
        let mut disk = Disk::new();
        register(&mut disk, people);
        Self {
            disk: Arc::new(Mutex::new(disk)),
            weather: Arc::new(Mutex::new(Weather::Fair)),
            tally: Arc::default(),
            clock_error: Arc::default(),
            process: Mutex::new(None),
            chance: Mutex::new(chance),
            conns: AtomicU64::new(0),
            places: Arc::default(),
            links: Arc::default(),
            began: Instant::now(),
        }
    }

    /// Takes note of something that happened.
    pub fn count(&self, what: &'static str) {
        *self.tally.lock().unwrap().entry(what).or_default() += 1;
    }

    /// Starts the server.
    pub fn boot(&self) {
        let chance = self.chance.lock().unwrap().fork();
        let (disk, weather, tally) = (Arc::clone(&self.disk), Arc::clone(&self.weather), Arc::clone(&self.tally));
        let drive = Arc::new(Drive::new(disk, weather, chance, tally));
        let (mails, mailbox) = mpsc::channel(MAILBOX_MAX);
        let (stop, _) = watch::channel(false);
        let (began, clock_error) = (self.began, Arc::clone(&self.clock_error));
        let load = {
            let (drive, mails) = (Arc::clone(&drive), mails.clone());
            move || {
                let (drive, mails) = (Arc::clone(&drive), mails.clone());
                tokio::spawn(async move {
                    let snapshot = loop {
                        match drive.load().await {
                            Ok(snapshot) => break snapshot,
                            Err(_) => sleep(Duration::from_millis(250)).await,
                        }
                    };
                    let _ = mails.send(Mail::Loaded(Box::new(snapshot))).await;
                });
            }
        };
        let config = Config::in_directory(Path::new("nowhere"));
        let (entrance, _) = watch::channel(Arc::new(EntranceSettings::of(&config)));
        let rules = Settings { ip_binding: IpBinding::Off, ..Settings::default() };
        let (log, _) = OperatorLog::structured_only(Texts::new(Language::English));
        let hub = Hub::new(Parts {
            rules,
            key: WorldKey::new([7; 32]),
            store: Arc::clone(&drive) as Arc<dyn Store>,
            answerer: Arc::clone(&drive) as Arc<dyn Answers>,
            clock: Box::new(move || {
                let elapsed = began.elapsed().as_millis() as i64;
                START.plus_millis(elapsed + clock_error.load(Ordering::SeqCst))
            }),
            reloader: Arc::new(Reloader::new(None, config, None, entrance)),
            log,
            metrics: Arc::default(),
            exit_when_idle: None,
            stop_timeout: STOP_TIMEOUT,
            stop: stop.clone(),
            mailbox: mails.clone(),
            load: Box::new(load),
        });
        // What connections send passes here, so that their queues can be watched.
        let (outer, mut arrived) = mpsc::channel(1);
        let links = Arc::clone(&self.links);
        let gate = tokio::spawn(async move {
            while let Some(mail) = arrived.recv().await {
                if let Mail::Opened { link, .. } = &mail {
                    links.lock().unwrap().push(Arc::downgrade(link));
                }
                if mails.send(mail).await.is_err() {
                    return;
                }
            }
        });
        let hub = tokio::spawn(hub.run(mailbox));
        *self.process.lock().unwrap() =
            Some(Process { hub, gate, drive, mailbox: Mailbox::new(outer), stop, connections: Vec::new() });
    }

    /// Pulls the plug.
    pub fn crash(&self) {
        let Some(process) = self.process.lock().unwrap().take() else { return };
        self.count("crashes");
        assert!(!process.hub.is_finished(), "the hub ended by itself");
        process.drive.die();
        process.hub.abort();
        process.gate.abort();
        process.connections.iter().for_each(AbortHandle::abort);
    }

    /// Asks the server to stop, and waits for it.
    pub async fn stop(&self) {
        let Some(process) = self.process.lock().unwrap().take() else { return };
        self.count("stops");
        process.stop.send_replace(true);
        let ended = timeout(STOP_TIMEOUT * 2, process.hub).await.expect("the server stops in time");
        ended.expect("the hub does not panic").expect("the store can be used");
        process.drive.die();
        process.gate.abort();
        // What its connections still have to say may take a moment; then the process is gone.
        sleep(Duration::from_millis(100)).await;
        process.connections.iter().for_each(AbortHandle::abort);
    }

    /// A connection; nothing when nobody listens.
    pub fn connect(&self) -> Option<DuplexStream> {
        let mut process = self.process.lock().unwrap();
        let process = process.as_mut()?;
        let (near, far) = duplex(NETWORK_BYTES_MAX);
        let number = self.conns.fetch_add(1, Ordering::SeqCst) + 1;
        let peer = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1, transport: Transport::Tls };
        let place = self.places.take(CONNECTIONS_MAX)?;
        let limits = ConnectionLimits { outbox: OUTBOX, ..ConnectionLimits::default() }.without_pace();
        let task = tokio::spawn(serve(far, ConnId(number), peer, limits, process.mailbox.clone(), place));
        process.connections.retain(|connection| !connection.is_finished());
        process.connections.push(task.abort_handle());
        self.count("connections");
        Some(near)
    }

    /// Whether every queue is within its bound.
    pub fn check_bounds(&self) {
        let mut links = self.links.lock().unwrap();
        links.retain(|link| link.strong_count() > 0);
        for link in links.iter().filter_map(Weak::upgrade) {
            assert!(link.queued_bytes() <= OUTBOX.hard_bytes_max, "an outbox beyond its bound");
        }
        let process = self.process.lock().unwrap();
        if let Some(process) = process.as_ref() {
            assert!(!process.hub.is_finished(), "the hub ended by itself");
        }
    }
}

/// The device token of somebody.
pub fn token_of(name: &str) -> Secret {
    Secret::new(format!("ctd1_{name}"))
}

fn register(disk: &mut Disk, people: &[String]) {
    for (at, name) in people.iter().enumerate() {
        let account = AccountId(at as u64 + 2);
        let name_typed = AccountName::new(name).expect("a valid name");
        let credentials = Box::new(Credentials { argon2: PASSWORD.to_owned(), scram: None });
        let registered =
            Event::AccountRegistered { account, name: name_typed, credentials, address: None, invitation: None };
        let (device, digest) = (DeviceId(at as u64 + 1), token_digest(&token_of(name)));
        let added = Event::DeviceAdded { device, account, name: "simulated".to_owned(), digest };
        for event in [registered, added] {
            let seq = disk.record.load().last_seq.next();
            disk.record.commit(&record(seq, event));
        }
    }
}

fn record(seq: Seq, event: Event) -> Record {
    let author = Author {
        kind: AuthorKind::System,
        account: None,
        name: "chat.local".to_owned(),
        operator: None,
        address: String::new(),
        port: 0,
    };
    Record {
        seq,
        time: START,
        author,
        place: Place::Server,
        target: String::new(),
        idempotency_id: None,
        tags: String::new(),
        event,
    }
}
