//! Refusals as values: what a handler returns instead of sending an error. [`reply`](super::reply) says them.
//!
//! Specifications: Modern IRC, "Numerics"; IRCv3 `standard-replies`.

/// A sentence in the reader's language: the id of a text, and its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// The id in `server.ftl`.
    pub id: &'static str,
    /// What stands for its variables.
    pub variables: Vec<(&'static str, String)>,
}

impl Text {
    /// A text of `server.ftl`.
    pub fn new(id: &'static str) -> Self {
        Self { id, variables: Vec::new() }
    }

    /// With a variable filled in.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.variables.push((name, value.to_string()));
        self
    }
}

impl From<&'static str> for Text {
    fn from(id: &'static str) -> Self {
        Self::new(id)
    }
}

/// Why a line is not obeyed. Handlers return it; it is said in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// An error numeric: its parameters behind the client's name, and its text, which is English as everywhere on IRC.
    Numeric {
        /// The digits.
        numeric: &'static str,
        /// The parameters.
        params: Vec<String>,
        /// The text.
        text: &'static str,
    },
    /// `FAIL <command> <code> <context>… :<text>`.
    Fail {
        /// The code.
        code: &'static str,
        /// The context.
        context: Vec<String>,
        /// The sentence.
        text: Text,
    },
    /// Everything was said already, or nothing is to be said.
    Quiet,
}

impl Refusal {
    /// An error numeric.
    pub fn numeric(numeric: &'static str, params: &[&str], text: &'static str) -> Self {
        Self::Numeric { numeric, params: params.iter().map(|param| (*param).to_owned()).collect(), text }
    }

    /// A `FAIL` of the command at hand.
    pub fn fail(code: &'static str, context: &[&str], text: impl Into<Text>) -> Self {
        Self::Fail { code, context: context.iter().map(|param| (*param).to_owned()).collect(), text: text.into() }
    }
}

/// What a handler comes to.
pub(crate) type Handled = Result<(), Refusal>;
