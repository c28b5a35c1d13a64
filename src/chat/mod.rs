//! The server's rules, pure: `World::handle(now, Input, &mut Effects)`.
//!
//! Nothing here does input or output, reads a clock, draws a random number or waits. A line's way through this room:
//!
//! 1. [`world`] takes the [`ports::Input`] and opens a turn ([`turn`]) for the connection that acts;
//! 2. [`commands`] finds the handler in its table; the handler asks [`policy`] and refuses ([`reply`]), replies, asks the
//!    outside a question, or appends an event;
//! 3. an appended event gets its number, [`apply`] changes the state by it, [`deliver`] turns it into lines;
//! 4. the end of the turn puts every effect behind its gate: the event that must be committed before it may happen.
//!
//! [`session`] is a connection as the rules see it, [`settings`] what an operator decides, [`limits`] the bounds, [`key`] where
//! everything that looks random comes from.

pub mod event;
pub mod key;
pub mod modes;
pub mod ports;
pub mod recent;
pub mod settings;
pub mod world;

pub(crate) mod apply;
pub(crate) mod asked;
pub(crate) mod call;
pub(crate) mod commands;
pub(crate) mod deliver;
pub(crate) mod handle;
pub(crate) mod invites;
pub(crate) mod leave;
pub(crate) mod limits;
pub(crate) mod members;
pub(crate) mod people;
pub(crate) mod policy;
pub(crate) mod refusal;
pub(crate) mod refused;
pub(crate) mod reply;
pub(crate) mod session;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod turn;
