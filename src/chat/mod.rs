//! The server's rules, pure: `World::handle(now, Input, &mut Effects)`.
pub mod event;
pub mod ports;
