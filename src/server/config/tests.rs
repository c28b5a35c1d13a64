//! Settings from all sources, and what is said of faulty ones.

use std::collections::BTreeSet;

use super::*;
use crate::chat::filter::{FilterAction, FilterTest};
use crate::chat::operators::{Right, Rights};

fn read_file(content: &str) -> Result<Config, Faults> {
    let path = Path::new("/etc/chat-server.toml");
    Config::read(&Sources { file: Some((path, content)), ..Sources::default() }, Path::new("/data"))
}

fn read_environment(pairs: &[(&str, &str)]) -> Result<Config, Faults> {
    let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::read(&Sources { environment, ..Sources::default() }, Path::new("/data"))
}

fn faults(result: Result<Config, Faults>) -> Vec<String> {
    result.expect_err("it has faults").0.iter().map(Fault::to_string).collect()
}

#[test]
fn the_commented_file_is_the_default() {
    let read = read_file(DEFAULT_FILE).unwrap();
    assert_eq!(format!("{read:?}"), format!("{:?}", Config::in_directory(Path::new("/data"))));
}

#[test]
fn the_commented_file_names_every_setting_once_and_its_examples_are_valid() {
    let uncommented: String = DEFAULT_FILE
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.starts_with("[[") => rest,
            Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => rest,
            _ => line,
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let (table, errors) = DeTable::parse_recoverable(&uncommented);
    assert!(errors.is_empty(), "{errors:?}");
    let named: BTreeSet<&str> = table.get_ref().keys().map(|key| key.get_ref().as_ref()).collect();
    assert_eq!(named, SETTINGS.iter().map(|setting| setting.key).collect());
    read_file(&uncommented).unwrap();
}

#[test]
fn all_faults_are_told_with_their_lines() {
    let found = faults(read_file(
        "listen = [\"nowhere\"]\nguests = 3\n\ncolour = \"red\"\nping_timeout_seconds = 0\ntls_key = \"key.pem\"\nserver_name = 1.5\n[limits]\n",
    ));
    assert_eq!(
        found,
        [
            "chat-server.toml:1: listen: \"nowhere\" is not an address with its port, such as 127.0.0.1:6667 or [::1]:6667",
            "chat-server.toml:2: guests: true or false is expected",
            "chat-server.toml:4: colour: no setting of this name",
            "chat-server.toml:5: ping_timeout_seconds: 0 is not between 1 and 86400",
            "chat-server.toml:7: server_name: a text, a whole number, true or false, or a list of texts is expected",
            "chat-server.toml:8: limits: no setting of this name",
            "tls_certificate: is missing: tls_key is given",
        ]
    );
}

#[test]
fn a_file_that_is_not_toml_is_a_fault_with_its_line() {
    let found = faults(read_file("guests = true\nlisten = [\n"));
    assert!(found[0].starts_with("chat-server.toml:2: ") || found[0].starts_with("chat-server.toml:3: "), "{found:?}");
}

#[test]
fn flags_count_before_the_environment_and_that_before_the_file() {
    let path = Path::new("chat-server.toml");
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let sources = Sources {
        file: Some((path, "server_name = \"file.example\"\nnetwork_name = \"file\"\nguests = true\n")),
        environment: vec![variable("CHAT_SERVER_NAME", "env.example"), variable("CHAT_NETWORK_NAME", "env")],
        flags: vec![("server_name", Raw::Text("flag.example".to_owned()))],
    };
    let config = Config::read(&sources, Path::new("/data")).unwrap();
    assert_eq!(config.rules.server_name, "flag.example");
    assert_eq!(config.rules.network_name, "env");
    assert!(config.rules.guests);
}

#[test]
fn any_listener_given_replaces_the_defaults() {
    let default = Config::in_directory(Path::new("/data"));
    assert_eq!(default.listen, ["127.0.0.1:6667".parse().unwrap()]);
    assert_eq!(default.listen_tls, ["127.0.0.1:6697".parse().unwrap()]);
    assert_eq!(default.socket.as_deref(), Some(Path::new("/data/server.sock")));

    let config = read_file("listen_tls = [\"0.0.0.0:6697\"]\n").unwrap();
    assert_eq!((config.listen.len(), config.listen_tls.len()), (0, 1));
    let config = read_environment(&[("CHAT_SOCKET", "/run/chat.sock")]).unwrap();
    assert_eq!((config.listen.len(), config.listen_tls.len()), (0, 0));
    assert_eq!(
        faults(read_environment(&[("CHAT_SOCKET", "")])),
        ["listen: nothing to listen on: give listen, listen_tls or socket"]
    );
}

