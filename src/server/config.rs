//! What an operator decides, read once into one checked value.
//!
//! A setting comes from a flag, else from the environment, else from the file, else it has its default. All faults are
//! reported together, each with its place: the line of the file, the variable or the flag. `assets/chat-server.toml` is the
//! documented default, and a test holds the two equal.

mod table;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::outbox::OutboxLimits;
use crate::chat::settings::Settings;
use crate::ground::texts::Language;
use crate::proto::secret::Secret;
use table::SETTINGS;

pub use crate::ground::telemetry::Format as LogFormat;

/// The commented default file.
pub const DEFAULT_FILE: &str = include_str!("../../assets/chat-server.toml");
/// What the variables of the environment begin with; the rest is the key in capitals.
pub const VARIABLE_PREFIX: &str = "CHAT_";
/// Behind the name of a secret's variable: the variable names a file that holds the secret.
const FILE_SUFFIX: &str = "_FILE";
/// Variables with our prefix that are read elsewhere.
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
    /// The server's own Unix socket; none when it was turned off.
    pub socket: Option<PathBuf>,
    /// Where the database is. Secret, because a URL may hold a password; see [`masked_url`].
    pub database: Secret,
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
    /// How much may wait for a slow reader.
    pub outbox: OutboxLimits,
    /// What seems odd and is no fault.
    pub warnings: Vec<String>,
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

/// A value as its source wrote it.
#[derive(Clone, PartialEq, Eq)]
pub enum Raw {
    /// A text, to be read as whatever the setting is.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
    /// A whole number.
    Number(i64),
    /// True or false.
    Switch(bool),
}

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

/// The settings as given so far, before they are checked against each other.
#[derive(Debug)]
struct Draft {
    config: Config,
    listen: Option<Vec<SocketAddr>>,
    listen_tls: Option<Vec<SocketAddr>>,
    socket: Option<String>,
    allow_plain_text_beyond_loopback: bool,
    database: Option<Secret>,
    tls_certificate: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    language: Option<Language>,
}

impl Config {
    /// The default of a server that keeps its files in a directory.
    pub fn in_directory(data_dir: &Path) -> Self {
        let no_faults = "the default has no fault: a test reads it";
        Draft::new(data_dir).check(&mut Vec::new()).expect(no_faults)
    }

    /// Reads and checks all settings; `data_dir` is the directory that is taken when none is given.
    pub fn read(sources: &Sources<'_>, data_dir: &Path) -> Result<Self, Faults> {
        let mut draft = Draft::new(data_dir);
        let mut faults = Vec::new();
        if let Some((path, content)) = sources.file {
            draft.apply_file(path, content, &mut faults);
        }
        draft.apply_environment(&sources.environment, &mut faults);
        for (key, raw) in &sources.flags {
            let place =
                format!("--{}", SETTINGS.iter().find(|s| s.key == *key).map_or(*key, |s| s.flag.unwrap_or(s.key)));
            draft.apply(key, raw, &place, &mut faults);
        }
        if draft.language.is_none() {
            draft.language = Some(Language::from_environment(|name| {
                sources.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            }));
        }
        let checked = draft.check(&mut faults);
        checked.filter(|_| faults.is_empty()).ok_or(Faults(faults))
    }
}

impl Draft {
    fn new(data_dir: &Path) -> Self {
        let config = Config {
            rules: Settings::default(),
            listen: Vec::new(),
            listen_tls: Vec::new(),
            socket: None,
            database: Secret::new(""),
            data_dir: data_dir.to_owned(),
            certificate: None,
            log_format: LogFormat::default(),
            exit_when_idle: None,
            stop_timeout: Duration::from_secs(10),
            connections_max: 20_000,
            outbox: OutboxLimits::default(),
            warnings: Vec::new(),
        };
        Self {
            config,
            listen: None,
            listen_tls: None,
            socket: None,
            allow_plain_text_beyond_loopback: false,
            database: None,
            tls_certificate: None,
            tls_key: None,
            language: None,
        }
    }

