//! SQL: one contract, SQLite and MariaDB/MySQL behind it.
//!
//! The store writes down what the journal hands it and answers questions; it decides nothing. Both databases hold the
//! same tables, readable by a person, and two views with the names and the columns of the seed's tables.
//!
//! # The contract
//!
//! - **A batch is one transaction.** After [`Store::commit`] has returned, the batch survives a power failure; when it
//!   fails with a retryable error it may have happened or not, and the same batch may be handed in again.
//! - **Idempotent by number.** A batch whose last number is in the record already is answered as it was the first time; if
//!   other events bear its numbers, another server writes to the same record, and the batch is rejected.
//! - **Once by id.** A message whose author's account, place and idempotency id are those of a message of the last
//!   [`IDEMPOTENCY_WINDOW`] is not stored; it is reported with the first one. Other events are not looked up by id: they
//!   change the state, which leaving one out would leave behind the rules' own.
//! - **State follows the record.** The tables of accounts, channels and members change in the same transaction as the
//!   event that changes them, so that [`Store::load`] always gives what all events add up to.
//! - **A page is full** unless the end of history is reached: filters stand before the limit.
//! - **Chained.** Each stored event carries a random salt, the digest of salt and personal fields, and an HMAC over the
//!   one before it and its own number, time, kind and digest ([`chain`]).
//! - **Bounded.** No call waits for ever: a database that does not answer is [`StoreError::Unavailable`] after
//!   [`STATEMENT_TIMEOUT`].
//!
//! # In reading order
//!
//! | file | what it holds |
//! |---|---|
//! | `sql/*/0001_record.sql` and what follows | the tables and the two views, with comments |
//! | [`source`], [`database`] | the URL and what belongs to it, and opening |
//! | `sql_store`, `queue` | the contract carried out by clerks that work one call after the other and are never cancelled |
//! | `session`, `value` | one connection, and what goes through it; all below is written once, over these |
//! | `sqlite`, `mysql` | the two kinds of connection |
//! | `slow` | statements that take long, told by their name |
//! | `record`, `state`, `rows`, [`chain`] | committing: the batch, what it changes beside the record, an event's row, its link |
//! | `load`, `pages`, `history`, `people` | reading: the whole state, pages of history and what else is asked of it, credentials, devices and presence |
//! | `notes` | what may be written down a moment later |
//! | `migrate`, `legacy`, `correspondent` | preparation: migrations, the seed's tables, the account of "the server" |
//! | [`audit`] | an operator's questions to the record: is it whole, and letting go of what is old |
//! | [`hashing`] | what is stored instead of a password |
//! | `story` | the contract as tests, told on each database |

pub mod audit;
pub mod chain;
mod correspondent;
pub mod database;
pub mod hashing;
mod history;
mod legacy;
mod load;
mod migrate;
mod mysql;
mod notes;
mod pages;
mod people;
mod queue;
mod record;
mod rows;
mod session;
mod slow;
pub mod source;
mod sql_store;
mod sqlite;
mod state;
#[cfg(test)]
mod story;
mod value;

use std::time::Duration;

use async_trait::async_trait;

use chain::{Anchor, NoSalt};

use crate::chat::event::{AccountId, Credentials, DeviceId, Digest, Place, Record, Seq, Snapshot};
use crate::chat::ports::{Device, PageQuery, PlaybackQuery, SearchQuery, StoredEvent, TargetsQuery};
use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;

/// How long an idempotency id is remembered.
pub const IDEMPOTENCY_WINDOW: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long one call may take before the database counts as unavailable.
pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most events in one batch; the journal never hands in more.
pub const BATCH_EVENTS_MAX: usize = 512;

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, hung, locked or full: the same call may succeed later.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// The database refused the very thing that was asked: asking again would not help.
    #[error("the database refused: {0}")]
    Rejected(String),
    /// There is nothing to copy, or no place for the copy; the database has no part in it.
    #[error("{0}")]
    NoCopy(String),
    /// The tables were made by a newer version of this program.
    #[error("the database has schema version {found}, this program knows up to {known}: use a newer chat-server")]
    NewerSchema {
        /// The version found.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// The tables were made by an older version of this program, and nobody has brought them up to date.
    #[error(
        "the database has schema version {found}, this program needs {known}: run `chat-server migrate` with a user who may change \
         tables, or start chat-server once with migrate = \"at_start\""
    )]
    OlderSchema {
        /// The version found.
        found: u32,
        /// The version that this program needs.
        known: u32,
    },
    /// The URL is not one of a database that we know; never holds its password.
    #[error("{0}")]
    BadUrl(String),
}

impl From<NoSalt> for StoreError {
    fn from(_: NoSalt) -> Self {
        Self::Unavailable("the system gives no random bytes".to_owned())
    }
}

