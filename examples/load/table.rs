//! Results of many runs as a Markdown table and as SVG plots.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Map, Value};

use crate::workloads::{AT_ONCE, CPU_PER_MILLION, Column, LOGIN_CPU, PREFACE, RESIDENT, WORKLOADS, Workload};
use crate::{plot, targets};

/// Which results, and where to.
#[derive(Clone, Debug, Args)]
pub struct TableOptions {
    /// Results: one JSON object on each line
    pub results: PathBuf,
    /// The directory of the table and the plots
    #[arg(long)]
    pub out: PathBuf,
}

/// What must be zero, or the figures are worth nothing.
const FAULTS: &[&str] = &["lost", "duplicates", "out_of_order", "closed"];

/// What was measured of one thing, each time: figures by name.
pub type Runs = Vec<Map<String, Value>>;

/// Everything that was measured.
pub struct Results {
    /// In the order in which they were measured first.
    workloads: Vec<String>,
    servers: Vec<String>,
    runs: BTreeMap<(String, String), Runs>,
}

impl Results {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let mut results = Self { workloads: Vec::new(), servers: Vec::new(), runs: BTreeMap::new() };
        for line in text.lines() {
            let Value::Object(figures) = serde_json::from_str(line)? else { continue };
            let word = |name: &str| figures.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (workload, server) = (word("workload"), word("server"));
            remember(&mut results.workloads, &workload);
            remember(&mut results.servers, &server);
            results.runs.entry((workload, server)).or_default().push(figures);
        }
        Ok(results)
    }

    /// The median of a figure, when it was measured.
    pub fn figure(&self, workload: &str, server: &str, name: &str) -> Option<f64> {
        median(self.runs.get(&(workload.to_owned(), server.to_owned()))?, name)
    }
}

/// Writes `table.md`, `targets.md` and the plots.
pub fn run(options: &TableOptions) -> Result<()> {
    let results = Results::read(&options.results)?;
    let Results { workloads, servers, runs } = &results;
    let mut table = PREFACE.to_owned();
    for workload in workloads {
        let shown = WORKLOADS.iter().find(|shown| workload.starts_with(shown.begin));
        let Some(Workload { what, columns, .. }) = shown else { continue };
        let rows: Vec<(&str, &Runs)> = servers
            .iter()
            .filter_map(|server| Some((server.as_str(), runs.get(&(workload.clone(), server.clone()))?)))
            .collect();
        writeln!(table, "### {workload}\n\n{what}\n")?;
        write_rows(&mut table, columns, &rows)?;
        for column in columns.iter().filter(|column| column.figure != AT_ONCE.figure) {
            let bars: Vec<(&str, f64)> =
                rows.iter().filter_map(|(server, runs)| Some((*server, median(runs, column.figure)?))).collect();
            if bars.iter().any(|(_, value)| *value > 0.0) {
                let path = options.out.join(format!("{workload}-{}.svg", column.figure));
                fs::write(path, plot::bars(&format!("{workload}: {}", column.title), column.digits, &bars))?;
            }
        }
    }
    for growth in GROWTHS {
        if let Some(plot) = growth.plot(&results) {
            fs::write(options.out.join(format!("growth-{}.svg", growth.file)), plot)?;
        }
    }
    fs::write(options.out.join("table.md"), &table)?;
    let targets = targets::table(&results)?;
    fs::write(options.out.join("targets.md"), &targets)?;
    print!("{table}{targets}");
    Ok(())
}

/// How a figure grows with something: a line for each server, both axes logarithmic.
struct Growth {
    file: &'static str,
    title: &'static str,
    /// What the names of its workloads begin with, and what no more of them does.
    begin: &'static str,
    but: &'static str,
    across: &'static str,
    up: &'static str,
}

const fn growth(
    file: &'static str,
    title: &'static str,
    (begin, but): (&'static str, &'static str),
    across: &'static str,
    up: &'static str,
) -> Growth {
    Growth { file, title, begin, but, across, up }
}

