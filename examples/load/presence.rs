//! People who come and stay: idle connections, log-ins one after the other, and everybody back at once.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use clap::Args;

use crate::fleet::{Driver, Fleet, Nanos};
use crate::login::Person;
use crate::people::channel;
use crate::process::Threads;
use crate::report::{Latencies, Report};
use crate::stamp::Stamp;
use crate::traffic::answer_ping;
use crate::{Common, login};

/// Brings the first of the people up, and gives back the others: a server listens while it still loads its record, and what that
/// takes is no part of what a connection or a log-in takes.
fn await_loaded<'a>(common: &Common, fleet: &mut Fleet, people: &'a [Person]) -> Result<&'a [Person]> {
    let Some((first, others)) = people.split_first().filter(|(_, others)| !others.is_empty()) else {
        bail!("one is brought up before the others are measured: two are the least");
    };
    login::bring_up(fleet, common.server, std::slice::from_ref(first), 1, common.people.login_seconds_max)?;
    Ok(others)
}

/// Idle connections.
#[derive(Clone, Debug, Args)]
pub struct IdleOptions {
    /// What to call this shape of it in the figures
    #[arg(long, default_value = "idle")]
    pub name: String,
    /// How many
    #[arg(long, default_value_t = 10_000)]
    pub connections: usize,
    /// How many members each channel has
    #[arg(long, default_value_t = 100)]
    pub members: usize,
    /// Seconds of watching them be idle
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
}

/// Measures what a connection costs that says nothing.
pub fn idle(common: &Common, options: &IdleOptions) -> Result<Report> {
    let mut fleet = common.people.fleet()?;
    let people = common.people.people(options.connections, |index| channel(index / options.members))?;
    let people = await_loaded(common, &mut fleet, &people)?;
    let resident_before = common.processes.resident_bytes()?;
    let brought =
        login::bring_up(&mut fleet, common.server, people, common.people.at_once, common.people.login_seconds_max)?;
    let mut quiet = Quiet::default();
    let settle = fleet.now() + 1_000_000_000;
    while fleet.now() < settle {
        fleet.turn(&mut quiet, settle)?;
    }
    let threads = || common.processes.server_pid.map(Threads::now).transpose();
    let (cpu_before, threads_before, from) = (common.processes.cpu()?, threads()?, fleet.now());
    let end = from + (options.seconds * 1e9) as Nanos;
    while fleet.now() < end {
        fleet.turn(&mut quiet, end)?;
    }
    let cpu = common.processes.cpu()?.since(cpu_before);
    let resident = common.processes.resident_bytes()?;
    ensure!(quiet.closed == 0, "the server closed {} connections", quiet.closed);

    let mut report = Report::new(&options.name);
    report.count("connections", options.connections as u64);
    report.count("members", options.members as u64);
    report.count("at_once", common.people.at_once as u64);
    report.measure("came_up_s", Duration::from_nanos(brought.total).as_secs_f64());
    report.measure("server_resident_mib", resident as f64 / 1_048_576.0);
    let each = resident.saturating_sub(resident_before) as f64 / people.len() as f64;
    report.measure("resident_kib_per_connection", each / 1024.0);
    report.cpu(cpu, Duration::from_nanos(fleet.now() - from), 0.0);
    let wake_ups = threads()?.zip(threads_before).map_or(0, |(now, before)| now.since(&before).1);
    report.measure("wake_ups_per_s", wake_ups as f64 / options.seconds);
    Ok(report)
}

/// Log-ins, a few at a time.
#[derive(Clone, Debug, Args)]
pub struct LoginsOptions {
    /// What to call this shape of it in the figures
    #[arg(long, default_value = "logins")]
    pub name: String,
    /// How many
    #[arg(long, default_value_t = 2_000)]
    pub connections: usize,
    /// Whether each joins a channel, and of how many members
    #[arg(long, default_value_t = 0)]
    pub members: usize,
}

/// Measures what a log-in costs.
pub fn logins(common: &Common, options: &LoginsOptions) -> Result<Report> {
    let mut fleet = common.people.fleet()?;
    let room = |index: usize| match options.members {
        0 => String::new(),
        members => channel(index / members),
    };
    let people = common.people.people(options.connections, room)?;
    let people = await_loaded(common, &mut fleet, &people)?;
    let cpu_before = common.processes.cpu()?;
    let brought =
        login::bring_up(&mut fleet, common.server, people, common.people.at_once, common.people.login_seconds_max)?;
    let cpu = common.processes.cpu()?.since(cpu_before);

    let mut report = Report::new(&options.name);
    report.count("connections", people.len() as u64);
    report.count("at_once", common.people.at_once as u64);
    report.count("accounts", common.people.accounts_known()? as u64);
    report.text("login", &format!("{:?}", common.people.login).to_lowercase());
    report.measure("total_s", Duration::from_nanos(brought.total).as_secs_f64());
    let each = |nanos: u64| nanos as f64 / 1e3 / people.len() as f64;
    report.measure("server_cpu_us_each", each(cpu.server));
    report.measure("database_cpu_us_each", each(cpu.database));
    report.measure("load_cpu_us_each", each(cpu.load));
    let mut latencies = Latencies::new();
    brought.took.iter().for_each(|took| latencies.record(*took));
    report.latencies("login", &latencies);
    report.measure("server_resident_mib", common.processes.resident_bytes()? as f64 / 1_048_576.0);
    report.count("retries", u64::from(brought.retries));
    Ok(report)
}

