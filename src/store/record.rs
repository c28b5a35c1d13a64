//! Committing a batch: once by number, once by id, each event with its link in the chain.
//!
//! Only messages are looked up by their idempotency id: they change nothing but the record, so leaving one out never
//! leaves the state behind the rules' own.

use std::collections::{HashMap, HashSet};

use super::chain::{self, Anchor, ChainKey, Link};
use super::rows::{EVENT_COLUMNS, EventRow, LINK_COLUMNS};
use super::session::{Access, Clerk, Session};
use super::state::{self, Numbers};
use super::value::{Row, Value, values};
use super::{BATCH_EVENTS_MAX, Duplicate, IDEMPOTENCY_WINDOW, StoreError};
use crate::chat::event::{AccountId, Event, Record, Seq};
use crate::chat::ports::StoredEvent;
use crate::proto::names::IDEMPOTENCY_ID_BYTES_MAX;
use crate::proto::time::Timestamp;

/// Ids are kept for longer than they count, so that a batch whose commit is unknown finds them when it comes again.
pub(super) const IDEMPOTENCY_KEPT_MILLIS: i64 = IDEMPOTENCY_WINDOW.as_millis() as i64 + 24 * 60 * 60 * 1_000;

fn rejected(text: impl Into<String>) -> StoreError {
    StoreError::Rejected(text.into())
}

/// Where the record stands: the one row of the table `journal`.
#[derive(Clone, Debug)]
pub struct Head {
    /// The last number that was committed, be it that of a duplicate.
    pub seq: Seq,
    /// The last event's time.
    pub time: Timestamp,
    /// The highest numbers given out.
    pub numbers: Numbers,
    /// The last stored event's chain value.
    pub chain: [u8; 32],
}

impl Head {
    /// Reads it; within a writing transaction nobody else can change it until the end.
    pub async fn read<S: Session>(clerk: &mut Clerk<S>, access: Access) -> Result<Self, StoreError> {
        let lock = if access == Access::Write { S::DIALECT.for_update } else { "" };
        let sql = format!(
            "SELECT last_seq, last_time, last_account_id, last_channel_id, last_device_id, chain_head \
             FROM journal WHERE id = 1{lock}"
        );
        let row = clerk.query_row(&sql, Vec::new()).await?;
        let mut row = row.ok_or_else(|| rejected("the table journal has lost its row"))?;
        Ok(Self {
            seq: Seq(row.number()?),
            time: row.time()?,
            numbers: Numbers { account: row.number()?, channel: row.number()?, device: row.number()? },
            chain: row.array()?,
        })
    }

    async fn write<S: Session>(self, clerk: &mut Clerk<S>) -> Result<(), StoreError> {
        let sql = "UPDATE journal SET last_seq = ?, last_time = ?, last_account_id = ?, last_channel_id = ?, \
                   last_device_id = ?, chain_head = ? WHERE id = 1";
        let Self { seq, time, numbers, chain } = self;
        let values = values![seq, time, numbers.account, numbers.channel, numbers.device, chain.as_slice()];
        clerk.session.execute(sql, values).await?;
        Ok(())
    }
}

/// The last stored event's number and chain value. An old one that was removed had others behind it.
pub async fn last_event<S: Session>(clerk: &mut Clerk<S>) -> Result<Anchor, StoreError> {
    let row = clerk.query_row("SELECT seq, chain FROM event ORDER BY seq DESC LIMIT 1", Vec::new()).await?;
    let Some(mut row) = row else { return Ok(Anchor::BEGINNING) };
    Ok(Anchor { seq: Seq(row.number()?), chain: row.array()? })
}

/// Commits a batch by the contract of [`Store::commit`](super::Store::commit).
pub async fn commit<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    batch: &[Record],
) -> Result<Vec<Duplicate>, StoreError> {
    clerk.session.begin(Access::Write).await?;
    let result = commit_within(clerk, key, batch).await;
    clerk.finish(result).await
}

