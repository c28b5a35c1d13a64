//! Samples that break each rule, and samples that must pass: a rule that cannot fail is none.

use super::graph::mentions;
use super::rules;
use super::source::{Source, Token, tokens};

fn layers(path: &str, text: &str) -> Vec<String> {
    rules::layers(&[Source::new(path, text)])
}

fn modules(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(path, text)| Source::new(path, text)).collect()
}

#[track_caller]
fn finds(faults: Vec<String>, expected: &str) {
    assert!(faults.len() == 1 && faults[0].contains(expected), "{expected:?} is not what is found: {faults:?}");
}

#[test]
fn tokens_are_told_apart() {
    let text = r####"a::b 'x' '\'' '"' 'long "s\"t" r#"r"a"w"# b"b" /* c /* d */ e */ // f
        g"####;
    let all: Vec<_> = tokens(text).into_iter().map(|placed| placed.token).collect();
    let word = |word: &str| Token::Word(word.into());
    let string = |string: &str| Token::Text(string.into());
    let expected = [
        word("a"),
        Token::PathSeparator,
        word("b"),
        word("long"),
        string("s\\\"t"),
        string("r\"a\"w"),
        string("b"),
        word("g"),
    ];
    assert_eq!(all, expected);
    assert_eq!(tokens(text).last().unwrap().line, 2);
    // Whatever is cut off in the middle ends quietly.
    for broken in ["\"", "r#\"", "/*", "'", "'\\", "b'", "#[cfg(test)]", "#[cfg(test)] #[", "use a::{", "mod"] {
        let source = Source::new("src/chat/mod.rs", broken);
        mentions(&source);
    }
}