/// Everybody back at once.
#[derive(Clone, Debug, Args)]
pub struct StormOptions {
    /// How many come back
    #[arg(long, default_value_t = 10_000)]
    pub connections: usize,
    /// How many members each channel has
    #[arg(long, default_value_t = 100)]
    pub members: usize,
    /// How many messages a second two others exchange meanwhile
    #[arg(long, default_value_t = 100)]
    pub witness_rate: u64,
}

/// Measures how long it takes until everybody is back, and what two others feel of it, who stay and talk.
///
/// The two are another thread's work: a loop that connects ten thousand times would measure its own delays.
pub fn storm(common: &Common, options: &StormOptions) -> Result<Report> {
    let mut fleet = common.people.fleet()?;
    let people = common.people.people(options.connections, |index| channel(index / options.members))?;
    let first =
        login::bring_up(&mut fleet, common.server, &people, common.people.at_once, common.people.login_seconds_max)?;
    first.peers.iter().for_each(|peer| fleet.close(*peer));
    drop(fleet);
    // The server notices that they are gone, and is at rest again when they come back.
    std::thread::sleep(Duration::from_secs(2));
    let mut witness = Witness::start(common, options)?;
    std::thread::sleep(Duration::from_secs(1));

    let mut fleet = common.people.fleet()?;
    let cpu_before = common.processes.cpu()?;
    witness.begin();
    let brought =
        login::bring_up(&mut fleet, common.server, &people, options.connections, common.people.login_seconds_max)?;
    let cpu = common.processes.cpu()?.since(cpu_before);
    let witnessed = witness.finish()?;

    let mut report = Report::new("storm");
    report.count("connections", options.connections as u64);
    report.count("members", options.members as u64);
    report.text("login", &format!("{:?}", common.people.login).to_lowercase());
    report.measure("total_s", Duration::from_nanos(brought.total).as_secs_f64());
    report.measure("server_cpu_us_each", cpu.server as f64 / 1e3 / options.connections as f64);
    report.measure("load_cpu_us_each", cpu.load as f64 / 1e3 / options.connections as f64);
    report.count("retries", u64::from(brought.retries));
    report.latencies("others", &witnessed);
    report.count("others_messages", witnessed.count());
    report.measure("server_resident_mib", common.processes.resident_bytes()? as f64 / 1_048_576.0);
    Ok(report)
}

/// Answers PINGs and counts who was thrown out.
#[derive(Default)]
struct Quiet {
    closed: u64,
}

impl Driver for Quiet {
    fn connected(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], _now: Nanos) {
        answer_ping(fleet, peer, line);
    }

    fn closed(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {
        self.closed += 1;
    }
}

/// Two people in a channel of their own, on a thread of their own, one of whom talks at a rate.
struct Witness {
    control: std::sync::mpsc::Sender<()>,
    thread: std::thread::JoinHandle<Result<Latencies>>,
}

struct Talk {
    is_measured: bool,
    latencies: Latencies,
}

impl Witness {
    fn start(common: &Common, options: &StormOptions) -> Result<Self> {
        let mut options_of_two = common.people.clone();
        options_of_two.prefix = "w".to_owned();
        // Those who come back have the accounts from the first on; the witnesses have the last two.
        let mut people = match options_of_two.login {
            crate::people::LoginMode::Guest | crate::people::LoginMode::Register => {
                options_of_two.people(2, |_| "#witness".to_owned())?
            }
            _ => options_of_two.people(options.connections + 2, |_| "#witness".to_owned())?,
        };
        let people = people.split_off(people.len() - 2);
        let is_secured = common.people.tls;
        let (server, interval) = (common.server, 1_000_000_000 / options.witness_rate.max(1));
        let (control, commands) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut fleet = Fleet::new(is_secured)?;
            let brought = login::bring_up(&mut fleet, server, &people, 2, 30)?;
            let mut talk = Talk { is_measured: false, latencies: Latencies::new() };
            let (mut due, mut number, mut line) = (fleet.now(), 0, Vec::new());
            loop {
                match commands.try_recv() {
                    Ok(()) if talk.is_measured => return Ok(talk.latencies),
                    Ok(()) => talk.is_measured = true,
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => return Ok(talk.latencies),
                    Err(std::sync::mpsc::TryRecvError::Empty) => {}
                }
                while due <= fleet.now() {
                    line.clear();
                    Stamp { sender: 0, number, sent_at: due }.write_line("#witness", 100, &mut line);
                    fleet.send(brought.peers[0], &line);
                    number += 1;
                    due += interval;
                }
                fleet.turn(&mut talk, due)?;
            }
        });
        Ok(Self { control, thread })
    }

    fn begin(&mut self) {
        // When it has failed, `finish` tells.
        let _ = self.control.send(());
    }

    fn finish(self) -> Result<Latencies> {
        let _ = self.control.send(());
        self.thread.join().map_err(|_| anyhow::anyhow!("the witness panicked"))?
    }
}

impl Driver for Talk {
    fn connected(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}

    fn line(&mut self, fleet: &mut Fleet, peer: usize, line: &[u8], now: Nanos) {
        match Stamp::read(line) {
            Some(stamp) if self.is_measured => self.latencies.record(now.saturating_sub(stamp.sent_at)),
            Some(_) => {}
            None => answer_ping(fleet, peer, line),
        }
    }

    fn closed(&mut self, _fleet: &mut Fleet, _peer: usize, _now: Nanos) {}
}
