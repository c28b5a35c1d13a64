//! The rules, each a function from sources to faults, and the tables that they read.

use std::collections::BTreeSet;

use super::graph::{Graph, is_within, mentions};
use super::source::{Placed, Source, Token, tokens};

/// The most lines of a file. Beyond it there is a missing noun.
pub const FILE_LINES_MAX: usize = 700;

/// What each room may name beside itself; `src/lib.rs` draws the same picture. Programs may name everything.
const LAYERS: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("chat", &["proto", "ground::texts"]),
    ("store", &["chat", "proto", "ground"]),
    ("journal", &["store", "chat", "proto", "ground::texts"]),
    ("server", &["journal", "store", "chat", "proto", "ground"]),
    ("client", &["proto", "ground"]),
    ("ground", &[]),
];

/// Who must not reach whom, by whatever way inside the room.
const UNREACHABLE: &[(&str, &str)] = &[
    ("client::model", "client::view"),
    ("client::update", "client::view"),
    ("client::update", "client::network"),
    ("client::update", "client::terminal"),
    ("client::view", "client::network"),
    ("client::view", "client::terminal"),
    ("chat::policy", "chat::apply"),
    ("chat::apply", "chat::commands"),
    ("chat::apply", "chat::deliver"),
];

/// Rooms that are pure, and the paths that are the door to the outside: sockets, clocks, files, randomness, tasks.
const PURE_ROOMS: &[&str] = &["proto", "chat"];
const IMPURE: &[&[&str]] = &[
    &["tokio"],
    &["SystemTime", "now"],
    &["Instant", "now"],
    &["Utc", "now"],
    &["Local", "now"],
    &["std", "fs"],
    &["std", "env"],
    &["std", "thread"],
    &["std", "process"],
    &["TcpStream"],
    &["UdpSocket"],
    &["UnixStream"],
    &["SystemRandom"],
    &["await"],
];

/// Rooms name only what their layer allows; `anyhow` stays in the programs; nothing is re-exported by a star.
pub fn layers(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let Some(room) = source.room() else { continue };
        let allowed = LAYERS.iter().find(|(name, _)| *name == room).map(|(_, allowed)| *allowed);
        let Some(allowed) = allowed else {
            if room != "bin" {
                faults.push(format!("{}: {room} is not in the table of layers", source.path));
            }
            continue;
        };
        for mention in mentions(source) {
            let Some(target) = mention.path.first().filter(|target| LAYERS.iter().any(|(name, _)| name == target))
            else {
                continue;
            };
            let path = mention.path.join("::");
            if target != room && !allowed.iter().any(|module| is_within(&path, module)) {
                faults.push(format!("{}: {room} must not name {path}", source.at(mention.line)));
            }
        }
        for placed in source.code.iter().filter(|placed| placed.token.is_word("anyhow")) {
            faults.push(format!("{}: anyhow belongs to src/bin alone", source.at(placed.line)));
        }
        for (at, window) in source.code.windows(2).enumerate() {
            if window[0].token.is_word("pub") && window[1].token.is_word("use") {
                let end = source.code[at..].iter().position(|placed| placed.token.is_sign(';')).unwrap_or(0);
                if source.code[at..at + end].iter().any(|placed| placed.token.is_sign('*')) {
                    faults.push(format!("{}: a star re-export hides where things are", source.at(window[0].line)));
                }
            }
        }
    }
    faults
}

/// No module leads back to itself, and none reaches what it must not.
pub fn circles(sources: &[Source]) -> Vec<String> {
    let graph = Graph::new(sources);
    let circles = graph.circles().into_iter().map(|circle| format!("a circle of imports: {circle}"));
    let reached = UNREACHABLE
        .iter()
        .filter_map(|(from, to)| graph.way(from, to).map(|way| format!("{from} must not reach {to}: {way}")));
    circles.chain(reached).collect()
}

