//! A database that is away, hangs, or dies in the middle of a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::model::{every_kind, message, record};
use super::stage::{Stage, key, options};
use crate::chat::event::{AccountId, Place};
use crate::chat::ports::{Extras, PageQuery, PageRange};
use crate::store::source::Source;
use crate::store::{STATEMENT_TIMEOUT, StoreError, database};

/// More than a call may take, and less than two calls.
const ENOUGH: Duration = STATEMENT_TIMEOUT.saturating_add(Duration::from_secs(4));

fn is_unavailable<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(error @ StoreError::Unavailable(_)) if error.is_retryable())
}

#[tokio::test]
async fn a_server_that_never_answers_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("mysql://anna:geheim@{}/chat", listener.local_addr().unwrap());
    let store = database::open(&Source::new(&url), &key()).unwrap();
    let began = Instant::now();
    let options = options();
    let (prepared, loaded) = tokio::join!(store.prepare(&options), store.load());
    assert!(is_unavailable(&prepared) && is_unavailable(&loaded), "{prepared:?} {loaded:?}");
    assert!(began.elapsed() < ENOUGH);
    drop(listener);
    let began = Instant::now();
    let gone = store.prepare(&options).await;
    assert!(is_unavailable(&gone), "{gone:?}");
    assert!(!gone.unwrap_err().to_string().contains("geheim"));
    assert!(began.elapsed() < ENOUGH);
    store.close().await;
    assert!(is_unavailable(&store.load().await));
}

#[tokio::test]
async fn a_file_that_cannot_be_made_is_unavailable_until_it_can() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("not/there/chat.db");
    let store = database::open(&Source::new(&format!("sqlite:{}", path.display())), &key()).unwrap();
    assert!(is_unavailable(&store.prepare(&options()).await));
    assert!(is_unavailable(&store.load().await));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    store.prepare(&options()).await.unwrap();
    assert_eq!(store.load().await.unwrap().accounts.len(), 1);
    store.close().await;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn urls_that_are_not_understood_are_refused() {
    for url in
        ["", "chat.db", "sqlite:", "sqlite::memory:", "postgres://anna:geheim@host/chat", "mysql://anna:geheim@host"]
    {
        let Err(error) = database::open(&Source::new(url), &key()) else { panic!("{url} is accepted") };
        assert!(matches!(error, StoreError::BadUrl(_)) && !error.to_string().contains("geheim"), "{url}: {error}");
    }
}

const PASS: u8 = 0;
const HANG: u8 = 1;
/// The next COMMIT does not arrive.
const CUT_BEFORE_COMMIT: u8 = 2;
/// The next COMMIT arrives, its answer does not.
const CUT_AFTER_COMMIT: u8 = 3;

/// Every connection ends.
const CUT_ALL: u8 = 4;

/// A stage whose store goes through a wire that can be disturbed.
async fn disturbed() -> Option<(Stage, Arc<AtomicU8>)> {
    let mut stage = Stage::mysql().await?;
    let (_, address) = stage.url.rsplit_once('@').unwrap();
    let server = address.split('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    stage.url = stage.url.replace(&server, &listener.local_addr().unwrap().to_string());
    stage.store = stage.another();
    let mode = Arc::new(AtomicU8::new(PASS));
    let shared = Arc::clone(&mode);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&server).await else { continue };
            let (client_read, client_write) = client.into_split();
            let (server_read, server_write) = server.into_split();
            let cut = Arc::new(AtomicBool::new(false));
            let questions = carry_questions(client_read, server_write, Arc::clone(&shared), Arc::clone(&cut));
            let answers = carry_answers(server_read, client_write, Arc::clone(&shared), cut);
            let shared = Arc::clone(&shared);
            tokio::spawn(async move {
                tokio::select! {
                    () = async { tokio::join!(questions, answers); } => {}
                    () = until_all_are_cut(&shared) => {}
                }
            });
        }
    });
    Some((stage, mode))
}

