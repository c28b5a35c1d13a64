//! What a handler answers: numerics, standard replies, notices; and refusals as values, rendered in one place.
//!
//! Specifications: Modern IRC, "Numerics"; IRCv3 `standard-replies`. FAIL, WARN and NOTE go to those who asked for the
//! capability, and to everybody where the command's own specification defines them; others get a NOTICE.

use bytes::Bytes;

use super::asked::Asked;
use super::event::{ChannelId, Place, Seq};
use super::policy;
use super::ports::{ConnId, Effect, Notable, PageQuery, Question};
use super::refusal::{Handled, Refusal, Text};
use super::session::Waiting;
use super::turned_down::TurnedDown;
use super::world::World;
use crate::proto::caps::{Cap, pack_words};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::names::MsgId;
use crate::proto::numerics::ERR_INPUTTOOLONG;

/// How many bits of the id of what is not kept count within a millisecond, and which.
const PASSED_BITS: u32 = 20;
const PASSED_MASK: u64 = (1 << PASSED_BITS) - 1;

/// Commands whose own specification has FAIL: their clients know it without `standard-replies`.
const SPEAK_STANDARD_REPLIES: &[&str] = &[
    "ACCOUNT",
    "BATCH",
    "CHATHISTORY",
    "DEVICE",
    "MARKREAD",
    "METADATA",
    "REDACT",
    "REGISTER",
    "RENAME",
    "SEARCH",
    "SETNAME",
    "VERIFY",
];
/// Codes that a specification defines for every command (IRCv3 `utf8only`).
const STANDARD_CODES: &[&str] = &["INVALID_UTF8"];

impl World {
    /// Begins a numeric: from the server, to that client. The parameters follow.
    pub(crate) fn numeric(&self, conn: ConnId, numeric: &'static str) -> Line {
        Line::new(numeric).source(&self.settings.server_name).param(self.session(conn).name())
    }

    /// Begins a line from the server.
    pub(crate) fn server_line(&self, command: &str) -> Line {
        Line::new(command).source(&self.settings.server_name)
    }

    /// Says a text in the language of a session.
    pub(crate) fn say(&self, conn: ConnId, text: &Text) -> String {
        let variables: Vec<_> = text.variables.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        self.texts(self.session(conn).language).format(text.id, &variables)
    }

    /// Says why a line is not obeyed.
    pub(crate) fn refuse(&mut self, conn: ConnId, command: &str, refusal: Refusal) {
        match refusal {
            Refusal::Numeric { numeric, params, text } => {
                self.note_refusal(conn, command, numeric);
                let line = self.numeric(conn, numeric);
                let line = params.iter().fold(line, |line, param| line.param(policy::repeated(param))).trailing(text);
                self.reply(conn, line);
            }
            Refusal::Fail { code, context, text } => {
                let context: Vec<_> = context.iter().map(String::as_str).collect();
                self.standard_reply(conn, "FAIL", command, code, &context, &text);
            }
            Refusal::Quiet => {}
        }
    }

    /// Counts a refusal and remembers it for a while.
    fn note_refusal(&mut self, conn: ConnId, command: &str, code: &'static str) {
        *self.refusals.entry(code).or_default() += 1;
        let session = self.session(conn);
        let (name, address) = (session.name().to_owned(), session.address());
        let (at, command) = (self.now, command.to_owned());
        self.recent_refusals.add(TurnedDown { at, name, address, command, code });
    }

    /// Remembers a log-in that was refused, by the check that failed: the person is not told which.
    fn note_refused_login(&mut self, notable: &Notable) {
        if let Notable::LoginRefused { name, peer, check } = notable {
            let (name, address) = (name.clone(), peer.address.to_canonical().to_string());
            let (at, command, code) = (self.now, "LOGIN".to_owned(), check.word());
            self.recent_refusals.add(TurnedDown { at, name, address, command, code });
        }
    }