#[test]
fn paths_are_resolved() {
    let text = "mod child; use crate::{proto::line::{self, Line as L}, chat::event::Seq}; use super::names as n;
        fn f(x: L) { line::parse(); n::g(); child::h(); self::i(); std::fs::read(); super::super::store::j() }
        mod inner { use super::k; fn l() { super::super::m() } }
        fn o() { super::p() }";
    let source = Source::new("src/chat/commands/mod.rs", text);
    let paths: Vec<_> = mentions(&source).into_iter().map(|mention| mention.path.join("::")).collect();
    let expected = [
        "proto::line",
        "proto::line::Line",
        "chat::event::Seq",
        "chat::names",
        "proto::line::parse",
        "chat::names::g",
        "chat::commands::child::h",
        "chat::commands::i",
        "store::j",
        "chat::commands::k",
        "chat::m",
        "chat::p",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn layers_are_kept() {
    finds(layers("src/proto/line.rs", "use crate::chat::event::Seq;"), "proto must not name chat::event::Seq");
    finds(layers("src/chat/policy.rs", "fn f() { crate::store::open() }"), "policy.rs:1: chat must not name store");
    finds(layers("src/client/model.rs", "use crate::{ground::paths, server::hub};"), "must not name server::hub");
    finds(layers("src/chat/mod.rs", "use crate::ground::{texts::Texts, paths};"), "must not name ground::paths");
    finds(layers("src/proto/mod.rs", "use crate::ground::texts::Texts;"), "must not name ground::texts");
    finds(layers("src/ground/tls.rs", "use crate::proto;"), "ground must not name proto");
    finds(layers("src/novel/mod.rs", ""), "novel is not in the table");
    finds(layers("src/server/hub.rs", "use anyhow::Result;"), "anyhow");
    finds(layers("src/server/mod.rs", "pub use crate::chat::event::*;"), "star");

    let allowed = [
        ("src/server/hub.rs", "use crate::{journal, store::Store, chat, proto, ground::tls};"),
        ("src/chat/mod.rs", "use crate::ground::texts::Texts; use crate::proto::line; use super::chat::event;"),
        ("src/chat/mod.rs", "// crate::store\n#[cfg(test)] mod tests { use crate::store::Memory; }"),
        ("src/chat/mod.rs", "const TEXT: &str = \"crate::store\"; #[cfg(test)] use crate::store::{Memory};"),
        ("src/bin/chat-tui.rs", "use chat_tui::{client, server}; use anyhow::Result;"),
        ("tests/end.rs", "use chat_tui::store;"),
    ];
    for (path, text) in allowed {
        assert_eq!(layers(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn circles_are_found() {
    let mut files = vec![
        ("src/lib.rs", "pub mod chat;"),
        ("src/chat/mod.rs", "pub mod a; pub mod b; mod c;"),
        ("src/chat/a.rs", "use super::b::B; #[cfg(test)] mod tests;"),
        ("src/chat/b.rs", "fn f() { crate::chat::c::g() }"),
        ("src/chat/c.rs", "#[cfg(test)] mod tests { use super::super::a::A; } fn g() {}"),
        ("src/chat/a/tests.rs", "use crate::chat::c; use super::super::b;"),
    ];
    assert_eq!(rules::circles(&modules(&files)), [""; 0]);
    files[4].1 = "use super::a::A;";
    finds(rules::circles(&modules(&files)), "chat::a → chat::b → chat::c → chat::a");
    files[4].1 = "";
    files[1].1 = "pub mod a; pub mod b; mod c; pub struct World; impl World { fn f() { a::f() } }";
    assert_eq!(rules::circles(&modules(&files)), [""; 0]);
    files[2].1 = "use super::World;";
    finds(rules::circles(&modules(&files)), "chat → chat::a → chat");
}

#[test]
fn the_view_stays_behind_the_model() {
    let files = [
        ("src/client/update.rs", "use super::form;"),
        ("src/client/form.rs", "use crate::client::view::theme::Theme;"),
        ("src/client/view/theme.rs", ""),
        ("src/client/view/mod.rs", "use crate::client::model::Model; mod theme; fn f() { theme::g() }"),
        ("src/client/model.rs", ""),
    ];
    finds(
        rules::circles(&modules(&files)),
        "client::update must not reach client::view: client::update → client::form",
    );
}

#[test]
fn pure_rooms_have_no_doors() {
    let faults = |text: &str| rules::purity(&[Source::new("src/chat/mod.rs", text)]);
    finds(faults("use tokio::net;"), "tokio");
    finds(faults("let now = std::time::Instant::now();"), "Instant::now");
    finds(faults("f().await"), "await");
    assert_eq!(faults("fn f(now: Instant) {} // tokio\n#[cfg(test)] mod tests { use tokio::net; }"), [""; 0]);
    assert_eq!(rules::purity(&[Source::new("src/server/mod.rs", "use tokio::net;")]), [""; 0]);
}

#[test]
fn files_are_headed_and_bounded() {
    finds(rules::shape(&Source::new("src/chat/mod.rs", "mod a;\n")), "src/chat/mod.rs:1: no head comment");
    finds(rules::shape(&Source::new("a.rs", &format!("//! A.\n{}", "\n".repeat(rules::FILE_LINES_MAX)))), "701 lines");
    assert_eq!(rules::shape(&Source::new("a.rs", "//! A.\n")), [""; 0]);
}

#[test]
fn rooms_are_mapped() {
    let faults =
        |head: &str| rules::rooms(&modules(&[("src/chat/mod.rs", head), ("src/chat/a/b.rs", ""), ("src/lib.rs", "")]));
    finds(faults("//! Nothing of a.\nmod a;\n"), "its head does not name `a`");
    assert_eq!(faults("//! In [`a`].\nmod a;\n"), [""; 0]);
    let faults = |map: &str| rules::map(&modules(&[("src/lib.rs", map), ("src/chat/a.rs", "")]));
    finds(faults("//! From `chat/a.rs` to `chat/b.rs`.\n"), "there is no `chat/b.rs`");
    assert_eq!(faults("//! From `chat/a.rs` on.\n"), [""; 0]);
}

#[test]
fn work_is_finished() {
    let faults = |text: &str| rules::unfinished(&Source::new("a.rs", text));
    finds(faults("fn f() {\n todo!()\n}"), "a.rs:2: todo!");
    finds(faults("#[cfg(test)] mod tests { fn f() { dbg!(1) } }"), "dbg!");
    finds(faults("unimplemented!(\"{}\", 1)"), "unimplemented!");
    assert_eq!(faults("// todo!\nlet s = \"todo!\"; todo(); assert!(x)"), [""; 0]);
}

#[test]
fn paths_of_machines_are_found() {
    let home = ["/ho", "me/"].concat();
    let root = ["/ro", "ot/"].concat();
    finds(rules::machine_paths("README.md", &format!("see\n{home}anna/chat")), "README.md:2");
    finds(rules::machine_paths("a.sh", &format!("cd {root}.cargo")), "a.sh:1");
    finds(rules::machine_paths("a.sh", &format!("\"{}main\"", ["/wo", "rk/"].concat())), "a.sh:1");
    for fine in
        [format!("src{home}a"), format!("https://example.org{home}a"), format!("{home}<name>/x"), "/tmp/x".into()]
    {
        assert_eq!(rules::machine_paths("a", &fine), [""; 0], "{fine}");
    }
}

#[test]
fn migrations_are_paired() {
    let both = ["0001_first.sql".to_owned()];
    let more = ["0001_first.sql".to_owned(), "0002_second.sql".to_owned()];
    assert_eq!(rules::migrations(&both, &both), [""; 0]);
    finds(rules::migrations(&more, &both), "sql/mysql/0002_second.sql is missing");
    finds(rules::migrations(&both, &more), "sql/sqlite/0002_second.sql is missing");
}

#[test]
fn texts_exist() {
    let ids = rules::text_ids(
        "# A comment = none\nform-title = Title\nform-count =\n    { $count ->\n  *[other] x = y\n }\n",
    );
    assert_eq!(ids.into_iter().collect::<Vec<_>>(), ["form-count", "form-title"]);
    let ids = rules::text_ids("form-title = Title");
    let faults = |text: &str| rules::used_texts(&[Source::new("src/client/form.rs", text)], &ids);
    finds(faults("texts.get(\"form-tittle\")"), "form.rs:1: there is no text with the id form-tittle");
    finds(faults("self.texts()\n.format(\n\"none\", &[])"), "id none");
    assert_eq!(faults("texts.get(\"form-title\"); map.get(\"none\"); texts.get(id); date.format(\"%H\")"), [""; 0]);
}

#[test]
fn listed_texts_exist() {
    let ids = rules::text_ids("key-enter = Enter\nform-title = Title");
    let faults = |path: &str, text: &str| rules::listed_texts(&[Source::new(path, text)], &ids);
    finds(
        faults("src/client/keymap.rs", "(Enter, \"key-entre\")"),
        "keymap.rs:1: there is no text with the id key-entre",
    );
    for fine in ["\"key-enter\"", "\"chat-tui\"", "\"key-\"", "\"--form-x\"", "\"form data-x\"", "// \"key-none\""] {
        assert_eq!(faults("src/client/keymap.rs", fine), [""; 0], "{fine}");
    }
    assert_eq!(faults("src/server/mod.rs", "\"key-none\""), [""; 0]);
}

#[test]
fn texts_are_used() {
    let ids = rules::text_ids("key-enter = Enter\nform-title = Title");
    let faults = |path: &str, text: &str| rules::unused_texts(&[Source::new(path, text)], &ids);
    finds(faults("src/client/keymap.rs", "f(\"key-enter\")"), "the text form-title is never used");
    assert_eq!(faults("src/client/keymap.rs", "f(\"key-enter\", \"form-title\")"), [""; 0]);
    assert_eq!(faults("tests/end.rs", "f(\"key-enter\", \"form-title\")").len(), 2);
}

#[test]
fn tests_that_a_page_names_exist() {
    let page = "shown by `a_test_of_mine`, `one.irc`, `other.irc`, `a_test_of_nobody` and `server.key`";
    let faults = rules::unknown_tests(page, "fn a_test_of_mine() {}", |name| name == "one.irc");
    assert_eq!(faults, ["there is no test other.irc", "there is no test a_test_of_nobody"]);
}
