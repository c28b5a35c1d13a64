//! A line on its way to its handler, and the row of the table that leads there.

use super::ports::ConnId;
use super::refusal::{Handled, Refusal};
use super::world::World;
use crate::proto::caps::Cap;
use crate::proto::message::Message;
use crate::proto::numerics::{ERR_NEEDMOREPARAMS, ERR_NOTREGISTERED};

/// One row of the table.
pub(crate) struct Command {
    /// Its name, in capitals.
    pub name: &'static str,
    /// How it is written, for HELP.
    pub syntax: &'static str,
    /// What it does, for HELP.
    pub meaning: &'static str,
    /// How many parameters it needs; with fewer it is refused with 461.
    pub params_min: usize,
    /// Whether it may come before the connection is welcomed; else it is refused with 451.
    pub is_early: bool,
    /// Whether it always leads to events: refused at the door while the journal is stalled. Commands that sometimes do ask
    /// [`World::require_journal`] themselves.
    pub is_durable: bool,
    /// Whether it carries a secret: refused on connections that others could read along.
    pub is_secret: bool,
    /// Whether those in the waiting room may use it; what may come before the welcome they may use anyway.
    pub is_for_waiting: bool,
    /// What it does.
    pub handler: fn(&mut World, &Call<'_>) -> Handled,
}

/// A line on its way to its handler.
pub(crate) struct Call<'a> {
    /// Whose line it is.
    pub conn: ConnId,
    /// The command's row.
    pub command: &'static Command,
    /// The whole table, for HELP.
    pub table: &'static [Command],
    /// The line.
    pub message: Message<'a>,
}

impl<'a> Call<'a> {
    /// The parameter at `index`; empty when there is none.
    pub fn param(&self, index: usize) -> &'a str {
        self.message.param(index).unwrap_or_default()
    }

    /// Refuses a line that came before the welcome, unless the capability that allows it is on.
    pub fn must_be_welcome_or_have(&self, world: &World, cap: Cap) -> Handled {
        let session = world.session(self.conn);
        if session.is_welcome || session.has(cap) {
            return Ok(());
        }
        Err(Refusal::numeric(ERR_NOTREGISTERED, &[], "You have not registered"))
    }

    /// The refusal of a line whose parameters are too few for what it asks.
    pub fn needs_more_params(&self) -> Refusal {
        Refusal::numeric(ERR_NEEDMOREPARAMS, &[self.command.name], "Not enough parameters")
    }
}

/// A row of the table: the plainest command.
pub(crate) const fn command(
    name: &'static str,
    params_min: usize,
    handler: fn(&mut World, &Call<'_>) -> Handled,
) -> Command {
    let (syntax, meaning) = ("", "");
    Command {
        name,
        syntax,
        meaning,
        params_min,
        is_early: false,
        is_durable: false,
        is_secret: false,
        is_for_waiting: false,
        handler,
    }
}

impl Command {
    /// With its syntax and meaning, as HELP says them.
    pub const fn help(self, syntax: &'static str, meaning: &'static str) -> Self {
        Self { syntax, meaning, ..self }
    }

    /// It may come before the welcome.
    pub const fn early(self) -> Self {
        Self { is_early: true, ..self }
    }

    /// Those in the waiting room may use it.
    pub const fn for_waiting(self) -> Self {
        Self { is_for_waiting: true, ..self }
    }

    /// It always leads to events.
    pub const fn durable(self) -> Self {
        Self { is_durable: true, ..self }
    }

    /// It carries a secret.
    pub const fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }
}
