//! The line mode (`chat-tui --plain`): one question, one answer, one line a message.
//!
//! For screen readers, pipes and dumb terminals. In French it is the dialogue of the program that this one grew out of, question
//! by question, from *Voulez-vous vous inscrire ?* to `bye`. The pure half: it drives the same model by the same
//! [`update`] as the full screen, and says what to print and what to ask. The shell prints it, with the date before each line, and
//! reads the next line only while there is a [`Prompt`].

use std::collections::{HashMap, HashSet};

use super::commands::{self, COMMANDS};
use super::connection::{Proof, Status};
use super::conversation::{Conversation, ConversationId, ConversationKind};
use super::entry::{Entry, EntryKey, EntryKind, Fate};
use super::event::{Effects, Event, Exit, Moment};
use super::form::{FieldId, Request, name_fault};
use super::keys::answer;
use super::model::Model;
use super::overlay::Overlay;
use super::update::update;
use super::{connect, history, link, logins, panel_words};
use crate::ground::texts::Value;
use crate::proto::caps::Cap;
use crate::proto::names::AccountName;
use crate::proto::secret::Secret;
use crate::proto::text::plain;
use crate::proto::time::Timestamp;

/// How long the server's greeting is waited for before the first prompt, and this device's token before the end.
const GREETING_TIMEOUT_MILLIS: u64 = 1_500;
/// How long messages that are on their way are waited for before the end.
const LEAVING_TIMEOUT_MILLIS: u64 = 5_000;
/// How many messages `/history` prints when it is not told.
const HISTORY_LINES: usize = 20;
/// How many it prints at most.
const HISTORY_LINES_MAX: usize = 1_000;

/// What the shell hands over.
#[derive(Debug)]
pub enum Input {
    /// Something else than a typed line: [`Event::Start`] first.
    Event(Event),
    /// A line that was typed, without its end.
    Line(String),
    /// There will be no further line.
    End,
}

/// A line to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// When it was said: the date is printed on a line of its own before it.
    pub time: Option<Timestamp>,
    /// The line.
    pub text: String,
}

/// What the next line is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What stands before the caret, its last blank included.
    pub text: String,
    /// What is typed must not be shown.
    pub is_secret: bool,
}

/// Where the dialogue stands.
#[derive(Debug)]
enum State {
    /// *Voulez-vous vous inscrire ?*
    WantsAccount,
    RegisterName,
    RegisterPassword(String),
    /// The code of an invitation, which the server wants for this request; after it another one.
    Invitation(Request, Option<Request>),
    /// With what was just registered, if something was.
    LogInName(Option<(String, Secret)>),
    LogInPassword(Option<(String, Secret)>, String),
    /// A request runs; after it another one, when name or password typed for the log-in are not those registered.
    Connecting(Option<Request>),
    /// The greeting is awaited until this moment.
    Greeting(u64),
    Talking,
    /// What is on its way, and this device's token, are awaited until this moment.
    Leaving(u64),
    Left,
}

/// The line mode.
#[derive(Debug)]
pub struct Plain {
    state: State,
    /// The newest entry of each conversation that was looked at.
    seen: HashMap<ConversationId, Option<EntryKey>>,
    /// Messages whose failure was told.
    told: HashSet<EntryKey>,
    /// The dialogue whose question was printed.
    asked: Option<Overlay>,
    was_online: bool,
    is_waiting: bool,
    /// That the keyring is waited for was said.
    has_told_keyring: bool,
    /// The conversation to which what is typed goes, as it was told last.
    talks_to: Option<ConversationId>,
    /// So many messages of a conversation are to be printed, once they are loaded.
    wanted: Option<(ConversationId, usize)>,
    /// The registration that runs.
    registration: Option<Request>,
    /// Somebody sits there, and answers what is asked in between.
    is_attended: bool,
    /// There will be no further line to read.
    has_ended: bool,
    /// Why the last log-in was refused, until one is not.
    refusal: Option<String>,
    printed: Vec<Printed>,
}

impl Plain {
    /// A dialogue that has not begun: with a person (`is_attended`), or with a program whose lines are for the conversation.
    pub fn new(is_attended: bool) -> Self {
        Self {
            state: State::WantsAccount,
            seen: HashMap::new(),
            told: HashSet::new(),
            asked: None,
            was_online: false,
            is_waiting: false,
            has_told_keyring: false,
            talks_to: None,
            wanted: None,
            registration: None,
            is_attended,
            has_ended: false,
            refusal: None,
            printed: Vec::new(),
        }
    }

