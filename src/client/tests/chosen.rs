//! Choosing a message, and what is done with it: answers, reactions, copies, redactions.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Stage, key, label};
use crate::client::event::Effect;
use crate::client::overlay::Overlay;

impl Stage {
    fn shift(&mut self, code: KeyCode) {
        self.event(key(code, KeyModifiers::SHIFT));
    }

    /// In #general, where bob has said two things and ann one.
    pub(super) fn with_messages() -> Self {
        let mut stage = Self::online();
        stage.lines(&[
            "@msgid=m1;time=2026-11-22T09:00:00.000Z :bob!b@h PRIVMSG #general :first",
            "@msgid=m2;time=2026-11-22T09:01:00.000Z :ann!a@h PRIVMSG #general :mine",
            "@msgid=m3;time=2026-11-22T09:02:00.000Z :bob!b@h PRIVMSG #general :last",
        ]);
        stage.take_sent();
        stage
    }

    fn chosen_text(&self) -> Option<&str> {
        let conversation = self.model.conversations.current()?;
        conversation.buffer.entry(conversation.chosen?).map(|entry| entry.text.as_str())
    }

    pub(super) fn remark(&self) -> &str {
        self.model.remark.as_deref().unwrap_or_default()
    }
}

#[test]
fn messages_are_chosen_one_after_the_other() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    assert_eq!(stage.chosen_text(), Some("last"));
    stage.press(KeyCode::Up);
    stage.event(key(KeyCode::Up, KeyModifiers::CONTROL));
    assert_eq!(stage.chosen_text(), Some("first"));
    stage.press(KeyCode::Up);
    assert_eq!(stage.chosen_text(), Some("first"), "there is nothing above");
    stage.press(KeyCode::Down);
    stage.press(KeyCode::Down);
    stage.shift(KeyCode::Down);
    assert_eq!(stage.chosen_text(), None, "below the last one there is the input box");
    stage.shift(KeyCode::Up);
    stage.type_text("so");
    assert_eq!(stage.chosen_text(), None);
    assert_eq!(stage.conversation("#general").composer.edit.text(), "so");
}

#[test]
fn an_answer_names_its_message_and_quotes_it() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Char('r'));
    let replying = stage.conversation("#general").replying.clone().unwrap();
    assert_eq!((&*replying.msgid, replying.quote.text.as_str()), ("m3", "last"));
    stage.say("yes");
    let sent = stage.take_sent();
    assert!(sent[0].starts_with("@+draft/reply=m3;label="), "{sent:?}");
    assert_eq!(stage.conversation("#general").replying, None);
    // The next one is no answer.
    stage.say("else");
    assert!(!stage.take_sent()[0].contains("+draft/reply"));
    // The echo keeps the quotation; bob's answer gets one.
    let id = label(&sent[0]);
    stage.lines(&[
        &format!("@label={id};msgid=m4;time=2026-11-22T10:00:00.000Z;+draft/reply=m3 :ann!a@h PRIVMSG #general :yes"),
        "@msgid=m5;time=2026-11-22T10:01:00.000Z;+draft/reply=m4 :bob!b@h PRIVMSG #general :good",
    ]);
    let quotes: Vec<_> = stage.entries("#general").iter().filter_map(|entry| entry.reply.clone()).collect();
    assert_eq!(quotes.len(), 2);
    assert_eq!(quotes[0].quote.as_ref().unwrap().text, "last");
    assert_eq!(quotes[1].quote.as_ref().unwrap().text, "yes");
    assert_eq!(quotes[1].quote.as_ref().unwrap().author, "ann");
}

#[test]
fn an_answer_can_be_given_up() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Enter);
    assert!(stage.conversation("#general").replying.is_some());
    stage.press(KeyCode::Esc);
    assert_eq!(stage.conversation("#general").replying, None);
}

#[test]
fn reactions_are_counted_and_own_ones_taken_back() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Char('+'));
    stage.type_text("party");
    stage.press(KeyCode::Enter);
    let sent = stage.take_sent();
    assert_eq!(sent, ["@+draft/reply=m3;+draft/react=🎉 TAGMSG #general"]);
    stage.lines(&[
        "@msgid=r1;time=2026-11-22T10:00:00.000Z;+draft/reply=m3;+draft/react=🎉 :ann!a@h TAGMSG #general",
        "@msgid=r2;time=2026-11-22T10:00:01.000Z;+draft/reply=m3;+draft/react=🎉 :bob!b@h TAGMSG #general",
    ]);
    let reactions =
        |stage: &Stage| stage.entries("#general").iter().find(|one| one.text == "last").unwrap().reactions.clone();
    assert_eq!((reactions(&stage).counts()[0].count, reactions(&stage).counts()[0].has_own), (2, true));
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Char('+'));
    stage.type_text("🎉");
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["@+draft/reply=m3;+draft/unreact=🎉 TAGMSG #general"]);
    stage.lines(&[
        "@msgid=r3;time=2026-11-22T10:00:02.000Z;+draft/reply=m3;+draft/unreact=🎉 :ann!a@h TAGMSG #general",
        ":bob!b@h REDACT #general r2",
    ]);
    assert!(reactions(&stage).counts().is_empty());
}

