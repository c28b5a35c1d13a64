//! One task per connection: bytes in, lines out, and the other way round.
//!
//! Unix socket, TCP (every address of a name is tried, the next one a little later than the one before: RFC 8305), TLS
//! with a pinned certificate. It knows lines, not what they say, and nothing of the model.
//!
//! Bounds: lines from the server by [`LineLimits::FROM_SERVER`] (longer ones are dropped); [`EVENTS_MAX`] batches wait for
//! the core, then the socket is not read; [`QUEUED_LINES_MAX`] lines wait for the server, then the connection is lost,
//! because a server that reads nothing for so long is gone.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_rustls::client::TlsStream;

use super::event::{ConnectError, ConnectStep, Endpoint, NetworkEvent, Security};
use crate::ground::tls::Fingerprint;
use crate::ground::tls::client::{Connector, Distrust, TlsError};
use crate::proto::line::{LineLimits, LineReader};
use crate::proto::message::Line;

/// How many events may wait for the core.
pub const EVENTS_MAX: usize = 256;
/// How many lines may wait to be written.
pub const QUEUED_LINES_MAX: usize = 4_096;
/// How many queued lines leave in one write.
const WRITE_LINES_MAX: usize = 256;
/// How many bytes are read at once.
const READ_BYTES: usize = 16 * 1024;
/// How long a name may take to be looked up.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long all attempts to connect may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long after one address the next one is tried as well (RFC 8305, "Connection Attempt Delay").
const NEXT_ADDRESS_DELAY: Duration = Duration::from_millis(250);
/// How many addresses of one name are tried.
const ADDRESSES_MAX: usize = 8;
/// How long TLS may take to be set up.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server may take to accept more bytes of ours.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long what is still queued may take to leave when the connection is closed.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a connection's events go, with its number.
pub type Events = mpsc::Sender<(u64, NetworkEvent)>;

/// A connection that is being opened or is open. Dropped, it is closed at once.
#[derive(Debug)]
pub struct Connection {
    lines: mpsc::Sender<Line>,
    task: AbortOnDrop,
}

/// A task that ends with this value.
#[derive(Debug)]
pub(super) struct AbortOnDrop(pub(super) JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Begins to connect. What happens is told to `events` under `number`.
    pub fn open(number: u64, endpoint: Endpoint, pin: Option<Fingerprint>, events: Events) -> Self {
        let (lines, queued) = mpsc::channel(QUEUED_LINES_MAX);
        let report = Report { number, events };
        let task = AbortOnDrop(tokio::spawn(run(endpoint, pin, queued, report)));
        Self { lines, task }
    }

    /// Queues a line. `false`: the queue is full or the connection has ended; it should be given up.
    #[must_use]
    pub fn send(&self, line: Line) -> bool {
        self.lines.try_send(line).is_ok()
    }

    /// Sends what is queued, for a second at most, and closes.
    pub async fn close(self) {
        let Self { lines, mut task } = self;
        drop(lines);
        // The task bounds its own last words; this bound holds also while it still connects.
        let _ = timeout(2 * FLUSH_TIMEOUT, &mut task.0).await;
    }
}

/// Tells the core about one connection.
struct Report {
    number: u64,
    events: Events,
}

impl Report {
    /// Waits while the core is behind: so its backlog reaches the server's TCP window. The core's end is not awaited for ever:
    /// when it is gone, the task is aborted anyway.
    async fn tell(&self, event: NetworkEvent) {
        let _ = self.events.send((self.number, event)).await;
    }
}

/// Why there is no connection: a plain failure, or a certificate that a person must judge.
enum Failure {
    Connect(ConnectError),
    Certificate(NetworkEvent),
}

impl From<ConnectError> for Failure {
    fn from(reason: ConnectError) -> Self {
        Self::Connect(reason)
    }
}

async fn run(endpoint: Endpoint, pin: Option<Fingerprint>, queued: mpsc::Receiver<Line>, report: Report) {
    let failure = match endpoint {
        Endpoint::Local(path) => match open_unix(&path, &report).await {
            Ok(stream) => return converse(stream, Security::Local, queued, &report).await,
            Err(reason) => Failure::Connect(reason),
        },
        Endpoint::Tcp { host, port, tls } => match open_tcp(&host, port, &report).await {
            Ok(stream) if !tls => {
                let is_here = stream.peer_addr().is_ok_and(|address| address.ip().to_canonical().is_loopback());
                let security = if is_here { Security::Local } else { Security::Plain };
                return converse(stream, security, queued, &report).await;
            }
            Ok(stream) => match secure(stream, &host, pin, &report).await {
                Ok(stream) => return converse(stream, Security::Tls, queued, &report).await,
                Err(failure) => failure,
            },
            Err(reason) => Failure::Connect(reason),
        },
    };
    report
        .tell(match failure {
            Failure::Connect(reason) => NetworkEvent::ConnectFailed { reason },
            Failure::Certificate(event) => event,
        })
        .await;
}

