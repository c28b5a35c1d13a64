//! Reading and writing messages: cases and properties.

use proptest::prelude::*;

use super::*;

/// What a line must parse to: tags (escaped), source, command, parameters.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    Option<&'static str>,
    &'static str,
    &'static [&'static str],
);

const SPLITS: &[Case] = &[
    ("PING", &[], None, "PING", &[]),
    ("privmsg #tea hello", &[], None, "privmsg", &["#tea", "hello"]),
    ("PRIVMSG #tea :", &[], None, "PRIVMSG", &["#tea", ""]),
    ("PRIVMSG #tea ::)", &[], None, "PRIVMSG", &["#tea", ":)"]),
    ("PRIVMSG #tea :two  blanks ", &[], None, "PRIVMSG", &["#tea", "two  blanks "]),
    ("PRIVMSG  #tea   word  ", &[], None, "PRIVMSG", &["#tea", "word"]),
    ("PRIVMSG a:b c:d", &[], None, "PRIVMSG", &["a:b", "c:d"]),
    ("PRIVMSG #tea \t", &[], None, "PRIVMSG", &["#tea", "\t"]),
    (":ann QUIT", &[], Some("ann"), "QUIT", &[]),
    (":ann   QUIT   :gone", &[], Some("ann"), "QUIT", &["gone"]),
    (":irc.example 005 ann :are supported", &[], Some("irc.example"), "005", &["ann", "are supported"]),
    ("@a=1;b=;c PING x", &[("a", "1"), ("b", ""), ("c", "")], None, "PING", &["x"]),
    ("@a=1;;b=2;  :s  PING", &[("a", "1"), ("b", "2")], Some("s"), "PING", &[]),
    ("@+k/v=x=y :s!u@h TAGMSG #c", &[("+k/v", "x=y")], Some("s!u@h"), "TAGMSG", &["#c"]),
    (":ann AWAY ", &[], Some("ann"), "AWAY", &[]),
    (":ann JOIN :#tea", &[], Some("ann"), "JOIN", &["#tea"]),
    (":ann PRIVMSG #tea :   ", &[], Some("ann"), "PRIVMSG", &["#tea", "   "]),
    (":ann PRIVMSG #tea :so :) ", &[], Some("ann"), "PRIVMSG", &["#tea", "so :) "]),
    (":ann MODE #tea +v  bob  ", &[], Some("ann"), "MODE", &["#tea", "+v", "bob"]),
    (":ann MODE #tea +vv bob :eve", &[], Some("ann"), "MODE", &["#tea", "+vv", "bob", "eve"]),
    (":irc.example 433  bob :Taken: by somebody", &[], Some("irc.example"), "433", &["bob", "Taken: by somebody"]),
    (":a\tb PING x", &[], Some("a\tb"), "PING", &["x"]),
    (":ann!u@h\u{3}4\u{f}.example PING x", &[], Some("ann!u@h\u{3}4\u{f}.example"), "PING", &["x"]),
    (
        "@a=1;v.example/a=2;v.example/b= :s PING x :y z",
        &[("a", "1"), ("v.example/a", "2"), ("v.example/b", "")],
        Some("s"),
        "PING",
        &["x", "y z"],
    ),
    ("@ PING", &[], None, "PING", &[]),
    ("   NOTICE  x", &[], None, "NOTICE", &["x"]),
    ("MODE #c +b :é!*@*", &[], None, "MODE", &["#c", "+b", "é!*@*"]),
    (
        "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 :17",
        &[],
        None,
        "A",
        &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15 16 :17"],
    ),
    (
        "A 1 2 3 4 5 6 7 8 9 10 11 12 13 14 :15 16",
        &[],
        None,
        "A",
        &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15 16"],
    ),
];

#[test]
fn lines_split_into_their_parts() {
    for (line, tags, source, command, params) in SPLITS {
        let message = Message::parse(line).unwrap_or_else(|error| panic!("{line:?}: {error}"));
        let parsed: Vec<_> = message.tags().map(|tag| (tag.key, tag.escaped)).collect();
        assert_eq!(&parsed, tags, "{line:?}");
        assert_eq!(message.source.map(|source| source.to_string()).as_deref(), *source, "{line:?}");
        assert_eq!(message.command, *command, "{line:?}");
        assert_eq!(message.params(), *params, "{line:?}");
    }
}

#[test]
fn lines_without_a_command_are_refused() {
    for line in ["", " ", ":", ":only.source", "@only=tags", "@a=1 :source", ": ", "@a :b  "] {
        assert_eq!(Message::parse(line), Err(ParseError::Empty), "{line:?}");
    }
}

