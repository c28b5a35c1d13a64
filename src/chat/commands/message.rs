//! PRIVMSG, NOTICE, TAGMSG: what people say to each other.
//!
//! Specifications: Modern IRC, "Sending Messages"; IRCv3 `message-tags`, `echo-message`, `message-ids`.
//!
//! A message is an event, whoever it is for: somebody who is not there finds it in history. One to those of a rank in a channel
//! (`@#tea`, `STATUSMSG`) is for those who are there, and in nobody's history. TAGMSG is told at
//! once and is not in the record (typing), but for reactions and what asks to be kept, which are events like messages. A message that would not fit into a line with its source is refused with 417, because
//! nothing may be lost silently; so a text of a NOTICE, to which no error is answered, is refused by FAIL only.

use super::address::obeys_allow;
use super::channel::no_such_nick;
use super::playback;
use crate::chat::call::Call;
use crate::chat::deliver::IDEMPOTENCY_TAG;
use crate::chat::event::{BanEffect, Event, MessageKind, Place};
use crate::chat::filtered::Hit;
use crate::chat::policy::channel as policy;
use crate::chat::ports::{ConnId, Notable};
use crate::chat::refusal::{Handled, Refusal, Text};
use crate::chat::session::Person;
use crate::chat::slow::Speaker;
use crate::chat::world::{Draft, World};
use crate::proto::caps::{Cap, CapSet};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::message::{Line, Message, Tag};
use crate::proto::multiline::Part;
use crate::proto::names::{ChannelName, IDEMPOTENCY_ID_BYTES_MAX};
use crate::proto::numerics::{
    ERR_INPUTTOOLONG, ERR_NORECIPIENT, ERR_NOSUCHNICK, ERR_NOTEXTTOSEND, ERR_TOOMANYTARGETS, RPL_AWAY,
};

/// `PRIVMSG <target>{,<target>} <text>`.
pub(crate) fn privmsg(world: &mut World, call: &Call<'_>) -> Handled {
    send(world, call, MessageKind::Privmsg)
}

/// `NOTICE <target>{,<target>} <text>`.
pub(crate) fn notice(world: &mut World, call: &Call<'_>) -> Handled {
    send(world, call, MessageKind::Notice)
}

fn send(world: &mut World, call: &Call<'_>, kind: MessageKind) -> Handled {
    let targets = match targets(call) {
        Ok(targets) => targets,
        Err(refusal) => return refuse(world, call, kind, refusal),
    };
    if let [only] = targets.as_slice()
        && playback::is_addressed(only)
    {
        return playback::obey(world, call.conn, call.param(1));
    }
    if call.param(1).is_empty() {
        return refuse(world, call, kind, Refusal::numeric(ERR_NOTEXTTOSEND, &[], "No text to send"));
    }
    for (place, target) in targets.iter().enumerate() {
        let sent = if place >= world.settings.limits.targets_max {
            Err(Refusal::numeric(ERR_TOOMANYTARGETS, &[target], "Too many targets"))
        } else {
            Said::of_line(world, call, kind, target).and_then(|said| send_one(world, call.conn, target, said))
        };
        if let Err(refusal) = sent {
            let _ = refuse(world, call, kind, refusal);
        }
        if place >= world.settings.limits.targets_max {
            break;
        }
    }
    Ok(())
}

/// What is said to one target.
pub(super) struct Said {
    /// By which command.
    pub kind: MessageKind,
    /// The whole text.
    pub text: String,
    /// The lines of a message of several, as they came; none for a message of one line.
    pub parts: Vec<Part>,
    /// The client-only tags that go with it.
    pub client_tags: String,
    /// Its author's own id.
    pub idempotency_id: Option<String>,
}

impl Said {
    fn of_line(world: &World, call: &Call<'_>, kind: MessageKind, target: &str) -> Result<Self, Refusal> {
        Ok(Self {
            kind,
            text: call.param(1).to_owned(),
            parts: Vec::new(),
            client_tags: client_tags(world, call.conn, &call.message),
            idempotency_id: idempotency_id(world, call, target)?,
        })
    }
}

