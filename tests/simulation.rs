//! A simulation in miniature: several people with several sessions send random lines, a journal commits late and in pieces,
//! sometimes it stalls. What must hold afterwards is computed from the record alone.
//!
//! - Everybody saw exactly the channel messages that were said while they were members, in the order of the record.
//! - Every line was answered once, in the order of the lines of its connection (each carries a label).
//! - A server that starts again from the record knows what the old one knew.
//!
//! That nothing is told before its commit, that lines fit and that gates never go back is checked by the driver on the way.

mod common;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chat_tui::chat::event::{AccountId, Event, Place};
use chat_tui::proto::message::Message;
use common::bare::Bare;
use common::transcript::{Directive, Driver, Transcript, play};
use proptest::prelude::*;

const PEOPLE: [&str; 4] = ["ann", "bob", "cat", "dan"];
/// Sessions: who they belong to.
const SESSIONS: [(&str, &str); 6] =
    [("ann", "ann"), ("bob", "bob"), ("cat", "cat"), ("dan", "dan"), ("ann2", "ann"), ("bob2", "bob")];
const CHANNELS: [&str; 3] = ["#one", "#two", "#three"];
const CAPS: &str =
    "message-tags server-time echo-message labeled-response batch draft/chathistory chat-tui/idempotency";

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    Say(usize, String),
    Commit(usize),
    Stall(bool),
}

fn line() -> impl Strategy<Value = String> {
    let channel = || prop::sample::select(&CHANNELS[..]);
    let nick = || prop::sample::select(&PEOPLE[..]);
    prop_oneof![
        4 => channel().prop_map(|channel| format!("JOIN {channel}")),
        12 => (channel(), 0..1000u32).prop_map(|(channel, number)| format!("PRIVMSG {channel} :{number}")),
        2 => (channel(), nick()).prop_map(|(channel, nick)| format!("PRIVMSG {channel},{nick} :both")),
        2 => (channel(), 0..3u32).prop_map(|(channel, id)| format!("ID{id} PRIVMSG {channel} :once")),
        2 => channel().prop_map(|channel| format!("NOTICE {channel} :note")),
        2 => channel().prop_map(|channel| format!("PART {channel} :gone")),
        2 => (channel(), nick()).prop_map(|(channel, nick)| format!("KICK {channel} {nick}")),
        2 => (channel(), nick(), "[+-][ovhqab]").prop_map(|(channel, nick, modes)| format!("MODE {channel} {modes} {nick}")),
        2 => (channel(), "[+-][imnst]{1,3}").prop_map(|(channel, modes)| format!("MODE {channel} {modes}")),
        1 => (channel(), "[+-]l [1-4]|[+-]k [ab]|b|\\+b \\*!\\*@nowhere").prop_map(|(channel, modes)| format!("MODE {channel} {modes}")),
        1 => (channel(), "[a-z ]{0,9}").prop_map(|(channel, topic)| format!("TOPIC {channel} :{topic}")),
        1 => (channel(), nick()).prop_map(|(channel, nick)| format!("INVITE {nick} {channel}")),
        1 => channel().prop_map(|channel| format!("CHATHISTORY LATEST {channel} * 10")),
        1 => channel().prop_map(|channel| format!("NAMES {channel}")),
        1 => Just("LIST".to_owned()),
        1 => Just("AWAY :out".to_owned()),
        1 => nick().prop_map(|nick| format!("WHOIS {nick}")),
        2 => Just("PING x".to_owned()),
        1 => "\\PC{0,40}",
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => (0..SESSIONS.len(), line()).prop_map(|(session, line)| Step::Say(session, line)),
        6 => (1..8usize).prop_map(Step::Commit),
        1 => any::<bool>().prop_map(Step::Stall),
    ]
}

/// What one session has seen.
#[derive(Default)]
struct Seen {
    /// The ids of messages in each channel.
    messages: BTreeMap<String, Vec<String>>,
    /// The labels of answers.
    labels: Vec<usize>,
}

