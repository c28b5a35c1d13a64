//! The hot paths of the wire and of the server, each by itself: a table of [`PATHS`], timed by divan (`cargo bench --bench
//! server`), or run so and so many times for a tool that counts instructions (`scripts/instructions`).

mod journal;
mod rules;
mod shell;
mod wire;

use std::fmt;
use std::process::ExitCode;

/// One step along a path; what it needs was prepared before.
type Step = Box<dyn FnMut()>;

/// A hot path.
struct Path {
    /// What it is called.
    name: &'static str,
    /// How big what it works on is: members of a channel, events of a batch; 1 where nothing grows.
    size: usize,
    /// How many steps a count of instructions takes: enough that what happens once in a while is in it.
    steps: usize,
    /// Makes everything ready.
    prepare: fn(usize) -> Step,
}

const fn path(name: &'static str, size: usize, steps: usize, prepare: fn(usize) -> Step) -> Path {
    Path { name, size, steps, prepare }
}

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
    path("fan out", 10, 2_000, shell::fan_out),
    path("fan out", 1_000, 200, shell::fan_out),
    path("fan out", 10_000, 20, shell::fan_out),
    path("journal", 1, 200, journal::commit),
    path("journal", 64, 50, journal::commit),
    path("journal", 512, 10, journal::commit),
];

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            1 => formatter.write_str(self.name),
            size => write!(formatter, "{}, {size}", self.name),
        }
    }
}

#[divan::bench(args = PATHS)]
fn path_of(bencher: divan::Bencher<'_, '_>, path: &Path) {
    bencher.bench_local((path.prepare)(path.size));
}

/// The largest world of a check: it is made by a program without optimization.
const CHECKED_SIZE_MAX: usize = 1_000;

/// `--list-paths`; `--check`, which takes one step of each path; or `--steps TIMES NAME`: the path of that name, `TIMES` times
/// its steps.
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list-paths", ..] => PATHS.iter().for_each(|path| println!("{}\t{path}", path.steps)),
        ["--check", ..] => {
            let checked = PATHS.iter().filter(|path| path.size <= CHECKED_SIZE_MAX);
            checked.for_each(|path| (path.prepare)(path.size)());
        }
        ["--steps", times, name, ..] => {
            let path = PATHS.iter().find(|path| path.to_string() == *name);
            let (Some(path), Ok(times)) = (path, times.parse::<usize>()) else { return ExitCode::FAILURE };
            let mut step = (path.prepare)(path.size);
            (0..times * path.steps).for_each(|_| step());
        }
        _ => divan::main(),
    }
    ExitCode::SUCCESS
}
