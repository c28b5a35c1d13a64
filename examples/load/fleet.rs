//! Many client connections in one epoll loop, cheap enough that one core of load saturates another core of server.
//!
//! A [`Driver`] is told what happens and answers by [`Fleet::send`]. What is sent within one turn leaves in one write per
//! connection. Lines are handed over without their ends, and without being copied when they arrived whole.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType, sockopt};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};
use rustls::ClientConfig;

use crate::secured::{self, Secured};

/// The bytes of one read. In a flood a read takes all that a socket's receive buffer holds.
const READ_BYTES: usize = 256 * 1024;
/// The longest line that is kept while its end is awaited. No server sends longer ones.
const PARTIAL_BYTES_MAX: usize = 16 * 1024;
/// How many events one turn takes.
const EVENTS_MAX: usize = 1024;
/// What the timer is called among the connections.
const TIMER: u64 = u64::MAX;

/// Nanoseconds since the fleet was made.
pub type Nanos = u64;

/// Who decides what the connections say.
pub trait Driver {
    /// A connection stands.
    fn connected(&mut self, fleet: &mut Fleet, peer: usize, now: Nanos);
    /// A line arrived, without its end.
    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], now: Nanos);
    /// The other side ended a connection, or it could not be made.
    fn closed(&mut self, fleet: &mut Fleet, peer: usize, now: Nanos);
}

#[derive(Default)]
struct Peer {
    socket: Option<OwnedFd>,
    secured: Option<Secured>,
    connecting: bool,
    /// Whether the poll watches for room to write.
    awaits_room: bool,
    /// Whether it is on the list of those that have something to write.
    is_dirty: bool,
    partial: Vec<u8>,
    pending: Vec<u8>,
}

/// All connections.
pub struct Fleet {
    /// With what connections are secured; none when they are in the clear.
    tls: Option<Arc<ClientConfig>>,
    epoll: OwnedFd,
    timer: OwnedFd,
    timer_at: Nanos,
    started: Instant,
    peers: Vec<Peer>,
    dirty: Vec<usize>,
    events: Vec<epoll::Event>,
    scratch: Vec<u8>,
    /// How many writes and reads of sockets were made: what the load itself costs.
    pub calls: u64,
}

