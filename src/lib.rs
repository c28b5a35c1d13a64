//! A private chat that lives in the terminal and keeps every exchange in SQL.
//!
//! Two programs: `chat-tui`, a full-screen IRCv3 client, and `chat-server`, a headless IRCv3 daemon. They share only the
//! wire and a little ground under both.
//!
//! # The code map, in reading order
//!
//! | room | what it holds | what is never done there |
//! |---|---|---|
//! | [`proto`] | the wire: lines, messages, names, numerics, capabilities, SASL | no I/O, no clock, no randomness, no state of a network |
//! | [`chat`] | the server's rules: `World::handle(now, Input, &mut Effects)` | no I/O, no clock, no randomness, no await |
//! | [`store`] | SQL: one contract, SQLite and MariaDB/MySQL behind it | no rules: it stores what it is told and answers questions |
//! | [`journal`] | the one order of events: group commit, retry, then release | no knowledge of lines or connections |
//! | [`server`] | the tokio shell: listeners, connections, the hub, hashing, configuration | no rules of the chat |
//! | [`client`] | the terminal client: `update(&mut Model, Event, &mut Effects)`, `draw(&Model, …)` | `update` and `draw` never block |
//! | [`ground`] | texts in two languages, paths, TLS, logs | nothing that knows the wire |
//!
//! # Layers
//!
//! A room names only rooms to its right; `tests/tidy/` reads the source and fails otherwise.
//!
//! ```text
//! bin → server → journal → store → chat → proto
//! bin → client → proto
//! ground: texts by anyone but proto; paths, tls, telemetry by store, server, client and bin only
//! ```

#[cfg(feature = "server")]
pub mod chat;
#[cfg(feature = "tui")]
pub mod client;
pub mod ground;
#[cfg(feature = "server")]
pub mod journal;
pub mod proto;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod store;
