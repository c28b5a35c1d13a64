//! Taking over the seed's tables.

use argon2::{Argon2, PasswordHash, PasswordVerifier as _};

use super::stage::{Stage, key, options};
use crate::chat::event::{AccountId, Place, Snapshot};
use crate::chat::ports::{Extras, PageQuery, PageRange, StoredWhat};
use crate::proto::secret::Secret;
use crate::proto::time::Timestamp;
use crate::store::source::Source;
use crate::store::{Adoption, PrepareOptions, SeedPasswords, Store, StoreError, database};

/// The rows that the seed's pictures show.
const ACCOUNTS: [[&str; 3]; 5] = [
    ["mlk", "bmjlbw==", "192.168.56.1"],
    ["mimi", "bWlyYWnsZQ==", "192.168.56.1"],
    ["Romain", "Um9tYWluXzE5OTU=", "192.168.56.1"],
    ["achille", "YWNoaWxsZTI=", "192.168.56.1"],
    ["nicolasok", "amVyb3hkdQ==", "192.168.56.1"],
];
/// The account whose password is not UTF-8: without SCRAM keys it is hashed quickly.
const QUICK_ACCOUNT: &[[&str; 3]] = &[ACCOUNTS[0]];
const EXCHANGES: [[&str; 5]; 24] = [
    ["10/11/2021 19:05:24", "serveur", "DESKTOP-HIS2V51", "25", "ou des rois"],
    ["11/11/2021 15:02:49", "serveur", "DESKTOP-HIS2V51", "25", "test reponse serveur"],
    ["02/01/2022 15:14:34", "serveur", "DESKTOP-HIS2V51", "25", "hey"],
    ["02/01/2022 16:27:40", "serveur", "DESKTOP-HIS2V51", "25", "a"],
    ["02/01/2022 16:34:59", "serveur", "DESKTOP-HIS2V51", "25", "hello je suis ton serveur"],
    ["18/09/2022 12:34:08", "serveur", "DESKTOP-HIS2V51", "25", "Que voulez-vous ?"],
    ["18/09/2022 12:34:34", "serveur", "DESKTOP-HIS2V51", "25", "Cela fonctionne"],
    ["18/09/2022 13:39:20", "serveur", "DESKTOP-HIS2V51", "25", "on regarde"],
    ["18/09/2022 13:42:48", "serveur", "DESKTOP-HIS2V51", "25", "a"],
    ["18/09/2022 13:47:46", "serveur", "DESKTOP-HIS2V51", "25", "Oui mon client ?"],
    ["18/09/2022 13:49:43", "serveur", "DESKTOP-HIS2V51", "25", "Tout à fait, client"],
    ["02/01/2022 16:27:40", "client_plk", "192.168.56.1", "50509", "Y29ldXI="],
    ["02/01/2022 16:28:01", "client_plk", "192.168.56.1", "50509", "plk"],
    ["02/01/2022 16:34:59", "client_casio", "192.168.56.1", "50622", "bonjour je suis le client"],
    ["18/09/2022 12:34:08", "client_nicolaserres", "192.168.56.1", "51434", "bonjour Mr server"],
    ["18/09/2022 12:34:34", "client_nicolaserres", "192.168.56.1", "51434", "Verifiez le bon fonctionnement"],
    ["10/11/2021 19:05:24", "client_nicolas", "192.168.1.30", "52449", "Yop mec on est les meilleursd"],
    ["11/11/2021 15:01:08", "client_nicolas", "192.168.1.30", "53167", "hello"],
    ["11/11/2021 15:02:49", "client_nicolas", "192.168.1.30", "53503", "test envoie client"],
    ["11/11/2021 15:11:29", "client_nicolas", "192.168.1.30", "54771", "a"],
    ["02/01/2022 15:14:34", "client_nico25", "192.168.56.1", "59618", "hi"],
    ["02/01/2022 15:14:41", "client_nico25", "192.168.56.1", "59618", "je suis le client"],
    ["18/09/2022 13:39:20", "client_mimi", "192.168.56.1", "64677", "J'ai réussi ?"],
    ["18/09/2022 13:40:10", "client_nicolasok", "192.168.56.1", "64741", "a"],
];

const MAKE_ACCOUNTS: &str = "CREATE TABLE authentification (id BLOB, mdp BLOB, ip BLOB)";
const MAKE_EXCHANGES: &str = "CREATE TABLE connexion (date_time TEXT, type TEXT, ip BLOB, port BLOB, donnée BLOB)";

