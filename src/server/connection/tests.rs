//! A connection's task between a pipe and a hub that is played by the test.

use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::*;
use crate::server::mailbox::Mail;
use crate::server::outbox::{INBOX_BYTES_LEAST, LINES_IN_FLIGHT_MAX, OutboxLimits};
use crate::server::pace::PaceLimits;
use crate::server::places::Places;
use crate::server::prompt::PromptStream;

const CONN: ConnId = ConnId(7);

fn limits() -> ConnectionLimits {
    ConnectionLimits::default().without_pace()
}

struct Fixture {
    client: DuplexStream,
    mails: mpsc::Receiver<Mail>,
    link: Arc<Link>,
    task: JoinHandle<()>,
}

impl Fixture {
    async fn new(pipe_bytes_max: usize, limits: ConnectionLimits) -> Self {
        let (client, server) = duplex(pipe_bytes_max);
        let (hub, mut mails) = mpsc::channel(1_024);
        let place = Arc::new(Places::default()).take(1).unwrap();
        let task = tokio::spawn(serve(server, CONN, Peer::for_tests(), limits, Mailbox::new(hub), place));
        let Some(Mail::Opened { conn: CONN, link, .. }) = mails.recv().await else { panic!("it opens first") };
        Self { client, mails, link, task }
    }

    async fn next(&mut self) -> Input {
        match timeout(Duration::from_secs(5), self.mails.recv()).await.expect("something comes in time") {
            Some(Mail::Input(input) | Mail::Passing { input, .. }) => input,
            other => panic!("{other:?}"),
        }
    }

    async fn next_line(&mut self) -> String {
        match self.next().await {
            Input::Line { conn: CONN, line } => line.into(),
            other => panic!("{other:?}"),
        }
    }