impl Fleet {
    /// No connections yet; whether they will speak TLS.
    pub fn new(is_secured: bool) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let timer =
            rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), epoll::EventFlags::IN)?;
        Ok(Self {
            tls: is_secured.then(secured::client_config),
            epoll,
            timer,
            timer_at: Nanos::MAX,
            started: Instant::now(),
            peers: Vec::new(),
            dirty: Vec::new(),
            events: Vec::with_capacity(EVENTS_MAX),
            scratch: vec![0; READ_BYTES + PARTIAL_BYTES_MAX],
            calls: 0,
        })
    }

    /// The time now.
    pub fn now(&self) -> Nanos {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(Nanos::MAX)
    }

    /// How many connections were ever begun.
    pub fn count(&self) -> usize {
        self.peers.len()
    }

    /// Begins a connection and gives back its number.
    pub fn connect(&mut self, server: SocketAddr) -> io::Result<usize> {
        let peer = self.peers.len();
        self.peers.push(Peer::default());
        self.reconnect(peer, server)?;
        Ok(peer)
    }

    /// Begins a connection in the place of one that has ended.
    pub fn reconnect(&mut self, peer: usize, server: SocketAddr) -> io::Result<()> {
        let family = if server.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = net::socket_with(family, SocketType::STREAM, flags, None)?;
        sockopt::set_tcp_nodelay(&socket, true)?;
        match net::connect(&socket, &server) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT;
        epoll::add(&self.epoll, &socket, epoll::EventData::new_u64(peer as u64), flags)?;
        let secured = self.tls.as_ref().map(Secured::client).transpose()?;
        self.peers[peer] =
            Peer { socket: Some(socket), secured, connecting: true, awaits_room: true, ..Peer::default() };
        Ok(())
    }

    /// Ends a connection without ceremony: it leaves no port waiting behind.
    pub fn close(&mut self, peer: usize) {
        if let Some(socket) = self.peers[peer].socket.take() {
            // When this fails, a port waits for a minute: no harm.
            let _ = sockopt::set_socket_linger(&socket, Some(Duration::ZERO));
        }
        self.peers[peer].pending = Vec::new();
        self.peers[peer].partial = Vec::new();
        self.peers[peer].secured = None;
    }

    /// Queues bytes; they leave at the end of the turn, or by [`flush`](Self::flush).
    pub fn send(&mut self, peer: usize, bytes: &[u8]) {
        let state = &mut self.peers[peer];
        if state.socket.is_none() {
            return;
        }
        state.pending.extend_from_slice(bytes);
        if !state.is_dirty && !state.connecting {
            state.is_dirty = true;
            self.dirty.push(peer);
        }
    }

    /// Writes what is queued, as far as the sockets take it.
    pub fn flush(&mut self) {
        while let Some(peer) = self.dirty.pop() {
            self.peers[peer].is_dirty = false;
            self.write(peer);
        }
    }

    fn write(&mut self, peer: usize) {
        let state = &mut self.peers[peer];
        let Some(socket) = &state.socket else { return };
        let mut done = 0;
        if let Some(secured) = &mut state.secured {
            secured.send(socket, &state.pending);
            done = state.pending.len();
        }
        while done < state.pending.len() {
            self.calls += 1;
            match net::send(socket, &state.pending[done..], net::SendFlags::NOSIGNAL) {
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                // Anything else but a full buffer shows up as the end of the connection when it is read.
                Err(_) => break,
            }
        }
        state.pending.drain(..done);
        let awaits_room = !state.pending.is_empty() || state.secured.as_ref().is_some_and(Secured::has_more);
        if awaits_room != state.awaits_room {
            state.awaits_room = awaits_room;
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, awaits_room);
            // The socket is registered as long as it is open.
            let _ = epoll::modify(&self.epoll, socket, epoll::EventData::new_u64(peer as u64), flags);
        }
    }

    /// Waits for events, at most until `until`, and hands them to the driver. Then writes what was queued.
    pub fn turn(&mut self, driver: &mut impl Driver, until: Nanos) -> io::Result<()> {
        self.flush();
        self.set_timer(until)?;
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        for event in &events {
            let data = event.data;
            if data.u64() == TIMER {
                let mut ticks = [0; 8];
                // That it has rung is known; how often does not matter.
                let _ = rustix::io::read(&self.timer, &mut ticks);
                self.timer_at = Nanos::MAX;
                continue;
            }
            let flags = event.flags;
            // The number was given by `reconnect`, from an index.
            self.attend(driver, data.u64() as usize, flags, &mut scratch);
        }
        self.scratch = scratch;
        self.events = events;
        self.flush();
        Ok(())
    }

    fn set_timer(&mut self, until: Nanos) -> io::Result<()> {
        if until == self.timer_at {
            return Ok(());
        }
        // Zero would stop it: what is due already rings at once.
        let wait = until.saturating_sub(self.now()).max(1);
        let value = if until == Nanos::MAX { Duration::ZERO } else { Duration::from_nanos(wait) };
        let timespec = |time: Duration| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        };
        let setting = Itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(value) };
        rustix::time::timerfd_settime(self.timer.as_fd(), TimerfdTimerFlags::empty(), &setting)?;
        self.timer_at = until;
        Ok(())
    }

    fn attend(&mut self, driver: &mut impl Driver, peer: usize, flags: epoll::EventFlags, scratch: &mut [u8]) {
        let state = &mut self.peers[peer];
        let Some(socket) = &state.socket else { return };
        if state.connecting && flags.intersects(epoll::EventFlags::OUT | epoll::EventFlags::ERR) {
            state.connecting = false;
            if !matches!(sockopt::socket_error(socket), Ok(Ok(()))) {
                self.close(peer);
                let now = self.now();
                return driver.closed(self, peer, now);
            }
            let now = self.now();
            driver.connected(self, peer, now);
            self.write(peer);
        } else if flags.contains(epoll::EventFlags::OUT) {
            self.write(peer);
        }
        if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
            self.read(driver, peer, scratch);
        }
    }

    fn read(&mut self, driver: &mut impl Driver, peer: usize, scratch: &mut [u8]) {
        let state = &mut self.peers[peer];
        let Some(socket) = &state.socket else { return };
        let held = state.partial.len();
        scratch[..held].copy_from_slice(&state.partial);
        state.partial.clear();
        self.calls += 1;
        let received = match &mut state.secured {
            Some(secured) => secured.recv(socket, &mut scratch[held..]),
            None => net::recv(socket, &mut scratch[held..], net::RecvFlags::empty()).map(|(count, _)| count),
        };
        let count = match received {
            Ok(0) => None,
            Ok(count) => Some(count),
            Err(Errno::AGAIN | Errno::INTR) => Some(0),
            Err(_) => None,
        };
        let now = self.now();
        let Some(count) = count else {
            self.close(peer);
            return driver.closed(self, peer, now);
        };
        let arrived = &scratch[..held + count];
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', arrived) {
            let line = &arrived[begin..end];
            begin = end + 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            driver.line(self, peer, line, now);
        }
        let rest = &arrived[begin..];
        // A line without end is nothing that a server sends.
        if rest.len() <= PARTIAL_BYTES_MAX {
            self.peers[peer].partial.extend_from_slice(rest);
        }
    }
}
