//! Where connections come from: TCP in the clear, TLS, the server's own Unix socket, and this very process.
//!
//! A listener accepts, says who the other end is, and starts a connection's task. It survives whatever `accept` reports,
//! and never lets a slow handshake wait before another one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::bounds::{ConnectionLimits, EntranceSettings};
use super::connection::serve;
use super::hub::stopped;
use super::mailbox::Mailbox;
use super::metrics::Metrics;
use super::places::{Place, Places};
use super::prompt::PromptStream;
use super::proxy;
use super::websocket::{self, Origins};
use crate::chat::event::Digest;
use crate::chat::policy;
use crate::chat::ports::{ConnId, Peer, Transport};
use crate::chat::throttle;
use crate::ground::paths::{self, PathError};
use crate::ground::tls::server::client_certificate;

/// How many connections may wait to be accepted; the system refuses more.
const BACKLOG: i32 = 4_096;
/// How long it may take to say why a connection is turned away.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(1);
/// How long connections wait for the world to be loaded, before they are accepted and told that it is away.
pub const READY_PATIENCE: Duration = Duration::from_secs(3);
/// How long accepting pauses when the system has no more descriptors or memory; each further time twice as long…
const BACK_OFF_MIN: Duration = Duration::from_millis(50);
/// …up to this.
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// How many bytes wait in each direction of a connection within this process, and how many such connections to be accepted.
const MEMORY_BYTES_MAX: usize = 64 * 1024;
const MEMORY_CONNECTIONS_MAX: usize = 64;
/// The mode of the Unix socket: only its user (and root) may connect.
const SOCKET_MODE: u32 = 0o600;

