//! A database of one test's own.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mysql_async::prelude::Queryable as _;
use tempfile::TempDir;

use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;
use crate::store::audit::Audit;
use crate::store::chain::ChainKey;
use crate::store::source::Source;
use crate::store::value::{Row, Value};
use crate::store::{Preparation, PrepareOptions, SeedPasswords, Store, StoreError, database, mysql, sqlite};

/// A store over a new database, with a second way in.
pub struct Stage {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its URL.
    pub url: String,
    backing: Backing,
}

enum Backing {
    Sqlite(TempDir),
    /// The administrator's URL and the database's name.
    MySql(String, String),
}

/// The key of every stage.
pub fn key() -> ChainKey {
    ChainKey::derive(b"a secret of the tests")
}

/// Options with the usual correspondent.
pub fn options() -> PrepareOptions {
    PrepareOptions {
        migrate: true,
        correspondent: AccountName::new("serveur").unwrap(),
        seed_passwords: SeedPasswords::Detect,
        now: Timestamp::from_millis(1_795_341_600_000),
    }
}

impl Stage {
    /// A new file.
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("chat.db").display());
        let store = database::open(&Source::new(&url), &key()).unwrap();
        Self { store, url, backing: Backing::Sqlite(directory) }
    }

    /// A new database on the server that the environment names; nothing when it names none.
    pub async fn mysql() -> Option<Self> {
        let Ok(administrator) = std::env::var("CHAT_TEST_MYSQL_URL") else {
            let required = std::env::var("CHAT_TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
            assert!(!required, "CHAT_TEST_MYSQL_URL is not set");
            return None;
        };
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("chat_store_{}_{count}", std::process::id());
        on_mysql(&administrator, &format!("DROP DATABASE IF EXISTS {name}")).await;
        // A school's database is not in utf8mb4: our tables must not depend on it.
        on_mysql(&administrator, &format!("CREATE DATABASE {name} CHARACTER SET latin1")).await;
        let (server, _) = administrator.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        let store = database::open(&Source::new(&url), &key()).unwrap();
        Some(Self { store, url, backing: Backing::MySql(administrator, name) })
    }

    /// Prepares it as usual.
    pub async fn prepare(&self) -> Preparation {
        self.store.prepare(&options()).await.unwrap()
    }

    /// One more store over the same database, as another process would have it.
    pub fn another(&self) -> Arc<dyn Store> {
        database::open(&Source::new(&self.url), &key()).unwrap()
    }

    /// The record for an operator's questions to it.
    pub fn audit(&self) -> Arc<dyn Audit> {
        database::open_audit(&Source::new(&self.url), &key()).unwrap()
    }

    /// One more database of the same kind.
    pub async fn one_more(&self) -> Self {
        match &self.backing {
            Backing::Sqlite(_) => Self::sqlite().await,
            Backing::MySql(..) => Self::mysql().await.unwrap(),
        }
    }

    /// The migrations of this kind of database: name and SQL.
    pub fn migrations(&self) -> &'static [(&'static str, &'static str)] {
        match &self.backing {
            Backing::Sqlite(_) => sqlite::MIGRATIONS,
            Backing::MySql(..) => mysql::MIGRATIONS,
        }
    }

    /// Runs a script as a migration is run.
    pub async fn script(&self, script: &str) {
        match &self.backing {
            Backing::Sqlite(_) => self.tell(script).await,
            Backing::MySql(..) => {
                let mut connection = mysql_async::Conn::from_url(&self.url).await.unwrap();
                connection.query_drop("SET NAMES utf8mb4").await.unwrap();
                for statement in mysql::split(script) {
                    connection.query_drop(statement).await.unwrap();
                }
                connection.disconnect().await.unwrap();
            }
        }
    }

    /// Fills the tables that are here with the rows of another database of the same kind, as far as there are columns for
    /// them here.
    pub async fn take_rows_of(&self, source: &Self) {
        let (tables, columns, quote) = match &self.backing {
            Backing::Sqlite(_) => (
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migration'",
                "SELECT name FROM pragma_table_info('TABLE')",
                '"',
            ),
            Backing::MySql(..) => (
                "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() \
                 AND table_type = 'BASE TABLE' AND table_name <> 'schema_migration'",
                "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() \
                 AND table_name = 'TABLE'",
                '`',
            ),
        };
        let (mut before, from, after) = match (&source.backing, &self.backing) {
            (Backing::MySql(_, name), _) => ("SET FOREIGN_KEY_CHECKS = 0;\n".to_owned(), format!("{name}."), ""),
            (Backing::Sqlite(directory), _) => {
                let path = directory.path().join("chat.db");
                (format!("ATTACH '{}' AS source;\n", path.display()), "source.".to_owned(), "DETACH source;\n")
            }
        };
        for table in self.ask(tables).await {
            let columns = self.ask(&columns.replace("TABLE", &table)).await;
            let columns = columns.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(", ");
            before.push_str(&format!("DELETE FROM {table};\n"));
            before.push_str(&format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {from}{table};\n"));
        }
        self.script(&format!("{before}{after}")).await;
    }

    /// Closes the store and opens it again, as a server does that starts again.
    pub async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.another();
    }

    /// The directory that holds all files of the database, when this is one.
    pub fn directory(&self) -> Option<&Path> {
        match &self.backing {
            Backing::Sqlite(directory) => Some(directory.path()),
            Backing::MySql(..) => None,
        }
    }

    /// Asks the database itself: each row as texts, nothing as `-`.
    pub async fn ask(&self, sql: &str) -> Vec<String> {
        self.values(sql)
            .await
            .into_iter()
            .map(|row| row.into_iter().map(text_of).collect::<Vec<_>>().join(" | "))
            .collect()
    }

    /// Asks the database itself.
    pub async fn rows(&self, sql: &str) -> Vec<Row> {
        self.values(sql).await.into_iter().map(Row::new).collect()
    }

    async fn values(&self, sql: &str) -> Vec<Vec<Value>> {
        match &self.backing {
            Backing::Sqlite(directory) => {
                let connection = rusqlite::Connection::open(directory.path().join("chat.db")).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let columns = statement.column_count();
                let mut rows = statement.query([]).unwrap();
                let mut read = Vec::new();
                while let Some(row) = rows.next().unwrap() {
                    read.push((0..columns).map(|at| sqlite::value_of(row.get_ref(at).unwrap())).collect());
                }
                read
            }
            Backing::MySql(..) => on_mysql(&self.url, sql).await,
        }
    }

    /// Tells the database itself.
    pub async fn tell(&self, sql: &str) {
        match &self.backing {
            Backing::Sqlite(directory) => {
                let connection = rusqlite::Connection::open(directory.path().join("chat.db")).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Backing::MySql(..) => drop(on_mysql(&self.url, sql).await),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let Backing::MySql(administrator, name) = &self.backing else { return };
        let (administrator, sql) = (administrator.clone(), format!("DROP DATABASE {name}"));
        // The test's own runtime is busy with this very call, or ends.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { on_mysql(&administrator, &sql).await });
        });
        drop(dropping.join());
    }
}

/// One statement on a connection of its own, with the server's own settings.
async fn on_mysql(url: &str, sql: &str) -> Vec<Vec<Value>> {
    let mut connection = mysql_async::Conn::from_url(url).await.unwrap();
    connection.query_drop("SET NAMES utf8mb4").await.unwrap();
    let rows: Vec<mysql_async::Row> = connection.exec(sql, ()).await.unwrap();
    connection.disconnect().await.unwrap();
    rows.into_iter().map(|row| row.unwrap().into_iter().map(mysql::value_of).collect()).collect()
}

fn text_of(value: Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text,
        Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Whether a call failed for good.
pub fn is_rejected<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Rejected(_)))
}
