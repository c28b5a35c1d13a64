//! The loop around the client's core: events in, effects carried out, frames drawn.
//!
//! Everything runs in one thread; what may block is done in others. A key is answered by a frame at once; what the network
//! brings is drawn after a short pause, together with what follows it. Nothing ticks while nothing happens.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::path::PathBuf;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossterm::event::{Event as TerminalEvent, EventStream, KeyEventKind};
use futures_util::StreamExt as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use super::config::{Mode, ServerChoice, Settings};
use super::conversation::HistoryState;
use super::event::{Effect, Effects, Endpoint, Event, Exit, Moment, NetworkEvent};
use super::local::{self, Spawn};
use super::model::{Model, Start};
use super::network::{self, Connection};
use super::store::{Keeper, Order, Store, StoreError};
use super::terminal::{self, Screen};
use super::update::update;
use super::view::View;
use super::view::dates::Zone;
use super::view::theme::Theme;
use crate::ground::paths::Directories;
use crate::ground::texts::{Language, Texts};
use crate::proto::time::Timestamp;

/// How long what the network brings may wait for more before it is drawn.
const GATHER_DELAY: Duration = Duration::from_millis(16);
/// The least time between two frames that no key asked for.
const FRAME_INTERVAL: Duration = Duration::from_millis(50);
/// How many events are handled before a frame is considered.
const EVENTS_PER_TURN_MAX: usize = 64;
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
}

/// Why the client cannot run at all.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Standard input or output is no terminal that can be drawn on.
    #[error("no terminal")]
    NoTerminal,
    /// The terminal or the runtime refused.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl RunError {
    /// The error in a person's language.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::NoTerminal => texts.get("run-no-terminal").into_owned(),
            Self::System(error) => texts.format("run-failed", &[("reason", error.to_string().into())]),
        }
    }
}

/// Runs the full-screen client until the person leaves it or a signal ends it.
///
/// # Errors
/// When there is no terminal, or it went away.
pub fn full_screen(options: Options) -> Result<Exit, RunError> {
    if !terminal::is_usable() {
        return Err(RunError::NoTerminal);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(async {
        let mut shell = Shell::new(&options, SystemTime::now());
        let screen = Screen::take()?;
        let exit = run(&mut shell, screen).await;
        shell.close().await;
        exit
    });
    // A lookup of a name that hangs must not keep the program.
    runtime.shutdown_background();
    exit
}

/// Runs the operator's console: the same full screen, over the server's Unix socket, logged in as "the server" by the peer's
/// uid.
///
/// # Errors
/// When there is no terminal, or it went away.
pub fn run_console(socket: PathBuf, language: Language, directories: Directories) -> Result<Exit, RunError> {
    let settings = Settings {
        server: ServerChoice::At(Endpoint::Local(socket)),
        name: None,
        language,
        plain_text: false,
        spawn: false,
        mode: Mode::Console,
    };
    full_screen(Options { settings, directories, spawn: Spawn::Forbidden })
}

/// The signals that end the program, and the one after a stop.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    continued: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }

    /// Whether the program was only continued; else it must end.
    async fn is_continued(&mut self) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => false,
            _ = self.hang_up.recv() => false,
            _ = self.interrupt.recv() => false,
            _ = self.continued.recv() => true,
        }
    }
}

/// When the next frame is due.
#[derive(Debug, Default)]
struct Pace {
    due: Option<Instant>,
    last: Option<Instant>,
}

impl Pace {
    /// Something visible has changed. `at_once`: because of the person.
    fn changed(&mut self, now: Instant, at_once: bool) {
        let earliest = self.last.map_or(now, |last| last + FRAME_INTERVAL);
        let due = if at_once { now } else { earliest.max(now + GATHER_DELAY) };
        self.due = Some(self.due.map_or(due, |before| before.min(due)));
    }

    /// Whether a frame is due; then it counts as drawn.
    fn take(&mut self, now: Instant) -> bool {
        let is_due = self.due.is_some_and(|due| due <= now);
        if is_due {
            *self = Self { due: None, last: Some(now) };
        }
        is_due
    }
}

