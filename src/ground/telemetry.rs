//! Where the programs' own logs go, in which form, and how much of them.
//!
//! Set up once, by the programs. What may be logged is decided where it is logged: never a password, a token or the text
//! of a message.

use std::fmt::{Debug, Write as _};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Mutex;

use tracing::field::Field;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::paths::{self, PathError};

/// The environment variable that says how much is logged: `debug`, or `info,chat_tui::server=trace`.
pub const FILTER_VARIABLE: &str = "CHAT_LOG";
/// What is logged when nothing is said: our own events, and the libraries' only when something is wrong.
pub const FILTER_DEFAULT: &str = "warn,chat_tui=info";

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Where the log goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Destination {
    /// The standard error stream.
    #[default]
    StandardError,
    /// The end of a file, made with mode 0600 when it is missing.
    File(PathBuf),
}

/// What a program wants of its log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How a line looks.
    pub format: Format,
    /// Where the lines go.
    pub destination: Destination,
    /// How much is logged, unless [`FILTER_VARIABLE`] is set; [`FILTER_DEFAULT`] when neither says anything.
    pub filter: Option<String>,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be read.
    #[error("{origin}: {filter:?} is not a log filter: {reason}")]
    BadFilter {
        /// Who gave the filter: the variable's name, or `log filter` for the settings.
        origin: &'static str,
        /// The filter.
        filter: String,
        /// What is wrong with it.
        reason: ParseError,
    },
    /// The file cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A log was set up before.
    #[error("the log is set up already")]
    AlreadySetUp,
}

/// What reads the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// A person, a file, or another program.
    Anybody {
        /// Whether colours are welcome.
        ansi: bool,
    },
    /// The journal of systemd: it keeps the time by itself, and takes the level from the line's beginning.
    Journal,
}

/// Sets up the log of this process. Call it once, in the program.
pub fn set_up(settings: &Settings) -> Result<(), TelemetryError> {
    let filter = filter(settings, std::env::var(FILTER_VARIABLE).ok())?;
    let (writer, reader) = match &settings.destination {
        Destination::StandardError => {
            let is_terminal = std::io::stderr().is_terminal();
            let ansi = may_colour(is_terminal, std::env::var_os("NO_COLOR").as_deref());
            let is_journal = is_journal(std::env::var("JOURNAL_STREAM").ok().as_deref(), std::io::stderr());
            (BoxMakeWriter::new(std::io::stderr), if is_journal { Reader::Journal } else { Reader::Anybody { ansi } })
        }
        Destination::File(path) => {
            let file = Mutex::new(paths::append_private_file(path)?);
            (BoxMakeWriter::new(file), Reader::Anybody { ansi: false })
        }
    };
    subscriber(settings.format, filter, writer, reader).try_init().map_err(|_| TelemetryError::AlreadySetUp)
}

/// The filter in force. An empty variable counts as none.
fn filter(settings: &Settings, variable: Option<String>) -> Result<EnvFilter, TelemetryError> {
    let variable = variable.filter(|value| !value.trim().is_empty());
    let (origin, text) = match (variable, &settings.filter) {
        (Some(variable), _) => (FILTER_VARIABLE, variable),
        (None, Some(setting)) => ("log filter", setting.clone()),
        (None, None) => ("log filter", FILTER_DEFAULT.to_owned()),
    };
    EnvFilter::builder().parse(&text).map_err(|reason| TelemetryError::BadFilter { origin, filter: text, reason })
}

/// Colours are for terminals, and for people who did not ask to be spared them (<https://no-color.org>).
fn may_colour(is_terminal: bool, no_color: Option<&std::ffi::OsStr>) -> bool {
    is_terminal && no_color.is_none_or(std::ffi::OsStr::is_empty)
}

