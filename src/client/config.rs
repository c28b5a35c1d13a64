//! The client's settings: flags above the configuration file above the defaults; and how a server's address is written.
//!
//! The file is TOML. Its keys come from one table, [`KEYS`]; unknown keys and bad values are reported all together.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use super::bindings::Preset;
use super::chord::Chord;
use super::event::Endpoint;
use super::keymap::{Change, Clash, Keymap, is_action};
use super::preferences::{Colors, Level, OPEN_WITH_AUTO, Preferences, Role, ThemeName, Way, color, named};
use crate::ground::texts::{Language, Texts};

/// The port for TLS when none is given (RFC 7194).
pub const TLS_PORT: u16 = 6697;
/// The port for plain text when none is given.
pub const PLAIN_PORT: u16 = 6667;

/// Which server the person wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerChoice {
    /// This user's own local server, started when none runs.
    #[default]
    Local,
    /// This one, and no other.
    At(Endpoint),
}

/// Why a text does not name a server. Each has a sentence in the texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerError {
    /// It has characters that no host's name has, or no host at all.
    BadHost,
    /// What stands behind the colon is not a port.
    BadPort,
    /// Plain text over a network, without having asked for it by `irc://`.
    PlainText,
}

impl ServerError {
    /// The id of its sentence.
    pub fn text_id(self) -> &'static str {
        match self {
            Self::BadHost => "form-error-server-host",
            Self::BadPort => "form-error-server-port",
            Self::PlainText => "form-error-server-plain-text",
        }
    }
}

impl ServerChoice {
    /// Reads what a person writes: nothing or `local`; a path to a Unix socket; `HOST`, `HOST:PORT`, `[IPV6]:PORT`; `ircs://…`
    /// for TLS; `irc://…` for plain text. Port 6667 means plain text, which is accepted for this very machine, and for others when
    /// `plain_text` says so.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str, plain_text: bool) -> Result<Self, ServerError> {
        let text = text.trim();
        if text.is_empty() || text.eq_ignore_ascii_case("local") {
            return Ok(Self::Local);
        }
        if let Some(path) = text.strip_prefix("unix:").or(text.starts_with('/').then_some(text)) {
            return Ok(Self::At(Endpoint::Local(PathBuf::from(path))));
        }
        let (asked_tls, rest) = match text.split_once("://") {
            Some(("ircs", rest)) => (Some(true), rest),
            Some(("irc", rest)) => (Some(false), rest),
            Some(_) => return Err(ServerError::BadHost),
            None => (plain_text.then_some(false), text),
        };
        let (host, port) = split_port(rest.trim_end_matches('/'))?;
        let is_address = host.parse::<IpAddr>().is_ok();
        let is_name = |part: &str| part.chars().all(|sign| sign.is_alphanumeric() || "-_.".contains(sign));
        if host.is_empty() || host.len() > 255 || !(is_address || is_name(host)) {
            return Err(ServerError::BadHost);
        }
        let tls = asked_tls.unwrap_or(port != Some(PLAIN_PORT));
        if !tls && asked_tls.is_none() && !is_loopback(host) {
            return Err(ServerError::PlainText);
        }
        let port = port.unwrap_or(if tls { TLS_PORT } else { PLAIN_PORT });
        Ok(Self::At(Endpoint::Tcp { host: host.to_owned(), port, tls }))
    }

    /// The id of the sentence that says what the server keeps of a person, before anything is known but where it is: a server
    /// elsewhere may be another program.
    pub fn recorded_text_id(&self) -> &'static str {
        match self {
            Self::Local | Self::At(Endpoint::Local(_)) => "form-recorded",
            Self::At(Endpoint::Tcp { .. }) => "form-recorded-elsewhere",
        }
    }

    /// The name under which a log-in at this server is remembered.
    pub fn key(&self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::At(endpoint) => endpoint.to_string(),
        }
    }
}

/// Splits `HOST:PORT`; a bare IPv6 address has no port.
fn split_port(text: &str) -> Result<(&str, Option<u16>), ServerError> {
    let number = |port: &str| match port.parse::<u16>() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(ServerError::BadPort),
    };
    if let Some(bracketed) = text.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(ServerError::BadHost)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, number(port)?)),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(ServerError::BadPort),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Ok((text, None)),
        Some((host, port)) => Ok((host, number(port)?)),
        None => Ok((text, None)),
    }
}

