//! What this device remembers of log-ins: what is logged in by the next time, and what is kept for that.
//!
//! A server of our own kind gives the device a token, which is kept without a question. Elsewhere only the password would do:
//! it is kept when the person says so, and where they say no, their name alone.

use super::config::{Mode, ServerChoice};
use super::connection::{Credentials, Proof};
use super::entry::EntryKind;
use super::event::{Effect, Effects, Kept, Login, SecretKind, ServerId};
use super::model::Model;
use super::overlay::{KeepQuestion, Overlay};
use super::remarks;
use crate::proto::caps::Cap;
use crate::proto::secret::Secret;

impl Credentials {
    /// Those of a log-in that is remembered, once its secret is there.
    pub(super) fn remembered(account: String, kind: SecretKind, secret: Secret) -> Self {
        let proof = match kind {
            SecretKind::Token => Proof::Token(secret),
            SecretKind::Password => Proof::Password(secret),
        };
        Self { account, proof, is_remembered: true, register: false, invitation: None }
    }
}

/// The log-in that needs nobody to type anything, for a server, and for this account when one is named.
pub(super) fn ready_for(model: &Model, server: &ServerChoice, name: Option<&str>) -> Option<Login> {
    let login = of_server(model, &server.key())?;
    let is_named = name.is_none_or(|name| model.server.session.fold(name) == model.server.session.fold(&login.account));
    let is_known = matches!(login.kept, Kept::Here(..) | Kept::InKeyring(_));
    (is_named && is_known).then(|| login.clone())
}

/// What is remembered for a server.
pub(super) fn of_server<'a>(model: &'a Model, server: &str) -> Option<&'a Login> {
    model.remembered.logins.iter().find(|login| login.server == server)
}

/// What is remembered for who logs in to the server at hand.
fn own(model: &Model) -> Option<&Login> {
    let credentials = model.server.connection.credentials.as_ref()?;
    let fold = |name: &str| model.server.session.fold(name);
    of_server(model, &model.server.choice.key()).filter(|login| fold(&login.account) == fold(&credentials.account))
}

/// Whether this device has a token for who logs in to the server at hand.
pub(super) fn has_token(model: &Model) -> bool {
    own(model).is_some_and(|login| matches!(login.kept, Kept::Here(SecretKind::Token, _)))
}

/// Whether the log-in to the server at hand needs nobody to type anything.
pub(super) fn is_remembered(model: &Model) -> bool {
    model.server.connection.credentials.as_ref().is_some_and(|credentials| credentials.is_remembered)
}

/// The server at hand has given this device a token: it takes the place of the password.
pub(super) fn token_given(model: &mut Model, token: String, effects: &mut Effects) {
    let token = Secret::new(token);
    let Some(credentials) = &mut model.server.connection.credentials else { return };
    credentials.proof = Proof::Token(token.clone());
    credentials.is_remembered = true;
    keep(model, Kept::Here(SecretKind::Token, token), effects);
}

/// Keeps this for who logs in to the server at hand.
fn keep(model: &mut Model, kept: Kept, effects: &mut Effects) {
    let Some(credentials) = &model.server.connection.credentials else { return };
    let login = Login { server: model.server.choice.key(), account: credentials.account.clone(), kept };
    model.remembered.logins.retain(|known| known.server != login.server);
    model.remembered.logins.insert(0, login.clone());
    effects.push(Effect::Remember(login));
}

/// Conversations run on the server at hand. Where it gives no tokens, whether the password is to be kept is asked once.
pub(super) fn offer_to_keep(model: &mut Model) {
    let Some(credentials) = &model.server.connection.credentials else { return };
    let is_typed = matches!(credentials.proof, Proof::Password(_)) && !credentials.is_remembered;
    let is_answered = own(model).is_some_and(|login| matches!(login.kept, Kept::Nothing | Kept::Here(..)));
    if model.settings.mode == Mode::Person && is_typed && !is_answered && !model.server.session.has(Cap::Devices) {
        let question = KeepQuestion {
            server: model.server.id,
            address: model.server.choice.key(),
            account: credentials.account.clone(),
            has_keyring: model.settings.keyring,
        };
        model.overlays.push(Overlay::KeepPassword(question));
    }
}

/// Whether the password is to be kept is answered. A no is remembered, too.
pub(super) fn keep_answered(model: &mut Model, question: &KeepQuestion, is_accepted: bool, effects: &mut Effects) {
    let asked = model.server.id;
    if turn_to(model, question.server, effects)
        && let Some(credentials) = &mut model.server.connection.credentials
        && credentials.account == question.account
        && let Proof::Password(password) = &credentials.proof
    {
        let kept = if is_accepted { Kept::Here(SecretKind::Password, password.clone()) } else { Kept::Nothing };
        credentials.is_remembered = is_accepted;
        keep(model, kept, effects);
    }
    turn_to(model, asked, effects);
}

fn turn_to(model: &mut Model, server: ServerId, effects: &mut Effects) -> bool {
    effects.turn_to(server);
    model.turn_to(server)
}

/// What is remembered for the server at hand does not count any more: the server refuses it, the keyring has lost it, or the
/// person does not want it.
pub(super) fn drop_for_server(model: &mut Model, effects: &mut Effects) {
    let server = model.server.choice.key();
    model.remembered.logins.retain(|login| login.server != server);
    if let Some(credentials) = &mut model.server.connection.credentials {
        credentials.is_remembered = false;
    }
    effects.push(Effect::Forget { server });
}

/// The keyring does not give away what it has for the server at hand: in this run it is not asked for it again.
pub(super) fn withheld(model: &mut Model) {
    let server = model.server.choice.key();
    for login in model.remembered.logins.iter_mut().filter(|login| login.server == server) {
        if let Kept::InKeyring(kind) = login.kept {
            login.kept = Kept::Withheld(kind);
        }
    }
}

/// `/forget`: the next start asks who one is.
///
/// # Errors
/// The sentence to show when nothing is remembered.
pub(super) fn forget(model: &mut Model, effects: &mut Effects) -> Result<(), String> {
    let server = model.server.choice.key();
    if of_server(model, &server).is_none() {
        return Err(model.texts.format("logins-none", &[("server", server.into())]));
    }
    drop_for_server(model, effects);
    let text = model.texts.format("logins-forgotten", &[("server", server.into())]);
    remarks::remark_here(model, EntryKind::Info, &text);
    Ok(())
}
