//! The table of slash commands, and what each does.
//!
//! A text that begins with `/` is a command, and an unknown one is an error, never a message; `//text` says `/text`. `bye` alone, in
//! any case and with blanks around it, leaves.

use super::config::ServerChoice;
use super::conversation::{ConversationId, ConversationKind};
use super::entry::EntryKind;
use super::event::{Effect, Effects, Exit, KeptLevel};
use super::model::Model;
use super::overlay::HelpPart;
use super::preferences::{Level, named};
use super::{away as idleness, chat, connect, inspecting, link, logins, notices, outbox, remarks, reporting};
use crate::ground::texts::Texts;
use crate::proto::caps::{Cap, CapSet};
use crate::proto::message::{Line, Message};

/// What a command returns: an error is the sentence to show.
type Outcome = Result<(), String>;

/// One command.
pub struct Command {
    /// Its name, without the slash.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// The id of how its arguments are written; empty when it has none.
    pub arguments_id: &'static str,
    /// The id of what the help says.
    pub help_id: &'static str,
    /// What a server must offer for it; where it does not, the command is not shown.
    pub needs: Option<Cap>,
    run: fn(&mut Model, &str, &mut Effects) -> Outcome,
}

impl Command {
    const fn needing(self, cap: Cap) -> Self {
        Self { needs: Some(cap), ..self }
    }

    /// Whether it can be given to a server with which these are in force.
    pub fn is_offered(&self, caps: CapSet) -> bool {
        self.needs.is_none_or(|cap| caps.has(cap))
    }
}

const fn command(
    name: &'static str,
    aliases: &'static [&'static str],
    arguments_id: &'static str,
    help_id: &'static str,
    run: fn(&mut Model, &str, &mut Effects) -> Outcome,
) -> Command {
    Command { name, aliases, arguments_id, help_id, needs: None, run }
}

/// Every command, in the order in which the help shows them.
pub const COMMANDS: &[Command] = &[
    command("help", &["h", "?"], "arguments-command", "help-command-help", help),
    command("join", &["j"], "arguments-channel-key", "help-command-join", join),
    command("part", &["leave", "close"], "arguments-channel-reason", "help-command-part", part),
    command("msg", &["query", "m", "q"], "arguments-target-text", "help-command-msg", msg),
    command("me", &[], "arguments-action", "help-command-me", me),
    command("say", &[], "arguments-text", "help-command-say", say),
    command("notice", &[], "arguments-target-text", "help-command-notice", notice),
    command("nick", &[], "arguments-name", "help-command-nick", nick),
    command("topic", &["t"], "arguments-topic", "help-command-topic", topic),
    command("names", &[], "", "help-command-names", names),
    command("whois", &["w"], "arguments-name", "help-command-whois", whois),
    command("away", &[], "arguments-reason", "help-command-away", away),
    command("list", &[], "", "help-command-list", list),
    command("invite", &[], "arguments-name", "help-command-invite", invite),
    command("kick", &[], "arguments-name-reason", "help-command-kick", kick),
    command("mode", &[], "arguments-modes", "help-command-mode", mode),
    command("history", &[], "arguments-count", "help-command-history", scroll_back),
    command("report", &[], "arguments-reason", "help-command-report", report).needing(Cap::Report),
    command("resend", &[], "", "help-command-resend", resend),
    command("reconnect", &[], "", "help-command-reconnect", reconnect),
    command("connect", &["server"], "arguments-server", "help-command-connect", connect_to),
    command("disconnect", &[], "arguments-reason", "help-command-disconnect", disconnect),
    command("forget", &["logout"], "", "help-command-forget", forget),
    command("notify", &[], "arguments-level", "help-command-notify", notify),
    command("clear", &[], "", "help-command-clear", clear),
    command("raw", &["quote"], "arguments-line", "help-command-raw", raw),
    command("panel", &["inspect"], "", "help-command-panel", panel).needing(Cap::Inspect),
    command("quit", &["exit"], "arguments-reason", "help-command-quit", quit),
];

/// The command of this name or alias, in any case.
pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS
        .iter()
        .find(|command| [command.name].iter().chain(command.aliases).any(|known| known.eq_ignore_ascii_case(name)))
}

