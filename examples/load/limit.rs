//! What is physically possible: a loop that passes lines on to the same sockets, with no protocol at all.
//!
//! Until a connection has said PING, its registration is answered as the load expects it; from then on its bytes are not
//! looked into. Two ways of writing: one write for each line and receiver, as servers do that know no better, and one write
//! for all that a receiver is to get of one turn.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use chat_tui::ground::tls;
use chat_tui::ground::tls::server::ServerCertificate;
use clap::{Args, ValueEnum};
use rustix::buffer::spare_capacity;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{self, RecvFlags, SendFlags, SocketFlags, sockopt};
use rustls::ServerConfig;

use crate::secured::Secured;

const READ_BYTES: usize = 256 * 1024;
const EVENTS_MAX: usize = 1024;
const BACKLOG: i32 = 4_096;
const LISTENER: u64 = u64::MAX;

/// How lines leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Writes {
    /// One write a line
    Each,
    /// All pending lines of a socket in one write
    Joined,
}

/// Where and how.
#[derive(Clone, Debug, Args)]
pub struct LimitOptions {
    /// Where to listen
    #[arg(long)]
    listen: SocketAddr,
    /// How lines leave
    #[arg(long, value_enum)]
    writes: Writes,
    /// Speak TLS with a certificate of its own that is kept in this directory: for idle connections, whose memory is then
    /// that of rustls
    #[arg(long)]
    tls: Option<PathBuf>,
}

struct Peer {
    socket: OwnedFd,
    secured: Option<Secured>,
    group: Option<usize>,
    is_raw: bool,
    partial: Vec<u8>,
    /// What the socket did not take.
    pending: Vec<u8>,
}

/// What one sender said in this turn: a range of the group's text.
struct Said {
    sender: usize,
    begin: usize,
    end: usize,
}

#[derive(Default)]
struct Group {
    members: Vec<usize>,
    text: Vec<u8>,
    said: Vec<Said>,
}

struct Limit {
    epoll: OwnedFd,
    writes: Writes,
    tls: Option<Arc<ServerConfig>>,
    peers: Vec<Option<Peer>>,
    groups: Vec<Group>,
    names: HashMap<String, usize>,
    touched: Vec<usize>,
}

/// Passes lines on until the process is ended.
pub fn run(options: &LimitOptions) -> Result<()> {
    let listener = TcpListener::bind(options.listen)?;
    // Listening again changes the backlog.
    net::listen(&listener, BACKLOG)?;
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    let mut limit = Limit {
        epoll,
        writes: options.writes,
        tls: options.tls.as_deref().map(server_config).transpose()?,
        peers: Vec::new(),
        groups: Vec::new(),
        names: HashMap::new(),
        touched: Vec::new(),
    };
    let mut events = Vec::with_capacity(EVENTS_MAX);
    let mut scratch = vec![0; READ_BYTES];
    loop {
        events.clear();
        match epoll::wait(&limit.epoll, spare_capacity(&mut events), None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            let (data, flags) = (event.data, event.flags);
            if data.u64() == LISTENER {
                limit.accept(&listener)?;
                continue;
            }
            // The number was given by `accept`, from an index.
            let peer = data.u64() as usize;
            if flags.contains(epoll::EventFlags::OUT) {
                limit.write(peer, &[]);
            }
            if flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR) {
                limit.read(peer, &mut scratch);
            }
        }
        limit.pass_on();
    }
}

fn server_config(directory: &Path) -> Result<Arc<ServerConfig>> {
    tls::install_provider();
    let certificate = ServerCertificate::self_signed(directory, &["localhost".to_owned()])?;
    Ok(Arc::clone(certificate.acceptor().config()))
}

