//! Registering, logging in, talking: what everybody sees, in one order, and what is there afterwards.

use tempfile::tempdir;

use crate::client::message_of;
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_same_order_and_history_has_it() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let host = Host::start(&directory, &database.url(&directory)).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        let mut bob = host.connect().await.register("bob", PASSWORD).await;
        let mut eve = host.connect().await.register("eve", PASSWORD).await;
        const EACH: usize = 100;
        for number in 0..EACH {
            ann.send(&format!("PRIVMSG #general :ann {number}")).await;
            bob.send(&format!("PRIVMSG #general :bob {number}")).await;
        }
        let mut seen = Vec::new();
        for client in [&mut ann, &mut bob, &mut eve] {
            let mut messages = Vec::new();
            while messages.len() < 2 * EACH {
                messages.push(message_of(&client.expect("PRIVMSG #general").await).unwrap());
            }
            seen.push(messages);
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], seen[2]);
        assert!(seen[0].is_sorted_by(|one, other| one.0 < other.0));
        host.stop().await;

        let host = Host::start(&directory, &database.url(&directory)).await;
        let mut eve = host.connect().await.log_in("eve", PASSWORD).await;
        assert_eq!(eve.history("#general").await, seen[0]);
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_message_waits_for_whoever_is_away() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    let mut bob = host.connect().await.register("bob", PASSWORD).await;
    bob.send("QUIT").await;
    bob.rest().await;
    ann.send("PRIVMSG bob :are you there?").await;
    let echo = message_of(&ann.expect("PRIVMSG bob").await).unwrap();
    let mut bob = host.connect().await.log_in("bob", PASSWORD).await;
    bob.send("CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10").await;
    bob.expect("CHATHISTORY TARGETS ann ").await;
    assert_eq!(bob.history("ann").await, [echo]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_logs_in_by_password_scram_and_token() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let host = Host::start(&directory, &database.url(&directory)).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        ann.send("DEVICE ADD :laptop").await;
        let line = ann.expect("DEVICE ADD ").await;
        let token = line.split(' ').find(|word| word.starts_with("ctd1_")).expect("a token").to_owned();

        host.connect().await.log_in("ann", PASSWORD).await;
        host.connect().await.log_in("ann", &token).await;
        // A token is proof enough, a password is not.
        host.connect_from("10.0.0.9").await.log_in("ann", &token).await;
        assert!(host.connect_from("10.0.0.9").await.try_log_in("ann", PASSWORD).await.contains(" 904 "));

        let mut scram = host.connect().await;
        assert!(scram.try_scram("ann", PASSWORD).await.contains(" 903 "));
        let mut scram = host.connect().await;
        assert!(scram.try_scram("ann", "another horse").await.contains(" 904 "));
        let mut unknown = host.connect().await;
        assert!(unknown.try_scram("nobody", PASSWORD).await.contains(" 904 "));
        let mut unknown = host.connect().await;
        assert!(unknown.try_log_in("nobody", PASSWORD).await.contains(" 904 "));

        // Whoever comes after a restart is known by what was loaded.
        host.stop().await;
        let host = Host::start(&directory, &database.url(&directory)).await;
        assert!(host.connect().await.try_scram("ann", PASSWORD).await.contains(" 903 "));
        let mut laptop = host.connect().await.log_in("ann", &token).await;
        laptop.send("DEVICE LIST").await;
        let listed = laptop.expect("DEVICE ENTRY 1 ").await;
        assert!(listed.ends_with(" 127.0.0.1 :laptop"), "its use is noted: {listed}");
        laptop.send("DEVICE REVOKE 1").await;
        laptop.expect("DEVICE REVOKED 1").await;
        assert!(host.connect().await.try_log_in("ann", &token).await.contains(" 904 "));
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_id_is_one_message() {
    for database in Database::all().await {
        let directory = tempdir().unwrap();
        let host = Host::start(&directory, &database.url(&directory)).await;
        let mut ann = host.connect().await.register("ann", PASSWORD).await;
        let mut bob = host.connect().await.register("bob", PASSWORD).await;
        ann.send("@+chat-tui/id=k1;label=one PRIVMSG #general :once").await;
        let first = ann.expect("PRIVMSG #general").await;
        ann.send("@+chat-tui/id=k1;label=two PRIVMSG #general :once").await;
        ann.send("PRIVMSG #general :next").await;
        let again = ann.expect("PRIVMSG #general").await;
        assert_eq!(message_of(&first), message_of(&again), "{first}\n{again}");
        assert!(again.contains("label=two"), "{again}");
        ann.expect(":next").await;
        bob.expect(":once").await;
        let line = bob.expect("PRIVMSG #general").await;
        assert!(line.ends_with(":next"), "{line}");
        host.stop().await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_keep_the_order_of_their_lines() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    for number in 0..50 {
        ann.send(&format!("PRIVMSG #general :{number}")).await;
        ann.send(&format!("PING :after {number}")).await;
    }
    for number in 0..50 {
        let line = ann.expect_any(&["PRIVMSG", "PONG"]).await;
        assert!(line.ends_with(&format!("PRIVMSG #general :{number}")), "{line}");
        let line = ann.expect_any(&["PRIVMSG", "PONG"]).await;
        assert!(line.ends_with(&format!(":after {number}")), "{line}");
    }
    host.stop().await;
}
