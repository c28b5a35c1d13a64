//! Who the load's connections are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, Result, ensure};
use chat_tui::proto::secret::Secret;
use clap::{Args, ValueEnum};

use crate::fleet::Fleet;
use crate::login::{Credentials, Person};

/// How the load's connections log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LoginMode {
    /// NICK and USER alone
    Guest,
    /// New accounts, by REGISTER
    Register,
    /// SASL PLAIN with the secrets of --accounts: passwords or device tokens
    Plain,
    /// SASL SCRAM-SHA-256 with the secrets of --accounts
    Scram,
}

/// What the connections of every workload have in common.
#[derive(Clone, Debug, Args)]
pub struct PeopleOptions {
    /// How the connections log in
    #[arg(long, value_enum, default_value = "guest")]
    pub login: LoginMode,
    /// A file of accounts: a name, a tabulator and a secret on each line
    #[arg(long)]
    pub accounts: Option<PathBuf>,
    /// Capabilities that every connection requests, separated by blanks
    #[arg(long, default_value = "")]
    pub capabilities: String,
    /// What the names of guests and of new accounts begin with
    #[arg(long, default_value = "u")]
    pub prefix: String,
    /// Connect by TLS, whatever the certificate
    #[arg(long)]
    pub tls: bool,
    /// How many connections come up at a time
    #[arg(long, default_value_t = 64)]
    pub at_once: usize,
    /// Within how many seconds all must have come up
    #[arg(long, default_value_t = 120)]
    pub login_seconds_max: u64,
}

impl PeopleOptions {
    /// `count` people. `channels` says what each joins, separated by commas.
    ///
    /// # Errors
    /// When the file of accounts cannot be read or has too few.
    pub fn people(&self, count: usize, channels: impl Fn(usize) -> String) -> Result<Vec<Person>> {
        let accounts = match &self.accounts {
            Some(path) => read_accounts(path)?,
            None => Vec::new(),
        };
        let needs_accounts = matches!(self.login, LoginMode::Plain | LoginMode::Scram);
        ensure!(!needs_accounts || accounts.len() >= count, "{} accounts are too few for {count}", accounts.len());
        let person = |index: usize| {
            let own_name = || format!("{}{index:05}", self.prefix);
            let (name, credentials) = match self.login {
                LoginMode::Guest => (own_name(), Credentials::Guest),
                LoginMode::Register => (own_name(), Credentials::Register(Secret::new("a long enough password"))),
                LoginMode::Plain => (accounts[index].0.clone(), Credentials::Plain(accounts[index].1.clone())),
                LoginMode::Scram => (accounts[index].0.clone(), Credentials::Scram(accounts[index].1.clone())),
            };
            Person { name, credentials, capabilities: self.capabilities.clone(), channels: channels(index) }
        };
        Ok((0..count).map(person).collect())
    }

    /// How many accounts the file has: all that the server knows, where a bench has filled its record.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn accounts_known(&self) -> Result<usize> {
        self.accounts.as_deref().map_or(Ok(0), |path| Ok(read_accounts(path)?.len()))
    }

    /// Connections for them, none yet.
    pub fn fleet(&self) -> io::Result<Fleet> {
        Fleet::new(self.tls)
    }

    /// Whether senders get their own messages back.
    pub fn has_echo(&self) -> bool {
        self.capabilities.split_whitespace().any(|capability| capability == "echo-message")
    }
}

fn read_accounts(path: &Path) -> Result<Vec<(String, Secret)>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let account = |line: &str| line.split_once('\t').map(|(name, secret)| (name.to_owned(), Secret::new(secret)));
    Ok(text.lines().filter_map(account).collect())
}

/// The name of a channel by its number.
pub fn channel(number: usize) -> String {
    format!("#c{number:04}")
}
