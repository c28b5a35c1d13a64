//! MariaDB 10.6 or later and MySQL 8, through `mysql_async`. One connection writes, a few read beside it.
//!
//! The driver has no time-outs, and a query's future that was dropped leaves its answer on the wire for the next query to
//! take as its own. So a connection is taken out of its session for each statement, and comes back only when the
//! statement has ended: after a time-out it is thrown away together with the statement. A COMMIT whose connection died
//! may have happened; the contract has an answer to that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Error, Opts, OptsBuilder, Params, ServerError, SslOpts, UrlError};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::audit::Audit;
use super::chain::ChainKey;
use super::queue::Queue;
use super::session::{Access, Clerk, Dialect, Patience, Session};
use super::slow::StatementWatch;
use super::source::Source;
use super::sql_store::SqlStore;
use super::value::{Row, Value};
use super::{STATEMENT_TIMEOUT, Store, StoreError};

/// How long a new connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that was idle for so long is asked whether it still lives before it is used…
const IDLE_CHECK_AFTER: Duration = Duration::from_secs(5);
/// …and has so long to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the system asks an idle connection's other end.
const KEEPALIVE: Duration = Duration::from_secs(30);
/// How long a lock that another session has is waited for.
const LOCK_WAIT_SECONDS: u32 = 5;
/// More than the different statements that there are.
const CACHED_STATEMENTS_MAX: usize = 256;

/// The migrations in order: name and SQL.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_record", include_str!("../../sql/mysql/0001_record.sql")),
    ("0002_tags", include_str!("../../sql/mysql/0002_tags.sql")),
    ("0003_checkpoint", include_str!("../../sql/mysql/0003_checkpoint.sql")),
    ("0004_presence", include_str!("../../sql/mysql/0004_presence.sql")),
    ("0005_bans", include_str!("../../sql/mysql/0005_bans.sql")),
    ("0006_slow_mode", include_str!("../../sql/mysql/0006_slow_mode.sql")),
    ("0007_dropped_channels", include_str!("../../sql/mysql/0007_dropped_channels.sql")),
    ("0008_invitations", include_str!("../../sql/mysql/0008_invitations.sql")),
    ("0009_author_kind", include_str!("../../sql/mysql/0009_author_kind.sql")),
];

const DIALECT: Dialect = Dialect {
    insert_new: "INSERT IGNORE",
    for_update: " FOR UPDATE",
    along_conversation: " FORCE INDEX (PRIMARY)",
    // They lie side by side already: the key of the table begins with the conversation.
    page_pieces: 1,
    rows_per_insert: &[256, 64, 16, 4, 1],
    migrations: MIGRATIONS,
    count_tables: "SELECT COUNT(*) FROM information_schema.tables \
                   WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name = ?",
    table_columns: "SELECT column_name FROM information_schema.columns \
                    WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
    utc_of_local: "SELECT utc, DATE_FORMAT(CONVERT_TZ(utc, '+00:00', 'SYSTEM'), '%d/%m/%Y %H:%i:%s') \
                   FROM (SELECT CONVERT_TZ(CAST(? AS DATETIME(3)), 'SYSTEM', '+00:00') AS utc) AS moment",
};

/// Whose turn it is to change the schema. The name is the server's own, not the database's: it must hold the database.
const SCHEMA_LOCK: &str = "LEFT(CONCAT('chat-server ', DATABASE()), 64)";

/// A store in a database. Must be called within a tokio runtime; nothing is connected before the first call.
///
/// # Errors
/// When the URL is not one of a database. The message never holds it.
pub fn open(url: &str, source: &Source, key: ChainKey) -> Result<Arc<impl Store + Audit>, StoreError> {
    let options = options(url, source)?;
    let losses = Arc::new(AtomicU64::new(0));
    let clerk = || Clerk::new(MySqlSession::new(options.clone(), Arc::clone(&losses)));
    let (writer, jobs) = Queue::new();
    tokio::spawn(jobs.work(clerk()));
    let (readers, jobs) = Queue::new();
    for _ in 0..source.readers {
        tokio::spawn(jobs.clone().work(clerk()));
    }
    Ok(Arc::new(SqlStore::new(key, writer, readers)))
}

