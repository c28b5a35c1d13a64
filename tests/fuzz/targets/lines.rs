//! Bytes into lines, lines into messages: the same whatever the pieces in which the bytes arrive, and back again.

use chat_tui::proto::line::{LineLimits, LineReader};
use chat_tui::proto::message::{Line, Message};

/// The first byte says how long the pieces are.
pub fn run(data: &[u8]) {
    let Some((piece, bytes)) = data.split_first() else { return };
    for limits in [LineLimits::FROM_CLIENT, LineLimits::FROM_CLIENT_WITH_PASSWORD, LineLimits::FROM_SERVER] {
        let whole = read(limits, bytes, bytes.len().max(1));
        assert_eq!(read(limits, bytes, usize::from(*piece).max(1)), whole, "the pieces matter");
        whole.iter().flatten().for_each(|line| read_message(line));
    }
}

fn read(limits: LineLimits, bytes: &[u8], piece: usize) -> Vec<Option<String>> {
    let mut reader = LineReader::new(limits);
    let mut lines = Vec::new();
    for piece in bytes.chunks(piece) {
        reader.feed(piece, |line| lines.push(line.ok().map(str::to_owned)));
        assert!(reader.held_bytes() <= limits.bytes_max());
    }
    lines
}

fn read_message(line: &str) {
    let Ok(message) = Message::parse(line) else { return };
    // Anything may stand where a command is expected; only what could be one can be written again.
    if !message.command.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let mut again = Line::new(message.command);
    for tag in message.tags() {
        again = again.tag(tag.key, &message.tag(tag.key).unwrap_or_default());
    }
    for (place, param) in message.params().iter().enumerate() {
        let is_last = place + 1 == message.params().len();
        again = if is_last { again.trailing(param) } else { again.param(param) };
    }
    let text = again.to_string();
    assert!(!text.contains(['\r', '\n', '\0']), "{text:?}");
    let read = Message::parse(&text).expect("what was written can be read");
    assert_eq!((read.command, read.params()), (message.command, message.params()), "{line:?} became {text:?}");
}
