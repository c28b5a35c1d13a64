//! No line of a server and no order of events makes the client panic, or grow without bound.

use proptest::prelude::*;

use super::*;
use crate::client::buffer::ENTRIES_MAX;
use crate::client::conversation::CONVERSATIONS_MAX;

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("#general".to_owned()),
        Just("ann".to_owned()),
        Just("bob".to_owned()),
        Just("*".to_owned()),
        Just("+ov-l".to_owned()),
        Just("PREFIX=(".to_owned()),
        Just("CASEMAPPING=\\x".to_owned()),
        Just("+b".to_owned()),
        Just("-b".to_owned()),
        Just("chathistory".to_owned()),
        "\\PC{0,8}",
        "[\u{1}\u{2}\u{3}0-9,a-zé日\u{301}]{0,12}",
    ]
}

fn line() -> impl Strategy<Value = String> {
    let command = prop_oneof![
        "[0-9]{3}",
        prop::sample::select(vec![
            "CAP",
            "AUTHENTICATE",
            "REGISTER",
            "BATCH",
            "CHATHISTORY",
            "PRIVMSG",
            "NOTICE",
            "JOIN",
            "PART",
            "KICK",
            "QUIT",
            "NICK",
            "AWAY",
            "TOPIC",
            "MODE",
            "RENAME",
            "FAIL",
            "WARN",
            "NOTE",
            "DEVICE",
            "ACCOUNT",
            "INVITE",
            "ACK",
            "ERROR",
            "PING",
            "PONG",
            "TAGMSG",
            "BAN",
            "INSPECT",
            "INVITATION",
            "REPORT",
        ])
        .prop_map(str::to_owned),
    ];
    let tags = prop_oneof![
        Just(String::new()),
        Just("@batch=b;msgid=m1 ".to_owned()),
        Just("@label=x;time=2026-11-22T10:00:00.000Z ".to_owned()),
        Just("@time=9999-99-99;account=ann ".to_owned()),
    ];
    let source = prop_oneof![
        Just("".to_owned()),
        Just(":ann!a@b ".to_owned()),
        Just(":bob!b@b ".to_owned()),
        Just(":s ".to_owned())
    ];
    let any = (tags, source, command, prop::collection::vec(word(), 0..6))
        .prop_map(|(tags, source, command, words)| format!("{tags}{source}{command} {}", words.join(" ")));
    // What only a whole line of it means something by.
    let inspected = (word(), word(), "[0-9*]{0,21}").prop_map(|(one, other, number)| {
        format!(
            ":s INSPECT SESSION 7 {one} {other} guest tls {number} 1 2026-11-22T10:00:00.000Z {number} 0 :{one},{other}"
        )
    });
    let told = prop_oneof![
        inspected,
        Just(":s INSPECT END 1 1 :x".to_owned()),
        Just(":s 381 ann :x".to_owned()),
        (word(), word()).prop_map(|(one, other)| format!(":s REPORT NEW {one} {other} #general m1 :{one}")),
    ];
    prop_oneof![6 => any, 1 => told]
}

#[derive(Clone, Debug)]
enum Step {
    Line(String),
    Key(KeyCode, KeyModifiers),
    Text(String),
    Wait(u64),
    Lose,
    Connect,
    TopNear,
    Resize(u16, u16),
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Home,
        KeyCode::PageUp,
        KeyCode::F(1),
        KeyCode::Char('n'),
        KeyCode::Char('r'),
        KeyCode::Char('1'),
        KeyCode::Char('x'),
        KeyCode::Char('o'),
        KeyCode::Char('!'),
    ]);
    let modifiers = prop::sample::select(vec![KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::ALT]);
    let text = prop_oneof![
        "\\PC{0,20}",
        (
            prop::sample::select(crate::client::commands::COMMANDS.iter().map(|c| c.name).collect::<Vec<_>>()),
            "[#a-z: \n]{0,9}"
        )
            .prop_filter("leaving ends the story", |(name, _)| *name != "quit")
            .prop_map(|(name, rest)| format!("/{name} {rest}\n"))
    ];
    prop_oneof![
        8 => line().prop_map(Step::Line),
        3 => (code, modifiers).prop_map(|(code, modifiers)| Step::Key(code, modifiers)),
        3 => text.prop_map(Step::Text),
        1 => (0..100_000u64).prop_map(Step::Wait),
        1 => Just(Step::Lose),
        2 => Just(Step::Connect),
        1 => Just(Step::TopNear),
        1 => (0..200u16, 0..60u16).prop_map(|(columns, rows)| Step::Resize(columns, rows)),
    ]
}

proptest! {
    #[test]
    fn no_story_panics(steps in prop::collection::vec(step(), 0..80)) {
        let mut stage = Stage::online();
        for step in steps {
            match step {
                Step::Line(line) => stage.lines(&[&line]),
                Step::Key(code, modifiers) => stage.event(key(code, modifiers)),
                Step::Text(text) => {
                    stage.event(Event::Paste(text));
                    stage.press(KeyCode::Enter);
                }
                Step::Wait(millis) => stage.wait(millis),
                Step::Lose => stage.lose(),
                Step::Connect => stage.log_in(),
                Step::TopNear => stage.event(Event::TopNear),
                Step::Resize(columns, rows) => stage.event(Event::Resize { columns, rows }),
            }
            let _ = stage.model.areas();
            if let Some(conversation) = stage.model.conversations.current_mut() {
                let window = conversation.buffer.settle(5, &mut |entry, _| 1 + entry.text.len() / 10);
                prop_assert!(window.bottom < conversation.buffer.entries().len().max(1));
            }
            for line in stage.take_sent() {
                prop_assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
            }
        }
    }
}

#[test]
fn a_flood_stays_within_bounds() {
    let mut stage = Stage::online();
    for number in 0..ENTRIES_MAX + 100 {
        stage.lines(&[&format!("@msgid=f{number} :bob!b@c PRIVMSG #general :{number}")]);
    }
    assert_eq!(stage.conversation("#general").buffer.entries().len(), ENTRIES_MAX);
    for number in 0..CONVERSATIONS_MAX + 50 {
        stage.lines(&[&format!(":p{number}!b@c PRIVMSG ann :hi")]);
    }
    assert!(stage.model.conversations.list().len() <= CONVERSATIONS_MAX);
    assert!(stage.model.conversations.find("#general").is_some());
}
