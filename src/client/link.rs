//! Connecting, logging in, connecting again.
//!
//! A first log-in that fails goes back to the form, with the reason beside the field that caused it. Once conversations run, a
//! lost connection is made again, after growing delays, for as long as it takes; only a refused log-in ends that.

use super::config::{Mode, ServerChoice};
use super::connection::{Connection, Credentials, LoginStep, Proof, Status};
use super::entry::EntryKind;
use super::event::{
    ConnectError, ConnectStep, Effect, Effects, Endpoint, Exit, Kept, KeyringFault, Login, NetworkEvent, ServerId,
};
use super::form::{FieldId, Tab};
use super::model::{Model, Screen};
use super::overlay::Overlay;
use super::servers::Server;
use super::session::fact::{Fact, LoginFailure, LoginFailureKind};
use super::session::{Opening, Output};
use super::{away, chat, drafts, logins, remarks};
use crate::proto::message::Line;
use crate::proto::scram::{ScramClientProof, ScramError};
use crate::proto::secret::Secret;

/// The delay before the first new attempt, and the longest one; each is twice the one before, and up to half as long again.
const RETRY_FIRST_MILLIS: u64 = 1_000;
const RETRY_MAX_MILLIS: u64 = 60_000;

/// Logs in to the server at hand.
pub(super) fn log_in(model: &mut Model, server: ServerChoice, credentials: Credentials, effects: &mut Effects) {
    let is_other = model.server.choice != server
        || model.server.connection.credentials.as_ref().is_some_and(|known| known.account != credentials.account);
    if is_other {
        model.conversations.forget(model.server.id);
        model.has_chosen &= model.conversations.current().is_some();
    }
    model.server.choice = server;
    model.server.connection = Connection { credentials: Some(credentials), ..Connection::default() };
    model.form.clear_errors();
    open(model, effects);
}

/// Logs in to the server at hand by what is remembered. What is in the keyring is asked for first.
pub(super) fn log_in_again(model: &mut Model, server: ServerChoice, login: Login, effects: &mut Effects) {
    let Login { server: key, account, kept } = login;
    match kept {
        Kept::Here(kind, secret) => {
            log_in(model, server, Credentials::remembered(account, kind, secret), effects);
        }
        Kept::InKeyring(_) => {
            model.server.choice = server;
            model.server.connection = Connection { status: Status::AskingKeyring, ..Connection::default() };
            model.form.clear_errors();
            model.connections += 1;
            model.server.connection.number = model.connections;
            effects.push(Effect::AskKeyring { connection: model.connections, server: key, account });
        }
        Kept::Nothing | Kept::Withheld(_) => {}
    }
}

/// The keyring has answered.
pub fn keyring(model: &mut Model, number: u64, answer: Result<Option<Secret>, KeyringFault>, effects: &mut Effects) {
    let connection = &model.server.connection;
    if number != connection.number || connection.status != Status::AskingKeyring {
        return;
    }
    let server = model.server.choice.key();
    let Some(login) = logins::of_server(model, &server).cloned() else { return cancel(model, effects) };
    let sentence = match (answer, login.kept) {
        (Ok(Some(secret)), Kept::InKeyring(kind)) => {
            let credentials = Credentials::remembered(login.account, kind, secret);
            return log_in(model, model.server.choice.clone(), credentials, effects);
        }
        (Ok(_), _) => {
            logins::drop_for_server(model, effects);
            model.texts.format("keyring-lost", &[("server", server.into())])
        }
        (Err(fault), _) => {
            logins::withheld(model);
            let reason = fault.explain(&model.texts);
            model.texts.format("keyring-withheld", &[("server", server.into()), ("reason", reason.into())])
        }
    };
    fill_in_name(model, &login.account);
    model.form.tab = Tab::LogIn;
    model.form.fail(FieldId::Password, sentence.clone());
    refuse(model, &sentence, effects);
}

/// Makes a connection to the server that is wanted.
fn open(model: &mut Model, effects: &mut Effects) {
    model.server.connection.attempt = model.server.connection.attempt.saturating_add(1);
    match model.server.choice.clone() {
        ServerChoice::Local => {
            model.server.connection.status = Status::StartingServer;
            effects.push(Effect::StartLocalServer);
        }
        ServerChoice::At(endpoint) => connect(model, endpoint, effects),
    }
}

