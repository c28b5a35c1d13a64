//! An event as a row of the table `event`, and back as history tells it.

use super::StoreError;
use super::chain::{Facts, Field, Link};
use super::value::{Row, Value, values};
use crate::chat::event::{AccountId, AuthorKind, Event, MessageKind, Record, Seq};
use crate::chat::ports::{Extras, StoredEvent, StoredWhat};
use crate::proto::time::Timestamp;

/// What kind of event a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A `PRIVMSG`.
    Privmsg,
    /// A `NOTICE`.
    Notice,
    /// A channel was founded.
    ChannelFounded,
    /// A `TAGMSG`.
    Tagged,
    /// A redaction.
    Redacted,
    /// A channel's new name.
    ChannelRenamed,
    /// A key that was set or removed.
    MetadataSet,
    /// A conversation was read.
    MarkedRead,
    /// A join.
    Joined,
    /// A part.
    Parted,
    /// A kick.
    Kicked,
    /// A topic.
    TopicSet,
    /// A change of modes.
    ModesChanged,
    /// A registration.
    AccountRegistered,
    /// A new password.
    PasswordChanged,
    /// One more address.
    AddressAllowed,
    /// A suspension.
    AccountSuspended,
    /// The end of one.
    AccountResumed,
    /// A channel's new owner.
    FounderChanged,
    /// The end of a channel.
    ChannelDropped,
    /// A deletion.
    AccountDeleted,
    /// An act of an operator of the server.
    OperatorActed,
    /// A message that was reported to the operators.
    Reported,
    /// A device token.
    DeviceAdded,
    /// The end of one.
    DeviceRevoked,
    /// A ban or mute of the server.
    BanSet,
    /// The end of one.
    BanLifted,
    /// An invitation to register.
    InvitationMade,
    /// The end of one that was not used.
    InvitationRevoked,
}

/// Every kind with its word in the column `kind`.
const KINDS: &[(Kind, &str)] = &[
    (Kind::Privmsg, "privmsg"),
    (Kind::Notice, "notice"),
    (Kind::ChannelFounded, "channel_founded"),
    (Kind::Tagged, "tagged"),
    (Kind::Redacted, "redacted"),
    (Kind::ChannelRenamed, "channel_renamed"),
    (Kind::FounderChanged, "founder_changed"),
    (Kind::ChannelDropped, "channel_dropped"),
    (Kind::MetadataSet, "metadata_set"),
    (Kind::MarkedRead, "marked_read"),
    (Kind::Joined, "joined"),
    (Kind::Parted, "parted"),
    (Kind::Kicked, "kicked"),
    (Kind::TopicSet, "topic_set"),
    (Kind::ModesChanged, "modes_changed"),
    (Kind::AccountRegistered, "account_registered"),
    (Kind::PasswordChanged, "password_changed"),
    (Kind::AddressAllowed, "address_allowed"),
    (Kind::AccountSuspended, "account_suspended"),
    (Kind::AccountResumed, "account_resumed"),
    (Kind::AccountDeleted, "account_deleted"),
    (Kind::OperatorActed, "operator_acted"),
    (Kind::Reported, "reported"),
    (Kind::DeviceAdded, "device_added"),
    (Kind::DeviceRevoked, "device_revoked"),
    (Kind::BanSet, "ban_set"),
    (Kind::BanLifted, "ban_lifted"),
    (Kind::InvitationMade, "invitation_made"),
    (Kind::InvitationRevoked, "invitation_revoked"),
];

/// The kinds that are messages, as a list in SQL.
pub const MESSAGE_KINDS: &str = "('privmsg', 'notice')";

/// The kinds that a page shows, as a list in SQL.
pub fn page_kinds(extras: Extras) -> String {
    let mut kinds = "('privmsg', 'notice'".to_owned();
    for (is_shown, more) in [
        (extras.events, ", 'joined', 'parted', 'kicked', 'topic_set', 'modes_changed'"),
        (extras.tagged, ", 'tagged'"),
        (extras.redactions, ", 'redacted'"),
    ] {
        kinds.push_str(if is_shown { more } else { "" });
    }
    kinds + ")"
}

