//! What the server speaks, as `docs/conformance.md` tells it: made from the tables of commands, capabilities, numerics and
//! modes, and held to the transcripts. `CHAT_BLESS=1 cargo test --test conformance` writes the file anew.

#![cfg(feature = "server")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chat_tui::chat::documented;
use chat_tui::proto::modes::{CHANNEL_MODES, PREFIXES, USER_MODES};
use chat_tui::proto::numerics::NUMERICS;

/// What the table stands in.
const FILE: &str = "docs/conformance.md";

const HEAD: &str = "\
# What chat-server speaks

Modern IRC (<https://modern.ircdocs.horse>) with the extensions of IRCv3 (<https://ircv3.net>). This page is made from the
tables in the code by `CHAT_BLESS=1 cargo test --test conformance`; the same test fails when the page is out of date, and for
an entry that no transcript in [tests/transcripts](../tests/transcripts) shows. The transcripts are played against the bare
rules and against a server over sockets.
";

/// A dialogue of the corpus, as lines that are sent and expected.
struct Dialogue {
    name: String,
    lines: Vec<String>,
}

impl Dialogue {
    /// The words of lines that somebody sends, tags left out.
    fn sent(&self) -> impl Iterator<Item = Vec<&str>> {
        self.lines.iter().filter_map(|line| words(line, " -> "))
    }

    /// The words of lines that somebody must see, tags and source left out.
    fn seen(&self) -> impl Iterator<Item = Vec<&str>> {
        self.lines.iter().filter_map(|line| {
            let mut words = words(line, " <- ")?;
            if words.first().is_some_and(|word| word.starts_with(':')) {
                words.remove(0);
            }
            Some(words)
        })
    }
}

fn words<'a>(line: &'a str, arrow: &str) -> Option<Vec<&'a str>> {
    let (who, said) = line.split_once(arrow)?;
    let words = said.split(' ').skip_while(|word| word.starts_with('@'));
    (!who.contains(' ')).then(|| words.collect())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn dialogues() -> Vec<Dialogue> {
    let folder = root().join("tests/transcripts");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "irc"));
    files.sort();
    let read = |file: &PathBuf| Dialogue {
        name: file.file_stem().unwrap().to_string_lossy().into_owned(),
        lines: fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect(),
    };
    files.iter().map(read).collect()
}

/// The text of the rules, tests left out.
fn rules(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() && entry.file_name().is_some_and(|name| name != "tests") {
            text.push_str(&rules(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(entry).unwrap();
            text.push_str(source.split("#[cfg(test)]").next().unwrap_or_default());
        }
    }
    text
}

/// One section of the page.
struct Table<'a> {
    dialogues: &'a [Dialogue],
    page: String,
    missing: Vec<String>,
}

impl Table<'_> {
    fn section(&mut self, title: &str, columns: [&str; 2]) {
        // Writing to a text cannot fail.
        let _ = write!(self.page, "\n## {title}\n\n| {} | {} | transcript |\n|---|---|---|\n", columns[0], columns[1]);
    }

    /// One row, with the dialogue that shows the entry: the one of its name, else the first.
    fn row(&mut self, entry: &str, meaning: &str, is_shown_by: impl Fn(&Dialogue) -> bool) {
        let name = entry.trim_matches('`').to_lowercase();
        let showing: Vec<&Dialogue> = self.dialogues.iter().filter(|dialogue| is_shown_by(dialogue)).collect();
        let shown = showing.iter().find(|dialogue| dialogue.name == name).or(showing.first());
        let Some(shown) = shown else { return self.missing.push(entry.to_owned()) };
        let link = format!("[{0}](../tests/transcripts/{0}.irc)", shown.name);
        let _ = writeln!(self.page, "| {entry} | {} | {link} |", meaning.replace('|', "\\|"));
    }
}

/// The page, and the entries that no transcript shows.
fn page() -> (String, Vec<String>) {
    let dialogues = dialogues();
    let mut table = Table { dialogues: &dialogues, page: HEAD.to_owned(), missing: Vec::new() };

    table.section("Commands", ["command", "what it does"]);
    for command in documented::commands() {
        let meaning = format!("`{}`<br>{}", command.syntax, command.meaning);
        let is_sent = |dialogue: &Dialogue| dialogue.sent().any(|words| words[0].eq_ignore_ascii_case(command.name));
        table.row(&format!("`{}`", command.name), &meaning, is_sent);
    }

    table.section("Capabilities", ["capability", "what it brings"]);
    for cap in documented::capabilities().iter() {
        // Asked for by its directive or by CAP REQ, or told with its value.
        let is_it = |word: &str| word.trim_start_matches([':', '-']).split('=').next() == Some(cap.name());
        let is_used = |dialogue: &Dialogue| {
            let negotiates = |line: &&String| line.starts_with("--- ") || line.contains(" CAP ");
            dialogue.lines.iter().filter(negotiates).any(|line| line.split(' ').any(is_it))
        };
        table.row(&format!("`{}`", cap.name()), cap.meaning(), is_used);
    }

    table.section("Channel modes", ["mode", "what it means"]);
    let ranks = PREFIXES.iter().map(|prefix| (prefix.letter, format!("{} (`{}`)", prefix.name, prefix.sign)));
    let modes = CHANNEL_MODES.iter().map(|mode| (mode.letter, mode.meaning.to_owned()));
    for (letter, meaning) in ranks.chain(modes) {
        table.row(&format!("`{letter}`"), &meaning, |dialogue| changes_mode(dialogue, letter, true));
    }

    table.section("User modes", ["mode", "what it means"]);
    for mode in USER_MODES {
        table.row(&format!("`{}`", mode.letter), mode.meaning, |dialogue| changes_mode(dialogue, mode.letter, false));
    }

    table.section("Numerics", ["numeric", "what it says"]);
    let rules = rules(&root().join("src/chat"));
    let sent = NUMERICS.iter().filter(|numeric| names(&rules, numeric.name));
    for numeric in sent {
        let is_seen = |dialogue: &Dialogue| dialogue.seen().any(|words| words[0] == numeric.code);
        table.row(&format!("{} `{}`", numeric.code, numeric.name), numeric.meaning, is_seen);
    }
    (table.page, table.missing)
}

/// Whether somebody must see a mode being changed, of a channel or of a person.
fn changes_mode(dialogue: &Dialogue, letter: char, of_channel: bool) -> bool {
    dialogue.seen().any(|words| match words.as_slice() {
        ["MODE", target, letters, ..] => {
            target.starts_with('#') == of_channel && letters.trim_start_matches(':').contains(letter)
        }
        _ => false,
    })
}

/// Whether a text has this name as a word.
fn names(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

#[test]
fn the_page_of_conformance_is_true() {
    let (page, missing) = page();
    assert!(missing.is_empty(), "no transcript in tests/transcripts shows {}", missing.join(", "));
    let file = root().join(FILE);
    if std::env::var_os("CHAT_BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, &page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "{FILE} is out of date: write it anew by CHAT_BLESS=1 cargo test --test conformance");
}
