//! Which database: its URL, and opening it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::audit::Audit;
use super::chain::ChainKey;
use super::source::Source;
use super::{Store, StoreError, mysql, sqlite};

/// Opens the store behind a URL: `sqlite:PATH`, or `mysql://user:password@host[:port]/database[?socket=PATH]`.
///
/// Only the URL is judged here. A database that is away is reported by the first call, as
/// [`StoreError::Unavailable`]: a server may start before it. Must be called within a tokio runtime.
///
/// # Errors
/// When the URL is not one that we know; the message never holds the URL, which may hold a password.
pub fn open(source: &Source, key: &ChainKey) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match Place::of(source.url.expose())? {
        Place::Sqlite(path) => sqlite::open(path, source.readers, key.clone())?,
        Place::MySql(url) => mysql::open(&url, source, key.clone())?,
    })
}

/// Opens the record behind a URL for an operator's questions to it, as [`open`] does for a server.
///
/// # Errors
/// When the URL is not one that we know.
pub fn open_audit(source: &Source, key: &ChainKey) -> Result<Arc<dyn Audit>, StoreError> {
    Ok(match Place::of(source.url.expose())? {
        Place::Sqlite(path) => sqlite::open(path, source.readers, key.clone())?,
        Place::MySql(url) => mysql::open(&url, source, key.clone())?,
    })
}

/// Copies the SQLite database behind a URL into a new file, while a server may run on it. Takes as long as it takes.
///
/// # Errors
/// Also for MariaDB and MySQL, which have programs of their own for that.
pub fn back_up(url: &str, target: &Path) -> Result<(), StoreError> {
    match Place::of(url)? {
        Place::Sqlite(path) => sqlite::back_up(&path, target),
        Place::MySql(_) => Err(StoreError::Rejected(
            "a backup of MariaDB or MySQL is made by mariadb-dump --single-transaction, or by mariadb-backup"
                .to_owned(),
        )),
    }
}

/// What a URL names.
enum Place {
    Sqlite(PathBuf),
    MySql(String),
}

impl Place {
    fn of(url: &str) -> Result<Self, StoreError> {
        let bad = |text: &str| StoreError::BadUrl(format!("the database's URL {text}"));
        match url.split_once(':') {
            Some(("sqlite", path)) => {
                // `sqlite:///path` is how other programs write an absolute path.
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() || path.starts_with(':') {
                    return Err(bad("names no file: write sqlite:PATH"));
                }
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            Some(("mysql", _)) => Ok(Self::MySql(url.to_owned())),
            Some(("mariadb", rest)) => Ok(Self::MySql(format!("mysql:{rest}"))),
            _ => Err(bad("is neither sqlite:PATH nor mysql://user:password@host/database")),
        }
    }
}