fn targets<'a>(call: &Call<'a>) -> Result<Vec<&'a str>, Refusal> {
    let targets: Vec<&str> = call.param(0).split(',').filter(|target| !target.is_empty()).collect();
    if targets.is_empty() {
        let text = match call.command.name {
            "NOTICE" => "No recipient given (NOTICE)",
            "TAGMSG" => "No recipient given (TAGMSG)",
            _ => "No recipient given (PRIVMSG)",
        };
        return Err(Refusal::numeric(ERR_NORECIPIENT, &[], text));
    }
    Ok(targets)
}

/// Says a refusal. To a NOTICE no error numeric is answered, so that programs never answer each other for ever, unless its
/// sender has put a label on it and so waits for an answer; a FAIL is no part of such a circle.
fn refuse(world: &mut World, call: &Call<'_>, kind: MessageKind, refusal: Refusal) -> Handled {
    let is_silent = kind == MessageKind::Notice && matches!(refusal, Refusal::Numeric { .. }) && !world.has_label();
    if !is_silent {
        world.refuse(call.conn, call.command.name, refusal);
    }
    Ok(())
}

/// Where a message goes.
struct Target {
    place: Place,
    /// What it is called.
    name: String,
    /// Who it is, when it is one person.
    person: Option<Person>,
}

/// Says something to one target.
pub(super) fn send_one(world: &mut World, conn: ConnId, to: &str, said: Said) -> Handled {
    let Said { kind, text, parts, client_tags, idempotency_id } = said;
    let target = find(world, conn, to, &text)?;
    if target.person == Some(Person::Correspondent) && obeys_allow(world, conn, &text) {
        return Ok(());
    }
    let source = world.source_of(conn);
    let line = Line::new(kind.command()).source(&source).param(&target.name).trailing(&text);
    if parts.is_empty() && line.body_bytes() > BODY_BYTES_MAX {
        return Err(Refusal::numeric(ERR_INPUTTOOLONG, &[], "Input line was too long"));
    }
    sift(world, conn, &target, &text)?;
    keep_pace(world, conn, &target, idempotency_id.as_deref())?;
    let author = world.session(conn).author();
    let draft = Draft::new(author, target.place, &target.name, Event::Message { kind, text });
    let draft = draft.once(idempotency_id).in_parts(parts);
    let seq = world.append(draft.with_kept_tags(kept_tags(&client_tags)).with_client_tags(client_tags));
    world.session_mut(conn).note_said(seq);
    if kind == MessageKind::Privmsg
        && let Some(reason) = target.person.and_then(|person| world.away_of(person))
    {
        let away = world.numeric(conn, RPL_AWAY).param(&target.name).trailing(&reason);
        world.reply(conn, away);
    }
    Ok(())
}

/// Finds out where a message goes, and whether its sender may say something there.
fn find(world: &mut World, conn: ConnId, to: &str, text: &str) -> Result<Target, Refusal> {
    // Whoever is muted may still ask the operators why.
    let is_for_operators = to.eq_ignore_ascii_case(world.settings.correspondent.as_str());
    if !is_for_operators && let Some(text) = world.ban_on(conn, BanEffect::Mute) {
        return Err(Refusal::fail("MUTED", &[to], text));
    }
    if ChannelName::looks_like(to) {
        let id = world.channel_called(to)?;
        let asker = world.asker(conn, id);
        let Some(channel) = world.state.channel(id) else { return Err(no_such_nick(to)) };
        if let Err(refusal) = policy::may_speak(channel, &asker, text) {
            // It may show what is not committed yet: a kick, a ban, a mode.
            world.shows(id);
            return Err(refusal);
        }
        return Ok(Target { place: Place::Channel(id), name: channel.name.to_string(), person: None });
    }
    if let Some((id, lowest)) = world.status_target(to) {
        let asker = world.asker(conn, id);
        let Some(channel) = world.state.channel(id) else { return Err(no_such_nick(to)) };
        let name = format!("{}{}", lowest.sign, channel.name);
        let spoken = policy::may_speak(channel, &asker, text);
        // Who is meant may hang on what is not committed yet, like a refusal.
        world.shows(id);
        return spoken.map(|()| Target { place: Place::Unlisted, name, person: None });
    }
    let person = world.person_called(to).ok_or_else(|| no_such_nick(to))?;
    let own = world.account_behind(world.person_of(conn));
    // A guest's words are in no person's history: who is not here would not find them. The operators read the record.
    if own.is_none() && matches!(person, Person::Account(_)) && world.sessions_of(person).is_empty() {
        let text = "Not here now, and only people with an account can leave a message";
        return Err(Refusal::numeric(ERR_NOSUCHNICK, &[to], text));
    }
    let place = match (own, world.account_behind(person)) {
        // The correspondent does not talk to itself.
        (Some(own), Some(other)) if own == other && own == world.correspondent_account() => {
            return Err(no_such_nick(to));
        }
        (Some(own), Some(other)) => Place::direct(own, other),
        _ => Place::Unlisted,
    };
    Ok(Target { place, name: world.name_of(person), person: Some(person) })
}

