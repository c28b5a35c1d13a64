//! The one task that owns the rules.
//!
//! It takes inputs in batches from two mailboxes, the journal's reports first, hands each to the [`World`], gives the events
//! to the journal, and performs effects or holds them until their commit. It never waits for anybody: a queue that is full
//! ends its connection, a question is answered by another task.
//!
//! Before the store can be used, and after it has refused a batch, a world without accounts serves: connections are
//! accepted and answered, and whatever needs the store is told that it is unavailable. When the store has been loaded,
//! these connections are closed with a reason, because nothing of theirs belongs to the world that takes over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::answers::Answers;
use super::clients::Clients;
use super::clock::Clock;
use super::held::{HELD_EFFECTS_MAX, HeldEffects};
use super::mailbox::{MAILBOX_MAX, Mail};
use super::metrics::{self, HubCounts, Inspection, Latencies, Metrics};
use super::operator_log::OperatorLog;
use super::outbox::Link;
use super::reload::Reloader;
use crate::chat::event::{Record, Seq, Snapshot};
use crate::chat::key::WorldKey;
use crate::chat::ports::{Answer, ConnId, Effect, Effects, Figures, Input, Notable, Question, Reloaded};
use crate::chat::settings::Settings;
use crate::chat::world::World;
use crate::journal::{Journal, JournalEvent, local};
use crate::store::{Store, StoreError};

/// How many inputs are taken between two looks at the journal's reports and the clock.
const BATCH_MAX: usize = 256;
/// How often the rules are told that time passes.
const TICK_INTERVAL: Duration = Duration::from_secs(1);
/// The part of a stop's time that is kept for telling the clients, when the journal does not finish.
const FAREWELL_TIME: Duration = Duration::from_secs(2);

/// Asks a running server to read its settings again.
#[derive(Clone)]
pub struct ReloadHandle(pub(super) mpsc::Sender<Mail>);

impl ReloadHandle {
    /// Asks. When the server has stopped, nothing happens.
    pub async fn ask(&self) {
        let _ = self.0.send(Mail::Reload).await;
    }
}

/// What a hub is made of.
pub struct Parts {
    /// The rules' settings.
    pub rules: Settings,
    /// What cloaks and codes derive from.
    pub key: WorldKey,
    /// Where events are committed.
    pub store: Arc<dyn Store>,
    /// Who answers questions.
    pub answerer: Arc<dyn Answers>,
    /// What tells the time.
    pub clock: Clock,
    /// What reads the settings again.
    pub reloader: Arc<Reloader>,
    /// Where notable things are told.
    pub log: OperatorLog,
    /// What is counted outside of the hub.
    pub metrics: Arc<Metrics>,
    /// How long the server goes on without connections.
    pub exit_when_idle: Option<Duration>,
    /// How long a stop may take.
    pub stop_timeout: Duration,
    /// True when the server stops; the hub itself says so when it is idle or cannot go on.
    pub stop: watch::Sender<bool>,
    /// The way into its own mailbox, for answers.
    pub mailbox: mpsc::Sender<Mail>,
    /// What brings the store's state, and sends it as [`Mail::Loaded`].
    pub load: Box<dyn Fn() + Send>,
}

/// How far the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The store cannot be used (yet).
    Away,
    /// As it should be.
    Serving,
    /// No line is taken in any more; what was appended is still committed and told.
    Draining { until: Instant },
    /// The clients were told; the last connections end.
    Stopping { until: Instant },
}

/// The hub. [`Hub::run`] is its task.
pub struct Hub {
    parts: Parts,
    phase: Phase,
    world: World,
    held: HeldEffects,
    /// Whether the rules were told that nothing can be committed, and for which of the two reasons.
    is_journal_stalled: bool,
    is_overfull: bool,
    /// Whether the operators were told that committed events wait outside of the database.
    is_spooling: bool,
    journal: Option<Journal>,
    /// Events that the journal gets at the end of the batch.
    appended: Vec<Record>,
    reports: Option<mpsc::Receiver<JournalEvent>>,
    clients: Clients,
    /// Answers that need no other task.
    immediate: VecDeque<Input>,
    effects: Effects,
    idle_since: Instant,
    counts: HubCounts,
    /// Events that wait for their commit: the last number of each handful and when it was judged.
    uncommitted: VecDeque<(Seq, u64, Instant)>,
    failure: Option<StoreError>,
    latencies: Latencies,
}