#[test]
fn plain_text_beyond_the_loopback_is_a_decision() {
    let found = faults(read_environment(&[("CHAT_LISTEN", "127.0.0.1:1, [::1]:2, 0.0.0.0:3, 192.168.1.2:4")]));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("0.0.0.0:3"));
    let allowed = [("CHAT_LISTEN", "0.0.0.0:3"), ("CHAT_ALLOW_PLAIN_TEXT_BEYOND_LOOPBACK", "true")];
    assert_eq!(read_environment(&allowed).unwrap().listen.len(), 1);
}

#[test]
fn websockets_have_listeners_and_pages() {
    let config = read_environment(&[
        ("CHAT_LISTEN_WEBSOCKET", "127.0.0.1:8067"),
        ("CHAT_LISTEN_WEBSOCKET_TLS", "0.0.0.0:8097"),
        ("CHAT_WEBSOCKET_ORIGINS", "https://chat.example.org,http://localhost:8000"),
    ]);
    let config = config.unwrap();
    assert_eq!((config.listen_websocket.len(), config.listen_websocket_tls.len(), config.listen.len()), (1, 1, 1));
    assert_eq!(config.websocket_origins, ["https://chat.example.org", "http://localhost:8000"]);
    for wrong in ["chat.example.org", "https://chat.example.org/", "https://*.example.org"] {
        assert_eq!(faults(read_environment(&[("CHAT_WEBSOCKET_ORIGINS", wrong)])).len(), 1, "{wrong}");
    }
    let found = faults(read_environment(&[("CHAT_LISTEN_WEBSOCKET", "0.0.0.0:8067")]));
    assert!(found.len() == 1 && found[0].contains("listen_websocket_tls"), "{found:?}");
}

#[test]
fn nobody_is_told_to_use_a_door_that_is_not_there() {
    let found = faults(read_environment(&[("CHAT_LISTEN", "127.0.0.1:6667"), ("CHAT_STS_PORT", "6697")]));
    assert!(found.len() == 1 && found[0].starts_with("sts_port: "), "{found:?}");
    let config = read_environment(&[("CHAT_STS_PORT", "6697"), ("CHAT_STS_DURATION_SECONDS", "300")]).unwrap();
    assert_eq!((config.rules.sts, config.rules.sts_duration.as_secs()), (Some(6697), 300));
}

#[test]
fn the_codes_of_invitations_are_never_shown() {
    let found = faults(read_file("invitation_codes = [\"geheim\"]\nregistration = \"perhaps\"\n"));
    assert!(found.len() == 2 && !found.concat().contains("geheim"), "{found:?}");
    let config = read_file("registration = \"invitation\"\ninvitation_codes = [\"come-in-please\"]\n").unwrap();
    assert!(!format!("{config:?}").contains("come-in"));
}

#[test]
fn who_watches_sits_on_this_machine() {
    let found = faults(read_environment(&[("CHAT_LISTEN_HTTP", "127.0.0.1:1, 192.168.1.2:4")]));
    assert!(found.len() == 1 && found[0].starts_with("listen_http: 192.168.1.2:4 "), "{found:?}");
    // It is nothing that clients connect to: the defaults of the listeners stay.
    let config = read_environment(&[("CHAT_LISTEN_HTTP", "[::1]:9667")]).unwrap();
    assert_eq!((config.listen_http.len(), config.listen.len()), (1, 1));
}

#[test]
fn a_secret_may_stand_in_a_file_and_is_shown_nowhere() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("url");
    std::fs::write(&path, "mysql://chat:hunter2@localhost/chat\n").unwrap();
    let path = path.to_str().unwrap();
    let config = read_environment(&[("CHAT_DATABASE_FILE", path)]).unwrap();
    assert_eq!(config.database.expose(), "mysql://chat:hunter2@localhost/chat");
    assert!(!format!("{config:?}").contains("hunter2"));

    let both = [("CHAT_DATABASE", "sqlite:/x"), ("CHAT_DATABASE_FILE", path)];
    assert_eq!(faults(read_environment(&both)).len(), 1);
    let found = faults(read_environment(&[("CHAT_DATABASE", "postgres://chat:hunter2@localhost/chat")]));
    assert!(found[0].starts_with("CHAT_DATABASE: ") && !found[0].contains("hunter2"), "{found:?}");
}

