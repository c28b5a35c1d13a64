//! SQLite: one file, no set-up. One thread writes, a few read beside it (WAL); every commit is on disk before it counts.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, params_from_iter};

use super::audit::Audit;
use super::chain::ChainKey;
use super::queue::Queue;
use super::session::{Access, Clerk, Dialect, Patience, Session};
use super::slow::StatementWatch;
use super::sql_store::SqlStore;
use super::value::{Row, Value};
use super::{Store, StoreError};

/// How long a statement waits for another process that writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of the file each of those who read holds in memory. What lies above the rows of a page of history fits in, and
/// the rows themselves are hardly ever asked for twice: the system's own cache is behind it.
const READER_CACHE_KIB: u32 = 512;
/// More than the different statements that there are.
const CACHED_STATEMENTS_MAX: usize = 128;

/// The migrations in order: name and SQL.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_record", include_str!("../../sql/sqlite/0001_record.sql")),
    ("0002_tags", include_str!("../../sql/sqlite/0002_tags.sql")),
    ("0003_checkpoint", include_str!("../../sql/sqlite/0003_checkpoint.sql")),
    ("0004_presence", include_str!("../../sql/sqlite/0004_presence.sql")),
    ("0005_bans", include_str!("../../sql/sqlite/0005_bans.sql")),
    ("0006_slow_mode", include_str!("../../sql/sqlite/0006_slow_mode.sql")),
    ("0007_dropped_channels", include_str!("../../sql/sqlite/0007_dropped_channels.sql")),
    ("0008_invitations", include_str!("../../sql/sqlite/0008_invitations.sql")),
    ("0009_author_kind", include_str!("../../sql/sqlite/0009_author_kind.sql")),
];

const DIALECT: Dialect = Dialect {
    insert_new: "INSERT OR IGNORE",
    for_update: "",
    along_conversation: " INDEXED BY event_conversation",
    page_pieces: 4,
    // A statement is a call and no round trip: many rows at once would gain nothing.
    rows_per_insert: &[1],
    migrations: MIGRATIONS,
    count_tables: "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE",
    table_columns: "SELECT name FROM pragma_table_info(?) ORDER BY cid",
    utc_of_local: "SELECT utc, strftime('%d/%m/%Y %H:%M:%S', utc, 'localtime') \
                   FROM (SELECT strftime('%Y-%m-%d %H:%M:%f', ?, 'utc') AS utc)",
};

/// A store in a file, which is made when it is missing. Nothing is touched before the first call.
pub fn open(path: PathBuf, reader_count: usize, key: ChainKey) -> Result<Arc<impl Store + Audit>, StoreError> {
    let (writer, jobs) = Queue::new();
    let session = |writes| SqliteSession { path: path.clone(), writes, connection: None };
    let start = |name: &str, work: Box<dyn FnOnce() + Send>| {
        let started = thread::Builder::new().name(name.to_owned()).spawn(work);
        started.map_err(|error| StoreError::Unavailable(format!("no thread for the database: {error}")))
    };
    let clerk = Clerk::new(session(true));
    start("sqlite-writer", Box::new(move || jobs.work_on_this_thread(clerk)))?;
    let (readers, jobs) = Queue::new();
    for _ in 0..reader_count {
        let (clerk, jobs) = (Clerk::new(session(false)), jobs.clone());
        start("sqlite-reader", Box::new(move || jobs.work_on_this_thread(clerk)))?;
    }
    Ok(Arc::new(SqlStore::new(key, writer, readers)))
}

/// Copies a database, as of one moment, into a new file that only its user reads. A server may run meanwhile: it goes on.
pub fn back_up(path: &Path, target: &Path) -> Result<(), StoreError> {
    let cannot = |place: &Path, error: &dyn std::fmt::Display| {
        StoreError::NoCopy(format!("cannot write {}: {error}", place.display()))
    };
    if !path.exists() {
        return Err(StoreError::NoCopy(format!("there is no database at {}", path.display())));
    }
    // Written aside, so that nobody takes a half of it for a backup; SQLite writes into an empty file that stands there.
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    if target.exists() {
        return Err(cannot(target, &"it exists already"));
    }
    let _ = fs::remove_file(&part);
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&part).map_err(|error| cannot(&part, &error))?;
    let copied = copy_into(path, &part);
    let kept = copied.and_then(|()| {
        let file = fs::File::open(&part).and_then(|file| file.sync_all());
        file.and_then(|()| fs::rename(&part, target)).map_err(|error| cannot(target, &error))
    });
    if kept.is_err() {
        let _ = fs::remove_file(&part);
    }
    kept
}

fn copy_into(path: &Path, part: &Path) -> Result<(), StoreError> {
    let connection = Connection::open(path).map_err(refused)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
    let part = part.to_str().ok_or_else(|| StoreError::Rejected("the path is not UTF-8".to_owned()))?;
    connection.execute("VACUUM INTO ?", [part]).map_err(refused)?;
    drop(connection);
    let copy = Connection::open(part).map_err(refused)?;
    let sound: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(refused)?;
    if sound == "ok" { Ok(()) } else { Err(StoreError::Rejected(format!("the copy is not sound: {sound}"))) }
}

