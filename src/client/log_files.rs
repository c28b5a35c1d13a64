//! The files of the log: one a conversation, plain text, a message a line, oldest first, mode 0600.
//!
//! A line is `time TAB kind TAB author TAB text`, where backslashes, line ends and tabs are written as `\\`, `\n`, `\t`. Everything here
//! blocks: [`LogFiles`] does it in a thread of its own, one order after the other; what is said while it writes is written
//! together. Lines that cannot be read are passed over.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::entry::EntryKind;
use super::event::{LogLine, LogPlace};
use crate::ground::paths::{self, PRIVATE_FILE_MODE};
use crate::proto::time::Timestamp;

/// How many bytes may wait for the disk; further lines are not kept.
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How long lines are gathered before they are written together, unless somebody waits; who kills the program loses those.
const GATHER_TIME: Duration = Duration::from_millis(500);
/// So many bytes are written at once.
const GATHER_BYTES: usize = 256 * 1024;
/// How much of a file is read at once.
const BLOCK_BYTES: u64 = 64 * 1024;
/// The longest line that is read; a longer one is none of ours.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// The longest name of a file.
const NAME_BYTES_MAX: usize = 200;

/// A page of a log, oldest first, and whether there is nothing before it.
pub type LogPage = (Vec<LogLine>, bool);

enum Order {
    /// Lines as they are written.
    Keep(LogPlace, String),
    Read {
        place: LogPlace,
        before: Option<Timestamp>,
        limit: usize,
        answer: Box<dyn FnOnce(LogPage) + Send>,
    },
}

/// What waits for the thread.
#[derive(Default)]
struct Waiting {
    orders: VecDeque<Order>,
    bytes: usize,
    is_asked: bool,
    is_closed: bool,
}

impl Waiting {
    /// Whether the thread has to go on at once: somebody waits for an answer or for the end, or there is enough to write.
    fn is_urgent(&self) -> bool {
        self.is_closed || self.is_asked || self.bytes >= GATHER_BYTES
    }
}

/// The orders between the program and the thread.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    /// Changes what waits, and wakes the thread when it may sleep.
    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (was_empty, was_urgent) = (waiting.orders.is_empty(), waiting.is_urgent());
        let result = change(&mut waiting);
        if was_empty || (waiting.is_urgent() && !was_urgent) {
            self.changed.notify_one();
        }
        result
    }

    /// Waits for orders and takes them all; none when there will be none any more.
    fn take(&self) -> VecDeque<Order> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_idle = |waiting: &mut Waiting| waiting.orders.is_empty() && !waiting.is_closed;
        let waiting = self.changed.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner);
        let gathers = |waiting: &mut Waiting| !waiting.is_urgent();
        let gathered = self.changed.wait_timeout_while(waiting, GATHER_TIME, gathers);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        (waiting.bytes, waiting.is_asked) = (0, false);
        std::mem::take(&mut waiting.orders)
    }
}

/// Keeps and reads logs, in a thread that may block.
pub struct LogFiles {
    queue: Arc<Queue>,
    /// What the thread does, until the first order.
    work: Option<Box<dyn FnOnce() + Send>>,
    task: Option<JoinHandle<()>>,
}

impl LogFiles {
    /// Logs below a directory. What goes wrong is told to `failed`, once. The thread begins with the first order: nobody waits
    /// for it at the start, and many servers keep history themselves.
    pub fn new(directory: PathBuf, failed: impl Fn(String) + Send + 'static) -> Self {
        let queue = Arc::new(Queue::default());
        let orders = Arc::clone(&queue);
        let work = move || {
            let mut has_failed = false;
            loop {
                let taken = orders.take();
                if taken.is_empty() {
                    return;
                }
                for order in taken {
                    match order {
                        Order::Keep(place, lines) => {
                            if let Err(error) = keep(&directory, &place, &lines)
                                && !std::mem::replace(&mut has_failed, true)
                            {
                                failed(error.to_string());
                            }
                        }
                        Order::Read { place, before, limit, answer } => {
                            // A log that cannot be read is one without a line.
                            answer(read(&path_of(&directory, &place), before, limit).unwrap_or((Vec::new(), true)));
                        }
                    }
                }
            }
        };
        Self { queue, work: Some(Box::new(work)), task: None }
    }

    fn begin(&mut self) {
        if let Some(work) = self.work.take() {
            self.task = Some(tokio::task::spawn_blocking(work));
        }
    }

    /// Keeps a line. Returns whether there was room for it.
    pub fn keep(&mut self, place: LogPlace, line: &LogLine) -> bool {
        self.begin();
        self.queue.change(|waiting| {
            if waiting.bytes >= WAITING_BYTES_MAX {
                return false;
            }
            if !matches!(waiting.orders.back(), Some(Order::Keep(last, _)) if *last == place) {
                waiting.orders.push_back(Order::Keep(place, String::new()));
            }
            if let Some(Order::Keep(_, lines)) = waiting.orders.back_mut() {
                let before = lines.len();
                write_line(lines, line);
                waiting.bytes += lines.len() - before;
            }
            true
        })
    }

