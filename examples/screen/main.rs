//! Measures terminal clients through a pseudo-terminal: ours and, for comparison, WeeChat and irssi.
//!
//! A server of its own says what is wanted; a terminal emulator says what is on the screen and when. Each measurement
//! prints one JSON object. `scripts/bench-client` calls it.

mod clients;
#[path = "../load/process.rs"]
mod process;
mod server;
mod terminal;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use hdrhistogram::Histogram;
use serde_json::{Map, Value};

use clients::Client;
use process::Threads;
use server::{JOINED_MARK, Server};
use terminal::Terminal;

const ROWS: u16 = 50;
const COLUMNS: u16 = 200;
const SMALL_ROWS: u16 = 24;
const SMALL_COLUMNS: u16 = 80;
/// Whoever takes longer than this for anything does not get there.
const PATIENCE: Duration = Duration::from_secs(30);
const FLOOD_PATIENCE: Duration = Duration::from_secs(240);
/// A client that has written nothing for so long has come to rest.
const QUIET: Duration = Duration::from_millis(200);
/// PgUp has come to its end when so many of them in a row have changed nothing, each given so long.
const STILL_MAX: u64 = 5;
const STILL_PAUSE: Duration = Duration::from_millis(100);
/// irssi may look at its terminal's size only after some time.
const RESIZE_PATIENCE: Duration = Duration::from_secs(3);
const KEYS_PER_LINE: usize = 30;
const BACKSPACE: &[u8] = b"\x7f";
const PAGE_UP: &[u8] = b"\x1b[5~";
const PAGE_DOWN: &[u8] = b"\x1b[6~";
/// What the last message of the flood says.
const FLOOD_MARK: &str = "last-of-them-all";

#[derive(Parser)]
#[command(about = "Measures terminal clients through a pseudo-terminal")]
struct Options {
    /// Which client
    #[arg(long, value_enum)]
    client: Client,
    /// Its program
    #[arg(long)]
    program: PathBuf,
    /// On which processor core it runs
    #[arg(long)]
    client_core: Option<usize>,
    /// What to measure
    #[arg(long, value_enum, value_delimiter = ',', default_value = "start,idle,keys,messages,drip,busy,flood")]
    what: Vec<What>,
    /// How often it is started for the times of starting
    #[arg(long, default_value_t = 10)]
    starts: usize,
    /// How many messages the flood has
    #[arg(long, default_value_t = 100_000)]
    flood: u64,
    /// How many keys are typed
    #[arg(long, default_value_t = 300)]
    keys: usize,
    /// Seconds of idling, and of ten messages a second
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Show the screen after each measurement
    #[arg(long)]
    show: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// exec to first paint, to the joined conversation
    Start,
    /// Memory, CPU, wake-ups and bytes of doing nothing
    Idle,
    /// Key to screen, when nothing else happens
    Keys,
    /// Message to screen, when nothing else happens
    Messages,
    /// Ten messages a second
    Drip,
    /// Key to screen with 1,000 messages a second arriving
    Busy,
    /// A flood until its last message is visible; then memory, PgUp, resizing
    Flood,
}

/// Figures by name.
struct Figures(Map<String, Value>);

impl Figures {
    fn put(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), ((value * 1000.0).round() / 1000.0).into());
    }

    fn quantiles(&mut self, name: &str, times: &Histogram<u64>) {
        for (suffix, quantile) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            self.put(&format!("{name}_{suffix}_ms"), times.value_at_quantile(quantile) as f64 / 1e6);
        }
    }
}

/// One client, joined and at rest.
struct Running {
    terminal: Terminal,
    server: Server,
    home: tempfile::TempDir,
    first_paint: Duration,
    joined: Duration,
}

fn histogram() -> Histogram<u64> {
    // The bounds are constants that the type accepts.
    Histogram::new_with_bounds(100, 300_000_000_000, 3).expect("sensible bounds")
}

fn is_shown(screen: &vt100::Screen, text: &str) -> bool {
    screen.rows(0, COLUMNS).any(|row| row.contains(text))
}

