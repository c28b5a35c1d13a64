//! An errand for a script: `chat-tui send` and `chat-tui tail`.
//!
//! Nobody is there to answer a question: it logs in by what is remembered, does the one thing that it was started for, and
//! says how that went in a way that a program understands. The pure half, as `plain` is of the line mode: it drives the same
//! model by the same [`update`], and says what to print. Nothing counts as read by it, and it neither sends nor keeps what
//! other runs have left unsent.

use super::connection::Status;
use super::conversation::ConversationId;
use super::entry::{Entry, EntryKey, EntryKind, Fate};
use super::event::{Effects, Event, Exit, Moment, NetworkEvent};
use super::model::Model;
use super::plain::Input;
use super::update::update;
use super::{history, link, outbox};
use crate::proto::message::{Line, Message};
use crate::proto::numerics::{ERR_NOSUCHCHANNEL, ERR_NOSUCHNICK, RPL_CHANNELMODEIS};
use crate::proto::time::Timestamp;

/// How long nothing may go forward until the errand is given up: the server does not answer.
const PATIENCE_MILLIS: u64 = 30_000;
/// How many messages may wait for their confirmation until the next line of the input is read.
const WAITING_MAX: usize = 64;
/// How many messages `tail` prints when it is not told.
pub const TAIL_LINES: usize = 20;
/// How many it prints at most; with `--follow` whatever comes after them.
pub const TAIL_LINES_MAX: usize = 1_000;
/// Comes back behind the answer to what was asked before it.
const END_OF_ANSWER: &str = "end-of-answer";
/// How long the name may be by which a message is sent once: the numbers of further messages are put behind it.
pub const ID_BYTES_MAX: usize = 40;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Says something.
    Send {
        /// What; nothing for the lines of the input, one message each.
        text: Option<String>,
        /// The name by which it is sent once, however often the errand is run.
        id: Option<String>,
    },
    /// Prints what was said.
    Tail {
        /// So many messages at most.
        count: usize,
        /// And what is said from then on.
        is_followed: bool,
    },
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Done, and the server has said so.
    Done,
    /// There was no way to the server, or no log-in for it. Nothing was said.
    Unreachable(String),
    /// The server did not want it. The reason is for people.
    Refused(String),
    /// It was sent and not confirmed: it may have arrived.
    Unknown(String),
}

/// A message to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// When it was said.
    pub time: Timestamp,
    /// Who said it.
    pub author: String,
    /// It is what they do.
    pub is_action: bool,
    /// What.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Connecting,
    /// The server was asked whether there is such a channel: a JOIN would found it.
    Asking,
    /// The channel was asked to let us in.
    Joining,
    /// The conversation is there.
    At(ConversationId),
    Ended,
}

/// The errand.
#[derive(Debug)]
pub struct Errand {
    target: String,
    task: Task,
    /// The channel is founded when there is none of its name.
    may_found: bool,
    state: State,
    /// Whether there is such a channel, once the server has said so.
    is_there: Option<bool>,
    /// How many things had gone wrong before the channel was asked to let us in.
    errors: usize,
    ending: Option<Ending>,
    /// There will be no further line to send.
    has_ended: bool,
    /// Something was written to the connection that was not confirmed since.
    is_doubtful: bool,
    /// How many messages were said, by which further names are made.
    said: usize,
    /// The newest entry that was printed or passed over, once printing has begun.
    printed_until: Option<Option<EntryKey>>,
    printed: Vec<Said>,
    /// Until when something has to go forward, by `Moment::elapsed_millis`, and how far it had got.
    patience: (u64, usize),
}

impl Errand {
    /// An errand that has not begun. Whether a channel may be founded by it says `may_found`.
    pub fn new(target: String, task: Task, may_found: bool) -> Self {
        Self {
            target,
            task,
            may_found,
            state: State::Connecting,
            is_there: None,
            errors: 0,
            ending: None,
            has_ended: false,
            is_doubtful: false,
            said: 0,
            printed_until: None,
            printed: Vec::new(),
            patience: (PATIENCE_MILLIS, 0),
        }
    }

