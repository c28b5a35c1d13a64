//! The order of what is told: gates, labels, questions, a stalled journal, time.

use proptest::prelude::*;

use super::super::event::{AccountId, Event, Seq, Snapshot};
use super::super::ports::{ConnId, Effect, Effects, Held, Input, StoredEvent, StoredWhat};
use super::super::testing::{Driver, START};
use super::World;
use crate::chat::key::WorldKey;
use crate::chat::limits;
use crate::chat::settings::Settings;
use crate::proto::line::LineError;
use crate::proto::names::MsgId;

const ECHO: &str = "echo-message message-tags labeled-response batch standard-replies chat-tui/idempotency";

/// Ann and Bob in `#general`, everything so far committed; from now on nothing is committed by itself.
fn ann_and_bob() -> (Driver, ConnId, ConnId) {
    let mut driver = Driver::new(&["ann", "bob"]);
    let ann = driver.log_in("ann", ECHO);
    let bob = driver.log_in("bob", ECHO);
    driver.take(ann);
    driver.commits = false;
    (driver, ann, bob)
}

fn body(line: &str) -> &str {
    line.split_once(" PRIVMSG ").map_or(line, |(_, body)| body)
}

#[test]
fn nothing_is_told_before_its_commit_and_nothing_overtakes_it() {
    let (mut driver, ann, bob) = ann_and_bob();
    let done = driver.lines_done[&ann];
    driver.say(ann, "PRIVMSG #general :hello");
    driver.say(ann, "PING :later");
    driver.say(ann, "NONSENSE");
    assert!(driver.take(ann).is_empty() && driver.take(bob).is_empty());
    assert_eq!(driver.lines_done[&ann], done, "the lines are not done before the commit");
    driver.commit();
    let told = driver.take(ann);
    assert_eq!(body(&told[0]), "#general :hello");
    assert!(told[1].ends_with("PONG chat.local :later") && told[2].contains(" 421 "), "{told:#?}");
    assert_eq!(driver.lines_done[&ann], done + 3);
    assert_eq!(body(&driver.take(bob)[0]), "#general :hello");
}

#[test]
fn others_do_not_wait_for_what_they_are_not_shown() {
    let (mut driver, ann, bob) = ann_and_bob();
    driver.say(ann, "PRIVMSG bob :hello");
    let told = driver.ask(bob, "ISON ann");
    assert!(told.len() == 1 && told[0].contains(" 303 "), "{told:#?}");
}

#[test]
fn a_pong_comes_after_everything_that_was_decided_before_its_ping() {
    let (mut driver, ann, bob) = ann_and_bob();
    driver.say(ann, "PRIVMSG bob :hello");
    driver.say(bob, "PING :x");
    driver.say(bob, "ISON ann");
    assert!(driver.take(bob).is_empty(), "neither is the reply after it earlier");
    driver.commit();
    let told = driver.take(bob);
    assert!(told.len() == 3 && body(&told[0]) == "bob :hello" && told[1].ends_with("PONG chat.local :x"), "{told:#?}");
}

#[test]
fn a_pong_does_not_wait_for_others_while_the_journal_is_stalled() {
    let (mut driver, ann, bob) = ann_and_bob();
    for line in ["PRIVMSG bob :hello", "PING :own", "PRIVMSG bob :again", "PING :last"] {
        driver.say(ann, line);
    }
    driver.say(bob, "PING :before");
    assert!(driver.take(bob).is_empty());
    driver.input(Input::Journal { stalled: true });
    assert_eq!(driver.take(bob), [":chat.local PONG chat.local :before"]);
    assert_eq!(driver.ask(bob, "PING :then"), [":chat.local PONG chat.local :then"]);
    assert!(driver.ask(ann, "PING :own").is_empty(), "what waits for its own message does");
    driver.input(Input::Journal { stalled: false });
    driver.commit();
    let pongs: Vec<_> = driver.take(ann).into_iter().filter(|line| line.contains(" PONG ")).collect();
    assert_eq!(pongs.len(), 3, "{pongs:#?}");
    assert_eq!(driver.take(bob).len(), 2);
}

