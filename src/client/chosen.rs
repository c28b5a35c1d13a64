//! The chosen message: how it is chosen, and what can be done with it.
//!
//! What a server does not offer is not done; a remark says why.

use std::ops::Range;

use super::bindings::Action;
use super::conversation::{Conversation, ConversationKind, Replying};
use super::entry::{Entry, EntryKind, Quote};
use super::event::{Effect, Effects};
use super::model::Model;
use super::overlay::{Overlay, RedactQuestion, ReportQuestion};
use super::picker::{Found, Purpose};
use super::{chat, history, links, reporting, search, switcher};
use crate::proto::caps::Cap;
use crate::proto::message::Line;
use crate::proto::text::plain;

/// Chooses the message `step` (1 or -1) further on; the last one that can be seen when none is chosen yet.
pub fn choose(model: &mut Model, step: isize) {
    let Some(conversation) = model.conversations.current_mut() else { return };
    let next = conversation.buffer.choosable(conversation.chosen, step);
    match next {
        Some(key) => {
            conversation.chosen = Some(key);
            conversation.buffer.reveal(key);
        }
        // Beyond the newest one there is the input box.
        None if step > 0 => leave(model),
        None => {}
    }
}

/// No message is chosen any more.
pub fn leave(model: &mut Model) {
    if let Some(conversation) = model.conversations.current_mut() {
        let last = conversation.buffer.entries().back().map(Entry::key);
        if conversation.chosen.take().is_some_and(|chosen| Some(chosen) == last) {
            conversation.buffer.scroll_to_end();
        }
    }
}

/// Writing begins: what is written may be a command about the message that was chosen.
pub fn leave_to_write(model: &mut Model) {
    if let Some(conversation) = model.conversations.current_mut()
        && conversation.composer.edit.is_empty()
    {
        conversation.about = conversation.chosen;
    }
    leave(model);
}

/// The conversation that is shown and its chosen message.
fn chosen(model: &Model) -> Option<(&Conversation, &Entry)> {
    let conversation = model.conversations.current()?;
    Some((conversation, conversation.buffer.entry(conversation.chosen?)?))
}

/// A key while a message is chosen. Returns whether it meant something for it.
pub fn key(model: &mut Model, action: Action, effects: &mut Effects) -> bool {
    match action {
        Action::ChooseOlder => choose(model, -1),
        Action::ChooseNewer => choose(model, 1),
        Action::Act => act(model, effects),
        Action::Leave => leave(model),
        Action::Reply => reply(model),
        Action::React => react(model),
        Action::Copy => copy(model, effects),
        Action::Redact => redact(model),
        Action::Report => report(model),
        Action::OpenLink => open_links(model, effects),
        _ => return false,
    }
    true
}

/// Enter: fills what is missing, goes to the message that is answered, or else answers.
fn act(model: &mut Model, effects: &mut Effects) {
    let Some((conversation, entry)) = chosen(model) else { return };
    if entry.kind == EntryKind::Gap {
        let gap = entry.key();
        return history::fill(model, gap, true, effects);
    }
    match &entry.reply {
        Some(answered) => {
            let found = Found { target: conversation.name.clone(), msgid: Some(answered.to.clone()), time: entry.time };
            search::go_to(model, &found, effects);
        }
        None => reply(model),
    }
}

/// Whether a key could do what it says with the chosen message: the others are not shown.
pub fn is_possible(model: &Model, action: Action) -> bool {
    match action {
        Action::Reply => addressable(model, "draft/reply").is_ok(),
        Action::React => addressable(model, "draft/react").is_ok(),
        Action::Redact => redactable(model).is_ok(),
        Action::OpenLink => chosen(model).is_some_and(|(_, entry)| !links_of(entry).is_empty()),
        _ => true,
    }
}

/// Why something cannot be done with a message: the id of a sentence.
type Obstacle = &'static str;

/// The msgid of a message to which something can be said.
fn addressable(model: &Model, tag: &str) -> Result<std::sync::Arc<str>, Obstacle> {
    let (conversation, entry) = chosen(model).ok_or("chosen-nothing")?;
    if !model.server.session.has(Cap::MessageTags) || !model.server.session.allows_tag(tag) {
        return Err("chosen-no-tags");
    }
    if !conversation.takes_messages() {
        return Err("chosen-not-here");
    }
    match &entry.msgid {
        Some(msgid) if entry.is_spoken() && entry.redaction.is_none() => Ok(msgid.clone()),
        _ => Err("chosen-not-a-message"),
    }
}

/// Tells what is in the way.
fn tell(model: &mut Model, obstacle: Obstacle) {
    model.remark = Some(model.texts.get(obstacle).into_owned());
}

fn reply(model: &mut Model) {
    let answered = addressable(model, "draft/reply").map(|msgid| {
        let quote = chosen(model).map(|(_, entry)| Quote::of(entry));
        Replying { msgid, quote: quote.unwrap_or_default() }
    });
    match answered {
        Ok(replying) => {
            leave(model);
            if let Some(conversation) = model.conversations.current_mut() {
                conversation.replying = Some(replying);
            }
        }
        Err(obstacle) => tell(model, obstacle),
    }
}

