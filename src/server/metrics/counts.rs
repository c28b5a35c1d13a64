//! What is counted: in shared atomics, in the hub's own numbers, and by the system.

use std::collections::BTreeMap;
use std::time::Duration;

use super::meter::{Counter, Gauge, Histogram, Times};
use crate::chat::census::Census;
use crate::chat::ports::Notable;

/// What is counted outside of the hub's task. One for a server, shared by all of its parts.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Connections that were let in, by listener: see [`Metrics::accepted`].
    accepted: [Counter; TRANSPORTS.len()],
    /// Connections that were turned away because there were too many.
    pub turned_away: Counter,
    /// TLS handshakes that failed or took too long.
    pub handshakes_failed: Counter,
    /// How long commits took, each attempt by itself.
    pub commits: Histogram,
    /// Commits that failed, each attempt by itself.
    pub commits_failed: Counter,
    /// Events in the commits that succeeded.
    pub events_committed: Counter,
    /// How long the other calls of the store took.
    queries: [Histogram; QUERIES.len()],
    /// How many of them failed.
    queries_failed: [Counter; QUERIES.len()],
    /// How long the check of a log-in took, with its wait for its turn, the database and the hashing.
    logins: [Histogram; LOGINS.len()],
    /// Passwords that wait to be hashed or are being hashed.
    pub hashing_queue: Gauge,
}

/// How connections come in.
pub(crate) const TRANSPORTS: [&str; 4] = ["plain", "tls", "unix", "memory"];
/// The calls of the store beside commits.
pub(crate) const QUERIES: [&str; 11] = [
    "prepare",
    "load",
    "page",
    "search",
    "targets",
    "playback",
    "credentials",
    "use_device",
    "devices",
    "head",
    "tidy",
];
/// By what people log in where somebody has to be asked.
pub(crate) const LOGINS: [&str; 3] = ["password", "token", "certificate"];

/// The entry of a list that belongs to a word of a table. A word that is in no table is a fault of the program, which a
/// debug build tells; it counts as the first one.
fn entry<'a, T>(list: &'a [T], words: &[&str], word: &str) -> &'a T {
    let place = words.iter().position(|known| *known == word);
    debug_assert!(place.is_some(), "{word} is in no table");
    &list[place.unwrap_or(0)]
}

impl Metrics {
    /// Connections that were let in by this transport.
    pub fn accepted(&self, transport: &str) -> &Counter {
        entry(&self.accepted, &TRANSPORTS, transport)
    }

    /// How long these calls of the store took.
    pub fn query(&self, query: &str) -> &Histogram {
        entry(&self.queries, &QUERIES, query)
    }

    /// How long all calls of the store took, but commits.
    pub fn queries(&self) -> Times {
        let mut all = Times::default();
        for query in &self.queries {
            all.add(&query.times());
        }
        all
    }

    /// How many of these calls of the store failed.
    pub fn query_failed(&self, query: &str) -> &Counter {
        entry(&self.queries_failed, &QUERIES, query)
    }

    /// How long log-ins by this took to check.
    pub fn login(&self, by: &str) -> &Histogram {
        entry(&self.logins, &LOGINS, by)
    }
}

/// What the hub shows of itself.
#[derive(Clone, Debug, Default)]
pub struct Inspection {
    /// How far the server is.
    pub phase: &'static str,
    /// Whether nothing can be committed at the moment, for whatever reason.
    pub is_stalled: bool,
    /// Committed events that wait outside of the database, which is away.
    pub spooled: u64,
    /// Open connections.
    pub connections: usize,
    /// Bytes that wait for their readers, all together.
    pub outbox_bytes: usize,
    /// Bytes that wait for the reader who has most waiting.
    pub outbox_bytes_largest: usize,
    /// Inputs that wait for the hub.
    pub mailbox: usize,
    /// Events that wait for their commit.
    pub journal_waiting: u64,
    /// Effects that wait for a commit.
    pub held_effects: usize,
    /// What was counted since the server's start.
    pub counts: HubCounts,
    /// What the rules count, since the record was loaded.
    pub census: Census,
}