impl Limit {
    fn accept(&mut self, listener: &TcpListener) -> Result<()> {
        loop {
            let socket = match net::accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR | Errno::CONNABORTED) => continue,
                Err(error) => return Err(error.into()),
            };
            sockopt::set_tcp_nodelay(&socket, true)?;
            let index = self.peers.iter().position(Option::is_none).filter(|_| self.peers.len() > 20_000);
            let index = index.unwrap_or(self.peers.len());
            let data = epoll::EventData::new_u64(index as u64);
            epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN)?;
            let secured = self.tls.as_ref().map(Secured::server).transpose()?;
            let peer = Peer { socket, secured, group: None, is_raw: false, partial: Vec::new(), pending: Vec::new() };
            if index == self.peers.len() {
                self.peers.push(Some(peer));
            } else {
                self.peers[index] = Some(peer);
            }
        }
    }

    fn read(&mut self, index: usize, scratch: &mut [u8]) {
        let Some(peer) = &mut self.peers[index] else { return };
        let held = peer.partial.len();
        scratch[..held].copy_from_slice(&peer.partial);
        let received = match &mut peer.secured {
            Some(secured) => secured.recv(&peer.socket, &mut scratch[held..]),
            None => net::recv(&peer.socket, &mut scratch[held..], RecvFlags::empty()).map(|(count, _)| count),
        };
        let count = match received {
            Ok(0) => return self.close(index),
            Ok(count) => count,
            Err(Errno::AGAIN | Errno::INTR) => return,
            Err(_) => return self.close(index),
        };
        peer.partial.clear();
        let arrived = &scratch[..held + count];
        // What has no end yet waits for it.
        let whole = memchr::memrchr(b'\n', arrived).map_or(0, |end| end + 1);
        peer.partial.extend_from_slice(&arrived[whole..]);
        if let (true, Some(group)) = (peer.is_raw, peer.group) {
            let group_state = &mut self.groups[group];
            if group_state.said.is_empty() {
                self.touched.push(group);
            }
            let begin = group_state.text.len();
            group_state.text.extend_from_slice(&arrived[..whole]);
            group_state.said.push(Said { sender: index, begin, end: group_state.text.len() });
            return;
        }
        let lines = String::from_utf8_lossy(&arrived[..whole]).into_owned();
        for line in lines.lines() {
            self.register(index, line);
        }
    }

    fn register(&mut self, index: usize, line: &str) {
        let Some(peer) = &mut self.peers[index] else { return };
        match line.split_once(' ') {
            Some(("USER", _)) => self.write(index, b":limit 001 you :\r\n:limit 422 you :\r\n"),
            Some(("JOIN", name)) => {
                let group = *self.names.entry(name.to_owned()).or_insert_with(|| {
                    self.groups.push(Group::default());
                    self.groups.len() - 1
                });
                self.groups[group].members.push(index);
                peer.group = Some(group);
            }
            Some(("PING", token)) => {
                peer.is_raw = true;
                self.write(index, format!("PONG limit {token}\r\n").as_bytes());
            }
            _ => {}
        }
    }

    fn close(&mut self, index: usize) {
        if let Some(peer) = self.peers[index].take()
            && let Some(group) = peer.group
        {
            self.groups[group].members.retain(|member| *member != index);
        }
    }

    /// Passes on what was said in this turn.
    fn pass_on(&mut self) {
        let mut without_own = Vec::new();
        for group in std::mem::take(&mut self.touched) {
            let state = std::mem::take(&mut self.groups[group]);
            for member in &state.members {
                let is_sender = state.said.iter().any(|said| said.sender == *member);
                match self.writes {
                    Writes::Joined if !is_sender => self.write(*member, &state.text),
                    Writes::Joined => {
                        without_own.clear();
                        for said in state.said.iter().filter(|said| said.sender != *member) {
                            without_own.extend_from_slice(&state.text[said.begin..said.end]);
                        }
                        if !without_own.is_empty() {
                            self.write(*member, &without_own);
                        }
                    }
                    Writes::Each => {
                        for said in state.said.iter().filter(|said| said.sender != *member) {
                            let text = &state.text[said.begin..said.end];
                            let mut begin = 0;
                            for end in memchr::memchr_iter(b'\n', text) {
                                self.write(*member, &text[begin..=end]);
                                begin = end + 1;
                            }
                        }
                    }
                }
            }
            let Group { members, mut text, mut said } = state;
            text.clear();
            said.clear();
            self.groups[group] = Group { members, text, said };
        }
    }

    fn write(&mut self, index: usize, bytes: &[u8]) {
        let Some(peer) = &mut self.peers[index] else { return };
        if let Some(secured) = &mut peer.secured {
            // Who is idle reads the little that it gets.
            return secured.send(&peer.socket, bytes);
        }
        let had_pending = !peer.pending.is_empty();
        if had_pending {
            peer.pending.extend_from_slice(bytes);
        }
        let bytes = if had_pending { &peer.pending[..] } else { bytes };
        let mut done = 0;
        while done < bytes.len() {
            match net::send(&peer.socket, &bytes[done..], SendFlags::NOSIGNAL) {
                Ok(count) => done += count,
                Err(Errno::INTR) => {}
                // A full buffer waits for room; a dead connection is noticed when it is read.
                Err(_) => break,
            }
        }
        let is_left = done < bytes.len();
        if had_pending {
            peer.pending.drain(..done);
        } else if is_left {
            peer.pending = bytes[done..].to_vec();
        }
        if is_left != had_pending {
            let mut flags = epoll::EventFlags::IN;
            flags.set(epoll::EventFlags::OUT, is_left);
            // The socket is registered as long as the peer is there.
            let _ = epoll::modify(&self.epoll, &peer.socket, epoll::EventData::new_u64(index as u64), flags);
        }
    }
}
