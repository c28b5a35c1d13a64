//! What is durable: the events that the record holds, and the state that they add up to.
//!
//! An [`Event`] is plain data that can cross a wire. The hub numbers it, the journal commits it, the store writes it down
//! together with what it changes, and only then anybody is told. What is ephemeral (typing, presence, queries) never
//! becomes an event. It can be written down as it is (serde), for whoever has to keep it before the store can.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::proto::names::{AccountName, ChannelName};
use crate::proto::sasl::ScramKeys;
use crate::proto::time::Timestamp;

macro_rules! number_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}{}", stringify!($name), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }
    };
}

number_type! {
    /// The number of an event: one order for the whole server, from 1 on, never reused once anybody was told.
    Seq
}
number_type! {
    /// An account's number, from 1 on, never reused.
    AccountId
}
number_type! {
    /// A channel's number, from 1 on, never reused.
    ChannelId
}
number_type! {
    /// A device token's number, from 1 on, never reused.
    DeviceId
}

impl Seq {
    /// The number behind this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// One event with everything that the record says about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its place in the one order.
    pub seq: Seq,
    /// When the hub judged it. Never decreases along `seq`.
    pub time: Timestamp,
    /// Who caused it, from where.
    pub author: Author,
    /// Whose history it belongs to.
    pub place: Place,
    /// The target as people read it: the channel's or the correspondent's name; empty when there is none.
    pub target: String,
    /// The author's idempotency id (`+chat-tui/id`), at most 64 bytes.
    pub idempotency_id: Option<String>,
    /// The client-only tags that last as long as the event does (replies, reactions), as they go over the wire.
    pub tags: String,
    /// What happened.
    pub event: Event,
}

/// What kind of person or thing an author is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum AuthorKind {
    /// A person with an account.
    Account,
    /// A connection without one, where guests are allowed.
    Guest,
    /// The correspondent `serveur`: an operator wrote it.
    Server,
    /// Nobody: the server's own doing, or a command line without a server.
    System,
}

/// Who caused an event, from where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// What kind of author.
    pub kind: AuthorKind,
    /// The account, the correspondent's for what is sent as the server; none for guests and for the system.
    pub account: Option<AccountId>,
    /// The name at that time.
    pub name: String,
    /// Who sat at the console, when it was sent as the server (`uid:1000`); the operator's name, when it was done with an
    /// operator's rights (`oper:ann`).
    pub operator: Option<String>,
    /// The session's address as text; `127.0.0.1` for a Unix socket; empty for the system.
    pub address: String,
    /// The session's port; 0 for a Unix socket and for the system.
    pub port: u16,
}

/// Whose history an event belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// A channel's.
    Channel(ChannelId),
    /// Two people's. Made by [`Place::direct`], so that both orders are one place.
    Direct(AccountId, AccountId),
    /// A direct message to or from a guest, or one to a part of a channel (`@#tea`): in the record, in nobody's history.
    Unlisted,
    /// The server's own: registrations, operators' acts.
    Server,
}

impl Place {
    /// The conversation of two accounts, the lower number first. The correspondent has an account too, made by the store.
    pub fn direct(one: AccountId, other: AccountId) -> Self {
        Self::Direct(one.min(other), one.max(other))
    }
}

/// How a message was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MessageKind {
    /// `PRIVMSG`.
    Privmsg,
    /// `NOTICE`.
    Notice,
}

impl MessageKind {
    /// The command on the wire.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Privmsg => "PRIVMSG",
            Self::Notice => "NOTICE",
        }
    }
}

