//! What the measured processes cost, from `/proc`: CPU, resident memory, and the writes they made.

use std::fs;

use anyhow::{Context as _, Result};

/// Nanoseconds of CPU that the threads of a process have used. What a thread used that has ended is not in it: the servers
/// that are measured keep theirs.
pub fn cpu_nanos(pid: u32) -> Result<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid}"))?;
    let mut sum = 0;
    for task in tasks {
        // A thread may end in between.
        if let Ok(statistics) = fs::read_to_string(task?.path().join("schedstat")) {
            sum += statistics.split_whitespace().next().and_then(|nanos| nanos.parse::<u64>().ok()).unwrap_or(0);
        }
    }
    Ok(sum)
}

/// Bytes of a process that are in memory.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    Ok(status_number(pid, "VmRSS:")? * 1024)
}

/// How often the process's threads gave up the processor to wait: how often they had to be woken.
pub fn voluntary_switches(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end in between.
        if let Ok(status) = fs::read_to_string(task?.path().join("status")) {
            sum += number_behind(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        }
    }
    Ok(sum)
}

fn status_number(pid: u32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid}"))?;
    number_behind(&status, name).with_context(|| format!("process {pid} has no {name}"))
}

fn number_behind(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The CPU of the measured processes and of the load itself, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// The server's, in nanoseconds.
    pub server: u64,
    /// The database's, in nanoseconds.
    pub database: u64,
    /// The load's own.
    pub load: u64,
}

/// Which processes are measured.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Processes {
    /// The server's process: its CPU and memory are measured
    #[arg(long)]
    pub server_pid: Option<u32>,
    /// The database's process, when it is another one
    #[arg(long)]
    pub database_pid: Option<u32>,
}

impl Processes {
    /// Their CPU until now; zero for those that are not named.
    pub fn cpu(&self) -> Result<Cpu> {
        let of = |pid: Option<u32>| pid.map_or(Ok(0), cpu_nanos);
        Ok(Cpu { server: of(self.server_pid)?, database: of(self.database_pid)?, load: cpu_nanos(std::process::id())? })
    }

    /// The server's resident bytes; zero when it is not named.
    pub fn resident_bytes(&self) -> Result<u64> {
        self.server_pid.map_or(Ok(0), resident_bytes)
    }
}

impl Cpu {
    /// From an earlier moment to this one.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            server: self.server.saturating_sub(earlier.server),
            database: self.database.saturating_sub(earlier.database),
            load: self.load.saturating_sub(earlier.load),
        }
    }
}
