//! What an operator asks of the record itself, beside a running server or without one: whether it is whole, and to let go of
//! what is old.
//!
//! - [`Audit::verify`] goes along the whole chain and says which rows are wrong.
//! - [`Audit::head`] is the point to write down elsewhere: whoever can write to the database can cut off the record's end
//!   together with the journal's head, and only what is kept elsewhere shows it.
//! - [`Audit::checkpoint`] removes the oldest rows, after it has verified them, and signs where the rest follows on.
//! - [`Audit::retain`] does both by rules.
//! - [`Audit::export`] hands out rows, page by page.
//! - [`Audit::dump`] writes the whole database down, [`Audit::restore`] makes another one of it.
//! - [`Audit::person`] is all that is kept about one person beside the rows, [`Audit::forget`] removes it.
//! - [`Audit::erase`] removes what rows say of people and leaves their links, so that the chain stays valid.

mod checkpoint;
pub mod dump;
pub mod erase;
pub mod export;
pub mod person;
pub mod retain;
pub mod verify;

use std::time::Duration;

use async_trait::async_trait;

use super::chain::{Anchor, Checkpoint};
use super::session::{Patience, Session};
use super::sql_store::SqlStore;
use super::{StoreError, migrate, record};
use crate::chat::event::{AccountId, Seq};
use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;
use erase::Selection;
use export::{Exported, Filter};
use person::Person;
use retain::{Retained, Rule};
use verify::Verification;

/// How long one statement may take.
const PATIENCE: Patience = Patience::Statement(Duration::from_secs(10 * 60));
/// What came of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The newest checkpoint; none when nothing was ever old enough.
    pub checkpoint: Option<Checkpoint>,
    /// How many rows were removed now.
    pub rows: u64,
}

/// What an operator asks of the record itself. See the head of the file.
#[async_trait]
pub trait Audit: Send + Sync + 'static {
    /// The last stored event's number and chain value.
    async fn head(&self) -> Result<Anchor, StoreError>;

    /// Goes along the whole record, as of one moment. `anchors` are points that were written down elsewhere.
    async fn verify(&self, anchors: &[Anchor]) -> Result<Verification, StoreError>;

    /// Removes what is older than a time, and signs where the rest follows on. The last event always stays. Goes on where
    /// an interrupted one stopped.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] also when what is to be removed is not whole: removing it would hide that for ever.
    async fn checkpoint(&self, before: Timestamp, reason: &str, now: Timestamp) -> Result<Removal, StoreError>;

    /// Removes who, where and what from the selected rows. How many rows were erased now.
    async fn erase(&self, selection: &Selection) -> Result<u64, StoreError>;

    /// Lets go of what rules no longer keep, or only counts it. What is so old that every rule lets go of it is removed as
    /// [`Audit::checkpoint`] does, if there is a rule for everything.
    async fn retain(&self, rules: &[Rule], now: Timestamp, only_count: bool) -> Result<Retained, StoreError>;

    /// The next rows behind an event that a filter lets through, oldest first; nothing when none is left.
    async fn export(&self, filter: &Filter, after: Seq) -> Result<Vec<Exported>, StoreError>;

    /// Writes all rows of all tables as they are in one moment; how many.
    async fn dump(&self, output: dump::Output) -> Result<u64, StoreError>;

    /// Fills an empty database with the rows of a dump, all or none; how many.
    ///
    /// # Errors
    /// [`StoreError::Rejected`] also when the database is not empty, and when the dump's record is not whole.
    async fn restore(&self, input: dump::Input) -> Result<u64, StoreError>;

    /// What is kept about a person beside the record's rows; nothing when there never was such an account.
    async fn person(&self, name: &AccountName) -> Result<Option<Person>, StoreError>;

    /// Removes what is left of a deleted account beside the record's rows; its name alone stays.
    async fn forget(&self, account: AccountId, name: &AccountName) -> Result<(), StoreError>;

    /// Closes the database in good order.
    async fn close(&self);
}

impl<S: Session> SqlStore<S> {
    /// Erases all that one of the rules lets go of, a few rows at a time. How many.
    async fn erase_by_rule(&self, rules: Vec<Rule>, at: usize, now: Timestamp) -> Result<u64, StoreError> {
        let (mut erased, mut after) = (0, Seq(0));
        loop {
            let rules = rules.clone();
            let some = self.writer().run(PATIENCE, move |clerk| {
                Box::pin(async move { retain::erase_some(clerk, &rules, at, now, after).await })
            });
            let Some((last, count)) = some.await? else { return Ok(erased) };
            (after, erased) = (last, erased + count);
        }
    }
}