/// Whether a host is this very machine.
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// As it is written to [`ServerChoice::parse`], and unique: `host:port` for TLS, `irc://host:port` for plain text, a path for a
/// socket.
impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(formatter, "{}", path.display()),
            Self::Tcp { host, port, tls } => {
                let scheme = if *tls { "" } else { "irc://" };
                if host.contains(':') {
                    write!(formatter, "{scheme}[{host}]:{port}")
                } else {
                    write!(formatter, "{scheme}{host}:{port}")
                }
            }
        }
    }
}

/// What flags or the file say; what neither says is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// The server, as [`ServerChoice::parse`] reads it.
    pub server: Option<String>,
    /// The account to log in with.
    pub name: Option<String>,
    /// The language.
    pub language: Option<Language>,
    /// Plain text is accepted over a network.
    pub plain_text: Option<bool>,
    /// A local server is started when none runs.
    pub spawn: Option<bool>,
    /// Secrets of log-ins are kept in the desktop's keyring.
    pub keyring: Option<bool>,
    /// Others are told while the person writes.
    pub typing: Option<bool>,
    /// Clicks, drags and the wheel are the program's, not the terminal's.
    pub mouse: Option<bool>,
    /// What opens a link: a program and its arguments.
    pub open_with: Option<String>,
    /// What is said on servers without history is kept in files of this device.
    pub log: Option<bool>,
    /// The keys.
    pub keymap: Option<Keymap>,
    /// The theme.
    pub theme: Option<ThemeName>,
    /// Colours in the place of the theme's.
    pub colors: Option<Colors>,
    /// What conversations call the person for.
    pub notify: Option<Level>,
    /// By what the person is called.
    pub notify_by: Option<Vec<Way>>,
    /// The window gets a title.
    pub title: Option<bool>,
    /// After so many minutes without a key the person is away; 0 for never.
    pub away_after_minutes: Option<u64>,
    /// Further servers.
    pub servers: Vec<ServerTable>,
}

/// One `[[servers]]` of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerTable {
    /// The server, as [`ServerChoice::parse`] reads it.
    pub address: String,
    /// The account to log in with.
    pub name: Option<String>,
}

/// One key of the configuration file.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// The id of its explanation.
    pub help_id: &'static str,
    /// Takes a value; an error is the id of a sentence that says what is expected.
    apply: fn(&mut Choices, &toml::Value) -> Result<(), &'static str>,
}

/// The file that `chat-tui --print-config` prints: every setting with its default, commented out.
pub const EXAMPLE: &str = include_str!("../../assets/chat-tui.toml");

