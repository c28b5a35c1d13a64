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
//! # In reading order
//!
//! | file | what it holds |
//! |---|---|
//! | [`ports`] | what comes in and what goes out: inputs, effects, questions and their answers |
//! | [`world`], [`event`] | everything that the rules know, and what changes it |
//! | `handle`, `turn` | an input from its arrival to its effects, each behind its gate |
//! | `commands`, `call`, [`documented`] | the table of commands and their handlers; what the tables say of themselves |
//! | `services` | the services as a correspondent, and the table of their orders |
//! | `policy`, `refusal` | who may do what, and the answer to whoever may not |
//! | `asked` | what a session waits for when its command has asked the outside |
//! | `reply` | answers to the connection that acts |
//! | `apply` | the one place that changes accounts, channels and members, by an event |
//! | `deliver`, `audience`, `stamp`, `spoken` | an event as lines: to whom, with which tags, in how many |
//! | `session`, `sessions`, [`numbers`], `leave` | a connection as the rules see it, how it is found, how it ends |
//! | `members`, `people`, `absence`, `monitors`, `whowas` | who is where, who is away or gone, and who wants to know |
//! | [`modes`], `invites` | what the modes of a channel say; who is invited into one |
//! | [`recent`], `playback` | what was said lately, and how it is played to those who missed it |
//! | [`operators`], `duty` | what operators of the server may do, and what they are told |
//! | [`bans`], [`filter`], `filtered`, `slow`, `lookalikes` | who and what is kept out or slowed down |
//! | [`proofs`] | by what accounts prove who they are, as far as it is judged here |
//! | [`invitations`], `throttle`, [`allowance`] | who may register, and how often something may be tried |
//! | `turned_down`, `refused`, [`census`], `headcount` | what operators, accounts and those who watch learn of it, in numbers too |
//! | [`settings`], `limits` | what an operator decides, and the bounds |
//! | [`key`] | where everything that looks random comes from |
//! | `testing` | a world to try the rules on |

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
pub mod proofs;
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