async fn commit_within<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    batch: &[Record],
) -> Result<Vec<Duplicate>, StoreError> {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Vec::new()) };
    let (first, last) = (first.seq, last.seq);
    if batch.len() > BATCH_EVENTS_MAX || !batch.is_sorted_by(|one, other| one.seq < other.seq) {
        return Err(rejected(format!("not a batch: {} events with the numbers {first} to {last}", batch.len())));
    }
    let head = Head::read(clerk, Access::Write).await?;
    if last <= head.seq {
        return answer_again(clerk, batch).await;
    }
    if first <= head.seq {
        return Err(rejected(format!("the record stands at event {} already, not before event {first}", head.seq)));
    }
    append(clerk, key, head, batch).await
}

/// Writes events down behind `head`, and what they change, within a transaction. Any number of them.
pub async fn append<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    mut head: Head,
    records: &[Record],
) -> Result<Vec<Duplicate>, StoreError> {
    let mut rows = Vec::with_capacity(records.len());
    let mut redactions = Vec::new();
    for record in records {
        let conversation = state::apply(clerk, record).await?;
        head.numbers.raise(&record.event);
        if matches!(record.event, Event::Redacted { .. }) {
            redactions.push((record, conversation));
        }
        rows.push(EventRow::of(record, conversation));
        (head.seq, head.time) = (record.seq, head.time.max(record.time));
    }
    let duplicates = duplicates(clerk, records, &rows).await?;
    let left_out: HashSet<Seq> = duplicates.iter().map(|duplicate| duplicate.seq).collect();
    rows.retain(|row| !left_out.contains(&row.seq));

    let mut values = Vec::with_capacity(rows.len());
    for (row, salt) in rows.into_iter().zip(chain::salts(records.len())?) {
        let link = Link::new(key, &head.chain, &row.facts(), salt);
        head.chain = link.chain;
        values.push(row.into_values(&link));
    }
    clerk.insert(&format!("INSERT INTO event ({EVENT_COLUMNS}, {LINK_COLUMNS})"), values).await?;
    for (record, conversation) in redactions {
        state::redact(clerk, record, conversation).await?;
    }
    head.write(clerk).await?;
    Ok(duplicates)
}

/// A message's claim on its id.
struct Claim<'a> {
    /// Its place among the records.
    at: usize,
    account: AccountId,
    conversation: u64,
    id: &'a str,
}

impl<'a> Claim<'a> {
    fn of(at: usize, record: &'a Record, conversation: u64) -> Option<Self> {
        let Event::Message { .. } = record.event else { return None };
        let (account, id) = (record.author.account?, record.idempotency_id.as_deref()?);
        Some(Self { at, account, conversation, id })
    }

    fn key(&self) -> Vec<Value> {
        // Bytes, not text: MariaDB and MySQL compare texts without regard to blanks at their end.
        values![self.account, self.conversation, self.id]
    }

    /// Who has the id: its number and time.
    async fn holder<S: Session>(&self, clerk: &mut Clerk<S>) -> Result<Option<(Seq, Timestamp)>, StoreError> {
        let sql = "SELECT seq, time FROM idempotency \
                   WHERE account_id = ? AND conversation_id = ? AND idempotency_id = ?";
        let row = clerk.query_row(sql, self.key()).await?;
        row.map(|mut row| Ok((Seq(row.number()?), row.time()?))).transpose()
    }
}

