//! One file of the log: where it is, its lines, and pages of it.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::client::logbook::{LogFault, LogLine, LogName, LogPage, LogQuestion};
use crate::client::stretch::Stretch;

/// How much of a file is read at once.
const BLOCK_BYTES: usize = 64 * 1024;
/// The longest line that is read; a longer one is none of ours and passed over.
pub const LINE_BYTES_MAX: u64 = 1024 * 1024;
/// A page of so many bytes is not made longer, however few its lines.
const PAGE_BYTES_MAX: u64 = 1024 * 1024;
/// The longest name of a file.
const NAME_BYTES_MAX: usize = 200;

/// Where the log is, below a directory.
pub fn path_of(directory: &Path, log: &LogName) -> PathBuf {
    let target = format!("{}.log", file_name(&log.target));
    directory.join(file_name(&log.server)).join(file_name(&log.account)).join(target)
}

/// A name as a file may be called: anything unusual as `%` and two digits.
pub fn file_name(name: &str) -> String {
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

/// The first or the last part of a stretch.
pub fn read(path: &Path, question: &LogQuestion) -> Result<LogPage, LogFault> {
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
        let lines = lines(&file, covered)?;
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
pub fn is_line_start(file: &File, at: u64) -> io::Result<bool> {
    let mut before = [b'\n'];
    if at > 0 {
        file.read_exact_at(&mut before, at - 1)?;
    }
    Ok(before == [b'\n'])
}

/// Where the first `limit` lines of a stretch end.
pub fn end_of_first(file: &File, whole: Stretch, limit: usize) -> io::Result<u64> {
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
pub fn lines(mut file: &File, stretch: Stretch) -> io::Result<Vec<(Stretch, LogLine)>> {
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
