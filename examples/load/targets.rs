//! What was wanted, what was measured, and whether that is it.

use std::fmt::Write as _;
use std::fs;

use anyhow::Result;
use chat_tui::proto::time::Timestamp;

use crate::table::{Results, grouped};

/// A row of the table.
struct Target {
    what: &'static str,
    wanted: &'static str,
    measure: fn(&Results) -> Option<Measured>,
}

/// What came out.
struct Measured {
    text: String,
    is_met: bool,
}

const OURS: &str = "sqlite";
const CPU: &str = "server_cpu_s_per_million";

const TARGETS: &[Target] = &[
    Target {
        what: "flood into 1,000 members, deliveries/s",
        wanted: "≥ 1.2× InspIRCd, ≥ 0.5 of joined writes",
        measure: |results| flood(results, "flood-1000", &[("inspircd", "InspIRCd", 1.2), JOINED]),
    },
    Target {
        what: "flood into 100 members, deliveries/s",
        wanted: "≥ 2× ngircd",
        measure: |results| flood(results, "flood-100", &[NGIRCD]),
    },
    Target {
        what: "flood into 10 members, deliveries/s",
        wanted: "≥ 2× ngircd",
        measure: |results| flood(results, "flood-10", &[NGIRCD]),
    },
    Target {
        what: "20,000 deliveries/s, 100 members: CPU s per million, journal included",
        wanted: "≤ InspIRCd's",
        measure: |results| {
            let (own, other) = (results.figure("paced", OURS, CPU)?, results.figure("paced", "inspircd", CPU)?);
            let journal = results.figure("paced", OURS, "journal_cpu_s_per_million").unwrap_or_default();
            let text = format!("{own:.1} (of it the journal {journal:.1}); InspIRCd {other:.1}");
            Some(Measured { text, is_met: own <= other })
        },
    },
    Target {
        what: "the same: p50 / p99 over the limit's, ms",
        wanted: "≤ 1 / ≤ 2× fdatasync's p99",
        measure: |results| {
            let over = |name| Some(results.figure("paced", OURS, name)? - results.figure("paced", "limit-each", name)?);
            let (middle, late) = (over("delivery_p50_ms")?, over("delivery_p99_ms")?);
            let sync = results.figure("disk", "disk", "sync_p99_ms")?;
            let text = format!("{middle:.2} / {late:.2}; fdatasync {sync:.2}");
            Some(Measured { text, is_met: middle <= 1.0 && late <= 2.0 * sync })
        },
    },
    Target {
        what: "500 pairs ping-pong: CPU s per million",
        wanted: "≤ InspIRCd's + the journal's",
        measure: |results| {
            let (own, other) = (results.figure("pairs", OURS, CPU)?, results.figure("pairs", "inspircd", CPU)?);
            let journal = results.figure("pairs", OURS, "journal_cpu_s_per_million")?;
            let text = format!("{own:.1}; InspIRCd {other:.1} + journal {journal:.1}");
            Some(Measured { text, is_met: own <= other + journal })
        },
    },
    Target {
        what: "100 senders in 10 channels, window 16: acknowledged/s, SQLite / MariaDB",
        wanted: "≥ 20,000 / ≥ 15,000",
        measure: |results| {
            let own = |server| results.figure("durable", server, "echoes_per_s");
            let (sqlite, mariadb) = (own("sqlite")?, own("mariadb"));
            let is_met = sqlite >= 20_000.0 && mariadb.is_none_or(|mariadb| mariadb >= 15_000.0);
            Some(Measured { text: format!("{} / {}", whole(sqlite), or_dash(mariadb, 0)), is_met })
        },
    },
    Target {
        what: "10,000 idle, each in one channel: KiB a connection",
        wanted: "≤ 3",
        measure: |results| at_most(results.figure("idle", OURS, "resident_kib_per_connection")?, 2, 3.0),
    },
    Target {
        what: "the same by TLS",
        wanted: "≤ bare rustls + 3",
        measure: |results| {
            let of = |server| results.figure("idle-tls", server, "resident_kib_per_connection");
            let (own, bare) = (of(OURS)?, of("limit-joined")?);
            Some(Measured { text: format!("{own:.1}; rustls {bare:.1}"), is_met: own <= bare + 3.0 })
        },
    },
    Target {
        what: "log-in by token / by SCRAM, server CPU µs",
        wanted: "≤ 150",
        measure: |results| {
            let of = |workload| results.figure(workload, OURS, "server_cpu_us_each");
            let (token, scram) = (of("logins-token")?, of("logins-scram")?);
            Some(Measured { text: format!("{token:.0} / {scram:.0}"), is_met: token.max(scram) <= 150.0 })
        },
    },
    Target {
        what: "10,000 back at once by token: s / others' p99 ms",
        wanted: "≤ 5 / ≤ 50",
        measure: |results| {
            let of = |name| results.figure("storm", OURS, name);
            let (total, late) = (of("total_s")?, of("others_p99_ms")?);
            Some(Measured { text: format!("{total:.1} / {late:.0}"), is_met: total <= 5.0 && late <= 50.0 })
        },
    },
    Target {
        what: "page of 100 out of many messages, p99 ms (and out of 10⁵), warm",
        wanted: "≤ 3, within 1.5×",
        measure: |results| pages(results, "history", 3.0),
    },
    Target {
        what: "the same, cold",
        wanted: "≤ 10, within 1.5×",
        measure: |results| pages(results, "history-cold", 10.0),
    },
    Target {
        what: "exec to the first log-in, ms",
        wanted: "≤ 1,000",
        measure: |results| {
            let (messages, took) = largest(results, "start", "start_p50_ms")?;
            let text = format!("{} ({} messages)", whole(took), whole(messages));
            Some(Measured { text, is_met: took <= 1_000.0 })
        },
    },
];

