//! Bytes into lines, with the length bound held while reading.
//!
//! Specification: Modern IRC, "Message format" (512 bytes with CR LF, a lone LF or CR is accepted as an end); IRCv3
//! `message-tags`, "Size limit" (4,096 bytes of tags from a client, 8,191 for all tags); IRCv3 `utf8only`.

/// The most bytes of a message behind its tags, CR LF included.
pub const BODY_BYTES_MAX: usize = 512;
/// The most bytes of tag section that a client may send: `@`, the tags and the blank behind them.
pub const CLIENT_TAG_BYTES_MAX: usize = 4_096;
/// The most bytes of tag section that a server may send.
pub const SERVER_TAG_BYTES_MAX: usize = 8_191;

/// How long the parts of an arriving line may be. Small, because every connection holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineLimits {
    /// The tag section: `@`, the tags, the blank.
    pub tag_bytes_max: u16,
    /// Everything behind it, CR LF included.
    pub body_bytes_max: u16,
}

impl LineLimits {
    /// What a server accepts from its clients.
    pub const FROM_CLIENT: Self = Self::new(CLIENT_TAG_BYTES_MAX, BODY_BYTES_MAX);
    /// What a server reads. Its rules hold each line to [`Self::FROM_CLIENT`] but those that carry a password: REGISTER with one
    /// of 600 bytes is longer.
    pub const FROM_CLIENT_WITH_PASSWORD: Self = Self::new(CLIENT_TAG_BYTES_MAX, 2 * BODY_BYTES_MAX);
    /// What a client accepts from a server: more than the specification asks, because some servers send longer lines.
    pub const FROM_SERVER: Self = Self::new(SERVER_TAG_BYTES_MAX, 8 * BODY_BYTES_MAX);

    const fn new(tag_bytes_max: usize, body_bytes_max: usize) -> Self {
        assert!(tag_bytes_max <= u16::MAX as usize && body_bytes_max <= u16::MAX as usize);
        Self { tag_bytes_max: tag_bytes_max as u16, body_bytes_max: body_bytes_max as u16 }
    }

    /// The most bytes of a whole line.
    pub fn bytes_max(self) -> usize {
        usize::from(self.tag_bytes_max) + usize::from(self.body_bytes_max)
    }
}

/// Why the bytes up to the next line end are not a line. The bytes are gone; what follows is read as usual.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Longer than the limits allow (numeric 417 to a client).
    #[error("the line is too long")]
    TooLong,
    /// Not UTF-8 (`FAIL <command> INVALID_UTF8` to a client). With it the line, what is no UTF-8 in it replaced by U+FFFD: the
    /// answer names the command and carries the label. It may hold a password.
    #[error("the line is not valid UTF-8")]
    InvalidUtf8(Box<str>),
    /// Has a NUL byte, which no message may hold.
    #[error("the line holds a NUL byte")]
    Nul,
}

/// Gathers bytes until a line is whole. Never holds more than the limits of one line, and nothing between lines: thousands of
/// idle connections cost no buffer.
#[derive(Debug)]
pub struct LineReader {
    limits: LineLimits,
    partial: Vec<u8>,
    /// The current line has passed its limit: bytes are dropped until its end.
    discarding: bool,
}

impl LineReader {
    /// A reader with nothing read yet.
    pub fn new(limits: LineLimits) -> Self {
        Self { limits, partial: Vec::new(), discarding: false }
    }

    /// Takes the bytes that arrived and hands each whole line (or its fault) to `sink`, in order. Empty lines are
    /// dropped. A line that lies whole within `bytes` is not copied.
    pub fn feed(&mut self, mut bytes: &[u8], mut sink: impl FnMut(Result<&str, LineError>)) {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, tail) = bytes.split_at(end);
            bytes = &tail[1..];
            if std::mem::take(&mut self.discarding) {
                self.partial = Vec::new();
                sink(Err(LineError::TooLong));
            } else if self.partial.is_empty() {
                self.check(head, &mut sink);
            } else {
                let mut whole = std::mem::take(&mut self.partial);
                whole.extend_from_slice(head);
                self.check(&whole, &mut sink);
            }
        }
        if self.discarding || bytes.is_empty() {
            return;
        }
        if self.partial.len() + bytes.len() > self.limits.bytes_max() {
            self.partial = Vec::new();
            self.discarding = true;
        } else {
            self.partial.extend_from_slice(bytes);
        }
    }

    /// How many bytes of an unfinished line are held.
    pub fn held_bytes(&self) -> usize {
        self.partial.len()
    }

    fn check(&self, line: &[u8], sink: &mut impl FnMut(Result<&str, LineError>)) {
        if line.is_empty() {
            return;
        }
        let tag_bytes = match line {
            [b'@', ..] => line.iter().position(|byte| *byte == b' ').map_or(line.len(), |blank| blank + 1),
            _ => 0,
        };
        if tag_bytes > usize::from(self.limits.tag_bytes_max)
            || line.len() - tag_bytes + 2 > usize::from(self.limits.body_bytes_max)
        {
            return sink(Err(LineError::TooLong));
        }
        if line.contains(&0) {
            return sink(Err(LineError::Nul));
        }
        sink(std::str::from_utf8(line).map_err(|_| LineError::InvalidUtf8(String::from_utf8_lossy(line).into())));
    }
}

#[cfg(test)]
mod tests;
