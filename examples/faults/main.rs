//! The fault suite: a real server, real databases, load from many clients, and everything that can happen to them. For each
//! fault it counts what was acknowledged and what of it is missing, doubled or out of order afterwards, and how long it took
//! until everybody was served again. Called by `scripts/faults`.

mod people;
mod record;
mod server;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts};
use people::{Shared, Talk, locked, talk};
use record::Database;
use server::{ChatServer, MariaDb};
use tokio::time::sleep;
use wire::{Mode, Wire};

/// How many clients talk.
const CLIENTS: usize = 12;
/// How long it may take until everybody is served again.
const RECOVERY_MAX: Duration = Duration::from_secs(90);

#[derive(Parser)]
#[command(about = "Injects faults into a running server and looks for what was lost")]
struct Options {
    /// Each fault a few times only, in less than a minute
    #[arg(long)]
    short: bool,
    /// Where chance begins; unless given, the time
    #[arg(long)]
    seed: Option<u64>,
    /// Only the faults whose names hold this text
    #[arg(long, default_value = "")]
    only: String,
    /// The server's program
    #[arg(long)]
    server: PathBuf,
    /// The administrator's URL of the MariaDB that may be killed
    #[arg(long)]
    mariadb: String,
    /// The directory in which scripts/mariadb has started it
    #[arg(long)]
    mariadb_directory: PathBuf,
}

/// What is done to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    ServerKilled,
    DatabaseKilled,
    DatabaseHung,
    DatabaseRefuses,
    DatabaseSlow,
    DiskFull,
    ConnectionsCut,
    ConnectionsFrozen,
    ServerUnheard,
    ClientsUnheard,
}

/// A fault: what it is called, on which database, how often, in the short suite, and for how long (milliseconds).
struct Plan {
    fault: Fault,
    name: &'static str,
    on_sqlite: bool,
    on_mariadb: bool,
    times: u32,
    times_short: u32,
    lasts: (u64, u64),
}

const fn plan(fault: Fault, name: &'static str, on: (bool, bool), times: (u32, u32), lasts: (u64, u64)) -> Plan {
    Plan { fault, name, on_sqlite: on.0, on_mariadb: on.1, times: times.0, times_short: times.1, lasts }
}

const BOTH: (bool, bool) = (true, true);
const SQLITE: (bool, bool) = (true, false);
const MARIADB: (bool, bool) = (false, true);

const PLANS: &[Plan] = &[
    plan(Fault::ServerKilled, "server killed (SIGKILL)", BOTH, (50, 3), (0, 0)),
    plan(Fault::DiskFull, "disk full (RLIMIT_FSIZE)", SQLITE, (10, 1), (500, 4_000)),
    plan(Fault::DatabaseKilled, "MariaDB killed, started again", MARIADB, (10, 1), (200, 3_000)),
    plan(Fault::DatabaseHung, "MariaDB hung (SIGSTOP)", MARIADB, (10, 1), (500, 14_000)),
    plan(Fault::DatabaseRefuses, "MariaDB refuses connections", MARIADB, (10, 1), (200, 4_000)),
    plan(Fault::DatabaseSlow, "MariaDB slow (150 ms a packet)", MARIADB, (5, 1), (1_000, 4_000)),
    plan(Fault::ConnectionsCut, "clients cut off", SQLITE, (20, 1), (100, 1_500)),
    plan(Fault::ConnectionsFrozen, "clients half-open", SQLITE, (8, 1), (3_500, 6_000)),
    plan(Fault::ServerUnheard, "one way: server unheard", SQLITE, (8, 1), (3_500, 6_000)),
    plan(Fault::ClientsUnheard, "one way: clients unheard", SQLITE, (8, 1), (3_500, 6_000)),
];

/// How long a fault lasts at most in the short suite.
const SHORT_LASTS_MAX: u64 = 3_600;

/// One row of the table.
struct Row {
    database: &'static str,
    name: &'static str,
    times: u32,
    acknowledged: usize,
    lost: usize,
    doubled: usize,
    reordered: usize,
    recoveries: Vec<Duration>,
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        least + (mixed ^ (mixed >> 31)) % (most - least + 1)
    }
}

