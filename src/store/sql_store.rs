//! The contract, carried out by clerks: one that writes, two or more that read.
//!
//! It is the same for both databases. When a device was last used is written down a moment later and for many devices at
//! once: ten thousand clients that come back with their tokens must not wait for ten thousand transactions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::chain::{Anchor, ChainKey};
use super::people::{self, Use};
use super::queue::Queue;
use super::session::{Patience, Session};
use super::{Duplicate, Preparation, PrepareOptions, Store, StoreError};
use super::{correspondent, history, legacy, load, migrate, record};
use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Place, Record, Snapshot};
use crate::chat::ports::{Device, PageQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;

/// How long one statement may take when the tables are brought up to date.
const PREPARATION: Patience = Patience::Statement(Duration::from_secs(10 * 60));
/// How long one statement may take when everything is loaded.
const LOADING: Patience = Patience::Statement(Duration::from_secs(60));
/// How long the use of a device may wait to be written down; what a crash may forget.
const DEVICE_NOTE_DELAY: Duration = Duration::from_secs(1);
/// The most devices whose use waits; of further ones the last use is not written down.
const DEVICE_NOTES_MAX: usize = 65_536;
/// The most of them in one transaction, so that messages need not wait long behind it.
const DEVICE_NOTES_PER_COMMIT_MAX: usize = 256;

/// A store over one kind of session.
pub struct SqlStore<S: Session> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: Session> {
    key: ChainKey,
    writer: Queue<S>,
    readers: Queue<S>,
    device_notes: Mutex<HashMap<DeviceId, Use>>,
}

impl<S: Session> SqlStore<S> {
    /// A store whose clerks work on these queues already.
    pub fn new(key: ChainKey, writer: Queue<S>, readers: Queue<S>) -> Self {
        Self { inner: Arc::new(Inner { key, writer, readers, device_notes: Mutex::default() }) }
    }

    pub(super) fn key(&self) -> &ChainKey {
        &self.inner.key
    }

    pub(super) fn writer(&self) -> &Queue<S> {
        &self.inner.writer
    }

    pub(super) fn readers(&self) -> &Queue<S> {
        &self.inner.readers
    }

    fn note_use(&self, device: DeviceId, last: Use) {
        let mut notes = self.inner.notes();
        if notes.len() >= DEVICE_NOTES_MAX && !notes.contains_key(&device) {
            return;
        }
        let is_first = notes.is_empty();
        notes.insert(device, last);
        drop(notes);
        if is_first {
            let inner = Arc::clone(&self.inner);
            tokio::spawn(async move {
                tokio::time::sleep(DEVICE_NOTE_DELAY).await;
                inner.write_device_notes().await;
            });
        }
    }
}

impl<S: Session> Inner<S> {
    fn notes(&self) -> MutexGuard<'_, HashMap<DeviceId, Use>> {
        self.device_notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what waits. What the database does not take now is forgotten: it is worth no more.
    async fn write_device_notes(&self) {
        loop {
            let some: HashMap<DeviceId, Use> = {
                let mut notes = self.notes();
                let devices: Vec<DeviceId> = notes.keys().copied().take(DEVICE_NOTES_PER_COMMIT_MAX).collect();
                devices.into_iter().filter_map(|device| notes.remove_entry(&device)).collect()
            };
            if some.is_empty() {
                return;
            }
            let written = self.writer.run(Patience::Call, move |clerk| Box::pin(people::note_uses(clerk, some))).await;
            if let Err(error) = written {
                tracing::debug!(%error, "the last use of devices was not written down");
            }
        }
    }
}

#[async_trait]
impl<S: Session> Store for SqlStore<S> {
    async fn prepare(&self, options: &PrepareOptions) -> Result<Preparation, StoreError> {
        let writer = &self.inner.writer;
        let migrations = writer.run(PREPARATION, |clerk| Box::pin(migrate::migrate(clerk))).await?;
        let adoption = legacy::adopt(writer, PREPARATION, &self.inner.key, options).await?;
        let (key, options) = (self.inner.key.clone(), options.clone());
        let made = writer
            .run(PREPARATION, move |clerk| Box::pin(async move { correspondent::ensure(clerk, &key, &options).await }));
        made.await?;
        Ok(Preparation { migrations, adoption })
    }

    async fn load(&self) -> Result<Snapshot, StoreError> {
        self.inner.readers.run(LOADING, |clerk| Box::pin(load::load(clerk))).await
    }

    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let (key, batch) = (self.inner.key.clone(), batch.to_vec());
        let committed = self
            .inner
            .writer
            .run(Patience::Call, move |clerk| Box::pin(async move { record::commit(clerk, &key, &batch).await }));
        committed.await
    }

    async fn head(&self) -> Result<Anchor, StoreError> {
        self.readers().run(Patience::Call, |clerk| Box::pin(record::last_event(clerk))).await
    }

    async fn page(&self, query: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.readers.run(Patience::Call, move |clerk| Box::pin(history::page(clerk, query))).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
        let query = query.clone();
        let work = self
            .inner
            .readers
            .run(Patience::Call, move |clerk| Box::pin(async move { history::search(clerk, &query).await }));
        work.await
    }

    async fn targets(&self, query: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError> {
        let query = query.clone();
        let work = self
            .inner
            .readers
            .run(Patience::Call, move |clerk| Box::pin(async move { history::targets(clerk, &query).await }));
        work.await
    }

    async fn credentials(&self, account: AccountId) -> Result<Option<Credentials>, StoreError> {
        self.inner.readers.run(Patience::Call, move |clerk| Box::pin(people::credentials(clerk, account))).await
    }

    async fn use_device(
        &self,
        digest: Digest,
        now: Timestamp,
        address: &str,
    ) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
        let found = self.inner.readers.run(Patience::Call, move |clerk| Box::pin(people::device_of(clerk, digest)));
        let found = found.await?;
        if let Some((_, device)) = found {
            self.note_use(device, Use { at: now, address: address.to_owned() });
        }
        Ok(found)
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        let read = self.inner.readers.run(Patience::Call, move |clerk| Box::pin(people::devices(clerk, account)));
        let mut devices = read.await?;
        let notes = self.inner.notes();
        for device in &mut devices {
            if let Some(last) = notes.get(&device.id) {
                device.last_used = Some(last.at);
                device.last_address = Some(last.address.clone());
            }
        }
        Ok(devices)
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        self.inner.writer.run(Patience::Call, move |clerk| Box::pin(record::tidy(clerk, now))).await
    }

    async fn close(&self) {
        self.inner.write_device_notes().await;
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }
}
