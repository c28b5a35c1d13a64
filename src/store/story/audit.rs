//! Whether what was done to the record behind the server's back is found, and whether what an operator lets go of leaves it
//! whole.

use super::model::{every_kind, message, record};
use super::stage::Stage;
use crate::chat::event::{AccountId, ChannelId, Place, Seq};
use crate::chat::ports::{Extras, PageQuery, PageRange};
use crate::proto::names::ChannelName;
use crate::proto::time::Timestamp;
use crate::store::StoreError;
use crate::store::audit::erase::Selection;
use crate::store::audit::retain::{Retained, Rule, Scope};
use crate::store::chain::verifier::Fault;
use crate::store::chain::{Anchor, ChainKey};
use crate::store::database;
use crate::store::source::Source;

async fn faults(stage: &Stage) -> Vec<Fault> {
    let audit = stage.audit();
    let verified = audit.verify(&[]).await.unwrap();
    assert_eq!(verified.fault_count, verified.faults.len() as u64);
    audit.close().await;
    verified.faults
}

/// A record with every kind of event; the number of the last one.
async fn filled(stage: &Stage) -> u64 {
    stage.prepare().await;
    let records = every_kind();
    for batch in records.chunks(6) {
        stage.store.commit(batch).await.unwrap();
    }
    assert_eq!(faults(stage).await, []);
    records.last().unwrap().seq.0
}

pub async fn what_was_changed_is_found_and_named(stage: &mut Stage) {
    let last = filled(stage).await;
    let (changed, altered) = (|seq| Fault::Changed(Seq(seq)), |seq| Fault::Altered(Seq(seq)));
    for (column, fault) in [
        ("text = 'autre'", changed(11)),
        ("author_name = 'x'", changed(11)),
        ("address = 'x'", changed(11)),
        ("port = 7", changed(11)),
        ("operator = 'x'", changed(11)),
        ("target = 'x'", changed(11)),
        ("subject = 'x'", changed(11)),
        ("account_id = 7", changed(11)),
        ("subject_account_id = 7", changed(11)),
        ("subject_device_id = 7", changed(11)),
        ("author_kind = 'system'", changed(11)),
        ("conversation_id = 1", changed(11)),
        ("idempotency_id = 'x'", changed(11)),
        ("tags = 'x'", changed(11)),
        ("time = '2030-01-01 00:00:00.000'", altered(11)),
        ("kind = 'notice'", altered(11)),
        ("redacted_seq = 12", Fault::Hidden(Seq(11))),
    ] {
        let name = column.split(' ').next().unwrap();
        stage.tell(&format!("CREATE TABLE kept AS SELECT seq, {name} AS was FROM event WHERE seq = 11")).await;
        stage.tell(&format!("UPDATE event SET {column} WHERE seq = 11")).await;
        assert_eq!(faults(stage).await, [fault], "{column}");
        stage.tell(&format!("UPDATE event SET {name} = (SELECT was FROM kept) WHERE seq = 11")).await;
        stage.tell("DROP TABLE kept").await;
        assert_eq!(faults(stage).await, [], "{column}");
    }
    stage.tell("CREATE TABLE kept AS SELECT * FROM event WHERE seq > 10").await;
    stage.tell("DELETE FROM event WHERE seq = 11").await;
    assert_eq!(faults(stage).await, [Fault::Missing { after: Seq(10), before: Seq(12) }]);
    stage.tell("DELETE FROM event WHERE seq > 10").await;
    assert_eq!(faults(stage).await, [Fault::CutOff { after: Seq(10) }]);
    stage.tell("INSERT INTO event SELECT * FROM kept").await;
    assert_eq!(faults(stage).await, []);
    stage.tell(&format!("UPDATE kept SET seq = {}, redacted_seq = NULL WHERE seq = 11", last + 1)).await;
    stage.tell(&format!("INSERT INTO event SELECT * FROM kept WHERE seq = {}", last + 1)).await;
    assert_eq!(faults(stage).await, [Fault::Inserted(Seq(last + 1))]);
    // With another key nothing fits: a copy of the record cannot be passed off as this server's.
    let other = database::open_audit(&Source::new(&stage.url), &ChainKey::derive(b"another")).unwrap();
    let verified = other.verify(&[]).await.unwrap();
    assert!(matches!(verified.faults[..], [Fault::Lost { first: Seq(1), .. }, ..]), "{:?}", verified.faults);
    other.close().await;
}

