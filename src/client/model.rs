//! Everything that the client knows and shows. `update` alone changes it; the view reads it.

use std::collections::BTreeMap;

use ring::hmac;

use super::bindings::Context;
use super::config::{Mode, ServerChoice, Settings};
use super::conversation::{Conversation, ConversationId, ConversationKind, Conversations, ListOrder};
use super::entry::{Entry, EntryKey, Reply};
use super::event::{Draft, KeptLevel, Login, Moment, ServerId, Unsent};
use super::form::{Form, Tab};
use super::geometry::{ChatAreas, Drag, Pane};
use super::overlay::{Overlay, Overlays};
use super::panel::Panel;
use super::picker::{Picker, Search};
use super::preferences::Level;
use super::servers::{SERVERS_MAX, Server};
use super::session::fact::Incoming;
use crate::ground::texts::Texts;
use crate::ground::tls::Fingerprint;

/// What lies under the dialogues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Register or log in.
    #[default]
    Form,
    /// The conversations.
    Chat,
}

/// What a device remembers from one run to the next: the shell reads it at the start and keeps it by effects.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    /// Log-ins, the one used last at the front.
    pub logins: Vec<Login>,
    /// Accepted certificates by `host:port`.
    pub pins: BTreeMap<String, Fingerprint>,
    /// Messages that had not reached their server.
    pub unsent: Vec<Unsent>,
    /// What was being written.
    pub drafts: Vec<Draft>,
    /// What conversations call the person for.
    pub levels: Vec<KeptLevel>,
}

/// What the shell hands over at the start.
#[derive(Debug)]
pub struct Start {
    /// The settings.
    pub settings: Settings,
    /// The texts in the language of the settings.
    pub texts: Texts,
    /// What earlier runs kept.
    pub remembered: Remembered,
    /// Random bytes, from which ids and nonces are made.
    pub seed: [u8; 32],
    /// What this device is called in the list of devices: the host's name.
    pub device_name: String,
}

/// The state of the client.
#[derive(Debug)]
pub struct Model {
    /// The settings.
    pub settings: Settings,
    /// Everything that is written for a person.
    pub texts: Texts,
    /// When the event that is being handled happened.
    pub now: Moment,
    /// Width and height of the terminal in cells.
    pub size: (u16, u16),
    /// The window has the person's attention.
    pub is_focused: bool,
    /// What lies under the dialogues.
    pub screen: Screen,
    /// The form.
    pub form: Form,
    /// The conversations.
    pub conversations: Conversations,
    /// The dialogues.
    pub overlays: Overlays,
    /// The list to choose from, when one is open.
    pub picker: Option<Picker>,
    /// The operators' panel, when it is open.
    pub panel: Option<Panel>,
    /// What is being searched for.
    pub(super) search: Search,
    /// What is on the screen where: noted by the layout pass.
    pub pane: Pane,
    /// What the mouse has dragged over.
    pub drag: Option<Drag>,
    /// The mouse is the program's; else the terminal's.
    pub has_mouse: bool,
    /// A short remark in the status line, until the next key.
    pub remark: Option<String>,
    /// The server at hand: the one that the event is about which is being handled; between two events the one whose
    /// conversation, or whose form, is shown. What is done to "the server" is done to this one.
    pub server: Server,
    /// The other servers, in no particular order.
    pub(super) others: Vec<Server>,
    /// The server that the form is filled in for.
    pub(super) form_server: ServerId,
    /// Counts the connections to all servers.
    pub(super) connections: u64,
    /// Counts the servers.
    pub(super) last_server: u32,
    /// What earlier runs kept.
    pub remembered: Remembered,
    /// What this device is called in the list of devices.
    pub device_name: String,
    /// The person has chosen which conversation is shown; until then the first channel is.
    pub has_chosen: bool,
    /// The server as a correspondent is shown rather than the first channel: in the line mode.
    pub(super) prefers_correspondent: bool,
    /// The person is not called again before this moment of `Moment::elapsed_millis`.
    pub(super) silent_until_millis: u64,
    /// The window's title.
    pub(super) title: String,
    /// When the person did something last, by `Moment::elapsed_millis`.
    pub(super) active_at_millis: u64,
    /// The servers were told that the person is away, because nothing was done for so long.
    pub(super) is_idle: bool,
    /// When own messages that have not arrived are kept next, by `Moment::elapsed_millis`; what was known of them last.
    pub(super) unsent_due_millis: Option<u64>,
    pub(super) unsent_fates: u64,
    /// When drafts are kept next, by `Moment::elapsed_millis`.
    pub(super) drafts_due_millis: Option<u64>,
    /// The drafts as they were kept last.
    pub(super) kept_drafts: Vec<Draft>,
    /// Ids and nonces.
    pub(super) entropy: Entropy,
}

