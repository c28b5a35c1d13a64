//! The wire: IRC as described by Modern IRC, plus IRCv3, as pure data.
//!
//! Nothing here does input or output, reads a clock, draws a random number or knows a channel's members. Both the
//! server's rules (`chat`) and the client stand on it; it names no other module of the crate.

pub mod caps;
pub mod casemapping;
pub mod history;
pub mod isupport;
pub mod line;
pub mod mask;
pub mod message;
pub mod modes;
pub mod multiline;
pub mod names;
pub mod numerics;
pub mod sasl;
pub mod scram;
pub mod secret;
pub mod text;
pub mod time;
