//! Routes each event to the part of the model that it belongs to.

use super::event::{Effects, Event, Moment};
use super::model::Model;

/// One step of the client: `event` happened at `now`; what it asks for is added to `effects`.
pub fn update(model: &mut Model, event: Event, now: Moment, effects: &mut Effects) {
    model.now = now;
    effects.redraw = true;
    drop(event);
}