async fn run(shell: &mut Shell, mut screen: Screen) -> Result<Exit, RunError> {
    let mut view = View::new(Theme::from_environment(), Zone::Local);
    let mut signals = Signals::new()?;
    let mut keys = EventStream::new();
    let mut pace = Pace::default();
    let (columns, rows) = crossterm::terminal::size()?;
    shell.handle(Event::Start);
    shell.handle(Event::Resize { columns, rows });
    shell.tell_start_faults();
    pace.changed(Instant::now(), true);
    loop {
        if let Some(exit) = shell.exit.take() {
            return Ok(exit);
        }
        if std::mem::take(&mut shell.wants_suspension) {
            screen.suspend().await?;
            resize(shell)?;
            pace.changed(Instant::now(), true);
        }
        for sequence in shell.sequences.drain(..) {
            screen.emit(&sequence)?;
        }
        if pace.take(Instant::now()) {
            draw(shell, &mut view, &mut screen, &mut pace)?;
        }
        let is_input = tokio::select! {
            biased;
            event = keys.next() => {
                read_keys(shell, &mut keys, event).await;
                true
            }
            continued = signals.is_continued() => {
                if continued {
                    screen.retake()?;
                    resize(shell)?;
                } else {
                    shell.handle(Event::Terminate);
                    shell.exit.get_or_insert(Exit::Terminated);
                }
                true
            }
            () = sleep_until_or_never(pace.due) => false,
            () = sleep_until_or_never(shell.wake_at()) => {
                shell.handle(Event::Tick);
                false
            }
            () = shell.outside() => false,
        };
        if shell.take_redraw() {
            pace.changed(Instant::now(), is_input);
        }
    }
}

/// Draws a frame. When the top of what is loaded is near, older messages are asked for, and drawn when they come.
fn draw(shell: &mut Shell, view: &mut View, screen: &mut Screen, pace: &mut Pace) -> io::Result<()> {
    let wants_older = view.layout(&mut shell.model);
    screen.draw(|frame| _ = view.draw(&shell.model, frame))?;
    let has_older =
        |shell: &Shell| shell.model.conversations.current().is_some_and(|one| one.history == HistoryState::More);
    if wants_older && has_older(shell) {
        shell.handle(Event::TopNear);
        // Offline nothing is asked for and nothing changes: another frame would only ask again.
        if shell.take_redraw() && !has_older(shell) {
            pace.changed(Instant::now(), false);
        }
    }
    Ok(())
}

/// Tells the core how large the terminal is by now.
fn resize(shell: &mut Shell) -> io::Result<()> {
    let (columns, rows) = crossterm::terminal::size()?;
    shell.handle(Event::Resize { columns, rows });
    Ok(())
}

/// Handles a key and those that wait behind it, so that a burst of keys is one frame.
async fn read_keys(shell: &mut Shell, keys: &mut EventStream, first: Option<io::Result<TerminalEvent>>) {
    let mut next = Poll::Ready(first);
    for _ in 0..EVENTS_PER_TURN_MAX {
        match next {
            Poll::Ready(Some(Ok(event))) => shell.handle_terminal(event),
            Poll::Ready(Some(Err(_)) | None) => {
                // The terminal is gone.
                shell.handle(Event::Terminate);
                shell.exit.get_or_insert(Exit::Terminated);
                return;
            }
            Poll::Pending => return,
        }
        // With this task's own waker: the stream keeps the one it is given until the next key comes, and another one would
        // leave us asleep then.
        next = poll_fn(|context| Poll::Ready(keys.poll_next_unpin(context))).await;
    }
    if let Poll::Ready(Some(Ok(event))) = next {
        shell.handle_terminal(event);
    }
}