/// The pure rooms have no door to the outside.
pub fn purity(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.room().is_some_and(|room| PURE_ROOMS.contains(&room))) {
        for (at, placed) in source.code.iter().enumerate() {
            for door in IMPURE {
                let mut tokens = source.code[at..].iter().map(|placed| &placed.token);
                let is_door = door.iter().enumerate().all(|(index, word)| {
                    (index == 0 || tokens.next() == Some(&Token::PathSeparator))
                        && tokens.next().is_some_and(|token| token.is_word(word))
                });
                if is_door {
                    faults.push(format!("{}: {} in a pure room", source.at(placed.line), door.join("::")));
                }
            }
        }
    }
    faults
}

/// A file says at its head what it is, and does not grow without bound.
pub fn shape(source: &Source) -> Vec<String> {
    let mut faults = Vec::new();
    if !source.text.starts_with("//! ") {
        faults.push(format!("{}: no head comment (`//! `) that says what is in it", source.at(1)));
    }
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        faults.push(format!("{}: {lines} lines, more than {FILE_LINES_MAX}", source.path));
    }
    faults
}

/// The head of a room's `mod.rs` is the way in: it names every file of the room.
pub fn rooms(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for (room, _) in LAYERS {
        let Some(door) = sources.iter().find(|source| source.path == format!("src/{room}/mod.rs")) else { continue };
        let head: Vec<&str> = door.text.lines().take_while(|line| line.starts_with("//!")).collect();
        let head = head.concat();
        let inside = sources.iter().filter(|source| source.room() == Some(*room));
        let files: BTreeSet<&String> = inside.filter_map(|source| source.module.as_deref()?.get(1)).collect();
        let files = files.into_iter().filter(|file| !door.test_modules.contains(file));
        let missing = files.filter(|file| !head.contains(&format!("`{file}`")));
        faults.extend(missing.map(|file| format!("{}: its head does not name `{file}`", door.at(1))));
    }
    faults
}

/// A file that the map of the code leads to is there.
pub fn map(sources: &[Source]) -> Vec<String> {
    let Some(root) = sources.iter().find(|source| source.path == "src/lib.rs") else { return Vec::new() };
    let words = root.text.lines().filter(|line| line.starts_with("//!")).flat_map(|line| line.split('`'));
    let is_there = |word: &str| sources.iter().any(|source| source.path == format!("src/{word}"));
    let missing = words.filter(|word| word.ends_with(".rs") && !is_there(word));
    missing.map(|word| format!("{}: there is no `{word}`", root.at(1))).collect()
}

/// Nothing is left to do, and nothing prints for its author; in tests neither.
pub fn unfinished(source: &Source) -> Vec<String> {
    let tokens = tokens(&source.text);
    let is_left_over = |word: &str| ["todo", "unimplemented", "dbg"].contains(&word);
    tokens
        .windows(2)
        .filter_map(|window| match (&window[0].token, &window[1].token) {
            (Token::Word(word), Token::Sign('!')) if is_left_over(word) => {
                Some(format!("{}: {word}!", source.at(window[0].line)))
            }
            _ => None,
        })
        .collect()
}

/// No file names a directory of the machine that it was written on.
pub fn machine_paths(path: &str, text: &str) -> Vec<String> {
    // Put together here, so that this file is not its own first find.
    let roots = [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"]].map(|halves| halves.concat());
    let mut faults = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for root in &roots {
            for (at, _) in line.match_indices(root.as_str()) {
                // In `src/work/` or `https://host/work/` it is the middle of something else.
                let is_whole = !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-})>".contains(c));
                let goes_on = line[at + root.len()..].starts_with(|c: char| c.is_alphanumeric() || "._-".contains(c));
                if is_whole && goes_on {
                    faults.push(format!("{path}:{}: {root}… is a path of one machine", index + 1));
                }
            }
        }
    }
    faults
}