#[test]
fn who_is_shown_a_channel_waits_for_its_commit_and_stays_in_order() {
    let (mut driver, ann, bob) = ann_and_bob();
    driver.say(ann, "PRIVMSG #general :hello");
    assert!(driver.ask(bob, "NAMES #general").is_empty());
    assert!(driver.ask(bob, "PING :x").is_empty(), "the PONG may not overtake the names");
    driver.commit();
    let told = driver.take(bob);
    let place = |part: &str| told.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{told:#?}"));
    assert!(place(" PRIVMSG ") < place(" 353 ") && place(" 366 ") < place("PONG"), "{told:#?}");
}

#[test]
fn the_record_is_asked_once_it_has_what_was_decided_before() {
    // Whoever comes between a message and its commit hears it neither then, not being there yet, nor by another's delivery.
    for (is_operator, question) in [
        (true, "CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 9"),
        (true, "CHATHISTORY LATEST ann * 9"),
        (false, "CHATHISTORY LATEST serveur * 9"),
        (false, "CHATHISTORY LATEST #general * 9"),
        (false, "SEARCH in=serveur;text=hello"),
    ] {
        let caps = format!("{ECHO} draft/chathistory soju.im/search");
        let (mut driver, ann, _) = ann_and_bob();
        driver.say(ann, "PRIVMSG serveur,#general :hello");
        let late = if is_operator { driver.log_in_operator(&caps) } else { driver.log_in("bob", &caps) };
        driver.answers = false;
        driver.say(late, question);
        assert!(driver.questions.is_empty(), "{question}");
        driver.commit();
        assert_eq!(driver.questions.len(), 1, "{question}");
    }
}

#[test]
fn each_event_of_a_line_is_the_cause_of_its_own_lines() {
    let (mut driver, ann, _) = ann_and_bob();
    driver.say(ann, "PRIVMSG bob,#general :hello");
    let [first, second] = driver.records[driver.records.len() - 2..].iter().map(|r| r.seq).collect::<Vec<_>>()[..]
    else {
        panic!("two messages");
    };
    assert_eq!(second, first.next());
    let sends: Vec<_> = driver.held.iter().filter(|held| !held.effect.sends().0.is_empty()).collect();
    assert!(sends.iter().any(|held| held.cause == Some(first)) && sends.iter().any(|held| held.cause == Some(second)));
    for held in sends {
        assert_eq!(held.cause, Some(held.gate), "a consequence stands behind the gate of its event: {held:?}");
    }
    let last = driver.held.last().unwrap();
    assert!(matches!(last.effect, Effect::LineDone { .. }) && last.gate == second);
}

#[test]
fn a_label_is_on_one_reply_on_a_batch_or_on_an_ack() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", ECHO);
    assert_eq!(driver.ask(ann, "@label=a PING x"), ["@label=a :chat.local PONG chat.local :x"]);
    assert_eq!(driver.ask(ann, "@label=b PONG x"), ["@label=b :chat.local ACK"]);
    let told = driver.ask(ann, "@label=c LUSERS");
    assert!(told.len() > 3);
    let reference =
        told[0].strip_prefix("@label=c :chat.local BATCH +").and_then(|rest| rest.split(' ').next()).unwrap();
    assert_eq!(told[0], format!("@label=c :chat.local BATCH +{reference} labeled-response"));
    assert_eq!(*told.last().unwrap(), format!(":chat.local BATCH -{reference}"));
    for line in &told[1..told.len() - 1] {
        assert!(line.starts_with(&format!("@batch={reference} ")), "{line}");
    }
    let too_long = "x".repeat(65);
    assert_eq!(driver.ask(ann, &format!("@label={too_long} PING x")), [":chat.local PONG chat.local :x"]);
    let failed = driver.ask(ann, "@label=d PRIVMSG nobody :x");
    assert!(failed.len() == 1 && failed[0].starts_with("@label=d :chat.local 401 "), "{failed:?}");
    assert_eq!(driver.ask(ann, "@label=e NONSENSE"), ["@label=e :chat.local 421 ann NONSENSE :Unknown command"]);
}

