//! PING, PONG, QUIT, ERROR: keeping a connection, and ending it.
//!
//! Specification: Modern IRC, "PING message", "PONG message", "QUIT message", "ERROR message".

use crate::chat::call::Call;
use crate::chat::policy::cut;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::numerics::ERR_NOORIGIN;

/// `PING <token>` is answered by `PONG <server> <token>`, once everything that was decided before is told.
pub(crate) fn ping(world: &mut World, call: &Call<'_>) -> Handled {
    let Some(token) = call.message.param(0) else {
        return Err(Refusal::numeric(ERR_NOORIGIN, &[], "No origin specified"));
    };
    world.comes_after_all();
    let line = world.server_line("PONG").param(&world.settings.server_name).trailing(token);
    world.reply_whole(call.conn, line)
}

/// `PONG` was heard already: every line shows that its connection is alive.
pub(crate) fn pong(_: &mut World, _: &Call<'_>) -> Handled {
    Ok(())
}

/// `QUIT [<reason>]`.
pub(crate) fn quit(world: &mut World, call: &Call<'_>) -> Handled {
    let reason = cut(call.param(0), world.settings.limits.reason_bytes_max);
    let told = if reason.is_empty() { "Quit".to_owned() } else { format!("Quit: {reason}") };
    world.close_saying(call.conn, &told, &told);
    Ok(())
}

/// `ERROR` is for servers; from a client it means nothing.
pub(crate) fn error(_: &mut World, _: &Call<'_>) -> Handled {
    Ok(())
}
