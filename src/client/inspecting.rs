//! The operators' panel and its server: asked while it is open, and never otherwise.

use super::event::Effects;
use super::model::Model;
use super::panel::Panel;
use super::session::fact::{Inspected, Refusal};
use crate::proto::caps::Cap;
use crate::proto::message::Line;

/// How long after an answer the server is asked again.
const REFRESH_MILLIS: u64 = 2_000;
/// How long an answer may take until the server is asked again.
const PATIENCE_MILLIS: u64 = 10_000;
/// How long after the last key the server is asked for what is typed.
const TYPED_MILLIS: u64 = 300;

/// Opens the panel for the server at hand.
///
/// # Errors
/// The id of the sentence that says why there is none.
pub fn open(model: &mut Model) -> Result<(), &'static str> {
    if !model.server.session.caps().has(Cap::Inspect) {
        return Err("operate-no-panel");
    }
    model.panel = Some(Panel::new(model.server.id, model.now.elapsed_millis));
    Ok(())
}

/// What is typed has changed.
pub fn typed(model: &mut Model) {
    if let Some(panel) = &mut model.panel {
        panel.due_millis = Some(model.now.elapsed_millis + TYPED_MILLIS);
    }
}

/// Asks at once, to show what has changed.
pub fn refresh(model: &mut Model) {
    if let Some(panel) = &mut model.panel {
        panel.due_millis = Some(model.now.elapsed_millis);
    }
}

/// Asks when it is time to.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    let now = model.now.elapsed_millis;
    let Some(panel) = model.panel.as_mut().filter(|panel| panel.server == model.server.id) else { return };
    if panel.due_millis.is_none_or(|due| due > now) {
        return;
    }
    panel.due_millis = Some(now + PATIENCE_MILLIS);
    if !model.server.session.is_online() {
        return;
    }
    let text: String = panel.filter.text().split_whitespace().collect();
    let line = Line::new("INSPECT");
    effects.send(if text.is_empty() { line } else { line.trailing(&text) });
}

/// When the next tick matters.
pub fn due_millis(model: &Model) -> Option<u64> {
    model.panel.as_ref().and_then(|panel| panel.due_millis)
}

/// A line of an answer has come.
pub fn take(model: &mut Model, inspected: Inspected) {
    let now = model.now.elapsed_millis;
    if let Some(panel) = model.panel.as_mut().filter(|panel| panel.server == model.server.id)
        && panel.take(inspected)
    {
        panel.due_millis = Some(now + REFRESH_MILLIS);
    }
}

/// The server has answered something else while the panel is open: most likely what was done there.
pub fn answered(model: &mut Model, text: &str) {
    let Some(panel) = model.panel.as_mut().filter(|panel| panel.server == model.server.id) else { return };
    panel.note = Some(match panel.password.take() {
        Some((name, password)) => {
            model.texts.format("operate-password", &[("name", name.into()), ("password", password.into())])
        }
        None => text.to_owned(),
    });
    refresh(model);
}

/// The server has refused something while the panel is open.
pub fn refused(model: &mut Model, refusal: &Refusal, text: &str) {
    let Some(panel) = model.panel.as_mut().filter(|panel| panel.server == model.server.id) else { return };
    panel.note = Some(text.to_owned());
    panel.password = None;
    // Who is no operator any more is not told by asking again.
    if matches!(refusal.code.as_str(), "481" | "723" | "421") {
        panel.due_millis = None;
    }
}
