//! What waits to leave through one connection, shared by the hub, which fills it, and the connection's task, which
//! empties it.
//!
//! The hub never waits: a queue beyond its soft limit takes no more of what may be left out (typing, presence); one beyond
//! its hard limit is emptied and its connection ends with a reason. That is the whole rule for slow readers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use tracing::Span;

use crate::chat::ports::{ConnId, Peer};

/// Beyond so many queued bytes, sheddable lines are left out.
pub const OUTBOX_SOFT_BYTES_MAX: usize = 256 * 1024;
/// Beyond so many queued bytes, the connection is ended with [`SENDQ_EXCEEDED`]. What its task has taken over to write
/// does not count; that is no more than this either.
pub const OUTBOX_HARD_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many lines of one connection may wait for their `LineDone`. Beyond it the socket is not read.
pub const LINES_IN_FLIGHT_MAX: usize = 64;
/// How many bytes one place of the window stands for. A line takes one, a longer one (by its tags) more.
const PLACE_BYTES: usize = 1_024;
/// The least and the most that the window may be set to: one of the longest lines fits in, and there are no more lines than
/// [`LINES_IN_FLIGHT_MAX`].
pub const INBOX_BYTES_LEAST: usize = 8 * PLACE_BYTES;
/// See [`INBOX_BYTES_LEAST`].
pub const INBOX_BYTES_MOST: usize = LINES_IN_FLIGHT_MAX * PLACE_BYTES;
/// The reason of a connection that reads too slowly.
pub const SENDQ_EXCEEDED: &str = "SendQ exceeded";

/// How much a connection's queue may hold.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// [`OUTBOX_SOFT_BYTES_MAX`] unless set otherwise.
    pub soft_bytes_max: usize,
    /// [`OUTBOX_HARD_BYTES_MAX`] unless set otherwise.
    pub hard_bytes_max: usize,
}

impl Default for OutboxLimits {
    fn default() -> Self {
        Self { soft_bytes_max: OUTBOX_SOFT_BYTES_MAX, hard_bytes_max: OUTBOX_HARD_BYTES_MAX }
    }
}

/// How much of one connection's lines may wait to be handled, in whole places of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxLimit {
    places: u32,
}

impl InboxLimit {
    /// So many bytes, between [`INBOX_BYTES_LEAST`] and [`INBOX_BYTES_MOST`].
    pub fn of_bytes(bytes: usize) -> Self {
        let places = bytes.clamp(INBOX_BYTES_LEAST, INBOX_BYTES_MOST) / PLACE_BYTES;
        Self { places: u32::try_from(places).unwrap_or(u32::MAX) }
    }

    /// How many places a line of so many bytes takes up.
    pub fn cost(bytes: usize) -> u32 {
        u32::try_from(1 + bytes / PLACE_BYTES).unwrap_or(u32::MAX).min(8)
    }
}

impl Default for InboxLimit {
    fn default() -> Self {
        Self::of_bytes(INBOX_BYTES_MOST)
    }
}

/// How the end of a connection was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// What is queued leaves first.
    Flushed,
    /// It read too slowly; its queue is gone but for the line that says so.
    Exceeded,
}

/// What became of lines that were to be queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// They are queued: the connection's task is to be woken.
    Queued,
    /// They were left out, because the reader is slow and they can be spared.
    Shed,
    /// They were too much: the connection ends. Its task is to be woken.
    Exceeded,
    /// The connection ends already.
    Closed,
}

#[derive(Debug, Default)]
struct Queue {
    chunks: VecDeque<Bytes>,
    bytes: usize,
    closing: Option<Closing>,
    in_flight: InFlight,
    is_hurried: bool,
    /// Whether the task is to look at what is queued.
    is_filled: bool,
    /// Whether the task waits for lines to be done, too.
    waits_for_lines: bool,
    /// The task, while it waits.
    task: Option<Waker>,
}

