//! One step of the client: routes each event to the part of the model that it belongs to.

use super::entry::EntryKind;
use super::event::{Effects, Event, Exit, Moment};
use super::model::{Model, Screen};
use super::{history, keys, link, mouse, outbox, remarks};

/// Takes in one event, which happened at `now`; what it asks for is added to `effects`.
pub fn update(model: &mut Model, event: Event, now: Moment, effects: &mut Effects) {
    model.now = now;
    let is_quiet = matches!(event, Event::Tick | Event::TopNear);
    match event {
        Event::Start => link::start(model, effects),
        Event::Key(key) => keys::pressed(model, key, effects),
        Event::Mouse(event) => mouse::clicked(model, event),
        Event::Paste(text) => keys::pasted(model, &text),
        Event::Resize { columns, rows } => model.size = (columns, rows),
        Event::Focus(is_focused) => {
            model.is_focused = is_focused;
            if is_focused && model.screen == Screen::Chat {
                model.conversations.mark_read();
            }
        }
        Event::Tick => {
            link::tick(model, effects);
            history::tick(model, effects);
            outbox::flush(model, effects);
        }
        Event::TopNear => history::older(model, effects),
        Event::Network(number, event) => link::network(model, number, event, effects),
        Event::Proved(number, result) => link::proved(model, number, result, effects),
        Event::LocalServer(result) => link::local_server(model, result, effects),
        Event::StoreFailed(sentence) => match model.screen {
            Screen::Form => model.form.error = Some(sentence),
            Screen::Chat => remarks::remark_here(model, EntryKind::Error, &sentence),
        },
        Event::Terminate => link::quit(model, "", Exit::Terminated, effects),
    }
    let is_waiting = link::is_busy(model);
    effects.redraw |= !is_quiet || is_waiting || !effects.list().is_empty();
    effects.wake_at_millis =
        [link::wake_at_millis(model), model.server.fetches.late_at_millis(), outbox::wake_at_millis(model)]
            .into_iter()
            .flatten()
            .min();
}
