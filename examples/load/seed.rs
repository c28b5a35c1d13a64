//! SQL that fills a record of `chat-server`: accounts that log in by token or SCRAM, channels with members, messages.
//!
//! The tables must stand (a server has been started once and stopped). What is written here serves measuring alone: the
//! chained digests of its messages are zeros, and nobody's password fits the Argon2 column.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::num::NonZeroU32;
use std::path::PathBuf;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chat_tui::proto::sasl::ScramKeys;
use chat_tui::proto::secret::Secret;
use clap::{Args, ValueEnum};
use ring::digest::{SHA256, digest};

use crate::people::channel;

/// Numbers below this one are left to what the server makes by itself.
const FIRST_ID: usize = 1_000;
/// How many rows one statement inserts.
const ROWS_PER_STATEMENT: usize = 500;
/// The password that the SCRAM keys of all accounts are of.
pub const PASSWORD: &str = "the same for all";
/// When the record begins, in seconds since 1970, and how many messages a second it gets from then on.
const EPOCH: u32 = 1_700_000_000;
const MESSAGES_PER_SECOND: f64 = 5.0;

/// Whose SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Dialect {
    /// SQLite
    Sqlite,
    /// MariaDB
    Mariadb,
}

/// How much of everything.
#[derive(Clone, Debug, Args)]
pub struct SeedOptions {
    /// Whose SQL
    #[arg(long, value_enum)]
    dialect: Dialect,
    /// How many accounts
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// How many channels
    #[arg(long, default_value_t = 0)]
    channels: usize,
    /// How many members each channel has: the channels share the accounts out in turn
    #[arg(long, default_value_t = 0)]
    members: usize,
    /// How many messages, in all channels by turns
    #[arg(long, default_value_t = 0)]
    messages: u64,
    /// Where to write names and tokens, for `--login plain --accounts`
    #[arg(long)]
    tokens: PathBuf,
    /// Where to write names and passwords, for `--login scram --accounts`
    #[arg(long)]
    passwords: PathBuf,
    /// The rounds of PBKDF2 in the SCRAM keys; the server's log-in costs the same whatever they are
    #[arg(long, default_value = "4096")]
    iterations: NonZeroU32,
}

/// Writes the SQL to standard output and the secrets to their files.
pub fn run(options: &SeedOptions) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    let mut tokens = BufWriter::new(File::create(&options.tokens)?);
    let mut passwords = BufWriter::new(File::create(&options.passwords)?);
    let keys = ScramKeys::derive(&Secret::new(PASSWORD), b"sixteen bytes...", options.iterations);
    let (salt, stored, server) = (blob(&keys.salt), blob(&keys.stored_key), blob(&keys.server_key));
    let now = "'2023-11-14 22:13:20.000'";

    writeln!(out, "BEGIN;")?;
    let account = |index: usize| (FIRST_ID + index, name(index));
    rows(
        &mut out,
        "account (id, name, name_folded, registered_at, has_joined, argon2, scram_salt, scram_iterations, \
        scram_stored_key, scram_server_key)",
        options.accounts,
        |index| {
            let (id, name) = account(index);
            format!("({id}, '{name}', '{name}', {now}, 1, '!', {salt}, {}, {stored}, {server})", options.iterations)
        },
    )?;
    rows(&mut out, "account_address (account_id, place, address, allowed_at)", options.accounts, |index| {
        format!("({}, 1, '127.0.0.1', {now})", FIRST_ID + index)
    })?;
    rows(&mut out, "device (id, account_id, name, token_digest, created_at)", options.accounts, |index| {
        let (id, _) = account(index);
        format!("({id}, {id}, 'load', {}, {now})", blob(digest(&SHA256, token(index).as_bytes()).as_ref()))
    })?;
    for index in 0..options.accounts {
        writeln!(tokens, "{}\t{}", name(index), token(index))?;
        writeln!(passwords, "{}\t{PASSWORD}", name(index))?;
    }
    rows(&mut out, "conversation (id, kind)", options.channels, |index| format!("({}, 'channel')", FIRST_ID + index))?;
    rows(
        &mut out,
        "channel (id, conversation_id, name, name_folded, founded_at, founder_id, flags)",
        options.channels,
        |index| {
            let (id, name) = (FIRST_ID + index, channel(index));
            format!("({id}, {id}, '{name}', '{name}', {now}, {}, 'nt')", FIRST_ID + index % options.accounts)
        },
    )?;
    rows(&mut out, "channel_member (channel_id, account_id)", options.channels * options.members, |index| {
        format!("({}, {})", FIRST_ID + index / options.members, FIRST_ID + index % options.accounts)
    })?;
    if options.messages > 0 && options.channels > 0 {
        write_messages(&mut out, options)?;
    }
    let last_channel = if options.channels > 0 { FIRST_ID + options.channels } else { 1 };
    writeln!(
        out,
        "UPDATE journal SET last_account_id = {0}, last_device_id = {0}, last_channel_id = {last_channel};\nCOMMIT;",
        FIRST_ID + options.accounts
    )?;
    out.flush()?;
    tokens.flush()?;
    passwords.flush()?;
    Ok(())
}

