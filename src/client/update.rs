//! One step of the client: routes each event to the part of the model that it belongs to.

use super::connection::Status;
use super::conversation::ConversationId;
use super::entry::EntryKind;
use super::event::{Effects, Event, Exit, Moment, NetworkEvent, ServerId};
use super::model::{Model, Screen};
use super::servers::Server;
use super::{
    away, connect, drafts, history, inspecting, keys, link, log, markers, mouse, notices, outbox, presence, remarks,
    search, session, typing, unsent,
};

/// Takes in one event, which happened at `now`; what it asks for is added to `effects`.
pub fn update(model: &mut Model, event: Event, now: Moment, effects: &mut Effects) {
    model.now = now;
    let is_quiet = matches!(event, Event::Tick | Event::TopNear | Event::GapNear(_) | Event::Logged { .. });
    let is_keep_alive =
        matches!(&event, Event::Network(_, NetworkEvent::Lines(lines)) if session::are_keep_alive(lines));
    let is_written = matches!(event, Event::Key(_) | Event::Paste(_));
    let about = match &event {
        Event::Network(number, _) | Event::Proved(number, _) | Event::Keyring(number, _) => {
            connected_by(model, *number)
        }
        Event::LocalServer(_) => starting(model),
        Event::Logged { conversation, .. } | Event::LogPage { conversation, .. } => {
            model.conversations.get(ConversationId(*conversation)).map(|conversation| conversation.server)
        }
        _ => Some(model.shown_server()),
    };
    // About a connection that is not ours any more.
    let Some(about) = about else { return };
    turn_to(model, about, effects);
    if matches!(event, Event::Key(_) | Event::Paste(_) | Event::Mouse(_) | Event::Focus(true)) {
        away::active(model, effects);
    }
    if matches!(event, Event::Key(_) | Event::Paste(_)) && model.screen == Screen::Chat {
        drafts::touch(model);
    }
    match event {
        Event::Start => connect::start(model, effects),
        Event::Key(key) => keys::pressed(model, key, effects),
        Event::Mouse(event) => mouse::acted(model, event, effects),
        Event::Logged { conversation, lines } => {
            log::logged(model, ConversationId(conversation), lines, effects);
        }
        Event::LogPage { conversation, page } => log::page(model, ConversationId(conversation), page),
        Event::LogFailed(fault) => store_failed(model, fault.explain(&model.texts)),
        Event::Dragged(text) => mouse::dragged(model, text, effects),
        Event::Paste(text) => keys::pasted(model, &text),
        Event::Resize { columns, rows } => model.size = (columns, rows),
        Event::Focus(is_focused) => {
            model.is_focused = is_focused;
            if is_focused && model.screen == Screen::Chat {
                model.conversations.mark_read();
            }
        }
        Event::Tick => {
            drafts::tick(model, effects);
            unsent::tick(model, effects);
            away::tick(model, effects);
            for server in server_ids(model) {
                turn_to(model, server, effects);
                link::tick(model, effects);
                history::tick(model, effects);
                outbox::flush(model, effects);
                markers::tick(model, effects);
                search::tick(model, effects);
                inspecting::tick(model, effects);
                effects.redraw |= typing::tick(model);
            }
        }
        Event::TopNear => history::older(model, effects),
        Event::GapNear(gap) => history::fill(model, gap, false, effects),
        Event::Network(number, event) => link::network(model, number, event, effects),
        Event::Proved(number, result) => link::proved(model, number, result, effects),
        Event::Keyring(number, answer) => link::keyring(model, number, answer, effects),
        Event::LocalServer(result) => link::local_server(model, result, effects),
        Event::StoreFailed(sentence) => store_failed(model, sentence),
        Event::Preferences(Ok(preferences)) => {
            model.settings.prefer(*preferences);
            model.remark = Some(model.texts.get("config-read-again").into_owned());
        }
        Event::Preferences(Err(faults)) => {
            // That an earlier change was taken over would read as if this one was.
            model.remark = None;
            remarks::remark_here(model, EntryKind::Error, &faults);
        }
        Event::Terminate => link::quit(model, "", Exit::Terminated, effects),
    }
    if is_written {
        turn_to(model, model.shown_server(), effects);
        typing::settle(model, effects);
    }
    unsent::settle(model);
    let own = [
        model.unsent_due_millis,
        model.drafts_due_millis,
        typing::wake_at_millis(model),
        away::due_millis(model),
        model.search.due_millis,
        inspecting::due_millis(model),
    ];
    effects.wake_at_millis = own.into_iter().flatten().min();
    for server in server_ids(model) {
        turn_to(model, server, effects);
        markers::settle(model, effects);
        presence::settle(model, effects);
        let own = [
            link::wake_at_millis(model),
            model.server.fetches.late_at_millis(),
            outbox::wake_at_millis(model),
            markers::wake_at_millis(model),
        ];
        effects.wake_at_millis = own.into_iter().flatten().chain(effects.wake_at_millis).min();
    }
    turn_to(model, model.shown_server(), effects);
    notices::title(model, effects);
    let is_noticed = !is_quiet || effects.are_noticed();
    effects.redraw |= link::is_busy(model) || (is_noticed && !is_keep_alive);
}

/// Something could not be kept.
fn store_failed(model: &mut Model, sentence: String) {
    match model.screen {
        Screen::Form => model.form.error = Some(sentence),
        Screen::Chat => remarks::remark_here(model, EntryKind::Error, &sentence),
    }
}

/// What follows is about this server.
fn turn_to(model: &mut Model, server: ServerId, effects: &mut Effects) {
    model.turn_to(server);
    effects.turn_to(server);
}

fn server_ids(model: &Model) -> Vec<ServerId> {
    model.servers().iter().map(|server| server.id).collect()
}

/// The server to which the connection of this number leads.
fn connected_by(model: &Model, number: u64) -> Option<ServerId> {
    model.servers().iter().find(|server| server.connection.number == number).map(|server| server.id)
}

/// The server that waits for this user's own local server to start.
fn starting(model: &Model) -> Option<ServerId> {
    let is_starting = |server: &&&Server| server.connection.status == Status::StartingServer;
    model.servers().iter().find(is_starting).map(|server| server.id)
}
