//! Who is writing at the moment, here and elsewhere.
//!
//! Specification: IRCv3 client-only tag `+typing`, with its times.

use super::bindings::Context;
use super::event::Effects;
use super::model::Model;
use crate::proto::caps::Cap;
use crate::proto::message::Line;

/// The least time between two words about our own writing to one target.
const INTERVAL_MILLIS: u64 = 3_000;
/// Time has passed. Returns whether somebody does not count as writing any more.
pub fn tick(model: &mut Model) -> bool {
    let now = model.now.elapsed_millis;
    let mut has_changed = false;
    for conversation in model.conversations.at_hand_mut() {
        let before = conversation.typing.others.len();
        conversation.typing.others.retain(|(_, until)| *until > now);
        has_changed |= before != conversation.typing.others.len();
    }
    has_changed
}

/// When a tick matters, by `Moment::elapsed_millis`: only for what is on the screen.
pub fn wake_at_millis(model: &Model) -> Option<u64> {
    model.conversations.current()?.typing.others.iter().map(|(_, until)| *until).min()
}

/// After a key: tells the others that the person writes here, or has given it up, where that is wanted and possible.
pub fn settle(model: &mut Model, effects: &mut Effects) {
    let is_written = matches!(model.contexts()[0], Context::Chat);
    let session = &model.server.session;
    let can_tell = session.is_online() && session.has(Cap::MessageTags) && session.allows_tag("typing");
    if !(is_written && can_tell && model.settings.typing) {
        return;
    }
    let now = model.now.elapsed_millis;
    let Some(conversation) = model.conversations.current_mut() else { return };
    if !conversation.is_reached() {
        return;
    }
    let (edit, typing) = (&conversation.composer.edit, &mut conversation.typing);
    let draft = (edit.text().len(), edit.caret());
    if std::mem::replace(&mut typing.draft, draft) == draft {
        return;
    }
    let is_text = !edit.text().trim().is_empty() && !edit.text().starts_with('/');
    let is_due = typing.told_at_millis.is_none_or(|told| told + INTERVAL_MILLIS <= now);
    if !is_due || (!is_text && !typing.is_told_active) {
        return;
    }
    typing.told_at_millis = Some(now);
    typing.is_told_active = is_text;
    let state = if is_text { "active" } else { "done" };
    effects.send(Line::new("TAGMSG").tag("+typing", state).param(&conversation.name));
}
