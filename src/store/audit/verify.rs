//! Going along the whole record.

use std::collections::HashMap;

use crate::chat::event::Seq;
use crate::store::chain::verifier::{Fault, Verifier};
use crate::store::chain::{Anchor, ChainKey, Checkpoint};
use crate::store::rows::{EVENT_COLUMNS, EventRow, LINK_COLUMNS};
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::values;
use crate::store::{StoreError, migrate};

/// How many rows are read at once.
const ROWS_AT_ONCE: u32 = 512;
/// The most faults that are listed; further ones are counted.
pub const FAULTS_LISTED_MAX: usize = 1_000;

/// What was found along the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// How many rows there are.
    pub rows: u64,
    /// How many of them were erased: their link is valid, and nobody can know any more what they said.
    pub erased: u64,
    /// Where the record begins, when its oldest rows were removed.
    pub checkpoint: Option<Checkpoint>,
    /// Where it ends.
    pub head: Anchor,
    /// What is wrong, at most [`FAULTS_LISTED_MAX`].
    pub faults: Vec<Fault>,
    /// How much is wrong in all.
    pub fault_count: u64,
}

impl Verification {
    /// Whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.fault_count == 0
    }
}

/// Goes along everything in one moment.
pub async fn verify<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    anchors: &[Anchor],
) -> Result<Verification, StoreError> {
    migrate::check(clerk).await?;
    clerk.session.begin(Access::Read).await?;
    let result = verify_within(clerk, key, anchors).await;
    clerk.finish(result).await
}

/// The same within a transaction.
pub(super) async fn verify_within<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    anchors: &[Anchor],
) -> Result<Verification, StoreError> {
    let mut walk = Walk::begin(clerk, key, anchors, Seq(i64::MAX as u64)).await?;
    while walk.step(clerk).await? {}
    let row = clerk.query_row("SELECT chain_head FROM journal WHERE id = 1", Vec::new()).await?;
    let head: [u8; 32] = row.map(|mut row| row.array()).transpose()?.unwrap_or_default();
    Ok(walk.end(&head))
}

/// A way along the record, from the newest checkpoint on.
pub struct Walk<'a> {
    verifier: Verifier<'a>,
    checkpoint: Option<Checkpoint>,
    until: Seq,
    at: Anchor,
    rows: u64,
    erased: u64,
    /// What is marked as withdrawn: by which event, which comes later.
    hidden: HashMap<Seq, Seq>,
    /// What was found since the last look.
    found: Vec<Fault>,
    faults: Vec<Fault>,
    fault_count: u64,
}

impl<'a> Walk<'a> {
    /// Begins; `until` is the last event of the way.
    pub async fn begin<S: Session>(
        clerk: &mut Clerk<S>,
        key: &'a ChainKey,
        anchors: &[Anchor],
        until: Seq,
    ) -> Result<Self, StoreError> {
        let mut found = Vec::new();
        let checkpoint = newest_checkpoint(clerk, key, &mut found).await?;
        let start = checkpoint.as_ref().map_or(Anchor::BEGINNING, |checkpoint| checkpoint.anchor);
        let verifier = Verifier::new(key, start, anchors, &mut found);
        Ok(Self {
            verifier,
            checkpoint,
            until,
            at: start,
            rows: 0,
            erased: 0,
            hidden: HashMap::new(),
            found,
            faults: Vec::new(),
            fault_count: 0,
        })
    }

    /// Follows the next rows; false at the end.
    pub async fn step<S: Session>(&mut self, clerk: &mut Clerk<S>) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT {EVENT_COLUMNS}, {LINK_COLUMNS}, redacted_seq FROM event WHERE seq > ? AND seq <= ? \
             ORDER BY seq LIMIT ?"
        );
        let rows = clerk.session.query(&sql, values![self.at.seq, self.until, ROWS_AT_ONCE]).await?;
        let is_last = rows.len() < ROWS_AT_ONCE as usize;
        for mut row in rows {
            let event = EventRow::read(&mut row)?;
            let (salt, digest, chain) = (row.optional_array()?, row.array()?, row.array()?);
            let redacted_by = row.optional_number()?.map(Seq);
            self.verifier.follow(&event.facts(), salt.as_ref(), &digest, &chain, &mut self.found);
            self.hidden.extend(redacted_by.filter(|by| *by <= self.until).map(|by| (event.seq, by)));
            if let Some(redacted) = event.redacts()
                && self.hidden.get(&redacted) == Some(&event.seq)
            {
                self.hidden.remove(&redacted);
            }
            self.at = Anchor { seq: event.seq, chain };
            self.rows += 1;
            self.erased += u64::from(salt.is_none());
            self.list();
        }
        Ok(!is_last)
    }

    fn list(&mut self) {
        for fault in self.found.drain(..) {
            self.fault_count += 1;
            if self.faults.len() < FAULTS_LISTED_MAX {
                self.faults.push(fault);
            }
        }
    }

    /// The last row so far.
    pub fn at(&self) -> Anchor {
        self.at
    }

    /// Ends the way behind the last row, whose chain value should be this one.
    pub fn end(mut self, head: &[u8; 32]) -> Verification {
        self.verifier.end(head, &mut self.found);
        let mut hidden: Vec<Seq> = self.hidden.keys().copied().collect();
        hidden.sort_unstable();
        self.found.extend(hidden.into_iter().map(Fault::Hidden));
        self.list();
        Verification {
            rows: self.rows,
            erased: self.erased,
            checkpoint: self.checkpoint,
            head: self.at,
            fault_count: self.fault_count,
            faults: self.faults,
        }
    }
}

/// The newest checkpoint, when all of them are this server's own.
async fn newest_checkpoint<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    faults: &mut Vec<Fault>,
) -> Result<Option<Checkpoint>, StoreError> {
    let sql = "SELECT seq, chain, made_at, reason, seal FROM checkpoint ORDER BY seq";
    let mut newest: Option<Checkpoint> = None;
    let mut previous: Option<[u8; 32]> = None;
    for mut row in clerk.session.query(sql, Vec::new()).await? {
        let anchor = Anchor { seq: Seq(row.number()?), chain: row.array()? };
        let checkpoint = Checkpoint { anchor, made_at: row.time()?, reason: row.text()? };
        let seal: [u8; 32] = row.array()?;
        if checkpoint.seal(key, previous.as_ref()) != seal {
            faults.push(Fault::Forged(anchor.seq));
            continue;
        }
        previous = Some(seal);
        newest = Some(checkpoint);
    }
    Ok(newest)
}
