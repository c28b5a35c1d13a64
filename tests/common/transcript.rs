//! Dialogues as text: who sends what, who must see what. One corpus, several drivers.
//!
//! A transcript is read line by line:
//!
//! ```text
//! # A comment. Blank lines mean nothing.
//! --- enter ann tls 192.168.56.1 with server-time
//! ann -> JOIN #tea
//! ann <- @time={} :ann!ann@{cloak} JOIN #tea
//! ann <- ...
//! --- quiet bob
//! ```
//!
//! - `NAME -> LINE`: the connection NAME sends LINE.
//! - `NAME <- LINE`: the next line that NAME has not read yet must be LINE. Lines are compared as messages: a colon before
//!   the last parameter and the order of tags do not matter, everything else does.
//! - `NAME <- ...`: NAME may read any number of lines before the next expected one (or before the end).
//! - `--- DIRECTIVE`: see [`Directive`].
//!
//! In an expected line `{}` stands for a piece of text without blanks, `{...}` for any text, empty too; as the last
//! parameter without a colon it stands for all further parameters. `{name}` keeps what stands there and must be the same
//! from then on, in sent lines too. `@{...}` stands for any tags, `;{...}` for any further ones. `{set a b c}` as the last
//! parameter stands for these words in any order. In sent lines too, `{x*100}` is a hundred times `x`, and
//! `{plain NAME PASSWORD}` is the Base64 of SASL PLAIN.
//!
//! When a transcript ends, no connection may have anything left to read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;

use base64::Engine as _;
use chat_tui::proto::message::Message;

/// A dialogue, parsed.
pub struct Transcript {
    /// The file's name.
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

/// One line of a transcript.
pub struct Step {
    /// Its number in the file.
    pub line: usize,
    /// What happens.
    pub what: What,
}

/// What happens in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A connection sends a line.
    Send(String, String),
    /// A connection must see a line.
    Expect(String, String),
    /// A connection may see any lines.
    Skip(String),
    /// Something beside the lines.
    Direct(Directive),
}

/// How a connection reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// TCP in the clear.
    Plain,
    /// TLS.
    Tls,
    /// TLS with a certificate of the client: the same one from the same address.
    Certified,
    /// The Unix socket, by a user who may act as the server or by another one.
    Unix {
        /// Whether it may.
        operator: bool,
    },
}

/// What happens beside the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directive {
    /// `--- needs gate addresses …`: drivers that cannot do one of these leave the file out. Stands first.
    /// `gate`: commits can be held. `store`: the store can be away. `restart`: the server can start again.
    /// `addresses`: connections can come from any address. `clock`: the time can be moved.
    Needs(Vec<String>),
    /// `--- set KEY = VALUE`: a setting; before the first connection.
    Set(String, String),
    /// `--- connect NAME plain|tls|certified ADDRESS`, `--- connect NAME unix [operator]`: a connection, nothing sent yet.
    Connect(String, Wire, IpAddr),
    /// `--- enter NAME [as ACCOUNT] [plain|tls ADDRESS|unix [operator]] [with CAP …]`: connects, registers the account (or
    /// logs in when an earlier line has registered it), and reads everything up to the end of the welcome.
    Enter(String, String, Wire, IpAddr, Vec<String>),
    /// `--- return …`: the same for an account that another dialogue has registered.
    Return(String, String, Wire, IpAddr, Vec<String>),
    /// `--- close NAME [REASON]`: the connection is lost.
    Close(String, String),
    /// `--- closed NAME`: the server has closed the connection, and nothing is left to read.
    Closed(String),
    /// `--- quiet NAME …`: nothing is left to read for these.
    Quiet(Vec<String>),
    /// `--- read NAME …`: reads and forgets what these have to read.
    Read(Vec<String>),
    /// `--- hold`: events are no longer committed. `--- release`: they are again.
    Hold(bool),
    /// `--- commit`: while held, commits the events that wait.
    Commit,
    /// `--- store away`, `--- store back`: whether the store answers questions.
    Store(bool),
    /// `--- journal stalled`, `--- journal flowing`.
    Journal(bool),
    /// `--- wait SECONDS`: time passes.
    Wait(u64),
    /// `--- restart`: the server starts again from what is in the record; all connections are gone.
    Restart,
}

