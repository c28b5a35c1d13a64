//! What a machine may ask about the server over HTTP, on the loopback only: its metrics and how it is.
//!
//! | path | answer |
//! |---|---|
//! | `/metrics` | the metrics, for Prometheus |
//! | `/healthz` | 200 as long as the hub answers; else restarting the server may help |
//! | `/readyz` | 200 when people can log in and talk; else 503 and a line for each reason |
//!
//! One request a connection, `GET` and `HEAD`, no body: that is all that these askers need, so the head is read here and
//! not by a library. Everything is bounded: bytes, time, and how many ask at once.
//!
//! Specification: RFC 9112 (HTTP/1.1), as far as a server with these three resources needs it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::time::timeout;

use super::hub::stopped;
use super::listener::{ListenError, bind};
use super::mailbox::Mail;
use super::metrics::{self, CONTENT_TYPE, Inspection, Metrics, Process, Scrape};

/// The most bytes of a request's head. Beyond it the connection is closed.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// How long a request may take to arrive, and its answer to leave.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the hub may take to show itself. It answers within milliseconds unless something is badly wrong.
const HUB_TIMEOUT: Duration = Duration::from_secs(2);
/// How many requests are answered at once. More wait in the system's queue.
const REQUESTS_MAX: usize = 16;
/// How long accepting pauses when the system refuses.
const BACK_OFF: Duration = Duration::from_millis(200);

/// Where questions about the server are put: the hub's mailbox, and what is counted beside it.
#[derive(Clone)]
pub struct Observer {
    metrics: Arc<Metrics>,
    hub: mpsc::Sender<Mail>,
}

impl Observer {
    /// One that asks this hub.
    pub fn new(metrics: Arc<Metrics>, hub: mpsc::Sender<Mail>) -> Self {
        Self { metrics, hub }
    }

    /// What the hub shows of itself; nothing when it does not answer in time.
    pub async fn inspect(&self) -> Option<Inspection> {
        let asked = async {
            let (reply, answer) = oneshot::channel();
            self.hub.send(Mail::Inspect(reply)).await.ok()?;
            answer.await.ok()
        };
        timeout(HUB_TIMEOUT, asked).await.ok().flatten().map(|inspection| *inspection)
    }
}

/// A listener for questions.
pub struct HttpListener(TcpListener);

impl HttpListener {
    /// Binds an address.
    pub fn bind(address: SocketAddr) -> Result<Self, ListenError> {
        bind(address).map(Self)
    }

    /// The address, with the port that the system chose when 0 was asked for.
    pub fn local_address(&self) -> Option<SocketAddr> {
        self.0.local_addr().ok()
    }

