//! `chat-server`: the daemon.
fn main() {}
