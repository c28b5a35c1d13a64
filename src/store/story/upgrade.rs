//! Every earlier version of the tables, with rows in them, is brought up to date: nothing of it is lost, and its chain still
//! holds.

use super::model::{every_kind, message, record};
use super::stage::{Stage, options};
use crate::chat::event::{AccountId, Event, Place, Record, Snapshot};
use crate::chat::ports::{Extras, PageQuery, PageRange};

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

pub async fn every_earlier_version_is_brought_up_to_date(stage: &mut Stage) {
    let migrations = stage.migrations();
    for version in 1..migrations.len() {
        // A record as that version could have written it: made by today's program, and put into that version's tables.
        let source = stage.one_more().await;
        source.prepare().await;
        let mut records: Vec<Record> = every_kind();
        records.retain(|record| first_version(&record.event) <= version);
        for batch in records.chunks(7) {
            source.store.commit(batch).await.unwrap();
        }
        let old = stage.one_more().await;
        for (_, script) in &migrations[..version] {
            old.script(script).await;
        }
        let table = "CREATE TABLE schema_migration (version INTEGER NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, \
                     applied_at DATETIME(3) NOT NULL)";
        old.tell(table).await;
        for (at, (name, _)) in migrations[..version].iter().enumerate() {
            let row = format!("INSERT INTO schema_migration VALUES ({}, '{name}', '2026-01-01 00:00:00.000')", at + 1);
            old.tell(&row).await;
        }
        old.take_rows_of(&source).await;

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
