//! What the store should say, computed naively in memory.

use crate::chat::event::{
    AccountId, AccountState, Author, AuthorKind, BanEffect, BanState, ChannelId, ChannelModes, ChannelState,
    Credentials, DeviceId, Digest, Event, InvitationState, ListEntry, MessageKind, MetadataOwner, OperatorAct, Place,
    Rank, Record, Seq, Snapshot, Topic,
};
use crate::chat::ports::{Bound, Extras, PageQuery, PageRange, StoredEvent, StoredWhat, TargetsQuery};
use crate::proto::names::{AccountName, ChannelName};
use crate::proto::sasl::ScramKeys;
use crate::proto::time::Timestamp;

/// The events so far, as they should be in the record.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// All of them.
    pub records: Vec<Record>,
}

/// A record with everything in it that there can be.
pub fn record(seq: u64, place: Place, account: u64, event: Event) -> Record {
    Record {
        seq: Seq(seq),
        time: Timestamp::from_millis(1_795_341_600_000 + (seq as i64 / 3) * 1_001),
        author: author(account),
        place,
        target: "#général".to_owned(),
        idempotency_id: None,
        tags: String::new(),
        event,
    }
}

/// Account 0 is a guest, 1 the server.
pub fn author(account: u64) -> Author {
    Author {
        kind: match account {
            0 => AuthorKind::Guest,
            1 => AuthorKind::Server,
            _ => AuthorKind::Account,
        },
        account: (account > 0).then_some(AccountId(account)),
        name: if account == 1 { "serveur".to_owned() } else { format!("Zoé-{account}") },
        operator: (account == 1).then(|| "uid:1000".to_owned()),
        address: "192.168.56.1".to_owned(),
        port: 60_000,
    }
}

/// A message.
pub fn message(text: &str) -> Event {
    Event::Message { kind: MessageKind::Privmsg, text: text.to_owned() }
}

/// Credentials that can be told from others.
pub fn credentials(mark: u8) -> Box<Credentials> {
    let keys =
        ScramKeys { salt: vec![mark, 0xff], iterations: 600_000, stored_key: [mark; 32], server_key: [mark; 32] };
    Box::new(Credentials { argon2: format!("$argon2id${mark}"), scram: mark.is_multiple_of(2).then_some(keys) })
}

fn ban(target: &str, effect: BanEffect, until: Option<Timestamp>) -> Event {
    Event::BanSet { target: target.to_owned(), effect, reason: "du bruit".to_owned(), until }
}

fn invitation(mark: u8, until: Option<i64>) -> Event {
    let until = until.map(Timestamp::from_millis);
    Event::InvitationMade { digest: Digest([mark; 32]), note: "pour Zoé".to_owned(), until }
}

/// A registration by an invitation.
fn invited(account: u64, by: Seq) -> Event {
    match registration(account) {
        Event::AccountRegistered { account, name, credentials, address, .. } => {
            Event::AccountRegistered { account, name, credentials, address, invitation: Some(by) }
        }
        other => other,
    }
}

/// The registration of an account from number 2 on.
pub fn registration(account: u64) -> Event {
    Event::AccountRegistered {
        account: AccountId(account),
        name: AccountName::new(&format!("Zoé-{account}")).unwrap(),
        credentials: credentials(account as u8),
        address: account.is_multiple_of(2).then(|| "192.168.56.1".to_owned()),
        invitation: None,
    }
}

/// A founding.
pub fn founding(channel: u64, founder: u64) -> Event {
    Event::ChannelFounded {
        channel: ChannelId(channel),
        name: ChannelName::new(&format!("#Général{channel}")).unwrap(),
        founder: (founder > 0).then_some(AccountId(founder)),
    }
}

