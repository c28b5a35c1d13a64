//! Hot paths that are timed by divan, or run so and so many times for a tool that counts instructions
//! (`scripts/instructions`).

use std::fmt;
use std::process::ExitCode;

/// One step along a path; what it needs was prepared before.
pub type Step = Box<dyn FnMut()>;

/// A hot path.
pub struct Path {
    /// What it is called.
    pub name: &'static str,
    /// How big what it works on is: members of a channel, events of a batch; 1 where nothing grows.
    pub size: usize,
    /// How many steps a count of instructions takes: enough that what happens once in a while is in it.
    pub steps: usize,
    /// Makes everything ready.
    pub prepare: fn(usize) -> Step,
}

/// A row of a table of paths.
pub const fn path(name: &'static str, size: usize, steps: usize, prepare: fn(usize) -> Step) -> Path {
    Path { name, size, steps, prepare }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.size {
            1 => formatter.write_str(self.name),
            size => write!(formatter, "{}, {size}", self.name),
        }
    }
}

/// The largest world of a check: it is made by a program without optimization.
const CHECKED_SIZE_MAX: usize = 1_000;

/// `--list-paths`; `--check`, which takes one step of each path; or `--steps TIMES NAME`: the path of that name, `TIMES` times
/// its steps.
pub fn main(paths: &[Path]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["--list-paths", ..] => paths.iter().for_each(|path| println!("{}\t{path}", path.steps)),
        ["--check", ..] => {
            let checked = paths.iter().filter(|path| path.size <= CHECKED_SIZE_MAX);
            checked.for_each(|path| (path.prepare)(path.size)());
        }
        ["--steps", times, name, ..] => {
            let path = paths.iter().find(|path| path.to_string() == *name);
            let (Some(path), Ok(times)) = (path, times.parse::<usize>()) else { return ExitCode::FAILURE };
            let mut step = (path.prepare)(path.size);
            (0..times * path.steps).for_each(|_| step());
        }
        _ => divan::main(),
    }
    ExitCode::SUCCESS
}
