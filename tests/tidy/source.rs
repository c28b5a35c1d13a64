//! One source file: where it stands in the tree of modules, and its code as tokens, without comments and tests.

/// What the rules look at of Rust's grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A word: a name or a keyword.
    Word(String),
    /// The text between the quotes of a string.
    Text(String),
    /// `::`
    PathSeparator,
    /// Any other sign.
    Sign(char),
}

impl Token {
    /// Whether this is the word.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    /// Whether this is the sign.
    pub fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }
}

/// A token with the line that it stands on.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The token.
    pub token: Token,
    /// Counted from 1.
    pub line: usize,
}

/// A Rust file.
#[derive(Debug)]
pub struct Source {
    /// From the root of the project, with slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Its module inside the crate (`chat::commands::query`; the crate's root is empty), for files under `src/`.
    pub module: Option<Vec<String>>,
    /// The code that is compiled into the programs: without comments and without what is `#[cfg(test)]`.
    pub code: Vec<Placed>,
    /// Submodules in files of their own that are compiled for tests only.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Reads a file's text.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, test_modules) = without_tests(tokens(text));
        Self { path: path.to_owned(), text: text.to_owned(), module: module_of(path), code, test_modules }
    }

    /// The first segment of the module: the room that the file stands in.
    pub fn room(&self) -> Option<&str> {
        self.module.as_ref()?.first().map(String::as_str)
    }

    /// `path:line`, as compilers write it.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }
}

fn module_of(path: &str) -> Option<Vec<String>> {
    let inside = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let mut segments: Vec<String> = inside.split('/').map(str::to_owned).collect();
    let is_program = segments.first().is_some_and(|first| first == "bin");
    match segments.last().map(String::as_str) {
        Some("mod") => segments.truncate(segments.len() - 1),
        Some("lib") if segments.len() == 1 => segments.clear(),
        Some("main") if is_program => segments.truncate(segments.len() - 1),
        _ => {}
    }
    Some(segments)
}

/// Cuts a text into tokens. What is not valid Rust gives some tokens, never a panic.
pub fn tokens(text: &str) -> Vec<Placed> {
    Cutter { rest: text, line: 1, tokens: Vec::new() }.run()
}

struct Cutter<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Placed>,
}

impl Cutter<'_> {
    fn run(mut self) -> Vec<Placed> {
        while let Some(first) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.skip(block_comment_bytes(self.rest));
            } else if self.rest.starts_with("::") {
                self.push(Token::PathSeparator, 2);
            } else if let Some((prefix, hashes)) = string_start(self.rest) {
                self.string(prefix, hashes);
            } else if first == '\'' {
                self.skip(quote_bytes(self.rest));
            } else if first.is_alphanumeric() || first == '_' {
                let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
                self.push(Token::Word(self.rest[..end].to_owned()), end);
            } else if first.is_whitespace() {
                self.skip(first.len_utf8());
            } else {
                self.push(Token::Sign(first), first.len_utf8());
            }
        }
        self.tokens
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.rest[..bytes].matches('\n').count();
        self.rest = &self.rest[bytes..];
    }

    fn push(&mut self, token: Token, bytes: usize) {
        self.tokens.push(Placed { token, line: self.line });
        self.skip(bytes);
    }

    /// A string whose opening takes `prefix` bytes; `hashes` is `None` where backslashes escape.
    fn string(&mut self, prefix: usize, hashes: Option<usize>) {
        let body = &self.rest[prefix..];
        let end = match hashes {
            Some(hashes) => body.find(&format!("\"{}", "#".repeat(hashes))).map(|end| (end, end + 1 + hashes)),
            None => {
                let mut escaped = false;
                let closes = |&(_, c): &(usize, char)| {
                    let is_end = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    is_end
                };
                body.char_indices().find(closes).map(|(end, _)| (end, end + 1))
            }
        };
        let (text_end, end) = end.unwrap_or((body.len(), body.len()));
        self.push(Token::Text(body[..text_end].to_owned()), prefix + end);
    }
}

