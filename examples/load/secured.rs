//! TLS over a socket that never blocks, for the load and for the reference: rustls, and nothing around it.

use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use chat_tui::ground::tls;
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, Connection, DigitallySignedStruct, ServerConfig, SignatureScheme};

/// One end of a TLS connection.
pub struct Secured(Box<Connection>);

/// What clients of the load share.
pub fn client_config() -> Arc<ClientConfig> {
    tls::install_provider();
    let anybody = Arc::new(Anybody);
    Arc::new(ClientConfig::builder().dangerous().with_custom_certificate_verifier(anybody).with_no_client_auth())
}

impl Secured {
    /// The end that connects.
    pub fn client(config: &Arc<ClientConfig>) -> io::Result<Self> {
        let name = ServerName::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
        let connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        Ok(Self(Box::new(connection.into())))
    }

    /// The end that accepts.
    pub fn server(config: &Arc<ServerConfig>) -> io::Result<Self> {
        let connection = rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
        Ok(Self(Box::new(connection.into())))
    }

    /// What has arrived, as [`net::recv`] would have it: 0 bytes at the end, an error when there is nothing yet.
    pub fn recv(&mut self, socket: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
        let mut wire = Wire(socket);
        let ended = match self.0.read_tls(&mut wire) {
            Ok(count) => count == 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(Errno::AGAIN),
            Err(_) => return Err(Errno::CONNRESET),
        };
        let state = self.0.process_new_packets();
        // The handshake goes on, or the other end is told what was wrong.
        self.flush(socket);
        state.map_err(|_| Errno::PROTO)?;
        match self.0.reader().read(buffer) {
            Err(_) if ended => Ok(0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(Errno::AGAIN),
            Err(_) => Err(Errno::CONNRESET),
            Ok(count) => Ok(count),
        }
    }

    /// Takes bytes to be sent, all of them, and sends what the socket takes.
    pub fn send(&mut self, socket: &OwnedFd, bytes: &[u8]) {
        // Its buffer is only limited for what is sent before the handshake is over, which is little.
        let _ = self.0.writer().write_all(bytes);
        self.flush(socket);
    }

    /// Sends what is left. A broken connection is noticed when it is read.
    pub fn flush(&mut self, socket: &OwnedFd) {
        while self.0.wants_write() && self.0.write_tls(&mut Wire(socket)).is_ok_and(|count| count > 0) {}
    }

    /// Whether something is left that the socket did not take.
    pub fn has_more(&self) -> bool {
        self.0.wants_write()
    }
}

/// A socket as rustls reads and writes it.
struct Wire<'a>(&'a OwnedFd);

impl Read for Wire<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(net::recv(self.0, buffer, RecvFlags::empty()).map(|(count, _)| count)?)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(net::send(self.0, bytes, SendFlags::NOSIGNAL)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever is measured here is believed.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