    /// How it went, once that is clear.
    pub fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    /// Takes what has to be printed.
    pub fn take_printed(&mut self) -> Vec<Said> {
        std::mem::take(&mut self.printed)
    }

    /// Whether the next line of the input is wanted.
    pub fn wants_line(&self, model: &Model) -> bool {
        let State::At(id) = self.state else { return false };
        let pending = model.conversations.get(id).map_or(0, |conversation| conversation.buffer.pending_count());
        matches!(self.task, Task::Send { text: None, .. }) && !self.has_ended && pending < WAITING_MAX
    }

    /// One step: something happened at `now`. Afterwards there may be messages to print and effects to carry out.
    pub fn step(&mut self, model: &mut Model, input: Input, now: Moment, effects: &mut Effects) {
        let is_stopped = matches!(input, Input::Event(Event::Terminate));
        match input {
            Input::Event(Event::Start) => self.start(model, now, effects),
            Input::Event(Event::Terminate) => {}
            Input::Event(event) => {
                if let (State::Asking, Event::Network(_, NetworkEvent::Lines(lines))) = (self.state, &event) {
                    let told = lines.iter().find_map(|line| self.answer(model, &Message::parse(line).ok()?));
                    self.is_there = self.is_there.or(told);
                }
                update(model, event, now, effects);
            }
            Input::Line(line) => {
                model.now = now;
                self.say(model, &line, effects);
                update(model, Event::Tick, now, effects);
            }
            Input::End => {
                model.now = now;
                self.has_ended = true;
            }
        }
        self.follow(model, effects);
        if is_stopped && self.state != State::Ended {
            self.stop(model, effects);
        }
        let due = self.is_impatient(model).then_some(self.patience.0);
        effects.wake_at_millis = effects.wake_at_millis.into_iter().chain(due).min();
    }

    fn start(&mut self, model: &mut Model, now: Moment, effects: &mut Effects) {
        // One server; and nothing of what belongs to the runs that a person sits before.
        model.settings.servers.clear();
        model.settings.away_after_minutes = 0;
        model.remembered.unsent.clear();
        model.remembered.drafts.clear();
        model.is_focused = false;
        model.prefers_correspondent = true;
        update(model, Event::Start, now, effects);
        if !link::is_busy(model) {
            let server = model.settings.server.key();
            let sentence = model.texts.format("errand-no-login", &[("server", server.into())]);
            self.end(model, Ending::Unreachable(sentence), effects);
        }
    }

    /// Sees what the step has changed.
    fn follow(&mut self, model: &mut Model, effects: &mut Effects) {
        if self.state == State::Ended {
            return;
        }
        match model.server.connection.status.clone() {
            Status::Online => self.go_on(model, effects),
            // A connection that was lost on the way is made again, and what is sent once more has its name.
            Status::Waiting { reason, .. } if !model.server.connection.was_online => {
                self.end(model, Ending::Unreachable(reason), effects);
            }
            // What was asked about the channel is asked again.
            Status::Waiting { .. } if matches!(self.state, State::Asking | State::Joining) => {
                self.state = State::Connecting;
            }
            Status::Refused { reason } => {
                let ending = if self.is_doubtful { self.unknown(model) } else { Ending::Unreachable(reason) };
                self.end(model, ending, effects);
            }
            _ => {}
        }
        self.judge(model, effects);
    }

    fn go_on(&mut self, model: &mut Model, effects: &mut Effects) {
        if !matches!(self.state, State::At(_)) && !self.arrive(model, effects) {
            return;
        }
        let State::At(id) = self.state else { return };
        if let Task::Tail { count, is_followed } = self.task {
            self.tail(model, id, count, is_followed, effects);
        }
    }

