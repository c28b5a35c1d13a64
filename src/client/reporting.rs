//! Reports: which message is brought before the operators of the server, and what is asked before.
//!
//! Where a server has no `chat-tui/report` nothing of it is shown.

use super::conversation::Conversation;
use super::entry::{Entry, Quote};
use super::model::Model;
use super::overlay::{Overlay, ReportQuestion};
use crate::proto::caps::Cap;

/// `/report [reason]`: about the chosen message, or else the latest of somebody else in the conversation that is shown.
///
/// # Errors
/// The sentence to show when there is none.
pub fn ask(model: &mut Model, reason: &str) -> Result<(), String> {
    let conversation = model.conversations.current();
    let is_chosen = conversation.is_some_and(|conversation| conversation.chosen.or(conversation.about).is_some());
    let found = if is_chosen { chosen_one(model) } else { latest(model) };
    let question = found.map_err(|obstacle| model.texts.get(obstacle).into_owned())?;
    model.overlays.push(Overlay::Report(ReportQuestion { reason: reason.to_owned(), ..question }));
    Ok(())
}

/// The question about the chosen message, without a reason yet.
///
/// # Errors
/// The id of the sentence that says why there is none.
pub fn chosen_one(model: &Model) -> Result<ReportQuestion, &'static str> {
    let conversation = model.conversations.current().ok_or("chosen-nothing")?;
    let key = conversation.chosen.or(conversation.about).ok_or("chosen-nothing")?;
    let entry = conversation.buffer.entry(key).ok_or("chosen-nothing")?;
    match () {
        () if !model.server.session.has(Cap::Report) => Err("chosen-no-report"),
        () if entry.own => Err("chosen-own"),
        () => question(conversation, entry).ok_or("chosen-not-a-message"),
    }
}

fn latest(model: &Model) -> Result<ReportQuestion, &'static str> {
    let conversation = model.conversations.current().ok_or("chosen-nothing")?;
    let others = conversation.buffer.entries().iter().rev().filter(|entry| !entry.own);
    others.into_iter().find_map(|entry| question(conversation, entry)).ok_or("chosen-nothing")
}

/// The question about a message, when it is one that can be reported.
fn question(conversation: &Conversation, entry: &Entry) -> Option<ReportQuestion> {
    let is_message = entry.is_spoken() && entry.redaction.is_none() && conversation.takes_messages();
    Some(ReportQuestion {
        target: conversation.name.clone(),
        msgid: entry.msgid.clone().filter(|_| is_message)?,
        author: entry.author.clone(),
        excerpt: Quote::of(entry).text,
        reason: String::new(),
    })
}
