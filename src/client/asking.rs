//! What the terminal is asked: the colour of its background (OSC 11), once, within a bounded time.
//!
//! The question is followed by one that every terminal answers (DA1), so that the end of the answers is known also where
//! the first is not understood. What was typed meanwhile is not lost.

use std::io::{self, Read as _, Write as _};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// The background's colour, then the terminal's kind.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";
/// How long the answers may take altogether. A terminal far away that takes longer has the theme for any background.
const PATIENCE: Duration = Duration::from_millis(150);
/// The most bytes that are read: answers, and what somebody types in that time.
const ANSWER_BYTES_MAX: usize = 4_096;
/// From this lightness on (of 255) a background is a light one.
const LIGHT_FROM: u32 = 128;

/// What the terminal has said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether its background is a light one, when it has said.
    pub is_light: Option<bool>,
    /// What was typed meanwhile.
    pub typed: Vec<KeyEvent>,
}

/// Asks. Nothing else may read from the terminal meanwhile.
///
/// # Errors
/// When the terminal is gone.
pub fn ask() -> io::Result<Answer> {
    let mut out = io::stdout().lock();
    out.write_all(QUESTION)?;
    out.flush()?;
    drop(out);
    let deadline = Instant::now() + PATIENCE;
    let mut bytes = Vec::new();
    // Unbuffered: whatever comes behind the answers is for the one who reads next.
    let mut input = std::fs::File::from(rustix::io::dup(io::stdin())?);
    while bytes.len() < ANSWER_BYTES_MAX && !has_kind(&bytes) {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() };
        let mut waiting = [PollFd::new(&input, PollFlags::IN)];
        if left.is_zero() || poll(&mut waiting, Some(&timeout)).is_ok_and(|ready| ready == 0) {
            break;
        }
        let mut chunk = [0; 256];
        match input.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read(&bytes))
}

/// Whether the last answer is there: `ESC [ ? … c`.
fn has_kind(bytes: &[u8]) -> bool {
    sequence(bytes, b"\x1b[?", |byte| byte == b'c').is_some()
}

/// Where a sequence begins and ends that begins so and ends by such a byte.
fn sequence(bytes: &[u8], start: &[u8], is_end: impl Fn(u8) -> bool) -> Option<(usize, usize)> {
    let begin = bytes.windows(start.len()).position(|window| window == start)?;
    let length = bytes[begin..].iter().position(|byte| is_end(*byte))?;
    Some((begin, begin + length + 1))
}

fn read(bytes: &[u8]) -> Answer {
    let mut rest = bytes.to_vec();
    let mut is_light = None;
    if let Some((begin, mut end)) = sequence(&rest, b"\x1b]11;", |byte| byte == b'\x07' || byte == b'\\') {
        is_light = std::str::from_utf8(&rest[begin + 5..end]).ok().and_then(lightness).map(|light| light >= LIGHT_FROM);
        end = end.min(rest.len());
        rest.drain(begin..end);
    }
    if let Some((begin, end)) = sequence(&rest, b"\x1b[?", |byte| byte == b'c') {
        rest.drain(begin..end);
    }
    Answer { is_light, typed: typed(&rest) }
}

/// Of `rgb:rrrr/gggg/bbbb` (one to four digits each), the lightness from 0 to 255.
fn lightness(text: &str) -> Option<u32> {
    let colours = text.trim_end_matches(['\x07', '\\', '\x1b']).strip_prefix("rgb:")?;
    let part = |text: &str| {
        let most = 16u32.checked_pow(u32::try_from(text.len()).ok()?).filter(|_| text.len() <= 4)? - 1;
        Some(u32::from_str_radix(text, 16).ok()? * 255 / most.max(1))
    };
    let parts: Vec<u32> = colours.split('/').map(part).collect::<Option<_>>()?;
    let [red, green, blue] = parts[..] else { return None };
    Some((299 * red + 587 * green + 114 * blue) / 1_000)
}

/// The keys that were pressed, as terminals write them without any protocol switched on.
fn typed(bytes: &[u8]) -> Vec<KeyEvent> {
    let text = String::from_utf8_lossy(bytes);
    let mut rest = text.chars();
    let mut keys = Vec::new();
    while let Some(one) = rest.next() {
        keys.extend(if one == '\x1b' { escaped(&mut rest) } else { simple(one) });
    }
    keys
}

