//! The wire: IRC as described by Modern IRC, plus IRCv3, as pure data.
//!
//! Nothing here does input or output, reads a clock, draws a random number or knows a channel's members. Both the
//! server's rules (`chat`) and the client stand on it; it names no other module of the crate.
//!
//! | file | what it holds |
//! |---|---|
//! | [`line`](mod@line), [`message`] | bytes into lines, a line into a message, and back |
//! | [`names`], [`casemapping`], [`mask`] | who is meant: checked names, how networks compare them, patterns |
//! | [`numerics`], [`caps`], [`isupport`], [`modes`] | the tables: replies, capabilities, what a server says of itself, modes |
//! | [`text`], [`multiline`] | what people write: safe to show, cut into messages, over several lines |
//! | [`history`] | the questions of CHATHISTORY |
//! | [`sasl`], [`scram`], [`secret`] | logging in, and texts that are never shown |
//! | [`time`] | moments, as `server-time` writes them |

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
