//! The model, and everything by which its effects are carried out: connections, files, the local server.
//!
//! It gives each event to the core, in the shape that the front asks for (full screen or line mode), and carries out what comes
//! back. It draws nothing and prints nothing.

use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::event::{Event as TerminalEvent, KeyEventKind};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::config::{Choices, Settings};
use super::errand::Errand;
use super::event::{Effect, Effects, Event, Exit, Moment, NetworkEvent, ServerId};
use super::keyring::{Item, Keyring};
use super::local::{self, Spawn};
use super::log_files::LogFiles;
use super::model::{Model, Start};
use super::network::{self, AbortOnDrop, Connection};
use super::notify::{self, Surroundings};
use super::plain::{Input, Plain};
use super::store::{Keeper, Order, Store, StoreError};
use super::terminal;
use super::unsent;
use super::update::update;
use super::watch::Watch;
use crate::ground::paths::Directories;
use crate::ground::texts::Texts;
use crate::proto::time::Timestamp;

/// How many events are handled before anything else gets its turn.
pub const EVENTS_PER_TURN_MAX: usize = 64;
/// How many answers of our own tasks may wait.
const ANSWERS_MAX: usize = 64;
/// How long the connections may take to say goodbye when the program ends.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many problems of files from before the start are told.
const START_FAULTS_MAX: usize = 8;

/// What the client needs of the program around it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The checked settings.
    pub settings: Settings,
    /// Where files are kept.
    pub directories: Directories,
    /// Whether a local server may be started.
    pub spawn: Spawn,
    /// Where secrets are kept.
    pub keyring: Arc<dyn Keyring>,
    /// The configuration file, to be read again when it changes.
    pub config: Option<ConfigFile>,
}

/// A configuration file, and what stands above it.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Where it is.
    pub path: PathBuf,
    /// What the flags say.
    pub flags: Choices,
}

impl ConfigFile {
    /// The one that was named, else the one that this user has.
    pub fn of(named: Option<PathBuf>, directories: &Directories, flags: Choices) -> Self {
        let path = named.unwrap_or_else(|| directories.client_config().join("config.toml"));
        Self { path, flags }
    }

    /// What is wrong with it, for a person who has started the program.
    pub fn told(&self, faults: &[String]) -> String {
        format!("{}:\n  {}", self.path.display(), faults.join("\n  "))
    }

    /// Reads it; one that is not there says nothing.
    ///
    /// # Errors
    /// What is wrong with it, as sentences with their lines.
    pub fn read(&self, texts: &Texts) -> Result<Choices, Vec<String>> {
        let content = match std::fs::read_to_string(&self.path) {
            Ok(content) => content,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Choices::default()),
            Err(error) => return Err(vec![error.to_string()]),
        };
        Choices::parse(&content)
            .map_err(|faults| faults.iter().map(|fault| fault.explain_in(&content, texts)).collect())
    }
}

/// In which shape events reach the core.
pub enum Front {
    /// The full screen: as they are.
    Screen,
    /// The line mode.
    Lines(Box<Plain>),
    /// An errand for a script.
    Errand(Box<Errand>),
}

/// The model, and everything by which its effects are carried out.
pub struct Shell {
    /// The client's state.
    pub model: Model,
    /// In which shape events reach the core.
    pub front: Front,
    /// How the program ends, once that is clear.
    pub exit: Option<Exit>,
    /// The person wants the program to stop as a shell's job.
    pub wants_suspension: bool,
    /// Escape sequences that the terminal is to get beside the frames: the bell, the clipboard.
    pub sequences: Vec<Vec<u8>>,
    effects: Effects,
    started: Instant,
    /// The connection to each server, with its number.
    connections: HashMap<ServerId, (u64, Connection)>,
    /// What the keyring is being asked for each server.
    asking: HashMap<ServerId, AbortOnDrop>,
    keyring: Arc<dyn Keyring>,
    /// Connections that still say goodbye.
    closing: JoinSet<()>,
    network: (network::Events, mpsc::Receiver<(u64, NetworkEvent)>),
    answers: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    store_faults: mpsc::Receiver<StoreError>,
    keeper: Keeper,
    logs: LogFiles,
    /// The unsent messages that are on disk: of earlier runs, and of this one since.
    unsent_ids: Vec<String>,
    start_faults: Vec<String>,
    surroundings: Surroundings,
    config: Option<ConfigFile>,
    watch: Option<Watch>,
    directories: Directories,
    spawn: Spawn,
}

