//! What a server says about itself: the tokens of numeric 005.
//!
//! Specification: Modern IRC, "RPL_ISUPPORT"; at most 13 tokens a line, at most one `=` a token, values escaped as `\xHH`; a
//! token `-NAME` takes back what was said. [`Tokens`] is what a server sends, [`Isupport`] what a client understood.

use std::collections::BTreeMap;

use super::casemapping::CaseMapping;
use super::line::BODY_BYTES_MAX;
use super::message::Line;
use super::modes::ModeKind;

/// The most tokens of one line.
pub const TOKENS_PER_LINE_MAX: usize = 13;
/// The most tokens that a client remembers; what a server says beyond them is forgotten.
pub const TOKENS_MAX: usize = 512;

/// The token that says how names are compared beyond ASCII; no specification has it, servers and clients in use do.
pub const UTF8_MAPPING: &str = "UTF8MAPPING";

/// The tokens that a server sends, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<String>);

impl Tokens {
    /// No token yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a token without a value.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.0.push(name.to_owned());
        self
    }

    /// What a client has to be told that knows `before`: tokens that are new or have another value, and those that are gone.
    #[must_use]
    pub fn changes_since(&self, before: &Self) -> Self {
        let name = |token: &String| token.split('=').next().unwrap_or_default().to_owned();
        let names: Vec<String> = self.0.iter().map(name).collect();
        let changed = self.0.iter().filter(|token| !before.0.contains(token)).cloned();
        let gone = before.0.iter().map(name).filter(|known| !names.contains(known)).map(|known| format!("-{known}"));
        Self(changed.chain(gone).collect())
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a token with a value, escaped; an empty value leaves `NAME=`.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let mut token = format!("{name}=");
        escape(&value.to_string(), &mut token);
        self.0.push(token);
        self
    }

    /// Adds a token that takes back what was said under this name.
    #[must_use]
    pub fn removed(mut self, name: &str) -> Self {
        self.0.push(format!("-{name}"));
        self
    }

    /// The tokens as they go over the wire.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The lines behind `head` (`:server 005 nick`), in as few lines as possible, each of at most 13 tokens and
    /// `bytes_max` bytes (a token that is longer by itself stands alone).
    pub fn lines(&self, head: &Line, bytes_max: usize) -> Vec<Line> {
        const TRAILING: &str = "are supported by this server";
        let fixed_bytes = head.body_bytes() + " :".len() + TRAILING.len();
        let mut lines = Vec::new();
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let mut bytes = fixed_bytes;
            let fitting = rest.iter().take(TOKENS_PER_LINE_MAX).take_while(|token| {
                bytes += 1 + token.len();
                bytes <= bytes_max
            });
            let (now, later) = rest.split_at(fitting.count().max(1));
            lines.push(head.clone().raw_params(&now.join(" ")).trailing(TRAILING));
            rest = later;
        }
        lines
    }
}

/// Blanks, backslashes, `=` and controls, which would end a token or a line.
fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            ' ' | '\\' | '=' | '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\x{:02X}", u32::from(character))),
            other => out.push(other),
        }
    }
}