/// What plays a transcript.
pub trait Driver {
    /// Whether it can do what a file [needs](Directive::Needs).
    fn can(&self, need: &str) -> bool;
    /// A setting, before the first connection.
    fn set(&mut self, key: &str, value: &str) -> Result<(), String>;
    /// Connects.
    fn connect(&mut self, who: &str, wire: Wire, address: IpAddr) -> Result<(), String>;
    /// Sends a line.
    fn send(&mut self, who: &str, line: &str) -> Result<(), String>;
    /// The next line that `who` has not read yet; nothing when there is none (a driver over sockets waits a while first).
    fn receive(&mut self, who: &str) -> Option<String>;
    /// Everything that `who` has to read now. A driver over sockets asks for a PONG to know the end.
    fn drain(&mut self, who: &str) -> Vec<String>;
    /// Whether the server has closed the connection.
    fn is_closed(&mut self, who: &str) -> bool;
    /// Loses the connection.
    fn close(&mut self, who: &str, reason: &str) -> Result<(), String>;
    /// Does one of the directives that need a driver's own means; others never come here.
    fn direct(&mut self, directive: &Directive) -> Result<(), String>;
}

const ANYWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

impl Transcript {
    /// Reads a transcript.
    ///
    /// # Errors
    /// When a line is none of the kinds above; names the line.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let what = What::parse(line).map_err(|fault| format!("{name}:{}: {fault}: {line}", index + 1))?;
            steps.push(Step { line: index + 1, what });
        }
        Ok(Self { name: name.to_owned(), steps })
    }

    /// What a driver must be able to do.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.steps
            .iter()
            .filter_map(|step| match &step.what {
                What::Direct(Directive::Needs(needs)) => Some(needs),
                _ => None,
            })
            .flatten()
            .map(String::as_str)
    }
}

impl What {
    fn parse(line: &str) -> Result<Self, String> {
        if let Some(directive) = line.strip_prefix("--- ") {
            return Directive::parse(directive).map(Self::Direct);
        }
        let (who, rest) = line.split_once(' ').ok_or("neither a dialogue's line nor a directive")?;
        let who = who.to_owned();
        if rest == "<- ..." {
            return Ok(Self::Skip(who));
        }
        match rest.split_at_checked(3) {
            Some(("-> ", line)) => Ok(Self::Send(who, line.to_owned())),
            Some(("<- ", line)) => Ok(Self::Expect(who, line.to_owned())),
            _ => Err("neither -> nor <-".to_owned()),
        }
    }
}

impl Directive {
    fn parse(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Ok(match words.as_slice() {
            ["needs", needs @ ..] => Self::Needs(owned(needs)),
            ["set", key, "=", value @ ..] => Self::Set((*key).to_owned(), value.join(" ")),
            ["connect", who, wire @ ..] => {
                let (wire, address, rest) = parse_wire(wire)?;
                if !rest.is_empty() {
                    return Err("too many words".to_owned());
                }
                Self::Connect((*who).to_owned(), wire, address)
            }
            [verb @ ("enter" | "return"), who, rest @ ..] => {
                let (account, rest) = match rest {
                    ["as", account, rest @ ..] => (*account, rest),
                    rest => (*who, rest),
                };
                let (wire, address, rest) = match rest {
                    [] | ["with", ..] => (Wire::Tls, ANYWHERE, rest),
                    rest => parse_wire(rest)?,
                };
                let caps = match rest {
                    [] => Vec::new(),
                    ["with", caps @ ..] => owned(caps),
                    _ => return Err("expected `with`".to_owned()),
                };
                let make = if *verb == "enter" { Self::Enter } else { Self::Return };
                make((*who).to_owned(), account.to_owned(), wire, address, caps)
            }
            ["close", who, reason @ ..] => Self::Close((*who).to_owned(), reason.join(" ")),
            ["closed", who] => Self::Closed((*who).to_owned()),
            ["quiet", who @ ..] => Self::Quiet(owned(who)),
            ["read", who @ ..] => Self::Read(owned(who)),
            ["hold"] => Self::Hold(true),
            ["release"] => Self::Hold(false),
            ["commit"] => Self::Commit,
            ["store", "away"] => Self::Store(false),
            ["store", "back"] => Self::Store(true),
            ["journal", "stalled"] => Self::Journal(true),
            ["journal", "flowing"] => Self::Journal(false),
            ["wait", seconds] => Self::Wait(seconds.parse().map_err(|_| "not a number of seconds".to_owned())?),
            ["restart"] => Self::Restart,
            _ => return Err("an unknown directive".to_owned()),
        })
    }
}