/// What the person wrote is carried out: said in the conversation, or done.
///
/// # Errors
/// The sentence to show; nothing was done then, and the text is not lost when it stays where it was written.
pub fn enter(model: &mut Model, conversation: Option<ConversationId>, text: &str, effects: &mut Effects) -> Outcome {
    if text.trim().eq_ignore_ascii_case("bye") {
        link::quit(model, "", Exit::Wanted, effects);
        return Ok(());
    }
    let Some(command) = text.strip_prefix('/').filter(|rest| !rest.starts_with('/')) else {
        let said = if text.starts_with("//") { &text[1..] } else { text };
        let Some(id) = conversation else { return Err(model.texts.get("chat-no-conversation").into_owned()) };
        return outbox::say(model, id, EntryKind::Message, said, effects);
    };
    let (name, arguments) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    let command = offered(model, name)?;
    (command.run)(model, arguments.trim(), effects)
}

/// The command of this name, where the server offers what it needs.
fn offered(model: &Model, name: &str) -> Result<&'static Command, String> {
    match find(name) {
        Some(command) if command.is_offered(model.server.session.caps()) => Ok(command),
        Some(command) => Err(model.texts.format("chat-command-not-offered", &[("name", command.name.into())])),
        None => Err(model.texts.format("chat-unknown-command", &[("name", name.into())])),
    }
}

/// How a command is written: `/join #channel [key]`.
pub fn usage(command: &Command, texts: &Texts) -> String {
    match command.arguments_id {
        "" => format!("/{}", command.name),
        id => format!("/{} {}", command.name, texts.get(id)),
    }
}

fn missing(model: &Model, name: &str) -> String {
    let usage = find(name).map(|command| usage(command, &model.texts)).unwrap_or_default();
    model.texts.format("chat-usage", &[("usage", usage.into())])
}

/// The channel that is shown.
fn current_channel(model: &Model) -> Result<String, String> {
    let current = model.conversations.current();
    match current.filter(|conversation| conversation.kind == ConversationKind::Channel) {
        Some(conversation) => Ok(conversation.name.clone()),
        None => Err(model.texts.get("chat-not-a-channel").into_owned()),
    }
}

/// The first word and the rest.
fn words(arguments: &str) -> (&str, &str) {
    let (first, rest) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    (first, rest.trim())
}

fn help(model: &mut Model, arguments: &str, _: &mut Effects) -> Outcome {
    let name = words(arguments).0.trim_start_matches('/');
    if name.is_empty() {
        model.overlays.toggle_help(HelpPart::Commands);
        return Ok(());
    }
    let command = offered(model, name)?;
    let aliases: String = command.aliases.iter().map(|alias| format!(", /{alias}")).collect();
    let text = format!("{}{aliases}: {}", usage(command, &model.texts), model.texts.get(command.help_id));
    remarks::remark_here(model, EntryKind::Info, &text);
    Ok(())
}

fn join(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let (channel, key) = words(arguments);
    if channel.is_empty() {
        return Err(missing(model, "join"));
    }
    let channel = match model.server.session.isupport().is_channel(channel) {
        true => channel.to_owned(),
        false => format!("#{channel}"),
    };
    let folded = model.server.session.fold(&channel);
    model.has_chosen = true;
    if let Some(known) = model.conversations.find(&folded).filter(|known| known.is_joined()).map(|known| known.id) {
        model.conversations.show(known);
        return Ok(());
    }
    let line = Line::new("JOIN").param(&channel);
    chat::command(model, if key.is_empty() { line } else { line.param(key) }, effects)?;
    model.server.awaited_channel = Some(folded);
    Ok(())
}

fn part(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let (first, rest) = words(arguments);
    let is_named = model.server.session.isupport().is_channel(first);
    let named = is_named.then(|| model.conversations.find(&model.server.session.fold(first))).flatten();
    if is_named && named.is_none() {
        return Err(model.texts.format("chat-not-in-channel", &[("name", first.into())]));
    }
    let Some(conversation) = named.or(model.conversations.current()) else { return Ok(()) };
    let (id, name) = (conversation.id, conversation.name.clone());
    if conversation.kind == ConversationKind::Channel && conversation.is_joined() {
        let reason = if is_named { rest } else { arguments };
        let line = Line::new("PART").param(&name);
        return chat::command(model, if reason.is_empty() { line } else { line.trailing(reason) }, effects);
    }
    if conversation.buffer.pending_count() > 0 {
        return Err(model.texts.get("chat-still-pending").into_owned());
    }
    model.conversations.close(id);
    Ok(())
}

