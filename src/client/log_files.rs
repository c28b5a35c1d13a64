//! The files of the log: one a conversation, plain text, a message a line, in the order of arrival, mode 0600.
//!
//! Everything here blocks: [`LogFiles`] does it in a thread of its own; what is said while it writes is written together. Only ever
//! does a file grow at its end, so that a place in it stays what it was. Others may append to it at the same time; where it was cut
//! or replaced, places lead nowhere, which is noticed and told.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::entry::EntryKey;
use super::event::Event;
use super::logbook::{LogFault, LogLine, LogName, LogPage, LogQuestion};
use super::stretch::Stretch;
use crate::ground::paths::{self, PRIVATE_FILE_MODE};

/// How many bytes may wait for the disk; further lines are not kept.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long lines are gathered before they are written together, unless somebody waits; who kills the program loses those.
const GATHER_TIME: Duration = Duration::from_millis(500);
/// So many bytes are written at once.
const GATHER_BYTES: usize = 256 * 1024;
/// How much of a file is read at once.
const BLOCK_BYTES: usize = 64 * 1024;
/// The longest line that is read; a longer one is none of ours and passed over.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// A page of so many bytes is not made longer, however few its lines.
const PAGE_BYTES_MAX: u64 = 1024 * 1024;
/// The longest name of a file.
const NAME_BYTES_MAX: usize = 200;

/// Lines of one log that wait for the disk.
#[derive(Default)]
struct Batch {
    /// The conversation that gets to know where they stand.
    conversation: u32,
    /// As they are written.
    text: String,
    /// The message of each, and where the line ends in `text`.
    ends: Vec<(EntryKey, usize)>,
}

impl Batch {
    /// Where each line stands, when the first one was written at this place.
    fn placed(&self, start: u64) -> Vec<(EntryKey, Stretch)> {
        let mut from = start;
        let place = |&(key, end): &(EntryKey, usize)| {
            let stretch = Stretch { from, to: start + end as u64 };
            from = stretch.to;
            (key, stretch)
        };
        self.ends.iter().map(place).collect()
    }
}

/// What waits for the thread. What is to be written is written before anything is read: an answer knows of every line that was
/// said before the question, and comes behind the word where that line stands.
#[derive(Default)]
struct Waiting {
    batches: HashMap<Arc<LogName>, Batch>,
    questions: Vec<LogQuestion>,
    bytes: usize,
    is_closed: bool,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.questions.is_empty()
    }

    /// Whether the thread has to go on at once: somebody waits for an answer or for the end, or there is enough to write.
    fn is_urgent(&self) -> bool {
        self.is_closed || !self.questions.is_empty() || self.bytes >= GATHER_BYTES
    }
}

/// What stands between the program and the thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Changes what waits, and wakes the thread when it may sleep.
    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (was_empty, was_urgent) = (waiting.is_empty(), waiting.is_urgent());
        let result = change(&mut waiting);
        if was_empty || (waiting.is_urgent() && !was_urgent) {
            self.changed.notify_one();
        }
        result
    }

    /// Waits for something to do and takes all of it; nothing is in it when there will be nothing any more.
    fn take(&self) -> Waiting {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |waiting: &mut Waiting| waiting.is_empty() && !waiting.is_closed;
        let waiting = self.changed.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
        let gathers = |waiting: &mut Waiting| !waiting.is_urgent();
        let gathered = self.changed.wait_timeout_while(waiting, GATHER_TIME, gathers);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        let is_closed = waiting.is_closed;
        std::mem::replace(&mut waiting, Waiting { is_closed, ..Waiting::default() })
    }
}

/// Keeps and reads logs, in a thread that may block.
pub struct LogFiles {
    queue: Arc<Queue>,
    /// What the thread does, until the first order.
    work: Option<Box<dyn FnOnce() + Send>>,
    task: Option<JoinHandle<()>>,
    has_refused: bool,
}

