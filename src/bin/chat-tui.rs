//! `chat-tui`: the terminal client.
fn main() {}