fn msg(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let (target, text) = words(arguments);
    if target.is_empty() || target.contains(',') {
        return Err(missing(model, "msg"));
    }
    let is_channel = model.server.session.isupport().is_channel(target);
    if is_channel && model.conversations.find(&model.server.session.fold(target)).is_none() {
        return Err(model.texts.format("chat-not-in-channel", &[("name", target.into())]));
    }
    let is_new = model.conversations.find(&model.server.session.fold(target)).is_none();
    let id = model.open(target).id;
    model.has_chosen = true;
    model.conversations.show(id);
    if is_new {
        super::history::catch_up(model, id, effects);
    }
    if text.is_empty() { Ok(()) } else { outbox::say(model, id, EntryKind::Message, text, effects) }
}

fn me(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    say_here(model, "me", EntryKind::Action, arguments, effects)
}

fn say(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    say_here(model, "say", EntryKind::Message, arguments, effects)
}

fn say_here(model: &mut Model, name: &str, kind: EntryKind, text: &str, effects: &mut Effects) -> Outcome {
    if text.is_empty() {
        return Err(missing(model, name));
    }
    let Some(id) = model.conversations.current_id() else {
        return Err(model.texts.get("chat-no-conversation").into_owned());
    };
    outbox::say(model, id, kind, text, effects)
}

fn notice(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let (target, text) = words(arguments);
    if target.is_empty() || text.is_empty() || target.contains(',') {
        return Err(missing(model, "notice"));
    }
    let is_channel = model.server.session.isupport().is_channel(target);
    if is_channel && model.conversations.find(&model.server.session.fold(target)).is_none() {
        return Err(model.texts.format("chat-not-in-channel", &[("name", target.into())]));
    }
    let id = model.open(target).id;
    outbox::say(model, id, EntryKind::Notice, text, effects)
}

fn nick(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    match words(arguments).0 {
        "" => Err(missing(model, "nick")),
        name => chat::command(model, Line::new("NICK").param(name), effects),
    }
}

fn topic(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let line = Line::new("TOPIC").param(&current_channel(model)?);
    chat::command(model, if arguments.is_empty() { line } else { line.trailing(arguments) }, effects)
}

fn names(model: &mut Model, _: &str, _: &mut Effects) -> Outcome {
    current_channel(model)?;
    let Some(conversation) = model.conversations.current() else { return Ok(()) };
    /// More names than a line of text can reasonably show; the list beside the messages has all.
    const NAMES_MAX: usize = 200;
    let members = conversation.members.list().iter().take(NAMES_MAX);
    let names: Vec<String> = members.map(|member| format!("{}{}", member.prefixes, member.nick)).collect();
    let variables = [("count", conversation.members.count().into()), ("names", names.join(", ").into())];
    let text = model.texts.format("chat-names", &variables);
    remarks::remark_here(model, EntryKind::Info, &text);
    Ok(())
}

fn whois(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let current = model.conversations.current().filter(|one| one.kind == ConversationKind::Direct);
    let name = match (words(arguments).0, current) {
        ("", Some(conversation)) => conversation.name.clone(),
        ("", None) => return Err(missing(model, "whois")),
        (name, _) => name.to_owned(),
    };
    chat::command(model, Line::new("WHOIS").param(&name), effects)
}

fn away(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let line = Line::new("AWAY");
    chat::command(model, if arguments.is_empty() { line } else { line.trailing(arguments) }, effects)?;
    idleness::said(model, arguments);
    Ok(())
}

fn list(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let words = arguments.split_whitespace();
    chat::command(model, words.fold(Line::new("LIST"), |line, word| line.param(word)), effects)
}

fn invite(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let channel = current_channel(model)?;
    match words(arguments).0 {
        "" => Err(missing(model, "invite")),
        name => chat::command(model, Line::new("INVITE").param(name).param(&channel), effects),
    }
}

fn kick(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let channel = current_channel(model)?;
    let (name, reason) = words(arguments);
    if name.is_empty() {
        return Err(missing(model, "kick"));
    }
    let line = Line::new("KICK").param(&channel).param(name);
    chat::command(model, if reason.is_empty() { line } else { line.trailing(reason) }, effects)
}

/// Without a target, of this channel.
fn mode(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let is_change = arguments.is_empty() || arguments.starts_with(['+', '-']);
    let line = Line::new("MODE");
    let line = if is_change { line.param(&current_channel(model)?) } else { line };
    chat::command(model, arguments.split_whitespace().fold(line, |line, word| line.param(word)), effects)
}

