//! Writing into the logs: what was gathered at once, but for what another program of this user has written there already.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::file::{LINE_BYTES_MAX, is_line_start, lines, path_of};
use super::others::Others;

use crate::client::entry::EntryKey;
use crate::client::logbook::{LogLine, LogName};
use crate::client::stretch::Stretch;
use crate::ground::paths::{self, PRIVATE_FILE_MODE};
use crate::proto::time::Timestamp;

/// How long another program that writes into the same log is waited for; then it may come to stand there twice.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// How often its lock is tried again.
const LOCK_INTERVAL: Duration = Duration::from_millis(5);
/// Of how many logs it is known what others have written; beyond it, all is looked at anew.
const LOGS_KNOWN_MAX: usize = 1_000;

/// Lines of one log that wait for the disk.
#[derive(Default)]
pub struct Batch {
    /// The conversation that gets to know where they stand.
    pub conversation: u32,
    /// As they are written.
    pub text: String,
    /// The message of each, and where the line ends in `text`.
    pub ends: Vec<(EntryKey, usize)>,
}

impl Batch {
    /// The messages with their lines.
    fn lines(&self) -> impl Iterator<Item = (EntryKey, &str)> {
        let mut from = 0;
        self.ends.iter().map(move |&(key, end)| (key, &self.text[std::mem::replace(&mut from, end)..end]))
    }
}

/// What writes into the logs.
pub struct Writer {
    directory: PathBuf,
    others: HashMap<Arc<LogName>, Others>,
    /// What is older was not said in this run.
    since: Timestamp,
}

impl Writer {
    /// Logs below a directory.
    pub fn new(directory: PathBuf) -> Self {
        Self { directory, others: HashMap::new(), since: now() }
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Adds lines to a log, but those that another program has written there already. Returns where each of them stands.
    pub fn write(&mut self, log: &Arc<LogName>, batch: &Batch) -> io::Result<Vec<(EntryKey, Stretch)>> {
        if self.others.len() >= LOGS_KNOWN_MAX {
            self.others.clear();
            // Which of the lines before this moment are our own is not known any more.
            self.since = now();
        }
        let mut file = open(&path_of(&self.directory, log))?;
        lock(&file);
        let others = self.others.entry(Arc::clone(log)).or_default();
        others.look(&file, file.metadata()?.len())?;
        let (mut added, mut places, mut time) = (String::new(), Vec::with_capacity(batch.ends.len()), Timestamp::EPOCH);
        for (key, line) in batch.lines() {
            let parsed = if others.is_empty() { None } else { LogLine::parse(line.trim_end_matches('\n')) };
            let place = parsed.and_then(|line| {
                time = line.time;
                others.take(&line, self.since)
            });
            let from = added.len() as u64;
            if place.is_none() {
                added.push_str(line);
            }
            places.push((key, place.ok_or(Stretch { from, to: added.len() as u64 })));
        }
        let start = append(&mut file, &added)?;
        others.wrote(start + added.len() as u64, time);
        let placed = |added: Stretch| Stretch { from: start + added.from, to: start + added.to };
        Ok(places.into_iter().map(|(key, place)| (key, place.unwrap_or_else(placed))).collect())
    }
}

/// Takes its text from a line that was withdrawn; every place in the log stays what it was. What stands there is left alone when
/// it is no message any more.
pub fn strike(path: &Path, place: Stretch, by: &str) -> io::Result<()> {
    // Not to add to it: that would write at its end, wherever it is told to.
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    lock(&file);
    let length = place.to.saturating_sub(place.from);
    if length > LINE_BYTES_MAX || place.to > file.metadata()?.len() || !is_line_start(&file, place.from)? {
        return Ok(());
    }
    let found = lines(&file, place)?.pop().filter(|(found, line)| *found == place && line.withdrawn_by.is_none());
    let struck = found.and_then(|(_, line)| line.struck(by, usize::try_from(length).ok()?));
    struck.map_or(Ok(()), |struck| file.write_all_at(struck.as_bytes(), place.from))
}

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// Opens a log to read it and to add to it.
fn open(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().read(true).append(true).create(true).mode(PRIVATE_FILE_MODE).open(path);
    match (open(), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            paths::create_directory(parent).map_err(io::Error::other)?;
            open()
        }
        (file, _) => file,
    }
}

/// Keeps other programs from writing until the file is closed. Where that cannot be had, everything is written all the same.
fn lock(file: &File) {
    let begun = Instant::now();
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if begun.elapsed() >= LOCK_PATIENCE {
            return;
        }
        std::thread::sleep(LOCK_INTERVAL);
    }
}

/// Adds lines to a file. Returns where the first one begins.
fn append(file: &mut File, lines: &str) -> io::Result<u64> {
    let end = file.metadata()?.len();
    if lines.is_empty() {
        return Ok(end);
    }
    if is_line_start(file, end)? {
        file.write_all(lines.as_bytes())?;
    } else {
        // A line that a crash or a full disk has cut stays one of its own.
        file.write_all(format!("\n{lines}").as_bytes())?;
    }
    // Another program may have added something since the end was asked for.
    Ok(file.stream_position()?.saturating_sub(lines.len() as u64))
}

/// Adds lines to a file, as a program does that is alone. Returns where the first one begins.
#[cfg(test)]
pub(in crate::client) fn keep(path: &Path, lines: &str) -> io::Result<u64> {
    append(&mut open(path)?, lines)
}