impl LogFiles {
    /// Logs below a directory. Where lines came to stand ([`Event::Logged`]), pages ([`Event::LogPage`]) and what goes wrong with
    /// writing ([`Event::LogFailed`], once) is told to `events`. The thread begins with the first order: nobody waits for it at the
    /// start, and many servers keep history themselves.
    pub fn new(directory: PathBuf, events: mpsc::Sender<Event>) -> Self {
        let queue = Arc::new(Queue::default());
        let orders = Arc::clone(&queue);
        let work = move || {
            // Without a receiver the program ends: what is left is written all the same.
            let tell = |event| _ = events.blocking_send(event);
            let mut has_failed = false;
            loop {
                let Waiting { batches, questions, .. } = orders.take();
                if batches.is_empty() && questions.is_empty() {
                    return;
                }
                for (log, batch) in batches {
                    match keep(&path_of(&directory, &log), &batch.text) {
                        Ok(start) => {
                            tell(Event::Logged { conversation: batch.conversation, lines: batch.placed(start) });
                        }
                        Err(error) if !std::mem::replace(&mut has_failed, true) => {
                            tell(Event::LogFailed(LogFault::Unwritable(error.to_string())));
                        }
                        Err(_) => {}
                    }
                }
                for question in questions {
                    let page = read(&path_of(&directory, &question.log), &question);
                    tell(Event::LogPage { conversation: question.conversation, page });
                }
            }
        };
        Self { queue, work: Some(Box::new(work)), task: None, has_refused: false }
    }

    fn begin(&mut self) {
        if let Some(work) = self.work.take() {
            self.task = Some(tokio::task::spawn_blocking(work));
        }
    }

    /// Keeps a line for a message of a conversation.
    ///
    /// # Errors
    /// [`LogFault::TooSlow`] when there is no room for it, once: for what is refused later on, nothing is said.
    pub fn keep(
        &mut self,
        log: Arc<LogName>,
        conversation: u32,
        entry: EntryKey,
        line: &LogLine,
    ) -> Result<(), LogFault> {
        self.begin();
        let is_kept = self.queue.change(|waiting| {
            if waiting.bytes >= WAITING_BYTES_MAX {
                return false;
            }
            let batch = waiting.batches.entry(log).or_default();
            batch.conversation = conversation;
            let before = batch.text.len();
            line.write(&mut batch.text);
            batch.ends.push((entry, batch.text.len()));
            waiting.bytes += batch.text.len() - before;
            true
        });
        if is_kept || std::mem::replace(&mut self.has_refused, true) { Ok(()) } else { Err(LogFault::TooSlow) }
    }

    /// Reads a page.
    pub fn read(&mut self, question: LogQuestion) {
        self.begin();
        self.queue.change(|waiting| waiting.questions.push(question));
    }

    /// Ends once everything is on disk.
    pub async fn close(mut self) {
        self.queue.change(|waiting| waiting.is_closed = true);
        if let Some(task) = self.task.take() {
            // It neither panics nor is aborted.
            let _ = task.await;
        }
    }
}

impl Drop for LogFiles {
    fn drop(&mut self) {
        self.queue.change(|waiting| waiting.is_closed = true);
    }
}

fn path_of(directory: &Path, log: &LogName) -> PathBuf {
    let target = format!("{}.log", file_name(&log.target));
    directory.join(file_name(&log.server)).join(file_name(&log.account)).join(target)
}

/// A name as a file may be called: anything unusual as `%` and two digits.
fn file_name(name: &str) -> String {
    let mut file = String::new();
    for byte in name.bytes() {
        let is_plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'#') || (byte == b'.' && !file.is_empty());
        if is_plain {
            file.push(char::from(byte));
        } else {
            file.push_str(&format!("%{byte:02X}"));
        }
        if file.len() >= NAME_BYTES_MAX {
            break;
        }
    }
    if file.is_empty() { "%".to_owned() } else { file }
}

/// Adds lines to a file. Returns where the first one begins.
pub(super) fn keep(path: &Path, lines: &str) -> io::Result<u64> {
    let open = || OpenOptions::new().read(true).append(true).create(true).mode(PRIVATE_FILE_MODE).open(path);
    let mut file = match (open(), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            paths::create_directory(parent).map_err(io::Error::other)?;
            open()?
        }
        (file, _) => file?,
    };
    let end = file.metadata()?.len();
    if is_line_start(&file, end)? {
        file.write_all(lines.as_bytes())?;
    } else {
        // A line that a crash or a full disk has cut stays one of its own.
        file.write_all(format!("\n{lines}").as_bytes())?;
    }
    // Another program may have added something since the end was asked for.
    Ok(file.stream_position()?.saturating_sub(lines.len() as u64))
}