/// One connection to the file. Its futures are ready at once.
struct SqliteSession {
    path: PathBuf,
    writes: bool,
    connection: Option<Connection>,
}

impl SqliteSession {
    fn connection(&self) -> Result<&Connection, StoreError> {
        self.connection.as_ref().ok_or_else(|| StoreError::Unavailable("not open".to_owned()))
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let path = self.path.display();
        let cannot = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("cannot open {path}: {error}"));
        if self.writes && !self.path.exists() {
            // SQLite would make it readable for everybody; its companions get the file's own mode.
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.open(&self.path).map_err(|error| cannot(&error))?;
        }
        if !self.writes && fs::metadata(&self.path).map_or(true, |file| file.len() == 0) {
            return Err(cannot(&"it was not prepared yet"));
        }
        let connection = Connection::open(&self.path).map_err(|error| cannot(&error))?;
        connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS_MAX);
        connection.busy_timeout(BUSY_TIMEOUT).map_err(refused)?;
        // The plan of a statement depends on its text alone. Otherwise each with a `LIMIT ?` is prepared anew for every value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(refused)?;
        // A commit is in the log and synced before it counts; deleted rows leave nothing behind in the file.
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
                        PRAGMA secure_delete = ON;";
        connection.execute_batch(settings).map_err(refused)?;
        if !self.writes {
            let cache = format!("PRAGMA cache_size = -{READER_CACHE_KIB}");
            connection.execute_batch(&cache).map_err(refused)?;
        }
        Ok(connection)
    }

    fn batch(&self, statements: &str) -> Result<(), StoreError> {
        self.connection()?.execute_batch(statements).map_err(refused)
    }

    fn end(&self) {
        if let Some(connection) = self.connection.as_ref().filter(|connection| !connection.is_autocommit()) {
            // It fails only when the transaction is over already.
            let _ = connection.execute_batch("ROLLBACK");
        }
    }
}

impl Session for SqliteSession {
    const DIALECT: &'static Dialect = &DIALECT;

    async fn ready(&mut self, _: Patience) -> Result<(), StoreError> {
        if self.connection.is_none() {
            self.connection = Some(self.connect()?);
        }
        Ok(())
    }

    async fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.batch(if access == Access::Write { "BEGIN IMMEDIATE" } else { "BEGIN" })
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        let _watch = StatementWatch::begin("COMMIT");
        let committed = self.batch("COMMIT");
        self.end();
        committed
    }

    async fn rollback(&mut self) {
        self.end();
    }

    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let _watch = StatementWatch::begin(sql);
        let mut statement = self.connection()?.prepare_cached(sql).map_err(refused)?;
        let changed = statement.execute(params_from_iter(values)).map_err(refused)?;
        Ok(changed as u64)
    }

    async fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        let _watch = StatementWatch::begin(sql);
        let mut statement = self.connection()?.prepare_cached(sql).map_err(refused)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(values)).map_err(refused)?;
        let mut read = Vec::new();
        while let Some(row) = rows.next().map_err(refused)? {
            let values = (0..columns).map(|at| row.get_ref(at).map(value_of));
            read.push(Row::new(values.collect::<Result<_, _>>().map_err(refused)?));
        }
        Ok(read)
    }

    async fn script(&mut self, statements: &str) -> Result<(), StoreError> {
        self.batch(statements)
    }

    async fn lock_schema(&mut self) -> Result<(), StoreError> {
        self.batch("BEGIN IMMEDIATE")
    }

    async fn unlock_schema(&mut self, keep: bool) -> Result<(), StoreError> {
        let ended = if keep { self.batch("COMMIT") } else { Ok(()) };
        self.end();
        ended
    }

    async fn scrub(&mut self) -> Result<(), StoreError> {
        // What was deleted is overwritten in the file; then the file is written anew, and the log is emptied.
        for statement in ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            let answer = self.query(statement, Vec::new()).await?.into_iter().next();
            if answer.map(|mut row| row.number()).transpose()?.unwrap_or_default() != 0 {
                return Err(StoreError::Unavailable("somebody else reads the database".to_owned()));
            }
        }
        Ok(())
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // The last connection that closes carries the log over into the file.
            let _ = connection.close();
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What SQLite gave as ours.
pub fn value_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Text(number.to_string()),
        ValueRef::Text(text) | ValueRef::Blob(text) => Value::Bytes(text.to_vec()),
    }
}

/// What SQLite says, and whether it may say something else the next time.
fn refused(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed
            | ErrorCode::OperationInterrupted,
        ) => StoreError::Unavailable(error.to_string()),
        _ => StoreError::Rejected(error.to_string()),
    }
}