impl Queue {
    /// The task waits from now on.
    fn wait(&mut self, context: &Context<'_>) {
        if !self.task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            self.task = Some(context.waker().clone());
        }
    }
}

/// What each line that is not done yet takes up of the window, the oldest first: a bit for each place, set for the last one of
/// a line. The window has no more places than there are bits, so that no connection needs a list.
#[derive(Debug, Default)]
struct InFlight(u64);

const _: () = assert!(LINES_IN_FLIGHT_MAX == u64::BITS as usize);

impl InFlight {
    /// How many places are taken.
    fn places(&self) -> u32 {
        u64::BITS - self.0.leading_zeros()
    }

    /// The next line takes up so many, which are free.
    fn push(&mut self, cost: u32) {
        let places = (self.places() + cost).clamp(1, u64::BITS);
        self.0 |= 1 << (places - 1);
    }

    /// The oldest line is done.
    fn pop(&mut self) {
        self.0 = self.0.checked_shr(self.0.trailing_zeros() + 1).unwrap_or_default();
    }

    fn is_empty(&self) -> bool {
        self.0 == 0
    }
}

/// What the hub and a connection's task share. One allocation for each connection.
#[derive(Debug)]
pub struct Link {
    /// The other end.
    pub peer: Peer,
    /// Who has logged in.
    account: OnceLock<Box<str>>,
    queue: Mutex<Queue>,
    limits: OutboxLimits,
    inbox: InboxLimit,
    is_welcome: AtomicBool,
}

impl Link {
    /// An empty queue and a whole window.
    pub fn new(peer: Peer, limits: OutboxLimits, inbox: InboxLimit) -> Self {
        let (account, queue, is_welcome) = (OnceLock::new(), Mutex::default(), AtomicBool::new(false));
        Self { peer, account, queue, limits, inbox, is_welcome }
    }

    /// The connection was let in.
    pub fn welcome(&self) {
        self.is_welcome.store(true, Ordering::Relaxed);
    }

    /// Whether it was.
    pub fn is_welcome(&self) -> bool {
        self.is_welcome.load(Ordering::Relaxed)
    }

    /// Somebody has logged in. The first one stands in the log, also when another one follows.
    pub fn note_account(&self, account: &str) {
        self.account.get_or_init(|| account.into());
    }

    /// What the log says beside each line about this connection. Made when there is such a line: kept, it would take more
    /// memory than the connection itself.
    pub fn span(&self, conn: ConnId) -> Span {
        tracing::info_span!(
            "connection",
            conn = conn.0,
            address = %self.peer.address,
            port = self.peer.port,
            transport = self.peer.transport.word(),
            account = self.account.get().map(AsRef::as_ref)
        )
    }

    /// Waits until the window has room for a line that costs so much.
    pub fn poll_room(&self, context: &Context<'_>, cost: u32) -> Poll<()> {
        let mut queue = self.queue();
        // The window has room for the dearest line, when no other one is in it.
        if queue.in_flight.places() + cost <= self.inbox.places {
            return Poll::Ready(());
        }
        queue.waits_for_lines = true;
        queue.wait(context);
        Poll::Pending
    }

    /// Takes room for a line, until it is done.
    pub fn take_room(&self, cost: u32) {
        self.queue().in_flight.push(cost);
    }

    /// The oldest line of the connection needs nothing more: its room is free again.
    pub fn line_done(&self) {
        let mut queue = self.queue();
        queue.in_flight.pop();
        let task = if std::mem::take(&mut queue.waits_for_lines) { queue.task.take() } else { None };
        drop(queue);
        task.into_iter().for_each(Waker::wake);
    }

    /// Waits until every line is done.
    pub fn poll_all_done(&self, context: &Context<'_>) -> Poll<()> {
        let mut queue = self.queue();
        if queue.in_flight.is_empty() {
            return Poll::Ready(());
        }
        queue.waits_for_lines = true;
        queue.wait(context);
        Poll::Pending
    }

