//! Lines in and out, without anything behind them.

use std::hint::black_box;

use chat_tui::proto::line::{LineLimits, LineReader};
use chat_tui::proto::message::{Line, Message};

use super::Step;

const LINE: &str = "@+draft/reply=00000000000000002a;label=17 PRIVMSG #fan :a line of the length that people write";

/// One read of a socket: as many lines as fit into 4 KiB.
pub fn read_lines(_: usize) -> Step {
    let mut bytes = Vec::new();
    while bytes.len() + LINE.len() + 2 <= 4_096 {
        bytes.extend_from_slice(LINE.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    let mut reader = LineReader::new(LineLimits::FROM_CLIENT);
    Box::new(move || reader.feed(black_box(&bytes), |line| drop(black_box(line.map(Box::<str>::from)))))
}

/// A line with tags into its parts.
pub fn parse(_: usize) -> Step {
    Box::new(|| {
        let message = Message::parse(black_box(LINE));
        let message = message.as_ref().expect("a line");
        black_box((message.command, message.param(1), message.tag("label")));
    })
}

/// A message as it goes to its receivers.
pub fn encode(_: usize) -> Step {
    let mut bytes = Vec::new();
    Box::new(move || {
        bytes.clear();
        let line = Line::new("PRIVMSG")
            .tag("time", black_box("2026-11-22T10:00:00.000Z"))
            .tag("msgid", black_box("00000000000000002a"))
            .tag("account", black_box("ann"))
            .source(black_box("ann!ann@0123456789abcdef.cloak"))
            .param(black_box("#fan"))
            .trailing(black_box("a line of the length that people write, some eighty characters or so"));
        line.encode(&mut bytes);
        black_box(&bytes);
    })
}
