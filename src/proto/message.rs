//! One IRC message: parsed from a line without copying, and written back.
//!
//! Specification: Modern IRC, "Message format"; IRCv3 `message-tags` (escaping of tag values, the sizes of the tag section).
//! A [`Message`] borrows from its line; a [`Line`] is under construction and owns its text.

use std::borrow::Cow;
use std::fmt;

/// The most parameters a message may carry; further words belong to the last one.
pub const PARAMS_MAX: usize = 15;
/// How many bytes most lines take behind their source: so many are reserved, and few lines have to grow.
const USUAL_BODY_BYTES: usize = 128;

/// A parsed message. Every part borrows from the line it was parsed from.
#[derive(Clone, PartialEq, Eq)]
pub struct Message<'a> {
    tags: &'a str,
    /// Who it comes from, when the line says so (only servers' lines do).
    pub source: Option<Source<'a>>,
    /// The command as it was written: letters, three digits, or something that nobody knows. Compare without regard to ASCII
    /// case.
    pub command: &'a str,
    params: [&'a str; PARAMS_MAX],
    count: usize,
}

/// Where a message comes from: a server's name, or `nick!user@host` of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// The nick, or the server's name.
    pub name: &'a str,
    /// The user name, when one is given.
    pub user: Option<&'a str>,
    /// The host, when one is given.
    pub host: Option<&'a str>,
}

/// Why a line is not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but blanks, tags or a source. Such lines are ignored.
    #[error("the line holds no command")]
    Empty,
}

impl<'a> Message<'a> {
    /// Parses a line that has lost its CR LF already. Whatever stands where the command is expected is taken as one, so that an
    /// unknown command can be answered by its name and its label.
    ///
    /// # Errors
    /// When the line holds no command.
    pub fn parse(line: &'a str) -> Result<Self, ParseError> {
        let (tags, rest) = prefixed(line, '@');
        let (source, rest) = prefixed(rest.trim_start_matches(' '), ':');
        let rest = rest.trim_start_matches(' ');
        let (command, mut rest) = rest.split_once(' ').unwrap_or((rest, ""));
        if command.is_empty() {
            return Err(ParseError::Empty);
        }
        let mut params = [""; PARAMS_MAX];
        let mut count = 0;
        loop {
            rest = rest.trim_start_matches(' ');
            if rest.is_empty() || count == PARAMS_MAX {
                break;
            }
            if let Some(trailing) = rest.strip_prefix(':') {
                params[count] = trailing;
                count += 1;
                break;
            }
            if count == PARAMS_MAX - 1 {
                params[count] = rest;
                count += 1;
                break;
            }
            let (word, after) = rest.split_once(' ').unwrap_or((rest, ""));
            params[count] = word;
            count += 1;
            rest = after;
        }
        let source = (!source.is_empty()).then(|| Source::parse(source));
        Ok(Self { tags, source, command, params, count })
    }

    /// The parameters, the last of which may hold blanks or be empty.
    pub fn params(&self) -> &[&'a str] {
        &self.params[..self.count]
    }

    /// The parameter at `index`, when the message has so many.
    pub fn param(&self, index: usize) -> Option<&'a str> {
        self.params().get(index).copied()
    }

    /// The tags in order, keys with their vendor and client-only prefix, values as they were escaped.
    pub fn tags(&self) -> impl Iterator<Item = Tag<'a>> + use<'a> {
        self.tags.split(';').filter(|tag| !tag.is_empty()).map(|tag| {
            let (key, escaped) = tag.split_once('=').unwrap_or((tag, ""));
            Tag { key, escaped }
        })
    }

    /// The value of the tag `key`, unescaped. When a key is repeated, the last one counts.
    pub fn tag(&self, key: &str) -> Option<Cow<'a, str>> {
        self.tags().filter(|tag| tag.key == key).last().map(|tag| tag.value())
    }

    /// The tag section as it was written, without `@`; empty when there is none.
    pub fn raw_tags(&self) -> &'a str {
        self.tags
    }
}

/// A message may hold a password: only its command and the number of its parameters are shown.
impl fmt::Debug for Message<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Message({}, {} parameters)", self.command, self.count)
    }
}

