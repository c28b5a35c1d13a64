//! The commands: one table, and the way of a line to its handler.
//!
//! Each file holds the handlers of one subject. Who writes where: `connection`, `introduce`, `capability`, `welcome`,
//! `authenticate`, `register`, `address`, `device`, `account`, `correspondent` are about who somebody is; `channel`, `message`,
//! `history`, `query` about what is said. A handler checks with [`policy`](super::policy), then replies, asks or appends; it
//! returns a [`Refusal`] instead of sending an error.
//!
//! Specifications: Modern IRC, "Client Messages"; IRCv3 `labeled-response`, `standard-replies`.

pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod authenticate;
pub(crate) mod capability;
pub(crate) mod connection;
pub(crate) mod device;
pub(crate) mod introduce;
pub(crate) mod language;
pub(crate) mod register;
pub(crate) mod user_mode;
pub(crate) mod welcome;

use super::ports::{Answer, ConnId};
use super::reply::{Handled, Refusal, Text};
use super::world::World;
use crate::proto::line::LineError;
use crate::proto::message::{Message, ParseError};
use crate::proto::names::AccountName;
use crate::proto::numerics::{
    ERR_INPUTTOOLONG, ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED, ERR_SASLFAIL, ERR_UNKNOWNCOMMAND,
};
use crate::proto::scram::ClientFirst;

/// One row of the table.
pub(crate) struct Command {
    /// Its name, in capitals.
    pub name: &'static str,
    /// How many parameters it needs; with fewer it is refused with 461.
    pub params_min: usize,
    /// Whether it may come before the connection is welcomed; else it is refused with 451.
    pub is_early: bool,
    /// Whether it always leads to events: refused at the door while the journal is stalled. Commands that sometimes do ask
    /// [`World::require_journal`] themselves.
    pub is_durable: bool,
    /// Whether it carries a secret: refused on connections that others could read along.
    pub is_secret: bool,
    /// What it does.
    pub handler: fn(&mut World, &Call<'_>) -> Handled,
}

/// A line on its way to its handler.
pub(crate) struct Call<'a> {
    /// Whose line it is.
    pub conn: ConnId,
    /// The command's row.
    pub command: &'static Command,
    /// The line.
    pub message: Message<'a>,
}

impl<'a> Call<'a> {
    /// The parameter at `index`; empty when there is none.
    pub fn param(&self, index: usize) -> &'a str {
        self.message.param(index).unwrap_or_default()
    }

    /// The refusal of a line whose parameters are too few for what it asks.
    pub fn needs_more_params(&self) -> Refusal {
        Refusal::numeric(ERR_NEEDMOREPARAMS, &[self.command.name], "Not enough parameters")
    }
}

const fn command(name: &'static str, params_min: usize, handler: fn(&mut World, &Call<'_>) -> Handled) -> Command {
    Command { name, params_min, is_early: false, is_durable: false, is_secret: false, handler }
}

impl Command {
    const fn early(self) -> Self {
        Self { is_early: true, ..self }
    }

    const fn durable(self) -> Self {
        Self { is_durable: true, ..self }
    }

    const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}

/// Every command that the server knows.
pub(crate) const COMMANDS: &[Command] = &[
    command("ACCOUNT", 1, account::account).early().secret(),
    command("AUTHENTICATE", 1, authenticate::authenticate).early().secret(),
    command("CAP", 1, capability::cap).early(),
    command("DEVICE", 1, device::device).secret(),
    command("ERROR", 0, connection::error).early(),
    command("LANGUAGE", 0, language::language).early(),
    command("NICK", 0, introduce::nick).early(),
    command("PASS", 1, introduce::pass).early().secret(),
    command("PING", 0, connection::ping).early(),
    command("PONG", 0, connection::pong).early(),
    command("QUIT", 0, connection::quit).early(),
    command("REGISTER", 3, register::register).early().secret().durable(),
    command("USER", 4, introduce::user).early(),
    command("VERIFY", 2, register::verify).early().secret(),
];

