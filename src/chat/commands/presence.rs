//! AWAY, SETNAME: what a session says about the person behind it, and who is told.
//!
//! Specifications: Modern IRC, "AWAY message"; IRCv3 `away-notify`, `pre-away`, `setname`, `account-notify`, `chghost`,
//! `extended-monitor`. Somebody with several sessions is away when all of these are; others are told only when that changes.

use crate::chat::call::Call;
use crate::chat::event::ChannelId;
use crate::chat::policy::cut;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::world::World;
use crate::proto::caps::{Cap, CapSet};
use crate::proto::message::Line;
use crate::proto::numerics::{RPL_NOWAWAY, RPL_UNAWAY};

/// `AWAY [<reason>]`, before the welcome too by `draft/pre-away`.
pub(crate) fn away(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    call.must_be_welcome_or_have(world, Cap::PreAway)?;
    let is_welcome = world.session(conn).is_welcome;
    let before = is_welcome.then(|| world.away_of(world.person_of(conn)));
    let reason = cut(call.param(0), world.settings.limits.away_bytes_max);
    world.session_mut(conn).seldom_mut().away = (!reason.is_empty()).then(|| reason.to_owned());
    let line = if reason.is_empty() {
        world.numeric(conn, RPL_UNAWAY).trailing("You are no longer marked as being away")
    } else {
        world.numeric(conn, RPL_NOWAWAY).trailing("You have been marked as being away")
    };
    world.reply(conn, line);
    if let Some(before) = before {
        world.tell_change_of_away(conn, before.as_deref());
    }
    Ok(())
}

fn tell_away(world: &mut World, conn: ConnId, receivers: &[ConnId], reason: Option<&str>) {
    let line = Line::new("AWAY").source(&world.session(conn).source());
    tell_those_with(world, conn, receivers, Cap::AwayNotify, &reason.into_iter().fold(line, Line::trailing));
}

/// Something about the person behind a session, to those who asked for it. Sheddable: it says how things are, and is not kept.
fn tell_those_with(world: &mut World, conn: ConnId, receivers: &[ConnId], cap: Cap, line: &Line) {
    let stamp = world.stamp_of(conn);
    world.tell(receivers, &stamp, CapSet::of(&[cap]), true, |caps| caps.has(cap).then(|| line.clone()));
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

    /// Tells whether the person behind a session is away now, when that was different before.
    pub(in crate::chat) fn tell_change_of_away(&mut self, conn: ConnId, before: Option<&str>) {
        let after = self.away_of(self.person_of(conn));
        if before != after.as_deref() {
            let observers = self.observers(conn);
            tell_away(self, conn, &observers, after.as_deref());
        }
    }

    /// A welcomed session has logged in to an account.
    pub(crate) fn tell_account(&mut self, conn: ConnId, account: &str) {
        let line = Line::new("ACCOUNT").source(&self.session(conn).source()).param(account);
        let observers = self.observers(conn);
        tell_those_with(self, conn, &observers, Cap::AccountNotify, &line);
    }

    /// A session takes over the user name of its account's others: who tracks user and host is told. `source` is the old one.
    pub(crate) fn tell_new_user(&mut self, conn: ConnId, receivers: &[ConnId], source: &str) {
        let session = self.session(conn);
        let line = Line::new("CHGHOST").source(source).param(session.user()).param(&session.host);
        tell_those_with(self, conn, receivers, Cap::ChgHost, &line);
    }
}

/// `SETNAME <real name>`.
pub(crate) fn setname(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let realname = call.param(0);
    if realname.is_empty() || realname.len() > world.settings.limits.realname_bytes_max {
        return Err(Refusal::fail("INVALID_REALNAME", &[], "server-invalid-realname"));
    }
    let person = world.person_of(conn);
    let own = world.sessions_of(person);
    for session in &own {
        world.session_mut(*session).realname = realname.into();
    }
    let mut receivers = own;
    receivers.extend(world.observers(conn));
    let line = Line::new("SETNAME").source(&world.session(conn).source()).trailing(realname);
    tell_those_with(world, conn, &receivers, Cap::SetName, &line);
    Ok(())
}
