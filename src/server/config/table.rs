//! The settings, one line each: what a key is called, how its value is written, and where it goes.

use std::io::Read as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;

use super::raw::{Raw, RawTable};
use super::{filters, operators, retention};
use crate::chat::settings::{IpBinding, Registration, Settings};
use crate::ground::telemetry::Format;
use crate::ground::texts::Language;
use crate::proto::casemapping::CaseMapping;
use crate::proto::names::{ChannelName, Nick};
use crate::proto::secret::Secret;
use crate::server::outbox::{INBOX_BYTES_LEAST, INBOX_BYTES_MOST, InboxLimit, OutboxLimits};
use crate::server::pace::PaceLimits;
use crate::store::SeedPasswords;
use crate::store::audit::retain::Rule;
use crate::store::source::READERS_DEFAULT;

/// The settings as given so far, before they are checked against each other. None: not given, and the default depends on
/// others.
#[derive(Debug)]
pub(super) struct Draft {
    pub rules: Settings,
    pub listen: Option<Vec<SocketAddr>>,
    pub listen_tls: Option<Vec<SocketAddr>>,
    pub listen_websocket: Vec<SocketAddr>,
    pub listen_websocket_tls: Vec<SocketAddr>,
    pub websocket_origins: Vec<String>,
    pub listen_http: Vec<SocketAddr>,
    pub socket: Option<String>,
    pub allow_plain_text_beyond_loopback: bool,
    pub database: Option<Secret>,
    pub database_readers: usize,
    pub database_tls: bool,
    pub database_ca: Option<PathBuf>,
    pub migrate: bool,
    pub data_dir: PathBuf,
    pub tls_certificate: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub language: Option<Language>,
    pub motd: Option<Vec<String>>,
    pub motd_file: Option<Vec<String>>,
    pub log_format: Format,
    pub exit_when_idle: Option<Duration>,
    pub stop_timeout: Duration,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub proxy_networks: Vec<IpNet>,
    pub handshake_timeout: Duration,
    pub inbox: InboxLimit,
    pub pace: PaceLimits,
    pub outbox: OutboxLimits,
    pub seed_passwords: SeedPasswords,
    pub spool: bool,
    pub retention: Vec<Rule>,
    pub anchor_file: Option<PathBuf>,
    pub anchor_interval: Duration,
}

impl Draft {
    /// Nothing given yet.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            rules: Settings::default(),
            listen: None,
            listen_tls: None,
            listen_websocket: Vec::new(),
            listen_websocket_tls: Vec::new(),
            websocket_origins: Vec::new(),
            listen_http: Vec::new(),
            socket: None,
            allow_plain_text_beyond_loopback: false,
            database: None,
            database_readers: READERS_DEFAULT,
            database_tls: false,
            database_ca: None,
            migrate: true,
            data_dir: data_dir.to_owned(),
            tls_certificate: None,
            tls_key: None,
            language: None,
            motd: None,
            motd_file: None,
            log_format: Format::default(),
            exit_when_idle: None,
            stop_timeout: Duration::from_secs(10),
            connections_max: 20_000,
            connections_per_address_max: 64,
            proxy_networks: Vec::new(),
            handshake_timeout: Duration::from_secs(10),
            inbox: InboxLimit::default(),
            pace: PaceLimits::default(),
            outbox: OutboxLimits::default(),
            seed_passwords: SeedPasswords::default(),
            spool: false,
            retention: Vec::new(),
            anchor_file: None,
            anchor_interval: Duration::from_secs(60 * 60),
        }
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    List,
    Number,
    Switch,
    Tables,
}

/// A value read as its setting's kind says.
#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
    Number(u64),
    Switch(bool),
    Tables(Vec<RawTable>),
}