/// What happened. Each kind says what it changes in the state that the store keeps beside the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A message was sent. Changes nothing else.
    Message {
        /// Which command sent it.
        kind: MessageKind,
        /// The text as sent, CTCP ACTION included.
        text: String,
    },
    /// Tags without a text that last: a reaction or its end (`TAGMSG`). The record's tags are what it says.
    Tagged,
    /// A message was withdrawn: its row stays, marked with this event; history does not show it any more.
    Redacted {
        /// The message's number.
        seq: Seq,
        /// The reason given, or empty.
        reason: String,
    },
    /// A channel was founded (its name is the record's target); the founder's `Joined` follows.
    ChannelFounded {
        /// Its number.
        channel: ChannelId,
        /// Its name.
        name: ChannelName,
        /// Who owns it; none when the server founded it.
        founder: Option<AccountId>,
    },
    /// The author's account became a member.
    Joined {
        /// Its rank from the start.
        rank: Rank,
    },
    /// The author's account is no longer a member.
    Parted {
        /// The reason given, or empty.
        reason: String,
    },
    /// A member was removed by the author.
    Kicked {
        /// Who.
        account: Option<AccountId>,
        /// The nick of whom.
        nick: String,
        /// The reason given, or empty.
        reason: String,
    },
    /// The topic was set, or cleared when empty.
    TopicSet {
        /// The new topic.
        topic: String,
    },
    /// Modes of a channel were changed.
    ModesChanged {
        /// The changes as people read them and as they were told: `+o-v ann bob`.
        text: String,
        /// The state that came out, whole.
        modes: ChannelModes,
        /// Members whose rank changed, with their new one.
        ranks: Vec<(AccountId, Rank)>,
        /// List entries that were added (true) or removed (false): the list's letter and the mask.
        masks: Vec<(bool, char, String)>,
    },
    /// The channel has another name from now on. The record's target is the one before.
    ChannelRenamed {
        /// The new name.
        name: ChannelName,
        /// The reason given, or empty.
        reason: String,
    },
    /// The channel belongs to somebody else from now on. Ranks change by an event of their own.
    FounderChanged {
        /// To whom.
        account: AccountId,
        /// The name of that account.
        name: String,
    },
    /// The channel is gone: nobody is a member any more, and its name (the record's target) is free.
    ChannelDropped {
        /// The reason given, or empty.
        reason: String,
    },
    /// A key of the channel (in a channel's place) or of the author's account was set, or removed.
    MetadataSet {
        /// The key.
        key: String,
        /// Its new value; none when it was removed.
        value: Option<String>,
    },
    /// The author's account has read a conversation up to a moment. Stands in the server's place.
    MarkedRead {
        /// Which conversation.
        place: Place,
        /// Up to when.
        until: Timestamp,
    },
    /// An account was registered. Its name is the record's target.
    AccountRegistered {
        /// Its number.
        account: AccountId,
        /// Its name.
        name: AccountName,
        /// How it proves itself.
        credentials: Box<Credentials>,
        /// The address from which its password is accepted; none when the operator made it.
        address: Option<String>,
        /// The event that made the invitation by which it was registered. It is used up.
        #[serde(default)]
        invitation: Option<Seq>,
    },
    /// Whoever has the code may register one account. The event's own number is the invitation's.
    InvitationMade {
        /// Of the code; see `chat::invitations`.
        digest: Digest,
        /// For whom, or what for; may be empty.
        note: String,
        /// Until when; for ever when none.
        until: Option<Timestamp>,
    },
    /// An invitation that was not used counts no more.
    InvitationRevoked {
        /// The event that made it.
        invitation: Seq,
    },
    /// An account has a new password.
    PasswordChanged {
        /// Whose.
        account: AccountId,
        /// The new ones.
        credentials: Box<Credentials>,
    },
    /// An account's password is accepted from one more address.
    AddressAllowed {
        /// Whose.
        account: AccountId,
        /// The address as it is compared (an IPv6 address stands for its /64).
        address: String,
    },
    /// An account may not log in any more.
    AccountSuspended {
        /// Whose.
        account: AccountId,
        /// The reason given, or empty.
        reason: String,
    },
    /// A suspended account may log in again.
    AccountResumed {
        /// Whose.
        account: AccountId,
    },
    /// An account is gone for good. Its name stays reserved, its memberships, devices and credentials are removed.
    AccountDeleted {
        /// Whose.
        account: AccountId,
    },
    /// A device token was given out.
    DeviceAdded {
        /// Its number.
        device: DeviceId,
        /// Whose.
        account: AccountId,
        /// What its owner calls it.
        name: String,
        /// SHA-256 of the token.
        digest: Digest,
    },
    /// An operator of the server did something; for KILL the record's target is the victim's nick. Changes nothing else.
    OperatorActed {
        /// What.
        act: OperatorAct,
        /// The account that it was done to.
        account: Option<AccountId>,
        /// The reason or the text.
        text: String,
    },
    /// The author has told the operators about a message. Changes nothing else.
    Reported {
        /// The message's number.
        seq: Seq,
        /// The account that said it.
        account: Option<AccountId>,
        /// The reason given, or empty.
        reason: String,
    },
    /// Somebody is kept out of the server, or quiet on it. One of the same target and effect takes the place of the one before.
    BanSet {
        /// Whom it means: an address, a network, or a mask.
        target: String,
        /// What it does.
        effect: BanEffect,
        /// The reason given, or empty.
        reason: String,
        /// Until when; for ever when none.
        until: Option<Timestamp>,
    },
    /// No ban or mute has this target any more.
    BanLifted {
        /// Whom they meant.
        target: String,
    },
    /// A device token is no longer valid.
    DeviceRevoked {
        /// Its number.
        device: DeviceId,
        /// Whose.
        account: AccountId,
    },
}

