//! METADATA: keys and values of people and channels.
//!
//! Specification: IRCv3 `draft/metadata-2`; of the codes of its standard replies those that current clients know (`KEY_INVALID`,
//! `KEY_NOT_SET`, `VALUE_INVALID`, `SUBCOMMAND_INVALID`). What accounts and channels have lasts: each change is an event. What a guest
//! has ends with its connection, and so do subscriptions. Everything is visible to everybody who sees its owner.

use super::past::reply_in_batch;
use crate::chat::apply::Metadata;
use crate::chat::call::Call;
use crate::chat::event::{ChannelId, Event, MetadataOwner, Place};
use crate::chat::limits::{self, Limits};
use crate::chat::policy::channel as policy;
use crate::chat::policy::repeated;
use crate::chat::ports::ConnId;
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Person;
use crate::chat::world::{Draft, World};
use crate::proto::caps::{Cap, CapSet};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::Line;
use crate::proto::names::ChannelName;
use crate::proto::numerics::{RPL_KEYNOTSET, RPL_KEYVALUE, RPL_METADATASUBOK, RPL_METADATASUBS, RPL_METADATAUNSUBOK};

/// The type of the batch.
const BATCH_TYPE: &str = "metadata";

/// The value of the capability: under the names of the text, and under those that newer clients look for.
pub(crate) fn limits_value(limits: &Limits) -> String {
    let (subs, keys) = (limits.metadata_subscriptions_max, limits.metadata_keys_max);
    let bytes = limits.metadata_value_bytes_max;
    format!("maxsub={subs},maxkey={keys},max-subs={subs},max-keys={keys},max-value-bytes={bytes}")
}

/// Somebody or something that has keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Person(Person),
    Channel(ChannelId),
}

/// `METADATA <target> <subcommand> [<parameter>…]`.
pub(crate) fn metadata(world: &mut World, call: &Call<'_>) -> Handled {
    let subcommand = call.param(1).to_ascii_uppercase();
    let handler: fn(&mut World, &Call<'_>, Owner) -> Handled = match subcommand.as_str() {
        "GET" => get,
        "LIST" => list,
        "SET" => set,
        "CLEAR" => clear,
        "SUB" => subscribe,
        "UNSUB" => unsubscribe,
        "SUBS" => subscriptions,
        "SYNC" => sync,
        _ => return Err(Refusal::fail("SUBCOMMAND_INVALID", &[call.param(1)], "server-unknown-subcommand")),
    };
    let owner = find(world, call.conn, call.param(0))
        .ok_or_else(|| Refusal::fail("INVALID_TARGET", &[call.param(0)], "server-metadata-invalid-target"))?;
    if let Owner::Channel(id) = owner
        && let Some(channel) = world.state.channel(id)
        && !policy::may_read_about(channel, &world.asker(call.conn, id))
    {
        let text = "server-metadata-members-only";
        return Err(Refusal::fail("KEY_NO_PERMISSION", &[call.param(0), "*"], text));
    }
    handler(world, call, owner)
}

/// Whom a target means; nobody for what one may not see.
fn find(world: &World, conn: ConnId, target: &str) -> Option<Owner> {
    if target == "*" {
        return Some(Owner::Person(world.person_of(conn)));
    }
    if ChannelName::looks_like(target) {
        let id = world.channel_called(target).ok()?;
        let channel = world.state.channel(id)?;
        return policy::may_see(channel, &world.asker(conn, id)).then_some(Owner::Channel(id));
    }
    world.person_called(target).map(Owner::Person)
}

fn name_of(world: &World, owner: Owner) -> String {
    match owner {
        Owner::Person(person) => world.name_of(person),
        Owner::Channel(channel) => world.channel_name(channel),
    }
}

fn durable_owner(world: &World, owner: Owner) -> Option<MetadataOwner> {
    match owner {
        Owner::Channel(channel) => Some(MetadataOwner::Channel(channel)),
        Owner::Person(Person::Account(account)) => Some(MetadataOwner::Account(account)),
        Owner::Person(Person::Correspondent) => Some(MetadataOwner::Account(world.correspondent_account())),
        Owner::Person(Person::Guest(_)) => None,
    }
}

/// What an owner has.
fn known(world: &World, owner: Owner) -> Metadata {
    match (durable_owner(world, owner), owner) {
        (Some(owner), _) => world.state.metadata(owner).cloned().unwrap_or_default(),
        (None, Owner::Person(Person::Guest(guest))) => world.session(guest).seldom().metadata.clone(),
        (None, _) => Metadata::new(),
    }
}