impl Kind {
    /// Reads a value. A text stands for any kind, as the environment and the flags have nothing else: a list's items are
    /// separated by commas there.
    pub(super) fn read(self, raw: &Raw) -> Result<Value, String> {
        match (self, raw) {
            (Self::Text, Raw::Text(text)) => Ok(Value::Text(text.clone())),
            (Self::List, Raw::List(items)) => Ok(Value::List(items.clone())),
            (Self::List, Raw::Text(text)) => Ok(Value::List(
                text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect(),
            )),
            (Self::Number, Raw::Number(number)) => {
                u64::try_from(*number).map(Value::Number).map_err(|_| format!("{number} is less than 0"))
            }
            (Self::Number, Raw::Text(text)) => {
                text.trim().parse().map(Value::Number).map_err(|_| format!("{text:?} is not a whole number"))
            }
            (Self::Switch, Raw::Switch(switch)) => Ok(Value::Switch(*switch)),
            (Self::Switch, Raw::Text(text)) => match text.trim() {
                "true" | "yes" | "on" | "1" => Ok(Value::Switch(true)),
                "false" | "no" | "off" | "0" => Ok(Value::Switch(false)),
                _ => Err(format!("{text:?} is neither true nor false")),
            },
            (Self::Tables, Raw::Tables(tables)) => Ok(Value::Tables(tables.clone())),
            // What `key = []` says.
            (Self::Tables, Raw::List(items)) if items.is_empty() => Ok(Value::Tables(Vec::new())),
            (Self::Tables, _) => Err("tables are expected, which only a file has, such as [[operators]]".to_owned()),
            (Self::Text, _) => Err("a text in quotes is expected".to_owned()),
            (Self::List, _) => Err("a list of texts is expected: [\"…\", \"…\"]".to_owned()),
            (Self::Number, _) => Err("a whole number is expected".to_owned()),
            (Self::Switch, _) => Err("true or false is expected".to_owned()),
        }
    }
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            _ => String::new(),
        }
    }

    fn list(self) -> Vec<String> {
        match self {
            Self::List(items) => items,
            _ => Vec::new(),
        }
    }

    fn tables(self) -> Vec<RawTable> {
        match self {
            Self::Tables(tables) => tables,
            _ => Vec::new(),
        }
    }

    fn switch(self) -> bool {
        matches!(self, Self::Switch(true))
    }

    /// A number between two bounds, both included.
    fn number(self, least: u64, most: u64) -> Result<u64, String> {
        match self {
            Self::Number(number) if (least..=most).contains(&number) => Ok(number),
            Self::Number(number) => Err(format!("{number} is not between {least} and {most}")),
            _ => Ok(least),
        }
    }

    fn count(self, least: u64, most: u64) -> Result<usize, String> {
        self.number(least, most).map(|number| usize::try_from(number).unwrap_or(usize::MAX))
    }

    fn attempts(self) -> Result<u32, String> {
        self.number(0, 1_000_000).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    fn seconds(self, least: u64, most: u64) -> Result<Duration, String> {
        self.number(least, most).map(Duration::from_secs)
    }
}

/// One setting.
pub(super) struct Setting {
    /// Its key in the file; in capitals behind `CHAT_` its variable.
    pub key: &'static str,
    /// The flag that sets it, when there is one of another name.
    pub flag: Option<&'static str>,
    /// How its value is written.
    pub kind: Kind,
    /// Whether its variable may name a file instead (`…_FILE`), and its value is never shown.
    pub secret: bool,
    /// Whether it counts from the server's start only, however often the settings are read again.
    pub at_start: bool,
    /// Where it goes.
    pub apply: fn(&mut Draft, Value) -> Result<(), String>,
}

const fn setting(key: &'static str, kind: Kind, apply: fn(&mut Draft, Value) -> Result<(), String>) -> Setting {
    Setting { key, flag: None, kind, secret: false, at_start: false, apply }
}

/// A setting that counts from the server's start only.
const fn at_start(key: &'static str, kind: Kind, apply: fn(&mut Draft, Value) -> Result<(), String>) -> Setting {
    Setting { at_start: true, ..setting(key, kind, apply) }
}