/// The messages, which the database makes by itself out of their numbers: ten millions of rows are slow to read.
fn write_messages(out: &mut impl Write, options: &SeedOptions) -> Result<()> {
    let (first, channels, accounts) = (FIRST_ID, options.channels, options.accounts);
    let (zeros, no_salt) = (blob(&[0; 32]), blob(&[0; 16]));
    let text = "'a message of the length that people write, some eighty characters of text or so, no more'";
    let (numbers, time, names) = match options.dialect {
        Dialect::Sqlite => (
            format!(
                "(WITH RECURSIVE numbers(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < {}) \
                 SELECT i FROM numbers)",
                options.messages
            ),
            format!("strftime('%Y-%m-%d %H:%M:%f', {EPOCH} + i / {MESSAGES_PER_SECOND:.1}, 'unixepoch')"),
            format!("printf('a%05d', i % {accounts}), NULL, '127.0.0.1', 1, printf('#c%04d', i % {channels})"),
        ),
        Dialect::Mariadb => (
            format!("(SELECT seq AS i FROM seq_1_to_{}) numbers", options.messages),
            format!("FROM_UNIXTIME({EPOCH} + i / {MESSAGES_PER_SECOND:.1})"),
            format!(
                "CONCAT('a', LPAD(i % {accounts}, 5, '0')), NULL, '127.0.0.1', 1, \
                 CONCAT('#c', LPAD(i % {channels}, 4, '0'))"
            ),
        ),
    };
    writeln!(
        out,
        "INSERT INTO event (seq, conversation_id, time, kind, author_kind, account_id, author_name, operator, address, \
         port, target, text, salt, digest, chain) SELECT {first} + i, {first} + i % {channels}, {time}, 'privmsg', 'account', \
         {first} + i % {accounts}, {names}, {text}, {no_salt}, {zeros}, {zeros} FROM {numbers};"
    )?;
    writeln!(
        out,
        "UPDATE journal SET last_seq = {}, last_time = (SELECT MAX(time) FROM event);",
        FIRST_ID as u64 + options.messages
    )?;
    Ok(())
}

fn rows(out: &mut impl Write, table: &str, count: usize, row: impl Fn(usize) -> String) -> Result<()> {
    for begin in (0..count).step_by(ROWS_PER_STATEMENT) {
        let rows: Vec<String> = (begin..count.min(begin + ROWS_PER_STATEMENT)).map(&row).collect();
        writeln!(out, "INSERT INTO {table} VALUES {};", rows.join(", "))?;
    }
    Ok(())
}

fn blob(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{digits}'")
}

fn name(index: usize) -> String {
    format!("a{index:05}")
}

/// A device token that nobody has to remember: it is made of the account's number.
fn token(index: usize) -> String {
    let bytes = digest(&SHA256, format!("token {index}").as_bytes());
    format!("ctd1_{}", URL_SAFE_NO_PAD.encode(bytes.as_ref()))
}
