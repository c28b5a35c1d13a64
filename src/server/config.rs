//! What an operator decides, read once into one checked value.
//!
//! A setting comes from a flag, else from the environment, else from the file, else it has its default. All faults are
//! reported together, each with its place: the line of the file, the variable or the flag. `assets/chat-server.toml` is the
//! documented default, and a test holds the two equal.

mod filters;
mod operators;
mod raw;
mod retention;
mod table;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use toml::de::{DeTable, DeValue};

use super::outbox::{InboxLimit, OutboxLimits};
use super::pace::PaceLimits;
use crate::chat::settings::Settings;
use crate::ground::texts::Language;
use crate::proto::secret::Secret;
use crate::store::SeedPasswords;
use crate::store::audit::retain::Rule;
use crate::store::source::Source;
use table::{Draft, SETTINGS};

pub use crate::ground::telemetry::Format as LogFormat;
pub use raw::{Raw, RawTable};

/// The commented default file.
pub const DEFAULT_FILE: &str = include_str!("../../assets/chat-server.toml");
/// What the variables of the environment begin with; the rest is the key in capitals.
pub const VARIABLE_PREFIX: &str = "CHAT_";
/// Behind the key of a secret: the variable (`…_FILE`) names a file that holds the secret.
const FILE_SUFFIX: &str = "_file";
/// Variables with our prefix that are read elsewhere; those that end with `_` are beginnings.
const FOREIGN_VARIABLES: &[&str] = &["CHAT_CONFIG", "CHAT_LOG", "CHAT_TUI_", "CHAT_TEST_"];
/// The name of the Unix socket in the data directory, unless another path is given.
pub const SOCKET_NAME: &str = "server.sock";
/// The name of the database in the data directory, unless another one is given.
pub const DATABASE_NAME: &str = "chat.sqlite3";

/// The TCP listener in the clear when no listener is given.
const LISTEN_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 6667);
/// The TLS listener when no listener is given.
const LISTEN_TLS_DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 6697);

/// What an operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// What concerns the rules of the chat.
    pub rules: Settings,
    /// TCP addresses in the clear.
    pub listen: Vec<SocketAddr>,
    /// TCP addresses with TLS.
    pub listen_tls: Vec<SocketAddr>,
    /// TCP addresses for WebSockets in the clear: for a proxy on this machine.
    pub listen_websocket: Vec<SocketAddr>,
    /// TCP addresses for WebSockets with TLS.
    pub listen_websocket_tls: Vec<SocketAddr>,
    /// The pages that may connect by WebSocket.
    pub websocket_origins: Vec<String>,
    /// Loopback addresses where machines ask over HTTP how the server is.
    pub listen_http: Vec<SocketAddr>,
    /// The server's own Unix socket; none when it was turned off.
    pub socket: Option<PathBuf>,
    /// Where the database is. Secret, because a URL may hold a password; see [`masked_url`].
    pub database: Secret,
    /// How many connections to the database read.
    pub database_readers: usize,
    /// Whether the database must speak TLS, and who may vouch for its certificate.
    pub database_tls: bool,
    /// See [`Source::ca`].
    pub database_ca: Option<PathBuf>,
    /// Whether a start brings the tables up to date.
    pub migrate: bool,
    /// Where the server keeps its own files.
    pub data_dir: PathBuf,
    /// The certificate and its key, as PEM files; self-signed ones when none are given.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// How a line of the log looks.
    pub log_format: LogFormat,
    /// How long the server goes on without any connection; for ever when none.
    pub exit_when_idle: Option<Duration>,
    /// How long a stop may take.
    pub stop_timeout: Duration,
    /// How many connections are served at once. Beyond: turned away.
    pub connections_max: usize,
    /// How many of them from one address; 0: as many as there are.
    pub connections_per_address_max: usize,
    /// From where balancers connect, which say for whom (PROXY protocol).
    pub proxy_networks: Vec<IpNet>,
    /// How long a TLS handshake, or a balancer's word for whom it connects, may take.
    pub handshake_timeout: Duration,
    /// How much of a connection's lines may wait to be handled.
    pub inbox: InboxLimit,
    /// How fast a connection's lines are taken in.
    pub pace: PaceLimits,
    /// How much may wait for a slow reader.
    pub outbox: OutboxLimits,
    /// How the seed's table has its passwords, should it be found.
    pub seed_passwords: SeedPasswords,
    /// Whether messages go on by a spool while the database is away.
    pub spool: bool,
    /// For how long what was said is kept; for ever without rules.
    pub retention: Vec<Rule>,
    /// Where and how often the record's head is written down.
    pub anchors: AnchorSettings,
    /// What seems odd and is no fault.
    pub warnings: Vec<String>,
    given: Given,
}

