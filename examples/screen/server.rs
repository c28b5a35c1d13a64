//! An IRC server of one channel and one client, which says what the measurement wants and when.
//!
//! It accepts any log-in, knows no history, and writes as fast as the client reads. Messages have tags when the client has
//! asked for them.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use chat_tui::proto::time::Timestamp;

/// The channel.
pub const CHANNEL: &str = "#bench";
/// What the first message in the channel says: when it is on the screen, the client is in the conversation.
pub const JOINED_MARK: &str = "here-you-are";
const SERVER: &str = "bench.invalid";
const CAPABILITIES: &str = "sasl=PLAIN server-time message-tags batch echo-message multi-prefix";
/// How many people talk.
const SPEAKERS: u64 = 20;
const LINE_BYTES: usize = 100;
/// How many bytes of a flood are written at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// What the server's threads share.
#[derive(Default)]
struct Shared {
    client: Mutex<Option<TcpStream>>,
    has_tags: AtomicBool,
    number: AtomicU64,
}

/// The server.
pub struct Server {
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

impl Server {
    /// Listens, and serves one client after the other on a thread of its own.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that is gone is no fault of ours.
                let _ = serve(stream, &of_thread);
            }
        });
        Ok(Self { port, shared })
    }

    /// One message of one of the speakers.
    pub fn say(&self, text: &str) {
        self.shared.write(self.shared.message(text).as_bytes());
    }

    /// Messages as fast as the client takes them; the last one says `last`.
    pub fn flood(&self, count: u64, last: &str) -> JoinHandle<()> {
        let (shared, last) = (Arc::clone(&self.shared), last.to_owned());
        thread::spawn(move || {
            let mut chunk = String::new();
            for number in 0..count {
                let text = if number + 1 == count { last.as_str() } else { "" };
                chunk += &shared.message(text);
                if chunk.len() >= CHUNK_BYTES {
                    shared.write(chunk.as_bytes());
                    chunk.clear();
                }
            }
            shared.write(chunk.as_bytes());
        })
    }

    /// Messages at a rate, for a while.
    pub fn drip(&self, per_second: u32, time: Duration) -> JoinHandle<()> {
        let shared = Arc::clone(&self.shared);
        thread::spawn(move || {
            let begin = Instant::now();
            for number in 1.. {
                let due = Duration::from_secs(1) * number / per_second;
                if due > time {
                    return;
                }
                thread::sleep(due.saturating_sub(begin.elapsed()));
                shared.write(shared.message("").as_bytes());
            }
        })
    }
}

impl Shared {
    fn write(&self, bytes: &[u8]) {
        if let Some(client) = &mut *self.client.lock().unwrap_or_else(PoisonError::into_inner) {
            // A client that is gone is noticed on its screen.
            let _ = client.write_all(bytes);
        }
    }

    /// A line of a speaker: `text`, or something that fills the line.
    fn message(&self, text: &str) -> String {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut body = format!(":speaker{:02}!s@host PRIVMSG {CHANNEL} :message {number:07} {text}", number % SPEAKERS);
        let words = " and words of some length that say nothing much but fill the line as people do";
        if text.is_empty() {
            body.extend(words.chars().take(LINE_BYTES.saturating_sub(body.len() + 2)));
        }
        if self.has_tags.load(Ordering::Relaxed) {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
            let time = Timestamp::from_millis(i64::try_from(now).unwrap_or(0));
            format!("@time={time};msgid={number:013} {body}\r\n")
        } else {
            body + "\r\n"
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> Result<()> {
    stream.set_nodelay(true)?;
    let lines = BufReader::new(stream.try_clone()?).lines();
    *shared.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
    shared.has_tags.store(false, Ordering::Relaxed);
    let (mut nick, mut has_user, mut negotiates, mut is_welcomed, mut logged_in) =
        ("*".to_owned(), false, false, false, false);
    for line in lines {
        let line = line?;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let last = rest.rsplit_once(':').map_or(rest, |(_, last)| last);
        let reply = match command.to_ascii_uppercase().as_str() {
            "CAP" if rest.starts_with("LS") => {
                negotiates = true;
                format!(":{SERVER} CAP {nick} LS :{CAPABILITIES}\r\n")
            }
            "CAP" if rest.starts_with("REQ") => {
                if last.contains("server-time") {
                    shared.has_tags.store(true, Ordering::Relaxed);
                }
                format!(":{SERVER} CAP {nick} ACK :{last}\r\n")
            }
            "CAP" if rest.starts_with("END") => {
                negotiates = false;
                String::new()
            }
            "NICK" => {
                nick = last.to_owned();
                String::new()
            }
            "USER" => {
                has_user = true;
                String::new()
            }
            "AUTHENTICATE" if rest == "PLAIN" => "AUTHENTICATE +\r\n".to_owned(),
            "AUTHENTICATE" => {
                logged_in = true;
                format!(
                    ":{SERVER} 900 {nick} {nick}!u@host {nick} :You are logged in\r\n:{SERVER} 903 {nick} :Welcome\r\n"
                )
            }
            "PING" => format!(":{SERVER} PONG {SERVER} :{last}\r\n"),
            // irssi asks for no channel at all, to learn whether the server knows capabilities.
            "JOIN" if last.trim() == CHANNEL => joined(&nick, shared),
            "QUIT" => return Ok(()),
            _ => String::new(),
        };
        shared.write(reply.as_bytes());
        if !is_welcomed && has_user && !negotiates && nick != "*" {
            is_welcomed = true;
            shared.write(welcome(&nick).as_bytes());
            // Who has an account here is in the channel already, as on our own server; the others ask.
            if logged_in {
                shared.write(joined(&nick, shared).as_bytes());
            }
        }
    }
    Ok(())
}

fn welcome(nick: &str) -> String {
    format!(
        ":{SERVER} 001 {nick} :Welcome\r\n:{SERVER} 002 {nick} :Host\r\n:{SERVER} 003 {nick} :Made\r\n\
         :{SERVER} 004 {nick} {SERVER} bench-1 i nt\r\n\
         :{SERVER} 005 {nick} CHANTYPES=# PREFIX=(ov)@+ CHANMODES=b,k,l,nt CASEMAPPING=ascii NICKLEN=30 \
         NETWORK=bench :are supported\r\n:{SERVER} 422 {nick} :No message of the day\r\n"
    )
}

fn joined(nick: &str, shared: &Shared) -> String {
    let names: Vec<String> = (0..SPEAKERS).map(|number| format!("speaker{number:02}")).collect();
    format!(
        ":{nick}!u@host JOIN {CHANNEL}\r\n:{SERVER} 332 {nick} {CHANNEL} :a topic\r\n\
         :{SERVER} 353 {nick} = {CHANNEL} :{nick} {}\r\n:{SERVER} 366 {nick} {CHANNEL} :End\r\n{}",
        names.join(" "),
        shared.message(JOINED_MARK)
    )
}