/// Who a flood is compared with: the server, its name, and how many times as much is wanted.
const JOINED: (&str, &str, f64) = ("limit-joined", "joined writes", 0.5);
const NGIRCD: (&str, &str, f64) = ("ngircd", "ngircd", 2.0);

fn flood(results: &Results, workload: &str, others: &[(&str, &str, f64)]) -> Option<Measured> {
    let of = |server| results.figure(workload, server, "deliveries_per_s");
    let own = of(OURS)?;
    let mut measured = Measured { text: whole(own), is_met: true };
    for (server, name, times) in others {
        let other = of(server)?;
        let _ = write!(measured.text, "; {name} {}", whole(other));
        measured.is_met &= own >= other * times;
    }
    Some(measured)
}

fn at_most(value: f64, digits: usize, most: f64) -> Option<Measured> {
    Some(Measured { text: grouped(value, digits), is_met: value <= most })
}

/// The largest record that was measured: its messages, and the figure.
fn largest(results: &Results, workload: &str, figure: &str) -> Option<(f64, f64)> {
    [10_000_000, 1_000_000, 100_000, 10_000].into_iter().find_map(|messages: u32| {
        Some((f64::from(messages), results.figure(&format!("{workload}-{messages}"), OURS, figure)?))
    })
}

fn pages(results: &Results, workload: &str, most: f64) -> Option<Measured> {
    let (messages, late) = largest(results, workload, "page_p99_ms")?;
    let few = results.figure(&format!("{workload}-100000"), OURS, "page_p99_ms")?;
    let text = format!("{late:.2} of {} ({few:.2})", whole(messages));
    Some(Measured { text, is_met: late <= most && late <= 1.5 * few })
}

fn whole(value: f64) -> String {
    grouped(value, 0)
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| grouped(value, digits))
}

/// The table of all targets that were measured, with the day and the machine.
pub fn table(results: &Results) -> Result<String> {
    let mut table = String::new();
    writeln!(table, "{}\n", machine())?;
    writeln!(table, "| what | wanted | measured | met |\n|---|---|---|---|")?;
    for Target { what, wanted, measure } in TARGETS {
        if let Some(Measured { text, is_met }) = measure(results) {
            writeln!(table, "| {what} | {wanted} | {text} | {} |", if is_met { "yes" } else { "**no**" })?;
        }
    }
    writeln!(table)?;
    Ok(table)
}

/// When and where.
pub fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let number = |text: &str, name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.trim_start_matches([' ', '\t', ':']).split(' ').next().map(str::to_owned))
    };
    let processors = read("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let count = processors.lines().filter(|line| line.starts_with("processor")).count();
    let memory = number(&read("/proc/meminfo"), "MemTotal").and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default();
    let release = read("/proc/sys/kernel/osrelease");
    let kernel: Vec<&str> = release.trim().splitn(3, '.').take(2).collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let today = Timestamp::from_millis(i64::try_from(now.as_millis()).unwrap_or_default()).to_string();
    format!(
        "Measured on {} with {count} cores ({}), {:.0} GiB, Linux {}.",
        today.split('T').next().unwrap_or_default(),
        model.trim_start_matches(['\t', ' ', ':']),
        memory / 1_048_576.0,
        kernel.join("."),
    )
}