const GROWTHS: &[Growth] = &[
    growth(
        "members",
        "server CPU s per million deliveries, against members of the channel",
        ("flood-", "-"),
        "members",
        CPU_PER_MILLION.figure,
    ),
    growth(
        "channels",
        "server CPU s per million deliveries at 18,000 a second, against channels of ten",
        ("rooms-", "-"),
        "channels",
        CPU_PER_MILLION.figure,
    ),
    growth(
        "connections",
        "resident KiB a connection, against idle connections",
        ("idle", "tls"),
        "connections",
        "resident_kib_per_connection",
    ),
    growth(
        "accounts",
        "server CPU µs a log-in by token, against accounts of the record",
        ("accounts-", "-"),
        "accounts",
        LOGIN_CPU.figure,
    ),
    growth(
        "accounts-resident",
        "resident MiB with a thousand people, against accounts of the record",
        ("accounts-", "-"),
        "accounts",
        RESIDENT.figure,
    ),
    growth(
        "history",
        "page of history, p99 ms, against messages of the record",
        ("history-", "cold"),
        "messages",
        "page_p99_ms",
    ),
    growth(
        "history-cold",
        "page of history that nobody has in memory, p99 ms, against messages of the record",
        ("history-cold-", "-"),
        "messages",
        "page_p99_ms",
    ),
    growth(
        "start",
        "start to the first log-in, ms, against messages (a hundredth as many accounts)",
        ("start-", "-"),
        "messages",
        "start_p50_ms",
    ),
];

impl Growth {
    fn plot(&self, results: &Results) -> Option<String> {
        let is_of = |workload: &str| workload.strip_prefix(self.begin).is_some_and(|rest| !rest.contains(self.but));
        let points = |server: &String| -> Vec<(f64, f64)> {
            let runs = results.runs.iter().filter(|((workload, of), _)| is_of(workload) && of == server);
            let mut points: Vec<(f64, f64)> = runs
                .filter_map(|(_, runs)| Some((median(runs, self.across)?, median(runs, self.up)?)))
                .filter(|(across, up)| *across > 0.0 && *up > 0.0)
                .collect();
            points.sort_by(|one, other| one.0.total_cmp(&other.0));
            points
        };
        let servers = results.servers.iter().map(|server| (server.as_str(), points(server)));
        let lines: Vec<(&str, Vec<(f64, f64)>)> = servers.filter(|(_, points)| points.len() > 1).collect();
        (!lines.is_empty()).then(|| plot::lines(self.title, &lines))
    }
}

/// Adds a name that is not there yet.
pub fn remember(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

fn write_rows(table: &mut String, columns: &[Column], rows: &[(&str, &Runs)]) -> Result<()> {
    let shown: Vec<&Column> =
        columns.iter().filter(|column| rows.iter().any(|(_, runs)| median(runs, column.figure).is_some())).collect();
    let titles: Vec<&str> = shown.iter().map(|column| column.title).collect();
    writeln!(table, "| server | {} | runs |", titles.join(" | "))?;
    writeln!(table, "|---|{}---:|", "---:|".repeat(shown.len()))?;
    for (server, runs) in rows {
        write!(table, "| {server} |")?;
        for column in &shown {
            match median(runs, column.figure) {
                Some(value) => write!(table, " {} |", grouped(value, column.digits))?,
                None => write!(table, " |")?,
            }
        }
        let faults: f64 = FAULTS.iter().flat_map(|name| runs.iter().filter_map(|run| number(run, name))).sum();
        let remark = if faults > 0.0 { format!(", {faults} FAULTS") } else { String::new() };
        writeln!(table, " {}{remark} |", runs.len())?;
    }
    writeln!(table)?;
    Ok(())
}

fn number(run: &Map<String, Value>, name: &str) -> Option<f64> {
    run.get(name).and_then(Value::as_f64)
}

/// The median of a figure.
pub fn median(runs: &Runs, name: &str) -> Option<f64> {
    let mut values: Vec<f64> = runs.iter().filter_map(|run| number(run, name)).collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => None,
        count if count.is_multiple_of(2) => Some(f64::midpoint(values[count / 2 - 1], values[count / 2])),
        count => Some(values[count / 2]),
    }
}

/// A number with its thousands apart.
pub fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (value, digits, text) in
            [(0.5, 1, "0.5"), (999.0, 0, "999"), (1234567.891, 2, "1,234,567.89"), (-1000.0, 0, "-1,000")]
        {
            assert_eq!(grouped(value, digits), text);
        }
    }
}
