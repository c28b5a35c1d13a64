//! The project's load generator: many connections, one workload, checked deliveries, measured processes.
//!
//! It drives any IRC server over its sockets and prints one JSON object for each run (or a table with `--table`).
//! `scripts/bench` starts the servers and calls it; by hand, beside a server that lets guests in:
//!
//! ```text
//! cargo run --release --example load traffic --server 127.0.0.1:6667 --server-pid PID --members 100 --table
//! ```
//!
//! In the order in which one reads it:
//!
//! - [`fleet`]: thousands of sockets in one thread, by TLS too ([`secured`]); a workload is a driver of it.
//! - [`people`], [`login`]: who the connections are, and how they come up.
//! - The workloads: [`traffic`] (messages into channels, which most rows of the table are), [`pairs`], [`presence`] (idle
//!   connections, log-ins, everybody back at once), [`history`], [`start`]; [`disk`] measures no server.
//! - What is measured: [`stamp`] (each message says when it was sent and which number it has), [`process`] and [`measured`]
//!   (CPU and memory, from `/proc`), [`report`] (percentiles, and a run's JSON).
//! - [`limit`]: the two references of what is physically possible, which pass lines on without any protocol.
//! - [`seed`]: SQL that fills a record before a server is started.
//! - [`workloads`]: what each row of `scripts/bench` is, in words, and which figures are shown of it.
//! - [`table`], [`plot`], [`targets`], and for terminal clients [`clients`]: results as tables and pictures.

mod clients;
mod disk;
mod fleet;
mod history;
mod limit;
mod login;
mod measured;
mod pairs;
mod people;
mod plot;
mod presence;
mod process;
mod report;
mod secured;
mod seed;
mod stamp;
mod start;
mod table;
mod targets;
mod traffic;
mod workloads;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use measured::Processes;
use people::PeopleOptions;
use report::Report;

#[derive(Parser)]
#[command(about = "Drives IRC servers and measures them")]
struct Options {
    #[command(subcommand)]
    workload: Workload,
}

/// What all workloads take.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Where the server listens
    #[arg(long)]
    server: SocketAddr,
    #[command(flatten)]
    people: PeopleOptions,
    #[command(flatten)]
    processes: Processes,
    /// What to call the server in the figures
    #[arg(long, default_value = "")]
    label: String,
    /// One figure a line instead of one JSON object
    #[arg(long)]
    table: bool,
}

#[derive(Subcommand)]
enum Workload {
    /// Messages into channels, as many as a window or a rate allows
    Traffic {
        /// What to call this shape of it in the figures
        #[arg(long, default_value = "traffic")]
        name: String,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: traffic::TrafficOptions,
    },
    /// Pairs who answer each other's direct messages
    Pairs {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: pairs::PairsOptions,
    },
    /// Connections that say nothing
    Idle {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: presence::IdleOptions,
    },
    /// Log-ins, a few at a time
    Logins {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: presence::LoginsOptions,
    },
    /// Everybody back at once
    Storm {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: presence::StormOptions,
    },
    /// A server's start, until somebody has logged in
    Start {
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: start::StartOptions,
    },
    /// Pages of a channel's history
    History {
        /// What to call this shape of it in the figures
        #[arg(long, default_value = "history")]
        name: String,
        #[command(flatten)]
        common: Common,
        #[command(flatten)]
        options: history::HistoryOptions,
    },
    /// How long the disk takes to have something for good
    Disk(disk::DiskOptions),
    /// Be the reference: pass lines on without any protocol
    Limit(limit::LimitOptions),
    /// Write SQL that fills a record of chat-server
    Seed(seed::SeedOptions),
    /// Make a table of clients' figures
    Clients(table::TableOptions),
    /// Make a table and plots of results
    Table(table::TableOptions),
}

fn run(workload: Workload) -> Result<()> {
    let (common, report) = match workload {
        Workload::Traffic { name, common, options } => (common.clone(), traffic::run(&name, &common, &options)?),
        Workload::Pairs { common, options } => (common.clone(), pairs::run(&common, &options)?),
        Workload::Idle { common, options } => (common.clone(), presence::idle(&common, &options)?),
        Workload::Logins { common, options } => (common.clone(), presence::logins(&common, &options)?),
        Workload::Storm { common, options } => (common.clone(), presence::storm(&common, &options)?),
        Workload::Start { common, options } => (common.clone(), start::run(&common, &options)?),
        Workload::History { name, common, options } => (common.clone(), history::run(&name, &common, &options)?),
        Workload::Disk(options) => return disk::run(&options),
        Workload::Limit(options) => return limit::run(&options),
        Workload::Seed(options) => return seed::run(&options),
        Workload::Clients(options) => return clients::run(&options),
        Workload::Table(options) => return table::run(&options),
    };
    print(&common, report);
    Ok(())
}

fn print(common: &Common, mut report: Report) {
    report.text("server", &common.label);
    if common.table {
        print!("{}", report.to_table());
    } else {
        println!("{}", report.to_json());
    }
}

fn main() -> ExitCode {
    match run(Options::parse().workload) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}
