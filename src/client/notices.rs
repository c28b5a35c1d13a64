//! Calling the person: whether a message does, and the title of the window. Pure; by what they are called is the shell's business.

use super::conversation::{Conversation, ConversationId};
use super::entry::Entry;
use super::event::{Effect, Effects, Notice};
use super::model::{Model, Screen};
use super::preferences::Level;
use crate::proto::text::{clean_name, shown};

/// How long nobody is called again: a flood of messages is one call.
const PAUSE_MILLIS: u64 = 2_000;
/// How much of a message a notice shows.
const BODY_CHARACTERS_MAX: usize = 160;

/// What a conversation calls the person for.
pub fn level(model: &Model, conversation: &Conversation) -> Level {
    conversation.level.unwrap_or(model.settings.notify)
}

/// A message has come that the person does not see. Calls them where the conversation's level says so.
pub fn arrived(model: &mut Model, id: ConversationId, entry: &Entry, effects: &mut Effects) {
    let Some(conversation) = model.conversations.get(id) else { return };
    let is_wanted = match level(model, conversation) {
        Level::All => true,
        Level::Mentions => entry.mention,
        Level::None => false,
    };
    if !is_wanted {
        return;
    }
    let author = clean_name(&entry.author);
    let title = if conversation.folded == model.server.session.fold(&entry.author) {
        author.into_owned()
    } else {
        format!("{author} · {}", clean_name(&conversation.name))
    };
    let body: String = shown(&entry.text.replace('\n', " ")).chars().take(BODY_CHARACTERS_MAX).collect();
    call(model, Notice { title, body }, effects);
}

/// Calls the person, unless they were called just now.
pub fn call(model: &mut Model, notice: Notice, effects: &mut Effects) {
    let now = model.now.elapsed_millis;
    if model.silent_until_millis <= now {
        model.silent_until_millis = now + PAUSE_MILLIS;
        effects.push(Effect::Notify(notice));
    }
}

/// Gives the window its title, when that has changed. Before the conversations it keeps the one that it had.
pub fn title(model: &mut Model, effects: &mut Effects) {
    if !model.settings.title {
        return;
    }
    let name = match (model.screen, model.conversations.current()) {
        (Screen::Chat, Some(conversation)) => clean_name(&conversation.name).into_owned(),
        _ => String::new(),
    };
    let (unread, mentions) = model.conversations.unread();
    let count = match (unread, mentions) {
        (0, _) => String::new(),
        (unread, 0) => format!("({unread}) "),
        (unread, mentions) => format!("({unread}, @{mentions}) "),
    };
    let title = if name.is_empty() { format!("{count}chat-tui") } else { format!("{count}{name} – chat-tui") };
    if model.title != title {
        model.title.clone_from(&title);
        effects.push(Effect::Title(title));
    }
}