/// Opens a Unix socket and makes sure of who listens on it: ourselves or root. Whoever else could enter the directory could
/// otherwise pose as the server. Root itself may talk to anybody's server.
async fn open_unix(path: &Path, report: &Report) -> Result<UnixStream, ConnectError> {
    report.tell(NetworkEvent::Connecting { step: ConnectStep::Opening }).await;
    let stream = match timeout(CONNECT_TIMEOUT, UnixStream::connect(path)).await {
        Ok(result) => result.map_err(|error| reason_of(&error))?,
        Err(_) => return Err(ConnectError::Timeout),
    };
    let peer_uid = stream.peer_cred().map_err(|error| reason_of(&error))?.uid();
    let own_uid = rustix::process::geteuid().as_raw();
    if peer_uid != own_uid && peer_uid != 0 && own_uid != 0 {
        return Err(ConnectError::Other(format!("{}: served by user {peer_uid}", path.display())));
    }
    Ok(stream)
}

/// Opens a TCP connection to the first address of `host` that answers.
async fn open_tcp(host: &str, port: u16, report: &Report) -> Result<TcpStream, ConnectError> {
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => {
            report.tell(NetworkEvent::Connecting { step: ConnectStep::Resolving }).await;
            resolve(host, port).await?
        }
    };
    report.tell(NetworkEvent::Connecting { step: ConnectStep::Opening }).await;
    let stream = timeout(CONNECT_TIMEOUT, first_that_answers(addresses)).await.unwrap_or(Err(ConnectError::Timeout))?;
    // A chat's lines are short: waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    let found = match timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => return Err(ConnectError::UnknownHost),
        Err(_) => return Err(ConnectError::Timeout),
    };
    let (six, four): (Vec<_>, Vec<_>) = found.partition(SocketAddr::is_ipv6);
    if six.is_empty() && four.is_empty() {
        return Err(ConnectError::UnknownHost);
    }
    Ok(alternate(six, four))
}

/// Both lists in turn, so that a family that does not work costs one delay only.
fn alternate(six: Vec<SocketAddr>, four: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    while addresses.len() < ADDRESSES_MAX {
        let before = addresses.len();
        addresses.extend(six.next());
        addresses.extend(four.next());
        if addresses.len() == before {
            break;
        }
    }
    addresses
}

/// Tries the addresses in order, each a little after the one before or at once when that one failed.
async fn first_that_answers(addresses: Vec<SocketAddr>) -> Result<TcpStream, ConnectError> {
    let mut waiting = addresses.into_iter();
    let mut attempts = JoinSet::new();
    let mut failed = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(TcpStream::connect(address));
        }
        if attempts.is_empty() {
            return Err(failed.unwrap_or(ConnectError::Unreachable));
        }
        let ended = tokio::select! {
            ended = attempts.join_next() => ended,
            () = sleep(NEXT_ADDRESS_DELAY), if waiting.len() > 0 => continue,
        };
        match ended {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(error))) => failed = Some(more_telling(failed, reason_of(&error))),
            // An attempt neither panics nor is aborted while we wait for it.
            Some(Err(_)) | None => {}
        }
    }
}

/// Of two failures the one that says more: that a machine refused tells more than that another was not found.
fn more_telling(before: Option<ConnectError>, now: ConnectError) -> ConnectError {
    match before {
        Some(ConnectError::Refused) => ConnectError::Refused,
        _ => now,
    }
}

fn reason_of(error: &io::Error) -> ConnectError {
    match error.kind() {
        // A socket's path that does not exist is a server that does not run.
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => ConnectError::Refused,
        io::ErrorKind::TimedOut => ConnectError::Timeout,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
            ConnectError::Unreachable
        }
        _ => ConnectError::Other(error.to_string()),
    }
}