/// What a ban of the server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum BanEffect {
    /// Keeps out.
    Out,
    /// Keeps quiet.
    Mute,
}

impl BanEffect {
    const ALL: [(Self, &str, &str); 2] = [(Self::Out, "ban", "ADD"), (Self::Mute, "mute", "MUTE")];

    /// Its word in the record.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(effect, ..)| *effect == self).map_or("", |(_, word, _)| word)
    }

    /// The subcommand that sets it.
    pub fn order(self) -> &'static str {
        Self::ALL.iter().find(|(effect, ..)| *effect == self).map_or("", |(_, _, order)| order)
    }

    /// The effect of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == word).map(|(effect, ..)| *effect)
    }
}

/// A ban of the server as the rules know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BanState {
    /// Whom it means.
    pub target: String,
    /// What it does.
    pub effect: BanEffect,
    /// Why.
    pub reason: String,
    /// The name of who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
    /// Until when; for ever when none.
    pub until: Option<Timestamp>,
}

/// An invitation that was not used, as the rules know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationState {
    /// The event that made it, which is its number.
    pub seq: Seq,
    /// Of its code.
    pub digest: Digest,
    /// For whom, or what for.
    pub note: String,
    /// The name of who made it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// Until when; for ever when none.
    pub until: Option<Timestamp>,
}

/// What an operator of the server did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperatorAct {
    /// Became an operator (OPER).
    Opered,
    /// Laid it down.
    Resigned,
    /// Ended somebody's sessions (KILL).
    Killed,
    /// Had the settings read again (REHASH).
    Rehashed,
    /// Told all who listen (WALLOPS).
    Wallops,
    /// Searched the record (`chat-server log search`).
    Searched,
    /// Wrote out the record or a part of it.
    Exported,
    /// Had rules let go of what is old.
    Retained,
    /// Erased what an account wrote and did.
    Erased,
}

impl OperatorAct {
    /// All of them with their word, as the record and the log have it.
    pub const ALL: [(Self, &str); 9] = [
        (Self::Opered, "oper"),
        (Self::Resigned, "resign"),
        (Self::Killed, "kill"),
        (Self::Rehashed, "rehash"),
        (Self::Wallops, "wallops"),
        (Self::Searched, "search"),
        (Self::Exported, "export"),
        (Self::Retained, "retain"),
        (Self::Erased, "erase"),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(act, _)| *act == self).map_or("", |(_, word)| word)
    }
}

/// A SHA-256 digest. Not a secret by itself, and nothing to print either.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(…)")
    }
}

/// How an account proves itself: what is stored instead of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// An Argon2id PHC string.
    pub argon2: String,
    /// SCRAM-SHA-256 keys; none when the password is not text that SCRAM can carry (adopted from the seed).
    pub scram: Option<ScramKeys>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(…)")
    }
}

/// A member's rank in a channel: a set of prefix modes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Rank(pub u8);

impl Rank {
    /// No prefix.
    pub const MEMBER: Self = Self(0);
    /// The founder (`q`, `~`).
    pub const FOUNDER: Self = Self(1 << 4);

    /// The letters in order of rank, the bits from the highest down.
    pub const LETTERS: [char; 5] = ['q', 'a', 'o', 'h', 'v'];

    /// The bit of a prefix mode's letter; nothing when it is not one.
    pub fn of_letter(letter: char) -> Option<Self> {
        let place = Self::LETTERS.iter().position(|known| *known == letter)?;
        Some(Self(1 << (4 - place)))
    }

    /// The letters of this rank, the highest first: how it is stored.
    pub fn letters(self) -> String {
        Self::LETTERS
            .iter()
            .enumerate()
            .filter(|(place, _)| self.0 & (1 << (4 - place)) != 0)
            .map(|(_, l)| *l)
            .collect()
    }

    /// The rank that these letters are; unknown letters count as nothing.
    pub fn from_letters(letters: &str) -> Self {
        Self(letters.chars().filter_map(Self::of_letter).fold(0, |bits, rank| bits | rank.0))
    }

