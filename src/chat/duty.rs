//! What being an operator means to a session, what operators are told, and what happens when the settings are read again.

use super::commands::{capability, welcome};
use super::event::{AccountId, Author, AuthorKind, Event, OperatorAct, Place};
use super::filter::FilterAction;
use super::operators::{Duty, Right, Rights};
use super::ports::{ConnId, FailedCheck, Notable, Reloaded};
use super::refusal::Text;
use super::settings::Settings;
use super::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::isupport::Tokens;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::numerics::RPL_ISUPPORT;

impl World {
    /// What a session may do as an operator; none when it is not one.
    pub(crate) fn rights_of(&self, conn: ConnId) -> Option<Rights> {
        let session = self.session(conn);
        if session.is_operator() {
            return Some(Rights::ALL);
        }
        session.seldom().duty.as_ref().map(|duty| duty.rights)
    }

    /// Whether a session is an operator with this right.
    pub(crate) fn has_right(&self, conn: ConnId, right: Right) -> bool {
        self.rights_of(conn).is_some_and(|rights| rights.has(right))
    }

    /// From whom the lines of a session come: as the correspondent, or as itself.
    pub(crate) fn source_of(&self, conn: ConnId) -> String {
        let session = self.session(conn);
        if session.is_operator() { self.correspondent_source() } else { session.source() }
    }

    /// A session as the author of something that it may do as an operator: the record names the operator too.
    pub(crate) fn acting_author(&self, conn: ConnId) -> Author {
        let author = self.session(conn).author();
        match (&self.session(conn).seldom().duty, author.kind) {
            (Some(duty), AuthorKind::Account | AuthorKind::Guest) => {
                Author { operator: Some(format!("oper:{}", duty.operator)), ..author }
            }
            _ => author,
        }
    }

    /// Puts an operator's act into the record, and tells the log.
    pub(crate) fn note_act(
        &mut self,
        conn: ConnId,
        act: OperatorAct,
        target: &str,
        whom: Option<AccountId>,
        text: &str,
    ) {
        let author = self.acting_author(conn);
        let operator = author.operator.clone().unwrap_or_default();
        let what = [act.word(), target].join(" ");
        let event = Event::OperatorActed { act, account: whom, text: text.to_owned() };
        self.append(Draft::new(author, Place::Server, target, event));
        self.log(Notable::OperatorActed { operator, what: what.trim_end().to_owned() });
    }

    /// Tells the operators who want to know (user mode `s`) what the log is told.
    pub(super) fn tell_operators(&mut self, notable: &Notable) {
        let text = match notable {
            Notable::LoggedIn { account, peer, by } => {
                Text::new("server-notice-logged-in").with("name", account).with("address", peer.address).with("by", by)
            }
            Notable::LoginRefused { name, peer, check } => {
                let id = match check {
                    FailedCheck::Operator => "server-notice-oper-refused",
                    _ => "server-notice-login-refused",
                };
                Text::new(id).with("name", name).with("address", peer.address)
            }
            Notable::Registered { account, peer } => {
                Text::new("server-notice-registered").with("name", account).with("address", peer.address)
            }
            Notable::Reported { by, author, target, msgid, reason } => {
                let id = if reason.is_empty() { "server-notice-report" } else { "server-notice-report-because" };
                let text = Text::new(id).with("name", by).with("author", author).with("target", target);
                let text = text.with("msgid", msgid).with("reason", reason);
                let words = [by, author, target, msgid].map(String::as_str);
                return self.tell_of_report(&text, &words, reason);
            }
            Notable::Filtered { filter, author, target, action, is_dry_run } => {
                let id = match (action, is_dry_run) {
                    (FilterAction::Refuse, false) => "server-notice-filter-refused",
                    (FilterAction::Refuse, true) => "server-notice-filter-would-refuse",
                    (FilterAction::Notify, _) => "server-notice-filter-noticed",
                };
                Text::new(id).with("filter", filter).with("name", author).with("target", target)
            }
            Notable::OperatorActed { operator, what } => {
                Text::new("server-notice-operator-acted").with("operator", operator).with("what", what)
            }
        };
        self.notice_operators(&text);
    }