#[test]
fn a_line_that_asks_something_keeps_its_label() {
    let mut driver = Driver::new(&["ann"]);
    let ann = driver.log_in("ann", &format!("{ECHO} chat-tui/devices"));
    driver.answers = false;
    assert!(driver.ask(ann, "@label=a DEVICE LIST").is_empty());
    assert!(driver.ask(ann, "@label=b PING x").is_empty(), "a later line waits for the answer");
    driver.answer_all();
    let told = driver.take(ann);
    assert!(told[0].starts_with("@label=a :chat.local DEVICE END "), "{told:#?}");
    assert_eq!(told[1], "@label=b :chat.local PONG chat.local :x");
}

#[test]
fn a_held_echo_keeps_its_label() {
    let (mut driver, ann, bob) = ann_and_bob();
    assert!(driver.ask(ann, "@label=a;+chat-tui/id=k1 PRIVMSG #general :hello").is_empty());
    driver.commit();
    let told = driver.take(ann);
    assert_eq!(told.len(), 1);
    let tags: Vec<_> = told[0].split(' ').next().unwrap().trim_start_matches('@').split(';').collect();
    assert!(tags.contains(&"label=a") && tags.contains(&"+chat-tui/id=k1"), "{told:#?}");
    assert!(tags.iter().any(|tag| tag.starts_with("msgid=")));
    let seen = driver.take(bob);
    assert!(!seen[0].contains("label") && !seen[0].contains("chat-tui/id"), "{seen:#?}");
}

#[test]
fn a_repetition_gets_the_echo_of_the_first_one() {
    let (mut driver, ann, bob) = ann_and_bob();
    driver.say(ann, "@label=again;+chat-tui/id=k1 PRIVMSG #general :hello");
    driver.say(ann, "PING :later");
    let repeated = driver.records.last().unwrap();
    assert_eq!(repeated.idempotency_id.as_deref(), Some("k1"));
    let first = StoredEvent {
        seq: Seq(1),
        time: START,
        account: Some(AccountId(1)),
        name: "ann".to_owned(),
        from_server: false,
        target: "#general".to_owned(),
        tags: String::new(),
        what: StoredWhat::Privmsg("hello".to_owned()),
    };
    driver.find_duplicate(repeated.seq, first);
    assert!(driver.take(ann).is_empty(), "not even a repetition is told before what came before it");
    driver.commit();
    let told = driver.take(ann);
    let echo = told.iter().find(|line| line.contains(" PRIVMSG ")).unwrap_or_else(|| panic!("{told:#?}"));
    assert!(echo.contains(&format!("msgid={}", MsgId::of_seq(1))), "{echo}");
    assert!(echo.contains("label=again") && echo.contains("+chat-tui/id=k1"), "{echo}");
    assert!(told.iter().any(|line| line.contains("PONG")));
    assert!(driver.take(bob).is_empty(), "nobody else gets anything");
}

#[test]
fn while_the_journal_is_stalled_nothing_durable_is_accepted() {
    let (mut driver, ann, _) = ann_and_bob();
    driver.input(Input::Journal { stalled: true });
    let count = driver.records.len();
    let told = driver.ask(ann, "@label=a PRIVMSG #general :hello");
    let refusal = "@label=a :chat.local FAIL PRIVMSG TEMPORARILY_UNAVAILABLE #general :";
    assert!(told.len() == 1 && told[0].starts_with(refusal), "{told:#?}");
    for line in ["JOIN #new", "PART #general", "DEVICE ADD :phone"] {
        let told = driver.ask(ann, line);
        assert!(told.iter().any(|line| line.contains(" TEMPORARILY_UNAVAILABLE ")), "{line}: {told:#?}");
    }
    for line in ["PING x", "MODE #general", "NAMES #general", "TOPIC #general", "LUSERS"] {
        let told = driver.ask(ann, line);
        assert!(!told.is_empty() && !told.iter().any(|line| line.contains("FAIL")), "{line}: {told:#?}");
    }
    assert_eq!(driver.records.len(), count);
    driver.input(Input::Journal { stalled: false });
    driver.say(ann, "PRIVMSG #general :hello");
    assert_eq!(driver.records.len(), count + 1);
}