/// Everything at hand.
struct Scene {
    server: ChatServer,
    database: Database,
    mariadb: Option<MariaDb>,
    /// Between the clients and the server.
    front: Wire,
    /// Between the server and MariaDB.
    back: Option<Wire>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(&options))) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("faults: something was lost, doubled or reordered");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<bool> {
    let from_clock = || std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let seed = options.seed.unwrap_or_else(from_clock);
    eprintln!("seed {seed}");
    let mut chance = Chance(seed);
    let mut rows = Vec::new();
    for name in ["SQLite", "MariaDB"] {
        let is_wanted = |plan: &&Plan| {
            let is_on = if name == "MariaDB" { plan.on_mariadb } else { plan.on_sqlite };
            is_on && plan.name.contains(&options.only)
        };
        let wanted: Vec<&Plan> = PLANS.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let mut scene = scene(options, name == "MariaDB").await?;
        scene.server.start()?;
        for client in 0..CLIENTS {
            Talk::register(&scene.front.address, &person(client)).await?;
        }
        for plan in wanted {
            let row = suffer(&mut scene, plan, options.short, &mut chance, name).await;
            let row = row.with_context(|| format!("{name}, {}\n{}", plan.name, tail(&scene.server.log())))?;
            eprintln!("{name}: {}: {} acknowledged, {} lost", row.name, row.acknowledged, row.lost);
            rows.push(row);
        }
        scene.server.stop()?;
    }
    print(&rows);
    Ok(rows.iter().all(|row| row.lost + row.doubled + row.reordered == 0))
}

