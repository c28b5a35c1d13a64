//! A simulation of everything that can go wrong, in virtual time: the real hub, rules, journal and connections; people whose
//! connections break at any byte and who stop reading, some of them with chat-tui's own core; a disk that delays, fails before or after the fact, refuses and is
//! away; a clock that steps back; a process that is killed or stopped at any moment.
//!
//! What must hold, whatever happens: everybody sees one order, without a gap; what anybody was told is on disk at that
//! moment; each message is stored once, and in the end all are; replies keep the order of the lines; every queue stays
//! within its bound; pages of history, also those from memory, are what was delivered.
//!
//! A run is given by its seed. The one that fails is printed; `CHAT_TEST_SEED=N` plays it again exactly and shows every line, and
//! `CHAT_TEST_SEEDS=N` plays more of them than usual.

#![cfg(feature = "server")]

#[path = "../common/record.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod record;

mod chance;
mod checks;
mod disk;
mod machine;
mod person;
#[cfg(feature = "tui")]
mod terminal;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chance::Chance;
use checks::{Checks, HOME};
use disk::Weather;
use machine::Machine;
use person::Person;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How many runs `cargo test` makes.
const SEEDS: u64 = 2_000;
/// How long people may take to get everything through, in virtual time, once nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Who talks by chat-tui.
const TERMINAL: &str = "tui";

/// What a run has come to.
struct Outcome {
    digest: u64,
    tally: BTreeMap<&'static str, u64>,
}

fn run(seed: u64) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(simulate(seed))
}

async fn simulate(seed: u64) -> Outcome {
    let mut chance = Chance::new(seed);
    let people: Vec<String> =
        ["ann", "bob", "cyd", "dan"].into_iter().take(2 + chance.below(3) as usize).map(str::to_owned).collect();
    let accounts: Vec<String> = people.iter().cloned().chain([TERMINAL.to_owned()]).collect();
    let machine = Arc::new(Machine::new(chance.fork(), &accounts));
    let checks = Arc::new(Checks::new(number("CHAT_TEST_SEED").is_some()));
    machine.boot();
    let mut talking = JoinSet::new();
    for name in &people {
        let others: Vec<String> = people.iter().filter(|other| *other != name).cloned().collect();
        let messages = 3 + chance.below(12) as usize;
        talking.spawn(Person::new(name, &others, chance.fork(), &machine, &checks, messages).talk());
    }
    #[cfg(feature = "tui")]
    if chance.one_in(3) {
        let terminal = terminal::Terminal::new(TERMINAL, chance.fork(), &machine, &checks);
        talking.spawn(terminal.talk(3 + chance.below(8) as usize));
    }
    let trouble = {
        let (machine, chance) = (Arc::clone(&machine), chance.fork());
        tokio::spawn(make_trouble(machine, chance))
    };
    let everybody = async {
        while let Some(ended) = talking.join_next().await {
            if let Err(error) = ended {
                resume_unwind(error.into_panic());
            }
        }
    };
    timeout(PATIENCE, everybody).await.expect("everything gets through in the end");
    if let Err(error) = trouble.await {
        resume_unwind(error.into_panic());
    }
    machine.stop().await;
    checks.end(&machine.disk.lock().unwrap());

    // A server that starts again tells what all have seen.
    machine.boot();
    sleep(Duration::from_secs(5)).await;
    let reader = Person::new(&people[0], &people[1..], chance.fork(), &machine, &checks, 0);
    let read: Vec<_> = reader.read_back(HOME).await.iter().map(|id| checks::seq_of(id)).collect();
    let stored: Vec<_> = machine.disk.lock().unwrap().messages(HOME).into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(read, stored, "history is what was stored");
    machine.stop().await;
    let tally = machine.tally.lock().unwrap().clone();
    Outcome { digest: checks.digest(), tally }
}

/// Goes wrong for a while, then no more.
async fn make_trouble(machine: Arc<Machine>, mut chance: Chance) {
    for _ in 0..chance.below(12) {
        for _ in 0..chance.below(20) {
            sleep(chance.millis(1, 250)).await;
            machine.check_bounds();
        }
        match chance.below(8) {
            0 | 1 => {
                machine.crash();
                sleep(chance.millis(0, 2_000)).await;
                machine.boot();
            }
            2 => {
                machine.stop().await;
                machine.boot();
            }
            3 => machine.clock_error.store(chance.below(20_000) as i64 - 10_000, Ordering::SeqCst),
            _ => {
                *machine.weather.lock().unwrap() = *chance.of(&Weather::ALL);
                machine.count("changes of the weather");
            }
        }
    }
    *machine.weather.lock().unwrap() = Weather::Fair;
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn nothing_is_lost_whatever_goes_wrong() {
    if let Some(seed) = number("CHAT_TEST_SEED") {
        println!("seed {seed}: {:?}", run(seed).tally);
        return;
    }
    let seeds = number("CHAT_TEST_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(1);
    let total = Mutex::new(BTreeMap::<&'static str, u64>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed > seeds {
                        return;
                    }
                    match catch_unwind(AssertUnwindSafe(|| run(seed))) {
                        Ok(outcome) => {
                            let mut total = total.lock().unwrap();
                            outcome
                                .tally
                                .into_iter()
                                .for_each(|(what, count)| *total.entry(what).or_default() += count);
                        }
                        Err(panic) => {
                            next.store(seeds + 1, Ordering::Relaxed);
                            eprintln!("seed {seed} fails: CHAT_TEST_SEED={seed} cargo test --test simulated_faults");
                            resume_unwind(panic);
                        }
                    }
                }
            });
        }
    });
    let total = total.into_inner().unwrap();
    println!("{seeds} runs: {total:#?}");
    // A simulation in which nothing goes wrong proves nothing.
    for what in [
        "crashes",
        "stops",
        "commits that failed",
        "commits of unknown fate",
        "refused batches",
        "journals that ended by a fault",
        "repetitions found",
        "messages refused at the door",
        "pages",
        #[cfg(feature = "tui")]
        "terminals that got everything through",
    ] {
        assert!(total.get(what).is_some_and(|count| *count > 0) || seeds < 100, "{what}: never");
    }
}

#[test]
fn a_seed_plays_the_same_again() {
    for seed in [3, 11, 42] {
        let (first, again) = (run(seed), run(seed));
        assert_eq!((first.digest, first.tally), (again.digest, again.tally), "seed {seed}");
    }
}
