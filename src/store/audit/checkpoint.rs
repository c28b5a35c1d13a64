//! Removing the oldest rows: first a signed checkpoint says where the rest follows on, then the rows go, a few at a time. A
//! crash in between leaves rows that the next attempt removes, and that nobody needs to verify any more.

use super::verify::Walk;
use crate::chat::event::Seq;
use crate::proto::time::Timestamp;
use crate::store::chain::{ChainKey, Checkpoint};
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::{Value, values};
use crate::store::{StoreError, migrate};

/// How many rows are removed at once.
const ROWS_AT_ONCE: u32 = 512;

/// Makes a checkpoint at the last event before a time. The newest one there is afterwards, which may be an older one.
pub async fn make<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    before: Timestamp,
    reason: String,
    now: Timestamp,
) -> Result<Option<Checkpoint>, StoreError> {
    migrate::check(clerk).await?;
    clerk.session.begin(Access::Write).await?;
    let result = make_within(clerk, key, before, reason, now).await;
    clerk.finish(result).await
}

async fn make_within<S: Session>(
    clerk: &mut Clerk<S>,
    key: &ChainKey,
    before: Timestamp,
    reason: String,
    now: Timestamp,
) -> Result<Option<Checkpoint>, StoreError> {
    let until = last_before(clerk, before).await?;
    let mut walk = Walk::begin(clerk, key, &[], until).await?;
    let (start, previous) = (walk.at(), newest_seal(clerk).await?);
    if until > start.seq {
        while walk.step(clerk).await? {}
    }
    let anchor = walk.at();
    let verified = walk.end(&anchor.chain);
    if let Some(fault) = verified.faults.first() {
        let more = verified.fault_count - 1;
        let text = format!("what is to be removed is not whole: {fault} ({more} more); see chat-server log verify");
        return Err(StoreError::Rejected(text));
    }
    if anchor == start {
        return Ok(verified.checkpoint);
    }
    let checkpoint = Checkpoint { anchor, made_at: now, reason };
    let seal = checkpoint.seal(key, previous.as_ref());
    let sql = "INSERT INTO checkpoint (seq, chain, made_at, reason, seal) VALUES (?, ?, ?, ?, ?)";
    let (chain, text) = (anchor.chain.as_slice(), checkpoint.reason.as_str());
    clerk.session.execute(sql, values![anchor.seq, chain, now, text, seal.as_slice()]).await?;
    Ok(Some(checkpoint))
}

/// The last event before a time that is not the very last of all; 0 when there is none.
async fn last_before<S: Session>(clerk: &mut Clerk<S>, before: Timestamp) -> Result<Seq, StoreError> {
    let sql = "SELECT seq FROM event WHERE time < ? ORDER BY time DESC, seq DESC LIMIT 1";
    let row = clerk.query_row(sql, values![before]).await?;
    let last = row.map(|mut row| row.number()).transpose()?.unwrap_or_default();
    let row = clerk.query_row("SELECT seq FROM event ORDER BY seq DESC LIMIT 1 OFFSET 1", Vec::new()).await?;
    let last_but_one = row.map(|mut row| row.number()).transpose()?.unwrap_or_default();
    Ok(Seq(last.min(last_but_one)))
}

async fn newest_seal<S: Session>(clerk: &mut Clerk<S>) -> Result<Option<[u8; 32]>, StoreError> {
    let row = clerk.query_row("SELECT seal FROM checkpoint ORDER BY seq DESC LIMIT 1", Vec::new()).await?;
    row.map(|mut row| row.array()).transpose()
}

/// Removes some of the rows up to a checkpoint; how many. None is left when it is 0.
pub async fn remove_some<S: Session>(clerk: &mut Clerk<S>, until: Seq) -> Result<u64, StoreError> {
    clerk.session.begin(Access::Write).await?;
    let result = remove_within(clerk, until).await;
    clerk.finish(result).await
}

async fn remove_within<S: Session>(clerk: &mut Clerk<S>, until: Seq) -> Result<u64, StoreError> {
    let sql = "SELECT seq FROM event WHERE seq <= ? ORDER BY seq LIMIT ?";
    let rows = clerk.session.query(sql, values![until, ROWS_AT_ONCE]).await?;
    let seqs: Vec<Value> =
        rows.into_iter().map(|mut row| Ok(row.number()?.into())).collect::<Result<_, StoreError>>()?;
    let Some(last) = seqs.last().cloned() else { return Ok(0) };
    // An idempotency id whose message is gone counts as free, and is tidied away in time.
    for sql in ["DELETE FROM legacy_row WHERE seq <= ?", "DELETE FROM event WHERE seq <= ?"] {
        clerk.session.execute(sql, vec![last.clone()]).await?;
    }
    Ok(seqs.len() as u64)
}
