//! Errands: channels that are not there are not founded by a slip of the pen, on our own kind of server and elsewhere.

use super::{Stage, settings};
use crate::client::config::Mode;
use crate::client::errand::{Ending, Errand, Task};
use crate::client::event::{Effect, Effects, Event, NetworkEvent, Security};
use crate::client::plain::Input;
use crate::ground::texts::Language;

/// An errand and a scripted server.
struct Desk {
    stage: Stage,
    errand: Errand,
}

impl Desk {
    /// Something is to be said in #tea on a network that has nothing of ours; the log-in is done.
    fn send(may_found: bool) -> Self {
        let task = Task::Send { text: Some("hello".into()), id: None };
        let stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), Stage::remembered());
        let mut desk = Self { stage, errand: Errand::new("#tea".into(), task, may_found) };
        desk.event(Event::Start);
        desk.network(NetworkEvent::Connected { security: Security::Tls });
        desk.lines(&[":s CAP * LS :sasl", ":s CAP * ACK :sasl"]);
        desk.lines(&["AUTHENTICATE +", ":s 900 ann ann!a@h ann :You are now logged in as ann", ":s 903 ann :ok"]);
        desk.lines(&[":s 001 ann :Welcome", ":s 005 ann CHANTYPES=# :are supported", ":s 422 ann :No MOTD"]);
        desk
    }

    fn event(&mut self, event: Event) {
        let now = self.stage.now();
        let mut effects = Effects::default();
        self.errand.step(&mut self.stage.model, Input::Event(event), now, &mut effects);
        for (_, effect) in effects.drain() {
            match effect {
                Effect::Send(line) => self.stage.sent.push(line.to_string()),
                Effect::Connect { connection, .. } => self.stage.connection = connection,
                _ => {}
            }
        }
    }

    fn network(&mut self, event: NetworkEvent) {
        self.event(Event::Network(self.stage.connection, event));
    }

    fn lines(&mut self, lines: &[&str]) {
        self.network(NetworkEvent::Lines(lines.iter().map(|line| (*line).to_owned()).collect()));
    }

    fn has_sent(&self, line: &str) -> bool {
        self.stage.sent.iter().any(|sent| sent == line)
    }
}

#[test]
fn a_channel_that_is_not_there_is_refused_and_not_founded() {
    for answer in [":s 403 ann #TEA :No such channel", ":s 401 ann #tea :No such nick or channel name"] {
        let mut desk = Desk::send(false);
        assert!(desk.has_sent("MODE #tea") && !desk.has_sent("JOIN #tea"), "{:?}", desk.stage.sent);
        desk.lines(&[":s 403 ann #other :No such channel"]);
        assert_eq!(desk.errand.ending(), None);
        desk.lines(&[answer, ":s PONG s end-of-answer"]);
        let told = "there is no channel #tea. With --create it is made";
        assert_eq!(desk.errand.ending(), Some(&Ending::Refused(told.to_owned())));
        assert!(!desk.has_sent("JOIN #tea"));
    }
}

#[test]
fn where_it_may_be_founded_nobody_asks() {
    let desk = Desk::send(true);
    assert!(desk.has_sent("JOIN #tea") && !desk.has_sent("MODE #tea"));
}

#[test]
fn a_channel_that_is_there_or_may_be_is_joined() {
    // Its modes; that they are told to members only; nothing at all.
    for answer in [":s 324 ann #tea +nt", ":s 442 ann #tea :You're not on that channel", ":s PONG s end-of-answer"] {
        let mut desk = Desk::send(false);
        desk.lines(&[answer]);
        assert!(desk.has_sent("JOIN #tea"), "{answer}");
        assert_eq!(desk.errand.ending(), None, "{answer}");
        desk.lines(&[":s PONG s end-of-answer", ":ann!a@h JOIN #tea", ":s 366 ann #tea :End"]);
        assert!(desk.has_sent("PRIVMSG #tea :hello"), "{answer}: {:?}", desk.stage.sent);
    }
    let mut desk = Desk::send(false);
    desk.lines(&[":s 477 ann #tea :You need a registered nick", ":s PONG s end-of-answer"]);
    desk.lines(&[":s 477 ann #tea :You need a registered nick to join"]);
    let told = "#tea: You need a registered nick to join".to_owned();
    assert_eq!(desk.errand.ending(), Some(&Ending::Refused(told)));
}

#[test]
fn what_a_lost_connection_has_not_answered_is_asked_again() {
    let mut desk = Desk::send(false);
    desk.network(NetworkEvent::Lost { reason: "reset".to_owned() });
    desk.stage.sent.clear();
    desk.stage.millis += 10_000;
    desk.event(Event::Tick);
    desk.network(NetworkEvent::Connected { security: Security::Tls });
    desk.lines(&[":s CAP * LS :sasl", ":s CAP * ACK :sasl"]);
    desk.lines(&["AUTHENTICATE +", ":s 900 ann ann!a@h ann :You are now logged in as ann", ":s 903 ann :ok"]);
    desk.lines(&[":s 001 ann :Welcome", ":s 422 ann :No MOTD"]);
    assert!(desk.has_sent("MODE #tea"), "{:?}", desk.stage.sent);
}
