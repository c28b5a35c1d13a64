//! The fuzz targets for seconds: over their seeds, and over what a simple generator makes of these. `scripts/fuzz` runs them
//! for long, guided by what they reach.
//!
//! What a fuzzer has found is a seed here and a test with a name where the fault was.

#![cfg(all(feature = "server", feature = "tui"))]

mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use targets::{TARGETS, Target};

/// How long each target runs over made-up inputs.
const TIME: Duration = Duration::from_millis(1_500);
/// The most bytes of a made-up input.
const INPUT_BYTES_MAX: usize = 8_192;
/// Pieces that no random bytes would hit on.
const DICTIONARY: &[&[u8]] = &[
    b"\r\n",
    b" :",
    b"\0",
    b"\xff",
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    "\u{202e}".as_bytes(),
    "\u{200b}".as_bytes(),
    "\u{301}".as_bytes(),
    "\u{1f468}\u{200d}\u{1f469}".as_bytes(),
    "\u{ac00}".as_bytes(),
    b"#general",
    b"*!*@*",
    b"+ov",
    b"@batch=b;label=1 ",
    b",",
    b"%",
    b"18446744073709551616",
    b"-1",
    b"9999-12-31T23:59:59.999Z",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(root().join(target.seeds))
        .unwrap_or_else(|error| panic!("{}: {error}", target.seeds))
        .map(|entry| entry.expect("a seed").path())
        .collect();
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// A generator that anybody can repeat (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % bound.max(1)
    }

    /// Something made of the seeds by a few changes.
    fn input(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut input = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(8) {
            let at = self.below(input.len() + 1);
            let end = (at + self.below(64)).min(input.len());
            match self.below(6) {
                0 if !input.is_empty() => {
                    let place = at.min(input.len() - 1);
                    input[place] ^= 1 << self.below(8);
                }
                1 => drop(input.drain(at..end)),
                2 => {
                    let copy = input[at..end].to_vec();
                    input.splice(at..at, copy);
                }
                3 => drop(input.splice(at..at, DICTIONARY[self.below(DICTIONARY.len())].iter().copied())),
                4 => drop(input.splice(at..end, DICTIONARY[self.below(DICTIONARY.len())].iter().copied())),
                _ => {
                    let other = &seeds[self.below(seeds.len())];
                    let from = self.below(other.len());
                    let to = (from + self.below(400)).min(other.len());
                    input.splice(at..at, other[from..to].iter().copied());
                }
            }
        }
        input.truncate(INPUT_BYTES_MAX);
        input
    }
}

fn run(target: &Target, input: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(input))) {
        println!("{}: this input is at fault: b\"{}\"", target.name, input.escape_ascii());
        resume_unwind(panic);
    }
}

fn fuzz(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(target);
    assert!(!seeds.is_empty(), "{name} has no seeds");
    seeds.iter().for_each(|seed| run(target, seed));
    let (begin, mut random, mut count) = (Instant::now(), Random(0x9e37_79b9_7f4a_7c15), 0);
    while begin.elapsed() < TIME {
        run(target, &random.input(&seeds));
        count += 1;
    }
    println!("{name}: {} seeds, {count} inputs made of them", seeds.len());
}

/// A test for each target, and that none is forgotten.
macro_rules! tests {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            fuzz(stringify!($name));
        })*

        #[test]
        fn every_target_is_run_here_and_by_cargo_fuzz() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
            let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("a manifest");
            for name in names {
                assert!(manifest.contains(&format!("name = \"{name}\"\n")), "fuzz/Cargo.toml lacks {name}");
                let file = fs::read_to_string(root().join(format!("fuzz/fuzz_targets/{name}.rs"))).expect(name);
                assert!(file.contains(&format!("targets::{name}::run(data)")), "{file}");
            }
        }
    };
}

tests! { client config draw lines proxy sasl words world }
