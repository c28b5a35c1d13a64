//! `chat-server log`: the operator's questions to the record itself. They go to the database, beside a server that runs or
//! without one.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chat_tui::chat::event::{AccountId, OperatorAct, Seq};
use chat_tui::proto::time::Timestamp;
use chat_tui::server::admin;
use chat_tui::server::anchors;
use chat_tui::server::clock::now;
use chat_tui::server::config::Config;
use chat_tui::server::record;
use chat_tui::server::retention;
use chat_tui::store::audit::Audit;
use chat_tui::store::audit::erase::Selection;
use chat_tui::store::audit::export::Filter;
use chat_tui::store::chain::Anchor;
use clap::Subcommand;

use super::answers::{Answer, CutOff, Erased, Findings, Head, LetGo};
use super::export::{self, Format, Which, moment};

/// What is asked.
#[derive(Subcommand)]
pub enum Log {
    /// Print where the record ends, to be kept elsewhere: with it, verify finds out whether the end was cut off
    Head {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Go along the whole record and tell each row that was changed, inserted, removed or cut off
    Verify {
        /// Compare with the heads in this file, one a line, as log head prints them. Unless given: anchor_file
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Print the events with a text in them, oldest first
    Search {
        /// The text, in any case
        text: String,
        /// As JSON, one object a line, for programs
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        which: Which,
    },
    /// Print the record, or a part of it, oldest first
    Export {
        /// How
        #[arg(long, value_enum, default_value = "jsonl")]
        format: Format,
        #[command(flatten)]
        which: Which,
    },
    /// Let go of what the tables [[retention]] of the settings no longer keep, as the server does by itself every six hours
    Retain {
        /// Only tell how much that is
        #[arg(long)]
        dry_run: bool,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Remove what is older than a day, and sign where the rest follows on, so that verify accepts it
    Checkpoint {
        /// The day, such as 2026-01-31, or a moment, such as 2026-01-31T18:00:00.000Z (UTC)
        #[arg(long, value_name = "DATE", value_parser = moment)]
        before: Timestamp,
        /// Why; kept with the checkpoint
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Remove who, where and what from rows for good; they keep their place, and verify accepts them
    Erase {
        /// The event of this number
        #[arg(long, value_name = "NUMBER", required_unless_present = "account")]
        event: Option<u64>,
        /// What the account of this number wrote or did, or what is about it
        #[arg(long, value_name = "NUMBER")]
        account: Option<u64>,
        /// Only what is older than this day or moment
        #[arg(long, value_name = "DATE", value_parser = moment)]
        before: Option<Timestamp>,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
}

/// Asks, and prints what comes of it.
pub async fn run(config: &Config, log: Log) -> anyhow::Result<()> {
    let audit = record::open_audit(config)?;
    let done = ask(config, audit.as_ref(), log).await;
    audit.close().await;
    done
}

async fn ask(config: &Config, audit: &dyn Audit, log: Log) -> anyhow::Result<()> {
    match log {
        Log::Head { json } => Head::from(audit.head().await?).print(json)?,
        Log::Verify { anchors, json } => {
            let known = known_anchors(anchors.as_deref().or(config.anchors.file.as_deref()))?;
            let verified = audit.verify(&known).await?;
            Findings::new(&verified, known.len()).print(json)?;
            if !verified.is_whole() {
                bail!("the record is not whole: {} faults", verified.fault_count);
            }
        }
        Log::Search { text, json, which } => {
            let format = if json { Format::Jsonl } else { Format::Text };
            hand_out(config, audit, OperatorAct::Searched, Some(text), which, format).await?;
        }
        Log::Export { format, which } => hand_out(config, audit, OperatorAct::Exported, None, which, format).await?,
        Log::Retain { dry_run, json } => retain(config, audit, dry_run).await?.print(json)?,
        Log::Checkpoint { before, reason, json } => remove(config, audit, before, &reason).await?.print(json)?,
        Log::Erase { event, account, before, json } => {
            let (seq, account) = (event.map(Seq), account.map(AccountId));
            let count = audit.erase(&Selection { seq, account, before, ..Selection::default() }).await?;
            let parts = [
                seq.map(|seq| format!("event {seq}")),
                account.map(|account| format!("account {account}")),
                before.map(|before| format!("before {before}")),
            ];
            let what = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            admin::note(config, OperatorAct::Erased, format!("{what}: {count} events")).await?;
            Erased { erased: count }.print(json)?;
        }
    }
    Ok(())
}

/// Writes rows out. Who reads what others wrote is in the record before the first row is read; the note itself is not among
/// the rows.
async fn hand_out(
    config: &Config,
    audit: &dyn Audit,
    act: OperatorAct,
    text: Option<String>,
    which: Which,
    format: Format,
) -> anyhow::Result<()> {
    let what = text.iter().map(|text| format!("{text:?}")).chain([which.described()]).collect::<Vec<_>>().join(", ");
    let filter = Filter { until: Some(audit.head().await?.seq), ..which.filter(text)? };
    admin::note(config, act, what).await?;
    export::write(audit, &filter, format).await
}

async fn remove(config: &Config, audit: &dyn Audit, before: Timestamp, reason: &str) -> anyhow::Result<CutOff> {
    let removal = audit.checkpoint(before, reason, now()).await?;
    if let Some(checkpoint) = removal.checkpoint.as_ref().filter(|_| removal.rows > 0) {
        let text = format!("checkpoint at {}: {} removed", checkpoint.anchor.seq, removal.rows);
        admin::note(config, OperatorAct::Retained, text).await?;
    }
    Ok(CutOff::from(&removal))
}

async fn retain(config: &Config, audit: &dyn Audit, dry_run: bool) -> anyhow::Result<LetGo> {
    if config.retention.is_empty() {
        bail!("the settings have no [[retention]]: everything is kept");
    }
    let retained = audit.retain(&config.retention, now(), dry_run).await?;
    if !dry_run && !retained.is_nothing() {
        let text = retention::describe(&config.retention, &retained);
        admin::note(config, OperatorAct::Retained, text).await?;
    }
    Ok(LetGo::new(&config.retention, &retained, dry_run))
}

fn known_anchors(path: Option<&Path>) -> anyhow::Result<Vec<Anchor>> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let content = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    anchors::read(&content).map_err(|line| anyhow::anyhow!("{}:{line}: not a head of the record", path.display()))
}