    /// This rank and that of `other`.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This rank without that of `other`.
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it is at least as high as the rank of one letter.
    pub fn at_least(self, letter: char) -> bool {
        Self::of_letter(letter).is_some_and(|wanted| self.0 >= wanted.0)
    }
}

impl fmt::Debug for Rank {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Rank({})", self.letters())
    }
}

/// A channel's modes without its lists and ranks.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChannelModes {
    /// The letters of the flags that are set, in alphabetical order: `nst`.
    pub flags: String,
    /// The key (`k`).
    pub key: Option<String>,
    /// The limit of members (`l`).
    pub limit: Option<u32>,
    /// Slow mode (`W`): the seconds between two messages of one person.
    #[serde(default)]
    pub slow_seconds: Option<u32>,
}

/// The durable state, as a store loads it when the hub starts: what all events so far add up to.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The last event's number; 0 when there is none.
    pub last_seq: Seq,
    /// The last event's time.
    pub last_time: Timestamp,
    /// The highest account number given out.
    pub last_account: AccountId,
    /// The highest channel number given out.
    pub last_channel: ChannelId,
    /// The highest device number given out.
    pub last_device: DeviceId,
    /// All accounts, deleted ones included.
    pub accounts: Vec<AccountState>,
    /// The keys of SCRAM of those accounts that have some.
    pub scram_keys: Vec<(AccountId, ScramKeys)>,
    /// The valid devices with their digests, oldest first.
    pub devices: Vec<(AccountId, DeviceId, Digest)>,
    /// All channels.
    pub channels: Vec<ChannelState>,
    /// How far accounts have read conversations.
    pub read_markers: Vec<(AccountId, Place, Timestamp)>,
    /// The bans and mutes of the server, oldest first; those that are over may be among them.
    pub bans: Vec<BanState>,
    /// The invitations that were not used, oldest first; those that are over may be among them.
    pub invitations: Vec<InvitationState>,
    /// The keys and values of accounts and channels.
    pub metadata: Vec<(MetadataOwner, String, String)>,
    /// The last event in any direct conversation of each account that has one, by rising number of the account.
    pub directs: Vec<(AccountId, Seq)>,
    /// Up to which event accounts were here; those that never were are not among them.
    pub absences: Vec<(AccountId, Seq)>,
}

/// Whose keys and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MetadataOwner {
    /// An account's.
    Account(AccountId),
    /// A channel's.
    Channel(ChannelId),
}

impl Record {
    /// Whose keys an [`Event::MetadataSet`] changes; nobody's when its author has no account.
    pub fn metadata_owner(&self) -> Option<MetadataOwner> {
        match self.place {
            Place::Channel(channel) => Some(MetadataOwner::Channel(channel)),
            _ => self.author.account.map(MetadataOwner::Account),
        }
    }
}

/// What the rules know of an account, but by what it proves itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// When it was registered.
    pub registered: Timestamp,
    /// The addresses from which its password is accepted, the first being that of the registration.
    pub addresses: Vec<String>,
    /// Why it may not log in, when it may not.
    pub suspended: Option<String>,
    /// Whether it is gone; its name stays reserved.
    pub deleted: bool,
    /// Whether it ever was a member of a channel (any [`Event::Joined`] of it). Until then it joins the automatic
    /// channels at its next log-in; what it left later, it does not join again.
    pub has_joined: bool,
}

/// What the rules know of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState {
    /// Its number.
    pub id: ChannelId,
    /// Its name.
    pub name: ChannelName,
    /// When it was founded.
    pub founded: Timestamp,
    /// Who owns it.
    pub founder: Option<AccountId>,
    /// The topic with who set it and when.
    pub topic: Option<Topic>,
    /// Flags, key and limit.
    pub modes: ChannelModes,
    /// The accounts that are members, with their rank.
    pub members: Vec<(AccountId, Rank)>,
    /// List entries: the list's letter, the mask, who set it and when.
    pub masks: Vec<ListEntry>,
    /// The number of its last event.
    pub last_seq: Seq,
}

/// A channel's topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The text.
    pub text: String,
    /// The nick of who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}

/// An entry of a channel's list (`b`, `e`, `I`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListEntry {
    /// The list's letter.
    pub letter: char,
    /// The mask.
    pub mask: String,
    /// The nick of who set it.
    pub set_by: String,
    /// When.
    pub set_at: Timestamp,
}
