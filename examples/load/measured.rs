//! The processes that a run measures beside the load itself.

use anyhow::Result;

use crate::process::{cpu_nanos, cpu_nanos_of_threads, resident_bytes};

/// The thread of our server that writes the journal, when it does so itself.
const JOURNAL_THREAD: &str = "sqlite-writer";

/// The CPU of the measured processes and of the load itself, at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// The server's, in nanoseconds.
    pub server: u64,
    /// What of it was the journal's, in nanoseconds.
    pub journal: u64,
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
        let journal = |pid| cpu_nanos_of_threads(pid, |name| name == JOURNAL_THREAD);
        let journal = self.server_pid.map_or(Ok(0), journal)?;
        Ok(Cpu {
            server: of(self.server_pid)?,
            journal,
            database: of(self.database_pid)?,
            load: cpu_nanos(std::process::id())?,
        })
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
            journal: self.journal.saturating_sub(earlier.journal),
            database: self.database.saturating_sub(earlier.database),
            load: self.load.saturating_sub(earlier.load),
        }
    }
}
