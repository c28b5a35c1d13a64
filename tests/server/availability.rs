//! The database is away: at the start, and in the middle.

use std::time::Duration;

use rusqlite::Connection;
use tempfile::tempdir;

use crate::client::message_of;
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

/// Takes the database for itself, as another program could.
fn lock(directory: &tempfile::TempDir) -> Connection {
    let connection = Connection::open(directory.path().join("chat.sqlite3")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_listens_says_so_and_recovers() {
    let directory = tempdir().unwrap();
    let locked = lock(&directory);
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut early = host.connect().await;
    early.introduce("ann").await;
    early.settle().await;
    early.send("REGISTER ann * correct-horse").await;
    early.expect("FAIL REGISTER TEMPORARILY_UNAVAILABLE").await;
    assert!(early.authenticate("ann", PASSWORD).await.contains(" 904 "));
    assert!(
        early.seen.iter().any(|line| line.contains("FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE")),
        "{:#?}",
        early.seen
    );
    let mut other = host.connect().await;
    other.send("QUIT").await;
    other.rest().await;

    drop(locked);
    // The early one is asked to come again as soon as the accounts are there.
    let rest = early.rest().await;
    assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
    host.connect().await.register("ann", PASSWORD).await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_told_when_the_database_is_back_and_nothing_more_is_accepted_meanwhile() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    let mut bob = host.connect().await.register("bob", PASSWORD).await;
    ann.settle().await;
    let locked = lock(&directory);
    ann.send("PRIVMSG #general :accepted").await;
    // Others' replies do not wait for ann's commit.
    bob.settle().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    bob.send("PRIVMSG #general :refused").await;
    bob.expect("FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #general").await;
    bob.settle().await;
    assert!(ann.is_quiet().await, "nobody is told before the commit: {:?}", ann.seen.last());

    drop(locked);
    let echo = message_of(&ann.expect("PRIVMSG #general").await).unwrap();
    assert_eq!(message_of(&bob.expect("PRIVMSG #general").await).unwrap(), echo);
    // It takes a moment until the journal is known to flow again.
    loop {
        bob.send("PRIVMSG #general :again").await;
        if bob.expect_any(&["FAIL PRIVMSG", ":again"]).await.contains(":again") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    host.stop().await;
}
