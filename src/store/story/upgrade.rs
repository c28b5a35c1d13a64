//! Every earlier version of the tables, with rows in them, is brought up to date: nothing of it is lost, and its chain still
//! holds.

use super::model::{every_kind, message, record};
use super::stage::{Stage, options};
use crate::chat::event::{AccountId, Event, Place, Record, Snapshot};
use crate::chat::ports::{Extras, PageQuery, PageRange};
use crate::store::rows::{EVENT_COLUMNS, LINK_COLUMNS};

/// The version of the tables in which an event of this kind could first be written down.
fn first_version(event: &Event) -> usize {
    match event {
        Event::Tagged
        | Event::Redacted { .. }
        | Event::ChannelRenamed { .. }
        | Event::MetadataSet { .. }
        | Event::Reported { .. }
        | Event::MarkedRead { .. } => 2,
        Event::InvitationMade { .. } | Event::InvitationRevoked { .. } => 8,
        Event::AccountRegistered { invitation: Some(_), .. } => 8,
        Event::BanSet { .. } | Event::BanLifted { .. } => 5,
        Event::ChannelDropped { .. } => 7,
        Event::ModesChanged { modes, .. } if modes.slow_seconds.is_some() => 6,
        _ => 1,
    }
}

/// What was loaded, but for who was away since when: that is known from version 4 on.
fn told(mut state: Snapshot) -> String {
    state.absences.clear();
    format!("{state:#?}")
}

/// A record as that version could have written it: made by today's program, and put into that version's tables. Beside it the
/// one in today's tables that it was taken from, and its events.
async fn record_of_version(stage: &Stage, version: usize) -> (Stage, Stage, Vec<Record>) {
    let source = stage.one_more().await;
    source.prepare().await;
    let mut records: Vec<Record> = every_kind();
    records.retain(|record| first_version(&record.event) <= version);
    for batch in records.chunks(7) {
        source.store.commit(batch).await.unwrap();
    }
    let old = stage.one_more().await;
    let migrations = &stage.migrations()[..version];
    for (_, script) in migrations {
        old.script(script).await;
    }
    let table = "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, \
                 applied_at DATETIME(3) NOT NULL)";
    old.tell(table).await;
    for (at, (name, _)) in migrations.iter().enumerate() {
        let row = format!("INSERT INTO schema_migration VALUES ({}, '{name}', '2026-01-01 00:00:00.000')", at + 1);
        old.tell(&row).await;
    }
    old.take_rows_of(&source).await;
    (old, source, records)
}

pub async fn every_earlier_version_is_brought_up_to_date(stage: &mut Stage) {
    let migrations = stage.migrations();
    for version in 1..migrations.len() {
        let (old, source, records) = record_of_version(stage, version).await;

        let prepared = old.store.prepare(&options()).await.unwrap();
        let names: Vec<&str> = migrations[version..].iter().map(|(name, _)| *name).collect();
        assert_eq!(prepared.migrations, names, "version {version}");
        assert_eq!(
            told(old.store.load().await.unwrap()),
            told(source.store.load().await.unwrap()),
            "version {version}"
        );
        let audit = old.audit();
        assert_eq!(audit.verify(&[]).await.unwrap().faults, [], "version {version}");
        audit.close().await;
        let place = Place::direct(AccountId(2), AccountId(5));
        let query = PageQuery { place, range: PageRange::Latest(None), limit: 500, extras: Extras::ALL };
        assert_eq!(old.store.page(query).await.unwrap(), source.store.page(query).await.unwrap());
        // And it goes on.
        let next = records.last().unwrap().seq.0 + 1;
        old.store.commit(&[record(next, place, 2, message("après"))]).await.unwrap();
        assert!(old.store.page(query).await.unwrap().iter().any(|event| event.seq.0 == next));
        assert_eq!(old.ask("SELECT COUNT(*) FROM connexion WHERE `donnée` = 'après'").await, ["1"]);
        source.store.close().await;
        old.store.close().await;
    }
}