    /// One step: something happened at `now`. Afterwards there may be lines to print and effects to carry out.
    pub fn step(&mut self, model: &mut Model, input: Input, now: Moment, effects: &mut Effects) {
        match input {
            Input::Event(Event::Start) => self.start(model, now, effects),
            Input::Event(event) => update(model, event, now, effects),
            Input::Line(line) => {
                model.now = now;
                self.line(model, &line, effects);
                update(model, Event::Tick, now, effects);
            }
            Input::End => {
                self.has_ended = true;
                model.now = now;
                self.leave(model, effects);
                update(model, Event::Tick, now, effects);
            }
        }
        self.follow(model, effects);
        let due = match self.state {
            State::Greeting(until) | State::Leaving(until) => Some(until),
            _ => None,
        };
        effects.wake_at_millis = effects.wake_at_millis.into_iter().chain(due).min();
    }

    /// Whether somebody sits there.
    pub fn is_attended(&self) -> bool {
        self.is_attended
    }

    /// Takes what has to be printed.
    pub fn take_printed(&mut self) -> Vec<Printed> {
        std::mem::take(&mut self.printed)
    }

    /// What the next line is asked for by; while there is nothing, no line is read.
    pub fn prompt(&self, model: &Model) -> Option<Prompt> {
        let question = |id: &str, is_secret| {
            let text = format!("{} ", model.texts.get(id));
            Some(Prompt { text, is_secret })
        };
        if self.asked.is_some() {
            return question("plain-answer", false);
        }
        match self.state {
            State::WantsAccount => question("plain-register-question", false),
            State::RegisterName => question("plain-register-name", false),
            State::RegisterPassword(_) => question("plain-register-password", true),
            State::Invitation(..) => question("plain-register-invitation", false),
            State::LogInName(_) => question("plain-login-name", false),
            State::LogInPassword(..) => question("plain-login-password", true),
            State::Talking if self.wanted.is_some() => None,
            State::Talking => Some(Prompt { text: "-> ".to_owned(), is_secret: false }),
            State::Connecting(_) | State::Greeting(_) | State::Leaving(_) | State::Left => None,
        }
    }

    fn print(&mut self, time: Option<Timestamp>, text: impl Into<String>) {
        self.printed.push(Printed { time, text: text.into() });
    }

    /// A log-in that is remembered needs no question: where a name on the command line asks for it, or a person sits there, who is
    /// told. A program that answers the questions goes on to be asked them: what it writes must not go to people instead.
    fn start(&mut self, model: &mut Model, now: Moment, effects: &mut Effects) {
        model.prefers_correspondent = true;
        model.now = now;
        let (server, name) = (model.settings.server.clone(), model.settings.name.clone());
        if name.is_some() || self.is_attended {
            if let Some(login) = logins::ready_for(model, &server, name.as_deref()).filter(|_| name.is_none()) {
                let variables = [("name", login.account.as_str().into()), ("server", server.key().into())];
                self.print(None, model.texts.format("plain-remembered", &variables));
            }
            update(model, Event::Start, now, effects);
            if link::is_busy(model) {
                self.state = State::Connecting(None);
                return;
            }
        }
        self.print(None, model.texts.get(model.settings.server.recorded_text_id()));
    }