/// Each migration has the same number and name in both dialects.
pub fn migrations(sqlite: &[String], mysql: &[String]) -> Vec<String> {
    let (sqlite, mysql): (BTreeSet<_>, BTreeSet<_>) = (sqlite.iter().collect(), mysql.iter().collect());
    let missing = |name: &&String, dialect: &str| format!("sql/{dialect}/{name} is missing");
    let of_mysql = sqlite.difference(&mysql).map(|name| missing(name, "mysql"));
    of_mysql.chain(mysql.difference(&sqlite).map(|name| missing(name, "sqlite"))).collect()
}

/// The ids of the texts in Fluent files.
pub fn text_ids(fluent: &str) -> BTreeSet<String> {
    let starts = |line: &&str| line.starts_with(|first: char| first.is_ascii_alphabetic());
    let id = |line: &str| line.split_once('=').map(|(id, _)| id.trim().to_owned());
    fluent.lines().filter(starts).filter_map(id).collect()
}

/// Every id in `texts.get("…")` and `texts.format("…", …)` is the id of a text.
pub fn used_texts(sources: &[Source], ids: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        for (at, placed) in source.code.iter().enumerate() {
            let Token::Word(receiver) = &placed.token else { continue };
            if receiver != "texts" && !receiver.ends_with("_texts") {
                continue;
            }
            // `texts()` and `self.texts` count as well.
            let mut rest = source.code[at + 1..].iter().map(|placed| &placed.token).peekable();
            if rest.next_if(|token| token.is_sign('(')).is_some()
                && !rest.next().is_some_and(|token| token.is_sign(')'))
            {
                continue;
            }
            if let (Some(Token::Sign('.')), Some(Token::Word(method)), Some(Token::Sign('(')), Some(Token::Text(id))) =
                (rest.next(), rest.next(), rest.next(), rest.next())
                && (method == "get" || method == "format")
                && !ids.contains(id)
            {
                faults.push(format!("{}: there is no text with the id {id}", source.at(placed.line)));
            }
        }
    }
    faults
}

/// In the client, whatever is written like the id of a text is one: its tables of keys, commands and settings name texts
/// without asking for them on the spot.
///
/// Written like one: words joined by hyphens, the first of which begins the id of some text.
pub fn listed_texts(sources: &[Source], ids: &BTreeSet<String>) -> Vec<String> {
    let voices: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('-').next()).collect();
    let is_like_an_id = |text: &str| {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        text.contains('-') && text.split('-').all(is_word) && text.split('-').next().is_some_and(|v| voices.contains(v))
    };
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| source.room() == Some("client")) {
        for placed in &source.code {
            if let Token::Text(text) = &placed.token
                && is_like_an_id(text)
                && !ids.contains(text)
            {
                faults.push(format!("{}: there is no text with the id {text}", source.at(placed.line)));
            }
        }
    }
    faults
}

/// Every text is named somewhere in the programs: nobody translates what nobody reads.
pub fn unused_texts<'a>(sources: &'a [Source], ids: &BTreeSet<String>) -> Vec<String> {
    let code = sources.iter().filter(|source| source.module.is_some()).flat_map(|source| &source.code);
    let literal = |placed: &'a Placed| match &placed.token {
        Token::Text(text) => Some(text.as_str()),
        _ => None,
    };
    let named: BTreeSet<&str> = code.filter_map(literal).collect();
    ids.iter().filter(|id| !named.contains(id.as_str())).map(|id| format!("the text {id} is never used")).collect()
}

/// A page that says which test shows what names only tests and transcripts that there are: words in backticks that end with
/// `.irc`, or that look like the name of a test.
pub fn unknown_tests(page: &str, code: &str, is_transcript: impl Fn(&str) -> bool) -> Vec<String> {
    let words = page.split('`').skip(1).step_by(2);
    let is_name =
        |word: &str| word.matches('_').count() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let is_known = |word: &str| match word.ends_with(".irc") {
        true => is_transcript(word),
        false => !is_name(word) || code.contains(&format!("fn {word}(")),
    };
    words.filter(|word| !is_known(word)).map(|word| format!("there is no test {word}")).collect()
}
