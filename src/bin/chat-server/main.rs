//! `chat-server`: the daemon, and its operator's commands: flags → configuration → run → exit code.

mod answers;
mod channel;
mod export;
mod invite;
mod log;
mod password;
mod person;

use std::io::{IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
#[cfg(feature = "tui")]
use chat_tui::client::{event::Exit, run::run_console};
use chat_tui::ground::paths::Directories;
#[cfg(feature = "tui")]
use chat_tui::ground::texts::Texts;
use chat_tui::ground::tls::server::ServerCertificate;
use chat_tui::ground::{pages, telemetry, tls};
use chat_tui::proto::sasl::prepare_password;
use chat_tui::proto::text::shown;
use chat_tui::server::admin::accounts::AccountCommand;
use chat_tui::server::admin::bans::BanCommand;
use chat_tui::server::admin::order::Order;
use chat_tui::server::admin::{self, Outcome};
use chat_tui::server::config::{Config, DEFAULT_FILE, Faults, LogFormat, Raw, Sources, masked_url};
use chat_tui::server::dump;
use chat_tui::server::hub::ReloadHandle;
use chat_tui::server::record;
use chat_tui::server::{Options, Server, shutdown_signal};
use chat_tui::store::database;
use chat_tui::store::hashing;
use clap::{Args, CommandFactory, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

/// The exit code for what is wrong with flags or settings.
const EXIT_FAULTS: u8 = 2;
/// The configuration file's name in the user's configuration directory.
const CONFIG_NAME: &str = "chat-server.toml";
/// The settings of the machine's own server, which the package brings. Only those may read them who may act as it.
const SYSTEM_CONFIG: &str = "/etc/chat-server/config.toml";
/// The data directory of a user without a home.
const DATA_DIR_WITHOUT_HOME: &str = "/var/lib/chat-server";
const EXAMPLES: &str = "\
Examples:
  chat-server
          Serve on 127.0.0.1:6667, on 127.0.0.1:6697 with TLS, and on its Unix socket.
  chat-server --listen-tls 0.0.0.0:6697 --database mysql://chat@localhost/serveur_client
          Serve everybody with TLS, and keep the record in MariaDB.
  chat-server account add Romain
          Make an account; the password is asked for without being shown.
  chat-server account allow-ip Romain 192.168.56.1
          Accept the password of Romain from one more address.
  chat-server ban add 192.0.2.0/24 flood --for 7d
          Keep a network out for a week.
  chat-server channel list
          See all channels, how many are in them, and when something was said last.
  chat-server invite create 'for the new colleague' --for 2d
          Print a code by which one account can be registered within two days.
  chat-server check-config
          Tell all that is wrong with the settings, before a start or a reload.
  chat-server console
          Answer clients as the server.
  chat-server log export --format csv --channel '#general' --after 2026-01-01
          Write what was said in a channel this year.
  chat-server log verify
          Find out whether anybody has changed, removed or inserted anything in the record.

Files:
  ~/.config/chat-server/chat-server.toml   the settings (chat-server --print-config shows them all), else
  /etc/chat-server/config.toml             those of the machine's own server, for those who may read them
  ~/.local/share/chat-server/              the SQLite database, certificate, key and socket

Environment:
  CHAT_CONFIG          the file of the settings
  CHAT_<SETTING>       any setting, such as CHAT_LISTEN_TLS=0.0.0.0:6697
  CHAT_DATABASE_FILE   a file that holds the database's URL, for its password's sake
  CHAT_LOG             how much is logged: info, debug, chat_tui::server=trace

On standard output the server says in words what happens: its start, connections, log-ins. On standard error it \
logs the same and more, with fields, as text or JSON. With --log-format json standard output stays empty.

Exit codes:
  0  all went well    1  it could not be done    2  flags or settings are wrong";

/// A chat server: IRCv3 for the clients, SQL for the record.
#[derive(Parser)]
#[command(name = "chat-server", version, after_help = EXAMPLES, args_conflicts_with_subcommands = false)]
struct Flags {
    /// Read the settings from this file
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Print the commented default settings
    #[arg(long)]
    print_config: bool,
    #[command(flatten)]
    settings: SettingFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Settings that have a flag.
#[derive(Args, Clone)]
struct SettingFlags {
    /// Listen in the clear here, such as 127.0.0.1:6667; may be repeated. Any listener given replaces the defaults
    #[arg(long, value_name = "ADDR", global = true)]
    listen: Vec<String>,
    /// Listen with TLS here, such as 0.0.0.0:6697; may be repeated
    #[arg(long, value_name = "ADDR", global = true)]
    listen_tls: Vec<String>,
    /// Listen on this Unix socket, where the operator's commands come in
    #[arg(long, value_name = "PATH", global = true)]
    socket: Option<String>,
    /// Keep the record here: sqlite:PATH or mysql://USER:PASSWORD@HOST/DATABASE
    #[arg(long, value_name = "URL", global = true)]
    database: Option<String>,
    /// Keep the server's own files here
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<String>,
    /// Speak this language: en or fr
    #[arg(long, value_name = "LANGUAGE", global = true)]
    lang: Option<String>,
    /// Log on standard error as text or as json
    #[arg(long, value_name = "FORMAT", global = true)]
    log_format: Option<String>,
}

impl SettingFlags {
    fn given(self) -> Vec<(&'static str, Raw)> {
        let list = |key, items: Vec<String>| (!items.is_empty()).then_some((key, Raw::List(items)));
        let text = |key, text: Option<String>| text.map(|text| (key, Raw::Text(text)));
        let given = [
            list("listen", self.listen),
            list("listen_tls", self.listen_tls),
            text("socket", self.socket),
            text("database", self.database),
            text("data_dir", self.data_dir),
            text("language", self.lang),
            text("log_format", self.log_format),
        ];
        given.into_iter().flatten().collect()
    }
}

#[derive(Subcommand)]
enum Command {
    /// Work on accounts: through the server while one runs, else on the database itself
    #[command(subcommand)]
    Account(Account),
    /// Keep people out of the server, or quiet on it: through the server while one runs, else on the database itself
    #[command(subcommand)]
    Ban(Ban),
    /// Work on channels: through the server while one runs, else on the database itself
    #[command(subcommand)]
    Channel(channel::Channel),
    /// Make codes by which one account each may be registered, where registration = "invitation"
    #[command(subcommand)]
    Invite(invite::Invite),
    /// Read the settings, tell all that is wrong with them, and say what they come to
    CheckConfig,
    /// Open the full-screen client as the server, to answer clients
    ///
    /// Its keys, theme and notifications are those of your chat-tui: ~/.config/chat-tui/config.toml, or the file that
    /// CHAT_TUI_CONFIG names.
    Console,
    /// Print the hash of a password, for an operator's table in the settings
    HashPassword {
        #[command(flatten)]
        password: password::PasswordSource,
    },
    /// Write the manual pages and the completions into a directory, for packages
    #[command(hide = true)]
    WritePages {
        /// Which
        directory: PathBuf,
    },
    /// Make the tables of the database, or bring them up to date, with the user in the URL given; then end
    Migrate,
    /// Copy the SQLite database of a server, which may run meanwhile, into a new file. To restore it, put the copy in the
    /// database's place while no server runs, with the server.key of the data directory beside it
    Backup {
        /// The new file
        path: PathBuf,
    },
    /// Write the whole database, of either kind, into a new file of lines of JSON, beside a server that runs or without one. It
    /// holds all that the database does: hashes of passwords, addresses, every message
    Dump {
        /// The new file
        path: PathBuf,
    },
    /// Fill an empty database, of either kind, from a dump, while no server runs. The data directory needs the server.key of the
    /// dumped server: the record is verified with it, and nothing is kept unless it is whole
    Restore {
        /// The dump
        path: PathBuf,
    },
    /// Ask the record itself: whether it is whole, where it ends; let go of what is old
    #[command(subcommand)]
    Log(log::Log),
}

#[derive(Subcommand)]
enum Account {
    /// List all accounts with their status and the addresses that their passwords are accepted from
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Make an account
    Add {
        /// What it is called
        name: String,
        #[command(flatten)]
        password: password::PasswordSource,
    },
    /// Give an account a new password
    Password {
        /// Whose
        name: String,
        #[command(flatten)]
        password: password::PasswordSource,
    },
    /// Accept an account's password from one more address
    AllowIp {
        /// Whose
        name: String,
        /// The address; an IPv6 address stands for its /64
        address: String,
    },
    /// Let an account log in no more, and end its sessions
    Suspend {
        /// Which
        name: String,
        /// Why; the person is told
        #[arg(default_value = "")]
        reason: String,
    },
    /// Let a suspended account log in again
    Resume {
        /// Which
        name: String,
    },
    /// Print all that is kept about a person, as JSON: account, addresses, devices, channels, read markers, keys and values, and
    /// each event by or about that account. No password hash, no token
    Export {
        /// Whose
        name: String,
    },
    /// Remove an account, and who, where and what from all that it wrote and did, for good. Its name stays reserved, and log
    /// verify accepts the record
    Erase {
        /// Which
        name: String,
        #[command(flatten)]
        sure: channel::Sure,
    },
    /// Remove an account for good. Its name stays reserved, what it wrote stays in the record
    Delete {
        /// Which
        name: String,
    },
}

#[derive(Subcommand)]
enum Ban {
    /// List the bans and mutes that are in force
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Keep somebody out: an account (account:NAME), an address, a network (192.0.2.0/24) or a mask (*!*@*.example.org)
    Add(BanDetails),
    /// Let somebody read, and speak with the operators only
    Mute(BanDetails),
    /// End the ban and the mute of a target
    Lift {
        /// Whose
        target: String,
    },
}

#[derive(Args)]
struct BanDetails {
    /// Whom it means
    target: String,
    /// Why; the person is told
    #[arg(default_value = "")]
    reason: String,
    /// How long: 30m, 12h, 7d, 2w, 1d12h; 0 is for ever
    #[arg(long = "for", value_name = "TIME", default_value = "0")]
    duration: String,
}

impl BanDetails {
    fn set(self, mute: bool) -> BanCommand {
        BanCommand::Set { target: self.target, mute, duration: self.duration, reason: self.reason }
    }
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    if flags.print_config {
        // A pipe that was closed early has read what it wanted.
        let _ = std::io::stdout().write_all(DEFAULT_FILE.as_bytes());
        return ExitCode::SUCCESS;
    }
    // These need no settings; they may lack just this hash.
    match &flags.command {
        Some(Command::HashPassword { password }) => return finish(hash_password(password)),
        Some(Command::WritePages { directory }) => {
            return finish(pages::write(&Flags::command(), directory).context("the pages cannot be written"));
        }
        _ => {}
    }
    let config = match configuration(flags.config.clone(), flags.settings.clone()) {
        Ok(config) => config,
        Err(error) => {
            for fault in faults_of(&error) {
                eprintln!("chat-server: {fault}");
            }
            return ExitCode::from(EXIT_FAULTS);
        }
    };
    finish(match flags.command {
        None => serve(config, flags.config, flags.settings),
        Some(Command::Account(account)) => administer(config, account),
        Some(Command::Ban(ban)) => ban_people(config, ban),
        Some(Command::Channel(channel)) => work_on_channels(config, channel),
        Some(Command::Invite(invite)) => invite_people(config, invite),
        Some(Command::Console) => console(config),
        Some(Command::CheckConfig) => return check(&config),
        Some(Command::HashPassword { .. } | Command::WritePages { .. }) => Ok(()),
        Some(Command::Migrate) => set_up_log(&config, Some("error")).and_then(|()| migrate(&config)),
        Some(Command::Backup { path }) => set_up_log(&config, Some("error")).and_then(|()| back_up(&config, &path)),
        Some(Command::Dump { path }) => set_up_log(&config, Some("error")).and_then(|()| {
            let rows = runtime()?.block_on(dump::dump(&config, &path))?;
            println!("{}: {rows} rows", path.display());
            Ok(())
        }),
        Some(Command::Restore { path }) => set_up_log(&config, Some("error")).and_then(|()| {
            let rows = runtime()?.block_on(dump::restore(&config, &path))?;
            println!("{rows} rows restored; the record is whole");
            Ok(())
        }),
        Some(Command::Log(log)) => set_up_log(&config, Some("error"))
            .and_then(|()| runtime())
            .and_then(|runtime| runtime.block_on(log::run(&config, log))),
    })
}

fn finish(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat-server: {}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Says what settings without a fault come to. What they name is looked at too: a certificate that cannot be read would
/// stop the start.
fn check(config: &Config) -> ExitCode {
    for warning in &config.warnings {
        println!("odd: {warning}");
    }
    let listed = |addresses: &[std::net::SocketAddr]| match addresses {
        [] => "nowhere".to_owned(),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    println!("listens in the clear: {}", listed(&config.listen));
    println!("listens with TLS: {}", listed(&config.listen_tls));
    println!("is watched: {}", listed(&config.listen_http));
    let socket = config.socket.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string());
    println!("its socket: {socket}");
    println!("its files: {}", config.data_dir.display());
    println!("its database: {}", masked_url(config.database.expose()));
    tls::install_provider();
    if let Some((certificate, key)) = &config.certificate
        && let Err(error) = ServerCertificate::from_pem_files(certificate, key)
    {
        eprintln!("chat-server: tls_certificate: {error}");
        return ExitCode::from(EXIT_FAULTS);
    }
    println!("the settings are good");
    ExitCode::SUCCESS
}

/// What is wrong with settings, each with its place; or why they cannot be read.
fn faults_of(error: &anyhow::Error) -> Vec<String> {
    match error.downcast_ref::<Faults>() {
        Some(Faults(faults)) => faults.iter().map(ToString::to_string).collect(),
        None => vec![explain(error)],
    }
}

/// An error with its causes, each once: many tell their cause in their own sentence.
fn explain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |told, cause| match told.as_str() {
        "" => cause,
        so_far if so_far.contains(&cause) => told,
        so_far => format!("{so_far}: {cause}"),
    })
}

/// Reads all settings. An error is either [`Faults`] or says that the file cannot be read.
fn configuration(path: Option<PathBuf>, flags: SettingFlags) -> anyhow::Result<Config> {
    let directories = Directories::from_environment().ok();
    let given = path.or_else(|| std::env::var_os("CHAT_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from));
    let usual = directories.as_ref().map(|directories| directories.server_config().join(CONFIG_NAME));
    let is_readable = |path: &PathBuf| std::fs::File::open(path).is_ok();
    let system = || Some(PathBuf::from(SYSTEM_CONFIG)).filter(is_readable);
    let file = match given.or_else(|| usual.filter(|path| path.exists())).or_else(system) {
        Some(path) => {
            let content = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            Some((path, content))
        }
        None => None,
    };
    let data_dir = directories.map_or_else(|| PathBuf::from(DATA_DIR_WITHOUT_HOME), |known| known.server_data());
    let sources = Sources {
        file: file.as_ref().map(|(path, content)| (path.as_path(), content.as_str())),
        // A variable that is not UTF-8 is none of ours.
        environment: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        flags: flags.given(),
    };
    Ok(Config::read(&sources, &data_dir)?)
}

/// After how many tasks the one thread takes up what another thread has woken. What the database says is waited for by many:
/// in a storm, when there are always more tasks to run, a commit would be known late after the usual 31 for each answer.
const WOKEN_ELSEWHERE_INTERVAL: u32 = 8;

/// What runs the tasks. Where there is one core, they take turns on one thread, which spares what threads tell each other.
fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tls::install_provider();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut builder = match cores {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    if cores == 1 {
        builder.global_queue_interval(WOKEN_ELSEWHERE_INTERVAL);
    }
    builder.enable_all().build().context("the runtime cannot be started")
}

fn set_up_log(config: &Config, filter: Option<&str>) -> anyhow::Result<()> {
    let settings = telemetry::Settings {
        format: config.log_format,
        filter: filter.map(str::to_owned),
        ..telemetry::Settings::default()
    };
    telemetry::set_up(&settings)?;
    config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    Ok(())
}

/// Reads all settings once more, from the same sources as at the start.
fn read_again(path: Option<PathBuf>, flags: &SettingFlags) -> Result<Config, Vec<String>> {
    configuration(path, flags.clone()).map_err(|error| faults_of(&error))
}

/// Each SIGHUP has the settings read again.
fn reload_on_hangup(server: ReloadHandle) -> anyhow::Result<()> {
    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            tracing::info!("SIGHUP: reading the settings again");
            server.ask().await;
        }
    });
    Ok(())
}

fn serve(config: Config, path: Option<PathBuf>, flags: SettingFlags) -> anyhow::Result<()> {
    set_up_log(&config, None)?;
    raise_descriptor_limit();
    if rustix::process::geteuid().is_root() {
        tracing::warn!("running as root: a server needs no rights but those of an ordinary user of its own");
    }
    let output: Option<Box<dyn Write + Send>> = match config.log_format {
        LogFormat::Text => Some(Box::new(std::io::stdout())),
        LogFormat::Json => None,
    };
    runtime()?.block_on(async {
        // Where somebody sits before a terminal, a hang-up means that they are gone.
        let has_terminal = std::io::stderr().is_terminal();
        let shutdown = shutdown_signal(has_terminal).await?;
        let read_settings = Some(Box::new(move || read_again(path.clone(), &flags)) as _);
        let server = Server::build(config, Options { listeners: None, output, read_settings }).await?;
        if !has_terminal {
            reload_on_hangup(server.reload_handle())?;
        }
        server.run(shutdown).await?;
        Ok(())
    })
}

/// Each connection takes a descriptor: as many as the system lets us have.
fn raise_descriptor_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

fn administer(config: Config, account: Account) -> anyhow::Result<()> {
    // Whoever runs a command wants its outcome, not a server's log.
    set_up_log(&config, Some("error"))?;
    let mut as_json = false;
    let command = match account {
        Account::List { json } => {
            as_json = json;
            AccountCommand::List
        }
        Account::Add { name, password } => AccountCommand::Add { name, password: password::read(&password)? },
        Account::Password { name, password } => AccountCommand::Password { name, password: password::read(&password)? },
        Account::AllowIp { name, address } => AccountCommand::Allow { name, address },
        Account::Suspend { name, reason } => AccountCommand::Suspend { name, reason },
        Account::Resume { name } => AccountCommand::Resume { name },
        Account::Export { name } => return runtime()?.block_on(person::export(&config, &name)),
        Account::Erase { name, sure } => {
            sure.ask(&format!("all that the account {name} wrote and did will be erased"))?;
            return runtime()?.block_on(person::erase(&config, &name));
        }
        Account::Delete { name } => AccountCommand::Delete { name },
    };
    order(config, &command, as_json)
}

fn ban_people(config: Config, ban: Ban) -> anyhow::Result<()> {
    set_up_log(&config, Some("error"))?;
    let mut as_json = false;
    let command = match ban {
        Ban::List { json } => {
            as_json = json;
            BanCommand::List
        }
        Ban::Add(details) => details.set(false),
        Ban::Mute(details) => details.set(true),
        Ban::Lift { target } => BanCommand::Lift { target },
    };
    order(config, &command, as_json)
}

fn work_on_channels(config: Config, channel: channel::Channel) -> anyhow::Result<()> {
    set_up_log(&config, Some("error"))?;
    let (command, as_json) = channel.into_command()?;
    order(config, &command, as_json)
}

fn invite_people(config: Config, invite: invite::Invite) -> anyhow::Result<()> {
    set_up_log(&config, Some("error"))?;
    let (command, as_json) = invite.into_command();
    order(config, &command, as_json)
}

/// Has the server do something, and prints what comes of it: lists as columns or as one JSON array.
fn order(config: Config, order: &dyn Order, as_json: bool) -> anyhow::Result<()> {
    match runtime()?.block_on(admin::run(config, order))? {
        Outcome::Done(text) => println!("{}", shown(&text)),
        Outcome::Accounts(accounts) if as_json => println!("{}", serde_json::to_string_pretty(&accounts)?),
        Outcome::Bans(bans) if as_json => println!("{}", serde_json::to_string_pretty(&bans)?),
        Outcome::Invitations(invitations) => invite::tell(&invitations, as_json)?,
        Outcome::Invitation(made) => invite::tell_made(&made, as_json)?,
        Outcome::Channels(channels) => channel::tell(&channels, as_json)?,
        Outcome::Accounts(accounts) => {
            let width = accounts.iter().map(|account| account.name.chars().count()).max().unwrap_or(0);
            for account in accounts {
                let (name, status) = (account.name, account.status);
                // Names are checked when they are made; a record that somebody has tampered with may hold others.
                let line = format!("{name:width$}  {status:9}  {}  {}", account.registered, account.addresses);
                println!("{}", shown(&line));
            }
        }
        Outcome::Bans(bans) => {
            let width = bans.iter().map(|ban| ban.target.chars().count()).max().unwrap_or(0);
            for ban in bans {
                let until = ban.until.as_deref().unwrap_or("for ever");
                println!("{:4}  {:width$}  {until:24}  {}  {}", ban.effect, ban.target, ban.by, ban.reason);
            }
        }
    }
    Ok(())
}

/// Prints what stands for an operator's password in the settings.
fn hash_password(source: &password::PasswordSource) -> anyhow::Result<()> {
    let password = password::read(source)?;
    if password.expose().is_empty() {
        bail!("the password is empty");
    }
    let hash = hashing::phc(prepare_password(&password).expose().as_bytes(), &mut Vec::new());
    println!("{}", hash.context("the operating system gave no random bytes")?);
    Ok(())
}

fn migrate(config: &Config) -> anyhow::Result<()> {
    let preparation = runtime()?.block_on(record::migrate(config))?;
    for migration in &preparation.migrations {
        println!("applied {migration}");
    }
    if let Some(adoption) = &preparation.adoption {
        let (accounts, exchanges) = (adoption.accounts, adoption.exchanges);
        println!(
            "took over {accounts} accounts and {exchanges} exchanges of the tables authentification and connexion"
        );
        adoption.odd_rows.iter().for_each(|row| println!("{}", shown(row)));
    }
    println!("the database is up to date");
    Ok(())
}

fn back_up(config: &Config, path: &Path) -> anyhow::Result<()> {
    database::back_up(config.database.expose(), path)?;
    println!("{}: {} bytes", path.display(), std::fs::metadata(path)?.len());
    Ok(())
}

/// The operator's console: the full-screen client over the server's Unix socket.
#[cfg(feature = "tui")]
fn console(config: Config) -> anyhow::Result<()> {
    let language = config.rules.language;
    let socket = config.socket.context("the server has no Unix socket: name one with --socket")?;
    let config = std::env::var_os("CHAT_TUI_CONFIG").map(PathBuf::from);
    match run_console(socket, language, Directories::from_environment()?, config) {
        Ok(Exit::Wanted | Exit::Terminated) => Ok(()),
        Ok(Exit::Failed(sentence)) => bail!(sentence),
        Err(error) => bail!(error.explain(&Texts::new(language))),
    }
}

#[cfg(not(feature = "tui"))]
fn console(_config: Config) -> anyhow::Result<()> {
    bail!("the console needs the full-screen client, which this program was built without (feature tui)")
}
