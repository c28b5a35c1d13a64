//! Where the record of a test is kept: a SQLite file of its own, or a fresh database on the MariaDB that the environment
//! names.

use std::sync::atomic::{AtomicU32, Ordering};

use mysql_async::prelude::Queryable;
use tempfile::TempDir;

/// A database that nobody else uses.
pub enum Database {
    Sqlite,
    MySql { admin_url: String, name: String },
}

impl Database {
    /// The databases that a test is to run on.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::Sqlite];
        match std::env::var("CHAT_TEST_MYSQL_URL") {
            Ok(admin_url) => all.push(Self::fresh(admin_url).await),
            Err(_) => {
                let required = std::env::var("CHAT_TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
                assert!(!required, "CHAT_TEST_MYSQL_URL is not set, and CHAT_TEST_REQUIRE_SERVICES=1 asks for it");
            }
        }
        all
    }

    async fn fresh(admin_url: String) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("server_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let database = Self::MySql { admin_url, name };
        database.execute_as_admin("DROP DATABASE IF EXISTS {}").await;
        database.execute_as_admin("CREATE DATABASE {}").await;
        database
    }

    /// Its URL, for a server that keeps its files in a directory.
    pub fn url(&self, directory: &TempDir) -> String {
        match self {
            Self::Sqlite => format!("sqlite:{}", directory.path().join("chat.sqlite3").display()),
            Self::MySql { admin_url, name } => {
                let (server, _) = admin_url.rsplit_once('/').expect("a URL has a path");
                format!("{server}/{name}")
            }
        }
    }

    /// The URL of the same database as a user who was made for it.
    pub fn url_as(&self, user: &str, directory: &TempDir) -> String {
        let url = self.url(directory);
        let (_, server) = url.rsplit_once('@').expect("a URL has a user");
        format!("mysql://{user}:pass@{server}")
    }

    /// Executes a statement as the database's administrator; `{}` stands for the database's name.
    pub async fn execute_as_admin(&self, statement: &str) {
        let Self::MySql { admin_url, name } = self else { return };
        let options = mysql_async::Opts::from_url(admin_url).expect("CHAT_TEST_MYSQL_URL is a URL");
        let mut connection = mysql_async::Conn::new(options).await.expect("the test MariaDB answers");
        connection.query_drop(statement.replace("{}", name)).await.expect("the statement is right");
        connection.disconnect().await.expect("it says goodbye");
    }

    /// Executes statements in the database itself.
    pub async fn execute(&self, directory: &TempDir, statements: &[&str]) {
        match self {
            Self::Sqlite => {
                let connection = rusqlite::Connection::open(directory.path().join("chat.sqlite3")).unwrap();
                statements.iter().for_each(|statement| connection.execute_batch(statement).unwrap());
            }
            Self::MySql { .. } => {
                let options = mysql_async::Opts::from_url(&self.url(directory)).unwrap();
                let mut connection = mysql_async::Conn::new(options).await.unwrap();
                for statement in statements {
                    connection.query_drop(*statement).await.unwrap();
                }
                connection.disconnect().await.unwrap();
            }
        }
    }

    /// The first column of all rows of a query, as text.
    pub async fn query(&self, directory: &TempDir, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite => {
                let connection = rusqlite::Connection::open(directory.path().join("chat.sqlite3")).unwrap();
                let mut statement = connection.prepare(query).unwrap();
                let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::MySql { .. } => {
                let options = mysql_async::Opts::from_url(&self.url(directory)).unwrap();
                let mut connection = mysql_async::Conn::new(options).await.unwrap();
                let rows = connection.query(query).await.unwrap();
                connection.disconnect().await.unwrap();
                rows
            }
        }
    }

    /// Removes it.
    pub async fn remove(self) {
        self.execute_as_admin("DROP DATABASE IF EXISTS {}").await;
    }
}
