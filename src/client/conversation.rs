//! Conversations: channels, people, the server as a correspondent, and what the server itself has to say.

use std::cmp::Reverse;
use std::sync::Arc;

use super::buffer::Buffer;
use super::composer::Composer;
use super::entry::{Entry, EntryKey, EntryKind, Quote};
use super::event::ServerId;
use super::logbook::LogName;
use super::members::{Member, Members};
use super::preferences::Level;
use super::session::fact::LinePlace;
use super::signs::{Marker, Presence, Typing};
use crate::proto::time::Timestamp;

/// How many conversations are held; beyond it a new direct message replaces the one that has been quiet for longest.
pub const CONVERSATIONS_MAX: usize = 500;
/// How many entries all conversations hold together; beyond it those that have been quiet for longest keep [`ENTRIES_QUIET`] each.
const ENTRIES_TOTAL_MAX: usize = 60_000;
/// How many entries a quiet conversation keeps when room is needed.
const ENTRIES_QUIET: usize = 200;
/// Names a conversation for as long as the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConversationId(pub u32);

/// What kind of conversation it is. The order is the one in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConversationKind {
    /// What the server itself says: its message of the day, answers to queries. Nothing can be written there but commands.
    Server,
    /// "The server" as a correspondent: the people who operate it.
    Correspondent,
    /// A channel.
    Channel,
    /// One person.
    Direct,
}

/// How far back a conversation's history is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryState {
    /// Older messages may exist and can be asked for.
    #[default]
    More,
    /// A page was asked for.
    Loading,
    /// The first message is here, or the server has no history.
    Start,
    /// Older messages could not be had, or the person has cleared the screen of them: they are asked for again at the next connection,
    /// or when the person wants to go further up.
    Paused,
}

/// A message that is to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The server's name for it.
    pub msgid: Option<Arc<str>>,
    /// When it was said.
    pub time: Timestamp,
    /// The server was asked for it.
    pub is_asked: bool,
}

/// A message that is being answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replying {
    /// The server's name for it.
    pub msgid: Arc<str>,
    /// What it says.
    pub quote: Quote,
}

/// One conversation.
#[derive(Debug)]
pub struct Conversation {
    /// Its name in this program.
    pub id: ConversationId,
    /// Where it takes place.
    pub server: ServerId,
    /// What it is called: `#general`, a nick, or the network's name.
    pub name: String,
    /// The name as it is compared.
    pub folded: String,
    /// Its kind.
    pub kind: ConversationKind,
    /// Whether we are in the channel; `Joined` for the others.
    pub membership: Membership,
    /// The channel's topic; empty when there is none.
    pub topic: String,
    /// The channel's members; nobody for the others.
    pub members: Members,
    /// What was said.
    pub buffer: Buffer,
    /// What is being written.
    pub composer: Composer,
    /// Messages that arrived since the person last looked.
    pub unread: u32,
    /// Those among them that name the person, or are meant for nobody else.
    pub mentions: u32,
    /// The first of the unread, where a line is drawn.
    pub first_unread: Option<EntryKey>,
    /// The message that was chosen, to do something with it.
    pub chosen: Option<EntryKey>,
    /// The message that was chosen when what stands in the input box was begun: a command may be about it.
    pub about: Option<EntryKey>,
    /// The message that is being answered.
    pub replying: Option<Replying>,
    /// A message that is to be shown when it has come.
    pub(super) jump: Option<Jump>,
    /// From where on older messages are asked for, when that is not the oldest message: a page may hold none.
    pub(super) older_from: Option<LinePlace>,
    /// Gaps that could not be filled: not tried again until the person asks.
    pub(super) stubborn_gaps: Vec<EntryKey>,
    /// Withdrawn messages of which it is not known yet where they stand in the log.
    pub(super) unstruck: Vec<EntryKey>,
    /// The log of this device that it is kept in, once there is one.
    pub(super) log: Option<Arc<LogName>>,
    /// How far it has been read.
    pub marker: Marker,
    /// Who writes in it at the moment.
    pub typing: Typing,
    /// Whether the person is there: for direct conversations.
    pub presence: Presence,
    /// The server watches over the person.
    pub(super) is_watched: bool,
    /// What it calls the person for; nothing for what the settings say.
    pub level: Option<Level>,
    /// How far back its history is known.
    pub history: HistoryState,
    /// Grows with every message in any conversation: the greatest is the latest.
    pub activity: u64,
    /// The members that a running NAMES reply has named so far.
    pub(super) arriving_members: Vec<Member>,
}

