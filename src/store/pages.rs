//! One page of a conversation's history.
//!
//! Both ends of a page are turned into numbers first; then one stretch of one conversation is read along its key, the
//! filter standing before the limit. Where the events of a conversation lie far apart in the file (SQLite), each that memory
//! does not hold is a wait for the disk: when the first ones show that, several clerks read the others side by side.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;

use super::StoreError;
use super::queue::Queue;
use super::rows::{EVENT_COLUMNS, EventRow, page_kinds};
use super::session::{Clerk, Patience, Session};
use super::value::{Value, values};
use crate::chat::ports::{Bound, Extras, PageQuery, PageRange, StoredEvent};

/// What history shows: neither what was withdrawn nor what was erased.
pub const SHOWN: &str = "event.redacted_seq IS NULL AND event.salt IS NOT NULL";
/// From so many events on a part of a page may be cut into pieces.
const CUT_LIMIT_MIN: usize = 40;
/// Whoever takes so long for the first piece has waited for the disk. In the tests of the store everybody has.
const SLOW_PIECE: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(1) };
/// Behind every number.
const END: u64 = i64::MAX as u64;

/// The numbers that a bound stands for, the first and the last. When there is no event at a bound's time, `first` is the
/// number behind it and `last` the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// See above.
    pub first: u64,
    /// See above.
    pub last: u64,
}

impl Edge {
    /// The numbers of a bound.
    pub async fn of<S: Session>(clerk: &mut Clerk<S>, bound: Bound) -> Result<Self, StoreError> {
        let time = match bound {
            Bound::Seq(seq) => return Ok(Self { first: seq.0, last: seq.0 }),
            Bound::Time(time) => time,
        };
        let sql = "SELECT seq FROM event WHERE time >= ? ORDER BY time, seq LIMIT 1";
        let first = clerk.query_row(sql, values![time]).await?;
        let sql = "SELECT seq FROM event WHERE time <= ? ORDER BY time DESC, seq DESC LIMIT 1";
        let last = clerk.query_row(sql, values![time]).await?;
        Ok(Self {
            first: first.map(|mut row| row.number()).transpose()?.unwrap_or(END),
            last: last.map(|mut row| row.number()).transpose()?.unwrap_or(0),
        })
    }
}

/// Part of a conversation: both ends are excluded.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// Its number.
    pub conversation: u64,
    /// Behind this event.
    pub after: u64,
    /// Before that one.
    pub before: u64,
    /// Whether its last events are wanted when there are more than the limit.
    pub last: bool,
}

impl Stretch {
    /// What is left of it when it was read up to an event, which is excluded.
    fn behind(self, seq: u64) -> Self {
        if self.last { Self { before: seq, ..self } } else { Self { after: seq, ..self } }
    }

    /// What was read of it first and then, in the order of the events.
    fn join(self, first: Vec<StoredEvent>, then: Vec<StoredEvent>) -> Vec<StoredEvent> {
        let (older, newer) = if self.last { (then, first) } else { (first, then) };
        older.into_iter().chain(newer).collect()
    }

    /// What a query reads it by.
    fn values(self, limit: usize) -> Vec<Value> {
        values![self.conversation, self.after, self.before, limit as u64]
    }
}

/// So many events of a stretch, the first or the last ones.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Of which stretch.
    pub stretch: Stretch,
    /// How many at most.
    pub limit: usize,
    /// What counts besides messages.
    pub extras: Extras,
}

/// What one clerk has read of a part of a page.
#[derive(Debug)]
pub struct Begun {
    stretch: Stretch,
    /// Oldest first.
    shown: Vec<StoredEvent>,
    /// The rest, when the disk is slow: in pieces for several clerks.
    pieces: Option<Pieces>,
}

/// A page, the older part first, as far as one clerk reads it.
pub async fn begin_page<S: Session>(clerk: &mut Clerk<S>, query: PageQuery) -> Result<Vec<Begun>, StoreError> {
    let mut page = Vec::new();
    for part in parts(clerk, query).await? {
        page.push(begin(clerk, part).await?);
    }
    Ok(page)
}

/// Reads the first piece of a part, and the rest of it unless the disk was waited for.
async fn begin<S: Session>(clerk: &mut Clerk<S>, part: Part) -> Result<Begun, StoreError> {
    let stretch = part.stretch;
    let pieces = if part.limit < CUT_LIMIT_MIN { 1 } else { S::DIALECT.page_pieces };
    let first = part.limit.div_ceil(pieces.max(1));
    let began = Instant::now();
    let shown = read(clerk, Part { limit: first, ..part }).await?;
    let took = began.elapsed();
    let next = if stretch.last { shown.first() } else { shown.last() };
    let Some(next) = next.filter(|_| shown.len() == first && first < part.limit) else {
        return Ok(Begun { stretch, shown, pieces: None });
    };
    let rest = Part { stretch: stretch.behind(next.seq.0), limit: part.limit - first, ..part };
    if took >= SLOW_PIECE {
        return Ok(Begun { stretch, shown, pieces: Some(cut(clerk, rest).await?) });
    }
    let shown = stretch.join(shown, read(clerk, rest).await?);
    Ok(Begun { stretch, shown, pieces: None })
}