/// Why a listener cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refused.
    #[error("cannot listen on {place}: {source}")]
    Refused {
        /// The address or path.
        place: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another server answers there.
    #[error("cannot listen on {}: another server answers there", .0.display())]
    Taken(PathBuf),
    /// The socket's path or directory does not serve.
    #[error(transparent)]
    Path(#[from] PathError),
}

enum Socket {
    Plain(TcpListener),
    Tls(TcpListener, watch::Receiver<TlsAcceptor>),
    Unix(UnixListener, SocketFile),
    Memory(mpsc::Receiver<(DuplexStream, Peer)>),
}

/// Connects to a server of this process.
#[derive(Clone, Debug)]
pub struct Dialer(mpsc::Sender<(DuplexStream, Peer)>);

impl Dialer {
    /// A connection whose other end is said to be this one. Nothing when the server has stopped.
    pub async fn connect(&self, peer: Peer) -> Option<DuplexStream> {
        let (own, other) = duplex(MEMORY_BYTES_MAX);
        self.0.send((other, peer)).await.ok()?;
        Some(own)
    }
}

/// A place where connections come in.
pub struct Listener {
    socket: Socket,
    /// Whose address all peers are said to have: for tests, and for a proxy that all connections come through.
    peer_address: Option<IpAddr>,
    /// The pages that may connect, where IRC goes over WebSocket.
    websocket: Option<Arc<Origins>>,
}

impl Listener {
    fn of(socket: Socket) -> Self {
        Self { socket, peer_address: None, websocket: None }
    }

    /// TCP in the clear.
    pub fn plain(address: SocketAddr) -> Result<Self, ListenError> {
        Ok(Self::of(Socket::Plain(bind(address)?)))
    }

    /// TLS, by the acceptor that is the current one when a connection comes.
    pub fn tls(address: SocketAddr, acceptor: watch::Receiver<TlsAcceptor>) -> Result<Self, ListenError> {
        Ok(Self::of(Socket::Tls(bind(address)?, acceptor)))
    }

    /// A Unix socket. Its directory is made with mode 0700 when it is missing; a socket file that nobody listens to any
    /// more is replaced.
    pub fn unix(path: &Path) -> Result<Self, ListenError> {
        paths::check_socket_path(path)?;
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            paths::create_directory(directory)?;
        }
        let refused = |source| ListenError::Refused { place: path.display().to_string(), source };
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(ListenError::Taken(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(refused)?;
            }
            // There is no file, or one that the following call explains better.
            Err(_) => {}
        }
        let socket = UnixListener::bind(path).map_err(refused)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE)).map_err(refused)?;
        let file = SocketFile::of(path).map_err(refused)?;
        Ok(Self::of(Socket::Unix(socket, file)))
    }

    /// Connections within this process: for the operator's commands when no server runs, and for tests.
    pub fn memory() -> (Self, Dialer) {
        let (dialer, connections) = mpsc::channel(MEMORY_CONNECTIONS_MAX);
        (Self::of(Socket::Memory(connections)), Dialer(dialer))
    }

    /// WebSockets come in here, from these pages.
    pub fn over_websocket(mut self, origins: Origins) -> Self {
        self.websocket = Some(Arc::new(origins));
        self
    }

    /// All peers of this listener are said to have this address.
    pub fn with_peer_address(mut self, address: IpAddr) -> Self {
        self.peer_address = Some(address);
        self
    }

    /// The TCP address, with the port that the system chose when 0 was asked for.
    pub fn local_address(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Plain(listener) | Socket::Tls(listener, _) => listener.local_addr().ok(),
            Socket::Unix(..) | Socket::Memory(_) => None,
        }
    }

    /// Where it listens, for the operator.
    pub fn describe(&self) -> String {
        let address = || self.local_address().map_or_else(|| "?".to_owned(), |address| address.to_string());
        let kind = if self.websocket.is_some() { " (WebSocket)" } else { "" };
        match &self.socket {
            Socket::Plain(_) => format!("{}{kind}", address()),
            Socket::Tls(..) => format!("{} (TLS){kind}", address()),
            Socket::Unix(_, file) => file.path.display().to_string(),
            Socket::Memory(_) => "this process".to_owned(),
        }
    }

    /// Accepts until told to stop. Then nobody listens any more, and a Unix socket's file is gone.
    pub async fn run(mut self, entrance: Arc<Entrance>, mut stop: watch::Receiver<bool>) {
        let mut back_off = BACK_OFF_MIN;
        loop {
            let accepted = tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok(accepted) => {
                    back_off = BACK_OFF_MIN;
                    tokio::select! {
                        () = stopped(&mut stop) => return,
                        () = entrance.is_ready() => accepted.start(&entrance, self.websocket.clone()),
                    }
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, listener = self.describe(), "cannot accept connections; trying again");
                    tokio::select! {
                        () = stopped(&mut stop) => return,
                        () = tokio::time::sleep(back_off) => back_off = (back_off * 2).min(BACK_OFF_MAX),
                    }
                }
            }
        }
    }

    async fn accept(&mut self) -> io::Result<Accepted> {
        let peer_address = self.peer_address;
        let peer = |address: SocketAddr, transport| Peer {
            address: peer_address.unwrap_or(address.ip()).to_canonical(),
            port: address.port(),
            transport,
        };
        match &mut self.socket {
            Socket::Plain(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok(Accepted::Plain(stream, peer(address, Transport::Plain)))
            }
            Socket::Tls(listener, acceptor) => {
                let (stream, address) = listener.accept().await?;
                Ok(Accepted::Tls(stream, acceptor.borrow().clone(), peer(address, Transport::Tls)))
            }
            Socket::Unix(listener, _) => {
                let (stream, _) = listener.accept().await?;
                let uid = stream.peer_cred()?.uid();
                let operator = uid == 0 || uid == rustix::process::geteuid().as_raw();
                let address = peer_address.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
                Ok(Accepted::Unix(stream, Peer { address, port: 0, transport: Transport::Unix { uid, operator } }))
            }
            Socket::Memory(connections) => match connections.recv().await {
                Some((stream, peer)) => Ok(Accepted::Memory(stream, peer)),
                None => std::future::pending().await,
            },
        }
    }
}

/// A listener at an address.
pub(super) fn bind(address: SocketAddr) -> Result<TcpListener, ListenError> {
    use socket2::{Domain, Protocol, Socket, Type};
    let bound = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        // A server that is started again must not wait for the last connections of the one before it.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    bound().map_err(|source| ListenError::Refused { place: address.to_string(), source })
}

/// Whether an error of `accept` concerns the connection that was to be accepted, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NotConnected
    )
}

/// A Unix socket's file; removed with this value unless somebody else has put another one in its place.
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity_of(path)? })
    }
}

fn identity_of(path: &Path) -> io::Result<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity_of(&self.path).is_ok_and(|identity| identity == self.identity) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// What all listeners of a server share: the way to the hub, and the bounds.
pub struct Entrance {
    hub: Mailbox,
    settings: watch::Receiver<Arc<EntranceSettings>>,
    numbers: AtomicU64,
    places: Arc<Places>,
    metrics: Arc<Metrics>,
    /// Whether the world is there, or is known to be away.
    ready: watch::Receiver<bool>,
}