fn subscriber(
    format: Format,
    filter: EnvFilter,
    writer: BoxMakeWriter,
    reader: Reader,
) -> Box<dyn Subscriber + Send + Sync> {
    let ansi = reader == Reader::Anybody { ansi: true };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(ansi);
    // Where the log cannot be written (a full disk, a pipe that nobody reads any more), saying so on standard error fails
    // too, and whoever logged would end by that.
    let builder = builder.log_internal_errors(false);
    match (format, reader) {
        (Format::Text, Reader::Anybody { .. }) => Box::new(builder.fmt_fields(fields()).finish()),
        (Format::Json, Reader::Anybody { .. }) => Box::new(builder.json().finish()),
        (Format::Text, Reader::Journal) => {
            let builder = builder.fmt_fields(fields()).without_time().with_level(false);
            Box::new(builder.map_event_format(WithPriority).finish())
        }
        (Format::Json, Reader::Journal) => Box::new(builder.json().map_event_format(WithPriority).finish()),
    }
}

/// Fields as text. Names, reasons and errors come from outside: none of them ends the line or steers a terminal.
fn fields() -> impl for<'a> FormatFields<'a> + Send + Sync + 'static {
    let each = debug_fn(|writer: &mut Writer<'_>, field: &Field, value: &dyn Debug| {
        let mut harmless = Harmless(writer);
        match field.name() {
            "message" => write!(harmless, "{value:?}"),
            name => write!(harmless, "{name}={value:?}"),
        }
    });
    each.delimited(" ")
}

/// Writes what it is given, with an escape in the place of each character that is not text.
struct Harmless<'a, 'w>(&'a mut Writer<'w>);

impl std::fmt::Write for Harmless<'_, '_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let steers = |c: char| {
            c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        for piece in text.split_inclusive(steers) {
            match piece.char_indices().next_back().filter(|(_, last)| steers(*last)) {
                Some((at, last)) => write!(self.0, "{}{}", &piece[..at], last.escape_default())?,
                None => self.0.write_str(piece)?,
            }
        }
        Ok(())
    }
}

/// Puts the level before each line in the way that the journal reads it. Specification: sd-daemon(3), "Logging".
struct WithPriority<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithPriority<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> std::fmt::Result {
        writer.write_str(priority(*event.metadata().level()))?;
        self.0.format_event(context, writer, event)
    }
}

fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
    }
}