    fn line(&mut self, model: &mut Model, line: &str, effects: &mut Effects) {
        if self.asked.is_some() {
            return self.answered(model, line, effects);
        }
        let word = line.trim();
        let wants_to_leave = word.eq_ignore_ascii_case("bye");
        match std::mem::replace(&mut self.state, State::Talking) {
            State::WantsAccount | State::RegisterName | State::Invitation(..) | State::LogInName(_)
                if wants_to_leave =>
            {
                self.leave(model, effects);
            }
            State::WantsAccount => match is_yes(model, word) {
                Some(true) => {
                    self.print(None, model.texts.get("plain-register-title"));
                    self.state = State::RegisterName;
                }
                Some(false) => {
                    self.print(None, model.texts.get("plain-login-title"));
                    self.state = State::LogInName(None);
                }
                None => {
                    self.print(None, model.texts.get("plain-answer-unknown"));
                    self.state = State::WantsAccount;
                }
            },
            State::RegisterName => {
                self.state = match self.checked_name(model, word) {
                    Some(name) => State::RegisterPassword(name),
                    None => State::RegisterName,
                };
            }
            State::RegisterPassword(name) => {
                self.state = match self.checked_password(model, line) {
                    Some(password) => State::LogInName(Some((name, password))),
                    None => State::RegisterPassword(name),
                };
            }
            State::Invitation(..) if word.is_empty() => self.state = State::WantsAccount,
            State::Invitation(request, second) => {
                self.state = State::Connecting(second);
                self.register(model, Request { invitation: Some(Secret::new(word)), ..request }, effects);
            }
            State::LogInName(registered) => {
                self.state = match self.checked_name(model, word) {
                    Some(name) => State::LogInPassword(registered, name),
                    None => State::LogInName(registered),
                };
            }
            State::LogInPassword(registered, name) => match self.checked_password(model, line) {
                Some(password) => self.request(model, registered, name, password, effects),
                None => self.state = State::LogInPassword(registered, name),
            },
            State::Talking if wants_to_leave => self.leave(model, effects),
            State::Talking => self.talk(model, line, effects),
            // No line is asked for in these; one that comes all the same is nothing to act on.
            state => self.state = state,
        }
    }

    fn checked_name(&mut self, model: &Model, name: &str) -> Option<String> {
        match AccountName::new(name) {
            Ok(_) => Some(name.to_owned()),
            Err(error) => {
                self.print(None, model.texts.get(name_fault(error)));
                None
            }
        }
    }

    fn checked_password(&mut self, model: &Model, password: &str) -> Option<Secret> {
        if password.is_empty() {
            self.print(None, model.texts.get("form-error-password-empty"));
            return None;
        }
        Some(Secret::new(password))
    }

    /// All questions are answered: registers first, when that was wanted, then logs in.
    fn request(
        &mut self,
        model: &mut Model,
        registered: Option<(String, Secret)>,
        name: String,
        password: Secret,
        effects: &mut Effects,
    ) {
        let server = model.settings.server.clone();
        let log_in =
            Request { server: server.clone(), name, password: Some(password), register: false, invitation: None };
        let (first, second) = match registered {
            Some((name, password)) => {
                let is_same = name == log_in.name && Some(&password) == log_in.password.as_ref();
                let password = Some(password);
                let first = Request { server, name, password, register: true, invitation: None };
                (first, (!is_same).then_some(log_in))
            }
            None => (log_in, None),
        };
        self.state = State::Connecting(second);
        self.register(model, first, effects);
    }

    /// Keeps a request that makes an account: the server may want the code of an invitation for it.
    fn register(&mut self, model: &mut Model, request: Request, effects: &mut Effects) {
        self.registration = Some(request.clone()).filter(|request| request.register);
        connect::request(model, request, effects);
    }

    /// Whether the server wants the code of an invitation for the registration that runs. It is asked for then.
    fn asks_for_invitation(&mut self, model: &Model, reason: &str) -> bool {
        let is_wanted = model.form.field(FieldId::Invitation).error.is_some();
        let Some(request) = self.registration.take().filter(|_| is_wanted && !self.has_ended) else { return false };
        let State::Connecting(second) = &mut self.state else { return false };
        let second = second.take();
        self.print(None, reason);
        self.state = State::Invitation(request, second);
        true
    }

    fn talk(&mut self, model: &mut Model, line: &str, effects: &mut Effects) {
        if line.trim().is_empty() {
            return;
        }
        let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if name.eq_ignore_ascii_case("/history") {
            let count = arguments.trim().parse().unwrap_or(HISTORY_LINES).min(HISTORY_LINES_MAX);
            self.wanted = model.conversations.current_id().map(|id| (id, count));
            if let Some(conversation) = model.conversations.current_mut() {
                conversation.take_heart();
            }
            return;
        }
        let before = model.conversations.current_id();
        let outcome = commands::enter(model, before, line, effects);
        if let Err(sentence) = outcome {
            self.print(Some(model.now.time), sentence);
        }
    }

