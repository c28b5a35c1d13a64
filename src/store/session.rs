//! One connection to a database, as everything else here sees it.
//!
//! What the store does is written once, as async functions over a [`Session`]. SQLite's session blocks its
//! thread until it has the answer; MariaDB's and MySQL's waits for the network. What differs between the
//! databases in SQL itself is a [`Dialect`].

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::time::Duration;

use super::StoreError;
use super::value::{Row, Value};
use crate::chat::event::Place;

/// The most conversations whose numbers a session remembers; beyond it, it forgets them all and asks again.
const KNOWN_CONVERSATIONS_MAX: usize = 65_536;
/// The most bytes in one INSERT of many rows, far below what any server refuses as a packet.
const INSERT_BYTES_MAX: usize = 1 << 20;

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// [`STATEMENT_TIMEOUT`](super::STATEMENT_TIMEOUT) for the whole call, the wait for a clerk included.
    Call,
    /// So long for each statement: for preparation and loading, whose size is unknown.
    Statement(Duration),
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything read is of one moment.
    Read,
    /// Changes; one at a time.
    Write,
}

/// How the databases differ in SQL.
#[derive(Debug)]
pub struct Dialect {
    /// `INSERT` that leaves out rows whose key is there already.
    pub insert_new: &'static str,
    /// Behind a SELECT of a row that is about to be changed.
    pub for_update: &'static str,
    /// Behind `FROM event`, so that a page is read along its conversation and never along time.
    pub along_conversation: &'static str,
    /// Into how many pieces a long page may be cut, to be read side by side: more than one where the events of a conversation
    /// lie far apart.
    pub page_pieces: usize,
    /// The numbers of rows that one INSERT may have, falling, 1 at last: few statements to prepare, few round trips.
    pub rows_per_insert: &'static [usize],
    /// The migrations in order: number and name, and SQL.
    pub migrations: &'static [(&'static str, &'static str)],
    /// A SELECT whose one column tells how many tables of this name there are (not views).
    pub count_tables: &'static str,
    /// A SELECT of the names of a table's columns, in order.
    pub table_columns: &'static str,
    /// A SELECT of the UTC date of a local one, `2026-11-22 10:00:00`, and of how the view `connexion` will show it.
    pub utc_of_local: &'static str,
}

/// One connection.
pub trait Session: Send + 'static {
    /// Its dialect.
    const DIALECT: &'static Dialect;

    /// Connects if there is no connection, or if the one there looks dead. Statements until the next call end within
    /// `patience`, which for [`Patience::Call`] runs from now on.
    fn ready(&mut self, patience: Patience) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Begins a transaction.
    fn begin(&mut self, access: Access) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends it, its changes being safe on disk.
    fn commit(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Ends it without changes, whatever state it is in.
    fn rollback(&mut self) -> impl Future<Output = ()> + Send;

    /// Runs a statement; the number of rows that it changed.
    fn execute(&mut self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Runs a question.
    fn query(&mut self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send;

    /// Runs statements without values, each ending with a semicolon at the end of a line.
    fn script(&mut self, statements: &str) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Only one session of all servers has this lock on the database; it is refused after a few seconds. In SQLite it is
    /// a transaction.
    fn lock_schema(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives the lock back. Where the lock is a transaction, its changes are kept or not.
    fn unlock_schema(&mut self, keep: bool) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes what deleted rows have left in the database's files, as far as this is in a client's power.
    fn scrub(&mut self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Says goodbye.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// A session with what it has learnt: who does the work.
#[derive(Debug)]
pub struct Clerk<S> {
    /// The connection.
    pub session: S,
    /// Conversations never change their number. Forgotten when a transaction fails, because some may be new in it.
    known: HashMap<Place, u64>,
}

impl<S: Session> Clerk<S> {
    /// Nothing learnt yet.
    pub fn new(session: S) -> Self {
        Self { session, known: HashMap::new() }
    }

    /// The first row of an answer.
    pub async fn query_row(&mut self, sql: &str, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.session.query(sql, values).await?.into_iter().next())
    }

    /// Ends a transaction by the result of what was done in it.
    pub async fn finish<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        let ended = match result {
            Ok(done) => self.session.commit().await.map(|()| done),
            Err(error) => {
                self.session.rollback().await;
                Err(error)
            }
        };
        if ended.is_err() {
            self.known.clear();
        }
        ended
    }

    /// Inserts rows of one width. `head` is the statement up to `VALUES`. The number of rows inserted.
    pub async fn insert(&mut self, head: &str, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        let Some(width) = rows.first().map(Vec::len) else { return Ok(0) };
        let one = format!("({})", vec!["?"; width].join(","));
        let (mut sql, mut sql_size) = (String::new(), 0);
        let mut rest = VecDeque::from(rows);
        let mut inserted = 0;
        while !rest.is_empty() {
            let fits = |size: usize| {
                size == 1 || rest.range(..size).flatten().map(Value::weight).sum::<usize>() <= INSERT_BYTES_MAX
            };
            let sizes = S::DIALECT.rows_per_insert.iter().copied();
            let size = sizes.filter(|size| *size <= rest.len()).find(|size| fits(*size)).unwrap_or(1);
            if size != sql_size {
                (sql, sql_size) = (format!("{head} VALUES {}", vec![one.as_str(); size].join(",")), size);
            }
            inserted += self.session.execute(&sql, rest.drain(..size).flatten().collect()).await?;
        }
        Ok(inserted)
    }

    /// The number of a place's conversation, if it has one.
    pub async fn conversation(&mut self, place: Place) -> Result<Option<u64>, StoreError> {
        let row = match place {
            Place::Server => return Ok(Some(1)),
            Place::Unlisted => return Ok(Some(2)),
            _ if self.known.contains_key(&place) => return Ok(self.known.get(&place).copied()),
            Place::Channel(channel) => {
                self.query_row("SELECT conversation_id FROM channel WHERE id = ?", vec![channel.into()]).await?
            }
            Place::Direct(low, high) => {
                let sql = "SELECT id FROM conversation WHERE account_low = ? AND account_high = ?";
                self.query_row(sql, vec![low.into(), high.into()]).await?
            }
        };
        let Some(mut row) = row else { return Ok(None) };
        let number = row.number()?;
        self.remember(place, number);
        Ok(Some(number))
    }

    /// A new conversation's number.
    pub async fn begin_conversation(&mut self, place: Place) -> Result<u64, StoreError> {
        let row = self.query_row("SELECT MAX(id) + 1 FROM conversation", Vec::new()).await?;
        let number = row.ok_or_else(|| StoreError::Rejected("no conversation at all".to_owned()))?.number()?;
        let (kind, low, high) = match place {
            Place::Direct(low, high) => ("direct", Some(low), Some(high)),
            _ => ("channel", None, None),
        };
        let sql = "INSERT INTO conversation (id, kind, account_low, account_high) VALUES (?, ?, ?, ?)";
        self.session.execute(sql, vec![number.into(), kind.into(), low.into(), high.into()]).await?;
        self.remember(place, number);
        Ok(number)
    }

    fn remember(&mut self, place: Place, number: u64) {
        if self.known.len() >= KNOWN_CONVERSATIONS_MAX {
            self.known.clear();
        }
        self.known.insert(place, number);
    }
}