impl Seen {
    fn read(&mut self, line: &str) {
        let message = Message::parse(line).expect("the server sends messages");
        self.labels.extend(message.tag("label").and_then(|label| label.parse::<usize>().ok()));
        let is_message =
            matches!(message.command, "PRIVMSG" | "NOTICE") && message.param(0).is_some_and(|to| to.starts_with('#'));
        let Some(id) = message.tag("msgid").filter(|_| is_message) else { return };
        let known = self.messages.entry(message.param(0).unwrap_or_default().to_owned()).or_default();
        // The echo of a repetition is the first one's.
        if message.tag("+chat-tui/id").is_none() || !known.iter().any(|known| *known == id) {
            known.push(id.into_owned());
        }
    }
}

fn simulate(steps: &[Step]) {
    let mut server = Bare::new();
    server.settings.auto_channels = Vec::new();
    let mut script = String::new();
    for (session, account) in SESSIONS {
        script.push_str(&format!("--- enter {session} as {account} with {CAPS}\n"));
    }
    play(&Transcript::parse("people", &script).unwrap(), &mut server).unwrap();
    server.direct(&Directive::Hold(true)).unwrap();

    let mut seen: Vec<Seen> = SESSIONS.iter().map(|_| Seen::default()).collect();
    let mut sent = vec![0; SESSIONS.len()];
    for step in steps {
        match step {
            Step::Say(session, line) => {
                sent[*session] += 1;
                let label = sent[*session];
                let line = match line.strip_prefix("ID").and_then(|rest| rest.split_once(' ')) {
                    Some((id, line)) => format!("@label={label};+chat-tui/id={id} {line}"),
                    None => format!("@label={label} {line}"),
                };
                if Message::parse(&line).is_err() || line.to_uppercase().contains("QUIT") {
                    sent[*session] -= 1;
                    continue;
                }
                server.send(SESSIONS[*session].0, &line).unwrap();
            }
            Step::Commit(count) => server.commit_some(*count),
            Step::Stall(is_stalled) => server.direct(&Directive::Journal(*is_stalled)).unwrap(),
        }
        read_all(&mut server, &mut seen);
    }
    server.direct(&Directive::Journal(false)).unwrap();
    server.direct(&Directive::Hold(false)).unwrap();
    read_all(&mut server, &mut seen);

    check_messages(&server, &seen);
    for ((session, _), (seen, sent)) in SESSIONS.iter().zip(seen.iter().zip(&sent)) {
        assert_eq!(seen.labels, (1..=*sent).collect::<Vec<_>>(), "{session}: each line is answered once, in order");
    }
    check_restart(&mut server);
}

fn read_all(server: &mut Bare, seen: &mut [Seen]) {
    for ((session, _), seen) in SESSIONS.iter().zip(seen) {
        let mut page: Option<String> = None;
        for line in server.drain(session) {
            let message = Message::parse(&line).expect("the server sends messages");
            let reference = message.param(0).unwrap_or_default();
            if message.command == "BATCH" && message.param(1) == Some("chathistory") {
                page = reference.strip_prefix('+').map(str::to_owned);
            }
            let is_in_page = page.is_some() && message.tag("batch").as_deref() == page.as_deref();
            if !is_in_page {
                seen.read(&line);
            }
        }
    }
}

/// Who must have seen what, by the record.
fn check_messages(server: &Bare, seen: &[Seen]) {
    let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
    let mut members: HashMap<Place, BTreeSet<AccountId>> = HashMap::new();
    let mut expected: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for record in server.record.records() {
        let there = members.entry(record.place).or_default();
        match (&record.event, record.author.account) {
            (Event::AccountRegistered { account, name, .. }, _) => {
                names.insert(*account, name.to_string());
            }
            (Event::Joined { .. }, Some(account)) => {
                there.insert(account);
            }
            (Event::Parted { .. }, Some(account)) => {
                there.remove(&account);
            }
            (Event::Kicked { account: Some(account), .. }, _) => {
                there.remove(account);
            }
            (Event::Message { .. }, author) if matches!(record.place, Place::Channel(_)) => {
                let id = chat_tui::proto::names::MsgId::of_seq(record.seq.0).to_string();
                // Whoever wrote it sees it too, also from outside of an open channel.
                for account in there.iter().copied().chain(author.filter(|author| !there.contains(author))) {
                    expected.entry((names[&account].clone(), record.target.clone())).or_default().push(id.clone());
                }
            }
            _ => {}
        }
    }
    for ((session, account), seen) in SESSIONS.iter().zip(seen) {
        for channel in CHANNELS {
            let wanted = expected.get(&((*account).to_owned(), channel.to_owned())).cloned().unwrap_or_default();
            let got = seen.messages.get(channel).cloned().unwrap_or_default();
            assert_eq!(got, wanted, "{session} in {channel}");
        }
    }
}

