//! The whole database as lines of JSON, and back: from SQLite to MariaDB or MySQL, and the other way round.
//!
//! An export of the record alone could not be gone on from: its rows point to accounts and channels, and what proves who somebody
//! is stands in no event. So a dump has all tables. The first line says what it is; each further line is one row,
//! `{"channel":{"id":1,…}}`, in the order in which tables refer to each other and then of their keys. The same rows give the
//! same bytes, whatever database they are in. It is restored as a whole or not at all, and only if the chain is whole.
//!
//! The ids of messages that count as sent are not in it: the rows of the messages have them.

pub mod tables;

use std::collections::VecDeque;
use std::io::{BufRead, Write};

use serde_json::{Map, Value as Json, json};

use self::tables::{Kind, TABLES, Table};
use super::verify;
use crate::store::chain::ChainKey;
use crate::store::record::IDEMPOTENCY_KEPT_MILLIS;
use crate::store::session::{Access, Clerk, Session};
use crate::store::value::{Row, Value, values};
use crate::store::{StoreError, migrate};

/// How many rows are read and written at once.
const ROWS_AT_ONCE: usize = 512;
/// The most bytes of a line: above what the longest row can be. Beyond: it is no dump.
const LINE_BYTES_MAX: u64 = 64 << 20;
/// The key of the first line, and the form of the lines behind it.
const FORM: (&str, u64) = ("chat-server dump", 1);

/// Where a dump is written to.
pub type Output = Box<dyn Write + Send>;
/// Where a dump is read from.
pub type Input = Box<dyn BufRead + Send>;

/// Writes all rows as they are in one moment; how many.
pub async fn dump<S: Session>(clerk: &mut Clerk<S>, mut output: Output) -> Result<u64, StoreError> {
    migrate::check(clerk).await?;
    clerk.session.begin(Access::Read).await?;
    let result = dump_within(clerk, &mut output).await;
    clerk.finish(result).await
}

async fn dump_within<S: Session>(clerk: &mut Clerk<S>, output: &mut Output) -> Result<u64, StoreError> {
    let cannot = |error: std::io::Error| StoreError::Rejected(format!("the dump cannot be written: {error}"));
    writeln!(output, "{}", json!({ FORM.0: FORM.1, "schema": S::DIALECT.migrations.len() })).map_err(cannot)?;
    let mut count = 0;
    for table in TABLES {
        table.must_be_known(clerk).await?;
        let mut after = None;
        loop {
            let rows = table.rows(clerk, after).await?;
            let is_last = rows.len() < ROWS_AT_ONCE || !table.is_paged();
            for mut row in rows {
                let mut fields = Map::new();
                for (name, kind) in table.columns {
                    fields.insert((*name).to_owned(), kind.read(&mut row)?);
                }
                after = fields.get(table.key).and_then(Json::as_u64);
                writeln!(output, "{}", json!({ table.name: fields })).map_err(cannot)?;
                count += 1;
            }
            if is_last {
                break;
            }
        }
    }
    output.flush().map_err(cannot)?;
    Ok(count)
}

impl Table {
    /// Whether its key is one number, so that it can be read a few rows at a time. The others are small.
    fn is_paged(&self) -> bool {
        self.columns.iter().any(|(name, kind)| *name == self.key && *kind == Kind::Number)
    }

