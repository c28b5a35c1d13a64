//! Filters: what an operator of the server does not want to be said, by its words or by how much of it comes at once.
//!
//! They are settings, and try nothing that could take long: the expressions are compiled once, within bounds, by an engine
//! whose time grows with the text alone. What they do stands in `filtered`.

use regex::{Regex, RegexBuilder};

use super::allowance::Allowance;
/// The most bytes of an expression.
pub const PATTERN_BYTES_MAX: usize = 1_024;
/// The most bytes of a compiled expression, and of the states that it keeps while it searches.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// The most bytes of a filter's name.
pub const NAME_BYTES_MAX: usize = 32;
/// The most filters; each message is compared with all of them.
pub const FILTERS_MAX: usize = 64;

/// What becomes of a message that a filter means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterAction {
    /// It is refused.
    Refuse,
    /// It passes, and the operators are told.
    Notify,
}

impl FilterAction {
    /// Both with their word in the settings.
    pub const ALL: [(Self, &str); 2] = [(Self::Refuse, "refuse"), (Self::Notify, "notify")];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(action, _)| *action == self).map_or("", |(_, word)| word)
    }

    /// The action of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(action, _)| *action)
    }
}

/// Which messages a filter means.
#[derive(Clone, Debug)]
pub enum FilterTest {
    /// Those with words like these.
    Words(Regex),
    /// Those beyond so many of one person within a time.
    Flood(Allowance),
}

impl FilterTest {
    /// Compiles an expression, in the syntax of the crate `regex`; capitals do not matter unless it says `(?-i)`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn words(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() || pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("an expression has from 1 to {PATTERN_BYTES_MAX} bytes"));
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.case_insensitive(true).size_limit(COMPILED_BYTES_MAX).dfa_size_limit(COMPILED_BYTES_MAX);
        builder.build().map(Self::Words).map_err(|error| error.to_string())
    }
}

/// A filter as the settings have it.
#[derive(Clone, Debug)]
pub struct Filter {
    /// What it is called where it is counted and told.
    pub name: String,
    /// Which messages it means.
    pub test: FilterTest,
    /// What becomes of them.
    pub action: FilterAction,
    /// Whether it only counts and tells what it would do.
    pub is_dry_run: bool,
}

impl Filter {
    /// What becomes of the messages that it means, in a word.
    pub fn verdict(&self) -> &'static str {
        match (self.action, self.is_dry_run) {
            (FilterAction::Refuse, false) => "refused",
            (FilterAction::Refuse, true) => "would_refuse",
            (FilterAction::Notify, _) => "noticed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_bounded() {
        assert!(FilterTest::words("").is_err());
        assert!(FilterTest::words(&"x".repeat(PATTERN_BYTES_MAX + 1)).is_err());
        assert!(FilterTest::words("(a{1000}){1000}").is_err(), "too large when compiled");
        assert!(FilterTest::words("(").is_err());
    }
}
