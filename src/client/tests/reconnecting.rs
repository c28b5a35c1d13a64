//! The connection breaks: it is made again, what was missed is fetched, what was written goes out.

use super::*;
use crate::client::conversation::HistoryState;
use crate::client::entry::EntryKind;
use crate::client::overlay::Overlay;

const MESSAGE: &str = "@msgid=m1;time=2026-11-22T10:00:00.000Z :bob!b@c PRIVMSG #general :before";

#[test]
fn delays_grow_and_the_countdown_ticks() {
    let mut stage = Stage::online();
    stage.lose();
    let mut delays = Vec::new();
    for _ in 0..10 {
        let Status::Waiting { until_millis, reason } = stage.model.server.connection.status.clone() else { panic!() };
        assert!(!reason.is_empty());
        delays.push(until_millis - stage.millis);
        let next = stage.effects.wake_at_millis.unwrap();
        assert!(next <= stage.millis + 1_000, "the countdown shows each second");
        stage.wait(until_millis - stage.millis);
        assert!(matches!(stage.model.server.connection.status, Status::Connecting(_)));
        stage.network(NetworkEvent::ConnectFailed { reason: crate::client::event::ConnectError::Refused });
    }
    assert!(delays[0] <= 3_000 && delays[9] >= 60_000 && delays[9] <= 90_000, "{delays:?}");
}

#[test]
fn what_was_missed_is_fetched_without_doubles() {
    let mut stage = Stage::online();
    stage.lines(&[MESSAGE]);
    stage.lose();
    assert!(stage.conversation("#general").takes_messages(), "what is written waits");
    stage.wait(10_000);
    stage.take_sent();
    stage.log_in();
    let sent = stage.take_sent();
    assert!(sent.contains(&"CHATHISTORY AFTER #general msgid=m1 3".to_owned()), "{sent:?}");
    assert!(!sent.iter().any(|line| line.starts_with("JOIN")), "the account kept its channels");
    let page = |batch: &str, numbers: std::ops::Range<u32>| -> Vec<String> {
        let mut lines = vec![format!(":s BATCH +{batch} chathistory #general")];
        lines.extend(numbers.map(|n| {
            format!("@batch={batch};msgid=m{n};time=2026-11-22T10:00:{n:02}.000Z :bob!b@c PRIVMSG #general :{n}")
        }));
        lines.push(format!(":s BATCH -{batch}"));
        lines
    };
    // Live while the pages are on their way.
    stage.lines(&["@msgid=m7;time=2026-11-22T10:00:07.000Z :bob!b@c PRIVMSG #general :7"]);
    for line in page("a", 2..5) {
        stage.lines(&[&line]);
    }
    assert_eq!(stage.take_sent(), ["CHATHISTORY AFTER #general msgid=m4 3"], "a full page: there may be more");
    for line in page("b", 5..8).into_iter().chain(page("c", 8..8)) {
        stage.lines(&[&line]);
    }
    assert_eq!(stage.said("#general"), ["before", "2", "3", "4", "5", "6", "7"]);
}

#[test]
fn what_was_missed_is_new_below_for_who_reads_further_up() {
    let mut stage = Stage::online();
    for number in 10..60 {
        let time = format!("2026-11-22T10:00:{number}.000Z");
        stage.lines(&[&format!("@msgid=m{number};time={time} :bob!b@c PRIVMSG #general :{number}")]);
    }
    let settle = |stage: &mut Stage| {
        let general = stage.model.conversations.find_mut("#general").unwrap();
        general.buffer.settle(10, &mut |_, _| 1)
    };
    settle(&mut stage);
    stage.press(KeyCode::PageUp);
    let window = settle(&mut stage);
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    stage.lines(&[
        ":s BATCH +1 chathistory #general",
        "@batch=1;msgid=n1;time=2026-11-22T10:01:00.000Z :bob!b@c PRIVMSG #general :one",
        "@batch=1;msgid=n2;time=2026-11-22T10:01:01.000Z :bob!b@c PRIVMSG #general :two",
        ":s BATCH -1",
    ]);
    assert_eq!(settle(&mut stage).bottom, window.bottom, "nothing moves");
    let general = stage.conversation("#general");
    assert_eq!((general.buffer.unseen(), general.unread), (2, 0));
    assert_eq!(general.first_unread, general.buffer.key_of("n1"));
    // At the end they are simply there.
    stage.model.conversations.find_mut("#general").unwrap().buffer.scroll_to_end();
    settle(&mut stage);
    assert_eq!(stage.conversation("#general").buffer.unseen(), 0);
}

