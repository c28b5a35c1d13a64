//! Search, jumps into the past, gaps and how they are filled, what leaves the memory and comes back.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Stage, key};
use crate::client::buffer::ENTRIES_MAX;
use crate::client::entry::{Entry, EntryKind};
use crate::client::event::Event;

fn spoken(number: u32, text: &str) -> String {
    let (minute, second) = (number / 60, number % 60);
    format!("msgid=m{number};time=2026-11-22T09:{minute:02}:{second:02}.000Z :bob!b@h PRIVMSG #general :{text}")
}

impl Stage {
    /// A page of history with these messages.
    fn page(&mut self, numbers: impl IntoIterator<Item = u32>) {
        let mut lines = vec![":s BATCH +p chathistory #general".to_owned()];
        lines.extend(
            numbers.into_iter().map(|number| format!("@batch=p;{}", spoken(number, &format!("text {number}")))),
        );
        lines.push(":s BATCH -p".to_owned());
        self.lines(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    /// What stands in #general, gaps as `…`.
    fn row(&self) -> Vec<String> {
        let told = self.entries("#general").into_iter().filter(|entry| entry.can_be_chosen());
        told.map(|entry| match entry.kind {
            EntryKind::Gap => "…".to_owned(),
            _ => entry.text.trim_start_matches("text ").to_owned(),
        })
        .collect()
    }

    fn gap(&self) -> crate::client::entry::EntryKey {
        self.entries("#general").iter().find(|entry| entry.kind == EntryKind::Gap).map(|entry| entry.key()).unwrap()
    }

    fn listed(&self) -> Vec<&str> {
        self.model.picker.as_ref().unwrap().items().iter().map(|item| item.label.as_str()).collect()
    }
}

#[test]
fn what_is_loaded_is_searched_at_once_and_the_server_a_moment_later() {
    let mut stage = Stage::online();
    stage.page([1, 2, 13]);
    stage.take_sent();
    stage.control('f');
    stage.type_text("TEXT 1");
    assert_eq!(stage.listed(), ["bob: text 13", "bob: text 1"]);
    assert!(stage.take_sent().is_empty());
    stage.wait(400);
    assert_eq!(stage.take_sent(), ["SEARCH text=TEXT\\s1;in=#general;limit=100"]);
    stage.lines(&[
        ":s BATCH +q soju.im/search",
        "@batch=q;msgid=old;time=2026-10-01T09:00:00.000Z :cid!c@h PRIVMSG #general :old text 1",
        "@batch=q;msgid=m1;time=2026-11-22T09:00:01.000Z :bob!b@h PRIVMSG #general :text 1",
        ":s BATCH -q",
    ]);
    assert_eq!(stage.listed(), ["bob: text 13", "bob: text 1", "cid: old text 1"], "each once");
    assert_eq!(stage.model.picker.as_ref().unwrap().items()[1].marks.len(), 6);
    stage.press(KeyCode::Tab);
    stage.wait(400);
    assert_eq!(stage.take_sent(), ["SEARCH text=TEXT\\s1;limit=100"]);
}

#[test]
fn a_message_that_was_found_is_fetched_with_what_is_around_it() {
    let mut stage = Stage::online();
    stage.page([50, 51, 52]);
    stage.control('f');
    stage.type_text("old");
    stage.wait(400);
    stage.lines(&[
        ":s BATCH +q soju.im/search",
        "@batch=q;msgid=m20;time=2026-11-22T09:00:20.000Z :bob!b@h PRIVMSG #general :old one",
        ":s BATCH -q",
    ]);
    stage.take_sent();
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["CHATHISTORY AROUND #general msgid=m20 3"]);
    stage.page([19, 20, 21]);
    assert_eq!(stage.row(), ["19", "20", "21", "…", "50", "51", "52"]);
    let general = stage.conversation("#general");
    assert_eq!(general.buffer.entry(general.chosen.unwrap()).unwrap().text, "text 20");
    // What was said before it can still be had.
    stage.event(Event::TopNear);
    assert_eq!(stage.take_sent(), ["CHATHISTORY BEFORE #general msgid=m19 3"]);
}

#[test]
fn a_gap_is_filled_from_the_side_that_is_read() {
    let mut stage = Stage::online();
    stage.page([50, 51, 52]);
    stage.control('f');
    stage.type_text("x");
    stage.press(KeyCode::Esc);
    let island = |stage: &mut Stage| {
        let found = crate::client::picker::Found {
            target: "#general".into(),
            msgid: Some("m20".into()),
            time: stage.now().time,
        };
        let mut effects = crate::client::event::Effects::default();
        crate::client::search::go_to(&mut stage.model, &found, &mut effects);
        stage.page([19, 20, 21]);
    };
    island(&mut stage);
    stage.take_sent();
    // The gap is above what is read.
    let gap = stage.gap();
    stage.event(Event::GapNear(gap));
    assert_eq!(stage.take_sent(), ["CHATHISTORY BEFORE #general msgid=m50 3"]);
    stage.page([47, 48, 49]);
    assert_eq!(stage.row(), ["19", "20", "21", "…", "47", "48", "49", "50", "51", "52"]);
    // Now it is the last thing on the screen, as for one who comes from above.
    let gap = stage.gap();
    stage.model.pane.rows = vec![crate::client::geometry::PaneRow { key: gap, row: 0, above: 0, text_x: 0 }];
    stage.event(Event::GapNear(gap));
    assert_eq!(stage.take_sent(), ["CHATHISTORY AFTER #general msgid=m21 3"]);
    stage.page([22, 23, 47]);
    assert_eq!(stage.row(), ["19", "20", "21", "22", "23", "47", "48", "49", "50", "51", "52"], "both sides have met");
}

#[test]
fn a_gap_that_cannot_be_filled_is_left_alone_until_the_person_asks() {
    let mut stage = Stage::online();
    stage.page([50, 51, 52]);
    let general = stage.model.conversations.find_mut("#general").unwrap();
    general.buffer.insert_island(vec![island_entry(20)]);
    let gap = stage.gap();
    stage.event(Event::GapNear(gap));
    stage.lines(&[":s FAIL CHATHISTORY MESSAGE_ERROR BEFORE #general :no"]);
    stage.take_sent();
    stage.wait(20_000);
    stage.event(Event::GapNear(gap));
    assert!(!stage.take_sent().iter().any(|line| line.starts_with("CHATHISTORY")));
    stage.model.conversations.current_mut().unwrap().chosen = Some(gap);
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["CHATHISTORY BEFORE #general msgid=m50 3"]);
    stage.page([]);
    assert!(!stage.row().contains(&"…".to_owned()), "nothing was missing");
}