fn person(client: usize) -> String {
    format!("load{client}")
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().filter(|line| !line.contains("logged in")).collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

async fn scene(options: &Options, on_mariadb: bool) -> Result<Scene> {
    if !on_mariadb {
        let server = ChatServer::new(options.server.clone(), None)?;
        let front = Wire::to(server.address.clone()).await?;
        let database = Database::Sqlite(server.database_file());
        return Ok(Scene { server, database, mariadb: None, front, back: None });
    }
    let (before, rest) = options.mariadb.rsplit_once('@').context("a URL with a user")?;
    let (address, _) = rest.split_once('/').context("a URL with a path")?;
    let mariadb = MariaDb::in_directory(options.mariadb_directory.clone(), address.to_owned())?;
    let name = format!("faults_{}", std::process::id());
    let mut connection = Conn::new(Opts::from_url(&options.mariadb)?).await?;
    connection.query_drop(format!("CREATE DATABASE {name}")).await?;
    connection.disconnect().await?;
    let back = Wire::to(address.to_owned()).await?;
    let server = ChatServer::new(options.server.clone(), Some(format!("{before}@{}/{name}", back.address)))?;
    let front = Wire::to(server.address.clone()).await?;
    let database = Database::MariaDb(format!("{before}@{address}/{name}"));
    Ok(Scene { server, database, mariadb: Some(mariadb), front, back: Some(back) })
}

/// One kind of fault, as often as planned, under load; then the account of it.
async fn suffer(
    scene: &mut Scene,
    plan: &Plan,
    is_short: bool,
    chance: &mut Chance,
    name: &'static str,
) -> Result<Row> {
    let channel = format!("#{:?}", plan.fault);
    let shared = Shared::new(scene.front.address.clone(), &channel);
    let talking: Vec<_> =
        (0..CLIENTS).map(|client| tokio::spawn(talk(Arc::clone(&shared), client, person(client)))).collect();
    wait_served(&shared, Instant::now()).await?;
    let times = if is_short { plan.times_short } else { plan.times };
    let mut recoveries = Vec::new();
    for _ in 0..times {
        sleep(Duration::from_millis(chance.between(50, if is_short { 400 } else { 1_500 }))).await;
        let (least, most) = plan.lasts;
        let most = if is_short { most.min(SHORT_LASTS_MAX) } else { most };
        let over = inject(scene, plan.fault, Duration::from_millis(chance.between(least.min(most), most))).await?;
        wait_served(&shared, over).await?;
        recoveries.push(over.elapsed());
    }
    shared.is_over.store(true, Ordering::SeqCst);
    for task in talking {
        tokio::time::timeout(RECOVERY_MAX, task)
            .await
            .context("a client is never acknowledged its last messages")??;
    }
    let mut row = account(scene, &shared, &channel).await?;
    (row.database, row.name, row.times, row.recoveries) = (name, plan.name, times, recoveries);
    Ok(row)
}

async fn wait_served(shared: &Shared, since: Instant) -> Result<()> {
    while !shared.is_served_since(since, CLIENTS) {
        if since.elapsed() > RECOVERY_MAX {
            bail!("not everybody was served again within {RECOVERY_MAX:?}");
        }
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Does it, and undoes it after a while. The moment from which on everybody should be served again.
async fn inject(scene: &mut Scene, fault: Fault, lasts: Duration) -> Result<Instant> {
    let mariadb = scene.mariadb.as_ref().context("a MariaDB");
    let back = scene.back.as_ref().context("a wire to MariaDB");
    match fault {
        Fault::ServerKilled => {
            scene.server.kill()?;
            let over = Instant::now();
            scene.server.start()?;
            return Ok(over);
        }
        Fault::DatabaseKilled => {
            mariadb?.kill()?;
            sleep(lasts).await;
            let over = Instant::now();
            scene.mariadb.as_ref().context("a MariaDB")?.start()?;
            return Ok(over);
        }
        Fault::DatabaseHung => {
            mariadb?.set_hung(true)?;
            sleep(lasts).await;
            scene.mariadb.as_ref().context("a MariaDB")?.set_hung(false)?;
        }
        Fault::DatabaseRefuses | Fault::DatabaseSlow => {
            let back = back?;
            back.set(if fault == Fault::DatabaseSlow { Mode::Slow } else { Mode::Cut });
            sleep(lasts).await;
            back.set(Mode::Whole);
        }
        Fault::DiskFull => {
            scene.server.set_disk_full(true)?;
            sleep(lasts).await;
            scene.server.set_disk_full(false)?;
        }
        Fault::ConnectionsCut | Fault::ConnectionsFrozen | Fault::ServerUnheard | Fault::ClientsUnheard => {
            scene.front.set(match fault {
                Fault::ConnectionsCut => Mode::Cut,
                Fault::ConnectionsFrozen => Mode::Frozen,
                Fault::ServerUnheard => Mode::DeafToFar,
                _ => Mode::DeafToNear,
            });
            sleep(lasts).await;
            scene.front.set(Mode::Whole);
        }
    }
    Ok(Instant::now())
}

/// What was acknowledged against what is in the database and what history tells.
async fn account(scene: &Scene, shared: &Shared, channel: &str) -> Result<Row> {
    let stored = scene.database.messages(channel).await?;
    let told = history(&scene.front.address, channel).await?;
    let mut by_id: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seq, id) in &stored {
        by_id.entry(id).or_default().push(*seq);
    }
    let acknowledged = locked(&shared.acknowledged);
    let is_lost = |((client, number), seq): &(&(usize, u64), &u64)| {
        let is_stored = by_id.get(format!("{client}-{number}").as_str()).is_some_and(|seqs| seqs.contains(seq));
        !is_stored || told.binary_search(seq).is_err()
    };
    let in_history = stored.iter().map(|(seq, _)| seq).eq(told.iter());
    Ok(Row {
        database: "",
        name: "",
        times: 0,
        acknowledged: acknowledged.len(),
        lost: acknowledged.iter().filter(is_lost).count(),
        doubled: by_id.values().map(|seqs| seqs.len() - 1).sum(),
        reordered: shared.reordered.load(Ordering::SeqCst) as usize + usize::from(!in_history),
        recoveries: Vec::new(),
    })
}

/// What the server tells of a channel.
async fn history(address: &str, channel: &str) -> Result<Vec<u64>> {
    let began = Instant::now();
    loop {
        let told = async { Talk::log_in(address, &person(0), channel, RECOVERY_MAX).await?.history(channel).await };
        match told.await {
            Err(_) if began.elapsed() < RECOVERY_MAX => sleep(Duration::from_millis(200)).await,
            told => return told,
        }
    }
}

fn print(rows: &[Row]) {
    println!(
        "| database | fault | injected | acknowledged | lost | duplicated | reordered | recovery: median | longest |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for row in rows {
        let mut recoveries = row.recoveries.clone();
        recoveries.sort_unstable();
        let seconds = |recovery: Option<&Duration>| recovery.map_or(0.0, Duration::as_secs_f64);
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {:.2} s | {:.2} s |",
            row.database,
            row.name,
            row.times,
            row.acknowledged,
            row.lost,
            row.doubled,
            row.reordered,
            seconds(recoveries.get(recoveries.len() / 2)),
            seconds(recoveries.last()),
        );
    }
}