/// Sets TLS up. An unknown or changed certificate closes the connection: a person has to decide first.
async fn secure(
    stream: TcpStream,
    host: &str,
    pin: Option<Fingerprint>,
    report: &Report,
) -> Result<TlsStream<TcpStream>, Failure> {
    report.tell(NetworkEvent::Connecting { step: ConnectStep::Securing }).await;
    let connector = Connector::new();
    match timeout(HANDSHAKE_TIMEOUT, connector.connect(stream, host, pin)).await {
        Ok(Ok(secured)) => Ok(secured.stream),
        Ok(Err(TlsError::Distrust(Distrust::Unknown { fingerprint, .. }))) => {
            Err(Failure::Certificate(NetworkEvent::CertificateUnknown { fingerprint }))
        }
        Ok(Err(TlsError::Distrust(Distrust::Changed { pinned, presented }))) => {
            Err(Failure::Certificate(NetworkEvent::CertificateChanged { pinned, got: presented }))
        }
        Ok(Err(TlsError::NoTls)) => Err(Failure::Connect(ConnectError::NoTls)),
        Ok(Err(error)) => Err(Failure::Connect(ConnectError::Tls(error.to_string()))),
        Err(_) => Err(Failure::Connect(ConnectError::Timeout)),
    }
}

/// Carries lines both ways until the server closes, an error comes up, or the core has dropped its end.
async fn converse<S: AsyncRead + AsyncWrite>(
    stream: S,
    security: Security,
    queued: mpsc::Receiver<Line>,
    report: &Report,
) {
    report.tell(NetworkEvent::Connected { security }).await;
    let (from_server, to_server) = tokio::io::split(stream);
    // Each half in its own future: a server that waits for us to read can still be written to, and the reverse.
    let reason = tokio::select! {
        reason = read_lines(from_server, report) => reason,
        ended = write_lines(to_server, queued) => match ended {
            // Closed by ourselves: no event answers it.
            Ok(()) => return,
            Err(error) => error.to_string(),
        },
    };
    report.tell(NetworkEvent::Lost { reason }).await;
}

/// Reads until the end; returns why it ended, empty when the server closed.
async fn read_lines(mut stream: impl AsyncRead + Unpin, report: &Report) -> String {
    let mut reader = LineReader::new(LineLimits::FROM_SERVER);
    let mut bytes = vec![0; READ_BYTES];
    loop {
        let count = match stream.read(&mut bytes).await {
            Ok(0) => return String::new(),
            Ok(count) => count,
            // rustls reports a server that closes without its farewell; IRC's servers often do.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return String::new(),
            Err(error) => return error.to_string(),
        };
        let mut lines = Vec::new();
        reader.feed(&bytes[..count], |line| match line {
            Ok(line) => lines.push(line.to_owned()),
            Err(fault) => tracing::debug!(%fault, "a line of the server was dropped"),
        });
        if !lines.is_empty() {
            report.tell(NetworkEvent::Lines(lines)).await;
        }
    }
}

