//! What the server says of itself, and whether a question is for it: there is one server, so a question to another one is
//! answered by 402.

use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::numerics::ERR_NOSUCHSERVER;

/// The program's name and version.
pub(crate) const VERSION: &str = concat!("chat-server-", env!("CARGO_PKG_VERSION"));

/// The question is for this server: without a target, by a mask of its name, or by the nick of somebody here.
pub(crate) fn is_for_us(world: &World, target: &str) -> Handled {
    let server = world.settings.server_name.to_lowercase();
    let is_ours = target.is_empty() || glob(&fold_mask(target), &server) || world.person_called(target).is_some();
    if is_ours { Ok(()) } else { Err(Refusal::numeric(ERR_NOSUCHSERVER, &[target], "No such server")) }
}