#[test]
fn what_was_missed_elsewhere_is_unread() {
    let mut stage = Stage::online();
    stage.lines(&["@msgid=b1;time=2026-11-22T10:00:00.000Z :bob!b@c PRIVMSG ann :one"]);
    stage.event(key(KeyCode::Char('a'), KeyModifiers::ALT));
    stage.event(key(KeyCode::Char('/'), KeyModifiers::ALT));
    assert_eq!(stage.conversation("bob").unread, 0);
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    stage.lines(&[":s BATCH +1 chathistory #general", ":s BATCH -1", ":s BATCH +2 chathistory serveur", ":s BATCH -2"]);
    stage.lines(&[
        ":s BATCH +3 draft/chathistory-targets",
        "@batch=3 :s CHATHISTORY TARGETS bob 2026-11-22T10:00:09.000Z",
        ":s BATCH -3",
    ]);
    assert_eq!(stage.sent.last().unwrap(), "CHATHISTORY AFTER bob msgid=b1 3");
    stage.lines(&[
        ":s BATCH +4 chathistory bob",
        "@batch=4;msgid=b1;time=2026-11-22T10:00:00.000Z :bob!b@c PRIVMSG ann :one",
        "@batch=4;msgid=b2;time=2026-11-22T10:00:08.000Z :ann!ann@cloak PRIVMSG bob :from the phone",
        "@batch=4;msgid=b3;time=2026-11-22T10:00:09.000Z :bob!b@c PRIVMSG ann :two",
        ":s BATCH -4",
    ]);
    assert_eq!(stage.said("bob"), ["one", "from the phone", "two"]);
    assert_eq!((stage.conversation("bob").unread, stage.conversation("bob").mentions), (1, 1));
}

#[test]
fn a_gap_that_is_too_long_is_marked() {
    let mut stage = Stage::online();
    stage.lines(&[MESSAGE]);
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    let mut number = 2;
    for batch in 0..100 {
        let last =
            stage.sent.iter().rfind(|line| line.starts_with("CHATHISTORY") && line.contains("#general")).cloned();
        if last.is_some_and(|line| line.starts_with("CHATHISTORY LATEST")) {
            number += 1_000;
        }
        stage.take_sent();
        let mut lines = vec![format!(":s BATCH +{batch} chathistory #general")];
        for n in number..number + 3 {
            let time = stage.now().time.plus_millis(n * 10);
            lines.push(format!("@batch={batch};msgid=m{n};time={time} :bob!b@c PRIVMSG #general :{n}"));
        }
        number += 3;
        lines.push(format!(":s BATCH -{batch}"));
        for line in lines {
            stage.lines(&[&line]);
        }
        if stage.sent.is_empty() {
            break;
        }
    }
    let gaps: Vec<usize> = (0..)
        .zip(stage.entries("#general"))
        .filter(|(_, entry)| entry.kind == EntryKind::Gap)
        .map(|(index, _)| index)
        .collect();
    assert_eq!(gaps.len(), 1);
    assert_eq!(stage.said("#general").len(), 1 + 20 * 3 + 3);
    assert_eq!(stage.entries("#general").len() - 1 - gaps[0], 3, "the gap stands before the latest page");
}

