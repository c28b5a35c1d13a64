//! What no client should send: a clear error to that client, and nothing else affected.

use std::time::Duration;

use tempfile::tempdir;

use crate::client::Client;
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

/// A server with a bystander who must not notice anything.
async fn with_bystander() -> (tempfile::TempDir, Host, Client) {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let bystander = host.connect().await.register("bystander", PASSWORD).await;
    (directory, host, bystander)
}

async fn is_unaffected(host: Host, mut bystander: Client) {
    bystander.send("PRIVMSG #general :still here").await;
    bystander.expect(":still here").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_none_are_answered_each() {
    let (_directory, host, bystander) = with_bystander().await;
    let mut client = host.connect().await.register("ann", PASSWORD).await;
    client.send_bytes(b"PRIVMSG #general :\xff\xfe\r\n").await;
    client.expect("INVALID_UTF8").await;
    client.send_bytes(b"PRIVMSG #general :a\0b\r\n").await;
    client.expect("FAIL ").await;
    client.send(&format!("PRIVMSG #general :{}", "x".repeat(600))).await;
    client.expect(" 417 ").await;
    client.send(&format!("@{} PRIVMSG #general :x", "t".repeat(5_000))).await;
    client.expect(" 417 ").await;
    client.send("NONSENSE a b").await;
    client.expect(" 421 ").await;
    client.send(":x").await;
    client.settle().await;
    is_unaffected(host, bystander).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_ends_in_order_and_costs_nobody_anything() {
    let (_directory, host, bystander) = with_bystander().await;
    // Not random, so that a failure can be repeated: a simple generator.
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let garbage: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
    .take(256 * 1024)
    .collect();
    for chunk in garbage.chunks(64 * 1024) {
        let mut client = host.connect().await;
        let sending = async {
            let _ = client.try_send_bytes(chunk).await;
            client.try_send_bytes(b"\r\nPING :alive\r\n").await
        };
        let _ = tokio::time::timeout(Duration::from_secs(10), sending).await;
    }
    is_unaffected(host, bystander).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_line_and_silence_is_ended_in_time() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        config.rules.registration_timeout = Duration::from_secs(1);
    })
    .await;
    let mut client = host.connect().await;
    client.send_bytes(b"NICK half").await;
    let rest = client.rest().await;
    assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_exchange_of_sasl_fails_and_may_be_tried_again() {
    let (_directory, host, bystander) = with_bystander().await;
    let mut client = host.connect().await;
    client.introduce("bystander").await;
    client.send("AUTHENTICATE NONSENSE").await;
    client.expect(" 908 ").await;
    client.send("AUTHENTICATE PLAIN").await;
    client.expect("AUTHENTICATE +").await;
    client.send("AUTHENTICATE !!!!").await;
    client.expect(" 904 ").await;
    client.send("AUTHENTICATE PLAIN").await;
    client.expect("AUTHENTICATE +").await;
    client.send(&format!("AUTHENTICATE {}", "A".repeat(401))).await;
    client.expect(" 905 ").await;
    client.send("AUTHENTICATE SCRAM-SHA-256").await;
    client.expect("AUTHENTICATE +").await;
    client.send("AUTHENTICATE bm9uc2Vuc2U=").await;
    client.expect(" 904 ").await;
    client.send("AUTHENTICATE PLAIN").await;
    client.expect("AUTHENTICATE +").await;
    client.send("AUTHENTICATE *").await;
    client.expect(" 906 ").await;
    assert!(client.authenticate("bystander", PASSWORD).await.contains(" 903 "));
    client.welcomed().await;
    is_unaffected(host, bystander).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lines_at_once_are_all_answered() {
    let (_directory, host, bystander) = with_bystander().await;
    let mut client = host.connect().await.register("ann", PASSWORD).await;
    let lines: String = (0..2_000).map(|number| format!("PING :{number}\r\n")).collect();
    client.send_bytes(lines.as_bytes()).await;
    client.expect(":1999").await;
    is_unaffected(host, bystander).await;
}