/// Splits off a word that begins with `mark`: `("word", "rest")`, or `("", line)` when it does not begin so.
fn prefixed(line: &str, mark: char) -> (&str, &str) {
    match line.strip_prefix(mark) {
        Some(marked) => marked.split_once(' ').unwrap_or((marked, "")),
        None => ("", line),
    }
}

impl<'a> Source<'a> {
    /// Parses `name`, `nick@host` or `nick!user@host`.
    pub fn parse(text: &'a str) -> Self {
        let (front, host) = match text.split_once('@') {
            Some((front, host)) => (front, Some(host)),
            None => (text, None),
        };
        match front.split_once('!') {
            Some((name, user)) => Self { name, user: Some(user), host },
            None => Self { name: front, user: None, host },
        }
    }
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)?;
        if let Some(user) = self.user {
            write!(formatter, "!{user}")?;
        }
        if let Some(host) = self.host {
            write!(formatter, "@{host}")?;
        }
        Ok(())
    }
}

/// One message tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The key with its client-only `+` and its vendor, when it has them.
    pub key: &'a str,
    /// The value as it was written; empty when there is none.
    pub escaped: &'a str,
}

impl<'a> Tag<'a> {
    /// The value, unescaped.
    pub fn value(&self) -> Cow<'a, str> {
        unescape(self.escaped)
    }

    /// Whether it is a client-only tag, which servers relay.
    pub fn is_client_only(&self) -> bool {
        self.key.starts_with('+')
    }
}

/// Undoes the escaping of a tag value. A lone backslash, at the end or before an unknown character, vanishes.
pub fn unescape(escaped: &str) -> Cow<'_, str> {
    if !escaped.contains('\\') {
        return Cow::Borrowed(escaped);
    }
    let mut value = String::with_capacity(escaped.len());
    let mut characters = escaped.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            value.push(character);
            continue;
        }
        match characters.next() {
            Some(':') => value.push(';'),
            Some('s') => value.push(' '),
            Some('r') => value.push('\r'),
            Some('n') => value.push('\n'),
            Some(other) => value.push(other),
            None => {}
        }
    }
    Cow::Owned(value)
}

/// Whether one of these ASCII characters stands in a text. Most have none, and all are looked at, which the processor does
/// for many at once: not so where the compiler weaves the loop into what stands around it.
#[inline(never)]
fn has_any<const COUNT: usize>(text: &str, characters: &[u8; COUNT]) -> bool {
    text.bytes().fold(false, |found, byte| found | characters.iter().fold(false, |one, other| one | (byte == *other)))
}

