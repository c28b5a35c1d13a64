//! A server's start: from its exec to the end of the first log-in.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};

use crate::report::{Latencies, Report};
use crate::{Common, login, process};

/// How long a start may take.
const START_SECONDS_MAX: u64 = 300;
/// How often it is looked whether the server listens.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// What is started.
#[derive(Clone, Debug, Args)]
pub struct StartOptions {
    /// What to call this shape of it in the figures
    #[arg(long, default_value = "start")]
    pub name: String,
    /// How often
    #[arg(long, default_value_t = 3)]
    pub times: usize,
    /// How many messages its record has, for the figures
    #[arg(long, default_value_t = 0)]
    pub messages: u64,
    /// The server's program and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<String>,
}

/// Starts a server some times, logs in, and stops it again.
pub fn run(common: &Common, options: &StartOptions) -> Result<Report> {
    let mut latencies = Latencies::new();
    let (mut cpu, mut resident) = (0, 0);
    for _ in 0..options.times {
        let began = Instant::now();
        let mut server = Started(
            Command::new(&options.command[0])
                .args(&options.command[1..])
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .with_context(|| options.command[0].clone())?,
        );
        while TcpStream::connect(common.server).is_err() {
            ensure!(began.elapsed() < Duration::from_secs(START_SECONDS_MAX), "the server does not listen");
            ensure!(server.0.try_wait()?.is_none(), "the server has ended");
            std::thread::sleep(LOOK_INTERVAL);
        }
        let mut fleet = common.people.fleet()?;
        let people = common.people.people(1, |_| String::new())?;
        login::bring_up(&mut fleet, common.server, &people, 1, START_SECONDS_MAX)?;
        latencies.record(u64::try_from(began.elapsed().as_nanos())?);
        cpu += process::cpu_nanos(server.0.id())?;
        resident = resident.max(process::resident_bytes(server.0.id())?);
    }
    let mut report = Report::new(&options.name);
    report.count("messages", options.messages);
    report.count("times", options.times as u64);
    report.latencies("start", &latencies);
    report.measure("server_cpu_s_each", cpu as f64 / 1e9 / options.times.max(1) as f64);
    report.measure("server_resident_mib", resident as f64 / 1_048_576.0);
    Ok(report)
}

/// A server that is stopped when it is not needed any more.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}
