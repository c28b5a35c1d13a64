//! CAP: which extensions a connection speaks.
//!
//! Specification: IRCv3 "Client Capability Negotiation", version 302, and `sts`. What is offered stands in [`OFFERED`], with the values
//! that depend on the settings in [`value`].

use std::borrow::Cow;

use super::{authenticate, welcome};
use crate::chat::call::Call;
use crate::chat::limits;
use crate::chat::ports::{ConnId, Transport};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::settings::Registration;
use crate::chat::world::World;
use crate::ground::texts::Language;
use crate::proto::caps::{Cap, CapChange, CapSet, pack_words};
use crate::proto::numerics::ERR_INVALIDCAPCMD;

/// What this server can do.
pub(crate) const OFFERED: CapSet = CapSet::of(&[
    Cap::AccountNotify,
    Cap::AccountRegistration,
    Cap::AccountTag,
    Cap::AwayNotify,
    Cap::Batch,
    Cap::CapNotify,
    Cap::ChannelRename,
    Cap::ChatHistory,
    Cap::ChgHost,
    Cap::Devices,
    Cap::EchoMessage,
    Cap::EventPlayback,
    Cap::ExtendedIsupport,
    Cap::ExtendedJoin,
    Cap::ExtendedMonitor,
    Cap::ExtendedMonitorDraft,
    Cap::Idempotency,
    Cap::Inspect,
    Cap::InviteNotify,
    Cap::LabeledResponse,
    Cap::Languages,
    Cap::MessageRedaction,
    Cap::MessageTags,
    Cap::Metadata,
    Cap::MultiPrefix,
    Cap::Multiline,
    Cap::NoImplicitNames,
    Cap::NoImplicitNamesDraft,
    Cap::PreAway,
    Cap::ReadMarker,
    Cap::Report,
    Cap::Sasl,
    Cap::Search,
    Cap::ServerTime,
    Cap::SetName,
    Cap::StandardReplies,
    Cap::UserhostInNames,
    Cap::ZncPlayback,
]);

/// The version of `CAP LS` from which capabilities have values and lists several lines.
const VALUES_SINCE: u32 = 302;

/// `CAP LS [<version>]`, `CAP LIST`, `CAP REQ :<list>`, `CAP END`.
pub(crate) fn cap(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    match call.param(0).to_ascii_uppercase().as_str() {
        "LS" => {
            let version: u32 = call.param(1).parse().unwrap_or(0);
            let session = world.session_mut(conn);
            session.cap_version = session.cap_version.max(version);
            session.is_negotiating |= !session.is_introduced();
            if version >= VALUES_SINCE {
                session.caps.insert(Cap::CapNotify);
            }
            let offer = offer(world, conn);
            let words =
                offer.iter().map(|(cap, value)| word(*cap, value.as_deref().filter(|_| version >= VALUES_SINCE)));
            let mut words: Vec<_> = words.collect();
            if version < VALUES_SINCE {
                // One line is all that such clients read: what became a part of the standard goes first.
                words.sort_by_key(|word| word.contains(['/', '.']));
                let lists = pack_words(&words, limits::CAP_LIST_BYTES_MAX);
                let first = lists.into_iter().next().unwrap_or_default();
                words = first.split(' ').map(|word| word.to_owned().into()).collect();
            }
            list(world, conn, "LS", &words);
        }
        "LIST" => {
            let words: Vec<_> = world.session(conn).caps.iter().map(Cap::name).collect();
            list(world, conn, "LIST", &words);
        }
        "REQ" => return request(world, conn, call.param(1)),
        "END" => {
            let session = world.session_mut(conn);
            if !session.is_welcome {
                session.is_negotiating = false;
                return welcome::try_welcome(world, conn);
            }
        }
        _ => return Err(Refusal::numeric(ERR_INVALIDCAPCMD, &[call.param(0)], "Invalid CAP command")),
    }
    Ok(())
}

fn list<W: AsRef<str>>(world: &mut World, conn: ConnId, subcommand: &str, words: &[W]) {
    let name = world.session(conn).name().to_owned();
    let knows_lines = world.session(conn).cap_version >= VALUES_SINCE;
    let bytes_max = if knows_lines { limits::CAP_LIST_BYTES_MAX } else { usize::MAX };
    let mut lists = pack_words(words, bytes_max);
    let last = lists.pop().unwrap_or_default();
    for more in lists {
        let line = world.server_line("CAP").param(&name).param(subcommand).param("*").trailing(&more);
        world.reply(conn, line);
    }
    let line = world.server_line("CAP").param(&name).param(subcommand).trailing(&last);
    world.reply(conn, line);
}

