//! A database of one test's own.

use std::sync::Arc;

use tempfile::TempDir;

use crate::proto::names::AccountName;
use crate::proto::time::Timestamp;
use crate::store::chain::ChainKey;
use crate::store::value::{Row, Value};
use crate::store::{Preparation, PrepareOptions, SeedPasswords, Store, StoreError, database, sqlite};

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
}

/// The key of every stage.
pub fn key() -> ChainKey {
    ChainKey::derive(b"a secret of the tests")
}

/// Options with the usual correspondent.
pub fn options() -> PrepareOptions {
    PrepareOptions {
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
        let store = database::open(&url, &key()).unwrap();
        Self { store, url, backing: Backing::Sqlite(directory) }
    }

    /// Prepares it as usual.
    pub async fn prepare(&self) -> Preparation {
        self.store.prepare(&options()).await.unwrap()
    }

    /// One more store over the same database, as another process would have it.
    pub fn another(&self) -> Arc<dyn Store> {
        database::open(&self.url, &key()).unwrap()
    }

    /// Closes the store and opens it again, as a server does that starts again.
    pub async fn reopen(&mut self) {
        self.store.close().await;
        self.store = self.another();
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
        let Backing::Sqlite(directory) = &self.backing;
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

    /// Tells the database itself.
    pub async fn tell(&self, sql: &str) {
        let Backing::Sqlite(directory) = &self.backing;
        let connection = rusqlite::Connection::open(directory.path().join("chat.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    }
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