pub async fn what_was_cut_off_is_shown_by_an_anchor(stage: &mut Stage) {
    let last = filled(stage).await;
    let audit = stage.audit();
    let head = audit.head().await.unwrap();
    assert_eq!(head.seq, Seq(last));
    assert!(audit.verify(&[head]).await.unwrap().is_whole());
    // Whoever may write to the database can cut off the end so that it seems whole.
    stage.tell(&format!("DELETE FROM event WHERE seq > {}", last - 2)).await;
    let chain = format!("SELECT chain FROM event WHERE seq = {}", last - 2);
    stage.tell(&format!("UPDATE journal SET chain_head = ({chain}), last_seq = {}", last - 2)).await;
    assert!(audit.verify(&[]).await.unwrap().is_whole());
    assert_eq!(audit.verify(&[head]).await.unwrap().faults, [Fault::NotAnchored(Seq(last))]);
    audit.close().await;
}

pub async fn what_was_erased_leaves_the_record_whole(stage: &mut Stage) {
    let last = filled(stage).await;
    let place = Place::Channel(ChannelId(1));
    let mut spoken = record(last + 1, place, 3, message("à oublier"));
    spoken.idempotency_id = Some("once".to_owned());
    stage.store.commit(&[spoken.clone()]).await.unwrap();
    let query = PageQuery { place, range: PageRange::Latest(None), limit: 500, extras: Extras::ALL };
    let before = stage.store.page(query).await.unwrap();
    let audit = stage.audit();
    let select = Selection { seq: Some(Seq(last + 1)), ..Selection::default() };
    assert_eq!(audit.erase(&select).await.unwrap(), 1);
    assert_eq!(audit.erase(&select).await.unwrap(), 0, "it is erased already");
    let after = stage.store.page(query).await.unwrap();
    assert_eq!(after, before[..before.len() - 1]);
    let row = "SELECT COUNT(*) FROM event WHERE seq = last AND (text <> '' OR address <> '' OR author_name <> '')";
    assert_eq!(stage.ask(&row.replace("last", &(last + 1).to_string())).await, ["0"]);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM connexion WHERE `donnée` IN ('', 'à oublier')").await, ["0"]);
    // The same id again is a new message: the first one is gone.
    spoken.seq = Seq(last + 2);
    assert_eq!(stage.store.commit(&[spoken]).await.unwrap(), []);

    let everything_of = Selection { account: Some(AccountId(2)), ..Selection::default() };
    assert!(audit.erase(&everything_of).await.unwrap() > 5);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM event WHERE account_id = 2 OR author_name = 'Zoé-2'").await, ["0"]);
    let verified = audit.verify(&[]).await.unwrap();
    assert_eq!(verified.faults, []);
    assert!(verified.erased > 5);
    let nothing = audit.erase(&Selection::default()).await;
    assert!(matches!(nothing, Err(StoreError::Rejected(_))), "{nothing:?}");
    audit.close().await;
    stage.store.load().await.unwrap();
}