    /// Tells where what is typed goes from now on: at once after `/msg`, when the server has let us in after `/join`.
    fn follow_conversation(&mut self, model: &Model) {
        let current = model.conversations.current();
        let is_other = current.map(|conversation| conversation.id) != self.talks_to;
        self.talks_to = current.map(|conversation| conversation.id);
        if let Some(conversation) = current.filter(|_| is_other && matches!(self.state, State::Talking)) {
            let name = Value::from(conversation.name.as_str());
            self.print(None, model.texts.format("plain-talks-to", &[("name", name)]));
        }
    }

    /// Prints the history that was asked for, as soon as it is loaded.
    fn follow_history(&mut self, model: &mut Model, effects: &mut Effects) {
        let Some((id, count)) = self.wanted.filter(|(id, count)| history::has_loaded(model, *id, *count, effects))
        else {
            return;
        };
        self.wanted = None;
        let Some(conversation) = model.conversations.get(id) else { return };
        let spoken = conversation.buffer.entries().iter().filter(|entry| entry.is_from_server());
        let skipped = spoken.clone().count().saturating_sub(count);
        for entry in spoken.skip(skipped) {
            self.printed.push(Printed { time: Some(entry.time), text: said(model, conversation, entry) });
        }
    }

    /// A yes or a no to the dialogue whose question was printed.
    fn answered(&mut self, model: &mut Model, line: &str, effects: &mut Effects) {
        match is_yes(model, line.trim()) {
            Some(is_accepted) => {
                self.asked = None;
                answer(model, is_accepted, effects);
            }
            None => self.print(None, model.texts.get("plain-answer-unknown")),
        }
    }

    /// Leaves, as soon as what is on its way has arrived.
    fn leave(&mut self, model: &mut Model, effects: &mut Effects) {
        if matches!(self.state, State::Leaving(_) | State::Left) {
            return;
        }
        // What is being connected for may still have to be sent.
        let is_pending = model.conversations.list().iter().any(|one| one.buffer.pending_count() > 0);
        if is_pending {
            self.state = State::Leaving(model.now.elapsed_millis + LEAVING_TIMEOUT_MILLIS);
        } else if awaits_token(model) {
            self.state = State::Leaving(model.now.elapsed_millis + GREETING_TIMEOUT_MILLIS);
        } else {
            self.state = State::Left;
            // Nobody is there to try again: the program has not done what it was started for.
            let failure = self.refusal.take().filter(|_| self.has_ended);
            link::quit(model, "", failure.map_or(Exit::Wanted, Exit::Failed), effects);
        }
    }

    /// Looks at what the step has changed: prints what is new, asks what has to be asked, goes on in the dialogue.
    fn follow(&mut self, model: &mut Model, effects: &mut Effects) {
        if matches!(self.state, State::Left) {
            return;
        }
        let has_greeted = self.print_entries(model);
        self.print_failures(model);
        self.follow_conversation(model);
        self.follow_history(model, effects);
        if let Some(remark) = model.remark.take() {
            self.print(Some(model.now.time), remark);
        }
        self.follow_panel(model);
        self.follow_overlay(model);
        self.follow_connection(model, effects);
        match self.state {
            State::Greeting(until) if has_greeted || until <= model.now.elapsed_millis => self.state = State::Talking,
            State::Leaving(until) => {
                let pending: usize = model.conversations.list().iter().map(|one| one.buffer.pending_count()).sum();
                let is_over = until <= model.now.elapsed_millis;
                if pending == 0 && (is_over || !awaits_token(model)) {
                    self.state = State::Left;
                    link::quit(model, "", Exit::Wanted, effects);
                } else if is_over {
                    self.state = State::Left;
                    let sentence = model.texts.format("plain-not-sent", &[("count", pending.into())]);
                    link::quit(model, "", Exit::Failed(sentence), effects);
                }
            }
            _ => {}
        }
    }