/// A history with every kind of event, behind event 1 that made the correspondent. Accounts 2 to 5 (4 is deleted), channels
/// 1 and 2.
pub fn every_kind() -> Vec<Record> {
    let (ann, bob, cyd, dan) = (2, 3, 4, 5);
    let id = AccountId;
    let channel = |number| Place::Channel(ChannelId(number));
    let (flags, key) = ("nst".to_owned(), Some("clé".to_owned()));
    let modes = ChannelModes { flags, key, limit: Some(7), slow_seconds: None };
    let slow = ChannelModes { slow_seconds: Some(30), ..modes.clone() };
    let changed = |text: &str, modes: &ChannelModes, ranks: &[(AccountId, Rank)], masks: &[(bool, char, &str)]| {
        Event::ModesChanged {
            text: text.to_owned(),
            modes: modes.clone(),
            ranks: ranks.to_vec(),
            masks: masks.iter().map(|(add, letter, mask)| (*add, *letter, (*mask).to_owned())).collect(),
        }
    };
    let digest = |mark| Digest([mark; 32]);
    let device = |number, account, mark: u8| Event::DeviceAdded {
        device: DeviceId(number),
        account: id(account),
        name: "téléphone".to_owned(),
        digest: digest(mark),
    };
    let metadata =
        |key: &str, value: Option<&str>| Event::MetadataSet { key: key.to_owned(), value: value.map(str::to_owned) };
    let read = |place, millis| Event::MarkedRead { place, until: Timestamp::from_millis(millis) };
    let operator_rank = Rank::of_letter('o').unwrap();
    let notice = Event::Message { kind: MessageKind::Notice, text: "attention 🎉".to_owned() };
    let story = [
        (Place::Server, 0, registration(ann)),
        (Place::Server, 0, registration(bob)),
        (Place::Server, 0, registration(cyd)),
        (Place::Server, 0, registration(dan)),
        (channel(1), ann, founding(1, ann)),
        (channel(1), ann, Event::Joined { rank: Rank::FOUNDER }),
        (channel(1), bob, Event::Joined { rank: Rank::MEMBER }),
        (channel(1), cyd, Event::Joined { rank: Rank::MEMBER }),
        (channel(1), 0, message("d'un invité")),
        (channel(1), ann, message("Bonjour à tous\u{1}")),
        (channel(1), bob, notice),
        (channel(1), ann, Event::TopicSet { topic: "Le sujet".to_owned() }),
        (
            channel(1),
            ann,
            changed(
                "+nstklo-v+bb",
                &modes,
                &[(id(bob), operator_rank), (id(dan), operator_rank)],
                &[(true, 'b', "*!*@mauvais"), (true, 'b', "x!*@*"), (true, 'e', "account:Zoé")],
            ),
        ),
        (channel(1), bob, changed("-k-b", &ChannelModes { key: None, ..modes }, &[], &[(false, 'b', "x!*@*")])),
        (
            channel(1),
            bob,
            Event::Kicked { account: Some(id(ann)), nick: "Zoé-2".to_owned(), reason: "dehors".to_owned() },
        ),
        (channel(1), bob, Event::Kicked { account: None, nick: "invité".to_owned(), reason: String::new() }),
        (channel(1), ann, Event::Joined { rank: Rank::MEMBER }),
        (channel(1), cyd, Event::Parted { reason: "bye".to_owned() }),
        (channel(2), 0, founding(2, 0)),
        (channel(2), cyd, Event::Joined { rank: Rank::MEMBER }),
        (channel(2), dan, Event::Joined { rank: operator_rank }),
        (channel(2), dan, Event::TopicSet { topic: "à effacer".to_owned() }),
        (channel(2), dan, Event::TopicSet { topic: String::new() }),
        (Place::direct(id(dan), id(ann)), dan, message("seulement toi")),
        (Place::direct(id(1), id(ann)), ann, message("Serveur vous me recevez ?")),
        (Place::direct(id(1), id(ann)), 1, message("Tout à fait, client")),
        (Place::direct(id(ann), id(ann)), ann, message("une note")),
        (Place::Unlisted, 0, message("d'un invité à Zoé")),
        (channel(1), bob, Event::Tagged),
        (channel(1), bob, Event::Redacted { seq: Seq(11), reason: "pardon".to_owned() }),
        (channel(1), bob, Event::Redacted { seq: Seq(11), reason: String::new() }),
        (channel(2), bob, Event::Redacted { seq: Seq(12), reason: "ailleurs".to_owned() }),
        (Place::direct(id(dan), id(ann)), dan, Event::Redacted { seq: Seq(25), reason: String::new() }),
        (
            channel(1),
            ann,
            Event::ChannelRenamed { name: ChannelName::new("#Salon").unwrap(), reason: "mieux".to_owned() },
        ),
        (channel(1), ann, metadata("url", Some("https://example.org/é"))),
        (channel(1), ann, metadata("topic.lang", Some("fr"))),
        (channel(1), ann, metadata("url", None)),
        (Place::Server, ann, metadata("avatar", Some("un"))),
        (Place::Server, ann, metadata("avatar", Some("deux"))),
        (Place::Server, cyd, metadata("avatar", Some("trois"))),
        (Place::Server, ann, read(channel(1), 1_000)),
        (Place::Server, ann, read(channel(1), 2_000)),
        (Place::Server, bob, read(Place::direct(id(bob), id(dan)), 3_000)),
        (Place::Server, cyd, read(channel(2), 4_000)),
        (Place::Server, 0, Event::PasswordChanged { account: id(bob), credentials: credentials(100) }),
        (Place::Server, 0, ban("10.0.0.0/8", BanEffect::Out, None)),
        (Place::Server, 0, ban("account:dan", BanEffect::Mute, Some(Timestamp::from_millis(1)))),
        (Place::Server, 0, ban("10.0.0.0/8", BanEffect::Mute, Some(Timestamp::from_millis(4_000_000_000_000)))),
        (Place::Server, 0, ban("10.0.0.0/8", BanEffect::Out, Some(Timestamp::from_millis(4_000_000_000_000)))),
        (Place::Server, 0, ban("zoé!*@*", BanEffect::Out, None)),
        (Place::Server, 0, Event::BanLifted { target: "zoé!*@*".to_owned() }),
        (Place::Server, 0, Event::AddressAllowed { account: id(bob), address: "10.0.0.7".to_owned() }),
        (Place::Server, 0, Event::AddressAllowed { account: id(bob), address: "10.0.0.8".to_owned() }),
        (Place::Server, 0, Event::AddressAllowed { account: id(bob), address: "10.0.0.7".to_owned() }),
        (Place::Server, 0, device(1, ann, 1)),
        (Place::Server, 0, device(2, ann, 2)),
        (Place::Server, 0, device(3, cyd, 3)),
        (Place::Server, 0, Event::DeviceRevoked { device: DeviceId(2), account: id(ann) }),
        (Place::Server, 0, Event::AccountSuspended { account: id(bob), reason: String::new() }),
        (Place::Server, 0, Event::AccountSuspended { account: id(dan), reason: "trop".to_owned() }),
        (Place::Server, 0, Event::AccountResumed { account: id(dan) }),
        (Place::Server, 0, Event::AccountDeleted { account: id(cyd) }),
        (
            Place::Server,
            ann,
            Event::OperatorActed { act: OperatorAct::Killed, account: Some(id(bob)), text: "trop".to_owned() },
        ),
        (Place::Server, ann, Event::Reported { seq: Seq(10), account: Some(id(bob)), reason: "là".to_owned() }),
        (channel(1), ann, changed("+W", &slow, &[], &[])),
        (channel(1), ann, Event::FounderChanged { account: id(bob), name: "Bob".to_owned() }),
        (channel(3), ann, founding(3, ann)),
        (channel(3), bob, Event::Joined { rank: Rank::MEMBER }),
        (channel(3), bob, message("avant la fin")),
        (channel(3), ann, changed("+b", &ChannelModes::default(), &[], &[(true, 'b', "x!*@*")])),
        (channel(3), ann, metadata("url", Some("x"))),
        (Place::Server, bob, read(channel(3), 5_000)),
        (channel(3), ann, Event::ChannelDropped { reason: "fini".to_owned() }),
        (channel(4), ann, founding(4, ann)),
        (Place::Server, 1, invitation(1, None)),
        (Place::Server, 1, invitation(2, Some(1))),
        (Place::Server, 1, invitation(3, Some(4_000_000_000_000))),
        (Place::Server, 1, invitation(4, None)),
    ];
    // What comes behind is about what was made before, by its number.
    let made = 2 + story.len() as u64 - 4;
    let story = story.into_iter().chain([
        (Place::Server, 1, Event::InvitationRevoked { invitation: Seq(made) }),
        (Place::Server, 0, invited(6, Seq(made + 2))),
    ]);
    let numbered = (2..).zip(story);
    numbered.map(|(seq, (place, account, event))| record(seq, place, account, event)).collect()
}

