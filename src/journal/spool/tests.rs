//! The spool before a database that goes away and comes back.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::chat::event::{Author, AuthorKind, Event, MessageKind};
use crate::chat::recent::stored_event;
use crate::proto::names::{AccountName, ChannelName};
use crate::proto::sasl::ScramKeys;

/// How a database is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Away,
    /// It commits, and does not say so.
    Mute,
    /// It refuses for good.
    Strict,
    /// It takes longer than the spool waits.
    Hung,
}

/// A database in memory, once by number and once by id.
struct Database {
    mood: Mutex<Mood>,
    records: Mutex<BTreeMap<Seq, Record>>,
    repetitions: Mutex<BTreeMap<Seq, StoredEvent>>,
}

impl Database {
    fn new() -> Arc<Self> {
        let (records, repetitions) = (Mutex::default(), Mutex::default());
        Arc::new(Self { mood: Mutex::new(Mood::Well), records, repetitions })
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn seqs(&self) -> Vec<u64> {
        self.records.lock().unwrap().keys().map(|seq| seq.0).collect()
    }

    fn keep(&self, batch: &[Record]) -> Vec<Duplicate> {
        let (mut records, mut repetitions) = (self.records.lock().unwrap(), self.repetitions.lock().unwrap());
        let last = records.keys().chain(repetitions.keys()).max().copied().unwrap_or_default();
        if batch.last().is_some_and(|record| record.seq > last) {
            assert!(batch[0].seq > last, "a batch overlaps the record");
            for record in batch {
                let same = |known: &&Record| {
                    known.idempotency_id == record.idempotency_id && known.author.account == record.author.account
                };
                match records.values().find(|known| record.idempotency_id.is_some() && same(known)) {
                    Some(first) => drop(repetitions.insert(record.seq, stored_event(first).unwrap())),
                    None => drop(records.insert(record.seq, record.clone())),
                }
            }
        }
        let repeated = |record: &Record| {
            let first = repetitions.get(&record.seq)?.clone();
            Some(Duplicate { seq: record.seq, first })
        };
        batch.iter().filter_map(repeated).collect()
    }
}

#[async_trait]
impl Store for Database {
    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
        let away = || StoreError::Unavailable("away".to_owned());
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Well => Ok(self.keep(batch)),
            Mood::Away => Err(away()),
            Mood::Mute => {
                self.keep(batch);
                Err(away())
            }
            Mood::Strict => Err(StoreError::Rejected("no".to_owned())),
            Mood::Hung => std::future::pending().await,
        }
    }
    async fn prepare(&self, _: &PrepareOptions) -> Result<Preparation, StoreError> {
        Ok(Preparation::default())
    }
    async fn load(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot::default())
    }
    async fn latest_ids(&self, _: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
        let records = self.records.lock().unwrap();
        let key = |record: &Record| Some((record.author.account?, record.place, record.idempotency_id.clone()?));
        Ok(records.values().filter_map(|record| Some((key(record)?, stored_event(record)?))).collect())
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

fn record(seq: u64, event: Event) -> Record {
    Record {
        seq: Seq(seq),
        time: Timestamp::from_millis(1_700_000_000_000 + seq as i64),
        author: Author {
            kind: AuthorKind::Account,
            account: Some(AccountId(2)),
            name: "ann".to_owned(),
            operator: None,
            address: "127.0.0.1".to_owned(),
            port: 7,
        },
        place: Place::direct(AccountId(2), AccountId(3)),
        target: "bob".to_owned(),
        idempotency_id: None,
        tags: String::new(),
        event,
    }
}

fn said(seq: u64, id: Option<&str>) -> Record {
    let event = Event::Message { kind: MessageKind::Privmsg, text: format!("numéro {seq}\u{1}") };
    Record { idempotency_id: id.map(str::to_owned), ..record(seq, event) }
}

fn options() -> PrepareOptions {
    PrepareOptions {
        migrate: true,
        correspondent: AccountName::new("serveur").unwrap(),
        seed_passwords: crate::store::SeedPasswords::Detect,
        now: Timestamp::EPOCH,
    }
}

fn spool(database: &Arc<Database>, directory: &TempDir) -> SpooledStore {
    SpooledStore::new(Arc::clone(database) as Arc<dyn Store>, &directory.path().join("spool"), true).unwrap()
}

async fn drained(spool: &SpooledStore) {
    timeout(Duration::from_secs(60), async {
        while spool.spooled() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("everything is carried over");
}

#[tokio::test]
async fn what_was_said_while_the_database_was_away_is_in_it_afterwards_in_order() {
    let (database, directory) = (Database::new(), tempfile::tempdir().unwrap());
    let spool = spool(&database, &directory);
    assert_eq!(spool.commit(&[said(1, None)]).await.unwrap(), []);
    assert_eq!(spool.spooled(), 0, "the normal way does without the file");
    database.set(Mood::Away);
    for first in [2, 5, 8] {
        let batch: Vec<Record> = (first..first + 3).map(|seq| said(seq, None)).collect();
        assert_eq!(spool.commit(&batch).await.unwrap(), []);
    }
    assert_eq!((spool.spooled(), database.seqs()), (9, vec![1]));
    let unread = spool.devices(AccountId(2)).await;
    assert!(matches!(unread, Err(StoreError::Unavailable(_))), "the database does not hold what was said last");
    database.set(Mood::Well);
    // What comes now must not overtake what waits.
    assert_eq!(spool.commit(&[said(11, None)]).await.unwrap(), []);
    drained(&spool).await;
    assert_eq!(database.seqs(), (1..=11).collect::<Vec<_>>());
    assert_eq!(spool.commit(&[said(12, None)]).await.unwrap(), []);
    assert_eq!((spool.spooled(), database.seqs().len()), (0, 12));
    assert_eq!(database.records.lock().unwrap()[&Seq(3)], said(3, None), "as it was");
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_unknown_fate_happens_once() {
    for mood in [Mood::Mute, Mood::Away, Mood::Hung] {
        let (database, directory) = (Database::new(), tempfile::tempdir().unwrap());
        let spool = spool(&database, &directory);
        database.set(mood);
        spool.commit(&[said(1, Some("a")), said(2, Some("b"))]).await.unwrap();
        spool.commit(&[said(3, Some("c"))]).await.unwrap();
        // What waits is tried meanwhile, and hangs where the database does.
        sleep(Duration::from_secs(1)).await;
        database.set(Mood::Well);
        drained(&spool).await;
        assert_eq!(database.seqs(), [1, 2, 3]);
    }
}

#[tokio::test]
async fn a_message_that_comes_again_is_told_as_the_first_one() {
    let (database, directory) = (Database::new(), tempfile::tempdir().unwrap());
    let spool = spool(&database, &directory);
    spool.commit(&[said(1, Some("before"))]).await.unwrap();
    database.set(Mood::Away);
    spool.commit(&[said(2, Some("during"))]).await.unwrap();
    let again = [said(3, Some("before")), said(4, Some("during")), said(5, Some("now")), said(6, Some("now"))];
    let told: Vec<_> = spool.commit(&again).await.unwrap().iter().map(|one| (one.seq.0, one.first.seq.0)).collect();
    assert_eq!(told, [(3, 1), (4, 2), (6, 5)]);
    database.set(Mood::Well);
    drained(&spool).await;
    assert_eq!(database.seqs(), [1, 2, 5], "the database says the same");
}

#[tokio::test]
async fn a_server_that_starts_again_carries_over_what_the_last_one_left() {
    let (database, directory) = (Database::new(), tempfile::tempdir().unwrap());
    let first = spool(&database, &directory);
    first.commit(&[said(1, Some("before"))]).await.unwrap();
    database.set(Mood::Away);
    first.commit(&[said(2, Some("during"))]).await.unwrap();
    first.close().await;
    drop(first);
    // Also when nobody wants a spool any more.
    for takes_more in [true, false] {
        let path = directory.path().join("spool");
        let again = SpooledStore::new(Arc::clone(&database) as Arc<dyn Store>, &path, takes_more).unwrap();
        assert_eq!(again.spooled(), 1);
        assert!(again.prepare(&options()).await.is_err_and(|error| error.is_retryable()));
    }
    database.set(Mood::Well);
    let path = directory.path().join("spool");
    let again = SpooledStore::new(Arc::clone(&database) as Arc<dyn Store>, &path, true).unwrap();
    again.prepare(&options()).await.unwrap();
    again.load().await.unwrap();
    assert_eq!((again.spooled(), database.seqs()), (0, vec![1, 2]));
    // The ids of the earlier run are known.
    database.set(Mood::Away);
    let told = again.commit(&[said(3, Some("before")), said(4, Some("during"))]).await.unwrap();
    assert_eq!(told.len(), 2);
    let unwanted = SpooledStore::new(database as Arc<dyn Store>, &directory.path().join("other"), false).unwrap();
    assert!(unwanted.commit(&[said(5, None)]).await.is_err_and(|error| error.is_retryable()));
}

#[tokio::test]
async fn what_the_database_refuses_is_refused_or_stays() {
    let (database, directory) = (Database::new(), tempfile::tempdir().unwrap());
    let spool = spool(&database, &directory);
    database.set(Mood::Strict);
    assert!(spool.commit(&[said(1, None)]).await.is_err_and(|error| !error.is_retryable()));
    database.set(Mood::Away);
    spool.commit(&[said(1, None)]).await.unwrap();
    spool.close().await;
    database.set(Mood::Strict);
    assert!(spool.prepare(&options()).await.is_err_and(|error| !error.is_retryable()));
    assert_eq!(spool.spooled(), 1, "it is still there");
}

#[test]
fn every_kind_of_event_is_written_down_as_it_is() {
    let credentials = Box::new(Credentials {
        argon2: "$argon2id$".to_owned(),
        scram: Some(ScramKeys { salt: vec![1, 255], iterations: 7, stored_key: [3; 32], server_key: [4; 32] }),
    });
    let name = AccountName::new("Zoé").unwrap();
    let address = Some("::1".to_owned());
    let events = [
        Event::AccountRegistered { account: AccountId(9), name, credentials, address, invitation: None },
        Event::FounderChanged { account: AccountId(3), name: "Zoé".to_owned() },
        Event::ChannelDropped { reason: "\"".to_owned() },
        Event::ChannelRenamed { name: ChannelName::new("#Général").unwrap(), reason: "\"\\\u{7f}".to_owned() },
        Event::DeviceAdded { device: DeviceId(1), account: AccountId(9), name: String::new(), digest: Digest([9; 32]) },
        Event::MarkedRead { place: Place::Unlisted, until: Timestamp::MAX },
    ];
    let directory = tempfile::tempdir().unwrap();
    let mut file = SpoolFile::open(&directory.path().join("spool")).unwrap();
    let records: Vec<Record> = (1..).zip(events).map(|(seq, event)| record(seq, event)).collect();
    file.push(&records, vec![Seq(2)]).unwrap();
    let batch = file.first().unwrap().unwrap();
    assert_eq!((batch.records, batch.told_as_repetitions), (records.clone(), vec![Seq(2)]));
    let folded = |record: &Record| match &record.event {
        Event::AccountRegistered { name, .. } => (name.as_str().to_owned(), name.folded().as_str().to_owned()),
        _ => (String::new(), String::new()),
    };
    assert_eq!(folded(&records[0]), ("Zoé".to_owned(), "zoé".to_owned()));
    assert_eq!(file.count().unwrap(), 6);
    file.remove(batch.first).unwrap();
    assert!(file.first().unwrap().is_none());
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(directory.path().join("spool")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}
