//! OPER, KILL, REHASH, WALLOPS: becoming an operator of the server, and what operators do.
//!
//! Specification: Modern IRC, "OPER message", "Operator Messages", "WALLOPS message". What an operator does is an event: the
//! record says who did it. Whether a name, a password or an address was wrong is not told; only where no operator at all may
//! come from an address, 491 says so.

use std::net::IpAddr;

use super::authenticate;
use super::channel::no_such_nick;
use crate::chat::asked::Asked;
use crate::chat::call::Call;
use crate::chat::event::OperatorAct;
use crate::chat::limits;
use crate::chat::operators::{Duty, Right};
use crate::chat::policy::{self, cut};
use crate::chat::ports::{Answer, ConnId, Effect, FailedCheck, Notable, Question};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::services;
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::numerics::{
    ERR_CANTKILLSERVER, ERR_INPUTTOOLONG, ERR_NOOPERHOST, ERR_PASSWDMISMATCH, RPL_REHASHING, RPL_YOUREOPER,
};
use crate::proto::secret::Secret;

/// What 382 calls the file of the settings.
const SETTINGS_FILE: &str = "chat-server.toml";

/// `OPER <name> <password>`.
pub(crate) fn oper(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    if world.session(conn).is_operator() {
        say_operator(world, conn);
        return Ok(());
    }
    world.require_journal(&[])?;
    let (name, address) = (call.param(0), world.session(conn).peer.address);
    let mut near = world.settings.operators.iter().filter(|operator| operator.may_come_from(address)).peekable();
    if near.peek().is_none() {
        refused(world, conn, name, FailedCheck::Operator);
        world.refuse(conn, "OPER", Refusal::numeric(ERR_NOOPERHOST, &[], "No O-lines for your host"));
        authenticate::count_failure(world, conn);
        return Ok(());
    }
    let stored = near.find(|operator| operator.name == name).map(|operator| operator.password.clone());
    let name = cut(name, limits::OPERATOR_NAME_BYTES_MAX).to_owned();
    if !may_try(world, conn, &name) {
        return wrong(world, conn, &name, FailedCheck::TooMany);
    }
    let question = Question::Hashed { stored, password: Secret::new(call.param(1)) };
    world.ask(conn, question, Asked::Oper(name));
    Ok(())
}

/// Attempts share the bounds of failed log-ins.
fn may_try(world: &mut World, conn: ConnId, name: &str) -> bool {
    let address = world.session(conn).peer.address;
    let (key, address_key) = throttle_key(name, address);
    world.settings.trusts(address) || world.throttles.take_login(&world.settings, &key, &address_key, world.now).is_ok()
}

/// An attempt has succeeded, or nobody could judge it.
fn give_back(world: &mut World, conn: ConnId, name: &str, has_succeeded: bool) {
    let address = world.session(conn).peer.address;
    if !world.settings.trusts(address) {
        let (key, address_key) = throttle_key(name, address);
        world.throttles.give_login_back(&world.settings, &key, &address_key, has_succeeded);
    }
}

/// The blank keeps operators apart from accounts, whose names have none.
fn throttle_key(name: &str, address: IpAddr) -> (String, String) {
    (format!("oper {name}"), policy::address_key(address))
}

/// The password was compared.
pub(super) fn answered(world: &mut World, conn: ConnId, name: String, answer: Answer) -> Handled {
    match answer {
        Answer::Agrees(true) => {}
        Answer::Unavailable => {
            give_back(world, conn, &name, false);
            return Err(Refusal::fail("TEMPORARILY_UNAVAILABLE", &[], "server-accounts-unavailable"));
        }
        _ => return wrong(world, conn, &name, FailedCheck::Operator),
    }
    world.require_journal(&[])?;
    // The settings may have been read again meanwhile.
    let address = world.session(conn).peer.address;
    let operators = &world.settings.operators;
    let known = operators.iter().find(|operator| operator.name == name && operator.may_come_from(address));
    let Some(rights) = known.map(|operator| operator.rights) else {
        return wrong(world, conn, &name, FailedCheck::Operator);
    };
    give_back(world, conn, &name, true);
    world.set_duty(conn, Some(Duty { operator: name, rights }));
    world.note_act(conn, OperatorAct::Opered, "", None, "");
    say_operator(world, conn);
    let modes = format!("{}o", world.session(conn).modes);
    world.set_user_modes(conn, &modes);
    Ok(())
}