#[test]
fn variables_of_others_are_no_faults() {
    let others =
        [("CHAT_PORT_6667_TCP", "tcp://10.0.0.1"), ("CHAT_LOG", "debug"), ("CHAT_TEST_X", "1"), ("CHAT_FILE", "x")];
    let config = read_environment(&others).unwrap();
    assert_eq!(config.warnings, ["CHAT_PORT_6667_TCP: no setting of this name", "CHAT_FILE: no setting of this name"]);
    assert_eq!(read_environment(&[("CHAT_LOG_FORMAT", "json")]).unwrap().log_format, LogFormat::Json);
}

#[test]
fn the_environment_gives_the_language_when_nobody_else_does() {
    assert_eq!(read_environment(&[("LANG", "fr_FR.UTF-8")]).unwrap().rules.language, Language::French);
    let both = [("LANG", "fr_FR.UTF-8"), ("CHAT_LANGUAGE", "en")];
    assert_eq!(read_environment(&both).unwrap().rules.language, Language::English);
}

#[test]
fn a_masked_url_shows_no_password() {
    for (url, masked) in [
        ("mysql://chat:hunter2@localhost/db", "mysql://chat:***@localhost/db"),
        ("mysql://chat:hun@ter:2@localhost:3306/db?x=y", "mysql://chat:***@localhost:3306/db?x=y"),
        ("mysql://chat@localhost/db", "mysql://chat@localhost/db"),
        ("mysql://localhost/db", "mysql://localhost/db"),
        ("sqlite:/a/b", "sqlite:/a/b"),
    ] {
        assert_eq!(masked_url(url), masked);
    }
}

/// A hash of the right kind, of no password at all.
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$bm90LWEtaGFzaC1vZi1hLXBhc3N3b3JkLWF0LWFsbC4";

