//! `chat-tui`: the terminal client. Flags and file → settings → run → exit code.
//!
//! With a hidden flag the same program is this user's own local server, which the client starts when none runs.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chat_tui::client::config::{Choices, EXAMPLE, Mode, Settings};
use chat_tui::client::errand::{Ending, Errand, ID_BYTES_MAX, TAIL_LINES, TAIL_LINES_MAX, Task};
use chat_tui::client::event::Exit;
use chat_tui::client::keyring::desktop;
use chat_tui::client::local::{SERVE_FLAG, Spawn};
use chat_tui::client::shell::{ConfigFile, Options};
use chat_tui::client::{lines, run};
use chat_tui::ground::pages;
use chat_tui::ground::paths::Directories;
use chat_tui::ground::telemetry::{self, Destination};
use chat_tui::ground::texts::{Language, Texts};
use chat_tui::ground::tls;
use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// Hidden: writes the manual page and the completions into a directory, for packages.
const PAGES_FLAG: &str = "--write-pages";
/// Something went wrong while it ran.
const EXIT_FAILURE: u8 = 1;
/// A flag, a variable or the configuration file is wrong.
const EXIT_USAGE: u8 = 2;
/// `send` and `tail`: no way to the server, or no log-in for it.
const EXIT_UNREACHABLE: u8 = 3;
/// `send` and `tail`: the server did not want it.
const EXIT_REFUSED: u8 = 4;
/// `send`: it was sent and not confirmed.
const EXIT_UNKNOWN: u8 = 5;

fn main() -> ExitCode {
    tls::install_provider();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == SERVE_FLAG) {
        return serve_local();
    }
    if arguments.get(1).is_some_and(|first| first == PAGES_FLAG) {
        return write_pages(arguments.get(2));
    }
    let texts = Texts::new(language(&arguments));
    let matches = match command(&texts).try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return usage(&error),
    };
    if matches.get_flag("print-config") {
        print!("{EXAMPLE}");
        return ExitCode::SUCCESS;
    }
    match start(&matches, &texts) {
        Ok(()) => ExitCode::SUCCESS,
        Err((sentence, code)) => fail(&sentence, code),
    }
}

fn write_pages(directory: Option<&OsString>) -> ExitCode {
    let Some(directory) = directory else { return fail("into which directory?", EXIT_USAGE) };
    match pages::write(&command(&Texts::new(Language::English)), Path::new(directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error.to_string(), EXIT_FAILURE),
    }
}

/// A sentence for the person, and the exit code.
type Refusal = (String, u8);

fn fail(sentence: &str, code: u8) -> ExitCode {
    eprintln!("chat-tui: {sentence}");
    ExitCode::from(code)
}

fn usage(error: &clap::Error) -> ExitCode {
    // `--help` and `--version` are errors to clap; they go to standard output. Where that is closed, nobody reads it.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => ExitCode::from(EXIT_USAGE),
    }
}

/// The language of the help and of the faults of flags: as `--lang` says when it is given, else the environment.
fn language(arguments: &[OsString]) -> Language {
    let mut given = None;
    for (index, argument) in arguments.iter().enumerate() {
        let Some(argument) = argument.to_str() else { continue };
        if argument == "--lang" {
            given = arguments.get(index + 1).and_then(|next| next.to_str());
        } else if let Some(value) = argument.strip_prefix("--lang=") {
            given = Some(value);
        }
    }
    let variable = std::env::var("CHAT_TUI_LANG").ok();
    given.or(variable.as_deref()).and_then(Language::from_tag).unwrap_or_else(environment_language)
}

fn environment_language() -> Language {
    Language::from_environment(|name| std::env::var(name).ok())
}