/// 381.
fn say_operator(world: &mut World, conn: ConnId) {
    let line = world.numeric(conn, RPL_YOUREOPER).trailing("You are now an IRC operator");
    world.reply(conn, line);
}

fn wrong(world: &mut World, conn: ConnId, name: &str, check: FailedCheck) -> Handled {
    refused(world, conn, name, check);
    world.refuse(conn, "OPER", Refusal::numeric(ERR_PASSWDMISMATCH, &[], "Password incorrect"));
    authenticate::count_failure(world, conn);
    Ok(())
}

/// An attempt that came to nothing.
fn refused(world: &mut World, conn: ConnId, name: &str, check: FailedCheck) {
    let (name, peer) = (policy::repeated(name).to_owned(), world.session(conn).peer.clone());
    world.log(Notable::LoginRefused { name, peer, check });
}

/// `KILL <nick> <reason>`: all sessions of somebody end.
pub(crate) fn kill(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    policy::operator::must_have(world.rights_of(conn), Right::Kill)?;
    let nick = call.param(0);
    if services::is_called(nick) || nick.eq_ignore_ascii_case(&world.settings.server_name) {
        return Err(Refusal::numeric(ERR_CANTKILLSERVER, &[], "You cant kill a server!"));
    }
    let person = world.person_called(nick).ok_or_else(|| no_such_nick(nick))?;
    if person == Person::Correspondent {
        return Err(Refusal::numeric(ERR_CANTKILLSERVER, &[], "You cant kill a server!"));
    }
    let victims = world.sessions_of(person);
    if victims.is_empty() {
        return Err(no_such_nick(nick));
    }
    world.require_journal(&[nick])?;
    // Without a comment the killer's name stands for it, as with KICK.
    let comment = match call.param(1) {
        "" => world.session(conn).name(),
        comment => cut(comment, world.settings.limits.reason_bytes_max),
    };
    let comment = comment.to_owned();
    let (killer, source) = (world.session(conn).name().to_owned(), world.source_of(conn));
    let nick = world.name_of(person);
    let account = match person {
        Person::Account(account) => Some(account),
        Person::Guest(_) | Person::Correspondent => None,
    };
    world.note_act(conn, OperatorAct::Killed, &nick, account, &comment);
    let reason = format!("Killed ({killer} ({comment}))");
    let error = format!("Closing Link: {} ({reason})", world.settings.server_name);
    for victim in victims {
        let quit = Line::new("QUIT").source(&world.session(victim).source()).trailing(&reason);
        for line in [Line::new("KILL").source(&source).param(&nick).trailing(&comment), quit] {
            let line = world.dated(victim, line);
            world.reply(victim, line);
        }
        world.close_saying(victim, &error, &reason);
    }
    Ok(())
}

/// `REHASH`: the settings are read again. What came of it is told when it is done.
pub(crate) fn rehash(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    policy::operator::must_have(world.rights_of(conn), Right::Rehash)?;
    world.require_journal(&[])?;
    world.note_act(conn, OperatorAct::Rehashed, "", None, "");
    let line = world.numeric(conn, RPL_REHASHING).param(SETTINGS_FILE).trailing("Rehashing");
    world.reply(conn, line);
    world.effect(Effect::Reload { asker: Some(conn) });
    Ok(())
}

/// `WALLOPS <text>`: to all who want to read what operators have to say (user mode `w`).
pub(crate) fn wallops(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    policy::operator::must_have(world.rights_of(conn), Right::Wallops)?;
    let text = call.param(0);
    if text.is_empty() {
        return Err(call.needs_more_params());
    }
    if Line::new("WALLOPS").source(&world.source_of(conn)).trailing(text).body_bytes() > BODY_BYTES_MAX {
        return Err(Refusal::numeric(ERR_INPUTTOOLONG, &[], "Input line was too long"));
    }
    world.require_journal(&[])?;
    world.note_act(conn, OperatorAct::Wallops, "", None, text);
    Ok(())
}