/// What was given for each setting, to be compared with what is given later. Shows nothing, as there are secrets among it.
#[derive(Clone, Default, PartialEq, Eq)]
struct Given(BTreeMap<&'static str, Raw>);

impl fmt::Debug for Given {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Given(…)")
    }
}

/// Where and how often the record's head is written down.
#[derive(Clone, Debug)]
pub struct AnchorSettings {
    /// The file; only the log when there is none.
    pub file: Option<PathBuf>,
    /// How often; only at the server's stop when zero.
    pub interval: Duration,
}

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `chat-server.toml:12`, `CHAT_LISTEN`, `--listen`.
    pub place: String,
    /// What is wrong there; never holds a secret.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.reason)
    }
}

/// All faults of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<Fault>);

/// Where settings come from, beside the default.
#[derive(Default)]
pub struct Sources<'a> {
    /// The configuration file's path and content.
    pub file: Option<(&'a Path, &'a str)>,
    /// The variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Flags that were given: the setting's key and its value.
    pub flags: Vec<(&'static str, Raw)>,
}

impl Config {
    /// The default of a server that keeps its files in a directory.
    pub fn in_directory(data_dir: &Path) -> Self {
        Reader::new(data_dir).finish().expect("the default has no fault: a test reads it")
    }

    /// Reads and checks all settings; `data_dir` is the directory that is taken when none is given.
    pub fn read(sources: &Sources<'_>, data_dir: &Path) -> Result<Self, Faults> {
        let mut reader = Reader::new(data_dir);
        if let Some((path, content)) = sources.file {
            reader.read_file(path, content);
        }
        reader.read_environment(&sources.environment);
        for (key, raw) in &sources.flags {
            let flag = SETTINGS.iter().find(|setting| setting.key == *key).and_then(|setting| setting.flag);
            reader.apply(key, raw, &format!("--{}", flag.unwrap_or(key)));
        }
        if reader.draft.language.is_none() {
            reader.draft.language = Some(Language::from_environment(|name| {
                sources.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }));
        }
        reader.finish()
    }

    /// The database, as the store opens it.
    pub fn source(&self) -> Source {
        Source {
            url: self.database.clone(),
            readers: self.database_readers,
            tls: self.database_tls,
            ca: self.database_ca.clone(),
        }
    }

    /// The keys of settings that differ from those of `before` and count from the start of a server only.
    pub fn changed_at_start_only(&self, before: &Self) -> Vec<&'static str> {
        let at_start = SETTINGS.iter().filter(|setting| setting.at_start).map(|setting| setting.key);
        at_start.filter(|key| self.given.0.get(key) != before.given.0.get(key)).collect()
    }
}

/// Reads one source after the other, and remembers what is wrong with them.
struct Reader {
    draft: Draft,
    faults: Vec<Fault>,
    warnings: Vec<String>,
    given: Given,
}

impl Reader {
    fn new(data_dir: &Path) -> Self {
        Self { draft: Draft::new(data_dir), faults: Vec::new(), warnings: Vec::new(), given: Given::default() }
    }

    fn fault(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        self.faults.push(Fault { place: place.into(), reason: reason.into() });
    }

