//! CHATHISTORY: what is asked, read and written, and how a bad question is refused.
//!
//! Specification: IRCv3 `draft/chathistory` (subcommands, message references, the FAIL codes, `draft/chathistory-targets`).

use std::fmt;

use super::message::Line;
use super::time::Timestamp;

/// The batch type of a page of messages.
pub const BATCH_TYPE: &str = "chathistory";
/// The batch type of the answer to TARGETS.
pub const TARGETS_BATCH_TYPE: &str = "draft/chathistory-targets";
/// The value of the token `MSGREFTYPES`: both kinds of reference, the better one first.
pub const REFERENCE_TYPES: &str = "msgid,timestamp";

/// A place in a conversation: a message, or a moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// `msgid=…`: the id as the server gave it out, whatever it looks like.
    MsgId(String),
    /// `timestamp=…`
    Time(Timestamp),
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MsgId(id) => write!(formatter, "msgid={id}"),
            Self::Time(time) => write!(formatter, "timestamp={time}"),
        }
    }
}

/// What a CHATHISTORY command asks for. All bounds are exclusive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryQuery {
    /// The newest messages before a place.
    Before {
        /// A channel or a nick.
        target: String,
        /// Where to stop.
        bound: Reference,
        /// The most messages to return.
        limit: usize,
    },
    /// The oldest messages after a place.
    After {
        /// A channel or a nick.
        target: String,
        /// Where to begin.
        bound: Reference,
        /// The most messages to return.
        limit: usize,
    },
    /// The newest messages, none older than the bound when there is one.
    Latest {
        /// A channel or a nick.
        target: String,
        /// Nothing up to here; none for `*`.
        bound: Option<Reference>,
        /// The most messages to return.
        limit: usize,
    },
    /// Messages on both sides of a place.
    Around {
        /// A channel or a nick.
        target: String,
        /// The place.
        bound: Reference,
        /// The most messages to return.
        limit: usize,
    },
    /// Messages between two places, counted from `from`, which may be the later one.
    Between {
        /// A channel or a nick.
        target: String,
        /// Where to begin.
        from: Reference,
        /// Where to stop.
        to: Reference,
        /// The most messages to return.
        limit: usize,
    },
    /// The conversations whose latest message lies between two moments.
    Targets {
        /// Where to begin.
        from: Timestamp,
        /// Where to stop.
        to: Timestamp,
        /// The most conversations to return.
        limit: usize,
    },
}

/// Why a CHATHISTORY command is refused: the codes of the specification, with the parameters that FAIL carries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// Unknown subcommand, too few or too many parameters, or one that cannot be read.
    #[error("{explanation}")]
    InvalidParams {
        /// The subcommand as it was sent; `*` when there was none.
        subcommand: String,
        /// The parameter that cannot be read, when it is one.
        parameter: Option<String>,
        /// What is wrong.
        explanation: &'static str,
    },
    /// A reference that is neither `msgid=` nor `timestamp=`, or a `msgid=` where only moments are allowed.
    #[error("the reference is of a type that is not supported here")]
    InvalidMsgRefType {
        /// The subcommand as it was sent.
        subcommand: String,
        /// Whose history was asked for; `*` when the subcommand has no target.
        target: String,
        /// The reference.
        parameter: String,
    },
    /// No such conversation, or not one that this client may read.
    #[error("Messages could not be retrieved")]
    InvalidTarget {
        /// The subcommand as it was sent.
        subcommand: String,
        /// Whose history was asked for.
        target: String,
    },
    /// The record cannot be read now.
    #[error("Messages could not be retrieved")]
    MessageError {
        /// The subcommand as it was sent.
        subcommand: String,
        /// Whose history was asked for.
        target: String,
    },
}

impl HistoryError {
    /// The code of the FAIL line.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidParams { .. } => "INVALID_PARAMS",
            Self::InvalidMsgRefType { .. } => "INVALID_MSGREFTYPE",
            Self::InvalidTarget { .. } => "INVALID_TARGET",
            Self::MessageError { .. } => "MESSAGE_ERROR",
        }
    }

    /// The parameters between the code and the explanation.
    pub fn context(&self) -> Vec<&str> {
        match self {
            Self::InvalidParams { subcommand, parameter, .. } => {
                std::iter::once(subcommand.as_str()).chain(parameter.as_deref()).collect()
            }
            Self::InvalidMsgRefType { subcommand, target, parameter } => vec![subcommand, target, parameter],
            Self::InvalidTarget { subcommand, target } | Self::MessageError { subcommand, target } => {
                vec![subcommand, target]
            }
        }
    }

    /// The whole line, without source: `FAIL CHATHISTORY <code> <context…> :<explanation>`.
    pub fn line(&self) -> Line {
        let line = Line::new("FAIL").param("CHATHISTORY").param(self.code());
        self.context().into_iter().fold(line, Line::param).trailing(&self.to_string())
    }
}

