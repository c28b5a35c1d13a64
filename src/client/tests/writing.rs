//! Writing: messages of several lines, pastes, completion, and drafts that outlive the program.

use super::*;
use crate::client::event::Draft;
use crate::client::overlay::Overlay;

const CAPS_WITH_MULTILINE: &str = ":s CAP * LS :batch chat-tui/idempotency draft/chathistory \
     draft/multiline=max-bytes=60,max-lines=4 echo-message labeled-response message-tags sasl=PLAIN server-time";

fn with_multiline() -> Stage {
    let settings = settings("chat.example.org", Language::English, Mode::Person);
    let mut stage = Stage::with(settings, Stage::remembered());
    stage.event(Event::Start);
    enter(&mut stage, CAPS_WITH_MULTILINE);
    stage
}

/// A log-in to a server that offers this.
fn enter(stage: &mut Stage, caps: &str) {
    stage.connect();
    stage.take_sent();
    stage.lines(&[caps]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":s 900 ann ann!ann@cloak ann :You are now logged in as ann", ":s 903 ann :ok"]);
    stage.welcome();
    stage.take_sent();
}

fn bodies(sent: &[String]) -> Vec<&str> {
    sent.iter().map(|line| line.rsplit_once(" :").map_or(line.as_str(), |(_, body)| body)).collect()
}

#[test]
fn several_lines_are_one_message_where_the_server_takes_them() {
    let mut stage = with_multiline();
    stage.event(Event::Paste("one\r\n\r\nthree  \n".to_owned()));
    stage.press(KeyCode::Enter);
    let sent = stage.take_sent();
    assert_eq!(sent.len(), 5, "{sent:?}");
    assert!(sent[0].ends_with("BATCH +m draft/multiline #general"), "{sent:?}");
    let id = label(&sent[0]);
    assert!(sent[0].contains(&format!("+chat-tui/id={id}")));
    assert_eq!(sent[1], "@batch=m PRIVMSG #general :one");
    assert_eq!(sent[2], "@batch=m PRIVMSG #general :");
    assert_eq!(sent[4], "BATCH -m");
    assert_eq!(stage.said("#general"), ["one\n\nthree"]);
    stage.lines(&[
        &format!("@label={id};msgid=m1;time=2026-11-22T10:00:01.000Z :ann!ann@cloak BATCH +x draft/multiline #general"),
        "@batch=x :ann!ann@cloak PRIVMSG #general :one",
        "@batch=x :ann!ann@cloak PRIVMSG #general :",
        "@batch=x :ann!ann@cloak PRIVMSG #general :three",
        ":ann!ann@cloak BATCH -x",
    ]);
    assert_eq!(stage.fates("#general"), [Fate::Delivered]);
    assert_eq!(stage.said("#general"), ["one\n\nthree"]);
}

#[test]
fn what_is_too_much_for_one_message_becomes_several_and_that_is_said() {
    let mut stage = with_multiline();
    stage.event(Event::Paste("1\n2\n3\n4\n5".to_owned()));
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::Paste { lines: 5, messages: 2, .. })));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.said("#general"), ["1\n2\n3\n4", "5"]);
    let remark = stage.model.remark.clone().unwrap_or_default();
    assert!(remark.contains("2 parts"), "{remark}");
    let sent = stage.take_sent();
    assert_eq!(sent.iter().filter(|line| line.contains("BATCH +")).count(), 1);
    assert!(sent.last().unwrap().ends_with("PRIVMSG #general :5"), "{sent:?}");
}

#[test]
fn others_messages_of_several_lines_are_shown_as_one() {
    let mut stage = with_multiline();
    stage.lines(&[
        "@msgid=m9 :bob!b@h BATCH +q draft/multiline #general",
        "@batch=q :bob!b@h PRIVMSG #general :hello",
        "@batch=q :bob!b@h PRIVMSG #general :how is ",
        "@batch=q;draft/multiline-concat :bob!b@h PRIVMSG #general :ann?",
        ":bob!b@h BATCH -q",
        // A page of history that knows it already.
        ":s BATCH +h chathistory #general",
        "@batch=h;msgid=m9 :bob!b@h BATCH +r draft/multiline #general",
        "@batch=r :bob!b@h PRIVMSG #general :hello",
        "@batch=r :bob!b@h PRIVMSG #general :how is ann?",
        "@batch=h :bob!b@h BATCH -r",
        ":s BATCH -h",
    ]);
    assert_eq!(stage.said("#general"), ["hello\nhow is ann?"]);
    assert!(stage.entries("#general").iter().any(|entry| entry.mention));
}

#[test]
fn a_server_that_takes_single_lines_only_gets_them_one_by_one() {
    let mut stage = with_multiline();
    stage.lose();
    stage.event(Event::Paste("one\ntwo".to_owned()));
    stage.press(KeyCode::Enter);
    stage.say("three");
    stage.wait(3_000);
    enter_again(&mut stage);
    let sent = stage.take_sent();
    let said: Vec<String> = sent.into_iter().filter(|line| line.contains("PRIVMSG")).collect();
    assert_eq!(bodies(&said).len(), 3, "{said:?}");
    assert_eq!(stage.said("#general"), ["one", "two", "three"]);
    let ids: Vec<String> = said.iter().map(|line| label(line)).collect();
    assert_eq!(ids[1], format!("{}-1", ids[0]));
}

fn enter_again(stage: &mut Stage) {
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":s 900 ann ann!ann@cloak ann :ok", ":s 903 ann :ok"]);
    stage.welcome();
}

