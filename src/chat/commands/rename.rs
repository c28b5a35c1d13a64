//! RENAME: a channel is called otherwise.
//!
//! Specification: IRCv3 `draft/channel-rename`. Members, modes, topic and history stay; the name before is free again.

use crate::chat::call::Call;
use crate::chat::event::Event;
use crate::chat::policy::channel as policy;
use crate::chat::policy::{allows_letters, cut};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::names::ChannelName;

/// Bytes of the reason. Beyond: it is cut. Both names stand in the same line.
const REASON_BYTES_MAX: usize = 200;

/// `RENAME <channel> <new name> [<reason>]`.
pub(crate) fn rename(world: &mut World, call: &Call<'_>) -> Handled {
    let (old, new) = (call.param(0), call.param(1));
    let id = world.find_channel(old)?;
    let asker = world.asker(call.conn, id);
    let Some(channel) = world.state.channel(id) else { return Ok(()) };
    policy::may_rename(channel, &asker)?;
    let cannot = || Refusal::fail("CANNOT_RENAME", &[old, new], "server-rename-impossible");
    let name = ChannelName::new(new).map_err(|_| cannot())?;
    if !allows_letters(&world.settings, new) {
        return Err(cannot());
    }
    if name.as_str() == channel.name.as_str() {
        return Err(cannot());
    }
    if world.state.channel_named(name.folded()).is_some_and(|taken| taken.id != id) {
        return Err(Refusal::fail("CHANNEL_NAME_IN_USE", &[old, new], "server-rename-taken"));
    }
    world.require_journal(&[old, new])?;
    let reason = cut(call.param(2), REASON_BYTES_MAX).to_owned();
    world.append_to_channel(call.conn, id, Event::ChannelRenamed { name, reason });
    Ok(())
}
