//! A client of few words for tests: sends lines, waits for lines.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chat_tui::proto::line::{LineLimits, LineReader};
use chat_tui::proto::scram::ScramClient;
use chat_tui::proto::secret::Secret;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anything may take. Generous, because the tests share a small machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The capabilities that every client of the tests asks for.
const CAPABILITIES: &str = "sasl echo-message server-time message-tags batch labeled-response standard-replies \
                            draft/account-registration draft/chathistory chat-tui/idempotency chat-tui/devices";

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// One connection.
pub struct Client {
    stream: Box<dyn Stream>,
    reader: LineReader,
    lines: VecDeque<String>,
    /// Everything that was read, for the message of a test that fails.
    pub seen: Vec<String>,
}

impl Client {
    /// Connects over TCP.
    pub async fn connect(address: &str) -> Self {
        Self::over(timeout(PATIENCE, TcpStream::connect(address)).await.expect("in time").expect("it listens"))
    }

    /// Talks over any stream.
    pub fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let reader = LineReader::new(LineLimits::FROM_SERVER);
        Self { stream: Box::new(stream), reader, lines: VecDeque::new(), seen: Vec::new() }
    }

    /// Begins as every client does.
    pub async fn introduce(&mut self, name: &str) {
        self.send("CAP LS 302").await;
        self.send(&format!("NICK {name}")).await;
        self.send(&format!("USER {name} 0 * :{name}")).await;
        self.send(&format!("CAP REQ :{CAPABILITIES}")).await;
        self.expect(" ACK ").await;
    }

    /// Registers an account and is welcomed.
    pub async fn register(mut self, name: &str, password: &str) -> Self {
        self.introduce(name).await;
        self.send(&format!("REGISTER {name} * :{password}")).await;
        self.expect("REGISTER SUCCESS").await;
        self.welcomed().await
    }

    /// Logs in with a password (or a token) by SASL PLAIN and is welcomed.
    pub async fn log_in(mut self, name: &str, password: &str) -> Self {
        let answer = self.try_log_in(name, password).await;
        assert!(answer.contains(" 903 "), "{answer}\n{}", self.last_seen());
        self.welcomed().await
    }

    /// Tries to log in by SASL PLAIN; gives the numeric's line.
    pub async fn try_log_in(&mut self, name: &str, password: &str) -> String {
        self.introduce(name).await;
        self.authenticate(name, password).await
    }

    /// One attempt by SASL PLAIN.
    pub async fn authenticate(&mut self, name: &str, password: &str) -> String {
        self.send("AUTHENTICATE PLAIN").await;
        self.expect("AUTHENTICATE +").await;
        self.send(&format!("AUTHENTICATE {}", STANDARD.encode(format!("\0{name}\0{password}")))).await;
        self.expect_any(&[" 902 ", " 903 ", " 904 "]).await
    }

    /// Tries to log in by SCRAM-SHA-256; gives the numeric's line.
    pub async fn try_scram(&mut self, name: &str, password: &str) -> String {
        self.introduce(name).await;
        let (client, first) = ScramClient::start(name, Secret::new(password), "rOprNGfwEbeRWgbNEkqO");
        self.send("AUTHENTICATE SCRAM-SHA-256").await;
        self.expect("AUTHENTICATE +").await;
        self.send(&format!("AUTHENTICATE {}", STANDARD.encode(first))).await;
        let line = self.expect("AUTHENTICATE ").await;
        let challenge = STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap();
        let (proof, last) = client.answer(&challenge).unwrap();
        self.send(&format!("AUTHENTICATE {}", STANDARD.encode(last))).await;
        let line = self.expect_any(&["AUTHENTICATE ", " 904 "]).await;
        if line.contains(" 904 ") {
            return line;
        }
        proof
            .verify(&STANDARD.decode(line.rsplit(' ').next().unwrap()).unwrap())
            .expect("the server knows the password");
        self.send("AUTHENTICATE +").await;
        self.expect_any(&[" 903 ", " 904 "]).await
    }

    /// Ends the introduction and reads up to the greeting.
    pub async fn welcomed(mut self) -> Self {
        self.send("CAP END").await;
        self.expect(" 001 ").await;
        self.settle().await;
        self
    }

    /// Waits until everything sent so far is answered.
    pub async fn settle(&mut self) {
        self.send("PING :settled").await;
        self.expect(":settled").await;
    }

    pub async fn send(&mut self, line: &str) {
        self.send_bytes(format!("{line}\r\n").as_bytes()).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        timeout(PATIENCE, self.stream.write_all(bytes)).await.expect("in time").expect("the connection is open");
    }

    /// Sends a line to a server that may be gone.
    pub async fn try_send(&mut self, line: &str) -> std::io::Result<()> {
        self.try_send_bytes(format!("{line}\r\n").as_bytes()).await
    }

    /// Sends bytes to a server that may close.
    pub async fn try_send_bytes(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// The next line that holds a text; what comes before is passed over.
    pub async fn expect(&mut self, text: &str) -> String {
        self.expect_any(&[text]).await
    }

    /// The next line that holds one of these texts.
    pub async fn expect_any(&mut self, texts: &[&str]) -> String {
        loop {
            let Some(line) = self.next().await else {
                panic!("the connection ended, {texts:?} did not come:\n{}", self.last_seen());
            };
            if texts.iter().any(|text| line.contains(text)) {
                return line;
            }
        }
    }

    /// The next line; nothing when the connection has ended.
    pub async fn next(&mut self) -> Option<String> {
        match timeout(PATIENCE, self.read_line()).await {
            Ok(line) => line,
            Err(_) => panic!("nothing more came:\n{}", self.last_seen()),
        }
    }

    /// The last lines that were read, for the message of a test that fails.
    fn last_seen(&self) -> String {
        let last = self.seen.iter().rev().take(20).rev();
        last.map(|line| line.chars().take(200).chain(['\n']).collect::<String>()).collect()
    }

    async fn read_line(&mut self) -> Option<String> {
        let mut scratch = [0; 4_096];
        while self.lines.is_empty() {
            // A connection that is reset has ended as well.
            let read = self.stream.read(&mut scratch).await.unwrap_or(0);
            if read == 0 {
                return None;
            }
            let lines = &mut self.lines;
            self.reader
                .feed(&scratch[..read], |line| lines.push_back(line.expect("the server sends lines").to_owned()));
        }
        let line = self.lines.pop_front()?;
        self.seen.push(line.clone());
        Some(line)
    }

    /// Reads to the end of the connection and gives all lines on the way.
    pub async fn rest(&mut self) -> Vec<String> {
        let mut rest = Vec::new();
        while let Some(line) = self.next().await {
            rest.push(line);
        }
        rest
    }

    /// Whether nothing comes for a while.
    pub async fn is_quiet(&mut self) -> bool {
        timeout(Duration::from_millis(300), self.read_line()).await.is_err()
    }

    /// The messages of a target's history, oldest first: message id and text. Pages until the beginning is reached.
    pub async fn history(&mut self, target: &str) -> Vec<(String, String)> {
        let mut messages: Vec<(String, String)> = Vec::new();
        loop {
            let bound = messages.first().map(|(id, _)| format!("BEFORE {target} msgid={id}"));
            let bound = bound.unwrap_or_else(|| format!("LATEST {target} *"));
            self.send(&format!("CHATHISTORY {bound} 100")).await;
            self.expect("BATCH +").await;
            let mut page = Vec::new();
            loop {
                let line = self.next().await.expect("the page ends");
                if line.contains("BATCH -") {
                    break;
                }
                page.push(message_of(&line).unwrap_or_else(|| panic!("no message: {line}")));
            }
            if page.is_empty() {
                return messages;
            }
            page.append(&mut messages);
            messages = page;
        }
    }
}

/// The message id and the text of a delivered message.
pub fn message_of(line: &str) -> Option<(String, String)> {
    let (_, text) = line.split_once(" PRIVMSG ")?.1.split_once(" :")?;
    let tags = line.strip_prefix('@')?.split(' ').next()?;
    let id = tags.split(';').find_map(|tag| tag.strip_prefix("msgid="))?;
    Some((id.to_owned(), text.to_owned()))
}