#[test]
fn operators_are_tables() {
    let tables = format!(
        "[[operators]]\nname = \"ann\"\npassword = \"{HASH}\"\n\n[[operators]]\nname = \"bob\"\npassword = \"{HASH}\"\n\
         from = [\"192.0.2.1\", \"2001:db8::/32\"]\nrights = [\"kill\"]\n"
    );
    let config = read_file(&tables).unwrap();
    let [ann, bob] = config.rules.operators.as_slice() else { panic!("{:?}", config.rules.operators) };
    assert!(ann.from.is_empty() && ann.rights == Rights::ALL);
    assert_eq!(bob.from.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.1/32", "2001:db8::/32"]);
    assert!(bob.rights.has(Right::Kill) && !bob.rights.has(Right::Rehash));
    assert!(!format!("{config:?}").contains("argon2id"));
}

#[test]
fn a_faulty_operator_is_named_and_its_password_is_not() {
    for (table, fault) in [
        ("name = \"ann\"", "password is missing"),
        ("password = \"x\"", "name is missing"),
        ("name = \"a b\"\npassword = \"x\"", "name: \"a b\" is not one word of at most 32 bytes"),
        (
            "name = \"ann\"\npassword = \"hunter2\"",
            "password: a hash is expected that `chat-server hash-password` has made",
        ),
        ("name = \"ann\"\ncolour = \"red\"", "colour: an operator has only name, password, from, rights"),
        ("name = 3", "name: a text in quotes is expected"),
    ] {
        let found = faults(read_file(&format!("[[operators]]\n{table}\n")));
        assert_eq!(found, [format!("chat-server.toml:1: operators: operator 1: {fault}")]);
    }
    let twice = format!("[[operators]]\nname = \"ann\"\npassword = \"{HASH}\"\n").repeat(2);
    assert!(faults(read_file(&twice))[0].contains("operator 2: there is one called \"ann\" already"));
    let rights = format!("[[operators]]\nname = \"ann\"\npassword = \"{HASH}\"\nrights = [\"fly\"]\n");
    assert!(faults(read_file(&rights))[0].contains("\"fly\" is none of accounts, addresses"));
    let from = format!("[[operators]]\nname = \"ann\"\npassword = \"{HASH}\"\nfrom = [\"home\"]\n");
    assert!(faults(read_file(&from))[0].contains("\"home\" is neither an address nor a network"));
    assert_eq!(faults(read_environment(&[("CHAT_OPERATORS", "ann")])).len(), 1);
}

#[test]
fn rules_of_retention_are_read_and_each_is_about_something_else() {
    let rule = |channel: &str, days: &str| format!("[[retention]]\nchannel = \"{channel}\"\ndays = {days}\n");
    let good = rule("#thé", "30") + &rule("direct", "7") + &rule("*", "365");
    assert_eq!(read_file(&good).unwrap().retention.len(), 3);
    for (bad, reason) in [
        (rule("tea", "30"), "rule 1: channel: \"tea\""),
        (rule("#tea", "0"), "rule 1: days"),
        (rule("#tea", "1") + &rule("#TEA", "2"), "rule 2: there is one for the same already"),
        ("[[retention]]\nchannel = \"*\"\nweeks = 1\n".to_owned(), "weeks: a rule has only channel and days"),
    ] {
        let told = faults(read_file(&bad));
        assert!(told[0].contains(reason), "{told:?}");
    }
}

#[test]
fn what_counts_from_the_start_only_is_told_when_it_has_changed() {
    let before = read_file("guests = true\nlisten = [\"127.0.0.1:1\"]\n").unwrap();
    let after = read_file("guests = false\nlisten = [\"127.0.0.1:2\"]\nserver_name = \"a.b\"\n").unwrap();
    assert_eq!(after.changed_at_start_only(&before), ["listen", "server_name"]);
    assert!(after.changed_at_start_only(&after).is_empty());
}

#[test]
fn a_file_may_hold_the_message_of_the_day() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("motd.txt");
    std::fs::write(&path, "One\n\nthree\n").unwrap();
    let content = format!("motd = \"other\"\nmotd_file = {path:?}\n");
    assert_eq!(read_file(&content).unwrap().rules.motd, ["One", "", "three"]);
    std::fs::write(&path, "x".repeat(500)).unwrap();
    assert!(faults(read_file(&content))[0].contains("line 1 is longer than 400 bytes"));
    assert!(faults(read_file("motd_file = \"/nowhere/motd\"\n"))[0].contains("cannot read /nowhere/motd"));
}

/// Values of each kind, of which every setting takes one that is not its default.
fn values() -> Vec<Raw> {
    let numbers = [0, 1, 2, 3, 7, 200, 5_000, 20_000, 70_000, 700_000].map(Raw::Number);
    let switches = [true, false].map(Raw::Switch);
    let texts = ["a.example", "fr", "json", "ascii", "off", "closed", "plain", "required", "never", "sqlite:/x"]
        .map(|text| Raw::Text(text.to_owned()));
    let lists = ["127.0.0.1:1", "#x", "10.0.0.0/8", "https://a.example"].map(|item| Raw::List(vec![item.to_owned()]));
    let tables = [[("name", "ann"), ("password", HASH)], [("name", "spam"), ("pattern", "spam")]].map(|table| {
        let table = table.map(|(key, text)| (key.to_owned(), Raw::Text(text.to_owned())));
        Raw::Tables(vec![table.into()])
    });
    let rule =
        [("channel", Raw::Text("*".to_owned())), ("days", Raw::Number(7))].map(|(key, raw)| (key.to_owned(), raw));
    let rules = Raw::Tables(vec![rule.into()]);
    numbers.into_iter().chain(switches).chain(texts).chain(lists).chain(tables).chain([rules]).collect()
}

