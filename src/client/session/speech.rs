//! What is said: PRIVMSG and NOTICE; what is said about messages: TAGMSG and REDACT. Alone or in a page of history.

use std::sync::Arc;

use super::batch::{Closed, PageLine};
use super::fact::{Annotated, Fact, Incoming, LinePlace, TypingState};
use super::{Output, Session};
use crate::client::annotation::{Annotation, Note, Redaction};
use crate::client::entry::EntryKind;
use crate::client::event::Moment;
use crate::client::reactions::{REACTION_BYTES_MAX, Reactor};
use crate::proto::caps::Cap;
use crate::proto::history::parse_target_line;
use crate::proto::message::Message;
use crate::proto::multiline;
use crate::proto::text::{Ctcp, clean_message, clean_name};
use crate::proto::time::Timestamp;

/// The longest msgid that is kept; a longer one is no use to anyone.
const MSGID_BYTES_MAX: usize = 256;

impl Session {
    /// `BATCH +reference kind params` or `BATCH -reference`
    pub(super) fn batch(&mut self, message: &Message<'_>, now: Moment, out: &mut Output) {
        let params = message.params();
        let Some((sign, reference)) = params.first().and_then(|word| word.split_at_checked(1)) else { return };
        if sign == "+" {
            let kind = params.get(1).copied().unwrap_or_default();
            if kind == multiline::BATCH_TYPE {
                return self.open_multiline(reference, message, now);
            }
            let parent = message.tag("batch");
            let label = message.tag("label");
            let rest = params.get(2..).unwrap_or_default();
            self.batches.open(reference, kind, rest, parent.as_deref(), label.as_deref());
        } else if sign == "-" {
            match self.batches.close(reference) {
                Some(Closed::Page(page)) => out.facts.push(Fact::Page(page)),
                Some(Closed::Found(found)) => out.facts.push(Fact::Found(found)),
                Some(Closed::Targets(targets)) => out.facts.push(Fact::Targets(targets)),
                Some(Closed::Multiline(parent, gathered)) => self.multiline_whole(parent.as_deref(), gathered, out),
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
        if self.multiline_part(message) {
            return;
        }
        let (Some(target), Some(body)) = (message.param(0), message.param(1)) else { return };
        let incoming = self.incoming(message, target, body, now.time);
        match message.tag("batch").filter(|reference| self.batches.is_page(reference)) {
            Some(reference) => {
                let line = incoming.map_or(PageLine::Other, PageLine::Message);
                self.batches.push(&reference, line, place_of(message, now.time));
            }
            None => out.facts.extend(incoming.map(Fact::Message)),
        }
    }

    /// Reads a message; nothing when it is one that no person has written (CTCP).
    pub(super) fn incoming(
        &mut self,
        message: &Message<'_>,
        target: &str,
        body: &str,
        now: Timestamp,
    ) -> Option<Incoming> {
        let source = message.source?;
        let (kind, text) = match Ctcp::parse(body) {
            Some(ctcp) if ctcp.is_action() => (EntryKind::Action, ctcp.params),
            Some(_) => return None,
            None if message.command.eq_ignore_ascii_case("NOTICE") => (EntryKind::Notice, body),
            None => (EntryKind::Message, body),
        };
        let is_own = self.is_ours(message);
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
            msgid: msgid(message, "msgid"),
            reply_to: msgid(message, "+draft/reply").or_else(|| msgid(message, "+reply")),
            id: id.filter(|_| is_own),
            is_own,
        })
    }

    /// Whether this account sent a line, from here or elsewhere.
    fn is_ours(&self, message: &Message<'_>) -> bool {
        let is_own_account = match (message.tag("account"), &self.account) {
            (Some(theirs), Some(ours)) => self.isupport.casemapping().is_same(&theirs, ours),
            _ => false,
        };
        is_own_account || message.source.is_some_and(|source| self.is_own_nick(source.name))
    }

    /// A message that is nothing but tags: a reaction, or that somebody is typing.
    pub(super) fn tagged(&mut self, message: &Message<'_>, now: Moment, out: &mut Output) {
        let annotation = self.reaction(message, now.time);
        if let Some(reference) = message.tag("batch").filter(|reference| self.batches.is_page(reference)) {
            let line = annotation.map_or(PageLine::Other, PageLine::Annotation);
            return self.batches.push(&reference, line, place_of(message, now.time));
        }
        out.facts.extend(annotation.map(Fact::Annotated));
        let typing = message.tag("+typing").or_else(|| message.tag("+draft/typing"));
        let state = match typing.as_deref() {
            Some("active") => TypingState::Active,
            Some("paused") => TypingState::Paused,
            Some("done") => TypingState::Done,
            _ => return,
        };
        if let (Some(target), Some(source)) = (message.param(0), message.source)
            && !self.is_ours(message)
        {
            let target = self.isupport.without_status(target).to_owned();
            out.facts.push(Fact::Typing { target, nick: clean_name(source.name).into_owned(), state });
        }
    }

    fn reaction(&self, message: &Message<'_>, now: Timestamp) -> Option<Annotated> {
        let (target, source) = (message.param(0)?, message.source?);
        let about = msgid(message, "+draft/reply").or_else(|| msgid(message, "+reply"))?;
        let said = message.tag("+draft/react");
        let is_withdrawn = said.is_none();
        let text = clean_message(&said.or_else(|| message.tag("+draft/unreact"))?).trim().to_owned();
        if text.is_empty() || text.len() > REACTION_BYTES_MAX {
            return None;
        }
        let (is_own, from) = (self.is_ours(message), clean_name(source.name).into_owned());
        let LinePlace { msgid, time } = place_of(message, now);
        let word = Reactor { nick: from.clone(), text, time, msgid, is_withdrawn, is_own };
        let annotation = Annotation { about, note: Note::Reaction(word) };
        Some(Annotated { target: self.isupport.without_status(target).to_owned(), from, is_own, annotation })
    }

    /// `REDACT <target> <msgid> [<reason>]`
    pub(super) fn redacted(&mut self, message: &Message<'_>, now: Moment, out: &mut Output) {
        let (Some(target), Some(about), Some(source)) = (message.param(0), message.param(1), message.source) else {
            return;
        };
        let from = clean_name(source.name).into_owned();
        let redaction = Redaction { by: from.clone(), reason: clean(message.param(2).unwrap_or_default()) };
        let annotated = Annotated {
            target: self.isupport.without_status(target).to_owned(),
            from,
            is_own: self.is_ours(message),
            annotation: Annotation { about: about.into(), note: Note::Redaction(redaction) },
        };
        match message.tag("batch").filter(|reference| self.batches.is_page(reference)) {
            Some(reference) => {
                let place = place_of(message, now.time);
                self.batches.push(&reference, PageLine::Annotation(annotated), place);
            }
            None => out.facts.push(Fact::Annotated(annotated)),
        }
    }

    /// Whether a message sent now comes back from the server, so that its fate becomes known.
    pub fn has_echo(&self) -> bool {
        self.has(Cap::EchoMessage)
    }
}

/// The id in a tag, unless it is none that could be kept.
fn msgid(message: &Message<'_>, tag: &str) -> Option<Arc<str>> {
    message.tag(tag).filter(|id| !id.is_empty() && id.len() <= MSGID_BYTES_MAX).map(|id| id.as_ref().into())
}

/// Where a line stands in its conversation.
pub(super) fn place_of(message: &Message<'_>, now: Timestamp) -> LinePlace {
    let time = message.tag("time").and_then(|time| Timestamp::parse(&time)).unwrap_or(now);
    LinePlace { msgid: msgid(message, "msgid"), time }
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