/// The steps that SQLite takes for each event, by name.
async fn steps_of_an_insert(stage: &Stage) -> Vec<String> {
    let columns = format!("{EVENT_COLUMNS}, {LINK_COLUMNS}");
    let values = vec!["1"; columns.split(',').count()].join(", ");
    let steps = stage.rows(&format!("EXPLAIN INSERT INTO event ({columns}) VALUES ({values})")).await;
    steps.into_iter().map(|mut step| (step.number().unwrap(), step.text().unwrap()).1).collect()
}

/// Whether an event by an author of this kind is let in, on a connection that may have been there for long.
fn is_let_in(connection: &rusqlite::Connection, kind: &str) -> bool {
    let sql = "INSERT INTO event (seq, conversation_id, time, kind, author_kind, author_name, address, port, target, text, \
               digest, chain) SELECT MAX(seq) + 1, 1, '', 'notice', ?, '', '', 0, '', '', x'', x'' FROM event";
    match connection.prepare_cached(sql).and_then(|mut statement| statement.execute([kind])) {
        Ok(rows) => rows == 1,
        Err(error) => {
            assert!(error.to_string().contains("CHECK constraint failed"), "{error}");
            false
        }
    }
}

/// The version before the check of authors was written in another way.
const VERSION_BEFORE_COMPARISONS: usize = 8;

#[tokio::test]
async fn sqlite_checks_an_author_without_a_table_to_look_in() {
    let stage = Stage::sqlite().await;
    let table = "OpenEphemeral".to_owned();
    let (old, source, _) = record_of_version(&stage, VERSION_BEFORE_COMPARISONS).await;
    assert!(steps_of_an_insert(&old).await.contains(&table), "SQLite does without it by now");
    // As every server has it, so that others read while it writes.
    old.tell("PRAGMA journal_mode = WAL").await;
    let path = old.directory().unwrap().join("chat.db");
    let connections = [(); 2].map(|()| rusqlite::Connection::open(&path).unwrap());
    let [before, reader] = &connections;
    assert!(is_let_in(before, "guest") && !is_let_in(before, "nobody"));
    // A start that fails in the middle has changed nothing.
    let (_, script) = stage.migrations()[VERSION_BEFORE_COMPARISONS];
    before.execute_batch(&format!("BEGIN; {script} ROLLBACK;")).unwrap();
    assert!(is_let_in(before, "guest") && !is_let_in(before, "nobody"));
    assert!(steps_of_an_insert(&old).await.contains(&table));
    // Whoever reads meanwhile sees the schema as it was until the end, and then the new one.
    reader.execute_batch("BEGIN; SELECT COUNT(*) FROM event;").unwrap();
    old.prepare().await;
    reader.execute_batch("SELECT COUNT(*) FROM event; COMMIT; SELECT COUNT(*) FROM event;").unwrap();

    let after = rusqlite::Connection::open(&path).unwrap();
    for connection in connections.iter().chain([&after]) {
        for kind in ["account", "guest", "server", "system"] {
            assert!(is_let_in(connection, kind), "{kind}");
        }
        for kind in ["nobody", "", "Account", "account "] {
            assert!(!is_let_in(connection, kind), "{kind}");
        }
    }
    assert_eq!(old.ask("PRAGMA integrity_check").await, ["ok"]);
    for stage in [&source, &old] {
        assert!(!steps_of_an_insert(stage).await.contains(&table));
        stage.store.close().await;
    }
}

#[tokio::test]
async fn a_check_that_somebody_has_changed_stays_as_it_is() {
    let stage = Stage::sqlite().await;
    let (old, source, _) = record_of_version(&stage, VERSION_BEFORE_COMPARISONS).await;
    source.store.close().await;
    let change = "PRAGMA writable_schema = ON; \
                  UPDATE sqlite_schema SET sql = replace(sql, '''guest''', '''guest'', ''bot''') WHERE name = 'event'";
    old.tell(change).await;
    let schema = "SELECT sql FROM sqlite_schema WHERE name = 'event'";
    let before = old.ask(schema).await;
    assert!(before[0].contains("'bot'"), "{before:?}");
    old.prepare().await;
    assert_eq!(old.ask(schema).await, before);
    old.store.close().await;
}
