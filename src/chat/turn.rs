//! A turn: what one line (or one other input) of one connection leads to, gathered until it is handled wholly.
//!
//! *The gate* of an effect is the highest number among the events that earlier turns of the same connection waited for, that
//! this turn has appended so far, and that its replies show so far: before that one is committed, the effect may not
//! happen. So gates rise along a connection's turns: nothing of it overtakes its own earlier lines, and what a line causes
//! for others is told before later replies. A consequence of an event stands exactly behind that event's gate.
//!
//! *PING* is how clients, bots and test suites learn that they have been told everything: what was decided before it is told
//! before its PONG, to this connection and to all others. So its gate is the last event of all, as long as the journal
//! commits; while it stalls, and nobody knows for how long, a PONG waits for its own connection's events alone.
//!
//! *The label* (IRCv3 `labeled-response`) is put on at the end: one reply carries it, several stand in a batch, none is an
//! `ACK`.

use bytes::Bytes;

use super::event::{Record, Seq};
use super::ports::{ConnId, Effect, Effects, Held};
use crate::proto::message::{Line, Message};

/// How much of the room is kept that a long answer took up.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// What has been gathered.
#[derive(Default)]
pub(crate) struct Turn {
    /// The connection that acts; none when it is the server itself.
    pub actor: Option<ConnId>,
    /// A line of the actor is being handled, which must be reported as done once.
    pub is_line: bool,
    /// The command at hand.
    pub command: &'static str,
    /// The label of the line.
    pub label: Option<String>,
    /// The event that must be committed before what comes next may happen.
    pub gate: Seq,
    /// The event that is to be committed too, as long as the journal commits.
    pub pinged_after: Seq,
    /// The event that is being delivered.
    pub cause: Option<Seq>,
    /// The events of this turn.
    pub records: Vec<Record>,
    out: Vec<Out>,
    lines_done: Vec<ConnId>,
    /// Sessions to forget, and whether their connections are still there to be closed.
    closing: Vec<(ConnId, bool)>,
}

/// Something that a turn does.
struct Out {
    gate: Seq,
    must: Seq,
    cause: Option<Seq>,
    what: What,
}

/// What it is.
enum What {
    /// A line to the connection that acts: part of the answer to its line.
    Reply(Line),
    /// Anything else.
    Effect(Effect),
}

impl Turn {
    /// A turn in which nothing has happened yet.
    pub fn begin(actor: Option<ConnId>, is_line: bool, gate: Seq) -> Self {
        Self { actor, is_line, gate, ..Self::default() }
    }

    /// A line to the connection that acts.
    pub fn reply(&mut self, line: Line) {
        self.push(What::Reply(line));
    }

    /// Whether part of the answer to the line is said already.
    pub fn has_replied(&self) -> bool {
        self.out.iter().any(|out| matches!(out.what, What::Reply(_)))
    }

    /// Anything else.
    pub fn effect(&mut self, effect: Effect) {
        self.push(What::Effect(effect));
    }

    fn push(&mut self, what: What) {
        self.out.push(Out { gate: self.gate.max(self.pinged_after), must: self.gate, cause: self.cause, what });
    }

    /// What comes next waits for the commit of this event too.
    pub fn wait_for(&mut self, seq: Seq) {
        self.gate = self.gate.max(seq);
    }

    /// A session ends in this turn, and this many of its lines need nothing more.
    pub fn close(&mut self, conn: ConnId, lines: usize, is_connected: bool) {
        self.lines_done.extend(std::iter::repeat_n(conn, lines));
        self.closing.push((conn, is_connected));
    }

    /// The sessions that end in this turn.
    pub fn closed(&self) -> impl Iterator<Item = ConnId> {
        self.closing.iter().map(|(conn, _)| *conn)
    }

    /// Hands everything over. `waits`: the line at hand waits for an answer, so it is not done yet.
    pub fn finish(self, committed: Seq, waits: bool, effects: &mut Effects) {
        let mut held = Holder { committed, effects, joined: None };
        for Out { gate, must, cause, what } in self.out {
            let place = Place { gate, must, cause };
            match (what, self.actor) {
                (What::Reply(line), Some(actor)) => held.reply(actor, &line, place),
                (What::Effect(effect), _) => held.push(effect, place),
                // Replies are made for an actor only.
                (What::Reply(_), None) => {}
            }
        }
        let place = Place { gate: self.gate.max(self.pinged_after), must: self.gate, cause: None };
        let mut last = |effect| held.push(effect, place);
        if let Some(conn) = self.actor.filter(|_| self.is_line && !waits) {
            last(Effect::LineDone { conn });
        }
        for conn in self.lines_done {
            last(Effect::LineDone { conn });
        }
        for (conn, _) in self.closing.into_iter().filter(|(_, is_connected)| *is_connected) {
            last(Effect::Close { conn });
        }
        held.flush();
        effects.records.extend(self.records);
    }

    /// Puts the label on the answer to the line. Gives back the tag by which each line of it belongs to the answer.
    /// `batch` is a reference for a batch, should one be needed.
    pub fn put_label(&mut self, server_name: &str, batch: &str) -> Option<ResponseTag> {
        let label = self.label.take()?;
        let from_server = |command: &str| Line::new(command).source(server_name);
        let out = &mut self.out;
        let replies: Vec<usize> = (0..out.len()).filter(|place| matches!(out[*place].what, What::Reply(_))).collect();
        match replies.as_slice() {
            [] => {
                let line = from_server("ACK").tag("label", &label);
                self.reply(line);
                None
            }
            [only] => {
                out[*only].tag("label", &label);
                Some(("label", label))
            }
            [first, .., last] if opens_batch(&out[*first]).is_some_and(|batch| closes_batch(&out[*last], &batch)) => {
                out[*first].tag("label", &label);
                Some(("label", label))
            }
            [first, .., last] => {
                for place in &replies {
                    out[*place].tag("batch", batch);
                }
                let end = from_server("BATCH").param(&format!("-{batch}"));
                let start = from_server("BATCH").tag("label", &label).param(&format!("+{batch}"));
                let frame = |beside: &Out, line| {
                    let (gate, must) = (beside.gate, beside.must);
                    Out { gate, must, cause: None, what: What::Reply(line) }
                };
                out.insert(last + 1, frame(&out[*last], end));
                out.insert(*first, frame(&out[*first], start.param("labeled-response")));
                Some(("batch", batch.to_owned()))
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
            && !line.has_tag(key)
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
    /// To whom the replies go that were put together in the effects' scratch, and where they stand.
    joined: Option<(ConnId, Place)>,
}

/// Where an effect stands.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    gate: Seq,
    must: Seq,
    cause: Option<Seq>,
}

impl Holder<'_> {
    fn reply(&mut self, to: ConnId, line: &Line, place: Place) {
        if self.joined.is_some_and(|(_, before)| before != place) {
            self.flush();
        }
        self.joined = Some((to, place));
        line.encode(&mut self.effects.scratch);
    }

    fn push(&mut self, effect: Effect, place: Place) {
        self.flush();
        let open = |gate| if gate <= self.committed { Seq(0) } else { gate };
        let (gate, must) = (open(place.gate), open(place.must));
        self.effects.held.push(Held { gate, must, cause: place.cause, effect });
    }

    fn flush(&mut self) {
        if let Some((to, place)) = self.joined.take() {
            let bytes = Bytes::copy_from_slice(&self.effects.scratch);
            self.effects.scratch.clear();
            self.effects.scratch.shrink_to(SCRATCH_BYTES_MAX);
            self.push(Effect::Send { to, bytes, sheddable: false }, place);
        }
    }
}
