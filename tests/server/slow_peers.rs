//! Peers that hold a connection and hardly use it: each is ended in time, costs little until then, and nobody waits for it.

use std::time::{Duration, Instant};

use chat_tui::ground::tls::client::Connector;
use chat_tui::ground::tls::server::ServerCertificate;
use chat_tui::server::listener::Listener;
use tempfile::{TempDir, tempdir};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::client::{Client, PATIENCE};
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

/// A server that has little patience.
async fn impatient(directory: &TempDir) -> Host {
    Host::with(directory, &Database::Sqlite.url(directory), |config| {
        config.rules.registration_timeout = Duration::from_secs(1);
        config.rules.keepalive_interval = Duration::from_secs(1);
        config.rules.ping_timeout = Duration::from_secs(1);
    })
    .await
}

/// Sends these bytes, or the next one of them, every 50 ms until the server ends the connection; gives the last line.
async fn last_line_while(mut client: Client, bytes: &[u8], by_one: bool) -> String {
    let begin = Instant::now();
    let mut pieces = bytes.chunks(if by_one { 1 } else { bytes.len().max(1) }).cycle();
    loop {
        assert!(begin.elapsed() < PATIENCE, "it is still served");
        let is_open = client.try_send_bytes(pieces.next().unwrap_or_default()).await.is_ok();
        let until = Instant::now() + Duration::from_millis(50);
        while let Ok(line) = timeout(until.saturating_duration_since(Instant::now()), client.next()).await {
            if line.is_none() {
                return client.seen.last().cloned().unwrap_or_default();
            }
        }
        assert!(is_open, "it ended without a word: {:?}", client.seen);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_and_one_of_a_byte_a_time_are_ended_before_the_welcome() {
    let directory = tempdir().unwrap();
    let host = impatient(&directory).await;
    for bytes in [&b""[..], b"NICK"] {
        let line = last_line_while(host.connect().await, bytes, true).await;
        assert_eq!(line, "ERROR :Registration timed out", "{bytes:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn negotiating_for_ever_is_ended_too() {
    let directory = tempdir().unwrap();
    let host = impatient(&directory).await;
    let lines =
        "CAP LS 302\r\nCAP REQ :message-tags\r\nCAP LIST\r\nNICK ann\r\nAUTHENTICATE PLAIN\r\nAUTHENTICATE *\r\n";
    let line = last_line_while(host.connect().await, lines.as_bytes(), false).await;
    assert_eq!(line, "ERROR :Registration timed out");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_a_time_is_no_sign_of_life_after_the_welcome() {
    let directory = tempdir().unwrap();
    let host = impatient(&directory).await;
    let ann = host.connect().await.register("ann", PASSWORD).await;
    let line = last_line_while(ann, b"P", true).await;
    assert!(line.starts_with("ERROR :Ping timeout"), "{line}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_without_end_are_dropped_as_they_come() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    ann.send_bytes(b"@").await;
    for _ in 0..1_000 {
        ann.send_bytes(&[b'a'; 8_192]).await;
    }
    ann.send(" PING :nobody").await;
    ann.expect(" 417 ").await;
    ann.settle().await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_do_not_go_on_hold_up_nobody_and_are_ended() {
    let directory = tempdir().unwrap();
    let certificate = ServerCertificate::self_signed(directory.path(), &["localhost".to_owned()]).unwrap();
    let (_acceptor, acceptors) = watch::channel(certificate.acceptor());
    let listener = Listener::tls("127.0.0.1:0".parse().unwrap(), acceptors).unwrap();
    let address = listener.local_address().unwrap();
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |config| {
        config.handshake_timeout = Duration::from_secs(3);
    })
    .await;
    let mut half_open = Vec::new();
    for _ in 0..400 {
        half_open.push(TcpStream::connect(address).await.unwrap());
    }
    let begin = Instant::now();
    let stream = TcpStream::connect(address).await.unwrap();
    let secured = Connector::new().connect(stream, "localhost", Some(certificate.fingerprint())).await.unwrap();
    let ann = Client::over(secured.stream).register("ann", PASSWORD).await;
    assert!(begin.elapsed() < Duration::from_secs(3), "it had to wait for the others: {:?}", begin.elapsed());
    for mut stream in half_open {
        let read = timeout(PATIENCE, stream.read(&mut [0; 16])).await.expect("it is ended in time");
        assert!(matches!(read, Ok(0) | Err(_)));
    }
    drop(ann);
    host.stop().await;
}
