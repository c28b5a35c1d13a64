//! Events into state: the only place that changes what is durable.
//!
//! [`State`] is what a store's snapshot and all events since add up to. Handlers read it, [`World::append`] hands each new
//! record to [`State::apply`], and nobody else writes to it. Members without an account (guests, operators) are no part of
//! it: they live in the [`World`].
//!
//! [`World`]: super::world::World
//! [`World::append`]: super::world::World::append

use std::collections::{BTreeMap, HashMap};

use smallvec::SmallVec;

use super::bans::Ban;
use super::event::{
    AccountId, AccountState, BanState, ChannelId, ChannelModes, ChannelState, DeviceId, Digest, Event, InvitationState,
    ListEntry, MetadataOwner, Place, Rank, Record, Seq, Snapshot, Topic,
};
use super::lookalikes::Lookalikes;
use super::numbers::NumberMap;
use super::proofs::Proofs;
use crate::proto::mask::Mask;
use crate::proto::names::{ChannelName, Folded};
use crate::proto::time::Timestamp;

/// An account with what is looked up by it.
#[derive(Debug)]
pub(crate) struct Account {
    /// What the store keeps of it.
    pub state: AccountState,
    /// The channels that it is a member of, by rising number: few, for which no tree is allocated.
    pub channels: SmallVec<[ChannelId; 2]>,
    /// The last event about the account itself.
    pub last_seq: Seq,
    /// By what it proves itself.
    pub proofs: Proofs,
}

impl Account {
    fn enter(&mut self, channel: ChannelId) {
        if let Err(place) = self.channels.binary_search(&channel) {
            self.channels.insert(place, channel);
        }
    }

    fn leave(&mut self, channel: ChannelId) {
        if let Ok(place) = self.channels.binary_search(&channel) {
            self.channels.remove(place);
        }
    }
}

/// A channel.
#[derive(Debug)]
pub(crate) struct Channel {
    /// Its number.
    pub id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// When it was founded.
    pub founded: Timestamp,
    /// Who owns it.
    pub founder: Option<AccountId>,
    /// The topic, when one is set.
    pub topic: Option<Topic>,
    /// Flags, key and limit.
    pub modes: ChannelModes,
    /// The accounts that are members, online or not, with their rank.
    pub members: BTreeMap<AccountId, Rank>,
    /// The entries of its lists, oldest first.
    pub masks: Vec<Entry>,
    /// Its last event.
    pub last_seq: Seq,
}

/// An entry of a channel's list with its mask read: it is compared with whoever joins and speaks.
#[derive(Debug)]
pub(crate) struct Entry {
    /// What the store keeps of it.
    pub state: ListEntry,
    /// The mask; none when it is one that only an older version knew, which means nobody.
    pub mask: Option<Mask>,
}

impl Entry {
    /// Reads an entry.
    pub fn new(state: ListEntry) -> Self {
        let mask = Mask::parse(&state.mask).ok();
        Self { state, mask }
    }
}

impl Channel {
    /// Whether a flag is set.
    pub fn has_flag(&self, letter: char) -> bool {
        self.modes.flags.contains(letter)
    }
}

impl Channel {
    fn snapshot(&self) -> ChannelState {
        ChannelState {
            id: self.id,
            name: self.name.clone(),
            founded: self.founded,
            founder: self.founder,
            topic: self.topic.clone(),
            modes: self.modes.clone(),
            members: self.members.iter().map(|(account, rank)| (*account, *rank)).collect(),
            masks: self.masks.iter().map(|entry| entry.state.clone()).collect(),
            last_seq: self.last_seq,
        }
    }
}

/// The keys and values of an account, a channel or a guest, in the order of the keys.
pub(crate) type Metadata = BTreeMap<String, String>;

