//! What operators see of reports: each stands among what the server says, and calls.

use crate::client::conversation::ConversationId;
use crate::client::entry::EntryKind;
use crate::client::event::{Effects, Notice};
use crate::client::model::Model;
use crate::client::notices;
use crate::client::session::fact::Report;

/// Somebody has reported a message, and we are an operator: it stands among what the server says, and calls.
pub fn arrived(model: &mut Model, report: &Report, effects: &mut Effects) {
    let Report { by, author, target, reason, .. } = report;
    let id = if reason.is_empty() { "report-arrived" } else { "report-arrived-because" };
    let variables = [
        ("by", by.as_str().into()),
        ("author", author.as_str().into()),
        ("target", target.as_str().into()),
        ("reason", reason.as_str().into()),
    ];
    let text = model.texts.format(id, &variables);
    let id = model.server_conversation().id;
    push(model, id, &text);
    let title = model.texts.get("report-arrived-title").into_owned();
    notices::call(model, Notice { title, body: text }, effects);
}

fn push(model: &mut Model, id: ConversationId, text: &str) {
    let (is_seen, now) = (model.is_seen(id), model.now.time);
    let Some(conversation) = model.conversations.get_mut(id) else { return };
    conversation.buffer.push_remark(EntryKind::Info, text, now);
    if !is_seen {
        conversation.unread = conversation.unread.saturating_add(1);
        conversation.mentions = conversation.mentions.saturating_add(1);
    }
}