fn parse_wire<'a>(words: &'a [&'a str]) -> Result<(Wire, IpAddr, &'a [&'a str]), String> {
    let address = |text: &str| text.parse().map_err(|_| format!("{text} is not an address"));
    match words {
        ["plain", at, rest @ ..] => Ok((Wire::Plain, address(at)?, rest)),
        ["tls", at, rest @ ..] => Ok((Wire::Tls, address(at)?, rest)),
        ["certified", at, rest @ ..] => Ok((Wire::Certified, address(at)?, rest)),
        ["unix", "operator", rest @ ..] => Ok((Wire::Unix { operator: true }, ANYWHERE, rest)),
        ["unix", rest @ ..] => Ok((Wire::Unix { operator: false }, ANYWHERE, rest)),
        _ => Err("expected plain ADDRESS, tls ADDRESS, certified ADDRESS or unix".to_owned()),
    }
}

/// Plays a transcript.
///
/// # Errors
/// The first step that does not go as written, with what was seen instead.
pub fn play(transcript: &Transcript, driver: &mut dyn Driver) -> Result<(), String> {
    if let Some(need) = transcript.needs().find(|need| !driver.can(need)) {
        return Err(format!("{}: needs {need}, which this driver cannot", transcript.name));
    }
    let mut player =
        Player { driver, values: BTreeMap::new(), connected: Vec::new(), skipping: Vec::new(), known: Vec::new() };
    for step in &transcript.steps {
        player.step(&step.what).map_err(|fault| format!("{}:{}: {fault}", transcript.name, step.line))?;
    }
    for who in player.connected.clone() {
        player.quiet(&who).map_err(|fault| format!("{}: at the end: {fault}", transcript.name))?;
    }
    Ok(())
}

/// A dialogue as it goes on.
struct Player<'a> {
    driver: &'a mut dyn Driver,
    values: BTreeMap<String, String>,
    connected: Vec<String>,
    /// Those who may read any lines before the next expected one.
    skipping: Vec<String>,
    /// Accounts that this dialogue has registered.
    known: Vec<String>,
}

