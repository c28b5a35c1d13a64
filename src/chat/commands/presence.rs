//! AWAY, SETNAME: what a session says about the person behind it.
//!
//! Specifications: Modern IRC, "AWAY message"; IRCv3 `away-notify`, `setname`. Somebody with several sessions is away when all of
//! these are; others are told only when that changes.

use crate::chat::call::Call;
use crate::chat::event::ChannelId;
use crate::chat::limits;
use crate::chat::policy::cut;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::caps::{Cap, CapSet};
use crate::proto::message::Line;
use crate::proto::numerics::{RPL_NOWAWAY, RPL_UNAWAY};

/// `AWAY [<reason>]`.
pub(crate) fn away(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let person = world.person_of(conn);
    let before = world.away_of(person);
    let reason = cut(call.param(0), limits::AWAY_BYTES_MAX);
    world.session_mut(conn).away = (!reason.is_empty()).then(|| reason.to_owned());
    let line = if reason.is_empty() {
        world.numeric(conn, RPL_UNAWAY).trailing("You are no longer marked as being away")
    } else {
        world.numeric(conn, RPL_NOWAWAY).trailing("You have been marked as being away")
    };
    world.reply(conn, line);
    let after = world.away_of(person);
    if before != after {
        let peers = world.peers(conn);
        tell_away(world, conn, &peers, after.as_deref());
    }
    Ok(())
}

fn tell_away(world: &mut World, conn: ConnId, receivers: &[ConnId], reason: Option<&str>) {
    let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
    let line = Line::new("AWAY").source(&source);
    let line = reason.into_iter().fold(line, Line::trailing);
    let varies = CapSet::of(&[Cap::AwayNotify]);
    world.tell(receivers, &stamp, varies, true, |caps| caps.has(Cap::AwayNotify).then(|| line.clone()));
}

impl World {
    /// Who joins while away is shown so to the others in the channel.
    pub(crate) fn tell_away_of_joiner(&mut self, conn: ConnId, channel: ChannelId) {
        let person = self.person_of(conn);
        let Some(reason) = self.away_of(person) else { return };
        let own = self.sessions_of(person);
        let mut receivers = self.channel_sessions(channel);
        receivers.retain(|receiver| !own.contains(receiver));
        tell_away(self, conn, &receivers, Some(&reason));
    }
}

/// `SETNAME <real name>`.
pub(crate) fn setname(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let realname = call.param(0);
    if realname.is_empty() || realname.len() > limits::REALNAME_BYTES_MAX {
        return Err(Refusal::fail("INVALID_REALNAME", &[], "server-invalid-realname"));
    }
    let person = world.person_of(conn);
    let own = world.sessions_of(person);
    for session in &own {
        realname.clone_into(&mut world.session_mut(*session).realname);
    }
    let mut receivers = own;
    receivers.extend(world.peers(conn));
    let (stamp, source) = (world.stamp_of(conn), world.session(conn).source());
    let line = Line::new("SETNAME").source(&source).trailing(realname);
    let varies = CapSet::of(&[Cap::SetName]);
    world.tell(&receivers, &stamp, varies, true, |caps| caps.has(Cap::SetName).then(|| line.clone()));
    Ok(())
}