/// The flags, with their help in the language of `texts`.
fn command(texts: &Texts) -> Command {
    let text = |id: &str| texts.get(id).into_owned();
    let flag = |name: &'static str, help: &str| Arg::new(name).long(name).help(text(help)).action(ArgAction::SetTrue);
    let option = |name: &'static str, value: &str, variable: &'static str, help: &str| {
        Arg::new(name).long(name).value_name(text(value)).env(variable).hide_env(true).help(text(help))
    };
    let file = value_parser!(PathBuf);
    let (usage, options) = (texts.get("cli-tui-usage"), texts.get("cli-tui-options"));
    let (commands, arguments) = (texts.get("cli-tui-commands"), texts.get("cli-tui-arguments"));
    let template = format!(
        "{{about}}\n\n{usage}\n  {{usage}}\n\n{commands}\n{{subcommands}}\n\n{options}\n{{options}}{{after-help}}"
    );
    let of_errand = format!(
        "{{about}}\n\n{usage}\n  {{usage}}\n\n{arguments}\n{{positionals}}\n\n{options}\n{{options}}{{after-help}}"
    );
    let errand = |name: &'static str, about: &str, more: &str| {
        let target = Arg::new("target").value_name(text("cli-tui-value-target")).required(true);
        Command::new(name)
            .about(text(about))
            .after_help(format!("{}\n\n{}", text(more), text("cli-tui-errand-codes")))
            .help_template(of_errand.clone())
            .disable_help_flag(true)
            .arg(target.help(text("cli-tui-target")))
            .arg(flag("create", "cli-tui-create"))
    };
    let send = errand("send", "cli-tui-send", "cli-tui-send-more")
        .arg(Arg::new("text").value_name(text("cli-tui-value-text")).num_args(0..).help(text("cli-tui-text")))
        .arg(
            Arg::new("id")
                .long("id")
                .value_name(text("cli-tui-value-id"))
                .value_parser(idempotency_id)
                .help(text("cli-tui-id")),
        );
    let tail = errand("tail", "cli-tui-tail", "cli-tui-tail-more")
        .arg(
            Arg::new("lines")
                .long("lines")
                .short('n')
                .value_name("N")
                .value_parser(value_parser!(u64).range(0..=TAIL_LINES_MAX as u64))
                .help(
                    texts.format("cli-tui-lines", &[("count", TAIL_LINES.into()), ("maximum", TAIL_LINES_MAX.into())]),
                ),
        )
        .arg(flag("follow", "cli-tui-follow").short('f'));
    Command::new("chat-tui")
        .version(env!("CARGO_PKG_VERSION"))
        .about(text("cli-tui-about"))
        .after_help(text("cli-tui-more"))
        .help_template(template)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommands([send, tail])
        .arg(option("server", "cli-tui-value-server", "CHAT_TUI_SERVER", "cli-tui-server").global(true))
        .arg(option("name", "cli-tui-value-name", "CHAT_TUI_NAME", "cli-tui-name").global(true))
        .arg(
            flag("no-spawn", "cli-tui-no-spawn")
                .env("CHAT_TUI_NO_SPAWN")
                .global(true)
                .hide_env(true)
                .value_parser(clap::builder::FalseyValueParser::new()),
        )
        .arg(flag("plain", "cli-tui-plain"))
        .arg(flag("print-config", "cli-tui-print-config"))
        .arg(flag("allow-plain-text", "cli-tui-allow-plain-text").global(true))
        .arg(
            option("lang", "cli-tui-value-lang", "CHAT_TUI_LANG", "cli-tui-lang")
                .value_parser(PossibleValuesParser::new(["en", "fr"]))
                .global(true)
                .hide_possible_values(true),
        )
        .arg(
            option("config", "cli-tui-value-file", "CHAT_TUI_CONFIG", "cli-tui-config")
                .value_parser(file.clone())
                .global(true),
        )
        .arg(option("log", "cli-tui-value-file", "CHAT_TUI_LOG", "cli-tui-log").value_parser(file).global(true))
        .arg(Arg::new("version").long("version").short('V').help(text("cli-tui-version")).action(ArgAction::Version))
        .arg(Arg::new("help").long("help").short('h').help(text("cli-tui-help")).action(ArgAction::Help).global(true))
}

/// A name by which a message is sent once: a word of printable ASCII.
fn idempotency_id(word: &str) -> Result<String, String> {
    let is_word = !word.is_empty() && word.len() <= ID_BYTES_MAX && word.bytes().all(|byte| byte.is_ascii_graphic());
    if is_word { Ok(word.to_owned()) } else { Err(format!("1..={ID_BYTES_MAX} × !..~")) }
}

/// What a script wants to have done, if one does.
fn errand(matches: &ArgMatches) -> Option<Errand> {
    let (name, arguments) = matches.subcommand()?;
    let task = match name {
        "send" => {
            let words: Vec<&str> =
                arguments.get_many::<String>("text").unwrap_or_default().map(String::as_str).collect();
            let text = (!matches!(words[..], [] | ["-"])).then(|| words.join(" "));
            Task::Send { text, id: arguments.get_one("id").cloned() }
        }
        _ => {
            let count = arguments.get_one::<u64>("lines").and_then(|count| usize::try_from(*count).ok());
            Task::Tail { count: count.unwrap_or(TAIL_LINES), is_followed: arguments.get_flag("follow") }
        }
    };
    Some(Errand::new(arguments.get_one::<String>("target")?.clone(), task, arguments.get_flag("create")))
}

