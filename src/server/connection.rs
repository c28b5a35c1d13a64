//! One task for each connection. It knows bytes and lines, not channels.
//!
//! Bytes that arrive become lines for the hub, as many as the window allows; beyond it the socket is not read, so that
//! back-pressure reaches the other end. What the hub queued leaves in as few writes as possible. An idle connection holds
//! no buffer: bytes are read into the stack, and queued lines are shared with whoever else gets them.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::bounds::ConnectionLimits;
use super::mailbox::{Mailbox, Room};
use super::outbox::{Closing, InboxLimit, Link, SENDQ_EXCEEDED};
use super::pace::Pace;
use super::places::Place;
use crate::chat::ports::{ConnId, Input, Peer};
use crate::proto::line::{LineError, LineLimits, LineReader};

/// How many bytes one read takes at most. Bounds the lines that wait for the window, too.
const READ_BYTES_MAX: usize = 4 * 1024;
/// How many bytes the future of a connection may take; a test holds it to that. With what the runtime keeps beside it, it
/// takes a multiple of 128 bytes: 384 up to here.
#[cfg(test)]
const FUTURE_BYTES_MAX: usize = 280;
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
    hub: Mailbox,
    place: Place,
) -> impl Future<Output = ()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let link = Arc::new(Link::new(peer, limits.outbox, limits.inbox));
    let pace = Pace::new(limits.pace);
    let pipe = Pipe::new(stream);
    let mut connection =
        Connection { conn, link, hub, pipe, pace, state: State::default(), alarm: None, hub_room: None };
    async move {
        // What is waited for at the beginning and at the end is boxed: in the connection's own future it would take room
        // all the time.
        let Some(room) = Box::pin(connection.hub.clone().room(false)).await else { return };
        room.open(connection.conn, Arc::clone(&connection.link));
        let ended = poll_fn(|context| connection.poll_exchange(context)).await;
        Box::pin(connection.take_leave(ended)).await;
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
    hub: Mailbox,
    pipe: Pipe<S>,
    pace: Pace,
    state: State,
    /// What wakes the task in time. Boxed, like the next one: both are seldom there.
    alarm: Option<Pin<Box<Sleep>>>,
    /// The wait for room in the hub's mailbox.
    hub_room: Option<HubRoom>,
}