/// A value as both databases read it, whatever its bytes.
fn literal(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("X'{digits}'")
}

async fn insert(stage: &Stage, table: &str, rows: &[&[&[u8]]]) {
    for row in rows {
        let values: Vec<String> = row.iter().map(|value| literal(value)).collect();
        stage.tell(&format!("INSERT INTO {table} VALUES ({})", values.join(", "))).await;
    }
}

async fn insert_texts<const N: usize>(stage: &Stage, table: &str, rows: &[[&str; N]]) {
    for row in rows {
        insert(stage, table, &[&row.map(str::as_bytes)]).await;
    }
}

async fn seed(stage: &Stage, accounts: &[[&str; 3]]) {
    stage.tell(MAKE_ACCOUNTS).await;
    stage.tell(MAKE_EXCHANGES).await;
    insert_texts(stage, "authentification", accounts).await;
    insert_texts(stage, "connexion", &EXCHANGES).await;
}

fn account(snapshot: &Snapshot, name: &str) -> AccountId {
    snapshot.accounts.iter().find(|account| account.name.as_str() == name).unwrap().id
}

async fn accepts(store: &dyn Store, account: AccountId, password: &[u8]) -> bool {
    let credentials = store.credentials(account).await.unwrap().unwrap();
    assert!(credentials.argon2.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", credentials.argon2);
    let phc = PasswordHash::new(&credentials.argon2).unwrap();
    let accepted = Argon2::default().verify_password(password, &phc).is_ok();
    if let Some(keys) = credentials.scram {
        assert_eq!(keys.iterations, 600_000);
        assert_eq!(keys.fit(&Secret::new(String::from_utf8_lossy(password).into_owned())), accepted);
    }
    accepted
}

/// Neither the clear passwords nor their Base64 are anywhere in the files.
fn assert_no_trace(stage: &Stage, passwords: &[&str]) {
    let Some(directory) = stage.directory() else { return };
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for password in passwords {
            let is_there = bytes.windows(password.len()).any(|window| window == password.as_bytes());
            assert!(!is_there, "{password} is still in {}", path.display());
        }
    }
}

async fn talk(stage: &Stage, one: AccountId, other: AccountId) -> Vec<String> {
    let query =
        PageQuery { place: Place::direct(one, other), range: PageRange::Latest(None), limit: 100, extras: Extras::ALL };
    let events = stage.store.page(query).await.unwrap();
    let line = |event: crate::chat::ports::StoredEvent| match event.what {
        StoredWhat::Privmsg(text) => format!("{}→{}: {text}", event.name, event.target),
        other => format!("{other:?}"),
    };
    events.into_iter().map(line).collect()
}

pub async fn the_seeds_own_rows_are_taken_over(stage: &mut Stage) {
    seed(stage, &ACCOUNTS).await;
    let preparation = stage.prepare().await;
    let adoption = preparation.adoption.unwrap();
    assert_eq!((adoption.accounts, adoption.exchanges, adoption.passwords_were_base64), (5, 24, true));
    let snapshot = stage.store.load().await.unwrap();
    assert_eq!(snapshot.accounts.len(), 6);
    assert_eq!(account(&snapshot, "serveur"), AccountId(1));
    let (mlk, romain) = (account(&snapshot, "mlk"), account(&snapshot, "Romain"));
    assert_eq!(snapshot.accounts[2].addresses, ["192.168.56.1"]);
    assert!(accepts(&*stage.store, romain, b"Romain_1995").await);
    assert!(!accepts(&*stage.store, romain, b"Um9tYWluXzE5OTU=").await);
    assert!(stage.store.credentials(romain).await.unwrap().unwrap().scram.is_some());
    assert!(accepts(&*stage.store, mlk, b"nh\xe5o").await, "not UTF-8");
    assert!(stage.store.credentials(mlk).await.unwrap().unwrap().scram.is_none());

    // What was in the tables is in the views.
    let shown = stage.ask("SELECT id, ip FROM `authentification` ORDER BY `ip` DESC, id").await;
    assert_eq!(shown, ["Romain", "achille", "mimi", "mlk", "nicolasok"].map(|name| format!("{name} | 192.168.56.1")));
    let mut shown = stage.ask("SELECT * FROM `connexion` ORDER BY `port` ASC").await;
    assert!(shown[10].contains(" | 25 | ") && shown[11].contains(" | 50509 | "), "by number: {shown:#?}");
    let mut were: Vec<String> = EXCHANGES.iter().map(|row| row.join(" | ")).collect();
    shown.sort();
    were.sort();
    assert_eq!(shown, were);

    // And it is history. The server's answer belongs to the client of that second.
    let mimi = account(&snapshot, "mimi");
    assert_eq!(talk(stage, AccountId(1), mimi).await, ["serveur→mimi: on regarde", "mimi→serveur: J'ai réussi ?"]);
    let nicolasok = account(&snapshot, "nicolasok");
    let said = talk(stage, AccountId(1), nicolasok).await;
    assert_eq!(said.len(), 4, "{said:#?}");
    assert_eq!(said[3], "serveur→nicolasok: Tout à fait, client");

    let odd = &adoption.odd_rows;
    assert_eq!(odd.iter().filter(|row| row.contains("has a password that is not text")).count(), 2, "{odd:#?}");
    assert_eq!(odd.iter().filter(|row| row.contains("has no account")).count(), 11, "{odd:#?}");
    assert_eq!(odd.len(), 13, "{odd:#?}");
    assert_no_trace(stage, &["Romain_1995", "Um9tYWluXzE5OTU", "jeroxdu", "YWNoaWxsZTI", "bmjlbw"]);
    let tables = stage.ask("SELECT COUNT(*) FROM legacy_row").await;
    assert_eq!(tables, ["13"]);

    stage.reopen().await;
    assert_eq!(stage.prepare().await.adoption, None, "once");
    assert_eq!(stage.store.load().await.unwrap().last_seq, snapshot.last_seq);
}

