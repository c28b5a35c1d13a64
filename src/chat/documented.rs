//! What the rules' tables say of themselves, for those who write about the server: the tests make `docs/conformance.md` of it.

use super::commands::COMMANDS;
use super::commands::capability::OFFERED;
use crate::proto::caps::{Cap, CapSet};

/// A command as HELP tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentedCommand {
    /// Its name, in capitals.
    pub name: &'static str,
    /// How it is written.
    pub syntax: &'static str,
    /// What it does, in a sentence.
    pub meaning: &'static str,
}

/// Every command that the server knows, by name.
pub fn commands() -> impl Iterator<Item = DocumentedCommand> {
    COMMANDS.iter().map(|command| DocumentedCommand {
        name: command.name,
        syntax: command.syntax,
        meaning: command.meaning,
    })
}

/// Every capability that the server can offer.
pub fn capabilities() -> CapSet {
    OFFERED.with(Cap::Sts)
}
