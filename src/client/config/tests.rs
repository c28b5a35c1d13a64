//! Addresses and settings as people write them.

use crossterm::event::KeyEvent;

use super::*;
use crate::client::bindings::{Action, Context};

fn tcp(host: &str, port: u16, tls: bool) -> Result<ServerChoice, ServerError> {
    Ok(ServerChoice::At(Endpoint::Tcp { host: host.into(), port, tls }))
}

#[test]
fn servers_as_people_write_them() {
    for (text, expected) in [
        ("", Ok(ServerChoice::Local)),
        (" Local ", Ok(ServerChoice::Local)),
        ("/run/chat/socket", Ok(ServerChoice::At(Endpoint::Local("/run/chat/socket".into())))),
        ("chat.example.org", tcp("chat.example.org", 6697, true)),
        ("chat.example.org:7000", tcp("chat.example.org", 7000, true)),
        ("127.0.0.1:6667", tcp("127.0.0.1", 6667, false)),
        ("localhost:6697", tcp("localhost", 6697, true)),
        ("chat.example.org:6667", Err(ServerError::PlainText)),
        ("irc://chat.example.org", tcp("chat.example.org", 6667, false)),
        ("ircs://chat.example.org:6667/", tcp("chat.example.org", 6667, true)),
        ("[::1]:6667", tcp("::1", 6667, false)),
        ("::1", tcp("::1", 6697, true)),
        ("host:", Err(ServerError::BadPort)),
        ("host:0", Err(ServerError::BadPort)),
        ("host:70000", Err(ServerError::BadPort)),
        (":6667", Err(ServerError::BadHost)),
        ("two words", Err(ServerError::BadHost)),
        ("http://host", Err(ServerError::BadHost)),
        ("[::1", Err(ServerError::BadHost)),
        ("[::1]x", Err(ServerError::BadPort)),
    ] {
        assert_eq!(ServerChoice::parse(text, false), expected, "{text:?}");
    }
    assert_eq!(ServerChoice::parse("host:6667", true), tcp("host", 6667, false));
}

#[test]
fn what_is_shown_can_be_read_again() {
    for text in ["host:6697", "irc://host:6667", "[::1]:7000", "irc://[::1]:7000", "/a/b"] {
        let choice = ServerChoice::parse(text, false).unwrap();
        assert_eq!(choice.key(), text);
        assert_eq!(ServerChoice::parse(&choice.key(), false), Ok(choice));
    }
}

#[test]
fn faults_of_the_file_are_reported_together() {
    let faults = Choices::parse("server = 3\nspawn = \"no\"\ncolour = 1\nlanguage = \"xx\"\n").unwrap_err();
    assert_eq!(faults.len(), 4);
    assert!(faults.contains(&ConfigFault::UnknownKey("colour".into())));
    assert!(matches!(&Choices::parse("server =").unwrap_err()[..], [ConfigFault::Syntax(_)]));
}

#[test]
fn keys_can_be_changed_and_what_clashes_is_told() {
    let content = "[keys]\npreset = \"emacs\"\nswitcher = \"ctrl-g\"\nnext-unread = [\"alt-n\", \"f7\"]\n";
    let keymap = Choices::parse(content).unwrap().keymap.unwrap();
    let pressed = |text: &str| {
        let chord = Chord::parse(text).unwrap();
        keymap.lookup(&[Context::Chat, Context::Editing], KeyEvent::new(chord.code, chord.modifiers))
    };
    assert_eq!(pressed("ctrl-g"), Some(Action::Switcher));
    assert_eq!(pressed("alt-k"), None);
    assert_eq!(pressed("ctrl-k"), Some(Action::KillLineEnd));
    assert_eq!((pressed("alt-n"), pressed("f7")), (Some(Action::NextUnread), Some(Action::NextUnread)));
    let content =
        "[keys]\npreset = \"vi\"\nswitcher = \"ctrl-g\"\npalette = \"ctrl-g\"\nfly = \"f9\"\nreply = \"x-y\"\n";
    let faults = Choices::parse(content).unwrap_err();
    assert_eq!(faults.len(), 4, "{faults:?}");
    let texts = Texts::new(Language::English);
    assert!(
        faults.iter().all(|fault| fault.explain(&texts).contains("keys.") || fault.explain(&texts).contains("Ctrl-G"))
    );
}