/// Compares a message with the filters. Operators of the server say what they like, and anybody says it to them.
fn sift(world: &mut World, conn: ConnId, target: &Target, text: &str) -> Handled {
    let is_free = world.settings.filters.is_empty()
        || target.person == Some(Person::Correspondent)
        || world.rights_of(conn).is_some();
    if is_free {
        return Ok(());
    }
    let (speaker, now) = (Speaker::of(world.session(conn)), world.now);
    let hits = world.filtered.compare(&world.settings.filters, &speaker, text, now);
    let author = world.session(conn).name().to_owned();
    for hit in hits.iter().filter(|hit| hit.is_told) {
        let (filter, action) = (hit.name.clone(), hit.action);
        let (author, target) = (author.clone(), target.name.clone());
        world.log(Notable::Filtered { filter, author, target, action, is_dry_run: hit.is_dry_run });
    }
    if hits.iter().any(Hit::refuses) {
        return Err(Refusal::fail("FILTERED", &[&target.name], "server-filtered"));
    }
    Ok(())
}

/// Slow mode: whoever has just spoken in a channel waits before the next message.
fn keep_pace(world: &mut World, conn: ConnId, target: &Target, idempotency_id: Option<&str>) -> Handled {
    let Place::Channel(id) = target.place else { return Ok(()) };
    let asker = world.asker(conn, id);
    let Some(seconds) = world.state.channel(id).and_then(|channel| policy::slow_seconds(channel, &asker)) else {
        return Ok(());
    };
    let (speaker, now) = (Speaker::of(world.session(conn)), world.now);
    world.slow_mode.take((id, speaker), seconds, idempotency_id, now).map_err(|wait| {
        // The mode may not be committed yet.
        world.shows(id);
        let text = Text::new("server-slow-mode").with("seconds", wait);
        Refusal::fail("SLOW_MODE", &[&target.name, &wait.to_string()], text)
    })
}

/// The idempotency id of a line, when its sender knows that capability.
pub(super) fn idempotency_id(world: &World, call: &Call<'_>, target: &str) -> Result<Option<String>, Refusal> {
    let session = world.session(call.conn);
    if !session.has(Cap::Idempotency) && !session.has(Cap::MessageTags) {
        return Ok(None);
    }
    match call.message.tag(IDEMPOTENCY_TAG) {
        Some(id) if id.is_empty() || id.len() > IDEMPOTENCY_ID_BYTES_MAX => {
            Err(Refusal::fail("INVALID_IDEMPOTENCY_ID", &[target], "server-invalid-idempotency-id"))
        }
        id => Ok(id.map(|id| id.into_owned())),
    }
}

/// The client-only tags that go on to others, as they go over the wire; of a repeated one the last.
pub(super) fn client_tags(world: &World, conn: ConnId, message: &Message<'_>) -> String {
    if !world.session(conn).has(Cap::MessageTags) {
        return String::new();
    }
    let mut tags: Vec<Tag<'_>> = Vec::new();
    for tag in message.tags().filter(|tag| tag.is_client_only() && tag.key != IDEMPOTENCY_TAG) {
        tags.retain(|known| known.key != tag.key);
        tags.push(tag);
    }
    let written = tags.iter().map(|tag| match tag.escaped {
        "" => tag.key.to_owned(),
        escaped => format!("{}={escaped}", tag.key),
    });
    written.collect::<Vec<_>>().join(";")
}