#[test]
fn lines_wait_for_the_answer_to_an_earlier_one_up_to_a_bound() {
    let mut driver = Driver::new(&["ann"]);
    driver.answers = false;
    let ann = driver.connect();
    driver.say(ann, "PASS ann:ann_secret");
    driver.say(ann, "NICK ann");
    driver.say(ann, "USER ann 0 * :Ann");
    assert!(driver.take(ann).is_empty());
    assert!(!driver.lines_done.contains_key(&ann));
    driver.answer_all();
    assert!(driver.take(ann).iter().any(|line| line.contains(" 001 ann ")));
    assert_eq!(driver.lines_done[&ann], 3);

    let flood = driver.connect();
    driver.say(flood, "PASS ann:ann_secret");
    for _ in 0..=limits::LINES_IN_FLIGHT_MAX {
        driver.say(flood, "PING x");
    }
    assert!(driver.closed.contains(&flood));
    assert_eq!(driver.lines_done[&flood], limits::LINES_IN_FLIGHT_MAX + 2);
    driver.answer_all();
    assert_eq!(driver.lines_done[&flood], limits::LINES_IN_FLIGHT_MAX + 2, "an answer for nobody changes nothing");
}

#[test]
fn a_connection_that_goes_while_it_waits_leaves_nothing_open() {
    let mut driver = Driver::new(&["ann"]);
    driver.answers = false;
    let ann = driver.connect();
    driver.say(ann, "PASS ann:ann_secret");
    driver.say(ann, "PING x");
    driver.input(Input::Closed { conn: ann, reason: "gone".to_owned() });
    assert_eq!(driver.lines_done[&ann], 2);
    driver.answer_all();
    assert_eq!(driver.world.connection_count(), 0);
    driver.say(ann, "PING y");
    assert_eq!(driver.lines_done[&ann], 3, "a line that arrives too late is done as well");
}

#[test]
fn the_silent_are_asked_and_then_closed_and_the_undecided_too() {
    let (mut driver, ann, bob) = ann_and_bob();
    let undecided = driver.connect();
    driver.say(ann, "PRIVMSG #general :hello");
    driver.wait_seconds(59);
    assert!(!driver.closed.contains(&undecided));
    driver.wait_seconds(1);
    assert!(driver.closed.contains(&undecided));
    driver.wait_seconds(30);
    assert_eq!(driver.take(ann), [":chat.local PING :chat.local"], "the server's own question waits for no commit");
    driver.say(ann, "PONG :chat.local");
    driver.commit();
    driver.take(ann);
    driver.wait_seconds(60);
    assert!(driver.closed.contains(&bob) && !driver.closed.contains(&ann));
    let told = driver.take(ann);
    assert!(told.iter().any(|line| line.starts_with(":bob!bob@") && line.contains(" QUIT :Ping timeout")), "{told:#?}");
}

#[test]
fn time_never_steps_back() {
    let (mut driver, ann, _) = ann_and_bob();
    driver.now = START.plus_millis(5_000);
    driver.say(ann, "PRIVMSG #general :one");
    driver.now = START;
    driver.say(ann, "PRIVMSG #general :two");
    let times: Vec<_> = driver.records.iter().rev().take(2).map(|record| record.time).collect();
    assert_eq!(times, [START.plus_millis(5_000), START.plus_millis(5_000)]);
}