/// What a session's open question is about: what to go on with when it is answered.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A log-in.
    LogIn(authenticate::LogIn),
    /// The devices of an account, or a new one.
    Device(device::AskedDevice),
    /// A registration: the hash of its password.
    Register(AccountName),
    /// A password that an operator gives out.
    Account(account::AskedAccount),
    /// The keys for a log-in by SCRAM.
    ScramKeys(authenticate::LogIn, ClientFirst),
}

/// Hands a line to its handler.
pub(crate) fn dispatch(world: &mut World, conn: ConnId, line: &str) {
    let message = match Message::parse(line) {
        Ok(message) => message,
        Err(ParseError::Empty) => return,
        Err(ParseError::BadCommand) => return unknown(world, conn, "*"),
    };
    let Some(command) = COMMANDS.iter().find(|command| command.name.eq_ignore_ascii_case(message.command)) else {
        world.note_command(conn, &message, "*");
        return unknown(world, conn, message.command);
    };
    world.note_command(conn, &message, command.name);
    if !matches!(command.name, "PING" | "PONG") {
        world.session_mut(conn).active_at = world.now;
    }
    let call = Call { conn, command, message };
    let handled = admit(world, &call).and_then(|()| (command.handler)(world, &call));
    if let Err(refusal) = handled {
        world.refuse(conn, command.name, refusal);
    }
}

/// What every line has to pass before its handler sees it.
fn admit(world: &mut World, call: &Call<'_>) -> Handled {
    let session = world.session(call.conn);
    if !session.is_welcome && !call.command.is_early {
        return Err(Refusal::numeric(ERR_NOTREGISTERED, &[], "You have not registered"));
    }
    if call.message.params().len() < call.command.params_min {
        return Err(call.needs_more_params());
    }
    if call.command.is_secret && !session.peer.is_private() {
        let refusal = Refusal::fail("SECURE_CONNECTION_REQUIRED", &[], "server-secure-connection-required");
        world.refuse(call.conn, call.command.name, refusal);
        if call.command.name == "AUTHENTICATE" {
            return Err(Refusal::numeric(ERR_SASLFAIL, &[], "SASL authentication failed"));
        }
        return Err(Refusal::Quiet);
    }
    if call.command.is_durable {
        let context: Vec<_> = call.message.param(0).into_iter().collect();
        world.require_journal(&context)?;
    }
    Ok(())
}

/// Hands an answer to whom it was asked for.
pub(crate) fn answered(world: &mut World, conn: ConnId, command: &'static str, asked: Asked, answer: Answer) {
    let handled = match asked {
        Asked::LogIn(log_in) => authenticate::answered(world, conn, log_in, answer),
        Asked::Device(asked) => device::answered(world, conn, asked, answer),
        Asked::Register(name) => register::answered(world, conn, &name, answer),
        Asked::Account(asked) => account::answered(world, conn, asked, answer),
        Asked::ScramKeys(log_in, first) => authenticate::scram_keys(world, conn, log_in, first, answer),
    };
    if let Err(refusal) = handled {
        world.refuse(conn, command, refusal);
    }
}

/// Answers bytes that are no line.
pub(crate) fn refuse_bad_line(world: &mut World, conn: ConnId, error: LineError) {
    let refusal = match error {
        LineError::TooLong => Refusal::numeric(ERR_INPUTTOOLONG, &[], "Input line was too long"),
        LineError::InvalidUtf8 => Refusal::fail("INVALID_UTF8", &[], "server-invalid-utf8"),
        LineError::Nul => Refusal::fail("INVALID_MESSAGE", &[], Text::new("server-invalid-nul")),
    };
    world.refuse(conn, "*", refusal);
}

fn unknown(world: &mut World, conn: ConnId, name: &str) {
    world.refuse(conn, "*", Refusal::numeric(ERR_UNKNOWNCOMMAND, &[name], "Unknown command"));
}
