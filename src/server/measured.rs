//! A store whose calls are measured on their way to the one behind it. It changes nothing of what they do.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::metrics::Metrics;
use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Place, Record, Seq, Snapshot};
use crate::chat::ports::{Device, PageQuery, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;
use crate::store::chain::Anchor;
use crate::store::{Duplicate, IdKey, Preparation, PrepareOptions, Store, StoreError};

/// How long a call may take until the log tells of it.
const SLOW_AFTER: Duration = Duration::from_secs(1);

/// A store with a meter before it.
pub struct MeasuredStore {
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
}

impl MeasuredStore {
    /// Measures the calls of this store.
    pub fn new(store: Arc<dyn Store>, metrics: Arc<Metrics>) -> Self {
        Self { store, metrics }
    }

    async fn query<T>(&self, name: &str, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let began = Instant::now();
        let result = call.await;
        let took = began.elapsed();
        self.metrics.query(name).observe(took);
        tell_if_slow(name, took);
        if result.is_err() {
            self.metrics.query_failed(name).add_one();
        }
        result
    }
}

/// Says in the log which call was slow; never what it was about.
fn tell_if_slow(call: &str, took: Duration) {
    // The first preparation and the load of a large record take their time.
    if took >= SLOW_AFTER && !matches!(call, "prepare" | "load") {
        tracing::warn!(call, milliseconds = took.as_millis() as u64, "the database was slow");
    }
}

#[async_trait]
impl Store for MeasuredStore {
    async fn prepare(&self, options: &PrepareOptions) -> Result<Preparation, StoreError> {
        self.query("prepare", self.store.prepare(options)).await
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.query("load", self.store.load()).await
    }

    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let began = Instant::now();
        let result = self.store.commit(batch).await;
        let took = began.elapsed();
        self.metrics.commits.observe(took);
        tell_if_slow("commit", took);
        match result {
            Ok(_) => self.metrics.events_committed.add(batch.len() as u64),
            Err(_) => self.metrics.commits_failed.add_one(),
        }
        result
    }

    async fn page(&self, query: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.query("page", self.store.page(query)).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.query("search", self.store.search(query)).await
    }

    async fn targets(&self, query: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError> {
        self.query("targets", self.store.targets(query)).await
    }

    async fn playback(&self, query: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
        self.query("playback", self.store.playback(query)).await
    }

    fn note_presence(&self, account: AccountId, left: Option<Seq>) {
        self.store.note_presence(account, left);
    }

    fn note_device(&self, device: DeviceId, now: Timestamp, address: String) {
        self.store.note_device(device, now, address);
    }

    async fn credentials(&self, account: AccountId) -> Result<Option<Credentials>, StoreError> {
        self.query("credentials", self.store.credentials(account)).await
    }

    async fn use_device(
        &self,
        digest: Digest,
        now: Timestamp,
        address: &str,
    ) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
        self.query("use_device", self.store.use_device(digest, now, address)).await
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        self.query("devices", self.store.devices(account)).await
    }

    async fn latest_ids(&self, limit: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
        self.store.latest_ids(limit).await
    }

    fn spooled(&self) -> u64 {
        self.store.spooled()
    }

    async fn head(&self) -> Result<Anchor, StoreError> {
        self.query("head", self.store.head()).await
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        self.query("tidy", self.store.tidy(now)).await
    }

    async fn close(&self) {
        self.store.close().await;
    }
}