    /// Prints what was said since the last step. Returns whether the server's correspondent said something.
    fn print_entries(&mut self, model: &Model) -> bool {
        let mut has_greeted = false;
        let mut lines = Vec::new();
        for conversation in model.conversations.list() {
            let newest = conversation.buffer.newest_key();
            let seen = self.seen.insert(conversation.id, newest).flatten();
            if seen == newest {
                continue;
            }
            let is_current = model.conversations.current_id() == Some(conversation.id);
            for entry in conversation.buffer.entries().iter().filter(|entry| Some(entry.key()) > seen) {
                let is_said = match entry.kind {
                    EntryKind::Message | EntryKind::Action | EntryKind::Notice => {
                        // What was typed here stands on the paper already.
                        let is_typed_here = entry.own && entry.id.is_some();
                        !(entry.is_past || is_typed_here)
                    }
                    EntryKind::Info => is_current || conversation.kind == ConversationKind::Server,
                    EntryKind::Error | EntryKind::Gap => true,
                };
                if is_said {
                    has_greeted |= conversation.kind == ConversationKind::Correspondent && !entry.own;
                    lines.push((entry.time, entry.key(), said(model, conversation, entry)));
                }
            }
        }
        lines.sort_by_key(|(time, key, _)| (*time, *key));
        self.printed.extend(lines.into_iter().map(|(time, _, text)| Printed { time: Some(time), text }));
        has_greeted
    }

    fn print_failures(&mut self, model: &Model) {
        for conversation in model.conversations.list() {
            for entry in conversation.buffer.stuck() {
                if !self.told.insert(entry.key()) {
                    continue;
                }
                let text = match &entry.fate {
                    Fate::Failed { reason } => {
                        model.texts.format("message-failed", &[("reason", reason.as_str().into())])
                    }
                    _ => model.texts.get("message-unknown").into_owned(),
                };
                self.printed.push(Printed { time: Some(model.now.time), text: format!("{}: {text}", entry.text) });
            }
        }
    }

    /// The operators' panel is printed once, as soon as it is told.
    fn follow_panel(&mut self, model: &mut Model) {
        let Some(panel) = model.panel.take_if(|panel| panel.told.is_some() || panel.note.is_some()) else { return };
        for line in panel.told.iter().flat_map(|told| panel_words::lines(told, &model.texts)) {
            self.print(None, line);
        }
    }

    /// Dialogues become questions with yes or no; the help becomes lines.
    fn follow_overlay(&mut self, model: &mut Model) {
        while let Some(shown) = model.overlays.shown().cloned() {
            if self.asked.as_ref() == Some(&shown) {
                return;
            }
            let texts = model.texts.clone();
            match &shown {
                Overlay::Help(_) => {
                    model.overlays.close();
                    let caps = model.server.session.caps();
                    for command in COMMANDS.iter().filter(|command| command.is_offered(caps)) {
                        let line = format!("{}  {}", commands::usage(command, &texts), texts.get(command.help_id));
                        self.print(None, line);
                    }
                    continue;
                }
                Overlay::CertificateChanged { server, pinned, got } => {
                    model.overlays.close();
                    self.print(None, texts.format("question-changed", &[("server", server.as_str().into())]));
                    self.print(None, format!("{} {pinned}", texts.get("question-changed-known")));
                    self.print(None, format!("{} {got}", texts.get("question-changed-shown")));
                    self.print(None, texts.get("question-changed-advice"));
                    continue;
                }
                // In the line mode no message can be chosen.
                Overlay::Redact(_) => {
                    model.overlays.close();
                    continue;
                }
                // None of the lines that a program writes is meant as an answer to this.
                Overlay::KeepPassword(_) if !self.is_attended => {
                    model.overlays.close();
                    continue;
                }
                Overlay::KeepPassword(question) => {
                    let server = Value::from(question.address.as_str());
                    let name = Value::from(question.account.as_str());
                    self.print(None, texts.format("question-keep", &[("server", server), ("name", name)]));
                    self.print(None, texts.get(question.place_id()));
                    self.print(None, texts.get("question-keep-advice"));
                }
                Overlay::Address(question) => {
                    let address = Value::from(question.address.as_str());
                    self.print(Some(model.now.time), texts.format("question-address", &[("address", address)]));
                    self.print(None, texts.get("question-address-advice"));
                }
                Overlay::CertificateUnknown { server, fingerprint } => {
                    self.print(None, texts.format("question-certificate", &[("server", server.as_str().into())]));
                    self.print(None, fingerprint.to_string());
                    self.print(None, texts.get("question-certificate-advice"));
                }
                Overlay::Report(question) => {
                    let name = Value::from(question.author.as_str());
                    self.print(None, texts.format("question-report", &[("name", name)]));
                    self.print(None, plain(&question.excerpt));
                    self.print(None, texts.get("question-report-advice"));
                }
                // Nothing is pasted into a line.
                Overlay::Paste { .. } => {
                    model.overlays.close();
                    continue;
                }
                Overlay::Resend { count } => {
                    self.print(None, texts.format("question-resend", &[("count", (*count).into())]));
                }
            }
            self.asked = Some(shown);
            return;
        }
        self.asked = None;
    }

