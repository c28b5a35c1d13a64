//! A turn: what one line (or one other input) of one connection leads to, gathered until it is handled wholly.
//!
//! *The gate* of an effect is the highest number among the events that earlier turns of the same connection waited for, that
//! this turn has appended so far, and that its replies show so far: before that one is committed, the effect may not
//! happen. So gates rise along a connection's turns: nothing of it overtakes its own earlier lines, and what a line causes
//! for others is told before later replies. A consequence of an event stands exactly behind that event's gate.
//!
//! *The label* (IRCv3 `labeled-response`) is put on at the end: one reply carries it, several stand in a batch, none is an
//! `ACK`.

use bytes::Bytes;

use super::commands::Asked;
use super::event::{ChannelId, Record, Seq};
use super::limits;
use super::ports::{ConnId, Effect, Effects, Held, Notable, Question};
use super::session::Waiting;
use super::world::World;
use crate::proto::caps::Cap;
use crate::proto::message::{Line, Message};

/// Something that a turn does.
struct Out {
    gate: Seq,
    cause: Option<Seq>,
    what: What,
}

enum What {
    /// A line to the connection that acts: part of the answer to its line.
    Reply(Line),
    /// Anything else.
    Effect(Effect),
}

/// What has been gathered.
#[derive(Default)]
pub(crate) struct Turn {
    /// The connection that acts; none when it is the server itself.
    actor: Option<ConnId>,
    /// A line of the actor is being handled, which must be reported as done once.
    is_line: bool,
    /// The command at hand.
    command: &'static str,
    label: Option<String>,
    gate: Seq,
    /// The event that is being delivered.
    pub(super) cause: Option<Seq>,
    pub(super) records: Vec<Record>,
    out: Vec<Out>,
    lines_done: Vec<ConnId>,
    /// Sessions to forget, and whether their connections are still there to be closed.
    closing: Vec<(ConnId, bool)>,
}

impl World {
    /// Begins a turn. `is_line`: a line of the actor is handled in it, which [`World::finish`] reports as done unless it waits
    /// for an answer.
    pub(super) fn begin(&mut self, actor: Option<ConnId>, is_line: bool) {
        let gate = actor.and_then(|conn| self.sessions.get(&conn)).map_or(Seq(0), |session| session.gate);
        self.turn = Turn { actor, is_line, gate, ..Turn::default() };
    }

    /// The connection that acts.
    pub(crate) fn turn_actor(&self) -> Option<ConnId> {
        self.turn.actor
    }

    /// Whether the line at hand has a label, so that its sender waits for an answer.
    pub(crate) fn has_label(&self) -> bool {
        self.turn.label.is_some()
    }

    /// Takes note of the command at hand, and of its label when labels were asked for.
    pub(super) fn note_command(&mut self, conn: ConnId, message: &Message<'_>, command: &'static str) {
        self.turn.command = command;
        let session = self.session(conn);
        if session.has(Cap::LabeledResponse) && session.has(Cap::Batch) {
            let label = message.tag("label").filter(|label| (1..=limits::LABEL_BYTES_MAX).contains(&label.len()));
            self.turn.label = label.map(|label| label.into_owned());
        }
    }

    /// Goes on with a line that has waited for an answer.
    pub(super) fn resume_command(&mut self, command: &'static str, label: Option<String>) {
        self.turn.command = command;
        self.turn.label = label;
    }