/// What is durable, in memory.
#[derive(Debug, Default)]
pub(crate) struct State {
    accounts: NumberMap<AccountId, Account>,
    account_names: HashMap<Folded, AccountId>,
    account_looks: Lookalikes,
    channels: NumberMap<ChannelId, Channel>,
    channel_names: BTreeMap<Folded, ChannelId>,
    read_markers: HashMap<(AccountId, Place), Timestamp>,
    metadata: HashMap<MetadataOwner, Metadata>,
    /// The last event in any direct conversation of each account that has one.
    directs: NumberMap<AccountId, Seq>,
    bans: Vec<Ban>,
    invitations: Vec<InvitationState>,
    /// The last event's number.
    pub last_seq: Seq,
    /// The last event's time.
    pub last_time: Timestamp,
    last_account: AccountId,
    last_channel: ChannelId,
    last_device: DeviceId,
    /// The devices that were added since the server started, by their digests.
    new_devices: HashMap<Digest, DeviceId>,
}

impl State {
    /// The state that a store has loaded.
    pub fn new(snapshot: Snapshot) -> Self {
        let mut state = Self {
            last_seq: snapshot.last_seq,
            last_time: snapshot.last_time,
            last_account: snapshot.last_account,
            last_channel: snapshot.last_channel,
            last_device: snapshot.last_device,
            ..Self::default()
        };
        for account in snapshot.accounts {
            state.add_account(account, Seq(0));
        }
        for (account, keys) in snapshot.scram_keys {
            state.change_proofs(account, |proofs| proofs.scram = Some(Box::new(keys)));
        }
        for (account, device, digest) in snapshot.devices {
            state.change_proofs(account, |proofs| proofs.add_device(device, digest));
        }
        for channel in snapshot.channels {
            state.add_channel(channel);
        }
        for (account, place, until) in snapshot.read_markers {
            state.read_markers.insert((account, place), until);
        }
        state.directs = snapshot.directs.into_iter().collect();
        state.invitations = snapshot.invitations;
        state.bans = snapshot.bans.into_iter().map(|ban| Ban::new(ban, Seq(0))).collect();
        for (owner, key, value) in snapshot.metadata {
            state.metadata.entry(owner).or_default().insert(key, value);
        }
        state
    }

    /// The state as a store would load it: what [`State::new`] was given, and all events since. Lists are sorted.
    pub fn snapshot(&self) -> Snapshot {
        let mut channels: Vec<ChannelState> = self.channels.values().map(Channel::snapshot).collect();
        channels.sort_unstable_by_key(|channel| channel.id);
        let mut read_markers: Vec<_> =
            self.read_markers.iter().map(|((account, place), until)| (*account, *place, *until)).collect();
        read_markers.sort_unstable();
        let of_owner = |(owner, keys): (&MetadataOwner, &Metadata)| {
            let owner = *owner;
            keys.iter().map(move |(key, value)| (owner, key.clone(), value.clone())).collect::<Vec<_>>()
        };
        let mut metadata: Vec<_> = self.metadata.iter().flat_map(of_owner).collect();
        metadata.sort_unstable();
        let mut directs: Vec<_> = self.directs.iter().map(|(account, seq)| (*account, *seq)).collect();
        directs.sort_unstable();
        let accounts = self.accounts();
        let scram_keys = accounts.iter().filter_map(|account| Some((account.state.id, *account.proofs.scram.clone()?)));
        let devices = accounts.iter().flat_map(|account| {
            account.proofs.devices().iter().map(|(device, digest)| (account.state.id, *device, *digest))
        });
        let mut devices: Vec<_> = devices.collect();
        devices.sort_unstable_by_key(|(_, device, _)| *device);
        Snapshot {
            scram_keys: scram_keys.collect(),
            devices,
            last_seq: self.last_seq,
            last_time: self.last_time,
            last_account: self.last_account,
            last_channel: self.last_channel,
            last_device: self.last_device,
            accounts: accounts.iter().map(|account| account.state.clone()).collect(),
            channels,
            read_markers,
            invitations: self.invitations.clone(),
            bans: self.bans.iter().map(|ban| ban.state.clone()).collect(),
            metadata,
            directs,
            absences: Vec::new(),
        }
    }

    /// An account by its number, deleted ones included.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }

    /// An account by its name, deleted ones included: their names stay reserved.
    pub fn account_named(&self, name: &Folded) -> Option<&Account> {
        self.accounts.get(self.account_names.get(name)?)
    }

    /// The accounts, deleted ones included, whose names a name looks like without being theirs.
    pub fn accounts_that_look_like(&self, name: &Folded) -> impl Iterator<Item = &Account> {
        self.account_looks.of(name).filter_map(|known| self.account_named(known))
    }