impl Model {
    /// Behind a preparation: the correspondent is there.
    pub fn prepared() -> Self {
        let event = Event::AccountRegistered {
            account: AccountId(1),
            name: AccountName::new("serveur").unwrap(),
            credentials: credentials(1),
            address: None,
            invitation: None,
        };
        Self { records: vec![record(1, Place::Server, 0, event)] }
    }

    /// What a load should give.
    pub fn snapshot(&self) -> Snapshot {
        let mut state = Snapshot::default();
        for record in &self.records {
            state.last_seq = record.seq;
            state.last_time = record.time;
            apply(&mut state, record);
            if let Place::Direct(one, other) = record.place {
                state.directs.retain(|(account, _)| *account != one && *account != other);
                let both = if one == other { vec![one] } else { vec![one, other] };
                state.directs.extend(both.into_iter().map(|account| (account, record.seq)));
            }
        }
        state.directs.sort();
        state.scram_keys.sort_by_key(|(account, _)| *account);
        state.devices.sort_by_key(|(_, device, _)| *device);
        for channel in &mut state.channels {
            channel.members.sort_by_key(|(account, _)| *account);
            channel.masks.sort_by(|one, other| (one.letter, &one.mask).cmp(&(other.letter, &other.mask)));
        }
        state.bans.sort_by(|one, other| {
            (one.set_at, &one.target, one.effect.word()).cmp(&(other.set_at, &other.target, other.effect.word()))
        });
        state.metadata.sort();
        state.read_markers.sort();
        state
    }