#[test]
fn a_paste_of_many_lines_is_asked_about() {
    let mut stage = Stage::online();
    stage.take_sent();
    let paste = || Event::Paste((1..=200).map(|n| format!("line {n}\n")).collect());
    stage.type_text("before ");
    stage.event(paste());
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::Paste { lines: 200, messages: 200, .. })));
    stage.press(KeyCode::Esc);
    assert_eq!(stage.conversation("#general").composer.edit.text(), "before ");
    // Most terminals write a CR for each line's end.
    stage.event(Event::Paste((1..=200).map(|n| format!("line {n}\r")).collect()));
    stage.press(KeyCode::Char('e'));
    assert!(stage.model.overlays.shown().is_none());
    assert_eq!(stage.conversation("#general").composer.edit.text().lines().count(), 200);
    assert!(stage.take_sent().is_empty(), "nothing went out yet");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.conversation("#general").buffer.pending_count(), 200);
    // Three lines are nothing to ask about.
    stage.event(Event::Paste("a\nb\nc".to_owned()));
    assert!(stage.model.overlays.shown().is_none());
}

#[test]
fn words_are_completed_by_what_they_are() {
    let mut stage = Stage::online();
    stage.lines(&[":bea!b@h JOIN #general", ":bob!b@h PRIVMSG #general :hi", ":bea!b@h PRIVMSG #general :hi"]);
    let text = |stage: &Stage| stage.conversation("#general").composer.edit.text().to_owned();
    let clear = |stage: &mut Stage| stage.control('u');
    stage.type_text("b");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "bea: ", "who spoke last comes first");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "bob: ");
    stage.press(KeyCode::BackTab);
    assert_eq!(text(&stage), "bea: ");
    stage.press(KeyCode::Esc);
    assert_eq!(text(&stage), "b");
    clear(&mut stage);
    stage.type_text("hello bo");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "hello bob ");
    clear(&mut stage);
    stage.type_text("/reco");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "/reconnect ");
    clear(&mut stage);
    stage.type_text("/join #g");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "/join #general ");
    clear(&mut stage);
    stage.lines(&[":ben!b@h PRIVMSG ann :hi", ":ben!b@h PRIVMSG ann :again"]);
    stage.type_text("/kick be");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "/kick bea ", "who is not here cannot be sent away");
    clear(&mut stage);
    stage.type_text("/connect chat");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "/connect chat.example.org:6697 ");
    clear(&mut stage);
    stage.type_text("well :tad");
    stage.press(KeyCode::Tab);
    assert_eq!(text(&stage), "well 🎉 ");
    clear(&mut stage);
    stage.type_text("zzz");
    stage.press(KeyCode::Tab);
    assert!(stage.model.remark.is_some(), "that there is nothing is said");
}

#[test]
fn a_draft_survives_the_program() {
    let mut stage = Stage::online();
    stage.type_text("half a sen");
    stage.wait(5_000);
    let kept = |stage: &Stage| -> Vec<Draft> {
        let effects = stage.done.iter().rev();
        let drafts = effects.filter_map(|effect| match effect {
            Effect::KeepDrafts(drafts) => Some(drafts.clone()),
            _ => None,
        });
        drafts.into_iter().next().unwrap_or_default()
    };
    let drafts = kept(&stage);
    assert_eq!(drafts.iter().map(|draft| draft.text.as_str()).collect::<Vec<_>>(), ["half a sen"]);
    assert_eq!((drafts[0].target.as_str(), drafts[0].account.as_str()), ("#general", "ann"));
    let before = stage.done.len();
    stage.wait(60_000);
    let is_draft = |effect: &Effect| matches!(effect, Effect::KeepDrafts(_));
    assert!(!stage.done[before..].iter().any(is_draft), "nothing is written while nothing changes");

    let person = Draft { target: "bob".into(), text: "dear bob".into(), ..drafts[0].clone() };
    let remembered = Remembered { drafts: vec![drafts[0].clone(), person], ..Stage::remembered() };
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), remembered);
    stage.event(Event::Start);
    stage.log_in();
    assert_eq!(stage.conversation("#general").composer.edit.text(), "half a sen");
    assert_eq!(stage.conversation("bob").composer.edit.text(), "dear bob");
    stage.press(KeyCode::Enter);
    stage.wait(5_000);
    let gone = kept(&stage);
    assert_eq!(
        gone.iter().map(|draft| (draft.target.as_str(), draft.text.as_str())).collect::<Vec<_>>(),
        [("#general", "")]
    );
}

#[test]
fn what_ends_the_program_is_no_draft() {
    for farewell in ["bye", "/quit until tomorrow"] {
        let mut stage = Stage::online();
        // So slowly that it is kept on the way.
        stage.type_text(farewell);
        stage.wait(5_000);
        stage.press(KeyCode::Enter);
        let drafts = stage.done.iter().rev().find_map(|effect| match effect {
            Effect::KeepDrafts(drafts) => Some(drafts.iter().map(|draft| draft.text.as_str()).collect::<Vec<_>>()),
            _ => None,
        });
        assert_eq!(drafts, Some(vec![""]), "{farewell}: else it would stand in the input box at the next start");
    }
}

#[test]
fn passwords_are_no_drafts() {
    let mut stage = Stage::online();
    stage.type_text("/msg NickServ identify secret");
    stage.control('c');
    assert!(!stage.done.iter().any(|effect| matches!(effect, Effect::KeepDrafts(_))));
}