pub async fn odd_rows_are_kept_and_told(stage: &mut Stage) {
    stage.tell(MAKE_ACCOUNTS).await;
    stage.tell(MAKE_EXCHANGES).await;
    insert(
        stage,
        "authentification",
        &[
            &[b"ann", b"secret-one", b"10.0.0.1"],
            &[b"ann", b"secret-one", b"10.0.0.2"],
            &[b"ann", b"secret-one", b"10.0.0.2"],
            &[b"ann", b"secret-two", b"10.0.0.3"],
            &[b"Ann", b"secret-one", b"10.0.0.4"],
            &[b"two words", b"secret-three", b"10.0.0.5"],
            &[b"", b"secret-four", b"10.0.0.5"],
            &[b"b\xe9a", b"secret-five", b"10.0.0.5"],
            &[b"serveur", b"secret-six", b"10.0.0.5"],
            &[b"cyd", b"", b"10.0.0.5"],
            &[b"dan", b"secret-seven", b"DESKTOP-HIS2V51"],
            &["éva".as_bytes(), "clé secrète".as_bytes(), b"::1"],
        ],
    )
    .await;
    stage.tell("INSERT INTO authentification VALUES (X'66616e', NULL, NULL)").await;
    let long = "x".repeat(300);
    insert(
        stage,
        "connexion",
        &[
            &[b"01/02/2022 10:00:00", b"client_ann", b"10.0.0.1", b"50000", b"caf\xe9\0 \r\nfin"],
            &[b"hier", b"client_ann", b"10.0.0.1", b"50000", b"mauvaise date"],
            &[b"31/02/2022 10:00:00", b"client_ann", b"10.0.0.1", b"50000", b"date impossible"],
            &[b"01/02/2099 10:00:00", b"client_ann", b"10.0.0.1", b"50000", b"futur"],
            &[b"01/02/2022 10:00:00", b"serveur", b"10.0.0.1", b"vingt-cinq", b"bonjour ann"],
            &[b"01/02/2022 10:00:01", b"Serveur", b"10.0.0.1", b"25", b"autre type"],
            &[b"1/2/2022 10:00:02", b"serveur", b"10.0.0.1", b"70000", b"autre date"],
            &[b"01/02/2021 10:00:02", b"serveur", b"10.0.0.1", b"25", b"avant tous"],
            &[b"01/02/2022 10:00:03", b"client_", b"10.0.0.1", b"50001", b"personne"],
            &[b"01/02/2022 10:00:04", b"client_ANN", long.as_bytes(), b"50001", b"longue adresse"],
            &[b"01/02/2022 10:00:05", b"client_ANN", b"10.0.0.1", b"50001", b"majuscules"],
        ],
    )
    .await;
    stage.tell("INSERT INTO connexion VALUES ('01/02/2022 10:00:06', 'client_ann', NULL, NULL, NULL)").await;
    stage.tell("INSERT INTO connexion VALUES (NULL, NULL, NULL, NULL, NULL)").await;
    let adoption = stage.prepare().await.adoption.unwrap();
    assert!(!adoption.passwords_were_base64);
    assert_eq!((adoption.accounts, adoption.exchanges), (4, 7));
    let odd = adoption.odd_rows;
    let expected = [
        "authentification, row 4: ann has a second password here",
        "authentification, row 5: Ann differs from ann only in case or form",
        "authentification, row 6: two words cannot be an account's name",
        "authentification, row 7:  cannot be an account's name",
        "authentification, row 8: b\u{fffd}a has a name that is not text",
        "authentification, row 9: serveur is the name of the server itself",
        "authentification, row 10: cyd has an empty password",
        "authentification, row 11: dan has the address \"DESKTOP-HIS2V51\"",
        "authentification, row 13: fan has no password",
        "connexion, row 1: its text is not UTF-8",
        "connexion, row 2: its date is not of the form",
        "connexion, row 3: its date is not of the form",
        "connexion, row 4: its date lies in the future",
        "connexion, row 5: its port is no port",
        "connexion, row 6: its type is neither",
        "connexion, row 7: its date is shown as 01/02/2022 10:00:02; its port is no port",
        "connexion, row 9: \"\" has no account",
        "connexion, row 10: its type or its address is too long",
        "connexion, row 12: its port is no port: shown as 0; its address is missing: shown as empty; its text is missing",
        "connexion, row 13: its date is not of the form",
    ];
    for (row, expected) in odd.iter().zip(expected) {
        assert!(row.starts_with(expected), "{row}\n{expected}");
    }
    assert_eq!(odd.len(), expected.len(), "{odd:#?}");

    let snapshot = stage.store.load().await.unwrap();
    let names: Vec<&str> = snapshot.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["serveur", "ann", "cyd", "dan", "éva"]);
    assert_eq!(snapshot.accounts[1].addresses, ["10.0.0.1", "10.0.0.2"]);
    assert_eq!(snapshot.accounts[3].addresses, [""; 0]);
    assert_eq!(snapshot.accounts[4].addresses, ["127.0.0.1"]);
    assert!(accepts(&*stage.store, AccountId(2), b"secret-one").await);
    assert!(!accepts(&*stage.store, AccountId(2), b"secret-two").await);
    assert!(accepts(&*stage.store, AccountId(5), "clé secrète".as_bytes()).await);
    assert_eq!(
        talk(stage, AccountId(1), AccountId(2)).await,
        [
            "serveur→ann: avant tous",
            "ann→serveur: caf\u{fffd}\0 \r\nfin",
            "serveur→ann: bonjour ann",
            "serveur→ann: autre date",
            "ANN→serveur: majuscules",
            "ann→serveur: ",
        ]
    );
    // Every row is in the view, understood or not.
    let shown = stage.ask("SELECT date_time, donnée FROM connexion").await;
    assert_eq!(shown.len(), 13, "{shown:#?}");
    for text in ["hier | mauvaise date", "31/02/2022 10:00:00 | date impossible", "01/02/2099 10:00:00 | futur"] {
        assert!(shown.contains(&text.to_owned()), "{text}: {shown:#?}");
    }
    // Bytes that were no text are here as they were, and passwords are hashed here too.
    assert_eq!(
        stage.ask("SELECT HEX(raw_data) FROM legacy_row WHERE source = 'connexion' AND source_row = 1").await,
        ["636166E900200D0A66696E"]
    );
    assert_eq!(
        stage.ask("SELECT HEX(raw_port) FROM legacy_row WHERE source = 'connexion' AND source_row = 5").await,
        ["76696E67742D63696E71"]
    );
    let hashes = stage.ask("SELECT mdp FROM legacy_row WHERE source = 'authentification' AND mdp IS NOT NULL").await;
    assert_eq!(hashes.len(), 6);
    let phc = PasswordHash::new(&hashes[0]).unwrap();
    assert!(Argon2::default().verify_password(b"secret-two", &phc).is_ok());
    assert_no_trace(stage, &["secret-", "clé secrète"]);
    // Life goes on behind it.
    assert!(snapshot.last_time < options().now);
    assert_eq!(snapshot.last_account, AccountId(5));
}

