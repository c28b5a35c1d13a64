//! The record in memory: what a store does, in a few lines that can be checked by eye. Follows the contract of
//! `chat_tui::store`: state follows the record, pages are full, an idempotency id counts once.

use std::collections::{BTreeMap, BTreeSet};

use chat_tui::chat::event::{
    AccountId, AccountState, AuthorKind, ChannelId, ChannelModes, ChannelState, Credentials, DeviceId, Digest, Event,
    InvitationState, ListEntry, MessageKind, MetadataOwner, Place, Record, Seq, Snapshot, Topic,
};
use chat_tui::chat::ports::{
    Bound, Extras, PageQuery, PageRange, PlaybackQuery, SearchQuery, StoredEvent, StoredWhat, TargetsQuery,
};
use chat_tui::proto::names::{AccountName, ChannelName};
use chat_tui::proto::time::Timestamp;

/// Everything that was committed, and what it adds up to.
#[derive(Default)]
pub struct MemoryRecord {
    records: Vec<Record>,
    snapshot: Snapshot,
    credentials: Vec<(AccountId, Credentials)>,
    devices: Vec<(DeviceId, AccountId, String, Digest, Timestamp)>,
    /// Who is here, or up to which event they were.
    presence: BTreeMap<AccountId, Option<Seq>>,
}

impl MemoryRecord {
    /// An empty record. Like every store it makes the correspondent's account before anything else.
    pub fn new(correspondent: &str) -> Self {
        let mut record = Self::default();
        record.snapshot.last_account = AccountId(1);
        record.snapshot.accounts.push(AccountState {
            id: AccountId(1),
            name: AccountName::new(correspondent).expect("a valid name"),
            registered: Timestamp::default(),
            addresses: Vec::new(),
            suspended: None,
            deleted: false,
            has_joined: false,
        });
        record
    }

    /// Commits one event. Gives back the first one when this one repeats it.
    pub fn commit(&mut self, record: &Record) -> Option<StoredEvent> {
        assert!(record.seq > self.snapshot.last_seq, "{:?} after {:?}", record.seq, self.snapshot.last_seq);
        assert!(record.time >= self.snapshot.last_time, "time goes back at {:?}", record.seq);
        self.snapshot.last_seq = record.seq;
        self.snapshot.last_time = record.time;
        if record.idempotency_id.is_some() {
            let same = |one: &&Record| {
                one.idempotency_id == record.idempotency_id
                    && one.author.account == record.author.account
                    && one.place == record.place
            };
            if let Some(first) = self.records.iter().find(same) {
                return stored(first);
            }
        }
        self.fold(record);
        self.records.push(record.clone());
        None
    }

    /// What all events add up to.
    pub fn load(&self) -> Snapshot {
        let mut snapshot = self.snapshot.clone();
        let seen = |left: &Option<Seq>| left.unwrap_or(snapshot.last_seq);
        let accounts = snapshot.accounts.iter().filter(|account| !account.deleted);
        let keys = accounts.filter_map(|account| Some((account.id, self.credentials(account.id)?.scram.clone()?)));
        snapshot.scram_keys = keys.collect();
        snapshot.devices = self.devices.iter().map(|device| (device.1, device.0, device.3)).collect();
        snapshot.devices.sort_by_key(|(_, device, _)| *device);
        snapshot.absences = self.presence.iter().map(|(account, left)| (*account, seen(left))).collect();
        snapshot
    }

    /// An account is here, or was up to an event.
    pub fn note_presence(&mut self, account: AccountId, left: Option<Seq>) {
        self.presence.insert(account, left);
    }

    /// Everything, in order.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How an account proves itself.
    pub fn credentials(&self, account: AccountId) -> Option<&Credentials> {
        self.credentials.iter().rev().find(|(id, _)| *id == account).map(|(_, credentials)| credentials)
    }

    /// Whose device token has this digest.
    pub fn device(&self, digest: Digest) -> Option<(AccountId, DeviceId)> {
        self.devices.iter().find(|device| device.3 == digest).map(|device| (device.1, device.0))
    }

    /// The devices of an account: number, name, time.
    pub fn devices(&self, account: AccountId) -> Vec<(DeviceId, String, Timestamp)> {
        self.devices
            .iter()
            .filter(|device| device.1 == account)
            .map(|device| (device.0, device.2.clone(), device.4))
            .collect()
    }

