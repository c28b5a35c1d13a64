//! Remarks of ours among the messages: what happened, what went wrong.

use super::comings::Coming;
use super::conversation::ConversationId;
use super::entry::EntryKind;
use super::model::Model;
use crate::ground::texts::Value;

/// Adds a remark of ours to a conversation.
pub fn remark(model: &mut Model, id: ConversationId, kind: EntryKind, text: &str) {
    let now = model.now.time;
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.buffer.push_remark(kind, text, now);
    }
}

/// Adds a remark of ours to the conversation that is shown; to the one with the server when none is.
pub fn remark_here(model: &mut Model, kind: EntryKind, text: &str) {
    let id = match model.conversations.current_id() {
        Some(id) => id,
        None => model.server_conversation().id,
    };
    remark(model, id, kind, text);
}

/// Adds a sentence of ours to a conversation, as something that happened.
pub fn tell(model: &mut Model, id: ConversationId, text_id: &str, variables: &[(&str, Value<'_>)]) {
    let text = model.texts.format(text_id, variables);
    remark(model, id, EntryKind::Info, &text);
}

/// Tells in a conversation that somebody came, went or was renamed: together with what is told of others right before it.
pub fn tell_coming(
    model: &mut Model,
    id: ConversationId,
    nick: &str,
    coming: Coming,
    text_id: &str,
    variables: &[(&str, Value<'_>)],
) {
    let sentence = model.texts.format(text_id, variables);
    let (now, texts) = (model.now.time, &model.texts);
    if let Some(conversation) = model.conversations.get_mut(id) {
        conversation.buffer.push_coming(nick, &coming, &sentence, texts, now);
    }
}
