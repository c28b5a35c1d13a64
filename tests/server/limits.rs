//! The bounds of connections: how many, from where, how fast; and that a flood of one does not hurt the others.

use std::time::{Duration, Instant};

use chat_tui::server::pace::PaceLimits;
use tempfile::tempdir;

use crate::client::Client;
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";
const TOO_MANY: &str = "ERROR :Too many connections from your address";

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_so_many_connections_and_no_more() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        config.connections_per_address_max = 2;
        config.rules.trusted_networks = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let mut first = host.connect_from("2001:db8:1:2::1").await;
    let mut second = host.connect_from("2001:db8:1:2::2").await;
    for client in [&mut first, &mut second] {
        client.send("CAP LS 302").await;
        client.expect(" CAP ").await;
    }
    assert_eq!(host.connect_from("2001:db8:1:2:3::4").await.rest().await, [TOO_MANY], "IPv6 counts by /64");
    // Other networks have their own, trusted ones and this machine none.
    let mut others = Vec::new();
    for address in ["2001:db8:1:3::1", "10.1.1.1", "10.1.1.1", "10.1.1.1", "127.0.0.1", "127.0.0.1", "::1"] {
        let mut other = host.connect_from(address).await;
        other.send("CAP LS 302").await;
        other.expect(" CAP ").await;
        others.push(other);
    }
    // A place is free again when its connection ends.
    first.send("QUIT").await;
    first.rest().await;
    drop(first);
    loop {
        let mut third = host.connect_from("2001:db8:1:2::3").await;
        let _ = third.try_send("CAP LS 302").await;
        match third.next().await {
            Some(line) if line.contains(" CAP ") => break,
            line => assert!(line.is_none_or(|line| line == TOO_MANY)),
        }
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_page_takes_its_time_and_nothing_is_lost() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        config.pace = PaceLimits { lines_per_second_max: 200, lines_burst_max: 50 };
    })
    .await;
    let mut ann = host.connect_from("192.0.2.1").await.register("ann", PASSWORD).await;
    let mut bob = host.connect_from("127.0.0.1").await.register("bob", PASSWORD).await;
    let page: String = (0..200).map(|number| format!("PRIVMSG #general :line {number}\r\n")).collect();
    for (client, is_slow) in [(&mut ann, true), (&mut bob, false)] {
        let begin = Instant::now();
        client.send_bytes(page.as_bytes()).await;
        for number in 0..200 {
            client.expect(&format!("PRIVMSG #general :line {number}")).await;
        }
        // 50 at once, then 150 at 200 a second; from this machine all at once.
        assert!(!is_slow || begin.elapsed() >= Duration::from_millis(700), "{:?}", begin.elapsed());
        client.settle().await;
    }
    host.stop().await;
}

/// A pair that talks: how long each message took to come back, sorted.
async fn talk(ann: &mut Client, bob: &mut Client, rounds: usize) -> Vec<Duration> {
    let mut took = Vec::new();
    for number in 0..rounds {
        let begin = Instant::now();
        ann.send(&format!("PRIVMSG bob :ask {number}")).await;
        bob.expect(&format!(":ask {number}")).await;
        bob.send(&format!("PRIVMSG ann :answer {number}")).await;
        ann.expect(&format!(":answer {number}")).await;
        took.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    took.sort();
    took
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_log_ins_does_not_stall_a_talking_pair() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        (config.rules.failed_logins_per_account_max, config.rules.failed_logins_per_address_max) = (0, 0);
    })
    .await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    let mut bob = host.connect().await.register("bob", PASSWORD).await;
    let quiet = talk(&mut ann, &mut bob, 100).await;

    let mut attackers = tokio::task::JoinSet::new();
    for number in 0..24 {
        let mut attacker = host.connect_from(&format!("192.0.2.{number}")).await;
        attackers.spawn(async move {
            attacker.introduce("eve").await;
            // Five wrong passwords a connection; some are turned away unjudged, because too many wait.
            for _ in 0..5 {
                attacker.authenticate(["ann", "nobody"][number % 2], "wrong password").await;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let flooded = talk(&mut ann, &mut bob, 100).await;
    assert!(!attackers.is_empty());
    while let Some(ended) = attackers.join_next().await {
        ended.unwrap();
    }
    let p99 = |took: &[Duration]| took[took.len() * 99 / 100 - 1];
    println!("p99 of a round trip: quiet {:?}, during a flood of log-ins {:?}", p99(&quiet), p99(&flooded));
    // The hashes alone take seconds. The machine is shared, so the bound is generous.
    assert!(p99(&flooded) < Duration::from_millis(500), "{:?}", p99(&flooded));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_line_in_thousands_out_waits_for_its_reader() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        config.rules.channels_per_account_max = 1_000;
    })
    .await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    for hundred in 0..10 {
        for twenty in 0..5 {
            let names: Vec<_> = (0..20).map(|one| format!("#channel-{hundred}-{twenty}-{one}")).collect();
            ann.send(&format!("JOIN {}", names.join(","))).await;
        }
        ann.settle().await;
    }
    // Ten megabytes of answers are asked for, and nobody reads them: no more is answered than the queue may hold.
    let mut eve = host.connect_from("127.0.0.1").await.register("eve", PASSWORD).await;
    let lists: String = (0..200).map(|number| format!("LIST\r\nPING :{number}\r\n")).collect();
    eve.send_bytes(lists.as_bytes()).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    ann.settle().await;
    // Whoever reads after all gets everything, in order, and was not disconnected.
    for number in 0..200 {
        eve.expect(&format!("PONG chat.local :{number}")).await;
    }
    host.stop().await;
}