#[test]
fn what_was_written_while_away_goes_out_in_order() {
    let mut stage = Stage::online();
    stage.say("one");
    let first = stage.take_sent().pop().unwrap();
    stage.lose();
    stage.say("two");
    stage.say("three");
    assert!(stage.take_sent().is_empty());
    assert_eq!(stage.fates("#general"), vec![Fate::Pending { sent: false }; 3]);
    stage.wait(10_000);
    stage.log_in();
    let sent: Vec<String> = stage.take_sent().into_iter().filter(|line| line.contains("PRIVMSG")).collect();
    let texts: Vec<&str> = sent.iter().map(|line| line.rsplit(':').next().unwrap()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(label(&sent[0]), label(&first), "the same id: the server knows whether it has it");
    // It had arrived: the first one's echo comes again, and history has it too.
    stage.lines(&[&echo(&sent[0], "m9", 9), &echo(&sent[1], "m10", 10), &echo(&sent[2], "m11", 11)]);
    assert_eq!(stage.said("#general"), ["one", "two", "three"]);
    assert_eq!(stage.fates("#general"), vec![Fate::Delivered; 3]);
}

#[test]
fn history_may_be_faster_than_the_echo() {
    let mut stage = Stage::online();
    stage.lines(&[MESSAGE]);
    stage.say("mine");
    stage.lose();
    stage.wait(10_000);
    stage.log_in();
    stage.lines(&[
        ":s BATCH +1 chathistory #general",
        "@batch=1;msgid=m2;time=2026-11-22T10:00:02.000Z :ann!ann@cloak PRIVMSG #general :mine",
        ":s BATCH -1",
    ]);
    let line = stage.sent.iter().rfind(|line| line.contains("PRIVMSG #general :mine")).unwrap().clone();
    stage.lines(&[&echo(&line, "m2", 2)]);
    assert_eq!(stage.said("#general"), ["before", "mine"]);
    assert_eq!(stage.fates("#general"), [Fate::Delivered]);
}

/// A server with nothing but what every network has.
fn elsewhere() -> Stage {
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), Stage::remembered());
    stage.event(Event::Start);
    elsewhere_log_in(&mut stage, "echo-message sasl");
    stage
}

fn elsewhere_log_in(stage: &mut Stage, caps: &str) {
    stage.connect();
    stage.take_sent();
    stage.lines(&[&format!(":s CAP * LS :{caps}")]);
    stage.acknowledge();
    stage.lines(&[
        "AUTHENTICATE +",
        ":s 903 ann :ok",
        ":s 001 ann :Welcome",
        ":s 376 ann :End of MOTD",
        ":ann!ann@cloak JOIN #general",
    ]);
}

#[test]
fn elsewhere_the_fate_is_unknown_and_the_person_is_asked() {
    let mut stage = elsewhere();
    stage.model.conversations.show_nth(0);
    stage.say("/join #general");
    stage.say("perhaps");
    assert_eq!(stage.sent.last().unwrap(), "PRIVMSG #general :perhaps", "no tags that this server does not know");
    stage.lose();
    assert_eq!(stage.fates("#general"), [Fate::Unknown]);
    stage.wait(10_000);
    elsewhere_log_in(&mut stage, "echo-message sasl");
    assert!(stage.sent.contains(&"JOIN #general".to_owned()), "nobody keeps our channels here");
    assert!(!stage.sent.iter().any(|line| line.contains("perhaps")));
    stage.control('r');
    assert_eq!(stage.model.overlays.shown(), Some(&Overlay::Resend { count: 1 }));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.sent.last().unwrap(), "PRIVMSG #general :perhaps");
    stage.lines(&[":ann!ann@cloak PRIVMSG #general :perhaps"]);
    assert_eq!(stage.said("#general"), ["perhaps"]);
    assert_eq!(stage.fates("#general"), [Fate::Delivered]);
}

/// A slow server has welcomed us and says nothing yet of the channels.
fn welcomed_slowly(stage: &mut Stage) {
    stage.lose();
    stage.wait(10_000);
    stage.connect();
    stage.take_sent();
    stage.lines(&[":s CAP * LS :echo-message sasl"]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":s 903 ann :ok", ":s 001 ann :Welcome", ":s 376 ann :End of MOTD"]);
}

