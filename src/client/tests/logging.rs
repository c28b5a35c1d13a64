//! The log of this device: only where the server has no history, and back from it page by page.

use std::ops::Range;
use std::path::Path;

use super::{Stage, label};
use crate::client::conversation::{HistoryState, Jump};
use crate::client::entry::{Entry, EntryKey, EntryKind};
use crate::client::event::{Effect, Effects, Event};
use crate::client::geometry::PaneRow;
use crate::client::history;
use crate::client::log_files;
use crate::client::logbook::{LogFault, LogLine, LogQuestion};
use crate::client::stretch::Stretch;
use crate::proto::time::Timestamp;

/// So high is the pane.
const HEIGHT: usize = 20;

/// Lines that wait for the disk.
#[derive(Default)]
struct Waiting {
    text: String,
    lines: Vec<(EntryKey, usize)>,
}

impl Stage {
    fn logged(&self) -> Vec<(&str, &str)> {
        self.done
            .iter()
            .filter_map(|effect| match effect {
                Effect::Log { log, line, .. } => Some((log.target.as_str(), line.text.as_str())),
                _ => None,
            })
            .collect()
    }

    /// Online on a server that keeps no history, with the channel's log asked for already, as on a JOIN.
    fn without_history() -> Self {
        let mut stage = Self::online();
        stage.lines(&[":s CAP ann DEL :draft/chathistory", ":s BATCH +p chathistory #general", ":s BATCH -p"]);
        stage.model.conversations.find_mut("#general").unwrap().history = HistoryState::More;
        stage
    }

    /// Messages of bob's in #general, with clocks that step back and stand still.
    fn flood(&mut self, numbers: Range<u32>) {
        for number in numbers {
            let minute = number * 7 % 60;
            self.lines(&[&format!("@time=2026-11-22T10:{minute:02}:00.000Z :bob!b@h PRIVMSG #general :{number}")]);
        }
    }

    fn question(&mut self) -> Option<LogQuestion> {
        let mut asked = self.done.drain(..).filter_map(|effect| match effect {
            Effect::ReadLog(question) => Some(question),
            _ => None,
        });
        asked.next_back()
    }

    /// What the thread of the logs does: writes, tells where, and answers.
    fn serve_log(&mut self, path: &Path) {
        let (mut waiting, mut struck, mut question, mut number) = (Waiting::default(), Vec::new(), None, 0);
        for effect in self.done.drain(..) {
            match effect {
                Effect::Log { conversation, entry, line, .. } => {
                    let before = waiting.text.len();
                    line.write(&mut waiting.text);
                    waiting.lines.push((entry, waiting.text.len() - before));
                    number = conversation;
                }
                Effect::StrikeLog { place, by, .. } => struck.push((place, by)),
                Effect::ReadLog(asked) => question = Some(asked),
                _ => {}
            }
        }
        for (place, by) in struck {
            log_files::strike(path, place, &by).unwrap();
        }
        if !waiting.lines.is_empty() {
            let mut from = log_files::keep(path, &waiting.text).unwrap();
            let place = |(key, length): (EntryKey, usize)| {
                let stretch = Stretch { from, to: from + length as u64 };
                from = stretch.to;
                (key, stretch)
            };
            let lines = waiting.lines.into_iter().map(place).collect();
            self.event(Event::Logged { conversation: number, lines });
        }
        if let Some(question) = question {
            let page = log_files::read(path, &question);
            self.event(Event::LogPage { conversation: question.conversation, page });
        }
    }

    /// What the layout pass of a pane does in which each message takes one row; then what the log answers, until nothing more is
    /// asked for. Returns the messages that can be seen.
    fn look(&mut self, path: &Path) -> Vec<u32> {
        for _ in 0..1_000 {
            let conversation = self.model.conversations.find_mut("#general").unwrap();
            let window = conversation.buffer.settle(HEIGHT, &mut |_, _| 1);
            let from = (window.bottom + 1).saturating_sub(HEIGHT);
            let seen: Vec<_> = conversation.buffer.entries().iter().take(window.bottom + 1).skip(from).collect();
            let gap = seen.iter().find(|entry| entry.kind == EntryKind::Gap).map(|entry| entry.key());
            let numbers = seen.iter().filter_map(|entry| entry.text.parse().ok()).collect();
            // The rows of the pane, the lowest one first.
            let rows = seen.iter().rev().map(|entry| entry.key()).collect::<Vec<_>>();
            let has_older = conversation.has_older();
            self.model.pane.rows = rows.into_iter().map(|key| PaneRow { key, row: 0, above: 0, text_x: 0 }).collect();
            if let Some(gap) = gap {
                self.event(Event::GapNear(gap));
            }
            if window.top_near && has_older {
                self.event(Event::TopNear);
            }
            if !self.done.iter().any(|effect| matches!(effect, Effect::ReadLog(_))) {
                return numbers;
            }
            self.serve_log(path);
        }
        panic!("the log is asked without end");
    }

