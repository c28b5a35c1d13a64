//! What the lists hold that one chooses from: conversations, people, commands, reactions.

use super::bindings::{Action, Binding, Context};
use super::commands::COMMANDS;
use super::conversation::{Conversation, ConversationKind};
use super::deeds::{DURATIONS, Deed, Order, Subject};
use super::model::Model;
use super::picker::{Choice, Item, Picker, Purpose, rank};
use crate::proto::text::plain;

/// How many members are offered; in greater channels one types their names.
const PEOPLE_MAX: usize = 5_000;
/// The reactions that are offered, the usual ones first, with the words by which they are found.
const REACTIONS: &[(&str, &str)] = &[
    ("👍", "thumbs up yes +1 oui"),
    ("❤️", "heart love coeur"),
    ("😂", "laughing joy haha rire"),
    ("🎉", "party tada hooray fête"),
    ("😮", "surprised wow oh"),
    ("😢", "sad crying triste"),
    ("🙏", "thanks please merci"),
    ("👀", "eyes looking regard"),
    ("✅", "done check fait"),
    ("❌", "no cross non"),
    ("👎", "thumbs down -1"),
    ("🔥", "fire feu"),
    ("🚀", "rocket ship it fusée"),
    ("🤔", "thinking hmm"),
    ("👏", "clap bravo"),
    ("😅", "sweat phew ouf"),
];

/// Why messages are reported; whoever has another reason types it.
const REASON_IDS: &[&str] = &["report-reason-spam", "report-reason-insult", "report-reason-unlawful"];

/// Opens a list.
pub fn open(model: &mut Model, purpose: Purpose) {
    model.picker = Some(Picker::new(purpose));
    fill(model);
}

/// Fills the list that is open for what is typed by now. What a search finds is the search's own business.
pub fn fill(model: &mut Model) {
    let Some(picker) = &model.picker else { return };
    let query = picker.edit.text().to_owned();
    let items = match &picker.purpose {
        Purpose::Switch => switch(model, &query),
        Purpose::Command => rank(&query, [actions(model), commands(model)].concat()),
        Purpose::React(_) => reactions(&query),
        Purpose::Report(_) => reasons(model, &query),
        Purpose::Operate(subject) => rank(&query, deeds(model, subject)),
        Purpose::Confirm(order) => confirmations(model, order),
        Purpose::Open => rank(&query, links(model)),
        Purpose::Search { .. } => return,
    };
    if let Some(picker) = &mut model.picker {
        picker.fill(items);
    }
}

/// Conversations, the unread and the latest first, then people, then commands. A sign before the text narrows it to one kind.
fn switch(model: &Model, query: &str) -> Vec<Item> {
    if let Some(rest) = query.strip_prefix('/') {
        return rank(rest, commands(model));
    }
    if let Some(rest) = query.strip_prefix('>') {
        return rank(rest, [actions(model), commands(model)].concat());
    }
    if let Some(rest) = query.strip_prefix('@') {
        let direct = conversations(model).into_iter().filter(|item| {
            let Choice::Conversation(id) = &item.choice else { return false };
            model.conversations.get(*id).is_some_and(|one| one.kind == ConversationKind::Direct)
        });
        return rank(rest, direct.chain(people(model)).collect());
    }
    if query.trim().is_empty() {
        return conversations(model);
    }
    let mut items = rank(query, conversations(model));
    items.extend(rank(query, people(model)));
    items.extend(rank(query, commands(model)));
    items
}

fn conversations(model: &Model) -> Vec<Item> {
    let current = model.conversations.current_id();
    let mut list: Vec<&Conversation> = model.conversations.list().iter().collect();
    list.sort_by_key(|one| {
        (Some(one.id) == current, one.mentions == 0, one.unread == 0, std::cmp::Reverse(one.activity))
    });
    let item = |conversation: &Conversation| {
        let detail = match conversation.unread {
            0 => conversation.topic.clone(),
            unread => model.texts.format("panel-unread", &[("count", unread.into())]),
        };
        Item::new(&conversation.name, detail, Choice::Conversation(conversation.id))
    };
    list.into_iter().map(item).collect()
}

/// Members of the channels of this server, to whom there is no conversation yet, by name.
fn people(model: &Model) -> Vec<Item> {
    let mut known = std::collections::BTreeMap::new();
    for channel in model.conversations.at_hand() {
        for member in channel.members.list().iter().take(PEOPLE_MAX) {
            if known.len() < PEOPLE_MAX {
                known.entry(member.folded.as_str()).or_insert((member.nick.as_str(), channel.name.as_str()));
            }
        }
    }
    let session = &model.server.session;
    known
        .into_iter()
        .filter(|(folded, (nick, _))| model.conversations.find(folded).is_none() && !session.is_own_nick(nick))
        .map(|(_, (nick, channel))| Item::new(nick, channel, Choice::Person(nick.to_owned())))
        .collect()
}

