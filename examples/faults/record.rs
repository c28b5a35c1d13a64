//! What the database says, asked by itself: neither the server nor its history has a say in it.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts};

/// Where the record is.
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// A database in MariaDB, by its URL.
    MariaDb(String),
}

/// A stored message: its number, and its author's own id.
pub type Stored = (u64, String);

const MESSAGES: &str = "SELECT event.seq, event.idempotency_id FROM event \
    JOIN channel ON channel.conversation_id = event.conversation_id \
    WHERE event.kind = 'privmsg' AND channel.name = ? ORDER BY event.seq";

impl Database {
    /// All messages of a channel in the order of the record.
    pub async fn messages(&self, channel: &str) -> Result<Vec<Stored>> {
        match self {
            Self::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path)?;
                let mut statement = connection.prepare(MESSAGES)?;
                let rows = statement.query_map([channel], |row| Ok((row.get::<_, i64>(0)? as u64, row.get(1)?)))?;
                rows.map(|row| row.context("a row")).collect()
            }
            Self::MariaDb(url) => {
                let mut connection = Conn::new(Opts::from_url(url)?).await?;
                let rows: Vec<Stored> = connection.exec(MESSAGES, (channel,)).await?;
                connection.disconnect().await?;
                Ok(rows)
            }
        }
    }
}