/// Undoes `\xHH`, each of which is one byte. What is not such an escape stays as it is.
fn unescape(value: &str) -> String {
    if !value.contains("\\x") {
        return value.to_owned();
    }
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        match rest {
            [b'\\', b'x', high, low, after_escape @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                // Two hexadecimal digits always make a byte.
                let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default() as u8;
                bytes.push(digit(high) * 16 + digit(low));
                rest = after_escape;
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a server said about itself, with the specification's defaults for what it did not say. All it takes is remembered,
/// also what has no method here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Isupport {
    tokens: BTreeMap<String, String>,
    /// What the tokens say of it: asked for with every name.
    casemapping: CaseMapping,
}

impl Isupport {
    /// Takes in the parameters of one numeric 005, the client's nick first and the closing text last.
    pub fn read(&mut self, params: &[&str]) {
        if let [_, tokens @ .., _] = params {
            for token in tokens {
                self.read_token(token);
            }
            self.casemapping = match self.get(UTF8_MAPPING).map(CaseMapping::parse) {
                Some(mapping @ CaseMapping::Precis) => mapping,
                _ => self.get("CASEMAPPING").map_or_else(CaseMapping::default, CaseMapping::parse),
            };
        }
    }

    fn read_token(&mut self, token: &str) {
        if let Some(name) = token.strip_prefix('-') {
            self.tokens.remove(&name.to_ascii_uppercase());
            return;
        }
        let (name, value) = token.split_once('=').unwrap_or((token, ""));
        let name = name.to_ascii_uppercase();
        if !name.is_empty() && (self.tokens.len() < TOKENS_MAX || self.tokens.contains_key(&name)) {
            self.tokens.insert(name, unescape(value));
        }
    }

    /// The value of a token, empty when it has none; nothing when the server did not send it. Case does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        let is_upper = !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let value = if is_upper { self.tokens.get(name) } else { self.tokens.get(&name.to_ascii_uppercase()) };
        value.map(String::as_str)
    }

    /// Whether the server sent the token.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value of a token that is a number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok()
    }

    /// `NETWORK`: what the network is called.
    pub fn network(&self) -> Option<&str> {
        self.get("NETWORK").filter(|name| !name.is_empty())
    }

    /// `CASEMAPPING`: how names are compared; beyond ASCII as `UTF8MAPPING` says.
    pub fn casemapping(&self) -> CaseMapping {
        self.casemapping
    }

    /// `CHANTYPES`: what channels begin with; empty when there are no channels.
    pub fn channel_types(&self) -> &str {
        self.get("CHANTYPES").unwrap_or("#&")
    }

    /// Whether a target is a channel. A status sign before it (see [`Isupport::without_status`]) is not taken off.
    pub fn is_channel(&self, target: &str) -> bool {
        target.starts_with(|first| self.channel_types().contains(first))
    }

    /// `STATUSMSG`: the channel of a target like `@#channel`, and the target as it is otherwise.
    pub fn without_status<'a>(&self, target: &'a str) -> &'a str {
        let signs = self.get("STATUSMSG").unwrap_or_default();
        let bare = target.trim_start_matches(|sign| signs.contains(sign));
        if self.is_channel(bare) && !self.is_channel(target) { bare } else { target }
    }

    /// `PREFIX`: letters and signs of members' prefixes, the highest rank first.
    pub fn prefixes(&self) -> impl Iterator<Item = (char, char)> {
        let value = self.get("PREFIX").unwrap_or("(ov)@+");
        let (letters, signs) = value.strip_prefix('(').and_then(|rest| rest.split_once(')')).unwrap_or_default();
        letters.chars().zip(signs.chars())
    }

    /// The sign of a prefix mode's letter.
    pub fn sign_of(&self, letter: char) -> Option<char> {
        self.prefixes().find(|(known, _)| *known == letter).map(|(_, sign)| sign)
    }

    /// The rank of a prefix's sign: 0 is the highest.
    pub fn rank_of(&self, sign: char) -> Option<usize> {
        self.prefixes().position(|(_, known)| known == sign)
    }

    /// The signs at the front of a word of NAMES, and what stands behind them.
    pub fn split_prefixes<'a>(&self, word: &'a str) -> (&'a str, &'a str) {
        let bare = word.trim_start_matches(|sign| self.rank_of(sign).is_some());
        word.split_at(word.len() - bare.len())
    }

    /// `CHANMODES` and `PREFIX`: what a channel mode's letter does with a parameter.
    pub fn channel_mode_kind(&self, letter: char) -> Option<ModeKind> {
        if self.sign_of(letter).is_some() {
            return Some(ModeKind::Prefix);
        }
        let kinds = [ModeKind::List, ModeKind::Always, ModeKind::WhenSet, ModeKind::Flag];
        let mut groups = self.get("CHANMODES").unwrap_or("b,k,l,imnpst").split(',').zip(kinds);
        groups.find(|(letters, _)| letters.contains(letter)).map(|(_, kind)| kind)
    }

    /// `MODES`: how many modes with a parameter one command may change; nothing when there is no bound.
    pub fn modes_max(&self) -> Option<usize> {
        match self.get("MODES") {
            None => Some(3),
            Some("") => None,
            Some(_) => self.number("MODES"),
        }
    }

    /// `LINELEN`: the most bytes of a line without tags, CR LF included.
    pub fn line_bytes_max(&self) -> usize {
        self.number("LINELEN").filter(|bytes| *bytes >= BODY_BYTES_MAX).unwrap_or(BODY_BYTES_MAX)
    }

    /// `NICKLEN`: the most bytes of a nick.
    pub fn nick_bytes_max(&self) -> Option<usize> {
        self.number("NICKLEN")
    }

    /// `TOPICLEN`: the most bytes of a topic.
    pub fn topic_bytes_max(&self) -> Option<usize> {
        self.number("TOPICLEN")
    }

    /// `CHATHISTORY`: the most messages of a page. Nothing when the server has no history; [`usize::MAX`] when it has no
    /// bound.
    pub fn history_limit(&self) -> Option<usize> {
        match self.number("CHATHISTORY")? {
            0 => Some(usize::MAX),
            limit => Some(limit),
        }
    }

    /// `MSGREFTYPES`: whether pages of history may be asked for by the id of a message.
    pub fn has_msgid_references(&self) -> bool {
        self.get("MSGREFTYPES").is_none_or(|types| types.split(',').any(|kind| kind == "msgid"))
    }

    /// `CORRESPONDENT`: the name under which the server itself talks with people (`chat-tui` servers).
    pub fn correspondent(&self) -> Option<&str> {
        self.get("CORRESPONDENT").filter(|name| !name.is_empty())
    }

    /// `BOT`: the user mode that marks a bot.
    pub fn bot_mode(&self) -> Option<char> {
        self.get("BOT")?.chars().next()
    }

    /// `UTF8ONLY`: whether every line must be UTF-8.
    pub fn is_utf8_only(&self) -> bool {
        self.has("UTF8ONLY")
    }

    /// `WHOX`: whether WHO can be asked for fields.
    pub fn has_whox(&self) -> bool {
        self.has("WHOX")
    }

    /// `MONITOR`: the most people to watch. Nothing when the server cannot; [`usize::MAX`] when there is no bound.
    pub fn monitor_max(&self) -> Option<usize> {
        match self.get("MONITOR")? {
            "" => Some(usize::MAX),
            _ => self.number("MONITOR"),
        }
    }

    /// `draft/ACCOUNTREQUIRED`: whether one must log in to be let in.
    pub fn is_account_required(&self) -> bool {
        self.has("draft/ACCOUNTREQUIRED") || self.has("ACCOUNTREQUIRED")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn changes_are_what_a_client_does_not_know_yet() {
        let before = Tokens::new().value("MODES", 20).flag("SAFERATE").flag("WHOX");
        let after = Tokens::new().value("MODES", 4).flag("WHOX").value("NICKLEN", 32);
        assert_eq!(
            after.changes_since(&before),
            Tokens::new().value("MODES", 4).value("NICKLEN", 32).flag("-SAFERATE")
        );
        assert!(after.changes_since(&after).is_empty());
    }

    #[test]
    fn letters_beyond_ascii_have_a_token_of_their_own() {
        let mut isupport = Isupport::default();
        isupport.read(&["ann", "CASEMAPPING=ascii", "UTF8MAPPING=rfc8265", "are supported"]);
        assert_eq!(isupport.casemapping(), CaseMapping::Precis);
        isupport.read(&["ann", "-UTF8MAPPING", "are supported"]);
        assert_eq!(isupport.casemapping(), CaseMapping::Ascii);
    }

    use crate::proto::message::Message;
    use crate::proto::numerics::RPL_ISUPPORT;

    fn head() -> Line {
        Line::new(RPL_ISUPPORT).source("irc.example").param("ann")
    }

    /// What a client understands of the lines that a server sends.
    fn understood(tokens: &Tokens) -> Isupport {
        let mut isupport = Isupport::default();
        for line in tokens.lines(&head(), BODY_BYTES_MAX) {
            isupport.read(Message::parse(&line.to_string()).unwrap().params());
        }
        isupport
    }

    #[test]
    fn a_line_has_thirteen_tokens_at_most() {
        let tokens = (0..30).fold(Tokens::new(), |tokens, number| tokens.value("T", number));
        let lines = tokens.lines(&head(), BODY_BYTES_MAX);
        let counts: Vec<usize> =
            lines.iter().map(|line| Message::parse(&line.to_string()).unwrap().params().len()).collect();
        assert_eq!(counts, [15, 15, 6]);
        assert_eq!(lines[2].to_string(), ":irc.example 005 ann T=26 T=27 T=28 T=29 :are supported by this server");
        assert_eq!(Tokens::new().lines(&head(), BODY_BYTES_MAX), []);
    }

    #[test]
    fn lines_stay_within_their_bytes() {
        let tokens = (0..20).fold(Tokens::new(), |tokens, _| tokens.value("TOKEN", "v".repeat(60)));
        for line in tokens.lines(&head(), BODY_BYTES_MAX) {
            assert!(line.body_bytes() <= BODY_BYTES_MAX);
        }
        assert_eq!(Tokens::new().value("LONG", "v".repeat(600)).flag("B").lines(&head(), BODY_BYTES_MAX).len(), 2);
    }

    #[test]
    fn values_are_escaped_with_one_equals_sign_a_token() {
        let tokens = Tokens::new().value("NETWORK", "A = \\ é\n").flag("UTF8ONLY").value("EMPTY", "");
        assert_eq!(
            tokens.iter().collect::<Vec<_>>(),
            ["NETWORK=A\\x20\\x3D\\x20\\x5C\\x20é\\x0A", "UTF8ONLY", "EMPTY="]
        );
        let isupport = understood(&tokens);
        assert_eq!(isupport.network(), Some("A = \\ é\n"));
        assert!(isupport.is_utf8_only() && isupport.get("empty") == Some(""));
        assert_eq!(unescape(r"a\xZZ\x4\x41\xC3\xA9\xFF\\"), "a\\xZZ\\x4Aé\u{fffd}\\\\");
    }

    #[test]
    fn our_own_tokens_are_understood() {
        let isupport = understood(
            &Tokens::new()
                .value("PREFIX", "(qaohv)~&@%+")
                .value("CHANTYPES", "#")
                .value("CHANMODES", "beI,k,l,imnst")
                .value("CASEMAPPING", "ascii")
                .value("STATUSMSG", "~&@%+")
                .value("CHATHISTORY", 100)
                .value("MSGREFTYPES", "msgid,timestamp")
                .value("NICKLEN", 32)
                .value("CORRESPONDENT", "serveur")
                .value("BOT", "B")
                .value("MODES", 20)
                .flag("WHOX")
                .flag("draft/ACCOUNTREQUIRED"),
        );
        assert_eq!(isupport.prefixes().collect::<String2>(), String2("qaohv".into(), "~&@%+".into()));
        assert_eq!((isupport.rank_of('~'), isupport.rank_of('+'), isupport.rank_of('x')), (Some(0), Some(4), None));
        assert_eq!(isupport.split_prefixes("@+ann"), ("@+", "ann"));
        assert_eq!(isupport.split_prefixes("ann"), ("", "ann"));
        assert!(isupport.is_channel("#tea") && !isupport.is_channel("&tea") && !isupport.is_channel(""));
        assert_eq!(isupport.without_status("@#tea"), "#tea");
        assert_eq!(isupport.without_status("ann"), "ann");
        for (letter, kind) in [
            ('o', Some(ModeKind::Prefix)),
            ('b', Some(ModeKind::List)),
            ('k', Some(ModeKind::Always)),
            ('l', Some(ModeKind::WhenSet)),
            ('t', Some(ModeKind::Flag)),
            ('z', None),
        ] {
            assert_eq!(isupport.channel_mode_kind(letter), kind, "{letter}");
        }
        assert_eq!(isupport.casemapping(), CaseMapping::Ascii);
        assert_eq!((isupport.history_limit(), isupport.nick_bytes_max()), (Some(100), Some(32)));
        assert_eq!((isupport.correspondent(), isupport.bot_mode()), (Some("serveur"), Some('B')));
        assert_eq!(isupport.modes_max(), Some(20));
        assert!(isupport.has_whox() && isupport.is_account_required() && isupport.has_msgid_references());
    }

    /// Letters and signs, gathered from pairs.
    #[derive(Debug, Default, PartialEq)]
    struct String2(String, String);

    impl FromIterator<(char, char)> for String2 {
        fn from_iter<I: IntoIterator<Item = (char, char)>>(pairs: I) -> Self {
            let (letters, signs) = pairs.into_iter().unzip();
            Self(letters, signs)
        }
    }

    #[test]
    fn a_silent_server_has_the_defaults() {
        let isupport = Isupport::default();
        assert_eq!(isupport.casemapping(), CaseMapping::Rfc1459);
        assert!(isupport.is_channel("&local"));
        assert_eq!(isupport.sign_of('o'), Some('@'));
        assert_eq!((isupport.history_limit(), isupport.line_bytes_max(), isupport.modes_max()), (None, 512, Some(3)));
        assert!(isupport.has_msgid_references());
        assert_eq!(isupport.network(), None);
    }

    #[test]
    fn what_was_said_can_be_taken_back_and_said_anew() {
        let mut isupport = Isupport::default();
        isupport.read(&["ann", "NICKLEN=9", "CHATHISTORY=0", "MODES", "PREFIX", "LINELEN=9", "MONITOR", "end"]);
        assert_eq!((isupport.history_limit(), isupport.modes_max()), (Some(usize::MAX), None));
        assert_eq!((isupport.prefixes().count(), isupport.line_bytes_max()), (0, 512));
        assert_eq!(isupport.monitor_max(), Some(usize::MAX));
        isupport.read(&["ann", "NICKLEN=30", "-CHATHISTORY", "end"]);
        assert_eq!((isupport.nick_bytes_max(), isupport.history_limit()), (Some(30), None));
        isupport.read(&["ann"]);
        isupport.read(&[]);
    }

    #[test]
    fn an_endless_server_is_not_remembered_endlessly() {
        let mut isupport = Isupport::default();
        for number in 0..2 * TOKENS_MAX {
            isupport.read(&["ann", &format!("T{number}"), "end"]);
        }
        assert_eq!(isupport.tokens.len(), TOKENS_MAX);
    }

    proptest! {
        #[test]
        fn values_round_trip(value in "\\PC{0,30}|[ =\\\\x0-9\r\n]{0,20}") {
            let tokens = Tokens::new().value("NETWORK", &value);
            prop_assert_eq!(tokens.iter().map(|token| token.matches('=').count()).sum::<usize>(), 1);
            let isupport = understood(&tokens);
            prop_assert_eq!(isupport.get("NETWORK"), Some(value.as_str()));
        }

        #[test]
        fn any_tokens_are_read(tokens in prop::collection::vec("(PREFIX|CHANMODES|MODES|-)?=?\\PC{0,12}", 0..6)) {
            let mut isupport = Isupport::default();
            isupport.read(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
            let _ = (isupport.prefixes().count(), isupport.channel_mode_kind('a'), isupport.modes_max());
        }
    }
}