impl Conversation {
    fn new(id: ConversationId, server: ServerId, name: &str, folded: &str, kind: ConversationKind) -> Self {
        Self {
            id,
            server,
            name: name.to_owned(),
            folded: folded.to_owned(),
            kind,
            membership: if kind == ConversationKind::Channel { Membership::None } else { Membership::Joined },
            topic: String::new(),
            members: Members::default(),
            buffer: Buffer::new(id.0),
            composer: Composer::default(),
            unread: 0,
            mentions: 0,
            first_unread: None,
            chosen: None,
            about: None,
            replying: None,
            jump: None,
            older_from: None,
            stubborn_gaps: Vec::new(),
            unstruck: Vec::new(),
            log: None,
            marker: Marker::default(),
            typing: Typing::default(),
            presence: Presence::default(),
            is_watched: false,
            level: None,
            history: HistoryState::default(),
            activity: 0,
            arriving_members: Vec::new(),
        }
    }

    /// Takes everything from the screen that does not wait for the server. What was said comes back when the person goes up.
    pub fn clear(&mut self) {
        self.buffer.clear();
        self.history = HistoryState::Paused;
    }

    /// The person wants to go to the top of what is loaded, and further up.
    pub fn go_to_top(&mut self) {
        self.take_heart();
        self.buffer.scroll_to_top();
    }

    /// Whether there may be older messages that can be asked for.
    pub fn has_older(&self) -> bool {
        self.history == HistoryState::More || (self.history == HistoryState::Start && self.buffer.is_truncated())
    }

    /// What could not be had a while ago, or was cleared away, is asked for again.
    pub fn take_heart(&mut self) {
        if self.history == HistoryState::Paused {
            self.history = HistoryState::More;
        }
    }

    /// Whether a message in it is meant for the person. A notice (the server's greeting, a bot's answer) calls nobody.
    pub fn calls_for(&self, entry: &Entry) -> bool {
        entry.mention || (self.kind != ConversationKind::Channel && !entry.own && entry.kind != EntryKind::Notice)
    }

    /// Whether a message may be written to it: it is sent at once, or as soon as it can be.
    pub fn takes_messages(&self) -> bool {
        self.kind != ConversationKind::Server && self.membership != Membership::None
    }

    /// Whether a message that is sent to it now arrives there.
    pub fn is_reached(&self) -> bool {
        self.kind != ConversationKind::Server && self.is_joined()
    }

    /// Whether we are in the channel; always true for the others.
    pub fn is_joined(&self) -> bool {
        self.membership == Membership::Joined
    }
}

/// Whether we are in a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// We are not.
    None,
    /// We were on the connection before, and the server has not said yet whether we still are.
    Awaited,
    /// We are.
    Joined,
}

/// How conversations are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ListOrder {
    /// By server, by kind, then by name.
    #[default]
    Name,
    /// The latest first: for the operator's console.
    Recent,
}

/// All conversations, in the order in which they are listed, and the one that is shown. Names are those of the server at
/// hand: two servers may have a channel of the same name each.
#[derive(Debug, Default)]
pub struct Conversations {
    list: Vec<Conversation>,
    current: Option<ConversationId>,
    /// The one shown before.
    previous: Option<ConversationId>,
    order: ListOrder,
    at_hand: ServerId,
    next_id: u32,
    activity: u64,
}