    /// A report reaches those at the console and whose client shows reports (`chat-tui/report`), whether they have asked for
    /// notices or not; others as a notice.
    fn tell_of_report(&mut self, text: &Text, words: &[&str], reason: &str) {
        for conn in self.on_duty(Right::Notices) {
            let session = self.session(conn);
            if session.has(Cap::Report) {
                let line = words.iter().fold(self.server_line("REPORT").param("NEW"), |line, word| line.param(word));
                let line = self.dated(conn, line.trailing(reason));
                self.send_unlabelled(conn, line);
            } else if session.is_operator() || session.modes.contains('s') {
                self.notice_operator(conn, text);
            }
        }
    }

    /// The operators with a right, but for the one who acts.
    fn on_duty(&self, right: Right) -> Vec<ConnId> {
        let is_here = |conn: &ConnId| {
            let session = self.session(*conn);
            session.is_welcome && !session.is_closed && self.has_right(*conn, right) && Some(*conn) != self.turn_actor()
        };
        self.sessions_on_duty().into_iter().filter(is_here).collect()
    }

    /// A NOTICE to the operators who want to know, but for the one who acts.
    pub(super) fn notice_operators(&mut self, text: &Text) {
        for conn in self.on_duty(Right::Notices) {
            if self.session(conn).modes.contains('s') {
                self.notice_operator(conn, text);
            }
        }
    }

    fn notice_operator(&mut self, conn: ConnId, text: &Text) {
        let said = self.say(conn, text);
        let line = self.server_line("NOTICE").param(self.session(conn).name()).trailing(&said);
        let line = self.dated(conn, line);
        self.send_unlabelled(conn, line);
    }

    /// Who wants to read what operators say to all.
    pub(super) fn listening_to_wallops(&self) -> Vec<ConnId> {
        let listens = |conn: &ConnId| {
            let session = self.session(*conn);
            session.is_welcome && !session.is_closed && session.modes.contains('w')
        };
        self.sessions.conns().into_iter().filter(listens).collect()
    }

    /// The settings were read again, or could not be.
    pub(super) fn take_settings(&mut self, asker: Option<ConnId>, reloaded: Reloaded) {
        let texts = match reloaded {
            Reloaded::Faulty(faults) => {
                faults.iter().map(|fault| Text::new("server-rehash-faulty").with("fault", fault)).collect()
            }
            Reloaded::Read { settings, needs_restart } => {
                self.change_settings(&settings);
                let mut texts = vec![Text::new("server-rehash-done")];
                if !needs_restart.is_empty() {
                    texts.push(Text::new("server-rehash-needs-restart").with("keys", needs_restart.join(", ")));
                }
                texts
            }
        };
        let asker = asker.filter(|conn| self.sessions.get(*conn).is_some_and(|session| session.is_welcome));
        for text in texts {
            match asker {
                Some(conn) => {
                    let said = self.say(conn, &text);
                    self.notice(conn, &said);
                }
                None => self.notice_operators(&text),
            }
        }
    }

    fn change_settings(&mut self, settings: &Settings) {
        let known = welcome::isupport(self);
        let offers = capability::offers(self);
        self.settings = settings.with_lasting_names_of(&self.settings);
        self.isupport = None;
        self.tell_new_isupport(&known);
        capability::tell_changed_offers(self, &offers);
        for conn in self.sessions_on_duty() {
            let Some(duty) = self.session(conn).seldom().duty.clone() else { continue };
            let known = self.settings.operators.iter().find(|operator| operator.name == duty.operator);
            match known.map(|operator| operator.rights) {
                Some(rights) => self.set_duty(conn, Some(Duty { rights, ..duty })),
                None => self.end_duty(conn),
            }
        }
    }

    /// 005 once more for all who are here, of what has changed.
    fn tell_new_isupport(&mut self, known: &Tokens) {
        let changes = welcome::isupport(self).changes_since(known);
        if changes.is_empty() {
            return;
        }
        let here: Vec<ConnId> =
            self.sessions.in_order().filter(|session| session.is_introduced()).map(|s| s.conn).collect();
        for conn in here {
            let head = self.numeric(conn, RPL_ISUPPORT);
            for line in changes.lines(&head, BODY_BYTES_MAX) {
                self.send_unlabelled(conn, line);
            }
        }
    }

    /// A session is no operator any more.
    pub(crate) fn end_duty(&mut self, conn: ConnId) {
        self.set_duty(conn, None);
        let modes: String = self.session(conn).modes.chars().filter(|letter| !"os".contains(*letter)).collect();
        self.set_user_modes(conn, &modes);
    }
}