    fn column_list(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    async fn rows<S: Session>(&self, clerk: &mut Clerk<S>, after: Option<u64>) -> Result<Vec<Row>, StoreError> {
        let (columns, Self { name, key, .. }) = (self.column_list(), self);
        match after {
            _ if !self.is_paged() => {
                clerk.session.query(&format!("SELECT {columns} FROM {name} ORDER BY {key}"), Vec::new()).await
            }
            None => {
                let sql = format!("SELECT {columns} FROM {name} ORDER BY {key} LIMIT ?");
                clerk.session.query(&sql, values![ROWS_AT_ONCE as u64]).await
            }
            Some(after) => {
                let sql = format!("SELECT {columns} FROM {name} WHERE {key} > ? ORDER BY {key} LIMIT ?");
                clerk.session.query(&sql, values![after, ROWS_AT_ONCE as u64]).await
            }
        }
    }

    /// A column that is not listed here would be lost without a word.
    async fn must_be_known<S: Session>(&self, clerk: &mut Clerk<S>) -> Result<(), StoreError> {
        let found = clerk.session.query(S::DIALECT.table_columns, values![self.name]).await?;
        let mut found: Vec<String> = found.into_iter().map(|mut row| row.text()).collect::<Result<_, _>>()?;
        let mut known: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        found.sort_unstable();
        known.sort_unstable();
        if found == known {
            return Ok(());
        }
        Err(StoreError::Rejected(format!("the table {} has other columns than a dump knows of", self.name)))
    }
}

/// Makes the tables of an empty database, and fills them with the rows of a dump, all or none; how many.
pub async fn restore<S: Session>(clerk: &mut Clerk<S>, key: &ChainKey, input: Input) -> Result<u64, StoreError> {
    migrate::migrate(clerk).await?;
    clerk.session.begin(Access::Write).await?;
    let result = restore_within(clerk, key, input).await;
    clerk.finish(result).await
}

async fn restore_within<S: Session>(clerk: &mut Clerk<S>, key: &ChainKey, input: Input) -> Result<u64, StoreError> {
    for table in ["event", "account", "channel", "checkpoint"] {
        if clerk.query_row(&format!("SELECT 1 FROM {table} LIMIT 1"), Vec::new()).await?.is_some() {
            return Err(StoreError::Rejected(
                "the database is not empty: a dump is restored into a new one".to_owned(),
            ));
        }
    }
    for table in ["conversation", "journal"] {
        clerk.session.execute(&format!("DELETE FROM {table}"), Vec::new()).await?;
    }
    let mut lines = Lines { input, number: 0 };
    let schema = lines.next()?.filter(|head| head.get(FORM.0).and_then(Json::as_u64) == Some(FORM.1));
    let schema = schema.as_ref().and_then(|head| head.get("schema")).and_then(Json::as_u64);
    match schema {
        None => return Err(lines.odd("not a dump of this program")),
        Some(schema) if schema != S::DIALECT.migrations.len() as u64 => {
            let known = S::DIALECT.migrations.len();
            return Err(lines.odd(&format!("tables of version {schema}, and this program has {known}")));
        }
        Some(_) => {}
    }
    let (mut count, mut tables) = (0, VecDeque::from_iter(TABLES));
    let mut rows = Vec::new();
    while let Some(line) = lines.next()? {
        let Some((name, fields)) = line.as_object().and_then(|line| line.iter().next()) else {
            return Err(lines.odd("not a row"));
        };
        while tables.front().is_some_and(|table| table.name != name) {
            insert(clerk, tables[0], &mut rows).await?;
            tables.pop_front();
        }
        let Some(table) = tables.front() else { return Err(lines.odd("an unknown table, or not in its place")) };
        let row: Option<Vec<Value>> = table.columns.iter().map(|(name, kind)| kind.value(fields.get(name)?)).collect();
        rows.push(row.ok_or_else(|| lines.odd("not a row of its table"))?);
        count += 1;
        if rows.len() == ROWS_AT_ONCE {
            insert(clerk, table, &mut rows).await?;
        }
    }
    if let Some(table) = tables.front() {
        insert(clerk, table, &mut rows).await?;
    }
    remember_ids(clerk).await?;
    must_be_whole(clerk, key).await?;
    Ok(count)
}

async fn insert<S: Session>(clerk: &mut Clerk<S>, table: &Table, rows: &mut Vec<Vec<Value>>) -> Result<(), StoreError> {
    let head = format!("INSERT INTO {} ({})", table.name, table.column_list());
    clerk.insert(&head, std::mem::take(rows)).await.map(drop)
}

/// What was sent of late counts as sent here too.
async fn remember_ids<S: Session>(clerk: &mut Clerk<S>) -> Result<(), StoreError> {
    let row = clerk.query_row("SELECT last_time FROM journal WHERE id = 1", Vec::new()).await?;
    let Some(mut row) = row else { return Err(StoreError::Rejected("the dump has no end".to_owned())) };
    let since = row.time()?.plus_millis(-IDEMPOTENCY_KEPT_MILLIS);
    let sql = format!(
        "{} INTO idempotency (account_id, conversation_id, idempotency_id, seq, time) \
         SELECT account_id, conversation_id, idempotency_id, seq, time FROM event \
         WHERE idempotency_id IS NOT NULL AND account_id IS NOT NULL AND kind IN ('privmsg', 'notice') AND time > ? \
         ORDER BY seq DESC",
        S::DIALECT.insert_new
    );
    clerk.session.execute(&sql, values![since]).await.map(drop)
}

async fn must_be_whole<S: Session>(clerk: &mut Clerk<S>, key: &ChainKey) -> Result<(), StoreError> {
    let verified = verify::verify_within(clerk, key, &[]).await?;
    let Some(fault) = verified.faults.first() else { return Ok(()) };
    let more = verified.fault_count - 1;
    Err(StoreError::Rejected(format!(
        "the record of the dump is not whole, or was chained with another server.key: {fault} ({more} more)"
    )))
}

/// The lines of a dump.
struct Lines {
    input: Input,
    number: u64,
}

impl Lines {
    fn next(&mut self) -> Result<Option<Json>, StoreError> {
        let mut line = String::new();
        self.number += 1;
        let read = std::io::Read::take(&mut self.input, LINE_BYTES_MAX).read_line(&mut line);
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with('\n') => {
                serde_json::from_str(&line).map(Some).map_err(|_| self.odd("not a line of JSON"))
            }
            Ok(_) => Err(self.odd("the line is cut off")),
            Err(error) => Err(self.odd(&error.to_string())),
        }
    }

    fn odd(&self, what: &str) -> StoreError {
        StoreError::Rejected(format!("the dump's line {}: {what}", self.number))
    }
}
