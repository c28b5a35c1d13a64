//! What is fuzzed: functions from any bytes to nothing, which panic when something is wrong.
//!
//! `tests/fuzz` runs them for seconds over the seeds and what is made of them; `fuzz/fuzz_targets` gives the same to
//! `cargo fuzz` (see `scripts/fuzz`), which looks for hours.

#![allow(dead_code, reason = "each fuzz target uses one of them")]

#[path = "../../common/mod.rs"]
mod common;

pub mod client;
pub mod config;
pub mod draw;
pub mod lines;
pub mod proxy;
pub mod sasl;
pub mod words;
pub mod world;

/// One of them.
pub struct Target {
    /// What it is called, here and as a target of `cargo fuzz`.
    pub name: &'static str,
    /// The body.
    pub run: fn(&[u8]),
    /// Where its seeds are, from the project's root.
    pub seeds: &'static str,
}

const fn target(name: &'static str, run: fn(&[u8]), seeds: &'static str) -> Target {
    Target { name, run, seeds }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("client", client::run, "fuzz/seeds/client"),
    target("config", config::run, "fuzz/seeds/config"),
    target("draw", draw::run, "fuzz/seeds/draw"),
    target("lines", lines::run, "fuzz/seeds/lines"),
    target("proxy", proxy::run, "fuzz/seeds/proxy"),
    target("sasl", sasl::run, "fuzz/seeds/sasl"),
    target("words", words::run, "fuzz/seeds/words"),
    // The transcripts are what the rules are told, line by line.
    target("world", world::run, "tests/transcripts"),
];
