//! Which servers are talked to: those of the start, `/connect`, `/disconnect`, and the form that asks for a log-in.

use super::config::{Mode, ServerChoice};
use super::connection::{Credentials, Proof, Status};
use super::conversation::ConversationKind;
use super::entry::EntryKind;
use super::event::Effects;
use super::form::{Form, Request, Tab};
use super::model::{Model, Screen};
use super::servers::SERVERS_MAX;
use super::{link, logins, remarks};
use crate::proto::message::Line;

/// The program begins: logs in by what is remembered, or waits for the form.
pub fn start(model: &mut Model, effects: &mut Effects) {
    let server = model.settings.server.clone();
    if model.settings.mode == Mode::Console {
        let credentials = Credentials {
            account: String::new(),
            proof: Proof::PeerUid,
            is_remembered: false,
            register: false,
            invitation: None,
        };
        return link::log_in(model, server, credentials, effects);
    }
    let name = model.settings.name.clone();
    let first = logins::ready_for(model, &server, name.as_deref());
    let servers = std::mem::take(&mut model.settings.servers);
    let known = |model: &Model| {
        let login = |(server, name): &(ServerChoice, Option<String>)| logins::ready_for(model, server, name.as_deref());
        servers.iter().map(|one| (one.0.clone(), login(one))).collect::<Vec<_>>()
    };
    let mut others = known(model);
    model.settings.servers = servers;
    match first {
        Some(login) => link::log_in_again(model, server, login, effects),
        // The form asks for the first one, unless another one needs no form.
        None => match others.iter().position(|(_, login)| login.is_some()) {
            Some(index) => {
                let (other, login) = others.remove(index);
                others.insert(0, (server, None));
                if let Some(login) = login {
                    link::log_in_again(model, other, login, effects);
                }
            }
            None => return,
        },
    }
    let shown = model.server.id;
    for (server, login) in others {
        let Some(id) = model.add_server(server.clone()) else { break };
        effects.turn_to(id);
        match login {
            Some(login) => link::log_in_again(model, server, login, effects),
            None => {
                let text = model.texts.format("connect-not-logged-in", &[("server", server.key().into())]);
                let id = model.server_conversation().id;
                remarks::remark(model, id, EntryKind::Info, &text);
            }
        }
    }
    model.turn_to(shown);
    effects.turn_to(shown);
}

/// The person has filled in the form.
pub fn request(model: &mut Model, request: Request, effects: &mut Effects) {
    let Request { server, name, password, register, invitation } = request;
    if let Some(known) = model.others.iter().find(|other| other.choice == server).map(|other| other.id) {
        // The form was meant for a further server and names one that is there already.
        if model.server.connection.credentials.is_none() {
            model.remove_server();
        }
        model.turn_to(known);
        effects.turn_to(known);
        model.form_server = known;
    }
    let proof = password.map_or(Proof::Guest, Proof::Password);
    let credentials = Credentials { account: name, proof, is_remembered: false, register, invitation };
    link::log_in(model, server, credentials, effects);
}

/// `/connect`: to a further server, or to one that was left.
///
/// # Errors
/// The sentence to show when there are too many, or when there is no form to log in by.
pub fn connect(model: &mut Model, server: ServerChoice, effects: &mut Effects) -> Result<(), String> {
    let known = model.servers().iter().find(|known| known.choice == server).map(|known| known.id);
    match known {
        Some(id) => {
            model.turn_to(id);
            effects.turn_to(id);
        }
        None => {
            let Some(id) = model.add_server(server.clone()) else {
                return Err(model.texts.format("connect-too-many", &[("maximum", SERVERS_MAX.into())]));
            };
            effects.turn_to(id);
        }
    }
    let has_credentials = model.server.connection.credentials.is_some();
    match model.server.connection.status {
        Status::Off if has_credentials => link::reconnect(model, effects),
        Status::Off | Status::Refused { .. } => match logins::ready_for(model, &server, None) {
            Some(login) => link::log_in_again(model, server, login, effects),
            None if model.is_console() || model.prefers_correspondent => {
                model.remove_server();
                effects.turn_to(model.server.id);
                return Err(model.texts.format("connect-needs-form", &[("server", server.key().into())]));
            }
            None => {
                ask(model);
                return Ok(());
            }
        },
        Status::Waiting { .. } => link::reconnect(model, effects),
        _ => {}
    }
    show(model);
    Ok(())
}

/// Shows what the server at hand says.
fn show(model: &mut Model) {
    let id = model.server_conversation().id;
    model.has_chosen = true;
    model.conversations.show(id);
}

/// Opens the form for the server at hand.
fn ask(model: &mut Model) {
    let server = match &model.server.choice {
        ServerChoice::Local => String::new(),
        choice => choice.key(),
    };
    let known = logins::of_server(model, &model.server.choice.key()).map(|login| login.account.clone());
    let elsewhere = || model.others.iter().find_map(|other| other.session.account().map(str::to_owned));
    let name = known.or_else(elsewhere).unwrap_or_default();
    model.form = Form::new(&server, &name, Tab::LogIn);
    model.form_server = model.server.id;
    model.screen = Screen::Form;
}

/// Leaves the form without a log-in, back to the conversations. Returns whether there are any to go back to.
pub fn leave_form(model: &mut Model, effects: &mut Effects) -> bool {
    if model.others.is_empty() || model.conversations.list().is_empty() {
        return false;
    }
    if !model.server.connection.was_online {
        model.remove_server();
        effects.turn_to(model.server.id);
    }
    model.form_server = model.server.id;
    model.screen = Screen::Chat;
    true
}

/// `/disconnect`: leaves the server of the conversation that is shown; one that was left already is forgotten, unless it
/// is the only one.
pub fn disconnect(model: &mut Model, reason: &str, effects: &mut Effects) {
    if model.server.connection.status == Status::Off {
        model.remove_server();
        return effects.turn_to(model.server.id);
    }
    if model.server.session.is_online() {
        let line = Line::new("QUIT");
        effects.send(if reason.is_empty() { line } else { line.trailing(reason) });
    }
    link::cancel(model, effects);
    let server = model.server.choice.key();
    let text = model.texts.format("connect-left", &[("server", server.into())]);
    remarks::remark_here(model, EntryKind::Info, &text);
    for channel in model.conversations.at_hand_mut().filter(|one| one.kind == ConversationKind::Channel) {
        channel.members.clear();
    }
}