    /// Whether more is queued than a connection should have waiting that wants more.
    pub fn is_beyond_soft_limit(&self) -> bool {
        self.queue().bytes > self.limits.soft_bytes_max
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it holds the lock; if it did, the queue would still be a queue.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues lines, without waking the connection's task: the hub does that once for all that it queued.
    pub fn push(&self, bytes: Bytes, sheddable: bool) -> Pushed {
        let mut queue = self.queue();
        if queue.closing.is_some() {
            return Pushed::Closed;
        }
        if sheddable && queue.bytes + bytes.len() > self.limits.soft_bytes_max {
            return Pushed::Shed;
        }
        queue.bytes += bytes.len();
        queue.chunks.push_back(bytes);
        // A page of history is one piece, and may be long: whoever had nothing waiting does not read slowly.
        if queue.bytes > self.limits.hard_bytes_max && queue.chunks.len() > 1 {
            queue.closing = Some(Closing::Exceeded);
            queue.chunks = VecDeque::from([Bytes::from(format!("ERROR :{SENDQ_EXCEEDED}\r\n"))]);
            queue.bytes = 0;
            return Pushed::Exceeded;
        }
        Pushed::Queued
    }

    /// How many bytes are queued.
    pub fn queued_bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Nothing more is taken in; what is queued leaves first.
    pub fn close(&self) {
        self.queue().closing.get_or_insert(Closing::Flushed);
    }

    /// The server stops: nobody has time to see the other end off.
    pub fn hurry(&self) {
        self.queue().is_hurried = true;
    }

    /// Whether the server stops.
    pub fn is_hurried(&self) -> bool {
        self.queue().is_hurried
    }

    /// Wakes the connection's task.
    pub fn wake(&self) {
        let mut queue = self.queue();
        queue.is_filled = true;
        let task = queue.task.take();
        drop(queue);
        task.into_iter().for_each(Waker::wake);
    }

    /// Whether it is worth to look at the queue. The task is woken when it is so the next time, in any case.
    pub fn is_filled(&self, context: &Context<'_>) -> bool {
        let mut queue = self.queue();
        queue.wait(context);
        std::mem::take(&mut queue.is_filled)
    }

    /// Whether the end was asked for: nothing more is queued then.
    pub fn is_closing(&self) -> bool {
        self.queue().closing.is_some()
    }

    /// Moves what is queued behind `out`, and says whether this is the last of it.
    pub fn take(&self, out: &mut VecDeque<Bytes>) -> Option<Closing> {
        let mut queue = self.queue();
        queue.bytes = 0;
        if out.is_empty() {
            // The list itself changes hands: nothing is copied, and an idle connection holds no list at all.
            *out = std::mem::take(&mut queue.chunks);
        } else {
            out.append(&mut queue.chunks);
        }
        queue.closing
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    use super::*;

    fn link(soft_bytes_max: usize, hard_bytes_max: usize) -> Link {
        Link::new(Peer::for_tests(), OutboxLimits { soft_bytes_max, hard_bytes_max }, InboxLimit::default())
    }

    fn taken(link: &Link) -> (Vec<Bytes>, Option<Closing>) {
        let mut out = VecDeque::new();
        let closing = link.take(&mut out);
        (out.into(), closing)
    }

    #[test]
    fn lines_in_flight_are_counted_in_order() {
        let mut in_flight = InFlight::default();
        for costs in [vec![1, 8, 1], vec![8; 8], vec![1; LINES_IN_FLIGHT_MAX], vec![64]] {
            costs.iter().for_each(|cost| in_flight.push(*cost));
            assert_eq!(in_flight.places(), costs.iter().sum::<u32>());
            for (place, _) in costs.iter().enumerate() {
                in_flight.pop();
                assert_eq!(in_flight.places(), costs[place + 1..].iter().sum::<u32>(), "{costs:?}");
            }
            assert!(in_flight.is_empty());
        }
        in_flight.pop();
        assert!(in_flight.is_empty(), "more lines are done than there were");
    }

    #[test]
    fn lines_leave_in_order() {
        let link = link(100, 100);
        assert_eq!(link.push(Bytes::from_static(b"one\r\n"), false), Pushed::Queued);
        assert_eq!(link.push(Bytes::from_static(b"two\r\n"), true), Pushed::Queued);
        assert_eq!(taken(&link), (vec![Bytes::from_static(b"one\r\n"), Bytes::from_static(b"two\r\n")], None));
    }

    #[test]
    fn a_task_that_finds_nothing_is_woken_again() {
        let link = link(100, 100);
        let (task, woken) = woken();
        let context = Context::from_waker(&task);
        for _ in 0..2 {
            assert!(!link.is_filled(&context));
            link.wake();
            assert!(link.is_filled(&context));
            // What it looked for was not there: it waits without looking once more.
            assert!(woken.swap(false, Ordering::Relaxed));
            link.wake();
            assert!(woken.swap(false, Ordering::Relaxed));
            assert!(link.is_filled(&context));
        }
    }

    #[test]
    fn a_task_that_waits_for_lines_is_woken_by_each() {
        let link = link(100, 100);
        let (task, woken) = woken();
        let context = Context::from_waker(&task);
        let places = InboxLimit::default().places;
        (0..places).for_each(|_| link.take_room(1));
        assert!(link.poll_room(&context, 1).is_pending());
        link.line_done();
        assert!(woken.swap(false, Ordering::Relaxed));
        assert!(link.poll_room(&context, 1).is_ready());
        assert!(link.poll_all_done(&context).is_pending());
        (1..places).for_each(|_| link.line_done());
        assert!(woken.load(Ordering::Relaxed) && link.poll_all_done(&context).is_ready());
    }

    /// A waker that says whether it was used.
    fn woken() -> (Waker, Arc<AtomicBool>) {
        struct Flag(Arc<AtomicBool>);
        impl Wake for Flag {
            fn wake(self: Arc<Self>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let woken = Arc::new(AtomicBool::new(false));
        (Arc::new(Flag(Arc::clone(&woken))).into(), woken)
    }

    #[test]
    fn beyond_the_soft_limit_only_what_matters_is_queued() {
        let link = link(6, 100);
        assert_eq!(link.push(Bytes::from_static(b"one\r\n"), false), Pushed::Queued);
        assert_eq!(link.push(Bytes::from_static(b"typing\r\n"), true), Pushed::Shed);
        assert_eq!(link.push(Bytes::from_static(b"two\r\n"), false), Pushed::Queued);
        assert_eq!(taken(&link).0.len(), 2);
    }

    #[test]
    fn beyond_the_hard_limit_the_connection_ends_with_a_reason() {
        let link = link(4, 8);
        assert_eq!(link.push(Bytes::from_static(b"one\r\n"), false), Pushed::Queued);
        assert_eq!(link.push(Bytes::from_static(b"two\r\n"), false), Pushed::Exceeded);
        assert_eq!(link.push(Bytes::from_static(b"three\r\n"), false), Pushed::Closed);
        let expected = vec![Bytes::from_static(b"ERROR :SendQ exceeded\r\n")];
        assert_eq!(taken(&link), (expected, Some(Closing::Exceeded)));
    }

    #[test]
    fn nothing_is_queued_behind_a_close() {
        let link = link(100, 100);
        assert_eq!(link.push(Bytes::from_static(b"ERROR :bye\r\n"), false), Pushed::Queued);
        link.close();
        assert_eq!(link.push(Bytes::from_static(b"late\r\n"), false), Pushed::Closed);
        assert_eq!(taken(&link), (vec![Bytes::from_static(b"ERROR :bye\r\n")], Some(Closing::Flushed)));
    }
}
