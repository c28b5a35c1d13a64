//! WHO, WHOIS, WHOWAS, USERHOST, ISON: questions about people.
//!
//! Specification: Modern IRC, "User-Based Queries" and "Optional Messages". Addresses are shown to operators and to oneself
//! only; everybody else sees the cloak. Secret channels are not shown to those outside.

use super::channel::no_such_nick;
use crate::chat::call::Call;
use crate::chat::event::{ChannelId, Rank};
use crate::chat::limits;
use crate::chat::policy::channel as policy;
use crate::chat::policy::repeated;
use crate::chat::ports::{ConnId, Transport};
use crate::chat::refusal::{Handled, Refusal};
use crate::chat::session::Person;
use crate::chat::world::World;
use crate::proto::caps::{Cap, pack_words};
use crate::proto::line::BODY_BYTES_MAX;
use crate::proto::mask::{fold_mask, glob};
use crate::proto::message::Line;
use crate::proto::names::ChannelName;
use crate::proto::numerics::{
    ERR_NONICKNAMEGIVEN, ERR_WASNOSUCHNICK, RPL_AWAY, RPL_ENDOFWHO, RPL_ENDOFWHOIS, RPL_ENDOFWHOWAS, RPL_ISON,
    RPL_USERHOST, RPL_WHOISACCOUNT, RPL_WHOISACTUALLY, RPL_WHOISCHANNELS, RPL_WHOISIDLE, RPL_WHOISOPERATOR,
    RPL_WHOISSECURE, RPL_WHOISSERVER, RPL_WHOISUSER, RPL_WHOREPLY,
};

/// What the server says of itself.
pub(crate) const SERVER_DESCRIPTION: &str = "chat-server";

/// `WHO [<mask>]`: a channel's members, one person, or those whom a mask means.
pub(crate) fn who(world: &mut World, call: &Call<'_>) -> Handled {
    let conn = call.conn;
    let mask = if call.param(0).is_empty() { "*" } else { call.param(0) };
    let lines = if ChannelName::looks_like(mask) {
        who_channel(world, conn, mask)
    } else if let Some(person) = world.person_called(mask) {
        let session = world.sessions_of(person).first().copied();
        session.into_iter().map(|of| who_line(world, conn, of, None)).collect()
    } else {
        who_mask(world, conn, mask)
    };
    for line in lines {
        world.reply(conn, line);
    }
    let end = world.numeric(conn, RPL_ENDOFWHO).param(repeated(mask)).trailing("End of WHO list");
    world.reply(conn, end);
    Ok(())
}

fn who_channel(world: &mut World, conn: ConnId, name: &str) -> Vec<Line> {
    let Ok(id) = world.find_channel(name) else { return Vec::new() };
    let asker = world.asker(conn, id);
    let Some(channel) = world.state.channel(id) else { return Vec::new() };
    if !policy::may_see(channel, &asker) {
        return Vec::new();
    }
    let members = world.present_members(channel);
    world.shows(id);
    let is_shown = |of: ConnId| asker.rank.is_some() || asker.is_operator || !world.session(of).modes.contains('i');
    let lines = members.into_iter().filter(|(of, _)| is_shown(*of));
    lines.map(|(of, rank)| who_line(world, conn, of, Some((id, rank)))).collect()
}

/// People whose nick or host a mask means, at most [`limits::WHO_REPLIES_MAX`]; the invisible only when a channel is shared.
fn who_mask(world: &World, conn: ConnId, mask: &str) -> Vec<Line> {
    let mask = if mask == "0" { "*".to_owned() } else { fold_mask(mask) };
    let peers = world.peers(conn);
    let own = world.person_of(conn);
    let mut seen: Vec<Person> = Vec::new();
    let mut lines = Vec::new();
    for session in world.sessions.values().filter(|session| session.is_welcome && !session.is_closed) {
        let person = world.person_of(session.conn);
        let fits = session.nick.as_ref().is_some_and(|nick| glob(&mask, nick.folded().as_str()))
            || glob(&mask, &fold_mask(&session.host));
        let is_shown = person == own || !session.modes.contains('i') || peers.contains(&session.conn);
        if !fits || !is_shown || seen.contains(&person) {
            continue;
        }
        if lines.len() == limits::WHO_REPLIES_MAX {
            break;
        }
        seen.push(person);
        lines.push(who_line(world, conn, session.conn, None));
    }
    lines
}

