//! The operator's commands for accounts, bans, channels and invitations, as a client of the server: over its Unix socket while it runs, else
//! over a server of this very process that listens nowhere. Either way the same rules judge, and the same events are recorded.

pub mod accounts;
pub mod bans;
pub mod channels;
pub mod invitations;
pub mod order;

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use self::accounts::AccountEntry;
use self::bans::BanEntry;
use self::channels::ChannelEntry;
use self::invitations::InvitationEntry;
use self::order::Order;
use super::config::Config;
use super::listener::Listener;
use super::{Options, Server, ServerError};
use crate::chat::event::OperatorAct;
use crate::chat::ports::{Peer, Transport};
use crate::proto::line::{LineLimits, LineReader};
use crate::proto::message::{Line, Message};

/// How long the server may be silent before a command is given up. New passwords take it some time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Stands in the PING before an order, and in the one behind it.
const BEGUN: &str = "begun";
const DONE: &str = "done";
/// The most characters of what is noted of a command: it fits into a line whatever they are.
const NOTE_CHARS_MAX: usize = 100;

/// What a command does with the record itself, to be put into the record.
#[derive(Clone, Debug)]
pub struct AuditNote {
    /// What.
    pub act: OperatorAct,
    /// More of it, in a line.
    pub text: String,
}

impl Order for AuditNote {
    fn line(&self) -> Line {
        let text: String =
            self.text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NOTE_CHARS_MAX).collect();
        Line::new("AUDIT").param(&self.act.word().to_ascii_uppercase()).trailing(&text)
    }

    fn fault(&self) -> Option<&'static str> {
        None
    }
}

/// What a command led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// To `List` of [`accounts::AccountCommand`].
    Accounts(Vec<AccountEntry>),
    /// To `List` of [`bans::BanCommand`].
    Bans(Vec<BanEntry>),
    /// To `List` and `Show` of [`channels::ChannelCommand`].
    Channels(Vec<ChannelEntry>),
    /// To `List` of [`invitations::InvitationCommand`].
    Invitations(Vec<InvitationEntry>),
    /// To `Create`: with its code.
    Invitation(InvitationEntry),
    /// It is done; what the server says of it.
    Done(String),
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The command itself cannot be sent.
    #[error("{0}")]
    Unfit(&'static str),
    /// The server says no.
    #[error("{text}")]
    Refused {
        /// The code of its answer, such as `UNKNOWN_ACCOUNT`.
        code: String,
        /// Its words.
        text: String,
    },
    /// This user may not act as the server.
    #[error(
        "the server does not let this user act as its operator: run the command as the server's own user or as root"
    )]
    NotOperator,
    /// The server is there and does not answer.
    #[error("the server does not answer")]
    Silent,
    /// The connection ended in the middle.
    #[error("the connection to the server ended: {0}")]
    Lost(String),
    /// A server runs, and cannot be reached.
    #[error("a server uses {place}, but cannot be reached at its socket {socket}: {reason}")]
    Unreachable {
        /// The data directory.
        place: String,
        /// The socket, or `none`.
        socket: String,
        /// What the system says.
        reason: String,
    },
    /// No server runs, and none can be had for the command either.
    #[error(transparent)]
    Server(ServerError),
}

/// What was done with the record could not be put into it.
#[derive(Debug, thiserror::Error)]
#[error("what operators do with the record is put into it, and that failed: {0}")]
pub struct NoteError(#[source] AdminError);

impl From<io::Error> for AdminError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error.to_string())
    }
}

/// Puts into the record what a command does with it.
///
/// # Errors
/// When it could not be put there: then whoever only reads should not.
pub async fn note(config: &Config, act: OperatorAct, text: String) -> Result<(), NoteError> {
    run(config.clone(), &AuditNote { act, text }).await.map(drop).map_err(NoteError)
}

/// Does a command by the server that runs with this configuration, or in its place when none does.
pub async fn run(config: Config, order: &dyn Order) -> Result<Outcome, AdminError> {
    if let Some(fault) = order.fault() {
        return Err(AdminError::Unfit(fault));
    }
    let reason = match &config.socket {
        Some(socket) => match UnixStream::connect(socket).await {
            Ok(stream) => return administer(stream, order).await,
            Err(error) => error.to_string(),
        },
        None => "it was turned off".to_owned(),
    };
    let (place, socket) = (config.data_dir.display().to_string(), config.socket.clone());
    match without_a_server(config, order).await {
        Err(AdminError::Server(ServerError::Locked(_))) => {
            let socket = socket.as_deref().map_or_else(|| "none".to_owned(), |path: &Path| path.display().to_string());
            Err(AdminError::Unreachable { place, socket, reason })
        }
        outcome => outcome,
    }
}

/// Does a command with a server of this process, which nobody else can reach.
async fn without_a_server(mut config: Config, order: &dyn Order) -> Result<Outcome, AdminError> {
    let (listener, dialer) = Listener::memory();
    config.exit_when_idle = None;
    let options = Options { listeners: Some(vec![listener]), ..Options::default() };
    config.listen_http = Vec::new();
    let server = Server::build(config, options).await.map_err(AdminError::Server)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let uid = rustix::process::geteuid().as_raw();
    let address = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    let peer = Peer { address, port: 0, transport: Transport::Unix { uid, operator: true } };
    let outcome = match dialer.connect(peer).await {
        Some(stream) => administer(stream, order).await,
        None => Err(AdminError::Silent),
    };
    drop(stop);
    match running.await {
        // Why the server could not go on explains more than that the connection ended.
        Ok(Err(error)) => Err(AdminError::Server(error)),
        Ok(Ok(())) => outcome,
        Err(error) => Err(AdminError::Server(ServerError::Hub(error.to_string()))),
    }
}