fn options(url: &str, source: &Source) -> Result<Opts, StoreError> {
    let bad = |text: String| StoreError::BadUrl(format!("the database's URL {text}"));
    // Only what cannot hold the password is repeated.
    let options = Opts::from_url(url).map_err(|error| match error {
        UrlError::UnknownParameter { param } => bad(format!("has a parameter that is not known: {param}")),
        UrlError::InvalidParamValue { param, .. } => bad(format!("has no good value for its parameter {param}")),
        _ => bad("is not of the form mysql://user:password@host[:port]/database".to_owned()),
    })?;
    if options.db_name().is_none_or(str::is_empty) {
        return Err(bad("names no database: mysql://user:password@host[:port]/database".to_owned()));
    }
    // What the URL asks for stays: the settings only add to it.
    let tls = options.ssl_opts().cloned().or_else(|| source.tls.then(SslOpts::default));
    let tls = match &source.ca {
        None => tls,
        Some(path) => tls.map(|tls| tls.with_root_certs(vec![path.clone().into()]).with_disable_built_in_roots(true)),
    };
    let builder = OptsBuilder::from_opts(options)
        .ssl_opts(tls)
        .prefer_socket(false)
        .stmt_cache_size(CACHED_STATEMENTS_MAX)
        .tcp_keepalive(Some(KEEPALIVE));
    Ok(builder.into())
}

/// One connection, or none at the moment.
struct MySqlSession {
    options: Opts,
    connection: Option<Conn>,
    /// Whether the server is a MariaDB: it spells its own time-out differently.
    is_mariadb: bool,
    last_use: Instant,
    /// How often any connection of this store was lost, and how often when this one was last known to live: where one is
    /// lost, the others probably are.
    losses: Arc<AtomicU64>,
    losses_known: u64,
    patience: Patience,
    /// When the present call must have ended.
    deadline: Option<Instant>,
    /// What the server was told to stop statements after.
    server_limit: Option<Duration>,
}

impl MySqlSession {
    fn new(options: Opts, losses: Arc<AtomicU64>) -> Self {
        Self {
            options,
            losses,
            losses_known: 0,
            connection: None,
            is_mariadb: false,
            last_use: Instant::now(),
            patience: Patience::Call,
            deadline: None,
            server_limit: None,
        }
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        let connection = match timeout(CONNECT_TIMEOUT, Conn::new(self.options.clone())).await {
            Ok(connected) => connected.map_err(|error| self.refused_at_the_door(&error))?,
            Err(_) => return Err(StoreError::Unavailable(format!("no connection within {CONNECT_TIMEOUT:?}"))),
        };
        self.connection = Some(connection);
        self.server_limit = None;
        let set_up = self.set_up().await;
        if set_up.is_err() {
            self.give_up();
        }
        set_up
    }

    async fn set_up(&mut self) -> Result<(), StoreError> {
        let settings = format!(
            "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = {LOCK_WAIT_SECONDS}, sql_mode = \
             'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'"
        );
        self.text("SET NAMES utf8mb4 COLLATE utf8mb4_bin").await?;
        self.text(&settings).await?;
        let version = self.query("SELECT VERSION()", Vec::new()).await?;
        let version = version.into_iter().next().map(|mut row| row.text()).transpose()?.unwrap_or_default();
        self.is_mariadb = version.contains("MariaDB");
        Ok(())
    }

    /// Tells the server to stop statements that nobody waits for any more.
    async fn limit_statements(&mut self) -> Result<(), StoreError> {
        let limit = match self.patience {
            Patience::Call => STATEMENT_TIMEOUT,
            Patience::Statement(limit) => limit,
        };
        if self.server_limit == Some(limit) {
            return Ok(());
        }
        let sql = if self.is_mariadb {
            format!("SET SESSION max_statement_time = {}", limit.as_secs())
        } else {
            format!("SET SESSION max_execution_time = {}", limit.as_millis())
        };
        self.text(&sql).await?;
        self.server_limit = Some(limit);
        Ok(())
    }

    /// Wrong credentials or a missing database are told plainly when the server starts. Later they pass like a database
    /// that is away: what waits for its commit was not judged yet.
    fn refused_at_the_door(&self, error: &Error) -> StoreError {
        match error {
            Error::Server(ServerError { code: 1044 | 1045 | 1049 | 1698, message, .. })
                if matches!(self.patience, Patience::Statement(_)) =>
            {
                StoreError::Rejected(message.clone())
            }
            _ => StoreError::Unavailable(error.to_string()),
        }
    }

    fn limit(&self) -> Duration {
        match (self.patience, self.deadline) {
            (Patience::Statement(limit), _) => limit,
            (Patience::Call, Some(deadline)) => deadline.saturating_duration_since(Instant::now()),
            (Patience::Call, None) => STATEMENT_TIMEOUT,
        }
    }

    fn take(&mut self) -> Result<Conn, StoreError> {
        self.connection.take().ok_or_else(|| StoreError::Unavailable("the connection is lost".to_owned()))
    }