/// Puts a value that may be faulty in its place.
macro_rules! put {
    ($place:expr, $value:expr) => {{
        let value: Result<_, String> = $value;
        $place = value?;
        Ok(())
    }};
}

/// A bound of the rules, between two numbers that are both included. Texts are bounded so that each fits into its longest line.
macro_rules! limit {
    ($key:ident, $least:literal, $most:literal) => {
        setting(stringify!($key), Kind::Number, |draft, value| {
            put!(draft.rules.limits.$key, value.count($least, $most))
        })
    };
}

/// All settings, in the order in which the commented file explains them.
pub(super) const SETTINGS: &[Setting] = &[
    at_start("listen", Kind::List, |draft, value| put!(draft.listen, addresses(value.list()).map(Some))),
    Setting {
        flag: Some("listen-tls"),
        ..at_start("listen_tls", Kind::List, |draft, value| put!(draft.listen_tls, addresses(value.list()).map(Some)))
    },
    at_start("listen_websocket", Kind::List, |draft, value| put!(draft.listen_websocket, addresses(value.list()))),
    at_start("listen_websocket_tls", Kind::List, |draft, value| {
        put!(draft.listen_websocket_tls, addresses(value.list()))
    }),
    at_start("websocket_origins", Kind::List, |draft, value| put!(draft.websocket_origins, origins(value.list()))),
    at_start("listen_http", Kind::List, |draft, value| put!(draft.listen_http, addresses(value.list()))),
    at_start("socket", Kind::Text, |draft, value| put!(draft.socket, Ok(Some(value.text())))),
    at_start("allow_plain_text_beyond_loopback", Kind::Switch, |draft, value| {
        put!(draft.allow_plain_text_beyond_loopback, Ok(value.switch()))
    }),
    setting("sts_port", Kind::Number, |draft, value| {
        let port = value.number(0, 65_535).map(|port| u16::try_from(port).unwrap_or_default())?;
        draft.rules.sts = (port > 0).then_some(port);
        Ok(())
    }),
    setting("sts_duration_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.sts_duration, value.seconds(0, 315_360_000))
    }),
    setting("tls_certificate", Kind::Text, |draft, value| put!(draft.tls_certificate, path(value).map(Some))),
    setting("tls_key", Kind::Text, |draft, value| put!(draft.tls_key, path(value).map(Some))),
    Setting {
        secret: true,
        ..at_start("database", Kind::Text, |draft, value| put!(draft.database, database(value.text()).map(Some)))
    },
    at_start("database_readers", Kind::Number, |draft, value| put!(draft.database_readers, value.count(1, 64))),
    at_start("database_tls", Kind::Text, |draft, value| {
        put!(
            draft.database_tls,
            match value.text().as_str() {
                "required" => Ok(true),
                "off" => Ok(false),
                other => Err(format!("{other:?} is neither \"required\" nor \"off\"")),
            }
        )
    }),
    at_start("database_ca", Kind::Text, |draft, value| {
        let path = value.text();
        put!(draft.database_ca, Ok(Some(path).filter(|path| !path.is_empty()).map(PathBuf::from)))
    }),
    at_start("migrate", Kind::Text, |draft, value| {
        put!(
            draft.migrate,
            match value.text().as_str() {
                "at_start" => Ok(true),
                "never" => Ok(false),
                other => Err(format!("{other:?} is neither \"at_start\" nor \"never\"")),
            }
        )
    }),
    Setting {
        flag: Some("data-dir"),
        ..at_start("data_dir", Kind::Text, |draft, value| put!(draft.data_dir, path(value)))
    },
    at_start("seed_passwords", Kind::Text, |draft, value| {
        put!(
            draft.seed_passwords,
            match value.text().as_str() {
                "detect" => Ok(SeedPasswords::Detect),
                "base64" => Ok(SeedPasswords::Base64),
                "plain" => Ok(SeedPasswords::Plain),
                other => Err(format!("{other:?} is none of \"detect\", \"base64\" and \"plain\"")),
            }
        )
    }),
    at_start("spool", Kind::Switch, |draft, value| put!(draft.spool, Ok(value.switch()))),
    at_start("anchor_file", Kind::Text, |draft, value| {
        let path = value.text();
        put!(draft.anchor_file, Ok(Some(path).filter(|path| !path.is_empty()).map(PathBuf::from)))
    }),
    at_start("anchor_interval_seconds", Kind::Number, |draft, value| {
        put!(draft.anchor_interval, value.seconds(0, 31_536_000))
    }),
    at_start("server_name", Kind::Text, |draft, value| put!(draft.rules.server_name, server_name(value.text()))),
    setting("network_name", Kind::Text, |draft, value| put!(draft.rules.network_name, word(value.text()))),
    at_start("correspondent", Kind::Text, |draft, value| {
        put!(draft.rules.correspondent, Nick::new(&value.text()).map_err(|error| error.to_string()))
    }),
    setting("description", Kind::Text, |draft, value| put!(draft.rules.description, line(value.text()))),
    setting("admin", Kind::List, |draft, value| put!(draft.rules.admin, admin(value.list()))),
    setting("motd", Kind::Text, |draft, value| put!(draft.motd, motd(&value.text()).map(Some))),
    setting("motd_file", Kind::Text, |draft, value| put!(draft.motd_file, motd_file(&value.text()))),
    Setting {
        flag: Some("lang"),
        ..at_start("language", Kind::Text, |draft, value| {
            let tag = value.text();
            put!(draft.language, Language::from_tag(&tag).map(Some).ok_or(format!("{tag:?} is neither en nor fr")))
        })
    },
    setting("auto_channels", Kind::List, |draft, value| {
        let read = |name: &String| ChannelName::new(name).map_err(|error| format!("{name:?}: {error}"));
        put!(draft.rules.auto_channels, value.list().iter().map(read).collect::<Result<_, _>>())
    }),
    Setting {
        secret: true,
        ..setting("connection_password", Kind::Text, |draft, value| {
            put!(draft.rules.connection_password, connection_password(value.text()))
        })
    },
    setting("operators", Kind::Tables, |draft, value| put!(draft.rules.operators, operators::read(value.tables()))),
    setting("filters", Kind::Tables, |draft, value| put!(draft.rules.filters, filters::read(value.tables()))),
    setting("waiting_room_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.waiting_room_time, value.seconds(0, 86_400))
    }),
    setting("guests", Kind::Switch, |draft, value| put!(draft.rules.guests, Ok(value.switch()))),
    setting("nick_equals_account", Kind::Switch, |draft, value| {
        put!(draft.rules.nick_equals_account, Ok(value.switch()))
    }),
    setting("casemapping", Kind::Text, |draft, value| {
        put!(
            draft.rules.casemapping,
            match value.text().as_str() {
                "precis" => Ok(CaseMapping::Precis),
                "ascii" => Ok(CaseMapping::Ascii),
                other => Err(format!("{other:?} is neither \"precis\" nor \"ascii\"")),
            }
        )
    }),
    setting("refuse_confusable_names", Kind::Switch, |draft, value| {
        put!(draft.rules.refuse_confusable_names, Ok(value.switch()))
    }),
    setting("password_chars_min", Kind::Number, |draft, value| {
        put!(draft.rules.password_chars_min, value.count(1, 128))
    }),
    setting("ip_binding", Kind::Text, |draft, value| {
        put!(
            draft.rules.ip_binding,
            match value.text().as_str() {
                "strict" => Ok(IpBinding::Strict),
                "off" => Ok(IpBinding::Off),
                other => Err(format!("{other:?} is neither \"strict\" nor \"off\"")),
            }
        )
    }),
    setting("trusted_networks", Kind::List, |draft, value| put!(draft.rules.trusted_networks, networks(value.list()))),
    setting("proxy_networks", Kind::List, |draft, value| put!(draft.proxy_networks, networks(value.list()))),
    setting("failed_logins_per_address_max", Kind::Number, |draft, value| {
        put!(draft.rules.failed_logins_per_address_max, value.attempts())
    }),
    setting("failed_logins_per_account_max", Kind::Number, |draft, value| {
        put!(draft.rules.failed_logins_per_account_max, value.attempts())
    }),
    setting("failed_login_window_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.failed_login_window, value.seconds(1, 86_400))
    }),
    setting("registration", Kind::Text, |draft, value| {
        put!(
            draft.rules.registration,
            match value.text().as_str() {
                "open" => Ok(Registration::Open),
                "invitation" => Ok(Registration::Invitation),
                "closed" => Ok(Registration::Closed),
                other => Err(format!("{other:?} is none of \"open\", \"invitation\" and \"closed\"")),
            }
        )
    }),
    Setting {
        secret: true,
        ..setting("invitation_codes", Kind::List, |draft, value| {
            put!(draft.rules.invitation_codes, value.list().into_iter().map(invitation_code).collect::<Result<_, _>>())
        })
    },
    setting("registrations_per_address_max", Kind::Number, |draft, value| {
        put!(draft.rules.registrations_per_address_max, value.attempts())
    }),
    setting("registration_window_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.registration_window, value.seconds(1, 86_400))
    }),
    setting("limit_loopback", Kind::Switch, |draft, value| put!(draft.rules.limit_loopback, Ok(value.switch()))),
    setting("handshake_timeout_seconds", Kind::Number, |draft, value| {
        put!(draft.handshake_timeout, value.seconds(1, 600))
    }),
    setting("registration_timeout_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.registration_timeout, value.seconds(1, 3_600))
    }),
    setting("keepalive_interval_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.keepalive_interval, value.seconds(1, 86_400))
    }),
    setting("ping_timeout_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.ping_timeout, value.seconds(1, 86_400))
    }),
    setting("history_page_max", Kind::Number, |draft, value| {
        put!(draft.rules.history_page_max, value.number(1, 10_000).map(|number| number as u32))
    }),
    setting("multiline_bytes_max", Kind::Number, |draft, value| {
        put!(draft.rules.multiline_bytes_max, value.count(512, 65_536))
    }),
    setting("multiline_lines_max", Kind::Number, |draft, value| {
        put!(draft.rules.multiline_lines_max, value.count(2, 1_000))
    }),
    setting("replay_messages_max", Kind::Number, |draft, value| {
        put!(draft.rules.replay_messages_max, value.number(0, 10_000).map(|number| number as u32))
    }),
    setting("redaction_window_seconds", Kind::Number, |draft, value| {
        put!(draft.rules.redaction_window, value.seconds(0, 10_000_000_000))
    }),
    setting("channels_per_account_max", Kind::Number, |draft, value| {
        put!(draft.rules.channels_per_account_max, value.count(0, 100_000))
    }),
    setting("channels_max", Kind::Number, |draft, value| put!(draft.rules.channels_max, value.count(0, 10_000_000))),
    setting("topic_bytes_max", Kind::Number, |draft, value| put!(draft.rules.topic_bytes_max, value.count(1, 390))),
    limit!(nick_bytes_max, 1, 32),
    limit!(realname_bytes_max, 1, 180),
    limit!(away_bytes_max, 1, 370),
    limit!(reason_bytes_max, 1, 320),
    limit!(targets_max, 1, 1_000),
    limit!(mode_changes_max, 1, 100),
    limit!(list_entries_max, 1, 100_000),
    limit!(monitored_max, 1, 100_000),
    limit!(list_replies_max, 1, 1_000_000),
    limit!(who_replies_max, 1, 1_000_000),
    limit!(sessions_per_account_max, 0, 1_000_000),
    limit!(devices_per_account_max, 0, 1_000_000),
    limit!(addresses_per_account_max, 0, 1_000_000),
    limit!(login_failures_per_connection_max, 0, 1_000_000),
    limit!(registrations_per_connection_max, 0, 1_000_000),
    limit!(metadata_keys_max, 0, 10_000),
    limit!(metadata_value_bytes_max, 1, 250),
    limit!(metadata_subscriptions_max, 0, 10_000),
    setting("connections_max", Kind::Number, |draft, value| put!(draft.connections_max, value.count(1, 10_000_000))),
    setting("connections_per_address_max", Kind::Number, |draft, value| {
        put!(draft.connections_per_address_max, value.count(0, 10_000_000))
    }),
    setting("lines_per_second_max", Kind::Number, |draft, value| {
        put!(draft.pace.lines_per_second_max, value.number(0, 1_000_000).map(|number| number as u32))
    }),
    setting("lines_burst_max", Kind::Number, |draft, value| {
        put!(draft.pace.lines_burst_max, value.number(1, 1_000_000).map(|number| number as u32))
    }),
    setting("inbox_bytes_max", Kind::Number, |draft, value| {
        let bytes = value.count(INBOX_BYTES_LEAST as u64, INBOX_BYTES_MOST as u64);
        put!(draft.inbox, bytes.map(InboxLimit::of_bytes))
    }),
    setting("outbox_soft_bytes_max", Kind::Number, |draft, value| {
        put!(draft.outbox.soft_bytes_max, value.count(4_096, 1 << 30))
    }),
    setting("outbox_hard_bytes_max", Kind::Number, |draft, value| {
        put!(draft.outbox.hard_bytes_max, value.count(65_536, 1 << 30))
    }),
    at_start("stop_timeout_seconds", Kind::Number, |draft, value| put!(draft.stop_timeout, value.seconds(1, 600))),
    at_start("exit_when_idle_seconds", Kind::Number, |draft, value| {
        let read = value.seconds(0, 31_536_000);
        put!(draft.exit_when_idle, read.map(|idle| Some(idle).filter(|idle| !idle.is_zero())))
    }),
    Setting {
        flag: Some("log-format"),
        ..at_start("log_format", Kind::Text, |draft, value| {
            put!(
                draft.log_format,
                match value.text().as_str() {
                    "text" => Ok(Format::Text),
                    "json" => Ok(Format::Json),
                    other => Err(format!("{other:?} is neither \"text\" nor \"json\"")),
                }
            )
        })
    },
    at_start("retention", Kind::Tables, |draft, value| put!(draft.retention, retention::read(&value.tables()))),
];

