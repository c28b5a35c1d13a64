//! Messages into channels: as many as a window allows, or as many as a rate asks for; every delivery is checked.
//!
//! Flood fan-out, paced fan-out, durable throughput and own-echo latency are settings of this one workload. A sender's
//! window closes on what has arrived: on its echoes where the server sends them, else on the deliveries to all others.

use std::time::Duration;

use anyhow::{Result, ensure};
use clap::Args;

use crate::fleet::{Driver, Fleet, Nanos};
use crate::people::channel;
use crate::report::{Latencies, Report};
use crate::stamp::Stamp;
use crate::{Common, login};

/// In a flood every so many messages of a sender have their latency recorded; with a rate, all have.
const LATENCY_SAMPLE: u32 = 16;
/// How long deliveries may be on their way when nobody sends any more.
const DRAIN_SECONDS_MAX: u64 = 20;

/// The shape of the traffic.
#[derive(Clone, Debug, Args)]
pub struct TrafficOptions {
    /// How many channels
    #[arg(long, default_value_t = 1)]
    pub channels: usize,
    /// How many members each channel has, senders included
    #[arg(long, default_value_t = 100)]
    pub members: usize,
    /// How many members of each channel send
    #[arg(long, default_value_t = 4)]
    pub senders: usize,
    /// How many messages of a sender may be on their way
    #[arg(long, default_value_t = 32)]
    pub window: u32,
    /// Messages a second of all senders together; as many as the windows allow when 0
    #[arg(long, default_value_t = 0.0)]
    pub rate: f64,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    WarmUp,
    Measure,
    Drain,
}

/// One sender's state.
struct Sender {
    peer: usize,
    channel: usize,
    sent: u32,
    /// Deliveries of its messages, to everyone who gets them.
    delivered: u64,
    echoed: u32,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    deliveries: u64,
    echoes: u64,
}

struct Traffic<'a> {
    options: &'a TrafficOptions,
    has_echo: bool,
    senders: Vec<Sender>,
    /// How many messages all senders have sent.
    sent: u64,
    /// The number of the next message of each sender that each connection expects: a row for each connection.
    expected: Vec<u32>,
    channel_names: Vec<String>,
    phase: Phase,
    counts: Counts,
    latencies: Latencies,
    echo_latencies: Latencies,
    out_of_order: u64,
    duplicates: u64,
    closed: u64,
    line: Vec<u8>,
}

/// Runs the workload.
pub fn run(name: &str, common: &Common, options: &TrafficOptions) -> Result<Report> {
    ensure!(options.senders <= options.members, "more senders than members");
    let mut fleet = common.people.fleet()?;
    let count = options.channels * options.members;
    let people = common.people.people(count, |index| channel(index / options.members))?;
    let brought =
        login::bring_up(&mut fleet, common.server, &people, common.people.at_once, common.people.login_seconds_max)?;
    let has_echo = common.people.has_echo();
    let mut traffic = Traffic::new(options, has_echo, &brought.peers, fleet.count());

    let nanos = |seconds: f64| (seconds * 1e9) as Nanos;
    let begin = fleet.now();
    let measure_at = begin + nanos(options.warm_up_seconds);
    let end_at = measure_at + nanos(options.seconds);
    traffic.send_until(&mut fleet, begin, measure_at)?;
    traffic.phase = Phase::Measure;
    let (cpu_before, before, measured_from) = (common.processes.cpu()?, traffic.counts, fleet.now());
    traffic.send_until(&mut fleet, begin, end_at)?;
    let (cpu, took) = (common.processes.cpu()?.since(cpu_before), fleet.now() - measured_from);
    let counts = Counts {
        deliveries: traffic.counts.deliveries - before.deliveries,
        echoes: traffic.counts.echoes - before.echoes,
    };
    traffic.phase = Phase::Drain;
    let resident = common.processes.resident_bytes()?;
    traffic.drain(&mut fleet)?;

    let took = Duration::from_nanos(took);
    let mut report = Report::new(name);
    report.count("connections", count as u64);
    report.count("channels", options.channels as u64);
    report.count("members", options.members as u64);
    report.count("senders", traffic.senders.len() as u64);
    report.count("window", u64::from(options.window));
    report.measure("deliveries_per_s", counts.deliveries as f64 / took.as_secs_f64());
    report.measure("echoes_per_s", counts.echoes as f64 / took.as_secs_f64());
    report.cpu(cpu, took, (counts.deliveries + counts.echoes) as f64 / 1e6);
    report.measure("server_resident_mib", resident as f64 / 1_048_576.0);
    report.latencies("delivery", &traffic.latencies);
    if has_echo {
        report.latencies("echo", &traffic.echo_latencies);
    }
    traffic.report_faults(&mut report);
    Ok(report)
}