    /// A FAIL, WARN or NOTE, or a NOTICE to those who do not know them.
    pub(crate) fn standard_reply(
        &mut self,
        conn: ConnId,
        kind: &'static str,
        command: &str,
        code: &'static str,
        context: &[&str],
        text: &Text,
    ) {
        if kind == "FAIL" {
            self.note_refusal(conn, command, code);
        }
        let said = self.say(conn, text);
        let is_specified = SPEAK_STANDARD_REPLIES.contains(&command) || STANDARD_CODES.contains(&code);
        let knows = is_specified || self.session(conn).has(Cap::StandardReplies);
        if !knows {
            return self.notice(conn, &said);
        }
        let line = self.server_line(kind).param(command).param(code);
        let line = context.iter().fold(line, |line, param| line.param(policy::repeated(param))).trailing(&said);
        self.reply(conn, line);
    }

    /// A reply that repeats a text of the client's line as a whole; when it would not fit into a line, 417 is said instead.
    pub(crate) fn reply_whole(&mut self, conn: ConnId, line: Line) -> Handled {
        if line.body_bytes() > BODY_BYTES_MAX {
            return Err(Refusal::numeric(ERR_INPUTTOOLONG, &[], "Input line was too long"));
        }
        self.reply(conn, line);
        Ok(())
    }

    /// A numeric that ends an answer repeats what was asked for, so that clients know it by that, as far as the line has room.
    pub(crate) fn reply_end(&mut self, conn: ConnId, numeric: &'static str, asked: &str, text: &str) {
        let head = self.numeric(conn, numeric);
        let room = BODY_BYTES_MAX.saturating_sub(head.clone().param("*").trailing(text).body_bytes()) + 1;
        self.reply(conn, head.param(policy::cut(asked, room)).trailing(text));
    }

    /// Words in as few numerics as possible, behind what `head` says already; one without words when there are none.
    pub(crate) fn reply_words(&mut self, conn: ConnId, head: &Line, words: &[String]) {
        let room = BODY_BYTES_MAX.saturating_sub(head.clone().trailing("").body_bytes());
        let mut lists = pack_words(words, room);
        if lists.is_empty() {
            lists.push(String::new());
        }
        for list in lists {
            self.reply(conn, head.clone().trailing(&list));
        }
    }

    /// A NOTICE of the server.
    pub(crate) fn notice(&mut self, conn: ConnId, text: &str) {
        let line = self.server_line("NOTICE").param(self.session(conn).name()).trailing(text);
        let line = self.dated(conn, line);
        self.reply(conn, line);
    }

    /// A NOTICE of the correspondent, which the record does not hold.
    pub(crate) fn notice_of_correspondent(&mut self, conn: ConnId, text: &str) {
        let source = self.correspondent_source();
        let line = Line::new("NOTICE").source(&source).param(self.session(conn).name()).trailing(text);
        let line = self.dated(conn, line);
        self.reply(conn, line);
    }

    /// With the time of the current turn, for those who asked for times.
    pub(crate) fn dated(&self, conn: ConnId, line: Line) -> Line {
        if self.session(conn).has(Cap::ServerTime) { line.tag("time", &self.now.to_string()) } else { line }
    }

    /// The connection that acts.
    pub(crate) fn turn_actor(&self) -> Option<ConnId> {
        self.turn.actor
    }

    /// Whether the line at hand has a label, so that its sender waits for an answer.
    pub(crate) fn has_label(&self) -> bool {
        self.turn.label.is_some()
    }

    /// A line to a connection. To the one that acts it is a reply to its line.
    pub(crate) fn reply(&mut self, conn: ConnId, line: Line) {
        if self.turn.actor == Some(conn) {
            self.turn.reply(line);
        } else {
            self.send_unlabelled(conn, line);
        }
    }

    /// A line to a connection that is no reply, even when it goes to the one that acts.
    pub(crate) fn send_unlabelled(&mut self, conn: ConnId, line: Line) {
        let mut bytes = Vec::new();
        line.encode(&mut bytes);
        self.send_encoded(conn, bytes.into(), false);
    }

