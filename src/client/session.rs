//! The IRC client: a pure state machine between the lines of a server and the facts in them.
//!
//! It negotiates capabilities, registers or logs in, answers PING, asks by itself whether the server is still there, keeps
//! in mind what concerns the connection (nick, capabilities, features, open batches) and translates everything else into
//! [`Fact`]s. It works against any IRC server, using what that one offers. What facts do to conversations is not its business.
//!
//! Specifications: Modern IRC; IRCv3 capability negotiation, `sasl-3.2`, `batch`, `labeled-response`, `echo-message`,
//! `server-time`, `message-tags`, `standard-replies`, `draft/account-registration`, `draft/chathistory`.

use std::borrow::Cow;

use crate::proto::caps::{Cap, CapOffer, CapSet};
use crate::proto::history::HistoryQuery;
use crate::proto::isupport::Isupport;
use crate::proto::message::{Line, Message};
use crate::proto::sasl::Mechanism;
use crate::proto::scram::{ScramClientProof, ScramError};
use crate::proto::text;

use super::connection::{Credentials, LoginStep, Proof};
use super::entry::{Entry, EntryKind};
use super::event::{Moment, Security};
use batch::Batches;
use fact::{Fact, LoginFailure, LoginFailureKind, Refusal};
use login::Exchange;

pub mod batch;
pub mod fact;
pub mod login;
mod multiline;
mod negotiation;
mod replies;
mod speech;

#[cfg(test)]
mod tests;

/// The capabilities that this client makes use of.
const WANTED: CapSet = CapSet::of(&[
    Cap::AccountNotify,
    Cap::AccountRegistration,
    Cap::AccountTag,
    Cap::AwayNotify,
    Cap::Batch,
    Cap::CapNotify,
    Cap::ChannelRename,
    Cap::ChatHistory,
    Cap::ChgHost,
    Cap::Devices,
    Cap::EchoMessage,
    Cap::EventPlayback,
    Cap::ExtendedJoin,
    Cap::ExtendedMonitor,
    Cap::Idempotency,
    Cap::Inspect,
    Cap::InviteNotify,
    Cap::LabeledResponse,
    Cap::Languages,
    Cap::MessageRedaction,
    Cap::MessageTags,
    Cap::Multiline,
    Cap::MultiPrefix,
    Cap::ReadMarker,
    Cap::Report,
    Cap::Sasl,
    Cap::Search,
    Cap::ServerTime,
    Cap::SetName,
    Cap::StandardReplies,
]);
/// How long a server may take from the open connection to the first conversation.
const LOGIN_TIMEOUT_MILLIS: u64 = 60_000;
/// After so long a silence the server is asked whether it is there.
const PING_AFTER_MILLIS: u64 = 60_000;
/// A server that does not answer the question for so long is gone.
const PING_TIMEOUT_MILLIS: u64 = 30_000;
/// The most messages that one page of history is asked for.
const PAGE_MESSAGES_MAX: usize = 100;
/// A name so long that less would be left for a text is not one that can be written to.
const TEXT_BYTES_MIN: usize = 64;
/// How often another nick is tried when one is taken.
const NICK_ATTEMPTS_MAX: usize = 8;
/// What a PING asks whose answer comes behind all that the server says of the channels that we are in.
const END_OF_JOINS: &str = "end-of-joins";

/// A question that is answered behind all that the server says of the channels that we are in.
pub fn ask_for_end_of_joins() -> Line {
    Line::new("PING").param(END_OF_JOINS)
}

/// Whether lines of a server say nothing but that it is there.
pub fn are_keep_alive(lines: &[String]) -> bool {
    lines.iter().all(|line| {
        Message::parse(line).is_ok_and(|message| match message.command {
            "PING" => true,
            "PONG" => message.params().last() != Some(&END_OF_JOINS),
            _ => false,
        })
    })
}

