//! Somebody does not read: that one is disconnected with a reason, and nobody else waits.

use std::net::{IpAddr, Ipv4Addr};

use chat_tui::chat::ports::{Peer, Transport};
use chat_tui::server::outbox::{OutboxLimits, SENDQ_EXCEEDED};
use tempfile::tempdir;

use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_read_is_told_why_it_ends_and_finds_the_rest_in_history() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| {
        config.outbox = OutboxLimits { soft_bytes_max: 8 * 1024, hard_bytes_max: 32 * 1024 };
    })
    .await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    // A connection within the process holds little: what is not read stays with the server.
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let peer = Peer { address, port: 1, transport: Transport::Tls };
    let mut sleeper = host.dial(peer).await.register("sleeper", PASSWORD).await;

    let text = "x".repeat(380);
    for number in 0..600 {
        ann.send(&format!("PRIVMSG #general :{number} {text}")).await;
        ann.expect(&format!(":{number} ")).await;
    }
    let line = ann.expect("QUIT").await;
    assert!(line.ends_with(SENDQ_EXCEEDED), "{line}");
    // It has waited too long to be told itself; what it finds unread is the beginning, and then the end.
    let rest = sleeper.rest().await;
    assert!((1..600).contains(&rest.len()), "{}", rest.len());

    let mut awake = host.connect().await.log_in("sleeper", PASSWORD).await;
    assert_eq!(awake.history("#general").await.len(), 600);
    host.stop().await;
}