impl Player<'_> {
    fn step(&mut self, what: &What) -> Result<(), String> {
        match what {
            What::Send(who, line) => {
                let line = fill(line, &self.values);
                self.driver.send(who, &line)
            }
            What::Expect(who, pattern) => self.expect(who, pattern),
            What::Skip(who) => {
                self.skipping.push(who.clone());
                Ok(())
            }
            What::Direct(directive) => self.direct(directive),
        }
    }

    fn expect(&mut self, who: &str, pattern: &str) -> Result<(), String> {
        let skips = self.skipping.iter().any(|skipping| skipping == who);
        self.skipping.retain(|skipping| skipping != who);
        let mut passed = String::new();
        while let Some(line) = self.driver.receive(who) {
            if matches_line(pattern, &line, &mut self.values) {
                return Ok(());
            }
            let _ = write!(passed, "\n     saw: {line}");
            if !skips {
                for line in self.driver.drain(who) {
                    let _ = write!(passed, "\n    then: {line}");
                }
                break;
            }
        }
        if passed.is_empty() {
            passed.push_str("\n     saw: nothing");
        }
        Err(format!("{who} should see\n  wanted: {}{passed}", fill(pattern, &self.values)))
    }

    fn quiet(&mut self, who: &str) -> Result<(), String> {
        if self.skipping.iter().any(|skipping| skipping == who) {
            self.skipping.retain(|skipping| skipping != who);
            self.driver.drain(who);
            return Ok(());
        }
        match self.driver.drain(who).as_slice() {
            [] => Ok(()),
            lines => Err(format!("{who} should have nothing to read\n     saw: {}", lines.join("\n     saw: "))),
        }
    }

    fn direct(&mut self, directive: &Directive) -> Result<(), String> {
        match directive {
            Directive::Needs(_) => Ok(()),
            Directive::Set(key, value) => self.driver.set(key, value),
            Directive::Connect(who, wire, address) => {
                self.connected.push(who.clone());
                self.driver.connect(who, *wire, *address)
            }
            Directive::Enter(who, account, wire, address, caps) => {
                self.connected.push(who.clone());
                self.driver.connect(who, *wire, *address)?;
                self.enter(who, account, matches!(wire, Wire::Unix { operator: true }), caps)
            }
            Directive::Return(who, account, wire, address, caps) => {
                self.known.push(account.clone());
                let enter = Directive::Enter(who.clone(), account.clone(), *wire, *address, caps.clone());
                self.direct(&enter)
            }
            Directive::Close(who, reason) => {
                self.quiet(who)?;
                self.connected.retain(|connected| connected != who);
                self.driver.close(who, reason)
            }
            Directive::Closed(who) => {
                self.quiet(who)?;
                self.connected.retain(|connected| connected != who);
                if self.driver.is_closed(who) { Ok(()) } else { Err(format!("{who} is still connected")) }
            }
            Directive::Quiet(names) => names.iter().try_for_each(|who| self.quiet(who)),
            Directive::Read(names) => {
                for who in names {
                    self.skipping.retain(|skipping| skipping != who);
                    self.driver.drain(who);
                }
                Ok(())
            }
            Directive::Restart => {
                self.connected.clear();
                self.skipping.clear();
                self.driver.direct(directive)
            }
            other => self.driver.direct(other),
        }
    }

    /// From the first line to the end of the welcome.
    fn enter(&mut self, who: &str, account: &str, operator: bool, caps: &[String]) -> Result<(), String> {
        let mut wanted = vec!["draft/account-registration".to_owned(), "sasl".to_owned()];
        wanted.extend(caps.iter().cloned());
        let mut lines = vec![
            "CAP LS 302".to_owned(),
            format!("NICK {account}"),
            format!("USER {account} 0 * :{account}"),
            format!("CAP REQ :{}", wanted.join(" ")),
        ];
        if operator {
            lines.extend(["AUTHENTICATE EXTERNAL".to_owned(), "AUTHENTICATE +".to_owned()]);
        } else if self.known.iter().any(|known| known == account) {
            let proof = sasl_plain(&format!("plain {account} {}", password_of(account)));
            lines.extend(["AUTHENTICATE PLAIN".to_owned(), format!("AUTHENTICATE {proof}")]);
        } else {
            lines.push(format!("REGISTER {account} * {}", password_of(account)));
            self.known.push(account.to_owned());
        }
        lines.push("CAP END".to_owned());
        for line in &lines {
            self.driver.send(who, line)?;
        }
        let seen = self.driver.drain(who);
        let command_of = |line: &String| Message::parse(line).map_or_else(|_| String::new(), |m| m.command.to_owned());
        if seen.iter().any(|line| command_of(line) == "CAP" && line.contains(" NAK ")) {
            return Err(format!("{who} was refused its capabilities\n     saw: {}", seen.join("\n     saw: ")));
        }
        let welcomed = seen.iter().any(|line| command_of(line) == "001");
        if welcomed { Ok(()) } else { Err(format!("{who} was not welcomed\n     saw: {}", seen.join("\n     saw: "))) }
    }
}

/// The password under which [`Directive::Enter`] registers an account.
pub fn password_of(account: &str) -> String {
    format!("{account}-has-a-password")
}

/// Puts known values and repetitions into a line; what is unknown stays.
fn fill(line: &str, values: &BTreeMap<String, String>) -> String {
    let filled = fill_innermost(line, values);
    if filled == line { filled } else { fill(&filled, values) }
}