impl Shell {
    /// A shell for these settings, with what earlier runs have kept.
    pub fn new(options: &Options, front: Front, now: SystemTime) -> Self {
        let texts = Texts::new(options.settings.language);
        let store = Store::new(&options.directories, Arc::clone(&options.keyring));
        let (remembered, faults) = store.load();
        let unsent_ids = remembered.unsent.iter().map(|unsent| unsent.id.clone()).collect();
        let start_faults = faults.iter().take(START_FAULTS_MAX).map(|fault| fault.explain(&texts)).collect();
        let surroundings = Surroundings::from_environment();
        let mut settings = options.settings.clone();
        settings.open_with = surroundings.opener(settings.open_with);
        settings.keyring &= options.keyring.is_there();
        let model = Model::new(Start { settings, texts, remembered, seed: seed(now), device_name: device_name() });
        let (store_failed, store_faults) = mpsc::channel(ANSWERS_MAX);
        let answers = mpsc::channel(ANSWERS_MAX);
        let logs = LogFiles::new(options.directories.client_state().join("logs"), answers.0.clone());
        Self {
            model,
            front,
            effects: Effects::default(),
            started: Instant::now(),
            exit: None,
            wants_suspension: false,
            sequences: Vec::new(),
            connections: HashMap::new(),
            asking: HashMap::new(),
            keyring: Arc::clone(&options.keyring),
            closing: JoinSet::new(),
            network: mpsc::channel(network::EVENTS_MAX),
            answers,
            store_faults,
            logs,
            keeper: Keeper::new(store, store_failed),
            unsent_ids,
            start_faults,
            surroundings,
            watch: options.config.as_ref().and_then(|config| Watch::new(&config.path)),
            config: options.config.clone(),
            directories: options.directories.clone(),
            spawn: if options.settings.spawn { options.spawn } else { Spawn::Forbidden },
        }
    }

    /// Tells what was wrong with the files of earlier runs.
    pub fn tell_start_faults(&mut self) {
        for fault in std::mem::take(&mut self.start_faults) {
            self.handle(Event::StoreFailed(fault));
        }
    }

    /// Whether something visible may have changed since the last time that this was asked.
    pub fn take_redraw(&mut self) -> bool {
        std::mem::take(&mut self.effects.redraw)
    }

    /// When the core wants to be woken.
    pub fn wake_at(&self) -> Option<Instant> {
        self.effects.wake_at_millis.map(|millis| self.started + Duration::from_millis(millis))
    }

    /// Waits for something from outside of this thread and handles it, with what has gathered behind it.
    pub async fn outside(&mut self) {
        let event = tokio::select! {
            Some((number, event)) = self.network.1.recv() => Event::Network(number, event),
            Some(answer) = self.answers.1.recv() => answer,
            () = changed(self.watch.as_mut()) => self.read_config(),
            Some(fault) = self.store_faults.recv() => Event::StoreFailed(fault.explain(&self.model.texts)),
            // Both senders live as long as the shell; the keeper's may end with its thread.
            else => return std::future::pending().await,
        };
        self.handle(event);
        for _ in 1..EVENTS_PER_TURN_MAX {
            let Ok((number, event)) = self.network.1.try_recv() else { return };
            self.handle(Event::Network(number, event));
        }
    }

    /// Gives the core what the terminal has sent.
    pub fn handle_terminal(&mut self, event: TerminalEvent) {
        match event {
            TerminalEvent::Key(key) if key.kind != KeyEventKind::Release => self.handle(Event::Key(key)),
            TerminalEvent::Key(_) => {}
            TerminalEvent::Mouse(mouse) => self.handle(Event::Mouse(mouse)),
            TerminalEvent::Paste(text) => self.handle(Event::Paste(text)),
            TerminalEvent::Resize(columns, rows) => self.handle(Event::Resize { columns, rows }),
            TerminalEvent::FocusGained => self.handle(Event::Focus(true)),
            TerminalEvent::FocusLost => self.handle(Event::Focus(false)),
        }
    }

    /// Gives the core an event and carries out what it asks for.
    pub fn handle(&mut self, event: Event) {
        self.step(Input::Event(event));
    }