    /// A page of history.
    pub fn page(&self, query: PageQuery) -> Vec<StoredEvent> {
        let events: Vec<StoredEvent> = self
            .records
            .iter()
            .filter(|record| record.place == query.place && !self.is_redacted(record))
            .filter_map(stored)
            .filter(|event| is_shown(event, query.extras))
            .collect();
        let before = |event: &StoredEvent, bound: Bound| match bound {
            Bound::Seq(seq) => event.seq < seq,
            Bound::Time(time) => event.time < time,
        };
        let after = |event: &StoredEvent, bound: Bound| match bound {
            Bound::Seq(seq) => event.seq > seq,
            Bound::Time(time) => event.time > time,
        };
        let limit = query.limit as usize;
        let first = |events: Vec<StoredEvent>| events.into_iter().take(limit).collect::<Vec<_>>();
        let last = |mut events: Vec<StoredEvent>| events.split_off(events.len().saturating_sub(limit));
        let only = |keep: &dyn Fn(&StoredEvent) -> bool| events.iter().filter(|event| keep(event)).cloned().collect();
        match query.range {
            PageRange::Before(bound) => last(only(&|event| before(event, bound))),
            PageRange::After(bound) => first(only(&|event| after(event, bound))),
            PageRange::Latest(None) => last(only(&|_| true)),
            PageRange::Latest(Some(bound)) => last(only(&|event| after(event, bound))),
            PageRange::Around(bound) => {
                let earlier: Vec<StoredEvent> = only(&|event| before(event, bound));
                let later: Vec<StoredEvent> = only(&|event| !before(event, bound));
                let from = earlier.len().saturating_sub(limit / 2);
                let mut page = earlier[from..].to_vec();
                page.extend(later.into_iter().take(limit - limit / 2));
                page
            }
            PageRange::Between(from, to) => {
                let between = |low: Bound, high: Bound| only(&|event| after(event, low) && before(event, high));
                if self.number(from) <= self.number(to) { first(between(from, to)) } else { last(between(to, from)) }
            }
        }
    }

    /// The conversations with messages in a span of time, by their latest message before its end.
    pub fn targets(&self, query: &TargetsQuery) -> Vec<(Place, Timestamp)> {
        let mine = |place: Place| match place {
            Place::Direct(one, other) => one == query.account || other == query.account,
            place => query.channels.contains(&place),
        };
        let mut latest: Vec<(Place, Timestamp)> = Vec::new();
        for record in self.records.iter().filter(|record| mine(record.place)) {
            if !matches!(record.event, Event::Message { .. }) || self.is_redacted(record) {
                continue;
            }
            match latest.iter_mut().find(|(place, _)| *place == record.place) {
                Some((_, time)) => *time = record.time,
                None => latest.push((record.place, record.time)),
            }
        }
        latest.retain(|(_, time)| *time > query.after && *time < query.before);
        latest.sort_by_key(|(_, time)| *time);
        latest.truncate(query.limit as usize);
        latest
    }

    /// What was said in several conversations.
    pub fn playback(&self, query: &PlaybackQuery) -> Vec<(Place, Vec<StoredEvent>)> {
        let mut places = query.places.clone();
        for record in self.records.iter().rev().filter(|record| matches!(record.event, Event::Message { .. })) {
            let own = |id: AccountId| Some(id) == query.account;
            let is_own = matches!(record.place, Place::Direct(one, other) if own(one) || own(other));
            if is_own && !places.contains(&record.place) {
                places.push(record.place);
            }
        }
        let (mut pages, mut room) = (Vec::new(), query.limit_in_all);
        for place in places {
            let range = PageRange::Between(query.before, query.after);
            let page = self.page(PageQuery { place, range, limit: query.limit.min(room), extras: Extras::default() });
            room -= page.len() as u32;
            if !page.is_empty() {
                pages.push((place, page));
            }
        }
        pages
    }

