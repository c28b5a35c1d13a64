//! The hot paths of the wire and of the server, each by itself: a table of [`PATHS`], timed by divan (`cargo bench --bench
//! server`), or run so and so many times for a tool that counts instructions (`scripts/instructions`).

mod journal;
#[path = "../paths/mod.rs"]
mod paths;
mod rules;
mod shell;
mod wire;

use std::process::ExitCode;

use paths::{Path, Step, path};

/// All hot paths, along the way of a line.
const PATHS: &[Path] = &[
    path("read lines", 1, 1_000, wire::read_lines),
    path("parse", 1, 10_000, wire::parse),
    path("encode", 1, 10_000, wire::encode),
    path("message", 10, 2_000, rules::message),
    path("message", 1_000, 2_000, rules::message),
    path("message", 10_000, 2_000, rules::message),
    path("direct message", 1, 2_000, rules::direct_message),
    path("join and part", 10, 500, rules::join_and_part),
    path("join and part", 1_000, 100, rules::join_and_part),
    path("join and part", 10_000, 10, rules::join_and_part),
    path("log in", 1, 500, rules::log_in),
    path("log in among", 10, 500, rules::log_in_among),
    path("log in among", 10_000, 500, rules::log_in_among),
    path("fan out", 10, 2_000, shell::fan_out),
    path("fan out", 1_000, 200, shell::fan_out),
    path("fan out", 10_000, 20, shell::fan_out),
    path("journal", 1, 200, journal::commit),
    path("journal", 64, 50, journal::commit),
    path("journal", 512, 10, journal::commit),
];

#[divan::bench(args = PATHS)]
fn path_of(bencher: divan::Bencher<'_, '_>, path: &Path) {
    bencher.bench_local((path.prepare)(path.size));
}

fn main() -> ExitCode {
    paths::main(PATHS)
}
