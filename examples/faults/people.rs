//! The load: many clients that write numbered messages with ids of their own, and send again what was not acknowledged after
//! every break. They note what was acknowledged, and when.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat_tui::proto::line::{LineLimits, LineReader};
use chat_tui::proto::message::Message;
use chat_tui::proto::names::MsgId;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

const PASSWORD: &str = "correct horse";
const CAPS: &str = "sasl echo-message server-time message-tags batch labeled-response standard-replies \
                    draft/account-registration draft/chathistory chat-tui/idempotency";
/// How many messages of one client may be on their way.
const IN_FLIGHT_MAX: usize = 3;
/// How long a client waits after each message.
const PACE: Duration = Duration::from_millis(40);
/// How long a client waits for any line before it takes the connection for dead.
const SILENCE_MAX: Duration = Duration::from_secs(3);
/// How long it waits before it connects anew.
const RETRY_AFTER: Duration = Duration::from_millis(150);
/// How long anything may take where nothing is disturbed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What all clients share.
pub struct Shared {
    /// Where they connect.
    pub address: String,
    /// Where they talk.
    pub channel: String,
    /// Nobody writes anything new.
    pub is_over: AtomicBool,
    /// By client and number: the message's number in the record.
    pub acknowledged: Mutex<BTreeMap<(usize, u64), u64>>,
    /// By client: when the last acknowledged message was written.
    pub last: Mutex<BTreeMap<usize, Instant>>,
    /// Messages that somebody received behind a later one.
    pub reordered: AtomicU64,
}

impl Shared {
    /// Nothing said yet.
    pub fn new(address: String, channel: &str) -> Arc<Self> {
        Arc::new(Self {
            address,
            channel: channel.to_owned(),
            is_over: AtomicBool::new(false),
            acknowledged: Mutex::default(),
            last: Mutex::default(),
            reordered: AtomicU64::new(0),
        })
    }

    /// Whether everybody was acknowledged something that was written after a moment.
    pub fn is_served_since(&self, moment: Instant, clients: usize) -> bool {
        locked(&self.last).values().filter(|written| **written > moment).count() == clients
    }
}

/// Nobody panics while holding these.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that speaks lines.
pub struct Talk {
    stream: TcpStream,
    reader: LineReader,
    lines: VecDeque<String>,
}

impl Talk {
    /// Connects.
    pub async fn connect(address: &str) -> Result<Self> {
        let stream = timeout(SILENCE_MAX, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        Ok(Self { stream, reader: LineReader::new(LineLimits::FROM_SERVER), lines: VecDeque::new() })
    }

    /// Sends a line.
    pub async fn send(&mut self, line: &str) -> Result<()> {
        Ok(timeout(SILENCE_MAX, self.stream.write_all(format!("{line}\r\n").as_bytes())).await??)
    }

    /// The next line. May be cancelled.
    pub async fn receive(&mut self, patience: Duration) -> Result<String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            let mut scratch = [0; 4_096];
            let count = timeout(patience, self.stream.read(&mut scratch)).await??;
            if count == 0 {
                bail!("the connection has ended");
            }
            let lines = &mut self.lines;
            self.reader.feed(&scratch[..count], |line| lines.extend(line.map(str::to_owned)));
        }
    }

    async fn expect(&mut self, wanted: &[&str], patience: Duration) -> Result<String> {
        loop {
            let line = self.receive(patience).await?;
            if wanted.iter().any(|wanted| line.contains(wanted)) {
                return Ok(line);
            }
            if line.starts_with("ERROR") || line.contains(" 904 ") || line.contains(" FAIL ") {
                bail!("refused: {line}");
            }
        }
    }

    async fn introduce(&mut self, name: &str) -> Result<()> {
        self.send(&format!("CAP REQ :{CAPS}\r\nNICK {name}\r\nUSER {name} 0 * :{name}")).await?;
        self.expect(&[" ACK "], PATIENCE).await.map(drop)
    }

    /// Makes an account.
    pub async fn register(address: &str, name: &str) -> Result<()> {
        let mut talk = Self::connect(address).await?;
        talk.introduce(name).await?;
        talk.send(&format!("REGISTER {name} * :{PASSWORD}")).await?;
        talk.expect(&["REGISTER SUCCESS"], PATIENCE).await?;
        talk.send("QUIT").await
    }

    /// Logs in and joins.
    pub async fn log_in(address: &str, name: &str, channel: &str, patience: Duration) -> Result<Self> {
        let mut talk = Self::connect(address).await?;
        talk.send(&format!("CAP REQ :{CAPS}\r\nNICK {name}\r\nUSER {name} 0 * :{name}\r\nAUTHENTICATE PLAIN")).await?;
        talk.expect(&["AUTHENTICATE +"], patience).await?;
        let proof = STANDARD.encode(format!("\0{name}\0{PASSWORD}"));
        talk.send(&format!("AUTHENTICATE {proof}\r\nCAP END\r\nJOIN {channel}\r\nPING :in")).await?;
        talk.expect(&[":in"], patience).await?;
        Ok(talk)
    }

    /// Reads a channel's whole history, oldest first: numbers in the record.
    pub async fn history(&mut self, channel: &str) -> Result<Vec<u64>> {
        let mut all: Vec<u64> = Vec::new();
        loop {
            let bound = match all.first() {
                Some(first) => format!("BEFORE {channel} msgid={}", MsgId::of_seq(*first)),
                None => format!("LATEST {channel} *"),
            };
            self.send(&format!("CHATHISTORY {bound} 1000")).await?;
            let mut page = Vec::new();
            loop {
                let line = self.receive(PATIENCE).await?;
                let message = Message::parse(&line).context("a message")?;
                match message.command {
                    "PRIVMSG" => page.extend(message.tag("msgid").and_then(|id| MsgId::parse(&id)).map(|id| id.seq())),
                    "BATCH" if message.param(0).is_some_and(|reference| reference.starts_with('-')) => break,
                    "FAIL" => bail!("{line}"),
                    _ => {}
                }
            }
            if page.is_empty() {
                return Ok(all);
            }
            page.append(&mut all);
            all = page;
        }
    }
}