#[test]
fn what_is_written_before_the_channel_is_joined_again_waits() {
    let mut stage = elsewhere();
    welcomed_slowly(&mut stage);
    assert!(stage.sent.contains(&"JOIN #general".to_owned()), "{:?}", stage.sent);
    // The connection breaks once more before the answer: the channel is not forgotten.
    welcomed_slowly(&mut stage);
    assert!(stage.sent.contains(&"JOIN #general".to_owned()), "{:?}", stage.sent);
    stage.take_sent();
    stage.say("early");
    assert_eq!(stage.fates("#general"), [Fate::Pending { sent: false }]);
    assert!(stage.take_sent().is_empty());
    stage.lines(&[":ann!ann@cloak JOIN #general", ":s PONG s end-of-joins"]);
    assert!(stage.take_sent().contains(&"PRIVMSG #general :early".to_owned()));
}

#[test]
fn a_channel_that_is_not_joined_again_takes_no_messages() {
    let mut stage = elsewhere();
    welcomed_slowly(&mut stage);
    stage.lines(&[":s 474 ann #general :Cannot join channel (+b)", ":s PONG s end-of-joins"]);
    assert!(!stage.conversation("#general").takes_messages());
}

#[test]
fn elsewhere_haste_is_avoided() {
    let mut stage = elsewhere();
    stage.take_sent();
    stage.event(Event::Paste("1\n2\n3\n4\n5\n6\n7\n8".to_owned()));
    stage.press(KeyCode::Enter);
    assert_eq!(stage.take_sent().len(), 5);
    stage.wait(2_000);
    assert_eq!(stage.take_sent().len(), 1);
    stage.wait(10_000);
    assert_eq!(stage.take_sent().len(), 2);
}

#[test]
fn without_echoes_what_was_sent_counts_as_delivered() {
    let mut stage = Stage::with(settings("chat.example.org", Language::English, Mode::Person), Stage::remembered());
    stage.event(Event::Start);
    elsewhere_log_in(&mut stage, "sasl");
    stage.say("hello");
    assert_eq!(stage.fates("#general"), [Fate::Delivered]);
}

#[test]
fn a_silent_server_is_asked_and_then_left() {
    let mut stage = Stage::online();
    stage.take_sent();
    // Questions for history are given up meanwhile.
    stage.wait(65_000);
    let ping = stage.take_sent();
    assert!(ping.iter().any(|line| line.starts_with("PING ")), "{ping:?}");
    stage.lines(&[":s PONG s :1"]);
    stage.wait(30_000);
    assert_eq!(stage.model.server.connection.status, Status::Online);
    stage.wait(65_000);
    assert!(!matches!(stage.model.server.connection.status, Status::Online));
}

#[test]
fn a_refused_log_in_ends_the_attempts() {
    let mut stage = Stage::online();
    stage.lose();
    stage.wait(10_000);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", "FAIL AUTHENTICATE TEMPORARILY_UNAVAILABLE :db", ":s 904 * :no"]);
    assert!(stage.is_waiting(), "that may pass");
    stage.wait(120_000);
    stage.connect();
    stage.lines(&[OWN_CAPS]);
    stage.acknowledge();
    stage.lines(&["AUTHENTICATE +", ":s 904 * :no"]);
    assert!(matches!(stage.model.server.connection.status, Status::Refused { .. }));
    assert_eq!(stage.model.screen, crate::client::model::Screen::Form);
}

#[test]
fn terminating_says_goodbye() {
    let mut stage = Stage::online();
    stage.event(Event::Terminate);
    assert_eq!(stage.exit(), Some(&Exit::Terminated));
    assert_eq!(stage.sent.last().unwrap(), "QUIT");
}

#[test]
fn a_page_that_does_not_come_is_asked_for_again_when_it_is_wanted_or_over_the_next_connection() {
    for is_reconnected in [true, false] {
        let mut stage = Stage::online();
        stage.lines(&[":s BATCH +1 chathistory #general", MESSAGE, ":s BATCH -1"]);
        stage.model.conversations.find_mut("#general").unwrap().history = HistoryState::More;
        stage.event(Event::TopNear);
        stage.wait(60_000);
        assert!(!stage.conversation("#general").has_older(), "it is not asked for without end");
        if is_reconnected {
            stage.lose();
            stage.wait(10_000);
            stage.log_in();
        } else {
            stage.press(KeyCode::PageUp);
        }
        stage.take_sent();
        assert!(stage.conversation("#general").history != HistoryState::Paused);
        assert!(stage.conversation("#general").history != HistoryState::Start);
    }
}