#[test]
fn at_the_end_everybody_is_told_at_once() {
    let (mut driver, ann, bob) = ann_and_bob();
    driver.say(ann, "PRIVMSG #general :hello");
    driver.input(Input::Stopping);
    assert_eq!(driver.take(ann), ["ERROR :The server stops."]);
    assert_eq!(driver.take(bob), ["ERROR :The server stops."]);
    assert!(driver.closed.contains(&ann) && driver.closed.contains(&bob));
    assert_eq!(driver.world.connection_count(), 0);
}

#[test]
fn a_line_that_goes_to_many_is_encoded_once() {
    let names = ["ann", "bob", "cyd", "dan"];
    let mut driver = Driver::new(&names);
    let conns: Vec<_> = names.iter().map(|name| driver.log_in(name, "server-time")).collect();
    driver.commits = false;
    driver.say(conns[0], "PRIVMSG #general :hello");
    let sent = |held: &Held| Some(held.effect.sends().0).filter(|receivers| !receivers.is_empty());
    let told: Vec<_> = driver.held.iter().filter_map(sent).collect();
    assert_eq!(told, [&conns[1..]], "one effect for all, its sender left out");
}

#[test]
fn a_guest_is_welcomed_and_leaves() {
    let mut driver = Driver::with_guests(&[]);
    let conn = driver.come_as_guest("ann", "server-time");
    assert_eq!(driver.ask(conn, "PING :x"), [":chat.local PONG chat.local :x"]);
    assert_eq!(driver.ask(conn, "QUIT :bye"), ["ERROR :Quit: bye"]);
    assert!(driver.closed.contains(&conn));
    assert_eq!(driver.lines_done[&conn], 6);
}

#[test]
fn the_way_back_is_open_after_everything_was_loaded_again() {
    let mut driver = Driver::new(&["ann"]);
    driver.log_in("ann", "");
    let general = driver.records.iter().find(|record| matches!(record.event, Event::ChannelFounded { .. }));
    assert!(general.is_some(), "the first log-in founds the automatic channel");
    let joins = driver.records.iter().filter(|record| matches!(record.event, Event::Joined { .. })).count();
    let again = driver.log_in("ann", "");
    assert_eq!(driver.records.iter().filter(|record| matches!(record.event, Event::Joined { .. })).count(), joins);
    driver.say(again, "PART #general");
    let third = driver.log_in("ann", "");
    let told = driver.ask(third, "NAMES #general");
    assert!(!told.iter().any(|line| line.contains(" 353 ") && line.contains("ann")), "PART is for good: {told:#?}");
}

/// Lines of all kinds: commands of the table with random parameters, and garbage.
fn any_line() -> impl Strategy<Value = String> {
    let names: Vec<_> = crate::chat::commands::COMMANDS.iter().map(|command| command.name.to_owned()).collect();
    let command = prop::sample::select(names);
    let word = prop_oneof![
        Just("#general".to_owned()),
        Just("#general,ann".to_owned()),
        Just("ann".to_owned()),
        Just("bob".to_owned()),
        Just("serveur".to_owned()),
        Just("LS".to_owned()),
        Just("302".to_owned()),
        Just("REQ".to_owned()),
        Just("END".to_owned()),
        Just("*".to_owned()),
        Just("+".to_owned()),
        Just("PLAIN".to_owned()),
        Just("SCRAM-SHA-256".to_owned()),
        Just("EXTERNAL".to_owned()),
        Just("AGFubgBhbm5fc2VjcmV0".to_owned()),
        Just("ADD".to_owned()),
        Just("LIST".to_owned()),
        Just("LATEST".to_owned()),
        Just("+o-b".to_owned()),
        Just("ann:ann_secret".to_owned()),
        Just("long_enough_password".to_owned()),
        "[0-9]{1,3}",
        "[a-zé#:!@*=,.]{0,12}",
    ];
    let trailing = prop_oneof![
        Just(String::new()),
        Just(" :sasl labeled-response batch echo-message message-tags".to_owned()),
        " :[ -~é🎉]{0,20}",
    ];
    let tags = prop_oneof![4 => Just(String::new()), 1 => Just("@label=x ".to_owned()), 1 => "@[a-z=;\\\\+/-]{0,20} "];
    let line = (tags, command, prop::collection::vec(word, 0..5), trailing)
        .prop_map(|(tags, command, words, trailing)| format!("{tags}{command} {}{trailing}", words.join(" ")));
    prop_oneof![8 => line, 1 => "[ -~é\u{1}\u{7f}]{0,40}"]
}