impl Conversations {
    /// None yet.
    pub fn new(order: ListOrder) -> Self {
        Self { order, ..Self::default() }
    }

    /// The conversations in the order in which they are listed.
    pub fn list(&self) -> &[Conversation] {
        &self.list
    }

    /// Takes a server to hand.
    pub fn turn_to(&mut self, server: ServerId) {
        self.at_hand = server;
    }

    /// Those of the server at hand.
    pub fn at_hand(&self) -> impl Iterator<Item = &Conversation> {
        self.list.iter().filter(|conversation| conversation.server == self.at_hand)
    }

    /// The same, to be changed. Their names and kinds must stay.
    pub fn at_hand_mut(&mut self) -> impl Iterator<Item = &mut Conversation> {
        self.list.iter_mut().filter(|conversation| conversation.server == self.at_hand)
    }

    /// The one that is shown; nothing before the first.
    pub fn current(&self) -> Option<&Conversation> {
        self.current_index().map(|index| &self.list[index])
    }

    /// The one that is shown, to be changed.
    pub fn current_mut(&mut self) -> Option<&mut Conversation> {
        self.current_index().map(|index| &mut self.list[index])
    }

    /// The name of the one that is shown.
    pub fn current_id(&self) -> Option<ConversationId> {
        self.current
    }

    /// Where the one that is shown stands in the list.
    pub fn current_index(&self) -> Option<usize> {
        self.list.iter().position(|conversation| Some(conversation.id) == self.current)
    }

    /// The conversation of this name in the program.
    pub fn get(&self, id: ConversationId) -> Option<&Conversation> {
        self.list.iter().find(|conversation| conversation.id == id)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: ConversationId) -> Option<&mut Conversation> {
        self.list.iter_mut().find(|conversation| conversation.id == id)
    }

    /// The conversation of the server at hand with this folded name.
    pub fn find(&self, folded: &str) -> Option<&Conversation> {
        self.at_hand()
            .find(|conversation| conversation.kind != ConversationKind::Server && conversation.folded == folded)
    }

    /// The same, to be changed.
    pub fn find_mut(&mut self, folded: &str) -> Option<&mut Conversation> {
        self.at_hand_mut()
            .find(|conversation| conversation.kind != ConversationKind::Server && conversation.folded == folded)
    }

    /// The conversation with the server at hand itself, made when there is none.
    pub fn server_mut(&mut self, name: &str) -> &mut Conversation {
        let known = self.at_hand().find(|conversation| conversation.kind == ConversationKind::Server);
        let id = match known.map(|conversation| conversation.id) {
            Some(id) => id,
            None => self.add(name, name, ConversationKind::Server),
        };
        self.expect_mut(id)
    }

    /// The conversation with this folded name, made when there is none.
    pub fn open(&mut self, name: &str, folded: &str, kind: ConversationKind) -> &mut Conversation {
        let id = match self.find(folded) {
            Some(conversation) => conversation.id,
            None => self.add(name, folded, kind),
        };
        self.expect_mut(id)
    }

    /// Only called for a conversation that is in the list.
    fn expect_mut(&mut self, id: ConversationId) -> &mut Conversation {
        let index = self.list.iter().position(|conversation| conversation.id == id);
        &mut self.list[index.expect("the conversation was found or added just before")]
    }

    fn add(&mut self, name: &str, folded: &str, kind: ConversationKind) -> ConversationId {
        if self.list.len() >= CONVERSATIONS_MAX {
            let quiet = self.list.iter().filter(|conversation| {
                conversation.kind == ConversationKind::Direct
                    && Some(conversation.id) != self.current
                    && conversation.buffer.pending_count() == 0
            });
            // When all are channels, the bound is the server's limit of channels, not ours.
            if let Some(id) = quiet.min_by_key(|conversation| conversation.activity).map(|conversation| conversation.id)
            {
                self.close(id);
            }
        }
        self.next_id += 1;
        let id = ConversationId(self.next_id);
        self.list.push(Conversation::new(id, self.at_hand, name, folded, kind));
        self.sort();
        if self.current.is_none() {
            self.current = Some(id);
        }
        id
    }

