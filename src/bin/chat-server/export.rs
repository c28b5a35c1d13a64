//! `chat-server log search` and `chat-server log export`: the record, or a part of it, on standard output.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, anyhow};
use chat_tui::chat::event::Seq;
use chat_tui::proto::names::{AccountName, ChannelName};
use chat_tui::proto::time::Timestamp;
use chat_tui::store::audit::Audit;
use chat_tui::store::audit::export::{COLUMNS, Exported, Filter};
use clap::{Args, ValueEnum};

/// A day or a moment.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00.000Z") };
    Timestamp::parse(&whole).ok_or_else(|| "expected a date such as 2026-01-31".to_owned())
}

/// Which rows.
#[derive(Args)]
pub struct Which {
    /// From this day, such as 2026-01-31, or moment on (UTC)
    #[arg(long, value_name = "DATE", value_parser = moment)]
    after: Option<Timestamp>,
    /// Before this day or moment
    #[arg(long, value_name = "DATE", value_parser = moment)]
    before: Option<Timestamp>,
    /// By this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// In this channel
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// From this address
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    /// Messages only, not what else happened
    #[arg(long)]
    messages: bool,
}

impl Which {
    /// What was asked for, for the record.
    pub fn described(&self) -> String {
        let time = |time: &Option<Timestamp>| time.map(|time| time.to_string());
        let parts = [
            ("after", time(&self.after)),
            ("before", time(&self.before)),
            ("account", self.account.clone()),
            ("channel", self.channel.clone()),
            ("address", self.address.clone()),
        ];
        let given = parts.into_iter().filter_map(|(name, value)| Some(format!("{name} {}", value?)));
        let all: Vec<String> = given.chain(self.messages.then(|| "messages".to_owned())).collect();
        if all.is_empty() { "everything".to_owned() } else { all.join(", ") }
    }

    /// What the database is asked for.
    pub fn filter(self, text: Option<String>) -> anyhow::Result<Filter> {
        let account = self.account.map(|name| {
            AccountName::new(&name).map_err(|error| anyhow!("--account: {name:?} is not an account's name: {error}"))
        });
        let channel = self.channel.map(|name| {
            ChannelName::new(&name).map_err(|error| anyhow!("--channel: {name:?} is not a channel's name: {error}"))
        });
        Ok(Filter {
            after: self.after,
            before: self.before,
            account: account.transpose()?,
            channel: channel.transpose()?,
            address: self.address,
            text,
            messages_only: self.messages,
            ..Filter::default()
        })
    }
}

/// How rows are written.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// For people: a row a line
    Text,
    /// For spreadsheets: RFC 4180, with a line of names
    Csv,
    /// For programs: one JSON object a line
    Jsonl,
}

/// Writes the rows that a filter lets through to standard output, oldest first.
pub async fn write(audit: &dyn Audit, filter: &Filter, format: Format) -> anyhow::Result<()> {
    let mut output = BufWriter::new(io::stdout());
    let written = write_to(&mut output, audit, filter, format).await;
    match written.and_then(|()| Ok(output.flush()?)) {
        // Whoever reads a pipe may have seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(()),
        done => done.context("the record cannot be written out"),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn write_to(output: &mut impl Write, audit: &dyn Audit, filter: &Filter, format: Format) -> anyhow::Result<()> {
    if matches!(format, Format::Csv) {
        write!(output, "{}\r\n", COLUMNS.join(","))?;
    }
    let mut after = Seq(0);
    loop {
        let rows = audit.export(filter, after).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Seq(last.seq);
        for row in &rows {
            match format {
                Format::Text => writeln!(output, "{}", line(row))?,
                Format::Csv => write!(output, "{}\r\n", row.cells().map(|cell| quoted(&cell)).join(","))?,
                Format::Jsonl => writeln!(output, "{}", serde_json::to_string(row)?)?,
            }
        }
    }
}

/// A row for people. What came from outside cannot move their cursor.
fn line(row: &Exported) -> String {
    let redacted = if row.redacted_by.is_some() { " [withdrawn]" } else { "" };
    let subject = row.subject.as_deref().map(|subject| format!(" ({subject})")).unwrap_or_default();
    let Exported { seq, time, kind, author, address, port, target, text, .. } = row;
    format!("{seq} {time} {kind} {author} [{address}:{port}] -> {target}{subject}: {text}{redacted}")
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// A cell of RFC 4180.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