    /// A line to a connection. To the one that acts it is a reply to its line.
    pub(crate) fn reply(&mut self, conn: ConnId, line: Line) {
        if self.turn.actor == Some(conn) {
            self.push(What::Reply(line));
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
        self.push(What::Effect(Effect::Send { to, bytes, sheddable }));
    }

    /// Tells the operator's log.
    pub(crate) fn log(&mut self, notable: Notable) {
        self.push(What::Effect(Effect::Log(notable)));
    }

    fn push(&mut self, what: What) {
        let (gate, cause) = (self.turn.gate, self.turn.cause);
        self.turn.out.push(Out { gate, cause, what });
    }

    /// Asks the outside a question for a connection's line. The line is done when the answer was handled; the connection's
    /// next lines wait. A handler that asks has not replied before, so that a label covers the whole answer.
    pub(crate) fn ask(&mut self, conn: ConnId, question: Question, asked: Asked) {
        let command = self.turn.command;
        let label = self.turn.label.take();
        self.session_mut(conn).waiting = Some(Waiting { asked, command, label });
        self.push(What::Effect(Effect::Ask { conn, question }));
    }

    /// Later effects of this turn show the state of a channel: they wait until that state is committed.
    pub(crate) fn shows(&mut self, channel: ChannelId) {
        let last_seq = self.state.channel(channel).map_or(Seq(0), |channel| channel.last_seq);
        self.shows_seq(last_seq);
    }

    /// Later effects of this turn show what came out of this event: they wait until it is committed.
    pub(crate) fn shows_seq(&mut self, seq: Seq) {
        self.turn.gate = self.turn.gate.max(seq);
    }

    /// A number for a `BATCH`, as text.
    pub(crate) fn next_batch(&mut self) -> String {
        self.batches += 1;
        format!("b{}", self.batches)
    }

    /// Notes that a session ends in this turn, and that this many of its lines need nothing more.
    pub(super) fn note_closing(&mut self, conn: ConnId, lines: usize, is_connected: bool) {
        self.turn.lines_done.extend(std::iter::repeat_n(conn, lines));
        self.turn.closing.push((conn, is_connected));
    }

    /// Ends the turn: labels the answer, sets the gates, hands everything over.
    pub(super) fn finish(&mut self, effects: &mut Effects) {
        let turn = std::mem::take(&mut self.turn);
        let waits =
            turn.actor.and_then(|conn| self.sessions.get(&conn)).is_some_and(|session| session.waiting.is_some());
        let (out, response_tag) = match turn.label {
            Some(label) if !waits => self.labelled(turn.out, &label, turn.gate),
            _ => (turn.out, None),
        };
        for record in &turn.records {
            if let Some(pending) = self.pending.get_mut(&record.seq) {
                pending.response_tag.clone_from(&response_tag);
            }
        }

        if let Some(session) = turn.actor.and_then(|conn| self.sessions.get_mut(&conn)) {
            session.gate = turn.gate;
        }
        let mut held = Holder { committed: self.committed, effects, joined: None };
        for Out { gate, cause, what } in out {
            match (what, turn.actor) {
                (What::Reply(line), Some(actor)) => held.reply(actor, &line, gate, cause),
                (What::Effect(effect), _) => held.push(effect, gate, cause),
                // Replies are made for an actor only.
                (What::Reply(_), None) => {}
            }
        }
        let mut last = |effect| held.push(effect, turn.gate, None);
        if let Some(conn) = turn.actor.filter(|_| turn.is_line && !waits) {
            last(Effect::LineDone { conn });
        }
        for conn in turn.lines_done {
            last(Effect::LineDone { conn });
        }
        for (conn, is_connected) in turn.closing {
            if is_connected {
                last(Effect::Close { conn });
            }
            self.sessions.remove(&conn);
        }
        held.flush();
        effects.records.extend(turn.records);
    }

    /// Puts a label on the answer to a line. Gives back the tag by which each of its lines belongs to the answer.
    fn labelled(&mut self, mut out: Vec<Out>, label: &str, gate: Seq) -> (Vec<Out>, Option<ResponseTag>) {
        let replies: Vec<usize> = (0..out.len()).filter(|place| matches!(out[*place].what, What::Reply(_))).collect();
        match replies.as_slice() {
            [] => {
                let line = self.server_line("ACK").tag("label", label);
                out.push(Out { gate, cause: None, what: What::Reply(line) });
                (out, None)
            }
            [only] => {
                out[*only].tag("label", label);
                (out, Some(("label", label.to_owned())))
            }
            [first, .., last] if opens_batch(&out[*first]).is_some_and(|batch| closes_batch(&out[*last], &batch)) => {
                out[*first].tag("label", label);
                (out, None)
            }
            [first, .., last] => {
                let batch = self.next_batch();
                for place in &replies {
                    out[*place].tag("batch", &batch);
                }
                let end = self.server_line("BATCH").param(&format!("-{batch}"));
                let start = self.server_line("BATCH").tag("label", label).param(&format!("+{batch}"));
                let frame = |gate, line| Out { gate, cause: None, what: What::Reply(line) };
                out.insert(last + 1, frame(out[*last].gate, end));
                out.insert(*first, frame(out[*first].gate, start.param("labeled-response")));
                (out, Some(("batch", batch)))
            }
        }
    }
}

/// The tag by which a line belongs to the answer to a labelled line: `label` or `batch`, with its value.
pub(crate) type ResponseTag = (&'static str, String);

impl Out {
    /// Adds a tag to a reply; one that is in a batch already stays there.
    fn tag(&mut self, key: &'static str, value: &str) {
        if let What::Reply(line) = &mut self.what
            && !line.tags().split(';').any(|tag| tag.split('=').next() == Some(key))
        {
            // The line is taken out and put back, because its builder consumes it.
            let bare = std::mem::replace(line, Line::new(""));
            *line = bare.tag(key, value);
        }
    }

    fn text(&self) -> String {
        match &self.what {
            What::Reply(line) => line.to_string(),
            What::Effect(_) => String::new(),
        }
    }
}

/// The reference of the batch that a line opens.
fn opens_batch(out: &Out) -> Option<String> {
    let text = out.text();
    let message = Message::parse(&text).ok().filter(|message| message.command == "BATCH")?;
    message.param(0)?.strip_prefix('+').map(str::to_owned)
}

/// Whether a line closes the batch.
fn closes_batch(out: &Out, batch: &str) -> bool {
    let text = out.text();
    Message::parse(&text).is_ok_and(|message| {
        message.command == "BATCH" && message.param(0).and_then(|reference| reference.strip_prefix('-')) == Some(batch)
    })
}

/// Hands effects over with their gates. Replies that follow each other behind the same gate go out as one piece.
struct Holder<'a> {
    committed: Seq,
    effects: &'a mut Effects,
    joined: Option<Joined>,
}

struct Joined {
    to: ConnId,
    gate: Seq,
    cause: Option<Seq>,
    bytes: Vec<u8>,
}

impl Holder<'_> {
    fn reply(&mut self, to: ConnId, line: &Line, gate: Seq, cause: Option<Seq>) {
        if self.joined.as_ref().is_some_and(|joined| joined.gate != gate || joined.cause != cause) {
            self.flush();
        }
        let joined = self.joined.get_or_insert_with(|| Joined { to, gate, cause, bytes: Vec::new() });
        line.encode(&mut joined.bytes);
    }

    fn push(&mut self, effect: Effect, gate: Seq, cause: Option<Seq>) {
        self.flush();
        let gate = if gate <= self.committed { Seq(0) } else { gate };
        self.effects.held.push(Held { gate, cause, effect });
    }

    fn flush(&mut self) {
        if let Some(Joined { to, gate, cause, bytes }) = self.joined.take() {
            self.push(Effect::Send { to, bytes: bytes.into(), sheddable: false }, gate, cause);
        }
    }
}
