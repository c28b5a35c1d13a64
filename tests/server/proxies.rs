//! Balancers that say for whom they connect, and everybody else, who must not.

use std::time::Duration;

use chat_tui::ground::tls::client::Connector;
use chat_tui::ground::tls::server::ServerCertificate;
use chat_tui::server::listener::Listener;
use tempfile::{TempDir, tempdir};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::client::Client;
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

/// A header of version 2 from 203.0.113.9, with extensions.
fn header(extensions: &[u8]) -> Vec<u8> {
    let addresses = [203, 0, 113, 9, 127, 0, 0, 1, 0xc0, 0x00, 0x1a, 0x29];
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec();
    bytes.extend(((addresses.len() + extensions.len()) as u16).to_be_bytes());
    bytes.extend(addresses);
    bytes.extend(extensions);
    bytes
}

/// The extension that says: the client came by TLS.
const BY_TLS: &[u8] = &[0x20, 0, 5, 1, 0, 0, 0, 0];

async fn host(directory: &TempDir, proxies: &str) -> Host {
    Host::with(directory, &Database::Sqlite.url(directory), |config| {
        config.proxy_networks = vec![proxies.parse().unwrap()];
        config.handshake_timeout = Duration::from_secs(1);
    })
    .await
}

async fn connect(host: &Host, header: &[u8]) -> Client {
    let mut stream = TcpStream::connect(&host.address).await.unwrap();
    stream.write_all(header).await.unwrap();
    Client::over(stream)
}

/// Where a logged-in session comes from, as its owner sees it.
async fn address(client: &mut Client) -> String {
    client.send("NICKSERV SESSIONS").await;
    client.expect("NOTICE").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balancer_names_the_client() {
    let directory = tempdir().unwrap();
    let host = host(&directory, "127.0.0.1/32").await;
    let mut ann = connect(&host, &header(BY_TLS)).await.register("ann", PASSWORD).await;
    assert!(address(&mut ann).await.contains("203.0.113.9"));
    // The account is bound to the client's address, not to the balancer's.
    let mut elsewhere = connect(&host, b"\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00").await;
    assert!(elsewhere.try_log_in("ann", PASSWORD).await.contains(" 904 "));
    // Version 1 cannot say that the client came by TLS: no password goes over it.
    let mut plain = connect(&host, b"PROXY TCP4 203.0.113.9 127.0.0.1 5000 6667\r\n").await;
    plain.introduce("bob").await;
    plain.send("REGISTER bob * correct-horse").await;
    plain.expect("SECURE_CONNECTION_REQUIRED").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_balancer_that_names_nobody_in_time_is_left() {
    let directory = tempdir().unwrap();
    let host = host(&directory, "127.0.0.1/32").await;
    let headers: [&[u8]; 6] = [
        b"NICK ann\r\nUSER ann 0 * :ann\r\n",
        b"PROXY TCP4 203.0.113.9\r\n",
        b"PROXY TCP4 127.0.0.1",
        b"",
        &header(&[0x20, 0, 9, 1]),
        &header(BY_TLS)[..20],
    ];
    for header in headers {
        assert!(connect(&host, header).await.rest().await.is_empty(), "{header:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_may_choose_an_address() {
    let directory = tempdir().unwrap();
    let host = host(&directory, "192.0.2.0/24").await;
    let mut eve = connect(&host, b"PROXY TCP4 203.0.113.9 127.0.0.1 5000 6667\r\n").await;
    eve.expect(" 421 ").await;
    let mut eve = eve.register("eve", PASSWORD).await;
    assert!(address(&mut eve).await.contains("127.0.0.1"));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_header_stands_before_the_handshake_of_tls() {
    let directory = tempdir().unwrap();
    let certificate = ServerCertificate::self_signed(directory.path(), &["localhost".to_owned()]).unwrap();
    let (_acceptor, acceptors) = watch::channel(certificate.acceptor());
    let listener = Listener::tls("127.0.0.1:0".parse().unwrap(), acceptors).unwrap();
    let address_of_tls = listener.local_address().unwrap();
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |config| {
        config.proxy_networks = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let mut stream = TcpStream::connect(address_of_tls).await.unwrap();
    stream.write_all(b"PROXY TCP6 2001:db8::7 ::1 5000 6697\r\n").await.unwrap();
    let secured = Connector::new().connect(stream, "localhost", Some(certificate.fingerprint())).await.unwrap();
    let mut ann = Client::over(secured.stream).register("ann", PASSWORD).await;
    assert!(address(&mut ann).await.contains("2001:db8::7"));
    host.stop().await;
}