/// Every key of the configuration file.
pub const KEYS: &[Key] = &[
    Key {
        name: "server",
        help_id: "config-server",
        apply: |choices, value| {
            choices.server = Some(text(value)?);
            Ok(())
        },
    },
    Key {
        name: "name",
        help_id: "config-name",
        apply: |choices, value| {
            choices.name = Some(text(value)?);
            Ok(())
        },
    },
    Key {
        name: "language",
        help_id: "config-language",
        apply: |choices, value| {
            let tag = text(value)?;
            choices.language = Some(Language::from_tag(&tag).ok_or("config-expects-language")?);
            Ok(())
        },
    },
    Key {
        name: "plain_text",
        help_id: "config-plain-text",
        apply: |choices, value| {
            choices.plain_text = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "spawn",
        help_id: "config-spawn",
        apply: |choices, value| {
            choices.spawn = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "keyring",
        help_id: "config-keyring",
        apply: |choices, value| {
            choices.keyring = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "typing",
        help_id: "config-typing",
        apply: |choices, value| {
            choices.typing = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "mouse",
        help_id: "config-mouse",
        apply: |choices, value| {
            choices.mouse = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "log",
        help_id: "config-log",
        apply: |choices, value| {
            choices.log = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "open_with",
        help_id: "config-open-with",
        apply: |choices, value| {
            choices.open_with = Some(text(value)?);
            Ok(())
        },
    },
    Key {
        name: "theme",
        help_id: "config-theme",
        apply: |choices, value| {
            let theme = value.as_str().and_then(|name| named(ThemeName::ALL, name));
            choices.theme = Some(theme.ok_or("config-expects-theme")?);
            Ok(())
        },
    },
    Key {
        name: "notify",
        help_id: "config-notify",
        apply: |choices, value| {
            let level = value.as_str().and_then(|name| named(Level::ALL, name));
            choices.notify = Some(level.ok_or("config-expects-level")?);
            Ok(())
        },
    },
    Key {
        name: "notify_by",
        help_id: "config-notify-by",
        apply: |choices, value| {
            let names = value.as_array().ok_or("config-expects-ways")?;
            let ways = names.iter().map(|name| named(Way::ALL, name.as_str()?)).collect::<Option<Vec<Way>>>();
            choices.notify_by = Some(ways.ok_or("config-expects-ways")?);
            Ok(())
        },
    },
    Key {
        name: "title",
        help_id: "config-title",
        apply: |choices, value| {
            choices.title = Some(value.as_bool().ok_or("config-expects-bool")?);
            Ok(())
        },
    },
    Key {
        name: "away_after_minutes",
        help_id: "config-away-after-minutes",
        apply: |choices, value| {
            let minutes = value.as_integer().and_then(|minutes| u64::try_from(minutes).ok());
            choices.away_after_minutes = Some(minutes.ok_or("config-expects-minutes")?);
            Ok(())
        },
    },
    Key {
        name: "colors",
        help_id: "config-colors",
        apply: |choices, value| {
            let mut colors = Colors::default();
            for (name, value) in value.as_table().ok_or("config-expects-colors")? {
                let role = named(Role::ALL, name).ok_or("config-expects-colors")?;
                colors.set(role, color(value).ok_or("config-expects-colors")?);
            }
            choices.colors = Some(colors);
            Ok(())
        },
    },
    Key {
        name: "servers",
        help_id: "config-servers",
        apply: |choices, value| {
            for table in value.as_array().ok_or("config-expects-servers")? {
                let table = table.as_table().ok_or("config-expects-servers")?;
                if table.keys().any(|key| key != "address" && key != "name") {
                    return Err("config-expects-servers");
                }
                let text =
                    |key| table.get(key).map(|value| text(value).map_err(|_| "config-expects-servers")).transpose();
                let address = text("address")?.ok_or("config-expects-servers")?;
                choices.servers.push(ServerTable { address, name: text("name")? });
            }
            Ok(())
        },
    },
];

/// The table that holds the keys of the keyboard, and the id of its explanation.
pub const KEYS_TABLE: (&str, &str) = ("keys", "config-keys");

/// Reads the table `[keys]`: `preset`, and for each action that is changed its keys, one or a list.
fn keymap(table: &toml::Table, faults: &mut Vec<ConfigFault>) -> Option<Keymap> {
    let bad = |name: &str, expected| ConfigFault::BadValue(format!("keys.{name}"), expected);
    let mut preset = Preset::Default;
    let mut changes = Vec::new();
    for (name, value) in table {
        if name == "preset" {
            match value.as_str().and_then(Preset::find) {
                Some(found) => preset = found,
                None => faults.push(bad(name, "config-expects-preset")),
            }
            continue;
        }
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let chords: Option<Vec<Chord>> = values.iter().map(|value| Chord::parse(value.as_str()?)).collect();
        match chords {
            Some(chords) => changes.push(Change { name: name.clone(), chords }),
            // Who has written a key's name for an action's is told that there is no such action.
            None if !is_action(name) => faults.push(ConfigFault::Keys(Clash::UnknownAction(name.clone()))),
            None => faults.push(bad(name, "config-expects-keys")),
        }
    }
    match Keymap::changed(preset, &changes) {
        Ok(keymap) => Some(keymap),
        Err(clashes) => {
            faults.extend(clashes.into_iter().map(ConfigFault::Keys));
            None
        }
    }
}

fn text(value: &toml::Value) -> Result<String, &'static str> {
    value.as_str().map(str::to_owned).ok_or("config-expects-text")
}

/// A fault of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFault {
    /// Not TOML: what the parser says, with its line.
    Syntax(String),
    /// No such key.
    UnknownKey(String),
    /// Keys that cannot be as they are wanted.
    Keys(Clash),
    /// A bad value: the key, and the id of a sentence that says what is expected.
    BadValue(String, &'static str),
}

impl ConfigFault {
    /// The setting that it is about, with the table that it stands in.
    fn key(&self) -> Option<String> {
        match self {
            Self::Syntax(_) => None,
            Self::UnknownKey(key) | Self::BadValue(key, _) => Some(key.clone()),
            Self::Keys(Clash::UnknownAction(name) | Clash::SameKey(_, name, _) | Clash::Taken(_, _, name)) => {
                Some(format!("keys.{name}"))
            }
        }
    }

    /// The fault as a sentence, with its line in the file.
    pub fn explain_in(&self, content: &str, texts: &Texts) -> String {
        let sentence = self.explain(texts);
        match self.key().and_then(|key| line_of(content, &key)) {
            Some(line) => texts.format("config-line", &[("line", line.into()), ("fault", sentence.into())]),
            None => sentence,
        }
    }

    /// The fault as a sentence.
    pub fn explain(&self, texts: &Texts) -> String {
        match self {
            Self::Syntax(reason) => texts.format("config-syntax", &[("reason", reason.as_str().into())]),
            Self::Keys(Clash::UnknownAction(name)) => {
                texts.format("config-unknown-key", &[("key", format!("keys.{name}").into())])
            }
            Self::Keys(Clash::Taken(chord, one, other)) => {
                let names = [("key", chord.name(texts).into()), ("one", one.as_str().into())];
                texts.format("config-key-taken", &[&names[..], &[("other", other.as_str().into())]].concat())
            }
            Self::Keys(Clash::SameKey(chord, one, other)) => {
                let names = [("key", chord.name(texts).into()), ("one", one.as_str().into())];
                texts.format("config-same-key", &[&names[..], &[("other", other.as_str().into())]].concat())
            }
            Self::UnknownKey(key) => texts.format("config-unknown-key", &[("key", key.as_str().into())]),
            Self::BadValue(key, expected_id) => {
                let expected = texts.get(expected_id);
                texts.format("config-bad-value", &[("key", key.as_str().into()), ("expected", expected.into())])
            }
        }
    }
}

/// The line on which a setting stands; `table.name` for one in a table.
fn line_of(content: &str, key: &str) -> Option<usize> {
    let document = toml::de::DeTable::parse(content).ok()?;
    let (first, second) = key.split_once('.').map_or((key, None), |(first, second)| (first, Some(second)));
    let (found, value) = document.get_ref().iter().find(|(name, _)| name.get_ref() == first)?;
    let inner = second.and_then(|second| {
        let table = value.get_ref().as_table()?;
        table.iter().find(|(name, _)| name.get_ref() == second).map(|(name, _)| name.span().start)
    });
    let start = inner.unwrap_or(found.span().start);
    Some(content.get(..start)?.matches('\n').count() + 1)
}

impl Choices {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// All faults together, in the order of their lines.
    pub fn parse(content: &str) -> Result<Self, Vec<ConfigFault>> {
        let table: toml::Table =
            content.parse().map_err(|error: toml::de::Error| vec![ConfigFault::Syntax(error.to_string())])?;
        let mut choices = Self::default();
        let mut faults = Vec::new();
        for (name, value) in &table {
            if let (true, Some(table)) = (name == KEYS_TABLE.0, value.as_table()) {
                choices.keymap = keymap(table, &mut faults);
                continue;
            }
            match KEYS.iter().find(|key| key.name == name) {
                None => faults.push(ConfigFault::UnknownKey(name.clone())),
                Some(key) => {
                    if let Err(expected) = (key.apply)(&mut choices, value) {
                        faults.push(ConfigFault::BadValue(name.clone(), expected));
                    }
                }
            }
        }
        faults.sort_by_key(|fault| fault.key().and_then(|key| line_of(content, &key)));
        if faults.is_empty() { Ok(choices) } else { Err(faults) }
    }
}

/// Who sits in front of the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// A person with an account.
    #[default]
    Person,
    /// The operator's console: logs in by the peer's uid, speaks as "the server".
    Console,
}

/// The checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The server.
    pub server: ServerChoice,
    /// The account to log in with, when one was given.
    pub name: Option<String>,
    /// The language.
    pub language: Language,
    /// Plain text is accepted over a network.
    pub plain_text: bool,
    /// A local server is started when none runs.
    pub spawn: bool,
    /// Secrets of log-ins are kept in the desktop's keyring, where there is one.
    pub keyring: bool,
    /// Who sits in front of it.
    pub mode: Mode,
    /// Others are told while the person writes.
    pub typing: bool,
    /// Clicks, drags and the wheel are the program's, not the terminal's.
    pub mouse: bool,
    /// What opens a link: a program and its arguments. Nothing: links are copied.
    pub open_with: Option<String>,
    /// What is said on servers without history is kept in files of this device.
    pub log: bool,
    /// The keys.
    pub keymap: Keymap,
    /// The theme.
    pub theme: ThemeName,
    /// Colours in the place of the theme's.
    pub colors: Colors,
    /// What conversations call the person for.
    pub notify: Level,
    /// By what the person is called.
    pub notify_by: Vec<Way>,
    /// The window gets a title.
    pub title: bool,
    /// After so many minutes without a key the person is away; 0 for never.
    pub away_after_minutes: u64,
    /// Further servers, each with the account to log in with when one is named.
    pub servers: Vec<(ServerChoice, Option<String>)>,
}

impl Settings {
    /// Those that can change while the program runs.
    pub fn preferences(self) -> Preferences {
        let Self { keymap, theme, colors, notify, notify_by, title, away_after_minutes, typing, open_with, .. } = self;
        Preferences { keymap, theme, colors, notify, notify_by, title, away_after_minutes, typing, open_with }
    }

    /// Takes those over.
    pub fn prefer(&mut self, preferences: Preferences) {
        let Preferences { keymap, theme, colors, notify, notify_by, title, away_after_minutes, typing, open_with } =
            preferences;
        (self.keymap, self.theme, self.colors) = (keymap, theme, colors);
        (self.notify, self.notify_by, self.title) = (notify, notify_by, title);
        (self.away_after_minutes, self.typing, self.open_with) = (away_after_minutes, typing, open_with);
    }

    /// What stands above the configuration file in the operator's console, which speaks for the server.
    pub fn console_flags() -> Choices {
        let (typing, away_after_minutes, log) = (Some(false), Some(0), Some(false));
        let (spawn, keyring) = (Some(false), Some(false));
        Choices { typing, away_after_minutes, log, spawn, keyring, ..Choices::default() }
    }

    /// Those of the operator's console, over the server's socket: the person's own, but for servers, log-ins and the language,
    /// which is the server's.
    pub fn console(socket: PathBuf, language: Language, file: Choices) -> Self {
        let (server, flags) = (ServerChoice::At(Endpoint::Local(socket)), Self::console_flags());
        Self { language, ..Self::talking_to(server, flags, file, language, Mode::Console) }
    }

    /// Puts the flags above the file above the defaults. `language` is the environment's.
    ///
    /// # Errors
    /// When the server is not one.
    pub fn resolve(flags: Choices, mut file: Choices, language: Language, mode: Mode) -> Result<Self, ServerError> {
        let plain_text = flags.plain_text.or(file.plain_text).unwrap_or(false);
        // A server that a flag names is the only one.
        let tables = if flags.server.is_some() { Vec::new() } else { std::mem::take(&mut file.servers) };
        let parse = |table: ServerTable| Ok((ServerChoice::parse(&table.address, plain_text)?, table.name));
        let mut servers = tables.into_iter().map(parse).collect::<Result<Vec<_>, ServerError>>()?;
        let mut name = flags.name.clone().or(file.name.take());
        let server = match flags.server.clone().or(file.server.take()) {
            Some(server) => ServerChoice::parse(&server, plain_text)?,
            None if servers.is_empty() => ServerChoice::default(),
            None => {
                let (server, account) = servers.remove(0);
                name = account.or(name);
                server
            }
        };
        servers.retain(|(other, _)| *other != server);
        let name = name.filter(|name| !name.is_empty());
        Ok(Self { name, servers, ..Self::talking_to(server, flags, file, language, mode) })
    }

    /// All but the log-in and further servers.
    fn talking_to(server: ServerChoice, flags: Choices, file: Choices, language: Language, mode: Mode) -> Self {
        Self {
            server,
            name: None,
            language: flags.language.or(file.language).unwrap_or(language),
            plain_text: flags.plain_text.or(file.plain_text).unwrap_or(false),
            spawn: flags.spawn.or(file.spawn).unwrap_or(true),
            keyring: flags.keyring.or(file.keyring).unwrap_or(true),
            mode,
            typing: flags.typing.or(file.typing).unwrap_or(true),
            mouse: flags.mouse.or(file.mouse).unwrap_or(true),
            log: flags.log.or(file.log).unwrap_or(true),
            open_with: flags
                .open_with
                .or(file.open_with)
                .or_else(|| Some(OPEN_WITH_AUTO.to_owned()))
                .filter(|program| !program.trim().is_empty()),
            keymap: flags.keymap.or(file.keymap).unwrap_or_default(),
            theme: flags.theme.or(file.theme).unwrap_or_default(),
            colors: flags.colors.or(file.colors).unwrap_or_default(),
            notify: flags.notify.or(file.notify).unwrap_or_default(),
            notify_by: flags.notify_by.or(file.notify_by).unwrap_or_else(|| vec![Way::Auto]),
            title: flags.title.or(file.title).unwrap_or(true),
            away_after_minutes: flags.away_after_minutes.or(file.away_after_minutes).unwrap_or(0),
            servers: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