fn addresses(items: Vec<String>) -> Result<Vec<SocketAddr>, String> {
    let read = |item: &String| {
        item.parse()
            .map_err(|_| format!("{item:?} is not an address with its port, such as 127.0.0.1:6667 or [::1]:6667"))
    };
    items.iter().map(read).collect()
}

/// The most bytes of a file that holds the message of the day.
const MOTD_FILE_BYTES_MAX: u64 = 64 * 1_024;
/// The most bytes of one of its lines, so that each fits into a line with what stands before it.
const MOTD_LINE_BYTES_MAX: usize = 400;

fn motd(text: &str) -> Result<Vec<String>, String> {
    let lines: Vec<String> = text.lines().map(|line| line.replace('\t', "    ")).collect();
    match lines.iter().position(|line| line.len() > MOTD_LINE_BYTES_MAX || line.contains(['\0', '\r'])) {
        Some(place) => Err(format!("line {} is longer than {MOTD_LINE_BYTES_MAX} bytes or holds NUL or CR", place + 1)),
        None => Ok(lines),
    }
}

/// The lines of the file of this name; an empty name stands for none.
fn motd_file(path: &str) -> Result<Option<Vec<String>>, String> {
    if path.is_empty() {
        return Ok(None);
    }
    let mut content = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(MOTD_FILE_BYTES_MAX).read_to_string(&mut content));
    read.map_err(|error| format!("cannot read {path}: {error}"))?;
    motd(&content).map(Some)
}