fn connect(model: &mut Model, endpoint: Endpoint, effects: &mut Effects) {
    model.connections += 1;
    model.server.connection.number = model.connections;
    model.server.connection.security = None;
    model.server.connection.status = Status::Connecting(ConnectStep::Opening);
    let pin = model.remembered.pins.get(&endpoint.to_string()).copied();
    effects.push(Effect::Connect { connection: model.server.connection.number, endpoint, pin });
}

/// This user's own local server was found or started, or not.
pub fn local_server(model: &mut Model, result: Result<std::path::PathBuf, String>, effects: &mut Effects) {
    if model.server.connection.status != Status::StartingServer {
        return;
    }
    match result {
        Ok(path) => connect(model, Endpoint::Local(path), effects),
        Err(reason) => unreachable(model, FieldId::Server, reason, effects),
    }
}

/// Something about a connection.
pub fn network(model: &mut Model, number: u64, event: NetworkEvent, effects: &mut Effects) {
    let is_wanted =
        matches!(model.server.connection.status, Status::Connecting(_) | Status::LoggingIn(_) | Status::Online);
    if number != model.server.connection.number || !is_wanted {
        return;
    }
    match event {
        NetworkEvent::Connecting { step } => model.server.connection.status = Status::Connecting(step),
        NetworkEvent::Connected { security } => {
            model.server.connection.security = Some(security);
            let Some(credentials) = model.server.connection.credentials.clone() else { return };
            model.server.connection.status = Status::LoggingIn(LoginStep::Negotiating);
            let opening = Opening {
                credentials,
                security,
                language: model.texts.language().tag(),
                device_name: (!logins::has_token(model)).then(|| model.device_name.clone()),
                random: model.entropy.bytes(),
            };
            let mut output = Output::default();
            model.server.session.begin(opening, model.now, &mut output);
            carry_out(model, output, effects);
        }
        NetworkEvent::Lines(lines) => {
            for line in lines {
                let mut output = Output::default();
                model.server.session.receive(&line, model.now, &mut output);
                carry_out(model, output, effects);
            }
        }
        NetworkEvent::Lost { reason } => {
            let said = model.server.connection.farewell.take().unwrap_or(reason);
            lost(model, &said, effects);
        }
        NetworkEvent::ConnectFailed { reason } => {
            let (text_id, detail) = match &reason {
                ConnectError::UnknownHost => ("connect-unknown-host", ""),
                ConnectError::Refused => ("connect-refused", ""),
                ConnectError::Timeout => ("connect-timeout", ""),
                ConnectError::Unreachable => ("connect-unreachable", ""),
                ConnectError::NoTls => ("connect-no-tls", ""),
                ConnectError::Tls(detail) => ("connect-tls", detail.as_str()),
                ConnectError::Other(detail) => ("connect-other", detail.as_str()),
            };
            let server = model.server.choice.key();
            let variables = [("server", server.into()), ("reason", detail.to_owned().into())];
            let sentence = model.texts.format(text_id, &variables);
            unreachable(model, FieldId::Server, sentence, effects);
        }
        NetworkEvent::CertificateUnknown { fingerprint } => {
            let server = model.server.choice.key();
            model.server.connection.status =
                Status::Refused { reason: model.texts.get("connect-certificate").into_owned() };
            model.overlays.push(Overlay::CertificateUnknown { server, fingerprint });
        }
        NetworkEvent::CertificateChanged { pinned, got } => {
            let server = model.server.choice.key();
            let reason = model.texts.get("connect-certificate-changed").into_owned();
            model.form.fail(FieldId::Server, reason.clone());
            refuse(model, &reason, effects);
            model.overlays.push(Overlay::CertificateChanged { server, pinned, got });
        }
    }
}

/// A proof was computed aside.
pub fn proved(
    model: &mut Model,
    number: u64,
    result: Result<(ScramClientProof, Vec<u8>), ScramError>,
    effects: &mut Effects,
) {
    if number == model.server.connection.number {
        let mut output = Output::default();
        model.server.session.proved(result, &mut output);
        carry_out(model, output, effects);
    }
}

/// The person accepts or refuses a certificate that nobody vouches for.
pub fn certificate_answered(model: &mut Model, overlay: Overlay, is_accepted: bool, effects: &mut Effects) {
    let Overlay::CertificateUnknown { server, fingerprint } = overlay else { return };
    if is_accepted {
        model.remembered.pins.insert(server.clone(), fingerprint);
        effects.push(Effect::Pin { server, fingerprint });
        open(model, effects);
    } else {
        let reason = model.texts.get("connect-certificate-refused").into_owned();
        model.form.fail(FieldId::Server, reason.clone());
        refuse(model, &reason, effects);
    }
}