    async fn closed(&mut self) -> String {
        match self.next().await {
            Input::Closed { conn: CONN, reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    fn push(&self, line: &'static str) {
        self.link.push(Bytes::from_static(line.as_bytes()), false);
        self.link.wake();
    }

    async fn received(&mut self) -> String {
        let mut text = String::new();
        let read = timeout(Duration::from_secs(5), self.client.read_to_string(&mut text)).await;
        read.expect("the other end closes in time").unwrap();
        text
    }
}

#[tokio::test]
async fn lines_and_faults_come_in_order() {
    let mut fixture = Fixture::new(4_096, limits()).await;
    fixture.client.write_all(b"NICK ann\r\nbad \xff\r\nnul \0\r\n\r\nUSER").await.unwrap();
    assert_eq!(fixture.next_line().await, "NICK ann");
    assert!(matches!(fixture.next().await, Input::BadLine { error: LineError::InvalidUtf8(_), .. }));
    assert!(matches!(fixture.next().await, Input::BadLine { error: LineError::Nul, .. }));
    fixture.client.write_all(b" ann\n").await.unwrap();
    assert_eq!(fixture.next_line().await, "USER ann");
}

#[tokio::test]
async fn no_more_lines_come_than_the_window_has() {
    let mut fixture = Fixture::new(64 * 1024, limits()).await;
    let many = LINES_IN_FLIGHT_MAX * 3;
    let lines: String = (0..many).map(|number| format!("PING {number}\r\n")).collect();
    fixture.client.write_all(lines.as_bytes()).await.unwrap();
    for number in 0..LINES_IN_FLIGHT_MAX {
        assert_eq!(fixture.next_line().await, format!("PING {number}"));
    }
    assert!(timeout(Duration::from_millis(50), fixture.mails.recv()).await.is_err());
    for number in LINES_IN_FLIGHT_MAX..many {
        fixture.link.line_done();
        assert_eq!(fixture.next_line().await, format!("PING {number}"));
    }
}

#[tokio::test]
async fn what_is_queued_leaves_before_the_close() {
    let mut fixture = Fixture::new(8, limits()).await;
    fixture.push(":chat.local 001 ann :Welcome\r\n");
    fixture.push("ERROR :Closing\r\n");
    fixture.link.close();
    fixture.link.wake();
    assert_eq!(fixture.received().await, ":chat.local 001 ann :Welcome\r\nERROR :Closing\r\n");
    drop(fixture.client);
    assert!(matches!(fixture.mails.recv().await, Some(Mail::Passing { input: Input::Closed { .. }, .. })));
    fixture.task.await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_is_told_why_it_is_disconnected() {
    let mut fixture = Fixture::new(
        16,
        ConnectionLimits { outbox: OutboxLimits { soft_bytes_max: 64, hard_bytes_max: 128 }, ..limits() },
    )
    .await;
    fixture.push("PRIVMSG #a :the first line\r\n");
    // The pipe is full by now: the task is in the middle of a line.
    tokio::time::sleep(Duration::from_millis(20)).await;
    for _ in 0..8 {
        fixture.push("PRIVMSG #a :another line that nobody reads\r\n");
    }
    let received = fixture.received().await;
    assert!(received.starts_with("PRIVMSG #a :the first line\r\n"), "{received}");
    assert!(received.ends_with("ERROR :SendQ exceeded\r\n"), "{received}");
    assert_eq!(fixture.closed().await, SENDQ_EXCEEDED);
}

#[tokio::test]
async fn a_client_that_has_shut_its_sending_half_still_gets_its_answers() {
    let mut fixture = Fixture::new(4_096, limits()).await;
    fixture.client.write_all(b"PING 1\r\n").await.unwrap();
    fixture.client.shutdown().await.unwrap();
    assert_eq!(fixture.next_line().await, "PING 1");
    tokio::time::sleep(Duration::from_millis(20)).await;
    fixture.push("PONG 1\r\n");
    fixture.link.line_done();
    assert_eq!(fixture.received().await, "PONG 1\r\n");
    assert_eq!(fixture.closed().await, "Connection closed");
}

#[tokio::test]
async fn an_end_without_a_word_is_reported() {
    let mut fixture = Fixture::new(4_096, limits()).await;
    fixture.client.write_all(b"half a li").await.unwrap();
    drop(fixture.client);
    let Some(Mail::Passing { input: Input::Closed { reason, .. }, .. }) = fixture.mails.recv().await else {
        panic!("it ends")
    };
    assert_eq!(reason, "Connection closed");
}

#[tokio::test]
async fn who_comes_and_who_goes_needs_a_pass() {
    let mut fixture = Fixture::new(4_096, limits()).await;
    fixture.client.write_all(b"NICK ann\r\n").await.unwrap();
    assert!(matches!(fixture.mails.recv().await, Some(Mail::Passing { input: Input::Line { .. }, .. })));
    fixture.link.line_done();
    fixture.link.welcome();
    fixture.client.write_all(b"PING 1\r\n").await.unwrap();
    assert!(matches!(fixture.mails.recv().await, Some(Mail::Input(Input::Line { .. }))));
    drop(fixture.client);
    assert!(matches!(fixture.mails.recv().await, Some(Mail::Passing { input: Input::Closed { .. }, .. })));
}

#[test]
fn an_idle_connection_is_small() {
    /// The size of what `serve` gives back, without calling it.
    fn size_of_output<A, B, C, D, E, F, Future>(_: impl Fn(A, B, C, D, E, F) -> Future) -> usize {
        size_of::<Future>()
    }
    let plain = size_of_output(serve::<PromptStream>);
    let tls = size_of_output(serve::<Box<tokio_rustls::server::TlsStream<tokio::net::TcpStream>>>);
    assert!(plain <= FUTURE_BYTES_MAX && tls <= FUTURE_BYTES_MAX, "{plain} and {tls} bytes");
}

impl Fixture {
    /// Nothing more comes for a while.
    async fn is_quiet(&mut self) -> bool {
        timeout(Duration::from_millis(100), self.mails.recv()).await.is_err()
    }
}

#[tokio::test]
async fn long_lines_take_up_more_of_the_window() {
    let inbox = InboxLimit::of_bytes(INBOX_BYTES_LEAST);
    let mut fixture = Fixture::new(64 * 1024, ConnectionLimits { inbox, ..limits() }).await;
    // Of three lines of four places each, two fit into a window of eight.
    let line = format!("@+x={} TAGMSG ann\r\n", "x".repeat(3_500));
    fixture.client.write_all(line.repeat(3).as_bytes()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(fixture.next_line().await.len(), line.len() - 2);
    }
    assert!(fixture.is_quiet().await);
    fixture.link.line_done();
    assert_eq!(fixture.next_line().await.len(), line.len() - 2);
}

#[tokio::test]
async fn whoever_sends_faster_than_allowed_is_read_slower() {
    let pace = PaceLimits { lines_per_second_max: 50, lines_burst_max: 5 };
    let mut fixture = Fixture::new(64 * 1024, ConnectionLimits { pace, ..limits() }).await;
    let begin = Instant::now();
    let lines: String = (0..15).map(|number| format!("PING {number}\r\n")).collect();
    fixture.client.write_all(lines.as_bytes()).await.unwrap();
    for number in 0..15 {
        assert_eq!(fixture.next_line().await, format!("PING {number}"));
        fixture.link.line_done();
    }
    assert!(begin.elapsed() >= Duration::from_millis(200), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn whoever_does_not_read_the_answers_asks_in_vain() {
    let outbox = OutboxLimits { soft_bytes_max: 64, hard_bytes_max: 4_096 };
    let mut fixture = Fixture::new(32, ConnectionLimits { outbox, ..limits() }).await;
    fixture.client.write_all(b"LIST 1\r\n").await.unwrap();
    assert_eq!(fixture.next_line().await, "LIST 1");
    // The first piece is being written, the second one waits.
    for piece in ["x".repeat(100), "y".repeat(100)] {
        fixture.link.push(Bytes::from(piece), false);
        fixture.link.wake();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fixture.link.line_done();
    fixture.client.write_all(b"LIST 2\r\n").await.unwrap();
    assert!(fixture.is_quiet().await);
    let mut answers = [0; 200];
    fixture.client.read_exact(&mut answers).await.unwrap();
    assert_eq!(fixture.next_line().await, "LIST 2");
}