/// How far the conversation with the server has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// No connection.
    #[default]
    Off,
    /// Capabilities are being agreed upon.
    Negotiating,
    /// REGISTER is out.
    Registering,
    /// AUTHENTICATE is out.
    Authenticating,
    /// CAP END is out.
    Welcoming,
    /// The server has said everything that it says at the beginning.
    Online,
}

/// What the session asks for and what it has learned: reused from line to line.
#[derive(Debug, Default)]
pub struct Output {
    /// Lines to send.
    pub lines: Vec<Line>,
    /// Facts, in order.
    pub facts: Vec<Fact>,
}

/// What a new connection needs to know.
#[derive(Debug)]
pub struct Opening {
    /// Who logs in.
    pub credentials: Credentials,
    /// How private the connection is.
    pub security: Security,
    /// The language in which the server shall speak: `en`, `fr`.
    pub language: &'static str,
    /// What this device is called, when it wants a token.
    pub device_name: Option<String>,
    /// Random bytes for nonces.
    pub random: [u8; 32],
}

impl Opening {
    /// Whether somebody without an account comes in.
    pub(super) fn is_guest(&self) -> bool {
        self.credentials.proof == Proof::Guest
    }
}

/// The state of the conversation with the server.
#[derive(Debug, Default)]
pub struct Session {
    phase: Phase,
    opening: Option<Opening>,
    nick: String,
    account: Option<String>,
    /// `user@host` as others see us, once known.
    mask: Option<String>,
    offer: CapOffer,
    enabled: CapSet,
    /// CAP REQ lines without an answer yet.
    requests: usize,
    isupport: Isupport,
    batches: Batches,
    exchange: Option<Exchange>,
    tried: Vec<Mechanism>,
    nick_attempts: usize,
    /// The last FAIL about logging in: the numeric after it says less.
    failure: Option<Refusal>,
    is_mechanism_unknown: bool,
    /// We are an operator of the server.
    is_operator: bool,
    has_ended_negotiation: bool,
    is_welcomed: bool,
    /// When the phase began, and when the last line came, by `Moment::elapsed_millis`.
    phase_since_millis: u64,
    heard_at_millis: u64,
    is_pinged: bool,
}

impl Session {
    /// What we are called at the moment; empty before the first connection.
    pub fn nick(&self) -> &str {
        &self.nick
    }

    /// The account we are logged in to.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Whether conversations run.
    pub fn is_online(&self) -> bool {
        self.phase == Phase::Online
    }

    /// Whether a capability is in force.
    pub fn has(&self, cap: Cap) -> bool {
        self.enabled.has(cap)
    }

    /// The capabilities in force that this person can make use of: what is for operators is not offered to others.
    pub fn caps(&self) -> CapSet {
        if self.is_operator { self.enabled } else { self.enabled.without(Cap::Inspect) }
    }

    /// Whether the server passes a client-only tag on; given without its `+`. (ISUPPORT `CLIENTTAGDENY`.)
    pub fn allows_tag(&self, tag: &str) -> bool {
        let denied = self.isupport.get("CLIENTTAGDENY").unwrap_or_default();
        let mut words = denied.split(',').filter(|word| !word.is_empty());
        let is_allowed = |word: &str| word.strip_prefix('-') == Some(tag);
        match denied.starts_with('*') {
            true => words.any(is_allowed),
            false => !words.any(|word| word == tag),
        }
    }

    /// Whether a sign of rank is one of an operator: half-operators and voices have none of their power over messages.
    pub fn is_operator_sign(&self, sign: char) -> bool {
        let (operator, own) = (self.isupport.rank_of('@'), self.isupport.rank_of(sign));
        operator.zip(own).is_some_and(|(operator, own)| own <= operator)
    }

    /// What the server says about itself.
    pub fn isupport(&self) -> &Isupport {
        &self.isupport
    }

    /// The signs of rank, highest first.
    pub fn rank_signs(&self) -> String {
        self.isupport.prefixes().map(|(_, sign)| sign).collect()
    }

