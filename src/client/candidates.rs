//! Completion: what the word at the caret could become. Pure; it knows what a conversation holds, no keys and no colours.
//!
//! Names come in the order of who spoke last, then by the alphabet. At the beginning of a message a name is followed by `: `.

use super::commands::COMMANDS;
use super::completion::{Candidate, Completion};
use super::conversation::Conversation;
use super::model::Model;
use super::preferences::Level;

/// How many possibilities are listed; further ones are found by writing more.
const CANDIDATES_MAX: usize = 50;
/// How many of the latest messages are looked at for who spoke last.
const RECENT_MESSAGES: usize = 200;
/// How many characters of an emoji's name are written before it is looked for: `:d` alone is a face of its own.
const EMOJI_CHARACTERS_MIN: usize = 2;

/// What an argument of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Argument {
    /// A channel.
    Channel,
    /// Somebody who is in the channel.
    Member,
    /// A person.
    Person,
    /// A channel or a person.
    Target,
    /// A server that was talked to before.
    Server,
    /// What a conversation calls for.
    Level,
}

/// The arguments of commands, in their order; what stands behind them, and what is not listed, is text.
const ARGUMENTS: &[(&str, &[Argument])] = &[
    ("join", &[Argument::Channel]),
    ("part", &[Argument::Channel]),
    ("msg", &[Argument::Target]),
    ("notice", &[Argument::Target]),
    ("whois", &[Argument::Person]),
    ("invite", &[Argument::Person]),
    ("kick", &[Argument::Member]),
    ("connect", &[Argument::Server]),
    ("notify", &[Argument::Level]),
];

/// What the word before the caret could become in the conversation that is shown; nothing when there is nothing.
pub fn find(model: &Model) -> Option<Completion> {
    let conversation = model.conversations.current()?;
    let edit = &conversation.composer.edit;
    let before = edit.text().get(..edit.caret())?;
    let start =
        before.rfind(char::is_whitespace).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = &before[start..];
    let mut candidates = match command_place(before, start) {
        Some(Place::Name) => commands(model, &word[1..]),
        Some(Place::Argument(argument)) => arguments(model, conversation, argument, word),
        None => words(model, conversation, word, start == 0),
    };
    candidates.truncate(CANDIDATES_MAX);
    Completion::new(candidates, start..edit.caret())
}

/// Where in a command the caret stands.
enum Place {
    Name,
    Argument(Argument),
}

fn command_place(before: &str, word_start: usize) -> Option<Place> {
    let command = before.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    if word_start == 0 {
        return Some(Place::Name);
    }
    let name = command.split_whitespace().next()?;
    let name = super::commands::find(name).map(|command| command.name)?;
    let (_, listed) = ARGUMENTS.iter().find(|(known, _)| *known == name)?;
    let index = before[..word_start].split_whitespace().count().checked_sub(1)?;
    listed.get(index).map(|argument| Place::Argument(*argument))
}

fn begins(name: &str, word: &str) -> bool {
    name.to_lowercase().starts_with(&word.to_lowercase())
}

fn commands(model: &Model, word: &str) -> Vec<Candidate> {
    let caps = model.server.session.caps();
    let fitting = COMMANDS.iter().filter(|command| begins(command.name, word) && command.is_offered(caps));
    fitting
        .map(|command| Candidate {
            text: format!("/{} ", command.name),
            label: format!("/{}", command.name),
            detail: model.texts.get(command.help_id).into_owned(),
        })
        .collect()
}

fn arguments(model: &Model, conversation: &Conversation, argument: Argument, word: &str) -> Vec<Candidate> {
    let with_blank =
        |names: Vec<String>| names.into_iter().map(|name| Candidate::plain(&name, format!("{name} "))).collect();
    match argument {
        Argument::Channel => with_blank(channels(model, word)),
        Argument::Member => {
            let is_member = |nick: &String| conversation.members.get(&model.server.session.fold(nick)).is_some();
            with_blank(people(model, conversation, word).into_iter().filter(is_member).collect())
        }
        Argument::Person => with_blank(people(model, conversation, word)),
        Argument::Target => {
            let mut names = channels(model, word);
            names.extend(people(model, conversation, word));
            with_blank(names)
        }
        Argument::Level => {
            let levels = Level::ALL.iter().map(|(name, _)| *name).chain(["default"]);
            with_blank(levels.filter(|name| begins(name, word)).map(str::to_owned).collect())
        }
        Argument::Server => {
            let known = model.remembered.logins.iter().map(|login| login.server.clone());
            let talked_to = model.servers().into_iter().map(|server| server.choice.key());
            let mut names: Vec<String> = known.chain(talked_to).filter(|name| begins(name, word)).collect();
            names.sort();
            names.dedup();
            with_blank(names)
        }
    }
}