/// A text that stands in one line.
fn line(text: String) -> Result<String, String> {
    const LINE_BYTES_MAX: usize = 200;
    if text.is_empty() || text.len() > LINE_BYTES_MAX || text.contains(char::is_control) {
        return Err(format!("{text:?} is not one line of at most {LINE_BYTES_MAX} bytes"));
    }
    Ok(text)
}

fn admin(lines: Vec<String>) -> Result<Vec<String>, String> {
    if lines.len() > 3 {
        return Err("more than three lines".to_owned());
    }
    lines.into_iter().map(line).collect()
}

fn networks(items: Vec<String>) -> Result<Vec<IpNet>, String> {
    let read = |text: &String| text.parse().map_err(|_| format!("{text:?} is not a network such as 10.0.0.0/8"));
    items.iter().map(read).collect()
}

/// Pages as browsers name them: a scheme, a host and perhaps a port; or `*`.
fn origins(items: Vec<String>) -> Result<Vec<String>, String> {
    let is_origin = |item: &str| match item.split_once("://") {
        Some((scheme, host)) => !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' ']),
        None => item == "*" || item == "null",
    };
    match items.iter().find(|item| !is_origin(item)) {
        Some(item) => Err(format!("{item:?} is neither an origin such as https://chat.example.org nor *")),
        None => Ok(items),
    }
}