    /// Answers until told to stop.
    pub async fn run(self, observer: Observer, mut stop: watch::Receiver<bool>) {
        let places = Arc::new(Semaphore::new(REQUESTS_MAX));
        loop {
            let accepted = tokio::select! {
                () = stopped(&mut stop) => return,
                accepted = async {
                    let place = Arc::clone(&places).acquire_owned().await;
                    (self.0.accept().await, place)
                } => accepted,
            };
            match accepted {
                (Ok((stream, _)), place) => {
                    let observer = observer.clone();
                    tokio::spawn(async move {
                        // Who asks too slowly, or goes away, gets no answer.
                        let _ = timeout(REQUEST_TIMEOUT, serve(stream, &observer)).await;
                        drop(place);
                    });
                }
                (Err(error), _) => {
                    tracing::debug!(%error, "cannot accept a question over HTTP; trying again");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }
}

/// An answer.
struct Response {
    status: &'static str,
    kind: &'static str,
    body: String,
}

impl Response {
    fn text(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", body: body.into() }
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, observer: &Observer) -> std::io::Result<()> {
    let Some(head) = read_head(&mut stream).await? else { return Ok(()) };
    let (response, has_body) = match request(&head) {
        Some(("GET", path)) => (answer(path, observer).await, true),
        Some(("HEAD", path)) => (answer(path, observer).await, false),
        Some(_) => (Response::text("405 Method Not Allowed", "only GET and HEAD\n"), true),
        None => (Response::text("400 Bad Request", "not a request\n"), true),
    };
    let Response { status, kind, body } = response;
    let allow = if status.starts_with("405") { "Allow: GET, HEAD\r\n" } else { "" };
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{allow}Cache-Control: no-store\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    if has_body {
        bytes.push_str(&body);
    }
    stream.write_all(bytes.as_bytes()).await?;
    stream.shutdown().await
}

/// The request's head, up to its empty line; nothing when it is too long or ends before.
async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut scratch = [0; 1_024];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        let read = stream.read(&mut scratch).await?;
        if read == 0 || head.len() + read > HEAD_BYTES_MAX {
            return Ok(None);
        }
        head.extend_from_slice(&scratch[..read]);
    }
    Ok(Some(head))
}

/// The method and the path of a request's first line, without what stands behind a `?`.
fn request(head: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(head.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let is_request = words.next().is_none() && version.starts_with("HTTP/1.") && target.starts_with('/');
    is_request.then(|| (method, target.split('?').next().unwrap_or(target)))
}

async fn answer(path: &str, observer: &Observer) -> Response {
    match path {
        "/metrics" => {
            let inspection = observer.inspect().await;
            let scrape = Scrape { metrics: &observer.metrics, inspection, process: Process::read() };
            Response { status: "200 OK", kind: CONTENT_TYPE, body: metrics::page(&scrape) }
        }
        "/healthz" => match observer.inspect().await {
            Some(_) => Response::text("200 OK", "ok\n"),
            None => Response::text("503 Service Unavailable", "the hub does not answer\n"),
        },
        "/readyz" => match observer.inspect().await.map(|inspection| (reasons(&inspection), inspection.spooled)) {
            Some((reasons, 0)) if reasons.is_empty() => Response::text("200 OK", "ready\n"),
            // People talk, and whoever comes cannot log in.
            Some((reasons, spooled)) if reasons.is_empty() => {
                Response::text("200 OK", format!("ready\nspool: {spooled} events wait for the database\n"))
            }
            Some((reasons, _)) => Response::text("503 Service Unavailable", reasons),
            None => Response::text("503 Service Unavailable", "the hub does not answer\n"),
        },
        _ => Response::text("404 Not Found", "/metrics, /healthz and /readyz are here\n"),
    }
}

/// Why people cannot log in or talk, a line each.
fn reasons(inspection: &Inspection) -> String {
    let mut reasons = String::new();
    if inspection.phase != metrics::SERVING {
        reasons.push_str(&format!("phase: {}\n", inspection.phase));
    }
    if inspection.is_stalled {
        reasons.push_str("journal: the database does not commit\n");
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_requests_are_requests() {
        assert_eq!(request(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), Some(("GET", "/metrics")));
        assert_eq!(request(b"HEAD /readyz?verbose=1 HTTP/1.0\r\n\r\n"), Some(("HEAD", "/readyz")));
        for none in [
            &b"GET /metrics\r\n\r\n"[..],
            b"GET  /metrics HTTP/1.1\r\n\r\n",
            b"GET metrics HTTP/1.1\r\n\r\n",
            b"GET http://x/metrics HTTP/1.1\r\n\r\n",
            b"GET / HTTP/2\r\n\r\n",
            b"NICK ann\r\n\r\n",
            b"\xff\xfe / HTTP/1.1\r\n\r\n",
            b"",
        ] {
            assert_eq!(request(none), None, "{:?}", String::from_utf8_lossy(none));
        }
    }

    #[tokio::test]
    async fn a_head_has_a_bound() {
        let mut long = vec![b'x'; 2 * HEAD_BYTES_MAX];
        long.extend_from_slice(b"\r\n\r\n");
        assert_eq!(read_head(&mut long.as_slice()).await.unwrap(), None);
        assert_eq!(read_head(&mut &b"GET / HTTP/1.1\r\n"[..]).await.unwrap(), None, "it ends early");
        assert!(read_head(&mut &b"GET / HTTP/1.1\r\n\r\n"[..]).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_hub_that_does_not_answer_is_told() {
        let (hub, mailbox) = mpsc::channel(1);
        drop(mailbox);
        let observer = Observer::new(Arc::default(), hub);
        assert_eq!(answer("/healthz", &observer).await.status, "503 Service Unavailable");
        assert_eq!(answer("/readyz", &observer).await.status, "503 Service Unavailable");
        assert!(answer("/metrics", &observer).await.body.contains("chat_server_up 0\n"));
        assert_eq!(answer("/", &observer).await.status, "404 Not Found");
    }
}
