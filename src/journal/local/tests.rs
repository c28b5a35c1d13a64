//! The journal over a store that delays, fails and refuses.

use std::sync::Mutex;

use async_trait::async_trait;

use super::*;
use crate::chat::event::{
    AccountId, Author, AuthorKind, Credentials, DeviceId, Digest, Event, MessageKind, Place, Seq, Snapshot,
};
use crate::chat::ports::{Device, PageQuery, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::time::Timestamp;
use crate::store::chain::Anchor;
use crate::store::{Preparation, PrepareOptions};

/// Commits what it is told to, and remembers the batches.
#[derive(Default)]
struct FakeStore {
    batches: Mutex<Vec<Vec<u64>>>,
    /// So many commits fail first.
    failures: Mutex<u32>,
    /// This number is refused for ever.
    refused: Option<u64>,
    delay: Duration,
}

#[async_trait]
impl Store for FakeStore {
    async fn prepare(&self, _: &PrepareOptions) -> Result<Preparation, StoreError> {
        Ok(Preparation::default())
    }
    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }
    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        tokio::time::sleep(self.delay).await;
        let numbers: Vec<u64> = batch.iter().map(|record| record.seq.0).collect();
        if self.refused.is_some_and(|refused| numbers.contains(&refused)) {
            return Err(StoreError::Rejected("no".to_owned()));
        }
        let mut failures = self.failures.lock().unwrap();
        if *failures > 0 {
            *failures -= 1;
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        self.batches.lock().unwrap().push(numbers);
        Ok(Vec::new())
    }
    async fn head(&self) -> Result<Anchor, StoreError> {
        Ok(Anchor::BEGINNING)
    }
    async fn page(&self, _: PageQuery) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(Vec::new())
    }
    async fn search(&self, _: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError> {
        Ok(Vec::new())
    }
    async fn targets(&self, _: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError> {
        Ok(Vec::new())
    }
    async fn playback(&self, _: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError> {
        Ok(Vec::new())
    }
    fn note_presence(&self, _: AccountId, _: Option<Seq>) {}

    fn note_device(&self, _: DeviceId, _: Timestamp, _: String) {}
    async fn credentials(&self, _: AccountId) -> Result<Option<Credentials>, StoreError> {
        Ok(None)
    }
    async fn use_device(&self, _: Digest, _: Timestamp, _: &str) -> Result<Option<(AccountId, DeviceId)>, StoreError> {
        Ok(None)
    }
    async fn devices(&self, _: AccountId) -> Result<Vec<Device>, StoreError> {
        Ok(Vec::new())
    }
    async fn tidy(&self, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }
    async fn close(&self) {}
}

fn record(seq: u64) -> Record {
    Record {
        seq: Seq(seq),
        time: Timestamp::from_millis(0),
        author: Author {
            kind: AuthorKind::System,
            account: None,
            name: "ann".to_owned(),
            operator: None,
            address: String::new(),
            port: 0,
        },
        place: Place::Server,
        target: String::new(),
        idempotency_id: None,
        tags: String::new(),
        event: Event::Message { kind: MessageKind::Privmsg, text: "hello".to_owned() },
    }
}

/// Everything that the journal reports until it ends: `+7` for a commit up to 7, and so on.
async fn reports(mut reports: mpsc::Receiver<JournalEvent>) -> Vec<String> {
    let mut seen = Vec::new();
    while let Some(event) = reports.recv().await {
        seen.push(match event {
            JournalEvent::Committed { seq, .. } => format!("+{seq}"),
            JournalEvent::Stalled => "stalled".to_owned(),
            JournalEvent::Flowing => "flowing".to_owned(),
            JournalEvent::Rejected { seq, .. } => format!("rejected {seq}"),
        });
    }
    seen
}

#[tokio::test]
async fn what_gathers_during_a_commit_is_one_batch() {
    let store = Arc::new(FakeStore { delay: Duration::from_millis(50), ..FakeStore::default() });
    let (journal, events) = start(Arc::clone(&store) as Arc<dyn Store>);
    journal.append(vec![record(1)]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    (2..=5).for_each(|seq| journal.append(vec![record(seq)]));
    journal.finish();
    assert_eq!(reports(events).await, ["+1", "+5"]);
    assert_eq!(*store.batches.lock().unwrap(), [vec![1], vec![2, 3, 4, 5]]);
}

#[tokio::test]
async fn a_batch_has_a_bound() {
    let store = Arc::new(FakeStore::default());
    let (journal, events) = start(Arc::clone(&store) as Arc<dyn Store>);
    let many = BATCH_EVENTS_MAX as u64 * 2 + 1;
    journal.append((1..=many).map(record).collect());
    journal.finish();
    assert_eq!(reports(events).await.len(), 3);
    assert!(store.batches.lock().unwrap().iter().all(|batch| batch.len() <= BATCH_EVENTS_MAX));
}

#[tokio::test]
async fn a_failed_batch_is_handed_in_again_whole() {
    let store = Arc::new(FakeStore { failures: Mutex::new(3), ..FakeStore::default() });
    let (journal, events) = start(Arc::clone(&store) as Arc<dyn Store>);
    journal.append(vec![record(1), record(2)]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    journal.append(vec![record(3)]);
    journal.finish();
    assert_eq!(reports(events).await, ["stalled", "+2", "flowing", "+3"]);
    assert_eq!(*store.batches.lock().unwrap(), [vec![1, 2], vec![3]]);
}

#[tokio::test]
async fn a_slow_commit_is_a_stall() {
    let store = Arc::new(FakeStore { delay: Duration::from_millis(200), ..FakeStore::default() });
    let (journal, side, events) = Journal::channel();
    let mut task = LocalJournal::new(store, side);
    task.stall_after = Duration::from_millis(20);
    tokio::spawn(task.run());
    journal.append(vec![record(1)]);
    journal.finish();
    assert_eq!(reports(events).await, ["stalled", "+1", "flowing"]);
}

#[tokio::test]
async fn too_many_waiting_events_are_a_stall() {
    let store = Arc::new(FakeStore { delay: Duration::from_millis(20), ..FakeStore::default() });
    let many = WAITING_EVENTS_MAX as u64 + 2;
    // Made before, which takes longer than the first commit on a busy machine.
    let others = (2..=many).map(record).collect();
    let (journal, events) = start(store);
    journal.append(vec![record(1)]);
    tokio::time::sleep(Duration::from_millis(5)).await;
    journal.append(others);
    journal.finish();
    let seen = reports(events).await;
    assert_eq!(seen[0], "stalled");
    assert_eq!(seen.last().unwrap(), &format!("+{many}"));
    assert_eq!(seen.iter().filter(|seen| *seen == "flowing").count(), 1);
}

#[tokio::test]
async fn a_refused_event_stops_the_journal_behind_what_stands_before_it() {
    let store = Arc::new(FakeStore { refused: Some(6), ..FakeStore::default() });
    let (journal, events) = start(Arc::clone(&store) as Arc<dyn Store>);
    journal.append((1..=9).map(record).collect());
    let seen = reports(events).await;
    assert_eq!(seen.last().unwrap(), "rejected 6");
    assert_eq!(store.batches.lock().unwrap().concat(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_journal_ends_when_nobody_reads_its_reports() {
    let store = Arc::new(FakeStore { failures: Mutex::new(u32::MAX), ..FakeStore::default() });
    let (_journal, side, events) = Journal::channel();
    let task = tokio::spawn(LocalJournal::new(Arc::clone(&store) as Arc<dyn Store>, side).run());
    _journal.append(vec![record(1)]);
    tokio::time::sleep(Duration::from_millis(10)).await;
    drop(events);
    tokio::time::timeout(RETRY_DELAY_MAX * 4, task).await.expect("it ends").unwrap();
}