/// What happens in the property below.
#[derive(Clone, Debug)]
enum Step {
    Say(usize, String),
    SayBad(usize, LineError),
    Commit,
    Answer,
    Stall(bool),
    StoreAway(bool),
    Wait(u32),
    Lose(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    let error = prop::sample::select(vec![
        LineError::TooLong,
        LineError::InvalidUtf8("@label=x JOIN #\u{fffd}".into()),
        LineError::Nul,
    ]);
    prop_oneof![
        40 => (0..4_usize, any_line()).prop_map(|(who, line)| Step::Say(who, line)),
        2 => (0..4_usize, error).prop_map(|(who, error)| Step::SayBad(who, error)),
        6 => Just(Step::Commit),
        6 => Just(Step::Answer),
        1 => any::<bool>().prop_map(Step::Stall),
        1 => any::<bool>().prop_map(Step::StoreAway),
        1 => (1..100_u32).prop_map(Step::Wait),
        1 => (0..4_usize).prop_map(Step::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_lines_harm_and_each_is_done_exactly_once(steps in prop::collection::vec(any_step(), 1..120)) {
        let mut driver = Driver::with_guests(&["ann", "bob"]);
        let mut conns = vec![driver.log_in("ann", ECHO), driver.come_as_guest("gus", ECHO), driver.connect(), driver.log_in_operator(ECHO)];
        let mut said = std::collections::BTreeMap::new();
        for conn in &conns {
            said.insert(*conn, driver.lines_done.get(conn).copied().unwrap_or(0));
        }
        (driver.commits, driver.answers) = (false, false);
        for step in steps {
            match step {
                Step::Say(who, line) => {
                    *said.get_mut(&conns[who]).unwrap() += 1;
                    driver.say(conns[who], &line);
                }
                Step::SayBad(who, error) => {
                    *said.get_mut(&conns[who]).unwrap() += 1;
                    driver.input(Input::BadLine { conn: conns[who], error });
                }
                Step::Commit => driver.commit(),
                Step::Answer => driver.answer_all(),
                Step::Stall(stalled) => driver.input(Input::Journal { stalled }),
                Step::StoreAway(is_away) => driver.is_away = is_away,
                Step::Wait(seconds) => driver.wait_seconds(seconds),
                Step::Lose(who) => {
                    driver.input(Input::Closed { conn: conns[who], reason: "lost".to_owned() });
                    conns[who] = driver.connect();
                    said.insert(conns[who], 0);
                }
            }
            for (conn, count) in &said {
                let done = driver.lines_done.get(conn).copied().unwrap_or(0);
                prop_assert!(done <= *count, "{conn:?} said {count} lines, {done} are done");
            }
        }
        // Everything is answered and committed in the end: then every line is done.
        for _ in 0..limits::LINES_IN_FLIGHT_MAX + 2 {
            driver.commit();
            driver.answer_all();
        }
        driver.commit();
        for (conn, count) in &said {
            prop_assert_eq!(driver.lines_done.get(conn).copied().unwrap_or(0), *count, "lines of {:?}", conn);
        }
        prop_assert!(driver.held.is_empty());
    }
}

#[test]
fn a_world_can_move_to_another_thread() {
    fn movable<T: Send + 'static>(_: T) {}
    movable(World::new(Settings::default(), Snapshot::default(), WorldKey::new([0; 32])));
    movable(Effects::default());
}
