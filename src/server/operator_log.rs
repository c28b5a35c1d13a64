//! What the operator reads: the server's own lines on standard output, as its ancestor wrote them, and the structured log.
//!
//! A standard output that nobody reads must never hold up the hub: lines go to a thread through a bounded queue, and what
//! does not fit is left out. Never holds a message's text or a secret.

use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::chat::ports::{FailedCheck, Notable, Peer};
use crate::ground::texts::Texts;

/// How many lines may wait to be written. Beyond: left out; the structured log still has what they say.
const LINES_MAX: usize = 4_096;

/// How long lines gather after others were written. A person does not notice, and where many come at once, each of them no longer
/// wakes a thread.
const PAUSE: Duration = Duration::from_millis(20);

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

    /// A connection is there.
    pub fn connected(&self, peer: &Peer) {
        let (address, port) = (format!("'{}'", peer.address), peer.port.to_string());
        self.say("server-log-connection", &[("address", address.into()), ("port", port.into())]);
    }

    /// The rules decided something.
    pub fn tell(&self, notable: &Notable) {
        match notable {
            Notable::LoggedIn { by, .. } => {
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
            Notable::Reported { by, author, target, msgid, .. } => {
                tracing::info!(by, author, target, msgid, "a message was reported");
            }
            Notable::Filtered { filter, author, target, action, is_dry_run } => {
                tracing::info!(filter, author, target, action = action.word(), is_dry_run, "a filter meant a message");
            }
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
    let mut text = String::new();
    while let Ok(line) = queue.recv() {
        text.clear();
        for line in std::iter::once(line).chain(queue.try_iter()) {
            text.push_str(&printable(&line));
            text.push('\n');
        }
        // Nobody may read it: a closed pipe is no reason to stop serving.
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
        std::thread::sleep(PAUSE);
    }
}

/// A line without what would steer an operator's terminal or turn the direction of text: names come from outside.
fn printable(line: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    line.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

impl OperatorLogEnd {
    /// Waits until all lines are written; call it when every [`OperatorLog`] is gone.
    pub fn wait(mut self) {
        if let Some(thread) = self.0.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chat::ports::Transport;
    use crate::ground::texts::Language;

    /// What stands on standard output when a log-in under this name is refused.
    fn refused(name: &str) -> String {
        let (mut read, write) = std::io::pipe().unwrap();
        let (log, end) = OperatorLog::start(Texts::new(Language::English), write).unwrap();
        let address = std::net::Ipv4Addr::LOCALHOST.into();
        let peer = Peer { address, port: 1, transport: Transport::Tls };
        log.tell(&Notable::LoginRefused { name: name.to_owned(), peer, check: FailedCheck::Name });
        drop(log);
        end.wait();
        let mut out = String::new();
        std::io::Read::read_to_string(&mut read, &mut out).unwrap();
        out
    }

    #[test]
    fn no_name_writes_a_line_of_its_own_or_steers_the_terminal() {
        let out = refused("ann\r\nthe name is right\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}1A\u{202e}");
        assert_eq!(out.lines().count(), 1, "{out:?}");
        assert!(out.starts_with("the connection is refused for "), "{out:?}");
        assert!(!out.trim_end().contains(|c: char| c.is_control() || c == '\u{202e}'), "{out:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_one_line_of_text(text in any::<String>()) {
            let line = printable(&text);
            prop_assert!(!line.contains(char::is_control));
            let turns = |c: char| matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            prop_assert!(!line.contains(turns), "{:?}", line);
        }
    }
}