fn run_client(options: &Options) -> Result<Running> {
    let (home, server) = (tempfile::tempdir()?, Server::start()?);
    let program = options.client.program(&options.program, home.path(), server.port)?;
    let mut terminal = Terminal::start(&program, options.client_core, ROWS, COLUMNS)?;
    let begin = terminal.go()?;
    let first = terminal.wait_for(PATIENCE, |screen| screen.rows(0, COLUMNS).any(|row| !row.trim().is_empty()))?;
    let joined = if is_shown(terminal.screen(), JOINED_MARK) {
        first
    } else {
        terminal.wait_for(PATIENCE, |screen| is_shown(screen, JOINED_MARK))?
    };
    Ok(Running { terminal, server, home, first_paint: first - begin, joined: joined - begin })
}

fn settled_client(options: &Options) -> Result<Running> {
    let mut running = run_client(options)?;
    running.terminal.read_for(Duration::from_secs(1))?;
    running.terminal.settle(QUIET, PATIENCE)?;
    Ok(running)
}

fn start(options: &Options, figures: &mut Figures) -> Result<()> {
    let (mut first_paint, mut joined, mut cpu) = (histogram(), histogram(), histogram());
    for _ in 0..options.starts {
        let running = run_client(options)?;
        cpu.saturating_record(process::cpu_nanos(running.terminal.pid())?);
        first_paint.saturating_record(u64::try_from(running.first_paint.as_nanos())?);
        joined.saturating_record(u64::try_from(running.joined.as_nanos())?);
        running.terminal.end();
        running.home.close()?;
    }
    figures.quantiles("first_paint", &first_paint);
    figures.quantiles("joined", &joined);
    figures.quantiles("start_cpu", &cpu);
    Ok(())
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

fn idle(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    let terminal = &mut running.terminal;
    let pid = terminal.pid();
    figures.put("resident_idle_mib", mib(process::resident_bytes(pid)?));
    let (before, bytes) = (Threads::now(pid)?, terminal.bytes);
    terminal.read_for(Duration::from_secs(options.seconds))?;
    figures.put("idle_seconds", options.seconds as f64);
    let (nanos, wakes) = Threads::now(pid)?.since(&before);
    figures.put("idle_cpu_ms", nanos as f64 / 1e6);
    figures.put("idle_wake_ups", wakes as f64);
    figures.put("idle_bytes", (terminal.bytes - bytes) as f64);
    Ok(())
}

/// Types letters one by one, each after a pause, and notes how long each takes to be on the screen.
fn type_keys(terminal: &mut Terminal, count: usize, pause: Duration) -> Result<Histogram<u64>> {
    let mut times = histogram();
    let mut typed = String::new();
    for number in 0..count {
        let letter = char::from(b'a' + u8::try_from(number * 7 % 26)?);
        typed.push(letter);
        let begin = terminal.write(letter.to_string().as_bytes())?;
        let shown = terminal.wait_for(PATIENCE, |screen| is_shown(screen, &typed))?;
        times.saturating_record(u64::try_from((shown - begin).as_nanos())?);
        terminal.read_for(pause)?;
        if typed.len() == KEYS_PER_LINE {
            terminal.write(&BACKSPACE.repeat(typed.len()))?;
            typed.clear();
            terminal.read_for(Duration::from_millis(100))?;
        }
    }
    terminal.write(&BACKSPACE.repeat(typed.len()))?;
    terminal.read_for(Duration::from_millis(100))?;
    Ok(times)
}

fn keys(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    let times = type_keys(&mut running.terminal, options.keys, Duration::from_millis(20))?;
    figures.quantiles("key_idle", &times);
    Ok(())
}

fn messages(running: &mut Running, figures: &mut Figures) -> Result<()> {
    let mut times = histogram();
    for number in 0..100 {
        let mark = format!("mark-{number:03}-x");
        let begin = Instant::now();
        running.server.say(&mark);
        let shown = running.terminal.wait_for(PATIENCE, |screen| is_shown(screen, &mark))?;
        times.saturating_record(u64::try_from((shown - begin).as_nanos())?);
        running.terminal.read_for(Duration::from_millis(50))?;
    }
    figures.quantiles("message_to_screen", &times);
    Ok(())
}

fn drip(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    const PER_SECOND: u32 = 10;
    let time = Duration::from_secs(options.seconds);
    let pid = running.terminal.pid();
    let (cpu, bytes) = (process::cpu_nanos(pid)?, running.terminal.bytes);
    let dripping = running.server.drip(PER_SECOND, time);
    running.terminal.read_for(time)?;
    // The thread ends by itself, and does not panic.
    let _ = dripping.join();
    running.terminal.settle(QUIET, PATIENCE)?;
    let count = f64::from(PER_SECOND) * options.seconds as f64;
    figures.put("drip_cpu_us_per_message", (process::cpu_nanos(pid)? - cpu) as f64 / 1e3 / count);
    figures.put("drip_bytes_per_message", (running.terminal.bytes - bytes) as f64 / count);
    Ok(())
}

fn busy(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    const PER_SECOND: u32 = 1_000;
    let pause = Duration::from_millis(20);
    let pid = running.terminal.pid();
    let dripping = running.server.drip(PER_SECOND, pause * u32::try_from(options.keys)? + Duration::from_secs(1));
    running.terminal.read_for(Duration::from_millis(500))?;
    let (cpu, begin) = (process::cpu_nanos(pid)?, Instant::now());
    let times = type_keys(&mut running.terminal, options.keys, pause)?;
    let used = (process::cpu_nanos(pid)? - cpu) as f64 / 1e9;
    figures.put("busy_cpu_percent", used / begin.elapsed().as_secs_f64() * 100.0);
    figures.quantiles("key_busy", &times);
    let _ = dripping.join();
    running.terminal.settle(QUIET, PATIENCE)?;
    Ok(())
}

fn flood(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    let pid = running.terminal.pid();
    let tenth = options.flood / 10;
    flooded(running, tenth, "last-of-the-first")?;
    figures.put("resident_after_tenth_mib", mib(process::resident_bytes(pid)?));
    let (cpu, bytes) = (process::cpu_nanos(pid)?, running.terminal.bytes);
    let took = flooded(running, options.flood, FLOOD_MARK)?;
    figures.put("flood_messages", options.flood as f64);
    figures.put("flood_s", took.as_secs_f64());
    figures.put("flood_cpu_s", (process::cpu_nanos(pid)? - cpu) as f64 / 1e9);
    figures.put("flood_mib_to_terminal", mib(running.terminal.bytes - bytes));
    running.terminal.read_for(Duration::from_secs(1))?;
    figures.put("resident_after_flood_mib", mib(process::resident_bytes(pid)?));

    let quiet = Duration::from_millis(30);
    let mut pages = histogram();
    for _ in 0..100 {
        let begin = running.terminal.write(PAGE_UP)?;
        let shown = running.terminal.settle(quiet, PATIENCE)?;
        if shown > begin {
            pages.saturating_record(u64::try_from((shown - begin).as_nanos())?);
        }
    }
    figures.quantiles("page_up", &pages);
    up_to_the_first(options, running, figures)?;
    resize(running, figures)
}

/// PgUp again and again, until the very first message is on the screen or nothing moves any more.
fn up_to_the_first(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    let quiet = Duration::from_millis(4);
    let terminal = &mut running.terminal;
    let (mut pages, mut still) = (0, 0);
    let (mut is_reached, mut times) = (false, histogram());
    let mut before = String::new();
    while !is_reached && still < STILL_MAX && pages < options.flood {
        let begin = terminal.write(PAGE_UP)?;
        let shown = terminal.answer(STILL_PAUSE, quiet)?;
        pages += 1;
        let now = terminal.screen().contents();
        let has_moved = now != before;
        before = now;
        if has_moved {
            still = 0;
        } else {
            still += 1;
            // What comes later than at once may still come.
            terminal.read_for(STILL_PAUSE)?;
        }
        if has_moved && shown > begin {
            times.saturating_record(u64::try_from((shown - begin).as_nanos())?);
        }
        is_reached = is_shown(terminal.screen(), JOINED_MARK);
    }
    figures.quantiles("first_page", &times);
    figures.put("first_pages", pages as f64);
    figures.put("first_is_reached", f64::from(u8::from(is_reached)));
    if is_reached { down_to_the_last(options, running, figures) } else { Ok(()) }
}

/// PgDn again and again, until the very last message is on the screen or nothing moves any more. What is passed over is counted.
fn down_to_the_last(options: &Options, running: &mut Running, figures: &mut Figures) -> Result<()> {
    let quiet = Duration::from_millis(4);
    let terminal = &mut running.terminal;
    let (mut pages, mut still, mut missed) = (0_u64, 0, 0);
    let mut last = numbers_shown(terminal.screen()).last().copied();
    while !is_shown(terminal.screen(), FLOOD_MARK) && still < STILL_MAX && pages < options.flood {
        terminal.write(PAGE_DOWN)?;
        terminal.answer(STILL_PAUSE, quiet)?;
        pages += 1;
        let behind: Vec<u64> =
            numbers_shown(terminal.screen()).into_iter().filter(|number| Some(*number) > last).collect();
        let Some(newest) = behind.last().copied() else {
            still += 1;
            terminal.read_for(STILL_PAUSE)?;
            continue;
        };
        still = 0;
        missed += newest - last.unwrap_or(0) - behind.len() as u64;
        last = Some(newest);
    }
    figures.put("last_pages", pages as f64);
    figures.put("last_is_reached", f64::from(u8::from(is_shown(terminal.screen(), FLOOD_MARK))));
    figures.put("last_missed", missed as f64);
    Ok(())
}

/// The numbers of the messages on the screen, down to where it says that some are missing.
fn numbers_shown(screen: &vt100::Screen) -> Vec<u64> {
    let number = |row: String| row.split_once("message ")?.1.get(..7)?.parse().ok();
    screen.rows(0, COLUMNS).take_while(|row| !row.contains("are missing here")).filter_map(number).collect()
}

fn resize(running: &mut Running, figures: &mut Figures) -> Result<()> {
    let (mut smaller, mut larger) = (histogram(), histogram());
    for _ in 0..10 {
        for (rows, columns, times) in [(SMALL_ROWS, SMALL_COLUMNS, &mut smaller), (ROWS, COLUMNS, &mut larger)] {
            let begin = running.terminal.resize(rows, columns)?;
            let shown = running.terminal.answer(RESIZE_PATIENCE, QUIET)?;
            ensure!(shown > begin, "nothing was drawn after a resize");
            times.saturating_record(u64::try_from((shown - begin).as_nanos())?);
        }
    }
    figures.quantiles("resize_smaller", &smaller);
    figures.quantiles("resize_larger", &larger);
    Ok(())
}

fn flooded(running: &mut Running, count: u64, mark: &str) -> Result<Duration> {
    let begin = Instant::now();
    let flooding = running.server.flood(count, mark);
    let shown = running.terminal.wait_through(FLOOD_PATIENCE, |screen| is_shown(screen, mark))?;
    let _ = flooding.join();
    running.terminal.settle(QUIET, PATIENCE)?;
    Ok(shown - begin)
}

fn run(options: &Options) -> Result<()> {
    let mut figures = Figures(Map::new());
    figures.0.insert("client".to_owned(), options.client.name().into());
    let wants = |what: What| options.what.contains(&what);
    if wants(What::Start) {
        start(options, &mut figures)?;
    }
    if options.what.iter().any(|what| *what != What::Start) {
        let mut running = settled_client(options)?;
        for what in [What::Idle, What::Keys, What::Messages, What::Drip, What::Busy, What::Flood] {
            if !wants(what) {
                continue;
            }
            match what {
                What::Start => {}
                What::Idle => idle(options, &mut running, &mut figures)?,
                What::Keys => keys(options, &mut running, &mut figures)?,
                What::Messages => messages(&mut running, &mut figures)?,
                What::Drip => drip(options, &mut running, &mut figures)?,
                What::Busy => busy(options, &mut running, &mut figures)?,
                What::Flood => flood(options, &mut running, &mut figures)?,
            }
            if options.show {
                eprintln!("--- {what:?}\n{}", running.terminal.screen().contents());
            }
        }
        running.terminal.end();
    }
    println!("{}", Value::Object(figures.0));
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let result = match arguments.split_first() {
        Some((word, rest)) if word == terminal::BECOME => terminal::become_program(rest),
        _ => run(&Options::parse()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("screen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