#[test]
fn faults_are_reported_with_their_line() {
    let content = "# a comment\nname = \"ann\"\ncolour = 1\n\n[keys]\npreset = 7\nf7 = \"send\"\n";
    let texts = Texts::new(Language::English);
    let faults = Choices::parse(content).unwrap_err();
    let told: Vec<String> = faults.iter().map(|fault| fault.explain_in(content, &texts)).collect();
    assert!(told.iter().any(|fault| fault.contains("line 3") && fault.contains("colour")), "{told:?}");
    assert!(told.iter().any(|fault| fault.contains("line 6") && fault.contains("keys.preset")), "{told:?}");
    // Not that "send" is no key: "f7" is no action.
    assert_eq!(told.last().unwrap(), "line 7: keys.f7: there is no such setting");
}

/// The file as it is printed, with every setting in force.
fn example() -> String {
    let lines =
        EXAMPLE.lines().map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_is_the_default() {
    let resolve = |content: &str| {
        let choices = Choices::parse(content).unwrap();
        Settings::resolve(Choices::default(), choices, Language::English, Mode::Person).unwrap()
    };
    let all = example();
    let mut settings = resolve(&all);
    assert_eq!(settings.servers.len(), 1, "the example of a further server");
    settings.servers.clear();
    assert_eq!(settings, resolve(""), "{all}");
    assert_eq!(resolve(EXAMPLE), resolve(""), "as it is printed, it changes nothing");
    let table: toml::Table = all.parse().unwrap();
    for name in KEYS.iter().map(|key| key.name).chain([KEYS_TABLE.0]) {
        assert!(table.contains_key(name), "{name} is not in the example");
    }
    assert_eq!(table.len(), KEYS.len() + 1);
}

#[test]
fn further_servers_are_read() {
    let content = "[[servers]]\naddress = \"one\"\nname = \"ann\"\n[[servers]]\naddress = \"two\"\n";
    let choices = Choices::parse(content).unwrap();
    let resolve = |flags| Settings::resolve(flags, choices.clone(), Language::English, Mode::Person).unwrap();
    let settings = resolve(Choices::default());
    assert_eq!((settings.server.key().as_str(), settings.name.as_deref()), ("one:6697", Some("ann")));
    assert_eq!(settings.servers.iter().map(|(server, _)| server.key()).collect::<Vec<_>>(), ["two:6697"]);
    let settings = resolve(Choices { server: Some("three".into()), ..Choices::default() });
    assert!(settings.servers.is_empty(), "a flag names the only one");
    assert!(Choices::parse("[[servers]]\nhost = \"one\"\n").is_err());
}

#[test]
fn flags_stand_above_the_file() {
    let file = Choices::parse("server = \"one\"\nname = \"ann\"\nspawn = false\nlanguage = \"fr\"").unwrap();
    let flags = Choices { server: Some("two".into()), ..Choices::default() };
    let settings = Settings::resolve(flags, file, Language::English, Mode::Person).unwrap();
    assert_eq!(settings.server.key(), "two:6697");
    assert_eq!((settings.name.as_deref(), settings.spawn), (Some("ann"), false));
    assert_eq!(settings.language, Language::French);
}

#[test]
fn the_console_looks_as_the_person_has_it_and_talks_to_its_server_alone() {
    let file = "server = \"one\"\nname = \"ann\"\nlanguage = \"fr\"\ntheme = \"light\"\nmouse = false\ntyping = true\n\
        away_after_minutes = 5\nlog = true\n[[servers]]\naddress = \"two\"\n[colors]\ndim = \"#010203\"\n[keys]\npalette = \"F5\"\n";
    let file = Choices::parse(file).unwrap();
    let console = Settings::console("/run/chat/socket".into(), Language::English, file.clone());
    assert_eq!((console.server.key().as_str(), console.name.as_deref()), ("/run/chat/socket", None));
    assert_eq!((console.servers.len(), console.language, console.spawn), (0, Language::English, false));
    assert_eq!((console.theme, console.mouse), (ThemeName::Light, false));
    assert_eq!((Some(console.colors), Some(&console.keymap)), (file.colors, file.keymap.as_ref()));
    // It speaks for the server, which neither writes nor is away.
    assert_eq!((console.typing, console.away_after_minutes, console.log), (false, 0, false));
    // The same when the file is read again.
    let again = Settings::resolve(Settings::console_flags(), file, Language::English, Mode::Console).unwrap();
    assert_eq!(again.preferences(), console.preferences());
}
