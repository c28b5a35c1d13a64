//! What the measured processes cost, from `/proc`: CPU, resident memory, and the writes they made.

use std::fs;

use anyhow::{Context as _, Result};

/// Nanoseconds of CPU that the threads of a process have used. What a thread used that has ended is not in it: the servers
/// that are measured keep theirs.
pub fn cpu_nanos(pid: u32) -> Result<u64> {
    cpu_nanos_of_threads(pid, |_| true)
}

/// The same of those threads alone whose name is wanted.
pub fn cpu_nanos_of_threads(pid: u32, is_wanted: impl Fn(&str) -> bool) -> Result<u64> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).with_context(|| format!("process {pid}"))?;
    let mut sum = 0;
    for task in tasks {
        let task = task?.path();
        // A thread may end in between.
        let is_wanted = fs::read_to_string(task.join("comm")).is_ok_and(|name| is_wanted(name.trim_end()));
        if let Ok(statistics) = fs::read_to_string(task.join("schedstat"))
            && is_wanted
        {
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
