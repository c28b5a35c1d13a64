//! Whether the people of direct conversations are there: asked once for each, told by the server from then on.
//!
//! Specifications: Modern IRC and IRCv3 `monitor` (MONITOR, 730, 731), `extended-monitor` (their AWAY too).

use super::conversation::ConversationKind;
use super::event::Effects;
use super::model::Model;
use super::signs::Presence;
use crate::proto::message::Line;

/// After each event: asks the server to watch over those whom it does not watch over yet.
pub fn settle(model: &mut Model, effects: &mut Effects) {
    let session = &model.server.session;
    let Some(mut room) = session.isupport().monitor_max().filter(|_| session.is_online()) else { return };
    for conversation in model.conversations.at_hand_mut().filter(|one| one.kind == ConversationKind::Direct) {
        if room == 0 {
            return;
        }
        room -= 1;
        if !std::mem::replace(&mut conversation.is_watched, true) {
            effects.send(Line::new("MONITOR").param("+").param(&conversation.name));
        }
    }
}

/// The server says whether somebody is connected.
pub fn learn(model: &mut Model, nick: &str, presence: Presence) {
    let folded = model.server.session.fold(nick);
    if let Some(conversation) = model.conversations.find_mut(&folded).filter(|one| one.kind == ConversationKind::Direct)
    {
        conversation.presence = presence;
    }
}

/// The connection is gone: nothing is known any more.
pub fn disconnected(model: &mut Model) {
    for conversation in model.conversations.at_hand_mut() {
        conversation.is_watched = false;
        conversation.presence = Presence::Unknown;
    }
}