/// A key of one character.
fn simple(one: char) -> Option<KeyEvent> {
    let plain = |code| Some(KeyEvent::new(code, KeyModifiers::NONE));
    match one {
        '\r' => plain(KeyCode::Enter),
        '\t' => plain(KeyCode::Tab),
        '\x7f' => plain(KeyCode::Backspace),
        '\x01'..='\x1a' => {
            let letter = char::from(b'`' + one as u8);
            Some(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
        }
        one if one.is_control() => None,
        one => plain(KeyCode::Char(one)),
    }
}

/// What begins with an escape: the key of that name, one with Alt, or a key of several characters.
fn escaped(rest: &mut std::str::Chars<'_>) -> Option<KeyEvent> {
    let plain = |code| Some(KeyEvent::new(code, KeyModifiers::NONE));
    let mut ahead = rest.clone();
    match ahead.next() {
        None | Some('\x1b') => return plain(KeyCode::Esc),
        Some('[' | 'O') => {}
        Some(one) => {
            *rest = ahead;
            return simple(one).map(|key| KeyEvent { modifiers: key.modifiers | KeyModifiers::ALT, ..key });
        }
    }
    let number: String = ahead.clone().take_while(|one| matches!(one, '0'..='?')).collect();
    let end = ahead.nth(number.len());
    *rest = ahead;
    match (end?, number.as_str()) {
        ('A', _) => plain(KeyCode::Up),
        ('B', _) => plain(KeyCode::Down),
        ('C', _) => plain(KeyCode::Right),
        ('D', _) => plain(KeyCode::Left),
        ('H', _) | ('~', "1" | "7") => plain(KeyCode::Home),
        ('F', _) | ('~', "4" | "8") => plain(KeyCode::End),
        ('~', "3") => plain(KeyCode::Delete),
        ('~', "5") => plain(KeyCode::PageUp),
        ('~', "6") => plain(KeyCode::PageDown),
        ('P', _) => plain(KeyCode::F(1)),
        ('Z', _) => Some(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_are_told_from_what_is_typed() {
        let light = read(b"ab\x1b]11;rgb:ffff/ffff/eeee\x1b\\\x1b[?62;c\rc");
        assert_eq!(light.is_light, Some(true));
        let keys: Vec<KeyCode> = light.typed.iter().map(|key| key.code).collect();
        assert_eq!(keys, [KeyCode::Char('a'), KeyCode::Char('b'), KeyCode::Enter, KeyCode::Char('c')]);
        assert_eq!(read(b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07\x1b[?1;2c").is_light, Some(false));
        assert_eq!(read(b"\x1b[?62;c"), Answer::default());
        assert_eq!(read(b"\x1b]11;rgb:zz/1/2\x07").is_light, None);
        assert_eq!(read(b"\x1b]11;rgb:f/f/f\x07").is_light, Some(true));
        assert_eq!(read(b""), Answer::default());
    }

    #[test]
    fn keys_that_are_pressed_meanwhile_are_not_lost() {
        let keys = |bytes: &[u8]| read(bytes).typed;
        let plain = |code| KeyEvent::new(code, KeyModifiers::NONE);
        // Escape, before, between and behind the answers.
        for bytes in [&b"\x1b\x1b]11;rgb:0/0/0\x07\x1b[?1c"[..], b"\x1b]11;rgb:0/0/0\x07\x1b\x1b[?1c", b"\x1b[?1c\x1b"]
        {
            assert_eq!(keys(bytes), [plain(KeyCode::Esc)], "{bytes:?}");
        }
        let pressed = keys(b"\x1b[A\x1b[5~\x1bOP\x1b[Z\x14\x1bx\x1b[?1cy");
        let expected = [
            plain(KeyCode::Up),
            plain(KeyCode::PageUp),
            plain(KeyCode::F(1)),
            KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT),
            KeyEvent::new(KeyCode::Char('t'), KeyModifiers::CONTROL),
            KeyEvent::new(KeyCode::Char('x'), KeyModifiers::ALT),
            plain(KeyCode::Char('y')),
        ];
        assert_eq!(pressed, expected);
        // What is cut off, or unknown, is nothing.
        assert_eq!(keys(b"\x1b[?62"), []);
        assert_eq!(keys(b"\x1b[99~"), []);
    }

    #[test]
    fn the_end_of_the_answers_is_seen() {
        assert!(has_kind(b"\x1b]11;rgb:0/0/0\x1b\\\x1b[?62;c"));
        assert!(!has_kind(b"\x1b]11;rgb:0/0/c"));
    }
}
