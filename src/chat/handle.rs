//! The one door to the rules: [`World::handle`]. Inputs become turns, turns become effects.
//!
//! A line is handled in one turn, or in several when its handler asks the outside something; then the connection's later
//! lines wait in the session. Each line is reported as done exactly once.

use std::collections::VecDeque;

use super::commands;
use super::deliver::IDEMPOTENCY_TAG;
use super::event::{Event, OperatorAct, Place, Seq};
use super::limits;
use super::ports::{Answer, ConnId, Effect, Effects, Held, Input, Peer, StoredEvent, StoredWhat};
use super::session::{Queued, Session};
use super::spoken::Spoken;
use super::stamp::Stamp;
use super::turn::Turn;
use super::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::message::Line;
use crate::proto::names::MsgId;
use crate::proto::time::Timestamp;

impl World {
    /// Takes in one input. Its events and effects are added to `effects`.
    pub fn handle(&mut self, now: Timestamp, input: Input, effects: &mut Effects) {
        self.now = self.now.max(now);
        self.started_at.get_or_insert(self.now);
        match input {
            Input::Connected { conn, peer } => self.connect(conn, peer, effects),
            Input::Line { conn, line } => self.take_in(conn, Queued::Line(line), effects),
            Input::BadLine { conn, error } => self.take_in(conn, Queued::Bad(error), effects),
            Input::Closed { conn, reason } => self.lose(conn, &reason, effects),
            Input::Answer { conn, answer } => self.answer(conn, answer, effects),
            Input::Committed { seq } => {
                self.committed = self.committed.max(seq);
                self.pending = self.pending.split_off(&seq.next());
            }
            Input::Duplicate { seq, first } => self.repeat_first(seq, &first, effects),
            Input::Journal { stalled } => self.is_stalled = stalled,
            Input::Reloaded { asker, reloaded } => {
                self.begin(None, false);
                self.take_settings(asker, reloaded);
                self.finish(effects);
            }
            Input::Tick => self.tick(effects),
            Input::Spooling { is_on } => self.tell_of_the_spool(is_on, effects),
            Input::Noted { act, text } => self.note_own_act(act, text, effects),
            Input::Stopping => self.stop(effects),
        }
    }

    /// Begins a turn. `is_line`: a line of the actor is handled in it, which [`World::finish`] reports as done unless it waits
    /// for an answer.
    fn begin(&mut self, actor: Option<ConnId>, is_line: bool) {
        let session = actor.and_then(|conn| self.sessions.get(conn));
        let (gate, pinged_after) = session.map_or((Seq(0), Seq(0)), |session| (session.gate, session.pinged_after));
        self.turn = Turn::begin(actor, is_line, gate);
        if !self.is_stalled {
            self.turn.pinged_after = pinged_after;
        }
    }

    /// Ends the turn: labels the answer, hands everything over, forgets who has left.
    fn finish(&mut self, effects: &mut Effects) {
        let mut turn = std::mem::take(&mut self.turn);
        let session = turn.actor.and_then(|conn| self.sessions.get_mut(conn));
        let waits = session.as_ref().is_some_and(|session| session.waiting.is_some());
        if let Some(session) = session {
            (session.gate, session.pinged_after) = (turn.gate, turn.pinged_after);
        }
        if turn.label.is_some() {
            let batch = self.next_batch();
            let response_tag = turn.put_label(&self.settings.server_name, &batch);
            for record in &turn.records {
                if let Some(pending) = self.pending.get_mut(&record.seq) {
                    pending.response_tag.clone_from(&response_tag);
                }
            }
        }
        for conn in turn.closed() {
            self.sessions.remove(conn);
        }
        turn.finish(self.committed, waits, effects);
    }

    fn connect(&mut self, conn: ConnId, peer: Peer, effects: &mut Effects) {
        let host = self.key.cloak(peer.address);
        let session = Session::new(conn, peer, host, self.settings.language, self.now);
        self.sessions.insert(conn, session);
        // A ban of its network keeps it from even asking.
        if !self.state.bans().is_empty() {
            self.begin(Some(conn), false);
            commands::ban::turn_away(self, conn);
            self.finish(effects);
        }
    }

    /// A line arrives: it is handled now, or after the answer that an earlier one waits for.
    fn take_in(&mut self, conn: ConnId, arrived: Queued, effects: &mut Effects) {
        let Some(session) = self.sessions.get_mut(conn) else {
            // Closed already; only the promise of one LineDone for each line is left.
            effects.held.push(Held { gate: Seq(0), must: Seq(0), cause: None, effect: Effect::LineDone { conn } });
            return;
        };
        session.heard_at = self.now;
        session.heard_seq = self.state.last_seq;
        session.pinged_at = None;
        if session.waiting.is_none() {
            return self.run(conn, &arrived, effects);
        }
        if session.queue.len() < limits::LINES_IN_FLIGHT_MAX {
            session.queue.push_back(arrived);
            return;
        }
        self.begin(Some(conn), true);
        self.close(conn, "Too many lines in flight");
        self.finish(effects);
    }

    fn run(&mut self, conn: ConnId, line: &Queued, effects: &mut Effects) {
        self.begin(Some(conn), true);
        match line {
            Queued::Line(line) => commands::dispatch(self, conn, line),
            Queued::Bad(error) => commands::refuse_bad_line(self, conn, error),
        }
        self.finish(effects);
    }