#[test]
fn what_is_said_about_a_message_may_come_before_it() {
    let mut stage = Stage::with_messages();
    stage.event(crate::client::event::Event::TopNear);
    stage.lines(&[
        "@time=2026-11-22T10:00:00.000Z;msgid=r1;+draft/reply=old;+draft/react=x :bob!b@h TAGMSG #general",
        ":bob!b@h REDACT #general gone :spam",
        ":s BATCH +p chathistory #general",
        "@batch=p;msgid=old;time=2026-11-20T09:00:00.000Z :bob!b@h PRIVMSG #general :old one",
        "@batch=p;msgid=gone;time=2026-11-20T09:01:00.000Z :bob!b@h PRIVMSG #general :buy this",
        "@batch=p;msgid=r0;time=2026-11-20T09:02:00.000Z;+draft/reply=old;+draft/react=y :cid!c@h TAGMSG #general",
        ":s BATCH -p",
    ]);
    let entries = stage.entries("#general");
    let old = entries.iter().find(|entry| entry.msgid.as_deref() == Some("old")).unwrap();
    let texts: Vec<_> = old.reactions.counts().iter().map(|count| count.text).collect();
    assert_eq!(texts, ["x", "y"]);
    let gone = entries.iter().find(|entry| entry.msgid.as_deref() == Some("gone")).unwrap();
    assert_eq!((gone.text.as_str(), gone.redaction.as_ref().unwrap().reason.as_str()), ("", "spam"));
}

#[test]
fn a_message_is_copied() {
    let mut stage = Stage::with_messages();
    stage.lines(&["@msgid=m4;time=2026-11-22T09:03:00.000Z :bob!b@h PRIVMSG #general :\u{2}bold\u{2} text"]);
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Char('y'));
    let copied = stage.done.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("bold text"));
}

#[test]
fn a_message_is_withdrawn_after_a_question() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Up);
    stage.press(KeyCode::Char('d'));
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::Redact(question)) if question.excerpt == "mine"));
    stage.press(KeyCode::Esc);
    assert!(stage.take_sent().is_empty());
    stage.press(KeyCode::Char('d'));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["REDACT #general m2"]);
    stage.lines(&[
        "@msgid=m9;time=2026-11-22T09:09:00.000Z;+draft/reply=m2 :bob!b@h PRIVMSG #general :about that",
        ":ann!a@h REDACT #general m2 :oops",
    ]);
    let entries = stage.entries("#general");
    let mine = entries.iter().find(|entry| entry.msgid.as_deref() == Some("m2")).unwrap();
    assert_eq!((mine.text.as_str(), mine.redaction.as_ref().unwrap().by.as_str()), ("", "ann"));
    assert_eq!(entries.last().unwrap().reply.as_ref().unwrap().quote.as_ref().unwrap().text, "");
}

#[test]
fn others_messages_are_withdrawn_by_operators_only() {
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    // ann is an operator of #general.
    stage.press(KeyCode::Char('d'));
    assert!(matches!(stage.model.overlays.shown(), Some(Overlay::Redact(_))));
    stage.press(KeyCode::Esc);
    stage.lines(&[":s MODE #general -o ann"]);
    stage.press(KeyCode::Char('d'));
    assert!(stage.model.overlays.shown().is_none());
    assert!(stage.remark().contains("Only your own"), "{}", stage.remark());
}

#[test]
fn what_cannot_be_done_with_a_message_is_not_offered() {
    use crate::client::bindings::Action::{OpenLink, React, Redact, Reply};
    let possible = |stage: &Stage| {
        [Reply, React, Redact, OpenLink].map(|action| crate::client::chosen::is_possible(&stage.model, action))
    };
    let mut stage = Stage::with_messages();
    stage.shift(KeyCode::Up);
    assert_eq!(possible(&stage), [true, true, true, false]);
    stage.lines(&[":s MODE #general -o ann"]);
    assert_eq!(possible(&stage), [true, true, false, false]);
    stage.press(KeyCode::Esc);
    stage.lines(&["@msgid=m4;time=2026-11-22T09:03:00.000Z :bob!b@h PRIVMSG #general :see https://a.example/"]);
    stage.shift(KeyCode::Up);
    assert_eq!(possible(&stage), [true, true, false, true]);
    stage.lines(&[":s CAP ann DEL :message-tags draft/message-redaction"]);
    assert_eq!(possible(&stage), [false, false, false, true]);
}

#[test]
fn what_a_server_does_not_offer_is_said() {
    let mut stage = Stage::with_messages();
    stage.lines(&[":s CAP ann DEL :message-tags draft/message-redaction"]);
    for (pressed, said) in [('r', "neither"), ('+', "neither"), ('d', "cannot be withdrawn")] {
        stage.shift(KeyCode::Up);
        stage.press(KeyCode::Char(pressed));
        assert!(stage.remark().contains(said), "{pressed}: {}", stage.remark());
        stage.press(KeyCode::Esc);
    }
    assert!(stage.take_sent().is_empty());
    let mut stage = Stage::with_messages();
    stage.lines(&[":s 005 ann CLIENTTAGDENY=*,-draft/reply :are supported"]);
    stage.shift(KeyCode::Up);
    stage.press(KeyCode::Char('+'));
    assert!(stage.model.picker.is_none());
    stage.press(KeyCode::Char('r'));
    assert!(stage.conversation("#general").replying.is_some());
}
