//! How clients come in: TLS, the Unix socket, in the clear; and who is kept out.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;

use chat_tui::chat::ports::{Peer, Transport};
use chat_tui::ground::tls::client::Connector;
use chat_tui::ground::tls::server::ServerCertificate;
use chat_tui::server::listener::{ListenError, Listener};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::client::{Client, PATIENCE};
use crate::database::Database;
use crate::host::Host;

const PASSWORD: &str = "correct horse";

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_served_by_a_certificate_of_the_servers_own() {
    let directory = tempdir().unwrap();
    let certificate = ServerCertificate::self_signed(directory.path(), &["localhost".to_owned()]).unwrap();
    let (_acceptor, acceptors) = tokio::sync::watch::channel(certificate.acceptor());
    let listener = Listener::tls("127.0.0.1:0".parse().unwrap(), acceptors).unwrap();
    let address = listener.local_address().unwrap();
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |_| {}).await;

    // Somebody who never shakes hands, and somebody who speaks in the clear, hold up nobody.
    let _silent = TcpStream::connect(address).await.unwrap();
    let mut clear = TcpStream::connect(address).await.unwrap();
    clear.write_all(b"NICK ann\r\nUSER ann 0 * :ann\r\n").await.unwrap();
    let mut answer = Vec::new();
    timeout(PATIENCE, clear.read_to_end(&mut answer)).await.expect("it ends in time").ok();
    assert!(!answer.windows(2).any(|bytes| bytes == b"NI"), "it was answered in the clear");

    let stream = TcpStream::connect(address).await.unwrap();
    let secured = Connector::new().connect(stream, "localhost", Some(certificate.fingerprint())).await.unwrap();
    let mut ann = Client::over(secured.stream).register("ann", PASSWORD).await;
    ann.send("PRIVMSG #general :over TLS").await;
    ann.expect(":over TLS").await;
    ann.send("QUIT").await;
    let rest = ann.rest().await;
    assert!(rest.last().is_some_and(|line| line.starts_with("ERROR :")), "{rest:?}");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unix_socket_is_private_and_knows_its_operator() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("run").join("chat.sock");
    let listener = Listener::unix(&path).unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(matches!(Listener::unix(&path), Err(ListenError::Taken(_))), "somebody listens there");
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |_| {}).await;

    let mut operator = Client::over(UnixStream::connect(&path).await.unwrap());
    operator.introduce("operator").await;
    operator.send("AUTHENTICATE EXTERNAL").await;
    operator.expect("AUTHENTICATE +").await;
    operator.send("AUTHENTICATE +").await;
    operator.expect(" 903 ").await;
    let mut operator = operator.welcomed().await;
    let mut ann = host.connect().await.register("ann", PASSWORD).await;
    ann.send("PRIVMSG serveur :Serveur vous me recevez ?").await;
    operator.expect(":Serveur vous me recevez ?").await;
    operator.send("PRIVMSG ann :Tout à fait, client").await;
    let line = ann.expect(":Tout à fait, client").await;
    assert!(line.contains(":serveur!serveur@"), "{line}");

    // Over TCP nobody is an operator.
    let mut stranger = host.connect().await;
    stranger.introduce("stranger").await;
    stranger.send("AUTHENTICATE EXTERNAL").await;
    let line = stranger.expect_any(&[" 903 ", " 904 ", " 908 "]).await;
    assert!(!line.contains(" 903 "), "{line}");
    host.stop().await;
    assert!(!path.exists(), "the socket's file goes with its server");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_taken_where_others_can_read_along() {
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &Database::Sqlite.url(&directory)).await;
    let address: IpAddr = "192.168.56.1".parse().unwrap();
    let mut client = host.dial(Peer { address, port: 50_000, transport: Transport::Plain }).await;
    client.introduce("ann").await;
    client.send("REGISTER ann * correct-horse").await;
    client.expect("FAIL REGISTER SECURE_CONNECTION_REQUIRED").await;
    client.send("AUTHENTICATE PLAIN").await;
    client.expect("FAIL AUTHENTICATE SECURE_CONNECTION_REQUIRED").await;
    client.expect(" 904 ").await;
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_allowed_are_turned_away_until_one_leaves() {
    let directory = tempdir().unwrap();
    let host = Host::with(&directory, &Database::Sqlite.url(&directory), |config| config.connections_max = 2).await;
    let mut first = host.connect().await.register("ann", PASSWORD).await;
    let mut second = host.connect().await;
    second.introduce("bob").await;
    let rest = host.connect().await.rest().await;
    assert_eq!(rest, ["ERROR :Too many connections"]);
    second.send("QUIT").await;
    second.rest().await;
    drop(second);
    // The place is free as soon as the connection's task has ended.
    loop {
        let mut third = host.connect().await;
        let _ = third.try_send("CAP LS 302").await;
        let Some(line) = third.next().await else { continue };
        if line.contains(" CAP ") {
            break;
        }
        assert_eq!(line, "ERROR :Too many connections");
    }
    first.settle().await;
    host.stop().await;
}

/// A way to connect by TLS that shows a certificate of its own.
fn certified() -> tokio_rustls::TlsConnector {
    use rustls::pki_types::pem::PemObject as _;
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["ann".to_owned()]).unwrap().self_signed(&key).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(std::sync::Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(std::sync::Arc::new(AnyServer(provider)))
        .with_client_auth_cert(vec![certificate.der().clone()], key)
        .unwrap();
    tokio_rustls::TlsConnector::from(std::sync::Arc::new(config))
}

/// Believes any server: here it is the clients that are tested.
#[derive(Debug)]
struct AnyServer(std::sync::Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &rustls::pki_types::CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_certificate_logs_it_in() {
    let directory = tempdir().unwrap();
    let certificate = ServerCertificate::self_signed(directory.path(), &["localhost".to_owned()]).unwrap();
    let (_acceptor, acceptors) = tokio::sync::watch::channel(certificate.acceptor());
    let listener = Listener::tls("127.0.0.1:0".parse().unwrap(), acceptors).unwrap();
    let address = listener.local_address().unwrap();
    let host = Host::listening(&directory, &Database::Sqlite.url(&directory), vec![listener], |_| {}).await;
    let dial = async |connector: &tokio_rustls::TlsConnector| {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
        Client::over(connector.connect(name, stream).await.unwrap())
    };
    let (own, other) = (certified(), certified());
    let mut ann = dial(&own).await.register("ann", PASSWORD).await;
    ann.send("DEVICE CERT :laptop").await;
    ann.expect("DEVICE CERT ").await;
    ann.send("QUIT").await;
    ann.rest().await;

    let mut again = dial(&own).await;
    again.introduce("ann").await;
    again.send("AUTHENTICATE EXTERNAL").await;
    again.expect("AUTHENTICATE +").await;
    again.send("AUTHENTICATE +").await;
    again.expect(" 900 ").await;
    again.expect(" 903 ").await;
    again.welcomed().await;
    let mut stranger = dial(&other).await;
    stranger.introduce("stranger").await;
    stranger.send("AUTHENTICATE EXTERNAL").await;
    stranger.expect("AUTHENTICATE +").await;
    stranger.send("AUTHENTICATE +").await;
    stranger.expect(" 904 ").await;
    host.stop().await;
}