/// Client-only tags that say something about a message for good: they are kept with it and stand in history.
/// Specifications: IRCv3 client tags `reply` and `react`.
const KEPT_TAGS: &[&str] = &["+reply", "+draft/reply", "+react", "+draft/react", "+unreact", "+draft/unreact"];
/// Those of them that make a TAGMSG an event.
const REACTION_TAGS: &[&str] = &["+react", "+draft/react", "+unreact", "+draft/unreact"];

fn has_key(tag: &str, keys: &[&str]) -> bool {
    keys.contains(&tag.split('=').next().unwrap_or_default())
}

/// Asks that a message be kept with all of its client-only tags (as Ergo understands it).
const PERSIST_TAG: &[&str] = &["+draft/persist"];

/// Whether a TAGMSG with these tags is an event.
fn lasts(tags: &str) -> bool {
    tags.split(';').any(|tag| has_key(tag, REACTION_TAGS) || has_key(tag, PERSIST_TAG))
}

/// The tags out of these that are kept.
fn kept_tags(tags: &str) -> String {
    if tags.split(';').any(|tag| has_key(tag, PERSIST_TAG)) {
        return tags.to_owned();
    }
    tags.split(';').filter(|tag| has_key(tag, KEPT_TAGS)).collect::<Vec<_>>().join(";")
}

/// `TAGMSG <target>{,<target>}`: only its client-only tags matter; without any there is nothing to tell.
pub(crate) fn tagmsg(world: &mut World, call: &Call<'_>) -> Handled {
    let tags = client_tags(world, call.conn, &call.message);
    for (place, to) in targets(call)?.iter().enumerate() {
        if place >= world.settings.limits.targets_max {
            return Err(Refusal::numeric(ERR_TOOMANYTARGETS, &[to], "Too many targets"));
        }
        match find(world, call.conn, to, "") {
            Ok(_) if tags.is_empty() => {}
            Ok(target) if lasts(&tags) => {
                if let Err(refusal) = react(world, call.conn, &target, &tags) {
                    world.refuse(call.conn, call.command.name, refusal);
                }
            }
            Ok(target) => tag_one(world, call.conn, &target, &tags),
            Err(refusal) => world.refuse(call.conn, call.command.name, refusal),
        }
    }
    Ok(())
}

/// A reaction lasts: it is an event like a message.
fn react(world: &mut World, conn: ConnId, target: &Target, tags: &str) -> Handled {
    world.require_journal(&[&target.name])?;
    let author = world.session(conn).author();
    let draft = Draft::new(author, target.place, &target.name, Event::Tagged);
    let seq = world.append(draft.with_kept_tags(kept_tags(tags)).with_client_tags(tags.to_owned()));
    world.session_mut(conn).note_said(seq);
    Ok(())
}

fn tag_one(world: &mut World, conn: ConnId, target: &Target, tags: &str) {
    let mut receivers = match (target.place, target.person) {
        (Place::Channel(id), _) => world.channel_sessions(id),
        (_, Some(person)) => world.sessions_of(person),
        (_, None) => world.unlisted_sessions(&target.name),
    };
    let is_to_itself = receivers.contains(&conn) && target.person.is_some();
    for own in world.sessions_of(world.person_of(conn)) {
        if !receivers.contains(&own) {
            receivers.push(own);
        }
    }
    receivers.retain(|receiver| *receiver != conn);
    let mut stamp = world.stamp_of(conn);
    stamp.msgid = Some(world.passing_msgid());
    tags.clone_into(&mut stamp.client_tags);
    let line = Line::new("TAGMSG").source(&world.source_of(conn)).param(&target.name);
    world.tell(&receivers, &stamp, CapSet::EMPTY, true, |caps| caps.has(Cap::MessageTags).then(|| line.clone()));
    let caps = world.session(conn).caps;
    if is_to_itself && caps.has(Cap::MessageTags) {
        world.send_unlabelled(conn, stamp.put_on(line.clone(), caps));
    }
    if caps.has(Cap::EchoMessage) && caps.has(Cap::MessageTags) {
        world.reply(conn, stamp.put_on(line, caps));
    }
}