    fn apply_file(&mut self, path: &Path, content: &str, faults: &mut Vec<Fault>) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let place = |span: std::ops::Range<usize>| format!("{name}:{}", line_number(content, span.start));
        let (table, errors) = DeTable::parse_recoverable(content);
        for error in &errors {
            let place = place(error.span().unwrap_or(0..0));
            faults.push(Fault { place, reason: error.message().to_owned() });
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
                Ok(raw) => self.apply(key.get_ref(), &raw, &place, faults),
                Err(reason) => {
                    // An unknown key is the fault to tell first, whatever stands behind it.
                    if SETTINGS.iter().any(|setting| setting.key == key.get_ref().as_ref()) {
                        faults.push(Fault { place, reason: format!("{}: {reason}", key.get_ref()) });
                    } else {
                        faults.push(unknown(key.get_ref(), place));
                    }
                }
            }
        }
    }

    fn apply_environment(&mut self, environment: &[(String, String)], faults: &mut Vec<Fault>) {
        let ours = environment.iter().filter(|(name, _)| {
            name.starts_with(VARIABLE_PREFIX) && !FOREIGN_VARIABLES.iter().any(|foreign| name.starts_with(foreign))
        });
        let mut secrets_given = Vec::new();
        for (name, value) in ours {
            let key = name[VARIABLE_PREFIX.len()..].to_ascii_lowercase();
            let from_file = name.strip_suffix(FILE_SUFFIX).and_then(|name| {
                let key = name[VARIABLE_PREFIX.len()..].to_ascii_lowercase();
                SETTINGS.iter().find(|setting| setting.secret && setting.key == key)
            });
            let known = SETTINGS.iter().find(|setting| setting.key == key);
            let Some(setting) = from_file.or(known) else {
                // Container systems set variables of their own by a service's name: CHAT_PORT, CHAT_SERVICE_HOST.
                self.config.warnings.push(format!("{name}: no setting of this name"));
                continue;
            };
            if secrets_given.contains(&setting.key) {
                let reason = format!("is given twice: as {name} and as the variable beside it");
                faults.push(Fault { place: name.clone(), reason });
                continue;
            }
            secrets_given.push(setting.key);
            let value = match from_file {
                None => value.clone(),
                Some(_) => match std::fs::read_to_string(value) {
                    Ok(content) => content.trim_end_matches(['\r', '\n']).to_owned(),
                    Err(error) => {
                        faults.push(Fault { place: name.clone(), reason: format!("cannot read {value}: {error}") });
                        continue;
                    }
                },
            };
            self.apply(setting.key, &Raw::Text(value), name, faults);
        }
    }

    /// Applies one value. Its key is part of the reason unless the place says it already.
    fn apply(&mut self, key: &str, raw: &Raw, place: &str, faults: &mut Vec<Fault>) {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            return faults.push(unknown(key, place.to_owned()));
        };
        let in_file = place.contains(':');
        if let Err(reason) = setting.kind.read(raw).and_then(|value| (setting.apply)(self, value)) {
            let reason = if in_file { format!("{key}: {reason}") } else { reason };
            faults.push(Fault { place: place.to_owned(), reason });
        }
    }

    /// Checks the settings against each other, and fills in the defaults that depend on others.
    fn check(mut self, faults: &mut Vec<Fault>) -> Option<Config> {
        let mut fault = |key: &str, reason: String| faults.push(Fault { place: key.to_owned(), reason });
        let nothing_given = self.listen.is_none() && self.listen_tls.is_none() && self.socket.is_none();
        let or_default = |given: Option<Vec<SocketAddr>>, default| {
            given.unwrap_or_else(|| if nothing_given { vec![default] } else { Vec::new() })
        };
        self.config.listen = or_default(self.listen.take(), LISTEN_DEFAULT);
        self.config.listen_tls = or_default(self.listen_tls.take(), LISTEN_TLS_DEFAULT);
        self.config.socket = match self.socket.take() {
            None => Some(self.config.data_dir.join(SOCKET_NAME)),
            Some(path) if path.is_empty() => None,
            Some(path) => Some(PathBuf::from(path)),
        };
        if self.config.listen.is_empty() && self.config.listen_tls.is_empty() && self.config.socket.is_none() {
            fault("listen", "nothing to listen on: give listen, listen_tls or socket".to_owned());
        }
        if !self.allow_plain_text_beyond_loopback {
            for address in self.config.listen.iter().filter(|address| !address.ip().to_canonical().is_loopback()) {
                let reason = format!(
                    "{address} can be reached by others, who could read along: use listen_tls, or say \
                     allow_plain_text_beyond_loopback = true"
                );
                fault("listen", reason);
            }
        }
        self.config.certificate = match (self.tls_certificate.take(), self.tls_key.take()) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            (Some(_), None) => {
                fault("tls_key", "is missing: tls_certificate is given".to_owned());
                None
            }
            (None, Some(_)) => {
                fault("tls_certificate", "is missing: tls_key is given".to_owned());
                None
            }
        };
        let default_database = || Secret::new(format!("sqlite:{}", self.config.data_dir.join(DATABASE_NAME).display()));
        self.config.database = self.database.take().unwrap_or_else(default_database);
        self.config.rules.language = self.language.unwrap_or_default();
        if self.config.outbox.soft_bytes_max > self.config.outbox.hard_bytes_max {
            fault("outbox_soft_bytes_max", "is more than outbox_hard_bytes_max".to_owned());
        }
        Some(self.config)
    }
}

fn unknown(key: &str, place: String) -> Fault {
    Fault { place, reason: format!("{key}: no setting of this name") }
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