/// What is told of an owner waits until it is committed.
fn shows(world: &mut World, owner: Owner) {
    match durable_owner(world, owner) {
        Some(MetadataOwner::Channel(channel)) => world.shows(channel),
        Some(MetadataOwner::Account(account)) => {
            world.shows_seq(world.state.account(account).map_or_else(Default::default, |account| account.last_seq));
        }
        None => {}
    }
}

/// A key as it is compared and stored; none when it is no key.
fn key_of(text: &str) -> Option<String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:-".contains(&byte);
    let is_key = !text.is_empty()
        && text.len() <= limits::METADATA_KEY_BYTES_MAX
        && !text.starts_with(':')
        && text.bytes().all(is_allowed);
    is_key.then(|| text.to_ascii_lowercase())
}

/// A FAIL that may stand in a batch.
fn fail(world: &World, conn: ConnId, code: &str, context: &[&str], text: &'static str) -> Line {
    let line = world.server_line("FAIL").param("METADATA").param(code);
    let line = context.iter().fold(line, |line, param| line.param(repeated(param)));
    line.trailing(&world.say(conn, &Text::new(text)))
}

fn key_invalid(world: &World, conn: ConnId, key: &str) -> Line {
    fail(world, conn, "KEY_INVALID", &[key], "server-metadata-key-invalid")
}

/// 761, or 766 when the key has no value.
fn key_value(world: &World, conn: ConnId, target: &str, key: &str, value: Option<&str>) -> Line {
    match value {
        Some(value) => world.numeric(conn, RPL_KEYVALUE).param(target).param(key).param("*").trailing(value),
        None => world.numeric(conn, RPL_KEYNOTSET).param(target).param(key).trailing("key not set"),
    }
}

/// Lines in a batch whose parameter says whom they are about, or `*` for several.
fn reply_batch(world: &mut World, conn: ConnId, target: &str, lines: Vec<Line>) {
    let head = world.server_line("BATCH");
    reply_in_batch(world, conn, head, BATCH_TYPE, Some(target), lines);
}

/// Keys as parameters of their own, in as many numerics as it takes.
fn reply_keys(world: &mut World, conn: ConnId, numeric: &'static str, keys: &[String]) {
    /// Of the 15 parameters of a line one is the client's nick.
    const KEYS_MAX: usize = 14;
    let mut line = world.numeric(conn, numeric);
    let mut count = 0;
    for key in keys {
        let longer = line.clone().param(key);
        if count == KEYS_MAX || longer.body_bytes() > BODY_BYTES_MAX {
            world.reply(conn, std::mem::replace(&mut line, world.numeric(conn, numeric).param(key)));
            count = 1;
        } else {
            line = longer;
            count += 1;
        }
    }
    world.reply(conn, line);
}

fn keys<'a>(call: &'a Call<'_>) -> Result<&'a [&'a str], Refusal> {
    call.message.params().get(2..).filter(|keys| !keys.is_empty()).ok_or_else(|| call.needs_more_params())
}

fn get(world: &mut World, call: &Call<'_>, owner: Owner) -> Handled {
    let keys = keys(call)?;
    shows(world, owner);
    let (target, known) = (name_of(world, owner), known(world, owner));
    let lines = keys.iter().map(|text| match key_of(text) {
        Some(key) => key_value(world, call.conn, &target, &key, known.get(&key).map(String::as_str)),
        None => key_invalid(world, call.conn, text),
    });
    let lines = lines.collect();
    reply_batch(world, call.conn, &target, lines);
    Ok(())
}

fn list(world: &mut World, call: &Call<'_>, owner: Owner) -> Handled {
    shows(world, owner);
    let (target, known) = (name_of(world, owner), known(world, owner));
    let lines = known.iter().map(|(key, value)| key_value(world, call.conn, &target, key, Some(value)));
    let lines = lines.collect();
    reply_batch(world, call.conn, &target, lines);
    Ok(())
}

/// Whether a session may change what an owner has: itself, and the channels that it operates.
fn may_change(world: &World, conn: ConnId, owner: Owner) -> bool {
    match owner {
        Owner::Person(person) => person == world.person_of(conn),
        Owner::Channel(channel) => policy::is_channel_operator(&world.asker(conn, channel)),
    }
}

fn no_permission(target: &str, key: &str) -> Refusal {
    Refusal::fail("KEY_NO_PERMISSION", &[target, key], "server-metadata-no-permission")
}