    /// What became of a statement. The connection comes back only if the statement has ended.
    fn settle<T>(&mut self, connection: Conn, ended: Result<Result<T, Error>, Elapsed>) -> Result<T, StoreError> {
        self.last_use = Instant::now();
        match ended {
            Ok(Ok(done)) => {
                self.connection = Some(connection);
                Ok(done)
            }
            Ok(Err(error)) => {
                if error.is_fatal() {
                    self.losses.fetch_add(1, Ordering::Relaxed);
                    throw_away(connection)
                } else {
                    self.connection = Some(connection)
                }
                Err(refused(&error))
            }
            Err(_) => {
                throw_away(connection);
                Err(StoreError::Unavailable("no answer in time".to_owned()))
            }
        }
    }

    /// Whatever state the connection is in, nobody shall use it again.
    fn give_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            throw_away(connection);
        }
    }

    /// Runs a statement that is not prepared.
    async fn text(&mut self, sql: &str) -> Result<(), StoreError> {
        let _watch = StatementWatch::begin(sql);
        let mut connection = self.take()?;
        let ended = timeout(self.limit(), connection.query_drop(sql)).await;
        self.settle(connection, ended)
    }

    async fn statement(&mut self, sql: &str, values: Vec<Value>) -> Result<(Vec<Row>, u64), StoreError> {
        let _watch = StatementWatch::begin(sql);
        let mut connection = self.take()?;
        let ended = timeout(self.limit(), run(&mut connection, sql, values)).await;
        self.settle(connection, ended)
    }

    async fn number(&mut self, sql: &str) -> Result<Option<u64>, StoreError> {
        let rows = self.query(sql, Vec::new()).await?;
        rows.into_iter().next().map(|mut row| row.optional_number()).transpose().map(Option::flatten)
    }
}

async fn run(connection: &mut Conn, sql: &str, values: Vec<Value>) -> Result<(Vec<Row>, u64), Error> {
    let values: Vec<mysql_async::Value> = values.into_iter().map(Into::into).collect();
    let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
    let mut result = connection.exec_iter(sql, params).await?;
    let rows: Vec<mysql_async::Row> = result.collect().await?;
    let changed = result.affected_rows();
    result.drop_result().await?;
    let rows = rows.into_iter().map(|row| Row::new(row.unwrap().into_iter().map(value_of).collect()));
    Ok((rows.collect(), changed))
}

/// Closes a connection that is in an unknown state. Dropped within the runtime, it would first ask the server to roll
/// back and wait for the answer, in a task that no time-out ends; dropped on a thread without a runtime, it just closes.
fn throw_away(connection: Conn) {
    let dropped = std::thread::Builder::new().name("mysql-close".to_owned()).spawn(move || drop(connection));
    if let Err(error) = dropped {
        tracing::warn!(%error, "a dead connection to the database could not be closed at once");
    }
}

impl Session for MySqlSession {
    const DIALECT: &'static Dialect = &DIALECT;

    async fn ready(&mut self, patience: Patience) -> Result<(), StoreError> {
        self.patience = patience;
        self.deadline = Some(Instant::now() + STATEMENT_TIMEOUT);
        let losses = self.losses.load(Ordering::Relaxed);
        let is_doubtful = self.last_use.elapsed() > IDLE_CHECK_AFTER || losses != self.losses_known;
        self.losses_known = losses;
        if is_doubtful && let Some(mut connection) = self.connection.take() {
            let ended = timeout(PING_TIMEOUT, connection.ping()).await;
            // Whatever is wrong with it, a new one is tried.
            let _ = self.settle(connection, ended);
        }
        if self.connection.is_none() {
            self.connect().await?;
        }
        self.limit_statements().await
    }

    async fn begin(&mut self, access: Access) -> Result<(), StoreError> {
        self.text(match access {
            Access::Read => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            Access::Write => "START TRANSACTION",
        })
        .await
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        let committed = self.text("COMMIT").await;
        if committed.is_err() {
            self.give_up();
        }
        committed
    }

    async fn rollback(&mut self) {
        if self.connection.is_some() && self.text("ROLLBACK").await.is_err() {
            self.give_up();
        }
    }

    async fn execute(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        Ok(self.statement(sql, values).await?.1)
    }

    async fn query(&mut self, sql: &str, values: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        Ok(self.statement(sql, values).await?.0)
    }

    async fn script(&mut self, statements: &str) -> Result<(), StoreError> {
        for statement in split(statements) {
            self.text(&statement).await?;
        }
        Ok(())
    }

    async fn lock_schema(&mut self) -> Result<(), StoreError> {
        let sql = format!("SELECT GET_LOCK({SCHEMA_LOCK}, {LOCK_WAIT_SECONDS})");
        match self.number(&sql).await? {
            Some(1) => Ok(()),
            _ => Err(StoreError::Unavailable("another server is preparing the database".to_owned())),
        }
    }

    async fn unlock_schema(&mut self, _keep: bool) -> Result<(), StoreError> {
        // A connection that was lost has lost the lock too.
        self.number(&format!("SELECT RELEASE_LOCK({SCHEMA_LOCK})")).await.map(drop)
    }

