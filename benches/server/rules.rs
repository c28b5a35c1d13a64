//! The rules: one line against a world in which so many are there. Every event counts as committed at once.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use chat_tui::chat::event::{AccountId, AccountState, ChannelId, ChannelModes, ChannelState, Rank, Seq, Snapshot};
use chat_tui::chat::key::WorldKey;
use chat_tui::chat::ports::{Answer, ConnId, Effect, Effects, Input, Peer, Transport};
use chat_tui::chat::settings::Settings;
use chat_tui::chat::world::World;
use chat_tui::proto::names::{AccountName, ChannelName};
use chat_tui::proto::sasl::{Mechanism, PlainCredentials, payload_chunks};
use chat_tui::proto::secret::Secret;
use chat_tui::proto::time::Timestamp;

use super::Step;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const CHANNEL: &str = "#fan";
const TEXT: &str = "a line of the length that people write, some eighty characters or so";
/// What WeeChat and others ask for; the message is encoded once for each set among the members.
const CAPABILITIES: [&str; 2] = ["sasl", "sasl server-time message-tags account-tag"];

/// A world, and room for what it wants.
struct Scene {
    world: World,
    effects: Effects,
    /// How many connections there were.
    connections: u64,
}

impl Scene {
    /// A channel of so many, who are all here.
    fn with_members(members: usize) -> Self {
        let account = |number: usize| AccountId(1 + number as u64);
        let accounts: Vec<AccountState> = (0..=members)
            .map(|number| AccountState {
                id: account(number),
                name: name(number),
                registered: START,
                addresses: vec!["127.0.0.1".to_owned()],
                suspended: None,
                deleted: false,
                has_joined: true,
            })
            .collect();
        let channel = ChannelState {
            id: ChannelId(1),
            name: ChannelName::new(CHANNEL).expect("a name"),
            founded: START,
            founder: None,
            topic: None,
            modes: ChannelModes { flags: "nt".to_owned(), ..ChannelModes::default() },
            members: (0..members).map(|number| (account(number), Rank::MEMBER)).collect(),
            masks: Vec::new(),
            last_seq: Seq(0),
        };
        let snapshot = Snapshot {
            last_account: account(members),
            last_channel: channel.id,
            accounts,
            channels: vec![channel],
            ..Snapshot::default()
        };
        let world = World::new(Settings::default(), snapshot, WorldKey::new([7; 32]));
        let mut scene = Self { world, effects: Effects::default(), connections: 0 };
        for number in 0..members {
            scene.come(number);
        }
        scene
    }

    /// An account logs in.
    fn come(&mut self, number: usize) -> ConnId {
        let conn = ConnId(self.connections);
        self.connections += 1;
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        self.input(Input::Connected { conn, peer: Peer { address, port: 1, transport: Transport::Plain } });
        let account = name(number);
        let payload = PlainCredentials::new(account.as_str(), Secret::new("not looked at")).encode().expect("short");
        self.say(conn, &format!("CAP REQ :{}", CAPABILITIES[number % CAPABILITIES.len()]));
        self.say(conn, &format!("NICK {account}"));
        self.say(conn, "USER bench 0 * :bench");
        self.say(conn, &format!("AUTHENTICATE {}", Mechanism::Plain));
        for chunk in payload_chunks(&payload) {
            self.say(conn, &format!("AUTHENTICATE {chunk}"));
        }
        let answer = Answer::Proved { account: AccountId(1 + number as u64), device: None };
        self.input(Input::Answer { conn, answer });
        self.say(conn, "CAP END");
        conn
    }

    fn say(&mut self, conn: ConnId, line: &str) {
        self.input(Input::Line { conn, line: line.into() });
    }

    fn input(&mut self, input: Input) {
        self.world.handle(START, input, &mut self.effects);
        let committed = self.effects.records.last().map(|record| record.seq);
        black_box(&self.effects);
        self.effects.records.clear();
        self.effects.held.clear();
        if let Some(seq) = committed {
            self.world.handle(START, Input::Committed { seq }, &mut self.effects);
        }
    }

    /// How many others are told of a line: whether the scene is what it should be.
    fn tells(&mut self, conn: ConnId, line: &str) -> usize {
        self.world.handle(START, Input::Line { conn, line: line.into() }, &mut self.effects);
        let told = self.effects.held.iter().map(|held| match &held.effect {
            Effect::Tell { to, except, .. } => to.iter().filter(|to| Some(**to) != *except).count(),
            _ => 0,
        });
        let told = told.sum();
        self.effects.records.clear();
        self.effects.held.clear();
        told
    }
}

fn name(number: usize) -> AccountName {
    AccountName::new(&format!("a{number:05}")).expect("a name")
}

/// A message into a channel.
pub fn message(members: usize) -> Step {
    let mut scene = Scene::with_members(members);
    let line = format!("PRIVMSG {CHANNEL} :{TEXT}");
    assert_eq!(scene.tells(ConnId(0), &line), members - 1);
    Box::new(move || scene.say(ConnId(0), &line))
}

/// A message to one person.
pub fn direct_message(_: usize) -> Step {
    let mut scene = Scene::with_members(2);
    let line = format!("PRIVMSG {} :{TEXT}", name(1));
    assert_eq!(scene.tells(ConnId(0), &line), 1);
    Box::new(move || scene.say(ConnId(0), &line))
}

/// One more comes into a channel, and leaves it again.
pub fn join_and_part(members: usize) -> Step {
    let mut scene = Scene::with_members(members);
    let guest = scene.come(members);
    assert_eq!(scene.tells(guest, &format!("JOIN {CHANNEL}")), members);
    assert_eq!(scene.tells(guest, &format!("PART {CHANNEL}")), members);
    let (join, part) = (format!("JOIN {CHANNEL}"), format!("PART {CHANNEL}"));
    Box::new(move || {
        scene.say(guest, &join);
        scene.say(guest, &part);
    })
}

/// Somebody comes back into a channel of ten, and leaves.
pub fn log_in(_: usize) -> Step {
    let mut scene = Scene::with_members(10);
    Box::new(move || {
        let conn = scene.come(9);
        scene.input(Input::Closed { conn, reason: "bye".to_owned() });
    })
}

/// Somebody who is in no channel comes back and leaves, while so many others are here: what that costs for each of them, it
/// costs everybody in a storm of reconnections.
pub fn log_in_among(others: usize) -> Step {
    let mut scene = Scene::with_members(others);
    Box::new(move || {
        let conn = scene.come(others);
        scene.input(Input::Closed { conn, reason: "bye".to_owned() });
    })
}
