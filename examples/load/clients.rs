//! The figures of clients, one client a column, and what was wanted of ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use crate::plot;
use crate::table::{Runs, TableOptions, grouped, median, remember};
use crate::targets::machine;

const OURS: &str = "chat-tui";

/// The rows of the table: what is shown, of which figures, and with how many digits.
const ROWS: &[(&str, &[&str], usize)] = &[
    ("exec to first paint / to the joined channel, ms", &["first_paint_p50_ms", "joined_p50_ms"], 1),
    ("CPU of a start until joined, ms", &["start_cpu_p50_ms"], 1),
    (
        "resident MiB idle / after a tenth of the flood / after the flood",
        &["resident_idle_mib", "resident_after_tenth_mib", "resident_after_flood_mib"],
        1,
    ),
    (
        "flood until the last is shown, s / CPU s / MiB to the terminal",
        &["flood_s", "flood_cpu_s", "flood_mib_to_terminal"],
        2,
    ),
    ("key to screen p50 / p99, idle, ms", &["key_idle_p50_ms", "key_idle_p99_ms"], 2),
    (
        "key to screen p50 / p99 with 1,000 messages/s, ms / CPU %",
        &["key_busy_p50_ms", "key_busy_p99_ms", "busy_cpu_percent"],
        2,
    ),
    ("message to screen p50 / p99, ms", &["message_to_screen_p50_ms", "message_to_screen_p99_ms"], 2),
    ("PgUp p50 / p99, ms", &["page_up_p50_ms", "page_up_p99_ms"], 2),
    ("PgUp until the first message is shown: p50 / p99, ms", &["first_page_p50_ms", "first_page_p99_ms"], 2),
    ("its pages / whether the first message was reached", &["first_pages", "first_is_reached"], 0),
    ("resize to 80x24 / back, p50, ms", &["resize_smaller_p50_ms", "resize_larger_p50_ms"], 2),
    ("10 messages/s: CPU µs / bytes a message", &["drip_cpu_us_per_message", "drip_bytes_per_message"], 0),
    ("idle: seconds / CPU ms / wake-ups / bytes", &["idle_seconds", "idle_cpu_ms", "idle_wake_ups", "idle_bytes"], 1),
];

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// It only stands beside the others.
    Shown,
}
use Bound::{AtLeast, AtMost, Shown};

impl Bound {
    fn is_met(self, value: f64) -> Option<bool> {
        match self {
            AtMost(most) => Some(value <= most),
            AtLeast(least) => Some(value >= least),
            Shown => None,
        }
    }
}

/// A row of what was wanted: of which figures, what each has to be, and with how many digits they are shown.
struct Target {
    what: &'static str,
    wanted: &'static str,
    figures: &'static [(&'static str, Bound)],
    digits: usize,
}

const TARGETS: &[Target] = &[
    Target {
        what: "exec to first paint / to the joined conversation, p50 ms",
        wanted: "≤ 5 / ≤ 15",
        figures: &[("first_paint_p50_ms", AtMost(5.0)), ("joined_p50_ms", AtMost(15.0))],
        digits: 1,
    },
    Target {
        what: "resident MiB idle / after 100,000 messages",
        wanted: "≤ 10 / ≤ 25",
        figures: &[("resident_idle_mib", AtMost(10.0)), ("resident_after_flood_mib", AtMost(25.0))],
        digits: 1,
    },
    Target {
        what: "PgUp reaches the first of them without the server's history (1: yes)",
        wanted: "1",
        figures: &[("first_is_reached", AtLeast(1.0))],
        digits: 0,
    },
    Target {
        what: "flood of 100,000 until the last is shown: s / CPU s / MiB to the terminal",
        wanted: "≤ 0.8 / ≤ 0.5 / ≤ 5",
        figures: &[("flood_s", AtMost(0.8)), ("flood_cpu_s", AtMost(0.5)), ("flood_mib_to_terminal", AtMost(5.0))],
        digits: 2,
    },
    Target {
        what: "key to screen, p99 ms, idle / with 1,000 messages/s",
        wanted: "≤ 1 / ≤ 2",
        figures: &[("key_idle_p99_ms", AtMost(1.0)), ("key_busy_p99_ms", AtMost(2.0))],
        digits: 2,
    },
    Target {
        what: "message to screen, p50 ms",
        wanted: "≤ 1",
        figures: &[("message_to_screen_p50_ms", AtMost(1.0))],
        digits: 2,
    },
    Target {
        what: "PgUp in 100,000 messages, p99 / p50 ms",
        wanted: "≤ 2",
        figures: &[("page_up_p99_ms", AtMost(2.0)), ("page_up_p50_ms", Shown)],
        digits: 2,
    },
    Target {
        what: "resize to 80x24 / back, longest of ten, ms",
        wanted: "≤ 3",
        figures: &[("resize_smaller_max_ms", AtMost(3.0)), ("resize_larger_max_ms", AtMost(3.0))],
        digits: 1,
    },
    Target {
        what: "10 messages/s: CPU µs / bytes to the terminal a message",
        wanted: "≤ 600 / ≤ 7,500",
        figures: &[("drip_cpu_us_per_message", AtMost(600.0)), ("drip_bytes_per_message", AtMost(7_500.0))],
        digits: 0,
    },
    Target {
        what: "idle for a minute: bytes / CPU ms / wake-ups, all of them of the keep-alive",
        wanted: "0 / ≤ 1",
        figures: &[("idle_bytes", AtMost(0.0)), ("idle_cpu_ms", AtMost(1.0)), ("idle_wake_ups", Shown)],
        digits: 1,
    },
];

