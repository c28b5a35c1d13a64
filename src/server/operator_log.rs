//! What the operator reads: the server's own lines on standard output, as its ancestor wrote them, and the structured log.
//!
//! A standard output that nobody reads must never hold up the hub: lines go to a thread through a bounded queue, and what
//! does not fit is left out. Never holds a message's text or a secret.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::chat::ports::{FailedCheck, Notable, Peer};
use crate::ground::texts::Texts;

/// How many lines may wait to be written. Beyond: left out; the structured log still has what they say.
const LINES_MAX: usize = 4_096;

/// The operator's log. Clones write to the same place.
#[derive(Clone)]
pub struct OperatorLog {
    texts: Texts,
    /// Where lines for people go; none where only the structured log is wanted.
    lines: Option<SyncSender<String>>,
}

/// Waits for the last lines.
pub struct OperatorLogEnd(Option<JoinHandle<()>>);

impl OperatorLog {
    /// One that writes lines to `output` beside the structured log.
    pub fn start(texts: Texts, output: impl Write + Send + 'static) -> std::io::Result<(Self, OperatorLogEnd)> {
        let (lines, queue) = sync_channel(LINES_MAX);
        let thread =
            std::thread::Builder::new().name("operator-log".to_owned()).spawn(move || write_lines(&queue, output))?;
        Ok((Self { texts, lines: Some(lines) }, OperatorLogEnd(Some(thread))))
    }

    /// One that writes to the structured log only.
    pub fn structured_only(texts: Texts) -> (Self, OperatorLogEnd) {
        (Self { texts, lines: None }, OperatorLogEnd(None))
    }

    /// The server has started, at this moment of the operator's clock.
    pub fn started(&self) {
        let date = chrono::Local::now().format("%d/%m/%Y %H:%M:%S").to_string();
        self.say("server-log-date", &[("date", date.into())]);
        self.say("server-log-started", &[]);
    }

    /// A connection is there. Like everything about one connection it is told within the connection's span, which says whose
    /// it is.
    pub fn connected(&self, peer: &Peer) {
        tracing::debug!("connected");
        let (address, port) = (format!("'{}'", peer.address), peer.port.to_string());
        self.say("server-log-connection", &[("address", address.into()), ("port", port.into())]);
    }

    /// The rules decided something.
    pub fn tell(&self, notable: &Notable) {
        match notable {
            Notable::LoggedIn { account, by, .. } => {
                tracing::Span::current().record("account", account.as_str());
                tracing::info!(by, "logged in");
                self.say("server-log-name-right", &[]);
                // A token or the socket's owner is not asked for the other two.
                if matches!(*by, "password" | "scram") {
                    self.say("server-log-password-right", &[]);
                    self.say("server-log-address-right", &[]);
                }
            }
            Notable::LoginRefused { name, check, .. } => {
                tracing::warn!(name, check = check.word(), "log-in refused");
                if matches!(check, FailedCheck::Password | FailedCheck::Address | FailedCheck::Suspended) {
                    self.say("server-log-name-right", &[]);
                }
                if matches!(check, FailedCheck::Address | FailedCheck::Suspended) {
                    self.say("server-log-password-right", &[]);
                }
                self.say("server-log-refused", &[("name", name.as_str().into())]);
            }
            Notable::Registered { account, .. } => tracing::info!(%account, "registered"),
            Notable::OperatorActed { operator, what } => tracing::info!(operator, what, "an operator acted"),
        }
    }

    fn say(&self, id: &str, variables: &[(&str, crate::ground::texts::Value<'_>)]) {
        if let Some(lines) = &self.lines {
            let _ = lines.try_send(self.texts.format(id, variables));
        }
    }
}

fn write_lines(queue: &Receiver<String>, mut output: impl Write) {
    while let Ok(line) = queue.recv() {
        // Nobody may read it: a closed pipe is no reason to stop serving.
        let _ = writeln!(output, "{}", printable(&line)).and_then(|()| output.flush());
    }
}

/// A line without what would move an operator's cursor: names come from outside.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl OperatorLogEnd {
    /// Waits until all lines are written; call it when every [`OperatorLog`] is gone.
    pub fn wait(mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}