    fn of(&self, place: Place, extras: Extras) -> Vec<StoredEvent> {
        let here = self.records.iter().filter(|record| record.place == place && !self.is_redacted(record));
        let told = here.filter_map(stored);
        told.filter(|event| is_shown(event, extras)).collect()
    }

    fn is_redacted(&self, record: &Record) -> bool {
        self.records.iter().any(|later| {
            later.place == record.place
                && later.seq > record.seq
                && matches!(later.event, Event::Redacted { seq, .. } if seq == record.seq)
        })
    }

    /// What a page should be.
    pub fn page(&self, query: &PageQuery) -> Vec<StoredEvent> {
        let all = self.of(query.place, query.extras);
        let limit = query.limit as usize;
        let before = |event: &StoredEvent, bound| match bound {
            Bound::Seq(seq) => event.seq < seq,
            Bound::Time(time) => event.time < time,
        };
        let after = |event: &StoredEvent, bound| match bound {
            Bound::Seq(seq) => event.seq > seq,
            Bound::Time(time) => event.time > time,
        };
        let first = |events: Vec<StoredEvent>, limit| events.into_iter().take(limit).collect::<Vec<_>>();
        let last = |mut events: Vec<StoredEvent>, limit| events.split_off(events.len().saturating_sub(limit));
        let only = |test: &dyn Fn(&StoredEvent) -> bool| all.iter().filter(|event| test(event)).cloned().collect();
        match query.range {
            PageRange::Before(bound) => last(only(&|event| before(event, bound)), limit),
            PageRange::After(bound) => first(only(&|event| after(event, bound)), limit),
            PageRange::Latest(None) => last(all, limit),
            PageRange::Latest(Some(bound)) => last(only(&|event| after(event, bound)), limit),
            PageRange::Around(bound) => {
                let mut page = last(only(&|event| before(event, bound)), limit / 2);
                page.extend(first(only(&|event| !before(event, bound)), limit - limit / 2));
                page
            }
            PageRange::Between(one, other) => {
                let forward = only(&|event| after(event, one) && before(event, other));
                let backward = only(&|event| after(event, other) && before(event, one));
                if forward.is_empty() { last(backward, limit) } else { first(forward, limit) }
            }
        }
    }