    /// Forgets the conversations of a server.
    pub fn forget(&mut self, server: ServerId) {
        let gone: Vec<_> = self.list.iter().filter(|one| one.server == server).map(|one| one.id).collect();
        gone.into_iter().for_each(|id| self.close(id));
    }

    /// Forgets a conversation; its neighbour is shown when it was shown.
    pub fn close(&mut self, id: ConversationId) {
        let Some(index) = self.list.iter().position(|conversation| conversation.id == id) else { return };
        self.list.remove(index);
        if self.current == Some(id) {
            let neighbour = self.list.get(index).or_else(|| self.list.last());
            self.current = neighbour.map(|conversation| conversation.id);
        }
    }

    /// Gives a conversation another name, because the person or the channel has one.
    pub fn rename(&mut self, id: ConversationId, name: &str, folded: &str) {
        if let Some(conversation) = self.get_mut(id) {
            name.clone_into(&mut conversation.name);
            folded.clone_into(&mut conversation.folded);
            self.sort();
        }
    }

    /// Says what kind of conversation it turned out to be.
    pub fn set_kind(&mut self, id: ConversationId, kind: ConversationKind) {
        if let Some(conversation) = self.get_mut(id) {
            conversation.kind = kind;
            self.sort();
        }
    }

    /// Shows a conversation, with nothing unread in it.
    pub fn show(&mut self, id: ConversationId) {
        if self.current != Some(id) && self.get(id).is_some() {
            if let Some(left) = self.current_mut() {
                left.first_unread = None;
            }
            self.previous = self.current;
            self.current = Some(id);
        }
        self.mark_read();
    }

    /// The person has seen what is shown.
    pub fn mark_read(&mut self) {
        if let Some(conversation) = self.current_mut() {
            conversation.unread = 0;
            conversation.mentions = 0;
        }
    }

    /// Shows the one `step` places further down the list, around its ends.
    pub fn show_neighbour(&mut self, step: isize) {
        let Some(index) = self.current_index() else { return };
        let count = self.list.len() as isize;
        let index = (index as isize + step).rem_euclid(count);
        self.show(self.list[index as usize].id);
    }

    /// Shows the one at this place of the list, counted from 0, if there is one.
    pub fn show_nth(&mut self, index: usize) {
        if let Some(id) = self.list.get(index).map(|conversation| conversation.id) {
            self.show(id);
        }
    }

    /// Shows the one that was shown before.
    pub fn show_previous(&mut self) {
        if let Some(previous) = self.previous {
            self.show(previous);
        }
    }

    /// Shows the next one with something unread, those that name the person first.
    pub fn show_next_unread(&mut self) {
        let from = self.current_index().map_or(0, |index| index + 1);
        let count = self.list.len();
        let order = (0..count).map(|step| (from + step) % count).map(|index| &self.list[index]);
        let next = order.filter(|conversation| conversation.unread > 0).min_by_key(|one| one.mentions == 0);
        if let Some(id) = next.map(|conversation| conversation.id) {
            self.show(id);
        }
    }

    /// Something was said in a conversation.
    pub fn touch(&mut self, id: ConversationId) {
        self.activity += 1;
        let activity = self.activity;
        if let Some(conversation) = self.get_mut(id) {
            conversation.activity = activity;
        }
        if self.order == ListOrder::Recent {
            self.sort();
        }
    }

