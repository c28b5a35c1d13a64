//! What survives a crash, and the store over it: it delays, fails before or after the fact, refuses, and is away.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_tui::chat::event::{AccountId, Credentials, DeviceId, Digest, Event, Place, Record, Seq, Snapshot};
use chat_tui::chat::ports::{
    Answer, Device, PageQuery, PlaybackQuery, Question, SearchQuery, StoredEvent, TargetsQuery,
};
use chat_tui::chat::proofs::token_digest;
use chat_tui::proto::time::Timestamp;
use chat_tui::server::answers::Answers;
use chat_tui::store::chain::Anchor;
use chat_tui::store::{Duplicate, Preparation, PrepareOptions, Store, StoreError};

use crate::chance::Chance;
use crate::record::MemoryRecord;

/// What is on disk.
pub struct Disk {
    /// The record.
    pub record: MemoryRecord,
    /// Numbers that were not stored because they repeat earlier ones.
    repeated: BTreeMap<Seq, StoredEvent>,
}

impl Disk {
    /// An empty one.
    pub fn new() -> Self {
        Self { record: MemoryRecord::new("serveur"), repeated: BTreeMap::new() }
    }

    /// One committed event.
    pub fn event(&self, seq: Seq) -> Option<&Record> {
        let records = self.record.records();
        records.binary_search_by_key(&seq, |record| record.seq).ok().map(|at| &records[at])
    }

    /// The messages of a channel: number and text.
    pub fn messages(&self, channel: &str) -> Vec<(Seq, String)> {
        let of = |record: &Record| match &record.event {
            Event::Message { text, .. } if record.target == channel => Some((record.seq, text.clone())),
            _ => None,
        };
        self.record.records().iter().filter_map(of).collect()
    }

    /// Commits a batch by the contract of `chat_tui::store`.
    fn commit(&mut self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Vec::new()) };
        let head = self.record.load().last_seq;
        if last.seq > head {
            assert!(first.seq > head, "the batch {} to {} overlaps the record up to {head}", first.seq, last.seq);
            for record in batch {
                if let Some(first) = self.record.commit(record) {
                    self.repeated.insert(record.seq, first);
                }
            }
        }
        let mut duplicates = Vec::new();
        for record in batch {
            match self.repeated.get(&record.seq) {
                Some(first) => duplicates.push(Duplicate { seq: record.seq, first: first.clone() }),
                None => assert_eq!(self.event(record.seq), Some(record), "another event bears this number"),
            }
        }
        Ok(duplicates)
    }
}

/// How the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Quick and well.
    Fair,
    /// Each commit takes seconds.
    Slow,
    /// Many commits fail, before or after the fact.
    Flaky,
    /// It refuses one event for good.
    Strict,
    /// It does not answer.
    Away,
    /// Quick and well, but now and then our own program has a fault.
    Faulty,
}

impl Weather {
    /// All kinds.
    pub const ALL: [Self; 6] = [Self::Fair, Self::Slow, Self::Flaky, Self::Strict, Self::Away, Self::Faulty];
}

/// The way of one process to the disk. When the process dies, what it has begun may still happen or not, and it never hears
/// of it.
pub struct Drive {
    disk: Arc<Mutex<Disk>>,
    weather: Arc<Mutex<Weather>>,
    chance: Mutex<Chance>,
    is_alive: AtomicBool,
    /// The event that is refused while the weather is strict.
    refused: Mutex<Option<Seq>>,
    /// How often what has happened.
    pub tally: Arc<Mutex<BTreeMap<&'static str, u64>>>,
}

/// What becomes of a commit.
#[derive(PartialEq, Eq)]
enum Fate {
    Done,
    FailsBefore,
    FailsAfter,
}

impl Drive {
    /// The way of a new process.
    pub fn new(
        disk: Arc<Mutex<Disk>>,
        weather: Arc<Mutex<Weather>>,
        chance: Chance,
        tally: Arc<Mutex<BTreeMap<&'static str, u64>>>,
    ) -> Self {
        let (chance, refused) = (Mutex::new(chance), Mutex::new(None));
        Self { disk, weather, chance, is_alive: AtomicBool::new(true), refused, tally }
    }

    /// The process has died.
    pub fn die(&self) {
        self.is_alive.store(false, Ordering::SeqCst);
    }

    fn count(&self, what: &'static str) {
        *self.tally.lock().unwrap().entry(what).or_default() += 1;
    }

    /// Takes some time; for ever when the process has died.
    async fn take(&self, time: Duration) {
        tokio::time::sleep(time).await;
        if !self.is_alive.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }

