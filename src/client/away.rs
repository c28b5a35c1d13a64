//! Away after idleness, where that is wanted: nothing was pressed for so long, so the servers are told; the first key takes it
//! back. What the person says by `/away` stays what it is.

use super::event::Effects;
use super::model::Model;
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

/// `/away` has said what is to be said.
pub fn said(model: &mut Model) {
    model.is_idle = false;
}

fn tell(model: &mut Model, reason: Option<&str>, effects: &mut Effects) {
    let here = model.server.id;
    let servers: Vec<_> = model.servers().iter().filter(|one| one.session.is_online()).map(|one| one.id).collect();
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