fn block_comment_bytes(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Whether a string begins here: the bytes of its opening, and its hashes when it is a raw one.
fn string_start(text: &str) -> Option<(usize, Option<usize>)> {
    let letters = text.find(|c| c != 'b' && c != 'c' && c != 'r').filter(|letters| *letters <= 2)?;
    let is_raw = text[..letters].ends_with('r');
    let hashes = if is_raw { text[letters..].len() - text[letters..].trim_start_matches('#').len() } else { 0 };
    text[letters + hashes..].starts_with('"').then_some((letters + hashes + 1, is_raw.then_some(hashes)))
}

/// The bytes of a character in quotes; of a lifetime, those of its quote.
fn quote_bytes(text: &str) -> usize {
    let mut inside = text[1..].char_indices();
    match inside.next() {
        Some((_, '\\')) => {
            inside.next();
            inside.find(|(_, c)| *c == '\'').map_or(text.len(), |(at, _)| at + 2)
        }
        Some((_, first)) if text[1 + first.len_utf8()..].starts_with('\'') => first.len_utf8() + 2,
        _ => 1,
    }
}

/// Removes every item, statement or field that stands under `#[cfg(test)]`.
fn without_tests(tokens: Vec<Placed>) -> (Vec<Placed>, Vec<String>) {
    let mut code = Vec::new();
    let mut test_modules = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            code.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let end = at + item_tokens(&tokens[at..]);
        let item = &tokens[at..end];
        if item.last().is_some_and(|last| last.token.is_sign(';'))
            && let [name, word] = [item.len().wrapping_sub(2), item.len().wrapping_sub(3)].map(|index| item.get(index))
            && word.is_some_and(|word| word.token.is_word("mod"))
            && let Some(Placed { token: Token::Word(name), .. }) = name
        {
            test_modules.push(name.clone());
        }
        at = end;
    }
    (code, test_modules)
}

fn is_test_attribute(tokens: &[Placed]) -> bool {
    let expected = [
        Token::Sign('#'),
        Token::Sign('['),
        Token::Word("cfg".into()),
        Token::Sign('('),
        Token::Word("test".into()),
        Token::Sign(')'),
        Token::Sign(']'),
    ];
    tokens.len() >= expected.len() && tokens.iter().zip(&expected).all(|(placed, expected)| placed.token == *expected)
}

/// How many tokens an item takes, its attributes included: up to its `;`, its block, or the `,` of a field.
fn item_tokens(tokens: &[Placed]) -> usize {
    const ITEMS: &[&str] =
        &["pub", "fn", "impl", "mod", "use", "struct", "enum", "const", "static", "type", "trait", "async"];
    let mut depth = 0_usize;
    let mut at = 0;
    // The attributes: `#` and a bracket.
    while tokens.get(at).is_some_and(|placed| placed.token.is_sign('#')) {
        at += 1;
        loop {
            match tokens.get(at).map(|placed| &placed.token) {
                Some(Token::Sign('[')) => depth += 1,
                Some(Token::Sign(']')) => depth -= 1,
                None => return tokens.len(),
                _ => {}
            }
            at += 1;
            if depth == 0 {
                break;
            }
        }
    }
    let is_item = tokens.get(at).is_some_and(|placed| ITEMS.iter().any(|word| placed.token.is_word(word)));
    while let Some(placed) = tokens.get(at) {
        at += 1;
        match placed.token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(sign @ (')' | ']' | '}')) => {
                if depth == 0 {
                    // The end of what holds the field.
                    return at - 1;
                }
                depth -= 1;
                if depth == 0 && sign == '}' {
                    // `use a::{b};` goes on to its semicolon.
                    let ends = tokens.get(at).is_some_and(|next| next.token.is_sign(';'));
                    return at + usize::from(ends);
                }
            }
            Token::Sign(';') if depth == 0 => return at,
            Token::Sign(',') if depth == 0 && !is_item => return at,
            _ => {}
        }
    }
    tokens.len()
}