/// Claims the ids of the messages, and finds those whose id was claimed before.
async fn duplicates<S: Session>(
    clerk: &mut Clerk<S>,
    records: &[Record],
    rows: &[EventRow],
) -> Result<Vec<Duplicate>, StoreError> {
    let claims: Vec<Claim<'_>> = records
        .iter()
        .zip(rows)
        .enumerate()
        .filter_map(|(at, (record, row))| Claim::of(at, record, row.conversation))
        .collect();
    if let Some(claim) = claims.iter().find(|claim| claim.id.len() > IDEMPOTENCY_ID_BYTES_MAX) {
        return Err(rejected(format!("an idempotency id of {} bytes", claim.id.len())));
    }
    let values = claims.iter().map(|claim| {
        let mut values = claim.key();
        values.extend(values![records[claim.at].seq, records[claim.at].time]);
        values
    });
    let head =
        format!("{} INTO idempotency (account_id, conversation_id, idempotency_id, seq, time)", S::DIALECT.insert_new);
    let new = clerk.insert(&head, values.collect()).await?;
    let mut duplicates = Vec::new();
    if new == claims.len() as u64 {
        return Ok(duplicates);
    }
    for claim in &claims {
        let record = &records[claim.at];
        let first = match claim.holder(clerk).await? {
            Some((seq, _)) if seq == record.seq => continue,
            Some((seq, time)) if record.time.millis_since(time) < IDEMPOTENCY_WINDOW.as_millis() as i64 => {
                match rows.iter().find(|row| row.seq == seq) {
                    Some(row) => row.clone().into_stored(),
                    None => stored(clerk, seq).await?,
                }
            }
            _ => None,
        };
        match first {
            Some(first) => duplicates.push(Duplicate { seq: record.seq, first }),
            None => {
                // The id is free again: its window is over, or its message is no longer in the record.
                let sql = "UPDATE idempotency SET seq = ?, time = ? \
                           WHERE account_id = ? AND conversation_id = ? AND idempotency_id = ?";
                let mut values = values![record.seq, record.time];
                values.extend(claim.key());
                clerk.session.execute(sql, values).await?;
            }
        }
    }
    Ok(duplicates)
}

/// One event as history tells it; nothing when it is gone or was erased.
async fn stored<S: Session>(clerk: &mut Clerk<S>, seq: Seq) -> Result<Option<StoredEvent>, StoreError> {
    let sql = format!("SELECT {EVENT_COLUMNS} FROM event WHERE seq = ? AND salt IS NOT NULL");
    let row = clerk.query_row(&sql, values![seq]).await?;
    Ok(row.map(|mut row| EventRow::read(&mut row)).transpose()?.and_then(EventRow::into_stored))
}

/// The answer to a batch that is in the record already: that of the first time.
async fn answer_again<S: Session>(clerk: &mut Clerk<S>, batch: &[Record]) -> Result<Vec<Duplicate>, StoreError> {
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(Vec::new()) };
    let sql = format!("SELECT {EVENT_COLUMNS}, {LINK_COLUMNS} FROM event WHERE seq BETWEEN ? AND ?");
    let mut present = HashMap::new();
    for mut row in clerk.session.query(&sql, values![first.seq, last.seq]).await? {
        let event = EventRow::read(&mut row)?;
        present.insert(event.seq, (event, row));
    }
    let mut duplicates = Vec::new();
    for (at, record) in batch.iter().enumerate() {
        let conversation = clerk.conversation(record.place).await?.unwrap_or_default();
        let again = match present.remove(&record.seq) {
            Some((event, row)) => is_same(record, conversation, &event, row)?,
            None => match Claim::of(at, record, conversation) {
                Some(claim) => match claim.holder(clerk).await? {
                    Some((seq, _)) => {
                        let first = stored(clerk, seq).await?;
                        duplicates.extend(first.map(|first| Duplicate { seq: record.seq, first }));
                        true
                    }
                    None => false,
                },
                None => false,
            },
        };
        if !again {
            return Err(rejected(format!("event {} is in the record already, and is another one", record.seq)));
        }
    }
    Ok(duplicates)
}

/// Whether a stored event is this one: another server may have written to the same record.
fn is_same(record: &Record, conversation: u64, event: &EventRow, mut link: Row) -> Result<bool, StoreError> {
    let wanted = EventRow::of(record, conversation);
    let Some(salt) = link.optional_array()? else { return Ok(wanted.kind == event.kind) };
    let digest: [u8; 32] = link.array()?;
    Ok((wanted.time, wanted.kind) == (event.time, event.kind) && chain::digest_of(&wanted.facts(), &salt) == digest)
}

/// Removes the ids that no longer count.
pub async fn tidy<S: Session>(clerk: &mut Clerk<S>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM idempotency WHERE time < ?";
    clerk.session.execute(sql, values![now.plus_millis(-IDEMPOTENCY_KEPT_MILLIS)]).await?;
    Ok(())
}