#[test]
fn what_is_no_part_of_the_rules_counts_from_the_start_only() {
    // Read again with the others, and put where they belong by hand: the last ones count for connections that come later.
    const LIVE: [&str; 13] = [
        "motd",
        "motd_file",
        "tls_certificate",
        "tls_key",
        "proxy_networks",
        "handshake_timeout_seconds",
        "connections_max",
        "connections_per_address_max",
        "lines_per_second_max",
        "lines_burst_max",
        "inbox_bytes_max",
        "outbox_soft_bytes_max",
        "outbox_hard_bytes_max",
    ];
    let draft = || Draft::new(Path::new("/data"));
    let beside_the_rules = |draft: Draft| format!("{:?}", Draft { rules: Settings::default(), ..draft });
    let file = tempfile::NamedTempFile::new().unwrap();
    let of_file = Raw::Text(file.path().to_string_lossy().into_owned());
    for setting in SETTINGS {
        let apply = |value: &Raw| {
            let mut draft = draft();
            let value = setting.kind.read(value).ok()?;
            (setting.apply)(&mut draft, value).ok().map(|()| draft)
        };
        let changed: Vec<Draft> = values().iter().chain([&of_file]).filter_map(apply).collect();
        let differs = |changed: &Draft| format!("{changed:?}") != format!("{:?}", draft());
        assert!(changed.iter().any(differs), "{} has no value among those of this test", setting.key);
        let is_elsewhere = changed.into_iter().any(|changed| beside_the_rules(changed) != beside_the_rules(draft()));
        assert!(
            !is_elsewhere || setting.at_start || LIVE.contains(&setting.key),
            "{} counts at the start",
            setting.key
        );
    }
}

#[test]
fn a_server_is_called_like_a_host() {
    for name in
        ["chat.example", "a-b.example.org", "ChAt.Example", "a.b1c2d3.example", "123.example", "xn--tst-qla.example"]
    {
        assert!(read_file(&format!("server_name = \"{name}\"\n")).is_ok(), "{name}");
    }
    for name in
        ["", "chat", "-chat-.example", "-chat.example", "chat-.example", "_irc._tcp.example", "a..b", ".b", "ü.example"]
    {
        assert!(read_file(&format!("server_name = \"{name}\"\n")).is_err(), "{name:?}");
    }
}

#[test]
fn a_spool_is_for_a_database_over_a_network() {
    let read = |database: &str| {
        let content = format!("spool = true\ndatabase = {database:?}\n");
        let sources = Sources { file: Some((Path::new("x.toml"), &content)), ..Sources::default() };
        Config::read(&sources, Path::new("/data"))
    };
    assert!(read("mysql://chat@localhost/chat").unwrap().spool);
    let faults = faults(read("sqlite:/data/chat.sqlite3"));
    assert!(faults.iter().any(|fault| fault.starts_with("spool: ")), "{faults:?}");
}

#[test]
fn filters_are_tables() {
    let tables = "[[filters]]\nname = \"words\"\npattern = \"spam|eggs\"\naction = \"notify\"\ndry_run = true\n\n\
                  [[filters]]\nname = \"flood\"\nmessages_max = 5\nwindow_seconds = 10\n";
    let config = read_file(tables).unwrap();
    let [words, flood] = config.rules.filters.as_slice() else { panic!("{:?}", config.rules.filters) };
    assert!(words.is_dry_run && words.action == FilterAction::Notify);
    assert!(matches!(&words.test, FilterTest::Words(regex) if regex.is_match("SPAM")));
    assert!(!flood.is_dry_run && flood.action == FilterAction::Refuse);
    assert!(matches!(flood.test, FilterTest::Flood(allowance) if allowance.count == 5));
    for (table, fault) in [
        ("pattern = \"x\"", "name is missing"),
        ("name = \"a b\"", "name: \"a b\" is not one word of at most 32 bytes"),
        ("name = \"a\"", "either a pattern is expected, or messages_max and window_seconds"),
        ("name = \"a\"\nmessages_max = 0\nwindow_seconds = 1", "messages_max: a number from 1 to 10000 is expected"),
        ("name = \"a\"\npattern = \"x\"\naction = \"shout\"", "action: \"shout\" is none of refuse, notify"),
        ("name = \"a\"\npattern = \"x\"\ndry_run = 1", "dry_run: true or false is expected"),
    ] {
        let found = faults(read_file(&format!("[[filters]]\n{table}\n")));
        assert_eq!(found, [format!("chat-server.toml:1: filters: filter 1: {fault}")]);
    }
    let found = faults(read_file("[[filters]]\nname = \"a\"\npattern = \"(\"\n"));
    assert!(found[0].starts_with("chat-server.toml:1: filters: filter 1: pattern: "), "{found:?}");
}