    /// A member's signs of rank after one was given or taken, highest first.
    pub fn changed_rank(&self, signs: &str, sign: char, is_given: bool) -> String {
        let has = |one: &char| if *one == sign { is_given } else { signs.contains(*one) };
        self.isupport.prefixes().map(|(_, sign)| sign).filter(has).collect()
    }

    /// How many messages a page of history is asked for.
    pub fn page_messages(&self) -> usize {
        self.isupport.history_limit().filter(|limit| *limit > 0).unwrap_or(PAGE_MESSAGES_MAX).min(PAGE_MESSAGES_MAX)
    }

    /// Whether the server is one of ours, where accounts keep their channels by themselves.
    pub fn is_own_kind(&self) -> bool {
        self.has(Cap::Idempotency)
    }

    /// How long ago the server has let us in, by `Moment::elapsed_millis`; while it has not, since when this is being tried.
    pub fn age_millis(&self, now_millis: u64) -> u64 {
        now_millis.saturating_sub(self.phase_since_millis)
    }

    /// A name as this network compares it.
    pub fn fold(&self, name: &str) -> String {
        self.isupport.casemapping().fold_to_string(name)
    }

    /// Whether a nick is our own.
    pub fn is_own_nick(&self, nick: &str) -> bool {
        !self.nick.is_empty() && self.isupport.casemapping().is_same(nick, &self.nick)
    }

    /// The most bytes of text that fit into one message to a target, so that it still fits when the server puts our name
    /// before it.
    pub fn text_bytes_max(&self, target: &str, kind: EntryKind) -> usize {
        /// A mask of the greatest length, for as long as it is not known: user 20, host 63.
        const MASK: &str = match std::str::from_utf8(&[b'x'; 84]) {
            Ok(mask) => mask,
            Err(_) => "",
        };
        let source = format!("{}!{}", self.nick, self.mask.as_deref().unwrap_or(MASK));
        let left = text::body_bytes_left(&source, "PRIVMSG", target, self.isupport.line_bytes_max());
        let action = if kind == EntryKind::Action { text::ACTION_BYTES } else { 0 };
        left.saturating_sub(action).max(TEXT_BYTES_MIN)
    }

    /// A new connection stands: the conversation with the server begins.
    pub fn begin(&mut self, opening: Opening, now: Moment, out: &mut Output) {
        let nick = match opening.credentials.account.as_str() {
            "" => "console",
            account => account,
        };
        *self = Self {
            phase: Phase::Negotiating,
            nick: nick.to_owned(),
            phase_since_millis: now.elapsed_millis,
            heard_at_millis: now.elapsed_millis,
            is_operator: opening.credentials.proof == Proof::PeerUid,
            ..Self::default()
        };
        out.lines.push(Line::new("CAP").param("LS").param("302"));
        out.lines.push(Line::new("NICK").param(nick));
        out.lines.push(Line::new("USER").param(nick).param("0").param("*").trailing(nick));
        out.facts.push(Fact::Step(LoginStep::Negotiating));
        self.opening = Some(opening);
    }

    /// The connection is gone. What is known of the network stays known, for names to be compared.
    pub fn end(&mut self) {
        self.phase = Phase::Off;
        self.opening = None;
        self.exchange = None;
        self.batches = Batches::default();
        self.requests = 0;
    }