/// What is written and not acknowledged yet.
struct Mine {
    number: u64,
    written: Instant,
    is_sent: bool,
}

/// One client, until all is over and acknowledged.
pub async fn talk(shared: Arc<Shared>, client: usize, name: String) {
    let mut pending: VecDeque<Mine> = VecDeque::new();
    let mut next = 0;
    while !(shared.is_over.load(Ordering::SeqCst) && pending.is_empty()) {
        // Whatever went wrong: the next connection makes it good.
        let _ = converse(&shared, client, &name, &mut pending, &mut next).await;
        pending.iter_mut().for_each(|mine| mine.is_sent = false);
        sleep(RETRY_AFTER).await;
    }
}

async fn converse(
    shared: &Shared,
    client: usize,
    name: &str,
    pending: &mut VecDeque<Mine>,
    next: &mut u64,
) -> Result<()> {
    let mut talk = Talk::log_in(&shared.address, name, &shared.channel, SILENCE_MAX).await?;
    let mut last_seen = 0;
    let mut write_at = Instant::now();
    loop {
        let is_over = shared.is_over.load(Ordering::SeqCst);
        if is_over && pending.is_empty() {
            return talk.send("QUIT").await;
        }
        for mine in pending.iter_mut().filter(|mine| !mine.is_sent) {
            mine.is_sent = true;
            let (id, channel) = (format!("{client}-{}", mine.number), &shared.channel);
            talk.send(&format!("@+chat-tui/id={id} PRIVMSG {channel} :{client} {}", mine.number)).await?;
        }
        let line = tokio::select! {
            biased;
            line = talk.receive(SILENCE_MAX) => line?,
            () = tokio::time::sleep_until(write_at.into()), if !is_over && pending.len() < IN_FLIGHT_MAX => {
                write_at = Instant::now() + PACE;
                pending.push_back(Mine { number: *next, written: write_at, is_sent: false });
                *next += 1;
                continue;
            }
        };
        let message = Message::parse(&line).context("a message")?;
        match message.command {
            "PRIVMSG" if message.param(0) == Some(&shared.channel) => {
                let seq = message.tag("msgid").and_then(|id| MsgId::parse(&id)).context("an id")?.seq();
                let own =
                    message.param(1).and_then(|text| text.strip_prefix(&format!("{client} "))?.parse::<u64>().ok());
                match own {
                    Some(number) => {
                        let at = pending.iter().position(|mine| mine.number == number);
                        if let Some(mine) = at.and_then(|at| pending.remove(at)) {
                            note(shared, client, &mine, seq);
                        }
                        last_seen = last_seen.max(seq);
                    }
                    None if seq <= last_seen => drop(shared.reordered.fetch_add(1, Ordering::SeqCst)),
                    None => last_seen = seq,
                }
            }
            "FAIL" => {
                // Refused at the door: in a moment everything again, in order.
                sleep(RETRY_AFTER).await;
                pending.iter_mut().for_each(|mine| mine.is_sent = false);
            }
            "PING" => talk.send(&format!("PONG :{}", message.param(0).unwrap_or_default())).await?,
            "ERROR" => bail!("{line}"),
            _ => {}
        }
    }
}

fn note(shared: &Shared, client: usize, mine: &Mine, seq: u64) {
    locked(&shared.acknowledged).insert((client, mine.number), seq);
    let mut last = locked(&shared.last);
    let at = last.entry(client).or_insert(mine.written);
    *at = (*at).max(mine.written);
}
