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

//!
//! # The way of a message
//!
//! From the key that sends it to the screens that show it, one file a hop:
//!
//! | in | what happens |
//! |---|---|
//! | `client/run.rs`, `client/keyboard.rs` | the terminal's bytes are a key; the loop hands it to the core |
//! | `client/update.rs`, `client/keys.rs`, `client/writing.rs` | by the table of keys it means "send"; the text leaves the input box |
//! | `client/commands.rs`, `client/outbox.rs` | it is no slash command, so it is said: it stands in the conversation as pending, with an id of its own, and is asked to be sent |
//! | `client/shell.rs`, `client/network.rs` | the line goes to the socket |
//! | `server/connection.rs`, `server/mailbox.rs` | bytes are a line, which goes into the hub's mailbox |
//! | `server/hub.rs` | the one task that owns the rules hands it to them |
//! | `chat/handle.rs`, `chat/commands/message.rs`, `chat/policy.rs` | a turn begins; PRIVMSG is found in the table, and may be said |
//! | `chat/deliver.rs`, `chat/apply.rs` | it is an event with a number; what it means to everybody are effects behind that number |
//! | `server/held.rs` | the effects wait, while the hub goes on with the next line |
//! | `journal/local.rs`, `store/record.rs` | it is committed with whatever has gathered meanwhile |
//! | `server/hub.rs`, `server/clients.rs`, `server/outbox.rs` | the effects up to that number are performed: lines into outboxes |
//! | `server/connection.rs` | the lines leave: the echo to its author, the message to the others |
//! | `client/network.rs`, `client/link.rs`, `client/session.rs` | a line is a fact |
//! | `client/chat.rs`, `client/buffer.rs` | the pending message becomes a delivered one; for others a new one finds its place |
//! | `client/run.rs`, `client/view/messages.rs` | the loop draws what has changed, once for all that came at once |

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