    /// Goes to the conversation. Returns whether it is there.
    fn arrive(&mut self, model: &mut Model, effects: &mut Effects) -> bool {
        let folded = model.server.session.fold(&self.target);
        let is_channel = model.server.session.isupport().is_channel(&self.target);
        let is_joined = model.conversations.find(&folded).is_some_and(|conversation| conversation.is_joined());
        if is_channel && !is_joined {
            self.go_in(model, effects);
            return false;
        }
        self.state = State::At(model.open(&self.target).id);
        if let Task::Send { text: Some(text), .. } = &self.task {
            let text = text.clone();
            self.has_ended = true;
            self.say(model, &text, effects);
        }
        true
    }

    /// Goes into a channel, when there is one.
    fn go_in(&mut self, model: &mut Model, effects: &mut Effects) {
        match self.state {
            State::Connecting if !self.may_found => {
                self.state = State::Asking;
                self.is_there = None;
                effects.send(Line::new("MODE").param(&self.target));
                effects.send(Line::new("PING").param(END_OF_ANSWER));
            }
            State::Asking if self.is_there == Some(false) => {
                let channel = self.target.as_str().into();
                let sentence = model.texts.format("errand-no-channel", &[("channel", channel)]);
                self.end(model, Ending::Refused(sentence), effects);
            }
            State::Asking if self.is_there.is_none() => {}
            State::Connecting | State::Asking => {
                self.state = State::Joining;
                self.errors = errors(model).count();
                effects.send(Line::new("JOIN").param(&self.target));
            }
            _ if errors(model).count() > self.errors => {
                let newest = errors(model).max_by_key(|error| error.time).map(|error| error.text.clone());
                self.end(model, Ending::Refused(newest.unwrap_or_default()), effects);
            }
            _ => {}
        }
    }

    /// What a line of the server says to the question for the channel's modes: of a channel that is not there it is 403
    /// (Modern IRC, "MODE message"), and with some (ngIRCd) 401. A server that says nothing to it, or something else, has to be asked
    /// by JOIN.
    fn answer(&self, model: &Model, message: &Message<'_>) -> Option<bool> {
        let session = &model.server.session;
        let is_about_it = || message.param(1).is_some_and(|word| session.fold(word) == session.fold(&self.target));
        match message.command {
            ERR_NOSUCHCHANNEL | ERR_NOSUCHNICK if is_about_it() => Some(false),
            RPL_CHANNELMODEIS => is_about_it().then_some(true),
            "PONG" => (message.params().last() == Some(&END_OF_ANSWER)).then_some(true),
            command => (command.starts_with(['4', '5']) && is_about_it()).then_some(true),
        }
    }

    fn say(&mut self, model: &mut Model, text: &str, effects: &mut Effects) {
        let State::At(id) = self.state else { return };
        let Task::Send { id: base, .. } = &mut self.task else { return };
        if text.trim().is_empty() {
            return;
        }
        let base = base.get_or_insert_with(|| model.entropy.id()).clone();
        let said = &mut self.said;
        let mut name = |_: &mut Model| {
            *said += 1;
            if *said == 1 { base.clone() } else { format!("{base}.{said}") }
        };
        if let Err(sentence) = outbox::say_as(model, id, EntryKind::Message, text, &mut name, effects) {
            self.end(model, Ending::Refused(sentence), effects);
        }
    }

    fn tail(&mut self, model: &mut Model, id: ConversationId, count: usize, is_followed: bool, effects: &mut Effects) {
        if self.printed_until.is_none() && !history::has_loaded(model, id, count, effects) {
            return;
        }
        let Some(conversation) = model.conversations.get(id) else { return };
        let entries = conversation.buffer.entries().iter().filter(|entry| is_told(entry));
        match self.printed_until {
            None => {
                let skipped = entries.clone().count().saturating_sub(count);
                self.printed.extend(entries.skip(skipped).map(said));
            }
            Some(until) => {
                let is_new = |entry: &&Entry| Some(entry.key()) > until && !entry.is_past;
                self.printed.extend(entries.filter(is_new).map(said));
            }
        }
        self.printed_until = Some(conversation.buffer.newest_key());
        if !is_followed {
            self.end(model, Ending::Done, effects);
        }
    }