/// What the channels look like to each person.
fn view(server: &mut Bare) -> Vec<String> {
    let mut view = Vec::new();
    for who in PEOPLE {
        for channel in CHANNELS {
            for line in [
                format!("MODE {channel}"),
                format!("MODE {channel} b"),
                format!("TOPIC {channel}"),
                format!("NAMES {channel}"),
            ] {
                server.send(who, &line).unwrap();
                // The order in which names are listed does not matter.
                let sorted = |line: String| {
                    let mut words: Vec<String> =
                        line.split(' ').map(|word| word.trim_start_matches(':').to_owned()).collect();
                    words.sort();
                    words.join(" ")
                };
                view.extend(server.drain(who).into_iter().map(sorted));
            }
        }
    }
    view
}

fn check_restart(server: &mut Bare) {
    let before = view(server);
    let (held, recorded) = server.states();
    assert_eq!(held, recorded, "the rules hold what the record adds up to");
    server.direct(&Directive::Restart).unwrap();
    let mut script = String::new();
    for (session, account) in SESSIONS {
        script.push_str(&format!("--- return {session} as {account}\n"));
    }
    script.push_str(&format!("--- read {}\n", SESSIONS.map(|(session, _)| session).join(" ")));
    play(&Transcript::parse("again", &script).unwrap(), server).unwrap();
    let after = view(server);
    assert_eq!(after, before, "a server that starts again knows what the old one knew");
}

/// A parameter that some command may make something of.
fn parameter() -> impl Strategy<Value = String> {
    const WORDS: [&str; 20] = [
        "ann",
        "bob",
        "serveur",
        "nobody",
        "#one",
        "#two",
        "#One,#two,bad",
        "ann,bob,nobody",
        "+o-v",
        "+bkl",
        "-n+i",
        "0",
        "7",
        "*",
        "*!*@*",
        "LATEST",
        "BETWEEN",
        "LIST",
        "msgid=0000000000003",
        "timestamp=2023-11-14T22:13:20.000Z",
    ];
    prop_oneof![
        6 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => (0..460usize).prop_map(|length| "x".repeat(length)),
        1 => (0..140usize).prop_map(|length| format!("#{}", "é".repeat(length))),
        1 => "\\PC{0,30}",
        1 => "[a-z ]{0,30}".prop_map(|text| format!(":{text}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everybody_sees_the_same_order_and_nothing_is_lost(steps in prop::collection::vec(step(), 1..160)) {
        simulate(&steps);
    }

    /// No line makes the rules panic, lose track of a line, or send one that is too long (the driver sees to that).
    #[test]
    fn every_command_takes_anything(
        lines in prop::collection::vec((0..3usize, any::<prop::sample::Index>(), prop::collection::vec(parameter(), 0..5)), 1..60),
    ) {
        let mut server = Bare::new();
        let script = "--- enter ann with batch labeled-response\n--- enter bob\n--- enter console unix operator\n\
                      ann -> JOIN #one,#two\nbob -> JOIN #one\n--- read ann bob console\n";
        play(&Transcript::parse("people", script).unwrap(), &mut server).unwrap();
        let commands = server.commands("ann");
        prop_assert!(commands.len() > 30, "{commands:?}");
        for (session, command, parameters) in &lines {
            let mut line = command.get(&commands).clone();
            for parameter in parameters {
                if line.len() + 1 + parameter.len() <= 510 {
                    line = format!("{line} {parameter}");
                }
            }
            let who = ["ann", "bob", "console"][*session];
            server.send(who, &line).unwrap();
            server.drain(who);
        }
        prop_assert_eq!(server.lines_done, server.lines_sent);
    }
}