    /// Reads what was said up to a moment, or at last. `answer` is called from the thread.
    pub fn read(
        &mut self,
        place: LogPlace,
        before: Option<Timestamp>,
        limit: usize,
        answer: impl FnOnce(LogPage) + Send + 'static,
    ) {
        self.begin();
        let order = Order::Read { place, before, limit, answer: Box::new(answer) };
        self.queue.change(|waiting| {
            waiting.orders.push_back(order);
            waiting.is_asked = true;
        });
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

fn path_of(directory: &Path, place: &LogPlace) -> PathBuf {
    let target = format!("{}.log", file_name(&place.target));
    directory.join(file_name(&place.server)).join(file_name(&place.account)).join(target)
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

fn keep(directory: &Path, place: &LogPlace, lines: &str) -> io::Result<()> {
    let path = path_of(directory, place);
    let open = || OpenOptions::new().append(true).create(true).mode(PRIVATE_FILE_MODE).open(&path);
    let mut file = match (open(), path.parent()) {
        (Err(error), Some(parent)) if error.kind() == io::ErrorKind::NotFound => {
            paths::create_directory(parent).map_err(io::Error::other)?;
            open()?
        }
        (file, _) => file?,
    };
    file.write_all(lines.as_bytes())
}

/// Adds a line to `out`.
fn write_line(out: &mut String, line: &LogLine) {
    let kind = match line.kind {
        EntryKind::Action => "action",
        EntryKind::Notice => "notice",
        _ => "message",
    };
    out.push_str(&line.time.to_string());
    for word in [kind, &line.author, &line.text] {
        out.push('\t');
        escape(out, word);
    }
    out.push('\n');
}

fn escape(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '\n', '\r', '\t']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match from.as_bytes()[0] {
            b'\\' => "\\\\",
            b'\t' => "\\t",
            _ => "\\n",
        });
        rest = &from[1..];
    }
    out.push_str(rest);
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut signs = text.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => out.extend(signs.next().map(|sign| match sign {
                'n' => '\n',
                't' => '\t',
                other => other,
            })),
            sign => out.push(sign),
        }
    }
    out
}

fn parsed(line: &str) -> Option<LogLine> {
    let mut parts = line.splitn(4, '\t');
    let time = Timestamp::parse(parts.next()?)?;
    let kind = match parts.next()? {
        "message" => EntryKind::Message,
        "action" => EntryKind::Action,
        "notice" => EntryKind::Notice,
        _ => return None,
    };
    let (author, text) = (unescaped(parts.next()?), unescaped(parts.next()?));
    Some(LogLine { time, kind, author, text })
}

/// The last lines that were written no later than `before`, which is told more than once at the edges of pages.
fn read(path: &Path, before: Option<Timestamp>, limit: usize) -> io::Result<LogPage> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let end = match before {
        Some(before) => first_after(&mut file, length, before)?,
        None => length,
    };
    // Blocks from there upwards, until there are lines enough.
    let (mut from, mut bytes) = (end, Vec::new());
    while from > 0 && bytes.iter().filter(|byte| **byte == b'\n').count() <= limit {
        let start = from.saturating_sub(BLOCK_BYTES);
        let mut block = vec![0; usize::try_from(from - start).unwrap_or(0)];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut block)?;
        block.append(&mut bytes);
        (bytes, from) = (block, start);
        if bytes.len() as u64 > LINE_BYTES_MAX * 16 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let mut lines: Vec<&str> = text.lines().collect();
    // The first one may have been cut.
    if from > 0 && !lines.is_empty() {
        lines.remove(0);
    }
    let skipped = lines.len().saturating_sub(limit);
    let is_start = from == 0 && skipped == 0;
    Ok((lines[skipped..].iter().filter_map(|line| parsed(line)).collect(), is_start))
}

/// Where the first line begins that was written after a moment: lines stand in the order of their times.
fn first_after(file: &mut File, length: u64, moment: Timestamp) -> io::Result<u64> {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low + (high - low) / 2;
        match line_from(file, middle, length)? {
            Some((start, end, line)) if start < high => {
                if parsed(&line).is_none_or(|line| line.time <= moment) {
                    low = end;
                } else {
                    high = if middle < start { middle } else { start };
                }
            }
            _ => high = middle,
        }
    }
    // `low` is where a line begins, or inside of the one before the first that is too late.
    Ok(match line_from(file, low, length)? {
        Some((start, ..)) => start,
        None => length,
    })
}

