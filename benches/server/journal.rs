//! A batch of messages into SQLite, on disk before it counts.

use chat_tui::chat::event::{AccountId, Author, AuthorKind, Event, MessageKind, Place, Record, Seq};
use chat_tui::proto::names::AccountName;
use chat_tui::proto::time::Timestamp;
use chat_tui::store::chain::ChainKey;
use chat_tui::store::source::Source;
use chat_tui::store::{PrepareOptions, SeedPasswords, database};

use super::Step;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// So many messages in one transaction.
pub fn commit(events: usize) -> Step {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let url = format!("sqlite:{}", directory.path().join("chat.sqlite3").display());
    let store = database::open(&Source::new(&url), &ChainKey::derive(b"bench")).expect("a URL");
    let options = PrepareOptions {
        correspondent: AccountName::new("serveur").expect("a name"),
        seed_passwords: SeedPasswords::Detect,
        migrate: true,
        now: START,
    };
    runtime.block_on(store.prepare(&options)).expect("an empty database");
    let mut last = runtime.block_on(store.load()).expect("a prepared database").last_seq;
    Box::new(move || {
        let batch: Vec<Record> = (1..=events as u64).map(|number| message(Seq(last.0 + number))).collect();
        last = Seq(last.0 + events as u64);
        runtime.block_on(store.commit(&batch)).expect("a batch in order");
        // The file lives as long as its store.
        let _ = &directory;
    })
}

fn message(seq: Seq) -> Record {
    Record {
        seq,
        time: START,
        author: Author {
            kind: AuthorKind::Account,
            account: Some(AccountId(1)),
            name: "ann".to_owned(),
            operator: None,
            address: "127.0.0.1".to_owned(),
            port: 1,
        },
        place: Place::Unlisted,
        target: "bob".to_owned(),
        idempotency_id: None,
        tags: String::new(),
        event: Event::Message {
            kind: MessageKind::Privmsg,
            text: "a line of the length that people write, some eighty characters or so".to_owned(),
        },
    }
}