    /// Gives the core what happened and carries out what it asks for.
    pub fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.now();
            match (&mut self.front, input) {
                (Front::Lines(plain), input) => plain.step(&mut self.model, input, now, &mut self.effects),
                (Front::Errand(errand), input) => errand.step(&mut self.model, input, now, &mut self.effects),
                (Front::Screen, Input::Event(event)) => update(&mut self.model, event, now, &mut self.effects),
                // Lines are not typed on a screen.
                (Front::Screen, Input::Line(_) | Input::End) => {}
            }
            while let Some((server, effect)) = self.effects.take_first() {
                inputs.extend(self.carry_out(server, effect).map(Input::Event));
            }
        }
    }

    fn now(&self) -> Moment {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment {
            time: Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX)),
            elapsed_millis: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The program must end, whatever the core says to it.
    pub fn terminate(&mut self) {
        self.handle(Event::Terminate);
        self.exit.get_or_insert(Exit::Terminated);
    }

    /// Carries out a wish; what comes of it at once is an event.
    fn carry_out(&mut self, server: ServerId, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Connect { connection, endpoint, pin } => {
                let opened = Connection::open(connection, endpoint, pin, self.network.0.clone());
                self.connections.insert(server, (connection, opened));
            }
            Effect::Send(line) => {
                let (number, connection) = self.connections.get(&server)?;
                if !connection.send(line) {
                    // Also when the connection has ended already: then its own event comes first or is ignored.
                    let lost = NetworkEvent::Lost { reason: self.model.texts.get("run-send-failed").into_owned() };
                    let event = Event::Network(*number, lost);
                    self.connections.remove(&server);
                    return Some(event);
                }
            }
            Effect::Prove { connection, client, challenge } => {
                let answers = self.answers.0.clone();
                tokio::task::spawn_blocking(move || {
                    // Without a receiver the program has ended.
                    let _ = answers.blocking_send(Event::Proved(connection, client.answer(&challenge)));
                });
            }
            Effect::Disconnect => {
                self.asking.remove(&server);
                let (_, connection) = self.connections.remove(&server)?;
                self.closing.spawn(connection.close());
            }
            Effect::StartLocalServer => self.start_local_server(),
            Effect::AskKeyring { connection, server: address, account } => {
                self.ask_keyring(server, connection, &Item { server: address, account });
            }
            Effect::Remember(login) => return self.order(Order::Remember(login)),
            Effect::Forget { server } => return self.order(Order::Forget(server)),
            Effect::Pin { server, fingerprint } => return self.order(Order::Pin(server, fingerprint)),
            Effect::KeepUnsent => self.keep_unsent(),
            Effect::KeepDrafts(drafts) => return self.order(Order::KeepDrafts(drafts)),
            Effect::Log { log, conversation, entry, line } => {
                return self.logs.keep(log, conversation, entry, &line).err().map(Event::LogFailed);
            }
            Effect::StrikeLog { log, place, by } => self.logs.strike(log, place, by),
            Effect::ReadLog(question) => self.logs.read(question),
            // Without a screen nothing but what is said is written.
            Effect::Mouse(_) | Effect::Notify(_) | Effect::Title(_) | Effect::Copy(_)
                if !matches!(self.front, Front::Screen) => {}
            Effect::Mouse(is_wanted) => self.sequences.push(terminal::mouse_sequence(is_wanted)),
            Effect::Open { program, link } => return open(&program, &link, &self.model.texts),
            Effect::Notify(notice) => {
                let sequences = notify::call(&notice, &self.model.settings.notify_by, &self.surroundings);
                self.sequences.extend(sequences);
            }
            Effect::Title(title) => self.sequences.push(notify::title_sequence(&title)),
            Effect::KeepLevel(level) => return self.order(Order::KeepLevel(level)),
            Effect::Copy(text) => self.sequences.push(terminal::copy_sequence(&text)),
            Effect::Suspend => self.wants_suspension = true,
            Effect::Quit(exit) => self.exit = Some(exit),
        }
        None
    }

    /// The configuration file has changed.
    fn read_config(&mut self) -> Event {
        let texts = &self.model.texts;
        let Some(config) = &self.config else { return Event::Tick };
        let language = self.model.settings.language;
        let read = config.read(texts).and_then(|file| {
            let settings = Settings::resolve(config.flags.clone(), file, language, self.model.settings.mode);
            settings.map_err(|error| vec![texts.get(error.text_id()).into_owned()])
        });
        Event::Preferences(match read {
            Ok(settings) => {
                let mut preferences = settings.preferences();
                preferences.open_with = self.surroundings.opener(preferences.open_with);
                Ok(Box::new(preferences))
            }
            Err(faults) => Err(format!("{}: {}", config.path.display(), faults.join("; "))),
        })
    }

    fn order(&mut self, order: Order) -> Option<Event> {
        let refused = self.keeper.order(order).err()?;
        Some(Event::StoreFailed(refused.explain(&self.model.texts)))
    }

    /// Where nobody sits, nobody can unlock the keyring either.
    fn ask_keyring(&mut self, server: ServerId, connection: u64, item: &Item) {
        let is_attended = match &self.front {
            Front::Screen => true,
            Front::Lines(plain) => plain.is_attended(),
            Front::Errand(_) => false,
        };
        let (answers, answer) = (self.answers.0.clone(), self.keyring.find(item, is_attended));
        let task = tokio::spawn(async move {
            // Without a receiver the program has ended.
            let _ = answers.send(Event::Keyring(connection, answer.await)).await;
        });
        self.asking.insert(server, AbortOnDrop(task));
    }

    fn start_local_server(&mut self) {
        let answers = self.answers.0.clone();
        let (directories, spawn, texts) = (self.directories.clone(), self.spawn, self.model.texts.clone());
        tokio::spawn(async move {
            let found = local::find_or_start(&directories, spawn, &texts).await;
            // Without a receiver the program has ended.
            let _ = answers.send(Event::LocalServer(found)).await;
        });
    }

    /// Lets what was queued leave, and what was ordered reach the disk, within bounds.
    pub async fn close(mut self) {
        for (_, (_, connection)) in self.connections.drain() {
            self.closing.spawn(connection.close());
        }
        let goodbye = async { while self.closing.join_next().await.is_some() {} };
        let _ = timeout(GOODBYE_TIMEOUT, goodbye).await;
        self.keep_unsent();
        // The threads have nobody to tell anything any more: none waits for room.
        self.answers.1.close();
        let _ = timeout(GOODBYE_TIMEOUT, self.logs.close()).await;
        self.keeper.close().await;
    }

    /// The line mode says itself what was not sent, and a script that tries again would say it twice: of its own nothing is
    /// kept. What it has sent of earlier runs is struck out. An errand leaves all of that alone.
    fn keep_unsent(&mut self) {
        let mut left = unsent::collect(&self.model);
        let read = std::mem::take(&mut self.unsent_ids);
        match self.front {
            Front::Screen => {}
            Front::Lines(_) => left.retain(|unsent| read.contains(&unsent.id)),
            Front::Errand(_) => return,
        }
        self.unsent_ids = left.iter().map(|unsent| unsent.id.clone()).collect();
        if !(left.is_empty() && read.is_empty())
            && let Err(error) = self.keeper.order(Order::KeepUnsent { read, left })
        {
            tracing::warn!(%error, "unsent messages were not kept");
        }
    }
}

/// Opens a link with the person's program, which neither reads nor writes here and may outlive us.
fn open(program: &str, link: &str, texts: &Texts) -> Option<Event> {
    let mut words = program.split_whitespace();
    let mut command = tokio::process::Command::new(words.next()?);
    command.args(words).arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let error = command.spawn().err()?;
    let variables = [("program", program.into()), ("reason", error.to_string().into())];
    Some(Event::StoreFailed(texts.format("run-open-failed", &variables)))
}

/// Waits for a change of the watched file; for ever when none is watched, or no longer.
async fn changed(watch: Option<&mut Watch>) {
    match watch {
        Some(watch) => watch.changed().await,
        None => std::future::pending().await,
    }
}

/// Random bytes for ids and nonces.
fn seed(now: SystemTime) -> [u8; 32] {
    let mut seed = [0; 32];
    if SystemRandom::new().fill(&mut seed).is_err() {
        // Without the system's randomness nothing that is encrypted works either. The ids stay at least apart.
        let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        seed[..16].copy_from_slice(&nanos.to_be_bytes());
        seed[16..20].copy_from_slice(&std::process::id().to_be_bytes());
    }
    seed
}

/// What this machine calls itself.
fn device_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
