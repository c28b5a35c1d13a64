//! The log of this device: only where the server has no history, and back from it page by page.

use super::{Stage, label};
use crate::client::conversation::{HistoryState, Jump};
use crate::client::entry::EntryKind;
use crate::client::event::{Effect, Effects, Event, LogLine};
use crate::client::history;
use crate::proto::time::Timestamp;

impl Stage {
    fn logged(&self) -> Vec<(&str, &str)> {
        self.done
            .iter()
            .filter_map(|effect| match effect {
                Effect::Log { place, line } => Some((place.target.as_str(), line.text.as_str())),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn what_the_server_keeps_is_not_logged() {
    let mut stage = Stage::online();
    stage.lines(&["@msgid=m1 :bob!b@h PRIVMSG #general :one"]);
    stage.say("mine");
    assert!(stage.logged().is_empty());
}

#[test]
fn where_the_server_keeps_nothing_each_message_is_logged_once() {
    let mut stage = Stage::online();
    stage.lines(&[":s CAP ann DEL :draft/chathistory", "@msgid=m1 :bob!b@h PRIVMSG #general :one"]);
    stage.take_sent();
    stage.say("mine");
    let sent = stage.take_sent();
    let id = label(&sent[0]);
    stage.lines(&[&format!("@label={id};msgid=m2;time=2026-11-22T10:00:00.000Z :ann!a@h PRIVMSG #general :mine")]);
    stage.lines(&[":NickServ!s@h PRIVMSG ann :your password is x"]);
    assert_eq!(stage.logged(), [("#general", "one"), ("#general", "mine")]);
    stage.model.settings.log = false;
    stage.lines(&["@msgid=m3 :bob!b@h PRIVMSG #general :two"]);
    assert_eq!(stage.logged().len(), 2);
}

#[test]
fn scrolling_back_reads_the_log_to_its_start() {
    let mut stage = Stage::online();
    stage.lines(&[":s CAP ann DEL :draft/chathistory", ":s BATCH +p chathistory #general", ":s BATCH -p"]);
    stage.lines(&["@msgid=m1;time=2026-11-22T10:00:00.000Z :bob!b@h PRIVMSG #general :now"]);
    let id = {
        let general = stage.model.conversations.find_mut("#general").unwrap();
        general.history = HistoryState::More;
        general.id.0
    };
    stage.event(Event::TopNear);
    let asked = stage
        .done
        .iter()
        .any(|effect| matches!(effect, Effect::ReadLog { conversation, before: Some(_), .. } if *conversation == id));
    assert!(asked);
    assert_eq!(stage.conversation("#general").history, HistoryState::Loading);
    let line = |minute: u32, text: &str| LogLine {
        time: Timestamp::parse(&format!("2026-11-22T09:{minute:02}:00.000Z")).unwrap(),
        kind: EntryKind::Message,
        author: "bob".into(),
        text: text.into(),
    };
    let now = LogLine { time: Timestamp::parse("2026-11-22T10:00:00.000Z").unwrap(), ..line(0, "now") };
    let lines = vec![line(1, "first"), line(2, "second"), now];
    stage.event(Event::LogPage { conversation: id, lines, is_start: true });
    assert_eq!(stage.said("#general"), ["first", "second", "now"], "what stands at the edge stands there once");
    assert_eq!(stage.conversation("#general").history, HistoryState::Start);
}

#[test]
fn a_moment_with_more_messages_than_a_page_is_read_to_its_end() {
    let mut stage = Stage::online();
    stage.lines(&[":s CAP ann DEL :draft/chathistory", ":s BATCH +p chathistory #general", ":s BATCH -p"]);
    let time = "2026-11-22T10:00:00.000Z";
    let log: Vec<LogLine> = (0..350)
        .map(|number| LogLine {
            time: Timestamp::parse(time).unwrap(),
            kind: EntryKind::Message,
            author: "bob".into(),
            text: format!("text {number}"),
        })
        .collect();
    stage.lines(&[&format!("@msgid=m1;time={time} :bob!b@h PRIVMSG #general :text 349")]);
    let general = stage.model.conversations.find_mut("#general").unwrap();
    general.history = HistoryState::More;
    let id = general.id.0;
    for _ in 0..5 {
        stage.event(Event::TopNear);
        let limit = stage.done.drain(..).find_map(|effect| match effect {
            Effect::ReadLog { limit, .. } => Some(limit),
            _ => None,
        });
        let Some(limit) = limit else { break };
        let from = log.len().saturating_sub(limit);
        stage.event(Event::LogPage { conversation: id, lines: log[from..].to_vec(), is_start: from == 0 });
    }
    let said = stage.said("#general");
    assert_eq!((said.len(), said[0]), (350, "text 0"));
}

#[test]
fn what_only_a_server_could_answer_does_not_end_the_log() {
    let mut stage = Stage::online();
    stage.lines(&[":s CAP ann DEL :draft/chathistory", ":s BATCH +p chathistory #general", ":s BATCH -p"]);
    for minute in 1..4 {
        stage.lines(&[&format!("@time=2026-11-22T10:0{minute}:00.000Z :bob!b@h PRIVMSG #general :text {minute}")]);
    }
    let general = stage.model.conversations.find_mut("#general").unwrap();
    let (id, last) = (general.id, general.buffer.newest().unwrap().key());
    general.buffer.mark_gap(last, "");
    general.history = HistoryState::More;
    let gap = general.buffer.entries().iter().find(|entry| entry.kind == EntryKind::Gap).unwrap().key();
    // What was missed is asked for when the channel is joined again, what lies in a gap when it is seen, a message when it is searched for.
    stage.lines(&[":ann!a@h JOIN #general"]);
    stage.event(Event::GapNear(gap));
    let jump = Jump { msgid: None, time: Timestamp::EPOCH, is_asked: true };
    let mut effects = Effects::default();
    history::around(&mut stage.model, id, &jump, &mut effects);
    assert!(stage.model.remark.take().is_some(), "it is said that the message is not there");
    stage.done.clear();
    stage.event(Event::TopNear);
    assert!(stage.done.iter().any(|effect| matches!(effect, Effect::ReadLog { .. })));
}