async fn sleep_until_or_never(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// The model, and everything by which its effects are carried out.
struct Shell {
    model: Model,
    effects: Effects,
    started: Instant,
    exit: Option<Exit>,
    wants_suspension: bool,
    /// Escape sequences that the terminal is to get beside the frames: the bell, the clipboard.
    sequences: Vec<Vec<u8>>,
    connection: Option<(u64, Connection)>,
    /// Connections that still say goodbye.
    closing: JoinSet<()>,
    network: (network::Events, mpsc::Receiver<(u64, NetworkEvent)>),
    answers: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    store_faults: mpsc::Receiver<StoreError>,
    keeper: Keeper,
    start_faults: Vec<String>,
    directories: Directories,
    spawn: Spawn,
}

impl Shell {
    fn new(options: &Options, now: SystemTime) -> Self {
        let texts = Texts::new(options.settings.language);
        let store = Store::new(&options.directories);
        let (remembered, faults) = store.load();
        let start_faults = faults.iter().take(START_FAULTS_MAX).map(|fault| fault.explain(&texts)).collect();
        let model = Model::new(Start {
            settings: options.settings.clone(),
            texts,
            remembered,
            seed: seed(now),
            device_name: device_name(),
        });
        let (store_failed, store_faults) = mpsc::channel(ANSWERS_MAX);
        Self {
            model,
            effects: Effects::default(),
            started: Instant::now(),
            exit: None,
            wants_suspension: false,
            sequences: Vec::new(),
            connection: None,
            closing: JoinSet::new(),
            network: mpsc::channel(network::EVENTS_MAX),
            answers: mpsc::channel(ANSWERS_MAX),
            store_faults,
            keeper: Keeper::new(store, store_failed),
            start_faults,
            directories: options.directories.clone(),
            spawn: if options.settings.spawn { options.spawn } else { Spawn::Forbidden },
        }
    }

    fn tell_start_faults(&mut self) {
        for fault in std::mem::take(&mut self.start_faults) {
            self.handle(Event::StoreFailed(fault));
        }
    }

    fn take_redraw(&mut self) -> bool {
        std::mem::take(&mut self.effects.redraw)
    }

    /// When the core wants to be woken.
    fn wake_at(&self) -> Option<Instant> {
        self.effects.wake_at_millis.map(|millis| self.started + Duration::from_millis(millis))
    }

    /// Waits for something from outside of this thread and handles it, with what has gathered behind it.
    async fn outside(&mut self) {
        let event = tokio::select! {
            Some((number, event)) = self.network.1.recv() => Event::Network(number, event),
            Some(answer) = self.answers.1.recv() => answer,
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

    fn handle_terminal(&mut self, event: TerminalEvent) {
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
    fn handle(&mut self, event: Event) {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let now = self.now();
            update(&mut self.model, event, now, &mut self.effects);
            for effect in self.effects.drain().collect::<Vec<_>>() {
                events.extend(self.carry_out(effect));
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

    /// Carries out a wish; what comes of it at once is an event.
    fn carry_out(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Connect { connection, endpoint, pin } => {
                let opened = Connection::open(connection, endpoint, pin, self.network.0.clone());
                self.connection = Some((connection, opened));
            }
            Effect::Send(line) => {
                let (number, connection) = self.connection.as_ref()?;
                if !connection.send(line) {
                    // Also when the connection has ended already: then its own event comes first or is ignored.
                    let lost = NetworkEvent::Lost { reason: self.model.texts.get("run-send-failed").into_owned() };
                    let event = Event::Network(*number, lost);
                    self.connection = None;
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
                let (_, connection) = self.connection.take()?;
                self.closing.spawn(connection.close());
            }
            Effect::StartLocalServer => self.start_local_server(),
            Effect::Remember(login) => return self.order(Order::Remember(login)),
            Effect::Forget { server } => return self.order(Order::Forget(server)),
            Effect::Pin { server, fingerprint } => return self.order(Order::Pin(server, fingerprint)),
            Effect::Bell => self.sequences.push(b"\x07".to_vec()),
            Effect::Copy(text) => self.sequences.push(terminal::copy_sequence(&text)),
            Effect::Suspend => self.wants_suspension = true,
            Effect::Quit(exit) => self.exit = Some(exit),
        }
        None
    }

    fn order(&self, order: Order) -> Option<Event> {
        let refused = self.keeper.order(order).err()?;
        Some(Event::StoreFailed(refused.explain(&self.model.texts)))
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
    async fn close(mut self) {
        if let Some((_, connection)) = self.connection.take() {
            self.closing.spawn(connection.close());
        }
        let goodbye = async { while self.closing.join_next().await.is_some() {} };
        let _ = timeout(GOODBYE_TIMEOUT, goodbye).await;
        self.keeper.close().await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_drawn_at_once_and_the_network_is_gathered() {
        let start = Instant::now();
        let mut pace = Pace::default();
        assert!(!pace.take(start));
        pace.changed(start, false);
        assert!(!pace.take(start));
        assert!(pace.take(start + GATHER_DELAY));

        // A stream of lines is drawn every FRAME_INTERVAL, not every GATHER_DELAY.
        let drawn = start + GATHER_DELAY;
        pace.changed(drawn + Duration::from_millis(1), false);
        assert!(!pace.take(drawn + GATHER_DELAY * 2));
        pace.changed(drawn + GATHER_DELAY * 2, true);
        assert!(pace.take(drawn + GATHER_DELAY * 2));
        assert!(!pace.take(drawn + FRAME_INTERVAL), "nothing has changed since");
    }
}