    /// What the targets should be.
    pub fn targets(&self, query: &TargetsQuery) -> Vec<(Place, Timestamp)> {
        let mut latest: Vec<(Place, Timestamp)> = Vec::new();
        for record in &self.records {
            let concerns = match record.place {
                Place::Direct(one, other) => one == query.account || other == query.account,
                place => query.channels.contains(&place),
            };
            if concerns && matches!(record.event, Event::Message { .. }) && !self.is_redacted(record) {
                latest.retain(|(place, _)| *place != record.place);
                latest.push((record.place, record.time));
            }
        }
        latest.retain(|(_, time)| *time > query.after && *time < query.before);
        latest.truncate(query.limit as usize);
        latest
    }
}

/// A record as history tells it.
pub fn stored(record: &Record) -> Option<StoredEvent> {
    let what = match record.event.clone() {
        Event::Message { kind: MessageKind::Privmsg, text } => StoredWhat::Privmsg(text),
        Event::Message { kind: MessageKind::Notice, text } => StoredWhat::Notice(text),
        Event::Joined { .. } => StoredWhat::Join,
        Event::Parted { reason } => StoredWhat::Part(reason),
        Event::Kicked { nick, reason, .. } => StoredWhat::Kick(nick, reason),
        Event::TopicSet { topic } => StoredWhat::Topic(topic),
        Event::ModesChanged { text, .. } => StoredWhat::Mode(text),
        Event::Tagged => StoredWhat::Tagmsg,
        Event::Redacted { seq, reason } => StoredWhat::Redact(seq, reason),
        _ => return None,
    };
    Some(StoredEvent {
        seq: record.seq,
        time: record.time,
        account: record.author.account,
        name: record.author.name.clone(),
        from_server: record.author.kind == AuthorKind::Server,
        target: record.target.clone(),
        tags: record.tags.clone(),
        what,
    })
}