fn words(model: &Model, conversation: &Conversation, word: &str, is_first: bool) -> Vec<Candidate> {
    if let Some(name) = word.strip_prefix(':').filter(|name| name.chars().count() >= EMOJI_CHARACTERS_MIN) {
        return emoji(name);
    }
    if word.is_empty() {
        return Vec::new();
    }
    if model.server.session.isupport().is_channel(word) {
        return channels(model, word).iter().map(|name| Candidate::plain(name, format!("{name} "))).collect();
    }
    let (at, name) = if let Some(name) = word.strip_prefix('@') { ("@", name) } else { ("", word) };
    let end = if is_first && at.is_empty() { ": " } else { " " };
    people(model, conversation, name).iter().map(|nick| Candidate::plain(nick, format!("{at}{nick}{end}"))).collect()
}

/// Those whose name begins so first, then those that have it inside.
fn emoji(name: &str) -> Vec<Candidate> {
    let name = name.trim_end_matches(':').to_lowercase();
    let mut found: Vec<(bool, usize, &str, &str)> = emojis::iter()
        .flat_map(|emoji| emoji.shortcodes().map(move |code| (emoji.as_str(), code)))
        .filter(|(_, code)| code.contains(&name))
        .map(|(emoji, code)| (!code.starts_with(&name), code.len(), code, emoji))
        .collect();
    found.sort_unstable();
    let candidate = |(_, _, code, emoji): (bool, usize, &str, &str)| Candidate {
        text: format!("{emoji} "),
        label: format!("{emoji} :{code}:"),
        detail: String::new(),
    };
    found.into_iter().take(CANDIDATES_MAX).map(candidate).collect()
}

fn channels(model: &Model, word: &str) -> Vec<String> {
    let is_channel = |name: &str| model.server.session.isupport().is_channel(name);
    let known = model.conversations.at_hand().map(|one| one.name.as_str());
    known.filter(|name| is_channel(name) && begins(name, word)).map(str::to_owned).collect()
}

/// The people of a conversation, who spoke last first; then those of whom there is a conversation.
fn people(model: &Model, conversation: &Conversation, word: &str) -> Vec<String> {
    let session = &model.server.session;
    let entries = conversation.buffer.entries().iter().rev().take(RECENT_MESSAGES);
    let spoke = entries.filter(|entry| !entry.own && entry.is_from_server()).map(|entry| entry.author.as_str());
    let is_here = |nick: &str| {
        let folded = session.fold(nick);
        conversation.members.get(&folded).is_some() || conversation.folded == folded
    };
    let spoke = spoke.filter(|nick| is_here(nick));
    let members = conversation.members.list().iter().map(|member| member.nick.as_str());
    let is_person = |one: &&Conversation| one.takes_messages() && !session.isupport().is_channel(&one.name);
    let talked_to = model.conversations.at_hand().filter(is_person).map(|one| one.name.as_str());
    let mut names: Vec<String> = Vec::new();
    for nick in spoke.chain(members).chain(talked_to) {
        let is_new = || names.iter().all(|known| session.fold(known) != session.fold(nick));
        if begins(nick, word) && !session.is_own_nick(nick) && is_new() {
            names.push(nick.to_owned());
        }
        if names.len() >= CANDIDATES_MAX {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_those_of_commands_that_exist() {
        for (name, _) in ARGUMENTS {
            assert!(COMMANDS.iter().any(|command| command.name == *name), "{name}");
        }
    }

    #[test]
    fn emoji_that_begin_so_come_first() {
        let found = emoji("tad");
        assert_eq!(found[0].text, "🎉 ");
        assert!(emoji("no such emoji").is_empty());
        assert_eq!(emoji("thumbsup:")[0].text, "👍 ");
        assert!(emoji("a").len() <= CANDIDATES_MAX);
    }
}
