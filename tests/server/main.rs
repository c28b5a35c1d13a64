//! The server end to end: real sockets, a real store, in this process or as the real program.
//!
//! Every wait has a bound, and every server is stopped by its own process id. What concerns the store runs on SQLite, and on
//! MariaDB too when `CHAT_TEST_MYSQL_URL` names one; with `CHAT_TEST_REQUIRE_SERVICES=1` it must.

#![cfg(feature = "server")]

#[path = "../common/settings.rs"]
mod settings;
#[path = "../common/transcript.rs"]
mod transcript;

mod accounts;
mod addresses;
mod availability;
mod bad_input;
mod bans;
mod channels;
mod client;
mod configuration;
mod conversation;
mod crash;
mod database;
mod doors;
mod dumps;
mod exports;
mod host;
mod invitations;
mod limits;
mod migration;
mod outage;
mod people;
mod proxies;
mod record;
mod reload;
mod retention;
mod slow_peers;
mod slow_reader;
mod spool;
mod stop;
mod transcripts;
mod watching;
mod websocket;