    /// Asks for older messages until there are none.
    fn read_to_start(&mut self, path: &Path) {
        for _ in 0..20 {
            if !self.conversation("#general").has_older() {
                return;
            }
            self.event(Event::TopNear);
            self.serve_log(path);
        }
        panic!("the log is asked without end");
    }

    fn turn_pages(&mut self, pages: i32) {
        self.model.conversations.find_mut("#general").unwrap().buffer.scroll_pages(pages);
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
fn a_conversation_keeps_to_its_log_when_the_person_is_renamed() {
    let mut stage = Stage::without_history();
    stage.lines(&[":bob!b@h PRIVMSG ann :one", ":bob!b@h NICK rob", ":rob!b@h PRIVMSG ann :two"]);
    assert_eq!(stage.logged(), [("bob", "one"), ("bob", "two")]);
}

/// Ten thousand messages, of which the memory holds some: up to the first one, down again to the last, and nothing is passed over.
#[test]
fn scrolling_up_reaches_the_first_message_and_scrolling_down_the_last_without_a_hole() {
    const COUNT: u32 = 10_000;
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    // Some were said in an earlier run, some have gone before the disk has them.
    for number in 0..500 {
        let time = Timestamp::from_millis(i64::from(number % 3));
        let (author, text) = ("bob".into(), number.to_string());
        let line = LogLine { time, kind: EntryKind::Message, author, text, withdrawn_by: None };
        let mut text = String::new();
        line.write(&mut text);
        log_files::keep(&path, &text).unwrap();
    }
    stage.flood(500..9_000);
    stage.serve_log(&path);
    stage.look(&path);
    let mut seen = Vec::new();
    for page in 0..1_000 {
        stage.turn_pages(-1);
        seen = stage.look(&path);
        if page == 200 {
            // Somebody speaks while older messages are read, and is written to disk somewhat later.
            stage.flood(9_000..COUNT);
            stage.look(&path);
            stage.serve_log(&path);
        }
        if seen.first() == Some(&0) {
            break;
        }
    }
    assert_eq!(seen.first(), Some(&0), "the first message is reached");
    assert_eq!(stage.conversation("#general").history, HistoryState::Start);
    for _ in 0..2_000 {
        stage.turn_pages(1);
        for number in stage.look(&path) {
            let last = *seen.last().unwrap();
            assert!(number <= last + 1, "{number} stands behind {last}");
            if number == last + 1 {
                seen.push(number);
            }
        }
        if seen.last() == Some(&(COUNT - 1)) {
            break;
        }
    }
    assert_eq!(seen.last(), Some(&(COUNT - 1)));
    assert!(stage.conversation("#general").buffer.entries().len() <= crate::client::buffer::ENTRIES_MAX + 100);
}

#[test]
fn a_page_in_which_everything_is_known_is_not_the_start() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    for _ in 0..3 {
        // The same words in the same moment, each of them a message.
        stage.lines(&["@time=2026-11-22T10:00:00.000Z :bob!b@h PRIVMSG #general :1"; 150]);
        stage.serve_log(&path);
    }
    let general = stage.model.conversations.find_mut("#general").unwrap();
    general.buffer.shrink(40);
    stage.read_to_start(&path);
    assert_eq!(stage.said("#general").len(), 450);
}

#[test]
fn what_goes_between_question_and_answer_is_asked_for_as_well() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    stage.flood(0..300);
    stage.serve_log(&path);
    stage.model.conversations.find_mut("#general").unwrap().buffer.shrink(100);
    stage.event(Event::TopNear);
    let question = stage.question().unwrap();
    let page = log_files::read(&path, &question);
    stage.model.conversations.find_mut("#general").unwrap().buffer.shrink(50);
    stage.event(Event::LogPage { conversation: question.conversation, page });
    stage.read_to_start(&path);
    let said: Vec<u32> = stage.said("#general").iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(said, (0..300).collect::<Vec<_>>());
}

