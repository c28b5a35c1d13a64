//! Which database: its URL, and opening it.

use std::path::PathBuf;
use std::sync::Arc;

use super::chain::ChainKey;
use super::{Store, StoreError, mysql, sqlite};

/// Opens the store behind a URL: `sqlite:PATH`, or `mysql://user:password@host[:port]/database[?socket=PATH]`.
///
/// Only the URL is judged here. A database that is away is reported by the first call, as
/// [`StoreError::Unavailable`]: a server may start before it. Must be called within a tokio runtime.
///
/// # Errors
/// When the URL is not one that we know; the message never holds the URL, which may hold a password.
pub fn open(url: &str, key: &ChainKey) -> Result<Arc<dyn Store>, StoreError> {
    let bad = |text: &str| StoreError::BadUrl(format!("the database's URL {text}"));
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            // `sqlite:///path` is how other programs write an absolute path.
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(':') {
                return Err(bad("names no file: write sqlite:PATH"));
            }
            sqlite::open(PathBuf::from(path), key.clone())
        }
        Some(("mysql", _)) => mysql::open(url, key.clone()),
        Some(("mariadb", rest)) => mysql::open(&format!("mysql:{rest}"), key.clone()),
        _ => Err(bad("is neither sqlite:PATH nor mysql://user:password@host/database")),
    }
}