fn set(world: &mut World, call: &Call<'_>, owner: Owner) -> Handled {
    let conn = call.conn;
    let text = *keys(call)?.first().ok_or_else(|| call.needs_more_params())?;
    let target = name_of(world, owner);
    let key = key_of(text).ok_or_else(|| Refusal::fail("KEY_INVALID", &[text], "server-metadata-key-invalid"))?;
    if !may_change(world, conn, owner) {
        return Err(no_permission(&target, &key));
    }
    let known = known(world, owner);
    let value = call.message.param(3).filter(|value| !value.is_empty());
    if value.is_none() && !known.contains_key(&key) {
        return Err(Refusal::fail("KEY_NOT_SET", &[&target, &key], "server-metadata-key-not-set"));
    }
    if value.is_some_and(|value| value.len() > world.settings.limits.metadata_value_bytes_max) {
        return Err(Refusal::fail("VALUE_INVALID", &[], "server-metadata-value-invalid"));
    }
    if value.is_some() && known.len() >= world.settings.limits.metadata_keys_max && !known.contains_key(&key) {
        return Err(Refusal::fail("LIMIT_REACHED", &[&target], "server-metadata-limit-reached"));
    }
    change(world, conn, owner, &key, value)?;
    let line = key_value(world, conn, &target, &key, value);
    world.reply(conn, line);
    Ok(())
}

/// Changes one key and tells it.
fn change(world: &mut World, conn: ConnId, owner: Owner, key: &str, value: Option<&str>) -> Handled {
    let target = name_of(world, owner);
    let place = match owner {
        Owner::Channel(channel) => Place::Channel(channel),
        Owner::Person(Person::Guest(guest)) => {
            let metadata = &mut world.session_mut(guest).seldom_mut().metadata;
            match value {
                Some(value) => drop(metadata.insert(key.to_owned(), value.to_owned())),
                None => drop(metadata.remove(key)),
            }
            let receivers = world.peers(guest);
            let source = world.session(guest).source();
            world.tell_metadata(&receivers, &source, &target, key, value);
            return Ok(());
        }
        Owner::Person(Person::Account(_) | Person::Correspondent) => Place::Server,
    };
    world.require_journal(&[&target, key])?;
    let author = world.session(conn).author();
    let event = Event::MetadataSet { key: key.to_owned(), value: value.map(str::to_owned) };
    world.append(Draft::new(author, place, &target, event));
    Ok(())
}

fn clear(world: &mut World, call: &Call<'_>, owner: Owner) -> Handled {
    let target = name_of(world, owner);
    if !may_change(world, call.conn, owner) {
        return Err(no_permission(&target, "*"));
    }
    let mut lines = Vec::new();
    for key in known(world, owner).into_keys() {
        change(world, call.conn, owner, &key, None)?;
        lines.push(key_value(world, call.conn, &target, &key, None));
    }
    reply_batch(world, call.conn, &target, lines);
    Ok(())
}

fn subscribe(world: &mut World, call: &Call<'_>, _owner: Owner) -> Handled {
    let conn = call.conn;
    let mut subscribed = Vec::new();
    for text in keys(call)? {
        let Some(key) = key_of(text) else {
            let line = key_invalid(world, conn, text);
            world.reply(conn, line);
            continue;
        };
        let subscriptions_max = world.settings.limits.metadata_subscriptions_max;
        let own = &mut world.session_mut(conn).seldom_mut().metadata_keys;
        if own.len() >= subscriptions_max {
            let line = fail(world, conn, "TOO_MANY_SUBS", &[&key], "server-metadata-too-many-subs");
            world.reply(conn, line);
            break;
        }
        if !own.contains(&key) {
            own.push(key.clone());
        }
        if !subscribed.contains(&key) {
            subscribed.push(key);
        }
    }
    if subscribed.is_empty() {
        return Ok(());
    }
    reply_keys(world, conn, RPL_METADATASUBOK, &subscribed);
    // What is there already of these keys.
    let mut owners = vec![Owner::Person(world.person_of(conn))];
    for channel in world.channels_of(conn) {
        owners.extend(owners_in(world, channel));
    }
    world.show_metadata(conn, "*", owners, &subscribed, false);
    Ok(())
}

fn unsubscribe(world: &mut World, call: &Call<'_>, _owner: Owner) -> Handled {
    let conn = call.conn;
    let mut gone = Vec::new();
    for text in keys(call)? {
        let Some(key) = key_of(text) else {
            let line = key_invalid(world, conn, text);
            world.reply(conn, line);
            continue;
        };
        world.session_mut(conn).seldom_mut().metadata_keys.retain(|known| *known != key);
        if !gone.contains(&key) {
            gone.push(key);
        }
    }
    if !gone.is_empty() {
        reply_keys(world, conn, RPL_METADATAUNSUBOK, &gone);
    }
    Ok(())
}

