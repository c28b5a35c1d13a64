//! The contract, carried out by clerks: one that writes, two or more that read.
//!
//! It is the same for both databases. When a device was last used and who is here is written down a moment later.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::chain::{Anchor, ChainKey};
use super::notes::{NOTE_DELAY, Notes};
use super::people::{self, Use};
use super::queue::Queue;
use super::session::{Patience, Session};
use super::{Duplicate, IdKey, Preparation, PrepareOptions, Store, StoreError};
use super::{correspondent, history, legacy, load, migrate, pages, record};
use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Place, Record, Seq, Snapshot};
use crate::chat::ports::{Device, PageQuery, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;

/// How long one statement may take when the tables are brought up to date.
const PREPARATION: Patience = Patience::Statement(Duration::from_secs(10 * 60));
/// How long one statement may take when everything is loaded.
const LOADING: Patience = Patience::Statement(Duration::from_secs(60));
/// A store over one kind of session.
pub struct SqlStore<S: Session> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: Session> {
    key: ChainKey,
    writer: Queue<S>,
    readers: Queue<S>,
    device_notes: Notes<DeviceId, Use>,
    presence_notes: Notes<AccountId, Option<Seq>>,
}

impl<S: Session> SqlStore<S> {
    /// A store whose clerks work on these queues already.
    pub fn new(key: ChainKey, writer: Queue<S>, readers: Queue<S>) -> Self {
        Self {
            inner: Arc::new(Inner {
                key,
                writer,
                readers,
                device_notes: Notes::default(),
                presence_notes: Notes::default(),
            }),
        }
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

    /// Has what waits written down in a moment.
    fn write_soon(&self) {
        let inner = Arc::clone(&self.inner);
        tokio::spawn(async move {
            tokio::time::sleep(NOTE_DELAY).await;
            inner.write_notes().await;
        });
    }
}

impl<S: Session> Inner<S> {
    /// Writes down what waits. What the database does not take now is forgotten.
    async fn write_notes(&self) {
        while let Some(some) = self.device_notes.some() {
            let written = self.writer.run(Patience::Call, move |clerk| Box::pin(people::note_uses(clerk, some))).await;
            tell_lost("the last use of devices", written);
        }
        while let Some(some) = self.presence_notes.some() {
            let written =
                self.writer.run(Patience::Call, move |clerk| Box::pin(people::note_presence(clerk, some))).await;
            tell_lost("who is here", written);
        }
    }
}

fn tell_lost(what: &str, written: Result<(), StoreError>) {
    if let Err(error) = written {
        tracing::debug!(%error, "{what} was not written down");
    }
}

#[async_trait]
impl<S: Session> Store for SqlStore<S> {
    async fn prepare(&self, options: &PrepareOptions) -> Result<Preparation, StoreError> {
        let writer = &self.inner.writer;
        let (migrations, adoption) = if options.migrate {
            let migrations = writer.run(PREPARATION, |clerk| Box::pin(migrate::migrate(clerk))).await?;
            (migrations, legacy::adopt(writer, PREPARATION, &self.inner.key, options).await?)
        } else {
            writer.run(PREPARATION, |clerk| Box::pin(migrate::check(clerk))).await?;
            (Vec::new(), None)
        };
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

    async fn latest_ids(&self, limit: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
        self.inner.readers.run(LOADING, move |clerk| Box::pin(history::latest_ids(clerk, limit))).await
    }

    async fn head(&self) -> Result<Anchor, StoreError> {
        self.readers().run(Patience::Call, |clerk| Box::pin(record::last_event(clerk))).await
    }

    async fn page(&self, query: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        let readers = &self.inner.readers;
        let begun = readers.run(Patience::Call, move |clerk| Box::pin(pages::begin_page(clerk, query))).await?;
        pages::finish_page(readers, begun).await
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

    async fn playback(&self, query: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
        let query = query.clone();
        let work = self
            .inner
            .readers
            .run(Patience::Call, move |clerk| Box::pin(async move { history::playback(clerk, &query).await }));
        work.await
    }

    fn note_presence(&self, account: AccountId, left: Option<Seq>) {
        if self.inner.presence_notes.take(account, left) {
            self.write_soon();
        }
    }

    fn note_device(&self, device: DeviceId, now: Timestamp, address: String) {
        if self.inner.device_notes.take(device, Use { at: now, address }) {
            self.write_soon();
        }
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
            self.note_device(device, now, address.to_owned());
        }
        Ok(found)
    }

    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError> {
        let read = self.inner.readers.run(Patience::Call, move |clerk| Box::pin(people::devices(clerk, account)));
        let mut devices = read.await?;
        for device in &mut devices {
            if let Some(last) = self.inner.device_notes.about(device.id) {
                device.last_used = Some(last.at);
                device.last_address = Some(last.address);
            }
        }
        Ok(devices)
    }

    async fn tidy(&self, now: Timestamp) -> Result<(), StoreError> {
        self.inner.writer.run(Patience::Call, move |clerk| Box::pin(record::tidy(clerk, now))).await
    }

    async fn close(&self) {
        self.inner.write_notes().await;
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }
}
