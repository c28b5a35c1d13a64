//! What a handler answers: numerics, standard replies, notices; and refusals as values, rendered in one place.
//!
//! Specifications: Modern IRC, "Numerics"; IRCv3 `standard-replies`. FAIL, WARN and NOTE go to those who asked for the
//! capability, and to everybody where the command's own specification defines them; others get a NOTICE.

use super::ports::ConnId;
use super::world::World;
use crate::proto::caps::Cap;
use crate::proto::message::Line;

/// A sentence in the reader's language: the id of a text, and its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    id: &'static str,
    variables: Vec<(&'static str, String)>,
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

/// Why a line is not obeyed. Handlers return it; [`World::refuse`] says it.
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

/// Commands whose own specification has FAIL: their clients know it without `standard-replies`.
const SPEAK_STANDARD_REPLIES: &[&str] = &["REGISTER", "VERIFY", "CHATHISTORY", "DEVICE", "ACCOUNT"];

impl World {
    /// Begins a numeric: from the server, to that client. The parameters follow.
    pub(crate) fn numeric(&self, conn: ConnId, numeric: &'static str) -> Line {
        Line::new(numeric).source(&self.settings.server_name).param(self.session(conn).name())
    }

    /// Begins a line from the server.
    pub(crate) fn server_line(&self, command: &str) -> Line {
        Line::new(command).source(&self.settings.server_name)
    }

    /// Says a text in the language of a session.
    pub(crate) fn say(&self, conn: ConnId, text: &Text) -> String {
        let variables: Vec<_> = text.variables.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
        self.texts(self.session(conn).language).format(text.id, &variables)
    }

    /// Says why a line is not obeyed.
    pub(crate) fn refuse(&mut self, conn: ConnId, command: &str, refusal: Refusal) {
        match refusal {
            Refusal::Numeric { numeric, params, text } => {
                let line = self.numeric(conn, numeric);
                let line = params.iter().fold(line, |line, param| line.param(param)).trailing(text);
                self.reply(conn, line);
            }
            Refusal::Fail { code, context, text } => {
                let context: Vec<_> = context.iter().map(String::as_str).collect();
                self.standard_reply(conn, "FAIL", command, code, &context, &text);
            }
            Refusal::Quiet => {}
        }
    }

    /// A FAIL, WARN or NOTE, or a NOTICE to those who do not know them.
    pub(crate) fn standard_reply(
        &mut self,
        conn: ConnId,
        kind: &'static str,
        command: &str,
        code: &str,
        context: &[&str],
        text: &Text,
    ) {
        let said = self.say(conn, text);
        let knows = self.session(conn).has(Cap::StandardReplies) || SPEAK_STANDARD_REPLIES.contains(&command);
        if !knows {
            return self.notice(conn, &said);
        }
        let line = self.server_line(kind).param(command).param(code);
        let line = context.iter().fold(line, |line, param| line.param(param)).trailing(&said);
        self.reply(conn, line);
    }

    /// A NOTICE of the server.
    pub(crate) fn notice(&mut self, conn: ConnId, text: &str) {
        let line = self.server_line("NOTICE").param(self.session(conn).name()).trailing(text);
        let line = self.dated(conn, line);
        self.reply(conn, line);
    }

    /// A NOTICE of the correspondent, which the record does not hold.
    pub(crate) fn notice_of_correspondent(&mut self, conn: ConnId, text: &str) {
        let source = self.correspondent_source();
        let line = Line::new("NOTICE").source(&source).param(self.session(conn).name()).trailing(text);
        let line = self.dated(conn, line);
        self.reply(conn, line);
    }

    /// With the time of the current turn, for those who asked for times.
    pub(crate) fn dated(&self, conn: ConnId, line: Line) -> Line {
        if self.session(conn).has(Cap::ServerTime) { line.tag("time", &self.now.to_string()) } else { line }
    }
}