pub async fn passwords_may_be_plain_or_said_to_be(stage: &mut Stage) {
    stage.tell(MAKE_ACCOUNTS).await;
    // Valid Base64 by accident: only a person can know.
    insert_texts(stage, "authentification", &[["ann", "abcd", "10.0.0.1"], ["bob", "secret12", "10.0.0.1"]]).await;
    let options = PrepareOptions { seed_passwords: SeedPasswords::Plain, ..options() };
    let adoption = stage.store.prepare(&options).await.unwrap().adoption.unwrap();
    assert_eq!(adoption, Adoption { accounts: 2, ..Adoption::default() });
    assert!(accepts(&*stage.store, AccountId(2), b"abcd").await);
    assert!(accepts(&*stage.store, AccountId(3), b"secret12").await);
}

pub async fn a_start_goes_on_where_a_crash_left_it(stage: &mut Stage) {
    // One table was set aside, nothing else has happened.
    seed(stage, QUICK_ACCOUNT).await;
    stage.tell("ALTER TABLE authentification RENAME TO legacy_authentification").await;
    let adoption = stage.prepare().await.adoption.unwrap();
    assert_eq!((adoption.accounts, adoption.exchanges), (1, 24));
    let before = format!("{:?}", stage.store.load().await.unwrap());
    // Everything was written, the old tables were not dropped yet.
    stage.tell("CREATE TABLE legacy_authentification (id BLOB, mdp BLOB, ip BLOB)").await;
    insert_texts(stage, "legacy_authentification", QUICK_ACCOUNT).await;
    stage.tell("UPDATE legacy_adoption SET cleaned_at = NULL").await;
    stage.reopen().await;
    assert_eq!(stage.prepare().await.adoption, Some(adoption), "told again");
    assert_eq!(format!("{:?}", stage.store.load().await.unwrap()), before, "nothing is doubled");
    assert_no_trace(stage, &["bmjlbw"]);
    assert_eq!(stage.prepare().await.adoption, None);
}