impl Kind {
    /// Its word in the table.
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    fn of_word(word: &str) -> Result<Self, StoreError> {
        let known = KINDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind);
        known.ok_or_else(|| StoreError::Rejected(format!("the record holds an event of the unknown kind {word:?}")))
    }
}

const AUTHOR_KINDS: &[(AuthorKind, &str)] = &[
    (AuthorKind::Account, "account"),
    (AuthorKind::Guest, "guest"),
    (AuthorKind::Server, "server"),
    (AuthorKind::System, "system"),
];

/// The columns of an event, in the order in which [`EventRow`] reads and writes them.
pub const EVENT_COLUMNS: &str = "seq, conversation_id, time, kind, author_kind, account_id, author_name, operator, \
    address, port, target, text, subject, subject_account_id, subject_device_id, idempotency_id, tags, subject_seq";
/// The columns behind them, in the order in which [`Link`] is read and written. The salt may be gone.
pub const LINK_COLUMNS: &str = "salt, digest, chain";

/// One row of the table `event`, without its link in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its number.
    pub seq: Seq,
    /// Its conversation's number.
    pub conversation: u64,
    /// Its time.
    pub time: Timestamp,
    /// Its kind.
    pub kind: Kind,
    author_kind: AuthorKind,
    account: Option<AccountId>,
    author_name: String,
    operator: Option<String>,
    address: String,
    port: u16,
    target: String,
    text: String,
    subject: Option<String>,
    subject_account: Option<u64>,
    subject_device: Option<u64>,
    idempotency_id: Option<String>,
    tags: Option<String>,
    subject_seq: Option<u64>,
}

/// What of an event goes into columns of its own.
#[derive(Default)]
struct Detail<'a> {
    text: &'a str,
    subject: Option<String>,
    account: Option<AccountId>,
    device: Option<u64>,
    seq: Option<u64>,
}

impl Detail<'_> {
    fn of(event: &Event) -> (Kind, Detail<'_>) {
        let none = Detail::default;
        match event {
            Event::Message { kind: MessageKind::Privmsg, text } => (Kind::Privmsg, Detail { text, ..none() }),
            Event::Message { kind: MessageKind::Notice, text } => (Kind::Notice, Detail { text, ..none() }),
            Event::Tagged => (Kind::Tagged, none()),
            Event::Redacted { seq, reason } => (Kind::Redacted, Detail { text: reason, seq: Some(seq.0), ..none() }),
            Event::ChannelRenamed { name, reason } => {
                let subject = Some(name.as_str().to_owned());
                (Kind::ChannelRenamed, Detail { text: reason, subject, ..none() })
            }
            Event::FounderChanged { account, name } => {
                (Kind::FounderChanged, Detail { subject: Some(name.clone()), account: Some(*account), ..none() })
            }
            Event::ChannelDropped { reason } => (Kind::ChannelDropped, Detail { text: reason, ..none() }),
            Event::MetadataSet { key, value } => {
                let text = value.as_deref().unwrap_or_default();
                (Kind::MetadataSet, Detail { text, subject: Some(key.clone()), ..none() })
            }
            Event::MarkedRead { until, .. } => {
                (Kind::MarkedRead, Detail { subject: Some(until.to_string()), ..none() })
            }
            Event::ChannelFounded { founder, name, .. } => {
                (Kind::ChannelFounded, Detail { subject: Some(name.as_str().to_owned()), account: *founder, ..none() })
            }
            Event::Joined { rank } => (Kind::Joined, Detail { subject: Some(rank.letters()), ..none() }),
            Event::Parted { reason } => (Kind::Parted, Detail { text: reason, ..none() }),
            Event::Kicked { account, nick, reason } => {
                (Kind::Kicked, Detail { text: reason, subject: Some(nick.clone()), account: *account, ..none() })
            }
            Event::TopicSet { topic } => (Kind::TopicSet, Detail { text: topic, ..none() }),
            Event::ModesChanged { text, .. } => (Kind::ModesChanged, Detail { text, ..none() }),
            Event::AccountRegistered { account, name, invitation, .. } => {
                let (subject, seq) = (Some(name.as_str().to_owned()), invitation.map(|seq| seq.0));
                (Kind::AccountRegistered, Detail { subject, account: Some(*account), seq, ..none() })
            }
            Event::InvitationMade { note, until, .. } => {
                let subject = until.map(|until| until.to_string());
                (Kind::InvitationMade, Detail { text: note, subject, ..none() })
            }
            Event::InvitationRevoked { invitation } => {
                (Kind::InvitationRevoked, Detail { seq: Some(invitation.0), ..none() })
            }
            Event::PasswordChanged { account, .. } => {
                (Kind::PasswordChanged, Detail { account: Some(*account), ..none() })
            }
            Event::AddressAllowed { account, address } => {
                (Kind::AddressAllowed, Detail { subject: Some(address.clone()), account: Some(*account), ..none() })
            }
            Event::AccountSuspended { account, reason } => {
                (Kind::AccountSuspended, Detail { text: reason, account: Some(*account), ..none() })
            }
            Event::AccountResumed { account } => (Kind::AccountResumed, Detail { account: Some(*account), ..none() }),
            Event::AccountDeleted { account } => (Kind::AccountDeleted, Detail { account: Some(*account), ..none() }),
            Event::OperatorActed { act, account, text } => (
                Kind::OperatorActed,
                Detail { text, subject: Some(act.word().to_owned()), account: *account, ..none() },
            ),
            Event::Reported { seq, account, reason } => {
                (Kind::Reported, Detail { text: reason, account: *account, seq: Some(seq.0), ..none() })
            }
            Event::BanSet { effect, reason, until, .. } => {
                let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
                (Kind::BanSet, Detail { text: reason, subject: Some(format!("{}{until}", effect.word())), ..none() })
            }
            Event::BanLifted { .. } => (Kind::BanLifted, none()),
            Event::DeviceAdded { device, account, name, .. } => (
                Kind::DeviceAdded,
                Detail { subject: Some(name.clone()), account: Some(*account), device: Some(device.0), ..none() },
            ),
            Event::DeviceRevoked { device, account } => {
                (Kind::DeviceRevoked, Detail { account: Some(*account), device: Some(device.0), ..none() })
            }
        }
    }
}

