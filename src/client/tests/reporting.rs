//! Reports: how a message is brought before the operators, where that is offered, and what operators see.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Stage, key};
use crate::client::event::Effect;
use crate::client::overlay::Overlay;
use crate::client::picker::Choice;
use crate::client::picker::Purpose;
use crate::client::switcher;

impl Stage {
    fn labels(&self) -> Vec<&str> {
        self.model.picker.iter().flat_map(|picker| picker.items()).map(|item| item.label.as_str()).collect()
    }
}

#[test]
fn a_message_is_reported_with_a_reason_once_that_is_confirmed() {
    let mut stage = Stage::with_messages();
    stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    stage.press(KeyCode::Char('!'));
    assert_eq!(stage.labels()[0], "without a reason");
    stage.type_text("he shouts");
    assert_eq!(stage.labels(), ["he shouts"]);
    stage.press(KeyCode::Enter);
    let Some(Overlay::Report(question)) = stage.model.overlays.shown() else { panic!("no question") };
    assert_eq!((question.author.as_str(), question.excerpt.as_str()), ("bob", "last"));
    assert_eq!(stage.take_sent(), [""; 0]);
    stage.press(KeyCode::Esc);
    assert_eq!(stage.take_sent(), [""; 0]);
    stage.press(KeyCode::Char('!'));
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["REPORT #general m3"]);
    stage.lines(&[":s REPORT DONE #general m3 :The operators of this server have been told."]);
    let last = stage.entries("#general").last().unwrap().text.clone();
    assert_eq!(last, "The operators of this server have been told.");
    stage.lines(&[":s FAIL REPORT UNKNOWN_MSGID #general m3 :There is no such message there."]);
    assert_eq!(stage.entries("#general").last().unwrap().text, "There is no such message there.");
}

#[test]
fn a_command_reports_the_chosen_message_or_the_latest_of_somebody_else() {
    let mut stage = Stage::with_messages();
    stage.say("/report rude");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["REPORT #general m3 :rude"]);
    for _ in 0..3 {
        stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    }
    stage.say("/report really rude");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["REPORT #general m1 :really rude"]);
    // What was chosen before does not count for what is written later.
    stage.say("/report");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["REPORT #general m3"]);
    // One's own message is nothing to report.
    stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    stage.press(KeyCode::Char('!'));
    assert_eq!(stage.remark(), "This message is your own.");
}

#[test]
fn where_a_server_does_not_offer_it_nothing_is_said_of_it() {
    let mut stage = Stage::with_messages();
    let is_offered = |stage: &mut Stage| {
        switcher::open(&mut stage.model, Purpose::Command);
        let picker = stage.model.picker.take().unwrap();
        picker.items().iter().any(|item| item.choice == Choice::Command("report"))
    };
    assert!(is_offered(&mut stage));
    stage.lines(&[":s CAP ann DEL :chat-tui/report"]);
    assert!(!is_offered(&mut stage));
    stage.say("/report");
    assert_eq!(stage.entries("#general").last().unwrap().text, "This server does not offer /report.");
    stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    stage.press(KeyCode::Char('!'));
    assert_eq!(stage.remark(), "Messages cannot be reported on this server.");
}

#[test]
fn operators_are_called_for_a_report() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":s REPORT NEW eve bob #tea m9 :",
        ":s REPORT NEW eve bob #tea m9 :He is rude",
        ":s REPORT NEW too few",
    ]);
    let conversation = stage.model.server_conversation();
    assert_eq!((conversation.unread, conversation.mentions), (2, 2));
    let told: Vec<&str> = conversation.buffer.entries().iter().map(|entry| entry.text.as_str()).collect();
    assert_eq!(
        told[told.len() - 2..],
        ["⚑ eve reports a message of bob in #tea.", "⚑ eve reports a message of bob in #tea: He is rude"]
    );
    let calls = stage.done.iter().filter(|effect| matches!(effect, Effect::Notify(_))).count();
    assert_eq!(calls, 1, "a flood of reports is one call");
}
