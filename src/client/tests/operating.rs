//! The operators' panel: for whom it is, when the server is asked, and what is done with a row.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Stage, key};
use crate::client::panel::Section;

const ANSWER: [&str; 6] = [
    ":s INSPECT FIGURE connections 2",
    ":s INSPECT FIGURE nonsense many",
    ":s INSPECT SESSION 8 bob bob account tls 192.0.2.7 64917 2026-11-22T09:00:00.000Z 75 0 :#general,#tea",
    ":s INSPECT SESSION 7 zoe * guest tls 192.0.2.8 64917 2026-11-22T09:00:00.000Z 75 0 :",
    ":s INSPECT REFUSAL 2026-11-22T09:00:00.000Z bob 203.0.113.9 LOGIN address",
    ":s INSPECT END 2 2 :That is all.",
];

impl Stage {
    /// An operator with the panel open, which is filled.
    fn with_panel() -> Self {
        let mut stage = Self::online();
        stage.lines(&[":s 381 ann :You are now an IRC operator"]);
        stage.take_sent();
        stage.event(key(KeyCode::Char('o'), KeyModifiers::ALT));
        stage.wait(1);
        assert_eq!(stage.take_sent(), ["INSPECT"]);
        stage.lines(&ANSWER);
        stage
    }

    /// Chooses what to do by a few letters of it.
    fn act(&mut self, letters: &str) {
        self.press(KeyCode::Enter);
        self.type_text(letters);
        self.press(KeyCode::Enter);
    }

    fn note(&self) -> &str {
        self.model.panel.as_ref().and_then(|panel| panel.note.as_deref()).unwrap_or_default()
    }
}

#[test]
fn the_panel_is_for_operators_only() {
    let mut stage = Stage::online();
    stage.say("/panel");
    assert_eq!(stage.entries("#general").last().unwrap().text, "This server does not offer /panel.");
    stage.event(key(KeyCode::Char('o'), KeyModifiers::ALT));
    assert!(stage.model.panel.is_none());
    stage.lines(&[":ann MODE ann :+io"]);
    stage.press(KeyCode::Esc);
    stage.event(key(KeyCode::Char('o'), KeyModifiers::ALT));
    assert!(stage.model.panel.is_some());
    stage.press(KeyCode::Esc);
    stage.lines(&[":ann MODE ann :-o"]);
    stage.event(key(KeyCode::Char('o'), KeyModifiers::ALT));
    assert!(stage.model.panel.is_none());
}

#[test]
fn the_server_is_asked_while_the_panel_is_open_and_never_otherwise() {
    let mut stage = Stage::with_panel();
    stage.wait(10_000);
    assert_eq!(stage.take_sent(), ["INSPECT"], "the next question waits for the answer, and for two seconds behind it");
    stage.lines(&ANSWER);
    stage.wait(1_999);
    assert!(stage.take_sent().is_empty());
    stage.wait(2);
    assert_eq!(stage.take_sent(), ["INSPECT"]);
    stage.lines(&ANSWER);
    stage.type_text("192 .0");
    stage.wait(299);
    assert!(stage.take_sent().is_empty());
    stage.wait(2);
    assert_eq!(stage.take_sent(), ["INSPECT :192.0"]);
    stage.lines(&ANSWER);
    stage.press(KeyCode::Esc);
    stage.wait(20_000);
    assert!(!stage.take_sent().iter().any(|line| line.starts_with("INSPECT")));
    // Who is no operator any more does not go on asking.
    stage.event(key(KeyCode::Char('o'), KeyModifiers::ALT));
    stage.wait(1);
    stage.take_sent();
    stage.lines(&[":s 481 ann :Permission Denied"]);
    assert_eq!(stage.note(), "Permission Denied");
    stage.wait(20_000);
    assert!(!stage.take_sent().iter().any(|line| line.starts_with("INSPECT")));
}

#[test]
fn what_is_chosen_stays_so_when_the_list_is_told_anew() {
    let mut stage = Stage::with_panel();
    stage.press(KeyCode::Down);
    let chosen = |stage: &Stage| stage.model.panel.as_ref().unwrap().session().map(|row| row.nick.clone());
    assert_eq!(chosen(&stage).as_deref(), Some("zoe"));
    let mut more = vec![":s INSPECT SESSION 9 eve * guest tls * * 2026-11-22T09:00:00.000Z 75 0 :"];
    more.extend(ANSWER);
    stage.lines(&more);
    assert_eq!(chosen(&stage).as_deref(), Some("zoe"));
    stage.lines(&[":s INSPECT END 0 0 :That is all."]);
    assert_eq!(chosen(&stage), None);
    stage.press(KeyCode::Enter);
    stage.press(KeyCode::Down);
    assert!(stage.model.picker.is_none());
}

#[test]
fn each_deed_is_a_line_to_the_server() {
    for (letters, reason, line) in [
        ("read only", "too loud", "BAN MUTE account:bob 1h :too loud"),
        ("#tea", "", "KICK #tea bob"),
        ("sessions", "go", "KILL bob :go"),
        ("192.0.2.7 out", "", "BAN ADD 192.0.2.7 1h"),
        ("suspend", "spam again", "ACCOUNT SUSPEND bob :spam again"),
        ("accept", "ignored", "ACCOUNT ALLOW bob 192.0.2.7"),
    ] {
        let mut stage = Stage::with_panel();
        stage.act(letters);
        assert!(stage.take_sent().is_empty(), "{letters} is confirmed first");
        stage.type_text(reason);
        stage.press(KeyCode::Enter);
        assert_eq!(stage.take_sent()[0], line);
        assert!(stage.model.panel.is_some() && stage.model.picker.is_none());
    }
    let mut stage = Stage::with_panel();
    stage.act("speak");
    assert!(stage.model.panel.is_none());
    assert_eq!(stage.model.conversations.current().unwrap().name, "bob");
}

#[test]
fn a_ban_lasts_as_long_as_was_chosen_and_its_outcome_is_shown() {
    let mut stage = Stage::with_panel();
    stage.press(KeyCode::Tab);
    assert_eq!(stage.model.panel.as_ref().unwrap().section, Section::Refusals);
    stage.act("203.0.113.9 out");
    stage.press(KeyCode::Down);
    stage.press(KeyCode::Down);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["BAN ADD 203.0.113.9 7d"]);
    stage.lines(&[":s BAN DONE ADD 203.0.113.9 :Done."]);
    assert_eq!(stage.note(), "ADD 203.0.113.9 Done.");
}

#[test]
fn a_new_password_is_shown_once_the_server_has_it() {
    let mut stage = Stage::with_panel();
    stage.act("new password");
    stage.press(KeyCode::Enter);
    let sent = stage.take_sent();
    let password = sent[0].strip_prefix("ACCOUNT PASSWORD bob :").unwrap().to_owned();
    assert_eq!(password.len(), 16);
    assert!(!stage.note().contains(&password));
    stage.lines(&[":s ACCOUNT DONE PASSWORD bob :Done."]);
    assert_eq!(stage.note(), format!("The new password of bob: {password}"));
    stage.act("new password");
    stage.press(KeyCode::Enter);
    stage.lines(&[":s FAIL ACCOUNT UNKNOWN_ACCOUNT bob :There is no such account."]);
    assert_eq!(stage.note(), "bob: There is no such account.");
}