pub async fn what_is_old_goes_behind_a_checkpoint(stage: &mut Stage) {
    let last = filled(stage).await;
    let snapshot = stage.store.load().await.unwrap();
    let audit = stage.audit();
    let now = Timestamp::from_millis(1_900_000_000_000);
    let times = stage.rows("SELECT time FROM event ORDER BY seq").await;
    let times: Vec<Timestamp> = times.into_iter().map(|mut row| row.time().unwrap()).collect();
    let nothing = audit.checkpoint(times[0], "age", now).await.unwrap();
    assert_eq!((nothing.checkpoint, nothing.rows), (None, 0));

    let middle = times[times.len() / 2];
    let gone = times.iter().filter(|time| **time < middle).count() as u64;
    let removed = audit.checkpoint(middle, "age", now).await.unwrap();
    assert_eq!(removed.rows, gone);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM event").await, [(times.len() as u64 - gone).to_string()]);
    let verified = audit.verify(&[]).await.unwrap();
    assert_eq!((verified.faults, verified.checkpoint), (Vec::new(), removed.checkpoint.clone()));
    let again = audit.checkpoint(middle, "age", now).await.unwrap();
    assert_eq!((again.checkpoint, again.rows), (removed.checkpoint, 0));

    // The server goes on as if nothing had happened.
    assert_eq!(stage.store.load().await.unwrap().accounts, snapshot.accounts);
    stage
        .store
        .commit(&[record(last + 1, Place::direct(AccountId(2), AccountId(3)), 2, message("encore"))])
        .await
        .unwrap();
    let all = audit.checkpoint(now, "all", now).await.unwrap();
    assert_eq!(all.checkpoint.unwrap().anchor.seq, Seq(last), "the last event stays");
    assert_eq!(stage.ask("SELECT COUNT(*) FROM event").await, ["1"]);
    assert_eq!(faults(stage).await, []);
    assert_eq!(audit.head().await.unwrap().seq, Seq(last + 1));
    audit.close().await;
}

pub async fn rules_let_go_of_what_is_old_and_of_nothing_else(stage: &mut Stage) {
    const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
    filled(stage).await;
    let audit = stage.audit();
    let mut newest = stage.rows("SELECT time FROM event ORDER BY seq DESC LIMIT 1").await;
    let now = newest[0].time().unwrap().plus_millis(10 * DAY_MILLIS);
    let name = stage.ask("SELECT name FROM channel ORDER BY id LIMIT 1").await.remove(0);
    let channel = "conversation_id = (SELECT conversation_id FROM channel ORDER BY id LIMIT 1)";
    let whole = |of: &str| format!("SELECT COUNT(*) FROM event WHERE salt IS NOT NULL AND {of}");
    let all = stage.ask(&whole("1 = 1")).await.remove(0).parse::<u64>().unwrap();
    let spoken = stage.ask(&whole(channel)).await.remove(0).parse::<u64>().unwrap();
    assert!(spoken > 5 && all > spoken);
    let rule = |scope, days| Rule { scope, days };
    let tea = || Scope::Channel(ChannelName::new(&name).unwrap());

    // Younger than the rules say: nothing. A rehearsal counts and changes nothing.
    let young = [rule(tea(), 30_000), rule(Scope::Rest, 30_000)];
    assert!(audit.retain(&young, now, false).await.unwrap().is_nothing());
    let rules = [rule(tea(), 9), rule(Scope::Direct, 30_000)];
    let left = stage.ask(&whole(channel)).await.remove(0).parse::<u64>().unwrap();
    let others = stage.ask(&whole(&format!("NOT ({channel})"))).await;
    assert_eq!(audit.retain(&rules, now, true).await.unwrap(), Retained { removed: 0, erased: vec![left, 0] });
    assert_eq!(audit.retain(&rules, now, false).await.unwrap(), Retained { removed: 0, erased: vec![left, 0] });
    assert_eq!(stage.ask(&whole(channel)).await, ["0"]);
    assert_eq!(stage.ask(&whole(&format!("NOT ({channel})"))).await, others);
    assert!(audit.retain(&rules, now, false).await.unwrap().is_nothing());
    assert_eq!(faults(stage).await, []);

    // The rest goes, and what two people said stays; then all goes but the last event.
    let rules = [rule(Scope::Direct, 30_000), rule(Scope::Rest, 9)];
    let direct = "conversation_id IN (SELECT id FROM conversation WHERE kind = 'direct')";
    let kept = stage.ask(&whole(direct)).await;
    audit.retain(&rules, now, false).await.unwrap();
    assert_eq!(stage.ask(&whole("1 = 1")).await, kept);
    assert_eq!(faults(stage).await, []);
    assert!(audit.retain(&[rule(Scope::Rest, 9)], now, false).await.unwrap().removed > 0);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM event").await, ["1"]);
    assert_eq!(faults(stage).await, []);
    audit.close().await;
    stage.store.load().await.unwrap();
}

