//! Pages of history: CHATHISTORY at random places of a channel's record, one after the other.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use chat_tui::proto::history::{HistoryQuery, Reference};
use chat_tui::proto::message::Message;
use chat_tui::proto::time::Timestamp;
use clap::Args;

use crate::fleet::{Driver, Fleet, Nanos};
use crate::report::{Latencies, Report};
use crate::traffic::answer_ping;
use crate::{Common, login};

/// What a reader of history needs.
const CAPABILITIES: &str = "batch message-tags server-time draft/chathistory";
/// How long one page may take.
const PAGE_SECONDS_MAX: u64 = 30;

/// Which pages.
#[derive(Clone, Debug, Args)]
pub struct HistoryOptions {
    /// The channel
    #[arg(long)]
    pub channel: String,
    /// How many messages a page has
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    /// How many pages are asked for; unless `--cold`, each is asked for once before
    #[arg(long, default_value_t = 1000)]
    pub pages: usize,
    /// How many messages the whole record has, for the figures
    #[arg(long, default_value_t = 0)]
    pub messages: u64,
    /// A database's file whose pages the system forgets before each question: what is measured is a cold start of each
    #[arg(long)]
    pub cold: Option<PathBuf>,
}

#[derive(Default)]
struct Reader {
    /// Messages of the current page.
    messages: usize,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    is_whole: bool,
    fault: Option<String>,
}

/// Runs the workload.
pub fn run(name: &str, common: &Common, options: &HistoryOptions) -> Result<Report> {
    let mut fleet = common.people.fleet()?;
    let mut people = common.people.clone();
    people.capabilities = format!("{CAPABILITIES} {}", people.capabilities);
    let people = people.people(1, |_| options.channel.clone())?;
    let peer = login::bring_up(&mut fleet, common.server, &people, 1, common.people.login_seconds_max)?.peers[0];
    let (target, limit) = (options.channel.clone(), options.limit);
    let latest = HistoryQuery::Latest { target: target.clone(), bound: None, limit };
    let (newest, _) = page(&mut fleet, peer, &latest)?;
    let after = HistoryQuery::After { target: target.clone(), bound: Reference::Time(Timestamp::EPOCH), limit };
    let (oldest, _) = page(&mut fleet, peer, &after)?;
    let (Some(begin), Some(end)) = (oldest.first, newest.last) else { bail!("{target} has no history") };

    // The same places each time.
    let queries = || {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let span = u64::try_from(end.as_millis() - begin.as_millis()).unwrap_or(0);
        let target = target.clone();
        (0..options.pages).map(move |_| {
            let moment = begin.as_millis() + i64::try_from(random.next() % span.max(1)).unwrap_or(0);
            let bound = Reference::Time(Timestamp::from_millis(moment));
            HistoryQuery::Before { target: target.clone(), bound, limit }
        })
    };
    if options.cold.is_none() {
        // Warm is what the system holds in memory, whatever it held before.
        for query in queries() {
            page(&mut fleet, peer, &query)?;
        }
    }
    let mut latencies = Latencies::new();
    let mut messages = 0;
    let (cpu_before, from) = (common.processes.cpu()?, fleet.now());
    for query in queries() {
        if let Some(database) = &options.cold {
            forget_pages(database)?;
        }
        let (page, took) = page(&mut fleet, peer, &query)?;
        messages += page.messages;
        latencies.record(took);
    }
    let cpu = common.processes.cpu()?.since(cpu_before);
    let took = Duration::from_nanos(fleet.now() - from);

    let mut report = Report::new(name);
    report.count("messages", options.messages);
    report.count("pages", options.pages as u64);
    report.measure("messages_per_page", messages as f64 / options.pages.max(1) as f64);
    report.measure("pages_per_s", options.pages as f64 / took.as_secs_f64());
    report.measure("server_cpu_us_each", cpu.server as f64 / 1e3 / options.pages.max(1) as f64);
    report.measure("database_cpu_us_each", cpu.database as f64 / 1e3 / options.pages.max(1) as f64);
    report.latencies("page", &latencies);
    Ok(report)
}

/// Has the system drop what it holds of a file in memory.
fn forget_pages(path: &Path) -> Result<()> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?)
}

fn page(fleet: &mut Fleet, peer: usize, query: &HistoryQuery) -> Result<(Reader, Nanos)> {
    let mut reader = Reader::default();
    let begin = fleet.now();
    fleet.send(peer, query.line().to_string().as_bytes());
    fleet.send(peer, b"\r\n");
    let deadline = begin + PAGE_SECONDS_MAX * 1_000_000_000;
    while !reader.is_whole {
        fleet.turn(&mut reader, deadline)?;
        if let Some(fault) = reader.fault {
            bail!("{fault}");
        }
        ensure!(fleet.now() < deadline, "no page within {PAGE_SECONDS_MAX} s");
    }
    Ok((reader, fleet.now() - begin))
}

impl Driver for Reader {
    fn connected(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], _now: Nanos) {
        let Some(message) = std::str::from_utf8(line).ok().and_then(|line| Message::parse(line).ok()) else { return };
        match message.command {
            "BATCH" if message.param(0).is_some_and(|reference| reference.starts_with('-')) => self.is_whole = true,
            "FAIL" => self.fault = Some(message.params().join(" ")),
            "PING" => answer_ping(fleet, peer, line),
            _ if message.tag("batch").is_some() => {
                self.messages += 1;
                let time = message.tag("time").and_then(|time| Timestamp::parse(&time));
                self.first = self.first.or(time);
                self.last = time.or(self.last);
            }
            _ => {}
        }
    }

    fn closed(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {
        self.fault = Some("the server closed the connection".to_owned());
    }
}

/// Numbers without order (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