/// 352: one person, in a channel or not.
fn who_line(world: &World, conn: ConnId, of: ConnId, member: Option<(ChannelId, Rank)>) -> Line {
    let session = world.session(of);
    let mut flags = if world.away_of(world.person_of(of)).is_some() { "G" } else { "H" }.to_owned();
    if session.is_operator() {
        flags.push('*');
    }
    let channel = match member {
        Some((id, rank)) => {
            flags.push_str(&rank.prefixes(world.session(conn).has(Cap::MultiPrefix)));
            world.channel_name(id)
        }
        None => "*".to_owned(),
    };
    let (user, host) = user_and_host(world, of);
    let line = world.numeric(conn, RPL_WHOREPLY).param(&channel).param(&user).param(&host);
    let line = line.param(&world.settings.server_name).param(session.name()).param(&flags);
    line.trailing(&format!("0 {}", session.realname))
}

/// What stands behind a session's nick: `user` and `host`.
fn user_and_host(world: &World, of: ConnId) -> (String, String) {
    let session = world.session(of);
    if session.is_operator() {
        return (world.settings.correspondent.to_string(), world.settings.server_name.clone());
    }
    (session.name().to_owned(), session.host.clone())
}

/// `WHOIS [<server>] <nick>{,<nick>}`.
pub(crate) fn whois(world: &mut World, call: &Call<'_>) -> Handled {
    let nicks = call.message.param(1).or(call.message.param(0)).unwrap_or_default();
    if nicks.is_empty() {
        return Err(Refusal::numeric(ERR_NONICKNAMEGIVEN, &[], "No nickname given"));
    }
    for nick in nicks.split(',').filter(|nick| !nick.is_empty()).take(limits::TARGETS_MAX) {
        whois_one(world, call.conn, nick);
        let end = world.numeric(call.conn, RPL_ENDOFWHOIS).param(repeated(nick)).trailing("End of /WHOIS list");
        world.reply(call.conn, end);
    }
    Ok(())
}

fn whois_one(world: &mut World, conn: ConnId, nick: &str) {
    let person = world.person_called(nick);
    let there = person.and_then(|person| world.sessions_of(person).first().copied());
    match (person, there) {
        (Some(person), Some(of)) => whois_there(world, conn, person, of),
        // The correspondent is always there, also when no operator is.
        (Some(Person::Correspondent), None) => {
            let name = world.settings.correspondent.to_string();
            let server = world.settings.server_name.clone();
            let user = world.numeric(conn, RPL_WHOISUSER).param(&name).param(&name).param(&server);
            let user = user.param("*").trailing(SERVER_DESCRIPTION);
            world.reply(conn, user);
        }
        _ => world.refuse(conn, "WHOIS", no_such_nick(nick)),
    }
}

fn whois_there(world: &mut World, conn: ConnId, person: Person, of: ConnId) {
    let nick = world.session(of).name().to_owned();
    let channels = shown_channels(world, conn, person, of);
    let sessions = world.sessions_of(person);
    let session = world.session(of);
    let (user, host) = user_and_host(world, of);
    let reply = |numeric| world.numeric(conn, numeric).param(&nick);
    let realname = if session.is_operator() { SERVER_DESCRIPTION } else { &session.realname };
    let mut lines = vec![reply(RPL_WHOISUSER).param(&user).param(&host).param("*").trailing(realname)];
    let head = reply(RPL_WHOISCHANNELS);
    let room = BODY_BYTES_MAX.saturating_sub(head.clone().trailing("").body_bytes());
    lines.extend(pack_words(&channels, room).iter().map(|names| head.clone().trailing(names)));
    lines.push(reply(RPL_WHOISSERVER).param(&world.settings.server_name).trailing(SERVER_DESCRIPTION));
    if session.is_operator() {
        lines.push(reply(RPL_WHOISOPERATOR).trailing("is an IRC operator"));
    }
    if let Some(account) = session.account().and_then(|account| world.account_name(account)) {
        lines.push(reply(RPL_WHOISACCOUNT).param(&account).trailing("is logged in as"));
    }
    let sees_address = world.session(conn).is_operator() || world.person_of(conn) == person;
    if sees_address && !session.is_operator() {
        let line = reply(RPL_WHOISACTUALLY).param(&format!("{user}@{host}")).param(&session.address());
        lines.push(line.trailing("is actually using host"));
    }
    if let Some(reason) = world.away_of(person) {
        lines.push(reply(RPL_AWAY).trailing(&reason));
    }
    if sessions.iter().all(|session| world.session(*session).peer.transport != Transport::Plain) {
        lines.push(reply(RPL_WHOISSECURE).trailing("is using a secure connection"));
    }
    // Of several sessions the one that was busy last says how long somebody is idle.
    let active_at = sessions.iter().map(|session| world.session(*session).active_at).max().unwrap_or(session.active_at);
    let idle_seconds = world.now.millis_since(active_at) / 1_000;
    let line = reply(RPL_WHOISIDLE).param(&idle_seconds.to_string());
    let line = line.param(&session.connected_at.as_seconds().to_string());
    lines.push(line.trailing("seconds idle, signon time"));
    for line in lines {
        world.reply(conn, line);
    }
}