/// The line mode prints instead.
fn scroll_back(model: &mut Model, _: &str, _: &mut Effects) -> Outcome {
    if let Some(conversation) = model.conversations.current_mut() {
        conversation.go_to_top();
    }
    Ok(())
}

fn report(model: &mut Model, arguments: &str, _: &mut Effects) -> Outcome {
    reporting::ask(model, arguments)
}

fn resend(model: &mut Model, _: &str, effects: &mut Effects) -> Outcome {
    outbox::resend(model, effects);
    Ok(())
}

fn reconnect(model: &mut Model, _: &str, effects: &mut Effects) -> Outcome {
    link::reconnect(model, effects);
    Ok(())
}

fn connect_to(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    if arguments.is_empty() {
        link::reconnect(model, effects);
        return Ok(());
    }
    let server = ServerChoice::parse(words(arguments).0, model.settings.plain_text)
        .map_err(|error| model.texts.get(error.text_id()).into_owned())?;
    connect::connect(model, server, effects)
}

fn notify(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    let Some(id) = model.conversations.current_id() else { return Ok(()) };
    let is_reset = arguments.eq_ignore_ascii_case("default");
    let wanted = named(Level::ALL, arguments);
    if wanted.is_none() && !is_reset && !arguments.is_empty() {
        return Err(missing(model, "notify"));
    }
    let key = model.server.choice.key();
    let account = model.server.session.account().unwrap_or_default().to_owned();
    let Some(conversation) = model.conversations.get_mut(id) else { return Ok(()) };
    let target = conversation.name.clone();
    if !arguments.is_empty() {
        conversation.level = wanted;
        let kept = KeptLevel { server: key, account, target: target.clone(), level: wanted };
        model.remembered.levels.retain(|known| (&known.server, &known.target) != (&kept.server, &kept.target));
        model.remembered.levels.push(kept.clone());
        effects.push(Effect::KeepLevel(kept));
    }
    let Some(conversation) = model.conversations.get(id) else { return Ok(()) };
    let level = notices::level(model, conversation).name();
    let text = model.texts.format("chat-notify", &[("name", target.into()), ("level", level.into())]);
    remarks::remark(model, id, EntryKind::Info, &text);
    Ok(())
}

fn disconnect(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    connect::disconnect(model, arguments, effects);
    Ok(())
}

fn forget(model: &mut Model, _: &str, effects: &mut Effects) -> Outcome {
    logins::forget(model, effects)
}

fn clear(model: &mut Model, _: &str, _: &mut Effects) -> Outcome {
    if let Some(conversation) = model.conversations.current_mut() {
        conversation.clear();
    }
    Ok(())
}

fn raw(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    // One line of the wire: what stands behind a line break would be a command of its own.
    let arguments = arguments.lines().next().unwrap_or_default();
    let Ok(message) = Message::parse(arguments) else { return Err(missing(model, "raw")) };
    let line = Line::new(message.command).raw_tags(message.raw_tags());
    let line = message.params().iter().fold(line, |line, word| line.param(word));
    chat::command(model, line, effects)
}

fn panel(model: &mut Model, _: &str, _: &mut Effects) -> Outcome {
    inspecting::open(model).map_err(|obstacle| model.texts.get(obstacle).into_owned())
}

fn quit(model: &mut Model, arguments: &str, effects: &mut Effects) -> Outcome {
    link::quit(model, arguments, Exit::Wanted, effects);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::secrets;
    use crate::ground::texts::{Language, Texts};

    #[test]
    fn names_are_unique_and_explained_in_both_languages() {
        let mut known = Vec::new();
        for command in COMMANDS {
            for name in [command.name].iter().chain(command.aliases) {
                assert!(!known.contains(name), "{name}");
                known.push(name);
                assert_eq!(find(&name.to_uppercase()).map(|found| found.name), Some(command.name));
            }
            for language in Language::ALL {
                let texts = Texts::new(*language);
                assert!(texts.has(command.help_id), "{language}: {}", command.help_id);
                assert!(command.arguments_id.is_empty() || texts.has(command.arguments_id), "{}", command.arguments_id);
            }
        }
    }

    #[test]
    fn commands_that_tell_services_are_known_by_all_their_names() {
        for command in COMMANDS.iter().filter(|command| ["msg", "notice", "raw"].contains(&command.name)) {
            for name in [command.name].iter().chain(command.aliases) {
                assert!(secrets::is_secret(&format!("/{name} nickserv x")), "{name}");
            }
        }
    }
}