fn path(value: Value) -> Result<PathBuf, String> {
    match value.text() {
        empty if empty.is_empty() => Err("a path is expected".to_owned()),
        path => Ok(PathBuf::from(path)),
    }
}

/// The code of an invitation: one word, so that it can stand in a line.
fn invitation_code(code: String) -> Result<Secret, String> {
    let is_word =
        !code.contains(|c: char| c.is_whitespace() || c.is_control()) && !code.starts_with(':') && code != "*";
    // Never repeats it.
    if is_word && (8..=200).contains(&code.len()) {
        Ok(Secret::new(code))
    } else {
        Err("a code is one word of 8 to 200 bytes".to_owned())
    }
}

/// What stands behind `PASS`; an empty text stands for none.
fn connection_password(text: String) -> Result<Option<Secret>, String> {
    if text.len() > 300 || text.chars().any(char::is_control) {
        return Err("is longer than 300 bytes, or holds a control character".to_owned());
    }
    Ok(Some(text).filter(|text| !text.is_empty()).map(Secret::new))
}

/// The URL itself is read by the store; here only what would not even name a database is refused. Never repeats it.
fn database(url: String) -> Result<Secret, String> {
    let known = ["sqlite:", "mysql://", "mariadb://"];
    if known.iter().any(|scheme| url.starts_with(scheme) && url.len() > scheme.len()) {
        Ok(Secret::new(url))
    } else {
        Err("expected sqlite:PATH or mysql://USER:PASSWORD@HOST/DATABASE".to_owned())
    }
}

/// A name that stands in front of lines: it must not be taken for a nick, and blanks would end it.
fn server_name(name: String) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-');
    if name.contains('.') && name.len() <= 63 && name.chars().all(allowed) && name.split('.').all(is_label) {
        Ok(name)
    } else {
        Err(format!(
            "{name:?} is not a server name: letters, digits and hyphens with a dot, at most 63, such as chat.example.org"
        ))
    }
}

fn word(text: String) -> Result<String, String> {
    if text.is_empty() || text.len() > 63 || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Err(format!("{text:?} is not one word of at most 63 bytes"))
    } else {
        Ok(text)
    }
}
