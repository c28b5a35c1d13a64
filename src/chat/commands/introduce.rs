//! NICK, USER, PASS: how a connection introduces itself.
//!
//! Specification: Modern IRC, "Connection Messages". Before the welcome a nick is only a wish: whether it may be had is
//! decided when the introduction is complete ([`welcome`]), because by then it is known who asks.

use super::{authenticate, welcome};
use crate::chat::asked::Method;
use crate::chat::call::Call;
use crate::chat::policy::{allows_nick, cut};
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::services;
use crate::chat::session::{Identity, shown_user};
use crate::chat::world::World;
use crate::proto::caps::CapSet;
use crate::proto::message::Line;
use crate::proto::names::Nick;
use crate::proto::numerics::{ERR_ALREADYREGISTERED, ERR_ERRONEUSNICKNAME, ERR_NICKNAMEINUSE, ERR_NONICKNAMEGIVEN};
use crate::proto::secret::{Secret, equal_in_constant_time};

/// `NICK <nick>`.
pub(crate) fn nick(world: &mut World, call: &Call<'_>) -> Handled {
    let text = call.param(0);
    if text.is_empty() {
        return Err(Refusal::numeric(ERR_NONICKNAMEGIVEN, &[], "No nickname given"));
    }
    let Ok(nick) = Nick::new(text) else {
        return Err(Refusal::numeric(ERR_ERRONEUSNICKNAME, &[text], "Erroneous nickname"));
    };
    // Whoever has an account of that name may be called so, however the settings were when it was made.
    let is_old = world.state.account_named(nick.folded()).is_some();
    if services::is_called(nick.as_str()) || !is_old && !allows_nick(&world.settings, text) {
        return Err(Refusal::numeric(ERR_ERRONEUSNICKNAME, &[text], "Erroneous nickname"));
    }
    let session = world.session(call.conn);
    if !session.is_welcome {
        // Who negotiates may still log in and so have a right to the nick; others can be told now.
        let may_log_in = session.is_negotiating || session.identity != Identity::Anonymous || !world.settings.guests;
        if !may_log_in && !world.may_have_nick(call.conn, &nick) {
            world.session_mut(call.conn).seldom_mut().refused_nick = Some(nick);
            return Err(Refusal::numeric(ERR_NICKNAMEINUSE, &[text], "Nickname is already in use"));
        }
        welcome::call_early(world, call.conn, nick);
        return welcome::try_welcome(world, call.conn);
    }
    if session.nick.as_ref().is_some_and(|current| current.as_str() == nick.as_str()) {
        return Ok(());
    }
    if !world.may_have_nick(call.conn, &nick) {
        return Err(Refusal::numeric(ERR_NICKNAMEINUSE, &[text], "Nickname is already in use"));
    }
    // Not 902, which clients take for the failure of a log-in.
    if welcome::bound_nick(world, call.conn).is_some() {
        return Err(Refusal::numeric(ERR_ERRONEUSNICKNAME, &[text], "You must use a nick assigned to you"));
    }
    change_nick(world, call.conn, &nick);
    Ok(())
}

/// Calls a welcomed session, and the others of its account, something else, and tells them and their peers.
pub(super) fn change_nick(world: &mut World, conn: ConnId, nick: &Nick) {
    let account = world.session(conn).account();
    let own: Vec<_> = match account {
        Some(account) => world.account_sessions(account).to_vec(),
        None => vec![conn],
    };
    let source = world.session(conn).source();
    let stamp = world.stamp_of(conn);
    let mut receivers = own.clone();
    receivers.extend(world.peers(conn));
    let line = Line::new("NICK").source(&source).param(nick.as_str());
    world.tell(&receivers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
    for conn in own {
        world.rename(conn, nick.clone());
    }
}

/// `USER <name> <mode> * <real name>`.
pub(crate) fn user(world: &mut World, call: &Call<'_>) -> Handled {
    let name_bytes_max = world.settings.limits.realname_bytes_max;
    let session = world.session_mut(call.conn);
    if session.is_welcome || session.user.is_some() {
        return Err(Refusal::numeric(ERR_ALREADYREGISTERED, &[], "You may not reregister"));
    }
    if call.param(0).is_empty() || call.param(3).is_empty() {
        return Err(call.needs_more_params());
    }
    session.user = Some(shown_user(call.param(0)));
    session.realname = cut(call.param(3), name_bytes_max).into();
    welcome::try_welcome(world, call.conn)
}

/// `PASS <password>`: the password of the server, where one is set; or `PASS <account>:<password>`, a log-in for clients that
/// know no SASL. Any other password opens nothing and is judged when the introduction is complete.
pub(crate) fn pass(world: &mut World, call: &Call<'_>) -> Handled {
    let session = world.session(call.conn);
    if session.is_introduced() || session.account().is_some() {
        return Err(Refusal::numeric(ERR_ALREADYREGISTERED, &[], "You may not reregister"));
    }
    if call.param(0).is_empty() {
        return Err(call.needs_more_params());
    }
    let known = world.settings.connection_password.as_ref();
    let is_right =
        known.is_some_and(|known| equal_in_constant_time(known.expose().as_bytes(), call.param(0).as_bytes()));
    let account = call.param(0).split_once(':');
    if is_right || known.is_some() && account.is_none() {
        return authenticate::connection_password(world, call.conn, is_right);
    }
    let Some((name, password)) = account else { return Ok(()) };
    authenticate::by_password(world, call.conn, name, Secret::new(password), Method::Pass)
}
