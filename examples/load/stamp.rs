//! What the load's messages say: who sent them, which number they have, and when they were sent.
//!
//! The stamp stands at the end of the text, at a fixed place from the line's end, so that a receiver finds it without
//! looking at what the server put in front: `~ssssnnnnnnnntttttttttttttt`, hexadecimal.

use crate::fleet::Nanos;

const SENDER_DIGITS: usize = 4;
const NUMBER_DIGITS: usize = 8;
const TIME_DIGITS: usize = 14;
/// The bytes of a stamp.
pub const STAMP_BYTES: usize = 1 + SENDER_DIGITS + NUMBER_DIGITS + TIME_DIGITS;

/// What a message's stamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which connection sent it.
    pub sender: usize,
    /// Its number among the messages of this sender, from 0.
    pub number: u32,
    /// When it was sent.
    pub sent_at: Nanos,
}

impl Stamp {
    /// Appends a message to `target` of `line_bytes` bytes with its end, or as few as will hold it.
    pub fn write_line(self, target: &str, line_bytes: usize, out: &mut Vec<u8>) {
        let begin = out.len();
        out.extend_from_slice(b"PRIVMSG ");
        out.extend_from_slice(target.as_bytes());
        out.extend_from_slice(b" :");
        let padding = line_bytes.saturating_sub(out.len() - begin + STAMP_BYTES + 2);
        out.resize(out.len() + padding, b'x');
        out.push(b'~');
        write_digits(out, self.sender as u64, SENDER_DIGITS);
        write_digits(out, u64::from(self.number), NUMBER_DIGITS);
        write_digits(out, self.sent_at, TIME_DIGITS);
        out.extend_from_slice(b"\r\n");
    }

    /// Reads the stamp at the end of a line, when it has one.
    pub fn read(line: &[u8]) -> Option<Self> {
        let stamp = line.last_chunk::<STAMP_BYTES>()?;
        let (mark, digits) = stamp.split_first()?;
        if *mark != b'~' {
            return None;
        }
        let (sender, digits) = digits.split_at(SENDER_DIGITS);
        let (number, time) = digits.split_at(NUMBER_DIGITS);
        Some(Self {
            sender: usize::try_from(read_digits(sender)?).ok()?,
            number: u32::try_from(read_digits(number)?).ok()?,
            sent_at: read_digits(time)?,
        })
    }
}

fn write_digits(out: &mut Vec<u8>, value: u64, count: usize) {
    for place in (0..count).rev() {
        let digit = (value >> (4 * place) & 15) as u8;
        out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
    }
}

fn read_digits(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_round_trip_in_lines_of_the_asked_length() {
        let stamp = Stamp { sender: 0x12, number: 77_777, sent_at: 123_456_789_012 };
        let mut line = Vec::new();
        stamp.write_line("#c0000", 100, &mut line);
        assert_eq!(line.len(), 100);
        let line = line.strip_suffix(b"\r\n").unwrap();
        assert_eq!(Stamp::read(line), Some(stamp));
        assert_eq!(Stamp::read(&line[..line.len() - 1]), None);
    }
}
