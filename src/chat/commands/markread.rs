//! MARKREAD: how far somebody has read a conversation.
//!
//! Specification: IRCv3 `draft/read-marker`. Markers of accounts are events; they only rise, and every session of the account is
//! told. Those of guests, and those of names behind which there is no conversation of accounts, live with the session.

use super::history::reader;
use crate::chat::call::Call;
use crate::chat::event::{ChannelId, Event, Place};
use crate::chat::limits;
use crate::chat::policy::channel as policy;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::{Draft, World};
use crate::proto::caps::Cap;
use crate::proto::message::Line;
use crate::proto::names::ChannelName;
use crate::proto::time::Timestamp;

/// `MARKREAD <target> [timestamp=<time>]`.
pub(crate) fn markread(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let target = call.param(0);
    if target.is_empty() {
        return Err(Refusal::fail("NEED_MORE_PARAMS", &[], "server-missing-parameters"));
    }
    let marked = call.message.param(1).map(|text| {
        let time = text.strip_prefix("timestamp=").and_then(Timestamp::parse);
        time.ok_or_else(|| Refusal::fail("INVALID_PARAMS", &[target, text], "server-invalid-parameters"))
    });
    // Nobody has read what is still to come.
    let marked = marked.transpose()?.map(|time| time.min(world.now));
    match conversation(world, conn, target) {
        Some((place, name)) => mark_conversation(world, conn, place, &name, marked),
        None => mark_name(world, conn, target, marked),
    }
}

/// The conversation whose marker the record keeps, and what it is called.
fn conversation(world: &World, conn: ConnId, target: &str) -> Option<(Place, String)> {
    let own = reader(world, conn)?;
    if ChannelName::looks_like(target) {
        let id = world.channel_called(target).ok()?;
        let channel = world.state.channel(id)?;
        let is_seen = policy::may_see(channel, &world.asker(conn, id));
        return is_seen.then(|| (Place::Channel(id), channel.name.to_string()));
    }
    let person = world.person_called(target)?;
    let other = match person {
        Person::Account(account) => account,
        Person::Correspondent => world.correspondent_account(),
        Person::Guest(_) => return None,
    };
    Some((Place::direct(own, other), world.name_of(person)))
}

fn mark_conversation(world: &mut World, conn: ConnId, place: Place, name: &str, marked: Option<Timestamp>) -> Handled {
    let Some(own) = reader(world, conn) else { return Ok(()) };
    let known = world.state.read_marker(own, place);
    let Some(until) = marked.filter(|until| known.is_none_or(|known| known < *until)) else {
        world.shows_seq(world.state.account(own).map_or_else(Default::default, |account| account.last_seq));
        let line = marker(world, name, known);
        world.reply(conn, line);
        return Ok(());
    };
    if world.is_stalled() {
        return Err(Refusal::fail("INTERNAL_ERROR", &[name], "server-read-marker-not-set"));
    }
    let author = world.session(conn).author();
    world.append(Draft::new(author, Place::Server, name, Event::MarkedRead { place, until }));
    Ok(())
}

fn mark_name(world: &mut World, conn: ConnId, target: &str, marked: Option<Timestamp>) -> Handled {
    let key = target.to_lowercase();
    let markers = &mut world.session_mut(conn).seldom_mut().read_markers;
    let known = markers.get(&key).copied();
    if let Some(until) = marked.filter(|until| known.is_none_or(|known| known < *until)) {
        if known.is_none() && markers.len() >= limits::GUEST_READ_MARKERS_MAX {
            return Err(Refusal::fail("INTERNAL_ERROR", &[target], "server-read-marker-not-set"));
        }
        markers.insert(key, until);
    }
    let line = marker(world, target, known.max(marked));
    world.reply_whole(conn, line)
}

/// `MARKREAD <target> timestamp=<time>|*`.
fn marker(world: &World, name: &str, until: Option<Timestamp>) -> Line {
    let until = until.map_or_else(|| "*".to_owned(), |until| format!("timestamp={until}"));
    world.server_line("MARKREAD").param(name).param(&until)
}

impl World {
    /// Tells the sessions of who has read something, the one that said so in any case.
    pub(crate) fn tell_marker(&mut self, receivers: &[ConnId], name: &str, until: Timestamp) {
        let line = marker(self, name, Some(until));
        for receiver in receivers {
            if self.turn_actor() == Some(*receiver) || self.session(*receiver).has(Cap::ReadMarker) {
                self.reply(*receiver, line.clone());
            }
        }
    }

    /// The marker of a channel, as it follows one's own JOIN.
    pub(crate) fn show_marker(&mut self, conn: ConnId, channel: ChannelId) {
        if !self.session(conn).has(Cap::ReadMarker) {
            return;
        }
        let name = self.channel_name(channel);
        let until = match reader(self, conn) {
            Some(own) => self.state.read_marker(own, Place::Channel(channel)),
            None => self.session(conn).seldom().read_markers.get(&name.to_lowercase()).copied(),
        };
        let line = marker(self, &name, until);
        self.reply(conn, line);
    }
}