/// Time has passed.
pub fn tick(model: &mut Model, effects: &mut Effects) {
    if let Status::Waiting { until_millis, .. } = &model.server.connection.status
        && *until_millis <= model.now.elapsed_millis
    {
        open(model, effects);
    }
    let mut output = Output::default();
    model.server.session.tick(model.now, &mut output);
    carry_out(model, output, effects);
}

/// When a tick matters, by `Moment::elapsed_millis`: each second of a countdown, too.
pub fn wake_at_millis(model: &Model) -> Option<u64> {
    match &model.server.connection.status {
        Status::Waiting { until_millis, .. } => {
            let left = until_millis.saturating_sub(model.now.elapsed_millis);
            // The countdown shows whole seconds.
            let to_next_second = match left % 1_000 {
                0 => left.min(1_000),
                part => part,
            };
            Some(model.now.elapsed_millis + to_next_second)
        }
        _ => model.server.session.wake_at_millis(),
    }
}

/// Breaks off what is being done for the connection to the server at hand, or ends it.
pub fn cancel(model: &mut Model, effects: &mut Effects) {
    close(model, effects);
    model.server.connection.status = Status::Off;
}

/// Whether something is being done for a connection to the server at hand.
pub fn is_busy(model: &Model) -> bool {
    is_in_work(&model.server)
}

fn is_in_work(server: &Server) -> bool {
    !matches!(server.connection.status, Status::Off | Status::Online | Status::Refused { .. })
}

/// Leaves the program in good order.
pub fn quit(model: &mut Model, message: &str, exit: Exit, effects: &mut Effects) {
    drafts::keep(model, effects);
    let servers: Vec<ServerId> = model.servers().iter().map(|server| server.id).collect();
    for server in servers {
        model.turn_to(server);
        effects.turn_to(server);
        if model.server.session.is_online() {
            let line = Line::new("QUIT");
            effects.send(if message.is_empty() { line } else { line.trailing(message) });
        }
        close(model, effects);
    }
    effects.push(Effect::Quit(exit));
}

/// Sends the session's lines and applies its facts.
fn carry_out(model: &mut Model, output: Output, effects: &mut Effects) {
    for line in output.lines {
        effects.send(line);
    }
    for fact in output.facts {
        match fact {
            Fact::Step(step) => model.server.connection.status = Status::LoggingIn(step),
            Fact::Prove(client, challenge) => {
                effects.push(Effect::Prove { connection: model.server.connection.number, client, challenge });
            }
            Fact::Registered => {
                if let Some(credentials) = &mut model.server.connection.credentials {
                    credentials.register = false;
                }
            }
            Fact::LoginFailed(failure) => login_failed(model, &failure, effects),
            Fact::Ready => ready(model, effects),
            Fact::Token(token) => logins::token_given(model, token, effects),
            Fact::Closing { reason } => model.server.connection.farewell = Some(reason),
            Fact::Silent => {
                effects.push(Effect::Disconnect);
                let reason = model.texts.get("connect-silent").into_owned();
                lost(model, &reason, effects);
            }
            fact => chat::apply(model, fact, effects),
        }
    }
}

fn ready(model: &mut Model, effects: &mut Effects) {
    model.server.connection.status = Status::Online;
    model.server.connection.attempt = 0;
    model.server.connection.was_online = true;
    // A form that is being filled in for another server stays.
    let is_for_another =
        model.form_server != model.server.id && !model.server_of(model.form_server).is_some_and(is_in_work);
    let had_form = model.screen == Screen::Form;
    if !is_for_another {
        model.form.forget_passwords();
        model.form.tab = Tab::LogIn;
        model.screen = Screen::Chat;
    }
    chat::connected(model, effects);
    away::connected(model, effects);
    logins::offer_to_keep(model);
    if had_form && model.server.id == model.form_server && !model.others.is_empty() {
        // What was just logged in to is what the person wants to see.
        let id = model.server_conversation().id;
        model.conversations.show(id);
    }
}