#[test]
fn any_word_is_a_command() {
    for line in ["12", "1234", "P1NG", "PRIVMSG\t#c", "é", "\u{1}PING", "NO_SUCH-THING"] {
        let line = format!("@label=a {line} x");
        let message = Message::parse(&line).unwrap();
        assert_eq!((message.command, message.params()), (&line[9..line.len() - 2], &["x"][..]), "{line:?}");
    }
}

#[test]
fn a_repeated_tag_counts_once_and_last() {
    let message = Message::parse("@a=1;b=2;a=3 PING").unwrap();
    assert_eq!(message.tag("a").as_deref(), Some("3"));
    assert_eq!(message.tag("b").as_deref(), Some("2"));
    assert_eq!(message.tag("c"), None);
    let vendors = Message::parse("@a=1;v/a=2;a=3;v/a=4 PING").unwrap();
    assert_eq!((vendors.tag("a").as_deref(), vendors.tag("v/a").as_deref()), (Some("3"), Some("4")));
    assert_eq!(Message::parse("@a=1;a PING").unwrap().tag("a").as_deref(), Some(""));
}

#[test]
fn tag_values_are_unescaped() {
    for (escaped, value) in [
        ("plain", "plain"),
        (r"a\:b\sc\\d\re\nf", "a;b c\\d\re\nf"),
        (r"\\s", r"\s"),
        (r"two\\nwords", r"two\nwords"),
        (r"\\\\\:\\s\s\r\n", "\\\\;\\s \r\n"),
        (r"\7", "7"),
        (r"\\\s", "\\ "),
        (r"unknown\b", "unknownb"),
        (r"end\", "end"),
        (r"\é", "é"),
        ("", ""),
        ("=x", "=x"),
    ] {
        assert_eq!(unescape(escaped), value, "{escaped:?}");
    }
    let mut out = String::new();
    escape("; \\\r\n\0é", &mut out);
    assert_eq!(out, r"\:\s\\\r\né");
    out.clear();
    escape("\\\\;\\s \r\n", &mut out);
    assert_eq!(out, r"\\\\\:\\s\s\r\n");
}

#[test]
fn sources_split_into_name_user_and_host() {
    for (text, name, user, host) in [
        ("irc.example", "irc.example", None, None),
        ("ann", "ann", None, None),
        ("ann@host", "ann", None, Some("host")),
        ("ann!~u@host", "ann", Some("~u"), Some("host")),
        ("ann!u", "ann", Some("u"), None),
        ("ann!~u@h\u{3}4\u{f}.example", "ann", Some("~u"), Some("h\u{3}4\u{f}.example")),
        ("ann!u!v@h@i", "ann", Some("u!v"), Some("h@i")),
        ("!@", "", Some(""), Some("")),
    ] {
        let source = Source::parse(text);
        assert_eq!((source.name, source.user, source.host), (name, user, host), "{text:?}");
        assert_eq!(source.to_string(), text);
    }
}

#[test]
fn lines_join_from_their_parts() {
    let lines = [
        (Line::new("PING"), "PING"),
        (Line::new("PING").param("x"), "PING x"),
        (Line::new("PING").trailing("x"), "PING :x"),
        (Line::new("TOPIC").param("#c").param(""), "TOPIC #c :"),
        (Line::new("AWAY").source("s"), ":s AWAY"),
        (Line::new("AWAY").source("s").param(""), ":s AWAY :"),
        (Line::new("A").source("s").param("b").param("  c d "), ":s A b :  c d "),
        (Line::new("A").source("s").param("b").param("  "), ":s A b :  "),
        (Line::new("A").source("s").param("b").param("so :) "), ":s A b :so :) "),
        (Line::new("A").source("s").param("b\tc").param("d"), ":s A b\tc d"),
        (Line::new("A").tag("t", "a\\b\nc").tag("u", "d;e").param("b"), r"@t=a\\b\nc;u=d\:e A b"),
        (Line::new("A").tag("t", "").source("s").param("b").param("  "), "@t :s A b :  "),
        (Line::new("A").param("b").param(":)"), "A b ::)"),
        (Line::new("A").param("b").param("a:)"), "A b a:)"),
        (Line::new("A").tag("a", "").tag("b", "c d").source("s").param("x"), r"@a;b=c\sd :s A x"),
        (Line::new("A").raw_tags("").raw_tags("x=1;y").tag("z", ";"), r"@x=1;y;z=\: A"),
    ];
    for (line, wire) in lines {
        assert_eq!(line.to_string(), wire);
        let mut bytes = Vec::new();
        line.encode(&mut bytes);
        assert_eq!(bytes, format!("{wire}\r\n").into_bytes());
    }
}

#[test]
fn what_cannot_stand_in_the_middle_is_made_a_word() {
    let line = Line::new("403").param("ann").param("a b").trailing("No such channel");
    assert_eq!(line.to_string(), "403 ann a_b :No such channel");
    let line = Line::new("A").param("").param(":x :y").param("").param("end");
    assert_eq!(line.to_string(), "A * _x_:y * end");
    assert_eq!(Line::new("A").trailing("b").trailing("c").to_string(), "A b :c");
}

#[test]
fn no_parameter_can_end_a_line() {
    let line = Line::new("PRIVMSG").param("a\r\nQUIT").trailing("b\r\nQUIT\0");
    assert_eq!(line.to_string(), "PRIVMSG a__QUIT :b  QUIT ");
}

#[test]
fn the_body_counts_what_the_limit_counts() {
    for line in [Line::new("PING"), Line::new("PRIVMSG").tag("time", "now").source("ann!a@h").param("#c").trailing("é")]
    {
        let mut bytes = Vec::new();
        line.encode(&mut bytes);
        let tag_bytes = if line.tags().is_empty() { 0 } else { line.tags().len() + 2 };
        assert_eq!(line.body_bytes(), bytes.len() - tag_bytes);
    }
}

#[test]
fn nothing_secret_shows_in_debug() {
    let message = Message::parse("@t=hidden AUTHENTICATE hidden").unwrap();
    assert_eq!(format!("{message:?}"), "Message(AUTHENTICATE, 1 parameters)");
    let line = Line::new("PASS").tag("t", "hidden").trailing("hidden");
    assert_eq!(format!("{line:?}"), "Line(PASS …)");
}

/// A parameter that may stand in the middle of a message.
fn word() -> impl Strategy<Value = String> {
    "[^ :\r\n\0][^ \r\n\0]{0,12}"
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused(line in "\\PC{0,80}|[@: a;=\\\\#0-9]{0,60}") {
        if let Ok(message) = Message::parse(&line) {
            prop_assert!(message.params().len() <= PARAMS_MAX);
            for tag in message.tags() {
                let _ = tag.value();
            }
        }
    }

    #[test]
    fn what_is_encoded_parses_to_the_same(
        tags in prop::collection::vec(("\\+?[a-z/]{1,8}", "[^\0]{0,12}"), 0..4),
        source in prop::option::of("[a-z!@.]{1,20}"),
        command in "[A-Z]{1,10}|[0-9]{3}|[A-Z0-9_]{1,10}",
        words in prop::collection::vec(word(), 0..PARAMS_MAX),
        trailing in prop::option::of("[^\r\n\0]{0,20}"),
    ) {
        let mut line = Line::new(&command);
        for (key, value) in &tags {
            line = line.tag(key, value);
        }
        if let Some(source) = &source {
            line = line.source(source);
        }
        for word in &words {
            line = line.param(word);
        }
        if let Some(trailing) = &trailing {
            line = line.trailing(trailing);
        }
        let wire = line.to_string();
        let message = Message::parse(&wire).unwrap();
        prop_assert_eq!(message.command, &command);
        prop_assert_eq!(message.source.map(|source| source.to_string()), source);
        let params: Vec<&str> = words.iter().chain(&trailing).map(String::as_str).collect();
        prop_assert_eq!(message.params(), &params[..]);
        let parsed: Vec<_> = message.tags().map(|tag| (tag.key.to_owned(), tag.value().into_owned())).collect();
        prop_assert_eq!(parsed, tags);
    }

    #[test]
    fn the_number_of_parameters_is_kept(params in prop::collection::vec("[ :a\r\n]{0,4}", 1..PARAMS_MAX)) {
        let line = params.iter().fold(Line::new("A"), |line, param| line.param(param)).to_string();
        prop_assert_eq!(Message::parse(&line).unwrap().params().len(), params.len());
    }

    #[test]
    fn escaping_round_trips(value in "[^\0]{0,40}") {
        let mut escaped = String::new();
        escape(&value, &mut escaped);
        prop_assert!(!escaped.contains([';', ' ', '\r', '\n']));
        prop_assert_eq!(unescape(&escaped), value);
    }
}
