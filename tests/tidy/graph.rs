//! Who names whom: the paths in a file's code, and the graph of modules that they make.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::{Placed, Source, Token};

/// A path in a file's code that leads into this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// From the crate's root: `chat::event::Seq`.
    pub path: Vec<String>,
    /// The line that it stands on.
    pub line: usize,
}

/// Every path of a file that leads into this crate: of its imports and of its code.
pub fn mentions(source: &Source) -> Vec<Mention> {
    let Some(module) = &source.module else { return Vec::new() };
    let mut reader = Reader {
        tokens: &source.code,
        at: 0,
        is_program: source.room() == Some("bin"),
        module: module.clone(),
        inline_modules: Vec::new(),
        depth: 0,
        names: children(&source.code).into_iter().map(|name| (name.clone(), join(module, &[name]))).collect(),
        found: Vec::new(),
    };
    reader.run();
    reader.found
}

/// The names of the modules that a file declares.
fn children(code: &[Placed]) -> Vec<String> {
    let declared = |window: &[Placed]| match window {
        [word, Placed { token: Token::Word(name), .. }, end] if word.token.is_word("mod") && end.token.is_sign(';') => {
            Some(name.clone())
        }
        _ => None,
    };
    code.windows(3).filter_map(declared).collect()
}

fn join(module: &[String], rest: &[String]) -> Vec<String> {
    module.iter().chain(rest).cloned().collect()
}

/// Whether a path is a module's own or leads below it.
pub fn is_within(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|below| below.is_empty() || below.starts_with("::"))
}