pub async fn two_servers_take_over_once(stage: &mut Stage) {
    seed(stage, QUICK_ACCOUNT).await;
    let others = [stage.another(), stage.another()];
    let options = options();
    let prepare = |store: std::sync::Arc<dyn Store>| {
        let options = options.clone();
        async move {
            loop {
                // Whoever finds the other one at work is told to come back.
                match store.prepare(&options).await {
                    Err(error) if error.is_retryable() => {
                        tokio::time::sleep(std::time::Duration::from_millis(50)).await
                    }
                    prepared => return prepared.unwrap(),
                }
            }
        }
    };
    tokio::join!(prepare(others[0].clone()), prepare(others[1].clone()));
    let snapshot = others[0].load().await.unwrap();
    assert_eq!((snapshot.accounts.len(), snapshot.last_seq.0), (2, 2 + 24));
    assert_eq!(stage.ask("SELECT COUNT(*) FROM connexion").await, ["24"]);
    for other in others {
        other.close().await;
    }
}

pub async fn tables_that_are_not_the_seeds_are_refused(stage: &mut Stage) {
    stage.tell("CREATE TABLE authentification (id BLOB, mdp BLOB, ip BLOB, clair BLOB)").await;
    let refused = stage.store.prepare(&options()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Rejected(_)) && refused.to_string().contains("clair"), "{refused}");
    stage.tell("ALTER TABLE authentification RENAME TO somebody_elses").await;
    assert_eq!(stage.prepare().await.adoption, None);
    assert_eq!(stage.ask("SELECT COUNT(*) FROM somebody_elses").await, ["0"]);
}

pub async fn one_table_alone_is_taken_over(stage: &mut Stage) {
    stage.tell("CREATE TABLE connexion (date_time TEXT, type TEXT, ip TEXT, port INTEGER, donnee TEXT)").await;
    stage
        .tell("INSERT INTO connexion VALUES ('18/09/2022 13:49:43', 'serveur', 'hôte', 25, 'Tout à fait, client')")
        .await;
    let adoption = stage.prepare().await.adoption.unwrap();
    assert_eq!((adoption.accounts, adoption.exchanges), (0, 1));
    assert_eq!(adoption.odd_rows, ["connexion, row 1: the table names no client to whom it was said"]);
    let shown = stage.ask("SELECT * FROM connexion").await;
    assert_eq!(shown, ["18/09/2022 13:49:43 | serveur | hôte | 25 | Tout à fait, client"]);
    // The date of the only exchange is that of the correspondent's registration.
    let snapshot = stage.store.load().await.unwrap();
    assert_eq!(snapshot.accounts[0].registered, snapshot.last_time);
    assert!(snapshot.last_time < Timestamp::from_millis(1_700_000_000_000));
    let again = database::open(&Source::new(&stage.url), &key()).unwrap();
    assert_eq!(again.prepare(&options()).await.unwrap().adoption, None);
}