/// Logs in as the server's operator and does a command.
pub async fn administer<S>(stream: S, order: &dyn Order) -> Result<Outcome, AdminError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut talk = Talk::new(stream);
    talk.send("CAP LS 302\r\nNICK operator\r\nUSER operator 0 * :operator\r\nCAP REQ :sasl standard-replies\r\nAUTHENTICATE EXTERNAL\r\n")
        .await?;
    let (mut accounts, mut bans, mut channels, mut invitations) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut complaint, mut has_begun) = (None, false);
    loop {
        let line = talk.receive().await?;
        let Ok(message) = Message::parse(&line) else { continue };
        let param = |place: usize| message.param(place).unwrap_or_default();
        let text = || message.params().last().copied().unwrap_or_default().to_owned();
        match (message.command, param(0), param(1)) {
            ("AUTHENTICATE", "+", _) => talk.send("AUTHENTICATE +\r\n").await?,
            ("FAIL", "AUTHENTICATE", code) => complaint = Some((code.to_owned(), text())),
            ("FAIL", _, code) if has_begun => {
                return Err(AdminError::Refused { code: code.to_owned(), text: text() });
            }
            ("902" | "904" | "905" | "906" | "908", ..) => {
                return Err(match complaint {
                    Some((code, text)) => AdminError::Refused { code, text },
                    None => AdminError::NotOperator,
                });
            }
            ("903", ..) => {
                let mut bytes = format!("CAP END\r\nPING {BEGUN}\r\n").into_bytes();
                order.line().encode(&mut bytes);
                if order.is_quiet() {
                    bytes.extend(format!("PING {DONE}\r\n").bytes());
                }
                talk.send_bytes(&bytes).await?;
            }
            ("ACCOUNT", "ENTRY", name) => accounts.push(AccountEntry {
                name: name.to_owned(),
                status: param(2).to_owned(),
                registered: param(3).to_owned(),
                addresses: param(4).to_owned(),
            }),
            ("ACCOUNT", "END", _) => return talk.end(Outcome::Accounts(accounts)).await,
            ("BAN", "ENTRY", effect) => bans.push(BanEntry {
                effect: if effect == "MUTE" { "mute" } else { "ban" }.to_owned(),
                target: param(2).to_owned(),
                since: param(3).to_owned(),
                until: Some(param(4).to_owned()).filter(|until| until != "*"),
                by: param(5).to_owned(),
                reason: param(6).to_owned(),
            }),
            ("BAN", "END", _) => return talk.end(Outcome::Bans(bans)).await,
            ("INVITATION", "CODE", _) => {
                if let Some(made) = invitations::read(&message) {
                    return talk.end(Outcome::Invitation(made)).await;
                }
            }
            ("INVITATION", "ENTRY", _) => invitations.extend(invitations::read(&message)),
            ("INVITATION", "END", _) => return talk.end(Outcome::Invitations(invitations)).await,
            ("CHANNEL", "END", _) => return talk.end(Outcome::Channels(channels)).await,
            ("CHANNEL", "ENTRY" | "MEMBER" | "MASK", _) | ("332", ..) => {
                channels::take_in(&mut channels, &message, order.is_about_one())
            }
            ("PONG", _, BEGUN) => has_begun = true,
            ("PONG", _, DONE) => return talk.end(Outcome::Done("done".to_owned())).await,
            ("ACCOUNT" | "AUDIT" | "BAN" | "CHANNEL" | "INVITATION", "DONE", _) => {
                return talk.end(Outcome::Done(text())).await;
            }
            ("PING", token, _) => talk.send(&format!("PONG :{token}\r\n")).await?,
            // A refusal names what it is about: `403 operator #tea :No such channel`.
            (numeric, ..) if has_begun && is_refusal(numeric) => {
                let about = message.params().get(1..).unwrap_or_default().join(" ");
                return Err(AdminError::Refused { code: numeric.to_owned(), text: about });
            }
            ("ERROR", ..) => return Err(AdminError::Lost(text())),
            _ => {}
        }
    }
}

/// Whether a numeric says that something was not done.
fn is_refusal(numeric: &str) -> bool {
    numeric.len() == 3 && (numeric.starts_with(['4', '5']) || numeric == "696" || numeric == "723")
}

/// Lines to and from a server.
struct Talk<S> {
    stream: S,
    reader: LineReader,
    lines: std::collections::VecDeque<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    fn new(stream: S) -> Self {
        Self { stream, reader: LineReader::new(LineLimits::FROM_SERVER), lines: std::collections::VecDeque::new() }
    }

    async fn send(&mut self, lines: &str) -> Result<(), AdminError> {
        self.send_bytes(lines.as_bytes()).await
    }

    async fn send_bytes(&mut self, bytes: &[u8]) -> Result<(), AdminError> {
        timeout(ANSWER_TIMEOUT, self.stream.write_all(bytes)).await.map_err(|_| AdminError::Silent)??;
        Ok(())
    }

    async fn receive(&mut self) -> Result<String, AdminError> {
        let mut scratch = [0; 2_048];
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(line);
            }
            let read =
                timeout(ANSWER_TIMEOUT, self.stream.read(&mut scratch)).await.map_err(|_| AdminError::Silent)??;
            if read == 0 {
                return Err(AdminError::Lost("nothing more came".to_owned()));
            }
            let lines = &mut self.lines;
            // A line that is none is not the answer either.
            self.reader.feed(&scratch[..read], |line| lines.extend(line.map(str::to_owned)));
        }
    }

    /// Says goodbye; the outcome stands whatever comes of that.
    async fn end(mut self, outcome: Outcome) -> Result<Outcome, AdminError> {
        let _ = self.send("QUIT\r\n").await;
        Ok(outcome)
    }
}