/// Writes what is queued until the core drops its end, then says goodbye to the transport.
async fn write_lines(mut stream: impl AsyncWrite + Unpin, mut queued: mpsc::Receiver<Line>) -> io::Result<()> {
    let mut lines = Vec::new();
    let mut bytes = Vec::new();
    while queued.recv_many(&mut lines, WRITE_LINES_MAX).await > 0 {
        bytes.clear();
        lines.drain(..).for_each(|line: Line| line.encode(&mut bytes));
        let written = async {
            stream.write_all(&bytes).await?;
            stream.flush().await
        };
        let patience = if queued.is_closed() { FLUSH_TIMEOUT } else { WRITE_TIMEOUT };
        timeout(patience, written).await??;
    }
    let _ = timeout(FLUSH_TIMEOUT, stream.shutdown()).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, UnixListener};

    use super::*;

    fn events() -> (Events, mpsc::Receiver<(u64, NetworkEvent)>) {
        mpsc::channel(EVENTS_MAX)
    }

    fn tcp(port: u16, tls: bool) -> Endpoint {
        Endpoint::Tcp { host: "127.0.0.1".into(), port, tls }
    }

    /// The next event that is no mere progress.
    async fn outcome(events: &mut mpsc::Receiver<(u64, NetworkEvent)>) -> NetworkEvent {
        loop {
            let (number, event) = timeout(Duration::from_secs(5), events.recv()).await.unwrap().unwrap();
            assert_eq!(number, 7);
            if !matches!(event, NetworkEvent::Connecting { .. }) {
                return event;
            }
        }
    }

    #[tokio::test]
    async fn lines_go_both_ways_until_the_server_closes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, mut events) = events();
        let connection = Connection::open(7, tcp(listener.local_addr().unwrap().port(), false), None, sender);
        let (mut server, _) = listener.accept().await.unwrap();
        assert!(matches!(outcome(&mut events).await, NetworkEvent::Connected { security: Security::Local }));

        assert!(connection.send(Line::new("NICK").param("ann")));
        let mut bytes = [0; 10];
        server.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"NICK ann\r\n");

        server.write_all(b"PING :1\r\nPING :2\r\nPI").await.unwrap();
        let NetworkEvent::Lines(lines) = outcome(&mut events).await else { panic!("lines were sent") };
        assert_eq!(lines, ["PING :1", "PING :2"]);
        drop(server);
        assert!(matches!(outcome(&mut events).await, NetworkEvent::Lost { reason } if reason.is_empty()));
    }

    #[tokio::test]
    async fn what_is_queued_leaves_before_it_is_closed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let (sender, mut events) = events();
        let connection = Connection::open(7, Endpoint::Local(path), None, sender);
        let (mut server, _) = listener.accept().await.unwrap();
        assert!(matches!(outcome(&mut events).await, NetworkEvent::Connected { security: Security::Local }));
        for _ in 0..1_000 {
            assert!(connection.send(Line::new("PING").param("x")));
        }
        assert!(connection.send(Line::new("QUIT")));
        let (received, ()) = tokio::join!(
            async {
                let mut received = String::new();
                server.read_to_string(&mut received).await.unwrap();
                received
            },
            connection.close()
        );
        assert!(received.ends_with("QUIT\r\n"));
        assert_eq!(received.lines().count(), 1_001);
    }

    #[tokio::test]
    async fn failures_have_their_reasons() {
        let (sender, mut events) = events();
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
        let _connection = Connection::open(7, tcp(closed, false), None, sender.clone());
        let NetworkEvent::ConnectFailed { reason } = outcome(&mut events).await else { panic!("nothing listens") };
        assert_eq!(reason, ConnectError::Refused);

        let _connection = Connection::open(7, Endpoint::Local("/nonexistent/socket".into()), None, sender.clone());
        let NetworkEvent::ConnectFailed { reason } = outcome(&mut events).await else { panic!("nothing listens") };
        assert_eq!(reason, ConnectError::Refused);

        let host = "no-such-host.invalid".to_owned();
        let _connection = Connection::open(7, Endpoint::Tcp { host, port: 6697, tls: true }, None, sender.clone());
        let NetworkEvent::ConnectFailed { reason } = outcome(&mut events).await else { panic!("no such host") };
        assert_eq!(reason, ConnectError::UnknownHost);
    }

    #[tokio::test]
    async fn a_plain_server_behind_tls_is_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, mut events) = events();
        let port = listener.local_addr().unwrap().port();
        let _connection = Connection::open(7, tcp(port, true), None, sender);
        let (mut server, _) = listener.accept().await.unwrap();
        server.write_all(b":irc.example.org NOTICE * :hello\r\n").await.unwrap();
        let NetworkEvent::ConnectFailed { reason } = outcome(&mut events).await else { panic!("no TLS is spoken") };
        assert_eq!(reason, ConnectError::NoTls);
    }

    #[tokio::test]
    async fn a_queue_that_is_full_says_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (sender, _events) = events();
        let port = listener.local_addr().unwrap().port();
        let connection = Connection::open(7, tcp(port, false), None, sender);
        // Nothing runs in between: the task has taken none of them.
        let taken = (0..=QUEUED_LINES_MAX).filter(|_| connection.send(Line::new("PING"))).count();
        assert_eq!(taken, QUEUED_LINES_MAX);
    }

    #[test]
    fn families_alternate() {
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let six = vec![address("[::1]:1"), address("[::2]:1")];
        let four = vec![address("127.0.0.1:1")];
        assert_eq!(alternate(six.clone(), four.clone()), [six[0], four[0], six[1]]);
        let many: Vec<_> = (0..20).map(|number| address(&format!("127.0.0.{number}:1"))).collect();
        assert_eq!(alternate(Vec::new(), many).len(), ADDRESSES_MAX);
    }
}