pub async fn a_checkpoint_hides_nothing(stage: &mut Stage) {
    let last = filled(stage).await;
    let audit = stage.audit();
    let now = Timestamp::from_millis(1_900_000_000_000);
    stage.tell("UPDATE event SET text = 'autre' WHERE seq = 11").await;
    let refused = audit.checkpoint(now, "age", now).await;
    assert!(matches!(&refused, Err(StoreError::Rejected(text)) if text.contains("event 11")), "{refused:?}");
    assert_eq!(stage.ask("SELECT COUNT(*) FROM checkpoint").await, ["0"]);
    // A checkpoint of somebody without the key.
    let rest = last - 5;
    let forged = "INSERT INTO checkpoint (seq, chain, made_at, reason, seal) \
                  SELECT seq, chain, time, 'age', digest FROM event WHERE seq =";
    stage.tell(&format!("{forged} {rest}")).await;
    stage.tell(&format!("DELETE FROM event WHERE seq <= {rest}")).await;
    let found = audit.verify(&[]).await.unwrap().faults;
    assert_eq!(found, [Fault::Forged(Seq(rest)), Fault::Missing { after: Seq(0), before: Seq(rest + 1) }]);
    let anchored = audit.verify(&[Anchor { seq: Seq(7), chain: [0; 32] }]).await.unwrap().faults;
    assert!(anchored.contains(&Fault::NotAnchored(Seq(7))));
    audit.close().await;
}

pub async fn only_todays_tables_are_judged(stage: &mut Stage) {
    let audit = stage.audit();
    if stage.directory().is_none() {
        let missing = audit.verify(&[]).await;
        assert!(matches!(missing, Err(StoreError::OlderSchema { found: 0, .. })), "{missing:?}");
    }
    stage.prepare().await;
    assert!(audit.verify(&[]).await.unwrap().is_whole());
    stage.tell("DELETE FROM schema_migration WHERE version >= 3").await;
    let older = audit.head().await;
    assert!(matches!(older, Err(StoreError::OlderSchema { found: 2, .. })), "{older:?}");
    stage.tell("UPDATE schema_migration SET version = 99 WHERE version = 2").await;
    let newer = audit.verify(&[]).await;
    assert!(matches!(newer, Err(StoreError::NewerSchema { found: 99, .. })), "{newer:?}");
    audit.close().await;
}

pub async fn a_dump_of_every_kind_of_event_is_restored(stage: &mut Stage) {
    filled(stage).await;
    let directory = tempfile::tempdir().unwrap();
    let mut dumps = Vec::new();
    let mut before = None;
    for place in ["first", "second"] {
        let other = stage.one_more().await;
        let (source, path) = (before.as_ref().unwrap_or(&*stage), directory.path().join(place));
        let audit = source.audit();
        let rows = audit.dump(Box::new(std::fs::File::create(&path).unwrap())).await.unwrap();
        audit.close().await;
        let audit = other.audit();
        let input = || Box::new(std::io::BufReader::new(std::fs::File::open(&path).unwrap()));
        assert_eq!(audit.restore(input()).await.unwrap(), rows);
        assert!(audit.restore(input()).await.is_err_and(|error| !error.is_retryable()), "only into an empty one");
        audit.close().await;
        assert_eq!(faults(&other).await, []);
        let state = |stage: &Stage| {
            let store = std::sync::Arc::clone(&stage.store);
            async move { format!("{:#?}", store.load().await.unwrap()) }
        };
        assert_eq!(state(&other).await, state(stage).await);
        dumps.push(std::fs::read_to_string(&path).unwrap());
        before = Some(other);
    }
    assert!(dumps[0] == dumps[1], "the same rows give the same bytes");
    let tables = match stage.url.starts_with("sqlite:") {
        true => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        false => {
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = \
             'BASE TABLE' ORDER BY table_name"
        }
    };
    let mut known = crate::store::audit::dump::tables::names();
    known.sort_unstable();
    assert_eq!(stage.ask(tables).await, known, "each table is in a dump, or left out for a reason");
}