fn island_entry(number: u32) -> Entry {
    let time = crate::proto::time::Timestamp::parse(&format!("2026-11-22T09:00:{number:02}.000Z")).unwrap();
    let mut entry = Entry::new(EntryKind::Message, "bob", format!("text {number}"), time);
    entry.msgid = Some(format!("m{number}").into());
    entry
}

#[test]
fn an_answer_leads_to_what_it_answers() {
    let mut stage = Stage::online();
    stage.page([50]);
    stage.lines(&["@msgid=a;time=2026-11-22T09:30:00.000Z;+draft/reply=m20 :bob!b@h PRIVMSG #general :yes"]);
    stage.take_sent();
    stage.event(key(KeyCode::Up, KeyModifiers::SHIFT));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent(), ["CHATHISTORY AROUND #general msgid=m20 3"]);
    stage.page([]);
    assert!(stage.model.remark.is_some(), "it is not there any more");
}

#[test]
fn pages_without_a_message_lead_further_back() {
    let mut stage = Stage::online();
    stage.page([50, 51, 52]);
    stage.take_sent();
    stage.event(Event::TopNear);
    stage.lines(&[
        ":s BATCH +p chathistory #general",
        "@batch=p;msgid=j1;time=2026-11-21T09:00:00.000Z :cid!c@h JOIN #general",
        "@batch=p;msgid=j2;time=2026-11-21T09:01:00.000Z :cid!c@h PART #general",
        "@batch=p;msgid=j3;time=2026-11-21T09:02:00.000Z :cid!c@h JOIN #general",
        ":s BATCH -p",
    ]);
    stage.event(Event::TopNear);
    let sent = stage.take_sent();
    assert_eq!(sent.last().unwrap(), "CHATHISTORY BEFORE #general msgid=j1 3", "{sent:?}");
}

#[test]
fn a_server_that_repeats_itself_is_not_asked_for_ever() {
    let mut stage = Stage::online();
    stage.page([50, 51, 52]);
    let mut asked = 0;
    while stage.conversation("#general").has_older() {
        stage.event(Event::TopNear);
        stage.page([50, 51, 52]);
        asked += 1;
        assert!(asked < 5);
    }
}

#[test]
fn old_messages_leave_the_memory_and_come_back() {
    let mut stage = Stage::online();
    stage.page([1, 2]);
    for _ in 0..ENTRIES_MAX {
        stage.model.conversations.find_mut("#general").unwrap().buffer.push_live({
            let now = stage.model.now.time;
            Entry::new(EntryKind::Message, "bob", "flood", now)
        });
    }
    assert_eq!(stage.entries("#general").len(), ENTRIES_MAX);
    assert!(stage.conversation("#general").has_older());
    assert!(!stage.row().contains(&"1".to_owned()));
    stage.take_sent();
    stage.event(Event::TopNear);
    assert!(stage.take_sent()[0].starts_with("CHATHISTORY BEFORE #general timestamp="));
    // Who reads at the top keeps it, and the middle goes instead.
    stage.page([1, 2]);
    let general = stage.model.conversations.find_mut("#general").unwrap();
    general.buffer.scroll_to_top();
    general.buffer.settle(10, &mut |_, _| 1);
    for _ in 0..10 {
        let time = stage.model.now.time;
        let general = stage.model.conversations.find_mut("#general").unwrap();
        general.buffer.push_live(Entry::new(EntryKind::Message, "bob", "last", time));
    }
    let row = stage.row();
    assert!(row.contains(&"…".to_owned()) && row.len() <= ENTRIES_MAX, "{}", row.len());
    assert_eq!(row.last().map(String::as_str), Some("last"));
}

#[test]
fn all_conversations_together_are_bounded() {
    let mut stage = Stage::online();
    for channel in 0..40 {
        let time = stage.model.now.time;
        let conversation = stage.model.open(&format!("#c{channel}"));
        for _ in 0..2_000 {
            conversation.buffer.push_live(Entry::new(EntryKind::Message, "bob", "x", time));
        }
    }
    stage.model.conversations.keep_bound();
    let total: usize = stage.model.conversations.list().iter().map(|one| one.buffer.entries().len()).sum();
    assert!(total <= 60_000, "{total}");
}
