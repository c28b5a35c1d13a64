//! What people see in the tables, and how they come to be.

use super::model::{every_kind, message, record};
use super::stage::{Stage, options};
use crate::chat::event::{AccountId, Place};
use crate::proto::names::AccountName;
use crate::store::{PrepareOptions, StoreError};

pub async fn the_seeds_queries_are_answered(stage: &mut Stage) {
    stage.prepare().await;
    let mut records = every_kind();
    let next = records.last().unwrap().seq.0 + 1;
    let mut unix = record(next, Place::direct(AccountId(1), AccountId(2)), 2, message("bye"));
    unix.author.port = 0;
    records.push(unix);
    stage.store.commit(&records).await.unwrap();
    assert_eq!(
        stage.ask("SELECT * FROM `authentification` ORDER BY `ip` DESC, id").await,
        [
            "Zoé-2 | $argon2id$2 | 192.168.56.1",
            "Zoé-6 | $argon2id$6 | 192.168.56.1",
            "Zoé-3 | $argon2id$100 | 10.0.0.7",
            "Zoé-5 | $argon2id$5 | -"
        ]
    );
    let rows =
        stage.ask("SELECT type, ip, port, `donnée` FROM `connexion` ORDER BY `port` ASC, date_time, donnée").await;
    assert_eq!(rows.first().unwrap(), "client_Zoé-2 | 192.168.56.1 | 0 | bye", "ports are numbers");
    assert!(rows.contains(&"serveur | 192.168.56.1 | 60000 | Tout à fait, client".to_owned()), "{rows:#?}");
    assert!(rows.contains(&"client_Zoé-2 | 192.168.56.1 | 60000 | Serveur vous me recevez ?".to_owned()));
    assert_eq!(rows.len(), 10, "messages and nothing else: {rows:#?}");
    let local = records[9].time.to_utc().with_timezone(&chrono::Local).format("%d/%m/%Y %H:%M:%S").to_string();
    let date = stage.ask("SELECT * FROM `connexion` WHERE donnée LIKE 'Bonjour%' ORDER BY `port` ASC").await;
    assert_eq!(date, [format!("{local} | client_Zoé-2 | 192.168.56.1 | 60000 | Bonjour à tous\u{1}")]);
}

pub async fn a_newer_schema_is_refused(stage: &mut Stage) {
    let preparation = stage.prepare().await;
    let known = [
        "0001_record",
        "0002_tags",
        "0003_checkpoint",
        "0004_presence",
        "0005_bans",
        "0006_slow_mode",
        "0007_dropped_channels",
        "0008_invitations",
        "0009_author_kind",
    ];
    assert_eq!(preparation.migrations, known);
    stage
        .tell(
            "INSERT INTO schema_migration (version, name, applied_at) VALUES (99, '0099_later', '2030-01-01 00:00:00')",
        )
        .await;
    stage.reopen().await;
    let error = stage.store.prepare(&options()).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 99, known: 9 }), "{error}");
    assert!(!error.is_retryable());
}

pub async fn servers_may_start_at_once(stage: &mut Stage) {
    let others: Vec<_> = (0..3).map(|_| stage.another()).collect();
    let options = options();
    let (one, two, three) =
        tokio::join!(others[0].prepare(&options), others[1].prepare(&options), others[2].prepare(&options));
    let migrations = [one, two, three].map(|preparation| preparation.unwrap().migrations.len());
    assert_eq!(migrations.iter().sum::<usize>(), 9, "{migrations:?}");
    let accounts = others[1].load().await.unwrap().accounts;
    assert_eq!(accounts.len(), 1, "one correspondent");
    for other in others {
        other.close().await;
    }
}

pub async fn the_correspondent_is_nobody_else(stage: &mut Stage) {
    stage.prepare().await;
    stage.store.commit(&every_kind()).await.unwrap();
    for (name, works) in [("serveur", true), ("SERVEUR", true), ("Zoé-2", false), ("zoé-4", false), ("Server", true)]
    {
        let options = PrepareOptions { correspondent: AccountName::new(name).unwrap(), ..options() };
        let prepared = stage.store.prepare(&options).await;
        assert_eq!(prepared.is_ok(), works, "{name}: {prepared:?}");
    }
    let snapshot = stage.store.load().await.unwrap();
    assert_eq!(snapshot.last_account, AccountId(7), "only Server is new");
    assert_eq!(snapshot.last_seq.0, every_kind().last().unwrap().seq.0 + 1);
    assert!(snapshot.last_time >= every_kind().last().unwrap().time);
}