    /// All accounts by rising number, deleted ones included.
    pub fn accounts(&self) -> Vec<&Account> {
        let mut accounts: Vec<_> = self.accounts.values().collect();
        accounts.sort_unstable_by_key(|account| account.state.id);
        accounts
    }

    /// A channel by its number.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.get(&id)
    }

    /// A channel by its name.
    pub fn channel_named(&self, name: &Folded) -> Option<&Channel> {
        self.channels.get(self.channel_names.get(name)?)
    }

    /// All channels, in the order of their folded names.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.channel_names.values().filter_map(|id| self.channels.get(id))
    }

    /// How far an account has read a conversation.
    pub fn read_marker(&self, account: AccountId, place: Place) -> Option<Timestamp> {
        self.read_markers.get(&(account, place)).copied()
    }

    /// The last event in any direct conversation of an account; 0 when there is none.
    pub fn last_direct(&self, account: AccountId) -> Seq {
        self.directs.get(&account).copied().unwrap_or_default()
    }

    /// The keys and values of an account or a channel; nothing when there are none.
    pub fn metadata(&self, owner: MetadataOwner) -> Option<&Metadata> {
        self.metadata.get(&owner)
    }

    /// The bans and mutes of the server, oldest first; those that are over may be among them.
    pub fn bans(&self) -> &[Ban] {
        &self.bans
    }

    /// The invitations that were not used, oldest first; those that are over may be among them.
    pub fn invitations(&self) -> &[InvitationState] {
        &self.invitations
    }

    /// How many channels there are.
    pub fn channel_count(&self) -> usize {
        self.channels.len()
    }

    /// How many accounts are not deleted.
    pub fn living_account_count(&self) -> usize {
        self.accounts.values().filter(|account| !account.state.deleted).count()
    }

    /// The number for a new account.
    pub fn next_account(&self) -> AccountId {
        AccountId(self.last_account.0 + 1)
    }

    /// The number for a new channel.
    pub fn next_channel(&self) -> ChannelId {
        ChannelId(self.last_channel.0 + 1)
    }

    /// Whether a device with this digest was added since the server started, and was not revoked.
    pub fn is_device_of_today(&self, digest: &Digest) -> bool {
        self.new_devices.contains_key(digest)
    }

    /// The number for a new device token.
    pub fn next_device(&self) -> DeviceId {
        DeviceId(self.last_device.0 + 1)
    }

    /// Takes in one event. An event about an account or a channel that is not there changes nothing.
    pub fn apply(&mut self, record: &Record) {
        self.last_seq = record.seq;
        self.last_time = record.time;
        match record.place {
            Place::Channel(id) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.last_seq = record.seq;
                }
            }
            Place::Direct(one, other) => {
                self.directs.insert(one, record.seq);
                self.directs.insert(other, record.seq);
            }
            Place::Server | Place::Unlisted => {}
        }
        match &record.event {
            Event::Message { .. }
            | Event::Tagged
            | Event::Redacted { .. }
            | Event::OperatorActed { .. }
            | Event::Reported { .. } => {}
            Event::BanSet { target, effect, reason, until } => {
                self.bans.retain(|ban| {
                    let is_same = ban.state.target == *target && ban.state.effect == *effect;
                    !is_same && ban.is_in_force(record.time)
                });
                let state = BanState {
                    target: target.clone(),
                    effect: *effect,
                    reason: reason.clone(),
                    set_by: record.author.name.clone(),
                    set_at: record.time,
                    until: *until,
                };
                self.bans.push(Ban::new(state, record.seq));
            }
            Event::InvitationMade { digest, note, until } => {
                self.invitations.retain(|known| known.is_open(record.time));
                self.invitations.push(InvitationState {
                    seq: record.seq,
                    digest: *digest,
                    note: note.clone(),
                    made_by: record.author.name.clone(),
                    made_at: record.time,
                    until: *until,
                });
            }
            Event::InvitationRevoked { invitation } => self.invitations.retain(|known| known.seq != *invitation),
            Event::BanLifted { target } => self.bans.retain(|ban| ban.state.target != *target),
            Event::MetadataSet { key, value } => {
                let Some(owner) = record.metadata_owner() else { return };
                if let MetadataOwner::Account(account) = owner {
                    self.change_account(account, record.seq, |_| {});
                }
                self.set_metadata(owner, key, value.as_deref());
            }
            Event::MarkedRead { place, until } => {
                let Some(account) = record.author.account else { return };
                self.change_account(account, record.seq, |_| {});
                self.read_markers.insert((account, *place), *until);
            }
            Event::ChannelRenamed { .. }
            | Event::ChannelDropped { .. }
            | Event::FounderChanged { .. }
            | Event::ChannelFounded { .. }
            | Event::Joined { .. }
            | Event::Parted { .. }
            | Event::Kicked { .. }
            | Event::TopicSet { .. }
            | Event::ModesChanged { .. } => self.apply_to_channel(record),
            Event::AccountRegistered { account, name, credentials, address, invitation } => {
                self.invitations.retain(|known| Some(known.seq) != *invitation);
                let state = AccountState {
                    id: *account,
                    name: name.clone(),
                    registered: record.time,
                    addresses: address.iter().cloned().collect(),
                    suspended: None,
                    deleted: false,
                    has_joined: false,
                };
                self.last_account = self.last_account.max(*account);
                self.add_account(state, record.seq);
                self.change_proofs(*account, |proofs| proofs.scram = credentials.scram.clone().map(Box::new));
            }
            Event::PasswordChanged { account, credentials } => {
                self.change_account(*account, record.seq, |_| {});
                self.change_proofs(*account, |proofs| {
                    proofs.changed_seq = record.seq;
                    proofs.scram = credentials.scram.clone().map(Box::new);
                });
            }
            Event::AddressAllowed { account, address } => self.change_account(*account, record.seq, |state| {
                if !state.addresses.contains(address) {
                    state.addresses.push(address.clone());
                }
            }),
            Event::AccountSuspended { account, reason } => {
                self.change_account(*account, record.seq, |state| state.suspended = Some(reason.clone()));
            }
            Event::AccountResumed { account } => {
                self.change_account(*account, record.seq, |state| state.suspended = None);
            }
            Event::AccountDeleted { account } => self.delete_account(*account, record.seq),
            Event::DeviceAdded { device, account, digest, .. } => {
                self.last_device = self.last_device.max(*device);
                self.new_devices.insert(*digest, *device);
                self.change_account(*account, record.seq, |_| {});
                self.change_proofs(*account, |proofs| proofs.add_device(*device, *digest));
            }
            Event::DeviceRevoked { device, account } => {
                self.new_devices.retain(|_, known| known != device);
                self.change_account(*account, record.seq, |_| {});
                self.change_proofs(*account, |proofs| {
                    proofs.changed_seq = record.seq;
                    proofs.revoke_device(*device);
                });
            }
        }
    }

    fn apply_to_channel(&mut self, record: &Record) {
        let Place::Channel(place) = record.place else { return };
        match &record.event {
            Event::ChannelFounded { channel, name, founder } => {
                self.last_channel = self.last_channel.max(*channel);
                self.add_channel(ChannelState {
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
            Event::ChannelRenamed { name, .. } => {
                let Some(channel) = self.channels.get_mut(&place) else { return };
                self.channel_names.remove(channel.name.folded());
                self.channel_names.insert(name.folded().clone(), place);
                channel.name = name.clone();
            }
            Event::FounderChanged { account, .. } => {
                let Some(channel) = self.channels.get_mut(&place) else { return };
                channel.founder = Some(*account);
            }
            Event::ChannelDropped { .. } => self.drop_channel(place),
            Event::Joined { rank } => {
                let Some(account) = record.author.account else { return };
                let (Some(channel), Some(member)) = (self.channels.get_mut(&place), self.accounts.get_mut(&account))
                else {
                    return;
                };
                channel.members.insert(account, *rank);
                member.enter(place);
                member.state.has_joined = true;
            }
            Event::Parted { .. } => self.remove_member(place, record.author.account),
            Event::Kicked { account, .. } => self.remove_member(place, *account),
            Event::TopicSet { topic } => {
                let Some(channel) = self.channels.get_mut(&place) else { return };
                channel.topic = (!topic.is_empty()).then(|| Topic {
                    text: topic.clone(),
                    set_by: record.author.name.clone(),
                    set_at: record.time,
                });
            }
            Event::ModesChanged { modes, ranks, masks, .. } => {
                let Some(channel) = self.channels.get_mut(&place) else { return };
                channel.modes = modes.clone();
                for (account, rank) in ranks {
                    if let Some(member) = channel.members.get_mut(account) {
                        *member = *rank;
                    }
                }
                for (added, letter, mask) in masks {
                    channel.masks.retain(|entry| entry.state.letter != *letter || entry.state.mask != *mask);
                    if *added {
                        channel.masks.push(Entry::new(ListEntry {
                            letter: *letter,
                            mask: mask.clone(),
                            set_by: record.author.name.clone(),
                            set_at: record.time,
                        }));
                    }
                }
            }
            _ => {}
        }
    }

    fn set_metadata(&mut self, owner: MetadataOwner, key: &str, value: Option<&str>) {
        let metadata = self.metadata.entry(owner).or_default();
        match value {
            Some(value) => {
                metadata.insert(key.to_owned(), value.to_owned());
            }
            None => {
                metadata.remove(key);
            }
        }
        if metadata.is_empty() {
            self.metadata.remove(&owner);
        }
    }

    fn add_account(&mut self, state: AccountState, last_seq: Seq) {
        self.account_looks.add(state.name.folded());
        self.account_names.insert(state.name.folded().clone(), state.id);
        let proofs = Proofs::none(last_seq);
        self.accounts.insert(state.id, Account { state, channels: SmallVec::new(), last_seq, proofs });
    }

    fn add_channel(&mut self, state: ChannelState) {
        for (account, _) in &state.members {
            if let Some(account) = self.accounts.get_mut(account) {
                account.enter(state.id);
            }
        }
        self.channel_names.insert(state.name.folded().clone(), state.id);
        let channel = Channel {
            id: state.id,
            name: state.name,
            founded: state.founded,
            founder: state.founder,
            topic: state.topic,
            modes: state.modes,
            members: state.members.into_iter().collect(),
            masks: state.masks.into_iter().map(Entry::new).collect(),
            last_seq: state.last_seq,
        };
        self.channels.insert(channel.id, channel);
    }

    fn drop_channel(&mut self, id: ChannelId) {
        let Some(channel) = self.channels.remove(&id) else { return };
        self.channel_names.remove(channel.name.folded());
        self.metadata.remove(&MetadataOwner::Channel(id));
        self.read_markers.retain(|(_, place), _| *place != Place::Channel(id));
        for account in channel.members.keys() {
            if let Some(account) = self.accounts.get_mut(account) {
                account.leave(id);
            }
        }
    }

    fn change_account(&mut self, id: AccountId, seq: Seq, change: impl FnOnce(&mut AccountState)) {
        if let Some(account) = self.accounts.get_mut(&id) {
            account.last_seq = seq;
            change(&mut account.state);
        }
    }

    /// Changes by what an account proves itself, unless it is gone for good.
    fn change_proofs(&mut self, id: AccountId, change: impl FnOnce(&mut Proofs)) {
        if let Some(account) = self.accounts.get_mut(&id).filter(|account| !account.state.deleted) {
            change(&mut account.proofs);
        }
    }

    fn delete_account(&mut self, id: AccountId, seq: Seq) {
        let Some(account) = self.accounts.get_mut(&id) else { return };
        account.last_seq = seq;
        account.state.deleted = true;
        account.state.addresses.clear();
        account.proofs = Proofs::none(seq);
        self.metadata.remove(&MetadataOwner::Account(id));
        self.read_markers.retain(|(reader, _), _| *reader != id);
        for channel in std::mem::take(&mut account.channels) {
            if let Some(channel) = self.channels.get_mut(&channel) {
                channel.members.remove(&id);
                channel.last_seq = seq;
            }
        }
    }

    fn remove_member(&mut self, place: ChannelId, account: Option<AccountId>) {
        let Some(account) = account else { return };
        if let Some(channel) = self.channels.get_mut(&place) {
            channel.members.remove(&account);
        }
        if let Some(account) = self.accounts.get_mut(&account) {
            account.leave(place);
        }
    }
}