impl HistoryQuery {
    /// Reads the parameters of a CHATHISTORY command. A limit of 0 asks for nothing more than `limit_max`, and so does any
    /// number beyond it.
    ///
    /// # Errors
    /// When the subcommand is unknown, parameters are missing, too many or unreadable.
    pub fn parse(params: &[&str], limit_max: usize) -> Result<Self, HistoryError> {
        let Some((subcommand, rest)) = params.split_first() else {
            return Err(invalid("*", None, "Insufficient parameters"));
        };
        let reader = Reader { subcommand, target: "*", limit_max };
        match subcommand.to_ascii_uppercase().as_str() {
            "BEFORE" => reader.one_bound(rest, |target, bound, limit| Self::Before { target, bound, limit }),
            "AFTER" => reader.one_bound(rest, |target, bound, limit| Self::After { target, bound, limit }),
            "AROUND" => reader.one_bound(rest, |target, bound, limit| Self::Around { target, bound, limit }),
            "LATEST" => {
                let [target, bound, limit] = reader.exactly(rest)?;
                let reader = Reader { target, ..reader };
                let bound = if bound == "*" { None } else { Some(reader.reference(bound)?) };
                Ok(Self::Latest { target: target.to_owned(), bound, limit: reader.limit(limit)? })
            }
            "BETWEEN" => {
                let [target, from, to, limit] = reader.exactly(rest)?;
                let reader = Reader { target, ..reader };
                let (from, to) = (reader.reference(from)?, reader.reference(to)?);
                Ok(Self::Between { target: target.to_owned(), from, to, limit: reader.limit(limit)? })
            }
            "TARGETS" => {
                let [from, to, limit] = reader.exactly(rest)?;
                let (from, to) = (reader.moment(from)?, reader.moment(to)?);
                Ok(Self::Targets { from, to, limit: reader.limit(limit)? })
            }
            _ => Err(invalid(subcommand, None, "Unknown command")),
        }
    }

    /// The subcommand's name.
    pub const fn subcommand(&self) -> &'static str {
        match self {
            Self::Before { .. } => "BEFORE",
            Self::After { .. } => "AFTER",
            Self::Latest { .. } => "LATEST",
            Self::Around { .. } => "AROUND",
            Self::Between { .. } => "BETWEEN",
            Self::Targets { .. } => "TARGETS",
        }
    }

    /// Whose history it asks for; none for TARGETS.
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Before { target, .. }
            | Self::After { target, .. }
            | Self::Latest { target, .. }
            | Self::Around { target, .. }
            | Self::Between { target, .. } => Some(target),
            Self::Targets { .. } => None,
        }
    }

    /// The most that it wants back.
    pub const fn limit(&self) -> usize {
        match self {
            Self::Before { limit, .. }
            | Self::After { limit, .. }
            | Self::Latest { limit, .. }
            | Self::Around { limit, .. }
            | Self::Between { limit, .. }
            | Self::Targets { limit, .. } => *limit,
        }
    }

    /// The refusal of this query because its target does not exist or may not be read by who asks: which, is not told.
    pub fn invalid_target(&self) -> HistoryError {
        HistoryError::InvalidTarget { subcommand: self.subcommand().to_owned(), target: self.target_or_star() }
    }

    /// The refusal of this query because the record cannot be read now.
    pub fn message_error(&self) -> HistoryError {
        HistoryError::MessageError { subcommand: self.subcommand().to_owned(), target: self.target_or_star() }
    }

    fn target_or_star(&self) -> String {
        self.target().unwrap_or("*").to_owned()
    }

    /// The command as a client sends it.
    pub fn line(&self) -> Line {
        let line = Line::new("CHATHISTORY").param(self.subcommand());
        let line = match self.target() {
            Some(target) => line.param(target),
            None => line,
        };
        let line = match self {
            Self::Before { bound, .. } | Self::After { bound, .. } | Self::Around { bound, .. } => {
                line.param(&bound.to_string())
            }
            Self::Latest { bound: None, .. } => line.param("*"),
            Self::Latest { bound: Some(bound), .. } => line.param(&bound.to_string()),
            Self::Between { from, to, .. } => line.param(&from.to_string()).param(&to.to_string()),
            Self::Targets { from, to, .. } => {
                line.param(&Reference::Time(*from).to_string()).param(&Reference::Time(*to).to_string())
            }
        };
        line.param(&self.limit().to_string())
    }
}