    /// The latest messages that match.
    pub fn search(&self, query: &SearchQuery) -> Vec<StoredEvent> {
        let matches = |event: &StoredEvent| {
            let (StoredWhat::Privmsg(text) | StoredWhat::Notice(text)) = &event.what else { return false };
            query.from.as_ref().is_none_or(|from| event.name.to_lowercase() == from.to_lowercase())
                && query.text.as_ref().is_none_or(|wanted| text.to_lowercase().contains(&wanted.to_lowercase()))
                && query.after.is_none_or(|time| event.time >= time)
                && query.before.is_none_or(|time| event.time <= time)
        };
        let is_place = |place: Place| match place {
            Place::Direct(one, other) if query.account.is_some_and(|own| own == one || own == other) => true,
            place => query.places.contains(&place),
        };
        let here = self.records.iter().filter(|record| is_place(record.place) && !self.is_redacted(record));
        let mut found: Vec<_> = here.filter_map(stored).filter(matches).collect();
        let limit = query.limit as usize;
        if query.after.is_some() {
            found.truncate(limit);
            return found;
        }
        found.split_off(found.len().saturating_sub(limit))
    }

    fn is_redacted(&self, record: &Record) -> bool {
        self.records.iter().any(|later| {
            later.place == record.place
                && later.seq > record.seq
                && matches!(later.event, Event::Redacted { seq, .. } if seq == record.seq)
        })
    }

    fn number(&self, bound: Bound) -> Seq {
        match bound {
            Bound::Seq(seq) => seq,
            Bound::Time(time) => {
                let at = self.records.iter().find(|record| record.time >= time);
                at.map_or(Seq(u64::MAX), |record| record.seq)
            }
        }
    }

    fn channel(&mut self, place: Place) -> Option<&mut ChannelState> {
        let Place::Channel(id) = place else { return None };
        self.snapshot.channels.iter_mut().find(|channel| channel.id == id)
    }

    fn account(&mut self, id: AccountId) -> Option<&mut AccountState> {
        self.snapshot.accounts.iter_mut().find(|account| account.id == id)
    }

    fn fold(&mut self, record: &Record) {
        if let Event::ChannelFounded { channel, name, founder } = &record.event {
            self.snapshot.last_channel = self.snapshot.last_channel.max(*channel);
            self.snapshot.channels.push(new_channel(*channel, name, *founder, record));
        }
        if let Some(channel) = self.channel(record.place) {
            channel.last_seq = record.seq;
            fold_channel(channel, record);
        }
        if let (Event::Joined { .. }, Some(joined)) = (&record.event, record.author.account) {
            self.account(joined).into_iter().for_each(|account| account.has_joined = true);
        }
        let snapshot = &mut self.snapshot;
        if let Place::Direct(one, other) = record.place {
            snapshot.directs.retain(|(account, _)| *account != one && *account != other);
            snapshot.directs.extend(BTreeSet::from([one, other]).into_iter().map(|account| (account, record.seq)));
        }
        match &record.event {
            Event::ChannelDropped { .. } => {
                let Place::Channel(id) = record.place else { return };
                snapshot.channels.retain(|channel| channel.id != id);
                snapshot.metadata.retain(|(owner, ..)| *owner != MetadataOwner::Channel(id));
                snapshot.read_markers.retain(|(_, place, _)| *place != record.place);
            }
            Event::MetadataSet { key, value } => {
                let Some(owner) = record.metadata_owner() else { return };
                snapshot.metadata.retain(|(known, name, _)| (*known, name) != (owner, key));
                snapshot.metadata.extend(value.clone().map(|value| (owner, key.clone(), value)));
            }
            Event::MarkedRead { place, until } => {
                let Some(account) = record.author.account else { return };
                snapshot.read_markers.retain(|(reader, known, _)| (*reader, *known) != (account, *place));
                snapshot.read_markers.push((account, *place, *until));
            }
            Event::AccountRegistered { account, name, credentials, address, invitation } => {
                self.snapshot.invitations.retain(|known| Some(known.seq) != *invitation);
                self.snapshot.last_account = self.snapshot.last_account.max(*account);
                self.snapshot.accounts.push(AccountState {
                    id: *account,
                    name: name.clone(),
                    registered: record.time,
                    addresses: address.iter().cloned().collect(),
                    suspended: None,
                    deleted: false,
                    has_joined: false,
                });
                self.credentials.push((*account, (**credentials).clone()));
            }
            Event::PasswordChanged { account, credentials } => {
                self.credentials.push((*account, (**credentials).clone()))
            }
            Event::AddressAllowed { account, address } => {
                let address = address.clone();
                self.account(*account).into_iter().for_each(|account| account.addresses.push(address.clone()));
            }
            Event::AccountSuspended { account, reason } => {
                let reason = reason.clone();
                self.account(*account).into_iter().for_each(|account| account.suspended = Some(reason.clone()));
            }
            Event::AccountResumed { account } => {
                self.account(*account).into_iter().for_each(|account| account.suspended = None);
            }
            Event::AccountDeleted { account } => {
                let gone = *account;
                self.account(gone).into_iter().for_each(|account| account.deleted = true);
                self.snapshot.read_markers.retain(|(reader, ..)| *reader != gone);
                self.snapshot.metadata.retain(|(owner, ..)| *owner != MetadataOwner::Account(gone));
                self.credentials.retain(|(id, _)| *id != gone);
                self.devices.retain(|device| device.1 != gone);
                for channel in &mut self.snapshot.channels {
                    channel.members.retain(|(id, _)| *id != gone);
                }
            }
            Event::InvitationMade { digest, note, until } => {
                self.snapshot.invitations.retain(|known| known.is_open(record.time));
                self.snapshot.invitations.push(InvitationState {
                    seq: record.seq,
                    digest: *digest,
                    note: note.clone(),
                    made_by: record.author.name.clone(),
                    made_at: record.time,
                    until: *until,
                });
            }
            Event::InvitationRevoked { invitation } => {
                self.snapshot.invitations.retain(|known| known.seq != *invitation);
            }
            Event::DeviceAdded { device, account, name, digest } => {
                self.snapshot.last_device = self.snapshot.last_device.max(*device);
                self.devices.push((*device, *account, name.clone(), *digest, record.time));
            }
            Event::DeviceRevoked { device, .. } => self.devices.retain(|known| known.0 != *device),
            _ => {}
        }
    }
}

