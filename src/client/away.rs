//! Away after idleness, where that is wanted: nothing was pressed for so long, so the servers are told; the first key takes it
//! back. What the person says by `/away` stays what it is, over idleness and over lost connections.

use super::event::Effects;
use super::model::Model;
use super::servers::Server;
use crate::proto::message::Line;

/// The person has done something.
pub fn active(model: &mut Model, effects: &mut Effects) {
    model.active_at_millis = model.now.elapsed_millis;
    if std::mem::take(&mut model.is_idle) {
        tell(model, None, effects);
    }
}

/// Time has passed.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    if due_millis(model).is_some_and(|due| due <= model.now.elapsed_millis) {
        model.is_idle = true;
        let reason = model.texts.get("away-idle").into_owned();
        tell(model, Some(&reason), effects);
    }
}

/// When the person counts as away, by `Moment::elapsed_millis`.
pub fn due_millis(model: &Model) -> Option<u64> {
    let minutes = model.settings.away_after_minutes;
    (minutes > 0 && !model.is_idle).then(|| model.active_at_millis.saturating_add(minutes.saturating_mul(60_000)))
}

/// `/away` has said why, or that the person is back.
pub fn said(model: &mut Model, reason: &str) {
    model.is_idle = false;
    model.server.away = (!reason.is_empty()).then(|| reason.to_owned());
}

/// A server that knows nothing of it yet is told.
pub fn connected(model: &Model, effects: &mut Effects) {
    let idle = || model.is_idle.then(|| model.texts.get("away-idle").into_owned());
    if let Some(reason) = model.server.away.clone().or_else(idle) {
        effects.send(Line::new("AWAY").trailing(&reason));
    }
}

fn tell(model: &mut Model, reason: Option<&str>, effects: &mut Effects) {
    let here = model.server.id;
    let servers = model.servers();
    let is_told = |one: &&&Server| one.session.is_online() && one.away.is_none();
    let servers: Vec<_> = servers.iter().filter(is_told).map(|one| one.id).collect();
    for server in servers {
        effects.turn_to(server);
        let line = Line::new("AWAY");
        effects.send(match reason {
            Some(reason) => line.trailing(reason),
            None => line,
        });
    }
    effects.turn_to(here);
}