type HubRoom = Pin<Box<dyn Future<Output = Option<Room>> + Send>>;

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Sees the other end off, and tells the hub why the end has come.
    async fn take_leave(&mut self, ended: io::Result<&'static str>) {
        // What it had for a line that is not sent any more, it would wait for itself when it says goodbye.
        self.hub_room = None;
        let reason = match ended {
            Ok(reason) => {
                let wait = if self.link.is_hurried() { LINGER_TIMEOUT_AT_STOP } else { LINGER_TIMEOUT };
                let _ = timeout(wait, self.pipe.farewell()).await;
                reason.to_owned()
            }
            Err(error) => describe(&error),
        };
        // When the hub is gone, so are those who would want to know.
        if let Some(room) = self.hub.clone().room(false).await {
            room.send(Input::Closed { conn: self.conn, reason });
        }
    }

    /// Moves bytes and lines until nothing can be moved for the moment. One function that is polled, and not a choice of
    /// futures: these would be made and dropped for every line, and each would take room in every connection.
    fn poll_exchange(&mut self, context: &mut Context<'_>) -> Poll<io::Result<&'static str>> {
        loop {
            self.state.has_more |= self.link.is_filled(context);
            if self.state.has_more && (self.pipe.output.is_empty() || self.link.is_closing()) {
                self.take_output();
            }
            if self.pipe.is_flushed()
                && let Some(reason) = self.reason_to_end()
            {
                return Poll::Ready(Ok(reason));
            }
            let Poll::Ready(progress) = self.poll_step(context) else {
                return match ready!(self.poll_late(context)) {
                    Some(end) => Poll::Ready(end),
                    None => continue,
                };
            };
            match progress? {
                Progress::Wrote if self.state.closing.is_none() && !self.state.half_closed => {
                    self.state.deadline = None
                }
                Progress::Wrote | Progress::Read | Progress::HandedIn => {}
                Progress::Ended => {
                    self.state.half_closed = true;
                    self.state.deadline = Some(Instant::now() + HALF_CLOSED_TIMEOUT);
                }
                Progress::Answered => {
                    self.state.answered = true;
                    self.state.has_more = true;
                }
                Progress::HubGone => return Poll::Ready(Ok("Server stopped")),
            }
        }
    }

    /// Why it ends now that everything has left, if it does.
    fn reason_to_end(&self) -> Option<&'static str> {
        match self.state.closing {
            Some(Closing::Flushed) => Some("Closed"),
            Some(Closing::Exceeded) => Some(SENDQ_EXCEEDED),
            None => self.state.answered.then_some("Connection closed"),
        }
    }

    /// The first thing that can be done.
    fn poll_step(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Progress>> {
        let State { closing, half_closed, answered, .. } = self.state;
        let serving = closing.is_none();
        let has_lines = serving && !self.pipe.arrived.is_empty();
        let may_read = serving && !has_lines && !half_closed;
        if let Poll::Ready(progress) = self.pipe.poll_progress(context, may_read) {
            return Poll::Ready(progress);
        }
        if has_lines && self.is_heard() {
            return self.poll_hand_in(context).map(Ok);
        }
        // Whoever hands nothing in takes nobody's place in the mailbox.
        self.hub_room = None;
        if serving && !has_lines && half_closed && !answered {
            return self.link.poll_all_done(context).map(|()| Ok(Progress::Answered));
        }
        Poll::Pending
    }

    /// Whoever does not read the answers is not asked for more lines; whoever sends too fast, not before it is time.
    fn is_heard(&self) -> bool {
        !self.link.is_beyond_soft_limit() && self.pace.next_at(Instant::now()).is_none()
    }

    /// Hands the next line to the hub, as soon as there is room for it in the window and in the mailbox.
    fn poll_hand_in(&mut self, context: &mut Context<'_>) -> Poll<Progress> {
        let cost = self.pipe.arrived.front().map_or(1, cost);
        ready!(self.link.poll_room(context, cost));
        let room = match &mut self.hub_room {
            Some(waiting) => ready!(waiting.as_mut().poll(context)),
            None => match self.hub.try_room(self.link.is_welcome()) {
                Ok(room) => Some(room),
                Err(TrySendError::Full(())) => {
                    let room = self.hub.clone().room(self.link.is_welcome());
                    ready!(self.hub_room.insert(Box::pin(room)).as_mut().poll(context))
                }
                Err(TrySendError::Closed(())) => None,
            },
        };
        self.hub_room = None;
        let Some(room) = room else { return Poll::Ready(Progress::HubGone) };
        let conn = self.conn;
        let line = self.pipe.arrived.pop_front();
        if self.pipe.arrived.is_empty() {
            self.pipe.arrived = VecDeque::new();
        }
        self.pace.take(line.as_ref().map_or(0, |line| line.as_ref().map_or(0, |line| line.len())), Instant::now());
        self.link.take_room(cost);
        match line {
            Some(Ok(line)) => room.send(Input::Line { conn, line }),
            Some(Err(error)) => room.send(Input::BadLine { conn, error }),
            None => {}
        }
        Poll::Ready(Progress::HandedIn)
    }

    /// Nothing can be done: waits until something has lasted too long, which is the end, or until the next line may come.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<&'static str>>> {
        if self.state.deadline.is_none() && !self.pipe.is_flushed() {
            self.state.deadline = Some(Instant::now() + WRITE_TIMEOUT);
        }
        let serving = self.state.closing.is_none();
        let has_lines = serving && !self.pipe.arrived.is_empty();
        let next_at = if has_lines { self.pace.next_at(Instant::now()) } else { None };
        let Some(wake_at) = [self.state.deadline, next_at].into_iter().flatten().min() else {
            self.alarm = None;
            return Poll::Pending;
        };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(wake_at)));
        if alarm.deadline() != wake_at {
            alarm.as_mut().reset(wake_at);
        }
        ready!(alarm.as_mut().poll(context));
        self.alarm = None;
        if self.state.deadline.is_none_or(|deadline| deadline > Instant::now()) {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(match self.state.closing {
            Some(Closing::Exceeded) => Ok(SENDQ_EXCEEDED),
            Some(Closing::Flushed) => Ok("Closed"),
            None if self.state.half_closed => Ok("Connection closed"),
            None => Err(io::Error::new(io::ErrorKind::TimedOut, "Write timeout")),
        }))
    }

    /// Takes over what the hub queued.
    fn take_output(&mut self) {
        let Self { link, pipe, state, .. } = self;
        state.has_more = false;
        let closing = link.take(&mut pipe.output);
        if closing.is_some() && state.closing.is_none() {
            state.closing = closing;
            state.deadline = Some(Instant::now() + CLOSE_TIMEOUT);
            pipe.arrived = VecDeque::new();
            if closing == Some(Closing::Exceeded) {
                pipe.keep_only_the_last_line();
            }
        }
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

/// What has happened.
enum Progress {
    /// Bytes have left.
    Wrote,
    /// Bytes have arrived.
    Read,
    /// No more of them will.
    Ended,
    /// A line went to the hub.
    HandedIn,
    /// The other end has sent its last line, and it is done.
    Answered,
    /// Nobody takes lines any more.
    HubGone,
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

    /// Moves bytes in whatever direction the socket is ready for.
    fn poll_progress(&mut self, context: &mut Context<'_>, may_read: bool) -> Poll<io::Result<Progress>> {
        if !self.output.is_empty() {
            if let Poll::Ready(written) = self.poll_write(context) {
                self.consume(written?)?;
                if self.output.is_empty() {
                    let _ = self.poll_flush(context)?;
                }
                return Poll::Ready(Ok(Progress::Wrote));
            }
        } else if self.unflushed
            && let Poll::Ready(()) = self.poll_flush(context)?
        {
            return Poll::Ready(Ok(Progress::Wrote));
        }
        if may_read { self.poll_read(context) } else { Poll::Pending }
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.unflushed = false;
        Poll::Ready(flushed)
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if let [only] = self.output.as_slices().0
            && self.output.len() == 1
        {
            return Pin::new(&mut self.stream).poll_write(context, only);
        }
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