#[async_trait]
impl<S: Session> Audit for SqlStore<S> {
    async fn head(&self) -> Result<Anchor, StoreError> {
        let read = self.readers().run(PATIENCE, |clerk| {
            Box::pin(async move {
                migrate::check(clerk).await?;
                record::last_event(clerk).await
            })
        });
        read.await
    }

    async fn verify(&self, anchors: &[Anchor]) -> Result<Verification, StoreError> {
        let (key, anchors) = (self.key().clone(), anchors.to_vec());
        let verified = self
            .readers()
            .run(PATIENCE, move |clerk| Box::pin(async move { verify::verify(clerk, &key, &anchors).await }));
        verified.await
    }

    async fn checkpoint(&self, before: Timestamp, reason: &str, now: Timestamp) -> Result<Removal, StoreError> {
        let (key, reason) = (self.key().clone(), reason.to_owned());
        let made = self.writer().run(PATIENCE, move |clerk| {
            Box::pin(async move { checkpoint::make(clerk, &key, before, reason, now).await })
        });
        let checkpoint = made.await?;
        let mut rows = 0;
        if let Some(checkpoint) = &checkpoint {
            let until = checkpoint.anchor.seq;
            // In many small transactions: a server that runs beside it must not wait for all of them.
            loop {
                let removed = self.writer().run(PATIENCE, move |clerk| Box::pin(checkpoint::remove_some(clerk, until)));
                match removed.await? {
                    0 => break,
                    some => rows += some,
                }
            }
        }
        Ok(Removal { checkpoint, rows })
    }

    async fn erase(&self, selection: &Selection) -> Result<u64, StoreError> {
        let mut erased = 0;
        let mut after = Seq(0);
        loop {
            let selection = selection.clone();
            let some = self
                .writer()
                .run(PATIENCE, move |clerk| Box::pin(async move { erase::erase_some(clerk, &selection, after).await }));
            let Some((last, count)) = some.await? else { return Ok(erased) };
            (after, erased) = (last, erased + count);
        }
    }

    async fn retain(&self, rules: &[Rule], now: Timestamp, only_count: bool) -> Result<Retained, StoreError> {
        let mut retained = Retained::default();
        if let Some(bound) = retain::common_bound(rules, now).filter(|_| !only_count) {
            retained.removed = self.checkpoint(bound, "retention", now).await?.rows;
        }
        for at in 0..rules.len() {
            let rules = rules.to_vec();
            let count = if only_count {
                let counted = self
                    .readers()
                    .run(PATIENCE, move |clerk| Box::pin(async move { retain::count(clerk, &rules, at, now).await }));
                counted.await?
            } else {
                self.erase_by_rule(rules, at, now).await?
            };
            retained.erased.push(count);
        }
        Ok(retained)
    }

    async fn export(&self, filter: &Filter, after: Seq) -> Result<Vec<Exported>, StoreError> {
        let filter = filter.clone();
        let read = self
            .readers()
            .run(PATIENCE, move |clerk| Box::pin(async move { export::export_some(clerk, &filter, after).await }));
        read.await
    }

    async fn dump(&self, output: dump::Output) -> Result<u64, StoreError> {
        let dumped = self.readers().run(PATIENCE, move |clerk| Box::pin(dump::dump(clerk, output)));
        dumped.await
    }

    async fn restore(&self, input: dump::Input) -> Result<u64, StoreError> {
        let key = self.key().clone();
        let restored =
            self.writer().run(PATIENCE, move |clerk| Box::pin(async move { dump::restore(clerk, &key, input).await }));
        restored.await
    }

    async fn person(&self, name: &AccountName) -> Result<Option<Person>, StoreError> {
        let name = name.clone();
        let read = self.readers().run(PATIENCE, move |clerk| Box::pin(async move { person::read(clerk, &name).await }));
        read.await
    }

    async fn forget(&self, account: AccountId, name: &AccountName) -> Result<(), StoreError> {
        let name = name.clone();
        let done = self
            .writer()
            .run(PATIENCE, move |clerk| Box::pin(async move { person::forget(clerk, account, &name).await }));
        done.await
    }

    async fn close(&self) {
        super::Store::close(self).await;
    }
}