fn new_channel(id: ChannelId, name: &ChannelName, founder: Option<AccountId>, record: &Record) -> ChannelState {
    ChannelState {
        id,
        name: name.clone(),
        founded: record.time,
        founder,
        topic: None,
        modes: ChannelModes::default(),
        members: Vec::new(),
        masks: Vec::new(),
        last_seq: record.seq,
    }
}

fn fold_channel(channel: &mut ChannelState, record: &Record) {
    match &record.event {
        Event::Joined { rank } => {
            if let Some(account) = record.author.account {
                channel.members.retain(|(id, _)| *id != account);
                channel.members.push((account, *rank));
            }
        }
        Event::ChannelRenamed { name, .. } => channel.name = name.clone(),
        Event::FounderChanged { account, .. } => channel.founder = Some(*account),
        Event::Parted { .. } => channel.members.retain(|(id, _)| Some(*id) != record.author.account),
        Event::Kicked { account, .. } => channel.members.retain(|(id, _)| Some(*id) != *account),
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
                channel.members.iter_mut().filter(|(id, _)| id == account).for_each(|member| member.1 = *rank);
            }
            for (added, letter, mask) in masks {
                channel.masks.retain(|entry| entry.letter != *letter || entry.mask != *mask);
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

/// A record as history gives it back; nothing for what history does not tell.
fn stored(record: &Record) -> Option<StoredEvent> {
    let what = match &record.event {
        Event::Message { kind: MessageKind::Privmsg, text } => StoredWhat::Privmsg(text.clone()),
        Event::Message { kind: MessageKind::Notice, text } => StoredWhat::Notice(text.clone()),
        Event::TopicSet { topic } => StoredWhat::Topic(topic.clone()),
        Event::Joined { .. } => StoredWhat::Join,
        Event::Parted { reason } => StoredWhat::Part(reason.clone()),
        Event::Kicked { nick, reason, .. } => StoredWhat::Kick(nick.clone(), reason.clone()),
        Event::ModesChanged { text, .. } => StoredWhat::Mode(text.clone()),
        Event::Tagged => StoredWhat::Tagmsg,
        Event::Redacted { seq, reason } => StoredWhat::Redact(*seq, reason.clone()),
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

/// Whether a page tells an event.
fn is_shown(event: &StoredEvent, extras: Extras) -> bool {
    match event.what {
        StoredWhat::Privmsg(_) | StoredWhat::Notice(_) => true,
        StoredWhat::Tagmsg => extras.tagged,
        StoredWhat::Redact(..) => extras.redactions,
        _ => extras.events,
    }
}