fn login_failed(model: &mut Model, failure: &LoginFailure, effects: &mut Effects) {
    let (text_id, field) = failure.kind.text();
    let mut sentence = model.texts.format(text_id, &[("reason", failure.description.as_str().into())]);
    sentence.truncate(sentence.trim_end().len());
    if failure.kind.is_temporary() && (model.server.connection.was_online || logins::is_remembered(model)) {
        effects.push(Effect::Disconnect);
        return lost(model, &sentence, effects);
    }
    let credentials = model.server.connection.credentials.clone();
    if failure.kind == LoginFailureKind::BadCredentials
        && let Some(remembered) = credentials.as_ref().filter(|credentials| credentials.is_remembered)
    {
        let text_id = match remembered.proof {
            Proof::Password(_) => "form-error-kept-password",
            _ => "form-error-token",
        };
        sentence = model.texts.get(text_id).into_owned();
        logins::drop_for_server(model, effects);
    }
    if let Some(credentials) = credentials {
        fill_in_name(model, &credentials.account);
    }
    match field {
        Some(field) => model.form.fail(field, sentence.clone()),
        None => model.form.error = Some(sentence.clone()),
    }
    if failure.kind == LoginFailureKind::BadCredentials {
        model.form.tab = Tab::LogIn;
        model.form.forget_passwords();
    }
    refuse(model, &sentence, effects);
}

/// The form has a name at least.
fn fill_in_name(model: &mut Model, account: &str) {
    let name = &mut model.form.field_mut(FieldId::Name).edit;
    if name.is_empty() {
        name.set(account);
    }
}

/// No connection could be made.
fn unreachable(model: &mut Model, field: FieldId, sentence: String, effects: &mut Effects) {
    if model.server.connection.was_online || logins::is_remembered(model) {
        return lost(model, &sentence, effects);
    }
    model.form.fail(field, sentence.clone());
    refuse(model, &sentence, effects);
}

/// The connection is gone, or could not be made: another attempt follows where that makes sense.
fn lost(model: &mut Model, reason: &str, effects: &mut Effects) {
    let was_logging_in = matches!(model.server.connection.status, Status::LoggingIn(_));
    chat::disconnected(model);
    model.server.session.end();
    if !model.server.connection.was_online && !logins::is_remembered(model) {
        let text_id = match (was_logging_in, reason) {
            (true, "") => "connect-closed-at-login",
            (true, _) => "connect-lost-at-login",
            (false, "") => "connect-closed",
            (false, _) => "connect-lost",
        };
        let sentence = model.texts.format(text_id, &[("reason", reason.into())]);
        model.form.fail(FieldId::Server, sentence.clone());
        return refuse(model, &sentence, effects);
    }
    let doublings = model.server.connection.attempt.min(16);
    let delay = RETRY_FIRST_MILLIS.saturating_mul(1 << doublings).min(RETRY_MAX_MILLIS);
    let delay = delay + model.entropy.below(delay / 2 + 1);
    let until_millis = model.now.elapsed_millis + delay;
    model.server.connection.status = Status::Waiting { until_millis, reason: reason.to_owned() };
}

/// The person goes on in the form: why the last request was refused is not said any longer.
pub fn forget_refusal(model: &mut Model) {
    if matches!(model.server.connection.status, Status::Refused { .. }) {
        model.server.connection.status = Status::Off;
    }
}

/// Nothing more is tried: the form shows why.
fn refuse(model: &mut Model, sentence: &str, effects: &mut Effects) {
    close(model, effects);
    model.server.connection.status = Status::Refused { reason: sentence.to_owned() };
    let is_only = model.others.is_empty();
    let has_form = model.screen == Screen::Form && model.form_server == model.server.id;
    match model.settings.mode {
        Mode::Console => effects.push(Effect::Quit(Exit::Failed(sentence.to_owned()))),
        Mode::Person if is_only || has_form => {
            model.form_server = model.server.id;
            model.screen = Screen::Form;
        }
        // The other conversations go on.
        Mode::Person => {
            let server = model.server.choice.key();
            let variables = [("server", server.into()), ("reason", sentence.to_owned().into())];
            let text = model.texts.format("connect-log-in-again", &variables);
            let id = model.server_conversation().id;
            remarks::remark(model, id, EntryKind::Error, &text);
        }
    }
}

fn close(model: &mut Model, effects: &mut Effects) {
    chat::disconnected(model);
    model.server.session.end();
    model.server.connection.security = None;
    // Whatever the old connection still says is not for us any more.
    model.server.connection.number = 0;
    effects.push(Effect::Disconnect);
}

/// Tries to connect at once instead of waiting, or again after having left.
pub fn reconnect(model: &mut Model, effects: &mut Effects) {
    let was_left = model.server.connection.status == Status::Off && model.server.connection.credentials.is_some();
    if was_left || matches!(model.server.connection.status, Status::Waiting { .. }) {
        model.server.connection.attempt = 0;
        open(model, effects);
    }
}