fn fill_innermost(line: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    for piece in pieces(line) {
        match piece {
            Piece::Text(text) => filled.push_str(&text),
            Piece::Value(name) => match values.get(&name) {
                Some(value) => filled.push_str(value),
                None => {
                    let _ = write!(filled, "{{{name}}}");
                }
            },
            Piece::Word => filled.push_str("{}"),
            Piece::Anything => filled.push_str("{...}"),
        }
    }
    filled
}

/// The Base64 of SASL PLAIN for `plain NAME PASSWORD`.
fn sasl_plain(words: &str) -> String {
    let message = words.split(' ').skip(1).fold(String::new(), |message, word| message + "\0" + word);
    base64::prelude::BASE64_STANDARD.encode(message)
}

/// A part of a pattern.
enum Piece {
    Text(String),
    Value(String),
    Word,
    Anything,
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    // The innermost braces first, so that a value can stand among the words of a set.
    while let Some((before, after)) = rest.split_once('}') {
        let Some((before, inside)) = before.rsplit_once('{') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(match inside {
            "" => Piece::Word,
            "..." => Piece::Anything,
            _ if inside.starts_with("plain ") => Piece::Text(sasl_plain(inside)),
            _ => match inside.split_once('*').map(|(text, count)| (text, count.parse::<usize>())) {
                Some((text, Ok(count))) => Piece::Text(text.repeat(count)),
                _ => Piece::Value(inside.to_owned()),
            },
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    pieces
}

/// Whether a line is what a pattern describes; keeps the values that it names when it is.
fn matches_line(pattern: &str, line: &str, values: &mut BTreeMap<String, String>) -> bool {
    let mut attempt = values.clone();
    let filled = fill(pattern, &attempt);
    let (Ok(wanted), Ok(seen)) = (Message::parse(&filled), Message::parse(line)) else { return false };
    let source = |message: &Message<'_>| message.source.map(|source| source.to_string()).unwrap_or_default();
    let matched = matches_tags(wanted.raw_tags(), seen.raw_tags(), &mut attempt)
        && matches_text(&source(&wanted), &source(&seen), &mut attempt)
        && wanted.command.eq_ignore_ascii_case(seen.command)
        && matches_params(wanted.params(), seen.params(), filled.ends_with(" :{...}"), &mut attempt);
    if matched {
        *values = attempt;
    }
    matched
}

fn matches_tags(wanted: &str, seen: &str, values: &mut BTreeMap<String, String>) -> bool {
    let split = |tags: &str| -> Vec<(String, String)> {
        let tags = tags.split(';').filter(|tag| !tag.is_empty());
        tags.map(|tag| tag.split_once('=').unwrap_or((tag, ""))).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    let (wanted, mut seen) = (split(wanted), split(seen));
    let open = wanted.iter().any(|(key, _)| key == "{...}");
    for (key, pattern) in wanted.iter().filter(|(key, _)| key != "{...}") {
        let Some(place) = seen.iter().position(|(seen, _)| seen == key) else { return false };
        let (_, value) = seen.swap_remove(place);
        if !matches_text(pattern, &value, values) {
            return false;
        }
    }
    open || seen.is_empty()
}

fn matches_params(wanted: &[&str], seen: &[&str], colon: bool, values: &mut BTreeMap<String, String>) -> bool {
    for (place, pattern) in wanted.iter().enumerate() {
        let last = place + 1 == wanted.len();
        if last && *pattern == "{...}" && !colon {
            return true;
        }
        let Some(text) = seen.get(place) else { return false };
        let matched = match pattern.strip_prefix("{set ").and_then(|words| words.strip_suffix('}')) {
            Some(words) => sorted(words) == sorted(text),
            None => matches_text(pattern, text, values),
        };
        if !matched {
            return false;
        }
    }
    wanted.len() == seen.len()
}

fn sorted(words: &str) -> Vec<&str> {
    let mut words: Vec<&str> = words.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}

fn matches_text(pattern: &str, text: &str, values: &mut BTreeMap<String, String>) -> bool {
    matches_pieces(&pieces(pattern), text, values)
}

fn matches_pieces(pieces: &[Piece], text: &str, values: &mut BTreeMap<String, String>) -> bool {
    let Some((piece, rest)) = pieces.split_first() else { return text.is_empty() };
    match piece {
        Piece::Text(wanted) => {
            text.strip_prefix(wanted.as_str()).is_some_and(|text| matches_pieces(rest, text, values))
        }
        Piece::Value(name) => {
            if let Some(value) = values.get(name).cloned() {
                return text.strip_prefix(value.as_str()).is_some_and(|text| matches_pieces(rest, text, values));
            }
            ends(text, true).any(|end| {
                let mut attempt = values.clone();
                attempt.insert(name.clone(), text[..end].to_owned());
                let matched = matches_pieces(rest, &text[end..], &mut attempt);
                if matched {
                    *values = attempt;
                }
                matched
            })
        }
        Piece::Word => ends(text, true).any(|end| matches_pieces(rest, &text[end..], values)),
        Piece::Anything => ends(text, false).any(|end| matches_pieces(rest, &text[end..], values)),
    }
}

/// Where a wildcard at the beginning of `text` may end, the longest first.
fn ends(text: &str, word: bool) -> impl Iterator<Item = usize> + '_ {
    let stop = if word { text.find(' ').unwrap_or(text.len()) } else { text.len() };
    let first = usize::from(word);
    (first..=stop).rev().filter(|end| text.is_char_boundary(*end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees(pattern: &str, line: &str) -> bool {
        matches_line(pattern, line, &mut BTreeMap::new())
    }

    #[test]
    fn lines_are_compared_as_messages() {
        assert!(agrees("PRIVMSG #tea hi", "PRIVMSG #tea :hi"));
        assert!(agrees("@b=2;a=1 PING x", "@a=1;b=2 PING x"));
        assert!(!agrees("@a=1 PING x", "@a=1;b=2 PING x"));
        assert!(agrees("@a=1;{...} PING x", "@a=1;b=2 PING x"));
        assert!(!agrees("PING x", "@a=1 PING x"));
        assert!(!agrees(":ann PING x", "PING x"));
        assert!(!agrees("PING x", "PING x y"));
    }

    #[test]
    fn wildcards_stand_for_what_they_say() {
        assert!(agrees(":ann!ann@{} JOIN #tea", ":ann!ann@a.b.c JOIN #tea"));
        assert!(!agrees(":s 353 ann = #tea :{}", ":s 353 ann = #tea :a b"));
        assert!(agrees(":s 353 ann = #tea :{set b a}", ":s 353 ann = #tea :a b"));
        assert!(!agrees(":s 353 ann = #tea :{set b a}", ":s 353 ann = #tea :a b c"));
        assert!(agrees("005 ann {...}", "005 ann A B C :are supported"));
        assert!(agrees("366 ann #tea :{...}", "366 ann #tea :"));
        assert!(!agrees("366 ann #tea :{...}", "366 ann #tea one :two"));
    }

    #[test]
    fn values_are_kept_and_used() {
        let mut values = BTreeMap::new();
        assert!(matches_line("@msgid={id} PING x", "@msgid=abc PING x", &mut values));
        assert_eq!(fill("CHATHISTORY AFTER #t msgid={id} {ab*2}", &values), "CHATHISTORY AFTER #t msgid=abc abab");
        assert!(!matches_line("@msgid={id} PING x", "@msgid=abd PING x", &mut values));
    }

    #[test]
    fn every_directive_of_the_head_comment_is_read() {
        for good in [
            "needs gate",
            "set guests = true",
            "connect a plain ::1",
            "connect a unix operator",
            "enter a",
            "enter b as a unix with batch",
            "return a",
            "close a Ping timeout",
            "closed a",
            "quiet a b",
            "read a",
            "hold",
            "release",
            "commit",
            "store away",
            "store back",
            "journal stalled",
            "journal flowing",
            "wait 5",
            "restart",
        ] {
            assert!(Directive::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "connect a", "connect a tcp ::1", "enter a from b", "store", "wait long"] {
            assert!(Directive::parse(bad).is_err(), "{bad}");
        }
        assert!(Transcript::parse("x", "ann - PING").is_err());
    }
}
