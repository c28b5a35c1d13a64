//! Committing, and reading the state back.

use super::model::{Model, credentials, every_kind, message, record, stored};
use super::stage::{Stage, is_rejected};
use crate::chat::event::{AccountId, DeviceId, Digest, Event, Place, Record, Seq, Snapshot};
use crate::proto::time::Timestamp;
use crate::store::{Duplicate, IDEMPOTENCY_WINDOW};

async fn assert_loaded(stage: &Stage, model: &Model) {
    let mut loaded = stage.store.load().await.unwrap();
    for channel in &mut loaded.channels {
        channel.members.sort_by_key(|(account, _)| *account);
        channel.masks.sort_by(|one, other| (one.letter, &one.mask).cmp(&(other.letter, &other.mask)));
    }
    loaded.metadata.sort();
    loaded.read_markers.sort();
    let told = |state: &Snapshot| format!("{state:#?}");
    assert_eq!(told(&loaded), told(&model.snapshot()));
}

pub async fn what_is_committed_is_loaded(stage: &mut Stage) {
    stage.prepare().await;
    let mut model = Model::prepared();
    assert_loaded(stage, &model).await;
    // Every kind, in batches of each size.
    let mut rest = every_kind();
    let mut size = 1;
    while !rest.is_empty() {
        let batch: Vec<Record> = rest.drain(..size.min(rest.len())).collect();
        assert_eq!(stage.store.commit(&batch).await.unwrap(), []);
        model.records.extend(batch);
        assert_loaded(stage, &model).await;
        size += 1;
    }
    stage.reopen().await;
    assert_loaded(stage, &model).await;
    assert!(stage.prepare().await.migrations.is_empty());
    assert_loaded(stage, &model).await;
}

/// Accounts 2 to 5 and two channels, and all that is in [`every_kind`]; the next number.
async fn begin(stage: &Stage) -> u64 {
    stage.prepare().await;
    let records = every_kind();
    stage.store.commit(&records).await.unwrap();
    records.last().unwrap().seq.0 + 1
}

fn direct() -> Place {
    Place::direct(AccountId(2), AccountId(3))
}

fn with_id(mut record: Record, id: &str) -> Record {
    record.idempotency_id = Some(id.to_owned());
    record
}

pub async fn a_batch_again_is_answered_as_the_first_time(stage: &mut Stage) {
    let next = begin(stage).await;
    let first = with_id(record(next, direct(), 2, message("une fois")), "a");
    stage.store.commit(std::slice::from_ref(&first)).await.unwrap();
    let batch = [
        record(next + 1, direct(), 3, message("sans id")),
        with_id(record(next + 2, direct(), 2, message("une fois")), "a"),
        with_id(record(next + 3, direct(), 2, message("autre")), "b"),
        with_id(record(next + 4, direct(), 2, message("autre")), "b"),
    ];
    let answer = stage.store.commit(&batch).await.unwrap();
    let expected = [
        Duplicate { seq: Seq(next + 2), first: stored(&first).unwrap() },
        Duplicate { seq: Seq(next + 4), first: stored(&batch[2]).unwrap() },
    ];
    assert_eq!(answer, expected);
    assert_eq!(stage.store.load().await.unwrap().last_seq, Seq(next + 4));
    // The same batch again, as after a commit of unknown fate: by the same process and by another one.
    assert_eq!(stage.store.commit(&batch).await.unwrap(), expected);
    stage.reopen().await;
    assert_eq!(stage.store.commit(&batch).await.unwrap(), expected);
    let count = "SELECT COUNT(*) FROM event WHERE kind = 'privmsg' AND text IN ('une fois', 'autre', 'sans id')";
    assert_eq!(stage.ask(count).await, ["3"]);
    // Other events under the same numbers are another server's: they must not be taken for these.
    let mut other = batch.clone();
    other[0].event = message("pas la même");
    assert!(is_rejected(&stage.store.commit(&other).await));
    let overlapping = [batch[3].clone(), record(next + 5, direct(), 2, message("derrière"))];
    assert!(is_rejected(&stage.store.commit(&overlapping).await));
    assert_eq!(stage.ask("SELECT MAX(seq) FROM event").await, [(next + 3).to_string()]);
}

pub async fn an_id_is_stored_once(stage: &mut Stage) {
    let next = begin(stage).await;
    let first = with_id(record(next, direct(), 2, message("la première")), "même id ");
    let to = |place, account| with_id(record(0, place, account, message("encore")), "même id ");
    let mut batch = vec![
        first.clone(),
        to(direct(), 2),
        to(direct(), 3),                                  // another author
        to(Place::direct(AccountId(2), AccountId(5)), 2), // another place
        to(Place::Unlisted, 0),                           // guests have no ids
        to(Place::Unlisted, 0),
        with_id(to(direct(), 2), "même id"), // another id
        with_id(to(direct(), 2), "Même id "),
    ];
    for (seq, record) in (next..).zip(&mut batch) {
        (record.seq, record.time) = (Seq(seq), first.time);
    }
    let duplicates = stage.store.commit(&batch).await.unwrap();
    assert_eq!(duplicates, [Duplicate { seq: Seq(next + 1), first: stored(&first).unwrap() }]);

    // Just within the window, at its end, and again: the id is the later one's then.
    let window = IDEMPOTENCY_WINDOW.as_millis() as i64;
    let at = |seq, time| Record { seq: Seq(seq), time, ..first.clone() };
    let last = next + batch.len() as u64;
    let within = at(last, first.time.plus_millis(window - 1));
    let duplicates = stage.store.commit(&[within]).await.unwrap();
    assert_eq!(duplicates, [Duplicate { seq: Seq(last), first: stored(&first).unwrap() }]);
    let beyond = at(last + 1, first.time.plus_millis(window));
    let again = at(last + 2, first.time.plus_millis(window + 1));
    let batch = [beyond.clone(), again];
    let expected = [Duplicate { seq: Seq(last + 2), first: stored(&beyond).unwrap() }];
    assert_eq!(stage.store.commit(&batch).await.unwrap(), expected);

    // Tidying forgets what no longer counts, and nothing that does.
    let ids = "SELECT COUNT(*) FROM idempotency";
    assert_eq!(stage.ask(ids).await, ["5"]);
    stage.store.tidy(beyond.time).await.unwrap();
    assert_eq!(stage.ask(ids).await, ["5"], "ids are kept a little longer than they count");
    stage.store.tidy(beyond.time.plus_millis(window)).await.unwrap();
    assert_eq!(stage.ask(ids).await, ["1"]);
    assert_eq!(stage.store.commit(&batch).await.unwrap(), expected);
}