/// The first line that begins at a place or behind it: where it begins, where it ends, and what it says.
fn line_from(file: &mut File, at: u64, length: u64) -> io::Result<Option<(u64, u64, String)>> {
    let mut start = at;
    if at > 0 {
        // The line that `at` is inside of belongs to what is before; one that begins just there does not.
        file.seek(SeekFrom::Start(at - 1))?;
        let before = until_line_end(file)?;
        start = at - 1 + before.len() as u64;
    }
    if start >= length {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let line = until_line_end(file)?;
    let end = start + line.len() as u64;
    Ok(Some((start, end, String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned())))
}

fn until_line_end(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = io::BufReader::new(file.take(LINE_BYTES_MAX));
    io::BufRead::read_until(&mut reader, b'\n', &mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> LogPlace {
        LogPlace { server: "irc://chat.example:6667".into(), account: "ann".into(), target: "#tea/../x".into() }
    }

    fn written(line: &LogLine) -> String {
        let mut out = String::new();
        write_line(&mut out, line);
        out
    }

    fn said(number: i64, text: &str) -> LogLine {
        let time = Timestamp::from_millis(1_700_000_000_000 + number / 3);
        LogLine { time, kind: EntryKind::Message, author: "bob".into(), text: text.into() }
    }

    #[test]
    fn pages_lead_back_to_the_first_message() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..700 {
            let line = said(number, &format!("text {number} {}", "x".repeat(number as usize % 900)));
            keep(root.path(), &place(), &written(&line)).unwrap();
        }
        let path = path_of(root.path(), &place());
        assert!(
            path.starts_with(root.path()) && !path.components().any(|part| part == std::path::Component::ParentDir)
        );
        let mut seen = std::collections::BTreeSet::new();
        let (mut before, mut pages) = (None, 0);
        loop {
            let (lines, is_start) = read(&path, before, 100).unwrap();
            seen.extend(lines.iter().map(|line| line.text.clone()));
            before = lines.first().map(|line| line.time);
            pages += 1;
            assert!(pages < 20);
            if is_start {
                break;
            }
        }
        assert_eq!(seen.len(), 700);
    }

    #[tokio::test]
    async fn a_flood_is_kept_whole_and_read_behind_it() {
        let root = tempfile::tempdir().unwrap();
        let mut logs = LogFiles::new(root.path().to_owned(), |reason| panic!("{reason}"));
        for number in 0..30_000 {
            assert!(logs.keep(place(), &said(number, &format!("text {number}"))));
        }
        let (answer, page) = tokio::sync::oneshot::channel();
        logs.read(place(), None, 3, |page| answer.send(page).unwrap());
        let (lines, is_start) = page.await.unwrap();
        assert_eq!(
            lines.iter().map(|line| &*line.text).collect::<Vec<_>>(),
            ["text 29997", "text 29998", "text 29999"]
        );
        assert!(!is_start);
        assert!(logs.keep(place(), &said(30_000, "the last")));
        logs.close().await;
        let text = std::fs::read_to_string(path_of(root.path(), &place())).unwrap();
        assert_eq!(text.lines().count(), 30_001);
    }

    #[tokio::test]
    async fn lines_are_written_also_when_nobody_waits_for_them() {
        let root = tempfile::tempdir().unwrap();
        let mut logs = LogFiles::new(root.path().to_owned(), |reason| panic!("{reason}"));
        for number in 0..3 {
            assert!(logs.keep(place(), &said(number, "text")));
        }
        let path = path_of(root.path(), &place());
        let all = async {
            while std::fs::read_to_string(&path).map_or(0, |text| text.lines().count()) < 3 {
                tokio::time::sleep(GATHER_TIME / 10).await;
            }
        };
        tokio::time::timeout(20 * GATHER_TIME, all).await.unwrap();
    }

    #[test]
    fn what_is_no_line_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        keep(root.path(), &place(), &written(&said(1, "one"))).unwrap();
        let path = path_of(root.path(), &place());
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"garbage\n\xff\xfe\tmessage\ta\tb\n2023-").unwrap();
        let (lines, is_start) = read(&path, None, 10).unwrap();
        assert_eq!((lines, is_start), (vec![said(1, "one")], true));
        assert!(read(&root.path().join("none"), None, 10).is_err());
    }

    proptest! {
        #[test]
        fn a_line_is_read_as_it_was_written(author in "[^\r\\x00-\x08]{0,9}", text in "[^\r]{0,40}") {
            let line = LogLine { author, ..said(5, &text) };
            let text = written(&line);
            prop_assert_eq!(text.matches('\n').count(), 1);
            prop_assert_eq!(parsed(text.trim_end_matches('\n')), Some(line));
        }

        #[test]
        fn no_name_leads_out_of_its_directory(name in any::<String>()) {
            let file = file_name(&name);
            prop_assert!(!file.is_empty() && !file.contains('/') && !file.starts_with('.'), "{}", file);
        }
    }
}
