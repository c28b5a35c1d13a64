//! A spool before the store: while the database is away, events are committed to a file of the server's own, are told, and
//! go on into the database in their order as soon as it is back, also after the server was started again.
//!
//! For a database over a network and a single server. Who does not want it does not have it: it is a [`Store`] put before
//! the other one, and nothing else knows of it.
//!
//! - A batch that the database does not commit within [`SPOOL_AFTER`] goes into the file, whole, and so do all behind it
//!   until the file is empty. The fate of the first one is unknown; it is handed in again as it was, and the store's contract
//!   answers a repetition as the first time.
//! - Messages that repeat earlier ones are found by a mirror of the latest idempotency ids ([`MIRRORED_IDS_MAX`]). One that
//!   is older than that is told twice; the database stores it once, and the log says so.
//! - While anything waits, nothing is read from the database, because it does not hold what was said last: the rules answer
//!   from memory, and log-ins by password have to wait, as without a spool.

mod file;
mod mirror;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::{sleep, timeout};

use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Place, Record, Seq, Snapshot};
use crate::chat::ports::{Device, PageQuery, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;
use crate::store::chain::Anchor;
use crate::store::{Duplicate, IdKey, Preparation, PrepareOptions, Store, StoreError};
use file::SpoolFile;
use mirror::Mirror;

/// How long the database may take for a batch before the spool takes it: less than what counts as a stall, so that nobody is
/// refused at the door.
pub const SPOOL_AFTER: Duration = Duration::from_millis(1_500);
/// The most events that may wait. Beyond it the journal stalls, and nothing durable is accepted.
pub const SPOOLED_EVENTS_MAX: u64 = 1_000_000;
/// How many idempotency ids are mirrored, the latest ones.
pub const MIRRORED_IDS_MAX: usize = 16_384;
/// How long a commit may take that carries something over. Then it is tried again: a database that hangs once does not keep the
/// spool full for ever.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(30);
/// The delay before the database is tried again; each further time twice as long…
const DRAIN_DELAY_MIN: Duration = Duration::from_millis(250);
/// …up to this.
const DRAIN_DELAY_MAX: Duration = Duration::from_secs(5);
/// How often a batch that the database refuses is tried again: somebody has to look.
const REFUSED_DELAY: Duration = Duration::from_secs(60);

/// A store with a spool before it.
pub struct SpooledStore(Arc<Spool>);

struct Spool {
    store: Arc<dyn Store>,
    file: Arc<Mutex<SpoolFile>>,
    /// Whether new events may be spooled; else only what an earlier run has left is carried over.
    takes_more: bool,
    /// How many events wait.
    spooled: AtomicU64,
    is_draining: AtomicBool,
    is_closed: AtomicBool,
    mirror: Mutex<Mirror>,
    /// Whose turn it is: a batch's on its way, or that of the last step of the drain.
    turn: tokio::sync::Mutex<()>,
}

impl SpooledStore {
    /// Puts a spool before a store, in this file.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn new(store: Arc<dyn Store>, path: &Path, takes_more: bool) -> Result<Self, StoreError> {
        let file = SpoolFile::open(path)?;
        let spooled = AtomicU64::new(file.count()?);
        Ok(Self(Arc::new(Spool {
            store,
            file: Arc::new(Mutex::new(file)),
            takes_more,
            spooled,
            is_draining: AtomicBool::new(false),
            is_closed: AtomicBool::new(false),
            mirror: Mutex::new(Mirror::new(MIRRORED_IDS_MAX)),
            turn: tokio::sync::Mutex::new(()),
        })))
    }

    /// A read of the database, unless something waits that it does not hold yet.
    async fn read<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        if self.0.waiting() > 0 {
            return Err(StoreError::Unavailable("what was said last waits in the spool".to_owned()));
        }
        read.await
    }
}

impl Spool {
    fn waiting(&self) -> u64 {
        self.spooled.load(Ordering::SeqCst)
    }