    fn follow_connection(&mut self, model: &mut Model, effects: &mut Effects) {
        match model.server.connection.status.clone() {
            Status::Online => {
                let was_waiting = std::mem::take(&mut self.is_waiting);
                if was_waiting && self.was_online {
                    self.print(Some(model.now.time), model.texts.get("plain-connected-again"));
                }
                if let State::Connecting(second) = &mut self.state {
                    if let Some(request) = second.take() {
                        self.state = State::Connecting(None);
                        return connect::request(model, request, effects);
                    }
                    self.welcome(model);
                }
            }
            // Who sits there may have to unlock it.
            Status::AskingKeyring if self.is_attended && !self.has_told_keyring => {
                self.has_told_keyring = true;
                self.print(None, model.texts.get("status-asking-keyring"));
            }
            Status::Waiting { reason, .. } if !self.is_waiting => {
                self.is_waiting = true;
                let text = model.texts.format("status-waiting-because", &[("reason", reason.into())]);
                self.print(Some(model.now.time), text);
            }
            Status::Refused { reason } if self.asked.is_none() => {
                if self.asks_for_invitation(model, &reason) {
                    return;
                }
                // The questions begin anew, unless nobody is there to answer them.
                if matches!(self.state, State::Connecting(_) | State::Greeting(_) | State::Talking | State::Leaving(_))
                {
                    self.print(None, reason.clone());
                    self.state = State::WantsAccount;
                    self.refusal = Some(reason);
                    if self.has_ended {
                        self.leave(model, effects);
                    }
                }
            }
            _ => {}
        }
    }

    fn welcome(&mut self, model: &Model) {
        self.was_online = true;
        self.refusal = None;
        if model.server.session.isupport().correspondent().is_some() && !model.is_console() {
            self.state = State::Greeting(model.now.elapsed_millis + GREETING_TIMEOUT_MILLIS);
        } else {
            self.print(Some(model.now.time), model.texts.get("plain-connected"));
            self.state = State::Talking;
        }
    }
}

/// Whether the server has yet to give this device its token: without it the next run would ask for the password again.
fn awaits_token(model: &Model) -> bool {
    let credentials = model.server.connection.credentials.as_ref();
    let has_password = credentials.is_some_and(|credentials| matches!(credentials.proof, Proof::Password(_)));
    has_password && model.server.session.is_online() && model.server.session.has(Cap::Devices)
}

/// Whether an answer is yes or no, in either language.
fn is_yes(model: &Model, word: &str) -> Option<bool> {
    let is_among = |id: &str| {
        let words = model.texts.get(id);
        words.split_whitespace().any(|known| known == word.to_lowercase())
    };
    match () {
        () if is_among("plain-answers-yes") => Some(true),
        () if is_among("plain-answers-no") => Some(false),
        () => None,
    }
}

/// An entry as a line: `Le serveur: …`, `name: …`; in another conversation than the current one, with that one's name.
fn said(model: &Model, conversation: &Conversation, entry: &Entry) -> String {
    // The further lines of a message stand apart, so that none of them looks like a message of somebody else.
    let text = entry.text.replace('\n', "\n    ");
    let text = ("text", Value::from(text.as_str()));
    let name = ("name", Value::from(entry.author.as_str()));
    let is_current = model.conversations.current_id() == Some(conversation.id);
    let line = match (entry.kind, conversation.kind) {
        (EntryKind::Info | EntryKind::Error | EntryKind::Gap, _) => entry.text.clone(),
        (EntryKind::Action, _) => model.texts.format("plain-person-does", &[name, text]),
        (_, ConversationKind::Correspondent) if !entry.own => model.texts.format("plain-server-says", &[text]),
        (_, ConversationKind::Direct) if !entry.own && is_current && model.is_console() => {
            model.texts.format("plain-client-says", &[text])
        }
        _ => model.texts.format("plain-person-says", &[name, text]),
    };
    // A person's and the server's own conversation are known by who speaks there.
    let is_clear = is_current || (conversation.kind != ConversationKind::Channel && !entry.own);
    if is_clear { line } else { format!("[{}] {line}", conversation.name) }
}