    /// Lets old messages of quiet conversations go when all together hold too many.
    pub fn keep_bound(&mut self) {
        let mut total: usize = self.list.iter().map(|one| one.buffer.entries().len()).sum();
        if total <= ENTRIES_TOTAL_MAX {
            return;
        }
        let mut quiet: Vec<(u64, ConversationId)> = self.list.iter().map(|one| (one.activity, one.id)).collect();
        quiet.sort_unstable();
        for (_, id) in quiet {
            if total <= ENTRIES_TOTAL_MAX || self.current == Some(id) {
                continue;
            }
            if let Some(conversation) = self.get_mut(id) {
                let before = conversation.buffer.entries().len();
                conversation.buffer.shrink(ENTRIES_QUIET);
                total -= before - conversation.buffer.entries().len();
            }
        }
    }

    /// Messages unread in all conversations together, and those among them that name the person.
    pub fn unread(&self) -> (u32, u32) {
        self.list.iter().fold((0, 0), |(unread, mentions), conversation| {
            (unread.saturating_add(conversation.unread), mentions.saturating_add(conversation.mentions))
        })
    }

    fn sort(&mut self) {
        match self.order {
            ListOrder::Name => {
                let place = |one: &Conversation| (one.server, one.kind);
                self.list.sort_by(|one, other| (place(one), &one.folded).cmp(&(place(other), &other.folded)));
            }
            ListOrder::Recent => self.list.sort_by_key(|conversation| Reverse(conversation.activity)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(conversations: &Conversations) -> Vec<&str> {
        conversations.list().iter().map(|conversation| conversation.name.as_str()).collect()
    }

    #[test]
    fn conversations_are_listed_by_kind_and_name() {
        let mut conversations = Conversations::new(ListOrder::Name);
        for (name, kind) in [
            ("zoe", ConversationKind::Direct),
            ("#b", ConversationKind::Channel),
            ("#a", ConversationKind::Channel),
            ("serveur", ConversationKind::Correspondent),
        ] {
            conversations.open(name, name, kind);
        }
        assert_eq!(names(&conversations), ["serveur", "#a", "#b", "zoe"]);
        assert_eq!(conversations.current().map(|one| one.name.as_str()), Some("zoe"));
        conversations.show_neighbour(1);
        assert_eq!(conversations.current_index(), Some(0));
        conversations.show_neighbour(-1);
        assert_eq!(conversations.current_index(), Some(3));
    }

    #[test]
    fn the_console_lists_the_latest_first() {
        let mut conversations = Conversations::new(ListOrder::Recent);
        let ann = conversations.open("ann", "ann", ConversationKind::Direct).id;
        let bob = conversations.open("bob", "bob", ConversationKind::Direct).id;
        conversations.touch(ann);
        conversations.touch(bob);
        assert_eq!(names(&conversations), ["bob", "ann"]);
        conversations.touch(ann);
        assert_eq!(names(&conversations), ["ann", "bob"]);
    }

    #[test]
    fn conversations_are_bounded_and_the_quietest_person_goes() {
        let mut conversations = Conversations::new(ListOrder::Name);
        conversations.open("#a", "#a", ConversationKind::Channel);
        for number in 0..CONVERSATIONS_MAX + 5 {
            let name = format!("p{number:04}");
            let id = conversations.open(&name, &name, ConversationKind::Direct).id;
            conversations.touch(id);
        }
        assert_eq!(conversations.list().len(), CONVERSATIONS_MAX);
        assert!(conversations.find("#a").is_some());
        assert!(conversations.find("p0000").is_none());
    }

    #[test]
    fn mentions_come_first_among_the_unread() {
        let mut conversations = Conversations::new(ListOrder::Name);
        for name in ["a", "b", "c"] {
            conversations.open(name, name, ConversationKind::Direct);
        }
        conversations.show_nth(0);
        conversations.find_mut("b").unwrap().unread = 3;
        let c = conversations.find_mut("c").unwrap();
        (c.unread, c.mentions) = (1, 1);
        conversations.show_next_unread();
        assert_eq!(conversations.current().map(|one| one.name.as_str()), Some("c"));
        conversations.show_previous();
        assert_eq!(conversations.current_index(), Some(0));
    }
}
