//! How long the disk takes to have a few bytes for good: no promise that is kept on it is quicker.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use clap::Args;

use crate::report::{Latencies, Report};

/// What one write appends: a page of a database.
const WRITE_BYTES: usize = 4_096;

/// Where, and how often.
#[derive(Clone, Debug, Args)]
pub struct DiskOptions {
    /// A directory on the disk
    #[arg(long)]
    directory: PathBuf,
    /// How many writes
    #[arg(long, default_value_t = 500)]
    writes: usize,
}

/// Appends to a file and syncs it, again and again.
pub fn run(options: &DiskOptions) -> Result<()> {
    let path = options.directory.join("disk");
    let mut file = File::create(&path)?;
    let mut latencies = Latencies::new();
    for _ in 0..options.writes {
        let began = Instant::now();
        file.write_all(&[0; WRITE_BYTES])?;
        file.sync_data()?;
        latencies.record(u64::try_from(began.elapsed().as_nanos())?);
    }
    std::fs::remove_file(path)?;
    let mut report = Report::new("disk");
    report.text("server", "disk");
    report.latencies("sync", &latencies);
    println!("{}", report.to_json());
    Ok(())
}