fn invalid(subcommand: &str, parameter: Option<&str>, explanation: &'static str) -> HistoryError {
    HistoryError::InvalidParams {
        subcommand: subcommand.to_owned(),
        parameter: parameter.map(str::to_owned),
        explanation,
    }
}

/// Reads parameters and knows what their refusals must name.
#[derive(Clone, Copy)]
struct Reader<'a> {
    subcommand: &'a str,
    target: &'a str,
    limit_max: usize,
}

impl<'a> Reader<'a> {
    fn exactly<const N: usize>(self, params: &[&'a str]) -> Result<[&'a str; N], HistoryError> {
        params.try_into().map_err(|_| {
            let is_short = params.len() < N;
            let explanation = if is_short { "Insufficient parameters" } else { "Too many parameters" };
            invalid(self.subcommand, None, explanation)
        })
    }

    fn one_bound(
        self,
        params: &[&'a str],
        make: impl FnOnce(String, Reference, usize) -> HistoryQuery,
    ) -> Result<HistoryQuery, HistoryError> {
        let [target, bound, limit] = self.exactly(params)?;
        let reader = Self { target, ..self };
        Ok(make(target.to_owned(), reader.reference(bound)?, reader.limit(limit)?))
    }

    fn reference(self, text: &str) -> Result<Reference, HistoryError> {
        match text.split_once('=') {
            Some(("timestamp", time)) => match Timestamp::parse(time) {
                Some(time) => Ok(Reference::Time(time)),
                None => Err(invalid(self.subcommand, Some(text), "Invalid timestamp")),
            },
            Some(("msgid", id)) if !id.is_empty() => Ok(Reference::MsgId(id.to_owned())),
            Some(("msgid", _)) | None => Err(invalid(self.subcommand, Some(text), "Invalid message reference")),
            Some(_) => Err(self.unsupported(text)),
        }
    }

    fn moment(self, text: &str) -> Result<Timestamp, HistoryError> {
        match self.reference(text)? {
            Reference::Time(time) => Ok(time),
            Reference::MsgId(_) => Err(self.unsupported(text)),
        }
    }

    fn unsupported(self, text: &str) -> HistoryError {
        HistoryError::InvalidMsgRefType {
            subcommand: self.subcommand.to_owned(),
            target: self.target.to_owned(),
            parameter: text.to_owned(),
        }
    }

    fn limit(self, text: &str) -> Result<usize, HistoryError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(invalid(self.subcommand, Some(text), "Invalid limit"));
        }
        // Digits alone fail to be a number only when there are too many of them.
        match text.parse().unwrap_or(usize::MAX) {
            0 => Ok(self.limit_max),
            limit => Ok(limit.min(self.limit_max)),
        }
    }
}

/// One line of the answer to TARGETS, without source: `CHATHISTORY TARGETS <target> <time of its latest message>`.
pub fn target_line(target: &str, latest: Timestamp) -> Line {
    Line::new("CHATHISTORY").param("TARGETS").param(target).param(&latest.to_string())
}