/// Whether a stream leads to the journal: its variable names the stream's device and number. A program that was started by
/// a service inherits the variable, with a stream of its own. Specification: systemd.exec(5), `$JOURNAL_STREAM`.
fn is_journal(variable: Option<&str>, stream: impl std::os::fd::AsFd) -> bool {
    let named = variable.and_then(|variable| variable.split_once(':'));
    named.is_some_and(|(device, number)| {
        rustix::fs::fstat(stream)
            .is_ok_and(|found| device.parse() == Ok(found.st_dev) && number.parse() == Ok(found.st_ino))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What one event looks like in a log file.
    fn logged(format: Format, reader: Reader) -> String {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let writer = BoxMakeWriter::new(Mutex::new(paths::append_private_file(&path).unwrap()));
        let filter = filter(&Settings::default(), None).unwrap();
        tracing::subscriber::with_default(subscriber(format, filter, writer, reader), || {
            tracing::info!(port = 6667, "le serveur est démarré...");
            tracing::debug!("not by default");
            tracing::info!(target: "rustls", "the libraries are quiet");
        });
        std::fs::read_to_string(path).unwrap()
    }

    #[test]
    fn a_line_of_text() {
        let text = logged(Format::Text, Reader::Anybody { ansi: false });
        assert!(text.contains("INFO") && text.contains("le serveur est démarré... port=6667"), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(logged(Format::Text, Reader::Anybody { ansi: true }).contains('\x1b'));
    }

    #[test]
    fn no_text_from_outside_steers_the_terminal_or_writes_a_line_of_its_own() {
        let hostile = "x\r\n2026 INFO forged\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}1A\u{202e}";
        for format in [Format::Text, Format::Json] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("log");
            let writer = BoxMakeWriter::new(Mutex::new(paths::append_private_file(&path).unwrap()));
            let filter = filter(&Settings::default(), None).unwrap();
            tracing::subscriber::with_default(
                subscriber(format, filter, writer, Reader::Anybody { ansi: false }),
                || {
                    tracing::info!(name = hostile, quoted = ?hostile, shown = %hostile, "said {hostile}");
                },
            );
            let text = std::fs::read_to_string(path).unwrap();
            let line = text.strip_suffix('\n').unwrap();
            // JSON is for programs; it escapes what would end its line.
            let is_text = format == Format::Text;
            let steers = |c: char| c.is_ascii_control() || is_text && (c.is_control() || c == '\u{202e}');
            assert!(!line.contains(steers), "{text:?}");
        }
    }

    #[test]
    fn a_line_of_json() {
        let text = logged(Format::Json, Reader::Anybody { ansi: false });
        assert!(text.starts_with('{') && text.ends_with("}\n"), "{text}");
        assert!(text.contains(r#""port":6667"#) && text.contains(r#""message":"le serveur est démarré...""#), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn the_journal_gets_the_level_before_the_line_and_no_time() {
        let text = logged(Format::Text, Reader::Journal);
        assert_eq!(text, "<6>chat_tui::ground::telemetry::tests: le serveur est démarré... port=6667\n");
        let json = logged(Format::Json, Reader::Journal);
        assert!(json.starts_with("<6>{") && json.contains(r#""port":6667"#), "{json}");
    }

    #[test]
    fn a_connections_span_stands_beside_its_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        for (format, expected) in [
            (Format::Text, "connection{conn=7 account=\"ann\"}"),
            (Format::Json, r#""span":{"account":"ann","conn":7,"name":"connection"}"#),
        ] {
            let writer = BoxMakeWriter::new(Mutex::new(paths::append_private_file(&path).unwrap()));
            let filter = filter(&Settings::default(), None).unwrap();
            let reader = Reader::Anybody { ansi: false };
            tracing::subscriber::with_default(subscriber(format, filter, writer, reader), || {
                let span = tracing::info_span!("connection", conn = 7, account = tracing::field::Empty);
                span.in_scope(|| {
                    tracing::Span::current().record("account", "ann");
                    tracing::info!("logged in");
                });
            });
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn only_the_stream_that_the_variable_names_is_the_journal() {
        let file = tempfile::tempfile().unwrap();
        let found = rustix::fs::fstat(&file).unwrap();
        let named = format!("{}:{}", found.st_dev, found.st_ino);
        assert!(is_journal(Some(&named), &file));
        for other in [None, Some(""), Some("1"), Some("1:2"), Some("x:y")] {
            assert!(!is_journal(other, &file), "{other:?}");
        }
    }

    #[test]
    fn the_variable_comes_before_the_setting() {
        let settings = Settings { filter: Some("error".into()), ..Settings::default() };
        let of = |settings: &Settings, variable: Option<&str>| {
            filter(settings, variable.map(str::to_owned)).map(|filter| filter.to_string())
        };
        assert_eq!(of(&settings, Some("debug")).unwrap(), "debug");
        assert_eq!(of(&settings, Some(" ")).unwrap(), "error");
        assert_eq!(of(&settings, None).unwrap(), "error");
        assert!(of(&Settings::default(), None).unwrap().contains("chat_tui=info"));
        let error = of(&settings, Some("chat_tui=loud")).unwrap_err().to_string();
        assert!(error.starts_with("CHAT_LOG: \"chat_tui=loud\""), "{error}");
    }

    #[test]
    fn no_colours_off_a_terminal_or_when_not_wanted() {
        assert!(may_colour(true, None));
        assert!(may_colour(true, Some("".as_ref())));
        assert!(!may_colour(true, Some("1".as_ref())));
        assert!(!may_colour(false, None));
    }
}