    fn draw(&self) -> (Duration, Duration, Fate) {
        let weather = *self.weather.lock().unwrap();
        let mut chance = self.chance.lock().unwrap();
        let short = |chance: &mut Chance| chance.millis(0, 12);
        match weather {
            Weather::Fair | Weather::Strict | Weather::Faulty => (short(&mut chance), short(&mut chance), Fate::Done),
            Weather::Slow => (chance.millis(0, 4_000), short(&mut chance), Fate::Done),
            Weather::Flaky => {
                let fates = [Fate::Done, Fate::FailsBefore, Fate::FailsAfter];
                let (first, second) = (short(&mut chance), chance.millis(0, 300));
                (first, second, fates.into_iter().nth(chance.below(3) as usize).unwrap_or(Fate::Done))
            }
            Weather::Away => (chance.millis(0, 1_000), chance.millis(0, 500), Fate::FailsBefore),
        }
    }

    /// Whether a batch holds the one event that is refused.
    fn is_refused(&self, batch: &[Record]) -> bool {
        let is_strict = *self.weather.lock().unwrap() == Weather::Strict;
        let mut refused = self.refused.lock().unwrap();
        if refused.is_none() && is_strict && self.chance.lock().unwrap().one_in(8) {
            *refused = Some(self.chance.lock().unwrap().of(batch).seq);
        }
        let is_among = refused.is_some_and(|refused| batch.iter().any(|record| record.seq == refused));
        // Once the journal has found out which one it is, the next event of this number is another one.
        if is_among && batch.len() == 1 {
            *refused = None;
        }
        is_among
    }

    async fn question(&self) -> Option<()> {
        let (before, after, fate) = self.draw();
        self.take((before + after) / 4).await;
        (fate == Fate::Done).then_some(())
    }
}

fn unavailable() -> StoreError {
    StoreError::Unavailable("simulated".to_owned())
}

#[async_trait]
impl Store for Drive {
    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let (before, after, fate) = self.draw();
        self.take(before).await;
        if *self.weather.lock().unwrap() == Weather::Faulty && self.chance.lock().unwrap().one_in(20) {
            self.count("journals that ended by a fault");
            // A panic that is not printed.
            std::panic::resume_unwind(Box::new("simulated"));
        }
        if self.is_refused(batch) {
            self.count("refused batches");
            return Err(StoreError::Rejected("simulated".to_owned()));
        }
        if fate == Fate::FailsBefore {
            self.take(after).await;
            self.count("commits that failed");
            return Err(unavailable());
        }
        let committed = self.disk.lock().unwrap().commit(batch);
        self.take(after).await;
        self.count("commits");
        if fate == Fate::FailsAfter {
            self.count("commits of unknown fate");
            return Err(unavailable());
        }
        if committed.as_ref().is_ok_and(|duplicates| !duplicates.is_empty()) {
            self.count("repetitions found");
        }
        committed
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.question().await.ok_or_else(unavailable)?;
        Ok(self.disk.lock().unwrap().record.load())
    }

    async fn prepare(&self, _: &PrepareOptions) -> Result<Preparation, StoreError> {
        Ok(Preparation::default())
    }
    async fn head(&self) -> Result<Anchor, StoreError> {
        Ok(Anchor::BEGINNING)
    }
    async fn page(&self, _: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        Err(unavailable())
    }
    async fn search(&self, _: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
        Err(unavailable())
    }
    async fn targets(&self, _: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError> {
        Err(unavailable())
    }
    async fn playback(&self, _: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
        Err(unavailable())
    }
    fn note_presence(&self, _: AccountId, _: Option<Seq>) {}
    fn note_device(&self, _: DeviceId, _: Timestamp, _: String) {}
    async fn credentials(&self, _: AccountId) -> Result<Option<Credentials>, StoreError> {
        Err(unavailable())
    }
    async fn use_device(&self, _: Digest, _: Timestamp, _: &str) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
        Err(unavailable())
    }
    async fn devices(&self, _: AccountId) -> Result<Vec<Device>, StoreError> {
        Err(unavailable())
    }
    async fn tidy(&self, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
    async fn close(&self) {}
}

/// The rules' questions, without the hashing thread: a password's hash is the password.
#[async_trait]
impl Answers for Drive {
    async fn answer(&self, question: Question) -> Answer {
        if self.question().await.is_none() {
            self.count("questions without an answer");
            return Answer::Unavailable;
        }
        let disk = self.disk.lock().unwrap();
        let record = &disk.record;
        match question {
            Question::Password { account, password } => {
                let known = account.and_then(|account| Some((account, record.credentials(account)?)));
                match known.filter(|(_, known)| known.argon2 == password.expose()) {
                    Some((account, _)) => Answer::Proved { account, device: None },
                    None => Answer::Refused,
                }
            }
            Question::Token { token, .. } => match record.device(token_digest(&token)) {
                Some((account, device)) => Answer::Proved { account, device: Some(device) },
                None => Answer::Refused,
            },
            Question::Page(query) => Answer::Page(record.page(query)),
            Question::Search(query) => Answer::Page(record.search(&query)),
            Question::Targets(query) => Answer::Targets(record.targets(&query)),
            _ => Answer::Unavailable,
        }
    }
}