/// The channels of somebody that a session may see, with their prefixes.
fn shown_channels(world: &mut World, conn: ConnId, person: Person, of: ConnId) -> Vec<String> {
    let is_multiple = world.session(conn).has(Cap::MultiPrefix);
    let is_invisible = world.session(of).modes.contains('i');
    let mut names = Vec::new();
    for id in world.channels_of(of) {
        let asker = world.asker(conn, id);
        let Some(channel) = world.state.channel(id) else { continue };
        let is_inside = asker.rank.is_some() || asker.is_operator || world.person_of(conn) == person;
        if !policy::may_see(channel, &asker) || is_invisible && !is_inside {
            continue;
        }
        let signs = world.rank_of(of, id).unwrap_or(Rank::MEMBER).prefixes(is_multiple);
        names.push(format!("{signs}{}", channel.name));
        world.shows(id);
    }
    names
}

/// `WHOWAS <nick>`: who left is not remembered; the record knows, and operators read it there.
pub(crate) fn whowas(world: &mut World, call: &Call<'_>) -> Handled {
    let nick = call.param(0);
    if nick.is_empty() {
        return Err(Refusal::numeric(ERR_NONICKNAMEGIVEN, &[], "No nickname given"));
    }
    let refusal = Refusal::numeric(ERR_WASNOSUCHNICK, &[nick], "There was no such nickname");
    world.refuse(call.conn, call.command.name, refusal);
    let end = world.numeric(call.conn, RPL_ENDOFWHOWAS).param(repeated(nick)).trailing("End of WHOWAS");
    world.reply(call.conn, end);
    Ok(())
}

/// `USERHOST <nick>{ <nick>}`: up to five.
pub(crate) fn userhost(world: &mut World, call: &Call<'_>) -> Handled {
    const NICKS_MAX: usize = 5;
    let mut words = Vec::new();
    for nick in call.message.params().iter().flat_map(|words| words.split(' ')).take(NICKS_MAX) {
        let Some(person) = world.person_called(nick) else { continue };
        let Some(of) = world.sessions_of(person).first().copied() else { continue };
        let operator = if world.session(of).is_operator() { "*" } else { "" };
        let presence = if world.away_of(person).is_some() { '-' } else { '+' };
        let (user, host) = user_and_host(world, of);
        words.push(format!("{}{operator}={presence}{user}@{host}", world.session(of).name()));
    }
    let head = world.numeric(call.conn, RPL_USERHOST);
    world.reply_words(call.conn, &head, &words);
    Ok(())
}

/// `ISON <nick>{ <nick>}`.
pub(crate) fn ison(world: &mut World, call: &Call<'_>) -> Handled {
    let mut there = Vec::new();
    for nick in call.message.params().iter().flat_map(|words| words.split(' ')).filter(|nick| !nick.is_empty()) {
        let Some(person) = world.person_called(nick) else { continue };
        if person == Person::Correspondent || !world.sessions_of(person).is_empty() {
            there.push(world.name_of(person));
        }
    }
    let head = world.numeric(call.conn, RPL_ISON);
    world.reply_words(call.conn, &head, &there);
    Ok(())
}