impl Entrance {
    /// The entrance to a hub.
    pub fn new(
        hub: Mailbox,
        settings: watch::Receiver<Arc<EntranceSettings>>,
        ready: watch::Receiver<bool>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self { ready, hub, settings, numbers: AtomicU64::new(1), places: Arc::default(), metrics }
    }

    /// Waits a little for a world that is being loaded: who comes at once, at the start or after a connection was ended
    /// because the world was loaded again, should find a server that works, not one that is about to.
    async fn is_ready(&self) {
        let _ = timeout(READY_PATIENCE, self.ready.clone().wait_for(|ready| *ready)).await;
    }

    /// Starts the task of a connection.
    fn attend<S>(&self, stream: S, peer: Peer, limits: ConnectionLimits, place: Place)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let conn = ConnId(self.numbers.fetch_add(1, Ordering::Relaxed));
        tokio::spawn(serve(stream, conn, peer, limits, self.hub.clone(), place));
    }

    /// Sets a WebSocket up and carries lines between it and the connection's task; nothing when that fails.
    async fn attend_websocket<S>(
        self: Arc<Self>,
        stream: S,
        peer: Peer,
        (limits, handshake_timeout): (ConnectionLimits, Duration),
        place: Place,
        origins: Arc<Origins>,
    ) where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (socket, subprotocol) = match timeout(handshake_timeout, websocket::accept(stream, &origins)).await {
            Ok(Ok(accepted)) => accepted,
            Ok(Err(error)) => {
                tracing::debug!(%error, peer = %peer.address, "the WebSocket handshake failed");
                return self.metrics.handshakes_failed.add_one();
            }
            Err(_) => {
                tracing::debug!(peer = %peer.address, "the WebSocket handshake took too long");
                return self.metrics.handshakes_failed.add_one();
            }
        };
        let (near, far) = duplex(websocket::PIPE_BYTES_MAX);
        self.attend(near, peer, limits, place);
        // A server that stops waits for nobody who carries lines only.
        drop(self);
        websocket::carry(socket, subprotocol, far).await;
    }
}

/// Sets TLS up, and sees whether the other end has a certificate; nothing when that fails or takes too long.
async fn shake_hands(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    peer: &Peer,
    most: Duration,
) -> Option<(Box<TlsStream<TcpStream>>, Peer)> {
    match timeout(most, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let certificate = client_certificate(stream.get_ref().1).map(Digest);
            let mut peer = peer.clone();
            if let Some(certificate) = certificate {
                peer.transport = Transport::CertifiedTls { certificate: Box::new(certificate) };
            }
            return Some((Box::new(stream), peer));
        }
        Ok(Err(error)) => tracing::debug!(%error, peer = %peer.address, "the TLS handshake failed"),
        Err(_) => tracing::debug!(peer = %peer.address, "the TLS handshake took too long"),
    }
    None
}

/// A connection that has just come in.
enum Accepted {
    Plain(TcpStream, Peer),
    Tls(TcpStream, TlsAcceptor, Peer),
    Unix(UnixStream, Peer),
    Memory(DuplexStream, Peer),
}

impl Accepted {
    /// Starts the connection's task, or turns it away when there are too many.
    fn start(self, entrance: &Arc<Entrance>, websocket: Option<Arc<Origins>>) {
        let settings = Arc::clone(&entrance.settings.borrow());
        let Some(place) = entrance.places.take(settings.connections_max) else {
            tracing::warn!("too many connections: turning one away");
            entrance.metrics.turned_away.add_one();
            tokio::spawn(self.turn_away("Too many connections", websocket.is_some()));
            return;
        };
        entrance.metrics.accepted(self.word()).add_one();
        let entrance = Arc::clone(entrance);
        match self {
            Self::Plain(..) | Self::Tls(..) if settings.is_balancer(self.peer().address) => {
                tokio::spawn(async move {
                    match self.introduced(settings.handshake_timeout).await {
                        Ok(accepted) => accepted.admit(&entrance, &settings, place, websocket),
                        Err(error) => tracing::debug!(%error, "a balancer's connection ends"),
                    }
                });
            }
            other => other.admit(&entrance, &settings, place, websocket),
        }
    }

    /// Who really comes, as a balancer says.
    async fn introduced(self, most: Duration) -> io::Result<Self> {
        Ok(match self {
            Self::Plain(mut stream, peer) => {
                let peer = timeout(most, proxied(&mut stream, peer)).await??;
                Self::Plain(stream, peer)
            }
            Self::Tls(mut stream, acceptor, peer) => {
                let peer = Peer { transport: Transport::Tls, ..timeout(most, proxied(&mut stream, peer)).await?? };
                Self::Tls(stream, acceptor, peer)
            }
            other => other,
        })
    }