/// The list is accepted or refused as a whole.
fn request(world: &mut World, conn: ConnId, list: &str) -> Handled {
    let change = CapChange::parse(list).filter(|change| OFFERED.has_all(change.added));
    // With `CAP LS 302`, `cap-notify` cannot be switched off.
    let session = world.session_mut(conn);
    let is_bound = session.cap_version >= VALUES_SINCE;
    let change = change.filter(|change| !(is_bound && change.removed.has(Cap::CapNotify)));
    session.is_negotiating |= !session.is_introduced();
    let answer = if change.is_some() { "ACK" } else { "NAK" };
    let line = world.server_line("CAP").param(world.session(conn).name()).param(answer).trailing(list);
    world.reply_whole(conn, line)?;
    if let Some(change) = change {
        let session = world.session_mut(conn);
        session.caps = change.apply(session.caps);
        if change.added.has(Cap::Metadata) {
            world.show_own_metadata(conn);
        }
        world.audiences.change();
    }
    Ok(())
}

/// What a connection is offered, with the values for those who asked by version 302.
fn offer(world: &World, conn: ConnId) -> Vec<(Cap, Option<String>)> {
    let mut offer: Vec<_> = OFFERED.iter().map(|cap| (cap, value(world, conn, cap))).collect();
    // It is only announced, and means nothing without its value.
    offer.extend(sts(world, conn).map(|value| (Cap::Sts, Some(value))));
    offer
}

fn word(cap: Cap, value: Option<&str>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(cap.name()), |value| Cow::Owned(format!("{cap}={value}")))
}

/// IRCv3 `sts`: in the clear the port with TLS, with TLS for how long to keep to it. Who sits on this machine is told nothing,
/// because the policy would count for `localhost` as a whole.
fn sts(world: &World, conn: ConnId) -> Option<String> {
    let (port, peer) = (world.settings.sts?, &world.session(conn).peer);
    let is_here = peer.address.to_canonical().is_loopback();
    match peer.transport {
        _ if is_here => None,
        Transport::Unix { .. } => None,
        Transport::Plain => Some(format!("port={port}")),
        _ => Some(format!("duration={}", world.settings.sts_duration.as_secs())),
    }
}

/// What each connection is offered that wants to know what changes of it (`cap-notify`).
pub(in crate::chat) type Offers = Vec<(ConnId, Vec<(Cap, Option<String>)>)>;

/// What is offered now, to be compared later.
pub(in crate::chat) fn offers(world: &World) -> Offers {
    let watching = world.sessions.in_order().filter(|session| session.has(Cap::CapNotify) && !session.is_closed);
    watching.map(|session| (session.conn, offer(world, session.conn))).collect()
}

/// Tells what of the offers has changed: `CAP NEW`, also for a new value, and `CAP DEL`, which switches off. `sts` is never taken
/// back: its duration does that.
pub(in crate::chat) fn tell_changed_offers(world: &mut World, before: &Offers) {
    for (conn, before) in before {
        let now = offer(world, *conn);
        let new: Vec<_> = now
            .iter()
            .filter(|entry| !before.contains(entry))
            .map(|(cap, value)| word(*cap, value.as_deref()))
            .collect();
        let gone: CapSet = before
            .iter()
            .map(|(cap, _)| *cap)
            .filter(|cap| *cap != Cap::Sts && !now.iter().any(|(known, _)| known == cap))
            .collect();
        if !new.is_empty() {
            list(world, *conn, "NEW", &new);
        }
        if !gone.is_empty() {
            let words: Vec<_> = gone.iter().map(Cap::name).collect();
            list(world, *conn, "DEL", &words);
            let session = world.session_mut(*conn);
            session.caps = session.caps.difference(gone);
            world.audiences.change();
        }
    }
}

/// The value of a capability for those who asked by version 302.
fn value(world: &World, conn: ConnId, cap: Cap) -> Option<String> {
    match cap {
        Cap::AccountRegistration => {
            let asked = match world.settings.registration {
                Registration::Invitation => ",chat-tui/invitation",
                Registration::Open | Registration::Closed => "",
            };
            // With a password of the connection, nobody registers who has not given it.
            let when = if welcome::has_connection_password(world, conn) { "before-connect," } else { "" };
            Some(format!("{when}custom-account-name{asked}"))
        }
        Cap::Languages => {
            let codes: Vec<_> = Language::ALL.iter().map(|language| language.tag()).collect();
            Some(format!("{},{}", limits::LANGUAGES_MAX, codes.join(",")))
        }
        Cap::Metadata => Some(super::metadata::limits_value(&world.settings.limits)),
        Cap::Multiline => {
            let settings = &world.settings;
            Some(format!("max-bytes={},max-lines={}", settings.multiline_bytes_max, settings.multiline_lines_max))
        }
        Cap::Sasl => Some(authenticate::mechanisms(&world.session(conn).peer)),
        _ => None,
    }
}
