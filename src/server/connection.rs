//! One task for each connection. It knows bytes and lines, not channels.
//!
//! Bytes that arrive become lines for the hub, as many as the window allows; beyond it the socket is not read, so that
//! back-pressure reaches the other end. What the hub queued leaves in as few writes as possible. An idle connection holds
//! no buffer: bytes are read into the stack, and queued lines are shared with whoever else gets them.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::bounds::ConnectionLimits;
use super::hub::Mail;
use super::outbox::{Closing, InboxLimit, Link, SENDQ_EXCEEDED};
use super::pace::Pace;
use super::places::Place;
use crate::chat::ports::{ConnId, Input, Peer};
use crate::proto::line::{LineError, LineLimits, LineReader};

/// How many bytes one read takes at most. Bounds the lines that wait for the window, too.
const READ_BYTES_MAX: usize = 4 * 1024;
/// How many bytes the future of a connection may take; a test holds it to that.
#[cfg(test)]
const FUTURE_BYTES_MAX: usize = 1_024;
/// How many queued lines one write carries at most.
const WRITE_CHUNKS_MAX: usize = 64;
/// How long a write may make no progress before the connection is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long the last lines may take to leave once the end was asked for.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the answers to a client that has shut its sending half may take.
const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(5);
/// How long, and for how many bytes, we listen after our last line: a socket that is closed with unread bytes resets the
/// connection, and the other end loses the line that says why.
const LINGER_TIMEOUT: Duration = Duration::from_secs(1);
/// The same when the server stops.
const LINGER_TIMEOUT_AT_STOP: Duration = Duration::from_millis(100);
const LINGER_BYTES_MAX: u64 = 64 * 1024;

/// Serves a connection from its first byte to its last, and keeps its `place` among all connections so long. The hub is
/// told of its beginning and, always, of its end.
///
/// The future lives as long as its connection, and there are thousands of them: it is kept below `FUTURE_BYTES_MAX`.
pub fn serve<S>(
    stream: S,
    conn: ConnId,
    peer: Peer,
    limits: ConnectionLimits,
    hub: mpsc::Sender<Mail>,
    place: Place,
) -> impl Future<Output = ()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let link = Arc::new(Link::new(peer, limits.outbox, limits.inbox));
    let pace = Pace::new(limits.pace);
    let mut connection = Connection { conn, link, hub, pipe: Pipe::new(stream), pace, state: State::default() };
    async move {
        let Ok(slot) = connection.hub.reserve().await else { return };
        slot.send(Mail::Opened { conn: connection.conn, link: Arc::clone(&connection.link) });
        let reason = connection.run().await;
        // When the hub is gone, so are those who would want to know.
        if let Ok(slot) = connection.hub.reserve().await {
            slot.send(Mail::Input(Input::Closed { conn: connection.conn, reason }));
        }
        drop(place);
    }
}

/// What a connection's task knows beside its bytes.
#[derive(Default)]
struct State {
    /// The hub asked for the end.
    closing: Option<Closing>,
    /// The other end sends nothing more.
    half_closed: bool,
    /// All lines that came before the half-close are answered.
    answered: bool,
    /// The hub has queued more. It stays in the queue, where it counts, until what was taken over has left.
    has_more: bool,
    /// When the current wait (for a write, for the end) has lasted too long.
    deadline: Option<Instant>,
}

struct Connection<S> {
    conn: ConnId,
    link: Arc<Link>,
    hub: mpsc::Sender<Mail>,
    pipe: Pipe<S>,
    pace: Pace,
    state: State,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Runs to the end and says why it came.
    async fn run(&mut self) -> String {
        match self.exchange().await {
            Ok(reason) => {
                // Not a part of the connection's own future, in which its scratch would take room from the beginning.
                let wait = if self.link.is_hurried() { LINGER_TIMEOUT_AT_STOP } else { LINGER_TIMEOUT };
                let _ = Box::pin(timeout(wait, self.pipe.farewell())).await;
                reason.to_owned()
            }
            Err(error) => describe(&error),
        }
    }