    /// Bytes that are shared by all who receive them.
    pub(super) fn send_encoded(&mut self, to: ConnId, bytes: Bytes, sheddable: bool) {
        self.turn.effect(Effect::Send { to, bytes, sheddable });
    }

    /// Tells the operator's log, and the operators who want to know.
    pub(crate) fn log(&mut self, notable: Notable) {
        self.tell_operators(&notable);
        self.note_refused_login(&notable);
        let conn = self.turn.actor;
        self.turn.effect(Effect::Log { conn, notable });
    }

    /// Something that the outside is to do, behind the gate of this turn.
    pub(crate) fn effect(&mut self, effect: Effect) {
        self.turn.effect(effect);
    }

    /// Asks the outside a question for a connection's line. The line is done when the answer was handled; the connection's
    /// next lines wait. A label goes with the question, unless the line is answered already: then what comes later, like the
    /// messages that somebody has missed who has just logged in, is no part of that answer.
    ///
    /// What was decided before the question is in its answer: it waits until that is committed. Else somebody who comes
    /// while a message is on its way to the database would be told it neither then, not being there yet, nor by the record.
    pub(crate) fn ask(&mut self, conn: ConnId, question: Question, asked: Asked) {
        if !self.is_stalled {
            let seq = self.decided_before(&question, &asked);
            self.turn.wait_for(seq);
        }
        let label = if self.turn.has_replied() { None } else { self.turn.label.take() };
        let command = self.turn.command;
        self.session_mut(conn).waiting = Some(Box::new(Waiting { asked, command, label }));
        self.turn.effect(Effect::Ask { conn, question });
    }

    /// The last event that may change the answer to a question.
    fn decided_before(&self, question: &Question, asked: &Asked) -> Seq {
        match (question, asked) {
            (Question::Page(PageQuery { place: Place::Channel(channel), .. }), _) => {
                self.state.channel(*channel).map_or(Seq(0), |channel| channel.last_seq)
            }
            (Question::Page(_) | Question::Targets(_) | Question::Search(_) | Question::Playback(_), _) => {
                self.state.last_seq
            }
            (_, Asked::LogIn(log_in) | Asked::ScramKeys(log_in, _)) => {
                let account = log_in.account.and_then(|account| self.state.account(account));
                account.map_or(Seq(0), |account| account.proofs.changed_seq)
            }
            _ => Seq(0),
        }
    }

    /// Later effects of this turn show the state of a channel: they wait until that state is committed.
    pub(crate) fn shows(&mut self, channel: ChannelId) {
        let last_seq = self.state.channel(channel).map_or(Seq(0), |channel| channel.last_seq);
        self.shows_seq(last_seq);
    }

    /// Later effects of this turn show what came out of this event: they wait until it is committed.
    pub(crate) fn shows_seq(&mut self, seq: Seq) {
        self.turn.wait_for(seq);
    }

    /// Later effects of this turn come after everything that was decided before it was told, to whomever.
    pub(crate) fn comes_after_all(&mut self) {
        if !self.is_stalled {
            self.turn.pinged_after = self.state.last_seq;
        }
    }

    /// A number for a `BATCH`, as text.
    pub(crate) fn next_batch(&mut self) -> String {
        self.batches += 1;
        format!("b{}", self.batches)
    }

    /// The id of a message that is told and not kept. The time stands in it, so that it comes once, also after a restart.
    pub(crate) fn passing_msgid(&mut self) -> MsgId {
        self.passed = (self.passed + 1) & PASSED_MASK;
        let millis = u64::try_from(self.now.as_millis()).unwrap_or_default();
        MsgId::of_passing(millis << PASSED_BITS | self.passed)
    }

    /// Refuses while nothing can be committed. Commands whose row in the table says *durable* have passed this already.
    pub(crate) fn require_journal(&self, context: &[&str]) -> Handled {
        if self.is_stalled {
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", context, "server-temporarily-unavailable"));
        }
        Ok(())
    }
}