impl Inspection {
    /// Whether people can log in and talk.
    pub fn is_ready(&self) -> bool {
        self.phase == SERVING && !self.is_stalled
    }
}

/// The phase of a server that is as it should be.
pub const SERVING: &str = "serving";

/// What the hub counts.
#[derive(Clone, Debug, Default)]
pub struct HubCounts {
    /// Lines that arrived.
    pub lines: u64,
    /// Events that were handed to the journal.
    pub events: u64,
    /// Of them, those that repeated earlier ones.
    pub duplicates: u64,
    /// Pieces that were queued to connections; a piece holds one line or several.
    pub pieces: u64,
    /// Their bytes.
    pub piece_bytes: u64,
    /// Pieces that were left out because their reader is slow.
    pub sheds: u64,
    /// Connections that were ended because their reader is too slow.
    pub sendq_exceeded: u64,
    /// How often the record was loaded again because the database had refused an event.
    pub reloads: u64,
    /// Log-ins by what was given.
    pub logins: BTreeMap<&'static str, u64>,
    /// Refused log-ins by the check that failed.
    pub logins_refused: BTreeMap<&'static str, u64>,
    /// Registrations.
    pub registrations: u64,
    /// Acts of operators.
    pub operator_acts: u64,
    /// From the hub's judgement of an event to the moment when everybody's lines about it were queued.
    pub delivery: Times,
}

impl HubCounts {
    /// Takes note of something notable.
    pub fn note(&mut self, notable: &Notable) {
        match notable {
            Notable::LoggedIn { by, .. } => *self.logins.entry(by).or_default() += 1,
            Notable::LoginRefused { check, .. } => *self.logins_refused.entry(check.word()).or_default() += 1,
            Notable::Registered { .. } => self.registrations += 1,
            // Counted by the rules, among the verdicts and among the commands.
            Notable::Filtered { .. } | Notable::Reported { .. } => {}
            Notable::OperatorActed { .. } => self.operator_acts += 1,
        }
    }
}

/// What one scrape sees.
pub struct Scrape<'a> {
    /// What is counted outside of the hub.
    pub metrics: &'a Metrics,
    /// What the hub shows; nothing when it does not answer.
    pub inspection: Option<Inspection>,
    /// What the system says of this process.
    pub process: Option<Process>,
}

/// What the system says of this process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Process {
    /// Bytes of memory in use.
    pub resident_bytes: u64,
    /// Processor time.
    pub cpu: Duration,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: u64,
}

impl Process {
    /// Reads what the system says; nothing where it does not say it in the way of Linux.
    pub fn read() -> Option<Self> {
        let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
        let descriptors = std::fs::read_dir("/proc/self/fd").ok()?.count();
        Self::of_stat(&stat, descriptors)
    }

    /// Specification: proc_pid_stat(5). The second field is the program's name in parentheses, which may hold anything.
    fn of_stat(stat: &str, descriptors: usize) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let ticks_per_second = rustix::param::clock_ticks_per_second();
        let ticks = number(14)? + number(15)?;
        Some(Self {
            resident_bytes: number(24)? * rustix::param::page_size() as u64,
            cpu: Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64),
            descriptors,
            threads: number(20)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_line_is_read_by_its_places() {
        let fields: Vec<String> = (3..=52).map(|field| field.to_string()).collect();
        let stat = format!("1234 (a) b) S {}", fields[1..].join(" "));
        let process = Process::of_stat(&stat, 7).unwrap();
        assert_eq!(process.resident_bytes, 24 * rustix::param::page_size() as u64);
        assert_eq!((process.threads, process.descriptors), (20, 7));
        assert!(process.cpu > Duration::ZERO);
        assert_eq!(Process::of_stat("nonsense", 1), None);
        assert_eq!(Process::of_stat("1 (x) S 1 2", 1), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_can_be_read() {
        let process = Process::read().unwrap();
        assert!(process.resident_bytes > 0 && process.descriptors > 0 && process.threads > 0, "{process:?}");
    }
}