/// Appends `value` to `out`, escaped as a tag value. NUL, which nothing can escape, is dropped.
pub fn escape(value: &str, out: &mut String) {
    if !has_any(value, b"; \\\r\n\0") {
        return out.push_str(value);
    }
    for character in value.chars() {
        match character {
            '\0' => {}
            ';' => out.push_str("\\:"),
            ' ' => out.push_str("\\s"),
            '\\' => out.push_str("\\\\"),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
}

/// A message under construction: tags first, then the source, the command and its parameters.
///
/// ```
/// use chat_tui::proto::message::Line;
/// let line = Line::new("PRIVMSG").tag("msgid", "a b").source("ann!ann@host").param("#tea").trailing("two words");
/// assert_eq!(line.to_string(), "@msgid=a\\sb :ann!ann@host PRIVMSG #tea :two words");
/// ```
#[derive(Clone)]
pub struct Line {
    tags: String,
    source: String,
    body: String,
    /// Where the colon of the last parameter stands, when it has one: nothing can follow such a parameter.
    colon_at: Option<usize>,
}

impl Line {
    /// Starts a message with its command.
    pub fn new(command: &str) -> Self {
        let mut body = String::with_capacity(USUAL_BODY_BYTES);
        body.push_str(command);
        Self { tags: String::new(), source: String::new(), body, colon_at: None }
    }

    /// Adds a tag; an empty value is left out, key and all signs after it.
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        if !self.tags.is_empty() {
            self.tags.push(';');
        }
        self.tags.push_str(key);
        if !value.is_empty() {
            self.tags.push('=');
            escape(value, &mut self.tags);
        }
        self
    }

    /// Adds tags that are written as they go over the wire already (`a=1;b`); nothing when empty.
    pub fn raw_tags(mut self, tags: &str) -> Self {
        if !tags.is_empty() {
            if !self.tags.is_empty() {
                self.tags.push(';');
            }
            self.tags.push_str(tags);
        }
        self
    }

    /// Says who the message comes from.
    pub fn source(mut self, source: &str) -> Self {
        source.clone_into(&mut self.source);
        self
    }

    /// Adds a parameter that is not the last one, or the last one when it is a single word.
    ///
    /// A value that is empty, has a blank or begins with `:` can only stand at the end and is written with a colon. When
    /// another parameter follows all the same (an error reply that quotes what a client sent), such a value is made a
    /// word, so that the number of parameters stays true: blanks and the first colon turn into `_`, nothing into `*`.
    pub fn param(mut self, value: &str) -> Self {
        self.make_last_a_word();
        self.body.push(' ');
        if value.is_empty() || value.starts_with(':') || has_any(value, b" \r\n\0") {
            self.colon_at = Some(self.body.len());
            self.body.push(':');
        }
        self.push_clean(value);
        self
    }

    /// Adds parameters that are written as they go over the wire already: words with blanks between them.
    pub fn raw_params(mut self, params: &str) -> Self {
        self.make_last_a_word();
        self.body.push(' ');
        self.push_clean(params);
        self
    }

    /// Adds the last parameter, always with its colon.
    pub fn trailing(mut self, value: &str) -> Self {
        self.make_last_a_word();
        self.body.push(' ');
        self.colon_at = Some(self.body.len());
        self.body.push(':');
        self.push_clean(value);
        self
    }

    fn make_last_a_word(&mut self) {
        let Some(colon_at) = self.colon_at.take() else { return };
        let text = self.body.split_off(colon_at);
        match &text[1..] {
            "" => self.body.push('*'),
            value => {
                let colons = if value.starts_with(':') { 1 } else { 0 };
                self.body.extend(std::iter::repeat_n('_', colons));
                self.body
                    .extend(value[colons..].chars().map(|character| if character == ' ' { '_' } else { character }));
            }
        }
    }

    /// No parameter can end the line or cut it short, whatever it came from.
    fn push_clean(&mut self, value: &str) {
        if has_any(value, b"\r\n\0") {
            self.body.extend(value.chars().map(|character| match character {
                '\r' | '\n' | '\0' => ' ',
                other => other,
            }));
        } else {
            self.body.push_str(value);
        }
    }

    /// The tag section as it will be written, without `@`.
    pub fn tags(&self) -> &str {
        &self.tags
    }

    /// Whether it has a tag of this key.
    pub fn has_tag(&self, key: &str) -> bool {
        self.tags.split(';').any(|tag| tag.split('=').next() == Some(key))
    }

    /// The length in bytes of everything behind the tags, CR LF included: what the limit of 512 counts.
    pub fn body_bytes(&self) -> usize {
        let source = if self.source.is_empty() { 0 } else { self.source.len() + 2 };
        source + self.body.len() + 2
    }

    /// Appends the line as it goes over the wire, CR LF included.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve(self.tags.len() + "@ ".len() + self.body_bytes());
        if !self.tags.is_empty() {
            out.push(b'@');
            out.extend_from_slice(self.tags.as_bytes());
            out.push(b' ');
        }
        if !self.source.is_empty() {
            out.push(b':');
            out.extend_from_slice(self.source.as_bytes());
            out.push(b' ');
        }
        out.extend_from_slice(self.body.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tags.is_empty() {
            write!(formatter, "@{} ", self.tags)?;
        }
        if !self.source.is_empty() {
            write!(formatter, ":{} ", self.source)?;
        }
        formatter.write_str(&self.body)
    }
}

/// A line under construction may hold a password: only its command is shown.
impl fmt::Debug for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Line({} …)", self.body.split(' ').next().unwrap_or(""))
    }
}

/// Two lines are equal when they are the same on the wire.
impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        self.tags == other.tags && self.source == other.source && self.body == other.body
    }
}

impl Eq for Line {}

#[cfg(test)]
mod tests;