    /// One line from the server.
    pub fn receive(&mut self, line: &str, now: Moment, out: &mut Output) {
        if self.phase == Phase::Off {
            return;
        }
        self.heard_at_millis = now.elapsed_millis;
        self.is_pinged = false;
        // What is no message is nothing that could be answered.
        let Ok(message) = Message::parse(line) else { return };
        let command = match message.command.bytes().any(|byte| byte.is_ascii_lowercase()) {
            true => Cow::Owned(message.command.to_ascii_uppercase()),
            false => Cow::Borrowed(message.command),
        };
        match &*command {
            "PING" => {
                out.lines.push(message.params().iter().fold(Line::new("PONG"), |line, word| line.param(word)));
            }
            "PONG" if message.params().last() == Some(&END_OF_JOINS) => out.facts.push(Fact::JoinsTold),
            "PONG" => {}
            "CAP" => self.capabilities(&message, out),
            "AUTHENTICATE" => self.authenticate(message.param(0).unwrap_or_default(), out),
            "REGISTER" => self.registered(&message, now, out),
            "BATCH" => self.batch(&message, now, out),
            "CHATHISTORY" => self.history_target(&message),
            "PRIVMSG" | "NOTICE" => self.speech(&message, now, out),
            "TAGMSG" => self.tagged(&message, now, out),
            "REDACT" => self.redacted(&message, now, out),
            _ => self.other(&command, &message, now, out),
        }
    }

    /// A proof was computed aside.
    pub fn proved(&mut self, result: Result<(ScramClientProof, Vec<u8>), ScramError>, out: &mut Output) {
        if let Some(exchange) = &mut self.exchange {
            let next = exchange.proved(result);
            self.go_on(next, out);
        }
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Moment, out: &mut Output) {
        let Some(due) = self.wake_at_millis().filter(|due| *due <= now.elapsed_millis) else { return };
        match self.phase {
            Phase::Off => {}
            Phase::Online if self.is_pinged => out.facts.push(Fact::Silent),
            Phase::Online => {
                self.is_pinged = true;
                self.heard_at_millis = now.elapsed_millis;
                out.lines.push(Line::new("PING").param(&due.to_string()));
            }
            _ => self.fail_login(LoginFailureKind::Timeout, "", out),
        }
    }

    /// When the next tick matters, by `Moment::elapsed_millis`.
    pub fn wake_at_millis(&self) -> Option<u64> {
        match self.phase {
            Phase::Off => None,
            Phase::Online if self.is_pinged => Some(self.heard_at_millis + PING_TIMEOUT_MILLIS),
            Phase::Online => Some(self.heard_at_millis + PING_AFTER_MILLIS),
            _ => Some(self.phase_since_millis + LOGIN_TIMEOUT_MILLIS),
        }
    }

    /// A message of ours as a line.
    pub fn message_line(&self, target: &str, entry: &Entry) -> Line {
        let line = Line::new(if entry.kind == EntryKind::Notice { "NOTICE" } else { "PRIVMSG" }).param(target);
        let line = self.with_tags(line, entry);
        match entry.kind {
            EntryKind::Action => line.trailing(&text::action(&entry.text)),
            _ => line.trailing(&entry.text),
        }
    }

    /// A line that says something, with what its answer is known by: the idempotency id is the label as well.
    fn with_tags(&self, mut line: Line, entry: &Entry) -> Line {
        let id = entry.id.as_deref().unwrap_or_default();
        if let Some(to) = entry.reply_to().filter(|_| self.has(Cap::MessageTags)) {
            line = line.tag("+draft/reply", to);
        }
        if self.has(Cap::LabeledResponse) {
            line = line.tag("label", id);
        }
        if self.has(Cap::Idempotency) {
            line = line.tag("+chat-tui/id", id);
        }
        line
    }

    /// A question for history as a line; nothing when the server has none.
    pub fn history_line(&self, query: &HistoryQuery) -> Option<Line> {
        self.has(Cap::ChatHistory).then(|| query.line())
    }

    fn enter(&mut self, phase: Phase, step: LoginStep, out: &mut Output) {
        self.phase = phase;
        out.facts.push(Fact::Step(step));
    }

    fn fail_login(&mut self, kind: LoginFailureKind, description: &str, out: &mut Output) {
        self.exchange = None;
        // Nothing that still comes on this connection is of interest.
        self.phase = Phase::Off;
        out.facts.push(Fact::LoginFailed(LoginFailure { kind, description: description.to_owned() }));
    }
}
