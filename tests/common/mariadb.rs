//! A throw-away database in the MariaDB that `scripts/test` starts.

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row};

/// The address of a MariaDB in which tests may make databases.
const URL_VARIABLE: &str = "CHAT_TEST_MYSQL_URL";
/// Set where a missing service is a failure.
const REQUIRE_VARIABLE: &str = "CHAT_TEST_REQUIRE_SERVICES";

/// A database of its own, dropped at the end.
pub struct Database {
    admin: Opts,
    name: String,
}

#[allow(dead_code, reason = "each test binary uses its own few")]
impl Database {
    /// Makes an empty database; none when there is no MariaDB and none is required.
    pub fn create(purpose: &str) -> Option<Self> {
        let Ok(url) = std::env::var(URL_VARIABLE) else {
            assert!(
                std::env::var_os(REQUIRE_VARIABLE).is_none(),
                "{REQUIRE_VARIABLE} is set, but {URL_VARIABLE} is not: this test needs a MariaDB"
            );
            eprintln!("no {URL_VARIABLE}: the part with MariaDB is left out");
            return None;
        };
        let admin = Opts::from_url(&url).expect("a URL of MySQL");
        let name = format!("chat_{purpose}_{}", std::process::id());
        let database = Self { admin, name };
        database.run_as_admin(&format!("DROP DATABASE IF EXISTS `{}`", database.name));
        database.run_as_admin(&format!("CREATE DATABASE `{}` CHARACTER SET utf8mb4", database.name));
        Some(database)
    }

    /// Its URL for `--database`.
    pub fn url(&self) -> String {
        let user = self.admin.user().unwrap_or("root");
        let password = self.admin.pass().map(|password| format!(":{password}")).unwrap_or_default();
        let host = self.admin.ip_or_hostname();
        format!("mysql://{user}{password}@{host}:{}/{}", self.admin.tcp_port(), self.name)
    }

    /// Runs a query and gives each row as the texts of its columns.
    pub fn query(&self, sql: &str) -> Vec<Vec<String>> {
        let options = OptsBuilder::from_opts(self.admin.clone()).db_name(Some(self.name.clone()));
        let sql = sql.to_owned();
        block_on(async move {
            let mut connection = Conn::new(options).await.expect("MariaDB answers");
            let rows: Vec<Row> = connection.query(sql).await.expect("the query is right");
            let _ = connection.disconnect().await;
            rows.into_iter().map(texts).collect()
        })
    }

    fn run_as_admin(&self, sql: &str) {
        let options = self.admin.clone();
        let sql = sql.to_owned();
        block_on(async move {
            let mut connection = Conn::new(options).await.expect("MariaDB answers");
            connection.query_drop(sql).await.expect("the query is right");
            let _ = connection.disconnect().await;
        });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.run_as_admin(&format!("DROP DATABASE `{}`", self.name));
        }
    }
}

fn texts(row: Row) -> Vec<String> {
    row.unwrap().into_iter().map(|value| mysql_async::from_value_opt::<String>(value).unwrap_or_default()).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