    async fn exchange(&mut self) -> io::Result<&'static str> {
        let link = Arc::clone(&self.link);
        loop {
            if self.state.has_more && (self.pipe.output.is_empty() || link.is_closing()) {
                self.take_output();
            }
            let Self { pipe, pace, state, .. } = self;
            if pipe.is_flushed() {
                match state.closing {
                    Some(Closing::Flushed) => return Ok("Closed"),
                    Some(Closing::Exceeded) => return Ok(SENDQ_EXCEEDED),
                    None if state.answered => return Ok("Connection closed"),
                    None if !state.half_closed => state.deadline = None,
                    None => {}
                }
            }
            let serving = state.closing.is_none();
            let has_lines = serving && !pipe.arrived.is_empty();
            let may_read = serving && !has_lines && !state.half_closed;
            let may_finish = serving && !has_lines && state.half_closed && !state.answered;
            // Whoever does not read the answers is not asked for more lines; whoever sends too fast, not before it is time.
            let is_heard = has_lines && !link.is_beyond_soft_limit();
            let next_at = if is_heard { pace.next_at(Instant::now()) } else { None };
            let next_cost = pipe.arrived.front().map_or(1, cost);
            let deadline = state.deadline;
            let wake_at = [deadline, next_at].into_iter().flatten().min();
            let alarm = wake_at.map(|at| Box::pin(sleep_until(at)));
            let all_done = may_finish.then(|| Box::pin(link.all_done()));
            tokio::select! {
                biased;
                () = link.filled() => state.has_more = true,
                progress = pipe.progress(may_read) => match progress? {
                    Progress::Wrote if serving && !state.half_closed => {
                        state.deadline = Some(Instant::now() + WRITE_TIMEOUT);
                    }
                    Progress::Wrote | Progress::Read => {}
                    Progress::Ended => {
                        state.half_closed = true;
                        state.deadline = Some(Instant::now() + HALF_CLOSED_TIMEOUT);
                    }
                },
                () = link.take_place(next_cost), if is_heard && next_at.is_none() => {
                    if !self.hand_in().await {
                        return Ok("Server stopped");
                    }
                },
                () = seldom(all_done) => {
                    state.answered = true;
                    state.has_more = true;
                },
                () = seldom(alarm) => {
                    if deadline.is_none_or(|deadline| deadline > Instant::now()) {
                        continue;
                    }
                    return match state.closing {
                        Some(Closing::Exceeded) => Ok(SENDQ_EXCEEDED),
                        Some(Closing::Flushed) => Ok("Closed"),
                        None if state.half_closed => Ok("Connection closed"),
                        None => Err(io::Error::new(io::ErrorKind::TimedOut, "Write timeout")),
                    };
                },
            }
        }
    }

    /// Takes over what the hub queued.
    fn take_output(&mut self) {
        let Self { link, pipe, state, .. } = self;
        state.has_more = false;
        let was_flushed = pipe.is_flushed();
        let closing = link.take(&mut pipe.output);
        if closing.is_some() && state.closing.is_none() {
            state.closing = closing;
            state.deadline = Some(Instant::now() + CLOSE_TIMEOUT);
            pipe.arrived = VecDeque::new();
            if closing == Some(Closing::Exceeded) {
                pipe.keep_only_the_last_line();
            }
        } else if was_flushed && state.deadline.is_none() && !pipe.is_flushed() {
            state.deadline = Some(Instant::now() + WRITE_TIMEOUT);
        }
    }

    /// Hands one line to the hub; false when the hub is gone.
    async fn hand_in(&mut self) -> bool {
        let Ok(slot) = self.hub.reserve().await else { return false };
        let conn = self.conn;
        let line = self.pipe.arrived.pop_front();
        self.pace.take(line.as_ref().map_or(0, |line| line.as_ref().map_or(0, |line| line.len())), Instant::now());
        match line {
            Some(Ok(line)) => slot.send(Mail::Input(Input::Line { conn, line })),
            Some(Err(error)) => slot.send(Mail::Input(Input::BadLine { conn, error })),
            None => {}
        }
        if self.pipe.arrived.is_empty() {
            self.pipe.arrived = VecDeque::new();
        }
        true
    }
}

/// Waits for what may not be there, which is never. It is boxed, because it seldom is there, and would take room in the
/// future of every connection all the time.
async fn seldom<F: Future>(future: Option<Pin<Box<F>>>) -> F::Output {
    match future {
        Some(future) => future.await,
        None => pending().await,
    }
}