    /// Whether all is sent, something was refused, or nothing goes forward.
    fn judge(&mut self, model: &mut Model, effects: &mut Effects) {
        if self.state == State::Ended {
            return;
        }
        let mut arrived = 0;
        if let (State::At(id), Task::Send { .. }) = (self.state, &self.task)
            && let Some(conversation) = model.conversations.get(id)
        {
            let pending = conversation.buffer.pending_count();
            self.is_doubtful = conversation.buffer.pending().any(|entry| entry.fate == Fate::Pending { sent: true })
                || (self.is_doubtful && pending > 0);
            let ending = match conversation.buffer.stuck().next().map(|entry| entry.fate.clone()) {
                Some(Fate::Failed { reason }) => Some(Ending::Refused(reason)),
                Some(_) => Some(self.unknown(model)),
                None => (self.has_ended && pending == 0).then_some(Ending::Done),
            };
            if let Some(ending) = ending {
                return self.end(model, ending, effects);
            }
            arrived = self.said.saturating_sub(pending);
        }
        let now = model.now.elapsed_millis;
        let progress = arrived + usize::from(self.state != State::Connecting);
        if progress != self.patience.1 || !self.is_impatient(model) {
            self.patience = (now + PATIENCE_MILLIS, progress);
        } else if self.patience.0 <= now {
            self.stop(model, effects);
        }
    }

    /// Whether it is the server's turn: for the next line of the input it waits as long as that takes.
    fn is_impatient(&self, model: &Model) -> bool {
        let State::At(id) = self.state else { return self.state != State::Ended };
        match self.task {
            Task::Send { .. } => model.conversations.get(id).is_some_and(|one| one.buffer.pending_count() > 0),
            Task::Tail { .. } => self.printed_until.is_none(),
        }
    }

    /// Ends it as it stands.
    fn stop(&mut self, model: &mut Model, effects: &mut Effects) {
        let ending = match (&self.task, self.printed_until) {
            (Task::Tail { .. }, Some(_)) => Ending::Done,
            // All that was read is there; it only waited for more.
            (Task::Send { .. }, _) if matches!(self.state, State::At(_)) && !self.is_impatient(model) => Ending::Done,
            _ if self.is_doubtful => self.unknown(model),
            _ => Ending::Unreachable(model.texts.get("errand-no-answer").into_owned()),
        };
        self.end(model, ending, effects);
    }

    fn unknown(&self, model: &Model) -> Ending {
        Ending::Unknown(match &self.task {
            Task::Send { id: Some(id), .. } if model.server.session.is_own_kind() => {
                model.texts.format("errand-unknown-again", &[("id", id.as_str().into())])
            }
            _ => model.texts.get("errand-unknown").into_owned(),
        })
    }

    fn end(&mut self, model: &mut Model, ending: Ending, effects: &mut Effects) {
        self.state = State::Ended;
        self.ending = Some(ending);
        link::quit(model, "", Exit::Wanted, effects);
    }
}

/// What has gone wrong.
fn errors(model: &Model) -> impl Iterator<Item = &Entry> {
    let entries = model.conversations.list().iter().flat_map(|conversation| conversation.buffer.entries());
    entries.filter(|entry| entry.kind == EntryKind::Error)
}

fn is_told(entry: &Entry) -> bool {
    entry.is_from_server() && entry.redaction.is_none()
}

fn said(entry: &Entry) -> Said {
    Said {
        time: entry.time,
        author: entry.author.clone(),
        is_action: entry.kind == EntryKind::Action,
        text: entry.text.clone(),
    }
}
