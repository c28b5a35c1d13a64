//! The server's rules, pure: `World::handle(now, Input, &mut Effects)`.
pub mod event;
pub mod modes;
pub mod ports;
pub mod recent;