fn react(model: &mut Model) {
    match addressable(model, "draft/react") {
        Ok(msgid) => switcher::open(model, Purpose::React(msgid)),
        Err(obstacle) => tell(model, obstacle),
    }
}

/// Reacts to the chosen message, or takes the reaction back when this person has reacted so already.
pub fn react_with(model: &mut Model, msgid: &str, text: &str, effects: &mut Effects) {
    let Some(conversation) = model.conversations.current() else { return };
    let Some(entry) = conversation.buffer.key_of(msgid).and_then(|key| conversation.buffer.entry(key)) else { return };
    let tag = if entry.reactions.has_own(text) { "+draft/unreact" } else { "+draft/react" };
    let line = Line::new("TAGMSG").tag("+draft/reply", msgid).tag(tag, text).param(&conversation.name);
    match chat::command(model, line, effects) {
        Ok(()) => leave(model),
        Err(sentence) => model.remark = Some(sentence),
    }
}

fn copy(model: &mut Model, effects: &mut Effects) {
    let text = chosen(model).map(|(_, entry)| plain(&entry.text).into_owned());
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        effects.push(Effect::Copy(text));
        leave(model);
        tell(model, "chosen-copied");
    }
}

/// Where the links of a message are, and where each leads.
fn links_of(entry: &Entry) -> Vec<(Range<usize>, String)> {
    links::find(&plain(&entry.text))
}

/// Opens the only link of the chosen message, or asks which one.
fn open_links(model: &mut Model, effects: &mut Effects) {
    let links = chosen(model).map(|(_, entry)| links_of(entry)).unwrap_or_default();
    match links.as_slice() {
        [] => tell(model, "chosen-no-link"),
        [(_, link)] => open_link(model, link, effects),
        _ => switcher::open(model, Purpose::Open),
    }
}

/// Opens a link with the program of the settings; copies it when there is none.
pub fn open_link(model: &mut Model, link: &str, effects: &mut Effects) {
    leave(model);
    match model.settings.open_with.clone() {
        Some(program) => effects.push(Effect::Open { program, link: link.to_owned() }),
        None => {
            effects.push(Effect::Copy(link.to_owned()));
            tell(model, "chosen-link-copied");
        }
    }
}

fn redact(model: &mut Model) {
    let question = redactable(model).map(|(conversation, entry)| RedactQuestion {
        target: conversation.name.clone(),
        msgid: entry.msgid.clone().unwrap_or_default(),
        author: entry.author.clone(),
        excerpt: Quote::of(entry).text,
    });
    match question {
        Ok(question) => model.overlays.push(Overlay::Redact(question)),
        Err(obstacle) => tell(model, obstacle),
    }
}

fn redactable(model: &Model) -> Result<(&Conversation, &Entry), Obstacle> {
    let session = &model.server.session;
    let (conversation, entry) = chosen(model).ok_or("chosen-nothing")?;
    if !session.has(Cap::MessageRedaction) {
        return Err("chosen-no-redaction");
    }
    if entry.msgid.is_none() || !entry.is_spoken() || entry.redaction.is_some() {
        return Err("chosen-not-a-message");
    }
    let own = conversation.members.get(&session.fold(session.nick()));
    let is_operator = conversation.kind == ConversationKind::Channel
        && own.is_some_and(|own| own.prefixes.contains(|sign| session.is_operator_sign(sign)));
    if entry.own || is_operator { Ok((conversation, entry)) } else { Err("chosen-not-yours") }
}

/// The person has confirmed that a message goes.
pub fn redact_now(model: &mut Model, question: &RedactQuestion, effects: &mut Effects) {
    let line = Line::new("REDACT").param(&question.target).param(&question.msgid);
    match chat::command(model, line, effects) {
        Ok(()) => leave(model),
        Err(sentence) => model.remark = Some(sentence),
    }
}

/// Asks why the chosen message is reported.
fn report(model: &mut Model) {
    match reporting::chosen_one(model) {
        Ok(question) => switcher::open(model, Purpose::Report(question.msgid)),
        Err(obstacle) => tell(model, obstacle),
    }
}

/// A reason was chosen, or none: asks whether the message is reported.
pub fn because(model: &mut Model, msgid: &str, reason: &str) {
    match reporting::chosen_one(model) {
        Ok(question) if &*question.msgid == msgid => {
            model.overlays.push(Overlay::Report(ReportQuestion { reason: reason.to_owned(), ..question }));
        }
        // It has left the memory, or was withdrawn, while the reason was typed.
        Ok(_) => tell(model, "chosen-not-a-message"),
        Err(obstacle) => tell(model, obstacle),
    }
}

/// The person has confirmed it.
pub fn report_now(model: &mut Model, question: &ReportQuestion, effects: &mut Effects) {
    let line = Line::new("REPORT").param(&question.target).param(&question.msgid);
    let line = if question.reason.is_empty() { line } else { line.trailing(&question.reason) };
    match chat::command(model, line, effects) {
        Ok(()) => leave(model),
        Err(sentence) => model.remark = Some(sentence),
    }
}
