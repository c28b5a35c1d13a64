//! The database is away: at the start, in the middle, and when it refuses what it is given.

use std::time::Duration;

use tempfile::tempdir;

use crate::client::{Client, message_of};
use crate::database::Database;
use crate::host::Host;
use crate::outage::Switchable;

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_its_database_listens_says_so_and_recovers() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        database.cut();
        let host = Host::start(&directory, &database.url()).await;
        let mut early = host.connect().await;
        early.introduce("ann").await;
        early.settle().await;
        early.send("REGISTER ann * correct-horse").await;
        early.expect("FAIL REGISTER TEMPORARILY_UNAVAILABLE").await;
        assert!(early.authenticate("ann", PASSWORD).await.contains(" 904 "));
        let said = early.seen.iter().any(|line| line.contains("FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE"));
        assert!(said, "{:#?}", early.seen);
        let mut other = host.connect().await;
        other.send("QUIT").await;
        other.rest().await;

        database.restore();
        // The early one is asked to come again as soon as the accounts are there.
        let rest = early.rest().await;
        assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
        host.connect().await.register("ann", PASSWORD).await;
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_told_when_the_database_is_back_and_nothing_more_is_accepted_meanwhile() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        let host = Host::start(&directory, &database.url()).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        let mut bob = host.connect().await.register("bob", PASSWORD).await;
        ann.settle().await;
        database.cut();
        ann.send("PRIVMSG #general :accepted").await;
        // Another's PONG waits for ann's commit only until it is known that nothing is committed.
        bob.settle().await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        bob.send("PRIVMSG #general :refused").await;
        bob.expect("FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #general").await;
        bob.settle().await;
        assert!(ann.is_quiet().await, "nobody is told before the commit: {:?}", ann.seen.last());

        database.restore();
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
        let texts: Vec<String> = bob.history("#general").await.into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["accepted", "again"]);
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_see_how_the_server_is_also_while_nothing_can_be_committed() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        let host = Host::start(&directory, &database.url()).await;
        let mut ann = host.connect_from("203.0.113.5").await.register("ann", PASSWORD).await;
        let mut operator = host.console().await;
        operator.send("INSPECT").await;
        let commits: u64 =
            operator.expect("FIGURE commit_p99_micros ").await.rsplit(' ').next().unwrap().parse().unwrap();
        assert!(commits > 0, "ann's registration was measured");
        let session = operator.expect("INSPECT SESSION ").await;
        assert!(session.contains(" serveur * operator unix "), "{session}");
        let session = operator.expect("INSPECT SESSION ").await;
        assert!(session.contains(" ann ann account tls 203.0.113.5 "), "{session}");
        assert!(session.ends_with(":#general"), "{session}");
        operator.expect("INSPECT END 2 2").await;

        database.cut();
        ann.send("PRIVMSG #general :accepted").await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        ann.send("PRIVMSG #general :refused").await;
        operator.send("INSPECT ann").await;
        operator.expect("FIGURE journal_waiting 1").await;
        operator.expect("FIGURE journal_stalled 1").await;
        operator.expect(" ann ann account tls ").await;
        operator.expect("INSPECT END 1 1").await;
        database.restore();
        ann.expect(":accepted").await;
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_without_the_database_ends_in_time() {
    let directory = tempdir().unwrap();
    for mut database in Switchable::all(&directory).await {
        let change = |config: &mut chat_tui::server::config::Config| config.stop_timeout = Duration::from_secs(3);
        let host = Host::with(&directory, &database.url(), change).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        ann.settle().await;
        database.cut();
        ann.send("PRIVMSG #general :never committed").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let stopping = tokio::spawn(host.stop());
        // Nobody may believe that it was stored: there is no echo, but there is an end.
        let rest = ann.rest().await;
        assert!(!rest.iter().any(|line| line.contains("never committed")), "{rest:?}");
        assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
        stopping.await.unwrap();
        database.restore();
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_starts_the_world_over_and_loses_nothing_else() {
    let directory = tempdir().unwrap();
    let database = Database::Sqlite;
    let host = Host::start(&directory, &database.url(&directory)).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    let mut bob = host.connect().await.register("bob", PASSWORD).await;
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.text = 'poison' \
                   BEGIN SELECT RAISE(ABORT, 'poison is refused'); END";
    database.execute(&directory, &[trigger]).await;
    ann.send_bytes(b"PRIVMSG #general :before\r\nPRIVMSG #general :poison\r\nPRIVMSG #general :behind\r\n").await;
    for client in [&mut ann, &mut bob] {
        let rest = client.rest().await;
        assert!(rest.iter().any(|line| line.ends_with(":before")), "{rest:?}");
        assert!(!rest.iter().any(|line| line.contains("poison") || line.ends_with(":behind")), "{rest:?}");
        assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
    }
    // Whoever is back at once waits until the record is loaded again.
    let mut ann = host.connect().await.log_in("ann", PASSWORD).await;
    ann.send("PRIVMSG #general :after").await;
    ann.expect(":after").await;
    let texts: Vec<String> = ann.history("#general").await.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts, ["before", "after"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_holds_up_nobody() {
    let directory = tempdir().unwrap();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = crate::host::program();
    command.args(["--listen", &free, "--data-dir"]).arg(directory.path()).stdin(std::process::Stdio::null());
    let mut server = command.stdout(std::process::Stdio::null()).stderr(full).spawn().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(&free).is_err() {
        assert!(server.try_wait().unwrap().is_none() && std::time::Instant::now() < deadline, "it does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut ann = Client::connect(&free).await.register("ann", PASSWORD).await;
    // A commit that fails is logged by the journal itself.
    let lock = rusqlite::Connection::open(directory.path().join("chat.sqlite3")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    ann.send("PRIVMSG #general :written").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    drop(lock);
    ann.expect(":written").await;
    server.kill().unwrap();
    server.wait().unwrap();
}