fn apply(state: &mut Snapshot, record: &Record) {
    if let Place::Channel(channel) = record.place {
        if let Event::ChannelFounded { channel, name, founder } = &record.event {
            state.last_channel = state.last_channel.max(*channel);
            state.channels.push(ChannelState {
                id: *channel,
                name: name.clone(),
                founded: record.time,
                founder: *founder,
                topic: None,
                modes: ChannelModes::default(),
                members: Vec::new(),
                masks: Vec::new(),
                last_seq: record.seq,
            });
        }
        if let (Event::Joined { .. }, Some(account)) = (&record.event, record.author.account) {
            state.accounts.iter_mut().find(|known| known.id == account).unwrap().has_joined = true;
        }
        if let Event::ChannelDropped { .. } = &record.event {
            state.channels.retain(|known| known.id != channel);
            state.metadata.retain(|(owner, ..)| *owner != MetadataOwner::Channel(channel));
            state.read_markers.retain(|(_, place, _)| *place != Place::Channel(channel));
            return;
        }
        set_metadata(state, record);
        apply_to_channel(state.channels.iter_mut().find(|known| known.id == channel).unwrap(), record);
        return;
    }
    set_metadata(state, record);
    match &record.event {
        Event::MarkedRead { place, until } => {
            let account = record.author.account.unwrap();
            state.read_markers.retain(|(reader, known, _)| (*reader, *known) != (account, *place));
            state.read_markers.push((account, *place, *until));
        }
        Event::AccountRegistered { account, name, credentials, address, invitation } => {
            set_scram_keys(state, *account, credentials);
            state.invitations.retain(|known| Some(known.seq) != *invitation);
            state.last_account = state.last_account.max(*account);
            state.accounts.push(AccountState {
                id: *account,
                name: name.clone(),
                registered: record.time,
                addresses: address.iter().cloned().collect(),
                suspended: None,
                deleted: false,
                has_joined: false,
            });
        }
        Event::PasswordChanged { account, credentials } => set_scram_keys(state, *account, credentials),
        Event::AddressAllowed { account, address } => {
            let addresses = &mut of(state, *account).addresses;
            if !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
        Event::AccountSuspended { account, reason } => of(state, *account).suspended = Some(reason.clone()),
        Event::AccountResumed { account } => of(state, *account).suspended = None,
        Event::AccountDeleted { account } => {
            let deleted = of(state, *account);
            deleted.deleted = true;
            deleted.addresses.clear();
            state.scram_keys.retain(|(of, _)| of != account);
            state.devices.retain(|(of, ..)| of != account);
            state.read_markers.retain(|(reader, ..)| reader != account);
            state.metadata.retain(|(owner, ..)| *owner != MetadataOwner::Account(*account));
            for channel in &mut state.channels {
                channel.members.retain(|(member, _)| member != account);
            }
        }
        Event::DeviceAdded { device, account, digest, .. } => {
            state.last_device = state.last_device.max(*device);
            state.devices.push((*account, *device, *digest));
        }
        Event::DeviceRevoked { device, .. } => state.devices.retain(|(_, known, _)| known != device),
        Event::BanSet { target, effect, reason, until } => {
            state.bans.retain(|ban| {
                (&ban.target, ban.effect) != (target, *effect) && ban.until.is_none_or(|until| until > record.time)
            });
            state.bans.push(BanState {
                target: target.clone(),
                effect: *effect,
                reason: reason.clone(),
                set_by: record.author.name.clone(),
                set_at: record.time,
                until: *until,
            });
        }
        Event::InvitationMade { digest, note, until } => {
            state.invitations.retain(|known| known.until.is_none_or(|until| until > record.time));
            state.invitations.push(InvitationState {
                seq: record.seq,
                digest: *digest,
                note: note.clone(),
                made_by: record.author.name.clone(),
                made_at: record.time,
                until: *until,
            });
        }
        Event::InvitationRevoked { invitation } => state.invitations.retain(|known| known.seq != *invitation),
        Event::BanLifted { target } => state.bans.retain(|ban| ban.target != *target),
        _ => {}
    }
}

fn set_scram_keys(state: &mut Snapshot, account: AccountId, credentials: &Credentials) {
    state.scram_keys.retain(|(of, _)| *of != account);
    state.scram_keys.extend(credentials.scram.clone().map(|keys| (account, keys)));
}

fn set_metadata(state: &mut Snapshot, record: &Record) {
    let Event::MetadataSet { key, value } = &record.event else { return };
    let owner = record.metadata_owner().unwrap();
    state.metadata.retain(|(known, name, _)| (*known, name) != (owner, key));
    state.metadata.extend(value.clone().map(|value| (owner, key.clone(), value)));
}

fn of(state: &mut Snapshot, account: AccountId) -> &mut AccountState {
    state.accounts.iter_mut().find(|known| known.id == account).unwrap()
}

fn apply_to_channel(channel: &mut ChannelState, record: &Record) {
    channel.last_seq = record.seq;
    match &record.event {
        Event::Joined { rank } => channel.members.push((record.author.account.unwrap(), *rank)),
        Event::ChannelRenamed { name, .. } => channel.name = name.clone(),
        Event::FounderChanged { account, .. } => channel.founder = Some(*account),
        Event::Parted { .. } => channel.members.retain(|(member, _)| Some(*member) != record.author.account),
        Event::Kicked { account, .. } => channel.members.retain(|(member, _)| Some(*member) != *account),
        Event::TopicSet { topic } => {
            channel.topic = (!topic.is_empty()).then(|| Topic {
                text: topic.clone(),
                set_by: record.author.name.clone(),
                set_at: record.time,
            });
        }
        Event::ModesChanged { modes, ranks, masks, .. } => {
            channel.modes = modes.clone();
            for (account, rank) in ranks {
                if let Some(member) = channel.members.iter_mut().find(|(member, _)| member == account) {
                    member.1 = *rank;
                }
            }
            for (added, letter, mask) in masks {
                channel.masks.retain(|entry| (entry.letter, &entry.mask) != (*letter, mask));
                if *added {
                    channel.masks.push(ListEntry {
                        letter: *letter,
                        mask: mask.clone(),
                        set_by: record.author.name.clone(),
                        set_at: record.time,
                    });
                }
            }
        }
        _ => {}
    }
}

/// Whether a page tells an event.
fn is_shown(event: &StoredEvent, extras: Extras) -> bool {
    match event.what {
        StoredWhat::Privmsg(_) | StoredWhat::Notice(_) => true,
        StoredWhat::Tagmsg => extras.tagged,
        StoredWhat::Redact(..) => extras.redactions,
        _ => extras.events,
    }
}