/// The first or the last part of a stretch.
pub(super) fn read(path: &Path, question: &LogQuestion) -> Result<LogPage, LogFault> {
    let stretch = question.stretch;
    let page = File::open(path).and_then(|file| {
        let end = if stretch.is_open() { file.metadata()?.len() } else { stretch.to };
        let is_known = is_line_start(&file, stretch.from)? && (stretch.is_open() || is_line_start(&file, end)?);
        if !is_known || end < stretch.from {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let whole = Stretch { from: stretch.from, to: end };
        let mut covered = match question.is_from_above {
            true => Stretch { to: end_of_first(&file, whole, question.limit)?, ..whole },
            false => Stretch { from: start_of_last(&file, whole, question.limit)?, ..whole },
        };
        let lines = lines(file, covered)?;
        if covered.to == end {
            covered.to = stretch.to;
        }
        Ok(LogPage { lines, covered })
    });
    page.or_else(|error| match error.kind() {
        // Nothing was ever said there.
        io::ErrorKind::NotFound if stretch.is_open() => Ok(LogPage { lines: Vec::new(), covered: stretch }),
        io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof => Err(LogFault::Changed),
        _ => Err(LogFault::Unreadable(error.to_string())),
    })
}

/// Whether a line begins at this place, or would when something is added there.
fn is_line_start(file: &File, at: u64) -> io::Result<bool> {
    let mut before = [b'\n'];
    if at > 0 {
        file.read_exact_at(&mut before, at - 1)?;
    }
    Ok(before == [b'\n'])
}

/// Where the first `limit` lines of a stretch end.
fn end_of_first(file: &File, whole: Stretch, limit: usize) -> io::Result<u64> {
    let (mut block, mut at, mut count) = (vec![0; BLOCK_BYTES], whole.from, 0);
    while at < whole.to {
        let part = part_of(&mut block, whole.to - at);
        file.read_exact_at(part, at)?;
        for (_, end) in part.iter().zip(at + 1..).filter(|(byte, _)| **byte == b'\n') {
            count += 1;
            if count == limit || end - whole.from >= PAGE_BYTES_MAX {
                return Ok(end);
            }
        }
        at += part.len() as u64;
    }
    Ok(whole.to)
}

/// Where the last `limit` lines of a stretch begin.
fn start_of_last(file: &File, whole: Stretch, limit: usize) -> io::Result<u64> {
    let (mut block, mut at, mut count) = (vec![0; BLOCK_BYTES], whole.to, 0);
    while at > whole.from {
        let part = part_of(&mut block, at - whole.from);
        at -= part.len() as u64;
        file.read_exact_at(part, at)?;
        // Behind each line end begins a line; behind the last one, what is not asked for.
        let ends = part.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
        for start in ends.map(|(index, _)| at + index as u64 + 1).filter(|start| *start < whole.to) {
            count += 1;
            if count == limit || whole.to - start >= PAGE_BYTES_MAX {
                return Ok(start);
            }
        }
    }
    Ok(whole.from)
}

/// So much of the block as there is to read.
fn part_of(block: &mut [u8], left: u64) -> &mut [u8] {
    let length = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
    &mut block[..length]
}

/// The lines of a stretch. What is no line of ours is passed over.
fn lines(mut file: File, stretch: Stretch) -> io::Result<Vec<(Stretch, LogLine)>> {
    file.seek(SeekFrom::Start(stretch.from))?;
    let mut reader = BufReader::with_capacity(BLOCK_BYTES, file.take(stretch.to - stretch.from));
    let (mut lines, mut from, mut bytes) = (Vec::new(), stretch.from, Vec::new());
    while from < stretch.to {
        bytes.clear();
        let mut length = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes)? as u64;
        let line = bytes.strip_suffix(b"\n").map(String::from_utf8_lossy);
        if line.is_none() {
            length += reader.skip_until(b'\n')? as u64;
        }
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let place = Stretch { from, to: from + length };
        lines.extend(line.and_then(|line| LogLine::parse(&line)).map(|line| (place, line)));
        from = place.to;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests;