impl Model {
    /// The state before the first event.
    pub fn new(start: Start) -> Self {
        let Start { settings, texts, remembered, seed, device_name } = start;
        let key = settings.server.key();
        let login = remembered.logins.iter().find(|login| login.server == key);
        let name = settings.name.clone().or(login.map(|login| login.account.clone())).unwrap_or_default();
        let tab = if name.is_empty() { Tab::Register } else { Tab::LogIn };
        let server = if key == "local" { String::new() } else { key };
        let order = match settings.mode {
            Mode::Person => ListOrder::Name,
            Mode::Console => ListOrder::Recent,
        };
        Self {
            form: Form::new(&server, &name, tab),
            conversations: Conversations::new(order),
            now: Moment::default(),
            size: (80, 24),
            is_focused: true,
            screen: match settings.mode {
                Mode::Person => Screen::Form,
                Mode::Console => Screen::Chat,
            },
            overlays: Overlays::default(),
            picker: None,
            panel: None,
            search: Search::default(),
            pane: Pane::default(),
            drag: None,
            has_mouse: settings.mouse,
            remark: None,
            server: Server::default(),
            others: Vec::new(),
            form_server: ServerId::default(),
            connections: 0,
            last_server: 0,
            has_chosen: false,
            prefers_correspondent: false,
            silent_until_millis: 0,
            title: env!("CARGO_PKG_NAME").to_owned(),
            active_at_millis: 0,
            is_idle: false,
            unsent_due_millis: None,
            unsent_fates: 0,
            drafts_due_millis: None,
            kept_drafts: Vec::new(),
            entropy: Entropy::new(seed),
            settings,
            texts,
            remembered,
            device_name,
        }
    }

    /// All servers, in the order in which they came.
    pub fn servers(&self) -> Vec<&Server> {
        let mut servers: Vec<&Server> = self.others.iter().chain([&self.server]).collect();
        servers.sort_by_key(|server| server.id);
        servers
    }

    /// A server, unless it is gone.
    pub fn server_of(&self, id: ServerId) -> Option<&Server> {
        self.others.iter().chain([&self.server]).find(|server| server.id == id)
    }

    /// The server that the person looks at.
    pub(super) fn shown_server(&self) -> ServerId {
        match (self.screen, self.conversations.current()) {
            (Screen::Chat, Some(conversation)) => conversation.server,
            (Screen::Chat, None) => self.server.id,
            (Screen::Form, _) => self.form_server,
        }
    }

    /// Takes a server to hand. Returns whether there is such a one.
    pub(super) fn turn_to(&mut self, id: ServerId) -> bool {
        if self.server.id != id {
            let Some(other) = self.others.iter_mut().find(|server| server.id == id) else { return false };
            std::mem::swap(&mut self.server, other);
        }
        self.conversations.turn_to(id);
        true
    }

    /// Adds a server and takes it to hand. Nothing when there are [`SERVERS_MAX`] already.
    pub(super) fn add_server(&mut self, choice: ServerChoice) -> Option<ServerId> {
        if self.others.len() + 1 >= SERVERS_MAX {
            return None;
        }
        self.last_server += 1;
        let id = ServerId(self.last_server);
        let before = std::mem::replace(&mut self.server, Server::new(id, choice));
        self.others.push(before);
        self.conversations.turn_to(id);
        Some(id)
    }

    /// Forgets the server at hand with its conversations, when there is another one, which is at hand then.
    pub(super) fn remove_server(&mut self) {
        self.others.sort_by_key(|server| server.id);
        if let Some(index) = self.others.len().checked_sub(1) {
            self.conversations.forget(self.server.id);
            self.server = self.others.remove(index);
            self.conversations.turn_to(self.server.id);
        }
    }

    /// Where the parts of the chat screen are.
    pub fn areas(&self) -> ChatAreas {
        let (columns, rows) = self.size;
        let current = self.conversations.current();
        let width = ChatAreas::composer_text_columns(columns);
        let composer_rows = current.map_or(1, |conversation| conversation.composer.edit.rows(width).len());
        let has_members = current.is_some_and(|conversation| conversation.members.count() > 0);
        ChatAreas::divide(columns, rows, composer_rows, has_members)
    }

    /// Whether a conversation is in front of the person's eyes.
    pub fn is_seen(&self, id: ConversationId) -> bool {
        self.is_focused && self.screen == Screen::Chat && self.conversations.current_id() == Some(id)
    }

    /// The conversation with a channel or a person, made when there is none.
    pub fn open(&mut self, target: &str) -> &mut Conversation {
        let folded = self.server.session.fold(target);
        let isupport = self.server.session.isupport();
        let is_correspondent = || isupport.correspondent().is_some_and(|name| self.server.session.fold(name) == folded);
        let kind = match target {
            channel if isupport.is_channel(channel) => ConversationKind::Channel,
            _ if is_correspondent() && !self.server.session.is_own_nick(target) => ConversationKind::Correspondent,
            _ => ConversationKind::Direct,
        };
        let level = self.kept_level(&folded);
        let conversation = self.conversations.open(target, &folded, kind);
        conversation.level = conversation.level.or(level);
        conversation
    }