/// How many places a line takes up in the window.
fn cost(line: &Result<Box<str>, LineError>) -> u32 {
    InboxLimit::cost(line.as_ref().map_or(0, |line| line.len()))
}

/// Why a connection ended, for the QUIT that others see: the kind of the fault, never an address.
fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut => "Write timeout".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => "Connection reset by peer".to_owned(),
        io::ErrorKind::UnexpectedEof => "Connection closed".to_owned(),
        _ => "Connection lost".to_owned(),
    }
}

/// What has happened on the socket.
enum Progress {
    Wrote,
    Read,
    Ended,
}

/// A socket with the lines that arrived through it and the bytes that wait to leave.
struct Pipe<S> {
    stream: S,
    reader: LineReader,
    arrived: VecDeque<Result<Box<str>, LineError>>,
    output: VecDeque<Bytes>,
    /// Whether the first of `output` has partly left.
    in_the_middle: bool,
    /// Whether the socket may hold bytes back (TLS does).
    unflushed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pipe<S> {
    fn new(stream: S) -> Self {
        Self {
            stream,
            reader: LineReader::new(LineLimits::FROM_CLIENT_WITH_PASSWORD),
            arrived: VecDeque::new(),
            output: VecDeque::new(),
            in_the_middle: false,
            unflushed: false,
        }
    }

    fn is_flushed(&self) -> bool {
        self.output.is_empty() && !self.unflushed
    }

    /// Forgets what waits, but for the rest of the line that has begun to leave and for the very last line.
    fn keep_only_the_last_line(&mut self) {
        let begun = if self.in_the_middle && self.output.len() > 1 { self.output.pop_front() } else { None };
        let last = self.output.pop_back();
        self.output = begun.into_iter().chain(last).collect();
    }

    /// Moves bytes in whatever direction the socket is ready for. May be cancelled: each move is made whole.
    async fn progress(&mut self, may_read: bool) -> io::Result<Progress> {
        poll_fn(|context| self.poll_progress(context, may_read)).await
    }

    fn poll_progress(&mut self, context: &mut Context<'_>, may_read: bool) -> Poll<io::Result<Progress>> {
        if !self.output.is_empty() {
            if let Poll::Ready(written) = self.poll_write(context) {
                self.consume(written?)?;
                return Poll::Ready(Ok(Progress::Wrote));
            }
        } else if self.unflushed
            && let Poll::Ready(flushed) = Pin::new(&mut self.stream).poll_flush(context)
        {
            self.unflushed = false;
            return Poll::Ready(flushed.map(|()| Progress::Wrote));
        }
        if may_read { self.poll_read(context) } else { Poll::Pending }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); WRITE_CHUNKS_MAX];
        let count = self.output.len().min(WRITE_CHUNKS_MAX);
        for (slice, chunk) in slices.iter_mut().zip(&self.output) {
            *slice = IoSlice::new(chunk);
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..count])
    }

    /// Forgets the bytes that have left.
    fn consume(&mut self, mut written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.unflushed = true;
        while let Some(first) = self.output.front_mut() {
            if written < first.len() {
                first.advance(written);
                self.in_the_middle |= written > 0;
                return Ok(());
            }
            written -= first.len();
            self.output.pop_front();
            self.in_the_middle = false;
        }
        self.output = VecDeque::new();
        Ok(())
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        let mut scratch = [MaybeUninit::uninit(); READ_BYTES_MAX];
        let mut buffer = ReadBuf::uninit(&mut scratch);
        match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(Ok(Progress::Ended)),
            Poll::Ready(Ok(())) => {
                let arrived = &mut self.arrived;
                self.reader.feed(buffer.filled(), |line| arrived.push_back(line.map(Box::from)));
                Poll::Ready(Ok(Progress::Read))
            }
        }
    }

    /// Says that nothing more comes from us, and listens a little so that our last line is not lost.
    async fn farewell(&mut self) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut rest = (&mut self.stream).take(LINGER_BYTES_MAX);
        let mut scratch = [0; 512];
        while rest.read(&mut scratch).await? > 0 {}
        Ok(())
    }
}

#[cfg(test)]
mod tests;