impl StoreError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// Whose idempotency id, where, and which.
pub type IdKey = (AccountId, Place, String);

/// An event that was not stored because it repeats an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The number that the repetition had.
    pub seq: Seq,
    /// The first one.
    pub first: StoredEvent,
}

/// What [`Store::prepare`] needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrepareOptions {
    /// The name of "the server" as a correspondent. Its account is made when there is none, without credentials.
    pub correspondent: AccountName,
    /// How the seed's table has its passwords, should it be found.
    pub seed_passwords: SeedPasswords,
    /// Whether the tables may be made and changed. If not, they are looked at only, and older ones are
    /// [`StoreError::OlderSchema`].
    pub migrate: bool,
    /// What the clock says: the correspondent's date of registration.
    pub now: Timestamp,
}

/// How the seed's table `authentification` has its passwords.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeedPasswords {
    /// Base64 if every row of the table is valid Base64, else plain.
    #[default]
    Detect,
    /// In Base64 (the version `mdpcoder`).
    Base64,
    /// As they are (the version `dm3`).
    Plain,
}

/// What was done before the store could be used, for the operator's log and eyes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preparation {
    /// The migrations that were applied now, by name.
    pub migrations: Vec<String>,
    /// What was taken over from the seed's tables, when they were found.
    pub adoption: Option<Adoption>,
}

/// What was taken over from the seed's tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Rows of `authentification` that became accounts.
    pub accounts: u64,
    /// Rows of `connexion` that became history.
    pub exchanges: u64,
    /// Whether the passwords were Base64, decided for the whole table.
    pub passwords_were_base64: bool,
    /// Rows that could not be understood wholly: kept in `legacy_row`, each with its reason, one sentence a row here.
    pub odd_rows: Vec<String>,
}

/// A database that keeps the record. See the contract above.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Brings the tables up to date, takes over the seed's tables when they are found, and makes the correspondent's
    /// account when it is missing. Safe to call at every start, also by two servers at once. May take minutes when many
    /// passwords have to be hashed.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] also when a person is registered under the correspondent's name.
    async fn prepare(&self, options: &PrepareOptions) -> Result<Preparation, StoreError>;

    /// Everything that the rules need to know, as of the last committed event.
    async fn load(&self) -> Result<Snapshot, StoreError>;

    /// Commits a batch of at most [`BATCH_EVENTS_MAX`] events with rising numbers.
    async fn commit(&self, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError>;

    /// The latest stored messages that have an idempotency id: whose id, where, and the message; at most so many.
    async fn latest_ids(&self, _limit: u32) -> Result<Vec<(IdKey, StoredEvent)>, StoreError> {
        Ok(Vec::new())
    }

    /// How many committed events wait outside of the database, because it was away.
    fn spooled(&self) -> u64 {
        0
    }

    /// The last stored event's number and chain value.
    async fn head(&self) -> Result<Anchor, StoreError>;

    /// A page of history, oldest first.
    async fn page(&self, query: PageQuery) -> Result<Vec<StoredEvent>, StoreError>;

    /// The latest messages that match, oldest first; looks at a bounded number of messages.
    async fn search(&self, query: &SearchQuery) -> Result<Vec<StoredEvent>, StoreError>;

    /// Conversations with messages in a span of time, with the time of their latest one, oldest first.
    async fn targets(&self, query: &TargetsQuery) -> Result<Vec<(Place, Timestamp)>, StoreError>;

    /// What was said in several conversations between two bounds: those asked for by name in that order, then the direct
    /// ones, the latest first.
    async fn playback(&self, query: &PlaybackQuery) -> Result<Vec<(Place, Vec<StoredEvent>)>, StoreError>;

    /// Notes that an account is here, or up to which event it was; written down a moment later.
    fn note_presence(&self, account: AccountId, left: Option<Seq>);

    /// Notes that a device was used; written down a moment later.
    fn note_device(&self, device: DeviceId, now: Timestamp, address: String);

    /// How an account proves itself; none when it is unknown or deleted.
    async fn credentials(&self, account: AccountId) -> Result<Option<Credentials>, StoreError>;

    /// Whose device token has this digest, when it is valid; notes its use.
    async fn use_device(
        &self,
        digest: Digest,
        now: Timestamp,
        address: &str,
    ) -> Result<Option<(AccountId, DeviceId)>, StoreError>;

    /// The valid devices of an account, oldest first.
    async fn devices(&self, account: AccountId) -> Result<Vec<Device>, StoreError>;

    /// What no longer serves is removed (idempotency ids beyond their window). Called now and then.
    async fn tidy(&self, now: Timestamp) -> Result<(), StoreError>;

    /// Closes the database in good order.
    async fn close(&self);
}