/// Everything that was measured.
struct Clients {
    /// In the order in which they were measured first.
    names: Vec<String>,
    runs: BTreeMap<String, Runs>,
}

impl Clients {
    fn read(text: &str) -> Result<Self> {
        let mut clients = Self { names: Vec::new(), runs: BTreeMap::new() };
        for line in text.lines() {
            let figures: Map<String, Value> = serde_json::from_str(line)?;
            let name = figures.get("client").and_then(Value::as_str).unwrap_or("?").to_owned();
            remember(&mut clients.names, &name);
            clients.runs.entry(name).or_default().push(figures);
        }
        Ok(clients)
    }

    fn figure(&self, client: &str, name: &str) -> Option<f64> {
        self.runs.get(client).and_then(|runs| median(runs, name))
    }

    fn table(&self) -> Result<String> {
        let mut table = format!("| | {} |\n|---|{}\n", self.names.join(" | "), "---|".repeat(self.names.len()));
        for (title, figures, digits) in ROWS {
            let shown = |client: &String| {
                let figure =
                    |name: &&str| self.figure(client, name).map_or("–".to_owned(), |it| grouped(it, *digits));
                figures.iter().map(figure).collect::<Vec<_>>().join(" / ")
            };
            writeln!(table, "| {title} | {} |", self.names.iter().map(shown).collect::<Vec<_>>().join(" | "))?;
        }
        Ok(table)
    }

    /// What was wanted of ours, and whether that is it; a row without its figures is left out.
    fn targets(&self) -> Result<String> {
        let mut table = "| what | wanted | measured | met |\n|---|---|---|---|\n".to_owned();
        for target in TARGETS {
            let measured = target.figures.iter().map(|(name, bound)| Some((self.figure(OURS, name)?, *bound)));
            let Some(measured) = measured.collect::<Option<Vec<_>>>() else { continue };
            let values: Vec<_> = measured.iter().map(|(value, _)| grouped(*value, target.digits)).collect();
            let said = |is_met: bool| if is_met { "yes" } else { "**no**" };
            let mut met: Vec<_> = measured.iter().filter_map(|(value, bound)| bound.is_met(*value)).collect();
            if met.iter().all(|is_met| *is_met) {
                met.truncate(1);
            }
            let met: Vec<_> = met.into_iter().map(said).collect();
            writeln!(table, "| {} | {} | {} | {} |", target.what, target.wanted, values.join(" / "), met.join(" / "))?;
        }
        Ok(table)
    }
}

/// Writes `clients.md`, `client-targets.md` (what was wanted above the same table), and a plot of each figure.
pub fn run(options: &TableOptions) -> Result<()> {
    let text = fs::read_to_string(&options.results).with_context(|| options.results.display().to_string())?;
    let clients = Clients::read(&text)?;
    for (_, figures, digits) in ROWS {
        for figure in *figures {
            let bar = |name: &'_ String| Some((name.clone(), clients.figure(name, figure)?));
            let bars: Vec<(String, f64)> = clients.names.iter().filter_map(bar).collect();
            let bars: Vec<(&str, f64)> = bars.iter().map(|(name, value)| (name.as_str(), *value)).collect();
            if !bars.is_empty() {
                let path = options.out.join(format!("client-{figure}.svg"));
                fs::write(path, plot::bars(&figure.replace('_', " "), (*digits).max(1), &bars))?;
            }
        }
    }
    let table = clients.table()?;
    fs::write(options.out.join("clients.md"), &table)?;
    let targets = format!("{}\n\n{}\n{table}\n", machine(), clients.targets()?);
    fs::write(options.out.join("client-targets.md"), targets)?;
    print!("{table}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_met_by_all_of_its_figures() {
        let text = r#"{"client":"chat-tui","idle_bytes":0.0,"idle_cpu_ms":1.2,"idle_wake_ups":2.0,"first_paint_p50_ms":4.0,"joined_p50_ms":9.0}
{"client":"irssi","idle_bytes":7.0}"#;
        let clients = Clients::read(text).unwrap();
        let targets = clients.targets().unwrap();
        assert!(targets.contains("| ≤ 5 / ≤ 15 | 4.0 / 9.0 | yes |"), "{targets}");
        assert!(targets.contains("| 0 / ≤ 1 | 0.0 / 1.2 / 2.0 | yes / **no** |"), "{targets}");
        assert_eq!(targets.lines().count(), 4, "{targets}");
        assert!(clients.table().unwrap().starts_with("| | chat-tui | irssi |"));
    }
}
