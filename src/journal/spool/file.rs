//! The spool's file: batches as they were handed in, oldest first. SQLite, because it survives a power failure between any
//! two bytes.

use std::fs::OpenOptions;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::chat::event::{Record, Seq};
use crate::store::StoreError;

/// A batch that waits.
pub struct Batch {
    /// The number of its first event.
    pub first: Seq,
    /// Its events.
    pub records: Vec<Record>,
    /// Those of them that were told as repetitions of earlier ones.
    pub told_as_repetitions: Vec<Seq>,
}

/// The file.
pub struct SpoolFile {
    connection: Connection,
}

fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("the spool: {error}"))
}

fn rejected(error: impl std::fmt::Display) -> StoreError {
    StoreError::Rejected(format!("the spool: {error}"))
}

impl SpoolFile {
    /// Opens it, and makes it when it is missing. Only its user reads it: it holds messages.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|error| rejected(format!("{}: {error}", path.display())))?;
        let connection = Connection::open(path).map_err(rejected)?;
        // A batch counts once it is on the disk; what was carried over leaves nothing behind.
        let statements = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; \
            CREATE TABLE IF NOT EXISTS batch ( \
                first_seq  INTEGER PRIMARY KEY, \
                events     INTEGER NOT NULL, \
                records    TEXT NOT NULL, \
                told       TEXT NOT NULL \
            )";
        connection.execute_batch(statements).map_err(rejected)?;
        Ok(Self { connection })
    }

    /// Adds a batch behind all others. When this returns, it survives a power failure.
    pub fn push(&mut self, records: &[Record], told: Vec<Seq>) -> Result<(), StoreError> {
        let Some(first) = records.first().map(|record| record.seq) else { return Ok(()) };
        let (text, told) = (serde_json::to_string(records), serde_json::to_string(&told));
        let (text, told) = (text.map_err(rejected)?, told.map_err(rejected)?);
        let sql = "INSERT INTO batch (first_seq, events, records, told) VALUES (?, ?, ?, ?)";
        let values = params![first.0 as i64, records.len() as i64, text, told];
        self.connection.execute(sql, values).map_err(unavailable)?;
        Ok(())
    }

    /// The oldest batch.
    pub fn first(&mut self) -> Result<Option<Batch>, StoreError> {
        let sql = "SELECT first_seq, records, told FROM batch ORDER BY first_seq LIMIT 1";
        let row = self
            .connection
            .query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)));
        let Some((first, records, told)) = row.optional().map_err(unavailable)? else { return Ok(None) };
        let records = serde_json::from_str(&records).map_err(rejected)?;
        let told_as_repetitions = serde_json::from_str(&told).map_err(rejected)?;
        Ok(Some(Batch { first: Seq(first as u64), records, told_as_repetitions }))
    }

    /// Removes a batch that is in the database.
    pub fn remove(&mut self, first: Seq) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM batch WHERE first_seq = ?", [first.0 as i64]).map_err(unavailable)?;
        Ok(())
    }

    /// How many events wait.
    pub fn count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT COALESCE(SUM(events), 0) FROM batch";
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0)).map_err(unavailable)?;
        Ok(count.unsigned_abs())
    }
}