    fn read_file(&mut self, path: &Path, content: &str) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let place = |span: std::ops::Range<usize>| format!("{name}:{}", line_number(content, span.start));
        let (table, errors) = DeTable::parse_recoverable(content);
        for error in &errors {
            let place = place(error.span().unwrap_or(0..0));
            self.fault(place, error.message());
        }
        // What could be read of a file that is not whole TOML would only lead to faults that are none.
        if !errors.is_empty() {
            return;
        }
        // The table is sorted by key; people expect their faults from top to bottom.
        let mut entries: Vec<_> = table.get_ref().iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let place = place(key.span());
            match raw_of(value.get_ref()) {
                Ok(raw) => self.apply(key.get_ref(), &raw, &place),
                Err(reason) => {
                    // An unknown key is the fault to tell first, whatever stands behind it.
                    if SETTINGS.iter().any(|setting| setting.key == key.get_ref().as_ref()) {
                        self.fault(place, format!("{}: {reason}", key.get_ref()));
                    } else {
                        self.fault(place, unknown(key.get_ref()));
                    }
                }
            }
        }
    }

    fn read_environment(&mut self, environment: &[(String, String)]) {
        let ours = environment.iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX) && !is_foreign(name));
        let mut secrets_given = Vec::new();
        for (name, value) in ours {
            let key = name[VARIABLE_PREFIX.len()..].to_ascii_lowercase();
            let from_file = key
                .strip_suffix(FILE_SUFFIX)
                .and_then(|key| SETTINGS.iter().find(|setting| setting.secret && setting.key == key));
            let known = SETTINGS.iter().find(|setting| setting.key == key);
            let Some(setting) = from_file.or(known) else {
                // Container systems set variables of their own by a service's name: CHAT_PORT, CHAT_SERVICE_HOST.
                self.warnings.push(format!("{name}: no setting of this name"));
                continue;
            };
            if secrets_given.contains(&setting.key) {
                let reason = format!("is given twice: as {name} and as the variable beside it");
                self.fault(name, reason);
                continue;
            }
            secrets_given.push(setting.key);
            let value = match from_file {
                None => value.clone(),
                Some(_) => match std::fs::read_to_string(value) {
                    Ok(content) => content.trim_end_matches(['\r', '\n']).to_owned(),
                    Err(error) => {
                        self.fault(name, format!("cannot read {value}: {error}"));
                        continue;
                    }
                },
            };
            self.apply(setting.key, &Raw::Text(value), name);
        }
    }

    /// Applies one value. Its key is part of the reason unless the place says it already.
    fn apply(&mut self, key: &str, raw: &Raw, place: &str) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return self.fault(place, unknown(key));
        };
        let in_file = place.contains(':');
        match setting.kind.read(raw).and_then(|value| (setting.apply)(&mut self.draft, value)) {
            Ok(()) => drop(self.given.0.insert(setting.key, raw.clone())),
            Err(reason) => self.fault(place, if in_file { format!("{key}: {reason}") } else { reason }),
        }
    }

    /// Checks the settings against each other, and fills in the defaults that depend on others.
    fn finish(mut self) -> Result<Config, Faults> {
        let draft = &mut self.draft;
        let nothing_given = draft.listen.is_none() && draft.listen_tls.is_none() && draft.socket.is_none();
        let or_default = |given: Option<Vec<SocketAddr>>, default| {
            given.unwrap_or_else(|| if nothing_given { vec![default] } else { Vec::new() })
        };
        let config = Config {
            listen: or_default(draft.listen.take(), LISTEN_DEFAULT),
            listen_tls: or_default(draft.listen_tls.take(), LISTEN_TLS_DEFAULT),
            listen_websocket: std::mem::take(&mut draft.listen_websocket),
            listen_websocket_tls: std::mem::take(&mut draft.listen_websocket_tls),
            websocket_origins: std::mem::take(&mut draft.websocket_origins),
            listen_http: std::mem::take(&mut draft.listen_http),
            socket: match draft.socket.take() {
                None => Some(draft.data_dir.join(SOCKET_NAME)),
                Some(path) if path.is_empty() => None,
                Some(path) => Some(PathBuf::from(path)),
            },
            database: draft
                .database
                .take()
                .unwrap_or_else(|| Secret::new(format!("sqlite:{}", draft.data_dir.join(DATABASE_NAME).display()))),
            certificate: draft.tls_certificate.clone().zip(draft.tls_key.clone()),
            rules: Settings {
                language: draft.language.unwrap_or_default(),
                motd: draft.motd_file.take().or(draft.motd.take()).unwrap_or_default(),
                ..draft.rules.clone()
            },
            database_readers: draft.database_readers,
            database_tls: draft.database_tls,
            database_ca: draft.database_ca.clone(),
            migrate: draft.migrate,
            data_dir: draft.data_dir.clone(),
            log_format: draft.log_format,
            exit_when_idle: draft.exit_when_idle,
            stop_timeout: draft.stop_timeout,
            connections_max: draft.connections_max,
            connections_per_address_max: draft.connections_per_address_max,
            proxy_networks: draft.proxy_networks.clone(),
            handshake_timeout: draft.handshake_timeout,
            inbox: draft.inbox,
            pace: draft.pace,
            outbox: draft.outbox,
            seed_passwords: draft.seed_passwords,
            spool: draft.spool,
            retention: draft.retention.clone(),
            anchors: AnchorSettings { file: draft.anchor_file.clone(), interval: draft.anchor_interval },
            warnings: std::mem::take(&mut self.warnings),
            given: std::mem::take(&mut self.given),
        };
        self.check(&config);
        if self.faults.is_empty() { Ok(config) } else { Err(Faults(self.faults)) }
    }

    fn check(&mut self, config: &Config) {
        if config.listen.is_empty() && config.listen_tls.is_empty() && config.socket.is_none() {
            self.fault("listen", "nothing to listen on: give listen, listen_tls or socket");
        }
        if config.spool && config.database.expose().starts_with("sqlite:") {
            self.fault("spool", "is for MariaDB and MySQL: SQLite is as near as the spool itself");
        }
        if config.database_tls && config.database.expose().starts_with("sqlite:") {
            self.fault("database_tls", "is for MariaDB and MySQL: SQLite is a file");
        }
        if config.database_ca.is_some() && !config.database_tls {
            self.fault("database_ca", "is given, and database_tls = \"off\": say database_tls = \"required\"");
        }
        let is_reachable = |address: &&SocketAddr| !address.ip().to_canonical().is_loopback();
        if !self.draft.allow_plain_text_beyond_loopback {
            for (key, addresses, instead) in [
                ("listen", &config.listen, "listen_tls"),
                ("listen_websocket", &config.listen_websocket, "listen_websocket_tls"),
            ] {
                for address in addresses.iter().filter(is_reachable) {
                    let reason = format!(
                        "{address} can be reached by others, who could read along: use {instead}, or say \
                         allow_plain_text_beyond_loopback = true"
                    );
                    self.fault(key, reason);
                }
            }
        }
        for address in config.listen_http.iter().filter(is_reachable) {
            let reason = "can be reached by others: what watches the server sits on this machine, or behind a proxy that \
                          asks who is there";
            self.fault("listen_http", format!("{address} {reason}"));
        }
        if config.rules.sts.is_some() && config.listen_tls.is_empty() {
            self.fault("sts_port", "is given, and there is no listen_tls that clients could use instead");
        }
        match (&self.draft.tls_certificate, &self.draft.tls_key) {
            (Some(_), None) => self.fault("tls_key", "is missing: tls_certificate is given"),
            (None, Some(_)) => self.fault("tls_certificate", "is missing: tls_key is given"),
            _ => {}
        }
        if config.outbox.soft_bytes_max > config.outbox.hard_bytes_max {
            self.fault("outbox_soft_bytes_max", "is more than outbox_hard_bytes_max");
        }
    }
}