/// The links of the chosen message.
fn links(model: &Model) -> Vec<Item> {
    let current = model.conversations.current();
    let entry = current.and_then(|conversation| conversation.buffer.entry(conversation.chosen?));
    let found = entry.map(|entry| super::links::find(&plain(&entry.text))).unwrap_or_default();
    found.into_iter().map(|(_, link)| Item::new(&link, "", Choice::Link(link.clone()))).collect()
}

fn commands(model: &Model) -> Vec<Item> {
    let item = |command: &super::commands::Command| {
        let detail = model.texts.get(command.help_id).into_owned();
        Item::new(format!("/{}", command.name), detail, Choice::Command(command.name))
    };
    let caps = model.server.session.caps();
    COMMANDS.iter().filter(|command| command.is_offered(caps)).map(item).collect()
}

/// Everything that a key can do here.
fn actions(model: &Model) -> Vec<Item> {
    let keymap = &model.settings.keymap;
    let mut items: Vec<Item> = Vec::new();
    let caps = model.server.session.caps();
    // What can be done with a message is offered while one is chosen.
    let is_chosen = model.conversations.current().is_some_and(|conversation| conversation.chosen.is_some());
    let mut offered = vec![Context::Everywhere, Context::Chat, Context::Editing];
    offered.extend(is_chosen.then_some(Context::Chosen));
    let is_offered = |binding: &&Binding| {
        let has_all = binding.action.needs().is_none_or(|cap| caps.has(cap));
        offered.contains(&binding.context) && has_all
    };
    for binding in keymap.bindings().iter().filter(is_offered) {
        let choice = Choice::Action(binding.action);
        if matches!(binding.action, Action::Conversation(_)) || items.iter().any(|item| item.choice == choice) {
            continue;
        }
        let label = model.texts.get(binding.help_id).into_owned();
        items.push(Item::new(label, binding.chord.name(&model.texts), choice));
    }
    items
}

/// The usual reactions whose words fit; what was typed itself comes first when it is no word for one of them.
fn reactions(query: &str) -> Vec<Item> {
    let query = query.trim();
    let of = |(sign, words): &(&str, &str)| Item::new(*words, *sign, Choice::Reaction((*sign).to_owned()));
    let mut items = rank(query, REACTIONS.iter().map(of).collect());
    if !query.is_empty() && query.len() <= super::reactions::REACTION_BYTES_MAX {
        let own = Item::new(query, "", Choice::Reaction(query.to_owned()));
        let is_word = query.chars().all(|character| character.is_ascii_alphabetic());
        items.insert(if is_word { items.len() } else { 0 }, own);
    }
    items
}

/// The reasons that fit; what is typed is one as well.
fn reasons(model: &Model, query: &str) -> Vec<Item> {
    let of = |reason: &str| Item::new(reason, "", Choice::Reason(reason.to_owned()));
    let offered = REASON_IDS.iter().map(|id| of(&model.texts.get(id))).collect();
    let first = match query.trim() {
        "" => Item::new(model.texts.get("report-reason-none"), "", Choice::Reason(String::new())),
        typed => of(typed),
    };
    let mut items = vec![first];
    items.extend(rank(query, offered));
    items
}

/// What can be done with somebody.
fn deeds(model: &Model, subject: &Subject) -> Vec<Item> {
    let item = |deed: Deed| {
        let order = Order { deed, subject: subject.clone() };
        Item::new(deed_text(model, &order), "", Choice::Deed(order))
    };
    Deed::of(subject).into_iter().map(item).collect()
}

/// What is done, as a sentence.
fn deed_text(model: &Model, order: &Order) -> String {
    let variables = order.variables();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
    model.texts.format(order.deed.text_id(), &variables)
}

/// For how long; or only that it is done.
fn confirmations(model: &Model, order: &Order) -> Vec<Item> {
    if !order.deed.has_duration() {
        return vec![Item::new(model.texts.get("operate-do-it"), "", Choice::Duration(""))];
    }
    let item = |(duration, text_id): &(&'static str, &'static str)| {
        Item::new(model.texts.get(text_id), "", Choice::Duration(duration))
    };
    DURATIONS.iter().map(item).collect()
}
