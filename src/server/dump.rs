//! The whole database in a file, and back: to move a server from SQLite to MariaDB or MySQL, or the other way round.

use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::{LOCK_FILE, ServerError, record};
use crate::chat::event::OperatorAct;
use crate::ground::paths::{self, FileLock};
use crate::server::admin::{self, NoteError};
use crate::store::StoreError;

/// Why there is no dump, or why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file cannot be written or read.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// It was not noted who has all of it now.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The configuration's record cannot be had.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes the whole database of a configuration into a new file that only its user reads, beside a server that runs or without
/// one; how many rows. The record says so before the file stands under its name.
pub async fn dump(config: &Config, target: &Path) -> Result<u64, DumpError> {
    let cannot = |path: &Path, error| DumpError::File { path: path.display().to_string(), error };
    if target.exists() {
        return Err(cannot(target, std::io::ErrorKind::AlreadyExists.into()));
    }
    let mut part = target.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let _ = fs::remove_file(&part);
    let file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&part);
    let file = file.map_err(|error| cannot(&part, error))?;
    let dumped = dump_into(config, &file).await;
    let kept = dumped.and_then(|rows| {
        file.sync_all().and_then(|()| fs::rename(&part, target)).map_err(|error| cannot(target, error))?;
        Ok(rows)
    });
    if kept.is_err() {
        let _ = fs::remove_file(&part);
    }
    kept
}

async fn dump_into(config: &Config, file: &File) -> Result<u64, DumpError> {
    let output = file.try_clone().map_err(|error| DumpError::File { path: "the dump".to_owned(), error })?;
    let audit = record::open_audit(config)?;
    let dumped = audit.dump(Box::new(BufWriter::new(output))).await;
    audit.close().await;
    let rows = dumped?;
    admin::note(config, OperatorAct::Exported, "the whole database".to_owned()).await?;
    Ok(rows)
}

/// Fills the empty database of a configuration from a file, all or nothing, while no server runs; how many rows. The chain is
/// whole then: it was verified with the key in the data directory.
pub async fn restore(config: &Config, source: &Path) -> Result<u64, DumpError> {
    let file = File::open(source);
    let file = file.map_err(|error| DumpError::File { path: source.display().to_string(), error })?;
    paths::create_directory(&config.data_dir).map_err(ServerError::from)?;
    let lock = FileLock::try_acquire(&config.data_dir.join(LOCK_FILE)).map_err(ServerError::from)?;
    let _lock = lock.ok_or_else(|| ServerError::Locked(config.data_dir.clone()))?;
    let audit = record::open_audit(config)?;
    let restored = audit.restore(Box::new(BufReader::new(file))).await;
    audit.close().await;
    Ok(restored?)
}
