//! The server's rules, pure: `World::handle(now, Input, &mut Effects)`.
//!
//! Nothing here does input or output, reads a clock, draws a random number or waits. A line's way through this room:
//!
//! 1. `handle` takes the [`ports::Input`] and opens a `turn` for the connection that acts;
//! 2. `commands` finds the handler in its table; the handler asks `policy` and returns a `refusal`, or it replies (`reply`),
//!    asks the outside a question (`asked`), or appends an event (`deliver`);
//! 3. an appended event gets its number, `apply` changes the state by it, `deliver` turns it into lines;
//! 4. the end of the turn puts every effect behind its gate: the event that must be committed before it may happen.
//!
//! [`world`] is everything that the rules know; `session` is a connection as they see it, [`numbers`] find it in `sessions`, [`operators`] and `duty` say what
//! operators of the server may do, `members` and `people` say who is where, `leave` how a session ends;
//! [`invitations`] let people in, [`bans`] keep them out or quiet, [`filter`] and `filtered` messages; [`census`] counts for those who watch, `headcount`
//! for LUSERS, `turned_down` remembers refusals for operators; [`settings`] is what an operator decides, `limits` are the bounds, `throttle` bounds what is tried too often
//! by an [`allowance`], `slow` is slow mode, [`key`] is where
//! everything that looks random comes from.

pub mod allowance;
pub mod bans;
pub mod census;
pub mod documented;
pub mod event;
pub mod filter;
pub mod invitations;
pub mod key;
pub mod limits;
pub mod modes;
pub mod numbers;
pub mod operators;
pub mod ports;
pub mod recent;
pub mod settings;
pub mod world;

pub(crate) mod absence;
pub(crate) mod apply;
pub(crate) mod asked;
pub(crate) mod audience;
pub(crate) mod call;
pub(crate) mod commands;
pub(crate) mod deliver;
pub(crate) mod duty;
pub(crate) mod filtered;
pub(crate) mod handle;
pub(crate) mod headcount;
pub(crate) mod invites;
pub(crate) mod leave;
pub(crate) mod lookalikes;
pub(crate) mod members;
pub(crate) mod monitors;
pub(crate) mod people;
pub(crate) mod playback;
pub(crate) mod policy;
pub(crate) mod refusal;
pub(crate) mod refused;
pub(crate) mod reply;
pub(crate) mod services;
pub(crate) mod session;
pub(crate) mod sessions;
pub(crate) mod slow;
pub(crate) mod spoken;
pub(crate) mod stamp;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod throttle;
pub(crate) mod turn;
pub(crate) mod turned_down;
pub(crate) mod whowas;