impl EventRow {
    /// The row of an event in a conversation.
    pub fn of(record: &Record, conversation: u64) -> Self {
        let (kind, detail) = Detail::of(&record.event);
        Self {
            seq: record.seq,
            conversation,
            time: record.time,
            kind,
            author_kind: record.author.kind,
            account: record.author.account,
            author_name: record.author.name.clone(),
            operator: record.author.operator.clone(),
            address: record.author.address.clone(),
            port: record.author.port,
            target: record.target.clone(),
            text: detail.text.to_owned(),
            subject: detail.subject,
            subject_account: detail.account.map(|account| account.0),
            subject_device: detail.device,
            idempotency_id: record.idempotency_id.clone(),
            tags: Some(record.tags.clone()).filter(|tags| !tags.is_empty()),
            subject_seq: detail.seq,
        }
    }

    /// Reads [`EVENT_COLUMNS`].
    pub fn read(row: &mut Row) -> Result<Self, StoreError> {
        Ok(Self {
            seq: Seq(row.number()?),
            conversation: row.number()?,
            time: row.time()?,
            kind: Kind::of_word(&row.text()?)?,
            author_kind: {
                let word = row.text()?;
                let known = AUTHOR_KINDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind);
                known.ok_or_else(|| StoreError::Rejected(format!("the record holds an author of the kind {word:?}")))?
            },
            account: row.optional_number()?.map(AccountId),
            author_name: row.text()?,
            operator: row.optional_text()?,
            address: row.text()?,
            port: row.optional_small()?.unwrap_or_default(),
            target: row.text()?,
            text: row.text()?,
            subject: row.optional_text()?,
            subject_account: row.optional_number()?,
            subject_device: row.optional_number()?,
            idempotency_id: row.optional_text()?,
            tags: row.optional_text()?,
            subject_seq: row.optional_number()?,
        })
    }

    /// The values of [`EVENT_COLUMNS`] and [`LINK_COLUMNS`].
    pub fn into_values(self, link: &Link) -> Vec<Value> {
        values![
            self.seq,
            self.conversation,
            self.time,
            self.kind.word(),
            self.author_word(),
            self.account,
            self.author_name,
            self.operator,
            self.address,
            self.port,
            self.target,
            self.text,
            self.subject,
            self.subject_account,
            self.subject_device,
            self.idempotency_id,
            self.tags,
            self.subject_seq,
            link.salt.as_slice(),
            link.digest.as_slice(),
            link.chain.as_slice(),
        ]
    }

    /// The author's own id of it.
    pub fn idempotency_id(&self) -> Option<&str> {
        self.idempotency_id.as_deref()
    }

    /// The number of the event that this one withdraws, when it is a redaction.
    pub fn redacts(&self) -> Option<Seq> {
        self.subject_seq.filter(|_| self.kind == Kind::Redacted).map(Seq)
    }

    fn author_word(&self) -> &'static str {
        AUTHOR_KINDS.iter().find(|(kind, _)| *kind == self.author_kind).map_or("", |(_, word)| word)
    }

    /// What the chain covers. The order of the fields never changes.
    pub fn facts(&self) -> Facts<'_> {
        let mut fields = vec![
            Field::Number(self.conversation),
            Field::Text(self.author_word()),
            Field::optional_number(self.account.map(|account| account.0)),
            Field::Text(&self.author_name),
            Field::optional_text(self.operator.as_deref()),
            Field::Text(&self.address),
            Field::Number(self.port.into()),
            Field::Text(&self.target),
            Field::Text(&self.text),
            Field::optional_text(self.subject.as_deref()),
            Field::optional_number(self.subject_account),
            Field::optional_number(self.subject_device),
            Field::optional_text(self.idempotency_id.as_deref()),
        ];
        // These two came with the second migration: rows that do without them have the digest that they always had.
        if self.tags.is_some() || self.subject_seq.is_some() {
            fields.push(Field::optional_text(self.tags.as_deref()));
            fields.push(Field::optional_number(self.subject_seq));
        }
        Facts { seq: self.seq, time: self.time, kind: self.kind.word(), fields }
    }

    /// The event as history tells it; nothing for the kinds that no history shows.
    pub fn into_stored(self) -> Option<StoredEvent> {
        let what = match self.kind {
            Kind::Privmsg => StoredWhat::Privmsg(self.text),
            Kind::Notice => StoredWhat::Notice(self.text),
            Kind::TopicSet => StoredWhat::Topic(self.text),
            Kind::Joined => StoredWhat::Join,
            Kind::Parted => StoredWhat::Part(self.text),
            Kind::Kicked => StoredWhat::Kick(self.subject.unwrap_or_default(), self.text),
            Kind::ModesChanged => StoredWhat::Mode(self.text),
            Kind::Tagged => StoredWhat::Tagmsg,
            Kind::Redacted => StoredWhat::Redact(Seq(self.subject_seq.unwrap_or_default()), self.text),
            Kind::ChannelRenamed
            | Kind::ChannelDropped
            | Kind::FounderChanged
            | Kind::MetadataSet
            | Kind::MarkedRead
            | Kind::ChannelFounded
            | Kind::AccountRegistered
            | Kind::PasswordChanged
            | Kind::AddressAllowed
            | Kind::AccountSuspended
            | Kind::AccountResumed
            | Kind::AccountDeleted
            | Kind::OperatorActed
            | Kind::Reported
            | Kind::BanSet
            | Kind::BanLifted
            | Kind::InvitationMade
            | Kind::InvitationRevoked
            | Kind::DeviceAdded
            | Kind::DeviceRevoked => return None,
        };
        Some(StoredEvent {
            seq: self.seq,
            time: self.time,
            account: self.account,
            name: self.author_name,
            from_server: self.author_kind == AuthorKind::Server,
            target: self.target,
            tags: self.tags.unwrap_or_default(),
            what,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_one_word() {
        for (kind, word) in KINDS {
            assert_eq!(kind.word(), *word);
            assert_eq!(Kind::of_word(word).unwrap(), *kind);
        }
        assert!(Kind::of_word("reaction").is_err());
        for list in [MESSAGE_KINDS.to_owned(), page_kinds(Extras::default()), page_kinds(Extras::ALL)] {
            for word in list.trim_matches(['(', ')']).split(", ") {
                Kind::of_word(word.trim_matches('\'')).unwrap();
            }
        }
    }
}