/// Runs the errand, and says how it went.
fn run_errand(options: &Options, errand: Errand, texts: &Texts) -> Result<(), Refusal> {
    let ending = lines::run_errand(options, errand).map_err(|error| (error.explain(texts), EXIT_FAILURE))?;
    let told = |id: &str, reason: String| texts.format(id, &[("reason", reason.into())]);
    match ending {
        Ending::Done => Ok(()),
        Ending::Unreachable(reason) => Err((told("errand-unreachable", reason), EXIT_UNREACHABLE)),
        Ending::Refused(reason) => Err((told("errand-refused", reason), EXIT_REFUSED)),
        Ending::Unknown(reason) => Err((reason, EXIT_UNKNOWN)),
    }
}

fn start(matches: &ArgMatches, texts: &Texts) -> Result<(), Refusal> {
    if let Some(log) = matches.get_one::<PathBuf>("log") {
        let settings = telemetry::Settings { destination: Destination::File(log.clone()), ..Default::default() };
        telemetry::set_up(&settings).map_err(|error| (error.to_string(), EXIT_USAGE))?;
    }
    let directories = Directories::from_environment().map_err(|error| (error.explain(texts), EXIT_FAILURE))?;
    let (settings, config) = settings(matches, &directories, texts)?;
    let texts = Texts::new(settings.language);
    let spawn = if cfg!(feature = "server") { Spawn::Allowed } else { Spawn::Impossible };
    let keyring = desktop::from_environment(settings.keyring);
    let options = Options { settings, directories, spawn, keyring, config: Some(config) };
    if let Some(errand) = errand(matches) {
        return run_errand(&options, errand, &texts);
    }
    let exit = if matches.get_flag("plain") { lines::run(&options) } else { run::full_screen(options) };
    match exit.map_err(|error| (error.explain(&texts), EXIT_FAILURE))? {
        Exit::Wanted | Exit::Terminated => Ok(()),
        Exit::Failed(sentence) => Err((sentence, EXIT_FAILURE)),
    }
}

fn settings(matches: &ArgMatches, directories: &Directories, texts: &Texts) -> Result<(Settings, ConfigFile), Refusal> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let flags = Choices {
        server: text("server"),
        name: text("name"),
        language: text("lang").as_deref().and_then(Language::from_tag),
        plain_text: matches.get_flag("allow-plain-text").then_some(true),
        spawn: matches.get_flag("no-spawn").then_some(false),
        ..Choices::default()
    };
    let named = matches.get_one::<PathBuf>("config");
    if let Some(path) = named.filter(|path| !path.exists()) {
        let error = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err((format!("{}: {error}", path.display()), EXIT_USAGE));
    }
    let config = ConfigFile::of(named.cloned(), directories, flags.clone());
    let file = config.read(texts).map_err(|faults| (config.told(&faults), EXIT_USAGE))?;
    let settings = Settings::resolve(flags, file, environment_language(), Mode::Person)
        .map_err(|error| (format!("--server: {}", texts.get(error.text_id())), EXIT_USAGE))?;
    Ok((settings, config))
}

#[cfg(not(feature = "server"))]
fn serve_local() -> ExitCode {
    fail(&Texts::new(environment_language()).get("local-server-impossible"), EXIT_USAGE)
}

/// This user's own local server, until nobody needs it any more. Its standard streams are its log.
#[cfg(feature = "server")]
fn serve_local() -> ExitCode {
    match local_server::run(environment_language()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format!("{error:#}"), EXIT_FAILURE),
    }
}

#[cfg(feature = "server")]
mod local_server {
    //! The hidden half of this program: what the client starts when no local server runs.

    use std::time::Duration;

    use anyhow::Context as _;
    use chat_tui::client::local::{Place, Turn, take_turn};
    use chat_tui::ground::paths::Directories;
    use chat_tui::ground::telemetry;
    use chat_tui::ground::texts::Language;
    use chat_tui::server::{LocalServer, run_local};

    /// How long the local server goes on after its last client has left.
    const EXIT_WHEN_IDLE: Duration = Duration::from_secs(5 * 60);

    pub fn run(language: Language) -> anyhow::Result<()> {
        // A session of our own: no signal of the terminal that the client runs in reaches us. An error means that this
        // process leads one already.
        let _ = rustix::process::setsid();
        telemetry::set_up(&telemetry::Settings::default())?;
        let directories = Directories::from_environment()?;
        let place = Place::new(&directories)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let Turn::Ours(mut lock) = take_turn(&place).await? else { return Ok(()) };
            lock.write_note(&std::process::id().to_string())?;
            let data_dir = directories.local_server_data();
            let local = LocalServer { socket: place.socket, data_dir, language, exit_when_idle: EXIT_WHEN_IDLE };
            run_local(local).await.context("the local server has ended")
        })
    }
}