#[test]
fn a_log_that_cannot_be_read_is_no_start_and_is_tried_again() {
    let mut stage = Stage::without_history();
    stage.flood(0..3);
    stage.event(Event::TopNear);
    let question = stage.question().unwrap();
    let failed = |reason: LogFault| Event::LogPage { conversation: question.conversation, page: Err(reason) };
    stage.event(failed(LogFault::Unreadable("worn out".into())));
    assert!(stage.model.remark.take().is_some_and(|remark| remark.contains("worn out")));
    assert!(!stage.conversation("#general").has_older(), "it is not tried without end");
    stage.press(crossterm::event::KeyCode::PageUp);
    assert!(stage.conversation("#general").has_older());
    stage.event(Event::TopNear);
    assert!(stage.question().is_some());
    stage.event(failed(LogFault::Changed));
    assert_eq!(stage.conversation("#general").history, HistoryState::Start);
    assert!(stage.model.remark.is_some());
}

#[test]
fn what_was_withdrawn_is_withdrawn_in_the_log_as_well() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    let said = |number: u32| format!("@msgid=m{number} :bob!b@h PRIVMSG #general :secret {number}");
    // Withdrawn once it stands in the log, before it does, and before it came.
    stage.lines(&[&said(1), ":bob!b@h PRIVMSG #general :kept"]);
    stage.serve_log(&path);
    stage.lines(&[":bob!b@h REDACT #general m1 :slip", &said(2), ":operator!o@h REDACT #general m2"]);
    stage.lines(&[":bob!b@h REDACT #general m3 :slip", &said(3)]);
    stage.serve_log(&path);
    stage.serve_log(&path);
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(!written.contains("secret") && written.lines().count() == 4, "{written}");
    stage.model.conversations.find_mut("#general").unwrap().buffer.shrink(0);
    stage.read_to_start(&path);
    let withdrawn = |entry: &&Entry| entry.redaction.as_ref().map(|redaction| redaction.by.clone());
    let found: Vec<_> = stage.entries("#general").iter().map(|entry| (entry.text.as_str(), withdrawn(entry))).collect();
    let by = |name: &str| ("", Some(name.to_owned()));
    assert_eq!(found[found.len() - 4..], [by("bob"), ("kept", None), by("operator"), by("bob")]);
}

#[test]
fn what_is_not_kept_is_told() {
    let mut stage = Stage::without_history();
    stage.event(Event::LogFailed(LogFault::TooSlow));
    assert!(stage.entries("#general").iter().any(|entry| entry.kind == EntryKind::Error));
}

#[test]
fn the_log_is_read_also_while_the_server_is_away() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    stage.flood(0..300);
    stage.serve_log(&path);
    stage.model.conversations.find_mut("#general").unwrap().buffer.shrink(100);
    stage.lose();
    stage.event(Event::TopNear);
    stage.serve_log(&path);
    assert_eq!(stage.said("#general").len(), 200);
}

#[test]
fn what_only_a_server_could_answer_does_not_end_the_log() {
    let mut stage = Stage::without_history();
    stage.flood(0..3);
    let general = stage.model.conversations.find_mut("#general").unwrap();
    let (id, last) = (general.id, general.buffer.newest().unwrap().key());
    general.buffer.mark_gap(last, "");
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
    assert!(stage.question().is_some());
}

#[test]
fn what_is_said_after_an_empty_log_was_read_comes_back_as_well() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("log");
    let mut stage = Stage::without_history();
    stage.look(&path);
    assert_eq!(stage.conversation("#general").history, HistoryState::Start);
    stage.flood(0..9_000);
    stage.serve_log(&path);
    for _ in 0..1_000 {
        stage.turn_pages(-1);
        if stage.look(&path).first() == Some(&0) {
            return;
        }
    }
    panic!("the first message is not reached");
}