    fn answer(&mut self, conn: ConnId, answer: Answer, effects: &mut Effects) {
        let Some(waiting) = self.sessions.get_mut(conn).and_then(|session| session.waiting.take()) else { return };
        self.begin(Some(conn), true);
        self.turn.command = waiting.command;
        self.turn.label = waiting.label;
        commands::answered(self, conn, waiting.command, waiting.asked, answer);
        self.finish(effects);
        // The lines that came meanwhile, up to the next one that asks something or closes the connection.
        while let Some(session) = self.sessions.get_mut(conn).filter(|session| session.waiting.is_none()) {
            let Some(line) = session.queue.pop_front() else {
                // An idle session holds no list.
                session.queue = VecDeque::new();
                break;
            };
            self.run(conn, &line, effects);
        }
    }

    fn lose(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        if self.sessions.get(conn).is_some() {
            self.begin(Some(conn), false);
            self.forget(conn, reason, false);
            self.finish(effects);
        }
    }

    /// A message was a repetition: who sent it gets the first one's echo, at the place where its own would have been.
    fn repeat_first(&mut self, seq: Seq, first: &StoredEvent, effects: &mut Effects) {
        let Some(pending) = self.pending.remove(&seq) else { return };
        self.recent.forget(pending.place, seq);
        let Some(session) = self.sessions.get(pending.conn).filter(|session| session.has(Cap::EchoMessage)) else {
            return;
        };
        let (StoredWhat::Privmsg(text) | StoredWhat::Notice(text)) = &first.what else { return };
        let command = if matches!(first.what, StoredWhat::Privmsg(_)) { "PRIVMSG" } else { "NOTICE" };
        let source = if first.from_server {
            self.correspondent_source()
        } else {
            format!("{}!{}@{}", first.name, session.user(), session.host)
        };
        let stamp = Stamp {
            time: first.time,
            msgid: Some(MsgId::of_seq(first.seq.0)),
            account: first.account.and_then(|id| self.account_name(id)),
            is_bot: false,
            client_tags: first.tags.clone(),
        };
        let mut bytes = Vec::new();
        let (caps, batch) = (session.caps, self.next_batch());
        let said = Spoken::past(command, (&source, &first.target), text, &batch);
        for (place, mut line) in said.lines(&stamp, caps).into_iter().enumerate() {
            if place == 0 && caps.has(Cap::Idempotency) {
                line = line.tag(IDEMPOTENCY_TAG, &pending.idempotency_id);
            }
            // A label stands on the first line of the answer, a batch on all that are in no other one.
            let tag = pending.response_tag.as_ref().filter(|(key, _)| place == 0 || *key != "label");
            if let Some((key, value)) = tag.filter(|(key, _)| !line.has_tag(key)) {
                line = line.tag(key, value);
            }
            line.encode(&mut bytes);
        }
        let effect = Effect::Send { to: pending.conn, bytes: bytes.into(), sheddable: false };
        effects.held.push(Held { gate: seq, must: seq, cause: None, effect });
    }

    fn tick(&mut self, effects: &mut Effects) {
        let conns = self.sessions.conns();
        for conn in conns {
            let session = &self.sessions[conn];
            let silent = self.now.millis_since(session.heard_at);
            if let Some(since) = session.waits_since.filter(|_| !session.is_welcome) {
                if self.now.millis_since(since) >= millis(self.settings.waiting_room_time) {
                    self.close_in_time(conn, "Nobody logged in here in time", effects);
                }
            } else if !session.is_welcome {
                if self.now.millis_since(session.connected_at) >= millis(self.settings.registration_timeout) {
                    self.close_in_time(conn, "Registration timed out", effects);
                }
            } else if let Some(pinged_at) = session.pinged_at {
                if self.now.millis_since(pinged_at) >= millis(self.settings.ping_timeout) {
                    self.close_in_time(conn, &format!("Ping timeout: {} seconds", silent / 1_000), effects);
                }
            } else if silent >= millis(self.settings.keepalive_interval) {
                self.session_mut(conn).pinged_at = Some(self.now);
                // The server's own question waits for nothing.
                self.begin(None, false);
                let line = self.server_line("PING").trailing(&self.settings.server_name);
                self.reply(conn, line);
                self.finish(effects);
            }
        }
        self.refused_addresses.forget_old(self.now);
        self.throttles.forget_old(self.now);
        self.slow_mode.forget_old(self.now);
        self.filtered.forget_old(&self.settings.filters, self.now);
    }

    /// Operators hear of the spool. Nobody else notices it.
    fn tell_of_the_spool(&mut self, is_on: bool, effects: &mut Effects) {
        self.begin(None, false);
        let id = if is_on { "server-notice-spooling" } else { "server-notice-spool-empty" };
        self.notice_operators(&id.into());
        self.finish(effects);
    }

    fn note_own_act(&mut self, act: OperatorAct, text: String, effects: &mut Effects) {
        self.begin(None, false);
        if matches!(act, OperatorAct::Retained | OperatorAct::Erased) {
            self.recent.forget_all_stored();
        }
        let (author, event) = (self.system_author(), Event::OperatorActed { act, account: None, text });
        self.append(Draft::new(author, Place::Server, "", event));
        self.finish(effects);
    }

    fn close_in_time(&mut self, conn: ConnId, reason: &str, effects: &mut Effects) {
        self.begin(Some(conn), false);
        self.close(conn, reason);
        self.finish(effects);
    }

    fn stop(&mut self, effects: &mut Effects) {
        let conns = self.sessions.conns();
        self.begin(None, false);
        self.all_leave();
        for conn in conns {
            let text = self.say(conn, &"server-stopping".into());
            self.reply(conn, Line::new("ERROR").trailing(&text));
            let session = self.session_mut(conn);
            session.is_closed = true;
            let lines = usize::from(session.waiting.is_some()) + session.queue.len();
            self.turn.close(conn, lines, true);
        }
        self.finish(effects);
        self.clear_indexes();
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