    fn mirror(&self) -> MutexGuard<'_, Mirror> {
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the file, on a thread that may wait for the disk.
    async fn with_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SpoolFile) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let file = Arc::clone(&self.file);
        let done = tokio::task::spawn_blocking(move || work(&mut file.lock().unwrap_or_else(PoisonError::into_inner)));
        done.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    async fn commit(self: &Arc<Self>, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let _turn = self.turn.lock().await;
        if self.waiting() == 0 {
            // Given up, not cancelled: the work goes on behind the store's own queue.
            match timeout(SPOOL_AFTER, self.store.commit(batch)).await {
                Ok(Ok(duplicates)) => {
                    self.mirror().note(batch, &duplicates);
                    return Ok(duplicates);
                }
                Ok(Err(error)) if !error.is_retryable() || !self.takes_more => return Err(error),
                Err(_) if !self.takes_more => {
                    return Err(StoreError::Unavailable(format!("no commit within {SPOOL_AFTER:?}")));
                }
                Ok(Err(error)) => tracing::warn!(%error, "the database is away: messages go on by the spool"),
                Err(_) => tracing::warn!("the database does not commit: messages go on by the spool"),
            }
        }
        let count = batch.len() as u64;
        if self.waiting() + count > SPOOLED_EVENTS_MAX {
            return Err(StoreError::Unavailable(format!("the spool is full: {SPOOLED_EVENTS_MAX} events wait")));
        }
        let duplicates = self.mirror().repetitions(batch);
        let (kept, told) = (batch.to_vec(), duplicates.iter().map(|duplicate| duplicate.seq).collect());
        self.with_file(move |file| file.push(&kept, told)).await?;
        self.spooled.fetch_add(count, Ordering::SeqCst);
        self.mirror().note(batch, &duplicates);
        self.start_draining();
        Ok(duplicates)
    }

    fn start_draining(self: &Arc<Self>) {
        if !self.is_draining.swap(true, Ordering::SeqCst) {
            tokio::spawn(Arc::clone(self).drain());
        }
    }

    /// Carries everything over into the database, however long it is away.
    async fn drain(self: Arc<Self>) {
        let mut delay = DRAIN_DELAY_MIN;
        while !self.is_closed.load(Ordering::SeqCst) {
            match self.drain_one().await {
                Ok(true) => delay = DRAIN_DELAY_MIN,
                Ok(false) => {
                    let _turn = self.turn.lock().await;
                    // A batch may have come since.
                    if let Ok(0) = self.with_file(|file| file.count()).await {
                        self.spooled.store(0, Ordering::SeqCst);
                        self.is_draining.store(false, Ordering::SeqCst);
                        tracing::info!("the spool is empty: everything is in the database");
                        return;
                    }
                }
                Err(error) if error.is_retryable() => {
                    sleep(delay).await;
                    delay = (delay * 2).min(DRAIN_DELAY_MAX);
                }
                Err(error) => {
                    tracing::error!(%error, "the database refuses what waits in the spool: it stays there");
                    sleep(REFUSED_DELAY).await;
                }
            }
        }
    }

    /// Carries the oldest batch over; false when there is none.
    async fn drain_one(&self) -> Result<bool, StoreError> {
        let Some(batch) = self.with_file(|file| file.first()).await? else { return Ok(false) };
        let given_up = |_| StoreError::Unavailable(format!("no commit within {DRAIN_TIME_MAX:?}"));
        let duplicates = timeout(DRAIN_TIME_MAX, self.store.commit(&batch.records)).await.map_err(given_up)??;
        for duplicate in duplicates.iter().filter(|duplicate| !batch.told_as_repetitions.contains(&duplicate.seq)) {
            let (seq, first) = (duplicate.seq, duplicate.first.seq);
            tracing::warn!(%seq, %first, "a message was told twice: it repeats one that is too old for the spool to know");
        }
        let (first, count) = (batch.first, batch.records.len() as u64);
        self.with_file(move |file| file.remove(first)).await?;
        // A batch that has just come may be in the file and not yet in the count.
        let less = |waiting: u64| Some(waiting.saturating_sub(count));
        let _ = self.spooled.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        Ok(true)
    }
}

#[async_trait]
impl Store for SpooledStore {
    async fn prepare(&self, options: &PrepareOptions) -> Result<Preparation, StoreError> {
        let preparation = self.0.store.prepare(options).await?;
        // What an earlier run has left belongs before everything else.
        let left = self.0.with_file(|file| file.count()).await?;
        while self.0.drain_one().await? {}
        self.0.spooled.store(0, Ordering::SeqCst);
        if left > 0 {
            tracing::info!(events = left, "what an earlier run had left in the spool is in the database");
        }
        Ok(preparation)
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        let known = self.0.store.latest_ids(MIRRORED_IDS_MAX as u32).await?;
        known.into_iter().for_each(|(key, first)| self.0.mirror().learn(key, first));
        self.0.store.load().await
    }

    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        self.0.commit(batch).await
    }

    async fn latest_ids(&self, limit: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
        self.read(self.0.store.latest_ids(limit)).await
    }

    fn spooled(&self) -> u64 {
        self.0.waiting()
    }

    async fn head(&self) -> Result<Anchor, StoreError> {
        self.0.store.head().await
    }

    async fn page(&self, query: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(self.0.store.page(query)).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.read(self.0.store.search(query)).await
    }

    async fn targets(&self, query: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError> {
        self.read(self.0.store.targets(query)).await
    }

    async fn playback(&self, query: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
        self.read(self.0.store.playback(query)).await
    }

    fn note_presence(&self, account: AccountId, left: Option<Seq>) {
        self.0.store.note_presence(account, left);
    }

    fn note_device(&self, device: DeviceId, now: Timestamp, address: String) {
        self.0.store.note_device(device, now, address);
    }

    async fn credentials(&self, account: AccountId) -> Result<Option<Credentials>, StoreError> {
        self.read(self.0.store.credentials(account)).await
    }

    async fn use_device(
        &self,
        digest: Digest,
        now: Timestamp,
        address: &str,
    ) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
        self.read(self.0.store.use_device(digest, now, address)).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.read(self.0.store.devices(account)).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        self.0.store.tidy(now).await
    }

    async fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        self.0.store.close().await;
    }
}