async fn until_all_are_cut(mode: &AtomicU8) {
    while mode.load(Ordering::SeqCst) != CUT_ALL {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn while_hanging(mode: &AtomicU8) {
    while mode.load(Ordering::SeqCst) == HANG {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn carry_questions(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mode: Arc<AtomicU8>, cut: Arc<AtomicBool>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        while_hanging(&mode).await;
        let bytes = &buffer[..count];
        let how = mode.load(Ordering::SeqCst);
        let is_last = bytes.ends_with(b"COMMIT") && (how == CUT_BEFORE_COMMIT || how == CUT_AFTER_COMMIT);
        if is_last {
            cut.store(true, Ordering::SeqCst);
            mode.store(PASS, Ordering::SeqCst);
            if how == CUT_BEFORE_COMMIT {
                return;
            }
        }
        if to.write_all(bytes).await.is_err() || is_last {
            return;
        }
    }
}

async fn carry_answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mode: Arc<AtomicU8>, cut: Arc<AtomicBool>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        while_hanging(&mode).await;
        if cut.load(Ordering::SeqCst) || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

fn batch(first: u64, size: u64) -> Vec<crate::chat::event::Record> {
    let place = Place::direct(AccountId(2), AccountId(3));
    (first..first + size)
        .map(|seq| {
            let mut record = record(seq, place, 2, message(&format!("numéro {seq}")));
            // Each id twice, wherever the batch begins.
            record.idempotency_id = Some(format!("id {first} {}", (seq - first) / 2));
            record
        })
        .collect()
}

#[tokio::test]
async fn a_database_that_hangs_comes_back() {
    let Some((stage, mode)) = disturbed().await else { return };
    stage.prepare().await;
    let records = every_kind();
    stage.store.commit(&records).await.unwrap();
    let batch = batch(records.last().unwrap().seq.0 + 1, 20);
    mode.store(HANG, Ordering::SeqCst);
    let began = Instant::now();
    let query = PageQuery { place: Place::Server, range: PageRange::Latest(None), limit: 5, extras: Extras::ALL };
    let (committed, page) = tokio::join!(stage.store.commit(&batch), stage.store.page(query));
    assert!(is_unavailable(&committed) && is_unavailable(&page), "{committed:?} {page:?}");
    assert!(began.elapsed() < ENOUGH, "{:?}", began.elapsed());
    mode.store(PASS, Ordering::SeqCst);
    // The old connections' late answers must not be taken for the new ones'.
    let duplicates = loop {
        match stage.store.commit(&batch).await {
            Err(error) => assert!(error.is_retryable() && began.elapsed() < 4 * ENOUGH, "{error}"),
            Ok(duplicates) => break duplicates,
        }
    };
    assert_eq!(duplicates.len(), 10);
    assert_eq!(stage.store.page(query).await.unwrap().len(), 0);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM event WHERE text LIKE 'numéro %'").await, ["10"]);
}

#[tokio::test]
async fn a_commit_of_unknown_fate_happens_once() {
    let Some((stage, mode)) = disturbed().await else { return };
    stage.prepare().await;
    let records = every_kind();
    stage.store.commit(&records).await.unwrap();
    let mut first = records.last().unwrap().seq.0 + 1;
    for how in [CUT_BEFORE_COMMIT, CUT_AFTER_COMMIT, CUT_AFTER_COMMIT, CUT_BEFORE_COMMIT] {
        let batch = batch(first, 8);
        mode.store(how, Ordering::SeqCst);
        let unknown = stage.store.commit(&batch).await;
        assert!(is_unavailable(&unknown), "{unknown:?}");
        let happened = stage.ask("SELECT last_seq FROM journal").await == [(first + 7).to_string()];
        assert_eq!(happened, how == CUT_AFTER_COMMIT);
        let duplicates = stage.store.commit(&batch).await.unwrap();
        assert_eq!(duplicates.len(), 4);
        assert!(duplicates.iter().all(|duplicate| duplicate.first.seq.0 + 1 == duplicate.seq.0), "{duplicates:?}");
        let count = format!("SELECT COUNT(*) FROM event WHERE seq >= {first}");
        assert_eq!(stage.ask(&count).await, ["4"]);
        first += 8;
    }
}

#[tokio::test]
async fn one_lost_connection_is_a_hint_about_the_others() {
    let Some((stage, mode)) = disturbed().await else { return };
    stage.prepare().await;
    let records = every_kind();
    stage.store.commit(&records).await.unwrap();
    let query = PageQuery { place: Place::Server, range: PageRange::Latest(None), limit: 5, extras: Extras::ALL };
    for _ in 0..8 {
        // Every reader has its connection.
        stage.store.page(query).await.unwrap();
    }
    mode.store(CUT_ALL, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let batch = batch(records.last().unwrap().seq.0 + 1, 2);
    assert!(is_unavailable(&stage.store.commit(&batch).await));
    mode.store(PASS, Ordering::SeqCst);
    stage.store.commit(&batch).await.unwrap();
    for _ in 0..8 {
        stage.store.page(query).await.unwrap();
    }
}
