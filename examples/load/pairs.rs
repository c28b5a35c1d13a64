//! Pairs of people who answer each other's direct messages as fast as these arrive.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::fleet::{Driver, Fleet, Nanos};
use crate::people::channel;
use crate::report::{Latencies, Report};
use crate::stamp::Stamp;
use crate::traffic::answer_ping;
use crate::{Common, login};

/// The shape of the conversations.
#[derive(Clone, Debug, Args)]
pub struct PairsOptions {
    /// How many pairs
    #[arg(long, default_value_t = 500)]
    pub pairs: usize,
    /// Let each pair join a channel of its own and talk there, for the reference that knows no nicks
    #[arg(long)]
    pub rooms: bool,
    /// Bytes of a message as it is sent, with its end
    #[arg(long, default_value_t = 100)]
    pub line_bytes: usize,
    /// Seconds before measuring begins
    #[arg(long, default_value_t = 0.5)]
    pub warm_up_seconds: f64,
    /// Seconds of measuring
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
}

struct Pairs {
    /// To whom each connection talks.
    targets: Vec<String>,
    /// The number of the next message of each connection.
    next: Vec<u32>,
    /// The number that each connection expects from its partner.
    expected: Vec<u32>,
    line_bytes: usize,
    is_measured: bool,
    messages: u64,
    out_of_order: u64,
    closed: u64,
    latencies: Latencies,
    line: Vec<u8>,
}

/// Runs the workload.
pub fn run(common: &Common, options: &PairsOptions) -> Result<Report> {
    let mut fleet = common.people.fleet()?;
    let count = options.pairs * 2;
    let room = |index: usize| if options.rooms { channel(index / 2) } else { String::new() };
    let people = common.people.people(count, room)?;
    login::bring_up(&mut fleet, common.server, &people, common.people.at_once, common.people.login_seconds_max)?;
    let target = |index: usize| if options.rooms { room(index) } else { people[index ^ 1].name.clone() };
    let mut pairs = Pairs {
        // The connections of the bring-up have the numbers of the people.
        targets: (0..count).map(target).collect(),
        next: vec![0; count],
        expected: vec![0; count],
        line_bytes: options.line_bytes,
        is_measured: false,
        messages: 0,
        out_of_order: 0,
        closed: 0,
        latencies: Latencies::new(),
        line: Vec::new(),
    };
    for index in (0..count).step_by(2) {
        let now = fleet.now();
        pairs.send(&mut fleet, index, now);
    }
    let nanos = |seconds: f64| (seconds * 1e9) as Nanos;
    let measure_at = fleet.now() + nanos(options.warm_up_seconds);
    let end_at = measure_at + nanos(options.seconds);
    while fleet.now() < measure_at {
        fleet.turn(&mut pairs, measure_at)?;
    }
    pairs.is_measured = true;
    let (cpu_before, messages_before, from) = (common.processes.cpu()?, pairs.messages, fleet.now());
    while fleet.now() < end_at {
        fleet.turn(&mut pairs, end_at)?;
        ensure!(pairs.closed == 0, "the server closed {} connections", pairs.closed);
    }
    let cpu = common.processes.cpu()?.since(cpu_before);
    let took = Duration::from_nanos(fleet.now() - from);
    let messages = pairs.messages - messages_before;

    let mut report = Report::new("pairs");
    report.count("pairs", options.pairs as u64);
    report.measure("messages_per_s", messages as f64 / took.as_secs_f64());
    report.cpu(cpu, took, messages as f64 / 1e6);
    report.latencies("delivery", &pairs.latencies);
    report.count("out_of_order", pairs.out_of_order);
    Ok(report)
}

impl Pairs {
    fn send(&mut self, fleet: &mut Fleet, peer: usize, now: Nanos) {
        self.line.clear();
        Stamp { sender: peer, number: self.next[peer], sent_at: now }.write_line(
            &self.targets[peer],
            self.line_bytes,
            &mut self.line,
        );
        self.next[peer] += 1;
        fleet.send(peer, &self.line);
    }
}

impl Driver for Pairs {
    fn connected(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], now: Nanos) {
        let Some(stamp) = Stamp::read(line) else {
            return answer_ping(fleet, peer, line);
        };
        // One's own echo is not an answer.
        if stamp.sender == peer {
            return;
        }
        if stamp.sender != peer ^ 1 || stamp.number != self.expected[peer] {
            self.out_of_order += 1;
        }
        self.expected[peer] = stamp.number + 1;
        self.messages += 1;
        if self.is_measured {
            self.latencies.record(now.saturating_sub(stamp.sent_at));
        }
        self.send(fleet, peer, now);
    }

    fn closed(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {
        self.closed += 1;
    }
}
