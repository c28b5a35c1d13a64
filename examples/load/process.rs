//! What the measured processes cost, from `/proc`: CPU, resident memory, and the writes they made.

use std::collections::HashMap;
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

/// What the threads of a process have used at a moment.
pub struct Threads(HashMap<String, (u64, u64)>);

impl Threads {
    /// The threads that there are now.
    pub fn now(pid: u32) -> Result<Self> {
        let mut threads = HashMap::new();
        for task in fs::read_dir(format!("/proc/{pid}/task"))? {
            let task = task?;
            // A thread may end in between.
            let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
            let nanos = read("schedstat").split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0);
            let switches = number_behind(&read("status"), "voluntary_ctxt_switches:").unwrap_or(0);
            threads.insert(task.file_name().to_string_lossy().into_owned(), (nanos, switches));
        }
        Ok(Self(threads))
    }

    /// What they have used since: nanoseconds of CPU, and how often they gave up the processor to wait, which is how often they
    /// had to be woken. What a thread used that has ended meanwhile is not in it.
    pub fn since(&self, earlier: &Self) -> (u64, u64) {
        self.0.iter().fold((0, 0), |(nanos, switches), (thread, now)| {
            let before = earlier.0.get(thread).copied().unwrap_or_default();
            (nanos + now.0.saturating_sub(before.0), switches + now.1.saturating_sub(before.1))
        })
    }
}

fn status_number(pid: u32, name: &str) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).with_context(|| format!("process {pid}"))?;
    number_behind(&status, name).with_context(|| format!("process {pid} has no {name}"))
}

fn number_behind(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}