    /// What a conversation of the server at hand was told to call the person for.
    fn kept_level(&self, folded: &str) -> Option<Level> {
        let session = &self.server.session;
        let is_it = |kept: &&KeptLevel| {
            kept.server == self.server.choice.key()
                && session.account().is_some_and(|account| session.fold(account) == session.fold(&kept.account))
                && session.fold(&kept.target) == folded
        };
        self.remembered.levels.iter().find(is_it).and_then(|kept| kept.level)
    }

    /// The conversation with the server itself, made when there is none.
    pub(super) fn server_conversation(&mut self) -> &mut Conversation {
        let name = match self.server.session.isupport().network() {
            Some(network) => network.to_owned(),
            None => self.server.choice.key(),
        };
        self.conversations.server_mut(&name)
    }

    /// What was said, as an entry.
    pub(super) fn entry(&self, incoming: Incoming) -> Entry {
        let is_mention = !incoming.is_own && self.is_named_in(&incoming.text);
        let mut entry = Entry::new(incoming.kind, incoming.from, incoming.text, incoming.time);
        entry.mention = is_mention;
        entry.own = incoming.is_own;
        entry.id = incoming.id.map(Into::into);
        entry.msgid = incoming.msgid;
        entry.reply = incoming.reply_to.map(|to| Box::new(Reply { to, quote: None }));
        entry
    }

    /// Whether a text names the person, as a word of its own.
    fn is_named_in(&self, text: &str) -> bool {
        let nick = self.server.session.nick();
        let is_somewhere = |first: &u8| text.as_bytes().iter().any(|byte| byte.eq_ignore_ascii_case(first));
        // Most messages do not even hold the first letter's fellow, and need no copy in lower case.
        if nick.is_empty() || (nick.is_ascii() && !nick.as_bytes().iter().all(is_somewhere)) {
            return false;
        }
        let (nick, text) = (nick.to_lowercase(), text.to_lowercase());
        let is_part_of_word = |neighbour: Option<char>| neighbour.is_some_and(char::is_alphanumeric);
        text.match_indices(&nick).any(|(start, name)| {
            let (before, after) = (&text[..start], &text[start + name.len()..]);
            !is_part_of_word(before.chars().next_back()) && !is_part_of_word(after.chars().next())
        })
    }

    /// What takes the keys, the first to be asked first.
    pub fn contexts(&self) -> &'static [Context] {
        let is_chosen = self.conversations.current().is_some_and(|conversation| conversation.chosen.is_some());
        match (self.overlays.shown(), self.screen) {
            (Some(Overlay::Help(_)), _) => &[Context::Help, Context::Everywhere],
            (Some(_), _) => &[Context::Question, Context::Everywhere],
            (None, Screen::Chat) if self.picker.is_some() => &[Context::Picker, Context::Editing, Context::Everywhere],
            (None, Screen::Chat) if self.panel.is_some() => &[Context::Panel, Context::Editing, Context::Everywhere],
            (None, Screen::Form) => &[Context::Form, Context::Editing, Context::Everywhere],
            (None, Screen::Chat) if is_chosen => {
                &[Context::Chosen, Context::Chat, Context::Editing, Context::Everywhere]
            }
            (None, Screen::Chat) => &[Context::Chat, Context::Editing, Context::Everywhere],
        }
    }

    /// What is shown above a gap stays where it is while something is put in below it.
    pub(super) fn hold_above(&mut self, id: ConversationId, gap: EntryKey) {
        if self.is_seen(id)
            && let Some((row, below)) = self.pane.row_above(gap)
            && let Some(conversation) = self.conversations.get_mut(id)
        {
            conversation.buffer.hold(row.key, row.row, below);
        }
    }

    /// Whether the operator's console is shown.
    pub fn is_console(&self) -> bool {
        self.settings.mode == Mode::Console
    }
}

/// Random numbers, stretched from a seed: the core itself draws none.
pub(super) struct Entropy {
    key: hmac::Key,
    drawn: u64,
}

impl Entropy {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &seed), drawn: 0 }
    }

    /// 256 fresh bits.
    pub(super) fn bytes(&mut self) -> [u8; 32] {
        self.drawn += 1;
        let tag = hmac::sign(&self.key, &self.drawn.to_be_bytes());
        let mut bytes = [0; 32];
        bytes.copy_from_slice(tag.as_ref());
        bytes
    }

    /// 128 fresh bits as 32 hexadecimal digits.
    pub(super) fn id(&mut self) -> String {
        self.bytes()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A number below `bound`, which is at least 1.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let bytes = self.bytes();
        let number = bytes[..8].iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        number % bound
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Entropy(…)")
    }
}
