//! What the documentation shows is so: the bot works as it stands there, the picture of the schema is that of the tables, and
//! the user's guide has every key, command and setting.

#![cfg(feature = "server")]

#[path = "server/client.rs"]
#[allow(dead_code)]
mod client;
#[path = "server/host.rs"]
#[allow(dead_code)]
mod host;

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};

use client::Client;
use host::{Host, run};
use rusqlite::Connection;
use tempfile::tempdir;

/// The page with the picture. `CHAT_BLESS=1` writes it anew.
const SCHEMA: &str = "docs/schema.md";
const BEGIN: &str = "```mermaid\n";
const END: &str = "```\n";

/// A process that is ended with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_answers() {
    if Command::new("python3").arg("--version").output().is_err() {
        let required = std::env::var("CHAT_TEST_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
        assert!(!required, "there is no python3");
        return;
    }
    let directory = tempdir().unwrap();
    let host = Host::start(&directory, &format!("sqlite:{}", directory.path().join("db").display())).await;
    let robot: Client = host.connect().await.register("robot", "correct horse").await;
    drop(robot);
    let mut ann = host.connect().await.register("ann", "correct horse").await;
    ann.send("JOIN #bots").await;
    ann.settle().await;
    let (name, port) = host.address.split_once(':').unwrap();
    let bot = Command::new("python3")
        .args([concat!(env!("CARGO_MANIFEST_DIR"), "/docs/bot.py"), name, port, "robot", "#bots"])
        .env("BOT_PASSWORD", "correct horse")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let bot = Running(bot);
    ann.expect("JOIN #bots").await;
    ann.send("PRIVMSG #bots :!ping").await;
    ann.expect("PRIVMSG #bots :pong, ann").await;
    drop(bot);
    host.stop().await;
}