struct Reader<'a> {
    tokens: &'a [Placed],
    at: usize,
    /// In a program the crate is called `chat_tui`, and `crate` is the program's own.
    is_program: bool,
    module: Vec<String>,
    /// Modules written inside the file, with the depth of braces at which each ends.
    inline_modules: Vec<(String, usize)>,
    depth: usize,
    /// Names that stand for a path from here on: declared modules and imports.
    names: BTreeMap<String, Vec<String>>,
    found: Vec<Mention>,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(placed) = self.tokens.get(self.at) {
            match &placed.token {
                Token::Sign('{') => self.depth += 1,
                Token::Sign('}') => {
                    self.depth = self.depth.saturating_sub(1);
                    self.inline_modules.retain(|(_, ends_at)| *ends_at < self.depth + 1);
                }
                Token::Word(word) if word == "mod" => self.enter_inline_module(),
                Token::Word(word) if word == "use" => {
                    self.at += 1;
                    self.import(&mut Vec::new());
                    continue;
                }
                Token::Word(_) => {
                    self.path();
                    continue;
                }
                _ => {}
            }
            self.at += 1;
        }
    }

    fn enter_inline_module(&mut self) {
        if let [_, Placed { token: Token::Word(name), .. }, open, ..] = &self.tokens[self.at..]
            && open.token.is_sign('{')
        {
            self.inline_modules.push((name.clone(), self.depth + 1));
        }
    }

    fn word(&self) -> Option<&str> {
        match self.tokens.get(self.at).map(|placed| &placed.token) {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_sign(&self, sign: char) -> bool {
        self.tokens.get(self.at).is_some_and(|placed| placed.token.is_sign(sign))
    }

    fn skip_separator(&mut self) -> bool {
        let is_separator = self.tokens.get(self.at).is_some_and(|placed| placed.token == Token::PathSeparator);
        self.at += usize::from(is_separator);
        is_separator
    }

    /// A tree of imports: `a::b`, `a::{b, c as d}`, `a::*`. `prefix` is what stands before it.
    fn import(&mut self, prefix: &mut Vec<String>) {
        let before = prefix.len();
        let line = self.tokens.get(self.at).map_or(0, |placed| placed.line);
        loop {
            if self.is_sign('{') {
                self.at += 1;
                while self.at < self.tokens.len() && !self.is_sign('}') {
                    self.import(prefix);
                    self.at += usize::from(self.is_sign(','));
                }
                self.at += 1;
                break;
            }
            let Some(word) = self.word().map(str::to_owned) else {
                // A star, or something that is no import at all.
                self.at += 1;
                self.mention(prefix, line);
                break;
            };
            self.at += 1;
            prefix.push(word);
            if self.skip_separator() {
                continue;
            }
            let mut name = prefix.last().cloned();
            if self.word() == Some("as") {
                self.at += 1;
                name = self.word().map(str::to_owned);
                self.at += 1;
            }
            if prefix.last().is_some_and(|last| last == "self") && prefix.len() > 1 {
                prefix.pop();
                name = prefix.last().cloned();
            }
            if let Some(path) = self.mention(prefix, line)
                && let Some(name) = name
            {
                self.names.insert(name, path);
            }
            break;
        }
        prefix.truncate(before);
    }

    /// A path in code: `crate::a::B`, `super::c()`, `imported::d`.
    fn path(&mut self) {
        let line = self.tokens[self.at].line;
        let mut segments = Vec::new();
        while let Some(word) = self.word().map(str::to_owned) {
            segments.push(word);
            self.at += 1;
            if !self.skip_separator() {
                break;
            }
        }
        if segments.len() > 1 {
            self.mention(&segments, line);
        }
    }

    /// Notes a path when it leads into this crate, and gives it from the crate's root.
    fn mention(&mut self, segments: &[String], line: usize) -> Option<Vec<String>> {
        let path = self.resolve(segments)?;
        self.found.push(Mention { path: path.clone(), line });
        Some(path)
    }

    fn resolve(&self, segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        let here = || {
            let inline: Vec<String> = self.inline_modules.iter().map(|(name, _)| name.clone()).collect();
            join(&self.module, &inline)
        };
        match first.as_str() {
            "crate" if !self.is_program => Some(rest.to_vec()),
            "chat_tui" if self.is_program => Some(rest.to_vec()),
            "self" => Some(join(&here(), rest)),
            "super" => {
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                let mut base = here();
                base.truncate(base.len().saturating_sub(ups));
                Some(join(&base, &segments[ups..]))
            }
            name => self.names.get(name).map(|path| join(path, rest)),
        }
    }
}

/// Which module names which, and where.
#[derive(Debug, Default)]
pub struct Graph {
    edges: BTreeMap<String, BTreeMap<String, String>>,
}

impl Graph {
    /// The graph of the files under `src/` that are not tests.
    pub fn new(sources: &[Source]) -> Self {
        let tests: BTreeSet<Vec<String>> = sources
            .iter()
            .filter_map(|source| Some((source.module.as_ref()?, &source.test_modules)))
            .flat_map(|(module, names)| names.iter().map(|name| join(module, std::slice::from_ref(name))))
            .collect();
        let is_test = |module: &[String]| (1..=module.len()).any(|end| tests.contains(&module[..end]));
        let modules: BTreeSet<&Vec<String>> =
            sources.iter().filter_map(|source| source.module.as_ref()).filter(|module| !is_test(module)).collect();
        let mut graph = Self::default();
        for source in sources {
            let Some(module) = source.module.as_ref().filter(|module| modules.contains(module)) else { continue };
            for mention in mentions(source) {
                let longest = (1..=mention.path.len()).rev().map(|end| &mention.path[..end]);
                let Some(target) = longest.map(<[_]>::to_vec).find(|prefix| modules.contains(prefix)) else { continue };
                if target != *module {
                    let targets = graph.edges.entry(module.join("::")).or_default();
                    targets.entry(target.join("::")).or_insert_with(|| source.at(mention.line));
                }
            }
        }
        graph
    }

    /// The shortest way from one module to another or to one below it, as `a → b (file:line) → c (file:line)`.
    pub fn way(&self, from: &str, to: &str) -> Option<String> {
        let mut waiting = VecDeque::from([from]);
        let mut reached: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        while let Some(module) = waiting.pop_front() {
            for (target, place) in self.edges.get(module).into_iter().flatten() {
                if reached.contains_key(target.as_str()) {
                    continue;
                }
                reached.insert(target, (module, place));
                if is_within(target, to) {
                    return Some(Self::describe(from, target, &reached));
                }
                waiting.push_back(target);
            }
        }
        None
    }

    fn describe(from: &str, to: &str, reached: &BTreeMap<&str, (&str, &str)>) -> String {
        let mut steps = Vec::new();
        let mut module = to;
        loop {
            let (previous, place) = reached[module];
            steps.push(format!(" → {module} ({place})"));
            module = previous;
            if module == from {
                break;
            }
        }
        steps.reverse();
        format!("{from}{}", steps.concat())
    }

    /// A shortest circle through each module that stands in one; a circle is told once.
    pub fn circles(&self) -> Vec<String> {
        let mut told = BTreeSet::new();
        let mut circles = Vec::new();
        for module in self.edges.keys().filter(|module| !module.is_empty()) {
            let back = self.edges[module].keys().filter(|target| *target != module);
            // The way from a module back to itself: `way` stops at modules below the goal too, which are no circle.
            for target in back {
                if let Some(way) = self.exact_way(target, module) {
                    let mut members = way.clone();
                    members.sort();
                    if told.insert(members) {
                        circles.push(format!("{module} → {}", way.join(" → ")));
                    }
                    break;
                }
            }
        }
        circles
    }

    fn exact_way(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut waiting = VecDeque::from([vec![from.to_owned()]]);
        let mut reached = BTreeSet::from([from.to_owned()]);
        while let Some(way) = waiting.pop_front() {
            let last = way.last().expect("a way has a beginning");
            for target in self.edges.get(last).into_iter().flat_map(BTreeMap::keys) {
                let longer = || way.iter().cloned().chain([target.clone()]).collect();
                if target == to {
                    return Some(longer());
                }
                if reached.insert(target.clone()) {
                    waiting.push_back(longer());
                }
            }
        }
        None
    }
}