    async fn scrub(&mut self) -> Result<(), StoreError> {
        // A dropped table's file is deleted. What the server's own logs hold is the administrator's.
        Ok(())
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            // It is closed either way.
            let _ = timeout(PING_TIMEOUT, connection.disconnect()).await;
        }
    }
}

/// The statements of a script: each ends with a semicolon at the end of a line. Lines of comment are left out.
pub fn split(script: &str) -> Vec<String> {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut statements = vec![String::new()];
    for line in lines {
        if let Some(last) = statements.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
        if line.trim_end().ends_with(';') {
            statements.push(String::new());
        }
    }
    let bare = statements.iter().map(|statement| statement.trim().trim_end_matches(';').to_owned());
    bare.filter(|statement| !statement.is_empty()).collect()
}

impl From<Value> for mysql_async::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Integer(number) => Self::Int(number),
            Value::Text(text) => Self::Bytes(text.into_bytes()),
            Value::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// What the database gave, as ours.
pub fn value_of(value: mysql_async::Value) -> Value {
    use mysql_async::Value::{Bytes, Date, Double, Float, Int, NULL, Time, UInt};
    match value {
        NULL => Value::Null,
        Bytes(bytes) => Value::Bytes(bytes),
        Int(number) => Value::Integer(number),
        UInt(number) => number.into(),
        Float(number) => Value::Text(number.to_string()),
        Double(number) => Value::Text(number.to_string()),
        Date(year, month, day, hour, minute, second, micros) => Value::Text(format!(
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}",
            micros / 1_000
        )),
        Time(..) => Value::Null,
    }
}

/// What the database says, and whether it may say something else the next time.
fn refused(error: &Error) -> StoreError {
    let Error::Server(ServerError { code, message, .. }) = error else {
        return StoreError::Unavailable(error.to_string());
    };
    match code {
        // Too many connections (1040, 1203), shutdown (1053), no cluster (1047), disk full (1021, 1114), lock waits and
        // deadlocks (1205, 1213), stopped statements (1317, 1969, 3024), read-only for now (1290, 1792, 1836), killed (1927).
        1021 | 1040 | 1047 | 1053 | 1114 | 1203 | 1205 | 1213 | 1290 | 1317 | 1792 | 1836 | 1927 | 1969 | 3024 => {
            StoreError::Unavailable(message.clone())
        }
        _ => StoreError::Rejected(format!("{message} ({code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_split_at_the_ends_of_lines() {
        let script = "-- a; comment;\nCREATE TABLE a (\n    -- inside;\n    b TEXT COMMENT 'x;y'\n);\n\nINSERT INTO a VALUES (';');\n";
        assert_eq!(split(script), ["CREATE TABLE a (\n    b TEXT COMMENT 'x;y'\n)", "INSERT INTO a VALUES (';')"]);
    }

    #[test]
    fn a_bad_url_is_told_without_its_password() {
        for url in [
            "mysql://anna:geheim@host",
            "mysql://anna:geheim@host/",
            "mysql://anna:geheim@host:port/chat",
            "mysql://anna:geheim@host/chat?what=geheim",
            "mysql://anna:geheim@host/chat?pool_min=geheim",
            "mysql:anna:geheim@host/chat",
        ] {
            let error = options(url, &Source::new(url)).unwrap_err().to_string();
            assert!(!error.contains("geheim"), "{url}: {error}");
        }
        let url = "mysql://anna:geheim@host/chat?socket=/run/x.sock";
        let options = options(url, &Source::new(url)).unwrap();
        assert_eq!(options.socket(), Some("/run/x.sock"));
    }

    #[test]
    fn settings_add_tls_and_never_take_away_what_the_url_asks_for() {
        let tls_of = |url: &str, change: fn(&mut Source)| {
            let mut source = Source::new(url);
            change(&mut source);
            options(url, &source).unwrap().ssl_opts().cloned()
        };
        let (plain, with_tls) =
            ("mysql://anna@host/chat", "mysql://anna@host/chat?require_ssl=true&verify_identity=false");
        assert_eq!(tls_of(plain, |_| {}), None);
        assert!(tls_of(with_tls, |_| {}).is_some_and(|tls| tls.skip_domain_validation()));
        let strict = tls_of(plain, |source| source.tls = true).unwrap();
        assert!(!strict.skip_domain_validation() && !strict.accept_invalid_certs() && !strict.disable_built_in_roots());
        let own = tls_of(plain, |source| (source.tls, source.ca) = (true, Some("ca.pem".into()))).unwrap();
        assert!(own.disable_built_in_roots() && own.root_certs().len() == 1);
    }
}