    fn peer(&self) -> &Peer {
        match self {
            Self::Plain(_, peer) | Self::Tls(_, _, peer) | Self::Unix(_, peer) | Self::Memory(_, peer) => peer,
        }
    }

    /// Starts the connection's task unless there are too many from its address.
    fn admit(
        self,
        entrance: &Arc<Entrance>,
        settings: &EntranceSettings,
        mut place: Place,
        websocket: Option<Arc<Origins>>,
    ) {
        let address = self.peer().address;
        let is_bounded = throttle::is_bounded(&settings.rules, address);
        let most = settings.connections_per_address_max;
        if is_bounded && most > 0 && !place.belongs_to(policy::address_key(address), most) {
            tracing::info!(%address, "too many connections from one address: turning one away");
            entrance.metrics.turned_away.add_one();
            tokio::spawn(self.turn_away("Too many connections from your address", websocket.is_some()));
            return;
        }
        let limits = match is_bounded {
            true => settings.connection,
            false => settings.connection.without_pace(),
        };
        match self {
            Self::Plain(stream, peer) => {
                let _ = stream.set_nodelay(true);
                let (entrance, bounds) = (Arc::clone(entrance), (limits, settings.handshake_timeout));
                match websocket {
                    Some(origins) => {
                        drop(tokio::spawn(entrance.attend_websocket(stream, peer, bounds, place, origins)))
                    }
                    None => entrance.attend(PromptStream(stream), peer, limits, place),
                }
            }
            Self::Tls(stream, acceptor, peer) => {
                let _ = stream.set_nodelay(true);
                let (entrance, most) = (Arc::clone(entrance), settings.handshake_timeout);
                // A task of its own, whose room is given back when the connection's own task begins.
                tokio::spawn(async move {
                    match shake_hands(stream, &acceptor, &peer, most).await {
                        Some((stream, peer)) => match websocket {
                            Some(origins) => {
                                entrance.attend_websocket(stream, peer, (limits, most), place, origins).await;
                            }
                            None => entrance.attend(stream, peer, limits, place),
                        },
                        None => entrance.metrics.handshakes_failed.add_one(),
                    }
                });
            }
            Self::Unix(stream, peer) => entrance.attend(stream, peer, limits, place),
            Self::Memory(stream, peer) => entrance.attend(stream, peer, limits, place),
        }
    }

    /// The word for its transport among those of [`super::metrics`].
    fn word(&self) -> &'static str {
        match self {
            Self::Plain(_, peer) | Self::Tls(_, _, peer) | Self::Unix(_, peer) => peer.transport.word(),
            Self::Memory(..) => "memory",
        }
    }

    /// Says why, where that can be said in the clear, without waiting.
    async fn turn_away(self, reason: &str, is_websocket: bool) {
        if is_websocket {
            return;
        }
        let line = format!("ERROR :{reason}\r\n");
        // A new socket's buffer is empty: the line fits, or the other end is gone already.
        match self {
            Self::Plain(mut stream, _) => drop(timeout(FAREWELL_TIMEOUT, stream.write_all(line.as_bytes())).await),
            Self::Unix(mut stream, _) => drop(timeout(FAREWELL_TIMEOUT, stream.write_all(line.as_bytes())).await),
            Self::Memory(mut stream, _) => drop(timeout(FAREWELL_TIMEOUT, stream.write_all(line.as_bytes())).await),
            Self::Tls(..) => {}
        }
    }
}

/// The peer that a balancer names; the balancer itself where it names none.
async fn proxied(stream: &mut TcpStream, balancer: Peer) -> io::Result<Peer> {
    let invalid = |error: proxy::HeaderError| io::Error::new(io::ErrorKind::InvalidData, error);
    let header = proxy::read_header(stream).await.map_err(invalid)?;
    let Some(client) = header else { return Ok(balancer) };
    let address = client.address.ip().to_canonical();
    // Who comes from another machine's loopback must not be taken for somebody on this one.
    if address.is_loopback() && !balancer.address.is_loopback() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the PROXY header names a loopback address"));
    }
    let transport = if client.is_tls { Transport::Tls } else { balancer.transport };
    Ok(Peer { address, port: client.address.port(), transport })
}
