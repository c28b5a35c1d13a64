//! What is said: PRIVMSG and NOTICE, alone or in a page of history.

use super::batch::Closed;
use super::fact::{Fact, Incoming};
use super::{Output, Session};
use crate::client::entry::EntryKind;
use crate::client::event::Moment;
use crate::proto::caps::Cap;
use crate::proto::history::parse_target_line;
use crate::proto::message::Message;
use crate::proto::text::{Ctcp, clean_message, clean_name};
use crate::proto::time::Timestamp;

/// The longest msgid that is kept; a longer one is no use to anyone.
const MSGID_BYTES_MAX: usize = 256;

impl Session {
    /// `BATCH +reference kind params` or `BATCH -reference`
    pub(super) fn batch(&mut self, message: &Message<'_>, out: &mut Output) {
        let params = message.params();
        let Some((sign, reference)) = params.first().and_then(|word| word.split_at_checked(1)) else { return };
        if sign == "+" {
            let kind = params.get(1).copied().unwrap_or_default();
            let parent = message.tag("batch");
            let label = message.tag("label");
            let rest = params.get(2..).unwrap_or_default();
            self.batches.open(reference, kind, rest, parent.as_deref(), label.as_deref());
        } else if sign == "-" {
            match self.batches.close(reference) {
                Some(Closed::Page(page)) => out.facts.push(Fact::Page(page)),
                Some(Closed::Targets(targets)) => out.facts.push(Fact::Targets(targets)),
                None => {}
            }
        }
    }

    /// `CHATHISTORY TARGETS <target> <time>` in its batch
    pub(super) fn history_target(&mut self, message: &Message<'_>) {
        if let (Some(reference), Some((target, latest))) = (message.tag("batch"), parse_target_line(message.params())) {
            self.batches.push_target(&reference, target, latest);
        }
    }

    pub(super) fn speech(&mut self, message: &Message<'_>, now: Moment, out: &mut Output) {
        let incoming = self.incoming(message, now.time);
        match message.tag("batch").filter(|reference| self.batches.is_page(reference)) {
            Some(reference) => self.batches.push(&reference, incoming),
            None => out.facts.extend(incoming.map(Fact::Message)),
        }
    }

    /// Reads a message; nothing when it is one that no person has written (CTCP).
    fn incoming(&mut self, message: &Message<'_>, now: Timestamp) -> Option<Incoming> {
        let (target, body) = (message.param(0)?, message.param(1)?);
        let source = message.source?;
        let (kind, text) = match Ctcp::parse(body) {
            Some(ctcp) if ctcp.is_action() => (EntryKind::Action, ctcp.params),
            Some(_) => return None,
            None if message.command.eq_ignore_ascii_case("NOTICE") => (EntryKind::Notice, body),
            None => (EntryKind::Message, body),
        };
        let account = message.tag("account");
        let is_own_account = match (&account, &self.account) {
            (Some(theirs), Some(ours)) => self.isupport.casemapping().is_same(theirs, ours),
            _ => false,
        };
        let is_own = self.is_own_nick(source.name) || is_own_account;
        if is_own && let (Some(user), Some(host)) = (source.user, source.host) {
            self.mask = Some(format!("{user}@{host}"));
        }
        let label = message.tag("label").map(|label| label.into_owned());
        let label_around =
            || message.tag("batch").and_then(|reference| self.batches.label(&reference).map(str::to_owned));
        let id = label.or_else(|| message.tag("+chat-tui/id").map(|id| id.into_owned())).or_else(label_around);
        Some(Incoming {
            kind,
            from: clean_name(source.name).into_owned(),
            is_from_server: source.user.is_none() && (source.host.is_none() && source.name.contains('.')),
            target: self.isupport.without_status(target).to_owned(),
            text: clean(text),
            time: message.tag("time").and_then(|time| Timestamp::parse(&time)).unwrap_or(now),
            msgid: message.tag("msgid").filter(|id| id.len() <= MSGID_BYTES_MAX).map(|id| id.as_ref().into()),
            id: id.filter(|_| is_own),
            is_own,
        })
    }

    /// Whether a message sent now comes back from the server, so that its fate becomes known.
    pub fn has_echo(&self) -> bool {
        self.has(Cap::EchoMessage)
    }
}

/// A text that is safe to show: without controls and direction overrides, but still with its formatting codes.
pub(super) fn clean(text: &str) -> String {
    const FORMATTING: &[char] = &['\x02', '\x03', '\x04', '\x0f', '\x11', '\x16', '\x1d', '\x1e', '\x1f'];
    let mut clean = String::with_capacity(text.len());
    for part in text.split_inclusive(FORMATTING) {
        let (run, code) = match part.char_indices().next_back() {
            Some((at, code)) if FORMATTING.contains(&code) => (&part[..at], Some(code)),
            _ => (part, None),
        };
        clean.push_str(&clean_message(run));
        clean.extend(code);
    }
    clean
}
