//! What was read, who writes, who is there, who came and went.

use crossterm::event::{KeyCode, KeyModifiers};

use super::{Stage, key};
use crate::client::event::Event;
use crate::client::markers;
use crate::client::signs::Presence;
use crate::proto::time::Timestamp;

fn at(second: u32) -> String {
    format!("2026-11-22T10:00:{second:02}.000Z")
}

#[test]
fn what_was_read_is_told_after_a_moment_and_once() {
    let mut stage = Stage::online();
    stage.wait(10_000);
    stage.take_sent();
    for second in 0..5 {
        stage.lines(&[&format!("@msgid=m{second};time={} :bob!b@h PRIVMSG #general :{second}", at(second))]);
        stage.wait(100);
    }
    assert!(stage.take_sent().is_empty());
    stage.wait(2_000);
    assert_eq!(stage.take_sent(), ["MARKREAD #general timestamp=2026-11-22T10:00:04.000Z"]);
    stage.lines(&[":s MARKREAD #general timestamp=2026-11-22T10:00:04.000Z"]);
    stage.wait(60_000);
    assert!(!stage.take_sent().iter().any(|line| line.starts_with("MARKREAD")));
}

#[test]
fn what_is_not_seen_is_not_read() {
    let mut stage = Stage::online();
    stage.wait(10_000);
    stage.take_sent();
    stage.event(Event::Focus(false));
    stage.lines(&[&format!("@msgid=m1;time={} :bob!b@h PRIVMSG #general :one", at(1))]);
    stage.wait(5_000);
    assert!(stage.take_sent().is_empty());
    stage.event(Event::Focus(true));
    stage.wait(5_000);
    assert_eq!(stage.take_sent(), [format!("MARKREAD #general timestamp={}", at(1))]);
    // Scrolled back, the end is not seen.
    let buffer = &mut stage.model.conversations.current_mut().unwrap().buffer;
    buffer.scroll_pages(-1);
    buffer.settle(1, &mut |_, _| 2);
    stage.lines(&[&format!("@msgid=m2;time={} :bob!b@h PRIVMSG #general :two", at(2))]);
    stage.wait(5_000);
    assert!(stage.take_sent().is_empty());
    // "N new below" begins with it, also where an older message was the first new one.
    let first_new = |stage: &Stage| {
        let general = stage.conversation("#general");
        general.first_unread.and_then(|key| general.buffer.entry(key)).map(|entry| entry.text.to_string())
    };
    assert_eq!(first_new(&stage).as_deref(), Some("two"));
    stage.lines(&[&format!("@msgid=m3;time={} :bob!b@h PRIVMSG #general :three", at(3))]);
    assert_eq!(first_new(&stage).as_deref(), Some("two"));
    stage.event(key(KeyCode::Char('u'), KeyModifiers::ALT));
    assert_eq!(stage.model.remark, None);
}

#[test]
fn another_device_reads_for_this_one() {
    let mut stage = Stage::online();
    stage.lines(&[":ann!a@h JOIN #tea", ":s 353 ann = #tea :ann bob", ":s 366 ann #tea :End"]);
    for second in 1..=3 {
        stage.lines(&[&format!("@msgid=t{second};time={} :bob!b@h PRIVMSG #tea :{second}", at(second))]);
    }
    assert_eq!(stage.conversation("#tea").unread, 3);
    stage.lines(&[&format!(":s MARKREAD #tea timestamp={}", at(2))]);
    let tea = stage.conversation("#tea");
    assert_eq!(tea.unread, 1);
    assert_eq!(tea.buffer.entry(tea.first_unread.unwrap()).unwrap().text, "3");
    stage.lines(&[&format!(":s MARKREAD #tea timestamp={}", at(1))]);
    assert_eq!(stage.conversation("#tea").unread, 1, "markers only rise");
    stage.lines(&[&format!(":s MARKREAD #tea timestamp={}", at(3))]);
    let tea = stage.conversation("#tea");
    assert_eq!((tea.unread, tea.first_unread), (0, None));
}

#[test]
fn history_is_unread_from_the_marker_on() {
    let mut stage = Stage::online();
    stage.lines(&[
        ":ann!a@h JOIN #tea",
        &format!(":s MARKREAD #tea timestamp={}", at(1)),
        ":s BATCH +p chathistory #tea",
        &format!("@batch=p;msgid=t1;time={} :bob!b@h PRIVMSG #tea :old", at(1)),
        &format!("@batch=p;msgid=t2;time={} :bob!b@h PRIVMSG #tea :ann: new", at(2)),
        ":s BATCH -p",
    ]);
    let tea = stage.conversation("#tea");
    assert_eq!((tea.unread, tea.mentions), (1, 1));
    assert_eq!(tea.marker.until, Timestamp::parse(&at(1)));
    // Nothing is counted where nobody has told how far was read.
    let mut stage = Stage::online();
    let tea = stage.model.open("#tea");
    markers::count(tea);
    assert_eq!(tea.unread, 0);
}

