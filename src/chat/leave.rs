//! How a session ends: what it is told, what others see, and that nothing of it stays behind.

use std::collections::BTreeSet;

use super::event::{AccountId, Seq};
use super::policy::cut;
use super::ports::{ConnId, Effect};
use super::refusal::Text;
use super::session::Session;
use super::world::World;
use crate::proto::caps::CapSet;
use crate::proto::message::Line;

impl World {
    /// Closes a connection with an `ERROR`; others see its QUIT with the same reason.
    pub(crate) fn close(&mut self, conn: ConnId, reason: &str) {
        self.close_saying(conn, reason, reason);
    }

    /// Closes a connection: `error` is what it is told, `reason` what others see as its QUIT.
    pub(crate) fn close_saying(&mut self, conn: ConnId, error: &str, reason: &str) {
        if self.session(conn).is_closed {
            return;
        }
        self.reply(conn, Line::new("ERROR").trailing(error));
        self.forget(conn, reason, true);
    }

    /// Closes the sessions for which `which` holds, each told why in its language.
    pub(crate) fn close_sessions(&mut self, why: &Text, which: impl Fn(&Session) -> bool) {
        let conns: Vec<_> =
            self.sessions.in_order().filter(|session| which(session)).map(|session| session.conn).collect();
        for conn in conns {
            let said = self.say(conn, why);
            self.close(conn, &said);
        }
    }

    /// Takes a session out of everything. It can still be read until the turn ends.
    pub(super) fn forget(&mut self, conn: ConnId, reason: &str, is_connected: bool) {
        let reason = cut(reason, self.settings.limits.reason_bytes_max);
        self.tell_quit(conn, reason);
        // Of whoever does not answer nobody knows what has arrived.
        let has_seen_everything = is_connected && self.session(conn).pinged_at.is_none();
        self.note_departure(conn, has_seen_everything);
        let person = self.person_of(conn);
        let before = self.away_of(person);
        self.monitors.clear(conn);
        self.recent.forget_guest(conn);
        self.take_off_indexes(conn);
        // Who leaves with the one session that was not away is away with the others.
        if !self.sessions_of(person).is_empty()
            && self.session(conn).is_welcome
            && self.session(conn).account().is_some()
        {
            self.tell_change_of_away(conn, before.as_deref());
        }
        let session = self.session_mut(conn);
        session.is_closed = true;
        let lines = usize::from(session.waiting.take().is_some()) + session.queue.len();
        session.queue.clear();
        self.turn.close(conn, lines, is_connected);
    }

    /// A session goes; when it is the last one of its account, that one is absent from here on.
    pub(crate) fn note_departure(&mut self, conn: ConnId, has_seen_everything: bool) {
        let session = self.session(conn);
        let Some(account) = session.account().filter(|_| session.is_welcome) else { return };
        if self.account_sessions(account).iter().all(|other| *other == conn) {
            let seen = if has_seen_everything { self.state.last_seq } else { session.heard_seq };
            self.begin_absence(account, seen);
        }
    }

    /// The server stops: everybody has seen everything.
    pub(super) fn all_leave(&mut self) {
        let welcome = self.sessions.in_order().filter(|session| session.is_welcome && !session.is_closed);
        let accounts: BTreeSet<AccountId> = welcome.filter_map(|session| session.account()).collect();
        for account in accounts {
            self.begin_absence(account, self.state.last_seq);
        }
    }

    fn begin_absence(&mut self, account: AccountId, seen: Seq) {
        self.absences.begin(account, seen);
        self.turn.effect(Effect::NotePresence { account, left: Some(seen) });
    }

    /// Tells the QUIT of a session that goes, unless another one of its account stays.
    pub(super) fn tell_quit(&mut self, conn: ConnId, reason: &str) {
        let session = self.session(conn);
        let stays = session.account().is_some_and(|account| self.account_sessions(account).len() > 1);
        if !session.is_welcome || stays {
            return;
        }
        let stamp = self.stamp_of(conn);
        let line = Line::new("QUIT").source(&session.source()).trailing(reason);
        let peers = self.peers(conn);
        self.tell(&peers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
    }
}
