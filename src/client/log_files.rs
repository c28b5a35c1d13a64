//! The files of the log: one a conversation, plain text, a message a line, oldest first, mode 0600.
//!
//! A line is `time TAB kind TAB author TAB text`, where backslashes, line ends and tabs are written as `\\`, `\n`, `\t`. Everything here
//! blocks: [`LogFiles`] does it in a thread of its own, one order after the other. Lines that cannot be read are passed over.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::entry::EntryKind;
use super::event::{LogLine, LogPlace};
use crate::ground::paths::{self, PRIVATE_FILE_MODE};
use crate::proto::time::Timestamp;

/// How many lines may wait for the disk; further ones are not kept, and that is told once.
const ORDERS_MAX: usize = 10_000;
/// How much of a file is read at once.
const BLOCK_BYTES: u64 = 64 * 1024;
/// The longest line that is read; a longer one is none of ours.
const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// The longest name of a file.
const NAME_BYTES_MAX: usize = 200;

/// A page of a log, oldest first, and whether there is nothing before it.
pub type LogPage = (Vec<LogLine>, bool);

enum Order {
    Keep(LogPlace, LogLine),
    Read { place: LogPlace, before: Option<Timestamp>, limit: usize, answer: Box<dyn FnOnce(LogPage) + Send> },
}

/// Keeps and reads logs, in a thread that may block.
pub struct LogFiles {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl LogFiles {
    /// Logs below a directory. What goes wrong is told to `failed`, once.
    pub fn new(directory: PathBuf, failed: impl Fn(String) + Send + 'static) -> Self {
        let (orders, mut waiting) = mpsc::channel(ORDERS_MAX);
        let task = tokio::task::spawn_blocking(move || {
            let mut has_failed = false;
            while let Some(order) = waiting.blocking_recv() {
                match order {
                    Order::Keep(place, line) => {
                        if let Err(error) = keep(&directory, &place, &line)
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
        });
        Self { orders, task }
    }

    /// Keeps a line. Returns whether there was room for it.
    pub fn keep(&self, place: LogPlace, line: LogLine) -> bool {
        self.orders.try_send(Order::Keep(place, line)).is_ok()
    }

    /// Reads what was said up to a moment, or at last. `answer` is called from the thread; it is not when too much waits.
    pub fn read(
        &self,
        place: LogPlace,
        before: Option<Timestamp>,
        limit: usize,
        answer: impl FnOnce(LogPage) + Send + 'static,
    ) -> bool {
        self.orders.try_send(Order::Read { place, before, limit, answer: Box::new(answer) }).is_ok()
    }

    /// Ends once everything is on disk.
    pub fn close(self) -> JoinHandle<()> {
        self.task
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

fn keep(directory: &Path, place: &LogPlace, line: &LogLine) -> io::Result<()> {
    let path = path_of(directory, place);
    if let Some(parent) = path.parent() {
        paths::create_directory(parent).map_err(io::Error::other)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(PRIVATE_FILE_MODE).open(path)?;
    file.write_all(written(line).as_bytes())
}

fn written(line: &LogLine) -> String {
    let kind = match line.kind {
        EntryKind::Action => "action",
        EntryKind::Notice => "notice",
        _ => "message",
    };
    format!("{}\t{kind}\t{}\t{}\n", line.time, escaped(&line.author), escaped(&line.text))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(['\n', '\r'], "\\n").replace('\t', "\\t")
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

    fn said(number: i64, text: &str) -> LogLine {
        let time = Timestamp::from_millis(1_700_000_000_000 + number / 3);
        LogLine { time, kind: EntryKind::Message, author: "bob".into(), text: text.into() }
    }

    #[test]
    fn pages_lead_back_to_the_first_message() {
        let root = tempfile::tempdir().unwrap();
        for number in 0..700 {
            keep(root.path(), &place(), &said(number, &format!("text {number} {}", "x".repeat(number as usize % 900))))
                .unwrap();
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

    #[test]
    fn what_is_no_line_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        keep(root.path(), &place(), &said(1, "one")).unwrap();
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