impl Hub {
    /// A hub whose store is not loaded yet; begins to load it.
    pub fn new(parts: Parts) -> Self {
        let world = World::new(parts.rules.clone(), Snapshot::default(), parts.key.clone());
        let mut hub = Self {
            parts,
            phase: Phase::Away,
            world,
            held: HeldEffects::new(Seq(0)),
            is_journal_stalled: true,
            is_overfull: false,
            is_spooling: false,
            journal: None,
            appended: Vec::new(),
            reports: None,
            clients: Clients::default(),
            immediate: VecDeque::new(),
            effects: Effects::default(),
            idle_since: Instant::now(),
            counts: HubCounts::default(),
            uncommitted: VecDeque::new(),
            failure: None,
            latencies: Latencies::new(Instant::now()),
        };
        hub.world.handle((hub.parts.clock)(), Input::Journal { stalled: true }, &mut hub.effects);
        (hub.parts.load)();
        hub
    }

    /// Runs until the server has stopped. An error: the store can never be used.
    pub async fn run(mut self, mut mailbox: mpsc::Receiver<Mail>) -> Result<(), StoreError> {
        let mut stop = self.parts.stop.subscribe();
        let mut ticks = interval(TICK_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while !self.is_over() {
            tokio::select! {
                biased;
                report = next_report(&mut self.reports) => self.take_report(report),
                _ = ticks.tick() => self.tick(),
                () = stopped(&mut stop), if matches!(self.phase, Phase::Away | Phase::Serving) => self.drain(),
                () = self.phase.deadline(), if self.phase.has_deadline() => self.give_up_waiting(),
                _ = mailbox.recv_many(&mut batch, BATCH_MAX) => {
                    for mail in batch.drain(..) {
                        self.take(mail);
                    }
                }
            }
            while let Some(input) = self.immediate.pop_front() {
                self.handle(input);
            }
            self.append();
            self.clients.flush();
        }
        self.failure.map_or(Ok(()), Err)
    }

    fn is_over(&self) -> bool {
        match self.phase {
            Phase::Stopping { until } => self.clients.is_empty() || Instant::now() >= until,
            _ => false,
        }
    }

    // ---- Inputs

    fn take(&mut self, mail: Mail) {
        match mail {
            // Whose pass it is may be used again when this is judged.
            Mail::Opened { conn, link, pass: _pass } => self.open(conn, link),
            Mail::Passing { input, pass: _pass } => self.take_input(input),
            Mail::Input(input) => self.take_input(input),
            Mail::Loaded(snapshot) => self.serve(*snapshot),
            // Without the record there is nothing to note it in; a stop is not held up by it.
            Mail::Note { act, text } => {
                if self.phase == Phase::Serving {
                    self.handle(Input::Noted { act, text });
                }
            }
            Mail::Reload => self.reload(None),
            Mail::Reloaded { asker, reloaded } => self.take_settings(asker, reloaded),
            Mail::Unusable(error) => {
                self.failure = Some(error);
                self.parts.stop.send_replace(true);
            }
            // Whoever asked may have given up.
            Mail::Inspect(reply) => drop(reply.send(Box::new(self.inspect()))),
        }
    }

    fn take_input(&mut self, input: Input) {
        match input {
            Input::Closed { conn, reason } => {
                if tracing::enabled!(tracing::Level::DEBUG)
                    && let Some(link) = self.clients.link(conn)
                {
                    link.span(conn).in_scope(|| tracing::debug!(reason, "disconnected"));
                }
                let was_known = self.clients.remove(conn);
                if was_known {
                    self.handle(Input::Closed { conn, reason });
                }
                self.idle_since = Instant::now();
            }
            input => {
                // While the server stops, no line is judged any more: its sender is about to be told.
                let conn = conn_of(&input);
                let is_known = conn.is_some_and(|conn| self.clients.is_known(conn));
                if is_known && matches!(self.phase, Phase::Away | Phase::Serving) {
                    self.counts.lines += u64::from(matches!(input, Input::Line { .. } | Input::BadLine { .. }));
                    self.handle(input);
                }
            }
        }
    }

    fn open(&mut self, conn: ConnId, link: Arc<Link>) {
        let is_known = matches!(self.phase, Phase::Away | Phase::Serving);
        let peer = link.peer.clone();
        // The span costs more than the line that seldom stands in it.
        if tracing::enabled!(tracing::Level::DEBUG) {
            link.span(conn).in_scope(|| tracing::debug!("connected"));
        }
        self.parts.log.connected(&peer);
        self.clients.add(conn, link, is_known);
        if is_known {
            self.handle(Input::Connected { conn, peer });
        } else {
            self.end(conn, "The server stops");
        }
    }

    fn tick(&mut self) {
        self.latencies.turn(Instant::now(), &self.parts.metrics, &self.counts);
        self.handle(Input::Tick);
        let is_spooling = self.phase != Phase::Away && self.parts.store.spooled() > 0;
        if std::mem::replace(&mut self.is_spooling, is_spooling) != is_spooling {
            self.handle(Input::Spooling { is_on: is_spooling });
        }
        let is_idle = self.clients.is_empty() && self.phase == Phase::Serving;
        if let Some(limit) = self.parts.exit_when_idle.filter(|_| is_idle)
            && self.idle_since.elapsed() >= limit
        {
            tracing::info!("nobody has been connected for {} seconds: stopping", limit.as_secs());
            self.parts.stop.send_replace(true);
        }
    }

    /// Hands one input to the rules, and does what they say.
    fn handle(&mut self, input: Input) {
        let mut effects = std::mem::take(&mut self.effects);
        self.world.handle((self.parts.clock)(), input, &mut effects);
        // Events of a world without a store are none: nobody is ever told of them.
        if self.journal.is_some() {
            if let Some(last) = effects.records.last() {
                let count = effects.records.len() as u64;
                self.counts.events += count;
                self.uncommitted.push_back((last.seq, count, Instant::now()));
            }
            // Handed over with the rest of the batch: the journal's task is woken once for all.
            self.appended.append(&mut effects.records);
        }
        effects.records.clear();
        for held in effects.held.drain(..) {
            if let Some(effect) = self.held.hold(held) {
                self.perform(effect);
            }
        }
        self.effects = effects;
        self.watch_bounds();
    }

    /// Hands what was judged in this batch to the journal.
    fn append(&mut self) {
        if let Some(journal) = &self.journal {
            journal.append(std::mem::take(&mut self.appended));
        }
        self.appended.clear();
    }

    // ---- Effects

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, bytes, sheddable } => self.clients.send(to, bytes, sheddable),
            Effect::Tell { to, except, bytes, sheddable } => self.clients.tell(to, except, bytes, sheddable),
            Effect::Ask { conn, question: Question::Inspect } => {
                let figures = Box::new(self.figures());
                self.immediate.push_back(Input::Answer { conn, answer: Answer::Inspected(figures) });
            }
            Effect::Ask { conn, question } if self.phase == Phase::Away => {
                drop(question);
                self.immediate.push_back(Input::Answer { conn, answer: Answer::Unavailable });
            }
            Effect::Ask { conn, question } => match self.parts.answerer.answer_at_once(&question) {
                Some(answer) => self.immediate.push_back(Input::Answer { conn, answer }),
                None => self.ask(conn, question),
            },
            Effect::LineDone { conn } => self.clients.line_done(conn),
            Effect::Welcome { conn } => self.clients.welcome(conn),
            Effect::Close { conn } => self.clients.close(conn),
            Effect::Reload { asker } => self.reload(asker),
            Effect::NotePresence { account, left } => self.parts.store.note_presence(account, left),
            Effect::NoteDevice { device, address } => {
                self.parts.store.note_device(device, (self.parts.clock)(), address)
            }
            Effect::Log { conn, notable } => self.log(conn, &notable),
        }
    }

    /// Has a question answered by a task of its own.
    fn ask(&self, conn: ConnId, question: Question) {
        let (answerer, mailbox) = (Arc::clone(&self.parts.answerer), self.parts.mailbox.clone());
        // Never cancelled, not even when its connection ends: database work must come to its end.
        tokio::spawn(async move {
            let answer = answerer.answer(question).await;
            let _ = mailbox.send(Mail::Input(Input::Answer { conn, answer })).await;
        });
    }

    /// Tells the operator's log, beside what is known of the connection, and counts.
    fn log(&mut self, conn: Option<ConnId>, notable: &Notable) {
        self.counts.note(notable);
        let Some((conn, link)) = conn.and_then(|conn| Some((conn, self.clients.link(conn)?))) else {
            return self.parts.log.tell(notable);
        };
        if let Notable::LoggedIn { account, .. } = notable {
            link.note_account(account.as_str());
        }
        link.span(conn).in_scope(|| self.parts.log.tell(notable));
    }

    /// How the hub is.
    fn inspect(&self) -> Inspection {
        let mut counts = self.counts.clone();
        let traffic = self.clients.traffic();
        (counts.pieces, counts.piece_bytes) = (traffic.pieces, traffic.bytes);
        (counts.sheds, counts.sendq_exceeded) = (traffic.sheds, traffic.exceeded);
        let (outbox_bytes, outbox_bytes_largest) =
            self.clients.queued_bytes().fold((0, 0), |(sum, most), bytes| (sum + bytes, bytes.max(most)));
        Inspection {
            phase: self.phase.word(),
            is_stalled: self.is_journal_stalled || self.is_overfull,
            spooled: self.parts.store.spooled(),
            connections: self.clients.count(),
            outbox_bytes,
            outbox_bytes_largest,
            mailbox: MAILBOX_MAX.saturating_sub(self.parts.mailbox.capacity()),
            journal_waiting: self.uncommitted.iter().map(|(_, count, _)| count).sum(),
            held_effects: self.held.count(),
            counts,
            census: self.world.census(),
        }
    }

    /// The same for an operator, with how long things took lately.
    fn figures(&self) -> Figures {
        let inspection = self.inspect();
        let mut numbers = vec![
            ("connections", inspection.connections as u64),
            ("mailbox", inspection.mailbox as u64),
            ("outbox_bytes", inspection.outbox_bytes as u64),
            ("outbox_bytes_largest", inspection.outbox_bytes_largest as u64),
            ("journal_waiting", inspection.journal_waiting),
            ("journal_stalled", u64::from(inspection.is_stalled)),
            ("spooled", inspection.spooled),
            ("held", inspection.held_effects as u64),
        ];
        numbers.extend(self.latencies.told(&self.parts.metrics, &self.counts));
        Figures { numbers, queued_bytes: self.clients.queued_by_connection().collect() }
    }

    /// Everything up to this event is committed and told: how long that took.
    fn note_delivery(&mut self, committed: Seq) {
        while let Some((seq, count, judged)) = self.uncommitted.front().copied() {
            if seq > committed {
                break;
            }
            self.counts.delivery.observe_many(judged.elapsed(), count);
            self.uncommitted.pop_front();
        }
    }

    /// Has the settings read again.
    fn reload(&self, asker: Option<ConnId>) {
        let (reloader, mailbox) = (Arc::clone(&self.parts.reloader), self.parts.mailbox.clone());
        tokio::spawn(async move {
            let reloaded = reloader.reload().await;
            let _ = mailbox.send(Mail::Reloaded { asker, reloaded }).await;
        });
    }

    fn take_settings(&mut self, asker: Option<ConnId>, reloaded: Reloaded) {
        match &reloaded {
            Reloaded::Read { settings, needs_restart } => {
                tracing::info!(needs_restart = needs_restart.join(", "), "the settings were read again");
                self.parts.rules = settings.with_lasting_names_of(&self.parts.rules);
            }
            Reloaded::Faulty(faults) => tracing::warn!(?faults, "the settings are faulty and stay as they were"),
        }
        self.handle(Input::Reloaded { asker, reloaded });
    }

    /// Ends a connection that the world does not know (any more).
    fn end(&mut self, conn: ConnId, reason: &str) {
        self.clients.send(conn, Bytes::from(format!("ERROR :{reason}\r\n")), false);
        self.clients.forget(conn);
        self.clients.close(conn);
    }

    fn end_all(&mut self, reason: &str) {
        self.clients.numbers().into_iter().for_each(|conn| self.end(conn, reason));
    }

    // ---- The journal

    fn take_report(&mut self, report: Option<JournalEvent>) {
        match report {
            Some(JournalEvent::Committed { seq, duplicates }) => {
                self.counts.duplicates += duplicates.len() as u64;
                for duplicate in duplicates {
                    let mut effects = Effects::default();
                    let (seq, first) = (duplicate.seq, duplicate.first);
                    self.world.handle((self.parts.clock)(), Input::Duplicate { seq, first }, &mut effects);
                    self.held.replace_consequences(seq, effects.held.into_iter().map(|held| held.effect));
                }
                let mut released = Vec::new();
                self.held.release(seq, |effect| released.push(effect));
                released.into_iter().for_each(|effect| self.perform(effect));
                self.note_delivery(seq);
                self.handle(Input::Committed { seq });
            }
            Some(JournalEvent::Stalled) => self.set_stalled(true, self.is_overfull),
            Some(JournalEvent::Flowing) => self.set_stalled(false, self.is_overfull),
            Some(JournalEvent::Rejected { seq, reason }) => self.start_over(seq, &reason),
            None => {
                self.reports = None;
                match self.phase {
                    Phase::Draining { until } => self.say_farewell(until),
                    // It ended by a fault of the program: what waits in it will never be committed.
                    Phase::Serving => self.start_over(self.held.committed().next(), "the journal has ended"),
                    Phase::Away | Phase::Stopping { .. } => {}
                }
            }
        }
    }

    /// Keeps the effects that wait within their bound.
    fn watch_bounds(&mut self) {
        let bound = if self.is_overfull { HELD_EFFECTS_MAX / 2 } else { HELD_EFFECTS_MAX };
        self.set_stalled(self.is_journal_stalled, self.held.count() > bound);
    }

    fn set_stalled(&mut self, is_journal_stalled: bool, is_overfull: bool) {
        let before = self.is_journal_stalled || self.is_overfull;
        (self.is_journal_stalled, self.is_overfull) = (is_journal_stalled, is_overfull);
        let stalled = is_journal_stalled || is_overfull;
        if stalled == before {
            return;
        }
        if stalled {
            let mut early = Vec::new();
            self.held.release_what_need_not_wait(|effect| early.push(effect));
            early.into_iter().for_each(|effect| self.perform(effect));
        }
        self.handle(Input::Journal { stalled });
    }

    // ---- The phases

    /// The store is loaded: the world as it is in the record takes over.
    fn serve(&mut self, snapshot: Snapshot) {
        if self.phase != Phase::Away {
            return;
        }
        self.end_all("The server can be used now: please connect again");
        self.held = HeldEffects::new(snapshot.last_seq);
        self.world = World::new(self.parts.rules.clone(), snapshot, self.parts.key.clone());
        let (journal, reports) = local::start(Arc::clone(&self.parts.store));
        (self.journal, self.reports) = (Some(journal), Some(reports));
        (self.is_journal_stalled, self.is_overfull) = (false, false);
        self.phase = Phase::Serving;
    }

    /// The store has refused events that the world has applied already: memory is ahead of what is true.
    fn start_over(&mut self, seq: Seq, reason: &str) {
        tracing::error!(%seq, reason, "the database refuses an event: all connections end, and the record is loaded again");
        (self.journal, self.reports) = (None, None);
        self.appended.clear();
        self.uncommitted.clear();
        self.counts.reloads += 1;
        self.end_all("The database refused a change: please connect again");
        self.held = HeldEffects::new(Seq(0));
        self.world = World::new(self.parts.rules.clone(), Snapshot::default(), self.parts.key.clone());
        (self.is_journal_stalled, self.is_overfull) = (true, false);
        match self.phase {
            Phase::Draining { until } => self.say_farewell(until),
            Phase::Stopping { .. } => {}
            Phase::Away | Phase::Serving => {
                self.phase = Phase::Away;
                self.handle(Input::Journal { stalled: true });
                (self.parts.load)();
            }
        }
    }

    /// The server is to stop: what was accepted is committed and told first.
    fn drain(&mut self) {
        let until = Instant::now() + self.parts.stop_timeout;
        self.phase = Phase::Draining { until };
        self.append();
        if let Some(journal) = self.journal.take() {
            journal.finish();
        }
        if self.reports.is_none() {
            self.say_farewell(until);
        }
    }

    /// Tells everybody and closes. The tasks of the connections flush.
    fn say_farewell(&mut self, until: Instant) {
        self.phase = Phase::Stopping { until };
        self.clients.hurry();
        self.handle(Input::Stopping);
    }

    /// A deadline of the stop has come.
    fn give_up_waiting(&mut self) {
        if let Phase::Draining { until } = self.phase {
            tracing::warn!("what was accepted last cannot be committed in time: its senders were told nothing");
            self.reports = None;
            self.say_farewell(until);
        }
    }
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Serving => metrics::SERVING,
            Self::Draining { .. } => "draining",
            Self::Stopping { .. } => "stopping",
        }
    }

    fn has_deadline(self) -> bool {
        matches!(self, Self::Draining { .. } | Self::Stopping { .. })
    }

    async fn deadline(self) {
        match self {
            Self::Draining { until } => {
                tokio::time::sleep_until(until - FAREWELL_TIME.min(until - Instant::now())).await
            }
            Self::Stopping { until } => tokio::time::sleep_until(until).await,
            Self::Away | Self::Serving => std::future::pending().await,
        }
    }
}

/// The next report of the journal; never anything when there is no journal.
async fn next_report(reports: &mut Option<mpsc::Receiver<JournalEvent>>) -> Option<JournalEvent> {
    match reports {
        Some(reports) => reports.recv().await,
        None => std::future::pending().await,
    }
}

/// Waits until the server is to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so being gone means the same.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn conn_of(input: &Input) -> Option<ConnId> {
    match input {
        Input::Connected { conn, .. }
        | Input::Line { conn, .. }
        | Input::BadLine { conn, .. }
        | Input::Closed { conn, .. }
        | Input::Answer { conn, .. } => Some(*conn),
        _ => None,
    }
}