/// Reads the parameters of such a line.
pub fn parse_target_line<'a>(params: &[&'a str]) -> Option<(&'a str, Timestamp)> {
    match params {
        [word, target, latest, ..] if word.eq_ignore_ascii_case("TARGETS") => Some((target, Timestamp::parse(latest)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::message::Message;

    const LIMIT_MAX: usize = 100;

    fn parse(words: &str) -> Result<HistoryQuery, HistoryError> {
        HistoryQuery::parse(&words.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>(), LIMIT_MAX)
    }

    fn time(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn every_subcommand_is_read() {
        let moment = "2026-11-22T10:00:00.000Z";
        let id = |id: &str| Reference::MsgId(id.to_owned());
        let target = || "#tea".to_owned();
        for (words, query) in [
            ("BEFORE #tea msgid=a 5".to_owned(), HistoryQuery::Before { target: target(), bound: id("a"), limit: 5 }),
            ("after #tea msgid=a=b 5".to_owned(), HistoryQuery::After { target: target(), bound: id("a=b"), limit: 5 }),
            ("LATEST #tea * 5".to_owned(), HistoryQuery::Latest { target: target(), bound: None, limit: 5 }),
            (
                "LATEST #tea msgid=a 5".to_owned(),
                HistoryQuery::Latest { target: target(), bound: Some(id("a")), limit: 5 },
            ),
            (
                format!("AROUND #tea timestamp={moment} 5"),
                HistoryQuery::Around { target: target(), bound: Reference::Time(time(moment)), limit: 5 },
            ),
            (
                format!("BETWEEN #tea timestamp={moment} msgid=z 5"),
                HistoryQuery::Between { target: target(), from: Reference::Time(time(moment)), to: id("z"), limit: 5 },
            ),
            (
                format!("TARGETS timestamp={moment} timestamp=2027-01-01T00:00:00.000Z 5"),
                HistoryQuery::Targets { from: time(moment), to: time("2027-01-01T00:00:00.000Z"), limit: 5 },
            ),
        ] {
            assert_eq!(parse(&words).as_ref(), Ok(&query), "{words}");
            let line = query.line().to_string();
            let message = Message::parse(&line).unwrap();
            assert_eq!(HistoryQuery::parse(message.params(), LIMIT_MAX), Ok(query));
        }
    }

    #[test]
    fn limits_stay_within_the_bound() {
        for (limit, taken) in [("1", 1), ("100", 100), ("101", 100), ("0", 100), ("99999999999999999999999", 100)] {
            assert_eq!(parse(&format!("LATEST #tea * {limit}")).unwrap().limit(), taken, "{limit}");
        }
    }

    #[test]
    fn bad_questions_are_refused_by_the_specification() {
        for (words, line) in [
            ("", "FAIL CHATHISTORY INVALID_PARAMS * :Insufficient parameters"),
            ("FROB #tea * 5", "FAIL CHATHISTORY INVALID_PARAMS FROB :Unknown command"),
            ("LATEST", "FAIL CHATHISTORY INVALID_PARAMS LATEST :Insufficient parameters"),
            ("latest #tea *", "FAIL CHATHISTORY INVALID_PARAMS latest :Insufficient parameters"),
            ("BEFORE #tea msgid=a 5 6", "FAIL CHATHISTORY INVALID_PARAMS BEFORE :Too many parameters"),
            ("BEFORE #tea * 5", "FAIL CHATHISTORY INVALID_PARAMS BEFORE * :Invalid message reference"),
            ("BEFORE #tea msgid= 5", "FAIL CHATHISTORY INVALID_PARAMS BEFORE msgid= :Invalid message reference"),
            ("BEFORE #tea timestamp=now 5", "FAIL CHATHISTORY INVALID_PARAMS BEFORE timestamp=now :Invalid timestamp"),
            ("BEFORE #tea msgid=a -1", "FAIL CHATHISTORY INVALID_PARAMS BEFORE -1 :Invalid limit"),
            ("BEFORE #tea msgid=a x", "FAIL CHATHISTORY INVALID_PARAMS BEFORE x :Invalid limit"),
            ("BETWEEN #tea msgid=a 5", "FAIL CHATHISTORY INVALID_PARAMS BETWEEN :Insufficient parameters"),
            (
                "BEFORE #tea seq=4 5",
                "FAIL CHATHISTORY INVALID_MSGREFTYPE BEFORE #tea seq=4 :the reference is of a type that is not supported here",
            ),
            (
                "TARGETS msgid=a msgid=b 5",
                "FAIL CHATHISTORY INVALID_MSGREFTYPE TARGETS * msgid=a :the reference is of a type that is not supported here",
            ),
        ] {
            assert_eq!(parse(words).unwrap_err().line().to_string(), line, "{words}");
        }
        let query = parse("LATEST #tea * 5").unwrap();
        assert_eq!(
            query.invalid_target().line().to_string(),
            "FAIL CHATHISTORY INVALID_TARGET LATEST #tea :Messages could not be retrieved"
        );
        assert_eq!(
            query.message_error().line().to_string(),
            "FAIL CHATHISTORY MESSAGE_ERROR LATEST #tea :Messages could not be retrieved"
        );
    }

    #[test]
    fn lines_of_targets_round_trip() {
        let line = target_line("#tea", Timestamp::EPOCH).to_string();
        assert_eq!(line, "CHATHISTORY TARGETS #tea 1970-01-01T00:00:00.000Z");
        let message = Message::parse(&line).unwrap();
        assert_eq!(parse_target_line(message.params()), Some(("#tea", Timestamp::EPOCH)));
        assert_eq!(parse_target_line(&["TARGETS", "#tea"]), None);
        assert_eq!(parse_target_line(&["TARGETS", "#tea", "timestamp=1970-01-01T00:00:00.000Z"]), None);
    }

    proptest! {
        #[test]
        fn any_parameters_are_read_or_refused(
            params in prop::collection::vec("BEFORE|LATEST|BETWEEN|TARGETS|\\*|msgid=[a ]{0,2}|timestamp=[0-9]{0,2}|\\PC{0,9}|[0-9]{0,30}", 0..7),
        ) {
            let params: Vec<&str> = params.iter().map(String::as_str).collect();
            match HistoryQuery::parse(&params, LIMIT_MAX) {
                Ok(query) => prop_assert!(query.limit() <= LIMIT_MAX),
                Err(error) => prop_assert!(error.line().to_string().starts_with("FAIL CHATHISTORY INVALID_")),
            }
        }
    }
}