impl<'a> Traffic<'a> {
    fn new(options: &'a TrafficOptions, has_echo: bool, peers: &[usize], connections: usize) -> Self {
        let mut senders = Vec::new();
        for (index, peer) in peers.iter().enumerate() {
            if index % options.members < options.senders {
                let channel = index / options.members;
                senders.push(Sender { peer: *peer, channel, sent: 0, delivered: 0, echoed: 0 });
            }
        }
        Self {
            options,
            has_echo,
            expected: vec![0; connections * senders.len()],
            senders,
            sent: 0,
            channel_names: (0..options.channels).map(channel).collect(),
            phase: Phase::WarmUp,
            counts: Counts::default(),
            latencies: Latencies::new(),
            echo_latencies: Latencies::new(),
            out_of_order: 0,
            duplicates: 0,
            closed: 0,
            line: Vec::new(),
        }
    }

    fn receivers(&self) -> u64 {
        self.options.members as u64 - 1
    }

    /// Sends until a moment. `begin` is when the first message of a rate was due.
    fn send_until(&mut self, fleet: &mut Fleet, begin: Nanos, end: Nanos) -> Result<()> {
        let interval = if self.options.rate > 0.0 { 1e9 / self.options.rate } else { 0.0 };
        loop {
            let now = fleet.now();
            ensure!(self.closed == 0, "the server closed {} connections", self.closed);
            if now >= end {
                return Ok(());
            }
            let mut until = end;
            if self.options.rate > 0.0 {
                let due = |number: u64| begin + (number as f64 * interval) as Nanos;
                while due(self.sent) <= now {
                    // Latency counts from when a message was due: a stall that delays sending is part of it.
                    self.send(fleet, (self.sent % self.senders.len() as u64) as usize, due(self.sent));
                }
                until = until.min(due(self.sent));
            } else {
                for index in 0..self.senders.len() {
                    for _ in 0..self.room(index) {
                        self.send(fleet, index, now);
                    }
                }
            }
            fleet.turn(self, until)?;
        }
    }

    /// How many more messages a sender's window takes.
    fn room(&self, index: usize) -> u32 {
        let sender = &self.senders[index];
        let arrived = if self.has_echo { sender.echoed } else { (sender.delivered / self.receivers().max(1)) as u32 };
        self.options.window.saturating_sub(sender.sent - arrived.min(sender.sent))
    }

    fn send(&mut self, fleet: &mut Fleet, index: usize, sent_at: Nanos) {
        let sender = &mut self.senders[index];
        self.line.clear();
        let stamp = Stamp { sender: index, number: sender.sent, sent_at };
        stamp.write_line(&self.channel_names[sender.channel], self.options.line_bytes, &mut self.line);
        sender.sent += 1;
        self.sent += 1;
        fleet.send(sender.peer, &self.line);
    }

    fn missing(&self) -> u64 {
        let receivers = self.receivers();
        let of = |sender: &Sender| {
            let echoes = if self.has_echo { u64::from(sender.sent - sender.echoed) } else { 0 };
            u64::from(sender.sent) * receivers - sender.delivered + echoes
        };
        self.senders.iter().map(of).sum()
    }

    fn drain(&mut self, fleet: &mut Fleet) -> Result<()> {
        let deadline = fleet.now() + DRAIN_SECONDS_MAX * 1_000_000_000;
        while self.missing() > 0 && fleet.now() < deadline && self.closed == 0 {
            fleet.turn(self, deadline)?;
        }
        Ok(())
    }

    fn report_faults(&self, report: &mut Report) {
        report.count("lost", self.missing());
        report.count("duplicates", self.duplicates);
        report.count("out_of_order", self.out_of_order);
        report.count("closed", self.closed);
    }
}

impl Driver for Traffic<'_> {
    fn connected(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], now: Nanos) {
        let Some(stamp) = Stamp::read(line) else {
            return answer_ping(fleet, peer, line);
        };
        let row = peer * self.senders.len();
        let Some(sender) = self.senders.get_mut(stamp.sender) else { return };
        let expected = &mut self.expected[row + stamp.sender];
        if stamp.number != *expected {
            if stamp.number < *expected {
                self.duplicates += 1;
                return;
            }
            self.out_of_order += 1;
        }
        *expected = stamp.number + 1;
        let is_sampled = self.options.rate > 0.0 || stamp.number.is_multiple_of(LATENCY_SAMPLE);
        let is_recorded = is_sampled && self.phase == Phase::Measure;
        let latency = now.saturating_sub(stamp.sent_at);
        if sender.peer == peer {
            sender.echoed += 1;
            self.counts.echoes += 1;
            if is_recorded {
                self.echo_latencies.record(latency);
            }
        } else {
            sender.delivered += 1;
            self.counts.deliveries += 1;
            if is_recorded {
                self.latencies.record(latency);
            }
        }
    }

    fn closed(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {
        self.closed += 1;
    }
}

/// Answers a line when it is a PING.
pub fn answer_ping(fleet: &mut Fleet, peer: usize, line: &[u8]) {
    if let Some(at) = memchr::memmem::find(line, b"PING ")
        && (at == 0 || line[0] == b':')
        && line[..at].iter().filter(|byte| **byte == b' ').count() <= 1
    {
        fleet.send(peer, b"PONG ");
        fleet.send(peer, &line[at + 5..]);
        fleet.send(peer, b"\r\n");
    }
}