fn is_foreign(variable: &str) -> bool {
    FOREIGN_VARIABLES.iter().any(|foreign| match foreign.ends_with('_') {
        true => variable.starts_with(foreign),
        false => variable == *foreign,
    })
}

fn unknown(key: &str) -> String {
    format!("{key}: no setting of this name")
}

fn line_number(content: &str, offset: usize) -> usize {
    content.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// A value of the file as we know values.
fn raw_of(value: &DeValue<'_>) -> Result<Raw, String> {
    match value {
        DeValue::String(text) => Ok(Raw::Text(text.to_string())),
        DeValue::Boolean(switch) => Ok(Raw::Switch(*switch)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Raw::Number)
            .map_err(|_| format!("{number} is too large")),
        DeValue::Array(items) if items.iter().any(|item| matches!(item.get_ref(), DeValue::Table(_))) => {
            items.iter().map(|item| table_of(item.get_ref())).collect::<Result<_, _>>().map(Raw::Tables)
        }
        DeValue::Array(items) => items
            .iter()
            .map(|item| match item.get_ref() {
                DeValue::String(text) => Ok(text.to_string()),
                _ => Err("a list of texts is expected".to_owned()),
            })
            .collect::<Result<_, _>>()
            .map(Raw::List),
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => {
            Err("a text, a whole number, true or false, or a list of texts is expected".to_owned())
        }
    }
}

fn table_of(value: &DeValue<'_>) -> Result<RawTable, String> {
    let DeValue::Table(table) = value else { return Err("a list of tables is expected".to_owned()) };
    let entry = |(key, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
        let key: &std::borrow::Cow<'_, str> = key.get_ref();
        Ok((key.to_string(), raw_of(value.get_ref())?))
    };
    table.iter().map(entry).collect()
}

/// A database's URL without its password, for logs and for people.
pub fn masked_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    // A password may hold an @ that was not encoded: the last one before the path ends it.
    let authority_end = rest.rfind('@').unwrap_or(0);
    let (user, host) = rest.split_at(authority_end);
    match user.split_once(':') {
        Some((user, _)) => format!("{scheme}://{user}:***{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