/// Reads what is left of a page, side by side.
pub async fn finish_page<S: Session>(readers: &Queue<S>, page: Vec<Begun>) -> Result<Vec<StoredEvent>, StoreError> {
    let read = |part| readers.run(Patience::Call, move |clerk| Box::pin(read(clerk, part)));
    let mut events = Vec::new();
    for Begun { stretch, shown, pieces } in page {
        let Some(Pieces { pieces, behind }) = pieces else {
            events.extend(shown);
            continue;
        };
        let further = try_join_all(pieces.into_iter().map(read)).await?.concat();
        // What is not shown stands among what is, and a page is full unless the end is reached.
        let limit = behind.limit.saturating_sub(further.len());
        let rest = if limit > 0 { read(Part { limit, ..behind }).await? } else { Vec::new() };
        events.extend(stretch.join(shown, stretch.join(further, rest)));
    }
    Ok(events)
}

/// What a page consists of, the older part first.
async fn parts<S: Session>(clerk: &mut Clerk<S>, query: PageQuery) -> Result<Vec<Part>, StoreError> {
    let Some(conversation) = clerk.conversation(query.place).await? else { return Ok(Vec::new()) };
    let whole = Stretch { conversation, after: 0, before: END, last: false };
    let limit = query.limit as usize;
    let stretches = match query.range {
        PageRange::Before(bound) => {
            vec![(Stretch { before: Edge::of(clerk, bound).await?.first, last: true, ..whole }, limit)]
        }
        PageRange::After(bound) => vec![(Stretch { after: Edge::of(clerk, bound).await?.last, ..whole }, limit)],
        PageRange::Latest(None) => vec![(Stretch { last: true, ..whole }, limit)],
        PageRange::Latest(Some(bound)) => {
            vec![(Stretch { after: Edge::of(clerk, bound).await?.last, last: true, ..whole }, limit)]
        }
        PageRange::Around(bound) => {
            let middle = Edge::of(clerk, bound).await?.first;
            let before = limit / 2;
            vec![
                (Stretch { before: middle, last: true, ..whole }, before),
                (Stretch { after: middle.saturating_sub(1), ..whole }, limit - before),
            ]
        }
        PageRange::Between(from, to) => {
            let (from, to) = (Edge::of(clerk, from).await?, Edge::of(clerk, to).await?);
            let stretch = if from <= to {
                Stretch { after: from.last, before: to.first, ..whole }
            } else {
                Stretch { after: to.last, before: from.first, last: true, ..whole }
            };
            vec![(stretch, limit)]
        }
    };
    Ok(stretches.into_iter().map(|(stretch, limit)| Part { stretch, limit, extras: query.extras }).collect())
}

/// A part in pieces that can be read side by side.
#[derive(Debug)]
struct Pieces {
    /// The older piece first.
    pieces: Vec<Part>,
    /// What lies behind them, and how many events are wanted of all together.
    behind: Part,
}

/// Cuts a part into pieces of equally many events, of which some may not be shown. Only the index is read.
async fn cut<S: Session>(clerk: &mut Clerk<S>, part: Part) -> Result<Pieces, StoreError> {
    let Part { stretch, limit, .. } = part;
    let order = if stretch.last { "DESC" } else { "ASC" };
    let along = S::DIALECT.along_conversation;
    let sql = format!(
        "SELECT seq FROM event{along} WHERE conversation_id = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?"
    );
    let rows = clerk.session.query(&sql, stretch.values(limit)).await?;
    let mut seqs = rows.into_iter().map(|mut row| row.number()).collect::<Result<Vec<_>, _>>()?;
    let behind = seqs.last().map_or(stretch, |seq| stretch.behind(*seq));
    // Fewer than asked for are all that there are.
    let behind = Part { stretch: behind, limit: if seqs.len() < limit { 0 } else { limit }, ..part };
    seqs.sort_unstable();
    let size = seqs.len().div_ceil(S::DIALECT.page_pieces).max(1);
    let piece = |seqs: &[u64]| {
        let (first, last) = (seqs.first()?, seqs.last()?);
        let stretch = Stretch { after: first - 1, before: last + 1, ..stretch };
        Some(Part { stretch, limit: seqs.len(), ..part })
    };
    Ok(Pieces { pieces: seqs.chunks(size).filter_map(piece).collect(), behind })
}

/// The events of a part, oldest first.
pub async fn read<S: Session>(clerk: &mut Clerk<S>, part: Part) -> Result<Vec<StoredEvent>, StoreError> {
    let Part { stretch, limit, extras } = part;
    let kinds = page_kinds(extras);
    let order = if stretch.last { "DESC" } else { "ASC" };
    let along = S::DIALECT.along_conversation;
    let sql = format!(
        "SELECT {EVENT_COLUMNS} FROM event{along} \
         WHERE conversation_id = ? AND seq > ? AND seq < ? AND kind IN {kinds} AND {SHOWN} ORDER BY seq {order} LIMIT ?"
    );
    let rows = clerk.session.query(&sql, stretch.values(limit)).await?;
    let mut events = Vec::with_capacity(rows.len());
    for mut row in rows {
        events.extend(EventRow::read(&mut row)?.into_stored());
    }
    if stretch.last {
        events.reverse();
    }
    Ok(events)
}