#[test]
fn the_markers_of_people_are_asked_for() {
    let mut stage = Stage::online();
    stage.take_sent();
    stage.lines(&["@msgid=d1;time=2026-11-22T10:00:00.000Z :bob!b@h PRIVMSG ann :psst"]);
    assert!(stage.take_sent().contains(&"MARKREAD bob".to_owned()));
}

#[test]
fn writing_is_told_at_most_every_three_seconds() {
    let mut stage = Stage::online();
    stage.model.settings.typing = true;
    stage.take_sent();
    stage.type_text("hel");
    assert_eq!(stage.take_sent(), ["@+typing=active TAGMSG #general"]);
    stage.wait(2_900);
    stage.type_text("l");
    assert!(stage.take_sent().is_empty());
    stage.wait(100);
    stage.type_text("o");
    assert_eq!(stage.take_sent(), ["@+typing=active TAGMSG #general"]);
    stage.wait(3_000);
    stage.control('u');
    assert_eq!(stage.take_sent(), ["@+typing=done TAGMSG #general"]);
    stage.wait(3_000);
    stage.type_text("/join #x");
    assert!(stage.take_sent().is_empty(), "commands are nobody's business");
    stage.control('u');
    stage.type_text("x");
    stage.take_sent();
    stage.press(KeyCode::Enter);
    stage.wait(5_000);
    assert!(!stage.take_sent().iter().any(|line| line.contains("typing")), "who reads the message knows");
    stage.model.settings.typing = false;
    stage.type_text("quiet");
    assert!(stage.take_sent().is_empty());
}

#[test]
fn others_write_until_they_have_said_it_or_stopped() {
    let mut stage = Stage::online();
    let nicks = |stage: &Stage| stage.conversation("#general").typing.nicks().map(str::to_owned).collect::<Vec<_>>();
    stage.lines(&["@+typing=active :bob!b@h TAGMSG #general", "@+typing=active :ann!a@h TAGMSG #general"]);
    assert_eq!(nicks(&stage), ["bob"], "not ourselves");
    stage.wait(5_900);
    assert_eq!(nicks(&stage), ["bob"]);
    stage.wait(200);
    assert!(nicks(&stage).is_empty());
    stage.lines(&["@+typing=paused :bob!b@h TAGMSG #general"]);
    stage.wait(20_000);
    assert_eq!(nicks(&stage), ["bob"]);
    stage.lines(&["@msgid=m1 :bob!b@h PRIVMSG #general :there"]);
    assert!(nicks(&stage).is_empty());
    stage.lines(&["@+typing=active :bob!b@h TAGMSG #general", "@+typing=done :bob!b@h TAGMSG #general"]);
    assert!(nicks(&stage).is_empty());
}

#[test]
fn people_are_watched_over_where_the_server_can() {
    let mut stage = Stage::online();
    stage.lines(&[":s 005 ann MONITOR=100 :are supported", "@msgid=d1 :bob!b@h PRIVMSG ann :psst"]);
    assert!(stage.take_sent().contains(&"MONITOR + bob".to_owned()));
    stage.lines(&[":s 731 ann :bob"]);
    assert_eq!(stage.conversation("bob").presence, Presence::Offline);
    stage.lines(&[":s 730 ann :bob!b@h"]);
    assert_eq!(stage.conversation("bob").presence, Presence::Here);
    stage.lines(&[":bob!b@h AWAY :lunch"]);
    assert_eq!(stage.conversation("bob").presence, Presence::Away);
    stage.lose();
    assert_eq!(stage.conversation("bob").presence, Presence::Unknown);
}

#[test]
fn comings_and_goings_share_one_line() {
    let mut stage = Stage::online();
    let before = stage.entries("#general").len();
    stage.lines(&[
        ":cid!c@h JOIN #general",
        ":dan!d@h JOIN #general",
        ":cid!c@h PART #general :bye",
        ":dan!d@h NICK daniel",
        ":bob!b@h QUIT :gone",
    ]);
    let entries = stage.entries("#general");
    assert_eq!(entries.len(), before + 1);
    assert_eq!(
        entries.last().unwrap().text,
        "dan came in · bob is gone · cid came and went · dan is now called daniel"
    );
    stage.lines(&["@msgid=m1 :daniel!d@h PRIVMSG #general :hello", ":eve!e@h JOIN #general"]);
    assert_eq!(stage.entries("#general").len(), before + 3, "what is said parts the lines");
}

#[test]
fn a_sign_of_life_is_answered_and_not_drawn() {
    let mut stage = Stage::online();
    stage.effects.redraw = false;
    stage.lines(&["PING :x", ":s PONG s :chat-tui"]);
    assert_eq!(stage.sent.last().map(String::as_str), Some("PONG x"));
    assert!(!stage.effects.redraw);
    stage.millis += 60_000;
    stage.event(Event::Tick);
    assert!(stage.sent.last().is_some_and(|line| line.starts_with("PING ")), "{:?}", stage.sent.last());
    assert!(!stage.effects.redraw);
    stage.lines(&["PING :y", ":bob!b@h PRIVMSG #general :hello"]);
    assert!(stage.effects.redraw);
}