pub async fn wrong_batches_change_nothing(stage: &mut Stage) {
    let next = begin(stage).await;
    let before = format!("{:?}", stage.store.load().await.unwrap());
    let nowhere = Place::Channel(crate::chat::event::ChannelId(99));
    let long_id = with_id(record(next, direct(), 2, message("x")), &"i".repeat(65));
    for batch in [
        vec![record(next, direct(), 2, message("bon")), record(next + 1, nowhere, 2, message("mauvais"))],
        vec![record(next + 1, direct(), 2, message("b")), record(next, direct(), 2, message("a"))],
        vec![record(next, Place::direct(AccountId(2), AccountId(99)), 2, message("à personne"))],
        vec![
            record(next, direct(), 2, message("bon")),
            record(next + 1, Place::Server, 0, super::model::registration(2)),
        ],
        vec![long_id],
    ] {
        assert!(is_rejected(&stage.store.commit(&batch).await), "{batch:?}");
        assert_eq!(format!("{:?}", stage.store.load().await.unwrap()), before);
    }
    assert_eq!(stage.store.commit(&[]).await.unwrap(), []);
    // What a failed batch has begun is not remembered.
    stage.store.commit(&[record(next, direct(), 2, message("bon"))]).await.unwrap();
    let texts = format!("SELECT text FROM event WHERE seq >= {next}");
    assert_eq!(stage.ask(&texts).await, ["bon"]);
}

pub async fn devices_and_credentials(stage: &mut Stage) {
    begin(stage).await;
    let store = &stage.store;
    assert_eq!(store.credentials(AccountId(2)).await.unwrap(), Some(*credentials(2)));
    assert_eq!(store.credentials(AccountId(3)).await.unwrap(), Some(*credentials(100)), "changed");
    assert_eq!(store.credentials(AccountId(5)).await.unwrap(), Some(*credentials(5)), "without SCRAM");
    for nobody in [1, 4, 99] {
        assert_eq!(store.credentials(AccountId(nobody)).await.unwrap(), None, "{nobody}");
    }
    let loaded = store.load().await.unwrap();
    let keys_of = |account: u64| {
        let keys = loaded.scram_keys.iter().find(|(of, _)| *of == AccountId(account));
        keys.map(|(_, keys)| keys.clone())
    };
    for (account, mark) in [(2, 2), (3, 100)] {
        assert_eq!(keys_of(account), credentials(mark).scram);
    }
    for nobody in [1, 4, 5, 99] {
        assert_eq!(keys_of(nobody), None, "{nobody}");
    }
    assert_eq!(loaded.devices, [(AccountId(2), DeviceId(1), Digest([1; 32]))]);
    let now = Timestamp::from_millis(1_795_400_000_000);
    let used = store.use_device(Digest([1; 32]), now, "10.0.0.9").await.unwrap();
    assert_eq!(used, Some((AccountId(2), DeviceId(1))));
    for unknown in [2, 3, 9] {
        assert_eq!(store.use_device(Digest([unknown; 32]), now, "10.0.0.9").await.unwrap(), None, "{unknown}");
    }
    let devices = store.devices(AccountId(2)).await.unwrap();
    assert_eq!(devices.len(), 1);
    assert_eq!((devices[0].id, devices[0].name.as_str()), (DeviceId(1), "téléphone"));
    assert_eq!((devices[0].last_used, devices[0].last_address.as_deref()), (Some(now), Some("10.0.0.9")));
    stage.reopen().await;
    assert_eq!(stage.store.devices(AccountId(2)).await.unwrap(), devices, "written down at the latest when closed");
    assert_eq!(stage.store.devices(AccountId(4)).await.unwrap(), []);
}

pub async fn a_revoked_certificate_may_be_bound_again(stage: &mut Stage) {
    begin(stage).await;
    let next = |stage: &Stage| {
        let store = stage.store.clone();
        async move { store.load().await.unwrap().last_seq.0 + 1 }
    };
    let digest = Digest([77; 32]);
    let (ann, bob) = (AccountId(2), AccountId(3));
    let added =
        |device, account| Event::DeviceAdded { device: DeviceId(device), account, name: "portable".to_owned(), digest };
    for (event, owner) in [
        (added(50, ann), Some((ann, DeviceId(50)))),
        (Event::DeviceRevoked { device: DeviceId(50), account: ann }, None),
        (added(51, bob), Some((bob, DeviceId(51)))),
    ] {
        let seq = next(stage).await;
        stage.store.commit(&[record(seq, Place::Server, 2, event)]).await.unwrap();
        let found = stage.store.use_device(digest, Timestamp::from_millis(1_795_400_000_000), "10.0.0.9").await;
        assert_eq!(found.unwrap(), owner);
    }
}