fn subscriptions(world: &mut World, call: &Call<'_>, _owner: Owner) -> Handled {
    let keys = world.session(call.conn).seldom().metadata_keys.clone();
    if !keys.is_empty() {
        reply_keys(world, call.conn, RPL_METADATASUBS, &keys);
    }
    Ok(())
}

fn sync(world: &mut World, call: &Call<'_>, owner: Owner) -> Handled {
    let owners = match owner {
        Owner::Channel(channel) => owners_in(world, channel),
        Owner::Person(_) => vec![owner],
    };
    let (target, keys) = (name_of(world, owner), world.session(call.conn).seldom().metadata_keys.clone());
    world.show_metadata(call.conn, &target, owners, &keys, true);
    Ok(())
}

/// A channel and those who are in it.
fn owners_in(world: &World, id: ChannelId) -> Vec<Owner> {
    let Some(channel) = world.state.channel(id) else { return Vec::new() };
    let members = world.present_members(channel).into_iter();
    let members = members.map(|(conn, _)| Owner::Person(world.person_of(conn)));
    std::iter::once(Owner::Channel(id)).chain(members).collect()
}

/// `METADATA <target> <key> * [:<value>]`.
fn notification(source: &str, target: &str, key: &str, value: Option<&str>) -> Line {
    let line = Line::new("METADATA").source(source).param(target).param(key).param("*");
    value.into_iter().fold(line, Line::trailing)
}

impl World {
    /// Tells a change to those of these who know the capability and have subscribed to the key; never to who has made it.
    pub(crate) fn tell_metadata(
        &mut self,
        receivers: &[ConnId],
        source: &str,
        target: &str,
        key: &str,
        value: Option<&str>,
    ) {
        let mut receivers = receivers.to_vec();
        receivers.sort_unstable();
        receivers.dedup();
        receivers.retain(|receiver| {
            let session = self.session(*receiver);
            Some(*receiver) != self.turn_actor()
                && session.has(Cap::Metadata)
                && session.seldom().metadata_keys.iter().any(|known| known == key)
        });
        let stamp = crate::chat::stamp::Stamp::at(self.now);
        let line = notification(source, target, key, value);
        self.tell(&receivers, &stamp, CapSet::EMPTY, false, |_| Some(line.clone()));
    }

    /// What these have of some keys, in a batch; without `always` nothing when there is nothing. Bounded: the rest is left out.
    fn show_metadata(&mut self, conn: ConnId, about: &str, mut owners: Vec<Owner>, keys: &[String], always: bool) {
        let mut seen: Vec<Owner> = Vec::new();
        owners.truncate(limits::METADATA_OWNERS_SHOWN_MAX);
        let mut lines = Vec::new();
        for owner in owners {
            let known = known(self, owner);
            if known.is_empty() || seen.contains(&owner) {
                continue;
            }
            seen.push(owner);
            shows(self, owner);
            let target = name_of(self, owner);
            let wanted = keys.iter().filter_map(|key| Some((key, known.get(key)?)));
            let server = &self.settings.server_name;
            lines.extend(wanted.map(|(key, value)| notification(server, &target, key, Some(value))));
        }
        if always || !lines.is_empty() {
            reply_batch(self, conn, about, lines);
        }
    }

    /// What a channel and its people have of the keys that a session has subscribed to, as it follows its own JOIN.
    pub(crate) fn show_channel_metadata(&mut self, conn: ConnId, channel: ChannelId) {
        let session = self.session(conn);
        if session.has(Cap::Metadata) && !session.seldom().metadata_keys.is_empty() {
            let (keys, owners) = (session.seldom().metadata_keys.clone(), owners_in(self, channel));
            let name = self.channel_name(channel);
            self.show_metadata(conn, &name, owners, &keys, false);
        }
    }

    /// What a session has itself: told once it is welcomed and knows the capability.
    pub(crate) fn show_own_metadata(&mut self, conn: ConnId) {
        if self.session(conn).has(Cap::Metadata) && self.session(conn).is_welcome {
            let own = Owner::Person(self.person_of(conn));
            let keys: Vec<String> = known(self, own).into_keys().collect();
            let name = name_of(self, own);
            self.show_metadata(conn, &name, vec![own], &keys, true);
        }
    }
}