/// The tables with their columns and who refers to whom, as a picture in Mermaid's language.
fn picture(database: &Connection) -> String {
    let names = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let mut picture = "erDiagram\n".to_owned();
    let mut relations = String::new();
    for table in names("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    {
        writeln!(picture, "    {table} {{").unwrap();
        let mut columns = database.prepare("SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid").unwrap();
        let read = columns
            .query_map([&table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, u32>(2)?)))
            .unwrap();
        for column in read {
            let (name, kind, key) = column.unwrap();
            let kind = kind.split('(').next().unwrap_or("TEXT").to_lowercase();
            writeln!(picture, "        {kind} {name}{}", if key > 0 { " PK" } else { "" }).unwrap();
        }
        picture.push_str("    }\n");
        let mut keys =
            database.prepare("SELECT \"table\", \"from\" FROM pragma_foreign_key_list(?1) ORDER BY \"from\"").unwrap();
        let read = keys.query_map([&table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        for key in read {
            let (other, column) = key.unwrap();
            writeln!(relations, "    {other} ||--o{{ {table} : {column}").unwrap();
        }
    }
    picture + &relations
}

#[test]
fn the_picture_of_the_schema_is_that_of_the_tables() {
    let directory = tempdir().unwrap();
    let output = run(&["account", "list"], directory.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let database = Connection::open(directory.path().join("chat.sqlite3")).unwrap();
    let path = format!("{}/{SCHEMA}", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has a picture");
    let (_, tail) = rest.split_once(END).expect("the picture ends");
    let made = format!("{head}{BEGIN}{}{END}{tail}", picture(&database));
    if std::env::var_os("CHAT_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(page == made, "{SCHEMA} is out of date: CHAT_BLESS=1 cargo test --test documents");
    }
}

/// The page with the tables of keys, commands and settings; they stand behind this line.
#[cfg(feature = "tui")]
const GUIDE: (&str, &str) = (
    "docs/user.md",
    "<!-- From here on made from the tables in the code: CHAT_BLESS=1 cargo test --test documents -->\n",
);

/// Text for a cell of a table.
#[cfg(feature = "tui")]
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

/// The tables of keys, commands and settings, in English.
#[cfg(feature = "tui")]
fn tables() -> String {
    use chat_tui::client::bindings::{Context, Preset};
    use chat_tui::client::chord::Chord;
    use chat_tui::client::commands::{COMMANDS, usage};
    use chat_tui::client::config::{KEYS, KEYS_TABLE};
    use chat_tui::client::keymap::{Keymap, name_of};
    use chat_tui::ground::texts::{Language, Texts};
    use chat_tui::proto::caps::{Cap, CapSet};

    let texts = Texts::new(Language::English);
    let presets = [Keymap::of(Preset::Default), Keymap::of(Preset::Emacs)];
    let mut page = "\n## Keys\n\nIn the configuration's `[keys]` each action can be given other keys by its name, and \
                    `preset = \"emacs\"` chooses the second column.\n"
        .to_owned();
    for (context, title_id) in Context::TITLES {
        let title = texts.get(title_id);
        writeln!(page, "\n### {title}\n\n| keys | with `emacs` | what they do | name |\n|---|---|---|---|").unwrap();
        let mut told: Vec<&str> = Vec::new();
        for row in presets.iter().flat_map(|preset| preset.help_rows(context, CapSet::of(Cap::ALL))) {
            if told.contains(&row.help_id) {
                continue;
            }
            told.push(row.help_id);
            let keys = |preset: &Keymap| {
                let rows = preset.help_rows(context, CapSet::of(Cap::ALL));
                let chords = rows.iter().find(|other| other.help_id == row.help_id).map(|row| row.chords.clone());
                let names: Vec<String> =
                    chords.unwrap_or_default().iter().map(|chord: &Chord| cell(&chord.name(&texts))).collect();
                names.join(", ")
            };
            let [default, emacs] = [keys(&presets[0]), keys(&presets[1])];
            let emacs = if emacs == default { String::new() } else { emacs };
            let bindings = presets.iter().flat_map(|preset| preset.bindings());
            let mut names: Vec<String> = bindings
                .filter(|binding| binding.context == context && binding.help_id == row.help_id)
                .map(|binding| format!("`{}`", name_of(binding)))
                .collect();
            names.sort();
            names.dedup();
            let what = cell(&texts.get(row.help_id));
            writeln!(page, "| {default} | {emacs} | {what} | {} |", names.join(", ")).unwrap();
        }
    }
    page.push_str("\n## Commands\n\n| command | other names | what it does |\n|---|---|---|\n");
    for command in COMMANDS {
        let aliases: Vec<String> = command.aliases.iter().map(|alias| format!("`/{alias}`")).collect();
        let (usage, what) = (usage(command, &texts), cell(&texts.get(command.help_id)));
        writeln!(page, "| `{}` | {} | {what} |", usage.replace('|', "\\|"), aliases.join(", ")).unwrap();
    }
    page.push_str(
        "\n## Settings\n\n`~/.config/chat-tui/config.toml`; `chat-tui --print-config` prints it with every default.\n\n\
         | setting | what it is |\n|---|---|\n",
    );
    for (name, help_id) in KEYS.iter().map(|key| (key.name, key.help_id)).chain([KEYS_TABLE]) {
        writeln!(page, "| `{name}` | {} |", cell(&texts.get(help_id))).unwrap();
    }
    page
}

/// F1, `/help`, the configuration's reader and the guide are made from the same tables.
#[cfg(feature = "tui")]
#[test]
fn the_guide_has_every_key_command_and_setting() {
    let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), GUIDE.0);
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, _) = page.split_once(GUIDE.1).expect("the page has the line before its tables");
    let made = format!("{head}{}{}", GUIDE.1, tables());
    if std::env::var_os("CHAT_BLESS").is_some() {
        std::fs::write(&path, made).unwrap();
    } else {
        assert!(page == made, "{} is out of date: CHAT_BLESS=1 cargo test --test documents", GUIDE.0);
    }
}
